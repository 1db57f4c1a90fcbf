"""What do Avro libraries say to an invalid schema? They are given the field at fault, as it is written."""

from typing import Any

from contractctl.documents import read_json
from contractctl.formats.avro import wire as wires
from contractctl.formats.avro.datums.shown import shown
from contractctl.formats.avro.schema.types import Field, Record, Schema
from contractctl.formats.avro.wire import Refused, official
from contractctl.formats.avro.wire.rendering import standalone, wire
from contractctl.model.verdict import Incompatibility, Pointer, Reply, Witness

OF_SCHEMAS = frozenset({"avro-type-invalid", "avro-default-invalid"})
"""Rules about what is wrong with the reader's schema, whatever the writer sends."""


def schema_witness(schema: Schema, found: Incompatibility) -> Witness:
    """A record with that one field: refused, or read with a value that its type does not have."""
    assert found.taker_at is not None  # noqa: S101 - it is where the fault is
    written = _written(schema, found.taker_at)
    if found.rule == "avro-type-invalid":
        return _heard(_record({"name": "datum", "type": written}), shown(written))
    at = found.taker_at[:-1]
    (field,) = standalone(wire(schema, _field(schema, at).type).plain)["fields"]
    return _heard(_record(field | {"default": written}), shown(_written(schema, at)))


def _record(field: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "contractctl.Datum", "fields": [field]}


def _heard(reader: dict[str, Any], sent: str) -> Witness:
    """Both libraries are asked what they read where the field was not sent."""
    first, second = (_answer(library.filled(reader)) for library in (wires, official))
    if first.partition(":")[0] == second.partition(":")[0] == "refused" or first == second:
        return Witness(sent, first, f"{wires.executed_by()}, {official.executed_by()}")
    return Witness(sent, first, wires.executed_by(), (Reply(second, official.executed_by()),))


def _answer(said: object) -> str:
    return f"refused: {said.why}" if isinstance(said, Refused) else f"read {shown(said)} where nothing was sent"


def _written(schema: Schema, at: Pointer) -> Any:  # noqa: ANN401 - JSON of any shape
    number, *keys = at
    assert isinstance(number, int)  # noqa: S101 - a pointer begins with its file
    file = schema.source.every[number]
    node: Any = read_json(file.text, file.name)
    for key in keys:
        node = node[key]
    return node


def _field(schema: Schema, at: Pointer) -> Field:
    fields = (field for named in schema.names.values() if isinstance(named, Record) for field in named.fields)
    return next(field for field in fields if field.at == at)
