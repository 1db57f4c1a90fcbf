"""Is each labelled pair judged right?"""

import pytest
from openapi_pairs import Pair, found, pairs

PAIRS = pairs()


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_pair_is_judged_as_its_label_says(pair: Pair) -> None:
    assert found(pair.compared()) == (pair.backward, pair.forward)
