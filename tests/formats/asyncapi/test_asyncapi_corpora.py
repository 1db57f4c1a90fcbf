"""Do real public documents get an answer, and their findings a witness? Skipped where they are absent."""

from pathlib import Path

import pytest

from contractctl.compatibility import Comparison, Terms, compare_sources
from contractctl.errors import ContractctlError
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Status

CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
PAIRS = sorted((CORPORA / "asyncapi-examples").glob("*/*/old.*"))
IN_NO_VERSION = ("'servers' is not an object", "'security' is not a list", "appears twice in one mapping")
"""What no published version of the specification, or of YAML, allows."""
NOT_SAID = ("is not among the contract's files", "is not known", "what another 'http.headers")
"""The last: a binding that refers to one level too high, so that it has an http binding inside."""


def read(path: Path) -> Source:
    return Source((File.of(path.name, path.read_bytes()),))


def judged(old: Path) -> Comparison | None:
    """None where one of the two is no document of AsyncAPI."""
    (new,) = old.parent.glob("new.*")
    try:
        return compare_sources(read(old), read(new), "asyncapi", Terms())
    except ContractctlError as error:
        if any(why in error.message for why in IN_NO_VERSION):
            return None
        raise


def test_real_pairs_are_answered_and_shown() -> None:
    if not PAIRS:
        pytest.skip("the public documents are not there: shared/corpora/asyncapi-examples beside the checkout")
    compared = [one for one in map(judged, PAIRS) if one is not None]

    answers = [answer for one in compared for answer in (one.backward, one.forward)]
    reasons = [reason for answer in answers if answer.status is Status.UNKNOWN for reason in answer.reasons]
    assert [reason for reason in reasons if not any(why in reason for why in NOT_SAID)] == []
    findings = [finding for one in compared for finding in one.findings]
    assert [finding.path for finding in findings if finding.witness is None] == []
    assert (len(compared), len(findings)) >= (0.75 * len(PAIRS), 15)
