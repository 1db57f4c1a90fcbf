"""What holds of one value, on one branch of the search, and what follows from it?"""

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from contractctl.formats.json_schema.search.nodes import (
    FALSE,
    All,
    Contains,
    Enum,
    Literal,
    Named,
    Node,
    One,
    Opaque,
    Required,
    Some,
)
from contractctl.formats.json_schema.search.space import Space

if TYPE_CHECKING:
    from contractctl.formats.json_schema.search.solver import Solver

N = TypeVar("N")

_A_STEP = 64
"""So many literals of clauses are looked at in one step of work: settling hundreds of alternatives is more than one."""
Clause: TypeAlias = tuple[Literal, ...]


class State:
    """What is taken to hold of one value of one kind, on one branch of the search."""

    __slots__ = (
        "_grouped",
        "_grouped_at",
        "candidates",
        "clauses",
        "kind",
        "literals",
        "named",
        "opaque",
        "solver",
        "space",
    )

    def __init__(self, solver: "Solver", kind: int) -> None:
        self.solver = solver
        self.space = solver.space
        self.kind = kind
        self.literals: set[Literal] = set()
        self.clauses: list[Clause] = []
        """Of each, at least one literal must hold still."""
        self.named: list[Literal] = []
        """What has a name, and was not read yet. That comes last: most contradictions say a name and deny it."""
        self.candidates: frozenset[Hashable] | None = None
        """The identities of the only values that are left, where an enumeration names them."""
        self.opaque: str | None = None
        """Why nothing that is found can be trusted, where that is so."""
        self._grouped: dict[type, list[tuple[Any, bool]]] = {}
        self._grouped_at = 0

    def copy(self) -> "State":
        other = State(self.solver, self.kind)
        other.literals = set(self.literals)
        other.clauses = list(self.clauses)
        other.named = list(self.named)
        other.candidates = self.candidates
        other.opaque = self.opaque
        return other

    def of(self, form: type[N]) -> Iterable[tuple[N, bool]]:
        """The nodes of that form among the literals, and whether they hold or are denied."""
        if self._grouped_at != len(self.literals):
            self._group()
        return self._grouped.get(form, ())

    def _group(self) -> None:
        """Literals only ever come: their number tells whether any came."""
        nodes = self.space.nodes
        self._grouped = {}
        self._grouped_at = len(self.literals)
        for literal in sorted(self.literals):
            node = nodes[literal >> 1]
            self._grouped.setdefault(type(node), []).append((node, not literal & 1))

    def truth(self, literal: Literal) -> bool | None:
        """Whether a literal holds on this branch; None where nothing says so yet."""
        if literal in self.literals or not self.space.can_be(literal ^ 1) & self.kind:
            return True
        if literal ^ 1 in self.literals or not self.space.can_be(literal) & self.kind:
            return False
        return None

    def assume(self, literals: list[Literal]) -> bool:
        """Take literals to hold, and what follows from them. False where that contradicts itself."""
        pending = literals
        while pending:
            literal = pending.pop()
            truth = self.truth(literal)
            if truth is False:
                return False
            if truth:
                continue
            self.literals.add(literal)
            self._unfold(literal, pending)
        return True

    def _unfold(self, literal: Literal, pending: list[Literal]) -> None:
        node, denied = self.space.nodes[literal >> 1], literal & 1
        match node:
            case All(parts) if not denied:
                pending.extend(parts)
            case Some(parts) if denied:
                pending.extend(part ^ 1 for part in parts)
            case Named():
                self.named.append(literal)
            case Opaque(reason, _):
                self.opaque = self.opaque or reason
            case Enum(identities) if not denied:
                self.candidates = identities if self.candidates is None else self.candidates & identities
            case _:
                clause = self._clause(node, denied=bool(denied))
                if clause is not None:
                    self.clauses.append(clause)

    def _clause(self, node: Node, *, denied: bool) -> Clause | None:
        """The ways in which a node can hold, or be denied, where there are several."""
        space = self.space
        match node:
            case All(parts) if denied:
                return tuple(part ^ 1 for part in parts)
            case Some(parts) if not denied:
                return parts
            case One(parts) if denied:
                none = space.all_of(part ^ 1 for part in parts)
                pairs = (space.all_of(pair) for pair in self.solver.overlaps(parts))
                return tuple(dict.fromkeys((none, *(one for one in pairs if one != FALSE))))
            case One(parts):
                return _exactly_one(space, parts, self.solver.overlaps(parts))
            case Required(names) if denied and len(names) > 1:
                return tuple(space.literal(Required(frozenset({name}))) ^ 1 for name in sorted(names))
            case Contains(item, least, most) if denied:
                fewer = space.literal(Contains(item, 0, least - 1)) if least else FALSE
                return fewer, FALSE if most is None else space.literal(Contains(item, most + 1, None))
            case _:
                return None

    def propagate(self) -> bool:
        """Draw what follows from the clauses, and from what has a name. False where something cannot hold any more."""
        while self._settle():
            if not self.named:
                return True
            literal = self.named.pop()
            if not self.assume([self.space.bodies[literal >> 1] ^ (literal & 1)]):
                return False
        return False

    def _settle(self) -> bool:
        """Draw what follows from the clauses. False where one of them cannot be fulfilled any more."""
        changed = True
        while changed:
            changed = False
            clauses, self.clauses = self.clauses, []
            self.solver.spend(sum(map(len, clauses)) // _A_STEP)
            for clause in clauses:
                left = self._left(clause)
                if left is None:
                    continue
                if not left:
                    return False
                if len(left) > 1:
                    self.clauses.append(left)
                elif not self.assume([left[0]]):
                    return False
                else:
                    changed = True
        return True

    def _left(self, clause: Clause) -> Clause | None:
        """What may still fulfil a clause; None where something does already."""
        left = []
        for literal in clause:
            truth = self.truth(literal)
            if truth:
                return None
            if truth is None and not self._is_broken(literal):
                left.append(literal)
        return tuple(left)

    def _is_broken(self, literal: Literal) -> bool:
        """Whether one of the parts, all of which have to hold, does not."""
        node = self.space.nodes[literal >> 1]
        if literal & 1:
            return isinstance(node, Some) and any(self.truth(part) for part in node.parts)
        return isinstance(node, All) and any(self.truth(part) is False for part in node.parts)


def _exactly_one(space: Space, parts: tuple[Literal, ...], overlaps: list[tuple[Literal, Literal]]) -> Clause:
    """One part, and none of those that overlap with it."""
    rivals: dict[Literal, list[Literal]] = {part: [] for part in parts}
    for one, other in overlaps:
        rivals[one].append(other ^ 1)
        rivals[other].append(one ^ 1)
    return tuple(space.all_of((part, *against)) for part, against in rivals.items())
