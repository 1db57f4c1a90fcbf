"""Which messages are compared? Those with the same name, and others where a field leads to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contractctl.formats.protobuf.resolution.scalars import Mistake
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Field, Message, Missing, short
from contractctl.model.verdict import Effect, Incompatibility, Undecided

_MOST_STEPS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step from a message into a field of it; `inside` is the pair from which it is taken."""

    inside: "Pair"
    reader: Field
    writer: Field


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A reader's and a writer's message that are compared, and the path to them."""

    reader: Message
    writer: Message
    way: Step | None = None
    """None for one that is sent on its own."""
    via: str = ""
    """The method whose request or response it is, where that is how it came in."""


@dataclass(frozen=True, slots=True)
class Case(Incompatibility):
    """An incompatibility with what a witness needs to know."""

    encoding: str = "binary"
    pair: Pair | None = None
    reader: Field | None = None
    writer: Field | None = None
    others: tuple[Field, ...] = field(default=())
    """Fields of the writer that are sent together with `writer`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who reads what whom writes."""

    reader: Schema
    writer: Schema
    flipped: bool = False
    """Whether the taker writes here: a service's response."""
    enums: set[tuple[str, ...]] = field(default_factory=set)
    """The enums that were met, so that each is reported once: encoding, names, and whatever else matters."""

    def meets(self, encoding: str, wanted: Field, sent: Field) -> bool:
        """Whether two enums meet in this encoding for the first time."""
        key = (encoding, wanted.type, sent.type, "required" if wanted.required else "")
        is_first = key not in self.enums
        self.enums.add(key)
        return is_first

    def has_not_changed(self, name: str) -> bool:
        """Whether a message of both means the same, with all that it refers to, and none of that is missing."""
        reader, writer = self.reader, self.writer
        if name in reader.extensions or name in writer.extensions:
            return False
        if reader.file_of(name) in reader.lacking or writer.file_of(name) in writer.lacking:
            return False
        return reader.digests[reader.file_of(name)] == writer.digests[writer.file_of(name)]

    def knows(self, pair: Pair) -> bool:
        """Whether both messages are defined in the given files."""
        return pair.reader.name not in self.reader.missing and pair.writer.name not in self.writer.missing

    def undecided(self, pair: Pair) -> Undecided:
        """A pair of which one is not defined in the given files."""
        missing = self.reader.missing.get(pair.reader.name) or self.writer.missing[pair.writer.name]
        return Undecided(self.path(pair), _lacking(missing), pair.reader.at, pair.writer.at)

    def unsure(self, pair: Pair, wanted: Field, sent: Field) -> Undecided | None:
        """Two fields of which only one may be a message: a missing type may also be an enum."""
        types = {wanted.type: self.reader.missing, sent.type: self.writer.missing}
        missing = next((known[name] for name, known in types.items() if name in known), None)
        if missing is None or (wanted.kind == sent.kind and wanted.repeated == sent.repeated):
            return None
        return Undecided(self.path(pair, wanted.label), _lacking(missing), wanted.at, sent.at)

    def label(self, message: Message) -> str:
        """A reader's message in people's words."""
        return short(message.name, self.reader.package_of(message.name))

    def path(self, pair: Pair, name: str = "") -> str:
        """The way to a pair, or to a field in it: `Order.items.sku`, in the reader's names."""
        parts = [name] if name else []
        at = pair
        while at.way is not None and len(parts) < _MOST_STEPS:
            parts.append(at.way.reader.label if at.way.reader.name != "value" or not entry_of(at.way) else "{}")
            at = at.way.inside
        if at.way is not None:
            parts.append("…")
        parts.append(self.label(at.reader))
        inside = ".".join(reversed(parts)).replace(".{}", "{}")
        return f"{at.via} {inside}" if at.via else inside

    def case(  # noqa: PLR0913 - what a finding is made of, by keyword
        self,
        rule: str,
        effect: Effect,
        pair: Pair,
        *,
        encoding: str,
        facts: Mapping[str, str],
        reader: Field | None = None,
        writer: Field | None = None,
        others: tuple[Field, ...] = (),
    ) -> Case:
        named = reader or writer
        return Case(
            rule=rule,
            effect=effect,
            path=self.path(pair, named.label if named else ""),
            facts={"message": self.label(pair.reader), **facts},
            taker_at=(reader or pair.reader).at,
            giver_at=(writer or pair.writer).at,
            flipped=self.flipped,
            encoding=encoding,
            pair=pair,
            reader=reader,
            writer=writer,
            others=others,
        )


def _lacking(missing: Missing) -> str:
    return f"'{missing.name}' is not defined in the given files: give {missing.file}, which they import, beside them"


def entry_of(step: Step) -> bool:
    """Whether a step leads into a map's entry to its value."""
    return step.inside.reader.is_entry


def described(schema: Schema, one: Field) -> str:
    """A field's type in the words of a message: `repeated int32`, `map of string to Item`, `enum Status`."""
    if one.kind in {"message", "group"} and one.type not in schema.missing:
        inner = schema.message(one.type)
        if inner.is_entry:
            key, value = inner.by_number[1], inner.by_number[2]
            return f"map of {key.kind} to {described(schema, value)}"
    many = "repeated " if one.repeated else ""
    if not one.type:
        return many + one.kind
    name = short(one.type, schema.package_of(one.type))
    return f"{many}{one.kind} {name}" if one.kind in {"enum", "group"} else many + name


def type_changed(  # noqa: PLR0913 - two fields that meet, and what goes wrong
    asked: Asked, pair: Pair, wanted: Field, sent: Field, mistake: Mistake, *, encoding: str = "binary"
) -> Case:
    """Two fields that do not mean the same to reader and writer."""
    facts = {
        "field": wanted.label,
        "number": str(sent.number),
        "wanted": described(asked.reader, wanted),
        "sent": described(asked.writer, sent),
        "why": mistake.why,
    }
    rule = "protobuf-type-changed" if encoding == "binary" else "protobuf-json-type-changed"
    return asked.case(rule, mistake.effect, pair, encoding=encoding, facts=facts, reader=wanted, writer=sent)
