"""Which datum shows it? One that the writer really writes, and the reader really refuses or takes for another."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from contractctl.formats.avro import official
from contractctl.formats.avro import wire as wires
from contractctl.formats.avro.datums import NIL_UUID, NoDatumError, Smallest, branch_name
from contractctl.formats.avro.refusals import OF_SCHEMAS, schema_witness
from contractctl.formats.avro.resolution import Case, Question, Step, case_of
from contractctl.formats.avro.shown import shown
from contractctl.formats.avro.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Missing,
    Primitive,
    Record,
    Schema,
    Solid,
    Type,
    Union,
)
from contractctl.formats.avro.wire import Refused, Wire, sent_value, wire, write
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
_DAYS, _HOUR, _DAY_IN_MICROS = 19_723, 3_600_000, 86_400_000_000


def witness(taker: Schema, giver: Schema, found: Incompatibility) -> Witness | None:
    """Write a datum with the giver's schema and read it with the taker's; None where no datum shows what was found.

    The taker asks for the fields on the way to the finding and for no others: what it says is said of this finding.
    fastavro reads it, and Apache's own package; where they do not agree, both are heard.
    """
    if found.rule in OF_SCHEMAS:
        return schema_witness(taker, found)
    case = case_of(taker, giver, found)
    if case is None:
        return None
    try:
        seats = (giver, taker) if found.flipped else (taker, giver)
        return next(_trials(*seats, case), None)
    except (NoDatumError, RecursionError):
        return None  # the writer can write nothing there, or only what no reader could hold


def _trials(reader: Schema, writer: Schema, case: Case) -> Iterator[Witness]:
    start = case.pair.start
    route = _Route(Question(reader, writer), case)
    trial = _Trial(case, route, wire(reader, start.reader, route.only()), _written(writer, start.writer))
    for value in _telling_values(writer, case):
        payload = write(trial.writes, route.datum(value))
        sent = sent_value(trial.writes, payload)
        said = trial.answer(wires, reader, payload)
        if not _shows(case, said, route.leaf(sent, by_reader=False)):
            continue
        yield _heard(shown(route.pruned(sent)), said, trial.answer(official, reader, payload))


def _heard(sent: str, said: object, other: object) -> Witness:
    """What both libraries say, in one line where they agree: both refuse, or read the same value."""
    first, second = wires.executed_by(), official.executed_by()
    if type(other) is type(said) and (isinstance(said, Refused) or other == said):
        return Witness(sent, _answer(said), f"{first}, {second}")
    return Witness(sent, _answer(said), first, (Reply(_answer(other), second),))


@lru_cache(maxsize=4)
def _written(writer: Schema, root: Type) -> Wire:
    """The writer's side, which is the same for every finding of a pair."""
    return wire(writer, root)


@dataclass(frozen=True, slots=True)
class _Trial:
    """One finding, and both sides of it."""

    case: Case
    route: "_Route"
    reads: Wire
    writes: Wire

    def answer(self, library: ModuleType, schema: Schema, payload: bytes) -> object | Refused:
        """What a library says at the place of the finding."""
        said: object = library.read_value(self.reads, self.writes, payload)
        if isinstance(said, Refused):
            return said
        said = self.route.leaf(said, by_reader=True)
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


def _decimals(sent: Solid) -> Iterator[bytes]:
    """1234… with as many digits as the writer's decimal has: rounding shows, and so does another scale."""
    assert isinstance(sent, Primitive | Fixed)  # noqa: S101 - only these have logical types
    assert sent.logical is not None  # noqa: S101 - it is a decimal
    digits = "1234567890" * (sent.logical.precision // 10 + 1)
    number = int(digits[: min(sent.logical.precision, 60)])
    size = sent.size if isinstance(sent, Fixed) else number.bit_length() // 8 + 1
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


@dataclass(frozen=True, slots=True)
class _Stop:
    """One pair of types on the way, before the step that leads on."""

    reader: Solid
    writer: Solid
    step: Step


class _Route:
    """The way from the roots of both schemas to the finding."""

    def __init__(self, question: Question, case: Case) -> None:
        self._case = case
        self._writer = question.writer
        self._smallest = Smallest(question.writer)
        steps: list[Step] = []
        way = case.pair.way
        while way is not None:
            steps.append(way)
            way = way.inside
        self._stops: list[_Stop] = []
        reader, writer = case.pair.start.reader, case.pair.start.writer
        for step in reversed(steps):
            met, given = question.meeting(reader, writer), question.writer.solid(writer)
            self._stops.append(_Stop(met, given, step))
            reader, writer = _next(met, step, by_reader=True), _next(given, step, by_reader=False)

    def only(self) -> dict[str, frozenset[str]]:
        """The fields that the reader asks for, of each record on the way."""
        asked: dict[str, set[str]] = {}
        for stop in self._stops:
            if stop.step.kind == "field" and isinstance(stop.reader, Record):
                asked.setdefault(stop.reader.name, set()).add(stop.step.name)
        if isinstance(self._case.pair.reader, Record):
            reader, facts = self._case.pair.reader, self._case.found.facts
            wanted = {field.name for field in reader.fields if f"'{field.name}'" in facts.get("rivals", "")}
            asked.setdefault(reader.name, set()).update(wanted | ({facts["field"]} if "field" in facts else set()))
        return {name: frozenset(fields) for name, fields in asked.items()}

    def datum(self, value: object) -> object:
        """A datum of the writer with that value at the end of the way, and the smallest values beside it."""
        for stop in reversed(self._stops):
            match stop.writer:
                case Record(fields=fields):
                    name = stop.step.sent
                    value = {f.name: value if f.name == name else self._smallest.of(f.type) for f in fields}
                case Array():
                    value = [value]
                case Map():
                    value = {"key": value}
                case Union(branches=branches):
                    value = (branch_name(branches[stop.step.branch]), value)
                case _:
                    raise AssertionError(stop)  # nothing leads on from there
        return value

    def leaf(self, value: object, *, by_reader: bool) -> object:
        """What stands at the end of the way in a value that was read."""
        for stop in self._stops:
            if stop.step.kind == "branch":
                continue
            if isinstance(value, dict):
                name = stop.step.name if by_reader else stop.step.sent
                value = value[name if stop.step.kind == "field" else "key"]
            elif isinstance(value, list):
                value = value[0]
        return value

    def pruned(self, value: object) -> object:
        """A value without the fields that lie beside the way."""
        return _pruned(value, [stop.step for stop in self._stops if stop.step.kind != "branch"])


def _pruned(value: object, steps: list[Step]) -> object:
    if not steps or value is None:
        return value
    step, *rest = steps
    if isinstance(value, dict):
        key = step.sent if step.kind == "field" else "key"
        inner = {key: _pruned(value[key], rest)}
        return inner if len(value) == 1 else {**inner, "…": ...}
    return [_pruned(item, rest) for item in value] if isinstance(value, list) else value


def _next(type_: Solid, step: Step, *, by_reader: bool) -> Type:
    if step.kind == "branch":
        return type_.branches[step.branch] if isinstance(type_, Union) and not by_reader else type_
    match type_:
        case Record(fields=fields):
            name = step.name if by_reader else step.sent
            return next(field.type for field in fields if field.name == name)
        case Array(items=inner) | Map(values=inner):
            return inner
        case Primitive() | Enum() | Fixed() | Union() | Missing():
            raise AssertionError(type_)  # nothing leads on from there
