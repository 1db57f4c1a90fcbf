"""What does Apache's own Python package say to a datum? The one door to `avro`, whose answer stands beside fastavro's.

It is stricter than the specification in places: a record, an enum or a fixed must have the same full name, items of
arrays and values of maps the same type, an enum's default and all aliases are passed over, and a reader without a union
takes nothing from a writer with one. What it says is shown, and decides nothing.
"""

import io
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from contractctl.formats.avro.wire import Refused
from contractctl.formats.avro.wire.rendering import Wire, standalone

if TYPE_CHECKING:
    from avro.schema import Schema


def executed_by() -> str:
    """The package's name and version."""
    import avro

    return f"avro {avro.__version__}"


def read_value(reader: Wire, writer: Wire, payload: bytes) -> object | Refused:
    """What the reader resolves the writer's bytes to, logical types aside."""
    try:
        return _resolved(payload, _schema(writer), _schema(reader))
    except Exception as error:  # noqa: BLE001 - it has a class of its own for most refusals, and none for the rest
        return _refusal(error)


def taken_for(alone: Wire, value: object) -> object | Refused:
    """What a resolved value is in a type of its own, as wire.taken_for() has it."""
    try:
        whole = _made(standalone(alone.whole))
        return _resolved(_write(_schema(alone), value), whole, whole)
    except Exception as error:  # noqa: BLE001 - as above
        return _refusal(error)


def filled(schema: dict[str, Any]) -> object | Refused:
    """As wire.filled() has it."""
    try:
        return _resolved(b"", _made(schema | {"fields": []}), _made(schema))
    except Exception as error:  # noqa: BLE001 - as above
        return _refusal(error)


@lru_cache(maxsize=8)
def _schema(side: Wire) -> "Schema":
    """One side without logical types; a pair's writer is the same for all of its findings."""
    return _made(standalone(side.plain))


def _made(schema: dict[str, Any]) -> "Schema":
    from avro.schema import make_avsc_object

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about logical types that it does not know
        return make_avsc_object(schema, validate_names=False)


def _resolved(payload: bytes, writer: "Schema", reader: "Schema") -> object:
    from avro.io import BinaryDecoder, DatumReader

    value = DatumReader(writer, reader).read(BinaryDecoder(io.BytesIO(payload)))
    assert isinstance(value, dict)  # noqa: S101 - the root is a record
    return value["datum"]


def _write(schema: "Schema", datum: object) -> bytes:
    from avro.io import BinaryEncoder, DatumWriter

    out = io.BytesIO()
    DatumWriter(schema).write({"datum": datum}, BinaryEncoder(out))
    return out.getvalue()


def _refusal(error: Exception) -> Refused:
    """Its first line: both schemas follow it."""
    said = str(error).partition("\n")[0].strip()
    return Refused(f"{type(error).__name__}: {said}" if said else type(error).__name__)
