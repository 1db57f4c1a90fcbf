"""Does every pair of real public schemas get an answer? Skipped where they are absent."""

from pathlib import Path

import pytest

from contractctl.compatibility import compare
from contractctl.errors import ContractctlError
from contractctl.model.verdict import Status

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora"
PAIRS = sorted(path.parent for path in (CORPORA / "otel-proto").glob("*/*/old.proto"))
UNSHOWN = {"protobuf-enum-value-not-reserved", "protobuf-number-not-reserved"}
"""Rules about what a later version may do."""


@pytest.mark.skipif(not PAIRS, reason=f"the public schemas are not there: {CORPORA.name}/otel-proto")
def test_every_real_pair_gets_an_answer_and_every_finding_a_witness() -> None:
    refused, unknown = [], []
    for folder in PAIRS:
        old, new = (folder / f"{side}.proto" for side in ("old", "new"))
        try:
            verdict = compare(old.read_bytes(), new.read_bytes(), format="protobuf")
        except ContractctlError as error:
            refused.append(error.message)
            continue
        assert all(one.witness for one in verdict.findings if one.rule not in UNSHOWN), folder
        unknown += [one for one in (verdict.backward, verdict.forward) if one.status is Status.UNKNOWN]

    assert all("has already been used" in said for said in refused), refused  # protoc refuses one version as it is
    assert len(refused) <= len(PAIRS) // 20
    assert all("which they import, beside them" in reason for answer in unknown for reason in answer.reasons)
