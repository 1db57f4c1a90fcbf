"""Is everybody told everything, in order, at least once: by a receiver that fails, is slow, hangs up or is gone?"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import Run

EVENTS = 4
ACTOR = "Ada Lovelace <ada@example.org>"


@dataclass
class Receiver:
    """Keeps what it takes; `answers` says, request by request, what it does instead."""

    answers: list[int | str] = field(default_factory=list)
    taken: list[dict[str, object]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def ids(self) -> list[object]:
        return [event["id"] for event in self.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told = kept.answers.pop(0) if kept.answers else 204
            if told == "hang up":
                self.connection.close()
                return
            if told in {"sleep", 204}:
                kept.headers.append(dict(self.headers))
                kept.taken.append(body)
            if told == "sleep":
                time.sleep(1.5)
            self.send_response(204 if isinstance(told, str) else told)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/events"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def told_nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose journal holds four deployments."""
    folder = tmp_path_factory.mktemp("told-nothing")
    (folder / "contractctl.toml").write_text("")
    for version in range(EVENTS):
        command = ("record-deployment", "billing", str(version), "--env", "production")
        run = [sys.executable, "-m", "contractctl", *command]
        subprocess.run(run, cwd=folder, env={**os.environ, "CONTRACTCTL_ACTOR": ACTOR}, check=True, capture_output=True)
    return folder


@pytest.fixture
def notify(tmp_path: Path, contractctl: Run, told_nothing: Path, receiver: Receiver) -> Callable[..., str]:
    """The command over a copy of that folder."""
    shutil.copytree(told_nothing, tmp_path, dirs_exist_ok=True)

    def run(*options: str, code: int = 0, to: str = receiver.url, **env: str) -> str:
        done = contractctl("notify", "--to", to, *options, code=code, env=env, cwd=tmp_path)
        return done.stdout + done.stderr

    return run


def test_every_event_is_sent_once_and_in_its_order(notify: Callable[..., str], receiver: Receiver) -> None:
    assert notify() == "4 sent, 0 left\n"
    assert [event["data"]["body"]["version"] for event in receiver.taken] == ["0", "1", "2", "3"]
    assert all(event["specversion"] == "1.0" and "" not in event.values() for event in receiver.taken)
    assert {one["Content-Type"] for one in receiver.headers} == {"application/cloudevents+json"}

    assert json.loads(notify("--format", "json")) == {"sent": 0, "left": 0, "problem": None}
    assert len(set(map(str, receiver.ids))) == len(receiver.taken) == EVENTS


def test_a_receiver_that_fails_at_times_gets_everything_all_the_same(
    notify: Callable[..., str], receiver: Receiver
) -> None:
    receiver.answers += [503, 204, "hang up", 429, 204, 500]

    assert notify() == "4 sent, 0 left\n"
    assert len(receiver.taken) == EVENTS


def test_what_is_left_waits_for_the_next_run(notify: Callable[..., str], receiver: Receiver) -> None:
    receiver.answers += [204, 503, 503]

    assert notify("--tries", "2", code=4) == f"1 sent, 3 left: {receiver.url} answers 503\n"
    assert notify() == "3 sent, 0 left\n"
    assert len(receiver.taken) == EVENTS


def test_an_answer_that_comes_too_late_is_none_and_the_event_comes_again_under_its_id(
    notify: Callable[..., str], receiver: Receiver
) -> None:
    receiver.answers += ["sleep"]

    assert notify("--tries", "1", "--timeout", "0.5", code=4).startswith("0 sent, 4 left: no answer within 0.5 s")
    notify()
    assert receiver.ids[0] == receiver.ids[1]
    assert len(receiver.taken) == EVENTS + 1


@pytest.mark.parametrize("answer", [400, 302])
def test_nothing_overtakes_an_event_that_is_refused(
    notify: Callable[..., str], receiver: Receiver, answer: int
) -> None:
    receiver.answers += [204, answer]

    said = notify(code=2)
    assert "refuses the event 'io.contractctl.journal.deployed' of " in said
    assert f"it answers {answer}" in said
    assert len(receiver.taken) == 1
    assert notify() == "3 sent, 0 left\n"


def test_nobody_is_there(notify: Callable[..., str]) -> None:
    said = notify("--tries", "1", code=4, to="http://127.0.0.1:1/events")

    assert said.startswith("0 sent, 4 left: http://127.0.0.1:1/events cannot be reached")


def test_a_secret_is_sent_and_never_said(notify: Callable[..., str], receiver: Receiver) -> None:
    receiver.answers += [400]
    address = receiver.url.replace("://", "://ada:pa55@")

    assert "pa55" not in notify(code=2, to="env:HOOK", HOOK=address)
    assert "t0ken" not in notify(code=2, to=f"{receiver.url}?key=t0ken")
    notify(CONTRACTCTL_NOTIFY_TOKEN="t0ken")
    assert {one["Authorization"] for one in receiver.headers} == {"Bearer t0ken"}


def test_a_sender_that_is_killed_between_two_events_loses_none(
    notify: Callable[..., str], receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answers += [204, "sleep"]
    command = [sys.executable, "-m", "contractctl", "notify", "--to", receiver.url]
    sender = subprocess.Popen(command, cwd=tmp_path, env=dict(os.environ))
    until = time.monotonic() + 30
    while len(receiver.taken) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    sender.send_signal(signal.SIGKILL)
    sender.wait()

    assert notify() == "3 sent, 0 left\n"
    assert receiver.ids[1] == receiver.ids[2]
    assert len(set(map(str, receiver.ids))) == EVENTS


def test_a_repository_without_a_journal_has_nothing_to_tell(tmp_path: Path, contractctl: Run) -> None:
    assert contractctl("notify", "--to", "http://127.0.0.1:1/").stdout == "0 sent, 0 left\n"
    assert not list(tmp_path.iterdir())
