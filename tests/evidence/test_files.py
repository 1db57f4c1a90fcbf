"""What do files of observations prove: our own lines, OTLP-JSON, approvals, records?"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contractctl import evidence, resources
from contractctl.errors import ContractctlError
from contractctl.evidence import approvals, record_file
from contractctl.evidence.condensed import MOST
from contractctl.gate import decide
from contractctl.model import canonical
from contractctl.model.contract import Party
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import Stage, Standing, State
from tests.evidence.conftest import NOW, PATH, PLAN, QUESTION, WINDOW, only

NANO = 1_000_000_000


def schema(name: str) -> Draft202012Validator:
    path = resources.contracts() / "contractctl" / name / "versions" / "1.0.0.json"
    return Draft202012Validator(json.loads(path.read_text()))


def lines(folder: Path, *found: object, name: str = "seen.jsonl") -> None:
    (folder / name).write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in found))


def collected(folder: Path, source: str = "jsonl", **changes: Any) -> tuple[Record, ...]:
    return evidence.collect(source, "*.jsonl", {}, replace(QUESTION, **changes), root=folder, folder=folder)


def read(count: float = 1, *, at: float = NOW - 60, **changes: object) -> dict[str, object]:
    about = {"contract": "shop/orders", "path": PATH, "consumer": "reporting", "version": "2.1"}
    return {"kind": "reads", "from": at - 60, "to": at, "count": count, **about, **changes}


def alive(at: float, **changes: object) -> dict[str, object]:
    return {"kind": "alive", "at": at, "consumer": "reporting", "contract": "shop/orders", "path": PATH, **changes}


def requests(count: float, *, at: float = NOW - 60) -> list[dict[str, object]]:
    about = {"kind": "canary", "from": at - 60, "to": at, "plan": PLAN.name, "path": "new"}
    return [{**about, "outcome": "ok", "count": count}, {**about, "outcome": "bad", "count": 0}]


# our own lines


def test_reads_are_summed_by_consumer_and_version(tmp_path: Path) -> None:
    lines(tmp_path, read(2, at=NOW - 7200), read(3, at=NOW - 3600), read(5, consumer="web"), read(0, version="2.2"))

    series = only(collected(tmp_path), Kind.READS).series

    assert [(one.labels["consumer"], one.labels["version"], one.value) for one in series] == [
        ("reporting", "2.1", 5),
        ("reporting", "2.2", 0),
        ("web", "2.1", 5),
    ]
    assert (series[0].first_seen, series[0].last_seen, series[0].longest_gap) == (NOW - 7200, NOW - 3600, 3600)


def test_a_window_begins_where_the_source_begins_to_know(tmp_path: Path) -> None:
    lines(tmp_path, read(0, at=NOW - 1800), read(0))

    record = only(collected(tmp_path), Kind.READS)

    assert (record.window_from, record.window_to) == (NOW - 1860, NOW - 60)


def test_two_replicas_do_not_make_up_for_half_a_window(tmp_path: Path) -> None:
    half = [alive(NOW - WINDOW + step * 60) for step in range(180)]
    lines(tmp_path, *half, *half, alive(NOW))

    beats = only(collected(tmp_path), Kind.HEARTBEAT)

    assert beats.expected_heartbeats == 360
    assert beats.observed_heartbeats == pytest.approx(180 + 0.75, abs=1)


def test_a_heartbeat_that_is_a_little_late_is_none_that_is_missing(tmp_path: Path) -> None:
    lines(tmp_path, *(alive(NOW - WINDOW + step * 60 + (20 if step % 2 else 0)) for step in range(361)))

    beats = only(collected(tmp_path), Kind.HEARTBEAT)

    assert beats.observed_heartbeats == beats.expected_heartbeats


@pytest.mark.parametrize("at", [35_000.0, NOW / 1000])
def test_a_read_of_a_time_long_before_anybody_counted_is_no_old_read(tmp_path: Path, at: float) -> None:
    """A machine whose clock was never set reads now, beside one that is alive and quiet; or somebody mixed up units."""
    quiet = [one for step in range(361) for one in (alive(NOW - step * 60), read(0, at=NOW - step * 60))]
    lines(tmp_path, *quiet)
    assert only(collected(tmp_path), Kind.READS).problem is None
    lines(tmp_path, *quiet, read(5, at=at), name="other.jsonl")

    problem = only(collected(tmp_path), Kind.READS).problem or ""

    assert problem.startswith("unparseable: something was observed before the year 2000, at ")


def test_signs_of_life_that_name_no_field_count_from_when_the_field_is_counted(tmp_path: Path) -> None:
    signs = [alive(NOW - WINDOW + step * 60, path="", contract="") for step in range(361)]
    lines(tmp_path, *signs, read(0, at=NOW - 3600))

    beats = only(collected(tmp_path), Kind.HEARTBEAT)

    assert beats.observed_heartbeats == pytest.approx(61, abs=1)
    assert beats.series[0].first_seen == NOW - 3660


def test_signs_of_life_that_name_no_field_do_not_stand_in_for_those_that_name_it(tmp_path: Path) -> None:
    """Another process of the consumer is alive all the time; the one that watches the field only half of it."""
    at = [NOW - WINDOW + step * 60 for step in range(361)]
    lines(tmp_path, *map(alive, at[:181]), *(alive(moment, path="", contract="") for moment in at))

    beats = only(collected(tmp_path), Kind.HEARTBEAT)

    assert (beats.expected_heartbeats, beats.observed_heartbeats) == (360, pytest.approx(181, abs=1))


def test_who_has_moved_and_still_watches_the_field_is_still_seen_alive(tmp_path: Path) -> None:
    moved = {"shop/orders": (Party("reporting", reads=("orders.full_name",)),)}
    lines(tmp_path, read(7, at=NOW - 120), *(alive(NOW - WINDOW + step * 60) for step in range(361)))

    beats = only(collected(tmp_path, consumers=moved), Kind.HEARTBEAT)

    assert beats.observed_heartbeats == beats.expected_heartbeats


def test_a_job_shows_that_it_is_alive_as_often_as_it_runs(tmp_path: Path) -> None:
    daily = replace(QUESTION.consumers["shop/orders"][0], cadence_days=1)
    lines(tmp_path, *(alive(NOW - day * 86400) for day in range(3)))

    beats = only(collected(tmp_path, consumers={"shop/orders": (daily,)}), Kind.HEARTBEAT)

    assert beats.expected_heartbeats == 1.25
    assert beats.observed_heartbeats == 1.25


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"kind": "rumours"}',
        read(-1),
        read(count=False),
        read(to="yesterday"),
        read(to="2026-11-03T04:00:00"),
        read(path=7),
        read(sampling=10),
        read(sampling=0),
        '{"kind": "alive", "at": NaN, "consumer": "reporting"}',
        {"kind": "canary", "from": 1, "to": 2, "plan": "rename", "path": "new", "outcome": "timeout", "count": 1},
        requests(1)[0] | {"slow": 2, "slower_than": 0.5},
        requests(1)[0] | {"slow": 1},
        {"kind": "canary", "from": 3, "to": 2, "plan": "rename", "path": "new", "outcome": "ok", "count": 1},
    ],
)
def test_a_line_that_cannot_be_read_spoils_the_source_and_is_named(tmp_path: Path, line: object) -> None:
    lines(tmp_path, read(), line)

    record = only(collected(tmp_path), Kind.READS)

    assert (record.problem or "").startswith("unparseable: seen.jsonl:2")
    assert record.series[0].value == 1


def test_a_file_that_was_cut_off_is_truncated(tmp_path: Path) -> None:
    lines(tmp_path, read())
    with (tmp_path / "seen.jsonl").open("a") as file:
        file.write('{"kind": "rea')

    assert (only(collected(tmp_path), Kind.READS).problem or "").startswith("truncated: seen.jsonl")


def test_a_line_that_is_no_text_spoils_the_source_and_the_others_count(tmp_path: Path) -> None:
    lines(tmp_path, read(2))
    with (tmp_path / "seen.jsonl").open("ab") as file:
        file.write(b'{"kind": "\xff"}\n' + json.dumps(read(3)).encode() + b"\n")

    record = only(collected(tmp_path), Kind.READS)

    assert (record.problem or "").startswith("unparseable: seen.jsonl:2")
    assert record.series[0].value == 5


def test_no_file_is_a_missing_source(tmp_path: Path) -> None:
    assert only(collected(tmp_path), Kind.READS).problem == "missing source: no file matches '*.jsonl'"


def test_an_empty_file_is_not_zero(tmp_path: Path) -> None:
    lines(tmp_path)

    assert (only(collected(tmp_path), Kind.READS).problem or "").startswith("missing source")


def test_a_sampled_line_makes_a_sampled_record(tmp_path: Path) -> None:
    lines(tmp_path, read(sampling=0.1), read())

    assert only(collected(tmp_path), Kind.READS).sampling_ratio == 0.1


def test_requests_are_looked_at_in_the_same_looks_whenever_one_collects(tmp_path: Path) -> None:
    def request(at: float) -> dict[str, object]:
        about = {"plan": "rename", "path": "new", "outcome": "ok", "count": 1}
        return {"kind": "canary", "from": at - 10, "to": at, **about}

    since = NOW - 1000
    early = [request(since + 10 * step) for step in range(1, 50)]
    lines(tmp_path, request(since - 50), *early)
    first = only(collected(tmp_path, since=since), Kind.CANARY)
    lines(tmp_path, request(since - 50), *early, *(request(since + 10 * step) for step in range(50, 100)))
    second = only(collected(tmp_path, since=since), Kind.CANARY)

    assert first.window_from == since
    assert first.series[:-1] == second.series[: len(first.series) - 1]


@pytest.mark.parametrize("most", [MOST, 100])
def test_a_time_of_which_no_line_tells_is_no_bake_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Who counts writes lines of none, too: between the two times nobody knows what failed. Also where few are kept."""
    monkeypatch.setattr("contractctl.evidence.condensed._LEAST", most)
    plan = replace(PLAN, canary=replace(PLAN.canary, bake_seconds=3600))
    since, standing = NOW - 3600, Standing(State.CANARY, NOW - 3600, 10)

    def bake(*minutes: int) -> Condition:
        lines(tmp_path, *(one for minute in minutes for one in requests(1000, at=since + minute * 60)))
        found = collected(tmp_path, plan=plan, since=since)
        decision = decide(plan, Stage.CANARY, percent=50, standing=standing, consumers={}, records=found, now=NOW)
        return next(one for one in decision.conditions if one.name == "canary bake")

    told = bake(*range(1, 61))
    silent = bake(1, 2, 3, 58, 59, 60)

    assert (told.outcome, told.message) == (Outcome.PASS, "observed for 60 min at 10 %")
    assert (silent.outcome, silent.reason) == (Outcome.UNKNOWN, Unknown.BAKING)
    assert "nobody has counted a request, or reported that there was none" in silent.message


def test_shadow_reads_do_not_tell_that_requests_were_counted(tmp_path: Path) -> None:
    names = {"contract.plan": "rename", "contract.path": "new"}
    ends = [NOW - 600 + 60 * minute for minute in range(1, 11)]
    outcomes = [point(at, "9", at - 60, **names, **{"contract.outcome": "ok"}) for at in (ends[0], ends[-1])]
    shadows = [point(at, "9", at - 60, **names, **{"contract.result": "same"}) for at in ends]
    counted = (otlp(CANARY, *outcomes, temporality=1), otlp("contract.shadow.reads", *shadows, temporality=1))
    lines(tmp_path, *counted)

    record = only(collected(tmp_path, "otlp", since=NOW - 600), Kind.CANARY)

    assert (record.expected_heartbeats, record.observed_heartbeats) == (10, pytest.approx(3.5))


def test_slow_requests_and_shadow_reads_of_all_sources_come_out_alike(tmp_path: Path) -> None:
    since = NOW - 600
    names = {"contract.plan": "rename", "contract.path": "new"}
    line = {"kind": "canary", "from": NOW - 120, "to": NOW - 60, "plan": "rename", "path": "new", "outcome": "ok"}
    lines(tmp_path, {**line, "count": 9, "slow": 2, "slower_than": 0.5, "same": 3, "different": 1, "skipped": 4})
    ours = only(collected(tmp_path, since=since), Kind.CANARY)
    held = {"dataPoints": [point(NOW - 60, "9", NOW - 120, **names)], "aggregationTemporality": 1}
    held["dataPoints"][0] |= {"count": "9", "bucketCounts": ["4", "3", "2"], "explicitBounds": [0.1, 0.5]}
    histogram = otlp("contract.canary.duration")
    histogram["resourceMetrics"][0]["scopeMetrics"][0]["metrics"] = [
        {"name": "contract.canary.duration", "histogram": held}
    ]
    given = {"same": "3", "different": "1", "skipped": "4"}
    reads = [point(NOW - 60, n, NOW - 120, **names, **{"contract.result": word}) for word, n in given.items()]
    lines(tmp_path, histogram, otlp("contract.shadow.reads", *reads, temporality=1))
    theirs = only(collected(tmp_path, "otlp", since=since), Kind.CANARY)

    def told(record: Record) -> dict[tuple[str, ...], float]:
        keys = ("path", "speed", "bound", "shadow")
        return {tuple(one.labels.get(key, "") for key in keys): one.value for one in record.series}

    expected = {
        ("new", "timed", "", ""): 9,
        ("new", "fast", "0.5", ""): 7,
        ("", "", "", "same"): 3,
        ("", "", "", "different"): 1,
        ("", "", "", "skipped"): 4,
    }
    assert {key: n for key, n in told(ours).items() if key != ("new", "", "", "")} == expected
    assert told(theirs) == expected | {("new", "fast", "0.1", ""): 4}


@pytest.mark.parametrize("slow_seconds", [0.5, None])
def test_a_histogram_without_bounds_of_one_s_own_is_named_where_the_plan_asks_what_is_slow(
    tmp_path: Path, slow_seconds: float | None
) -> None:
    request = otlp("contract.canary.duration")
    request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"] = [
        {"name": "contract.canary.duration", "exponentialHistogram": {"dataPoints": [], "aggregationTemporality": 1}}
    ]
    counted = point(NOW - 60, "1", **{"contract.plan": "rename", "contract.path": "new", "contract.outcome": "ok"})
    lines(tmp_path, request, otlp("contract.canary.requests", counted, temporality=1))
    plan = replace(PLAN, canary=replace(PLAN.canary, slow_seconds=slow_seconds))

    problem = only(collected(tmp_path, "otlp", since=NOW - 600, plan=plan), Kind.CANARY).problem

    words = (
        "unparseable: seen.jsonl:1: contract.canary.duration is of the kind 'exponentialHistogram', which is not read: "
        "a histogram with a bucket that ends at the plan's slow_seconds is expected"
    )
    assert problem == (words if slow_seconds else None)


def test_the_documented_lines_satisfy_their_contract(tmp_path: Path) -> None:
    from contractctl.evidence import jsonl

    block = (jsonl.__doc__ or "").split("\n\n")[2]
    found = [json.loads(text) for text in block.replace("}\n", "}\0").split("\0")]

    assert {one["kind"] for one in found} == {"reads", "alive", "canary"}
    for one in found:
        schema("observation").validate(one)
    lines(tmp_path, *found)
    assert only(collected(tmp_path), Kind.READS).problem is None


# OTLP-JSON


def otlp(metric: str, *points: dict[str, object], kind: str = "sum", temporality: object = 2) -> dict[str, Any]:
    held: dict[str, object] = {"dataPoints": list(points)}
    if kind == "sum":
        held |= {"aggregationTemporality": temporality, "isMonotonic": True}
    service = [{"key": "service.name", "value": {"stringValue": "reporting"}}]
    scope = {"scope": {}, "metrics": [{"name": metric, kind: held}]}
    return {"resourceMetrics": [{"resource": {"attributes": service}, "scopeMetrics": [scope]}]}


def point(at: float, value: object = "0", start: float | None = None, **attributes: str) -> dict[str, object]:
    named = {"contract.name": "shop/orders", "contract.field.path": PATH, **attributes}
    found: dict[str, object] = {
        "timeUnixNano": str(int(at) * NANO),
        "asInt" if isinstance(value, str) else "asDouble": value,
        "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in named.items()],
    }
    return found | ({} if start is None else {"startTimeUnixNano": str(int(start) * NANO)})


READS = "contract.field.reads"
CANARY = "contract.canary.requests"


def test_cumulative_counters_with_births_and_restarts_are_counted_in_full(tmp_path: Path) -> None:
    first, second = NOW - 3600, NOW - 1800
    lines(
        tmp_path,
        otlp(READS, point(first + 60, "2", first)),
        otlp(READS, point(first + 120, "5", first)),
        otlp(READS, point(second + 60, "4", second)),
        otlp(READS, point(second + 120, "4", second)),
    )

    (series,) = only(collected(tmp_path, "otlp"), Kind.READS).series

    assert series.value == 9
    assert series.last_seen == second + 60
    assert series.labels["consumer"] == "reporting"


def test_a_counter_of_failures_that_has_said_so_once_is_one_though_deltas_are_silent_since(tmp_path: Path) -> None:
    since = NOW - 1200
    named = {"contract.plan": "rename", "contract.path": "new"}
    lines(
        tmp_path,
        otlp(CANARY, point(since - 600, "0", since - 660, **named, **{"contract.outcome": "bad"}), temporality=1),
        otlp(CANARY, point(NOW - 60, "9", NOW - 120, **named, **{"contract.outcome": "ok"}), temporality=1),
    )

    records = collected(tmp_path, "otlp", since=since)

    (running,) = [one for one in records if one.kind is Kind.CANARY and one.window_to > since]
    assert {(one.labels["outcome"], one.value) for one in running.series} == {("ok", 9), ("bad", 0)}


def test_two_processes_at_once_are_two_counters(tmp_path: Path) -> None:
    one, two = NOW - 600, NOW - 599
    lines(tmp_path, *(otlp(READS, point(NOW - 60 * step, "7", start)) for step in (5, 4, 3) for start in (one, two)))

    record = only(collected(tmp_path, "otlp"), Kind.READS)

    assert (record.series[0].value, record.problem) == (14, None)


def test_delta_counters_are_added_up_and_a_repeated_point_once(tmp_path: Path) -> None:
    line = otlp(READS, point(NOW - 60, "3", NOW - 120), temporality=1)
    lines(tmp_path, line, line, otlp(READS, point(NOW, 2.0, NOW - 60), temporality="AGGREGATION_TEMPORALITY_DELTA"))

    assert only(collected(tmp_path, "otlp"), Kind.READS).series[0].value == 5


def test_reads_of_an_export_older_than_scopes_count(tmp_path: Path) -> None:
    old = otlp(READS, point(NOW - 60, "3", NOW - 120), temporality=1)
    (resource,) = old["resourceMetrics"]
    resource["instrumentationLibraryMetrics"] = resource.pop("scopeMetrics")
    lines(tmp_path, otlp(READS, point(NOW - 120, "0", NOW - 180), temporality=1), old)

    assert [one.value for one in only(collected(tmp_path, "otlp"), Kind.READS).series] == [3]


def test_a_counter_that_falls_without_a_new_start_is_a_reset(tmp_path: Path) -> None:
    values = [str(9 - step % 10) for step in range(300)]
    lines(tmp_path, *(otlp(READS, point(NOW - 18000 + 60 * n, v, NOW - 20000)) for n, v in enumerate(values)))

    assert (only(collected(tmp_path, "otlp"), Kind.READS).problem or "").startswith("counter reset")


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "null",
        otlp(READS, point(NOW, "1"), temporality=0),
        otlp(READS, point(NOW, "many")),
        otlp(READS, point(NOW, "-3")),
        otlp(READS, point(NOW, "3"), kind="gauge"),
        otlp("contract.canary.requests", point(NOW, "3")),
        otlp(READS, point(NOW, "3"), kind="intSum"),
    ],
)
def test_a_request_that_cannot_be_read_spoils_the_source(tmp_path: Path, line: object) -> None:
    lines(tmp_path, otlp(READS, point(NOW - 60, "1")), line)

    assert (only(collected(tmp_path, "otlp"), Kind.READS).problem or "").startswith("unparseable")


def test_a_service_without_a_name_of_its_own_is_nobody(tmp_path: Path) -> None:
    line = otlp(READS, point(NOW - 60, "1"))
    line["resourceMetrics"][0]["resource"]["attributes"][0]["value"]["stringValue"] = "unknown_service:python"
    lines(tmp_path, line)

    assert only(collected(tmp_path, "otlp"), Kind.READS).series[0].labels["consumer"] == ""


def test_other_metrics_in_the_file_are_left_alone(tmp_path: Path) -> None:
    lines(tmp_path, otlp("http.server.duration", {"odd": True}), otlp(READS, point(NOW - 60, "1")))

    assert only(collected(tmp_path, "otlp"), Kind.READS).problem is None


# the file of records


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    lines(tmp_path, read(), *(alive(NOW - step * 60) for step in range(10)))
    found = collected(tmp_path)
    odd = replace(found[0], kind=Kind.COMPATIBILITY, series=(Series({}, float("inf")),))
    path = record_file.path_of(tmp_path, "rename")

    record_file.write(path, (*found, odd))

    assert record_file.read(path) == (*found, odd)
    for line in path.read_text().splitlines():
        schema("evidence").validate(json.loads(line))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the last line is incomplete"),
        ("{\n", "e.jsonl:1 is not JSON"),
        ("[]\n", "e.jsonl:1: a list found where an object is expected"),
        ('{"kind": "gossip"}\n', "'source' is missing"),
    ],
)
def test_a_broken_file_of_records_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "e.jsonl").write_text(text)

    with pytest.raises(ContractctlError, match=message):
        record_file.read(tmp_path / "e.jsonl")


def test_a_plan_comes_back_from_canonical_json() -> None:
    assert canonical.value(type(PLAN), json.loads(canonical.dumps(canonical.tree(PLAN))), "plan") == PLAN


# approvals and attestations

APPROVALS = """
[[approvals]]
stage = "contract"
approver = "Ada <ada@example.org>"
reason = "restore rehearsed"
at = 2026-11-01T09:00:00Z

[[attestations]]
statement = "does-not-read"
contract = "shop/orders"
consumer = "reporting"
by = "Grace"
reason = "searched its code"
at = 2026-11-01T09:00:00Z
expires = 2026-12-01T09:00:00Z
"""


def test_approvals_and_attestations_are_records_and_say_what_is_committed(
    tmp_path: Path, commit: Callable[[], None]
) -> None:
    (tmp_path / "a.toml").write_text(APPROVALS.replace("restore rehearsed", "it will be fine"))
    commit()
    (tmp_path / "a.toml").write_text(APPROVALS)

    approval, attestation = approvals.read(tmp_path / "a.toml", NOW)

    assert approval.series[0].labels["approver"] == "Ada <ada@example.org>"
    assert attestation.series[0].labels["statement"] == "does-not-read"
    assert attestation.series[0].last_seen == NOW + 28 * 86400 + 5 * 3600
    assert [approvals.is_reviewed(one.series[0]) for one in (approval, attestation)] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('stage = "contract"', 'stage = "destroy"', "approval 1: 'destroy' is not a stage"),
        ('approver = "Ada <ada@example.org>"', 'approver = " "', "approval 1: 'approver' is missing"),
        (
            "at = 2026-11-01T09:00:00Z\n\n[[att",
            "at = 2026-11-01T09:00:00\n\n[[att",
            "'at' is not a time with a time zone",
        ),
        ('reason = "searched its code"\n', "", "attestation 1: 'reason' is missing"),
        ("expires = 2026-12-01T09:00:00Z\n", "", "attestation 1: 'expires' is not a time"),
        ("does-not-read", "all-is-well", "'all-is-well' is not a statement"),
        ("[[approvals]]", "[[approval]]", "'approval' is not a known key"),
        ("[[approvals]]", "[approvals]", "'approvals' is not a list of tables"),
        ("[[approvals]]", "[[approvals", r"\.toml:2:12: Expected"),
    ],
)
def test_an_approval_that_is_wrong_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "a.toml").write_text(APPROVALS.replace(old, new, 1))

    with pytest.raises(ContractctlError, match=message):
        approvals.read(tmp_path / "a.toml", NOW)


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    lines(outside, read(2))
    (inside / "seen.jsonl").symlink_to(outside / "seen.jsonl")

    problems = [record.problem for record in collected(inside)]

    assert problems
    assert all(problem and "leads outside the repository" in problem for problem in problems)


@pytest.mark.parametrize("key", ["count", "to", "sampling"])
def test_a_number_too_large_for_any_count_spoils_the_line(tmp_path: Path, key: str) -> None:
    lines(tmp_path, read(), read(**{key: 10**400}))

    assert (only(collected(tmp_path), Kind.READS).problem or "").startswith("unparseable: seen.jsonl:2")


def test_an_otlp_number_too_large_for_any_count_spoils_the_line(tmp_path: Path) -> None:
    endless = {**point(NOW, "1"), "startTimeUnixNano": "9" * 400}
    for request in (otlp(READS, point(NOW, 10**400)), otlp(READS, endless), otlp(READS, endless, temporality=1)):
        lines(tmp_path, request)

        assert (only(collected(tmp_path, "otlp"), Kind.READS).problem or "").startswith("unparseable")


@pytest.mark.parametrize("path", ["", "orders", "orders.*", f"{PATH}.first"])
def test_a_read_of_what_holds_the_field_or_of_a_part_of_it_is_a_read_of_the_field(tmp_path: Path, path: str) -> None:
    lines(tmp_path, read(7, path=path), read(0))

    assert sum(one.value for one in only(collected(tmp_path), Kind.READS).series) == 7


def test_a_counter_of_something_else_at_zero_does_not_count_the_field(tmp_path: Path) -> None:
    lines(tmp_path, read(0, path="orders"), alive(NOW - 60, path="", contract=""))

    assert [one for one in collected(tmp_path) if one.kind is Kind.READS] == []


def test_a_read_of_a_field_whose_name_only_begins_alike_is_none(tmp_path: Path) -> None:
    lines(tmp_path, read(7, path=f"{PATH}_2"), read(0))

    assert only(collected(tmp_path), Kind.READS).series[0].value == 0


def test_a_name_with_a_line_separator_of_unicode_in_it_comes_back(tmp_path: Path) -> None:
    lines(tmp_path, read(consumer="a\u2028b"))
    records = collected(tmp_path)
    record_file.write(tmp_path / "records", records)

    assert record_file.read(tmp_path / "records") == records


def test_a_read_that_names_no_contract_is_a_read_of_the_field(tmp_path: Path) -> None:
    lines(tmp_path, read(contract="", count=7))

    assert only(collected(tmp_path), Kind.READS).series[0].value == 7


def test_a_file_under_two_names_is_counted_once(tmp_path: Path) -> None:
    lines(tmp_path, *requests(5), name="today.jsonl")
    (tmp_path / "current.jsonl").symlink_to("today.jsonl")

    series = only(collected(tmp_path, since=NOW - 600), Kind.CANARY).series

    assert sum(one.value for one in series) == 5


def test_a_link_that_leads_in_a_circle_is_a_source_error(tmp_path: Path) -> None:
    (tmp_path / "seen.jsonl").symlink_to("seen.jsonl")

    assert all((one.problem or "").startswith("source error: seen.jsonl: ") for one in collected(tmp_path))


def test_a_copy_beside_the_file_makes_no_second_sample(tmp_path: Path) -> None:
    named = [{**one, "instance": "shop-1"} for one in requests(5)]
    lines(tmp_path, *named, name="today.jsonl")
    lines(tmp_path, *named, name="today-1.jsonl")
    lines(tmp_path, name="empty.jsonl")
    lines(tmp_path, name="empty-1.jsonl")

    record = only(collected(tmp_path, since=NOW - 600), Kind.CANARY)

    assert record.problem == "conflicting evidence: today-1.jsonl and today.jsonl have the same content: it counts once"


def test_a_canary_line_that_comes_twice_is_no_second_sample(tmp_path: Path) -> None:
    """Who names its process has sent the line twice; of others nobody knows, unless they counted nothing."""
    ok, none = requests(5)
    named = {**ok, "instance": "shop-1"}

    def counted(*found: object) -> tuple[float, str | None]:
        lines(tmp_path, *found)
        record = only(collected(tmp_path, since=NOW - 600), Kind.CANARY)
        return sum(one.value for one in record.series), record.problem

    assert counted(named, none, named, none) == (5, None)
    assert counted(named, {**named, "instance": "shop-2"}) == (10, None)
    assert (counted(ok, none, ok)[1] or "").startswith("conflicting evidence: seen.jsonl:3 is the same as an earlier")


def test_a_canary_line_of_long_ago_that_came_twice_spoils_nothing(tmp_path: Path) -> None:
    long_ago = requests(5, at=NOW - 30 * 86400)

    lines(tmp_path, *long_ago, *long_ago, *requests(5))

    assert only(collected(tmp_path, since=NOW - 600), Kind.CANARY).problem is None
