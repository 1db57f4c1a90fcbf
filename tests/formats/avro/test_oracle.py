"""Is fastavro of our opinion? What we call compatible it reads, and what we call incompatible it does not."""

import json
from collections import Counter
from typing import Any

from avro_schemas import agrees, datums, exists, pairs, read
from hypothesis import assume, event, given
from hypothesis import strategies as st

from contractctl.compatibility import compare
from contractctl.errors import ContractctlError
from contractctl.formats.avro import incompatibilities, witness
from contractctl.formats.avro.schema.types import Schema
from contractctl.formats.avro.wire import Refused, read_value, write
from contractctl.formats.avro.wire.rendering import is_one_schema, wire
from tests.budgets import budget

FIXED = budget(500)


def both(pair: tuple[Any, Any]) -> tuple[Schema, Schema]:
    try:
        return read(pair[0]), read(pair[1])
    except ContractctlError as error:
        event(error.message.rpartition(": ")[2][:40])
        assume(condition=False)
        raise


@FIXED
@given(pairs(), st.data())
def test_what_is_compatible_fastavro_reads_with_the_same_values(pair: tuple[Any, Any], data: st.DataObject) -> None:
    reader, writer = both(pair)
    assume(next(iter(incompatibilities(reader, writer)), None) is None)
    assume(not is_one_schema(reader, writer))  # readers see that, and resolve nothing; read_value() always does
    writes, reads = wire(writer, writer.root), wire(reader, reader.root)
    assume(exists(writer, writer.root))
    datum = data.draw(datums(writer, writer.root))

    payload = write(writes, datum)
    got = read_value(reads, writes, payload)

    assert not isinstance(got, Refused), got
    assert agrees(got, datum)


def test_what_is_incompatible_fastavro_refuses_or_takes_for_something_else() -> None:
    shown: Counter[bool] = Counter()
    without: list[str] = []

    @FIXED
    @given(pairs())
    def hold(pair: tuple[Any, Any]) -> None:
        reader, writer = both(pair)
        for found in incompatibilities(reader, writer):
            proof = witness(reader, writer, found)
            shown[proof is not None] += 1
            if (
                proof is None and found.rule != "avro-decimal-precision-changed"
            ):  # wider: nothing to show, says its page
                without.append(f"{found} {pair}")

    hold()

    assert shown[True] > 100
    assert not without


@FIXED
@given(pairs())
def test_forward_is_backward_from_the_other_seat(pair: tuple[Any, Any]) -> None:
    """There is one predicate: whoever takes the other seat gets the other direction's findings."""
    old, new = both(pair)
    text = tuple(json.dumps(one) for one in pair)

    there = compare(*text, format="avro", witnesses=False)
    back = compare(*reversed(text), format="avro", witnesses=False)

    assert [(f.rule, f.path) for f in there.forward.findings] == [(f.rule, f.path) for f in back.backward.findings]
    assert {f.path for f in there.backward.findings} == {f.path for f in incompatibilities(new, old)}


@FIXED
@given(pairs())
def test_a_schema_reads_what_it_wrote(pair: tuple[Any, Any]) -> None:
    schema, documented = both((pair[0], documented_everywhere(pair[0])))

    assert list(incompatibilities(documented, schema)) == []


def documented_everywhere(node: Any) -> Any:
    if isinstance(node, list):
        return [documented_everywhere(one) for one in node]
    if not isinstance(node, dict):
        return node
    inner = {key: documented_everywhere(value) for key, value in node.items() if key in {"type", "items", "values"}}
    fields = {"fields": [documented_everywhere(one) for one in node["fields"]]} if "fields" in node else {}
    return {**node, **inner, **fields, "doc": "…"}
