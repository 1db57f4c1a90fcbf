"""Does a value come back as it was, converted up and down again? Tried with samples, not proven."""

from collections.abc import Iterator

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.expressions import same
from contractctl.formats.avro.datums import NIL_UUID
from contractctl.formats.avro.datums.forms import Container
from contractctl.formats.avro.datums.jsonlike import from_json
from contractctl.formats.avro.datums.zeros import zero_default
from contractctl.formats.avro.schema import parse_sound
from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Missing,
    Primitive,
    Record,
    Schema,
    Type,
    Union,
    unqualified,
)
from contractctl.formats.avro.staging.conversion import Walk, walks
from contractctl.formats.avro.wire import with_meaning
from contractctl.formats.avro.wire.rendering import wire
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation

_TEXTS = ("Ada Lovelace", "Ada", "Ada King Lovelace", "", " x ", "Ä, ü", "12", "12.30", "-7", "2026-01-02", "true")
_WHOLE = (0, 1, -1, 1234, 2**31 - 1, -(2**31))
_LARGE = (2**53 + 1, 2**63 - 1, 1_767_225_600_123)
_FRACTIONS = (0.0, 1.5, -0.125, 1e300, 16_777_217.0)
_MOST_SYMBOLS = 50


def losses(
    old: Source,
    new: Source,
    operations: tuple[Operation, ...],
    policy: Policy = Policy(),  # noqa: ARG001 - Avro leaves no choice
) -> Iterator[str]:
    """A sentence for each field whose values do not all come back, and that nobody has declared lossy.

    Values that an expression refuses are set aside when events are converted: no loss, unless it refuses all.
    """
    before, after = parse_sound(old), parse_sound(new)
    up, down = walks(before, after, operations)
    for name in dict.fromkeys(one.subject for one in operations):
        record, mine = before.names[name], tuple(one for one in operations if one.subject == name)
        wanted = {one.old for one in mine if one.transform and one.transform.down and not one.transform.lossy}
        if wanted and isinstance(record, Record):
            yield from _Trip(before, record, up, down).losses({field for field in wanted if field is not None}, mine)


class _Trip:
    """One record's way there and back."""

    def __init__(self, schema: Schema, record: Record, up: Walk, down: Walk) -> None:
        self._schema = schema
        self._record = record
        self._up = up
        self._down = down
        self._form = Container(schema, schema)
        self._base = {field.name: _base(schema, field.type) for field in record.fields}

    def losses(self, wanted: set[str], operations: tuple[Operation, ...]) -> Iterator[str]:
        touched = {one.old for one in operations if one.old is not None}
        went, failure = 0, ""
        lost: set[str] = set()
        for field in self._record.fields:
            for value in _samples(self._schema, field.type) if field.name in touched else ():
                sample = {**self._base, field.name: value}
                try:
                    raised, returned = self._there_and_back(sample)
                except ContractctlError as error:
                    failure = error.message
                    continue
                went += 1
                for name in sorted(wanted - lost):
                    if not same(returned[name], sample[name]):
                        lost.add(name)
                        yield self._sentence(name, sample[name], raised, returned[name])
        if not went and failure:
            yield f"no sample of {unqualified(self._record.name)} can be converted: {failure}"

    def _there_and_back(self, sample: dict[str, Json]) -> tuple[dict[str, object], dict[str, Json]]:
        plain = from_json(self._schema, self._record, sample)
        value = with_meaning(wire(self._schema, self._record), plain)
        assert isinstance(value, dict)  # noqa: S101 - a record stays one
        raised = self._up.record(self._record.name, value)
        return raised, self._form.seen(self._record, self._down.record(self._record.name, raised))

    def _sentence(self, name: str, was: Json, raised: dict[str, object], now: Json) -> str:
        by = ", ".join(f"{key} = {value!r}" for key, value in raised.items() if key not in self._base)
        return f"'{unqualified(self._record.name)}.{name}': {was!r} comes back as {now!r} (through {by})"


def _base(schema: Schema, type_: Type) -> Json:
    samples = _samples(schema, type_)
    return next(iter(samples), None) if samples else zero_default(schema, type_)


def _samples(schema: Schema, type_: Type) -> list[Json]:
    """Values of a type, as expressions see them; none of a record, of which the emptiest will do."""
    match schema.solid(type_):
        case Primitive(name=name, logical=logical):
            if logical is not None and logical.name == "decimal":
                return _decimals(logical.precision, logical.scale)
            return [NIL_UUID] if logical is not None and logical.name == "uuid" else list(_of(name))
        case Fixed(size=size, logical=logical):
            if logical is not None and logical.name == "decimal":
                return _decimals(logical.precision, logical.scale)
            return ["\x00" * size, "ÿ" * size] if size < 100 else []  # noqa: PLR2004 - long ones tell no more
        case Enum(symbols=symbols):
            return list(symbols[:_MOST_SYMBOLS])
        case Union(branches=branches):
            return [value for branch in branches for value in _samples(schema, branch)]
        case Array(items=items):
            return [[], *([value] for value in _samples(schema, items)[:3])]
        case Map(values=values):
            return [{}, *({"key": value} for value in _samples(schema, values)[:3])]
        case Record() | Missing():
            return []


def _of(name: str) -> tuple[Json, ...]:
    return {
        "null": (None,),
        "boolean": (True, False),
        "int": _WHOLE,
        "long": _WHOLE + _LARGE,
        "float": _FRACTIONS[:3],
        "double": _FRACTIONS,
        "bytes": ("", "\x00ÿ"),
        "string": _TEXTS,
    }[name]


def _decimals(precision: int, scale: int) -> list[Json]:
    digits = ("1234567890" * 3)[: min(precision, 30)]
    whole, fraction = digits[: max(len(digits) - scale, 0)], digits[max(len(digits) - scale, 0) :]
    point = "." if scale else ""
    full = f"{whole or '0'}{point}{fraction.rjust(scale, '0')}"
    return [f"0{point}{'0' * scale}", full, f"-{full}"]
