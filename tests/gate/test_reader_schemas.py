"""Do the schemas that consumers read events by keep a gate closed, and open none? The real formats read them."""

import json
from pathlib import Path

import pytest

from contractctl import declarations, evidence
from contractctl.evidence.questions import Question
from contractctl.model.contract import Party
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Record
from contractctl.model.plan import Movement, Operation, Plan
from tests.gate.conftest import NOW, Scene

CONTRACT = "shop/order-placed"
ENDINGS = {"avro": "avsc", "json-schema": "json", "protobuf": "proto"}


def avro(*fields: str, name: str = "OrderPlaced", aliases: tuple[str, ...] = ()) -> str:
    """A record; a field is `name`, or `name=alias`."""
    listed = [
        {"name": own, "type": "string", **({"aliases": [alias]} if alias else {})}
        for own, _, alias in (field.partition("=") for field in fields)
    ]
    return json.dumps({"type": "record", "name": name, "aliases": list(aliases), "fields": listed})


def lines(item: object) -> str:
    return json.dumps({"properties": {"id": {}, "lines": {"items": item}}})


BRANCHED = """{"anyOf": [{"properties": {"id": {}}}, {"$ref": "#/$defs/a"}],
    "$defs": {"a": {"allOf": [{"properties": {"customer_name": {}}}]}}}"""
PROTO = 'syntax = "proto3"; package shop; message OrderPlaced {{ {} }}'
WRITTEN = {
    "avro": avro("id", "customer_name"),
    "json-schema": json.dumps(
        {"properties": {"id": {}, "customer_name": {}, "lines": {"items": {"properties": {"sku": {}, "n": {}}}}}}
    ),
    "protobuf": PROTO.format("string id = 1; string customer_name = 2;"),
}
SUBJECTS = {"avro": "shop.OrderPlaced", "json-schema": "$", "protobuf": "shop.OrderPlaced"}


def asked(root: Path, format_name: str, *schemas: str, subject: str = "", old: str = "customer_name") -> Record:
    """The record of a consumer's schemas, beside the released version that events are written by."""
    folder, ending = root / "contracts" / CONTRACT, ENDINGS.get(format_name, "graphql")
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    (folder / "contract.toml").write_text(f'format = "{format_name}"\nowner = "shop"\n')
    (folder / "versions" / f"1.0.0.{ending}").write_text(WRITTEN.get(format_name, "type Query { a: Int }"))
    for number, text in enumerate(schemas):
        (root / f"reader{number}.{ending}").write_text(text)
    moved = (Movement(CONTRACT, format_name, "1.0.0", "1.1.0", "2.0.0"),)
    goes = (Operation("remove-field", CONTRACT, subject or SUBJECTS.get(format_name, "$"), old),)
    question = Question(Plan("away", moved, goes, {}), {CONTRACT: (Party("reporting"),)}, None, NOW)
    options = {"consumer": "reporting", "contract": CONTRACT}
    reading = declarations.reading(root / "contracts")
    (record,) = evidence.collect(
        "reader_schemas", f"reader*.{ending}", options, question, root=root, folder=root, reading=reading
    )
    return record


@pytest.mark.parametrize(
    ("format_name", "schema", "places"),
    [
        ("avro", avro("id", "customer_name"), 1),
        ("avro", avro("id", "full_name=customer_name"), 1),
        ("avro", avro("id", "customer_name", name="Mine", aliases=("OrderPlaced",)), 1),
        ("avro", avro("id", "full_name"), 0),
        ("protobuf", PROTO.format("string id = 1; string customer_name = 2;"), 1),
        ("protobuf", PROTO.format("string id = 1; string whoever = 2;"), 1),
        ("protobuf", PROTO.format("string id = 1; string customerName = 7;"), 1),
        ("protobuf", PROTO.format('string id = 1; reserved 2; reserved "customer_name";'), 0),
        ("json-schema", '{"properties": {"id": {}, "customer_name": {}}}', 1),
        ("json-schema", '{"properties": {"id": {}}, "required": ["customer_name"]}', 1),
        ("json-schema", BRANCHED, 1),
        ("json-schema", '{"properties": {"id": {}, "seller": {"properties": {"customer_name": {}}}}}', 0),
        ("json-schema", '{"anyOf": [{"type": "null"}, {"properties": {"id": {}}}]}', 0),
    ],
)  # fmt: skip
def test_a_schema_names_the_field_or_does_not(tmp_path: Path, format_name: str, schema: str, places: int) -> None:
    record = asked(tmp_path, format_name, schema)

    assert record.problem is None
    assert record.series[0].value == places
    assert ("places" in record.series[0].labels) is bool(places)


@pytest.mark.parametrize(
    ("item", "places"),
    [({"properties": {"sku": {}}}, "reader0.json:1:"), ({"properties": {"n": {}}}, None)],
)
def test_a_property_of_items_is_looked_for_where_it_stands(tmp_path: Path, item: object, places: str | None) -> None:
    record = asked(tmp_path, "json-schema", lines(item), subject="lines[]", old="sku")

    assert record.problem is None
    assert record.series[0].labels.get("places", "").startswith(places or "")
    assert bool(record.series[0].value) is bool(places)


@pytest.mark.parametrize(
    ("format_name", "schemas", "problem"),
    [
        ("avro", (), "missing source: no file matches 'reader*.avsc'"),
        ("avro", (avro("id", name="Payment"),), "unparseable: no record of reader0.avsc is called 'OrderPlaced'"),
        ("avro", ('"bytes"',), "unparseable: no record of reader0.avsc"),
        ("avro", (avro("id").replace('"string"', '"Elsewhere"'),), "unparseable: reader0.avsc:1:"),
        ("avro", ("{",), "unparseable: reader0.avsc:1:"),
        ("protobuf", ("message X {",), "unparseable: reader0.proto:1:"),
        ("protobuf", ('syntax = "proto3"; message Payment { string id = 1; }',), "unparseable: no message of"),
        (
            "json-schema",
            ("true",),
            "unparseable: whether 'customer_name' is read cannot be determined: the schema lists no",
        ),
        (
            "json-schema",
            ('{"type": "object"}',),
            "unparseable: whether 'customer_name' is read cannot be determined: the",
        ),
        ("json-schema", ('{"anyOf": [{"properties": {"id": {}}}, {}]}',), "unparseable: whether 'customer_name' is"),
        ("json-schema", ('{"$ref": "https://example.org/a"}',), "unparseable: whether 'customer_name' is read cannot"),
        ("json-schema", ('{"properties": {"id": {}}, "additionalProperties": {"type": "string"}}',), "unparseable: w"),
        ("json-schema", ('{"properties": {"id": {}}, "patternProperties": {"_name$": {}}}',), "unparseable: whether"),
        ("json-schema", ('{"properties": {"id": {}}, "if": {"required": ["customer_name"]}}',), "unparseable: wheth"),
        ("json-schema", ('{"properties": {"id": {}}, "enum": [{"customer_name": 1}]}',), "unparseable: whether"),
        ("json-schema", ('{"properties": {"id": {}}, "dependentSchemas": {"customer_name": {}}}',), "unparseable: wh"),
        ("json-schema", ('{"type": "array", "items": {"properties": {"id": {}}}}',), "unparseable: whether"),
        ("graphql", ("type Query { a: Int }",), "missing source: reader_schemas are nothing that consumers of graphql"),
    ],
)
def test_what_cannot_be_told_keeps_the_gate_closed(
    contracting: Scene, tmp_path: Path, format_name: str, schemas: tuple[str, ...], problem: str
) -> None:
    record = asked(tmp_path, format_name, *schemas)

    decision = contracting.but(records=(*contracting.records, record)).decide()

    assert (record.problem or "").startswith(problem), record.problem
    assert decision.outcome is Outcome.UNKNOWN
    assert problem.partition(":")[0] in {one.reason for one in decision.conditions}


@pytest.mark.parametrize("format_name", sorted(WRITTEN))
def test_a_name_that_the_contract_does_not_have_is_asked_of_nobody(tmp_path: Path, format_name: str) -> None:
    record = asked(tmp_path, format_name, WRITTEN[format_name], old="other")

    assert "the version that events are written with has no" in (record.problem or "")


def test_a_schema_that_names_the_field_is_a_declared_reader_and_one_that_does_not_proves_no_silence(
    contracting: Scene, tmp_path: Path
) -> None:
    moved = (Movement(CONTRACT, "avro", "1.0.0", "1.1.0", "2.0.0"),)
    plan = Plan("away", moved, (Operation("remove-field", CONTRACT, "shop.OrderPlaced", "customer_name"),), {})
    scene = contracting.but(plan=plan, consumers={CONTRACT: (Party("reporting"),)}, records=())
    named, other = (asked(tmp_path, "avro", text) for text in (avro("id", "full=customer_name"), avro("id", "full")))

    told = scene.but(records=(named,)).condition("reads of OrderPlaced.customer_name by reporting")
    silent = scene.but(records=(other,)).condition("reads of OrderPlaced.customer_name by reporting")

    assert (told.outcome, told.observed) == (Outcome.FAIL, "declared reader")
    assert "(reader0.avsc:1:" in told.message
    assert (silent.outcome, silent.reason) == (Outcome.UNKNOWN, Unknown.MISSING_SOURCE)
