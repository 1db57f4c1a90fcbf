"""Do the statistics keep their word? Error rates by simulation, with fixed seeds."""

import math
from random import Random

import pytest

from contractctl.canary import (
    ALARM,
    Counts,
    Look,
    alarm,
    binomial_two_sided,
    difference,
    e_value,
    least_requests,
    margin,
    requests_until_shown,
    spread,
    summed,
    wilson,
)

LOOKS = 30
RUNS = 1000


def drawn(random: Random, trials: int, rate: float) -> int:
    """A binomial count, by waiting times between successes: fast for small rates."""
    count, at = 0, 0
    scale = math.log1p(-rate)
    while True:
        at += int(math.log(1.0 - random.random()) / scale) + 1
        if at > trials:
            return count
        count += 1


def canary(random: Random, new: float, old: float, share: float) -> list[Look]:
    """Looks of uneven traffic, at one share."""
    looks = []
    for _ in range(LOOKS):
        everything = random.randint(200, 2000)
        on_new = max(1, round(everything * share))
        on_old = everything - on_new
        looks.append(Look(Counts(drawn(random, on_new, new), on_new), Counts(drawn(random, on_old, old), on_old)))
    return looks


def z_alarm(looks: list[Look]) -> bool:
    """What many do: a z-test of two proportions, one-sided at 5 %."""
    both = summed(looks)
    n, m = both.new.total, both.old.total
    pooled = (both.new.bad + both.old.bad) / (n + m)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return spread > 0 and (both.new.rate - both.old.rate) / spread > 1.645


def alarmed(looks: list[Look]) -> tuple[bool, bool]:
    """Whether the e-process, and whether the z-test, raised an alarm at any of the looks."""
    seen = [looks[: count + 1] for count in range(len(looks))]
    return any(e_value(some) >= ALARM for some in seen), any(z_alarm(some) for some in seen)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_looking_again_and_again_raises_no_false_alarms_where_a_z_test_does(share: float) -> None:
    random = Random(20261103)

    found = [alarmed(canary(random, 0.01, 0.01, share)) for _ in range(RUNS)]

    assert sum(e for e, _ in found) / len(found) < 0.025
    assert sum(z for _, z in found) / len(found) > 0.15


def test_a_ramp_raises_no_false_alarms() -> None:
    random = Random(7)

    def ramp() -> list[Look]:
        shares = (0.01, 0.1, 0.5)
        return [look for share in shares for look in canary(random, 0.005, 0.005, share)[:10]]

    found = [alarmed(ramp())[0] for _ in range(RUNS)]

    assert sum(found) / len(found) < 0.025


def test_a_path_that_fails_twice_as_often_is_found() -> None:
    random = Random(11)

    found = [e_value(canary(random, 0.02, 0.01, 0.5)) >= ALARM for _ in range(300)]

    assert sum(found) / len(found) > 0.9


def test_a_rise_from_nothing_is_found() -> None:
    assert e_value([Look(Counts(6, 1000), Counts(0, 9000))]) >= ALARM


def in_bursts(random: Random, new: float, old: float, looks: int = 12) -> list[Look]:
    """Half the traffic on each path; the failure rate of each look and path is drawn from a beta distribution."""

    def counted(mean: float, trials: int) -> Counts:
        weight = 1 / 0.005 - 1
        rate = max(random.betavariate(mean * weight, (1 - mean) * weight), 1e-12)
        return Counts(drawn(random, trials, rate), trials)

    return [Look(counted(new, 500), counted(old, 500)) for _ in range(looks)]


def held_at_any_look(looks: list[Look]) -> tuple[bool, bool]:
    """Whether the guarded alarm, and whether the e-process alone, was raised at any of the looks."""
    seen = [looks[: count + 1] for count in range(len(looks))]
    found = [alarm(some) for some in seen if e_value(some) >= ALARM]
    return any(one.raised for one in found), bool(found)


def test_failures_in_bursts_raise_no_false_alarms_where_the_e_process_alone_does() -> None:
    random = Random(20261127)

    found = [held_at_any_look(in_bursts(random, 0.01, 0.01)) for _ in range(300)]

    assert sum(guarded for guarded, _ in found) / len(found) < 0.05
    assert sum(alone for _, alone in found) / len(found) > 0.15


def test_a_path_that_fails_five_times_as_often_is_found_in_bursts_too() -> None:
    random = Random(5)

    found = [alarm(in_bursts(random, 0.05, 0.01)).raised for _ in range(60)]

    assert sum(found) / len(found) > 0.9


def test_a_path_that_is_worse_throughout_is_not_taken_for_bursts() -> None:
    random = Random(3)

    found = [spread(canary(random, 0.05, 0.01, 0.3)).detected for _ in range(100)]

    assert sum(found) / len(found) < 0.2


def test_one_client_that_fails_again_and_again_in_one_look_is_no_alarm() -> None:
    quiet = [Look(Counts(1, 500), Counts(1, 500))] * 11
    client = Look(Counts(30, 500), Counts(1, 500))

    found = alarm([*quiet, client])
    still_there = alarm([*quiet, *[client] * 6])
    stays = alarm([*quiet, *[client] * 7])

    assert (found.raised, found.doubtful, found.one_look) == (False, True, True)
    assert (still_there.raised, still_there.doubtful) == (False, True)
    assert stays.raised


def test_an_outage_is_an_alarm_at_the_first_look_that_sees_it() -> None:
    healthy, outage = (Look(Counts(bad, 1000), Counts(18, 9000)) for bad in (2, 600))
    for before in (0, 1, 5, 1000):
        assert alarm([*[healthy] * before, outage]).raised
    elsewhere = Look(Counts(2, 1000), Counts(5400, 9000))
    assert not alarm([healthy, elsewhere]).raised


def test_no_failures_say_nothing() -> None:
    assert e_value([Look(Counts(0, 1000), Counts(0, 9000))]) == 1.0


def test_a_look_without_one_of_the_paths_says_nothing() -> None:
    assert e_value([Look(Counts(5, 1000), Counts(0, 0))]) == 1.0


def test_looks_at_one_share_may_be_cut_anywhere() -> None:
    halves = [Look(Counts(3, 500), Counts(9, 4500)), Look(Counts(5, 500), Counts(11, 4500))]

    assert e_value(halves) == pytest.approx(e_value([summed(halves)]))


def test_a_thousand_failures_do_not_overflow() -> None:
    assert math.isfinite(e_value([Look(Counts(1e6, 1e6), Counts(0, 1e6))]))


def test_wilson_agrees_with_the_textbook() -> None:
    # Newcombe 1998, table I: 81 of 263, two-sided 95 %
    assert wilson(Counts(81, 263), z=1.959964) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_newcombe_agrees_with_the_textbook() -> None:
    # Newcombe 1998, table II, method 10: 56 of 70 against 48 of 80
    assert difference(Counts(56, 70), Counts(48, 80), z=1.959964) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_the_binomial_test_agrees_with_counting() -> None:
    exact = 2 * sum(math.comb(20, k) * 0.3**k * 0.7 ** (20 - k) for k in range(3))

    assert binomial_two_sided(2, 20, 0.3) == pytest.approx(exact)
    assert binomial_two_sided(18, 20, 0.7) == pytest.approx(exact)


def test_the_binomial_test_is_quick_for_a_hundred_million() -> None:
    assert binomial_two_sided(10_000_000, 100_000_000, 0.1) > 0.9
    assert binomial_two_sided(10_020_000, 100_000_000, 0.1) < 1e-9


def test_at_0_and_100_percent_one_request_on_the_other_path_is_a_mismatch() -> None:
    assert binomial_two_sided(100, 100, 1.0) == 1.0
    assert binomial_two_sided(99, 100, 1.0) == 0.0


def test_the_least_sample_is_the_rule_of_three() -> None:
    assert least_requests(0.005) == 600
    assert least_requests(0.01) == 300


def test_the_wider_margin_counts() -> None:
    assert margin(Counts(10, 100), 0.25, 0.005) == 0.025
    assert margin(Counts(0, 100), 0.25, 0.005) == 0.005


def test_as_many_requests_as_are_said_to_be_missing_are_enough() -> None:
    new, old = Counts(5, 500), Counts(45, 4500)
    missing = requests_until_shown(new, old, 0.005)

    assert missing is not None
    factor = (new.total + missing) / new.total
    grown = [Counts(one.bad * factor, one.total * factor) for one in (new, old)]
    assert difference(*grown)[1] <= 0.005


def test_no_number_of_requests_shows_that_a_worse_path_is_as_good() -> None:
    assert requests_until_shown(Counts(50, 500), Counts(45, 4500), 0.005) is None
