"""Which way leads from both roots to a finding, and what stands at its end in a datum?"""

from dataclasses import dataclass

from contractctl.formats.avro.datums import Smallest, branch_name
from contractctl.formats.avro.resolution import Question
from contractctl.formats.avro.resolution.pairs import Case, Step
from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Missing,
    Primitive,
    Record,
    Solid,
    Type,
    Union,
)


@dataclass(frozen=True, slots=True)
class _Stop:
    """One pair of types on the way, before the step that leads on."""

    reader: Solid
    writer: Solid
    step: Step


class OffTheWayError(Exception):
    """A value ends before the way does: the reader took a default, and did not look at what was sent."""

    def __init__(self, value: object) -> None:
        super().__init__(value)
        self.value = value


class Route:
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
            met, given = question.matching.meeting(reader, writer), question.writer.solid(writer)
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
        """What stands at the end of the way in a value that was read. Raise OffTheWayError where it ends before."""
        for stop in self._stops:
            if stop.step.kind == "branch":
                continue
            name = stop.step.name if by_reader else stop.step.sent
            key = name if stop.step.kind == "field" else "key"
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and value:
                value = value[0]
            else:
                raise OffTheWayError(value)
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
