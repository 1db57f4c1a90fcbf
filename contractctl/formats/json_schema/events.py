"""How is a stream of events read, converted and written? JSON lines, one event at a time."""

from io import BufferedReader
from typing import BinaryIO

from contractctl.formats.json_schema.conversion import converter
from contractctl.formats.streams import Journey, convert_lines


def convert(stream: BufferedReader, name: str, out: BinaryIO, journey: Journey) -> int:  # noqa: ARG001 - one container
    """JSON lines to JSON lines. How many events were written."""
    both = converter(journey.old, journey.new, journey.operations, journey.policy)
    return convert_lines(stream, out, both.up if journey.upwards else both.down, journey.bad)
