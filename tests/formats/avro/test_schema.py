"""Is an Avro schema read as the specification writes it, and is what is none refused in one clear sentence?"""

import json
from typing import Any

import pytest
from avro_schemas import field, read, record

from contractctl.errors import ContractctlError
from contractctl.formats.avro import incompatibilities, locate, parse, witness
from contractctl.formats.avro.schema.parts import put_together, take_apart
from contractctl.formats.avro.schema.types import Record
from contractctl.model.contract import File, Source


def refused(schema: Any) -> str:
    with pytest.raises(ContractctlError) as caught:
        read(schema)
    assert caught.value.hint
    return caught.value.message


def several(*texts: Any) -> Source:
    return Source(tuple(File(f"{number}.avsc", json.dumps(text)) for number, text in enumerate(texts)))


def test_a_name_takes_the_namespace_around_it() -> None:
    inner = {"type": "enum", "name": "Inner", "symbols": ["A"]}
    other = {"type": "fixed", "name": "Other", "namespace": "explicit", "size": 1}
    full = {"type": "record", "name": "a.full.Name", "namespace": "ignored", "fields": [field("x", {**inner})]}
    schema = read(record(field("i", inner), field("o", other), field("f", full), namespace="outer"))

    assert set(schema.names) == {"outer.R", "outer.Inner", "explicit.Other", "a.full.Name", "a.full.Inner"}


def test_an_empty_namespace_is_none() -> None:
    schema = read(record(field("x", {"type": "fixed", "name": "F", "namespace": "", "size": 1}), namespace="outer"))

    assert set(schema.names) == {"outer.R", "F"}


def test_unknown_keys_are_ignored() -> None:
    assert read(record(field("x", {"type": "int", "java-class": "short"}, order="ignore", pii=True), owner="us")).names


def test_files_of_one_version_refer_to_each_other_in_any_order() -> None:
    main = record(field("b", "B"), name="A", namespace="n")
    schema = parse(
        several(main, {"type": "enum", "name": "n.C", "symbols": ["X"]}, record(field("c", "C"), name="n.B"))
    )

    assert isinstance(schema.root, Record)
    assert schema.root.name == "n.A"
    assert set(schema.names) == {"n.A", "n.B", "n.C"}


def test_a_definition_may_stand_in_two_files_if_it_is_the_same() -> None:
    shared = {"type": "enum", "name": "E", "symbols": ["X"]}

    assert parse(several(record(field("e", shared)), shared)).names
    with pytest.raises(ContractctlError, match="second time"):
        parse(several(record(field("e", shared)), {**shared, "symbols": ["Y"]}))


def test_a_type_that_is_nowhere_is_named() -> None:
    said = refused(record(field("x", "Missing"), namespace="n"))

    assert said == "schema.avsc:1:66: the type 'n.Missing' is not defined"


def test_a_type_is_not_used_before_it_is_defined() -> None:
    late = record(field("a", "E"), field("b", {"type": "enum", "name": "E", "symbols": ["A"]}))

    assert "used before it is defined" in refused(late)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ('{"type": "record"', "this is not JSON"),
        ("", "the file is empty"),
        ("17", "17 is not a schema"),
        ('{"name": "x"}', "an object without a 'type'"),
        ({"type": ["null", "int"]}, "'type' must be a type's name"),
        ("[" + '"null", "null"]', "two branches 'null'"),
        ('["null", ["int"]]', "a union is directly inside a union"),
        ({"type": "array"}, "this array has no 'items'"),
        ({"type": "record", "name": "R"}, "has no list of 'fields'"),
        ({"type": "record", "fields": []}, "this record has no 'name'"),
        (record(field("x", "int"), field("x", "int")), "two fields 'x'"),
        (record(field("not-a-name", "int")), "'not-a-name' is not a name for a field"),
        (record({"name": "x"}), "the field 'R.x' has no 'type'"),
        (record(name="string"), "the name of a primitive type"),
        (record(namespace="a..b"), "'a..b' is not a namespace"),
        (record(field("x", "int", aliases="y")), "'aliases' is not a list"),
        ({"type": "enum", "name": "E", "symbols": ["A", "A"]}, "two symbols 'A'"),
        ({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}, "the default 'B' is not a symbol"),
        ({"type": "fixed", "name": "F", "size": -1}, "has the size -1"),
        (record(field("x", record(name="R"))), "'R' is defined a second time"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(schema: Any, said: str) -> None:
    assert said in refused(schema)


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        ("null", 0),
        ("boolean", 1),
        ("int", True),
        ("int", 2**31),
        ("long", -(2**63) - 1),
        ("long", 1.5),
        ("double", "1.5"),
        ("bytes", "\u0100"),
        ("string", None),
        (["null", "int"], "text"),
        ({"type": "fixed", "name": "F", "size": 2}, "abc"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B"),
        ({"type": "array", "items": "int"}, ["x"]),
        ({"type": "map", "values": "int"}, {"k": "x"}),
        (record(field("inner", "int"), name="I"), {}),
    ],
)
def test_a_default_that_is_none_of_its_type_is_refused(type_: Any, default: Any) -> None:
    assert "does not fit" in refused(record(field("x", type_, default=default)))


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        ("double", 1),
        ("double", "NaN"),
        (["string", "null"], None),
        ("bytes", "\u00ff"),
        (record(field("inner", "int", default=1), name="I"), {}),
        (record(field("again", ["null", "I"]), name="I"), {"again": {"again": None}}),
    ],
)
def test_a_default_that_fits_is_taken(type_: Any, default: Any) -> None:
    """A union's default may fit any branch since Avro 1.12; before, it had to be the first."""
    assert read(record(field("x", type_, default=default)))


def test_a_default_in_many_nested_unions_is_judged_at_once() -> None:
    default: Any = {"n": "text"}
    for _ in range(60):
        default = {"n": default}

    wrapped = record(
        field("b", record(field("n", ["null", "B"], default=None), name="B")),
        field("a", record(field("n", ["null", "A", "B"], default=None), name="A")),
        field("x", ["A", "B"], default=default),
    )
    assert "does not fit" in refused(wrapped)


def test_a_finding_s_pointer_leads_to_its_line() -> None:
    text = '{\n  "type": "record", "name": "R",\n  "fields": [\n    {"name": "a", "type": "int"}\n  ]\n}'
    (found,) = incompatibilities(read(text, "r.avsc"), read(record()))

    assert found.taker_at is not None
    assert locate(read(text, "r.avsc"), found.taker_at) == ("r.avsc", 4, 5)


def test_ten_thousand_types_in_a_chain_are_read_and_judged() -> None:
    """Depth through names is not a depth of the text: nothing may recurse along it."""
    count = 10_000
    chain = [record(field("next", f"R{number + 1}"), name=f"R{number}") for number in range(count)]
    old = parse(several(*chain, record(field("x", "int"), name=f"R{count}")))
    new = parse(several(*chain, record(field("x", "string"), name=f"R{count}")))

    (found,) = incompatibilities(new, old)

    assert found.rule == "avro-type-changed"


def test_the_deepest_text_that_is_read_is_judged_too() -> None:
    def nested(leaf: str) -> Any:
        type_: Any = leaf
        for _ in range(199):
            type_ = {"type": "array", "items": type_}
        return type_

    reader, writer = read(nested("int")), read(nested("string"))
    (found,) = incompatibilities(reader, writer)

    assert witness(reader, writer, found) is not None


def test_the_file_that_others_do_not_refer_to_is_the_schema_whatever_its_name() -> None:
    address = record(field("street", "string"), name="Address")
    old, new = (record(field("to", "Address"), field("n", kind), name="Order") for kind in ("long", "string"))

    found = list(incompatibilities(parse(several(address, new)), parse(several(address, old))))

    assert [(one.rule, one.path) for one in found] == [("avro-type-changed", "Order.n")]


def test_files_that_do_not_refer_to_each_other_are_all_judged() -> None:
    first, old, new = (
        record(field("n", kind), name=name) for name, kind in (("A", "int"), ("B", "long"), ("B", "int"))
    )
    sends, takes = parse(several(first, old)), parse(several(first, new))

    found = list(incompatibilities(takes, sends))

    assert [(one.rule, one.path) for one in found] == [("avro-type-changed", "B.n")]
    assert witness(takes, sends, found[0])
    assert [one.rule for one in incompatibilities(parse(several(first)), sends)] == ["avro-message-unknown"]


def test_files_that_refer_to_each_other_in_a_ring_hide_no_other() -> None:
    a, b = (record(field("o", ["null", other]), name=name) for name, other in (("A", "B"), ("B", "A")))
    old, new = (record(field("n", kind), name="C") for kind in ("long", "string"))

    found = incompatibilities(parse(several(a, b, new)), parse(several(a, b, old)))

    assert [one.path for one in found] == ["C.n"]


def test_a_nameless_schema_beside_others_is_refused() -> None:
    with pytest.raises(ContractctlError, match="an unnamed schema"):
        parse(several(record(field("n", "int")), {"type": "array", "items": "int"}))


def test_a_default_that_contains_itself_is_refused() -> None:
    endless = record(field("n", "R", default={"m": 1}), field("m", "int"))
    finite = record(
        field("n", "R", default={"m": 1, "o": {}}), field("m", "int"), field("o", {"type": "map", "values": "R"})
    )

    assert "contains itself without end" in refused(endless)
    assert "contains itself without end" in refused(finite)


@pytest.mark.parametrize("default", [{"a": 1}, [1], "nan"])
def test_what_is_no_number_is_no_default_of_a_double(default: Any) -> None:
    assert "is not a double" in refused(record(field("n", "double", default=default)))


def test_several_files_are_put_together_around_the_schema_that_is_judged() -> None:
    address, order = record(field("street", "string"), name="Address"), record(field("to", "Address"), name="Order")
    whole = json.loads(put_together(take_apart(several(address, order))))

    assert whole["name"] == "Order"
    assert [
        one["name"] for one in json.loads(put_together(take_apart(several(address, record(field("n", "int"))))))
    ] == [
        "Address",
        "R",
    ]
