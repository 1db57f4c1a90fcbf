"""Does graphql-core agree? What it finds breaking, documents at random, and every witness on the whole schemas."""

from random import Random
from typing import Any

from graphql import (
    BreakingChangeType,
    build_schema,
    find_breaking_changes,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st
from random_queries import document, pair

from contractctl.compatibility import compare
from contractctl.formats.graphql import engine
from contractctl.model.verdict import Effect, Status
from tests.budgets import budget

ALWAYS = {
    BreakingChangeType.FIELD_REMOVED,
    BreakingChangeType.REQUIRED_ARG_ADDED,
    BreakingChangeType.ARG_REMOVED,
    BreakingChangeType.ARG_CHANGED_KIND,
    BreakingChangeType.REQUIRED_INPUT_FIELD_ADDED,
    BreakingChangeType.TYPE_REMOVED_FROM_UNION,
    BreakingChangeType.IMPLEMENTED_INTERFACE_REMOVED,
    BreakingChangeType.DIRECTIVE_REMOVED,
    BreakingChangeType.DIRECTIVE_ARG_REMOVED,
    BreakingChangeType.REQUIRED_DIRECTIVE_ARG_ADDED,
}
"""What breaks whoever uses it. Other answers may read as the old ones did, and enums may only ever be answered."""


def effects(found: Any) -> set[Effect]:
    return {one.effect for one in found.findings}


@budget(40)
@given(st.integers(0, 10**9))
def test_what_is_called_compatible_breaks_no_document_and_no_reader(seed: int) -> None:
    rng = Random(seed)
    texts = pair(rng)
    if texts is None:
        return
    verdict = compare(*texts, format="graphql", witnesses=False)
    for answer, mine, theirs in ((verdict.backward, *texts), (verdict.forward, *texts[::-1])):
        if answer.status is not Status.COMPATIBLE:
            continue
        client, provider = build_schema(mine), build_schema(theirs)
        breaking = {one.type for one in find_breaking_changes(client, provider)}
        assert not breaking & ALWAYS, (mine, theirs, breaking)
        for _ in range(6):
            asked = document(rng, client)
            if validate(client, parse(asked)):
                continue
            assert not validate(provider, parse(asked)), (mine, theirs, asked)
            answered = engine.answer(theirs, asked)
            if not answered.errors and Effect.LOSES not in effects(answer):
                assert not engine.read(mine, asked, answered.data).errors, (mine, theirs, asked)


@budget(20)
@given(st.integers(0, 10**9))
def test_a_witness_shows_it_on_the_whole_schemas_too(seed: int) -> None:
    rng = Random(seed)
    texts = pair(rng)
    if texts is None:
        return
    verdict = compare(*texts, format="graphql")
    for answer, mine, theirs in ((verdict.backward, *texts), (verdict.forward, *texts[::-1])):
        for found in answer.findings:
            if found.witness is None or "alone" in found.witness.executed_by or "…" in found.witness.sent:
                continue
            asked, _, data = found.witness.sent.partition(", answered with ")
            assert engine.refusals(mine, asked) == (), (mine, asked)
            if not data and found.effect is not Effect.MISREADS:
                assert engine.refusals(theirs, asked) or engine.answer(theirs, asked).errors, (theirs, asked)
