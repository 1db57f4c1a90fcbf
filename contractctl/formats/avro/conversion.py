"""How does one event of the old version become one of the new, and the other way? Field by field, by the operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contractctl.documents import read_json
from contractctl.errors import ContractctlError
from contractctl.formats.avro.datums import branch_name
from contractctl.formats.avro.defaults import Misfits
from contractctl.formats.avro.plain import plain_value
from contractctl.formats.avro.schema import parse_sound
from contractctl.formats.avro.types import Array, Map, Record, Schema, Solid, Type, Union, unqualified
from contractctl.formats.streams import Event
from contractctl.model.contract import Source
from contractctl.model.plan import Operation


@dataclass(frozen=True, slots=True)
class Converter:
    """Both directions. Events are plain values as fastavro reads them, or as JSON has them; they are not changed."""

    up: Callable[[Event], dict[str, object]]
    """Old to new. Raise ContractctlError for an event that is none of the old version."""
    down: Callable[[Event], dict[str, object]]
    """New to old."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One direction: what becomes of each record's fields."""

    schema: Schema
    """The version that the events come in."""
    target: Schema
    renamed: Mapping[str, Mapping[str, str]]
    dropped: Mapping[str, frozenset[str]]
    added: Mapping[str, Mapping[str, object]]

    @property
    def touched(self) -> frozenset[str]:
        return frozenset(self.renamed) | frozenset(self.dropped) | frozenset(self.added)


def converter(old: Source, new: Source, operations: tuple[Operation, ...], *, as_json: bool = False) -> Converter:
    """The mapping that the operations of a plan describe.

    as_json: the events are JSON, in which a default of bytes is text and a whole number may stand for a double.
    """
    before, after = parse_sound(old), parse_sound(new)
    up = _Walk(_turn(before, after, operations, upwards=True, as_json=as_json))
    down = _Walk(_turn(after, before, operations, upwards=False, as_json=as_json))
    return Converter(up.event, down.event)


def _turn(source: Schema, target: Schema, operations: tuple[Operation, ...], *, upwards: bool, as_json: bool) -> _Turn:
    renamed: dict[str, dict[str, str]] = {}
    dropped: dict[str, set[str]] = {}
    added: dict[str, dict[str, object]] = {}
    for operation in operations:
        here, there = (operation.old, operation.new) if upwards else (operation.new, operation.old)
        if here is not None and there is not None:
            renamed.setdefault(operation.subject, {})[here] = there
        elif here is not None:
            dropped.setdefault(operation.subject, set()).add(here)
        elif there is not None:
            added.setdefault(operation.subject, {})[there] = _default(target, operation, there, as_json=as_json)
    return _Turn(source, target, renamed, {name: frozenset(names) for name, names in dropped.items()}, added)


def _default(target: Schema, operation: Operation, name: str, *, as_json: bool) -> object:
    record = target.names.get(operation.subject)
    field = next((one for one in record.fields if one.name == name), None) if isinstance(record, Record) else None
    if field is None:
        raise ContractctlError(
            f"the plan's {operation.kind} names '{operation.subject}.{name}', which that version does not have",
            hint="write the plan anew from the two versions: contractctl plan",
        )
    if "default" in operation.parameters:
        value = read_json(operation.parameters["default"], f"the default of '{name}' in the plan")
        misfit = Misfits(target.names).of(value, field.type)
        if misfit:
            raise ContractctlError(f"the plan's default of '{name}' does not fit: {misfit}", hint="mend it in the plan")
        return value if as_json else plain_value(target, value, field.type)
    if field.default is not None:
        return field.default.value if as_json else plain_value(target, field.default.value, field.type)
    raise ContractctlError(
        f"nothing says what '{unqualified(operation.subject)}.{name}' holds in events that do not have it",
        hint=f"give '{name}' a default in the plan's {operation.kind}",
    )


class _Walk:
    """One direction, applied to one event after the other."""

    def __init__(self, turn: _Turn) -> None:
        self._turn = turn
        self._reaching: dict[int, bool] = {}

    def event(self, event: Event) -> dict[str, object]:
        root = self._turn.schema.solid(self._turn.schema.root)
        if not isinstance(event, Mapping):
            raise ContractctlError(f"an event is a record, and this is {str(event)[:40]!r}", hint="see to the input")
        if isinstance(root, Record):
            return self._record(root, event)
        converted = self._value(root, event)
        assert isinstance(converted, dict)  # noqa: S101 - a mapping stays one
        return converted

    def _record(self, record: Record, value: Event) -> dict[str, object]:
        turn, name = self._turn, record.name
        renamed, dropped = turn.renamed.get(name, {}), turn.dropped.get(name, frozenset())
        types = {field.name: field.type for field in record.fields}
        missing = [old for old, new in renamed.items() if old not in value and new not in value]
        if missing:
            raise ContractctlError(
                f"the event has no '{unqualified(name)}.{missing[0]}'",
                hint="convert events of the plan's versions only",
            )
        converted: dict[str, object] = {}
        for key, inner in value.items():
            if key in dropped or (key in renamed and renamed[key] in value):
                continue  # an event of the intermediate version has both names: the later one counts
            converted[renamed.get(key, key)] = self._value(types[key], inner) if key in types else inner
        for key, default in turn.added.get(name, {}).items():
            converted.setdefault(key, default)
        return converted

    def _value(self, type_: Type, value: object) -> object:
        solid = self._turn.schema.solid(type_)
        if not self._reaches(solid):
            return value
        match solid:
            case Record() if isinstance(value, Mapping):
                return self._record(solid, value)
            case Array(items=items) if isinstance(value, list):
                return [self._value(items, item) for item in value]
            case Map(values=values) if isinstance(value, Mapping):
                return {key: self._value(values, item) for key, item in value.items()}
            case Union():
                return self._union(solid, value)
            case _:
                return value

    def _union(self, union: Union, value: object) -> object:
        """A branch is told by fastavro's pair, by the key that Avro's JSON puts around a value, or by the value."""
        if isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004 - a pair
            branch = self._named(union, str(value[0]))
            return value if branch is None else (value[0], self._value(branch, value[1]))
        if isinstance(value, Mapping):
            key = next(iter(value)) if len(value) == 1 else None
            branch = self._named(union, key) if isinstance(key, str) else None
            if key is not None and branch is not None and not self._fits(branch, value):
                return {key: self._value(branch, value[key])}
        fit = next((branch for branch in union.branches if self._fits(branch, value)), None)
        return value if fit is None else self._value(fit, value)

    @staticmethod
    def _named(union: Union, name: str) -> Type | None:
        return next((branch for branch in union.branches if branch_name(branch) == name), None)

    def _fits(self, branch: Type, value: object) -> bool:
        solid = self._turn.schema.solid(branch)
        match solid:
            case Record(fields=fields):
                moved = self._turn.renamed.get(solid.name, {})
                names = {field.name for field in fields}
                needed = {field.name for field in fields if field.default is None and field.name not in moved}
                return (
                    isinstance(value, Mapping) and needed <= value.keys() and value.keys() <= names | {*moved.values()}
                )
            case Array():
                return isinstance(value, list)
            case Map():
                return isinstance(value, Mapping)
            case _:
                return False

    def _reaches(self, type_: Solid) -> bool:
        """Whether anything inside a type changes: most of an event is passed on as it is."""
        known = self._reaching.get(id(type_))
        if known is None:
            known = self._reaching[id(type_)] = any(
                isinstance(inner, Record) and inner.name in self._turn.touched
                for inner in _inside(self._turn.schema, type_)
            )
        return known


def _inside(schema: Schema, type_: Solid) -> list[Solid]:
    seen: dict[int, Solid] = {}
    pending: list[Type] = [type_]
    while pending:
        solid = schema.solid(pending.pop())
        if id(solid) in seen:
            continue
        seen[id(solid)] = solid
        match solid:
            case Record(fields=fields):
                pending.extend(field.type for field in fields)
            case Array(items=inner) | Map(values=inner):
                pending.append(inner)
            case Union(branches=branches):
                pending.extend(branches)
            case _:
                pass
    return list(seen.values())
