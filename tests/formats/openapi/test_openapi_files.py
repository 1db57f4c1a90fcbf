"""Are documents of several files judged as what they say, however their files are counted?"""

import pytest

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
