"""Can this reader faithfully read what this writer writes? Clause by clause, in the order of the specification.

https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
"""

from collections.abc import Generator, Iterator

from contractctl.formats.avro.resolution import meaning
from contractctl.formats.avro.resolution.existence import impossible, is_possible
from contractctl.formats.avro.resolution.fields import claims, rename_of, unclaimed
from contractctl.formats.avro.resolution.matching import PROMOTIONS, Matching, best, may_be, name_of, same_name
from contractctl.formats.avro.resolution.pairs import Case, Pair, Step, case, path_of
from contractctl.formats.avro.resolution.starts import Start
from contractctl.formats.avro.schema import locate
from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Missing,
    Named,
    Primitive,
    Record,
    Reference,
    Schema,
    Solid,
    Type,
    Union,
    describe,
    unqualified,
)
from contractctl.model.amounts import named
from contractctl.model.verdict import Effect, Undecided


class Question:
    """Can this reader read what this writer writes?"""

    def __init__(self, reader: Schema, writer: Schema) -> None:
        self.reader = reader
        self.writer = writer
        self.matching = Matching(reader, writer)
        self._impossible = impossible(writer)
        self._met: set[tuple[int, int]] = set()
        self._free: dict[tuple[int, int], tuple[Field, ...]] = {}

    def judge(self, start: Start) -> Iterator[Case | Undecided]:
        """From two roots inwards. A pair that was met before is taken for granted: types recur."""
        pending = [Pair(self.reader.solid(start.reader), self.writer.solid(start.writer), None, start)]
        while pending:
            pair = pending.pop()
            key = (id(pair.reader), id(pair.writer))
            if key in self._met or not self.can_be_sent(pair.writer):
                continue
            self._met.add(key)
            inner: list[Pair] = []
            for outcome in self.resolve(pair):
                if isinstance(outcome, Pair):
                    inner.append(outcome)
                else:
                    yield outcome
            pending.extend(reversed(inner))

    def can_be_sent(self, sent: Type) -> bool:
        """Whether the writer can write anything of that type."""
        return is_possible(self.writer, sent, self._impossible)

    def resolve(self, pair: Pair) -> Iterator[Case | Pair | Undecided]:
        """One pair, one level: what is wrong with it, and the pairs inside it."""
        match pair.reader, pair.writer:
            case _, Union():
                yield from self._writer_union(pair, pair.writer)
            case Union(), _:
                yield from self._reader_union(pair, pair.reader)
            case (Missing(), _) | (_, Missing()):
                yield from self._missing(pair)
            case Record(), Record():
                yield from self._record(pair, pair.reader, pair.writer)
            case Enum(), Enum():
                yield from self._enum(pair, pair.reader, pair.writer)
            case Fixed(), Fixed():
                yield from self._fixed(pair, pair.reader, pair.writer)
            case Array(items=wanted), Array(items=sent):
                yield self._held(pair, wanted, sent, Step(pair.way, "item"))
            case Map(values=wanted), Map(values=sent):
                yield self._held(pair, wanted, sent, Step(pair.way, "value"))
            case Primitive(), Primitive():
                yield from self._primitive(pair, pair.reader, pair.writer)
            case _:
                yield self._type_changed(pair)

    def _record(self, pair: Pair, reader: Record, writer: Record) -> Iterator[Case | Pair]:
        """Fields are matched by name, in any order; the writer's others are ignored; the reader's need a default."""
        if not same_name(reader, writer):
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
                yield self._inside(pair, claim.field.type, sender.type, step)
            elif claim.field.default is None:
                yield self._without_default(pair, reader, writer, claim.field)

    def _enum(self, pair: Pair, reader: Enum, writer: Enum) -> Iterator[Case]:
        """Every symbol the writer may send must be known, or the reader's enum must have a default of its own."""
        if not same_name(reader, writer):
            yield self._name_changed(pair, reader, writer)
            return
        known = set(reader.symbols)
        unknown = [symbol for symbol in writer.symbols if symbol not in known]
        if not unknown:
            return
        facts = {"symbols": named(unknown), "symbol": unknown[0], "enum": unqualified(reader.name)}
        if reader.default is None:
            yield case("avro-enum-symbol-unknown", Effect.FAILS, pair, facts)
        else:
            yield case("avro-enum-symbol-replaced", Effect.LOSES, pair, {**facts, "default": reader.default})

    def _fixed(self, pair: Pair, reader: Fixed, writer: Fixed) -> Iterator[Case]:
        """Size and unqualified name must be the same."""
        if not same_name(reader, writer):
            yield self._name_changed(pair, reader, writer)
        elif reader.size != writer.size:
            facts = {"wanted": str(reader.size), "sent": str(writer.size), "fixed": unqualified(reader.name)}
            yield case("avro-fixed-size-changed", Effect.FAILS, pair, facts)
        else:
            yield from self._meaning(pair, reader, writer)

    def _held(self, pair: Pair, wanted: Type, sent: Type, step: Step) -> Case | Pair:
        """Items match, or the whole does not: also where nothing of the kind can be written, and all are empty."""
        if not self.can_be_sent(sent) and not self.matching.matches(wanted, sent):
            return self._type_changed(pair)
        return self._inside(pair, wanted, sent, step)

    def _primitive(self, pair: Pair, reader: Primitive, writer: Primitive) -> Iterator[Case]:
        """The same type, or one that the writer's may be promoted to."""
        if reader.name != writer.name and reader.name not in PROMOTIONS.get(writer.name, ()):
            yield self._type_changed(pair)
            return
        if (writer.name, reader.name) == ("bytes", "string"):
            yield case("avro-bytes-read-as-string", Effect.FAILS, pair, {})
        limit = meaning.exact_up_to(reader, writer)
        if limit is not None:
            facts = {"sent": writer.name, "wanted": reader.name, "limit": f"{limit:,}"}
            yield case("avro-precision-lost", Effect.LOSES, pair, facts)
        yield from self._meaning(pair, reader, writer)

    def _meaning(self, pair: Pair, reader: Primitive | Fixed, writer: Primitive | Fixed) -> Iterator[Case]:
        """On the wire only the type beneath is seen: https://avro.apache.org/docs/1.12.0/specification/#logical-types."""
        changed = meaning.change(reader, writer)
        if changed is not None:
            facts = {"sent": describe(writer), "wanted": describe(reader)}
            yield case(changed.rule, changed.effect, pair, facts)

    def _reader_union(self, pair: Pair, reader: Union) -> Iterator[Case | Pair | Undecided]:
        """The first branch that matches is resolved; if none does, it is an error."""
        met = yield from self._branch(pair, self.matching.candidates(reader, pair.writer))
        if not met:
            yield self._type_changed(pair)

    def _writer_union(self, pair: Pair, writer: Union) -> Iterator[Case | Pair | Undecided]:
        """Whichever branch the writer selects must match: the first of the reader's union, or the reader's type."""
        wanted = describe(pair.reader)
        for index, sent in enumerate(writer.branches):
            has_name = isinstance(sent, Record | Enum | Fixed | Reference) and pair.way is None and not pair.start.name
            step = Step(pair.way, "branch", describe(sent).rpartition(" ")[2] if has_name else "", branch=index)
            inner = pair.towards(pair.reader, self.writer.solid(sent), step)
            met = yield from self._branch(inner, self._takers(pair.reader, inner.writer))
            if not met and self.can_be_sent(sent):
                facts = {"branch": describe(sent), "wanted": wanted}
                yield case("avro-union-branch-unknown", Effect.FAILS, inner, facts)

    def _takers(self, reader: Solid, writer: Solid) -> list[Solid]:
        return self.matching.candidates(reader, writer) if isinstance(reader, Union) else [reader]

    def _branch(self, pair: Pair, branches: list[Solid]) -> Generator[Case | Pair | Undecided, None, bool]:
        """Resolve a value of the writer's against the branch that takes it; whether there is one, or may be one."""
        writer = pair.writer
        fits = [branch for branch in branches if self.matching.matches(branch, writer)]
        first = next((branch for branch in branches if branch in fits[:1] or may_be(branch, writer)), None)
        if first is not None and first not in fits[:1]:
            yield self._undecided(pair.towards(first, writer, pair.way))
        if not fits:
            return first is not None
        same = best(fits, writer)
        if same is not fits[0]:
            yield from self._first(pair.towards(fits[0], writer, pair.way))
        yield pair.towards(same, writer, pair.way)
        return True

    def _first(self, pair: Pair) -> Iterator[Case]:
        """What becomes of a value in the first branch that matches, where a later one is of its very name."""
        is_named = isinstance(pair.writer, Named)
        promoted = [] if is_named else [one for one in self.resolve(pair) if isinstance(one, Case)]
        if not is_named and all(one.found.effect is not Effect.FAILS for one in promoted):
            yield from promoted
            return
        facts = {"branch": name_of(pair.writer), "first": name_of(pair.reader)}
        facts["or"] = ", or give one of them another name" if is_named else ""
        yield case("avro-union-branch-ambiguous", Effect.MISREADS, pair, facts)

    def _missing(self, pair: Pair) -> Iterator[Case | Undecided]:
        """A type that nobody has defined here is a named one: it may match another named one, and nothing else."""
        if may_be(pair.reader, pair.writer):
            yield self._undecided(pair)
        else:
            yield self._type_changed(pair)

    def _undecided(self, pair: Pair) -> Undecided:
        schema, gone = next(
            (schema, type_)
            for schema, type_ in ((self.reader, pair.reader), (self.writer, pair.writer))
            if isinstance(type_, Missing)
        )
        file, line, column = locate(schema, gone.at) or ("", 1, 1)
        path = path_of(pair)
        return Undecided(path, f"{gone.why} ({file}:{line}:{column}): {gone.hint}", pair.reader.at, pair.writer.at)

    def _unclaimed(self, reader: Record, writer: Record) -> tuple[Field, ...]:
        key = (id(reader), id(writer))
        if key not in self._free:
            self._free[key] = unclaimed(reader, writer)
        return self._free[key]

    def _inside(self, pair: Pair, wanted: Type, sent: Type, step: Step) -> Pair:
        return pair.towards(self.reader.solid(wanted), self.writer.solid(sent), step)

    def _type_changed(self, pair: Pair) -> Case:
        facts = {"sent": describe(pair.writer), "wanted": describe(pair.reader)}
        return case("avro-type-changed", Effect.FAILS, pair, facts)

    def _name_changed(self, pair: Pair, reader: Named, writer: Named) -> Case:
        facts = {"sent": writer.name, "wanted": reader.name}
        return case("avro-name-changed", Effect.FAILS, pair, facts)

    def _sent_twice(self, pair: Pair, field: Field, senders: tuple[Field, ...]) -> Case:
        facts = {"field": field.name, "senders": named([sender.name for sender in senders])}
        return case("avro-alias-sent-twice", Effect.FAILS, pair, facts, field)

    def _contested(self, pair: Pair, field: Field, sender: Field, rivals: tuple[Field, ...]) -> Case:
        names = [field.name, *(rival.name for rival in rivals)]
        # whoever has the sender's name gets the value, the others what their default says
        safe = all(one.default is not None for one in (field, *rivals) if one.name != sender.name)
        effect = Effect.MISREADS if safe else Effect.FAILS
        facts = {"field": field.name, "sent": sender.name, "rivals": named(names)}
        return case("avro-alias-contested", effect, pair, facts, field)

    def _without_default(self, pair: Pair, reader: Record, writer: Record, field: Field) -> Case:
        facts = {"field": field.name, "record": unqualified(reader.name)}
        likely = rename_of(field, self._unclaimed(reader, writer), self.matching.matches)
        if likely is not None:
            scope = f"{unqualified(reader.name)}." if pair.way is not None else ""
            facts |= {"taker_name": field.name, "giver_name": likely.name, "scope": scope}
        return case("avro-field-without-default", Effect.FAILS, pair, facts, field)
