"""How is a stream of events read, converted and written? Avro container files and JSON lines, one event at a time."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import BinaryIO, Protocol, cast

from contractctl.errors import ContractctlError
from contractctl.formats.avro.datums.shown import shown
from contractctl.formats.avro.resolution.judging import findings
from contractctl.formats.avro.schema import parse_sound
from contractctl.formats.avro.schema.parts import put_together, take_apart
from contractctl.formats.avro.staging.conversion import converter
from contractctl.formats.streams import Bad, Convert, Event, Journey, convert_lines
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Effect

MAGIC = b"Obj\x01"
"""What an Avro container file begins with."""


class _Container(Protocol):
    """What is used of fastavro's reader."""

    metadata: dict[str, str]
    codec: str
    writer_schema: object

    def __iter__(self) -> Iterator[dict[str, object]]:
        """The events."""


@dataclass(frozen=True, slots=True)
class Route:
    """From which version to which, how, and what becomes of events that will not go."""

    source: Source
    target: Source
    convert: Convert
    bad: Callable[[Bad], None]
    """Called for each bad event, in order: return to continue without it, or raise."""


def convert(stream: BufferedReader, name: str, out: BinaryIO, journey: Journey) -> int:
    """An Avro container file to another, or JSON lines to JSON lines. How many events were written."""
    is_container = stream.peek(len(MAGIC))[: len(MAGIC)] == MAGIC
    both = converter(journey.old, journey.new, journey.operations, as_json=not is_container)
    turn = both.up if journey.upwards else both.down
    if is_container:
        return convert_container(stream, name, out, Route(*journey.ends, turn, journey.bad))
    return convert_lines(stream, out, turn, journey.bad)


def convert_container(stream: BinaryIO, name: str, out: BinaryIO, route: Route) -> int:
    """An Avro container file to another, with the same codec and the target's schema. How many events were written."""
    import fastavro
    from fastavro.write import Writer

    reader = _reader(stream, name, route.source)
    target = json.loads(put_together(take_apart(route.target)))
    parsed = fastavro.parse_schema(target)
    kept = {key: value for key, value in reader.metadata.items() if not key.startswith("avro.")}
    writer = Writer(out, target, codec=reader.codec, metadata=kept)
    written = 0
    for number, event in enumerate(_events(reader, name), 1):
        try:
            converted = route.convert(event)
            fastavro.schemaless_writer(io.BytesIO(), parsed, converted)  # a bad event must not leave half of itself
        except Exception as error:  # noqa: BLE001 - fastavro raises whatever its encoder meets
            said = error.message if isinstance(error, ContractctlError) else _said(error)
            route.bad(Bad(number, shown(event), said))
            continue
        writer.write(converted)
        written += 1
    writer.flush()
    return written


def _reader(stream: BinaryIO, name: str, source: Source) -> _Container:
    """A reader that takes the file's events as the source version has them; refused where it would misread them."""
    import fastavro

    try:
        wanted = json.loads(put_together(take_apart(source)))
        reader = cast("_Container", fastavro.reader(stream, wanted, return_named_type=True))
    except Exception as error:
        raise ContractctlError(f"{name}: {_said(error)}", hint=_way_out(error)) from error
    schema = parse_sound(Source((File(f"the schema in {name}", json.dumps(reader.writer_schema)),)))
    for found in findings(parse_sound(source), schema):
        if found.effect is not Effect.LOSES:
            raise ContractctlError(
                f"{name}: its events do not have the version to convert: '{found.path}' ({found.rule})",
                hint="convert files written with the plan's versions, and check --up or --down",
            )
    return reader


def _events(reader: _Container, name: str) -> Iterator[Event]:
    number = 0
    try:
        for number, event in enumerate(reader, 1):  # noqa: B007 - the count is for the message
            yield event
    except ContractctlError:
        raise
    except Exception as error:
        raise ContractctlError(
            f"{name}: record {number + 1} cannot be read: {_said(error)}", hint=_way_out(error)
        ) from error


def _way_out(error: Exception) -> str:
    """Fastavro refuses with a ValueError a block whose codec needs a library that is not installed."""
    if isinstance(error, ValueError) and "you need to install" in str(error):
        return 'run: pip install "fastavro[codecs]"'
    return "check that the file is a complete Avro file"


def _said(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:300]}" if said else f"it ends too early ({type(error).__name__})"
