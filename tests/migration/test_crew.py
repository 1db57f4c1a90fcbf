"""Do several workers fill and compare a table together, whoever of them dies?"""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
import shop

from contractctl import journal, migration
from contractctl.backfill import Crew, Pace, Pause, Progress, StoppedError, executors, processes
from contractctl.databases import key_text
from contractctl.errors import ContractctlError
from contractctl.migration import Context, DiffersError

ROWS = 20_000
BRISK = Pace(batch_seconds=0.02)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with many orders, whose sides are kept in step."""
    folder = tmp_path_factory.mktemp("large")
    shop.make(folder, rows=ROWS)
    shop.dual_writing(folder).engine.dispose()
    return folder


@pytest.fixture
def folder(large: Path, tmp_path: Path) -> Path:
    import shutil

    return shutil.copytree(large, tmp_path / "shop")


def address(folder: Path) -> str:
    return f"sqlite:///{folder}/shop.db"


class Seen:
    """The executors that a crew opened."""

    def __init__(self, crew: Crew | None) -> None:
        assert crew is not None
        self.opened: list[Executor] = []
        self.crew = replace(crew, gather=self._gather(crew))

    def _gather(self, crew: Crew) -> Callable[[], "contextmanager[tuple[Executor, int]]"]:
        @contextmanager
        def gather() -> Iterator[tuple[Executor, int]]:
            with crew.gather() as (executor, workers):
                self.opened.append(executor)
                yield executor, workers

        return gather

    def processes(self) -> list[int]:
        return list(self.opened[-1]._processes or {})


def claims(folder: Path) -> list[tuple[object, ...]]:
    return shop.rows(folder, "SELECT number, worker FROM contractctl_checkpoint WHERE number > 0")


def filled(folder: Path) -> int:
    return int(str(shop.rows(folder, "SELECT count(*) FROM orders WHERE full_name IS customer_name")[0][0]))


@pytest.mark.parametrize("executor", [None, "processes"])
def test_a_crew_fills_every_row_once(folder: Path, executor: str | None) -> None:
    crew, told = executors.crew(3, address(folder), executor), list[Progress]()

    found = migration.run("backfill", shop.context(folder, workers=crew, pace=BRISK, told=told.append))

    assert found.details == {"tables": {"orders": {"rows": ROWS, "set_aside": 0}}}
    assert filled(folder) == ROWS
    assert claims(folder) == []
    assert told[-1].workers == 3
    assert shop.rows(folder, "SELECT max(claims) > 1 FROM contractctl_checkpoint") == [(1,)]


def test_a_worker_that_is_killed_is_made_up_for_and_nothing_is_done_twice(folder: Path) -> None:
    seen = Seen(executors.crew(3, address(folder), "processes"))
    killed: list[int] = []

    def told(progress: Progress) -> None:
        if progress.seen > 1000 and not killed:
            killed.append(seen.processes()[0])
            os.kill(killed[0], signal.SIGKILL)

    found = migration.run("backfill", shop.context(folder, workers=seen.crew, pace=BRISK, told=told))

    assert killed
    assert len(seen.opened) == 2
    assert found.details == {"tables": {"orders": {"rows": ROWS, "set_aside": 0}}}
    assert filled(folder) == ROWS


def test_workers_that_die_again_and_again_are_given_up(folder: Path) -> None:
    crew = executors.crew(2, address(folder))
    assert crew is not None
    opened: list[Executor] = []

    @contextmanager
    def gather() -> Iterator[tuple[Executor, int]]:
        with ProcessPoolExecutor(2, get_context("spawn"), initializer=os._exit, initargs=(1,)) as executor:
            opened.append(executor)
            yield executor, 2

    with pytest.raises(ContractctlError, match="the workers keep dying: BrokenProcessPool"):
        migration.run("backfill", shop.context(folder, workers=replace(crew, gather=gather)))
    assert len(opened) < 10
    assert migration.run("backfill", shop.context(folder)).details["tables"]["orders"]["rows"] == ROWS


def test_what_a_crew_has_claimed_and_left_is_done_by_one_process_alone(folder: Path) -> None:
    def power_loss(progress: Progress) -> None:
        if progress.seen > 1000:
            raise KeyboardInterrupt

    crew = executors.of(ThreadPoolExecutor(4), 4, address(folder))
    slow = replace(BRISK, rows_per_second=5000)  # so that nobody is done before the first look
    with pytest.raises(KeyboardInterrupt):
        migration.run("backfill", shop.context(folder, workers=crew, pace=slow, told=power_loss))
    left = claims(folder)

    found = migration.run("backfill", shop.context(folder))

    assert left
    assert found.details == {"tables": {"orders": {"rows": ROWS, "set_aside": 0}}}
    assert filled(folder) == ROWS
    assert claims(folder) == []


def test_any_executor_will_do_and_stays_open(folder: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        crew = executors.of(threads, 2, address(folder))
        context = shop.context(folder, workers=crew, pace=BRISK)
        migration.run("backfill", context)

        found = migration.run("verify", context)

        assert threads.submit(int, "7").result() == 7
    assert found.details["tables"]["orders"]["rows"] == ROWS


def test_an_executor_that_is_closed_is_said_to_be_of_no_use(folder: Path) -> None:
    threads = ThreadPoolExecutor(2)
    threads.shutdown()

    with pytest.raises(ContractctlError, match="after shutdown"):
        migration.run("backfill", shop.context(folder, workers=executors.of(threads, 2, address(folder))))


def test_the_rate_is_for_all_workers_together(folder: Path) -> None:
    crew = executors.of(ThreadPoolExecutor(4), 4, address(folder))
    moments: list[tuple[float, int]] = []

    def told(progress: Progress) -> None:
        moments.append((progress.seconds, progress.seen))
        if progress.seconds > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migration.run("backfill", shop.context(folder, workers=crew, pace=Pace(rows_per_second=400), told=told))
    assert 0 < moments[-1][1] <= 400 * (moments[-1][0] + 2)


def test_workers_stop_within_a_batch_when_they_are_asked_to(folder: Path) -> None:
    crew, asked = executors.crew(2, address(folder)), threading.Event()

    def told(progress: Progress) -> None:
        if progress.seen > 100:
            asked.set()

    context = shop.context(folder, workers=crew, pace=Pace(rows_per_second=500), told=told, stopping=asked.is_set)
    with pytest.raises(StoppedError):
        migration.run("backfill", context)
    before = filled(folder)

    assert 0 < before < ROWS
    assert filled(folder) == before
    assert shop.rows(folder, "SELECT count(*) FROM contractctl_journal WHERE kind = 'failure'") == [(0,)]
    assert migration.run("backfill", shop.context(folder)).done


def test_workers_of_an_operator_who_has_been_taken_over_stop(folder: Path) -> None:
    """A second operator begins while the first one's lease has run out and its workers are still at work."""
    clock = shop.Clock(time.time())
    taken: list[Context] = []

    def told(progress: Progress) -> None:
        if progress.seen > 1000 and not taken:
            second = shop.context(folder, operator=journal.Operator("bob"), clock=lambda: clock() + 1000)
            taken.append(second)
            migration.run("backfill", second)

    crew = executors.of(ThreadPoolExecutor(3), 3, address(folder))
    with pytest.raises(ContractctlError, match="has taken over"):
        migration.run("backfill", shop.context(folder, workers=crew, pace=BRISK, told=told, clock=clock))
    (outcome,) = shop.rows(folder, "SELECT body FROM contractctl_journal WHERE stage = 'backfill' AND kind = 'outcome'")
    assert f'"rows":{ROWS}' in str(outcome[0])
    assert filled(folder) == ROWS


def test_a_paused_crew_does_nothing_until_it_is_resumed(folder: Path) -> None:
    crew = executors.crew(2, address(folder))
    paused_at: list[int] = []
    waits: list[Progress] = []

    def told(progress: Progress) -> None:
        engine = shop.engine_of(folder)
        if progress.seen > 500 and not paused_at:
            migration.pause(engine, shop.PLAN, Pause(time.time(), "Ada", "the shop is full"))
            time.sleep(1.0)
            paused_at.append(filled(folder))
        elif progress.why:
            assert filled(folder) == paused_at[0]
            waits.append(progress)
            if len(waits) == 3:
                migration.resume(engine, shop.PLAN, Pause(time.time(), "Bob", "it is empty again"))
        engine.dispose()

    found = migration.run("backfill", shop.context(folder, workers=crew, pace=Pace(rows_per_second=5000), told=told))

    assert 500 <= paused_at[0] < ROWS
    assert {one.why for one in waits} == {"paused by Ada: the shop is full"}
    journalled = "SELECT kind, actor FROM contractctl_journal WHERE kind IN ('pause', 'resume') ORDER BY id"
    assert shop.rows(folder, journalled) == [("pause", "Ada"), ("resume", "Bob")]
    assert found.details["tables"]["orders"]["rows"] == ROWS


@pytest.mark.parametrize("executor", [None, "processes"])
def test_a_crew_compares_as_one_process_does(folder: Path, executor: str | None) -> None:
    migration.run("backfill", shop.context(folder))
    crew = executors.crew(3, address(folder), executor)

    alone = migration.run("verify", shop.context(folder)).details
    together = migration.run("verify", shop.context(folder, workers=crew)).details

    assert alone == together
    assert alone["tables"]["orders"]["rows"] == ROWS


def test_a_worker_that_is_killed_while_it_compares_is_made_up_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contractctl.migration.comparing._RANGE", 100)
    migration.run("backfill", shop.context(folder))
    seen, looks = Seen(executors.crew(2, address(folder), "processes")), []

    def stopping() -> bool:
        looks.append(1)
        if len(looks) == 20:
            os.kill(seen.processes()[0], signal.SIGKILL)
        return False

    found = migration.run("verify", shop.context(folder, workers=seen.crew, stopping=stopping)).details

    assert len(seen.opened) == 2
    assert (found["tables"]["orders"]["rows"], found["tables"]["orders"]["ranges"]) == (ROWS, ROWS // 100 + 1)


def test_a_crew_finds_and_repairs_the_rows_that_differ(folder: Path) -> None:
    crew = executors.of(ThreadPoolExecutor(3), 3, address(folder))
    context = shop.context(folder, workers=crew)
    migration.run("backfill", context)
    connection = sqlite3.connect(folder / "shop.db")
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'orders'"):
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("UPDATE orders SET full_name = 'other' WHERE id IN (7, 19000)")
    connection.commit()
    connection.close()
    migration.run("dual-write", context)

    with pytest.raises(DiffersError) as differs:
        migration.run("verify", context)
    assert differs.value.body["tables"]["orders"]["keys"] == [key_text((7,)), key_text((19000,))]
    assert migration.run("verify", context, repair="old").done
    assert filled(folder) == ROWS


def test_a_worker_without_the_address_says_which_variable_is_missing(folder: Path) -> None:
    crew = executors.crew(2, "env:CONTRACTCTL_TEST_NOT_THERE")

    with pytest.raises(ContractctlError, match="a worker has no environment variable 'CONTRACTCTL_TEST_NOT_THERE'"):
        migration.run("backfill", shop.context(folder, workers=crew))


def test_an_address_is_not_shown_where_a_task_is() -> None:
    from contractctl.backfill.checkpoints import Walker
    from contractctl.backfill.walking import Job
    from contractctl.backfill.workers import Comparing, Filling
    from contractctl.databases import Synchronisation

    sync = Synchronisation("plan", "orders", ("id",), ())
    tasks = (
        Filling(Job(sync, Pace(), Walker(1)), "postgresql://ada:secret@host/shop"),
        Comparing(sync, None, None, "x:secret@y"),
    )

    assert "secret" not in repr((tasks, executors.crew(2, "postgresql://ada:secret@host/shop")))


@pytest.mark.parametrize(
    "word", ["dask://", "dask://host", "dask://host:0", "dask://host:99999", "tcp://host:1", "dask://a b:1", "process"]
)
def test_an_executor_that_nobody_knows_is_refused(word: str) -> None:
    with pytest.raises(ContractctlError, match="names no executor"):
        executors.crew(2, "sqlite:///x", word)


def test_a_terminal_s_signals_pass_a_worker_by_from_its_first_moment_on() -> None:
    """Ctrl-C goes to everybody in the terminal; a worker that is still being loaded would die of it, and say so."""
    ours = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    with processes.processes(1) as (executor, _):
        theirs = executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result()

    assert theirs - ours == {signal.SIGINT, signal.SIGHUP}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == ours
