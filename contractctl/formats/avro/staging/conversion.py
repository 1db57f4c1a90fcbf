"""How does one event of the old version become one of the new, and the other way? Field by field, by the operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contractctl.documents import Json, read_json
from contractctl.errors import ContractctlError
from contractctl.expressions import Expression, find, read_expression
from contractctl.formats.avro.datums import branch_name, json_name
from contractctl.formats.avro.datums.forms import Container, Form, Lines
from contractctl.formats.avro.schema import parse_sound
from contractctl.formats.avro.schema.defaults import Misfits
from contractctl.formats.avro.schema.types import Array, Field, Map, Record, Schema, Solid, Type, Union, unqualified
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
class _Filled:
    """A field that the target has: an expression over the source's record, or a default, or both."""

    name: str
    type: Type
    expression: Expression | None
    default: tuple[object, ...]
    """None or one; used where there is no expression, or it finds nothing."""


@dataclass(slots=True)
class _Turn:
    """What becomes of one record's fields, in one direction."""

    renamed: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    filled: list[_Filled] = field(default_factory=list)


def converter(old: Source, new: Source, operations: tuple[Operation, ...], *, as_json: bool = False) -> Converter:
    """The mapping that the operations of a plan describe. Raise ContractctlError where they leave something open.

    as_json: the events are JSON, in which a default of bytes is text and a whole number may stand for a double.
    """
    up, down = walks(parse_sound(old), parse_sound(new), operations, as_json=as_json)
    return Converter(up.event, down.event)


def walks(
    before: Schema, after: Schema, operations: tuple[Operation, ...], *, as_json: bool = False
) -> tuple["Walk", "Walk"]:
    """Up and down."""
    form = Lines if as_json else Container
    up = Walk(before, form(before, after), _turns(after, operations, form(before, after), upwards=True))
    down = Walk(after, form(after, before), _turns(before, operations, form(after, before), upwards=False))
    return up, down


def _turns(target: Schema, operations: tuple[Operation, ...], form: Form, *, upwards: bool) -> dict[str, _Turn]:
    """By the record's full name."""
    turns: dict[str, _Turn] = {}
    for one in operations:
        turn = turns.setdefault(one.subject, _Turn())
        here, there = (one.old, one.new) if upwards else (one.new, one.old)
        if here is not None and there is not None and one.transform is None:
            turn.renamed[here] = there
            continue
        if here is not None:
            turn.dropped.add(here)
        if there is not None:
            turn.filled.append(_filled(target, one, there, form, upwards=upwards))
    return turns


def _filled(target: Schema, operation: Operation, name: str, form: Form, *, upwards: bool) -> _Filled:
    record = target.names.get(operation.subject)
    field_ = next((one for one in record.fields if one.name == name), None) if isinstance(record, Record) else None
    if field_ is None:
        raise ContractctlError(
            f"the plan's {operation.kind} names '{operation.subject}.{name}', which does not exist in that version",
            hint="create the plan again from the two versions: contractctl plan",
        )
    way, transform = "up" if upwards else "down", operation.transform
    text = "" if transform is None else transform.up if upwards else transform.down
    expression = read_expression(text, f"{way} of '{name}'") if text else None
    if expression is None and operation.old is not None and operation.new is not None:
        raise ContractctlError(
            f"'{operation.old}' and '{operation.new}' have different types, and no expression converts between them",
            hint=f"give the plan's {operation.kind} an expression for '{way}', in JSONata over the other side's record",
        )
    default = _default(target, operation, field_, form)
    if expression is None and not default:
        raise ContractctlError(
            f"nothing says what '{unqualified(operation.subject)}.{name}' holds in events that do not have it",
            hint=f"give '{name}' a default in the plan's {operation.kind}",
        )
    return _Filled(name, field_.type, expression, default)


def _default(target: Schema, operation: Operation, field_: Field, form: Form) -> tuple[object, ...]:
    if "default" in operation.parameters:
        value = read_json(operation.parameters["default"], f"the default of '{field_.name}' in the plan")
        misfit = Misfits(target.names).of(value, field_.type)
        if misfit:
            said = f"the plan's default of '{field_.name}' does not fit: {misfit}"
            raise ContractctlError(said, hint="fix it in the plan")
        return (form.default(field_.type, value),)
    return () if field_.default is None else (form.default(field_.type, field_.default.value),)


class Walk:
    """One direction, applied to one event after the other."""

    def __init__(self, source: Schema, form: Form, turns: Mapping[str, _Turn]) -> None:
        self._source = source
        self._form = form
        self._turns = turns
        self._reaching: dict[int, bool] = {}

    def event(self, event: Event) -> dict[str, object]:
        root = self._source.solid(self._source.root)
        if not isinstance(event, Mapping):
            raise ContractctlError(f"an event is a record, but this is {str(event)[:40]!r}", hint="check the input")
        if isinstance(root, Record):
            return self._record(root, event)
        converted = self._value(root, event)
        assert isinstance(converted, dict)  # noqa: S101 - a mapping stays one
        return converted

    def record(self, name: str, value: Event) -> dict[str, object]:
        """A record inside an event, by its full name."""
        record = self._source.names[name]
        assert isinstance(record, Record)  # noqa: S101 - callers name records
        return self._record(record, value)

    def _record(self, record: Record, value: Event) -> dict[str, object]:
        turn = self._turns.get(record.name, _Turn())
        types = {field.name: field.type for field in record.fields}
        missing = [old for old, new in turn.renamed.items() if old not in value and new not in value]
        if missing:
            raise ContractctlError(
                f"the event has no '{unqualified(record.name)}.{missing[0]}'",
                hint="convert only events of the plan's versions",
            )
        converted: dict[str, object] = {}
        for key, inner in value.items():
            renamed = turn.renamed.get(key, key)
            if key in turn.dropped or (renamed != key and renamed in value):
                continue  # an event of the intermediate version has both names: the later one counts
            converted[renamed] = self._value(types[key], inner) if key in types else inner
        self._fill(turn, record, value, converted)
        return converted

    def _fill(self, turn: _Turn, record: Record, value: Event, converted: dict[str, object]) -> None:
        """The fields that the other version has and this one has not."""
        seen: dict[str, Json] | None = None
        for one in turn.filled:
            if one.name in converted:
                continue  # an event of the intermediate version has it already
            found: tuple[Json, ...] = ()
            if one.expression is not None:
                if seen is None:
                    seen = self._form.seen(record, value)
                found = find(one.expression, seen)
            if found:
                converted[one.name] = self._form.made(one.type, found[0], value)
            elif one.default:
                converted[one.name] = one.default[0]
            else:
                raise ContractctlError(
                    f"'{one.name}': its expression has no result for this event",
                    hint="fix the plan or the event",
                )

    def _value(self, type_: Type, value: object) -> object:
        solid = self._source.solid(type_)
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
        return next((one for one in union.branches if name in {branch_name(one), json_name(one)}), None)

    def _fits(self, branch: Type, value: object) -> bool:
        solid = self._source.solid(branch)
        match solid:
            case Record(fields=fields):
                moved = self._turns.get(solid.name, _Turn()).renamed
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
                isinstance(inner, Record) and inner.name in self._turns for inner in _inside(self._source, type_)
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
