"""How often does a canary's test cry wolf, and how often does it see one? All methods on the same simulated traffic.

Twelve looks of 200 to 2,000 requests, 1 % of which fail on the old path; a decision after every look, and the first
alarm counts. In bursts: the failure rate of each look and path is drawn from a beta distribution.
"""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from measuring import Row

from contractctl import canary
from contractctl.canary import Counts, Look

RUNS = int(os.environ.get("BENCH_CANARIES", "400"))
LOOKS = 12
NORMAL = 0.01
POINT, FAILURE_LIMIT = 2 * NORMAL, 3
"""A point threshold: more than so many looks above twice the normal rate."""
BURSTS = 0.005
"""Correlation of requests in one look: 550 of them then vary as much as 150 independent ones."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is simulated."""

    share: float
    times: float
    """How many times as often the new path fails."""
    correlation: float

    @property
    def words(self) -> str:
        what = "both paths alike" if self.times == 1 else f"{self.times:g} × as many failures"
        return f"{what}, {self.share:.0%} share{', in bursts' if self.correlation else ''}"


def measure(folder: Path) -> Iterator[Row]:
    """A row for every scene: fail, and fail or held."""
    del folder
    for correlation in (0.0, BURSTS):
        for times in (1, 2, 3):
            for share in (0.1, 0.5):
                scene = Scene(share, times, correlation)
                found = rates(scene, Random(20261127), RUNS)
                beside = ", ".join(f"{name} {rate:.1%}" for name, rate in found.items() if name != "fail")
                yield scene.words, f"fail {found['fail']:.1%}", beside


def rates(scene: Scene, random: Random, runs: int) -> Mapping[str, float]:
    """For each method in how many of the runs it raised an alarm at some look."""
    raised = dict.fromkeys(
        ("fail", "fail or held", "e-process alone", "z-test at every interval", "point threshold"), 0
    )
    for _ in range(runs):
        looks = list(_looks(scene, random))
        for name in {name for count in range(LOOKS) for name in _alarms(looks[: count + 1])}:
            raised[name] += 1
    return {name: count / runs for name, count in raised.items()}


def _alarms(looks: list[Look]) -> Iterator[str]:
    found = canary.alarm(looks)
    if found.e >= canary.ALARM:
        yield "e-process alone"
    if found.raised:
        yield "fail"
    if found.raised or found.doubtful:
        yield "fail or held"
    if _z(canary.summed(looks)) > canary.Z_95:
        yield "z-test at every interval"
    if sum(look.new.rate > POINT for look in looks) > FAILURE_LIMIT:
        yield "point threshold"


def _z(both: Look) -> float:
    everything = both.new.plus(both.old)
    spread = math.sqrt(everything.rate * (1 - everything.rate) * (1 / both.new.total + 1 / both.old.total))
    return (both.new.rate - both.old.rate) / spread if spread else 0.0


def _looks(scene: Scene, random: Random) -> Iterator[Look]:
    for _ in range(LOOKS):
        everything = random.randint(200, 2000)
        new = max(1, round(everything * scene.share))
        yield Look(
            _drawn(random, new, _rate(random, NORMAL * scene.times, scene.correlation)),
            _drawn(random, everything - new, _rate(random, NORMAL, scene.correlation)),
        )


def _rate(random: Random, mean: float, correlation: float) -> float:
    if not correlation:
        return mean
    weight = 1 / correlation - 1
    return min(max(random.betavariate(mean * weight, (1 - mean) * weight), 1e-12), 1 - 1e-9)


def _drawn(random: Random, trials: int, rate: float) -> Counts:
    """A binomial count, by the waiting times between failures: fast for small rates."""
    count, at, scale = 0, 0, math.log1p(-rate)
    while (at := at + int(math.log(1.0 - random.random()) / scale) + 1) <= trials:
        count += 1
    return Counts(count, trials)
