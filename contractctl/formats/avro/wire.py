"""How does fastavro see a schema, and what does it say to a datum? The one door to fastavro's reader and writer.

A schema is handed over in a normal form: every named type once, by its full name, and a reference wherever it is used.
fastavro resolves an inline definition against a reference in some places only; in this form the place of a definition,
which means nothing to Avro, means nothing to fastavro either. The root stands in a record of one field, which adds
no byte to what is written. fastavro is imported when the first datum is: a check that finds nothing needs none.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contractctl.documents import Json
from contractctl.formats.avro.defaults import Misfits
from contractctl.formats.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Logical,
    Map,
    Missing,
    Named,
    Primitive,
    Record,
    Reference,
    Schema,
    Type,
    Union,
)

_ROOT = "contractctl.Datum"
_NO_SPACE = "none"
_SPECIAL = {"+Infinity": "Infinity"}

Only = Mapping[str, frozenset[str]]
"""Records of which a reader asks for some fields only."""


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """A schema as fastavro takes it: with its logical types, and with the types beneath them alone."""

    whole: dict[str, object]
    plain: dict[str, object]


@dataclass(frozen=True, slots=True)
class Refused:
    """What a reader said instead of a value."""

    why: str


def executed_by() -> str:
    """The name and version of whoever reads and writes here."""
    import fastavro

    return f"fastavro {fastavro.__version__}"


def wire(schema: Schema, root: Type, only: Only | None = None) -> Wire:
    """One of a schema's types, or with `only` that part of it that asks for those fields of their records alone."""
    return Wire(
        _Rendering(schema, only or {}, logical=True).document(root),
        _Rendering(schema, only or {}, logical=False).document(root),
    )


def is_one_schema(left: Schema, right: Schema) -> bool:
    """Whether both are the same but for documentation: nothing is resolved then, and everything is read as written.

    https://avro.apache.org/docs/1.12.0/specification/#data-serialization-and-deserialization
    """
    return _Rendering(left, {}, logical=True).everything() == _Rendering(right, {}, logical=True).everything()


def write(writer: Wire, datum: object) -> bytes:
    """Encode a datum of plain values; a union's value is a pair of the branch's name and the value."""
    return _write(writer.plain, datum)


def sent_value(writer: Wire, payload: bytes) -> object:
    """What the writer meant: its bytes, decoded by its own schema; plain where Python has no such date."""
    try:
        return _read(payload, writer.whole)
    except (ValueError, OverflowError):
        return _read(payload, writer.plain)


def read_value(reader: Wire, writer: Wire, payload: bytes) -> object | Refused:
    """What the reader resolves the writer's bytes to, logical types aside."""
    try:
        return _read(payload, writer.plain, reader.plain)
    except Exception as error:  # noqa: BLE001 - whatever fastavro raises is its refusal: it has no common class for it
        return _refusal(error)


def taken_for(alone: Wire, value: object) -> object | Refused:
    """What a resolved value is in the reader's own type, alone: a float has 24 bits then, a long may be a moment.

    fastavro resolves and applies logical types at once, and the writer's at that, and it reads numbers of every width
    into Python's own. A reader that applies its own schema, as Java's do, sees what comes out here.
    """
    try:
        return _read(_write(alone.plain, value), alone.whole)
    except Exception as error:  # noqa: BLE001 - as above: an impossible date, a text that is no UUID
        return _refusal(error)


def _write(schema: dict[str, object], datum: object) -> bytes:
    import fastavro

    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, {"datum": datum})
    return out.getvalue()


def _read(payload: bytes, writer: dict[str, object], reader: dict[str, object] | None = None) -> object:
    import fastavro

    value = fastavro.schemaless_reader(io.BytesIO(payload), writer, reader)
    assert isinstance(value, dict)  # noqa: S101 - _ROOT is a record
    return value["datum"]


def filled(schema: dict[str, Any]) -> object | Refused:
    """What a reader of a schema, a record of the one field `datum`, finds where that field was not sent."""
    import fastavro

    try:
        value = fastavro.schemaless_reader(io.BytesIO(), schema | {"fields": []}, fastavro.parse_schema(schema))
    except Exception as error:  # noqa: BLE001 - as above
        return _refusal(error)
    assert isinstance(value, dict)  # noqa: S101 - the schema is a record
    found: object = value["datum"]
    return found


def _refusal(error: Exception) -> Refused:
    """An exception as an answer, on one line."""
    said = " ".join(str(error).split())
    return Refused(f"{type(error).__name__}: {said}" if said else type(error).__name__)


def standalone(document: dict[str, Any]) -> dict[str, Any]:
    """A schema as a library takes it that has never seen it: definitions stand where their names are used first."""
    definitions: dict[str, Any] = document["__named_schemas"]
    whole: dict[str, Any] = _inline({**document}, definitions, set())
    return whole


def _inline(node: Any, definitions: dict[str, Any], written: set[str]) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(node, list):
        return [_inline(branch, definitions, written) for branch in node]
    if isinstance(node, str):
        if node not in definitions:
            return node
        if node in written:
            return _spaced(node)
        written.add(node)
        return _inline(definitions[node], definitions, written)
    kept = {key: value for key, value in node.items() if not key.startswith("__")}
    if "name" in kept:
        kept["name"] = _spaced(kept["name"])
    if "fields" in kept:
        kept["fields"] = [{**one, "type": _inline(one["type"], definitions, written)} for one in kept["fields"]]
    for key in ("items", "values"):
        if key in kept:
            kept[key] = _inline(kept[key], definitions, written)
    return kept


def _spaced(name: str) -> str:
    """A name without a namespace would be taken into the one around it."""
    return name if "." in name else f"{_NO_SPACE}.{name}"


class _Rendering:
    """One schema on its way to fastavro."""

    def __init__(self, schema: Schema, only: Only, *, logical: bool) -> None:
        self._schema = schema
        self._only = only
        self._logical = logical

    def everything(self) -> list[object]:
        messages = [
            (one.name, self._used(one.request), self._used(one.response), self._used(one.errors), one.one_way)
            for one in self._schema.messages
        ]
        return [self._names(), [self._used(root) for root in self._schema.roots], messages]

    def _names(self) -> dict[str, dict[str, object]]:
        return {name: self._definition(named) for name, named in self._schema.names.items()}

    def document(self, root_type: Type) -> dict[str, object]:
        names = self._names()
        field = {"name": "datum", "type": self._used(root_type)}
        root: dict[str, object] = {"type": "record", "name": _ROOT, "fields": [field]}
        # the mark of a schema that fastavro's own parse_schema() has been through, and where it keeps the names
        return {**root, "__fastavro_parsed": True, "__named_schemas": {**names, _ROOT: root}}

    def _definition(self, named: Named | Missing) -> dict[str, object]:
        if isinstance(named, Missing):
            return {"type": "record", "name": named.name, "fields": []}
        head: dict[str, object] = {"name": named.name, "aliases": list(named.aliases)}
        match named:
            case Record():
                only = self._only.get(named.name)
                fields = [self._field(field) for field in named.fields if only is None or field.name in only]
                return {"type": "record", **head, "fields": fields}
            case Enum(symbols=symbols, default=default):
                enum = {"type": "enum", **head, "symbols": list(symbols)}
                return enum if default is None else {**enum, "default": default}
            case Fixed(size=size, logical=logical):
                return {"type": "fixed", **head, "size": size, **self._meaning(logical)}

    def _field(self, field: Field) -> dict[str, object]:
        rendered = {"name": field.name, "type": self._used(field.type), "aliases": list(field.aliases)}
        if field.default is not None:
            rendered["default"] = default_value(self._schema, field)
        return rendered

    def _used(self, type_: Type) -> object:
        match type_:
            case Primitive(name=name, logical=logical):
                return {"type": name, **self._meaning(logical)} if logical and self._logical else name
            case Array(items=items):
                return {"type": "array", "items": self._used(items)}
            case Map(values=values):
                return {"type": "map", "values": self._used(values)}
            case Union(branches=branches):
                return [self._used(branch) for branch in branches]
            case Record(name=name) | Enum(name=name) | Fixed(name=name) | Reference(name=name):
                return name
            case Missing(name=name):
                return name or "null"

    def _meaning(self, logical: Logical | None) -> dict[str, object]:
        if logical is None or not self._logical:
            return {}
        if logical.name == "decimal":
            return {"logicalType": "decimal", "precision": logical.precision, "scale": logical.scale}
        return {"logicalType": logical.name}


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
