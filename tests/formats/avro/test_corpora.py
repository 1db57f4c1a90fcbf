"""Does every pair of real public schemas get an answer, and every finding a witness? Skipped where they are absent."""

from collections import Counter
from pathlib import Path

import pytest

from contractctl.compatibility import compare
from contractctl.model.verdict import Status

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora"
PAIRS = sorted(path.parent for name in ("radar-avsc", "navikt-avsc") for path in (CORPORA / name).glob("*/*/old.avsc"))
REASONS = ("is not defined", "is not a schema", "must be a type's name")


@pytest.mark.skipif(not PAIRS, reason=f"the public schemas are not there: {CORPORA.name}/radar-avsc, navikt-avsc")
def test_every_real_pair_is_judged_and_every_finding_has_a_witness() -> None:
    """Where their types lie in files that are not there, the verdict is unknown and says which type is missing."""
    statuses: Counter[Status] = Counter()
    for folder in PAIRS:
        verdict = compare(*((folder / f"{side}.avsc").read_bytes() for side in ("old", "new")), format="avro")
        for answer in (verdict.backward, verdict.forward):
            statuses[answer.status] += 1
            assert all(finding.witness for finding in answer.findings), folder
            assert all(any(known in reason for known in REASONS) for reason in answer.reasons), folder

    assert sum(statuses.values()) == 2 * len(PAIRS)
    assert statuses[Status.UNKNOWN] < len(PAIRS) // 3
