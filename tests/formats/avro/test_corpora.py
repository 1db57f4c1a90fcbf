"""Does every pair of real public schemas get an answer, and every finding a witness? Skipped where they are absent."""

from pathlib import Path

import pytest

from contractctl.compatibility import compare
from contractctl.errors import ContractctlError

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora"
PAIRS = sorted(path.parent for name in ("radar-avsc", "navikt-avsc") for path in (CORPORA / name).glob("*/*/old.avsc"))
REASONS = ("is not defined", "does not fit", "is no schema", "must be a type's name")


@pytest.mark.skipif(not PAIRS, reason=f"the public schemas are not there: {CORPORA.name}/radar-avsc, navikt-avsc")
def test_every_real_pair_is_judged_or_refused_with_the_reason_and_every_finding_has_a_witness() -> None:
    judged, reasons = 0, []
    for folder in PAIRS:
        old, new = (folder / f"{side}.avsc" for side in ("old", "new"))
        try:
            verdict = compare(old.read_bytes(), new.read_bytes(), format="avro")
        except ContractctlError as error:
            reasons.append(error.message)
            continue
        judged += 1
        assert all(finding.witness for finding in verdict.findings), folder

    assert [said for said in reasons if not any(reason in said for reason in REASONS)] == []
    assert judged > len(PAIRS) // 2
