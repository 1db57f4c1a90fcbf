"""Which of a folder's schemas does no other refer to? Those that refer to each other in a ring count as one."""

from collections.abc import Iterator

from contractctl.formats.avro.schema.types import Array, Map, Record, Schema, Solid, Type, Union


def outermost(schema: Schema, roots: list[Type], starts: list[Type]) -> list[tuple[Type, ...]]:
    """The roots that are reached neither from another one nor from `starts`, in their order.

    Each is a tuple: of schemas that refer to each other in a ring, all, the first first.
    """
    groups = _Groups(schema)
    for start in (*starts, *roots):
        groups.add(start)
    taken = groups.reached_from(starts)
    inner = groups.entered | taken
    found: dict[int, list[Type]] = {}
    for root in roots:
        group = groups.of(root)
        if group not in inner:
            found.setdefault(group, []).append(root)
    return [tuple(ring) for ring in found.values()]


class _Groups:
    """Tarjan's strongly connected components of types, without recursion: depth through names has no end."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._order: dict[int, int] = {}
        self._low: dict[int, int] = {}
        self._open: list[Solid] = []
        self._group: dict[int, int] = {}
        self._targets: dict[int, set[int]] = {}
        self._count = 0
        self.entered: set[int] = set()
        """Groups to which another one refers."""

    def of(self, root: Type) -> int:
        return self._group[id(self._schema.solid(root))]

    def add(self, root: Type) -> None:
        start = self._schema.solid(root)
        pending = [(start, self._begin(start))] if id(start) not in self._order else []
        while pending:
            type_, inner = pending[-1]
            for one in inner:
                if id(one) not in self._order:
                    pending.append((one, self._begin(one)))
                    break
                if id(one) not in self._group:  # still open: it leads back to itself
                    self._low[id(type_)] = min(self._low[id(type_)], self._order[id(one)])
            else:
                pending.pop()
                self._end(type_)
                if pending:
                    outer = id(pending[-1][0])
                    self._low[outer] = min(self._low[outer], self._low[id(type_)])

    def _begin(self, type_: Solid) -> Iterator[Solid]:
        self._order[id(type_)] = self._low[id(type_)] = len(self._order)
        self._open.append(type_)
        return self._inside(type_)

    def _end(self, type_: Solid) -> None:
        if self._low[id(type_)] != self._order[id(type_)]:
            return
        group, members = self._count, list[Solid]()
        self._count += 1
        while not members or members[-1] is not type_:
            members.append(self._open.pop())
            self._group[id(members[-1])] = group
        targets = {self._group[id(inner)] for one in members for inner in self._inside(one)} - {group}
        self._targets[group] = targets
        self.entered |= targets

    def reached_from(self, starts: list[Type]) -> set[int]:
        pending, reached = [self.of(start) for start in starts], set[int]()
        while pending:
            group = pending.pop()
            if group not in reached:
                reached.add(group)
                pending.extend(self._targets[group])
        return reached

    def _inside(self, type_: Solid) -> Iterator[Solid]:
        match type_:
            case Record(fields=fields):
                yield from (self._schema.solid(field.type) for field in fields)
            case Union(branches=branches):
                yield from map(self._schema.solid, branches)
            case Array(items=inner) | Map(values=inner):
                yield self._schema.solid(inner)
            case _:
                return
