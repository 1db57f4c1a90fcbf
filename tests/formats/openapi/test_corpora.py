"""Do real public documents get an answer, and their findings a witness? Skipped where they are absent."""

from pathlib import Path

import pytest

from contractctl.compatibility import Terms, compare_sources
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Effect, Status

CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
PAIRS = sorted((CORPORA / "adyen-openapi-hist").glob("json~[LPW]*/*/old.json"))
"""Small documents of 100 to 400 kB; ci/bench judges the large ones."""


def read(path: Path) -> Source:
    return Source((File.of(path.name, path.read_bytes()),))


def test_real_pairs_are_answered_and_shown() -> None:
    if not PAIRS:
        pytest.skip("the public documents are not there: shared/corpora/adyen-openapi-hist beside the checkout")
    compared = [compare_sources(read(old), read(old.with_name("new.json")), "openapi", Terms()) for old in PAIRS]

    assert all(Status.UNKNOWN not in {one.backward.status, one.forward.status} for one in compared)
    findings = [finding for one in compared for finding in one.findings if finding.effect is Effect.FAILS]
    assert [finding.path for finding in findings if finding.witness is None] == []
    assert len(findings) >= 15
