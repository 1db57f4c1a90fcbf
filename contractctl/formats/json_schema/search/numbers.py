"""Is there a number within these bounds, that divides by this and not by that? Exactly, in fractions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from math import ceil, floor, lcm
from typing import TYPE_CHECKING

from contractctl.formats.json_schema.search.nodes import Bound, MultipleOf
from contractctl.formats.json_schema.search.outcomes import NONE, Found, Outcome, Unknown
from contractctl.formats.json_schema.search.values import UnwritableError, exact, written

if TYPE_CHECKING:
    from contractctl.formats.json_schema.search.solver import Solver
    from contractctl.formats.json_schema.search.state import State

_MOST_TRIED = 5_000
_MOST_DECIMALS = 340
"""The smallest double above nothing has 324."""


@dataclass(frozen=True, slots=True)
class _Range:
    """Where a number may lie; None is not a bound."""

    low: Fraction | None = None
    low_open: bool = False
    high: Fraction | None = None
    high_open: bool = False

    def above(self, limit: Fraction, *, is_open: bool) -> "_Range":
        if self.low is not None and (limit, is_open) <= (self.low, self.low_open):
            return self
        return replace(self, low=limit, low_open=is_open)

    def below(self, limit: Fraction, *, is_open: bool) -> "_Range":
        if self.high is not None and (-limit, is_open) <= (-self.high, self.high_open):
            return self
        return replace(self, high=limit, high_open=is_open)

    @property
    def is_point(self) -> bool:
        return self.low is not None and self.low == self.high

    def has(self, number: Fraction) -> bool:
        if self.low is not None and (number < self.low or (self.low_open and number == self.low)):
            return False
        return self.high is None or not (number > self.high or (self.high_open and number == self.high))

    @property
    def is_empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


def solve(solver: "Solver", state: "State") -> Outcome:
    """A number that fulfils what the state asserts of numbers."""
    wanted = _range(state)
    if wanted.is_empty:
        return NONE
    divisors = [node.divisor for node, is_held in state.of(MultipleOf) if is_held]
    refused = [node.divisor for node, is_held in state.of(MultipleOf) if not is_held]
    denied = {exact(one) for one in solver.denied(state) if isinstance(one, int | float) and not isinstance(one, bool)}
    if divisors:
        return _multiple(solver, wanted, _common(divisors), refused, denied)
    return _any(solver, wanted, refused, denied)


def _range(state: "State") -> _Range:
    found = _Range()
    for node, is_held in state.of(Bound):
        upper = node.upper == is_held  # what is denied bounds from the other side
        is_open = node.exclusive == is_held
        found = found.below(node.limit, is_open=is_open) if upper else found.above(node.limit, is_open=is_open)
    return found


def _common(divisors: list[Fraction]) -> Fraction:
    """The number whose multiples are those of all divisors."""
    base = lcm(*(one.denominator for one in divisors))
    return Fraction(lcm(*(int(one * base) for one in divisors)), base)


def _multiple(
    solver: "Solver", wanted: _Range, step: Fraction, refused: list[Fraction], denied: set[Fraction]
) -> Outcome:
    """Some k × step. It divides by what is refused exactly where k divides by a whole number."""
    skips = [(step / one).denominator for one in refused]
    if 1 in skips:
        return NONE
    outcome: Outcome = NONE
    for tried, k in enumerate(_factors(wanted, step)):
        number = k * step
        if wanted.has(number) and number not in denied and not any(k % skip == 0 for skip in skips):
            try:
                return Found(written(number))
            except UnwritableError:
                outcome = Unknown("the only numbers that fit have more digits than a double")
        solver.spend()
        if tried > _MOST_TRIED + len(denied):
            return Unknown("no number was found that fits all of its divisors")
    return outcome


def _any(solver: "Solver", wanted: _Range, refused: list[Fraction], denied: set[Fraction]) -> Outcome:
    """Any number at all: in a range that is not a point there are always some that nothing refuses."""
    if wanted.is_point:
        assert wanted.low is not None  # noqa: S101 - a point has both bounds
        return _multiple(solver, wanted, abs(wanted.low) or Fraction(1), refused, denied)
    for decimals in range(_MOST_DECIMALS):
        step = Fraction(1, 10**decimals)
        for tried, k in enumerate(_factors(wanted, step)):
            number = k * step
            if (
                wanted.has(number)
                and number not in denied
                and not any((number / one).denominator == 1 for one in refused)
            ):
                try:
                    return Found(written(number))
                except UnwritableError:
                    pass
            solver.spend()
            if tried > len(denied) + 20:
                break
    return Unknown("the only numbers that fit have more digits than a double")


def _factors(wanted: _Range, step: Fraction) -> Iterator[int]:
    """The whole numbers k for which k × step may lie in the range, those nearest to nothing first."""
    first = None if wanted.low is None else ceil(wanted.low / step)
    last = None if wanted.high is None else floor(wanted.high / step)
    if first is not None and first > 0:
        yield from count(first) if last is None else range(first, last + 1)
    elif last is not None and last < 0:
        yield from count(last, -1) if first is None else range(last, first - 1, -1)
    else:
        yield 0
        for size in count(1):
            left = [k for k in (size, -size) if (last is None or k <= last) and (first is None or k >= first)]
            if not left:
                return
            yield from left
