"""Is a JSON Schema read as its draft reads it, and does each reference lead where the draft says?"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import referencing.exceptions
import referencing.jsonschema
from jsonschema_specifications import REGISTRY

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, Dialect, subschemas
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.schema import Schema, Spot, inside, locate, parse
from contractctl.model.contract import File, Source

CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
LATEST = "https://json-schema.org/draft/2020-12/schema"
URIS = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: LATEST,
}


def schema_of(value: Json) -> Schema:
    return parse(Source((File("s.json", json.dumps(value)),)))


def draft(number: int, **keywords: Json) -> Schema:
    said = {name.replace("_", "$", 1) if name.startswith("_") else name: inner for name, inner in keywords.items()}
    return schema_of({"$schema": URIS[number], **said})


def files(**texts: Json) -> Schema:
    named = {name.replace("__", "/") + ".json": json.dumps(text) for name, text in texts.items()}
    return parse(Source(tuple(File(f"v/{name}", text) for name, text in sorted(named.items())), folder="v"))


def led(schema: Schema, *steps: str | int, keyword: str = "$ref") -> Spot:
    spot = schema.root
    for step in steps:
        spot = inside(schema, spot, *(step if isinstance(step, tuple) else (step,)))
    return refer(schema, spot, keyword)


def reason(schema: Schema, *steps: str | int, keyword: str = "$ref") -> str:
    with pytest.raises(Unresolved) as caught:
        led(schema, *steps, keyword=keyword)
    return caught.value.reason


def refused(*texts: tuple[str, str]) -> str:
    with pytest.raises(ContractctlError) as caught:
        parse(Source(tuple(File(name, text) for name, text in texts)))
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("uri", "dialect"),
    [
        ("http://json-schema.org/draft-04/schema#", Dialect.DRAFT4),
        ("https://json-schema.org/draft-04/schema", Dialect.DRAFT4),
        ("http://json-schema.org/draft-05/schema#", Dialect.DRAFT4),
        ("http://json-schema.org/draft-06/schema", Dialect.DRAFT6),
        ("http://json-schema.org/draft-07/schema", Dialect.DRAFT7),
        ("http://json-schema.org/draft-07/schema#/", Dialect.DRAFT7),
        ("HTTPS://JSON-Schema.org/draft-07/hyper-schema#", Dialect.DRAFT7),
        ("https://json-schema.org/draft/2019-09/schema", Dialect.DRAFT2019),
        ("http://json-schema.org/draft/2020-12/schema#", Dialect.DRAFT2020),
        (
            "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
            Dialect.DRAFT4,
        ),
    ],
)
def test_a_draft_is_known_in_each_of_its_spellings(uri: str, dialect: Dialect) -> None:
    schema = schema_of({"$schema": uri})

    assert schema.root.dialect is dialect
    assert schema.notes == ()


@pytest.mark.parametrize(
    ("value", "dialect", "because"),
    [
        ({}, Dialect.DRAFT2020, None),
        (True, Dialect.DRAFT2020, None),
        ({"definitions": {}, "$ref": "#/definitions/a"}, Dialect.DRAFT2020, None),
        ({"exclusiveMinimum": True, "minimum": 1}, Dialect.DRAFT4, "exclusiveMinimum: true"),
        ({"id": "http://example.com/a"}, Dialect.DRAFT4, "id"),
        ({"id": "http://example.com/a", "const": 1}, Dialect.DRAFT2020, None),
        ({"properties": {"id": {"type": "string"}}}, Dialect.DRAFT2020, None),
        ({"default": {"id": "x"}}, Dialect.DRAFT2020, None),
        ({"properties": {"a": {"items": [{}]}}}, Dialect.DRAFT7, "items: […]"),
        ({"items": [{}], "minContains": 1}, Dialect.DRAFT2019, "items: […]"),
        ({"dependencies": {"a": ["b"]}}, Dialect.DRAFT7, "dependencies"),
        ({"$recursiveRef": "#"}, Dialect.DRAFT2019, "$recursiveRef"),
        ({"prefixItems": [], "dependencies": {}}, Dialect.DRAFT2020, "prefixItems"),
    ],
)
def test_without_a_schema_keyword_the_latest_draft_that_has_the_keywords_is_taken(
    value: Json, dialect: Dialect, because: str | None
) -> None:
    schema = schema_of(value)

    assert schema.root.dialect is dialect
    assert schema.notes == ((f"s.json: no '$schema': judged as {dialect} because of '{because}'",) if because else ())


def test_an_unknown_draft_is_judged_as_the_one_it_resembles_and_named() -> None:
    schema = schema_of({"$schema": "http://json-schema.org/schema", "dependencies": {"a": ["b"]}})

    assert schema.root.dialect is Dialect.DRAFT7
    said = "s.json: '$schema' is 'http://json-schema.org/schema', which names no known draft"
    assert schema.notes == (f"{said}: judged as draft 7 because of 'dependencies'",)


def test_a_draft_before_the_fourth_is_refused_with_its_place() -> None:
    said = refused(("s.json", '{\n "$schema": "http://json-schema.org/draft-03/schema#"}'))

    assert said.startswith("s.json:2:13: 'http://json-schema.org/draft-03/schema#' is older than draft 4")


def test_a_metaschema_among_the_files_says_which_draft_it_extends() -> None:
    meta = {"$schema": URIS[2019], "$id": "https://example.com/meta", "$recursiveAnchor": True}

    schema = files(a={"$schema": "https://example.com/meta", "type": "object"}, meta=meta)

    assert schema.root.dialect is Dialect.DRAFT2019
    assert [root.file for root in schema.roots] == [0]
    assert schema.notes == schema.doubts == ()


def test_a_metaschema_without_the_validation_vocabulary_makes_a_doubt() -> None:
    core = "https://json-schema.org/draft/2020-12/vocab/"
    meta = {"$schema": LATEST, "$id": "https://example.com/meta", "$vocabulary": {core + "core": True}}

    schema = files(a={"$schema": "https://example.com/meta"}, meta=meta)

    assert schema.doubts == ("v/a.json: its metaschema leaves out the vocabulary 'applicator' of draft 2020-12",)


def test_a_file_that_names_no_draft_is_in_the_draft_of_the_others() -> None:
    schema = files(a={"$schema": URIS[4], "properties": {"a": {"$ref": "b.json"}}}, b={"type": "string"})

    assert led(schema, ("properties", "a")).dialect is Dialect.DRAFT4


@pytest.mark.parametrize("text", ["[]", "1", "null", '"object"'])
def test_what_is_no_schema_at_all_is_refused(text: str) -> None:
    assert refused(("s.json", text)) == "s.json:1:1: this is not a JSON Schema"


def test_a_pointer_leads_through_escapes_and_percent_signs() -> None:
    schema = draft(7, definitions={"a/b~c %": {"type": "null"}, "list": {"anyOf": [True, {"minimum": 1}]}}, properties={
        "a": {"$ref": "#/definitions/a~1b~0c%20%25"},
        "b": {"$ref": "#/definitions/list/anyOf/1"},
        "c": {"$ref": "#/definitions/list/anyOf/01"},
        "d": {"$ref": "#"},
    })  # fmt: skip

    assert led(schema, ("properties", "a")).value == {"type": "null"}
    assert led(schema, ("properties", "b")).pointer == ("definitions", "list", "anyOf", 1)
    assert "there is no '01'" in reason(schema, ("properties", "c"))
    assert led(schema, ("properties", "d")).key == schema.root.key


def test_a_reference_that_leads_nowhere_says_what_is_missing() -> None:
    schema = draft(7, properties={"a": {"$ref": "#/definitions/gone"}, "b": {"$ref": "#name"}, "c": {"$ref": 1}})

    assert reason(schema, ("properties", "a")) == "'#/definitions/gone' leads nowhere: there is no 'definitions'"
    assert reason(schema, ("properties", "b")) == "'#name' leads nowhere: nothing has that name"
    assert reason(schema, ("properties", "c")) == "'$ref' is not a URI reference"


@pytest.mark.parametrize("reference", ["https://example.com/remote.json", "other.json#/a", "/etc/passwd", "../up.json"])
def test_nothing_outside_the_version_is_read(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.json").write_text('{"a": true}')
    monkeypatch.chdir(tmp_path)

    said = reason(draft(2020, _ref=reference))

    assert said == f"'{reference}' is not among the contract's files, and nothing is fetched"


def test_what_is_unresolved_has_the_same_uri_in_both_versions() -> None:
    versions = [
        parse(Source((File(name, '{"$ref": "common.json#/definitions/a"}'),)))
        for name in ("orders/versions/1.0.0.json", "orders/order.json")
    ]
    uris = set()
    for schema in versions:
        with pytest.raises(Unresolved) as caught:
            refer(schema, schema.root, "$ref")
        uris.add(caught.value.uri)

    assert uris == {"retrieved:common.json#/definitions/a"}


def test_an_identifier_changes_the_base_of_what_lies_below() -> None:
    schema = draft(7, _id="http://example.com/root.json", definitions={
        "a": {"$id": "folder/", "properties": {"x": {"$ref": "b.json"}, "y": {"$ref": "#/properties/x"}}},
        "b": {"$id": "http://example.com/folder/b.json", "type": "null"},
    })  # fmt: skip

    assert led(schema, ("definitions", "a"), ("properties", "x")).value["type"] == "null"
    assert led(schema, ("definitions", "a"), ("properties", "y")).pointer == ("definitions", "a", "properties", "x")
    assert inside(schema, schema.root, "definitions", "a").base == "http://example.com/folder/"


def test_beside_a_reference_an_identifier_counts_since_2019_only() -> None:
    definitions: Json = {"a": {"$id": "http://other.com/x.json", "$ref": "b.json"}, "b": {"type": "null"}}
    ids = {"_id": "http://example.com/root.json", "definitions": {**definitions, "c": {"$id": "b.json"}}}

    old, new = draft(7, **ids), draft(2019, **ids)

    assert led(old, ("definitions", "a")).pointer == ("definitions", "c")
    assert "'b.json' is not among" in reason(new, ("definitions", "a"))


@pytest.mark.parametrize(("number", "keyword"), [(4, "id"), (6, "$id"), (7, "$id")])
def test_a_fragment_as_identifier_is_a_plain_name_up_to_draft_7(number: int, keyword: str) -> None:
    schema = schema_of({"$schema": URIS[number], "definitions": {"a": {keyword: "#foo"}}, "$ref": "#foo"})

    assert led(schema).pointer == ("definitions", "a")


def test_each_draft_has_its_own_word_for_an_identifier() -> None:
    words = {"definitions": {"a": {"id": "http://x.com/a", "$id": "http://x.com/b"}}, "anyOf": [{"$ref": "http://x.com/a"}, {"$ref": "http://x.com/b"}]}  # fmt: skip  # noqa: E501 - one pair

    old, new = draft(4, **words), draft(6, **words)

    assert led(old, ("anyOf", 0)).pointer == led(new, ("anyOf", 1)).pointer == ("definitions", "a")
    assert "is not among" in reason(old, ("anyOf", 1))
    assert "is not among" in reason(new, ("anyOf", 0))


def test_anchors_belong_to_their_resource() -> None:
    schema = draft(2020, _id="http://x.com/root", _defs={
        "a": {"$anchor": "here", "const": 1},
        "b": {"$id": "b", "$ref": "#here", "$defs": {"c": {"$anchor": "here", "const": 2}}},
    }, anyOf=[{"$ref": "#here"}, {"$ref": "b#here"}, {"$ref": "http://x.com/b#here"}])  # fmt: skip

    found = [led(schema, ("anyOf", number)).pointer for number in range(3)]

    assert found == [("$defs", "a"), ("$defs", "b", "$defs", "c"), ("$defs", "b", "$defs", "c")]
    assert led(schema, ("$defs", "b")).pointer == ("$defs", "b", "$defs", "c")


def test_data_has_neither_identifiers_nor_references() -> None:
    data = {"$id": "http://x.com/data", "$anchor": "data", "$ref": "http://x.com/nowhere"}

    schema = draft(2020, enum=[data], const=data, default=data, examples=[data], unknown=data, anyOf=[
        {"$ref": "http://x.com/data"}, {"$ref": "#data"}, {"$ref": "#/unknown"}, {"$ref": "#/const"},
    ])  # fmt: skip

    assert "is not among" in reason(schema, ("anyOf", 0))
    assert "nothing has that name" in reason(schema, ("anyOf", 1))
    assert "not a schema, but has identifiers" in reason(schema, ("anyOf", 2))
    assert "not a schema, but has identifiers" in reason(schema, ("anyOf", 3))


def test_a_property_called_like_an_identifier_is_none() -> None:
    properties: Json = {"$id": {"type": "string"}, "id": {"$ref": "#/definitions/a"}, "$ref": {"type": "null"}}

    schema = draft(7, properties=properties, definitions={"a": {"type": "null"}})

    assert led(schema, ("properties", "id")).value == {"type": "null"}
    assert inside(schema, schema.root, "properties", "$id").base == schema.root.base


def test_a_pointer_may_lead_to_where_no_keyword_has_a_schema() -> None:
    schema = draft(
        7, _ref="#/shared/deep/0", shared={"deep": [{"type": "null"}]}, definitions={"a": {"$id": "http://x.com"}}
    )

    assert led(schema).value == {"type": "null"}


@pytest.mark.parametrize("escaped", [True, False])
def test_identifiers_are_found_however_they_are_spelled(escaped: bool) -> None:
    value = {"$ref": "urn:a:b", "definitions": {"x": {"$id": "urn:a:b", "const": 1}}, "$schema": URIS[7]}
    text = json.dumps(value).replace('"$id":', '"$id" :')

    schema = parse(Source((File("s.json", text.replace('"$id"', r'"\u0024id"') if escaped else text),)))

    assert led(schema).pointer == ("definitions", "x")


def test_urns_and_tags_are_bases_for_fragments_only() -> None:
    for base in ("urn:example:root", "tag:example.com,2024:root"):
        schema = draft(2020, _id=base, _defs={"a": {"$anchor": "a"}}, anyOf=[
            {"$ref": "#/$defs/a"}, {"$ref": f"{base}#a"}, {"$ref": "other"},
        ])  # fmt: skip

        assert led(schema, ("anyOf", 0)).key == led(schema, ("anyOf", 1)).key
        assert "'other' is not among" in reason(schema, ("anyOf", 2))


def test_two_resources_of_one_name_are_no_answer() -> None:
    schema = draft(2020, _defs={"a": {"$id": "http://x.com/a", "const": 1}, "b": {"$id": "http://x.com/a", "const": 2}},
                   anyOf=[{"$ref": "http://x.com/a"}])  # fmt: skip

    assert "is the name of two different schemas" in reason(schema, ("anyOf", 0))


def test_two_anchors_of_one_name_are_no_answer() -> None:
    schema = draft(2020, _defs={"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}, _ref="#x")

    assert "is the name of two different places" in reason(schema)


def test_an_embedded_resource_may_be_in_another_draft() -> None:
    schema = draft(2020, _defs={"old": {"$id": "http://x.com/old", "$schema": URIS[7], "items": {}, "$defs": {}},
                                "part": {"$schema": URIS[4]}})  # fmt: skip

    assert inside(schema, inside(schema, schema.root, "$defs", "old"), "items").dialect is Dialect.DRAFT7
    assert inside(schema, schema.root, "$defs", "part").dialect is Dialect.DRAFT2020


@pytest.mark.parametrize("number", [4, 6, 7, 2019, 2020])
def test_the_official_metaschemas_are_there(number: int) -> None:
    schema = draft(number, properties={"a": {"$ref": URIS[number]}, "b": {"$ref": URIS[number] + "/properties" if number > 7 else URIS[number] + "/properties/not"}})  # fmt: skip  # noqa: E501

    meta = led(schema, ("properties", "a"))

    assert meta.file == -1
    assert meta.dialect is Dialect(number)
    assert isinstance(meta.value, dict)
    assert locate(schema, (-1, *meta.pointer)) is None


def test_a_metaschema_refers_to_itself_dynamically() -> None:
    schema = draft(2020, _ref=LATEST)
    meta = refer(schema, schema.root, "$ref")
    vocabulary = refer(schema, inside(schema, meta, "allOf", 1), "$ref")

    inner = refer(schema, inside(schema, vocabulary, "properties", "not"), "$dynamicRef")

    assert meta.scope == (LATEST,)
    assert vocabulary.pointer == ("https://json-schema.org/draft/2020-12/meta/applicator",)
    assert inner.key == meta.key


def test_a_recursive_metaschema_refers_to_itself_recursively() -> None:
    schema = draft(2019, _ref=URIS[2019])
    meta = refer(schema, schema.root, "$ref")
    vocabulary = refer(schema, inside(schema, meta, "allOf", 1), "$ref")

    inner = refer(schema, inside(schema, vocabulary, "properties", "not"), "$recursiveRef")

    assert inner.key == meta.key


TREE: dict[str, Json] = {
    "$schema": LATEST,
    "$id": "http://x.com/tree",
    "$dynamicAnchor": "node",
    "properties": {"children": {"items": {"$dynamicRef": "#node"}}},
}


def test_a_dynamic_reference_means_the_outermost_dynamic_anchor() -> None:
    strict = {
        "$schema": LATEST,
        "$id": "http://x.com/strict",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "$defs": {"t": TREE},
    }

    schema = schema_of(strict)
    tree = refer(schema, schema.root, "$ref")
    node = inside(schema, inside(schema, tree, "properties", "children"), "items")

    assert refer(schema, node, "$dynamicRef").key == schema.root.key
    plain = schema_of(TREE)
    assert led(plain, ("properties", "children"), "items", keyword="$dynamicRef").key == plain.root.key


def test_a_dynamic_reference_without_a_dynamic_anchor_is_a_plain_one() -> None:
    value = {"$schema": LATEST, "$id": "http://x.com/r", "$dynamicAnchor": "x", "$ref": "in", "$defs": {
        "in": {"$id": "in", "$dynamicRef": "#x", "$defs": {"a": {"$anchor": "x"}}}}}  # fmt: skip

    schema = schema_of(value)

    assert refer(schema, refer(schema, schema.root, "$ref"), "$dynamicRef").pointer == ("$defs", "in", "$defs", "a")


def test_the_scope_of_a_recursion_does_not_grow() -> None:
    schema = schema_of(
        {"$schema": LATEST, "$id": "http://x.com/r", "$dynamicAnchor": "node", "$ref": "tree", "$defs": {"t": TREE}}
    )
    spot, keys = schema.root, set()
    for _ in range(20):
        tree = refer(schema, spot, "$ref") if "$ref" in spot.value else spot
        keys.add(tree.key)
        spot = refer(schema, inside(schema, inside(schema, tree, "properties", "children"), "items"), "$dynamicRef")

    assert len(keys) == 1


@pytest.mark.parametrize(("outer", "leads_out"), [(True, True), (False, False)])
def test_a_recursive_reference_goes_out_as_far_as_recursive_anchors_reach(outer: bool, leads_out: bool) -> None:
    inner = {"$id": "in", "$recursiveAnchor": True, "properties": {"a": {"$recursiveRef": "#"}}}
    schema = draft(2019, _id="http://x.com/out", _recursiveAnchor=outer, _ref="in", _defs={"in": inner})

    spot = refer(schema, schema.root, "$ref")

    found = refer(schema, inside(schema, spot, "properties", "a"), "$recursiveRef")
    assert found.pointer == (() if leads_out else ("$defs", "in"))


def test_files_refer_to_each_other_by_path_and_by_identifier() -> None:
    schema = files(
        orders__order={"properties": {"a": {"$ref": "../common/money.json#/definitions/amount"}, "b": {"$ref": "urn:b"},
                                      "c": {"$ref": "./line%20item.json"}}},
        common__money={"definitions": {"amount": {"type": "number"}}},
        other={"$id": "urn:b", "type": "null"},
        **{"orders__line item": {"type": "array"}},
    )  # fmt: skip

    assert [schema.source.files[root.file].name for root in schema.roots] == ["v/orders/order.json"]
    found = [led(schema, ("properties", name)).value for name in "abc"]
    assert found == [{"type": "number"}, {"$id": "urn:b", "type": "null"}, {"type": "array"}]


def test_a_path_is_found_beside_a_file_whose_identifier_lies_elsewhere() -> None:
    schema = files(a={"$id": "https://example.com/schemas/a.json", "$ref": "b.json"}, b={"type": "null"})

    assert refer(schema, schema.root, "$ref").value == {"type": "null"}


def test_files_with_one_copied_identifier_still_have_their_own_definitions() -> None:
    same = "http://example.com/root.json"
    one = {"$id": same, "$ref": "#/definitions/x", "definitions": {"x": {"$ref": "b.json"}}}
    two = {"$id": same, "anyOf": [{"$ref": "#/definitions/y"}], "definitions": {"y": {"type": "null"}}}

    schema = files(a=one, b=two)

    other = refer(schema, refer(schema, schema.root, "$ref"), "$ref")

    assert refer(schema, inside(schema, other, "anyOf", 0), "$ref").value == {"type": "null"}


def test_files_that_nobody_refers_to_are_the_roots_and_a_ring_has_one() -> None:
    schema = files(
        a={"$ref": "b.json"},
        b={"$ref": "a.json"},
        c={"anyOf": [{"$ref": "d.json"}]},
        d={},
        e={"default": {"$ref": "d.json"}},
    )

    assert [schema.source.files[root.file].name for root in schema.roots] == ["v/c.json", "v/e.json", "v/a.json"]


def test_a_file_of_others_counts_only_as_far_as_it_is_referred_to() -> None:
    source = Source(
        (File("orders/v/a.json", '{"$ref": "../../common/x.json"}'),), (File("common/x.json", "{}"),), "orders/v"
    )

    schema = parse(source)

    assert [root.file for root in schema.roots] == [0]
    assert refer(schema, schema.root, "$ref").file == 1


def test_yaml_and_json_files_refer_to_each_other() -> None:
    source = Source(
        (File("a.yaml", "properties:\n  on:\n    $ref: b.json#/$defs/x\n"), File("b.json", '{"$defs": {"x": true}}'))
    )

    schema = parse(source)

    assert led(schema, ("properties", "on")).value is True
    assert locate(schema, (0, "properties", "on")) == ("a.yaml", 3, 5)
    assert locate(schema, (1, "$defs", "x")) == ("b.json", 1, 17)


def test_references_in_a_circle_are_followed_one_at_a_time() -> None:
    schema = draft(
        7, _ref="#/definitions/a", definitions={"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}
    )
    keys, spot = set(), schema.root
    for _ in range(10):
        spot = refer(schema, spot, "$ref")
        keys.add(spot.key)

    assert len(keys) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "s.json: the file is empty"),
        (b'{"type": "string", "type": "null"}', "s.json:1:20: the key 'type' appears twice"),
        (b'{"minimum": 1e999999999}', "s.json:1:13: the number 1e999999999 is larger than a double can be"),
        (b'{"minimum": NaN}', "s.json:1:13: 'NaN' is not a JSON value"),
        (b'{"not": ' * 100_000, "s.json: nested more than 200 levels deep"),
        (b'{"title": "\xfc"}', "s.json:1: byte 0xfc at offset 11 is not UTF-8"),
        ('{"type": "string"}'.encode("utf-16"), "s.json: this is UTF-16, not UTF-8"),
    ],
)
def test_hostile_files_get_one_clear_sentence(content: bytes, said: str) -> None:
    with pytest.raises(ContractctlError) as caught:
        parse(Source((File.of("s.json", content),)))

    assert caught.value.message.startswith(said)


def test_a_byte_order_mark_does_not_matter() -> None:
    assert parse(Source((File.of("s.json", b'\xef\xbb\xbf{"type": "null"}'),))).root.value == {"type": "null"}


def test_a_megabyte_of_enum_is_read_at_once() -> None:
    text = json.dumps({"enum": [f"value {number}" for number in range(100_000)], "maximum": 2**70})
    began = time.perf_counter()

    schema = parse(Source((File("s.json", text),)))

    assert time.perf_counter() - began < 20
    assert schema.root.value["maximum"] == 2**70


def _references(schema: Schema) -> Iterator[Spot]:
    pending = [schema.root]
    while pending:
        spot = pending.pop()
        if not isinstance(spot.value, dict):
            continue
        if isinstance(spot.value.get("$ref"), str):
            yield spot
        pending += [inside(schema, spot, *steps) for steps, _ in subschemas(spot.value, SUBSCHEMAS[spot.dialect])]


def _oracle(schema: Schema, value: Any, dialect: Dialect) -> Any:
    specification = referencing.jsonschema.specification_with(URIS[dialect].rstrip("#"))
    resource = specification.create_resource(value)
    base = resource.id() or "retrieved:x"
    return REGISTRY.with_resource(base, resource).crawl().resolver(base)


def test_every_reference_of_real_schemas_leads_where_another_library_finds_it() -> None:
    names = [p for c in ("iglu-central", "schemastore-hist", "openlineage") for p in CORPORA.glob(f"{c}/*/*/old.json")]
    if not names:
        pytest.skip(f"{CORPORA} is not there")
    compared = 0
    for name in names:
        try:
            schema = parse(Source((File.of(str(name), name.read_bytes()),)))
        except ContractctlError:
            continue
        if len(schema.starts) > 1:
            continue  # a resolver per place would be needed
        oracle = _oracle(schema, schema.root.value, schema.root.dialect)
        for spot in _references(schema):
            try:
                expected = oracle.lookup(spot.value["$ref"]).contents
            except referencing.exceptions.Unresolvable:
                with pytest.raises(Unresolved):
                    refer(schema, spot, "$ref")
                continue
            assert refer(schema, spot, "$ref").value == expected, (name, spot.pointer)
            compared += 1

    assert compared > 1000
