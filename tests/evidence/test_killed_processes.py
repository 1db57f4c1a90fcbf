"""What does the gate say of reads that a process had counted, and took with it when it was killed?"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, takewhile
from pathlib import Path

import pytest

from contractctl import evidence
from contractctl.gate import decide
from contractctl.model.decision import Outcome
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import Stage, Standing, State
from tests.evidence.conftest import NOW, PATH, QUESTION, WINDOW, only

APPLICATION = """
import os, signal, sys
from pathlib import Path
from contractctl.runtime.canary import Canary
from contractctl.runtime.otlp_file import provider
from contractctl.runtime.reads import FieldReads

end, seconds = sys.argv[1], float(sys.argv[2])
metrics = provider(Path("seen.jsonl"), service="reporting", seconds=seconds)
reads = FieldReads("reporting", meter=metrics.get_meter("shop"))
field = reads.watch("shop/orders", "orders.customer_name")
canary = Canary("rename", lambda: 50.0, meter=metrics.get_meter("shop"))
if end == "killed when it had finished":
    reads.finish()
if end != "killed before it told anything":
    metrics.force_flush()
if end == "came to its end":
    metrics.shutdown()
field.read(7)
canary.count(new=True, ok=False)
os.kill(os.getpid(), signal.SIGKILL)
"""


def export(at: float, *, start: float, delta: bool = False) -> str:
    """One line of a process that has read nothing, as any exporter may write it."""
    names = {"contract.consumer.name": "reporting", "contract.name": "shop/orders", "contract.field.path": PATH}
    attributes = [{"key": key, "value": {"stringValue": text}} for key, text in names.items()]
    point = {"attributes": attributes, "timeUnixNano": str(int(at * 1e9)), "asInt": "0"}
    counted = {**point, "startTimeUnixNano": str(int(start * 1e9))}
    reads = {"dataPoints": [counted], "aggregationTemporality": 1 if delta else 2, "isMonotonic": True}
    metrics = [
        {"name": "contract.field.reads", "sum": reads},
        {"name": "contract.instrumentation.info", "gauge": {"dataPoints": [point]}},
        {"name": "contract.instrumentation.started", "gauge": {"dataPoints": [{**point, "asInt": str(int(start))}]}},
    ]
    service = [{"key": "service.name", "value": {"stringValue": "reporting"}}]
    found = {"resource": {"attributes": service}, "scopeMetrics": [{"metrics": metrics}]}
    return json.dumps({"resourceMetrics": [found]}) + "\n"


def another(now: float) -> list[str]:
    """A replica that was alive in the whole window, and read nothing."""
    begin = now - WINDOW - 600
    return [export(at, start=begin) for at in steps(begin + 60, now)]


def steps(begin: float, end: float) -> Iterator[float]:
    return takewhile(lambda at: at <= end, count(begin, 60.0))


def collected(folder: Path, now: float) -> tuple[Record, ...]:
    question = replace(QUESTION, now=now, since=now - WINDOW)
    return evidence.collect("otlp", "*.jsonl", {}, question, root=folder, folder=folder)


def outcome(records: tuple[Record, ...], now: float) -> Outcome:
    """What the gate says of the reads of the one consumer."""
    case = {"plan": QUESTION.plan, "stage": Stage.QUIESCE, "standing": Standing(State.CANARY, now - 10, 100)}
    made = decide(**case, consumers=QUESTION.consumers, records=records, now=now)
    (found,) = [one for one in made.conditions if one.name == f"reads of {PATH} by reporting"]
    return found.outcome


@pytest.mark.parametrize(
    ("end", "wanted"),
    [
        ("killed after a report", Outcome.UNKNOWN),
        ("killed before it told anything", Outcome.UNKNOWN),
        ("killed when it had finished", Outcome.PASS),
        ("came to its end", Outcome.PASS),
    ],
)
def test_reads_that_a_killed_process_took_with_it_keep_the_gate_closed(
    tmp_path: Path, end: str, wanted: Outcome
) -> None:
    subprocess.run([sys.executable, "-c", APPLICATION, end, "600"], cwd=tmp_path, check=False)
    now = time.time() + 3600
    (tmp_path / "other.jsonl").write_text("".join(another(now)))

    records = collected(tmp_path, now)

    reads = only(records, Kind.READS)
    assert outcome(records, now) is wanted
    assert (reads.problem or "").startswith("counter reset") is (wanted is Outcome.UNKNOWN)
    assert [one.value for one in reads.series] == [0]  # the seven are gone
    canary = [record.problem for record in records if record.kind is Kind.CANARY]
    assert canary == [] if end == "killed before it told anything" else [reads.problem]


@pytest.mark.parametrize("delta", [False, True])
def test_a_process_that_dies_between_two_exports_again_and_again_is_no_silence(tmp_path: Path, *, delta: bool) -> None:
    begin = NOW - WINDOW - 900
    lives = [begin + 90 * number for number in range(int(WINDOW + 900) // 90)]
    (tmp_path / "seen.jsonl").write_text("".join(export(at + 60, start=at, delta=delta) for at in lives))

    records = collected(tmp_path, NOW)

    assert outcome(records, NOW) is Outcome.UNKNOWN
    assert (only(records, Kind.READS).problem or "").startswith("counter reset")


@pytest.mark.parametrize("counted", [0.0, 0.5])
def test_signs_of_life_whose_counter_a_collector_drops_prove_nothing(tmp_path: Path, counted: float) -> None:
    """Not at all, or for half of the window: the gauge still says that somebody is alive."""
    begin = NOW - WINDOW - 600
    found = [json.loads(export(at, start=begin)) for at in steps(begin + 60, NOW)]
    for one in found[int(len(found) * counted) :]:
        (scope,) = one["resourceMetrics"][0]["scopeMetrics"]
        scope["metrics"] = scope["metrics"][1:]
    (tmp_path / "seen.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in found))

    records = collected(tmp_path, NOW)

    assert outcome(records, NOW) is Outcome.UNKNOWN
    said = "counter reset: counters ended" if counted else "dark consumer: reporting gives signs of life"
    assert (only(records, Kind.READS).problem or "").startswith(said)


def test_a_replica_that_counts_nothing_is_not_hidden_by_one_that_does(tmp_path: Path) -> None:
    begin = NOW - WINDOW - 600
    dark = json.loads(export(NOW - 60, start=begin))["resourceMetrics"][0]
    dark["resource"]["attributes"].append({"key": "service.instance.id", "value": {"stringValue": "dark"}})
    dark["scopeMetrics"][0]["metrics"] = dark["scopeMetrics"][0]["metrics"][1:]
    (tmp_path / "seen.jsonl").write_text("".join([*another(NOW), json.dumps({"resourceMetrics": [dark]}), "\n"]))

    assert outcome(collected(tmp_path, NOW), NOW) is Outcome.UNKNOWN


def test_one_restart_in_a_window_is_no_reason_to_wait(tmp_path: Path) -> None:
    begin, middle = NOW - WINDOW - 600, NOW - WINDOW / 2
    first = [export(at, start=begin) for at in steps(begin + 60, middle)]
    second = [export(at, start=middle + 30) for at in steps(middle + 90, NOW)]
    (tmp_path / "seen.jsonl").write_text("".join([*first, *second]))

    records = collected(tmp_path, NOW)

    assert only(records, Kind.READS).problem is None
    assert outcome(records, NOW) is Outcome.PASS
