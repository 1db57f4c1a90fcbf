"""What is the emptiest default of a type? What readers get for a field that nobody sends yet, or any more."""

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.avro.datums import MOST_BYTES, NIL_UUID
from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Primitive,
    Record,
    Schema,
    Type,
    Union,
    describe,
)

_ZEROS: dict[str, Json] = {
    "null": None,
    "boolean": False,
    "int": 0,
    "long": 0,
    "float": 0.0,
    "double": 0.0,
    "bytes": "",
    "string": "",
}


def zero_default(schema: Schema, type_: Type) -> Json:
    """JSON of the emptiest value; of a union, of its first type, which readers before Avro 1.12 insist on.

    Raise ContractctlError for a type that has no finite value.
    """
    return _zero(schema, type_, frozenset())


def _zero(schema: Schema, type_: Type, open_ones: frozenset[str]) -> Json:
    match schema.solid(type_):
        case Primitive(name=name, logical=logical):
            return NIL_UUID if logical is not None and logical.name == "uuid" else _ZEROS[name]
        case Array():
            return []
        case Map():
            return {}
        case Fixed(size=size) if size <= MOST_BYTES:
            return "\0" * size
        case Enum(symbols=symbols, default=default) if symbols:
            return default or symbols[0]
        case Union(branches=branches) if branches:
            return _zero(schema, branches[0], open_ones)
        case Record(name=name, fields=fields) if name not in open_ones:
            return {
                field.name: _zero(schema, field.type, open_ones | {name}) for field in fields if field.default is None
            }
        case _:
            raise ContractctlError(
                f"{describe(type_)} has no value that could be a default, or none of a reasonable size",
                hint="write a default for the field yourself",
            )
