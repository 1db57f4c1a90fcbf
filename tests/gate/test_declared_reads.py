"""Do a client's own documents keep a gate closed, and open none? Real contracts, real files, the real formats."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from contractctl import declarations, evidence
from contractctl.errors import ContractctlError
from contractctl.evidence import declared_reads
from contractctl.evidence.questions import Question
from contractctl.model.contract import Party
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Record
from contractctl.model.plan import Movement, Operation, Plan
from tests.gate.conftest import NOW, Scene

SCHEMA = """
type Query { order(id: ID!, by: By): Order node: Node search(kind: Kind, input: Find): [Hit!] }
type Mutation { save(input: Find): Int }
interface Node { id: ID! name: String }
type Order implements Node { id: ID! name: String customerName: String lines(first: Int = 3): [Line!] }
type Line { sku: String } type Note { text: String }
union Hit = Order | Note
enum Kind { A B } enum Other { B } input By { other: Other name: String }
input Find { kind: Kind also: Find text: String }
directive @cached(ttl: Int) on FIELD
"""
READS = "{ order(id: 1) { customerName } }"
SILENT = "{ order(id: 1) { id } }"
OPTIONS = {
    "consumer": "reporting",
    "contract": "shop/orders",
    "schema": "shop/api",
    "fields": "orders.customer_name=Order.customerName",
}


def asked(root: Path, scene: Scene, *documents: str, **options: str) -> tuple[Record, ...]:
    """The record of these documents, beside a released schema."""
    folder = root / "contracts" / "shop" / "api"
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    (folder / "contract.toml").write_text('format = "graphql"\nowner = "shop"\n')
    (folder / "versions" / "1.0.0.graphql").write_text(SCHEMA)
    for number, text in enumerate(documents):
        (root / f"{number}.graphql").write_text(text)
    question = Question(scene.plan, scene.consumers, None, NOW)
    given = {key: text for key, text in {**OPTIONS, **options}.items() if text}
    reading = declarations.reading(root / "contracts")
    return evidence.collect("graphql_documents", "*.graphql", given, question, root=root, folder=root, reading=reading)


def places(root: Path, scene: Scene, name: str, *documents: str) -> str:
    (record,) = asked(root, scene, *documents, fields=f"orders.customer_name={name}")
    assert record.problem is None
    return record.series[0].labels.get("places", "")


@pytest.mark.parametrize(
    ("name", "document", "where"),
    [
        ("Order.customerName", "{ order(id: 1) {\n  who: customerName } }", "0.graphql:2:3"),
        ("Order.customerName", "{ node { ... on Order { customerName } } }", "0.graphql:1:25"),
        ("Order.name", "{ node { name } }", "0.graphql:1:10"),
        ("Order.name", "{ search { ... on Node { name } } }", "0.graphql:1:26"),
        ("Node.name", "{ order(id: 1) { name } }", ""),
        ("Note.text", '{ search(input: {text: "x"}) { ... on Order { id } } }', ""),
        ("Order.lines(first:)", "{ order(id: 1) { lines(first: 2) { sku } } }", "0.graphql:1:24"),
        ("Order.lines.first", "query ($n: Int) { order(id: 1) { lines(first: $n) { sku } } }", "0.graphql:1:40"),
        ("Order.lines.first", "{ order(id: 1) { lines { sku } } }", ""),
        ("Kind.B", "{ search(kind: B) { __typename } }", "0.graphql:1:16"),
        ("Kind.B", "query ($k: Kind = B) { search(kind: $k) { __typename } }", "0.graphql:1:8, 0.graphql:1:19"),
        ("Kind.B", "query ($f: Find) { search(input: $f) { __typename } }", "0.graphql:1:8"),
        ("Kind.B", "{ order(id: 1, by: {other: B}) { id } }", ""),
        ("Find.kind", "mutation { save(input: {also: {kind: A}}) }", "0.graphql:1:32"),
        ("Find.kind", "mutation ($f: Find) { save(input: {also: $f}) }", "0.graphql:1:11"),
        ("By.name", "{ order(id: 1, by: {other: B}) { id } }", ""),
        ("@cached.ttl", "{ order(id: 1) @cached(ttl: 1) { id } }", "0.graphql:1:24"),
        ("@cached(ttl:)", "{ order(id: 1) @cached { id } }", ""),
        ("Note", "{ search { ... on Note { text } } }", "0.graphql:1:12"),
        ("Hit.Note", "{ search { ... on Note { text } } }", "0.graphql:1:3, 0.graphql:1:12"),
        ("Hit.Note", "{ order(id: 1) { id } }", ""),
        ("Order.Node", "{ node { ... on Order { id } } }", "0.graphql:1:3, 0.graphql:1:10"),
    ],
)
def test_a_use_is_found_where_it_stands_and_nothing_else_is(
    contracting: Scene, tmp_path: Path, name: str, document: str, where: str
) -> None:
    assert places(tmp_path, contracting, name, document) == where


def test_a_fragment_of_another_file_is_read_where_it_stands(contracting: Scene, tmp_path: Path) -> None:
    spread, fragment = "{ order(id: 1) { ...f } }", "fragment f on Order { customerName }"

    assert places(tmp_path, contracting, "Order.customerName", spread, fragment) == "1.graphql:1:23"


def test_a_document_that_names_the_field_beats_silence(contracting: Scene, tmp_path: Path) -> None:
    found = asked(tmp_path, contracting, SILENT, READS)

    scene = contracting.but(records=(*contracting.records, *found))
    told = scene.condition("reads of orders.customer_name by reporting")

    assert (told.outcome, told.observed) == (Outcome.FAIL, "declared reader")
    assert "(1.graphql:1:18)" in told.message
    assert found[0].digest in told.records


def test_documents_open_no_gate_that_asks_for_an_observation_or_a_search(contracting: Scene, tmp_path: Path) -> None:
    (found,) = asked(tmp_path, contracting, SILENT)
    alone = contracting.but(records=(*contracting.records[2:], found))
    unsearched = contracting.rules(static_required=True)
    unsearched = unsearched.but(records=(*contracting.records, found))

    assert contracting.but(records=(*contracting.records, found)).decide().outcome is Outcome.PASS
    assert {one.reason for one in alone.decide().conditions if one.reason} == {Unknown.MISSING_SOURCE}
    assert alone.decide().outcome is Outcome.UNKNOWN
    assert unsearched.condition("code of reporting").reason is Unknown.MISSING_SOURCE


def test_who_says_that_it_has_moved_and_has_documents_that_say_otherwise_is_not_believed(
    contracting: Scene, tmp_path: Path
) -> None:
    scene = contracting.but(consumers={"shop/orders": (Party("reporting", migrated=True),)})
    found = asked(tmp_path, scene, READS)

    told = scene.but(records=(*scene.records, *found)).condition("reads of orders.customer_name by reporting")

    assert told.reason is Unknown.CONFLICTING_EVIDENCE


@pytest.mark.parametrize(
    ("documents", "options", "problem"),
    [
        ((), {}, "missing source: no file matches '*.graphql'"),
        (("fragment f on Order { id }",), {}, "unparseable: no file has an operation"),
        (("{ order(id: 1 }", SILENT), {}, "unparseable: 0.graphql:1:15: expected Name"),
        (("{ order { id } }", SILENT), {}, "unparseable: 0.graphql is not valid against the client's schema"),
        (("{ order(id: 1) { ...away } }",), {}, "unparseable: Unknown fragment 'away'"),
        ((SCHEMA,), {}, "unparseable: a schema definition is mixed with client operations"),
        ((SILENT,), {"version": "2.0.0"}, "missing source: shop/api has no release 2.0.0"),
        ((SILENT,), {"schema": "shop/nobody"}, "unparseable: there is no contract 'shop/nobody'"),
        ((SILENT,), {"fields": "a.b=Order.id"}, "missing source: 'fields' does not say what 'orders.cust"),
        ((SILENT,), {"fields": "orders.customer_name=Order.gone"}, "unparseable: does not have 'Order.gone'"),
        ((SILENT,), {"persisted": "*.json"}, "missing source: no file matches '*.json'"),
        (
            (READS,),
            {"consumer": "web"},
            "unattributed reads: web reads 'orders.customer_name' but is not in any",
        ),
    ],
)
def test_what_cannot_be_read_keeps_the_gate_closed(
    contracting: Scene, tmp_path: Path, documents: tuple[str, ...], options: dict[str, str], problem: str
) -> None:
    reason, said = problem.split(": ", 1)
    (found,) = asked(tmp_path, contracting, *documents, **options)

    scene = contracting.but(records=(*contracting.records, found))

    told = scene.condition("evidence of reads from graphql_documents")
    assert told.reason == reason
    assert said in told.message
    assert scene.decide().outcome is Outcome.UNKNOWN


def test_a_document_that_is_sent_by_its_id_has_to_be_there(contracting: Scene, tmp_path: Path) -> None:
    known = sha256(SILENT.encode()).hexdigest()
    manifests = {
        "by hash": json.dumps([known]),
        "whole": json.dumps({"operations": [{"id": "a", "body": READS}, {"id": known}]}),
        "lost": json.dumps({"a": ""}),
        "no list": "[1]",
        "no json": "{",
    }
    told = {}
    for name, text in manifests.items():
        (tmp_path / "ids.json").write_text(text)
        (record,) = asked(tmp_path, contracting, SILENT, persisted="ids.json")
        told[name] = record.problem or record.series[0].labels.get("places", "")

    assert told["by hash"] == ""
    assert told["whole"] == "ids.json#a:1:18"
    assert told["lost"] == "missing source: ids.json lists the document 'a', but no file has its text"
    assert told["no list"].startswith("unparseable: ids.json is not a list of documents")
    assert told["no json"] == "unparseable: ids.json is not JSON"


def test_other_settings_than_were_asked_are_a_missing_source(contracting: Scene, tmp_path: Path) -> None:
    collected = asked(tmp_path, contracting, SILENT)
    now = {**OPTIONS, "fields": "orders.customer_name=Order.name"}

    same = declared_reads.uncollected([("graphql_documents", "*.graphql", OPTIONS)], contracting.plan, collected, NOW)
    (other,) = declared_reads.uncollected([("graphql_documents", "*.graphql", now)], contracting.plan, collected, NOW)

    assert not list(same)
    scene = contracting.but(records=(*contracting.records, *collected, other))
    assert scene.decide().outcome is Outcome.UNKNOWN


def test_a_plan_of_the_schema_itself_needs_no_other_names(contracting: Scene, tmp_path: Path) -> None:
    moved = (Movement("shop/api", "graphql", "1.0.0", "1.1.0", "2.0.0"),)
    goes = (Operation("remove-field", "shop/api", "Order", "customerName"),)
    scene = contracting.but(plan=Plan("away", moved, goes, {}), consumers={"shop/api": (Party("reporting"),)})

    (record,) = asked(tmp_path, scene, READS, contract="shop/api", schema="", fields="")

    assert record.problem is None
    assert record.series[0].labels["places"] == "0.graphql:1:18"
    assert record.series[0].labels["version"] == "1.0.0"
    assert asked(tmp_path, contracting, READS, contract="shop/other") == ()


@pytest.mark.parametrize(
    ("operation", "document", "where"),
    [
        (("require-parameter", "Query.order", None, "tenant"), "{ order(id: 1) { id } }", "0.graphql:1:3"),
        (("require-parameter", "Query.order", None, "tenant"), "{ search { __typename } }", ""),
        (("require-property", "Find", None, "tenant"), "mutation { save(input: {kind: A}) }", "0.graphql:1:24"),
        (("require-property", "Find", None, "tenant"), "{ order(id: 1) { id } }", ""),
    ],
)
def test_a_document_cannot_give_what_its_schema_has_not_got(
    contracting: Scene, tmp_path: Path, operation: tuple[str, str, None, str], document: str, where: str
) -> None:
    kind, subject, old, new = operation
    moved = (Movement("shop/api", "graphql", "1.0.0", "1.1.0", "2.0.0"),)
    plan = Plan("away", moved, (Operation(kind, "shop/api", subject, old, new),), {})
    scene = contracting.but(plan=plan, consumers={"shop/api": (Party("reporting"),)})

    (record,) = asked(tmp_path, scene, document, contract="shop/api", schema="", fields="")

    assert record.problem is None
    assert record.series[0].labels.get("places", "") == where


def test_documents_are_not_asked_about_what_clients_may_go_on_using(contracting: Scene, tmp_path: Path) -> None:
    moved = (Movement("shop/api", "graphql", "1.0.0", "1.1.0", "2.0.0"),)
    released = (Operation("release-property", "shop/api", "Order", "name", "name"),)
    scene = contracting.but(plan=Plan("away", moved, released, {}))

    assert asked(tmp_path, scene, "{ order(id: 1) { name } }", contract="shop/api", schema="", fields="") == ()


@pytest.mark.parametrize("wrong", [{"consumer": ""}, {"contract": ""}, {"fields": "a"}, {"agent": "x"}])
def test_settings_that_cannot_be_meant_are_refused(contracting: Scene, tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(ContractctlError):
        asked(tmp_path, contracting, SILENT, **wrong)
