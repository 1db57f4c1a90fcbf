"""Are the labelled pairs of the public test suite judged right? Skipped where they are absent."""

import pytest
from conformance import FILE, judged, pairs

PAIRS = list(pairs())


@pytest.mark.skipif(not PAIRS, reason=f"the labelled pairs are not there: {FILE}")
def test_labelled_pairs_are_judged_right_and_never_wrongly_compatible_and_shown_by_witnesses() -> None:
    results = list(judged(PAIRS))

    incompatible = [one for one in results if one.status == "incompatible"]
    assert [one.pair.id for one in results if one.wrongly_compatible] == []
    assert sum(one.right for one in results) >= 0.97 * len(results)
    assert sum(one.shown for one in incompatible) >= 0.99 * len(incompatible)
