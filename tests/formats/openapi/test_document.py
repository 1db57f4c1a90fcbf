"""Is a document read as what it is, and refused with its place where it is none?"""

import pytest

from contractctl.compatibility import Terms, compare, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats.openapi import locate, parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Status

TERMS = Terms()
HEAD = "openapi: 3.1.0\ninfo: {title: x, version: '1'}\n"


def source(text: str, name: str = "api.yaml") -> Source:
    return Source((File(name, text),))


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("swagger: '1.2'\n", "api.yaml:1:10: Swagger 1.2 is not judged", "3.0 or 3.1"),
        ("swagger: '2.0'\ndefinitions: []\n", "api.yaml:2:14: 'definitions' is not an object", "fix"),
        ("info: {}\n", "api.yaml:1:1: this is not an OpenAPI document", "openapi: 3.1.0"),
        ("openapi: 4.0.0\n", "api.yaml:1:10: OpenAPI 4.0.0 is not judged", "3.0 or 3.1"),
        ("openapi: 3.1\n", "api.yaml:1:10: OpenAPI 3.1 is not judged", "in quotes"),
        ("openapi: 3.1.0\npaths: []\n", "api.yaml:2:8: 'paths' is not an object", "fix"),
        ("openapi: [\n", "api.yaml:2:1: this is not YAML", "fix"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(text: str, said: str, hint: str) -> None:
    with pytest.raises(ContractctlError) as error:
        parse(source(text))

    assert str(error.value.message).startswith(said)
    assert hint in str(error.value.hint)


def test_a_part_that_is_not_what_it_must_be_is_refused_with_its_place() -> None:
    old = HEAD + "paths: {/a: {get: {parameters: {}, responses: {}}}}\n"

    with pytest.raises(ContractctlError, match=r"old:3:\d+: 'parameters' is not a list"):
        compare(old, old.replace("responses: {}", "responses: {}, summary: x"), format="openapi")


def test_the_same_document_in_json_and_in_yaml_is_the_same() -> None:
    old = HEAD + "paths: {/a: {get: {responses: {'200': {description: ok}}}}}\n"
    new = (
        '{"openapi": "3.1.0", "info": {"title": "x", "version": "1"},'
        ' "paths": {"/a": {"get": {"responses": {"200": {"description": "ok"}}}}}}'
    )

    comparison = compare(old, new, format="openapi")

    assert (comparison.backward.status, comparison.forward.status) == (Status.COMPATIBLE, Status.COMPATIBLE)


def test_a_place_is_found_in_its_file() -> None:
    document = parse(source(HEAD + "paths:\n  /a:\n    get: {}\n"))

    assert locate(document, (0, "paths", "/a", "get")) == ("api.yaml", 5, 10)


def several(kind: str) -> Source:
    main = HEAD + "paths: {/a: {$ref: 'parts/a.yaml#/item'}}\n"
    part = (
        "item: {get: {responses: {'200': {description: ok, content: {application/json: {schema: {$ref: b.yaml}}}}}}}\n"
    )
    files = (File("api/main.yaml", main), File("api/parts/a.yaml", part), File("api/parts/b.yaml", f"type: {kind}\n"))
    return Source(files[:1], files[1:])


def test_a_change_in_a_file_that_others_refer_to_is_found_where_it_stands() -> None:
    comparison = compare_sources(several("string"), several("integer"), "openapi", TERMS)

    found = comparison.backward.findings[0]
    assert found.rule == "json-schema-type-refused"
    assert found.new is not None
    assert (found.new.file, found.new.line) == ("api/parts/b.yaml", 1)
    assert found.witness is not None


def test_a_file_that_is_not_there_makes_it_unknown() -> None:
    lacking = [Source(one.files, one.companions[:1]) for one in (several("string"), several("integer"))]
    other = Source(
        lacking[1].files, (File("api/parts/a.yaml", lacking[1].companions[0].text.replace("b.yaml", "c.yaml")),)
    )

    assert compare_sources(lacking[0], other, "openapi", TERMS).backward.status is Status.UNKNOWN


def test_two_documents_are_no_version() -> None:
    with pytest.raises(ContractctlError, match=r"a\.yaml and b\.yaml are both OpenAPI documents"):
        parse(Source((File("a.yaml", HEAD), File("b.yaml", HEAD))))


def test_a_dialect_of_its_own_makes_it_unknown() -> None:
    old = HEAD + "jsonSchemaDialect: https://x.example/dialect\npaths: {}\n"

    assert compare(old, old + "x-a: 1\n", format="openapi").backward.status is Status.UNKNOWN


def test_components_that_lead_ever_on_are_judged_and_crash_nothing() -> None:
    def text(said: str) -> str:
        parts = "".join(
            f"    P{n}: {{type: object, properties: {{said: {{type: {said if n == 390 else 'string'}}}, "
            f"next: {{$ref: '#/components/schemas/P{n + 1}'}}}}}}\n"
            for n in range(400)
        )
        media = "application/json: {schema: {$ref: '#/components/schemas/P0'}}"
        answers = f"paths: {{/a: {{get: {{responses: {{'200': {{description: a, content: {{{media}}}}}}}}}}}}}\n"
        return f"{HEAD}{answers}components:\n  schemas:\n{parts}    P400: {{}}\n"

    found = compare(text("string"), text("integer"), format="openapi").backward

    assert found.status is Status.INCOMPATIBLE
    assert [finding.path for finding in found.findings] == ["GET /a response 200 application/json: P390.said"]


def test_what_is_known_of_one_pair_of_paths_is_not_taken_for_another() -> None:
    """Two paths that differ in the names of their parameters alone are one path; its own name is nearest."""

    def written(*kinds: str) -> Source:
        paths = "".join(
            f"  /x/{{{name}}}:\n    get:\n      responses:\n"
            f"        '200': {{content: {{application/json: {{schema: {{type: {kind}}}}}}}}}\n"
            for name, kind in zip("ab", kinds, strict=True)
        )
        return source(f"openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n{paths}")

    compared = compare_sources(written("string", "boolean"), written("integer", "string"), "openapi", Terms())

    for answer in (compared.backward, compared.forward):
        assert {finding.path for finding in answer.findings} == {
            "GET /x/{a} response 200 application/json: $",
            "GET /x/{b} response 200 application/json: $",
        }


@pytest.mark.parametrize("word", ["readOnly", "read\\u004fnly", "\\u0072eadOnly"])
def test_a_word_is_known_in_whatever_spelling(word: str) -> None:
    def written(kind: str) -> str:
        stamp = f'{{"type": "object", "properties": {{"stamp": {{"type": "{kind}", "{word}": true}}}}}}'
        body = f'{{"content": {{"application/json": {{"schema": {stamp}}}}}}}'
        operation = f'{{"requestBody": {body}, "responses": {{"200": {{"description": ""}}}}}}'
        info = '{"title": "t", "version": "1"}'
        return f'{{"openapi": "3.0.3", "info": {info}, "paths": {{"/x": {{"post": {operation}}}}}}}'

    compared = compare(written("string"), written("integer"), format="openapi")

    assert compared.backward.status is Status.COMPATIBLE  # it is never sent


@pytest.mark.parametrize(
    ("operation", "word", "odd"),
    [
        ("parameters: [{name: a, in: query, schema: {type: %s}}], responses: {}", "string", "{}"),
        ("responses: {'200': {description: a}, %s: {description: b}}", "default", "''"),
        (
            "requestBody: {content: {application/json: {schema: {required: [%s], properties: {a: {readOnly: true}}}}}}",
            "b",
            "{}",
        ),
    ],
)
def test_what_stands_where_a_word_must_be_crashes_nothing(operation: str, word: str, odd: str) -> None:
    old, new = (f"{HEAD}paths: {{/a: {{post: {{{operation % one}}}}}}}\n" for one in (word, odd))

    answer = compare(old, new, format="openapi")

    assert answer.backward.status is not Status.COMPATIBLE
