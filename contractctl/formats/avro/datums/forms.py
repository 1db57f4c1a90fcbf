"""In which form do events come: as fastavro reads a container, or as lines of JSON? What an expression sees is one.

A container's values are Python's dates, decimals and bytes; in JSON a union's value may stand inside an object that
names its branch, as Avro's own JSON has it, or alone.
"""

from collections.abc import Mapping
from typing import Protocol

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.avro import wire as wires
from contractctl.formats.avro.datums import json_name
from contractctl.formats.avro.datums.jsonlike import from_json, to_json
from contractctl.formats.avro.datums.plain import plain_value
from contractctl.formats.avro.schema.defaults import Misfits
from contractctl.formats.avro.schema.types import Array, Map, Primitive, Record, Schema, Solid, Type, Union
from contractctl.formats.avro.wire.rendering import Wire, wire
from contractctl.formats.streams import Event


class Form(Protocol):
    """How values of one version become what expressions see, and how what they make becomes values of the other."""

    def seen(self, record: Record, value: Event) -> dict[str, Json]:
        """A record as an expression sees it. Raise ContractctlError where it is none of that type."""

    def made(self, type_: Type, value: Json, beside: Event) -> object:
        """A value of the other version, for a field whose record stands in `beside` on this side."""

    def default(self, type_: Type, value: Json) -> object:
        """A default of the other version."""


class Container:
    """As fastavro reads them."""

    def __init__(self, source: Schema, target: Schema) -> None:
        self._source = source
        self._target = target
        self._sides: dict[tuple[int, bool], Wire] = {}

    def seen(self, record: Record, value: Event) -> dict[str, Json]:
        try:
            plain = wires.without_meaning(self._side(self._source, record), value)
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            raise ContractctlError(
                f"the event does not match its version: {type(error).__name__}: {said}", hint="check the event"
            ) from error
        seen = to_json(self._source, record, plain)
        assert isinstance(seen, dict)  # noqa: S101 - a record stays one
        return seen

    def made(self, type_: Type, value: Json, beside: Event) -> object:  # noqa: ARG002 - JSON lines need it
        plain = from_json(self._target, type_, value)
        return wires.with_meaning(self._side(self._target, type_), plain)

    def default(self, type_: Type, value: Json) -> object:
        return plain_value(self._target, value, type_)

    def _side(self, schema: Schema, type_: Type) -> Wire:
        key = id(type_), schema is self._source
        if key not in self._sides:
            self._sides[key] = wire(schema, type_)
        return self._sides[key]


class Lines:
    """As JSON has them."""

    def __init__(self, source: Schema, target: Schema) -> None:
        self._source = source
        self._target = target

    def seen(self, record: Record, value: Event) -> dict[str, Json]:
        types = {field.name: field.type for field in record.fields}
        return {key: self._bare(types[key], inner) if key in types else inner for key, inner in value.items()}  # type: ignore[misc] # lines are JSON

    def made(self, type_: Type, value: Json, beside: Event) -> object:
        solid = self._target.solid(type_)
        if not _is_decimal(solid):
            misfit = Misfits(self._target.names).of(value, solid)
            if misfit:
                raise ContractctlError(misfit, hint="fix the expression in the plan, or the event")
        if isinstance(solid, Union) and value is not None and self._names_branches(beside):
            fits = (branch for branch in solid.branches if Misfits(self._target.names).of(value, branch) is None)
            return {json_name(next(fits)): value}
        return value

    def default(self, type_: Type, value: Json) -> object:  # noqa: ARG002 - containers need it
        return value

    def _bare(self, type_: Type, value: object) -> object:
        """A value without the objects that name branches."""
        match self._source.solid(type_):
            case Union() as union:
                named = _named(union, value)
                return value if named is None else self._bare(*named)
            case Array(items=items) if isinstance(value, list):
                return [self._bare(items, item) for item in value]
            case Map(values=values) if isinstance(value, Mapping):
                return {key: self._bare(values, item) for key, item in value.items()}
            case Record() as record if isinstance(value, Mapping):
                return self.seen(record, value)
            case _:
                return value

    def _names_branches(self, beside: Event) -> bool:
        """Whether this event writes the branches of its unions: then what is made for it does, too."""
        unions = [
            union
            for named in self._source.names.values()
            if isinstance(named, Record)
            for field in named.fields
            if isinstance(union := self._source.solid(field.type), Union) and field.name in beside
            if _named(union, beside[field.name]) is not None
        ]
        return bool(unions)


def _named(union: Union, value: object) -> tuple[Type, object] | None:
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((key, inner),) = value.items()
    return next(((branch, inner) for branch in union.branches if json_name(branch) == key), None)


def _is_decimal(solid: Solid) -> bool:
    return isinstance(solid, Primitive) and solid.logical is not None and solid.logical.name == "decimal"
