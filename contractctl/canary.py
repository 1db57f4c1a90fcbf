"""Is the new path worse than the old one? Statistics over counts, never over ratios; pure.

Four questions, each with its own tool:

- *Is it worse?* An e-process (Ville's inequality): under "both paths fail equally often" the chance that E ever
  reaches 20 is at most 1 in 20, however often one looks. Given the m failures of a look, those on the new path are
  Bin(m, new / all) when the paths are equal and Bin(m, r·new / (r·new + old)) when the new one fails r times as often.
- *Do failures come one by one?* Where one client fails again and again, or a dependency stalls, requests are no
  independent draws. Pearson's statistic over the looks shows it, after what the paths differ by; the e-process is then
  tempered by it (a likelihood to the power 1/spread) and held against one that takes a whole look for a single draw.
- *Is it good enough?* Newcombe's interval for the difference of two proportions (Statistics in Medicine 17, 1998,
  method 10), made of two Wilson intervals.
- *Is it the share that was asked for?* A two-sided exact binomial test.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

RELATIVE_RISKS = (1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
"""How many times as often the new path may fail: the alternatives that the e-process mixes, with equal weight."""

ALARM = 20.0
"""E at which the new path has failed: a false alarm in at most one canary of twenty, by Ville's inequality."""

Z_95 = 1.6448536269514722
"""The one-sided 95 % point of the normal distribution: an upper bound that is wrong one time in twenty."""

Z_90 = 1.2815515655446004
"""The one-sided 90 % point."""

_BURSTS = 3.0
"""How much failures are held to come in bursts while there is but one look; with n looks, an nth of it."""

_OUTAGE = 0.05
"""So many more of the requests fail on the new path, whatever they have in common: nobody waits for another look."""

_FAR, _HALVINGS = 20.0, 60
"""Logarithms of relative risks end here, and are told apart so often."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests that took one path in one interval."""

    bad: float
    total: float

    @property
    def rate(self) -> float:
        return self.bad / self.total if self.total else 0.0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(self.bad + other.bad, self.total + other.total)


@dataclass(frozen=True, slots=True)
class Look:
    """Both paths in the same interval of time: what sequential analysis calls a look."""

    new: Counts
    old: Counts


@dataclass(frozen=True, slots=True)
class Spread:
    """How much more the failures vary from look to look than independent requests would."""

    statistic: float
    """Pearson's chi-squared."""
    freedom: int
    """Degrees of freedom: looks with failures, less one."""

    @property
    def factor(self) -> float:
        """1 for independent requests; 4 where failures come in bursts of about four."""
        return max(1.0, self.statistic / self.freedom) if self.freedom else 1.0

    @property
    def detected(self) -> bool:
        """Whether chance alone would spread them so far in one canary of ten at most (Wilson and Hilferty, 1931)."""
        if not self.freedom:
            return False
        middle, scale = 1 - 2 / (9 * self.freedom), math.sqrt(2 / (9 * self.freedom))
        return (math.cbrt(self.statistic / self.freedom) - middle) / scale > Z_90

    @property
    def widening(self) -> float:
        """By what a sample counts for less than its size."""
        return self.factor if self.detected else 1.0

    @property
    def caution(self) -> float:
        """What an alarm is tempered by: few looks cannot tell a burst from a fault."""
        return self.factor + _BURSTS / (1 + self.freedom)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Is the new path worse?"""

    e: float
    """As if requests were independent."""
    guarded: float
    """The same, where failures may come in bursts."""
    spread: Spread
    one_look: bool = False
    """Without its worst look, nothing speaks for it: one client, or one bad moment."""
    outage: bool = False
    """By now far more of the requests fail, even if a sample counts for as much less as failures spread."""

    @property
    def raised(self) -> bool:
        return self.e >= ALARM and (self.outage or (self.guarded >= ALARM and not self.one_look))

    @property
    def doubtful(self) -> bool:
        """Bad enough for an alarm, if it were not for bursts."""
        return self.e >= ALARM and not self.raised


def alarm(looks: Sequence[Look]) -> Alarm:
    """Whether the looks so far are worse than equal paths would show, with and without independent requests."""
    found = spread(looks)
    guarded = e_value(looks, tempered=found.caution)
    if found.detected:
        guarded = min(guarded, e_value_of_looks(looks))
    one_look = len(looks) > 1 and e_value(_without_the_worst(looks)) < 1
    return Alarm(e_value(looks), guarded, found, one_look, _is_outage(looks, found.factor))


def _is_outage(looks: Sequence[Look], wide: float) -> bool:
    """Whether it is one over the last look, or the last so many: a quiet time before it makes up for nothing."""
    since = accumulate(reversed(looks), lambda late, early: summed((late, early)))
    return any(difference(thinned(one.new, wide), thinned(one.old, wide))[0] > _OUTAGE for one in since)


def _without_the_worst(looks: Sequence[Look]) -> list[Look]:
    worst = max(range(len(looks)), key=lambda index: e_value([looks[index]]))
    return [look for index, look in enumerate(looks) if index != worst]


def alarm_alone(both: Look, news: Sequence[Counts]) -> Alarm:
    """The same for one look, where the old path was counted before: the spread is that of the new one by itself."""
    found = spread_alone(news)
    return Alarm(e_value([both]), e_value([both], tempered=found.caution), found)


def e_value(looks: Iterable[Look], *, tempered: float = 1.0) -> float:
    """How strongly the looks so far speak for "the new path fails more often". 1 is not evidence, 20 is an alarm.

    For every relative risk the likelihood ratios of the looks are multiplied, each with that look's own sizes, so a
    ramp of the share or of the traffic changes nothing; then the products are averaged. Windows must not overlap.
    `tempered` is by how much failures are fewer than they look: all of a burst are one.
    """
    logarithms = [0.0] * len(RELATIVE_RISKS)
    for look in looks:
        for index, risk in enumerate(RELATIVE_RISKS):
            logarithms[index] += _log_ratio(look, risk) / tempered
    return _mixed(logarithms)


def e_value_of_looks(looks: Iterable[Look]) -> float:
    """The same, with the failures of a look together as one: whatever made them come together, a look is one draw."""
    logarithms = [0.0] * len(RELATIVE_RISKS)
    for look in looks:
        failures = look.new.bad + look.old.bad
        for index, risk in enumerate(RELATIVE_RISKS):
            if failures > 0 and look.new.total > 0 and look.old.total > 0:
                ones = (
                    Look(Counts(1, look.new.total), Counts(0, look.old.total)),
                    Look(Counts(0, look.new.total), Counts(1, look.old.total)),
                )
                ratios = [math.exp(_log_ratio(one, risk)) for one in ones]
                on_new = look.new.bad / failures
                logarithms[index] += math.log(on_new * ratios[0] + (1 - on_new) * ratios[1])
    return _mixed(logarithms)


def _mixed(logarithms: Sequence[float]) -> float:
    highest = max(logarithms)
    return math.exp(min(highest, 700.0)) * math.fsum(math.exp(one - highest) for one in logarithms) / len(logarithms)


def _log_ratio(look: Look, risk: float) -> float:
    """The likelihood of this look's failures where the new path fails `risk` times as often, against equality."""
    if look.new.total <= 0 or look.old.total <= 0:
        return 0.0
    grown = risk * look.new.total + look.old.total
    everything = look.new.total + look.old.total
    return look.new.bad * math.log(risk * everything / grown) + look.old.bad * math.log(everything / grown)


def spread(looks: Iterable[Look]) -> Spread:
    """How each look's failures fall on the two paths, beside how they would if the new one failed r times as often.

    r is the likeliest one, so that a path which is worse throughout is not taken for bursts.
    """
    told = [look for look in looks if look.new.bad + look.old.bad > 0 and look.new.total > 0 and look.old.total > 0]
    if len(told) <= 1:
        return Spread(0.0, 0)
    expected = _expected(told)
    rows = ((look.new.bad, look.new.bad + look.old.bad, share) for look, share in zip(told, expected, strict=True))
    return Spread(_chi_squared(rows), len(told) - 1)


def spread_alone(counts: Sequence[Counts]) -> Spread:
    """How the failure rate of one path varies from look to look."""
    told = [one for one in counts if one.total > 0]
    everything = math.fsum(one.total for one in told)
    rate = math.fsum(one.bad for one in told) / everything if everything else 0.0
    if len(told) <= 1 or rate == 0:
        return Spread(0.0, 0)
    return Spread(_chi_squared((one.bad, one.total, rate) for one in told), len(told) - 1)


def _chi_squared(rows: Iterable[tuple[float, float, float]]) -> float:
    """Over (successes, trials, expected share)."""
    return math.fsum(
        (successes - trials * share) ** 2 / (trials * share * (1 - share))
        for successes, trials, share in rows
        if 0 < share < 1
    )


def _expected(looks: Sequence[Look]) -> list[float]:
    """For each look the share of its failures that the new path has, at the likeliest relative risk: by bisection."""
    failures = [look.new.bad + look.old.bad for look in looks]
    on_new = math.fsum(look.new.bad for look in looks)
    low, high = -_FAR, _FAR
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        shares = [_share(look, math.exp(middle)) for look in looks]
        if math.fsum(count * share for count, share in zip(failures, shares, strict=True)) < on_new:
            low = middle
        else:
            high = middle
    return [_share(look, math.exp(low)) for look in looks]


def _share(look: Look, risk: float) -> float:
    return risk * look.new.total / (risk * look.new.total + look.old.total)


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


def thinned(counts: Counts, by: float) -> Counts:
    """A sample that says no more than one `by` times smaller."""
    return Counts(counts.bad / by, counts.total / by)


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
