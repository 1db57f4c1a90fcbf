"""How does fastavro see a schema, and what does it say to a datum? The one door to fastavro's reader and writer.

A schema is handed over in a normal form: every named type once, by its full name, and a reference wherever it is used.
fastavro resolves an inline definition against a reference in some places only; in this form the place of a definition,
which means nothing to Avro, means nothing to fastavro either. The root stands in a record of one field, which adds
no byte to what is written. fastavro is imported when the first datum is: a check that finds nothing needs none.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass

from contractctl.documents import Json
from contractctl.formats.avro.defaults import Misfits
from contractctl.formats.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Logical,
    Map,
    Primitive,
    Record,
    Reference,
    Schema,
    Type,
    Union,
)

_ROOT = "contractctl.Datum"
_SPECIAL = {"+Infinity": "Infinity"}

Only = Mapping[str, frozenset[str]]
"""Records of which a reader asks for some fields only."""


@dataclass(frozen=True, slots=True)
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


def wire(schema: Schema, only: Only | None = None) -> Wire:
    """A schema, or with `only` that part of it that asks for those fields and no others of their records."""
    return Wire(
        _Rendering(schema, only or {}, logical=True).document(),
        _Rendering(schema, only or {}, logical=False).document(),
    )


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


def taken_for(schema: Schema, type_: Type, value: object) -> object | Refused:
    """What a resolved value is in the reader's own type: a float has 24 bits then, a long may be a moment.

    fastavro resolves and applies logical types at once, and the writer's at that, and it reads numbers of every width
    into Python's own. A reader that applies its own schema, as Java's do, sees what comes out here.
    """
    alone = wire(Schema(type_, schema.names, schema.source))
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


def _refusal(error: Exception) -> Refused:
    said = " ".join(str(error).split())
    return Refused(f"{type(error).__name__}: {said}" if said else type(error).__name__)


class _Rendering:
    """One schema on its way to fastavro."""

    def __init__(self, schema: Schema, only: Only, *, logical: bool) -> None:
        self._schema = schema
        self._only = only
        self._logical = logical

    def document(self) -> dict[str, object]:
        names = {name: self._definition(named) for name, named in self._schema.names.items()}
        field = {"name": "datum", "type": self._used(self._schema.root)}
        root: dict[str, object] = {"type": "record", "name": _ROOT, "fields": [field]}
        # the mark of a schema that fastavro's own parse_schema() has been through, and where it keeps the names
        return {**root, "__fastavro_parsed": True, "__named_schemas": {**names, _ROOT: root}}

    def _definition(self, named: Record | Enum | Fixed) -> dict[str, object]:
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
            rendered["default"] = plain_value(self._schema, field.default.value, field.type)
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

    def _meaning(self, logical: Logical | None) -> dict[str, object]:
        if logical is None or not self._logical:
            return {}
        if logical.name == "decimal":
            return {"logicalType": "decimal", "precision": logical.precision, "scale": logical.scale}
        return {"logicalType": logical.name}


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
    assert field.default is not None  # noqa: S101 - parse() refuses a record's default that leaves it out
    return plain_value(schema, field.default.value, field.type)
