"""Does every pair of real public schemas get an answer, and every finding its document? Skipped where they are not."""

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from contractctl.compatibility import compare
from contractctl.model.verdict import Status

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora"
PAIRS = sorted(path.parent for path in (CORPORA / "github-graphql").glob("*/*/old.graphql"))


@pytest.mark.skipif(not PAIRS, reason=f"the public schemas are not there: {CORPORA.name}/github-graphql")
def test_every_real_pair_gets_an_answer_and_every_finding_a_witness() -> None:
    for folder in PAIRS:
        old, new = ((folder / f"{side}.graphql").read_text("utf-8") for side in ("old", "new"))

        verdict = compare(old, new, format="graphql")

        assert Status.UNKNOWN not in {verdict.backward.status, verdict.forward.status}
        assert all(one.witness for one in verdict.findings), folder


@pytest.mark.skipif(not PAIRS, reason=f"the public schemas are not there: {CORPORA.name}/github-graphql")
def test_a_witness_holds_on_the_whole_of_a_real_schema() -> None:
    old, new = ((PAIRS[1] / f"{side}.graphql").read_text("utf-8") for side in ("old", "new"))
    found = compare(old, new, format="graphql").forward.findings
    schemas = build_schema(new, assume_valid=True), build_schema(old, assume_valid=True)

    for one in found:
        assert one.witness is not None
        asked = parse(one.witness.sent)
        assert not validate(schemas[0], asked)
        assert validate(schemas[1], asked)
    assert found
