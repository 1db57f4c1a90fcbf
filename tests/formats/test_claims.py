"""Is a file's format told by its ending, and by what it says where many formats share an ending?"""

import json

import pytest

from contractctl.errors import ContractctlError
from contractctl.formats.claims import claimed, demand_schema, format_of, may_be_claimed, unjudged
from contractctl.model.contract import File

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SELF_DESCRIBING = "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#"
DESCRIPTORS = json.dumps({"file": [{"name": "shop/order.proto", "messageType": [{"name": "Order"}]}]})


def claim(name: str, text: str = "") -> str | None:
    return claimed(File(name, text))


@pytest.mark.parametrize(
    ("name", "format_name"),
    [("a.avsc", "avro"), ("A.AVPR", "avro"), ("x/a.sql", "sql"), ("a.txt", None), ("sql", None)],
)
def test_an_ending_tells(name: str, format_name: str | None) -> None:
    assert claim(name) == format_name
    assert may_be_claimed(name) == (format_name is not None)


@pytest.mark.parametrize("name", ["a.proto", "a.binpb", "a.pb", "a.desc", "a.fds", "a.protoset"])
def test_an_ending_tells_of_protobuf(name: str) -> None:
    assert claim(name) == "protobuf"


def test_a_descriptor_set_in_json_is_told_by_its_files() -> None:
    assert claim("image.json", DESCRIPTORS) == "protobuf"
    assert claim("data.json", '{"file": ["a.proto"]}') is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.schema.json", ""),
        ("a.schema.yml", "anything"),
        ("a.json", json.dumps({"$schema": DRAFT})),
        ("a.json", "\ufeff" + json.dumps({"title": "x", "$schema": "http://json-schema.org/draft-04/schema#"})),
        ("a.json", json.dumps({"$schema": SELF_DESCRIBING, "type": "object"})),
        ("a.json", '{\n  "$schema": "%s",\n  broken' % DRAFT),  # noqa: UP031 - braces everywhere
        ("a.yaml", f"title: x\n$schema: {DRAFT}\n"),
        ("a.yaml", f"\ufeff$schema: {DRAFT}\n"),
        ("a.yml", f'"$schema": "{DRAFT}"\n'),
        ("a.yaml", json.dumps({"$schema": DRAFT})),
        ("a.yaml", json.dumps({"$schema": DRAFT}, indent=2)),
        ("a.json", '{\n  "title": "x",\n  "$schema": "%s",' % DRAFT),  # noqa: UP031 - braces everywhere
    ],
)
def test_a_json_schema_is_told_by_its_draft(name: str, text: str) -> None:
    assert claim(name, text) == "json-schema"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", '{"$schema": "https://json.schemastore.org/package.json", "type": "module"}'),
        ("data.json", json.dumps({"schema": {"$schema": DRAFT}})),
        ("data.json", json.dumps([{"$schema": DRAFT}])),
        ("config.yaml", f"nested:\n  $schema: {DRAFT}\n"),
        ("config.yaml", "nested:\n  - $schema: https://json-schema.org/draft/2020-12/schema\n"),
        ("a.json", "[" * 100_000),
        ("a.json", ""),
    ],
)
def test_a_document_that_is_no_schema_is_claimed_by_nobody(name: str, text: str) -> None:
    assert claim(name, text) is None


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("api.yaml", "openapi: 3.1.0\ninfo: {}\n", True),
        ("api.yml", "info: {}\n\"openapi\": '3.0.3'\n", True),
        ("api.yaml", "\ufeffopenapi: 3.0.3\ninfo: {}\n", True),
        ("api.yaml", '{"openapi": "3.0.3"}', True),
        ("api.json", '{"info": {"title": "x"}, "openapi": "3.0.3"}', True),
        ("api.json", '{\n  "openapi": "3.1.0",\n  broken', True),
        ("config.yaml", "tools:\n  - openapi: 3.1.0\n", False),
        ("config.json", '{"openapi": {"folder": "api"}}', False),
        ("config.json", '{\n  "tools": {\n    "openapi": "3.1.0"\n  }\n}', False),
        ("pages.yaml", "openapi: enabled\n", False),
    ],
)
def test_an_openapi_document_is_told_by_its_version_at_the_top(name: str, text: str, is_one: bool) -> None:
    assert claim(name, text) == ("openapi" if is_one else None)


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("events.yaml", "asyncapi: 3.0.0\ninfo: {}\n", True),
        ("events.yml", "info: {}\n\"asyncapi\": '2.6.0'\n", True),
        ("events.json", '{"info": {}, "asyncapi": "3.0.0"}', True),
        ("events.json", '{\n  "asyncapi": "2.0.0",\n  broken', True),
        ("config.json", '{"asyncapi": {"folder": "api"}}', False),
        ("pages.yaml", "asyncapi: enabled\n", False),
    ],
)
def test_an_asyncapi_document_is_told_by_its_version_at_the_top(name: str, text: str, is_one: bool) -> None:
    assert claim(name, text) == ("asyncapi" if is_one else None)


@pytest.mark.parametrize("indent", [None, 2])
def test_what_says_that_it_is_an_api_is_one_though_it_names_a_draft(indent: int | None) -> None:
    assert claim("a.json", json.dumps({"$schema": DRAFT, "openapi": "3.1.0"}, indent=indent)) == "openapi"
    assert claim("a.yaml", f"$schema: {DRAFT}\nopenapi: 3.1.0\n") == "openapi"


@pytest.mark.parametrize(
    ("name", "text", "said", "hint"),
    [
        ("a.txt", "", "a.txt: no format claims this file", "known endings: .avpr, .avsc"),
        ("a.json", "{}", "a.json: no format claims this file: it has no \\$schema", "--as json-schema"),
    ],
)
def test_a_file_that_nobody_claims_gets_a_sentence(name: str, text: str, said: str, hint: str) -> None:
    with pytest.raises(ContractctlError, match=said) as error:
        format_of(File(name, text))
    assert hint in str(error.value.hint)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"info": {}, "asyncapi": "3.0.0"}'),
        ("a.json", '{"openapi": "3.1.0", "paths": {}}'),
        ("a.yaml", 'info: {}\nswagger: "2.0"\n'),
        ("a.yaml", "asyncapi: 3.0.0\n"),
    ],
)
def test_a_document_of_an_api_is_never_taken_for_a_schema_that_allows_everything(name: str, text: str) -> None:
    with pytest.raises(ContractctlError, match="document, not a JSON Schema"):
        demand_schema(File(name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"type": "object", "openapi": "3.1.0"}'),
        ("a.json", '{"properties": {"openapi": {"type": "string"}}}'),
        ("a.yaml", "type: object\nproperties:\n  asyncapi: {type: string}\n"),
    ],
)
def test_a_schema_may_speak_of_one(name: str, text: str) -> None:
    demand_schema(File(name, text))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"schema": '{"type": "string"}'}, "avro"),
        ({"schema": '{"type": "string"}', "subject": "orders-value", "id": 7, "version": 1}, "avro"),
        ({"schema": '{"type": "string"}', "schemaType": "JSON", "references": []}, "json-schema"),
        ({"schema": "message M {}", "schemaType": "PROTOBUF"}, "protobuf"),
        ({"schema": "public"}, None),
        ({"schema": {"type": "string"}}, None),
        ({"schema": '{"type": "string"}', "host": "localhost"}, None),
        ({"schema": '{"type": "string"}', "schemaType": "CSV"}, None),
    ],
)
def test_what_a_registry_has_around_a_schema_is_told_from_other_json(value: object, kind: str | None) -> None:
    found = unjudged(File("a.json", json.dumps(value)))

    assert (found.format if found else None) == kind


def test_what_a_registry_has_around_a_schema_is_never_taken_for_a_schema_that_allows_everything() -> None:
    with pytest.raises(ContractctlError, match="Schema Registry's JSON around a JSON Schema, not a JSON Schema"):
        demand_schema(File("a.json", json.dumps({"schema": "{}", "schemaType": "JSON"})))


def test_a_file_in_another_encoding_is_told_so() -> None:
    with pytest.raises(ContractctlError, match=r"a\.json: byte 0 is not UTF-8"):
        format_of(File.of("a.json", "{}".encode("utf-16")))
