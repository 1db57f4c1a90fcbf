"""Do the tables of scalar types say what the runtime does? Every type is written and read as every other one."""

import math
from typing import Any

import pytest
from protobuf_schemas import SCALARS, read

from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.resolution.scalars import in_binary, in_json, key_in_json
from contractctl.formats.protobuf.runtime import Refused
from contractctl.model.verdict import Effect

TYPES = (*SCALARS, "enum")
KEYS = tuple(kind for kind in SCALARS if kind not in {"double", "float", "bytes"})
NUMBERS = (0, 1, 2, -1, 2**24 + 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63))
VALUES: dict[str, tuple[Any, ...]] = {
    "double": (0.0, 1.0, 1.5, 0.1, 1e300, 16_777_217.0, math.inf),
    "float": (0.0, 1.0, 1.5, 0.10000000149011612, 2.0**40, math.inf),
    "string": ("", "1", "text", "é", "true", "1.5"),
    "bytes": (b"", b"a", b"\xff", b"text"),
    "bool": (False, True),
    "enum": (0, 1, 2, 2**31 - 1, -1),
}
LENIENT = {("bool", "float"), ("bool", "double"), ("bool", "enum")}
"""Python's reader of JSON takes true for 1 here; those of other languages do not, and so the table does not."""
SCHEMAS = {
    kind: read(
        'syntax = "proto3"; enum E { ZERO = 0; ONE = 1; TWO = 2; MANY = 2147483647; NEGATIVE = -1; }'
        f"message M {{ {'E' if kind == 'enum' else kind} one = 1; }}"
    )
    for kind in TYPES
}


def values(kind: str) -> tuple[Any, ...]:
    if kind in VALUES:
        return VALUES[kind]
    bits = 32 if kind.endswith("32") else 64
    low, high = (0, 2**bits - 1) if kind[0] in "uf" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return tuple(number for number in NUMBERS if low <= number <= high)


def executed(sent: str, wanted: str, *, as_json: bool) -> Effect | None:
    """The worst that happens to any of the values."""
    met = {outcome(sent, wanted, value, as_json=as_json) for value in values(sent)}
    return next((effect for effect in (Effect.FAILS, Effect.MISREADS, Effect.LOSES) if effect in met), None)


def outcome(sent: str, wanted: str, value: Any, *, as_json: bool) -> Effect | None:
    writer, reader = SCHEMAS[sent], SCHEMAS[wanted]
    message = runtime.new(writer.pool, "M")
    message.one = value
    if as_json:
        said = runtime.read_json(reader.pool, "M", runtime.write_json(writer.pool, message))
    else:
        said = runtime.read_binary(reader.pool, "M", message.SerializeToString())
    if isinstance(said, Refused):
        return Effect.FAILS
    if same(said.one, value):
        return None
    if as_json and isinstance(said.one, float):
        rounded = isinstance(value, int | float) and math.isclose(said.one, value, rel_tol=1e-6)
        return Effect.LOSES if rounded else Effect.FAILS
    return Effect.MISREADS


def same(got: Any, sent: Any) -> bool:
    if isinstance(got, str) != isinstance(sent, str) and not isinstance(got, bytes) and not isinstance(sent, bytes):
        return False
    got, sent = (one.encode() if isinstance(one, str) else one for one in (got, sent))
    return bool(got == sent)


@pytest.mark.parametrize("wanted", TYPES)
@pytest.mark.parametrize("sent", TYPES)
def test_the_runtime_reads_binary_as_the_table_says(sent: str, wanted: str) -> None:
    mistake = in_binary(sent, wanted)

    assert executed(sent, wanted, as_json=False) == (mistake.effect if mistake else None)


@pytest.mark.parametrize("wanted", TYPES)
@pytest.mark.parametrize("sent", TYPES)
def test_the_runtime_reads_json_as_the_table_says(sent: str, wanted: str) -> None:
    mistake = in_json(sent, wanted)
    effect = mistake.effect if mistake else None

    if (sent, wanted) in LENIENT:
        assert effect is Effect.FAILS
    else:
        assert executed(sent, wanted, as_json=True) == effect, (sent, wanted)


@pytest.mark.parametrize("wanted", KEYS)
@pytest.mark.parametrize("sent", KEYS)
def test_the_runtime_reads_the_keys_of_maps_from_json_as_the_table_says(sent: str, wanted: str) -> None:
    writer, reader = (read(f'syntax = "proto3"; message M {{ map<{kind}, int32> m = 1; }}') for kind in (sent, wanted))
    refused = False
    for key in values(sent):
        message = runtime.new(writer.pool, "M")
        message.m[key] = 1
        said = runtime.read_json(reader.pool, "M", runtime.write_json(writer.pool, message))
        refused |= isinstance(said, Refused)

    assert refused == (key_in_json(sent, wanted) is not None)
