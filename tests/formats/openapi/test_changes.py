"""Does diff name every change once, and nothing that is none?"""

import yaml
from openapi_pairs import source

from contractctl.formats.openapi import changes, parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Change


def changed(seat: str, old: str, new: str) -> list[Change]:
    texts = [source(seat, yaml.safe_load(text), "3.1") for text in (old, new)]
    return list(changes(*map(parse, texts)))


def test_words_for_people_are_no_changes() -> None:
    assert changed("operation", "{summary: a, tags: [a]}", "{summary: b, description: c, tags: [b]}") == []


def test_the_order_of_alternatives_is_no_change() -> None:
    branches = ["{type: object, required: [a, b]}", "{type: object, required: [c], properties: {c: {enum: [1, 2]}}}"]
    turned = ["{type: object, required: [c], properties: {c: {enum: [2, 1]}}}", "{type: object, required: [b, a]}"]
    old, new = (f"{{A: {{oneOf: [{', '.join(one)}]}}}}" for one in (branches, turned))

    assert changed("schemas", old, new) == []
    assert changed("operation", "{security: [{a: []}, {b: []}]}", "{security: [{b: []}, {a: []}]}") == []


def test_operations_come_and_go() -> None:
    old, new = (
        "{/a: {get: {responses: {}}, put: {responses: {}}}}",
        "{/a: {get: {responses: {}}}, /b: {post: {responses: {}}}}",
    )

    assert changed("paths", old, new) == [
        Change("added", "POST /b", "operation"),
        Change("removed", "PUT /a", "operation"),
    ]


def test_a_path_parameter_under_another_name_is_no_change() -> None:
    old = "{'/a/{x}': {get: {parameters: [{name: x, in: path, required: true}], responses: {}}}}"

    assert changed("paths", old, old.replace("x", "y")) == []


def test_the_parts_of_an_operation_are_told_under_its_name() -> None:
    old = "{parameters: [{name: q, in: query}, {name: r, in: query, schema: {type: string}}], operationId: a}"
    new = (
        "{parameters: [{name: r, in: query, required: true, schema: {type: integer}}],"
        " responses: {'201': {description: x}}}"
    )

    assert changed("operation", old, new) == [
        Change("changed", "POST /x", "operationId", "a", None),
        Change("changed", "POST /x query parameter 'r'", "required", None, "true"),
        Change("removed", "POST /x query parameter 'q'", "parameter"),
        Change("added", "POST /x response 201", "response"),
        Change("removed", "POST /x response 200", "response"),
        Change("changed", "POST /x query parameter 'r'", "type", "string", "integer"),
    ]


def test_a_component_is_told_once_under_its_name() -> None:
    to_a = "{$ref: '#/components/schemas/A'}"
    old = f"{{Root: {{properties: {{a: {to_a}, b: {to_a}}}}}, A: {{type: string}}}}"

    assert changed("schemas", old, old.replace("string", "integer")) == [
        Change("changed", "A", "type", "string", "integer")
    ]


def test_what_changes_in_another_file_is_told_once_under_the_name_that_it_has_there() -> None:
    main = File(
        "api/openapi.yaml",
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n"
        "  /a: {$ref: paths/a.yaml}\n"
        "  /b: {get: {responses: {'200': {description: d, content: {application/json: {schema: "
        "{$ref: schemas/Order.yaml}}}}}}}\n"
        "  /c: {get: {responses: {'200': {description: d, content: {application/json: {schema: "
        '{$ref: "schemas/Order.yaml#/$defs/Line"}}}}}}}\n',
    )
    path = File(
        "api/paths/a.yaml",
        "get: {responses: {'200': {description: d, content: {application/json: {schema: "
        "{$ref: ../schemas/Order.yaml}}}}}}\n",
    )
    order = (
        "type: object\nproperties: {customer: {type: string}, line: {$ref: '#/$defs/Line'}}\n"
        "$defs: {Line: {type: object, properties: {sku: {type: string}}}}\n"
    )
    texts = order, order.replace("customer", "buyer").replace("sku: {type: string}", "sku: {type: integer}")
    old, new = (Source((main, path, File("api/schemas/Order.yaml", text)), folder="api") for text in texts)

    assert list(changes(parse(old), parse(new))) == [
        Change("added", "Order.buyer", "property", new="string"),
        Change("removed", "Order.customer", "property", old="string"),
        Change("changed", "Line.sku", "type", "string", "integer"),
    ]


def test_a_parameter_of_a_file_that_is_not_there_is_said_as_it_stands() -> None:
    found = changed("operation", "{parameters: [{$ref: a.yaml}]}", "{parameters: [{$ref: b.yaml}]}")

    assert found == [Change("changed", "POST /x", "parameters", '[{"$ref": "a.yaml"}]', '[{"$ref": "b.yaml"}]')]


def test_what_descriptions_add_to_schemas_is_told() -> None:
    old = "{A: {type: object, discriminator: {propertyName: k}, properties: {k: {type: string}}}}"
    new = old.replace("propertyName: k", "propertyName: l").replace("{type: string}", "{type: string, nullable: true}")
    texts = [source("schemas", yaml.safe_load(text), "3.0") for text in (old, new)]

    assert list(changes(*map(parse, texts))) == [
        Change("changed", "A", "discriminator", '{"propertyName": "k"}', '{"propertyName": "l"}'),
        Change("changed", "A.k", "type", "string", "string or null"),
    ]


def test_how_a_header_a_parameter_and_a_part_are_spelled_is_told() -> None:
    header, part = "{X-A: {schema: {type: object}}}", "{a: {headers: {X-B: {schema: {type: string}}}}}"
    old = (
        "{parameters: [{name: q, in: query, content: {application/json: {schema: {}}}}],"
        f" requestBody: {{content: {{multipart/form-data: {{schema: {{}}, encoding: {part}}}}}}},"
        f" responses: {{'200': {{headers: {header}}}}}}}"
    )
    new = old.replace("application/json", "text/plain").replace("X-A: {", "X-A: {explode: true, ")

    assert changed("operation", old, new.replace("X-B: {", "X-B: {required: true, ")) == [
        Change("changed", "POST /x query parameter 'q'", "media type", "application/json", "text/plain"),
        Change("changed", "POST /x request multipart/form-data part 'a' header 'X-B'", "required", None, "true"),
        Change("changed", "POST /x response 200 header 'X-A'", "explode", None, "true"),
    ]


def test_the_name_of_a_path_parameter_is_told_where_it_travels() -> None:
    old = "{'/a/{x}': {get: {parameters: [{name: x, in: path, required: true, style: matrix}], responses: {}}}}"

    assert changed("paths", old, old.replace("{x}", "{y}").replace("name: x", "name: y")) == [
        Change("changed", "GET /a/{y} path parameter 'y'", "name", "x", "y")
    ]
