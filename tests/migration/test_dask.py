"""Does a Dask cluster fill and compare a table, whoever of its workers dies?"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import shop

from contractctl import migration
from contractctl.backfill import Pace, Progress, executors
from contractctl.errors import ContractctlError

ROWS = 10_000
VARIABLE = "CONTRACTCTL_TEST_DATABASE"


def program(*arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", *arguments, "--no-dashboard", "--host", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
    )


class Cluster:
    """A scheduler and its workers, each a process; nobody brings a dead one back."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder, self._file, self._database = folder, folder / "scheduler.json", database
        self.scheduler = program("distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", str(self._file))
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self._file.exists() and (text := self._file.read_text()):
                return f"dask://{urlsplit(json.loads(text)['address']).netloc}"
            time.sleep(0.05)
        raise TimeoutError

    def hire(self, count: int) -> None:
        _, _, where = self.address.partition("://")
        options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self._folder))
        env = {VARIABLE: self._database}
        for _ in range(count):
            self.workers.append(program("distributed.cli.dask_worker", f"tcp://{where}", *options, env=env))
        from distributed import Client

        with Client(f"tcp://{where}", set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=90)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def cluster(folder: Path, database: str, workers: int) -> Iterator[Cluster]:
    made = Cluster(folder, database)
    try:
        made.hire(workers) if workers else made.address
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    shop.make(folder, rows=ROWS)
    shop.dual_writing(folder).engine.dispose()
    return folder


@pytest.fixture
def folder(large: Path, tmp_path: Path) -> Path:
    return shutil.copytree(large, tmp_path / "shop")


def test_a_cluster_whose_worker_is_killed_half_way_fills_and_compares_every_row(folder: Path, tmp_path: Path) -> None:
    """The workers have the address in their own environment: it is not sent to them."""
    with cluster(tmp_path, f"sqlite:///{folder}/shop.db", 3) as found:
        crew = executors.crew(None, f"env:{VARIABLE}", found.address)
        told: list[Progress] = []

        def tell(progress: Progress) -> None:
            told.append(progress)
            if progress.seen > 1000 and found.workers[0].poll() is None:
                assert progress.seen < ROWS
                found.workers[0].send_signal(signal.SIGKILL)
                found.workers[0].wait()

        context = shop.context(folder, workers=crew, pace=Pace(rows_per_second=1500), told=tell)
        filled = migration.run("backfill", context)
        compared = migration.run("verify", context)

        assert found.workers[0].returncode == -signal.SIGKILL
    assert filled.details == {"tables": {"orders": {"rows": ROWS, "set_aside": 0}}}
    assert compared.details["tables"]["orders"]["rows"] == ROWS
    assert told[-1].workers == 3
    assert shop.rows(folder, "SELECT count(*) FROM orders WHERE full_name IS NOT customer_name") == [(0,)]


def test_workers_that_cannot_reach_the_database_say_so(folder: Path, tmp_path: Path) -> None:
    with cluster(tmp_path, "", 1) as found:
        crew = executors.crew(None, f"env:{VARIABLE}", found.address)

        with pytest.raises(ContractctlError, match=f"a worker has no environment variable '{VARIABLE}'"):
            migration.run("backfill", shop.context(folder, workers=crew))


def test_a_cluster_without_workers_is_refused(folder: Path, tmp_path: Path) -> None:
    with cluster(tmp_path, "", 0) as found:
        crew = executors.crew(2, "sqlite:///", found.address)

        with pytest.raises(ContractctlError, match="has no worker"):
            migration.run("backfill", shop.context(folder, workers=crew))


def test_a_scheduler_that_does_not_answer_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "_CONNECT_SECONDS", 1)
    crew = executors.crew(2, "sqlite:///", "dask://127.0.0.1:1")

    with pytest.raises(ContractctlError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        migration.run("backfill", shop.context(folder, workers=crew))
