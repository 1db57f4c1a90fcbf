"""Is jsonschema of our opinion? What is compatible no document refutes, and what is incompatible its value shows."""

import json
from collections import Counter
from random import Random
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from random_schemas import URIS, Linked, Schemas, documents

from contractctl.compatibility import compare
from contractctl.formats.json_schema import incompatibilities, parse, witness
from contractctl.formats.json_schema.library_errors import LibraryError, executing
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Incompatibility, Status
from tests.budgets import budget

DOCUMENTS = documents()
FIXED = budget(250)
SEEDS = st.integers(0, 2**32), st.sampled_from(sorted(URIS))


def pair_of(seed: int, draft: int, made_by: type[Schemas] = Schemas) -> tuple[dict[str, Any], dict[str, Any]]:
    writer, reader = made_by(Random(seed), draft).pair()
    try:
        for one in (writer, reader):
            validator_for(one).check_schema(one)
    except SchemaError:
        assume(condition=False)
    return writer, reader


@FIXED
@given(*SEEDS)
def test_what_is_compatible_no_document_refutes(seed: int, draft: int) -> None:
    writer, reader = pair_of(seed, draft)
    answer = compare(json.dumps(writer), json.dumps(reader), format="json-schema", witnesses=False).backward
    event(answer.status)
    assume(answer.status is Status.COMPATIBLE)

    assert not refuting(writer, reader, DOCUMENTS)


@budget(100)
@given(st.integers(0, 2**32), st.sampled_from([6, 7, 2019, 2020]))
def test_what_refers_about_and_is_compatible_no_document_refutes(seed: int, draft: int) -> None:
    writer, reader = pair_of(seed, draft, Linked)
    answer = compare(json.dumps(writer), json.dumps(reader), format="json-schema", witnesses=False).backward
    event(answer.status)
    assume(answer.status is Status.COMPATIBLE)

    assert not refuting(writer, reader, DOCUMENTS[::4])


@FIXED
@given(SEEDS[0], *[st.sampled_from([6, 7, 2019, 2020])] * 2)
def test_what_is_compatible_across_drafts_no_document_refutes(seed: int, draft: int, other: int) -> None:
    """But for what jsonschema reads otherwise in 2019-09: what contains evaluates, and what a branch has evaluated."""
    writer, reader = pair_of(seed, draft)
    reader |= {"$schema": URIS[other]}
    assume(draft != other != 2019 or "unevaluated" not in json.dumps(reader))
    try:
        validator_for(reader).check_schema(reader)
    except SchemaError:
        assume(condition=False)
    turned = (writer, reader) if seed % 2 else (reader, writer)
    answer = compare(*map(json.dumps, turned), format="json-schema", witnesses=False).backward
    event(answer.status)
    assume(answer.status is Status.COMPATIBLE)

    assert not refuting(*turned, DOCUMENTS)


def refuting(writer: dict[str, Any], reader: dict[str, Any], some: list[Any]) -> list[Any]:
    """The documents that the one allows and the other does not."""
    sent, taken = (validator_for(one)(one) for one in (writer, reader))
    try:
        with executing():
            return [one for one in some if sent.is_valid(one) and not taken.is_valid(one)]
    except LibraryError:  # jsonschema follows what refers to itself without end, and not every `$id`
        assume(condition=False)
        raise


def test_what_is_incompatible_is_shown_by_its_value() -> None:
    shown: Counter[bool] = Counter()

    @FIXED
    @given(*SEEDS)
    def hold(seed: int, draft: int) -> None:
        writer, reader = (parse(Source((File("x.json", json.dumps(one)),))) for one in pair_of(seed, draft))
        for found in incompatibilities(reader, writer):
            if isinstance(found, Incompatibility):
                shown[witness(reader, writer, found) is not None] += 1

    hold()

    assert shown[True] > 100
    assert shown[False] <= shown[True] // 100


@FIXED
@given(*SEEDS)
def test_a_schema_reads_what_it_wrote_however_it_is_arranged(seed: int, draft: int) -> None:
    schema, _ = pair_of(seed, draft)
    inner = {key: value for key, value in schema.items() if key not in {"$schema", "definitions"}}
    wrapped = {"$schema": schema["$schema"], "allOf": [inner, {}], "definitions": schema["definitions"]}
    assume("unevaluated" not in json.dumps(schema))  # what is beside it counts there

    answer = compare(json.dumps(schema), json.dumps(wrapped), format="json-schema", witnesses=False)

    assert Status.INCOMPATIBLE not in {answer.backward.status, answer.forward.status}


@FIXED
@given(*SEEDS)
def test_forward_is_backward_from_the_other_seat(seed: int, draft: int) -> None:
    old, new = (json.dumps(one) for one in pair_of(seed, draft))

    there = compare(old, new, format="json-schema", witnesses=False)
    back = compare(new, old, format="json-schema", witnesses=False)

    assert there.forward.status is back.backward.status
    assert there.backward.status is back.forward.status


@FIXED
@given(*SEEDS)
def test_a_union_reads_what_either_wrote_and_a_meeting_is_read_by_both(seed: int, draft: int) -> None:
    one, other = pair_of(seed, draft)
    parts = [{key: value for key, value in part.items() if key != "$schema"} for part in (one, other)]
    assume("$ref" not in json.dumps(parts))  # where a schema moves to, its references lead elsewhere
    union, meeting = ({"$schema": URIS[draft], keyword: parts} for keyword in ("anyOf", "allOf"))

    to_union = compare(json.dumps(one), json.dumps(union), format="json-schema", witnesses=False).backward
    from_meeting = compare(json.dumps(meeting), json.dumps(one), format="json-schema", witnesses=False).backward

    assert Status.INCOMPATIBLE not in {to_union.status, from_meeting.status}
