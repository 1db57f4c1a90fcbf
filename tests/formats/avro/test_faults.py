"""What becomes of the rest where one thing is wrong: a type that is nowhere, what is not a type, an odd default?"""

import json
from typing import Any

import pytest
from avro_schemas import field, record

from contractctl.compatibility import Terms, compare, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats import parse_sound
from contractctl.formats.avro import parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Answer, Comparison, Status

E = {"type": "enum", "name": "E", "symbols": ["A"]}
NOWHERE = {"type": ["null", "array"], "items": "string"}


def judged(old: Any, new: Any) -> Comparison:
    return compare(json.dumps(old), json.dumps(new), format="avro")


def rules(answer: Answer) -> list[tuple[str, str]]:
    return [(finding.rule, finding.path) for finding in answer.findings]


def test_what_depends_on_a_type_that_is_nowhere_is_unknown_and_says_how_to_give_it() -> None:
    old, new = record(field("h", "Header")), record(field("h", "Header"), field("n", "int", default=0))
    answer = judged(old, new).backward

    assert answer.status is Status.UNKNOWN
    (reason,) = answer.reasons
    assert reason.startswith("R.h: the type 'Header' is not defined (new:1:")
    assert "put all files of the version into one folder" in reason


def test_what_does_not_depend_on_it_is_judged() -> None:
    old, new = record(field("h", "Header"), field("n", "long")), record(field("h", "Header"), field("n", "int"))
    answer = judged(old, new).backward

    assert answer.status is Status.INCOMPATIBLE
    assert rules(answer) == [("avro-type-changed", "R.n")]
    assert answer.findings[0].witness is not None
    assert answer.reasons


@pytest.mark.parametrize("none", [0, {"type": {"type": "int"}, "logicalType": "date"}, {"type": {"x": 1}}, "record"])
def test_what_is_no_type_in_a_union_leaves_the_rest_to_be_judged_and_shown(none: Any) -> None:
    old = record(field("n", "long"), field("u", [none, "string"]))
    answer = judged(old, record(field("n", "int"), field("u", [none, "int"]))).backward

    assert answer.status is Status.INCOMPATIBLE
    assert ("avro-type-changed", "R.n") in rules(answer)
    assert ("avro-type-invalid", "R.u") in rules(answer)


def test_a_type_that_nobody_asks_for_any_more_does_not_count() -> None:
    found = judged(record(field("h", "Header"), field("n", "int")), record(field("n", "int")))

    assert found.backward.status is Status.COMPATIBLE
    assert found.forward.status is Status.INCOMPATIBLE


@pytest.mark.parametrize(
    ("writer", "reader", "status"),
    [
        ("Header", "string", Status.INCOMPATIBLE),  # whatever it is, it has a name, and a string has none
        ("string", "Header", Status.INCOMPATIBLE),
        ({"type": "array", "items": "Header"}, {"type": "map", "values": "Header"}, Status.INCOMPATIBLE),
        ("Header", "Other", Status.UNKNOWN),  # one may be the other's alias
        ("Header", E, Status.UNKNOWN),
        (E, "Header", Status.UNKNOWN),
        (["null", "Header"], ["null", "Header"], Status.UNKNOWN),
        (["null"], ["null", "Header"], Status.COMPATIBLE),
        (["null", "int"], ["null", "Header"], Status.INCOMPATIBLE),
        (["null", E], ["null", "Header", E], Status.UNKNOWN),  # it may have an alias, and it comes first
        (["null", E], ["null", E, "Header"], Status.COMPATIBLE),
        (["null", "Header"], ["null", "string"], Status.INCOMPATIBLE),
        ({"type": "array", "items": "Header"}, {"type": "array", "items": "Header"}, Status.UNKNOWN),
    ],
)
def test_a_type_that_is_nowhere_is_a_named_one_and_no_more_is_known(writer: Any, reader: Any, status: Status) -> None:
    assert judged(
        record(field("x", writer)), record(field("x", reader), field("y", "int", default=1))
    ).backward.status is (status)


def test_a_misspelt_primitive_is_guessed() -> None:
    answer = judged(record(field("s", ["null", "String"])), record(field("s", ["null", "string"]))).backward

    assert answer.status is Status.INCOMPATIBLE
    with pytest.raises(ContractctlError) as caught:
        parse_sound("avro", Source((File("a.avsc", json.dumps(record(field("s", "String")))),)))
    assert caught.value.hint == "did you mean 'string'?"


def test_the_file_that_defines_the_type_makes_the_verdict_known() -> None:
    old, new = record(field("h", "Header")), record(field("h", "Header"), field("n", "int", default=0))
    header = File("h.avsc", json.dumps(record(field("x", "int"), name="Header")))
    sides = (Source((File("r.avsc", json.dumps(one)), header)) for one in (old, new))

    assert compare_sources(*sides, "avro", Terms()).backward.status is Status.COMPATIBLE


def test_what_is_no_type_fails_every_reader_and_is_unknown_of_a_writer() -> None:
    old, new = record(field("n", "long")), record(field("n", "int"), field("c", NOWHERE, default=None))
    found = judged(old, new)

    assert rules(found.backward) == [("avro-type-invalid", "R.c"), ("avro-type-changed", "R.n")]
    assert found.backward.findings[0].witness is not None
    assert found.backward.findings[0].witness.answer.startswith("refused: ")
    assert found.forward.status is Status.COMPATIBLE  # the old reader does not ask for it


@pytest.mark.parametrize(
    "broken", ["array", {"name": "x"}, {"type": "array"}, 5, NOWHERE, {"type": {"type": "string"}}]
)
def test_all_that_is_no_type_is_refused_by_both_libraries(broken: Any) -> None:
    finding = judged(record(), record(field("c", broken, default=None))).backward.findings[0]

    assert finding.rule == "avro-type-invalid"
    assert finding.witness is not None
    assert finding.witness.answer.startswith("refused: ")
    assert "avro" in finding.witness.executed_by
    assert finding.witness.also == ()


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        ({"type": "array", "items": "string"}, None),
        (["null", "string"], []),
        ("double", "0.0"),
        (E, "NONE"),
        ("long", 2**70),
        ({"type": "fixed", "name": "F", "size": 4}, "ab"),
        (record(field("a", "int"), name="I"), {}),
        ("bytes", "\u0100"),
    ],
)
def test_a_default_that_does_not_fit_fails_readers_of_that_schema(type_: Any, default: Any) -> None:
    """Avro for Java refuses all of these; where the libraries at hand do not, they hand out the wrong value."""
    found = judged(record(), record(field("d", type_, default=default)))

    assert rules(found.backward) == [("avro-default-invalid", "R.d")]
    assert found.backward.findings[0].new is not None
    assert found.backward.findings[0].new.line == 1
    assert found.backward.findings[0].witness is not None
    assert found.forward.status is Status.COMPATIBLE


def test_a_default_that_contains_itself_is_one_that_does_not_fit() -> None:
    endless = record(field("n", "R", default={"m": 1}), field("m", "int"))
    (finding,) = judged(record(field("m", "int")), endless).backward.findings

    assert (finding.rule, finding.path) == ("avro-default-invalid", "R.n")


def test_a_fault_that_is_in_both_versions_is_no_change() -> None:
    broken = record(field("d", "double", default="0.0"))

    assert judged(broken, {**broken, "doc": "…"}).findings == ()


@pytest.mark.parametrize(
    "schema", [record(field("h", "Header")), record(field("c", NOWHERE)), record(field("d", "int", default="x"))]
)
def test_nothing_of_it_is_released(schema: Any) -> None:
    source = Source((File("a.avsc", json.dumps(schema)),))

    assert parse(source).faults
    with pytest.raises(ContractctlError, match=r"a\.avsc:1:"):
        parse_sound("avro", source)
