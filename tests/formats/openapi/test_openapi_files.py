"""Are documents of several files judged as what they say, however their files are counted?"""

import pytest
from openapi_pairs import in_files, pairs

from contractctl.formats.openapi import incompatibilities, parse
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Incompatibility

MAIN = """\
openapi: 3.0.3
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                required: [order, number]
                properties: {order: {$ref: order.yaml}, number: {type: %s}}
"""
ORDER = """\
type: object
required: [line]
properties: {line: {$ref: '#/definitions/Line'}}
definitions: {Line: {type: string}}
"""


def version(**texts: str) -> Source:
    files = (File(f"api/{name}.yaml", text) for name, text in sorted(texts.items()))
    return Source(tuple(files), folder="api")


@pytest.mark.parametrize("line", ["{type: string, enum: [1]}", "{type: string}"])
def test_a_file_that_comes_between_others_lends_nothing_to_their_references(line: str) -> None:
    old = version(main=MAIN % "string", order=ORDER)
    new = version(main=MAIN % "integer", nobody=f"definitions: {{Line: {line}}}\n", order=ORDER)

    for client, provider in ((old, new), (new, old)):
        found = [one for one in incompatibilities(parse(client), parse(provider)) if isinstance(one, Incompatibility)]
        assert [one.rule for one in found] == ["json-schema-type-refused"]


def test_a_schema_that_is_a_file_is_named_where_something_is_wrong_with_it() -> None:
    lines = "required: [line, kind]\nproperties: {line: {$ref: '#/definitions/Line'}, kind: {$ref: kinds/Kind.yaml}}\n"
    of_line = "definitions: {Line: {enum: [a, %s]}}\n"
    old, new = (
        version(main=MAIN % "string", order=lines + of_line % b, **{"kinds/Kind": f"enum: [x, {y}]\n"})
        for b, y in (("b", "y"), ("c", "z"))
    )

    found = [one for one in incompatibilities(parse(old), parse(new)) if isinstance(one, Incompatibility)]

    place = "GET /orders response 200 application/json: "
    assert {(one.path.removeprefix(place), one.facts["where"]) for one in found} == {
        ("order.line", "'line'"),
        ("Kind", "'Kind'"),
    }


def said(client: Source, provider: Source) -> tuple[frozenset[str], bool]:
    """The rules that are broken, and whether something is unknown."""
    found = list(incompatibilities(parse(client), parse(provider)))
    rules = frozenset(one.rule for one in found if isinstance(one, Incompatibility))
    return rules, any(not isinstance(one, Incompatibility) for one in found)


@pytest.mark.parametrize("has_names", [True, False])
def test_a_document_in_several_files_says_what_it_says_in_one(has_names: bool) -> None:
    told = 0
    for number, one in enumerate(pairs()):
        is_told = "discriminator" in one.old.files[0].text + one.new.files[0].text
        if number % 7 == 0 or is_told:
            old, new = (in_files(version, has_names=has_names) for version in (one.old, one.new))
            assert (said(old, new), said(new, old)) == (said(one.old, one.new), said(one.new, one.old)), one.name
            told += is_told
    assert told >= 7


def test_a_file_that_names_its_draft_is_judged_by_that() -> None:
    draft = "$schema: 'http://json-schema.org/draft-07/schema#'\ntype: array\nitems: [{$ref: '#/definitions/Line'%s}]\n"
    line = "definitions: {Line: {type: %s}}\n"
    old, worded, changed = (
        version(main=MAIN.replace("3.0.3", "3.1.0") % "string", order=(draft + line) % said)
        for said in (("", "string"), (", maxLength: 1", "string"), ("", "integer"))
    )

    assert said(old, worded) == (frozenset(), False)
    assert said(old, changed) == (frozenset({"json-schema-type-refused"}), False)
