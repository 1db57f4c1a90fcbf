"""At 100 %: when has everybody left the old path? In messages, and in error rates by simulation with fixed seeds."""

from random import Random

from contractctl.canary import Counts, Look
from contractctl.evidence.records import look, look_end
from contractctl.gate.everybody import silence
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.plan import Stage, Standing, State
from tests.canary.test_canary import drawn
from tests.gate.conftest import NOW, Scene, in_looks

Seen = tuple[tuple[float, float], tuple[float, float]]
ALL: Seen = ((0.0, 10000.0), (0.0, 0.0))
SOME: Seen = ((0.0, 9990.0), (0.0, 10.0))
BAKE, SHARE = 3600.0, 0.005


def at_100_percent(scene: Scene, looks: list[Seen], **changes: object) -> Scene:
    """Looks of five minutes, the latest of which has just ended."""
    seconds = 300.0 * len(looks)
    entered = scene.but(stage=Stage.QUIESCE, standing=Standing(State.CANARY, NOW - 60 - seconds, 100))
    return entered.but(records=(*scene.records, in_looks(looks, window_from=NOW - 60 - seconds, **changes)))


def test_who_takes_the_old_path_now_holds_the_brown_out(contracting: Scene) -> None:
    condition = at_100_percent(contracting, [*[ALL] * 23, SOME]).condition("canary share")

    assert (condition.outcome, condition.reason) == (Outcome.UNKNOWN, Unknown.SHARE_MISMATCH)
    assert condition.message == "10 requests took the old path, some of them in the latest interval"


def test_a_share_that_took_a_while_to_come_through_is_counted_from_there(contracting: Scene) -> None:
    coming: Seen = ((0.0, 5000.0), (0.0, 5000.0))
    early = at_100_percent(contracting, [coming, coming, *[ALL] * 11]).condition("canary share")
    through = at_100_percent(contracting, [coming, coming, *[ALL] * 12]).condition("canary share")

    assert (early.reason, early.retry_after) == (Unknown.BAKING, 300)
    last = "2026-11-03 03:04:00 UTC"
    assert early.message == f"10,000 requests took the old path, the last before {last}; none for 55 of 60 min"
    assert (through.outcome, through.threshold) == (Outcome.PASS, "nobody on the old path for 60 min")


def test_a_late_request_makes_the_silence_longer_and_not_endless(contracting: Scene) -> None:
    """It came after 100 minutes: another 100 have proven nothing yet."""
    late = [*[ALL] * 20, SOME]

    short = at_100_percent(contracting, [*late, *[ALL] * 39]).condition("canary share")
    long = at_100_percent(contracting, [*late, *[ALL] * 40]).condition("canary share")

    assert (short.reason, short.retry_after) == (Unknown.BAKING, 300)
    assert long.outcome is Outcome.PASS
    assert long.message.endswith("100 % requested; nobody has taken the old one for 3.3 h")


def test_an_only_look_excuses_nobody_on_the_old_path(contracting: Scene) -> None:
    alone: Seen = ((0.0, 9900.0), (0.0, 100.0))
    nobody: Seen = ((0.0, 0.0), (0.0, 0.0))
    scene = at_100_percent(contracting, [*[nobody] * 23, alone])

    assert scene.condition("canary share").reason is Unknown.SHARE_MISMATCH


def test_a_silence_in_which_few_requests_were_made_is_none(contracting: Scene) -> None:
    seldom: Seen = ((0.0, 10.0), (0.0, 0.0))
    condition = at_100_percent(contracting, [SOME, *[seldom] * 12]).condition("canary share")

    assert condition.reason is Unknown.TOO_FEW_SAMPLES
    assert condition.message.endswith("needs 618 more requests without one")


def test_looks_end_where_the_next_one_begins() -> None:
    for number in (0, 1, 47, 48, 49, 70):
        end = look_end(number, BAKE)

        assert (look(end * (1 - 1e-9), BAKE), look(end * (1 + 1e-9), BAKE)) == (number, number + 1)


def passes(random: Random, each: int, old: float) -> tuple[bool, bool]:
    """Whether a silence is long enough at any of 240 looks, and whether a clean bake time alone is."""
    looks: list[tuple[float, Look]] = []
    found = plain = False
    for number in range(240):
        on_old = drawn(random, each, old)
        if (on_old or number == 239) and looks:  # a silence is longest where it ends
            it, until = silence(looks, 0.0), looks[-1][0]
            baked = it.breaks > 0 and until - it.last >= BAKE
            enough = until - it.last >= it.seconds_needed(BAKE) and it.requests >= it.requests_needed(SHARE)
            found, plain = found or (baked and enough), plain or baked
        looks.append((300.0 * (number + 1), Look(Counts(0, each - on_old), Counts(0, on_old))))
    return found, plain


def test_looking_again_and_again_finds_no_silence_where_one_in_200_requests_takes_the_old_path() -> None:
    random = Random(20261128)

    found = [passes(random, 60, SHARE) for _ in range(100)]

    assert sum(guarded for guarded, _ in found) / len(found) <= 0.05
    assert sum(plain for _, plain in found) / len(found) > 0.5
