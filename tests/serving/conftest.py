"""A repository with one plan, and contractctl serve in it: a real process on a free port, asked over real HTTP."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contractctl import planner, store
from contractctl.model.contract import File, SemanticVersion, Source
from contractctl.model.plan import Movement, Operation, Plan, Transform

TOKEN = "e3b0c44298fc1c149afbf4c8996fb924"
OLD = "CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer TEXT NOT NULL);\n"
BOTH = "CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer TEXT NOT NULL, full_name TEXT);\n"
TOML = 'format = "sql"\ndialect = "sqlite"\nowner = "shop"\ndraft = "orders.sql"\n\n[[consumers]]\nname = "reporting"\n'
UNKNOWN_TOML = TOML + 'versions = ["9.9.9"]\n'
"""Somebody is said to live with a version that nobody has: the gate of expand cannot say yes."""


def write_repository(root: Path) -> Path:
    """The plan 'rename': its gate of expand passes, its gate of contract fails."""
    folder = root / "contracts" / "shop" / "orders"
    folder.mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "contractctl.toml").write_text("")
    (folder / "contract.toml").write_text(TOML)
    (folder / "orders.sql").write_text(BOTH)
    for number, text in (("1.0.0", OLD), ("1.1.0", BOTH)):
        source = Source((File("orders.sql", text),))
        store.release(root / "contracts", "shop/orders", SemanticVersion.parse(number), source)
    transform = Transform("buyer", "full_name")
    rename = Operation("rename-column", "shop/orders", "orders", "buyer", "full_name", transform, {"type": "TEXT"})
    moves = (Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),)
    plan = Plan(name="rename", movements=moves, operations=(rename,), revisions={})
    planner.write_plan(planner.path_of(root / "migrations", "rename"), plan)
    return root


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int
    log: Path
    token: str | None = TOKEN
    extra: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, method: str = "GET", *, token: str | None = TOKEN, body: object = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        found = Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        return found

    def workers(self) -> list[int]:
        done = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(word) for word in done.stdout.split()]


@contextmanager
def serving(root: Path, *options: str, environment: dict[str, str] | None = None) -> Iterator[Server]:
    log = root.parent / f"{root.name}.log"
    with log.open("w") as kept:
        process = subprocess.Popen(
            [sys.executable, "-m", "contractctl", "serve", "--port", "0", *options],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=kept,
            text=True,
            env={**os.environ, "CONTRACTCTL_SERVE_TOKEN": TOKEN} if environment is None else environment,
        )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        found = re.fullmatch(r"serving on http://127\.0\.0\.1:(\d+)\n", first)
        assert found, first + log.read_text()
        yield Server(process, int(found[1]), log)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()
        process.stdout.close()


def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_repository(tmp_path_factory.mktemp("serving") / "repository")


@pytest.fixture(scope="module")
def server(repository: Path) -> Iterator[Server]:
    with serving(repository, "--timeout", "3") as found:
        yield found
