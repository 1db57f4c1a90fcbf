"""Are the differences of two schemas told as facts, all of them and no others?"""

from typing import Any

from avro_schemas import LONG, OPTIONAL, field, files, message, pairs, protocol, read, record
from hypothesis import given

from contractctl.errors import ContractctlError
from contractctl.formats.avro import changes, parse
from contractctl.report.changes import sentence
from tests.budgets import budget

ONE_WAY = {"one-way": True}


def told(old: Any, new: Any) -> list[tuple[str, str, str, str | None, str | None]]:
    return [(one.kind, one.path, one.what, one.old, one.new) for one in changes(read(old), read(new))]


def test_fields_come_and_go() -> None:
    old = record(field("a", "int"), field("b", "string"))
    new = record(field("a", "int"), field("c", ["null", "string"], default=None))

    assert told(old, new) == [
        ("added", "R.c", "field", None, "one of null, string"),
        ("removed", "R.b", "field", "string", None),
    ]


def test_an_alias_tells_a_rename() -> None:
    assert told(record(field("a", "int")), record(field("b", "int", aliases=["a"]))) == [
        ("changed", "R.b", "name", "a", "b"),
        ("added", "R.b", "alias", None, "a"),
    ]


def test_types_defaults_symbols_and_names_are_told() -> None:
    old = record(
        field("n", "int", default=1), field("e", {"type": "enum", "name": "E", "symbols": ["A", "B"]}), name="a.R"
    )
    new = record(
        field("n", "long"), field("e", {"type": "enum", "name": "E", "symbols": ["B", "C"], "default": "C"}), name="b.R"
    )

    assert told(old, new) == [
        ("changed", "R", "name", "a.R", "b.R"),
        ("removed", "R.n", "default", "1", None),
        ("changed", "R.n", "type", "int", "long"),
        ("changed", "R.e", "name", "a.E", "b.E"),
        ("added", "R.e", "symbol", None, "C"),
        ("removed", "R.e", "symbol", "A", None),
        ("added", "R.e", "default symbol", None, "C"),
    ]


def test_a_type_that_becomes_optional_is_looked_into() -> None:
    inner, grown = record(name="I"), record(field("x", "int"), name="I")

    assert told(record(field("i", inner)), record(field("i", ["null", grown]))) == [
        ("changed", "R.i", "type", "record I", "one of null, record I"),
        ("added", "R.i.x", "field", None, "int"),
    ]


def test_documentation_and_recursion_are_no_change() -> None:
    tree = record(field("left", ["null", "R"]), field("right", ["null", "R"]))

    assert told(tree, {**tree, "doc": "A tree."}) == []


def test_records_of_a_union_at_the_root_go_by_their_names() -> None:
    old, new = record(field("a", "int"), name="I"), record(field("b", "int"), name="I")

    assert [path for _, path, what, *_ in told(["null", old], ["null", new]) if what == "field"] == ["I.b", "I.a"]
    assert [path for _, path, what, *_ in told(old, ["null", new]) if what == "field"] == ["I.b", "I.a"]


def test_messages_come_and_go_and_change_inside() -> None:
    old = files(protocol(place=message(LONG, response="long"), cancel=message(LONG)))
    new = files(
        protocol(place=message(LONG, OPTIONAL, response="string"), order=message(LONG, response="null", **ONE_WAY))
    )

    assert [sentence(one) for one in changes(parse(old), parse(new))] == [
        "message 'order' added",
        "message 'cancel' removed",
        "field 'place.request.note' added: one of null, string",
        "type of 'place.response' changed: long → string",
    ]


def test_schemas_of_a_folder_come_and_go_and_change_inside() -> None:
    kept, gone, came = (record(LONG, name=name) for name in ("Kept", "Gone", "Came"))
    grown = record(LONG, OPTIONAL, name="Kept")

    assert [sentence(one) for one in changes(parse(files(kept, gone)), parse(files(came, grown)))] == [
        "message 'Came' added",
        "message 'Gone' removed",
        "field 'Kept.note' added: one of null, string",
    ]


def test_types_that_are_nowhere_are_told_apart_by_name() -> None:
    assert [
        one.what for one in changes(parse(files(record(field("h", "A")))), parse(files(record(field("h", "B")))))
    ] == ["type"]
    assert list(changes(parse(files(record(field("h", "A")))), parse(files(record(field("h", "A"), doc="…"))))) == []


@budget(300)
@given(pairs())
def test_what_is_added_one_way_is_removed_the_other(pair: tuple[Any, Any]) -> None:
    try:
        there, back = told(*pair), told(*reversed(pair))
    except ContractctlError:
        return

    came = {(_inside(path), new) for kind, path, what, _, new in there if (kind, what) == ("added", "symbol")}
    assert came == {(_inside(path), old) for kind, path, what, old, _ in back if (kind, what) == ("removed", "symbol")}
    assert bool(there) == bool(back)


def _inside(path: str) -> str:
    """Below the outermost type: that one is called what the new schema calls it."""
    return path.partition(".")[2]
