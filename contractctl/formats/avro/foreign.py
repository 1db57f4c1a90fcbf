"""What does an Avro reader say to bytes that were written in another format? And what does a writer write?"""

from collections.abc import Iterator

from contractctl.formats.avro.datums import NoDatumError, Smallest
from contractctl.formats.avro.datums.shown import shown
from contractctl.formats.avro.schema.types import Schema
from contractctl.formats.avro.wire import Refused, executed_by, read_value, sent_value, write
from contractctl.formats.avro.wire.rendering import wire
from contractctl.model.verdict import Reply

_MOST_BYTES = 24


def samples(schema: Schema) -> Iterator[tuple[bytes, str]]:
    """Datums as they travel, each with how people write it."""
    smallest, writes = Smallest(schema), wire(schema, schema.root)
    try:
        for number in (0, 1):
            payload = write(writes, smallest.sample(schema.root, number))
            digits = f"bytes {payload[:_MOST_BYTES].hex(' ')}" if payload else "no bytes"
            more = " …" if len(payload) > _MOST_BYTES else ""
            yield payload, f"{shown(sent_value(writes, payload))} ({digits}{more})"
    except (NoDatumError, RecursionError):
        return  # the writer can write nothing, or only what no reader could hold


def reply(schema: Schema, payload: bytes) -> Reply | None:
    """Why they are not data of that schema; None where the reader takes them. What it leaves unread says nothing."""
    reads = wire(schema, schema.root)
    said = read_value(reads, reads, payload)
    return Reply(f"refused: {said.why}", executed_by()) if isinstance(said, Refused) else None
