"""What every test stands on: contractctl as a person runs it, in a process of its own, in a folder of its own."""

import logging
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import servers, warm
from tests.servers import Server

os.environ["CONTRACTCTL_CACHE"] = "off"  # verdicts are made, not remembered; in the processes that tests start, too

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs tests in the background ignores it, for all
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and with nohup this one

settings.register_profile("contractctl", deadline=None)  # a busy machine fails no test
settings.load_profile("contractctl")


@pytest.fixture(autouse=True)
def loggers_that_speak() -> None:
    """Alembic's own templates silence every logger there is, for the rest of this process."""
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False


@pytest.fixture(scope="session", autouse=True)
def warm_processes_end() -> Iterator[None]:
    yield
    warm.CONTRACTCTL.close()
    warm.ALEMBIC.close()


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def contractctl(tmp_path: Path) -> Run:
    """Run contractctl in tmp_path (or cwd=…); the exit code is checked against `code`."""

    def run(
        *arguments: str, code: int | None = 0, cwd: Path = tmp_path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = warm.CONTRACTCTL.run(
            "contractctl", *arguments, cwd=cwd, env={**os.environ, **GIT_IDENTITY, **(env or {})}
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert code is None or done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


GIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Run git in tmp_path (or cwd=…) as Ada Lovelace, and give back what it printed."""

    def run(*arguments: str, cwd: Path = tmp_path) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **GIT_IDENTITY},
        ).stdout.strip()

    return run


@pytest.fixture
def commit(git: Callable[..., str]) -> Callable[[], None]:
    """Commit everything in tmp_path, in a repository that is made for it where there is none."""

    def run() -> None:
        git("init", "-q")
        git("add", ".")
        git("commit", "-qm", "reviewed")

    return run


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """One PostgreSQL for all tests of this process, started for the first that asks."""
    with servers.running(servers.POSTGRESQL) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """One MariaDB for all tests of this process, started for the first that asks."""
    with servers.running(servers.MARIADB) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: Server) -> Iterator[str]:
    """The address of a fresh database."""
    with postgresql_server.database() as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb_server: Server) -> Iterator[str]:
    """The address of a fresh database."""
    with mariadb_server.database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a file that is not there yet."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture(params=["postgresql", "mariadb"])
def server_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database, on each server in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database, on each engine in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))
