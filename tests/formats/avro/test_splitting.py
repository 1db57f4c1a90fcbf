"""Are fields split, merged and given other types with a version between for everybody, and do values come back?"""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from avro_schemas import field, files, message, protocol, read, record, source
from hypothesis import given
from hypothesis import strategies as st

from contractctl.compatibility import Terms, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats.avro.events import Route, convert_container
from contractctl.formats.avro.staging import converter, intermediate, losses, operations
from contractctl.formats.streams import Bad
from contractctl.model.plan import Operation, Transform
from contractctl.model.verdict import Status
from tests.budgets import budget

FIXED = budget(300)
AT = {"type": "long", "logicalType": "timestamp-millis"}
DAY = {"type": "int", "logicalType": "date"}
PRICE = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
PERSON = record(field("id", "long"), field("name", "string"), name="Person", namespace="shop")
PARTS = record(field("id", "long"), field("first", "string"), field("last", "string"), name="Person", namespace="shop")
SPLIT = {
    "first": ("$contains(name, ' ') ? $substringBefore(name, ' ') : name", ""),
    "last": ("$contains(name, ' ') ? $substringAfter(name, ' ') : ''", ""),
    "name": ("", "last = '' ? first : first & ' ' & last"),
}


def moves(
    old: Any, new: Any, transforms: dict[str, tuple[str, str]], renames: dict[str, str] | None = None, lossy: str = ""
) -> tuple[Operation, ...]:
    """The operations with the expressions that somebody declared."""
    found = operations(source(old), source(new), renames or {}, "shop/person")
    return tuple(
        replace(one, transform=Transform(*transforms[name], lossy=name == lossy)) if name in transforms else one
        for one in found
        for name in [str(one.new or one.old)]
    )


def stop(bad: Bad) -> None:
    raise AssertionError(bad)


def taken(old: Any, new: Any, made: tuple[Operation, ...], event: Any, *, up: bool = True) -> Any:
    """An event through container files, as people have them."""
    there, back = io.BytesIO(), io.BytesIO()
    ends = (old, new) if up else (new, old)
    fastavro.writer(there, ends[0], [event])
    there.seek(0)
    both = converter(source(old), source(new), made)
    convert_container(there, "x.avro", back, Route(*map(source, ends), both.up if up else both.down, stop))
    back.seek(0)
    (converted,) = fastavro.reader(back, return_named_type=True)
    return converted


def everybody_reads(between: Any, *ends: Any) -> bool:
    compared = [compare_sources(source(end), between, "avro", Terms(witnesses=False)) for end in ends]
    return all(one.backward.status is one.forward.status is Status.COMPATIBLE for one in compared)


def test_a_name_is_split_and_put_together_again() -> None:
    made = moves(PERSON, PARTS, SPLIT)
    between = intermediate(source(PERSON), source(PARTS), {})

    assert everybody_reads(between, PERSON, PARTS)
    assert [one["name"] for one in json.loads(between.files[0].text)["fields"]] == ["id", "first", "last", "name"]
    raised = taken(PERSON, PARTS, made, {"id": 2**60 + 1, "name": "Ada King Lovelace"})
    assert raised == {"id": 2**60 + 1, "first": "Ada", "last": "King Lovelace"}
    assert taken(PERSON, PARTS, made, raised, up=False) == {"id": 2**60 + 1, "name": "Ada King Lovelace"}
    assert list(losses(source(PERSON), source(PARTS), made)) == []


def test_what_is_split_carelessly_is_named_with_a_value() -> None:
    careless = {**SPLIT, "last": ("$substringAfter(name, ' ')", "")}
    (sentence,) = losses(source(PERSON), source(PARTS), moves(PERSON, PARTS, careless))

    assert sentence == ("'Person.name': 'Ada' comes back as 'Ada Ada' (through first = 'Ada', last = 'Ada')")
    assert list(losses(source(PERSON), source(PARTS), moves(PERSON, PARTS, careless, lossy="name"))) == []


def test_fields_are_merged() -> None:
    merged = {
        "name": ("first & ' ' & last", ""),
        "first": ("", "$substringBefore(name, ' ')"),
        "last": ("", "$substringAfter(name, ' ')"),
    }
    made = moves(PARTS, PERSON, merged)

    assert everybody_reads(intermediate(source(PARTS), source(PERSON), {}), PERSON, PARTS)
    event = {"id": 1, "first": "Ada", "last": "Lovelace"}
    assert taken(PARTS, PERSON, made, event) == {"id": 1, "name": "Ada Lovelace"}
    assert {one.partition(":")[0] for one in losses(source(PARTS), source(PERSON), made)} == {
        "'Person.first'",
        "'Person.last'",
    }


@pytest.mark.parametrize(
    ("was", "becomes", "up", "down", "value", "raised"),
    [
        ("string", "long", "$number(a)", "$string(b)", "12", 12),
        (
            AT,
            "string",
            "$fromMillis(a)",
            "$toMillis(b)",
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            "2026-01-02T03:04:05.000Z",
        ),
        (PRICE, "long", "$round($number(a) * 100)", "$formatNumber(b / 100, '0.00')", Decimal("12.30"), 1230),
        ("int", DAY, "a", "b", 20_000, datetime(2024, 10, 4, tzinfo=UTC).date()),
        (["null", "string"], "string", "a = null ? '' : a", "b = '' ? null : b", None, ""),
        ("string", ["null", "long"], "a = '' ? null : $number(a)", "b = null ? '' : $string(b)", "", None),
        ("string", {"type": "array", "items": "string"}, "$split(a, ',')[]", "$join(b, ',')", "x,y", ["x", "y"]),
        ("bytes", "string", "$base64encode(a)", "$base64decode(b)", b"abc", "YWJj"),
        ("double", PRICE, "$formatNumber(a, '0.00')", "$number(b)", 1.5, Decimal("1.50")),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "boolean", "a = 'A'", "b ? 'A' : 'B'", "B", False),
    ],
)
def test_a_type_changes_under_a_new_name(  # noqa: PLR0917 - a change, its expressions, and a value of each side
    was: Any, becomes: Any, up: str, down: str, value: Any, raised: Any
) -> None:
    old, new = record(field("a", was)), record(field("b", becomes))
    made = moves(old, new, {"b": (up, down)}, {"a": "b"})

    assert everybody_reads(intermediate(source(old), source(new), {"a": "b"}), old, new)
    assert taken(old, new, made, {"a": value}) == {"b": raised}
    assert taken(old, new, made, {"b": raised}, up=False) == {"a": value}


def test_a_rename_with_another_type_needs_both_expressions() -> None:
    old, new = record(field("a", "int")), record(field("b", "string"))
    (move,) = operations(source(old), source(new), {"a": "b"}, "c")

    assert move.transform == Transform("", "")
    with pytest.raises(ContractctlError, match="'a' and 'b' have different types"):
        converter(source(old), source(new), (move,))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "'x' .* is not an int|is not an int"),
        ("$number(a)", "fails"),
        ("2147483648", "outside the range of int"),
        ("1.5", "is not an int"),
        ("missing", "no result for this event"),
    ],
)
def test_what_an_expression_cannot_make_is_refused_with_the_reason(text: str, said: str) -> None:
    old, new = record(field("a", "string")), record(field("b", "int"))
    both = converter(source(old), source(new), moves(old, new, {"b": (text, "$string(b)")}, {"a": "b"}))

    with pytest.raises(ContractctlError, match=said):
        both.up({"a": "x"})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1.234", "more than 2 digits after the point"),
        ("99999999.99", "more than 9 digits"),
        ("x", "is not a decimal"),
        ("NaN", "digits"),
    ],
)
def test_a_decimal_that_does_not_fit_is_refused(value: str, said: str) -> None:
    old, new = record(field("a", "string")), record(field("b", PRICE))
    both = converter(source(old), source(new), moves(old, new, {"b": ("a", "b")}, {"a": "b"}))

    with pytest.raises(ContractctlError, match=said):
        both.up({"a": value})


def test_an_expression_sees_records_inside_records_and_unions_bare() -> None:
    inner = record(field("city", "string"), field("zip", ["null", "string"]), name="Address")
    old = record(field("to", ["null", inner]), field("n", "int"))
    new = record(field("to", ["null", inner]), field("n", "int"), field("label", "string"))
    made = moves(old, new, {"label": ("to.city & ' ' & to.zip & ' ' & $string(n)", "")})

    event = {"to": ("Address", {"city": "Ulm", "zip": "89073"}), "n": 7}
    assert taken(old, new, made, event)["label"] == "Ulm 89073 7"


def test_json_lines_name_the_branch_of_what_is_made_where_they_name_others() -> None:
    old, new = record(field("a", ["null", "string"])), record(field("b", ["null", "long"]))
    made = moves(old, new, {"b": ("$number(a)", "$string(b)")}, {"a": "b"})
    both = converter(source(old), source(new), made, as_json=True)

    assert both.up({"a": {"string": "7"}}) == {"b": {"long": 7}}
    assert both.up({"a": "7"}) == {"b": 7}
    assert both.down({"b": {"long": 7}}) == {"a": {"string": "7"}}


def test_an_event_of_the_version_in_between_keeps_what_its_producer_wrote() -> None:
    both = converter(source(PERSON), source(PARTS), moves(PERSON, PARTS, SPLIT), as_json=True)

    whole = {"id": 1, "name": "Ada Lovelace", "first": "Augusta", "last": "King"}
    assert both.up(whole) == {"id": 1, "first": "Augusta", "last": "King"}
    assert both.down(whole) == {"id": 1, "name": "Ada Lovelace"}


def test_a_type_that_changes_under_its_old_name_is_shown_the_way() -> None:
    with pytest.raises(ContractctlError, match="no intermediate version is compatible") as caught:
        intermediate(source(record(field("a", "int"))), source(record(field("a", "string"))), {})
    assert "--rename a=a_2 --up a_2=… --down a=…" in str(caught.value.hint)


def test_an_enum_that_grows_is_staged_where_it_has_a_default() -> None:
    enum = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
    old, new = record(field("e", enum)), record(field("e", {**enum, "symbols": ["A", "B", "C"]}))
    safe = record(field("e", {**enum, "symbols": ["A", "B", "C"], "default": "A"}))

    with pytest.raises(ContractctlError, match="no intermediate version") as caught:
        intermediate(source(old), source(new), {})
    assert "give the enum a default" in str(caught.value.hint)
    assert everybody_reads(intermediate(source(old), source(safe), {}), old, safe)


def test_a_folder_of_messages_is_staged_as_a_folder() -> None:
    kept = record(field("n", "int"), field("who", "Person"), name="Kept")
    person = record(field("name", "string"), name="Person")
    other = record(field("who", "Person"), name="Other")
    changed = record(field("full_name", "string"), name="Person")
    old, new = files(kept, other, person), files(kept, other, changed)
    between = intermediate(old, new, {"Person.name": "full_name"})

    assert [file.name for file in between.files] == ["Kept.avsc", "Other.avsc"]
    for end in (old, new):
        compared = compare_sources(end, between, "avro", Terms(witnesses=False))
        assert compared.backward.status is compared.forward.status is Status.COMPATIBLE


def test_a_protocol_is_not_staged() -> None:
    with pytest.raises(ContractctlError, match="protocols cannot be staged"):
        intermediate(files(protocol(a=message())), files(protocol(b=message())), {})


TYPES: dict[str, tuple[Any, str, str]] = {
    # the new type, and expressions that are each other's inverse on these values
    "string": ("string", "{0}", "{0}"),
    "int": ("string", "$string({0})", "$number({0})"),
    "long": ("double", "{0}", "{0}"),
    "boolean": ("int", "{0} ? 1 : 0", "{0} = 1"),
    "double": ("string", "$string({0})", "$number({0})"),
}
VALUES = {
    "string": st.text(max_size=6).filter(lambda text: "|" not in text),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**53), 2**53),
    "boolean": st.booleans(),
    "double": st.integers(-1000, 1000).map(float),
}


@st.composite
def changed(draw: Any) -> tuple[Any, Any, dict[str, str], dict[str, tuple[str, str]], Any]:
    """Two versions, what is declared between them, and an event of the old one."""
    kinds = draw(st.lists(st.sampled_from(["keep", "rename", "add", "remove", "retype", "split", "merge"]), max_size=5))
    old, new, renames, transforms, event = [], [], {}, {}, {}
    for number, kind in enumerate(kinds):
        a, b = f"a{number}", f"b{number}"
        type_ = draw(st.sampled_from(sorted(TYPES)))
        value = draw(VALUES[type_])
        match kind:
            case "keep":
                old.append(field(a, type_)), new.append(field(a, type_))
                event[a] = value
            case "rename":
                old.append(field(a, type_)), new.append(field(b, type_))
                renames[a], event[a] = b, value
            case "add":
                new.append(field(b, type_))
            case "remove":
                old.append(field(a, type_))
                event[a] = value
            case "retype":
                target, up, down = TYPES[type_]
                old.append(field(a, type_)), new.append(field(b, target))
                renames[a], event[a] = b, value
                if target != type_:
                    transforms[b] = up.format(a), down.format(b)
            case _:
                parts = [field(f"{a}_{part}", "string") for part in (1, 2)]
                texts = [draw(VALUES["string"]) for _ in parts]
                first, second = (one["name"] for one in parts)
                whole = field(b, "string")
                apart = {first: f"$substringBefore({b}, '|')", second: f"$substringAfter({b}, '|')"}
                together = f"{first} & '|' & {second}"
                if kind == "split":
                    old.append(whole), new.extend(parts)
                    event[b] = "|".join(texts)
                    transforms |= {first: (apart[first], ""), second: (apart[second], ""), b: ("", together)}
                else:
                    old.extend(parts), new.append(whole)
                    event |= dict(zip((first, second), texts, strict=True))
                    transforms |= {b: (together, ""), first: ("", apart[first]), second: ("", apart[second])}
    order = draw(st.permutations(new))
    return record(*old), record(*order), renames, transforms, event


@FIXED
@given(changed())
def test_any_two_versions_have_one_between_and_events_come_back(case: Any) -> None:
    old, new, renames, transforms, event = case
    made = moves(old, new, transforms, renames)
    removed = {str(one.old) for one in made if one.kind == "remove-field" and one.transform is None}

    assert everybody_reads(intermediate(source(old), source(new), renames), old, new)
    raised = taken(old, new, made, event)
    assert raised.keys() == {one["name"] for one in new["fields"]}
    returned = taken(old, new, made, raised, up=False)
    assert returned.keys() == event.keys()
    assert {key: value for key, value in returned.items() if key not in removed} == {
        key: value for key, value in event.items() if key not in removed
    }
    assert read(new).names
