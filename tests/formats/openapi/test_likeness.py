"""Is what two schemas have in the same words left unread, and nothing beside it?"""

import pytest

from contractctl.compatibility import compare
from contractctl.formats.openapi import parse
from contractctl.formats.openapi.resolution import way_between
from contractctl.formats.openapi.resolution.operations import paths
from contractctl.formats.openapi.schemas import Role
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Status

PART = "{type: object, properties: {inner: {type: string}, deep: {$ref: '#/components/schemas/Deep'}}}"
WIDER = (
    "{type: object, properties: {inner: {type: string}, deep: {$ref: '#/components/schemas/Deep'}, c: {type: string}}}"
)


def text(left: str, right: str, deep: str = "{type: integer}") -> str:
    """A request with two parts."""
    return (
        "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {/a: {post: {responses: {'200': {description: d}}, "
        "requestBody: {content: {application/json: {schema: {type: object, properties: "
        f"{{left: {left}, right: {right}}}}}}}}}}}}}}}}}\ncomponents: {{schemas: {{Deep: {deep}}}}}\n"
    )


def test_a_part_in_the_same_words_is_not_read() -> None:
    old, new = (
        parse(Source((File("api.yaml", text(PART, right)),))) for right in ("{type: string}", "{type: integer}")
    )
    way = way_between(old, new)

    assert len(list(paths(way))) == 1
    assert "left" in way.comparison(Role.REQUEST).readings.sending.names
    assert "inner" not in way.comparison(Role.REQUEST).readings.sending.names


@pytest.mark.parametrize(
    ("left", "right", "deep", "status"),
    [
        (f"&part {PART}", "*part", "{type: integer}", Status.COMPATIBLE),
        (f"&part {PART}", WIDER, "{type: integer}", Status.COMPATIBLE),
        (f"&part {PART}", "{type: object, properties: {inner: {enum: [a]}}}", "{type: integer}", Status.INCOMPATIBLE),
        (PART, WIDER, "{type: string}", Status.INCOMPATIBLE),
    ],
)
def test_beside_a_part_in_the_same_words_all_is_judged(left: str, right: str, deep: str, status: Status) -> None:
    old = text(f"&part {PART}", "*part")

    assert compare(old, text(left, right, deep), format="openapi", witnesses=False).backward.status is status
