"""What is an incompatibility, and what only looks like one? Pairs of texts, each in the words of the format."""

import pytest

from contractctl.compatibility import Terms, compare, compare_sources
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Answer, Comparison, Effect, Status

PROTO2, PROTO3, EDITION = 'syntax = "proto2"; ', 'syntax = "proto3"; ', 'edition = "2023"; '
BINARY, JSON, SOURCE = (Policy(encodings=(one,)) for one in ("binary", "json", "source"))
BOTH = Policy()


def message(fields: str, head: str = PROTO3, beside: str = "") -> str:
    return f"{head} package shop; {beside} message M {{ {fields} }}"


def judged(old: str, new: str, policy: Policy = BOTH) -> Comparison:
    return compare(old, new, format="protobuf", policy=policy)


def rules(answer: Answer) -> set[str]:
    return {finding.rule.removeprefix("protobuf-") for finding in answer.findings}


ENTRY = "message E { string key = 1; int32 value = 2; }"
EQUAL_ON_THE_WIRE = {
    "a wider number": ("int32 a = 1;", "int64 a = 1;"),
    "an unsigned number in a wider signed one": ("uint32 a = 1;", "int64 a = 1;"),
    "a truth as a number": ("bool a = 1;", "uint32 a = 1;"),
    "text as bytes": ("string a = 1;", "bytes a = 1;"),
    "packed numbers that are no longer": ("repeated int32 a = 1;", "repeated int32 a = 1 [packed = false];"),
    "numbers that are packed now": ("repeated int32 a = 1 [packed = false];", "repeated int32 a = 1;"),
    "explicit presence": ("int32 a = 1;", "optional int32 a = 1;"),
    "implicit presence": ("optional int32 a = 1;", "int32 a = 1;"),
    "one that became many": ("string a = 1;", "repeated string a = 1;"),
    "a list of entries that became a map, each key once": ("map<string, int32> a = 1;", f"repeated E a = 1; {ENTRY}"),
    "a wider key of a map": ("map<int32, string> a = 1;", "map<int64, string> a = 1;"),
    "a lone field in a new oneof": ("int32 a = 1; int32 b = 2;", "oneof o { int32 a = 1; } int32 b = 2;"),
    "a field joined by new ones in a oneof": ("int32 a = 1;", "oneof o { int32 a = 1; int32 b = 2; }"),
    "fields out of a oneof": ("oneof o { int32 a = 1; int32 b = 2; }", "int32 a = 1; int32 b = 2;"),
    "a oneof that was renamed": ("oneof o { int32 a = 1; int32 b = 2; }", "oneof x { int32 a = 1; int32 b = 2; }"),
    "another order of fields": ("int32 a = 1; int32 b = 2;", "int32 b = 2; int32 a = 1;"),
    "a new field": ("int32 a = 1;", "int32 a = 1; int32 b = 2;"),
    "a renamed field": ("int32 a = 1;", "int32 b = 1;"),
    "a message of another name": ("E a = 1; message E { int32 x = 1; }", "F a = 1; message F { int32 x = 1; }"),
    "an enum of another name": (
        "E a = 1; enum E { ZERO = 0; ONE = 1; }",
        "F a = 1; enum F { ZERO = 0; ONE = 1; }",
    ),
    "an enum as a number": ("E a = 1; enum E { ZERO = 0; ONE = 1; }", "uint32 a = 1; enum E { ZERO = 0; ONE = 1; }"),
    "a number as an open enum": ("int32 a = 1;", "E a = 1; enum E { ZERO = 0; }"),
    "a second name for a number": (
        "E a = 1; enum E { ZERO = 0; ONE = 1; }",
        "E a = 1; enum E { option allow_alias = true; ZERO = 0; ONE = 1; UNO = 1; }",
    ),
    "a message as bytes": ("E a = 1; message E { int32 x = 1; }", "bytes a = 1; message E { int32 x = 1; }"),
}


@pytest.mark.parametrize("case", EQUAL_ON_THE_WIRE)
def test_what_is_equal_on_the_wire_breaks_nobody(case: str) -> None:
    old, new = EQUAL_ON_THE_WIRE[case]

    answer = judged(message(old), message(new), BINARY).backward

    assert answer.status is Status.COMPATIBLE, answer.findings


def test_a_group_is_a_delimited_message() -> None:
    old = message("optional group X = 1 { optional int32 a = 1; }", PROTO2)
    new = message("X x = 1 [features.message_encoding = DELIMITED]; message X { int32 a = 1; }", EDITION)

    verdict = judged(old, new)

    assert verdict.backward.status is verdict.forward.status is Status.COMPATIBLE


def test_a_message_with_its_length_before_it_is_no_group() -> None:
    verdict = judged(message("M m = 1;", EDITION), message("M m = 1 [features.message_encoding = DELIMITED];", EDITION))

    assert rules(verdict.backward) == rules(verdict.forward) == {"type-changed"}


MISREAD = {
    "a signed number as an unsigned one": ("int32 a = 1;", "uint32 a = 1;"),
    "a wide number as a narrow one": ("int64 a = 1;", "int32 a = 1;"),
    "another way to write numbers": ("int32 a = 1;", "sint32 a = 1;"),
    "the same bits for another number": ("fixed32 a = 1;", "sfixed32 a = 1;"),
    "the bits of a float as a number": ("float a = 1;", "fixed32 a = 1;"),
    "a number as a truth": ("int32 a = 1;", "bool a = 1;"),
    "another form on the wire": ("int32 a = 1;", "string a = 1;"),
    "many that became one": ("repeated string a = 1;", "string a = 1;"),
    "messages that became one": ("repeated M a = 1;", "M a = 1;"),
    "packed numbers that became one": ("repeated int32 a = 1;", "int32 a = 1;"),
    "packed numbers as text": ("repeated int32 a = 1;", "string a = 1;"),
    "text as packed numbers": ("string a = 1;", "repeated int32 a = 1;"),
    "a narrow key of a map": ("map<int64, string> a = 1;", "map<int32, string> a = 1;"),
    "another value of a map": ("map<int32, string> a = 1;", "map<int32, int32> a = 1;"),
    "an enum with negative numbers as an unsigned one": (
        "E a = 1; enum E { ZERO = 0; LESS = -1; }",
        "uint32 a = 1; enum E { ZERO = 0; LESS = -1; }",
    ),
}


@pytest.mark.parametrize("case", MISREAD)
def test_a_value_that_is_taken_for_another_is_shown_as_it_was_read(case: str) -> None:
    old, new = MISREAD[case]

    (finding,) = judged(message(old), message(new), BINARY).backward.findings

    assert (finding.rule, finding.effect) == ("protobuf-type-changed", Effect.MISREADS)
    assert finding.witness is not None
    assert finding.new is not None
    assert finding.new.line == 1


@pytest.mark.parametrize("label", ["", "repeated "])
def test_an_entry_that_holds_more_than_a_map_is_left_out_of_it(label: str) -> None:
    more = f"{label}E a = 1; message E {{ string key = 1; int32 value = 2; string note = 3; }}"

    found = judged(message(more), message("map<string, int32> a = 1;"), BINARY).backward.findings
    (finding,) = (one for one in found if one.rule == "protobuf-map-entries-lost")

    assert (finding.path, finding.effect) == ("M.a", Effect.MISREADS)
    assert finding.witness is not None
    assert finding.witness.answer.startswith("read nothing")


def test_bytes_that_are_no_text_are_refused_as_text() -> None:
    (finding,) = judged(message("bytes a = 1;"), message("string a = 1;"), BINARY).backward.findings

    assert finding.effect is Effect.FAILS
    assert finding.witness is not None
    assert finding.witness.answer.startswith("refused: DecodeError")


def test_text_that_nobody_checked_is_shown_as_it_arrives() -> None:
    """Old readers let bytes through that are no text, and old writers send them, in the values of a map, too."""
    arriving = judged(message("bytes a = 1;", EDITION), message("optional string a = 1;", PROTO2), BINARY).backward
    refused = judged(
        message("map<int32, string> a = 1;", PROTO2), message("map<int32, string> a = 1;"), BINARY
    ).backward

    assert [one.witness.answer for one in arriving.findings if one.witness] == [r'read a: "\377"']
    assert rules(refused) == {"utf8-unchecked"}
    assert [one.witness.sent for one in refused.findings if one.witness] == [
        r'a { key: 0 value: "\377" } (bytes 0a 05 08 00 12 01 ff)'
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("map<int64, bool> a = 1;", "map<int32, bool> a = 1;"),
        ("google.protobuf.Int64Value a = 1;", "google.protobuf.Int32Value a = 1;"),
    ],
)
def test_a_number_that_is_too_large_for_json_s_reader_is_shown_where_it_lies_in_a_map_or_a_wrapper(
    old: str, new: str
) -> None:
    head = PROTO3 + 'import "google/protobuf/wrappers.proto"; '

    (finding,) = judged(message(old, head), message(new, head), JSON).backward.findings

    assert finding.witness is not None
    assert finding.witness.answer.startswith("refused: ParseError")


def test_json_is_another_question_than_binary() -> None:
    there = judged(message("int32 a = 1;"), message("sint32 a = 1;"), JSON)
    here = judged(message("map<string, int32> a = 1;"), message(f"repeated E a = 1; {ENTRY}"), JSON)

    assert there.backward.status is there.forward.status is Status.COMPATIBLE
    assert rules(here.backward) == {"json-type-changed"}


def test_a_wrapper_is_its_number_in_json() -> None:
    head = 'syntax = "proto3"; import "google/protobuf/wrappers.proto"; '

    verdict = judged(
        head + "message M { int32 a = 1; }", head + "message M { google.protobuf.Int64Value a = 1; }", JSON
    )

    assert verdict.backward.status is Status.COMPATIBLE


def test_a_timestamp_is_text_in_json_and_text_is_no_timestamp() -> None:
    head = 'syntax = "proto3"; import "google/protobuf/timestamp.proto"; '
    old, new = head + "message M { google.protobuf.Timestamp a = 1; }", head + "message M { string a = 1; }"

    verdict = judged(old, new, JSON)

    assert verdict.backward.status is Status.COMPATIBLE
    assert rules(verdict.forward) == {"json-type-changed"}


STRUCT = PROTO3 + 'import "google/protobuf/struct.proto"; '


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("google.protobuf.Struct a = 1;", "map<string, google.protobuf.Value> a = 1;"),
        ("map<string, int32> a = 1;", "google.protobuf.Struct a = 1;"),
        ("M a = 1;", "google.protobuf.Struct a = 1;"),
        ("repeated M a = 1;", "repeated google.protobuf.Struct a = 1;"),
        ("map<int32, M> a = 1;", "map<string, google.protobuf.Struct> a = 1;"),
        ("google.protobuf.ListValue a = 1;", "repeated google.protobuf.Value a = 1;"),
        ("repeated int32 a = 1;", "google.protobuf.ListValue a = 1;"),
    ],
)
def test_what_takes_any_object_or_list_reads_those_of_others_in_json(old: str, new: str) -> None:
    assert judged(message(old, STRUCT), message(new, STRUCT), JSON).backward.status is Status.COMPATIBLE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("repeated M a = 1;", "google.protobuf.Struct a = 1;"),
        ("map<string, int32> a = 1;", "google.protobuf.ListValue a = 1;"),
        ("google.protobuf.Struct a = 1;", "map<bool, google.protobuf.Value> a = 1;"),
        ("string a = 1;", "google.protobuf.Struct a = 1;"),
    ],
)
def test_what_takes_any_object_takes_no_list_and_no_text(old: str, new: str) -> None:
    assert rules(judged(message(old, STRUCT), message(new, STRUCT), JSON).backward) == {"json-type-changed"}


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("oneof o { google.protobuf.NullValue a = 1; }", "oneof o { E a = 1; }", Effect.MISREADS),
        ("repeated google.protobuf.NullValue a = 1;", "repeated E a = 1;", Effect.FAILS),
        ("map<string, google.protobuf.NullValue> a = 1;", "map<string, E> a = 1;", Effect.FAILS),
    ],
)
def test_null_in_json_is_no_symbol_of_another_enum(old: str, new: str, effect: Effect) -> None:
    beside = "enum E { NULL_VALUE = 0; }"
    (finding,) = judged(message(old, STRUCT, beside), message(new, STRUCT, beside), JSON).backward.findings

    assert (finding.rule, finding.effect) == ("protobuf-json-type-changed", effect)
    assert finding.witness is not None


def test_null_in_json_is_read_as_any_value_and_is_never_written_for_an_implicit_field() -> None:
    null, value = "repeated google.protobuf.NullValue a = 1;", "repeated google.protobuf.Value a = 1;"
    implicit, number = "google.protobuf.NullValue a = 1;", "int32 a = 1;"

    for old, new in ((null, value), (implicit, number)):
        assert not judged(message(old, STRUCT), message(new, STRUCT), JSON).backward.findings


def test_a_reader_of_json_takes_the_original_name_too() -> None:
    verdict = judged(message("int32 first_name = 1;"), message('int32 first_name = 1 [json_name = "first"];'), JSON)

    assert rules(verdict.backward) == {"json-name-changed"}
    assert verdict.forward.status is Status.INCOMPATIBLE


def test_a_name_that_another_field_took_over_is_no_rename_in_json() -> None:
    old, new = message("int32 a = 1; int32 b = 2;"), message("reserved 2; int32 b = 1;")

    assert rules(judged(old, new, JSON).backward) == {"json-field-unknown"}
    assert "field-renumbered" in rules(judged(old, new, BINARY).backward)


X_AND_Y = 'int32 a = 1 [json_name = "x"]; int32 b = 2 [json_name = "y"];'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (X_AND_Y, 'int32 a = 1 [json_name = "y"]; int32 b = 2 [json_name = "x"];'),
        ('int32 a = 1 [json_name = "x"];', 'int32 z = 1; int32 y = 2 [json_name = "x"];'),
    ],
)
def test_a_json_name_that_is_another_field_s_now_is_taken_for_that_field(old: str, new: str) -> None:
    (finding, *_) = judged(message(old), message(new)).backward.findings

    assert (finding.rule, finding.effect) == ("protobuf-json-name-changed", Effect.MISREADS)
    assert "writes 'x', the name of" in finding.message
    assert finding.witness is not None
    assert finding.witness.answer.startswith("read ")


def test_an_original_name_that_is_another_field_s_now_is_told() -> None:
    """Numbers and JSON names stay, and the names of the schema are exchanged."""
    new = 'int32 b = 1 [json_name = "x"]; int32 a = 2 [json_name = "y"];'

    assert rules(judged(message(X_AND_Y), message(new), JSON).backward) == {"field-renamed"}


def test_two_names_that_are_one_in_json_leave_it_open_what_json_means() -> None:
    verdict = judged(
        message("optional int32 a_b = 1; optional int32 aB = 2;", PROTO2),
        message("optional int32 a_b = 1; optional int64 aB = 2;", PROTO2),
        JSON,
    )

    assert verdict.backward.status is Status.UNKNOWN
    assert "'aB' in JSON" in verdict.backward.reasons[0]


def test_a_json_name_that_is_another_field_s_original_one_leaves_it_open_what_json_means() -> None:
    """It passes protoc, and Python's runtime takes no such schema."""
    old, new = message("string a = 1;"), message('string a = 1 [json_name = "b"]; string c = 2 [json_name = "a"];')

    assert judged(old, new, BINARY).backward.status is Status.COMPATIBLE
    assert judged(old, new, JSON).backward.status is Status.UNKNOWN
    assert "'a' in JSON" in judged(old, new, JSON).backward.reasons[0]


def test_the_zero_that_is_never_written_may_have_another_name() -> None:
    """Without explicit presence zero is left out of JSON; in a list and in a map it is not."""
    old, new = "enum E { ZERO = 0; ONE = 1; }", "enum E { NOTHING = 0; ONE = 1; }"

    plain = judged(message(f"E e = 1; {old}"), message(f"E e = 1; {new}"), JSON)
    many = judged(message(f"repeated E e = 1; {old}"), message(f"repeated E e = 1; {new}"), JSON)

    assert "json-enum-value-unknown" not in rules(plain.backward)
    assert "json-enum-value-unknown" in rules(many.backward)


def test_a_required_field_that_is_added_or_removed_lets_somebody_down() -> None:
    less, more = (
        message("optional int32 a = 1;", PROTO2),
        message("optional int32 a = 1; required int32 b = 2;", PROTO2),
    )

    assert rules(judged(less, more, BINARY).backward) == {"required-missing"}
    assert judged(more, less, BINARY).forward.status is Status.INCOMPATIBLE


def test_a_symbol_that_a_closed_enum_does_not_know_fails_where_it_is_required() -> None:
    old = message("required E e = 1; enum E { A = 0; B = 1; }", PROTO2)
    new = message("required E e = 1; enum E { A = 0; reserved 1; }", PROTO2)

    (finding,) = judged(old, new, BINARY).backward.findings

    assert (finding.rule, finding.effect) == ("protobuf-enum-value-unknown", Effect.FAILS)


def test_a_list_in_place_of_a_field_with_a_default_forgets_what_an_absent_one_means() -> None:
    old, new = (message(fields, PROTO2) for fields in ("optional int32 a = 1 [default = 7];", "repeated int32 a = 1;"))

    (finding,) = judged(old, new, BINARY).backward.findings

    assert (finding.rule, finding.effect) == ("protobuf-default-changed", Effect.MISREADS)
    assert finding.message == "an absent 'M.a' reads as an empty list to new, and old leaves it out where it means 7"
    assert finding.witness is not None
    assert judged(old.replace("[default = 7]", ""), new, BINARY).backward.status is Status.COMPATIBLE


def test_the_default_of_an_extension_is_shown_as_that_of_a_field() -> None:
    old, new = (
        f"{PROTO2} package shop; message M {{ extensions 10 to 20; }} extend M {{ optional int32 e = 10 {default}; }}"
        for default in ("[default = 7]", "")
    )

    (finding,) = judged(old, new, BINARY).backward.findings

    assert finding.rule == "protobuf-default-changed"
    assert finding.witness is not None


def test_a_oneof_overwrites_nothing_by_what_does_not_arrive() -> None:
    old, new = message("int32 a = 1; int32 b = 2;"), message("oneof o { string a = 1; int32 b = 2; }")

    assert rules(judged(old, new, BINARY).backward) == {"type-changed"}


def test_the_first_symbol_of_a_closed_enum_is_a_default() -> None:
    old = message("optional E e = 1; enum E { A = 1; B = 2; }", PROTO2)
    new = message("optional E e = 1; enum E { B = 2; A = 1; }", PROTO2)

    assert rules(judged(old, new, BINARY).backward) == {"default-changed"}


def test_extensions_are_fields() -> None:
    head = 'syntax = "proto2"; package shop; message M { extensions 100 to 200; } '
    old, new = head + "extend M { optional int32 x = 100; }", head + "extend M { optional string x = 100; }"

    verdict = judged(old, new)

    assert {(f.rule, f.path) for f in verdict.backward.findings} == {
        ("protobuf-type-changed", "M.(shop.x)"),
        ("protobuf-json-type-changed", "M.(shop.x)"),
    }


def test_a_moved_package_moves_services_and_leaves_bytes_alone() -> None:
    text = 'syntax = "proto3"; package %s; message M { int32 a = 1; } service S { rpc Get(M) returns (M); }'

    old, new = text % "shop.v1", text % "shop.v2"

    assert rules(judged(old, new).backward) == {"method-removed", "message-renamed"}
    assert judged(message("int32 a = 1;"), message("int32 a = 1;").replace("shop", "store")).backward.status is (
        Status.COMPATIBLE
    )


def test_where_messages_travel_in_an_any_a_name_that_is_gone_fails() -> None:
    head = 'syntax = "proto3"; import "google/protobuf/any.proto"; '
    envelope = "message Envelope { google.protobuf.Any event = 1; } "
    old, new = head + envelope + "message Placed { int32 id = 1; }", head + envelope

    (finding,) = judged(old, new).backward.findings

    assert (finding.rule, finding.effect) == ("protobuf-message-removed", Effect.FAILS)
    assert finding.witness is not None
    assert "Can not find message descriptor" in finding.witness.answer


CALL = "message Q {{ string a = 1; }} message A {{ {answer} }} service S {{ rpc Get(Q) returns (A); }}"


def test_the_answer_of_a_service_is_read_by_old_clients() -> None:
    """Backward is the new server with old clients: what it answers must be read by the old version."""
    old, new = (PROTO3 + CALL.format(answer=answer) for answer in ("int32 n = 1;", "int64 n = 1;"))

    (finding,) = judged(old, new, BINARY).backward.findings

    assert finding.path == "S.Get response A.n"
    assert finding.message.startswith("old reads field 1")
    assert finding.witness is not None
    assert finding.witness.answer.startswith("read n: -1")
    assert (finding.old, finding.new) != (None, None)


def test_a_call_that_nobody_answers_is_asked_of_the_newer_version_only() -> None:
    old = PROTO3 + "message M { } service S { rpc Get(M) returns (M); rpc Put(M) returns (M); }"
    new = PROTO3 + "message M { } service S { rpc Get(M) returns (M); }"

    assert rules(judged(old, new).backward) == {"method-removed"}
    assert rules(judged(new, old).forward) == set()


def test_a_reservation_is_asked_of_the_newer_version_only() -> None:
    verdict = judged(message("int32 a = 1;"), message("int32 a = 1; int32 b = 2;"), BINARY)

    assert verdict.findings == ()


def test_reserving_the_number_and_the_name_of_what_is_gone_leaves_nothing_to_say() -> None:
    old, new = message("int32 a = 1; int32 b = 2;"), message('reserved 2; reserved "b"; int32 a = 1;')

    assert judged(old, new, BINARY).findings == ()
    assert (
        judged(old, new.replace('reserved "b"; ', ""))
        .backward.findings[0]
        .message.endswith("'b' of M can be reused for something else")
    )


def test_generated_code_is_judged_where_a_contract_asks_for_it() -> None:
    old, new = message("int32 a = 1; oneof o { int32 x = 2; }"), message("int64 a = 1; int32 x = 2;")

    assert judged(old, new, BINARY).backward.status is Status.COMPATIBLE
    assert {f.path for f in judged(old, new, SOURCE).backward.findings} == {"M.a", "M.x", "M.o"}
    assert judged(old, new, SOURCE).forward.findings == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("message M {} service S { rpc A(M) returns (M); }", "message M {} service S { rpc A(stream M) returns (M); }"),
        ("message M {} service S { rpc A(M) returns (M); }", "message M {} service S { rpc A(M) returns (stream M); }"),
        ("message M { optional int64 a = 1; }", "message M { optional int64 a = 1 [jstype = JS_STRING]; }"),
        ("message M { optional bytes a = 1; }", "message M { optional bytes a = 1 [ctype = CORD]; }"),
        ("message M { extensions 9; } extend M { optional int32 a = 9; }", "message M { optional int32 a = 9; }"),
    ],
    ids=["requests streamed", "responses streamed", "jstype", "ctype", "an extension that becomes a field"],
)
def test_what_is_generated_otherwise_changes_source(old: str, new: str) -> None:
    assert judged(PROTO2 + old, PROTO2 + new, SOURCE).backward.status is Status.INCOMPATIBLE
    assert judged(PROTO2 + old, PROTO2 + new, SOURCE).forward.findings == ()


def test_a_type_that_is_not_given_is_never_called_compatible() -> None:
    old = 'syntax = "proto3"; import "other.proto"; message M { other.T t = 1; int32 a = 2; }'

    same, worse = (judged(old, old.replace("int32 a = 2;", kind)) for kind in ("int64 a = 2;", "string a = 2;"))

    assert same.backward.status is Status.UNKNOWN
    assert same.backward.reasons == (
        "M.t: 'other.T' is not defined in the given files: give 'other.proto', which they import, beside them",
    )
    assert worse.backward.status is Status.INCOMPATIBLE


def test_a_type_that_an_unchanged_import_lacks_is_never_called_compatible() -> None:
    middle = File("middle.proto", PROTO3 + 'import "far.proto"; message Middle { Far far = 1; }')
    old, new = (
        Source((File("m.proto", f'{PROTO3} import "middle.proto"; message M {{ Middle m = 1; {more} }}'),), (middle,))
        for more in ("", "int32 a = 2;")
    )

    answer = compare_sources(old, new, "protobuf", Terms(policy=BINARY)).backward

    assert answer.status is Status.UNKNOWN
    assert "'Far' is not defined" in answer.reasons[0]


def test_of_several_missing_files_the_one_in_the_type_s_own_package_is_asked_for() -> None:
    old = (
        'syntax = "proto3"; import "google/api/annotations.proto"; import "google/type/date.proto"; '
        "message M { google.type.Date day = 1; int32 a = 2; }"
    )

    (reason,) = judged(old, old.replace("int32", "int64")).backward.reasons

    assert reason.endswith("give 'google/type/date.proto', which they import, beside them")


def test_options_of_a_file_that_is_not_given_are_no_trouble() -> None:
    old = (
        'syntax = "proto3"; import "rules.proto"; option (file) = {a: [1, 2]}; '
        'message M { int32 a = 1 [(min) = 2, deprecated = true, (max).x = "]"]; }'
    )

    verdict = judged(old, old.replace("int32", "int64"))

    assert verdict.backward.status is Status.COMPATIBLE


def test_a_message_that_holds_itself_is_judged_once() -> None:
    old, new = "A a = 1; message A { M m = 1; int32 x = 2; }", "B a = 1; message B { M m = 1; uint32 x = 2; }"

    assert {f.path for f in judged(message(old), message(new), BINARY).backward.findings} == {"M.a", "M.a.x"}


def test_old_texts_of_many_files_and_new_ones_are_one_version_each() -> None:
    from contractctl.compatibility import Terms, compare_sources
    from contractctl.model.contract import File, Source

    def version(kind: str) -> Source:
        a = 'syntax = "proto3"; package acme.v1; import "acme/v1/b.proto"; message A { B b = 1; }'
        b = f'syntax = "proto3"; package acme.v1; message B {{ {kind} x = 1; }}'
        return Source((File("proto/acme/v1/a.proto", a), File("proto/acme/v1/b.proto", b)), folder="proto")

    verdict = compare_sources(version("int32"), version("uint32"), "protobuf", Terms(policy=BINARY))

    (finding,) = verdict.backward.findings
    assert (finding.path, finding.new and finding.new.file) == ("B.x", "proto/acme/v1/b.proto")
