"""Which types match? The specification looks at names and not inside records.

https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
"""

from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Missing,
    Named,
    Primitive,
    Record,
    Schema,
    Solid,
    Type,
    Union,
    kind,
    unqualified,
)

PROMOTIONS = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}


class Matching:
    """The types of one reader and one writer."""

    def __init__(self, reader: Schema, writer: Schema) -> None:
        self._reader = reader
        self._writer = writer
        self._called: dict[int, dict[str, list[tuple[int, Solid]]]] = {}

    def matches(self, wanted: Type, sent: Type) -> bool:
        """Whether two types match in the specification's sense, which looks at names and not inside records."""
        reader, writer = self._reader.solid(wanted), self._writer.solid(sent)
        match reader, writer:
            case (Array(items=inner), Array(items=inner_sent)) | (Map(values=inner), Map(values=inner_sent)):
                return self.matches(inner, inner_sent)
            case Record(), Record():
                return same_name(reader, writer)
            case Enum(), Enum():
                return same_name(reader, writer)
            case Fixed(), Fixed():
                return reader.size == writer.size and same_name(reader, writer)
            case (Union(), _) | (_, Union()):
                return True
            case Missing(), Missing():
                return reader.name == writer.name != ""
            case Primitive(), Primitive():
                return reader.name == writer.name or reader.name in PROMOTIONS.get(writer.name, ())
            case _:
                return False

    def meeting(self, wanted: Type, sent: Type) -> Solid:
        """The reader's type that a writer's type is resolved against: of a union, the branch that takes it."""
        reader, writer = self._reader.solid(wanted), self._writer.solid(sent)
        if isinstance(reader, Union) and not isinstance(writer, Union):
            fits = [one for one in self.candidates(reader, writer) if self.matches(one, writer)]
            return best(fits, writer) if fits else reader
        return reader

    def candidates(self, union: Union, writer: Solid) -> list[Solid]:
        """The branches that may match a writer's type, in their order; a long union is not searched each time."""
        if isinstance(writer, Missing):
            return [self._reader.solid(branch) for branch in union.branches]
        names = {"", unqualified(writer.name), writer.name} if isinstance(writer, Named) else {"", "…"}
        called = self._branches(union)
        return [branch for _, branch in sorted({one for name in names for one in called.get(name, ())}, key=_number)]

    def _branches(self, union: Union) -> dict[str, list[tuple[int, Solid]]]:
        if id(union) not in self._called:
            called: dict[str, list[tuple[int, Solid]]] = {}
            for number, branch in enumerate(map(self._reader.solid, union.branches)):
                for name in _calls(branch):
                    called.setdefault(name, []).append((number, branch))
            self._called[id(union)] = called
        return self._called[id(union)]


def _number(branch: tuple[int, Solid]) -> int:
    return branch[0]


def _calls(branch: Solid) -> set[str]:
    """Under what a branch is looked for: the end of its name, and its aliases. `…` are all that have no name."""
    if isinstance(branch, Missing):
        return {""}
    return {unqualified(branch.name), *branch.aliases} if isinstance(branch, Named) else {"…"}


def same_name(reader: Named, writer: Named) -> bool:
    """Names match without their namespace; an alias stands for a full name."""
    return unqualified(reader.name) == unqualified(writer.name) or writer.name in reader.aliases


def best(fits: list[Solid], writer: Solid) -> Solid:
    """The branch of the very name, if there is one: most readers prefer it to the first that matches."""
    named = (one for one in fits if isinstance(one, Named | Primitive) and one.name == name_of(writer))
    return next(named, fits[0])


def may_be(reader: Solid, writer: Solid) -> bool:
    """Whether two types, one of which is unknown, may match: only named types are defined elsewhere."""
    known = [type_ for type_ in (reader, writer) if not isinstance(type_, Missing)]
    unread = any(isinstance(type_, Missing) and not type_.name for type_ in (reader, writer))
    return len(known) < 2 and (unread or all(isinstance(type_, Named) for type_ in known))  # noqa: PLR2004 - both


def name_of(type_: Solid) -> str:
    """What distinguishes the branches of a union: a name, or the kind of what has none."""
    return type_.name if isinstance(type_, Named | Primitive | Missing) else kind(type_)
