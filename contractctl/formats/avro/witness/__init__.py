"""Which datum shows it? One that the writer really writes, and the reader really refuses or takes for another."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from contractctl.formats.avro import wire as wires
from contractctl.formats.avro.datums import MOST_BYTES, NIL_UUID, NoDatumError, Smallest
from contractctl.formats.avro.datums.shown import shown
from contractctl.formats.avro.resolution import Question
from contractctl.formats.avro.resolution.judging import case_of
from contractctl.formats.avro.resolution.pairs import Case
from contractctl.formats.avro.schema.types import (
    Fixed,
    Primitive,
    Record,
    Schema,
    Solid,
    Type,
)
from contractctl.formats.avro.wire import Refused, official, sent_value, write
from contractctl.formats.avro.wire.rendering import Wire, wire
from contractctl.formats.avro.witness.refusals import OF_SCHEMAS, schema_witness
from contractctl.formats.avro.witness.route import OffTheWayError, Route
from contractctl.model.verdict import Effect, Incompatibility, Reply, Witness

_OF_MEANING = frozenset(
    {
        "avro-precision-lost",
        "avro-uuid-expected",
        "avro-logical-type-lost",
        "avro-logical-type-gained",
        "avro-logical-type-changed",
        "avro-decimal-scale-changed",
        "avro-decimal-precision-changed",
    }
)
"""Rules about what a value means to the reader: resolved it is before that."""
_MOST_WORK, _LEAST = 5_000_000, 20
"""Fields that are written for all witnesses of a pair together, and for how many findings at least."""
_DAYS, _HOUR, _DAY_IN_MICROS = 19_723, 3_600_000, 86_400_000_000


def witness(taker: Schema, giver: Schema, found: Incompatibility) -> Witness | None:
    """Write a datum with the giver's schema and read it with the taker's; None where no datum shows what was found.

    The taker asks for the fields on the way to the finding and for no others: what it says is said of this finding.
    fastavro reads it, and Apache's own package; where they do not agree, both are heard.
    """
    if found.rule in OF_SCHEMAS:
        return schema_witness(taker, found)
    case = case_of(taker, giver, found)
    effort = _effort(taker, giver)
    if case is None or case.number >= effort.witnesses:
        return None
    libraries = (wires, official) if case.number < effort.second_opinions else (wires,)
    try:
        seats = (giver, taker) if found.flipped else (taker, giver)
        return next(_trials(*seats, case, libraries), None)
    except (NoDatumError, RecursionError):
        return None  # the writer can write nothing there, or only what no reader could hold


@dataclass(frozen=True, slots=True)
class _Effort:
    """For how many findings of a pair a datum is made: a schema of ten thousand fields can be wrong in each of them."""

    witnesses: int
    second_opinions: int


@lru_cache(maxsize=4)
def _effort(taker: Schema, giver: Schema) -> _Effort:
    sides = (*taker.names.values(), *giver.names.values())
    size = sum(1 + len(named.fields) if isinstance(named, Record) else 1 for named in sides) or 1
    return _Effort(max(_LEAST, _MOST_WORK // size), max(_LEAST, _MOST_WORK // size // 10))


def _trials(reader: Schema, writer: Schema, case: Case, libraries: tuple[ModuleType, ...]) -> Iterator[Witness]:
    start = case.pair.start
    route = Route(Question(reader, writer), case)
    trial = _Trial(case, route, wire(reader, start.reader, route.only()), _written(writer, start.writer))
    for value in _telling_values(writer, case):
        payload = write(trial.writes, route.datum(value))
        sent = sent_value(trial.writes, payload)
        said = trial.answer(libraries[0], reader, payload)
        if _shows(case, said, route.leaf(sent, by_reader=False)):
            others = [(library.executed_by(), trial.answer(library, reader, payload)) for library in libraries[1:]]
            agree = [who for who, other in others if _is_same(other, said)]
            also = tuple(Reply(_answer(other), who) for who, other in others if not _is_same(other, said))
            by = ", ".join((libraries[0].executed_by(), *agree))
            yield Witness(shown(route.pruned(sent)), _answer(said), by, also)


def _is_same(one: object, other: object) -> bool:
    """Whether two libraries agree: both refuse, or read the same value."""
    return type(one) is type(other) and (isinstance(one, Refused) or one == other)


@lru_cache(maxsize=4)
def _written(writer: Schema, root: Type) -> Wire:
    """The writer's side, which is the same for every finding of a pair."""
    return wire(writer, root)


@dataclass(frozen=True, slots=True)
class _Trial:
    """One finding, and both sides of it."""

    case: Case
    route: "Route"
    reads: Wire
    writes: Wire

    def answer(self, library: ModuleType, schema: Schema, payload: bytes) -> object | Refused:
        """What a library says at the place of the finding."""
        said: object = library.read_value(self.reads, self.writes, payload)
        if isinstance(said, Refused):
            return said
        try:
            said = self.route.leaf(said, by_reader=True)
        except OffTheWayError as default:
            return default.value
        if self.case.found.rule in _OF_MEANING:
            said = library.taken_for(wire(schema, self.case.pair.reader), said)
        return said


def _answer(said: object) -> str:
    return _line(f"refused: {said.why}" if isinstance(said, Refused) else f"read {shown(said)}")


def _shows(case: Case, said: object, sent: object) -> bool:
    """Whether what was said is what was found: a refusal where it fails, another value where it misreads or loses."""
    rule, effect, facts = case.found.rule, case.found.effect, case.found.facts
    if isinstance(said, Refused):
        return effect is not Effect.LOSES
    if rule in {"avro-alias-contested", "avro-alias-sent-twice"}:
        assert isinstance(said, dict)  # noqa: S101 - both are findings of records
        assert isinstance(sent, dict)  # noqa: S101 - both are findings of records
        sender = facts.get("sent", facts["field"])
        return sender in sent and any(value != sent[sender] for value in said.values())
    return effect is not Effect.FAILS and (type(said), said) != (type(sent), sent)


def _telling_values(writer: Schema, case: Case) -> Iterator[object]:
    """Values for the place of the finding, the most telling first."""
    smallest, sent = Smallest(writer), case.pair.writer
    match case.found.rule:
        case "avro-enum-symbol-unknown" | "avro-enum-symbol-replaced":
            yield case.found.facts["symbol"]
        case "avro-bytes-read-as-string":
            yield b"\xff"
        case "avro-union-branch-ambiguous" if isinstance(sent, Primitive):
            yield b"\xff"
        case "avro-precision-lost":
            yield int(case.found.facts["limit"].replace(",", "")) + 1
        case "avro-uuid-expected":
            yield b"no UUID" if isinstance(sent, Primitive) and sent.name == "bytes" else "no UUID"
        case "avro-alias-contested" | "avro-alias-sent-twice" if isinstance(sent, Record):
            for turn in (0, 1):
                yield {f.name: smallest.sample(f.type, (turn + place) % 2) for place, f in enumerate(sent.fields)}
        case "avro-decimal-scale-changed" | "avro-decimal-precision-changed":
            yield from _decimals(sent)
        case "avro-logical-type-changed" | "avro-logical-type-gained" | "avro-logical-type-lost":
            yield from _moments(case.pair.reader, sent)
        case _:
            yield smallest.of(sent)
            yield smallest.inhabited(sent)


def _decimals(sent: Solid) -> Iterator[bytes]:
    """1234… with as many digits as the writer's decimal has: rounding shows, and so does another scale."""
    assert isinstance(sent, Primitive | Fixed)  # noqa: S101 - only these have logical types
    assert sent.logical is not None  # noqa: S101 - it is a decimal
    number = int(("1234567890" * 6)[: sent.logical.precision])
    size = sent.size if isinstance(sent, Fixed) else number.bit_length() // 8 + 1
    if size > MOST_BYTES:
        raise NoDatumError
    yield number.to_bytes(size, "big", signed=True)


def _moments(reader: Solid, sent: Solid) -> Iterator[object]:
    """A number that both sides can take for what they take it for: a day, an hour, a number of days."""
    if isinstance(sent, Fixed):
        yield b"\x01" + bytes(sent.size - 1)
        return
    names = {one.logical.name for one in (reader, sent) if isinstance(one, Primitive) and one.logical}
    assert isinstance(sent, Primitive)  # noqa: S101 - only these and fixed have logical types
    if sent.name == "bytes":
        yield b"12"
    elif sent.name == "string":
        yield NIL_UUID if sent.logical else "12"
    elif "date" in names:
        yield _DAYS
    else:
        yield _HOUR if sent.name == "int" or names & {"time-millis", "time-micros"} else _DAY_IN_MICROS


def _line(text: str) -> str:
    most = 300
    return text if len(text) <= most else text[: most - 1] + "…"
