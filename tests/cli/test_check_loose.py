"""Does check judge files that no store keeps together with those that they need, then and now?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run

Git = Callable[..., str]


def put(path: Path, name: str, *types: Any, symbols: list[str] | None = None) -> None:
    fields = [{"name": f"f{number}", "type": type_} for number, type_ in enumerate(types)]
    kind = {"type": "enum", "symbols": symbols} if symbols else {"type": "record", "fields": fields}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": name, "namespace": "shop", **kind}))


@pytest.fixture
def shop(tmp_path: Path, git: Git) -> Path:
    """Order needs Address needs Country, each in a file of its own, committed on main."""
    put(tmp_path / "schemas/order.avsc", "Order", "long", "Address")
    put(tmp_path / "schemas/common/Address.avsc", "Address", "string", "Country")
    put(tmp_path / "schemas/common/country.avsc", "Country", symbols=["NL", "DE"])
    put(tmp_path / "schemas/other.avsc", "Other", "string")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    return tmp_path


def judged(done: Any) -> dict[str, str]:
    pairs = json.loads(done.stdout)["pairs"]
    return {pair["contract"]: pair["backward"] for pair in pairs}


def test_two_files_are_read_with_those_that_they_need(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/next.avsc", "Order", "int", "Address")

    done = contractctl("check", "schemas/order.avsc", "schemas/next.avsc", code=1)
    assert "Order.f0" in done.stdout
    assert "Address" not in done.stdout


def test_what_lies_beside_a_file_is_read_with_it_where_there_is_no_git(tmp_path: Path, contractctl: Run) -> None:
    for folder, symbols in (("old", '["A", "B"]'), ("new", '["A"]')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "e.avsc").write_text(f'{{"type": "enum", "name": "E", "symbols": {symbols}}}')
        (tmp_path / folder / "r.avsc").write_text(
            '{"type": "record", "name": "R", "fields": [{"name": "e", "type": "E"}]}'
        )

    assert "'B' of E" in contractctl("check", "old/r.avsc", "new/r.avsc", code=1).stdout


def test_two_folders_are_two_versions_whatever_else_lies_in_them(shop: Path, contractctl: Run) -> None:
    for folder in ("v1", "v2"):
        put(shop / folder / "order.avsc", "Order", "Address")
        put(shop / folder / "parts/address.avsc", "Address", "string" if folder == "v1" else "int")
        (shop / folder / "README.md").write_text("# words")
        (shop / folder / "data.json").write_text("{}")

    done = contractctl("check", "v1", "v2", code=1)
    assert "Order.f0.f0" in done.stdout


def test_a_folder_of_two_formats_has_to_be_told(shop: Path, contractctl: Run) -> None:
    (shop / "schemas/orders.sql").write_text("CREATE TABLE t (a int);")

    assert "avro, sql" in contractctl("check", "schemas", "schemas", code=2).stderr
    contractctl("check", "schemas", "schemas", "--as", "sql")


def test_what_needs_a_changed_file_is_judged_with_it(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/common/country.avsc", "Country", symbols=["NL"])

    everything = judged(contractctl("check", "--against", "main", "--format", "json", code=1))
    assert everything == dict.fromkeys(
        ("schemas/common/country.avsc", "schemas/common/Address.avsc", "schemas/order.avsc"), "incompatible"
    )
    asked = judged(contractctl("check", "--against", "main", "schemas/*.avsc", "--format", "json", code=1))
    assert asked == {"schemas/order.avsc": "incompatible"}


def test_a_type_that_moves_to_another_file_changes_nothing(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/common/country.avsc", "Land", symbols=["NL", "DE"])
    put(shop / "schemas/lands/Country.avsc", "Country", symbols=["NL", "DE"])

    found = judged(contractctl("check", "--against", "main", "schemas/*.avsc", "--format", "json"))
    assert found == {"schemas/order.avsc": "compatible"}


def test_it_is_the_same_from_a_folder_below(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/common/country.avsc", "Country", symbols=["NL"])

    done = contractctl("check", "--against", "main", "--format", "json", cwd=shop / "schemas/common", code=1)
    assert len(judged(done)) == 3


def test_a_schema_that_is_gone_is_told_even_beside_a_store(shop: Path, contractctl: Run) -> None:
    (shop / "contracts/shop/x").mkdir(parents=True)
    (shop / "contracts/shop/x/contract.toml").write_text('format = "avro"\n')
    (shop / "schemas/other.avsc").unlink()

    assert "contract-deleted" in contractctl("check", "--against", "main", code=1).stdout


def test_a_format_that_is_told_is_believed(tmp_path: Path, contractctl: Run) -> None:
    (tmp_path / "old.txt").write_text('"int"')
    (tmp_path / "new.txt").write_text('"long"')

    assert "known endings" in contractctl("check", "old.txt", "new.txt", code=2).stderr
    contractctl("check", "old.txt", "new.txt", "--as", "avro")
    assert contractctl("diff", "old.txt", "new.txt", "--as", "avro").stdout


DRAFT = "https://json-schema.org/draft/2020-12/schema"


def test_definitions_that_say_nothing_themselves_are_judged_where_they_are_used(
    tmp_path: Path, git: Git, contractctl: Run
) -> None:
    order = {"$schema": DRAFT, "properties": {"total": {"$ref": "common/definitions.json#/$defs/amount"}}}
    (tmp_path / "common").mkdir()
    (tmp_path / "order.schema.json").write_text(json.dumps(order))
    (tmp_path / "common/definitions.json").write_text(
        json.dumps({"$schema": DRAFT, "$defs": {"amount": {"minimum": 0}}})
    )
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "common/definitions.json").write_text(
        json.dumps({"$schema": DRAFT, "$defs": {"amount": {"minimum": 1}}})
    )

    found = judged(contractctl("check", "--against", "main", "--format", "json", code=1))
    assert found == {"common/definitions.json": "compatible", "order.schema.json": "incompatible"}


def test_a_json_file_that_is_no_schema_is_nobody_s_business(tmp_path: Path, git: Git, contractctl: Run) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "values.yaml").write_text("a: 1\n")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "package.json").write_text('{"name": 7}')
    (tmp_path / "values.yaml").unlink()

    assert contractctl("check", "--against", "main").stdout == "nothing judged: no schema has changed\n"


def test_sql_that_is_of_no_table_is_nobody_s_business_and_a_new_step_is_not_passed_over(
    tmp_path: Path, git: Git, contractctl: Run
) -> None:
    for folder in ("queries", "db"):
        (tmp_path / folder).mkdir()
    (tmp_path / "queries/report.sql").write_text("SELECT * FROM orders; -- alter table orders\n")
    (tmp_path / "queries/seed.sql").write_text("INSERT INTO orders VALUES (1);\n")
    (tmp_path / "db/V1__orders.sql").write_text("CREATE TABLE orders (id int, status text);\n")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "queries/report.sql").write_text("SELECT id FROM orders;\n")
    (tmp_path / "queries/seed.sql").unlink()
    (tmp_path / "db/V2__returns.sql").write_text("CREATE TABLE returns (id int);\n")

    assert judged(contractctl("check", "--against", "main", "--format", "json")) == {}
    (tmp_path / "db/V3__drop.sql").write_text("ALTER TABLE ONLY orders DROP COLUMN status;\n")
    found = judged(contractctl("check", "--against", "main", "--format", "json", code=3))
    assert found == {"db/V3__drop.sql": "unknown"}


def test_a_folder_of_migrations_is_what_its_steps_come_to(tmp_path: Path, contractctl: Run) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "V2__orders.sql").write_text("CREATE TABLE orders (id int, a int);\n")
        (tmp_path / folder / "V10__more.sql").write_text(
            "ALTER TABLE orders ADD COLUMN b int;\n-- +goose Down\nDROP TABLE orders;\n"
        )
        (tmp_path / folder / "U2__orders.sql").write_text("DROP TABLE orders;\n")
        (tmp_path / folder / "000.down.sql").write_text("DROP TABLE orders;\n")
    (tmp_path / "new/V11__fewer.sql").write_text("ALTER TABLE orders DROP COLUMN b;\n")

    said = contractctl("check", "old", "new", code=1).stdout
    assert said.startswith("incompatible: old → new\n")
    assert "orders.b  sql-column-removed" in said
    assert "unknown" not in said


def test_what_was_broken_can_be_mended_and_hides_nothing_else(shop: Path, git: Git, contractctl: Run) -> None:
    (shop / "schemas/broken.avsc").write_text("{")
    git("add", "-A")
    git("commit", "-qm", "second")
    put(shop / "schemas/broken.avsc", "Mended", "long")
    put(shop / "schemas/other.avsc", "Other", "long")

    done = contractctl("check", "--against", "main", "--format", "json", code=1)
    assert judged(done) == {"schemas/broken.avsc": "unknown", "schemas/other.avsc": "incompatible"}
    (shop / "schemas/other.avsc").write_text("{")
    assert "schemas/other.avsc:1" in contractctl("check", "--against", "main", code=2).stdout


def test_a_swagger_document_is_judged_and_adopted(tmp_path: Path, git: Git, contractctl: Run) -> None:
    written = (
        'swagger: "2.0"\ninfo: {title: t, version: "1"}\npaths:\n  /a: {get: {responses: {200: {description: d}}}}\n'
    )
    (tmp_path / "api.yaml").write_text(written)
    (tmp_path / "values.yaml").write_text("swagger: true\n")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "api.yaml").write_text(written.replace("get:", "put:"))
    (tmp_path / "values.yaml").write_text("swagger: false\n")

    assert judged(contractctl("check", "--against", "main", "--format", "json", code=1)) == {"api.yaml": "incompatible"}
    assert "from api.yaml" in contractctl("init", "--dry-run").stdout


def test_a_schema_as_a_registry_has_it_is_not_passed_over(tmp_path: Path, git: Git, contractctl: Run) -> None:
    """What is sent to a Schema Registry: JSON that holds the schema as text."""
    files = {name: tmp_path / f"{name}.json" for name in ("order", "payment", "other")}
    schema = json.dumps({"type": "enum", "name": "E", "symbols": ["A", "B"]})
    files["order"].write_text(json.dumps({"schema": schema}))
    files["payment"].write_text(json.dumps({"schemaType": "PROTOBUF", "schema": 'syntax = "proto3";'}))
    files["other"].write_text(json.dumps({"schema": "public"}))
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    for file in files.values():
        file.write_text(file.read_text().replace(', \\"B\\"', "").replace("public", "own").replace("proto3", "proto2"))

    done = contractctl("check", "--against", "main", "--format", "json", code=3)
    said = contractctl("check", "order.json", "order.json", code=2).stderr
    found = contractctl("init", "--dry-run").stdout

    assert judged(done) == {"order.json": "unknown", "payment.json": "unknown"}
    assert "order.json is a Schema Registry's JSON around an Avro schema, and contractctl does not judge these" in said
    assert "jq -r .schema order.json > order.avsc" in said
    assert "no contract: payment.json: a Schema Registry's JSON around a Protobuf schema" in found
    assert "other.json" not in found


PROTO = """syntax = "proto3";
package shop.v1;
import "shop/v1/money.proto";
message Order {{ {} id = 1; Money total = 2; }}
"""
MONEY = 'syntax = "proto3";\npackage shop.v1;\nmessage Money { string currency = 1; }\n'


def protos(folder: Path, kind: str) -> Path:
    (folder / "shop/v1").mkdir(parents=True)
    (folder / "shop/v1/order.proto").write_text(PROTO.format(kind))
    (folder / "shop/v1/money.proto").write_text(MONEY)
    return folder


def test_a_proto_file_is_judged_with_its_imports(tmp_path: Path, git: Git, contractctl: Run) -> None:
    protos(tmp_path / "proto", "int64")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "proto/shop/v1/order.proto").write_text(PROTO.format("string"))

    assert judged(contractctl("check", "--against", "main", "--format", "json", code=1)) == {
        "proto/shop/v1/order.proto": "incompatible"
    }


def test_two_folders_of_proto_files_and_their_descriptor_sets_get_the_same_answer(
    tmp_path: Path, contractctl: Run
) -> None:
    from grpc_tools import protoc

    for version, kind in (("v1", "int64"), ("v2", "string")):
        root = protos(tmp_path / version, kind)
        arguments = [f"-I{root}", "--include_imports", f"--descriptor_set_out={tmp_path / version}.binpb"]
        assert protoc.main(["protoc", *arguments, "shop/v1/order.proto"]) == 0

    texts = json.loads(contractctl("check", "v1", "v2", "--format", "json", code=1).stdout)
    sets = json.loads(contractctl("check", "v1.binpb", "v2.binpb", "--format", "json", code=1).stdout)
    rules = [[finding["rule"] for finding in answer["pairs"][0]["findings"]] for answer in (texts, sets)]
    assert rules[0] == rules[1] != []
    contractctl("check", "v1", "v1.binpb", "--as", "protobuf")


API = """openapi: 3.0.3
info: {title: Shop, version: "1"}
paths:
  /orders: {$ref: paths/orders.yaml}
"""
ORDERS = """post:
  requestBody:
    required: true
    content: {application/json: {schema: {$ref: ../parts/order.yaml}}}
  responses: {"201": {description: made}}
"""
EVENTS = """asyncapi: 3.0.0
info: {title: Shop, version: "1"}
channels:
  orders:
    address: orders
    messages:
      placed:
        payload:
          schemaFormat: application/vnd.apache.avro;version=1.9.0
          schema: {$ref: ../avro/placed.avsc}
operations:
  place: {action: receive, channel: {$ref: "#/channels/orders"}}
"""


@pytest.fixture
def split(tmp_path: Path, git: Git) -> Path:
    """An API in three files, of which the first alone says what it is, and an API of events whose payload is Avro."""
    for folder in ("api/paths", "api/parts", "events", "avro"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "api/openapi.yaml").write_text(API)
    (tmp_path / "api/paths/orders.yaml").write_text(ORDERS)
    (tmp_path / "api/parts/order.yaml").write_text("{type: object, required: [id]}")
    (tmp_path / "events/shop.yaml").write_text(EVENTS)
    put(tmp_path / "avro/placed.avsc", "Placed", "long")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    return tmp_path


def test_a_part_that_says_nothing_of_its_format_is_judged_where_it_is_used(split: Path, contractctl: Run) -> None:
    (split / "api/parts/order.yaml").write_text("{type: object, required: [id, customer]}")

    found = judged(contractctl("check", "--against", "main", "--format", "json", code=1))
    assert found == {"api/openapi.yaml": "incompatible"}


def test_a_part_that_is_gone_leaves_what_needs_it_undecided(split: Path, contractctl: Run) -> None:
    (split / "api/parts/order.yaml").unlink()

    found = judged(contractctl("check", "--against", "main", "--format", "json", code=3))
    assert found == {"api/openapi.yaml": "unknown"}


def test_a_payload_of_another_format_is_judged_where_it_is_used(split: Path, contractctl: Run) -> None:
    put(split / "avro/placed.avsc", "Placed", "int")

    found = judged(contractctl("check", "--against", "main", "--format", "json", code=1))
    assert found == {"avro/placed.avsc": "incompatible", "events/shop.yaml": "incompatible"}


def test_a_new_file_that_comes_before_another_is_a_change(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/Address.avsc", "Address", "int")

    found = judged(contractctl("check", "--against", "main", "--format", "json", code=1))
    assert found == {"schemas/order.avsc": "incompatible"}


def test_a_draft_that_refers_to_a_file_which_is_none_of_its_own_is_neither_judged_nor_released(
    split: Path, contractctl: Run
) -> None:
    contractctl("init")
    contractctl("release", "api/openapi")
    (split / "api/openapi.yaml").write_text(API + "  /returns: {$ref: paths/returns.yaml}\n")
    (split / "api/paths/returns.yaml").write_text('get: {responses: {"200": {description: all}}}\n')

    for command in ("check", "release"):
        done = contractctl(command, "api/openapi", code=2)
        said = done.stdout + done.stderr
        assert "refers to api/paths/returns.yaml, which is not one of its files" in said
        assert 'contracts/api/openapi/contract.toml: "../../../api/paths/returns.yaml"' in said


def test_a_file_in_a_draft_that_is_a_folder_belongs_to_that_contract(
    tmp_path: Path, git: Git, contractctl: Run
) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api/query.graphql").write_text("type Query { order: Order }")
    (tmp_path / "api/order.graphql").write_text("type Order { id: ID! note: String }")
    git("init", "-q", "-b", "main")
    contractctl("init")
    contractctl("release", f"{next((tmp_path / 'contracts').glob('*/*')).relative_to(tmp_path / 'contracts')}")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "api/order.graphql").write_text("type Order { id: ID! remark: String }")

    done = contractctl("check", "--against", "main", code=1)

    assert "Order.note  graphql-field-removed" in done.stdout
    assert done.stderr == ""


def test_a_link_that_leads_elsewhere_is_a_change_and_a_link_that_is_gone_is_told(
    shop: Path, git: Git, contractctl: Run
) -> None:
    link = shop / "latest.avsc"
    link.symlink_to("schemas/other.avsc")
    git("add", "-A")
    git("commit", "-qm", "second")
    link.unlink()
    assert "contract-deleted" in contractctl("check", "--against", "main", code=1).stdout
    link.symlink_to("schemas/common/country.avsc")

    assert judged(contractctl("check", "--against", "main", "--format", "json", code=1)) == {
        "schemas/common/country.avsc": "incompatible"
    }


def test_what_lies_in_git_lfs_is_not_passed_over(shop: Path, git: Git, contractctl: Run) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n"
    api = shop / "openapi.yaml"
    api.write_text(pointer.format("a" * 64))
    put(shop / "schemas/other.avsc", "string")
    git("add", "-A")
    git("commit", "-qm", "second")
    api.write_text(pointer.format("b" * 64))

    assert "git lfs pull" in contractctl("check", "--against", "main", code=2).stderr
    contractctl("check", "--against", "main", "schemas")
    api.write_text("openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\n")
    assert "Git LFS" in contractctl("check", "--against", "main", code=3).stdout
