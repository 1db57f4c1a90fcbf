"""Is the new path worse than the old one? Statistics over counts, never over ratios; pure.

Three questions, each with its own tool:

- *Is it worse?* An e-process (Ville's inequality): under "both paths fail equally often" the chance that E ever
  reaches 20 is at most 1 in 20, however often one looks. Given the m failures of a look, those on the new path are
  Bin(m, new / all) when the paths are equal and Bin(m, r·new / (r·new + old)) when the new one fails r times as often.
- *Is it good enough?* Newcombe's interval for the difference of two proportions (Statistics in Medicine 17, 1998,
  method 10), made of two Wilson intervals.
- *Is it the share that was asked for?* A two-sided exact binomial test.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RELATIVE_RISKS = (1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
"""How many times as often the new path may fail: the alternatives that the e-process mixes, with equal weight."""

ALARM = 20.0
"""E at which the new path has failed: a false alarm in at most one canary of twenty, by Ville's inequality."""

Z_95 = 1.6448536269514722
"""The one-sided 95 % point of the normal distribution: an upper bound that is wrong one time in twenty."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests that took one path in one look."""

    bad: float
    total: float

    @property
    def rate(self) -> float:
        return self.bad / self.total if self.total else 0.0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(self.bad + other.bad, self.total + other.total)


@dataclass(frozen=True, slots=True)
class Look:
    """Both paths over the same window."""

    new: Counts
    old: Counts


def e_value(looks: Iterable[Look]) -> float:
    """How strongly the looks so far speak for "the new path fails more often". 1 is no evidence, 20 is an alarm.

    For every relative risk the likelihood ratios of the looks are multiplied, each with that look's own sizes, so a
    ramp of the share or of the traffic changes nothing; then the products are averaged. Windows must not overlap.
    """
    logarithms = [0.0] * len(RELATIVE_RISKS)
    for look in looks:
        for index, risk in enumerate(RELATIVE_RISKS):
            logarithms[index] += _log_ratio(look, risk)
    highest = max(logarithms)
    return math.exp(min(highest, 700.0)) * math.fsum(math.exp(one - highest) for one in logarithms) / len(logarithms)


def _log_ratio(look: Look, risk: float) -> float:
    """The likelihood of this look's failures where the new path fails `risk` times as often, against equality."""
    if look.new.total <= 0 or look.old.total <= 0:
        return 0.0
    grown = risk * look.new.total + look.old.total
    everything = look.new.total + look.old.total
    return look.new.bad * math.log(risk * everything / grown) + look.old.bad * math.log(everything / grown)


def wilson(counts: Counts, z: float = Z_95) -> tuple[float, float]:
    """Lower and upper bound of a proportion, each wrong one time in twenty. (0, 1) where nothing was counted."""
    n = counts.total
    if n <= 0:
        return 0.0, 1.0
    p = counts.rate
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    lower = 0.0 if counts.bad == 0 else (middle - half) / (1 + z * z / n)
    upper = 1.0 if counts.bad == n else (middle + half) / (1 + z * z / n)
    return max(0.0, lower), min(1.0, upper)


def difference(new: Counts, old: Counts, z: float = Z_95) -> tuple[float, float]:
    """Bounds of the new path's failure rate minus the old one's."""
    low_new, high_new = wilson(new, z)
    low_old, high_old = wilson(old, z)
    gap = new.rate - old.rate
    down = math.hypot(new.rate - low_new, high_old - old.rate)
    up = math.hypot(high_new - new.rate, old.rate - low_old)
    return max(-1.0, gap - down), min(1.0, gap + up)


def margin(old: Counts, relative: float, absolute: float) -> float:
    """By how much the new path's failure rate may exceed the old one's: the wider of the two margins."""
    return max(absolute, relative * old.rate)


def least_requests(absolute: float) -> int:
    """Requests on the new path below which no failures say nothing: the rule of three."""
    return math.ceil(3 / absolute - 1e-9) if absolute > 0 else 1


def requests_until_shown(new: Counts, old: Counts, allowed: float) -> float | None:
    """How many more requests on the new path would show that it is good enough, if both rates stay as they are.

    None where no number of them would.
    """
    if new.total <= 0 or new.rate - old.rate >= allowed:
        return None
    factor = 1.0
    while difference(_times(new, factor), _times(old, factor))[1] > allowed:
        factor *= 1.1
        if factor > 1e6:  # noqa: PLR2004 - a million times as many requests is never
            return None
    return math.ceil(new.total * (factor - 1))


def _times(counts: Counts, factor: float) -> Counts:
    return Counts(counts.bad * factor, counts.total * factor)


def summed(looks: Sequence[Look]) -> Look:
    """All looks as one."""
    nothing = Counts(0, 0)
    new, old = nothing, nothing
    for look in looks:
        new, old = new.plus(look.new), old.plus(look.old)
    return Look(new, old)


def binomial_two_sided(successes: int, trials: int, probability: float) -> float:
    """How likely a count at least this far out is, on either side: twice the smaller tail, at most 1."""
    if not 0 < probability < 1:
        return 1.0 if successes == round(trials * probability) else 0.0
    if successes <= trials * probability:
        return min(1.0, 2 * _tail(successes, trials, probability))
    return min(1.0, 2 * _tail(trials - successes, trials, 1 - probability))


def _tail(successes: int, trials: int, probability: float) -> float:
    """P(X ≤ successes) for a count at or below its mean: the terms fall from there, so the sum soon ends."""
    term = math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(probability)
        + (trials - successes) * math.log1p(-probability)
    )
    odds = (1 - probability) / probability
    total = 0.0
    for count in range(successes, -1, -1):
        total += term
        if term < total * 1e-16:
            break
        term *= count / (trials - count + 1) * odds
    return total
