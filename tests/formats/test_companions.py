"""Are the other files that a schema needs found, the nearest of several, and none outside?"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from contractctl.errors import ContractctlError
from contractctl.formats.companions import Near, companions, marks
from contractctl.loose import completed, in_work_tree
from contractctl.model.contract import File


def near(files: Mapping[str, str]) -> Near:
    return Near(lambda path: files[path].encode() if path in files else None, lambda: list(files))


def found(format_name: str, main: str, files: Mapping[str, str]) -> list[str]:
    around = near(files)
    file = around.read(main)
    assert file is not None
    return [one.name for one in companions(format_name, file, around)]


def record(name: str, *types: object, namespace: str = "shop") -> str:
    fields = [{"name": f"f{number}", "type": type_} for number, type_ in enumerate(types)]
    return json.dumps({"type": "record", "name": name, "namespace": namespace, "fields": fields})


@pytest.mark.parametrize(
    "type_",
    [
        "shop.Address",
        "Address",
        ["null", "Address"],
        {"type": "array", "items": "Address"},
        {"type": "map", "values": ["null", "shop.Address"]},
        {"type": "Address"},
    ],
)
def test_a_named_type_is_found_wherever_it_is_named(type_: object) -> None:
    files = {"a/order.avsc": record("Order", type_), "b/types.avsc": f"[{record('Address')}]", "b/x.avsc": record("X")}

    assert found("avro", "a/order.avsc", files) == ["b/types.avsc"]


def test_types_that_a_companion_needs_are_found_in_turn() -> None:
    files = {"order.avsc": record("Order", "A"), "a.avsc": record("A", "B"), "b.avsc": record("B", "Order")}

    assert found("avro", "order.avsc", files) == ["a.avsc", "b.avsc"]


def test_types_of_another_namespace_are_others() -> None:
    files = {"order.avsc": record("Order", "Address"), "address.avsc": record("Address", namespace="billing")}

    assert found("avro", "order.avsc", files) == []


def test_the_nearest_of_several_definitions_is_taken() -> None:
    files = {
        "v1/order.avsc": record("Order", "Address"),
        "v1/common/address.avsc": record("Address", "int"),
        "v2/common/address.avsc": record("Address", "long"),
    }

    assert found("avro", "v1/order.avsc", files) == ["v1/common/address.avsc"]


def test_two_definitions_that_are_equally_near_are_no_guess() -> None:
    files = {
        "order.avsc": record("Order", "Address"),
        "a/address.avsc": record("Address", "int"),
        "b/address.avsc": record("Address", "long"),
    }

    with pytest.raises(ContractctlError, match=r"'shop.Address' is defined in a/address\.avsc and in b/address\.avsc"):
        found("avro", "order.avsc", files)
    assert found("avro", "order.avsc", {**files, "b/address.avsc": files["a/address.avsc"]}) == ["a/address.avsc"]


def test_a_file_that_defines_again_what_is_there_is_not_taken() -> None:
    old = f"[{record('Address')}, {record('Order', 'Address')}]"
    files = {"old.avsc": old, "new.avsc": record("Order", "Address"), "far/address.avsc": record("Address")}

    assert found("avro", "new.avsc", files) == ["far/address.avsc"]


def test_a_protocol_refers_to_types_in_its_messages() -> None:
    protocol = {
        "protocol": "Shop",
        "namespace": "shop",
        "types": [json.loads(record("Order", "Address"))],
        "messages": {
            "place": {
                "request": [{"name": "order", "type": "Order"}],
                "response": "Receipt",
                "errors": ["Refused"],
            }
        },
    }
    names = ("Address", "Receipt", "Refused")
    files = {"shop.avpr": json.dumps(protocol), **{f"{name}.avsc": record(name) for name in names}}

    assert found("avro", "shop.avpr", files) == ["Address.avsc", "Receipt.avsc", "Refused.avsc"]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"type": 1}', '{"type": {"type": "record"}}', "\ufeff17"])
def test_what_is_no_avro_schema_needs_nothing(text: str) -> None:
    assert found("avro", "a.avsc", {"a.avsc": text}) == []


def test_imports_are_paths_from_a_folder_above() -> None:
    files = {
        "proto/shop/v1/order.proto": 'import public "shop/v1/money.proto";\nimport "google/protobuf/timestamp.proto";',
        "proto/shop/v1/money.proto": "import 'common/currency.proto';",
        "third_party/common/currency.proto": "",
        "third_party/google/protobuf/timestamp.proto": "",
        "proto/other.proto": "",
    }

    assert found("protobuf", "proto/shop/v1/order.proto", files) == [
        "proto/shop/v1/money.proto",
        "third_party/common/currency.proto",
    ]


def test_references_are_paths_from_the_file_or_an_id() -> None:
    files = {
        "a/order.schema.json": json.dumps(
            {
                "$id": "https://shop.example/schemas/order",
                "properties": {
                    "own": {"$ref": "#/$defs/x"},
                    "path": {"$ref": "../common/money.yaml#/$defs/amount"},
                    "id": {"$ref": "address"},
                    "absolute": {"$ref": "https://other.example/country.json#"},
                    "far": {"$ref": "https://nowhere.example/x.json"},
                    "up": {"$ref": "../../../etc/passwd"},
                },
            }
        ),
        "common/money.yaml": "$defs:\n  amount:\n    $ref: './currency%20codes.yaml#/x'\n",
        "common/currency codes.yaml": "$id: https://other.example/codes\n",
        "b/address.schema.json": '{"$id": "https://shop.example/schemas/address", "id": "x"}',
        "b/country.json": '{"id": "https://other.example/country.json#"}',
        "b/unrelated.json": '{"$id": "https://shop.example/other/address"}',
    }

    assert found("json-schema", "a/order.schema.json", files) == [
        "b/address.schema.json",
        "b/country.json",
        "common/currency codes.yaml",
        "common/money.yaml",
    ]


def test_references_in_a_ring_come_to_an_end() -> None:
    files = {"a.json": '{"$ref": "b.json"}', "b.json": '{"$ref": "a.json"}'}

    assert found("json-schema", "a.json", files) == ["b.json"]


@pytest.mark.parametrize("reference", ["http://[", "//", "%", "\\u0000", "a\\nb", "file:///etc/passwd", "x" * 5000])
def test_an_odd_reference_leads_nowhere(reference: str, tmp_path: Path) -> None:
    file = File("a.json", '{"$ref": "%s"}' % reference)  # noqa: UP031 - braces everywhere

    assert completed(file, "json-schema", in_work_tree(tmp_path, list)).companions == ()


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.json").write_text("{}")
    (inside / "link.json").symlink_to("../secret.json")
    (inside / "loop.json").symlink_to("loop.json")
    around = in_work_tree(inside, list)

    assert [around.read(str(inside / name)) for name in ("link.json", "loop.json", "../secret.json")] == [None] * 3


def test_marks_stand_in_every_text_that_is_judged_with_a_file() -> None:
    address = File("common/address.avsc", record("Address"))
    money = File("common/money.json", '{"$id": "https://shop.example/schemas/money/"}')

    assert any(mark in record("Order", "shop.Address") for mark in marks("avro", address))
    assert marks("json-schema", money) == {"money.json", "money"}
    assert marks("protobuf", File("a.proto", "")) == marks("sql", File("a.sql", "")) == frozenset()


def test_the_files_of_an_openapi_document_are_found_by_their_paths_and_none_outside() -> None:
    files = {
        "api/shop.yaml": "a: {$ref: 'parts/order.yaml#/Order'}\nb: {$ref: '#/c'}\nd: {$ref: 'https://x.example/y.yaml'}",
        "api/parts/order.yaml": "Order: {$ref: ../common.json}",
        "api/common.json": "{}",
        "api/other.yaml": "{}",
    }

    assert found("openapi", "api/shop.yaml", files) == ["api/common.json", "api/parts/order.yaml"]
