"""Which value does a default stand for? JSON has no bytes, and writes 1 for 1.0."""

from contractctl.documents import Json
from contractctl.formats.avro.schema.defaults import Misfits
from contractctl.formats.avro.schema.types import Array, Field, Fixed, Map, Primitive, Record, Schema, Type, Union

_SPECIAL = {"+Infinity": "Infinity"}


def default_value(schema: Schema, field: Field) -> object:
    """What a reader puts where nobody sends the field; as it is written, where it does not fit the type."""
    assert field.default is not None  # noqa: S101 - callers ask only where there is one
    if (*field.at, "default") in {fault.at for fault in schema.faults}:
        return field.default.value
    return plain_value(schema, field.default.value, field.type)


def plain_value(schema: Schema, value: Json, type_: Type) -> object:
    """A default as the value that it stands for: bytes for the text that JSON has for them, a float for 1."""
    match schema.solid(type_):
        case Primitive(name="bytes") | Fixed():
            return str(value).encode("latin-1")
        case Primitive(name="float" | "double"):
            return float(_SPECIAL.get(str(value), str(value)))
        case Array(items=items) if isinstance(value, list):
            return [plain_value(schema, item, items) for item in value]
        case Map(values=values) if isinstance(value, dict):
            return {key: plain_value(schema, item, values) for key, item in value.items()}
        case Record(fields=fields) if isinstance(value, dict):
            return {field.name: _field_value(schema, value, field) for field in fields}
        case Union(branches=branches):
            fit = next(branch for branch in branches if Misfits(schema.names).of(value, branch) is None)
            return plain_value(schema, value, fit)
        case _:
            return value


def _field_value(schema: Schema, given: dict[str, Json], field: Field) -> object:
    if field.name in given:
        return plain_value(schema, given[field.name], field.type)
    return default_value(schema, field)
