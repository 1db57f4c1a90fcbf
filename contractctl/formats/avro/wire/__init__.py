"""What does fastavro say to a datum? The one door to its reader and writer.

It is imported when the first datum is: a check that finds nothing needs none.
"""

import io
from dataclasses import dataclass
from typing import Any

from contractctl.formats.avro.wire.rendering import Wire

_RESOLVING = {"doc": "a reader's"}
"""fastavro resolves nothing where both schemas are equal, as they may be once a reader asks for a few fields alone."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What a reader said instead of a value."""

    why: str


def executed_by() -> str:
    """The name and version of whoever reads and writes here."""
    import fastavro

    return f"fastavro {fastavro.__version__}"


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
        return _read(payload, writer.plain, {**reader.plain, **_RESOLVING})
    except Exception as error:  # noqa: BLE001 - whatever fastavro raises is its refusal: it has no common class for it
        return _refusal(error)


def taken_for(alone: Wire, value: object) -> object | Refused:
    """What a resolved value is in the reader's own type, alone: a float has 24 bits then, a long may be a moment.

    fastavro resolves and applies logical types at once, and the writer's at that, and it reads numbers of every width
    into Python's own. A reader that applies its own schema, as Java's do, sees what comes out here.
    """
    try:
        return _read(_write(alone.plain, value), alone.whole)
    except Exception as error:  # noqa: BLE001 - as above: an impossible date, a text that is not a UUID
        return _refusal(error)


def _write(schema: dict[str, object], datum: object) -> bytes:
    import fastavro

    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, {"datum": datum})
    return out.getvalue()


def _read(
    payload: bytes, writer: dict[str, object], reader: dict[str, object] | None = None, *, named: bool = False
) -> object:
    import fastavro

    value = fastavro.schemaless_reader(io.BytesIO(payload), writer, reader, return_named_type=named)
    assert isinstance(value, dict)  # noqa: S101 - _ROOT is a record
    return value["datum"]


def without_meaning(side: Wire, value: object) -> object:
    """A value of dates, decimals and so on, as what stands for it on the wire; a union's as a pair with its branch."""
    return _read(_write(side.whole, value), side.plain, named=True)


def with_meaning(side: Wire, value: object) -> object:
    """The other way round."""
    return _read(_write(side.plain, value), side.whole, named=True)


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
