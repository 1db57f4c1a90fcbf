"""Does diff name every change once, and nothing that is none?"""

from protobuf_schemas import read

from contractctl.formats.protobuf import changes, parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Change

HEAD = 'syntax = "proto3"; package shop; '


def changed(old: str, new: str, head: str = HEAD) -> list[Change]:
    return list(changes(read(head + old), read(head + new)))


def test_layout_comments_and_order_are_no_changes() -> None:
    old = "message M { int32 a = 1; string b = 2; }"
    new = "// new\nmessage M {\n  string b = 2;  // …\n  int32 a = 1;\n}\n"

    assert changed(old, new) == []


def test_fields_come_go_and_change_under_their_names() -> None:
    old = 'message M { int32 a = 1; string b = 2; string c = 3 [json_name = "x"]; int32 d = 4; }'
    new = "message M { int64 a = 1; string bb = 2; string c = 3; optional int32 d = 4; bool e = 5; }"

    assert changed(old, new) == [
        Change("changed", "M.a", "type", "int32", "int64"),
        Change("changed", "M.bb", "name", "b", "bb"),
        Change("changed", "M.c", "JSON name", "x", None),
        Change("changed", "M.d", "presence", "implicit", "explicit"),
        Change("added", "M.e", "field", new="bool"),
    ]


def test_a_field_that_went_is_told_with_its_type_and_its_reservation() -> None:
    assert changed("message M { map<string, M> a = 1; }", 'message M { reserved 1; reserved "a"; }') == [
        Change("removed", "M.a", "field", old="map of string to M"),
        Change("added", "M", "reservation", new="'a'"),
        Change("added", "M", "reservation", new="1"),
    ]


def test_oneofs_defaults_and_numbers_are_told() -> None:
    old, new = (
        "message M { int32 a = 1; oneof o { int32 b = 2; } }",
        "message M { oneof o { int32 a = 1; } int32 b = 3; }",
    )

    assert changed(old, new) == [
        Change("added", "M.a", "oneof", None, "o"),
        Change("changed", "M.b", "number", "2", "3"),
        Change("removed", "M.b", "oneof", "o", None),
    ]
    assert changed(
        "message M { optional int32 a = 1 [default = 1]; }",
        "message M { optional int32 a = 1 [default = 2]; }",
        'syntax = "proto2"; package shop; ',
    ) == [Change("changed", "M.a", "default", "1", "2")]


def test_symbols_methods_messages_and_services_are_told() -> None:
    old = "enum E { A = 0; B = 1; C = 2; } message M { } message N { } service S { rpc X(M) returns (M); }"
    new = "enum E { A = 0; B = 2; D = 3; } message M { } service S { rpc X(M) returns (stream M); } service T { }"

    assert changed(old, new) == [
        Change("removed", "N", "message"),
        Change("changed", "E.B", "number", "1", "2"),
        Change("added", "E", "symbol", new="D = 3"),
        Change("removed", "E", "symbol", old="C = 2"),
        Change("changed", "S.X", "method", "(shop.M) returns (shop.M)", "(shop.M) returns (stream shop.M)"),
        Change("added", "T", "service"),
    ]


def test_a_moved_package_is_one_change() -> None:
    text = 'syntax = "proto3"; package %s; message M { int32 a = 1; } enum E { A = 0; }'

    assert [one.what for one in changes(read(text % "shop.v1"), read(text % "shop.v2"))] == ["package"]


def test_options_that_only_their_authors_know_are_named_and_ignored() -> None:
    options = (
        'import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { int32 max = 50000; } '
        "message M { int32 a = 1 [(max) = %d]; }"
    )

    (told,) = changed(options % 1, options % 2)

    assert (told.kind, told.path, told.what) == ("changed", "shop.M.a", "custom option (ignored)")


def test_what_an_imported_file_defines_is_told_as_far_as_the_given_one_leads_there() -> None:
    head = 'syntax = "proto3"; '
    shop = File("shop.proto", f'{head}import "money.proto"; message Order {{ Money total = 1; }}')
    old, new = (
        parse(
            Source(
                (shop,),
                companions=(
                    File("money.proto", f"{head}message Money {{ {kind} cents = 1; E e = 2; }} {enum} {other}"),
                ),
            )
        )
        for kind, enum, other in (
            ("int64", "enum E { A = 0; }", "message Unused { int32 a = 1; }"),
            ("string", "enum E { A = 0; B = 1; }", "message Unused { string a = 1; }"),
        )
    )

    assert list(changes(old, new)) == [
        Change("changed", "Money.cents", "type", "int64", "string"),
        Change("added", "E", "symbol", new="B = 1"),
    ]


def test_what_only_generated_code_and_callers_know_is_told() -> None:
    old = (
        'option go_package = "a"; message M { int64 a = 1; }'
        " service S { rpc Get(M) returns (M) { option idempotency_level = IDEMPOTENT; } }"
    )
    new = (
        old.replace('"a"', '"b"')
        .replace("a = 1", "a = 1 [jstype = JS_STRING]")
        .replace("IDEMPOTENT;", "NO_SIDE_EFFECTS;")
    )

    assert changed(old, new) == [
        Change("changed", "schema.proto", "go_package", "a", "b"),
        Change("changed", "M.a", "generated code", None, "jstype = JS_STRING"),
        Change("changed", "S.Get", "idempotency", "IDEMPOTENT", "NO_SIDE_EFFECTS"),
    ]


def test_what_strings_and_json_have_to_be_is_told() -> None:
    strict = 'edition = "2023"; package shop; message M { string a = 1; } enum E { Z = 0; }'
    legacy = strict.replace(" {", " { option features.json_format = LEGACY_BEST_EFFORT;").replace(
        "a = 1", "a = 1 [features.utf8_validation = NONE]"
    )

    assert changed(strict, legacy, "") == [
        Change("changed", "M", "JSON format", "ALLOW", "LEGACY_BEST_EFFORT"),
        Change("changed", "M.a", "UTF-8 validation", "VERIFY", "NONE"),
        Change("changed", "E", "JSON format", "ALLOW", "LEGACY_BEST_EFFORT"),
    ]
