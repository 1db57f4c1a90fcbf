"""What Prometheus' answers do and do not prove, over a real connection."""

import math
import operator
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from contractctl import evidence
from contractctl.errors import ContractctlError
from contractctl.gate import decide
from contractctl.model import canonical
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import Stage, Standing, State
from tests.evidence.conftest import MINUTE, NOW, PATH, PLAN, QUESTION, TARGET, WINDOW, Prometheus, only, reply, slow

BEGIN = NOW - WINDOW - 600


def asked(prometheus: Prometheus, url: str | None = None, **options: str) -> tuple[Record, ...]:
    return evidence.collect("prometheus", url or prometheus.url, options, QUESTION, root=Path(), folder=Path())


def every_minute(begin: float, end: float, value: float) -> list[tuple[float, float]]:
    return [(begin + step * MINUTE, value) for step in range(int((end - begin) / MINUTE) + 1)]


def reason(records: tuple[Record, ...]) -> Unknown | None:
    """What the gate makes of the reads."""
    standing = Standing(State.QUIESCED, NOW - 2 * 86400)
    decision = decide(PLAN, Stage.CONTRACT, standing=standing, consumers=QUESTION.consumers, records=records, now=NOW)
    found = [one for one in decision.conditions if one.name == f"reads of {PATH} by reporting"]
    assert found[0].outcome is not Outcome.PASS
    return found[0].reason


def passes(records: tuple[Record, ...]) -> bool:
    """Whether every condition of the reads passes."""
    standing = Standing(State.QUIESCED, NOW - 2 * 86400)
    decision = decide(PLAN, Stage.CONTRACT, standing=standing, consumers=QUESTION.consumers, records=records, now=NOW)
    return all(one.outcome is Outcome.PASS for one in decision.conditions if "reads of" in one.name)


def test_a_consumer_that_is_alive_and_reads_nothing_is_quiet(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(BEGIN, NOW, 5))
    prometheus.alive(BEGIN, NOW)

    records = asked(prometheus)

    (series,) = only(records, Kind.READS).series
    assert series.value == 0
    beats = only(records, Kind.HEARTBEAT)
    assert beats.observed_heartbeats == beats.expected_heartbeats == WINDOW / 60
    assert passes(records)


def test_reads_are_counted_and_the_last_one_is_timed(prometheus: Prometheus) -> None:
    samples = every_minute(BEGIN, NOW, 5)
    prometheus.reads([(at, value + (3 if at > NOW - 3600 else 0)) for at, value in samples])

    (series,) = only(asked(prometheus), Kind.READS).series

    assert series.value == 3
    assert series.last_seen is not None
    assert NOW - 3600 <= series.last_seen <= NOW - 3600 + 120
    assert series.labels["consumer"] == "reporting"
    assert series.labels["version"] == "2.1"


def test_a_counter_born_inside_the_window_keeps_its_first_reads(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(NOW - 3600, NOW, 2))

    assert only(asked(prometheus), Kind.READS).series[0].value == 2


def test_a_counter_that_begins_again_counts_on(prometheus: Prometheus) -> None:
    prometheus.reads([*every_minute(BEGIN, NOW - 7200, 10), *every_minute(NOW - 7140, NOW, 4)])

    record = only(asked(prometheus), Kind.READS)

    assert record.series[0].value == 4
    assert record.problem is None


def test_a_counter_that_begins_again_all_the_time_proves_nothing(prometheus: Prometheus) -> None:
    samples = [(BEGIN + step * MINUTE, float(9 - step % 10)) for step in range(370)]
    prometheus.reads(samples)

    problem = only(asked(prometheus), Kind.READS).problem or ""

    assert problem.startswith("counter reset")


def test_reads_that_a_restart_took_away_before_a_minute_was_over_are_reads(prometheus: Prometheus) -> None:
    """Scraped every 15 seconds, a counter rose and began again between two signs of life."""
    samples = [(BEGIN + step * 15, 0.0) for step in range(int((WINDOW + 600) / 15) + 1)]
    samples[-30] = (samples[-30][0], 3.0)
    prometheus.reads(samples)
    prometheus.alive(BEGIN, NOW)

    records = asked(prometheus)

    assert only(records, Kind.READS).series[0].value == 3
    assert not passes(records)


def test_a_restart_that_no_value_shows_is_lost_time(prometheus: Prometheus) -> None:
    """Zero before and zero after: what it counted in its last hour nobody knows."""
    quiet = every_minute(BEGIN, NOW - 7200, 0) + every_minute(NOW - 3600, NOW, 0)
    prometheus.reads(quiet, begun=[(at, 1.0 if at < NOW - 5000 else NOW - 3610) for at, _ in quiet])
    prometheus.alive(BEGIN, NOW)

    records = asked(prometheus)

    assert (only(records, Kind.READS).problem or "").startswith("counter reset")
    assert not passes(records)


def test_a_short_restart_is_seen_in_the_coverage(prometheus: Prometheus) -> None:
    quiet = every_minute(BEGIN, NOW, 0)
    prometheus.reads(quiet, begun=[(at, 1.0 if at < NOW - 5000 else 2.0) for at, _ in quiet])
    prometheus.alive(BEGIN, NOW)

    records = asked(prometheus)

    beats = only(records, Kind.HEARTBEAT)
    assert (beats.expected_heartbeats, beats.observed_heartbeats) == (360, 359)
    assert passes(records)


def test_nothing_that_says_when_a_process_began_is_no_proof_that_it_never_did_again(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(BEGIN, NOW, 0), begun=[])
    prometheus.alive(BEGIN, NOW)

    records = asked(prometheus)

    assert (only(records, Kind.READS).problem or "").startswith(
        "counter reset: it is unknown when the process of job 'r"
    )
    assert not passes(records)


def test_signs_of_life_without_a_counter_are_dark(prometheus: Prometheus) -> None:
    prometheus.alive(BEGIN, NOW)

    records = asked(prometheus)

    assert (only(records, Kind.READS).problem or "").startswith("dark consumer: reporting gives signs of life")
    assert not passes(records)


def test_a_counter_younger_than_the_signs_of_life_proves_no_more_than_its_own_time(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(NOW - WINDOW / 2, NOW, 0))
    prometheus.alive(BEGIN, NOW)

    assert reason(asked(prometheus)) is Unknown.WINDOW_NOT_COVERED


def test_an_instance_that_is_there_and_counts_no_more_is_lost_time(prometheus: Prometheus) -> None:
    """Another instance of the same consumer is alive throughout; this one runs a build without instruments."""
    other = {"instance": "10.0.0.8:9100"}
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    prometheus.alive(BEGIN, NOW)
    prometheus.reads(every_minute(BEGIN, NOW - 3600, 0), **other)
    assert passes(asked(prometheus))

    prometheus.add("up", TARGET | other, every_minute(BEGIN, NOW, 1))

    assert not passes(asked(prometheus))


@pytest.mark.parametrize("answers", [0.0, 1.0])
def test_an_instance_beside_those_that_count_that_never_exports_a_counter_is_dark(
    prometheus: Prometheus, answers: float
) -> None:
    """Of one job, a process replicated: it is down for whoever scrapes it, or runs a build without instruments."""
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    prometheus.alive(BEGIN, NOW)
    prometheus.add("up", TARGET, every_minute(BEGIN, NOW, 1))
    other = TARGET | {"instance": "10.0.0.8:9100"}
    prometheus.add("up", other | {"job": "node"}, every_minute(BEGIN, NOW, answers))
    prometheus.add("up", other | {"instance": "10.0.0.9:9100", "app": "another"}, every_minute(BEGIN, NOW, answers))
    prometheus.add("up", other, every_minute(NOW - 120, NOW, answers))
    assert passes(asked(prometheus))

    prometheus.series[-1] = prometheus.series[-1][0], every_minute(BEGIN, NOW, answers)

    records = asked(prometheus)
    assert (only(records, Kind.READS).problem or "") == (
        "dark consumer: job 'reporting', instance '10.0.0.8:9100' belongs to the same job, but exports no "
        "counter: absent is not zero"
    )
    assert not passes(records)


def test_an_empty_answer_is_not_zero(prometheus: Prometheus) -> None:
    records = asked(prometheus)

    assert (only(records, Kind.READS).problem or "").startswith("missing source")
    assert reason(records) is Unknown.MISSING_SOURCE


def test_a_dead_consumer_is_not_kept_alive_by_five_minutes_of_memory(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    prometheus.alive(BEGIN, NOW)
    signs = prometheus.series[-1][1]
    signs[:] = [(at, value) for at, value in signs if not NOW - 3600 < at < NOW - 3300]

    beats = only(asked(prometheus), Kind.HEARTBEAT)

    assert beats.observed_heartbeats is not None
    assert beats.expected_heartbeats is not None
    assert (beats.expected_heartbeats - beats.observed_heartbeats) * 60 == pytest.approx(300 - 90, abs=16)


def test_a_consumer_seen_alive_for_half_the_window_is_dark(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    prometheus.alive(BEGIN, NOW - WINDOW / 2)

    assert reason(asked(prometheus)) is Unknown.DARK_CONSUMER


def test_what_the_server_has_forgotten_is_not_covered(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(NOW - WINDOW / 2, NOW, 0))
    prometheus.alive(NOW - WINDOW / 2, NOW)

    assert reason(asked(prometheus)) is Unknown.WINDOW_NOT_COVERED


@pytest.mark.parametrize("after", [operator.ge, operator.gt], ids=["version 2", "version 3"])
def test_long_windows_are_asked_for_in_parts_and_no_sample_is_counted_twice_or_not_at_all(
    prometheus: Prometheus, after: Callable[[float, float], bool]
) -> None:
    rules = replace(PLAN.reads, window_seconds=9 * 86400.0)
    question = replace(QUESTION, plan=replace(PLAN, reads=rules))
    prometheus.after = after
    begin = NOW - 9 * 86400 - 120
    prometheus.reads([(begin + step * MINUTE, float(step // 720)) for step in range(9 * 1440 + 3)])
    prometheus.alive(begin, NOW)

    records = evidence.collect("prometheus", prometheus.url, {}, question, root=Path(), folder=Path())

    parts = [asked for asked in prometheus.asked if asked.get("query", "").startswith("contract_field_reads_total")]
    assert len(parts) == 19
    assert only(records, Kind.READS).series[0].value == 18
    assert only(records, Kind.READS).problem is None


def test_reads_are_claimed_for_no_longer_than_they_were_asked_for_however_long_a_canary_has_run(
    prometheus: Prometheus,
) -> None:
    since = NOW - 3 * WINDOW
    prometheus.reads([*every_minute(since, NOW - 1.5 * WINDOW, 5), *every_minute(NOW - 1.5 * WINDOW + 60, NOW, 6)])
    prometheus.alive(since, NOW)
    counted = {"contract_plan": "rename", "contract_path": "new", "contract_outcome": "ok"}
    prometheus.add("contract_canary_requests_total", TARGET | counted, every_minute(since, NOW, 9))

    records = evidence.collect(
        "prometheus", prometheus.url, {}, replace(QUESTION, since=since), root=Path(), folder=Path()
    )

    record = only(records, Kind.READS)
    assert record.series[0].value == 0
    assert WINDOW <= record.window_to - record.window_from < WINDOW + 5 * MINUTE


def test_a_server_that_loads_only_so_much_at_once_is_asked_for_less(prometheus: Prometheus) -> None:
    prometheus.most = 50
    prometheus.reads([*every_minute(BEGIN, NOW - 3600, 5), *every_minute(NOW - 3540, NOW, 6)])

    record = only(asked(prometheus), Kind.READS)

    assert record.series[0].value == 1
    assert record.problem is None


def test_a_server_that_loads_nothing_at_all_has_not_answered(prometheus: Prometheus) -> None:
    prometheus.most = 0
    prometheus.reads(every_minute(BEGIN, NOW, 5))

    assert "truncated" in (only(asked(prometheus), Kind.READS).problem or "")


def test_warnings_spoil_the_answer(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    prometheus.extra = {"warnings": ["fetching series from one of the stores failed"]}

    assert (only(asked(prometheus), Kind.READS).problem or "").startswith("truncated: the server warns: fetching")


@pytest.mark.parametrize("value", [math.nan, math.inf, -5.0])
def test_a_sample_that_is_no_number_spoils_the_answer(prometheus: Prometheus, value: float) -> None:
    prometheus.reads([*every_minute(BEGIN, NOW - 120, 0), (NOW - 60, value)])

    assert (only(asked(prometheus), Kind.READS).problem or "").startswith("unparseable")


def test_a_gauge_that_fell_below_zero_does_not_take_reads_back(prometheus: Prometheus) -> None:
    samples = every_minute(BEGIN, NOW, 0)
    samples[-30:-28] = [(samples[-30][0], 5.0), (samples[-29][0], -5.0)]
    prometheus.reads(samples)
    prometheus.alive(BEGIN, NOW)

    assert not passes(asked(prometheus))


def test_a_series_that_an_answer_has_twice_is_conflicting_evidence(prometheus: Prometheus) -> None:
    """The reads of the second one were passed over: both have the same times."""
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    prometheus.reads([(at, 3.0 if at > NOW - 3600 else 0.0) for at, _ in every_minute(BEGIN, NOW, 0)])
    prometheus.alive(BEGIN, NOW)

    records = asked(prometheus)

    assert (only(records, Kind.READS).problem or "").startswith(
        "conflicting evidence: the answer has the same series twice"
    )
    assert not passes(records)


@pytest.mark.parametrize("moved", [-7 * 86400, 7 * 86400, math.nan])
def test_samples_of_another_time_than_was_asked_for_prove_nothing(prometheus: Prometheus, moved: float) -> None:
    """A proxy answers from its memory."""
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    prometheus.alive(BEGIN, NOW)
    answer = prometheus.query
    prometheus.answers["/api/v1/query"] = lambda asked: {
        "resultType": "matrix",
        "result": [
            one | {"values": [[at + moved, value] for at, value in one["values"]]}
            for one in answer(asked | {"time": str(min(float(asked["time"]), NOW - 3600))})
        ],
    }

    assert "another time" in (only(asked(prometheus), Kind.READS).problem or "")


def test_a_read_whose_label_with_the_field_was_renamed_may_be_one_of_this_field(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    prometheus.alive(BEGIN, NOW)
    samples = [(at, 3.0 if at > NOW - 3600 else 0.0) for at, _ in every_minute(BEGIN, NOW, 0)]
    other = {"instance": "10.0.0.8:9100"}
    prometheus.reads(samples, contract_field_path="", field=PATH, **other)

    records = asked(prometheus)

    assert sum(one.value for one in only(records, Kind.READS).series) == 3
    assert not passes(records)


def test_503_is_a_record_of_its_own(prometheus: Prometheus) -> None:
    prometheus.answer = lambda handler: reply(handler, 503, b"Service Unavailable")

    records = asked(prometheus)

    assert only(records, Kind.READS).problem == "source error: the server answered 503"
    assert reason(records) is Unknown.MISSING_SOURCE


def test_an_error_keeps_the_servers_own_words(prometheus: Prometheus) -> None:
    error = {"status": "error", "errorType": "execution", "error": "query processing would load too many samples"}
    prometheus.answer = lambda handler: reply(handler, 422, error)

    assert "422, execution: query processing would load" in (only(asked(prometheus), Kind.READS).problem or "")


@pytest.mark.parametrize("body", [b"<html>login</html>", b"[]", b'{"status":"success","data":{"resultType":"vector"}}'])
def test_an_answer_that_is_none_of_prometheus_spoils_the_record(prometheus: Prometheus, body: bytes) -> None:
    prometheus.answer = lambda handler: reply(handler, 200, body)

    assert only(asked(prometheus), Kind.READS).problem


def test_an_answer_that_does_not_come_in_time_is_an_error(prometheus: Prometheus) -> None:
    prometheus.answer = slow

    assert only(asked(prometheus, timeout="0.2"), Kind.READS).problem == "source error: no answer within 0.2 s"


def test_nobody_at_that_address_is_an_error(prometheus: Prometheus) -> None:
    assert (only(asked(prometheus, "http://127.0.0.1:1"), Kind.READS).problem or "").startswith("source error")


def test_a_redirect_to_another_host_is_not_followed(prometheus: Prometheus) -> None:
    def elsewhere(handler: BaseHTTPRequestHandler) -> bool:
        return reply(handler, 302, b"", Location="http://elsewhere.invalid/login")

    prometheus.answer = elsewhere

    assert "redirects to http://elsewhere.invalid" in (only(asked(prometheus), Kind.READS).problem or "")


def test_an_answer_that_breaks_off_is_an_error(prometheus: Prometheus) -> None:
    def broken(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"status"')
        handler.close_connection = True
        return True

    prometheus.answer = broken

    assert (only(asked(prometheus), Kind.READS).problem or "").startswith(
        "source error: the connection broke off during the answer"
    )


def test_a_password_is_sent_and_never_written(prometheus: Prometheus) -> None:
    prometheus.reads(every_minute(BEGIN, NOW, 0))
    secret = prometheus.url.replace("//", "//ada:s3cr3t%21@")

    records = asked(prometheus, secret)

    assert prometheus.headers[0]["Authorization"] == "Basic YWRhOnMzY3IzdCE="
    assert "s3cr3t" not in "".join(canonical.dumps(canonical.tree(record)) for record in records)
    assert "ada" not in only(records, Kind.READS).query


def test_a_token_is_sent_and_never_written(prometheus: Prometheus) -> None:
    records = asked(prometheus, token="t0k3n")

    assert prometheus.headers[0]["Authorization"] == "Bearer t0k3n"
    assert "t0k3n" not in str(records)


def test_a_location_that_is_no_url_is_refused_without_showing_it() -> None:
    with pytest.raises(ContractctlError, match="not an http or https URL") as refused:
        evidence.collect("prometheus", "file:///etc/passwd", {}, QUESTION, root=Path(), folder=Path())
    assert "passwd" not in str(refused.value)


def test_names_of_contracts_are_no_part_of_the_query_language(prometheus: Prometheus) -> None:
    odd = 'shop/o"r.d\\ers'
    moved = replace(PLAN.operations[0], contract=odd)
    plan = replace(PLAN, operations=(moved,), movements=(replace(PLAN.movements[0], contract=odd),))

    evidence.collect("prometheus", prometheus.url, {}, replace(QUESTION, plan=plan), root=Path(), folder=Path())

    assert prometheus.asked[0]["match[]"] == 'contract_field_reads_total{contract_name=~"shop/o\\"r\\\\.d\\\\\\\\ers|"}'


def test_the_requests_of_a_canary_are_counted_since_the_share_was_entered(prometheus: Prometheus) -> None:
    since = NOW - 1200
    for path, outcome, per_minute in (("new", "ok", 10), ("new", "bad", 1), ("old", "ok", 90), ("old", "bad", 0)):
        labels = {"contract_plan": "rename", "contract_path": path, "contract_outcome": outcome}
        samples = [(since - 600 + step * 60, float(100 + step * per_minute)) for step in range(31)]
        prometheus.add("contract_canary_requests_total", labels, samples)

    records = evidence.collect(
        "prometheus", prometheus.url, {}, replace(QUESTION, since=since), root=Path(), folder=Path()
    )

    running = [one for one in records if one.kind is Kind.CANARY and one.window_to > since]
    counts: dict[tuple[str, str], float] = {}
    for series in running[0].series:
        key = series.labels["path"], series.labels["outcome"]
        counts[key] = counts.get(key, 0) + series.value
    assert counts == {("new", "ok"): 200, ("new", "bad"): 20, ("old", "ok"): 1800, ("old", "bad"): 0}
    assert len({series.labels["look"] for series in running[0].series}) > 10


@pytest.mark.parametrize("down", [True, False])
def test_a_canary_whose_processes_can_no_longer_be_scraped_is_not_healthy(prometheus: Prometheus, down: bool) -> None:
    since = NOW - 3600
    for path, instance, until in (("old", "10.0.0.7:9100", NOW), ("new", "10.0.0.8:9100", NOW - 1800)):
        labels = TARGET | {"instance": instance}
        samples = [(at, 100.0 + n * 10) for n, (at, _) in enumerate(every_minute(since - 600, until, 0))]
        counted = {"contract_plan": "rename", "contract_path": path, "contract_outcome": "ok"}
        prometheus.add("contract_canary_requests_total", labels | counted, samples)
        prometheus.add("process_start_time_seconds", labels, every_minute(since - 600, until, 1))
        prometheus.add("up", labels, every_minute(since - 600, NOW if down else until, 1))

    records = evidence.collect(
        "prometheus", prometheus.url, {}, replace(QUESTION, since=since), root=Path(), folder=Path()
    )

    running = next(one for one in records if one.kind is Kind.CANARY and one.window_to > since)
    assert ("1800 s of counting may be lost" in (running.problem or "")) is down
    assert (running.problem is None) is not down


def test_requests_that_two_replicas_of_the_server_tell_are_not_twice_as_many(prometheus: Prometheus) -> None:
    since = NOW - 1200
    for replica in ("a", "b"):
        labels = {"contract_plan": "rename", "contract_path": "new", "contract_outcome": "ok", "replica": replica}
        prometheus.add("contract_canary_requests_total", TARGET | labels, every_minute(since - 600, NOW, 9))
    prometheus.add("process_start_time_seconds", TARGET, every_minute(since - 600, NOW, 1))

    records = evidence.collect(
        "prometheus", prometheus.url, {}, replace(QUESTION, since=since), root=Path(), folder=Path()
    )

    problem = only(records, Kind.READS).problem or ""
    assert problem == "conflicting evidence: a counter appears twice, distinguished by 'replica': select one of them"


@pytest.fixture(params=[b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b""], ids=["body", "head"])
def dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server whose answer never ends, a byte at a time: never silent for long."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(request.param)
                while not done.wait(0.02):
                    connection.sendall(b" " if request.param else b"H")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        done.set()
        thread.join(5)


def test_an_answer_that_drips_in_byte_by_byte_is_not_waited_for_for_ever(prometheus: Prometheus, dripping: str) -> None:
    began = time.monotonic()

    records = asked(prometheus, dripping, timeout="0.3")

    assert time.monotonic() - began < 30
    assert {one.problem for one in records} == {"source error: the answer was not whole within 1.2 s"}
