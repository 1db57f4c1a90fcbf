"""What holds for every pair that any test of a format compares."""

from collections.abc import Iterator
from typing import Any

import pytest

from contractctl import compatibility
from contractctl.compatibility import Terms, compare_schemas
from contractctl.formats import load
from contractctl.model.verdict import Comparison


@pytest.fixture(autouse=True, scope="module")
def what_is_found_is_a_change() -> Iterator[None]:
    """`diff` never says "no meaningful change" of two versions in which `check` finds something."""

    def compared(old: Any, new: Any, format_name: str, terms: Terms) -> Comparison:
        comparison = compare_schemas(old, new, format_name, terms)
        found = [finding.rule for answer in (comparison.backward, comparison.forward) for finding in answer.findings]
        assert not found or any(load(format_name).changes(old, new)), found
        return comparison

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compatibility, "compare_schemas", compared)
        yield
