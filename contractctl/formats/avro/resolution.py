"""Can this reader faithfully read what this writer writes? Clause by clause, in the order of the specification.

https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.formats.avro import meaning
from contractctl.formats.avro.existence import impossible, is_possible
from contractctl.formats.avro.fields import claims, rename_of
from contractctl.formats.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Primitive,
    Record,
    Reference,
    Schema,
    Solid,
    Type,
    Union,
    describe,
    kind,
    unqualified,
)
from contractctl.formats.avro.wire import wire
from contractctl.model.verdict import Effect, Incompatibility

PROMOTIONS = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}
_MOST_STEPS = 40
_MOST_SYMBOLS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step from a writer's datum into its inside; `inside` is the way to where it is taken."""

    inside: "Step | None"
    kind: str
    """field, item, value or branch."""
    name: str = ""
    """The reader's name of a field."""
    sent: str = ""
    """The writer's name of a field."""
    branch: int = 0
    """The number of the writer's branch."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A reader's and a writer's type that meet, and the way there."""

    reader: Solid
    writer: Solid
    way: Step | None


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """An incompatibility and the pair at which it was found."""

    found: Incompatibility
    pair: Pair


def incompatibilities(taker: Schema, giver: Schema) -> Iterator[Incompatibility]:
    """Every reason why taker, the reader, cannot faithfully read what giver, the writer, writes."""
    for case in cases(taker, giver):
        yield case.found


def cases(reader: Schema, writer: Schema) -> Iterator[Case]:
    """As incompatibilities(), each with the way to it. A pair that was met before is taken for granted: types recur."""
    asked = Question(reader, writer)
    pending = [Pair(reader.solid(reader.root), writer.solid(writer.root), None)]
    met: set[tuple[int, int]] = set()
    while pending:
        pair = pending.pop()
        key = (id(pair.reader), id(pair.writer))
        if key in met or not asked.can_be_sent(pair.writer):
            continue
        met.add(key)
        inner: list[Pair] = []
        for outcome in asked.resolve(pair):
            if isinstance(outcome, Pair):
                inner.append(outcome)
            elif asked.is_one_schema():
                return
            else:
                yield outcome
        pending.extend(reversed(inner))


class Question:
    """Can this reader read what this writer writes?"""

    def __init__(self, reader: Schema, writer: Schema) -> None:
        self.reader = reader
        self.writer = writer
        self._impossible = impossible(writer)
        self._is_one: bool | None = None

    def can_be_sent(self, sent: Type) -> bool:
        """Whether the writer can write anything of that type."""
        return is_possible(self.writer, sent, self._impossible)

    def is_one_schema(self) -> bool:
        """Whether both are the same but for documentation: nothing is resolved then, and everything is read as written.

        https://avro.apache.org/docs/1.12.0/specification/#data-serialization-and-deserialization
        """
        if self._is_one is None:
            self._is_one = wire(self.reader).whole == wire(self.writer).whole
        return self._is_one

    def resolve(self, pair: Pair) -> Iterator[Case | Pair]:
        """One pair, one level: what is wrong with it, and the pairs inside it."""
        match pair.reader, pair.writer:
            case _, Union():
                yield from self._writer_union(pair, pair.writer)
            case Union(), _:
                yield from self._reader_union(pair, pair.reader)
            case Record(), Record():
                yield from self._record(pair, pair.reader, pair.writer)
            case Enum(), Enum():
                yield from self._enum(pair, pair.reader, pair.writer)
            case Fixed(), Fixed():
                yield from self._fixed(pair, pair.reader, pair.writer)
            case Array(items=wanted), Array(items=sent):
                yield self._inside(wanted, sent, Step(pair.way, "item"))
            case Map(values=wanted), Map(values=sent):
                yield self._inside(wanted, sent, Step(pair.way, "value"))
            case Primitive(), Primitive():
                yield from self._primitive(pair, pair.reader, pair.writer)
            case _:
                yield self._type_changed(pair)

    def matches(self, wanted: Type, sent: Type) -> bool:
        """Whether two types match in the specification's sense, which looks at names and not inside records."""
        reader, writer = self.reader.solid(wanted), self.writer.solid(sent)
        match reader, writer:
            case (Array(items=inner), Array(items=inner_sent)) | (Map(values=inner), Map(values=inner_sent)):
                return self.matches(inner, inner_sent)
            case Record(), Record():
                return _same_name(reader, writer)
            case Enum(), Enum():
                return _same_name(reader, writer)
            case Fixed(), Fixed():
                return reader.size == writer.size and _same_name(reader, writer)
            case (Union(), _) | (_, Union()):
                return True
            case Primitive(), Primitive():
                return reader.name == writer.name or reader.name in PROMOTIONS.get(writer.name, ())
            case _:
                return False

    def meeting(self, wanted: Type, sent: Type) -> Solid:
        """The reader's type that a writer's type is resolved against: of a union, the first branch that matches."""
        reader, writer = self.reader.solid(wanted), self.writer.solid(sent)
        if isinstance(reader, Union) and not isinstance(writer, Union):
            match = next((branch for branch in reader.branches if self.matches(branch, writer)), None)
            return reader if match is None else self.reader.solid(match)
        return reader

    def _record(self, pair: Pair, reader: Record, writer: Record) -> Iterator[Case | Pair]:
        """Fields are matched by name, in any order; the writer's others are ignored; the reader's need a default."""
        if not _same_name(reader, writer):
            yield self._name_changed(pair, reader, writer)
            return
        contested: set[str] = set()
        for claim in claims(reader, writer):
            if len(claim.senders) > 1:
                yield self._sent_twice(pair, claim.field, claim.senders)
            elif claim.rivals and claim.field.name != claim.senders[0].name:
                if claim.senders[0].name not in contested:
                    contested.add(claim.senders[0].name)
                    yield self._contested(pair, claim.field, claim.senders[0], claim.rivals)
            elif claim.senders:
                sender = claim.senders[0]
                step = Step(pair.way, "field", claim.field.name, sender.name)
                yield self._inside(claim.field.type, sender.type, step)
            elif claim.field.default is None:
                yield self._without_default(pair, reader, writer, claim.field)

    def _enum(self, pair: Pair, reader: Enum, writer: Enum) -> Iterator[Case]:
        """Every symbol the writer may send must be known, or the reader's enum must have a default of its own."""
        if not _same_name(reader, writer):
            yield self._name_changed(pair, reader, writer)
            return
        known = set(reader.symbols)
        unknown = [symbol for symbol in writer.symbols if symbol not in known]
        if not unknown:
            return
        facts = {"symbols": _list(unknown), "symbol": unknown[0], "enum": unqualified(reader.name)}
        if reader.default is None:
            yield _case("avro-enum-symbol-unknown", Effect.FAILS, pair, self, facts)
        else:
            yield _case("avro-enum-symbol-replaced", Effect.LOSES, pair, self, {**facts, "default": reader.default})

    def _fixed(self, pair: Pair, reader: Fixed, writer: Fixed) -> Iterator[Case]:
        """Size and unqualified name must be the same."""
        if not _same_name(reader, writer):
            yield self._name_changed(pair, reader, writer)
        elif reader.size != writer.size:
            facts = {"wanted": str(reader.size), "sent": str(writer.size), "fixed": unqualified(reader.name)}
            yield _case("avro-fixed-size-changed", Effect.FAILS, pair, self, facts)
        else:
            yield from self._meaning(pair, reader, writer)

    def _primitive(self, pair: Pair, reader: Primitive, writer: Primitive) -> Iterator[Case]:
        """The same type, or one that the writer's may be promoted to."""
        if reader.name != writer.name and reader.name not in PROMOTIONS.get(writer.name, ()):
            yield self._type_changed(pair)
            return
        if (writer.name, reader.name) == ("bytes", "string"):
            yield _case("avro-bytes-read-as-string", Effect.FAILS, pair, self, {})
        limit = meaning.exact_up_to(reader, writer)
        if limit is not None:
            facts = {"sent": writer.name, "wanted": reader.name, "limit": f"{limit:,}"}
            yield _case("avro-precision-lost", Effect.LOSES, pair, self, facts)
        yield from self._meaning(pair, reader, writer)

    def _meaning(self, pair: Pair, reader: Primitive | Fixed, writer: Primitive | Fixed) -> Iterator[Case]:
        """On the wire only the type beneath is seen: https://avro.apache.org/docs/1.12.0/specification/#logical-types."""
        changed = meaning.change(reader, writer)
        if changed is not None:
            facts = {"sent": describe(writer), "wanted": describe(reader)}
            yield _case(changed.rule, changed.effect, pair, self, facts)

    def _reader_union(self, pair: Pair, reader: Union) -> Iterator[Case | Pair]:
        """The first branch that matches is resolved; if none does, it is an error."""
        for branch in reader.branches:
            if self.matches(branch, pair.writer):
                yield Pair(self.reader.solid(branch), pair.writer, pair.way)
                return
        yield self._type_changed(pair)

    def _writer_union(self, pair: Pair, writer: Union) -> Iterator[Case | Pair]:
        """Whichever branch the writer selects must match: the first of the reader's union, or the reader's type."""
        wanted = pair.reader.branches if isinstance(pair.reader, Union) else (pair.reader,)
        for index, sent in enumerate(writer.branches):
            named = isinstance(sent, Record | Enum | Fixed | Reference) and pair.way is None
            step = Step(pair.way, "branch", describe(sent).rpartition(" ")[2] if named else "", branch=index)
            match = next((branch for branch in wanted if self.matches(branch, sent)), None)
            if match is not None:
                yield self._inside(match, sent, step)
                continue
            if not self.can_be_sent(sent):
                continue
            inner = Pair(pair.reader, self.writer.solid(sent), step)
            facts = {"branch": describe(sent), "wanted": describe(pair.reader)}
            yield _case("avro-union-branch-unknown", Effect.FAILS, inner, self, facts)

    def _inside(self, wanted: Type, sent: Type, step: Step) -> Pair:
        return Pair(self.reader.solid(wanted), self.writer.solid(sent), step)

    def _type_changed(self, pair: Pair) -> Case:
        facts = {"sent": describe(pair.writer), "wanted": describe(pair.reader)}
        return _case("avro-type-changed", Effect.FAILS, pair, self, facts)

    def _name_changed(self, pair: Pair, reader: Named, writer: Named) -> Case:
        facts = {"sent": writer.name, "wanted": reader.name}
        return _case("avro-name-changed", Effect.FAILS, pair, self, facts)

    def _sent_twice(self, pair: Pair, field: Field, senders: tuple[Field, ...]) -> Case:
        facts = {"field": field.name, "senders": _list([sender.name for sender in senders])}
        return _case("avro-alias-sent-twice", Effect.FAILS, pair, self, facts, field)

    def _contested(self, pair: Pair, field: Field, sender: Field, rivals: tuple[Field, ...]) -> Case:
        names = [field.name, *(rival.name for rival in rivals)]
        # whoever has the sender's name gets the value, the others what their default says
        safe = all(one.default is not None for one in (field, *rivals) if one.name != sender.name)
        effect = Effect.MISREADS if safe else Effect.FAILS
        facts = {"field": field.name, "sent": sender.name, "rivals": _list(names)}
        return _case("avro-alias-contested", effect, pair, self, facts, field)

    def _without_default(self, pair: Pair, reader: Record, writer: Record, field: Field) -> Case:
        nested = pair.way is not None
        facts = {"field": field.name, "record": unqualified(reader.name)}
        facts |= rename_of(field, reader, writer, self.matches, nested=nested)
        return _case("avro-field-without-default", Effect.FAILS, pair, self, facts, field)


def _same_name(reader: Named, writer: Named) -> bool:
    """Names match without their namespace; an alias stands for a full name."""
    return unqualified(reader.name) == unqualified(writer.name) or writer.name in reader.aliases


def _case(  # noqa: PLR0913, PLR0917 - what a finding is made of
    rule: str, effect: Effect, pair: Pair, asked: Question, facts: dict[str, str], field: Field | None = None
) -> Case:
    path = _path(asked.reader, pair.way) + (f".{field.name}" if field else "")
    at = field.at if field else pair.reader.at
    return Case(Incompatibility(rule, effect, path, facts, taker_at=at, giver_at=pair.writer.at), pair)


def _path(schema: Schema, way: Step | None) -> str:
    """The reader's names on the way: `OrderPlaced.items[].sku`, `{}` for a map's values."""
    parts: list[str] = []
    while way is not None and len(parts) < _MOST_STEPS:
        parts.append({"field": f".{way.name}", "item": "[]", "value": "{}"}.get(way.kind, way.name))
        way = way.inside
    if way is not None:
        parts.append("…")
    root = schema.solid(schema.root)
    if not isinstance(root, Union):
        parts.append(unqualified(root.name) if isinstance(root, Named) else kind(root))
    return "".join(reversed(parts)) or "union"


def _list(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_MOST_SYMBOLS])
    more = len(names) - _MOST_SYMBOLS
    return f"{shown} and {more} more" if more > 0 else shown
