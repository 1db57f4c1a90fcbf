"""Is every pair of primitive types judged as fastavro reads it?"""

import itertools
import struct
from typing import Any

import pytest
from avro_schemas import PRIMITIVES, field, read, record

from contractctl.formats.avro import incompatibilities, witness
from contractctl.formats.avro.schema.types import Primitive
from contractctl.formats.avro.wire import Refused, read_value, taken_for, write
from contractctl.formats.avro.wire.rendering import wire
from contractctl.model.verdict import Effect

VALUES: dict[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (True, False),
    "int": (0, -1, 2**31 - 1, -(2**31), 2**24, 2**24 + 1),
    "long": (0, -1, 2**63 - 1, -(2**63), 2**53, 2**53 + 1, 2**24 + 1),
    "float": (0.0, -1.5, struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]),
    "double": (0.0, -1.5, 1.7976931348623157e308, 0.1),
    "bytes": (b"", b"text", b"\xff"),
    "string": ("", "text", "grüß"),
}


def same(got: Any, sent: Any) -> bool:
    def plain(value: Any) -> Any:
        return value.encode() if isinstance(value, str) else value

    return bool(plain(got) == plain(sent))


@pytest.mark.parametrize(("wanted", "sent"), tuple(itertools.product(PRIMITIVES, repeat=2)))
def test_a_promotion_is_judged_as_fastavro_reads_it(wanted: str, sent: str) -> None:
    reader, writer = read(record(field("x", wanted))), read(record(field("x", sent)))
    found = list(incompatibilities(reader, writer))
    reads, writes = wire(reader, reader.root), wire(writer, writer.root)
    outcomes = [(value, read_value(reads, writes, write(writes, {"x": value}))) for value in VALUES[sent]]
    values = [
        (value, taken_for(wire(reader, Primitive((), wanted)), said["x"]))
        for value, said in outcomes
        if isinstance(said, dict)
    ]

    fails = any(isinstance(said, Refused) for _, said in outcomes)
    differs = any(not same(said, value) for value, said in values)

    assert fails == any(one.effect is Effect.FAILS for one in found)
    assert differs == any(one.effect is Effect.LOSES for one in found)
    assert all(witness(reader, writer, one) for one in found)
