"""Does evidence that is condensed while it is read say what all of it says, in memory that stays bounded?"""

import json
import math
import tracemalloc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from contractctl import evidence
from contractctl.evidence import condensed
from contractctl.evidence.condensed import condense
from contractctl.evidence.counters import Growth, growth
from contractctl.evidence.metrics import TAKEN, take_lost
from contractctl.evidence.observations import Lost, Observations, Read, Request, Sign
from contractctl.evidence.otlp import sorting
from contractctl.evidence.records import records
from contractctl.model.contract import Party
from contractctl.model.evidence import Kind, Record
from tests.budgets import budget
from tests.evidence.conftest import NOW, PATH, QUESTION, WINDOW, only

ASKED = replace(QUESTION, since=NOW - 3600.0)
AGES = st.integers(0, 9).map(float) | st.integers(0, int(2 * WINDOW)).map(float) | st.sampled_from([600.0, 9 * WINDOW])
CONTRACTS = st.sampled_from(["shop/orders", "", "shop/other"])
PATHS = st.sampled_from([PATH, PATH, PATH, "orders.total"])
CONSUMERS = st.sampled_from(["reporting", "web"])
READERS = st.sampled_from(
    [
        ("shop/orders", "reporting", "2", ""),
        ("", "reporting", "2", ""),
        ("shop/orders", "reporting", "2", "may"),
        ("shop/other", "web", "", ""),
    ]
)
COUNTS = st.sampled_from([0.0, 1.0, 2.5])
OLD, NEW = (Request("rename", path, "ok", NOW - 5, NOW, 0.0) for path in ("old", "new"))


@st.composite
def reads(draw: st.DrawFn) -> Read:
    end = NOW - draw(AGES)
    contract, consumer, version, certainty = draw(READERS)
    return Read(contract, draw(PATHS), consumer, version, end - draw(COUNTS), end, draw(COUNTS), certainty)


@st.composite
def signs(draw: st.DrawFn) -> Sign:
    return Sign(draw(CONSUMERS), "", draw(CONTRACTS), draw(PATHS | st.just("")), NOW - draw(AGES))


@st.composite
def requests(draw: st.DrawFn) -> Request:
    end = NOW - draw(AGES)
    path, plan = draw(st.sampled_from(["old", "new"])), draw(st.sampled_from(["rename", "", "other"]))
    return Request(plan, path, draw(st.sampled_from(["ok", "bad"])), end - 5, end, draw(COUNTS))


@st.composite
def losses(draw: st.DrawFn) -> Lost:
    end = NOW - draw(AGES)
    metric = draw(st.sampled_from(["contract.field.reads", "contract.canary.requests"]))
    return Lost(metric, draw(CONSUMERS), end - draw(st.integers(1, 900)), end)


def said(found: tuple[Record, ...]) -> list[Record]:
    """What is decided by: of signs of life, which time they prove, and not how many there were."""
    return [
        replace(one, series=tuple(replace(it, value=1.0, longest_gap=None) for it in one.series))
        if one.kind is Kind.HEARTBEAT
        else replace(one, series=tuple(replace(it, longest_gap=_long(it.longest_gap)) for it in one.series))
        for one in found
    ]


def _long(gap: float | None) -> float | None:
    """A pause that could make anybody wait."""
    return gap if gap is not None and gap > WINDOW / 2 else None


@budget(40)
@given(
    st.lists(reads(), max_size=30),
    st.lists(signs(), max_size=30),
    st.lists(requests(), max_size=20),
    st.lists(losses(), max_size=4),
    st.integers(0, 30),
)
@example(
    [], [], [OLD, replace(NEW, begin=NOW - 411, end=NOW - 406), replace(NEW, begin=NOW - 605, end=NOW - 600)], [], 0
)
def test_what_is_condensed_in_between_says_what_all_of_it_says(
    read: list[Read], sign: list[Sign], request: list[Request], lost: list[Lost], cut: int
) -> None:
    last = Sign("reporting", "", "shop/orders", PATH, NOW)  # so that no window ends within a step
    whole = Observations("jsonl", "*", [*read], [*sign[:cut], last, *sign[cut:]], [*request], lost=[*lost])
    kept = Observations("jsonl", "*", read[:cut], [*sign[:cut], last], request[:cut], lost=lost[:cut])
    condense(kept, ASKED)
    kept.reads += read[cut:]
    kept.signs += sign[cut:]
    kept.requests += request[cut:]
    kept.lost += lost[cut:]
    condense(kept, ASKED)

    assert said(records(kept, ASKED)) == said(records(whole, ASKED))


def test_what_comes_before_the_first_read_of_a_step_loses_none_of_those_after_it() -> None:
    counted = {5.0: 1.0, 9.0: 2.0, 3.0: 4.0, 7.0: 8.0}
    seen = Observations("jsonl", "*")
    step = NOW - NOW % (WINDOW / 1000)
    seen.reads += [Read("shop/orders", PATH, "web", "", step + at, step + at, n) for at, n in counted.items()]

    condense(seen, QUESTION)

    assert [(one.end, one.count) for one in seen.reads] == [(step + 3, 4), (step + 9, 11)]


def test_signs_of_a_daily_job_stand_together_though_they_are_hours_apart() -> None:
    daily = replace(QUESTION, consumers={"shop/orders": (Party("reporting", cadence_days=1),)})
    seen = Observations("jsonl", "*")
    seen.signs += [Sign("reporting", "", "shop/orders", PATH, NOW - 3600.0 * hour) for hour in range(1_000)]
    whole = said(records(replace(seen, signs=[*seen.signs]), daily))

    condense(seen, daily)

    assert len(seen.signs) == 1
    assert said(records(seen, daily)) == whole


# OTLP: points that come again, late and out of order

NANO = 1_000_000_000
READS, CANARY = "contract.field.reads", "contract.canary.requests"
Point = tuple[str, str, bool, int, int, int]
"""Metric, consumer, whether it is a delta, when its counter began, its time, its value."""
MOMENTS = st.integers(0, 40).map(lambda step: int(NOW - 3600) + 90 * step)


@st.composite
def points(draw: st.DrawFn) -> Point:
    metric, delta = draw(st.sampled_from([READS, CANARY])), draw(st.booleans())
    start = int(NOW - draw(st.sampled_from([3700, 1800])))
    return metric, draw(CONSUMERS), delta, start, draw(MOMENTS), draw(st.integers(0, 9))


def request(found: Iterable[Point], *, finished: bool) -> str:
    return json.dumps({"resourceMetrics": [of_resource(one, finished=finished) for one in found]})


def of_resource(point: Point, *, finished: bool) -> dict[str, Any]:
    """A process that has finished loses nothing."""
    metric, consumer, delta, start, at, value = point
    names = {"contract.name": "shop/orders", "contract.field.path": PATH}
    names |= {"contract.plan": "rename", "contract.path": "new", "contract.outcome": "ok"}
    sample = {
        "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in names.items()],
        "startTimeUnixNano": str(start * NANO),
        "timeUnixNano": str(at * NANO),
        "asInt": str(value),
    }
    held = {"name": metric, "sum": {"dataPoints": [sample], "aggregationTemporality": 1 if delta else 2}}
    ended = {"name": "contract.instrumentation.ended", "gauge": {"dataPoints": [{**sample, "asInt": "1"}]}}
    service = [{"key": "service.name", "value": {"stringValue": consumer}}]
    return {"resource": {"attributes": service}, "scopeMetrics": [{"metrics": [held, *([ended] if finished else [])]}]}


def at_once(found: Iterable[Point], raw: list[str]) -> Observations:
    """All points in memory: the last one told of a moment holds."""
    seen = Observations("otlp", "*.jsonl")
    for text in raw:
        seen.answered(text.encode())
    counters: dict[tuple[str, str, bool, int], dict[float, float]] = defaultdict(dict)
    for metric, consumer, delta, start, at, value in found:
        counters[metric, consumer, delta, start][float(at)] = value
    for (metric, consumer, delta, start), samples in counters.items():
        names = {"contract.name": "shop/orders", "contract.field.path": PATH, "service.name": consumer}
        names |= {"contract.plan": "rename", "contract.path": "new", "contract.outcome": "ok"}
        steps: Iterable[Growth] = (Growth(float(start), at, count) for at, count in samples.items())
        for step in steps if delta else growth(sorted(samples.items()), -math.inf):
            TAKEN[metric](seen, names, step)
            if step.reset:
                take_lost(seen, metric, names, [(step.begin, step.end)])
    return seen


@budget(40)
@given(st.lists(st.lists(points(), min_size=1, max_size=8), min_size=1, max_size=8), st.integers(0, 8), st.data())
def test_points_are_counted_as_if_all_of_them_were_in_memory(
    told: list[list[Point]], cut: int, data: st.DataObject
) -> None:
    again = [*told, *data.draw(st.lists(st.sampled_from(told), max_size=4))]
    texts = ["".join(f"{request(line, finished=True)}\n" for line in part) for part in (again[:cut], again[cut:])]
    assume(texts[0] != texts[1])  # two files of one content are refused
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(condensed, "_LEAST", 3)
        patch.setattr(sorting, "_BATCH", 2)
        for name, text in zip("ab", texts, strict=True):
            Path(folder, f"{name}.jsonl").write_text(text)
        found = evidence.collect("otlp", "*.jsonl", {}, ASKED, root=Path(folder), folder=Path(folder))

    flat = [one for line in again for one in line]
    assert said(found) == said(records(at_once(flat, texts), ASKED))


# how much memory


def lines(count: int) -> Iterator[str]:
    about = {"contract": "shop/orders", "path": PATH, "consumer": "reporting"}
    for number in range(count):
        at = NOW - WINDOW + number * WINDOW / count
        yield json.dumps(
            {"kind": "alive", "at": at, **about}
            if number % 2
            else {"kind": "reads", "from": at, "to": at, "count": 1, **about}
        )


@pytest.mark.parametrize("source", ["jsonl", "otlp"])
def test_a_file_five_times_as_long_takes_no_more_memory(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in ((condensed, "_LEAST", 100), (condensed, "_STEPS", 20), (sorting, "_BATCH", 100)):
        monkeypatch.setattr(module, name, value)

    def peak(count: int) -> int:
        with (tmp_path / "much.jsonl").open("w") as file:
            for number, line in enumerate(lines(count)):
                point = READS, "web", bool(number % 2), 0, int(NOW - count + number), number
                file.write(line if source == "jsonl" else request([point], finished=False))
                file.write("\n")
        tracemalloc.start()
        found = evidence.collect(source, "much.jsonl", {}, QUESTION, root=tmp_path, folder=tmp_path)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert only(found, Kind.READS).series
        return most

    peak(100)  # what is imported, and kept for good

    assert peak(3_000) < 1.5 * peak(600)
