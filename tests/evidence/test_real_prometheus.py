"""What a real Prometheus server of a real process does and does not prove, and of a history of weeks."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from contractctl import evidence
from contractctl.gate import decide
from contractctl.model.contract import Party
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import ReadRules, Stage, Standing, State
from tests import prometheus
from tests.evidence.conftest import PATH, PLAN, Question, only
from tests.prometheus import Prometheus, Series
from tests.servers import free_port

DAY, BEAT = 86400.0, 900.0
NOW = time.time() // BEAT * BEAT
FOREVER = "--storage.tsdb.retention.time=10y"


def question(contract: str, *, days: float = 2, beat: float = BEAT, now: float = NOW) -> Question:
    rules = ReadRules(window_seconds=days * DAY, heartbeat_seconds=beat)
    plan = replace(
        PLAN,
        reads=rules,
        operations=(replace(PLAN.operations[0], contract=contract),),
        movements=(replace(PLAN.movements[0], contract=contract),),
    )
    return Question(plan, {contract: (Party("reporting"),)}, None, now)


def asked(server: Prometheus, about: Question) -> tuple[Record, ...]:
    return evidence.collect("prometheus", server.url, {}, about, root=Path(), folder=Path())


def conditions(server: Prometheus, about: Question) -> dict[str, Condition]:
    """What the gate makes of what the server says of the reads."""
    decision = decide(
        about.plan,
        Stage.CONTRACT,
        standing=Standing(State.QUIESCED, about.now - 2 * DAY),
        consumers=about.consumers,
        records=asked(server, about),
        now=about.now,
    )
    return {one.name: one for one in decision.conditions if "reads" in one.name}


def opens(server: Prometheus, about: Question) -> bool:
    """Whether every condition of the reads passes."""
    return all(one.outcome is Outcome.PASS for one in conditions(server, about).values())


def reasons(server: Prometheus, about: Question) -> set[Unknown | None]:
    """Why what does not pass does not; None where something fails."""
    return {one.reason for one in conditions(server, about).values() if one.outcome is not Outcome.PASS}


def read_in(server: Prometheus, about: Question) -> float:
    return sum(one.value for one in only(asked(server, about), Kind.READS).series)


# a history


def scraped(begin: float, end: float = NOW, *, value: float = 0) -> list[tuple[float, float]]:
    return [(begin + step * BEAT, value) for step in range(int((end - begin) / BEAT) + 1)]


def told(
    name: str,
    reads: Sequence[tuple[float, float]],
    *,
    begun: Sequence[tuple[float, float]] | None = None,
    up: Sequence[tuple[float, float]] | None = None,
    consumer: str = "reporting",
    instance: str = "10.0.0.7:9100",
) -> Iterator[Series]:
    """One process of the consumer of `shop/NAME`, as it was scraped. It was alive whenever it was."""
    target = {"job": name, "instance": instance}
    labels = {**target, "contract_name": f"shop/{name}", "contract_field_path": PATH}
    labels |= {"contract_consumer_name": consumer} if consumer else {}
    times = [at for at, _ in reads]
    yield "contract_field_reads_total", labels, reads
    yield "contract_instrumentation_info", labels, [(at, 1) for at in times]
    yield "process_start_time_seconds", target, begun or [(at, 1) for at in times]
    yield "up", target, up or [(at, 1) for at in times]


def history() -> Iterator[Series]:
    """What happened in each contract's last days."""
    begin, yesterday, night = NOW - 2.5 * DAY, NOW - DAY, NOW - 0.5 * DAY
    yield from told("quiet", scraped(NOW - 31.5 * DAY, value=5))
    yield from told("born", [*scraped(yesterday, value=2)], begun=scraped(yesterday, value=yesterday))
    yield from told("born", scraped(begin), instance="10.0.0.8:9100")
    yield from told("reset", [*scraped(begin, yesterday, value=10), *scraped(yesterday + BEAT, value=4)])
    hidden = [*scraped(begin, yesterday), *scraped(yesterday + 7200)]
    yield from told("restarted", hidden, begun=[(at, 1 if at <= yesterday else yesterday) for at, _ in hidden])
    yield from told("restarted", scraped(begin), instance="10.0.0.8:9100")
    yield from told("stale", scraped(begin, night))
    down = [(at, 0 if yesterday < at < night else 1) for at, _ in scraped(begin)]
    yield from told("down", [(at, 0) for at, up in down if up], up=down)
    yield from told("anonymous", [*scraped(begin, night), *scraped(night + BEAT, value=3)], consumer="")
    yield from told("anonymous", scraped(begin), instance="10.0.0.8:9100")


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prometheus.written(tmp_path_factory.mktemp("prometheus"), history())


@pytest.fixture(scope="module")
def server(blocks: Path) -> Iterator[Prometheus]:
    with prometheus.running(blocks, FOREVER) as found:
        yield found


def test_a_month_of_silence_that_was_proven_opens_the_gate(server: Prometheus) -> None:
    assert opens(server, question("shop/quiet", days=31))


def test_retention_shorter_than_the_window_is_not_silence(blocks: Path) -> None:
    with prometheus.running(blocks, "--storage.tsdb.retention.time=6d") as forgetful:
        assert reasons(forgetful, question("shop/quiet", days=14)) == {Unknown.WINDOW_NOT_COVERED}


def test_a_counter_born_in_the_window_counts_its_first_reads(server: Prometheus) -> None:
    about = question("shop/born")

    assert read_in(server, about) == 2
    assert reasons(server, about) == {Unknown.WINDOW_NOT_COVERED}


def test_a_counter_that_began_again_counts_on(server: Prometheus) -> None:
    about = question("shop/reset")

    assert read_in(server, about) == 4
    assert reasons(server, about) == {Unknown.WINDOW_NOT_COVERED}


def test_a_restart_between_scrapes_is_lost_time_though_another_instance_was_alive(server: Prometheus) -> None:
    assert Unknown.COUNTER_RESET in reasons(server, question("shop/restarted"))


def test_series_that_went_stale_are_dark(server: Prometheus) -> None:
    assert reasons(server, question("shop/stale")) & {Unknown.DARK_CONSUMER, Unknown.STALE}


def test_a_target_that_was_down_for_a_part_of_the_window_is_dark(server: Prometheus) -> None:
    assert reasons(server, question("shop/down")) == {Unknown.DARK_CONSUMER}


def test_reads_of_a_consumer_without_a_name_are_unattributed(server: Prometheus) -> None:
    assert reasons(server, question("shop/anonymous")) == {Unknown.UNATTRIBUTED_READS}


def test_a_contract_that_nobody_counts_has_no_source(server: Prometheus) -> None:
    assert Unknown.MISSING_SOURCE in reasons(server, question("shop/unheard-of"))


def test_an_answer_without_what_a_remote_storage_holds_is_partial(blocks: Path) -> None:
    remote = f'remote_read: [{{url: "http://127.0.0.1:{free_port()}/read", read_recent: true}}]\n'
    with prometheus.running(blocks, FOREVER, configuration=remote) as partial:
        assert Unknown.TRUNCATED in reasons(partial, question("shop/quiet"))


def test_a_server_that_loads_few_samples_at_once_still_answers_for_all_of_them(blocks: Path) -> None:
    with prometheus.running(blocks, FOREVER, "--query.max-samples=100") as small:
        assert read_in(small, question("shop/reset")) == 4


# a process


class Reporting:
    """A consumer of its own process, which reads when it is told to."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.evidence.instrumented", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._heard()

    def read(self, count: int) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        self._heard()

    def _heard(self) -> None:
        assert self._process.stdout
        assert self._process.stdout.readline().startswith("count")

    def kill(self) -> None:
        with self._process as process:
            process.kill()


def live(now: float, since: float | None = None) -> Question:
    """Silence of two seconds is enough, or of all the time since a moment, with a sign of life every second."""
    return question("shop/orders", days=(now - since if since else 2) / DAY, beat=1.0, now=now)


def becomes(what: Callable[[], bool]) -> bool:
    """Whether it does within half a minute: the server scrapes in its own time."""
    deadline = time.monotonic() + 30
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def asked_after(server: Prometheus, moment: float, since: float) -> Question:
    """The question at the first scrape later than the moment, for all the time since another moment."""
    assert becomes(lambda: scraped_at(server, time.time()) > moment)
    after = (moment + step / 10 for step in count(1))
    return live(next(at for at in (scraped_at(server, one) for one in after) if at > moment), since)


def scraped_at(server: Prometheus, now: float) -> float:
    """Unix seconds of the last scrape before."""
    return only(asked(server, live(now)), Kind.READS).window_to


@pytest.fixture
def consumers() -> Iterator[Callable[[int], Reporting]]:
    """Starts a consumer that counts at a port; whoever still runs is ended."""
    with ExitStack() as running:

        def start(port: int) -> Reporting:
            process = Reporting(port)
            running.callback(process.kill)
            return process

        yield start


def test_what_a_process_reads_is_counted_and_what_it_read_just_before_it_died_is_no_silence(
    server: Prometheus, consumers: Callable[[int], Reporting]
) -> None:
    port = free_port()
    server.scrape({"reporting": port})
    process = consumers(port)
    assert becomes(lambda: opens(server, live(time.time())))
    watched = time.time() - 1

    with server.looking_away():
        process.read(3)
        process.kill()
        process = consumers(port)
        resumed = time.time()
    after = asked_after(server, resumed + 0.5, watched)
    process.read(2)
    later = asked_after(server, time.time(), watched)

    assert read_in(server, after) == 0
    assert reasons(server, after) & {Unknown.COUNTER_RESET, Unknown.DARK_CONSUMER}
    assert not opens(server, after)
    assert read_in(server, later) == 2
    assert not opens(server, later)
