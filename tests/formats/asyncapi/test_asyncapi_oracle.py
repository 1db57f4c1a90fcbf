"""Is a payload judged as its JSON Schema is, with the sender as the writer?

The judge of JSON Schemas is held against jsonschema in its own tests.
"""

import json
from random import Random
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError
from random_schemas import Schemas, documents

from contractctl.compatibility import compare
from contractctl.formats import parse
from contractctl.formats.asyncapi import incompatibilities
from contractctl.formats.asyncapi.application import operations
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.execution import refusal
from contractctl.formats.asyncapi.messages import part
from contractctl.formats.asyncapi.staging import expanded
from contractctl.formats.json_schema.keywords import KEYWORDS
from contractctl.model.contract import File, Policy, Source
from tests.budgets import budget

DRAFT = 7
AS_ASYNCAPI = Policy(content_model="open", formats="assertion")
NAMES: dict[str, list[str]] = {name: [] for name in ("a", "b", "c", *KEYWORDS)}
"""Of the random schemas. As dependencies they demand nothing; a writer who has heard of a name may send it."""


def pair_of(seed: int) -> list[dict[str, Any]]:
    made = Schemas(Random(seed), DRAFT).pair()
    try:
        for one in made:
            Draft7Validator.check_schema(one)
    except SchemaError:
        assume(condition=False)
    return [{**one, "allOf": [*one.get("allOf", ()), {"dependencies": NAMES}]} for one in made]


def carrying(payload: dict[str, Any], action: str) -> str:
    schema = {key: value for key, value in payload.items() if key not in {"$schema", "definitions"}}
    channel = {"address": "c", "messages": {"m": {"payload": schema}}}
    operation = {"action": action, "channel": {"$ref": "#/channels/c"}}
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "t", "version": "1"},
        "channels": {"c": channel},
        "operations": {"o": operation},
        "components": {"schemas": payload["definitions"]},
    }
    return json.dumps(document).replace("#/definitions/", "#/components/schemas/")


@budget(80)
@given(st.integers(0, 2**32), st.booleans())
def test_a_payload_is_judged_as_its_schema_with_the_sender_as_writer(seed: int, application_sends: bool) -> None:
    old, new = pair_of(seed)
    action = "send" if application_sends else "receive"

    found = compare(carrying(old, action), carrying(new, action), format="asyncapi", witnesses=False)
    alone = compare(json.dumps(old), json.dumps(new), format="json-schema", witnesses=False, policy=AS_ASYNCAPI)

    ways = (alone.forward, alone.backward) if application_sends else (alone.backward, alone.forward)
    assert (found.backward.status, found.forward.status) == tuple(one.status for one in ways)


@budget(10)
@given(st.integers(0, 2**32), st.booleans())
def test_what_one_side_writes_is_read_by_the_other_with_the_document_between(
    seed: int, application_sends: bool
) -> None:
    old, new = (
        Source((File("feed.json", carrying(one, "send" if application_sends else "receive")),)) for one in pair_of(seed)
    )
    made = expanded(old, new, "2027-03-31")
    ends, between = [parse("asyncapi", one) for one in (old, new)], parse("asyncapi", made)
    assume(all(not list(incompatibilities(end, between)) for end in ends))

    for value in documents()[::12]:
        for end in ends:
            writer, reader = (between, end) if application_sends else (end, between)
            assert said(writer, value) is not None or said(reader, value) in {None, "endless"}, (
                value,
                made.files[0].text,
            )


def said(document: Document, value: Any) -> str | None:
    """What jsonschema says against a payload."""
    (operation,) = operations(document).values()
    try:
        return refusal(document, part(document, operation.messages[0], "payload"), value)
    except RecursionError:  # it refers to itself, and nothing in between
        return "endless"
