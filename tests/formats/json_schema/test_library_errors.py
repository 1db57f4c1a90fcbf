"""Does a library that cannot execute a schema leave anything but a witness less?"""

import json
from typing import Any

import pytest
from rpds import HashTrieMap

from contractctl.compatibility import compare
from contractctl.formats.json_schema.library_errors import LibraryError, executing
from contractctl.model.verdict import Status

DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"


class Unequal:
    """What cannot be compared, as nothing can be once Python has no more room for calls."""

    def __hash__(self) -> int:
        return 1

    def __eq__(self, _: object) -> bool:
        raise RecursionError


def test_a_panic_of_the_library_below_is_one_error_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LibraryError), executing():
        HashTrieMap([(Unequal(), 1), (Unequal(), 2)])

    assert capfd.readouterr() == ("", "")


def test_what_ends_the_program_ends_it() -> None:
    with pytest.raises(KeyboardInterrupt), executing():
        raise KeyboardInterrupt


ENDLESS: dict[str, Any] = {"$schema": DRAFT_2020, "$dynamicAnchor": "n", "allOf": [{"$dynamicRef": "#n"}]}


@pytest.mark.parametrize("format_", ["json-schema", "asyncapi", "openapi"])
def test_a_schema_without_end_is_judged_all_the_same(format_: str) -> None:
    old, new = (json.dumps(document(format_, one)) for one in ({"type": "integer"}, {**ENDLESS, "type": "string"}))

    answer = compare(old, new, format=format_).backward

    assert answer.status is Status.INCOMPATIBLE
    assert [finding.rule for finding in answer.findings] == ["json-schema-type-refused"]


def document(format_: str, schema: dict[str, Any]) -> dict[str, Any]:
    whole = {"info": {"title": "t", "version": "1"}}
    match format_:
        case "asyncapi":
            payload = {"schemaFormat": "application/schema+json;version=draft/2020-12", "schema": schema}
            channel = {"address": "c", "messages": {"m": {"payload": payload}}}
            operation = {"action": "receive", "channel": {"$ref": "#/channels/c"}}
            return {**whole, "asyncapi": "3.0.0", "channels": {"c": channel}, "operations": {"o": operation}}
        case "openapi":
            body = {"required": True, "content": {"application/json": {"schema": schema}}}
            call = {"requestBody": body, "responses": {"200": {"description": "taken"}}}
            return {**whole, "openapi": "3.1.0", "paths": {"/a": {"post": call}}}
        case _:
            return {"$schema": DRAFT_2020, **schema}
