"""How many cases does a property try? In ci/test a fixed number of the same ones; in ci/fuzz more, and random ones."""

import os

from hypothesis import HealthCheck, settings

VARIABLE = "CONTRACTCTL_FUZZ"
"""By how much ci/fuzz multiplies a budget."""


def budget(cases: int) -> settings:
    """A property that tries so many cases. What fails under ci/fuzz is printed with what brings it back."""
    factor = int(os.environ.get(VARIABLE, "0"))
    return settings(
        max_examples=cases * max(factor, 1),
        derandomize=not factor,
        print_blob=bool(factor),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
