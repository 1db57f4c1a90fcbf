"""Is the intermediate version compatible with both ends? For every kind of change, on texts as people write them."""

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from protobuf_schemas import NAMES, Draft, drafts, fields, read, text_of

from contractctl.compatibility import Terms, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats.protobuf.staging import intermediate, operations
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Status
from tests.budgets import budget

HEAD = 'syntax = "proto3";\n\npackage shop;\n\n'
OLD = """message OrderPlaced {
  int64 id = 1;
  string customer = 2;  // who pays
  oneof payment {
    string card = 3;
    string account = 4 [json_name = "iban"];
  }
  Status status = 5;
}

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_PAID = 1;
}
"""


def source(text: str, name: str = "orders.proto") -> Source:
    return Source((File(name, text),))


def between(old: str, new: str, renames: dict[str, str] | None = None, policy: Policy = Policy()) -> str:
    found = intermediate(source(old), source(new), renames or {}, policy)
    for ends in ((source(old), found), (found, source(new))):
        verdict = compare_sources(*ends, "protobuf", Terms(policy=policy, witnesses=False))
        assert verdict.backward.status is verdict.forward.status is Status.COMPATIBLE, verdict.findings
    return found.files[0].text


def test_a_renamed_field_stands_beside_the_old_one_which_is_deprecated() -> None:
    new = HEAD + OLD.replace("string customer = 2;", 'reserved 2;\n  reserved "customer";\n  string buyer = 9;')

    text = between(HEAD + OLD, new, {"customer": "buyer"})

    assert "  string buyer = 9;  // who pays\n" in text
    assert "  string customer = 2 [deprecated = true];\n}" in text
    assert "reserved" not in text


def test_a_number_that_is_given_to_another_name_is_refused_with_a_free_one() -> None:
    new = HEAD + OLD.replace("string customer", "string buyer")

    with pytest.raises(ContractctlError, match="cannot coexist") as caught:
        operations(source(HEAD + OLD), source(new), {"customer": "buyer"}, "shop/orders")

    assert caught.value.hint == (
        'give the new one a number of its own, string buyer = 6; and write reserved 2; reserved "customer";'
    )


def test_where_json_does_not_count_a_field_keeps_its_number_under_another_name() -> None:
    new = HEAD + OLD.replace("string customer", "string buyer")

    assert "string buyer = 2;" in between(HEAD + OLD, new, {"customer": "buyer"}, Policy(encodings=("binary",)))


def test_a_field_of_a_oneof_comes_back_into_its_oneof() -> None:
    new = HEAD + OLD.replace('    string account = 4 [json_name = "iban"];\n', "").replace("message O", "message O")

    text = between(HEAD + OLD, new)

    assert '    string card = 3;\n    string account = 4 [deprecated = true, json_name = "iban"];\n  }\n' in text


def test_what_only_the_old_version_defines_comes_along() -> None:
    new = HEAD + OLD.replace("  Status status = 5;\n", "").partition("\nenum")[0]

    text = between(HEAD + OLD, new)

    assert "  Status status = 5 [deprecated = true];\n" in text
    assert text.endswith("\nenum Status {\n  STATUS_UNSPECIFIED = 0;\n  STATUS_PAID = 1;\n}\n")


def test_a_symbol_that_went_comes_back_out_of_its_reservation() -> None:
    gone = 'reserved 1, 7 to 9;\n  reserved "STATUS_PAID", "STATUS_OLD";'

    text = between(HEAD + OLD, HEAD + OLD.replace("STATUS_PAID = 1;", gone), None, Policy(encodings=("binary",)))

    assert '  reserved 7 to 9;\n  reserved "STATUS_OLD";\n  STATUS_PAID = 1 [deprecated = true];\n}' in text


def test_a_definition_on_one_line_stays_on_it() -> None:
    text = between(HEAD + "message M { int32 a = 1; }\n", HEAD + "message M { reserved 1; string b = 2; }\n")

    assert text.endswith("message M { string b = 2; int32 a = 1 [deprecated = true]; }\n")


def test_a_file_that_lies_elsewhere_keeps_its_definitions() -> None:
    def version(kind: str, name: str) -> Source:
        item = File("proto/shop/item.proto", HEAD + "message Item { string sku = 1; }\n")
        order = HEAD + f'import "shop/item.proto";\nmessage Order {{ {kind} {name} = {len(name)}; }}\n'
        return Source((item, File("proto/shop/order.proto", order)), folder="proto")

    found = intermediate(version("Item", "item"), version("string", "sku"), {})

    assert [file.name for file in found.files] == ["proto/shop/item.proto", "proto/shop/order.proto"]
    assert "Item item = 4 [deprecated = true]; " in found.files[1].text


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("message M { string a = 1; }", "message M { int32 a = 1; }", "M.a"),
        ("message M { string a = 1; }", "message M { string a = 2; }", "M.a"),
        ("message M { int32 a = 1; int32 b = 2; }", "message M { oneof o { int32 a = 1; int32 b = 2; } }", "M.a"),
        (
            "message M { E e = 1; } enum E { A = 0; }",
            "message M { E e = 1; } enum E { A = 0; B = 1; }",
            "protobuf-json-enum-value-unknown",
        ),
        (
            "message M { } service S { rpc A(M) returns (M); }",
            "message M { } service S { rpc B(M) returns (M); }",
            "protobuf-method-removed",
        ),
    ],
)
def test_what_no_version_between_can_do_is_refused_with_the_place(old: str, new: str, what: str) -> None:
    with pytest.raises(ContractctlError, match="no intermediate version") as caught:
        intermediate(source(HEAD + old), source(HEAD + new), {})

    assert what in caught.value.message


@pytest.mark.parametrize(
    ("renames", "said"),
    [
        ({"nobody": "buyer"}, "the old version has no field 'nobody'"),
        ({"customer": "nobody"}, "the new version has no field 'nobody'"),
        ({"id": "buyer"}, "the new version still has 'id'"),
        ({"customer": "id"}, "the old version has 'id' already"),
        ({"account": "sum"}, "the type changes too, from string to int32"),
    ],
)
def test_a_rename_that_does_not_fit_is_refused(renames: dict[str, str], said: str) -> None:
    new = HEAD + OLD.replace("string customer = 2;", "string buyer = 9; int32 sum = 10;").replace(
        '    string account = 4 [json_name = "iban"];\n', ""
    )

    with pytest.raises(ContractctlError, match=said):
        operations(source(HEAD + OLD), source(new), renames, "shop/orders")


def test_a_descriptor_set_cannot_be_staged() -> None:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    sets = []
    for kind in ("int32", "string"):
        found = FileDescriptorSet(file=read(HEAD + f"message M {{ {kind} a = {len(kind)}; }}").files)
        for file in found.file:
            file.ClearField("source_code_info")
        sets.append(Source((File.of("set.binpb", found.SerializeToString()),)))

    with pytest.raises(ContractctlError, match="is a descriptor set, which has no source text to stage"):
        intermediate(*sets, {})


@st.composite
def staged_pairs(draw: st.DrawFn) -> tuple[Draft, Draft, dict[str, str]]:
    """A schema, and what became of it by adding, removing, renaming, retyping, splitting and merging fields."""
    before = draw(drafts())
    for message in before["messages"].values():
        for one in message:
            one["label"] = "optional" if one["label"] == "required" else one["label"]
    after = copy.deepcopy(before)
    renames: dict[str, str] = {}
    fresh = iter(range(20, 40))
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(after["messages"])))
        message = after["messages"][name]
        kind = draw(st.sampled_from(["add", "remove", "rename", "retype", "split", "merge"]))
        old = draw(st.sampled_from(message)) if message else None
        if kind == "add" or old is None:
            message.append(_new(draw, after, next(fresh)))
        elif kind == "rename":
            number = next(fresh)
            if old["name"] in NAMES:
                renames[f"{name}.{old['name']}"] = f"n{number}"
            message[message.index(old)] = {**old, "name": f"n{number}", "number": number, "json": ""}
        elif kind == "merge":
            for one in message[:2]:
                message.remove(one)
            message.append(_new(draw, after, next(fresh)))
        else:
            message.remove(old)
            for _ in range({"remove": 0, "retype": 1, "split": 2}[kind]):
                message.append(_new(draw, after, next(fresh)))
    kept = {f"{name}.{one['name']}" for name, message in after["messages"].items() for one in message}
    renames = {o: n for o, n in renames.items() if o not in kept and f"{o.partition('.')[0]}.{n}" in kept}
    return before, after, renames


def _new(draw: st.DrawFn, draft: Draft, number: int) -> dict[str, object]:
    made = draw(fields(draft, f"n{number}", number))
    made["label"] = "optional" if made["label"] == "required" else made["label"]
    return made


@budget(100)
@given(staged_pairs())
def test_whatever_is_added_removed_renamed_retyped_split_or_merged_has_a_version_between(
    staged: tuple[Draft, Draft, dict[str, str]],
) -> None:
    before, after, renames = staged
    old, new = text_of(before), text_of(after)
    assume(old != new)
    try:
        read(old)
        read(new)
    except ContractctlError:
        assume(condition=False)

    text = between(old, new, renames)

    assert all(f" {one['name']} = " in text for message in before["messages"].values() for one in message)
    assert {one.new for one in operations(source(old), source(new), renames, "c") if one.kind == "rename-field"} == set(
        renames.values()
    )
