"""What is read, and what is refused in one clear sentence? Texts, descriptor sets, and what only looks like them."""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, json_format
from protobuf_schemas import read

from contractctl import caches
from contractctl.compatibility import compare
from contractctl.errors import ContractctlError
from contractctl.formats.protobuf.compiling import protoc
from contractctl.formats.protobuf.schema import parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Status

HEAD = 'syntax = "proto3"; '


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(caches.VARIABLE, str(tmp_path / "cache"))


def refusal(*files: File | str) -> str:
    named = tuple(one if isinstance(one, File) else File("a.proto", one) for one in files)
    with pytest.raises(ContractctlError) as caught:
        parse(Source(named))
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value.message


def test_protoc_s_complaint_names_file_line_and_column() -> None:
    assert refusal(HEAD + "\nmessage M {\n  int32 a = 1\n}") == 'a.proto:4:1: protoc: Expected ";".'


def test_columns_are_counted_as_editors_count_them() -> None:
    """What protoc counts are bytes, and a tab as far as the next eighth column."""
    assert refusal(HEAD + "\n\tmessage M { /* é */ Nowhere a = 1; }").startswith("a.proto:2:22: ")


def test_what_is_defined_nowhere_is_refused_where_nothing_is_missing() -> None:
    assert refusal(HEAD + "message M { Nowhere a = 1; }") == 'a.proto:1:32: protoc: "Nowhere" is not defined.'


def test_further_complaints_are_counted() -> None:
    said = refusal(HEAD + "message M { X a = 1; Y b = 2; Z c = 3; }")

    assert said.endswith("(and 2 more)")


@pytest.mark.parametrize("turn", [1, -1])
def test_what_a_file_with_a_missing_import_defines_is_known_to_those_that_import_it(turn: int) -> None:
    """A monorepo of buf's without its dependencies: three files, one upon the other, and the first lacks a type."""
    money = HEAD + 'package shop; import "google/type/date.proto"; message Money { google.type.Date day = 1; }'
    order = HEAD + 'package shop; import "shop/money.proto"; message Order { Money total = 1; }'
    invoice = HEAD + 'package billing; import "shop/order.proto"; message Invoice { shop.Order order = 1; }'
    files = (File("shop/money.proto", money), File("shop/order.proto", order), File("billing/invoice.proto", invoice))

    schema = parse(Source(files[::turn]))

    assert {"shop.Money", "shop.Order", "billing.Invoice"} <= set(schema.names.messages)


@pytest.mark.parametrize("turn", [1, -1])
def test_what_a_missing_file_made_known_of_a_given_one_is_not_made_up(turn: int) -> None:
    uses = HEAD + 'package a; import "gone.proto"; message F { b.T t = 1; gone.X x = 2; }'
    files = (File("f.proto", uses), File("h.proto", HEAD + "package b; message T { int32 a = 1; }"))

    schema = parse(Source(files[::turn]))

    assert {"a.F", "b.T"} <= set(schema.names.messages)
    assert set(schema.missing) == {"gone.X"}


def test_a_release_finds_its_files_although_the_folders_above_all_of_them_are_gone() -> None:
    """Custom options are read where what defines them is found: nothing is missing there."""
    define = (
        HEAD
        + 'package acme.opt.v1; import "google/protobuf/descriptor.proto"; '
        + ("extend google.protobuf.FieldOptions { string pii = 50001; }")
    )
    uses = (
        HEAD
        + 'package acme.shop.v1; import "acme/opt/v1/opt.proto"; '
        + ('message Order { string id = 1 [(acme.opt.v1.pii) = "yes"]; }')
    )
    files = {"shop/v1/shop.proto": uses, "opt/v1/opt.proto": define}

    kept, frozen = (
        parse(Source(tuple(File(f"{above}/{name}", text) for name, text in files.items()), folder=above))
        for above in ("proto/acme", "contracts/shop/api/versions/1.0.0")
    )

    assert list(kept.custom_options) == ["acme.shop.v1.Order.id"]
    assert frozen.custom_options == kept.custom_options


@pytest.mark.parametrize("way", ["../../etc/passwd", "/etc/passwd", "a/../../b.proto"])
def test_no_import_leads_out_of_the_given_files(way: str) -> None:
    assert refusal(HEAD + f'import "{way}";') == f'a.proto:1:20: import "{way}" leads outside the given files'


@pytest.mark.parametrize("name", ["@/etc/passwd", "-I/a.proto", "a\nb.proto", "a\\b.proto"])
def test_a_name_that_protoc_would_take_for_something_else_is_refused(name: str) -> None:
    assert "is not a name for a .proto file" in refusal(File(name, HEAD))


def test_imports_in_a_ring_are_refused() -> None:
    a, b = File("a.proto", HEAD + 'import "b.proto";'), File("b.proto", HEAD + 'import "a.proto";')

    assert "recursively imports itself" in refusal(a, b)


def test_deep_nesting_is_refused_before_protoc_falls_over_it() -> None:
    groups = "optional group A = 1 {" * 50_000 + "}" * 50_000

    assert refusal(f'syntax = "proto2"; message M {{ {groups} }}') == "a.proto: nested 50001 levels deep"


def test_a_complaint_without_end_is_cut_short() -> None:
    overlaps = ", ".join("1 to 100" for _ in range(5_000))
    begin = time.perf_counter()

    assert "overlaps with already-defined range" in refusal(HEAD + f"message M {{ reserved {overlaps}; }}")
    assert time.perf_counter() - begin < 10


def test_a_protoc_that_crashed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contractctl.formats.protobuf.compiling.compiler._MOST_LEVELS", 10**6)
    groups = "optional group A = 1 {" * 20_000 + "}" * 20_000

    assert "protoc failed on it: it crashed" in refusal(f'syntax = "proto2"; message M {{ {groups} }}')
    assert read(HEAD + "message M { int32 a = 1; }").message("M").by_name["a"].number == 1


def test_a_hundred_thousand_symbols_are_read_and_judged() -> None:
    old, new = (
        HEAD
        + "enum E { Z = 0; "
        + "".join(f"S{n} = {n};" for n in range(1, 100_000 + more))
        + " } message M { E e = 1; }"
        for more in (0, 1)
    )

    verdict = compare(old, new, format="protobuf")

    assert verdict.backward.status is Status.COMPATIBLE
    assert verdict.forward.status is Status.INCOMPATIBLE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "message M { int32 a = 0; }", "Field numbers must be positive integers"),
        (HEAD + "message M { int32 a = 536870912; }", "Field numbers cannot be greater than 536870911"),
        (HEAD + "message M { int32 a = 99999999999999999999; }", "Integer out of range"),
        (HEAD + "message M { int32 a = 2; reserved 1 to 3; }", "uses reserved number 2"),
        (HEAD + "enum E { A = 2147483648; }", "Integer out of range"),
        (HEAD + "enum E { A = 1; }", "must be zero"),
        (HEAD + "message M { int32 a = 1; int32 a = 2; }", "already defined"),
        ('edition = "2999"; message M { }', "edition"),
        ("\x00", "FileDescriptorSet"),
        ("{", "FileDescriptorSet in JSON"),
        ('{"file": []}', "there is no file"),
        ("this is not a schema", "protoc"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, said: str) -> None:
    assert said.lower() in refusal(File("old", text)).lower()


def test_a_byte_order_mark_and_crlf_are_no_trouble() -> None:
    schema = read("\ufeff" + HEAD + "\r\nmessage M {\r\n  int32 a = 1;\r\n}\r\n")

    assert schema.locate(schema.message("M").by_name["a"].at) == ("schema.proto", 3, 3)


def test_an_empty_file_is_a_schema_without_messages() -> None:
    assert dict(read("").names.messages) == {}


def test_bytes_that_are_no_text_are_refused_with_their_place() -> None:
    said = refusal(File.of("a.proto", b'syntax = "proto3";\n// \xff\n'))

    assert said == "a.proto:2: byte 0xff at offset 22 is not UTF-8"


def test_beside_proto_files_other_files_are_passed_over() -> None:
    readme = File("proto/README.md", "# read me")

    schema = parse(Source((File("proto/a.proto", HEAD + "message M { }"), readme), folder="proto"))

    assert list(schema.names.messages) == ["M"]


def descriptors(text: str, **names: str) -> descriptor_pb2.FileDescriptorSet:
    found = descriptor_pb2.FileDescriptorSet()
    files = [File("a.proto", text), *(File(f"{name}.proto", other) for name, other in names.items())]
    found.file.extend(parse(Source(tuple(files))).files)
    return found


def test_a_descriptor_set_is_judged_as_its_texts_are() -> None:
    old, new = (descriptors(HEAD + f"message M {{ {kind} a = 1; }}") for kind in ("int32", "uint32"))

    binary = compare(old.SerializeToString(), new.SerializeToString(), format="protobuf")
    as_json = compare(json_format.MessageToJson(old), json_format.MessageToJson(new), format="protobuf")

    assert [f.rule for f in binary.findings] == [f.rule for f in as_json.findings]
    assert {f.rule for f in binary.findings} == {"protobuf-type-changed", "protobuf-json-type-changed"}


def test_a_descriptor_set_may_leave_out_what_every_runtime_has() -> None:
    found = descriptors(
        HEAD + 'import "google/protobuf/timestamp.proto"; message M { google.protobuf.Timestamp t = 1; }'
    )
    del found.file[0]

    assert found.file[0].name == "a.proto"
    assert list(parse(Source((File.of("set.binpb", found.SerializeToString()),))).names.messages) == ["M"]


def test_a_descriptor_set_that_was_cut_short_is_refused_or_holds_together() -> None:
    whole = descriptors(HEAD + "message M { int32 a = 1; M m = 2; enum E { Z = 0; } }").SerializeToString()
    for length in range(1, len(whole)):
        with suppress(ContractctlError):
            assert set(parse(Source((File.of("set.binpb", whole[:length]),))).names.messages) <= {"M"}


def test_random_bytes_are_refused() -> None:
    for seed in range(200):
        content = bytes((seed * 7 + n * n * 31) % 256 for n in range(64))
        assert "set.binpb" in refusal(File.of("set.binpb", b"\x00" + content))


def test_a_type_that_dangles_is_named() -> None:
    found = descriptors(HEAD + "message M { N n = 1; } message N { }")
    del found.file[0].message_type[1]

    assert "N" in refusal(File.of("set.binpb", found.SerializeToString()))


def test_an_import_that_is_not_in_the_set_is_named() -> None:
    found = descriptors(HEAD + 'import "b.proto"; message M { N n = 1; }', b=HEAD + "message N { }")
    del found.file[0]

    assert refusal(File.of("set.binpb", found.SerializeToString())) == (
        "set.binpb: 'b.proto' is imported but not in the set"
    )


def test_imports_in_a_ring_inside_a_set_are_refused() -> None:
    found = descriptors(HEAD + 'import "b.proto"; message M { }', b=HEAD + "message N { }")
    found.file[0].dependency.append("a.proto")

    assert "imports form a cycle" in refusal(File.of("set.binpb", found.SerializeToString()))


def test_what_was_compiled_once_is_read_from_the_cache_and_a_broken_one_is_made_anew(tmp_path: Path) -> None:
    text = HEAD + "message M { int32 a = 1; }"
    read(text)
    (kept,) = (tmp_path / "cache" / "protobuf").iterdir()
    whole = kept.read_bytes()

    for broken in (b"", whole[:-1], b"\x00" * len(whole)):
        kept.write_bytes(broken)
        assert list(read(text).names.messages) == ["M"]
        assert kept.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(caches.VARIABLE, str(tmp_path / "file" / "below"))

    assert list(read(HEAD + "message M { }").names.messages) == ["M"]


def test_protoc_ends_with_whoever_started_it() -> None:
    program = (
        "import os; from contractctl.formats.protobuf import parse; from contractctl.model.contract import *\n"
        "from contractctl.formats.protobuf.compiling import protoc\n"
        "parse(Source((File('a.proto', 'message M { }'),)))\n"
        "print(protoc._runner(os.getpid())._process.pid)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, caches.VARIABLE: caches.OFF},
    )

    assert done.stderr == ""
    assert not Path(f"/proc/{done.stdout.strip()}").exists()


def test_the_version_of_protoc_is_part_of_what_a_compilation_is_known_by() -> None:
    assert json.dumps(protoc.version()) != '""'
