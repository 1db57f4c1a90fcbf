"""What was once judged wrongly, in every corner that a reviewer came upon, is judged rightly."""

import json
from typing import Any

from contractctl.compatibility import compare
from contractctl.model.contract import Policy
from contractctl.model.verdict import Answer, Status

DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"


def reading(writer: Any, reader: Any, **policy: Any) -> Answer:
    """The verdict of a new reader on an old writer's data; both in draft 2020-12 where they name none."""
    texts = (json.dumps({"$schema": DRAFT_2020} | one) for one in (writer, reader))
    return compare(*texts, format="json-schema", policy=Policy(**policy)).backward


def status(writer: Any, reader: Any, **policy: Any) -> Status:
    return reading(writer, reader, **policy).status


# Recursion


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{name}"}}


def test_a_value_that_cannot_be_found_inside_itself_can_be_found_elsewhere() -> None:
    writer = {
        "type": "object",
        "required": ["p", "q"],
        "properties": {
            "first": {"$ref": "#/$defs/one"},
            "p": {"$ref": "#/$defs/any"},
            "q": {"$ref": "#/$defs/three"},
        },
        "$defs": {
            "any": {"anyOf": [_list_of("one"), _list_of("three"), {"type": "object", "maxProperties": 0}]},
            "one": {"anyOf": [_list_of("two"), _list_of("any")]},
            "two": _list_of("one"),
            "three": _list_of("two"),
        },
    }

    assert status(writer, {"not": {}}) is Status.INCOMPATIBLE
