"""Does what nobody would write in good faith end soon, in little memory, with a clear sentence or the right verdict?"""

import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from avro_schemas import field, record

from contractctl import store
from contractctl.compatibility import Terms, compare, compare_sources
from contractctl.errors import ContractctlError
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Comparison, Status

SECONDS = 20.0
"""Many times what each of these takes here."""
MEGABYTES = 700
INT = field("x", "int")


def judged(old: Any, new: Any) -> Comparison:
    """The verdict, in time and in memory."""
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    texts = (one if isinstance(one, str | bytes) else json.dumps(one) for one in (old, new))
    try:
        return compare(*texts, format="avro")
    finally:
        assert time.process_time() - begin < SECONDS
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024 < MEGABYTES


def enum(symbols: list[str]) -> dict[str, Any]:
    return record(field("e", {"type": "enum", "name": "E", "symbols": symbols}))


def nested(depth: int, leaf: Any, wrap: Callable[[Any], Any]) -> Any:
    for _ in range(depth):
        leaf = wrap(leaf)
    return leaf


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        (b"\xff\xfe{\x00", "is not UTF-8"),
        ('{"type": "record", "name": "R", "name": "S", "fields": []}', "the key 'name' appears twice"),
        ('{"type": "enum", "name": "E", "symbols": ["A"], "default": NaN}', "'NaN' is not a JSON value"),
        ('{"type": "string", "default": 1e999}', "larger than a double"),
        ('{"type": "string", "default": ' + "9" * 100_000 + "}", "100,000 digits"),
        ('{"type": "record", "name": "R\\ud800", "fields": []}', "half a character"),
        ("[" * 100_000, "nested more than"),
        ('{"type":' * 100_000, "nested more than|without a 'type'"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested more than"),
        ('"R"', "the type 'R' is not defined"),
        ('{"type": "fixed", "name": "F", "size": 1000000000000000000000}', "has the size"),
        ('{"type": "enum", "name": "E", "symbols": "A"}', "has no list of 'symbols'"),
        ('{"type": "record", "name": "R", "fields": {}}', "has no list of 'fields'"),
        ('{"type": "record", "name": "é", "fields": []}', "is not a name for this record"),
    ],
)
def test_what_is_no_schema_is_refused_in_one_sentence(text: str | bytes, said: str) -> None:
    with pytest.raises(ContractctlError, match=said) as caught:
        judged(text, record())
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300


def test_a_byte_order_mark_is_no_part_of_the_schema() -> None:
    assert judged("\ufeff" + json.dumps(record()), json.dumps(record(INT)).encode("utf-8-sig")).forward.findings == ()


def test_what_lies_beside_the_way_is_left_out_of_the_witness_as_dots() -> None:
    inner = {"type": "record", "name": "Inner", "fields": [INT]}
    witness = judged(
        record(field("in", inner), INT), record(field("in", {**inner, "fields": [field("x", "null")]}), INT)
    )

    assert witness.backward.findings[0].witness is not None
    assert witness.backward.findings[0].witness.sent == '{"in": {"x": 0}, …}'


def test_an_enum_of_a_hundred_thousand_symbols_is_judged() -> None:
    symbols = [f"S{number}" for number in range(100_000)]
    found = judged(enum(symbols), enum([f"T{number}" for number in range(100_000)]))

    assert [len(answer.findings) for answer in (found.backward, found.forward)] == [1, 1]
    assert len(found.backward.findings[0].message) < 300


def test_thousands_of_fields_that_are_all_wrong_are_all_named() -> None:
    old = record(*(field(f"f{number}", "int") for number in range(1000)))
    found = judged(old, record(*(field(f"f{number}", "string") for number in range(1000))))

    assert len(found.backward.findings) == 1000
    assert found.backward.findings[0].witness is not None


def test_thousands_of_renamed_fields_are_not_compared_each_with_each() -> None:
    old = record(*(field(f"f{number}", "int") for number in range(2000)))
    found = judged(old, record(*(field(f"g{number}", "int") for number in range(300))))

    assert len(found.backward.findings) == 300


def test_a_union_of_thousands_of_records_is_not_searched_each_time() -> None:
    branches = [record(INT, name=f"N{number}") for number in range(3000)]
    (finding,) = judged(record(field("u", branches)), record(field("u", branches[1:]))).backward.findings

    assert finding.rule == "avro-union-branch-unknown"
    assert len(finding.message) < 400


def test_a_hundred_thousand_aliases_are_looked_up() -> None:
    aliases = [f"z{number}" for number in range(100_000)]

    assert judged(record(INT), record(field("y", "int", aliases=[*aliases, "x"]))).backward.status is Status.COMPATIBLE


@pytest.mark.parametrize(
    "logical",
    [{}, {"logicalType": "decimal", "precision": 10**9, "scale": 0}],
)
def test_a_fixed_of_two_gigabytes_is_never_written(logical: dict[str, Any]) -> None:
    fixed = {"type": "fixed", "name": "F", "size": 2**31 - 1, **logical}
    found = judged(
        record(field("f", fixed), INT), record(field("f", {**fixed, "size": 2**31 - 2}), field("x", "string"))
    )

    assert {one.rule for one in found.backward.findings} == {"avro-fixed-size-changed", "avro-type-changed"}
    assert all(one.witness is None for one in found.backward.findings)


def test_a_decimal_of_a_billion_digits_is_judged() -> None:
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 10**9, "scale": 0}
    (finding,) = judged(record(field("d", decimal)), record(field("d", {**decimal, "scale": 2}))).backward.findings

    assert (finding.rule, finding.witness is not None) == ("avro-decimal-scale-changed", True)


def test_a_datum_of_a_trillion_values_is_never_built() -> None:
    def doubling(leaf: str) -> Any:
        inner: Any = record(field("x", leaf), name="D0")
        for number in range(1, 40):
            inner = record(field("a", inner), field("b", f"D{number - 1}"), name=f"D{number}")
        return inner

    (finding,) = judged(doubling("int"), doubling("string")).backward.findings

    assert (finding.rule, finding.witness) == ("avro-type-changed", None)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {"type": "array", "items": inner},
        lambda inner: {"type": "map", "values": inner},
        lambda inner: ["null", {"type": "array", "items": inner}],
    ],
)
def test_what_is_nested_as_deeply_as_texts_may_be_is_judged(wrap: Callable[[Any], Any]) -> None:
    depth = 95
    old, new = (record(field("a", nested(depth, leaf, wrap))) for leaf in ("int", "string"))

    assert [one.rule for one in judged(old, new).backward.findings][-1] in {
        "avro-type-changed",
        "avro-union-branch-unknown",
    }


def test_a_record_that_must_contain_itself_is_no_danger() -> None:
    endless = record(field("again", "R"), INT)

    assert judged(endless, record(field("again", "R"), field("x", "string"))).findings == ()


def test_names_and_texts_of_a_megabyte_are_cut_in_witnesses() -> None:
    long = "a" * 1_000_000
    found = judged(record(name=long), record(field(long, "string"), name=long)).backward.findings
    sent = judged(record(), record(field("s", "string", default="x" * 2_000_000), field("t", "int"))).backward.findings

    assert sent[0].witness is not None
    assert len(sent[0].witness.sent) < 400
    assert found[0].witness is not None
    assert len(found[0].witness.answer) < 400


def test_hundreds_of_files_in_a_ring_are_one_schema() -> None:
    def ring(leaf: str) -> Source:
        count = 800
        nodes = (
            record(
                field("next", ["null", f"N{(number * 7 + 1) % count}"]),
                field("x", leaf if number == 400 else "int"),
                name=f"N{number}",
            )
            for number in range(count)
        )
        return Source(tuple(File(f"{number:03}.avsc", json.dumps(node)) for number, node in enumerate(nodes)))

    begin = time.process_time()
    (finding,) = compare_sources(ring("int"), ring("string"), "avro", Terms()).backward.findings

    assert time.process_time() - begin < SECONDS
    assert finding.new is not None
    assert finding.new.file == "400.avsc"


def test_hundreds_of_messages_are_each_met() -> None:
    def folder(leaf: str) -> Source:
        nodes = (record(field("x", leaf), name=f"N{number}") for number in range(800))
        return Source(tuple(File(f"{number:03}.avsc", json.dumps(node)) for number, node in enumerate(nodes)))

    begin = time.process_time()
    found = compare_sources(folder("int"), folder("string"), "avro", Terms()).backward.findings

    assert time.process_time() - begin < SECONDS
    assert len(found) == 800


def test_thousands_of_types_that_are_nowhere_are_each_named() -> None:
    fields = [field(f"f{number}", f"T{number}") for number in range(2000)]
    found = judged(record(*fields), record(*fields, field("x", "int", default=1))).backward

    assert (found.status, len(found.reasons)) == (Status.UNKNOWN, 2000)


def test_names_that_collide_are_told_apart_by_their_namespace() -> None:
    first, second = (record(INT, name="Same", namespace=space) for space in ("a", "b"))
    both = record(field("one", first), field("two", second))

    assert judged(both, {**both, "fields": both["fields"][::-1]}).findings == ()
    with pytest.raises(ContractctlError, match="is defined a second time"):
        judged(record(field("one", first), field("two", first)), record())


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(ContractctlError, match="the folder is empty"):
        store.source(tmp_path)
