"""Does the story show what really happened, and stop where it is not what it tells?"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contractctl.demo.life import PARENT
from contractctl.demo.processes import Processes
from contractctl.demo.story import Story, UnexpectedError, argv_of, own_environment, plain, trimmed
from contractctl.errors import ContractctlError


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def story(tmp_path: Path, told: list[str]) -> Story:
    return Story(tmp_path, own_environment(os.environ), plain(told.append))


def test_a_command_is_shown_with_what_it_printed_and_its_exit_code(story: Story, told: list[str]) -> None:
    story.run("contractctl --version")

    assert "".join(told).startswith("\n$ contractctl --version\n  contractctl ")
    assert "exit code 0: yes" in told[-1]


def test_a_command_that_takes_too_long_ends_the_story_in_words(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contractctl.demo.story.PATIENCE", 0.2)

    with pytest.raises(UnexpectedError, match=r"`sleep 60` was not done after 0.2 seconds: this machine is busy"):
        story.run("sleep 60")


def test_an_exit_code_that_the_story_does_not_expect_ends_it_and_shows_everything(
    story: Story, told: list[str]
) -> None:
    with pytest.raises(UnexpectedError, match=r"ended with exit code 2, the story expects 0"):
        story.run("contractctl chekc", lines=1)

    assert "no such command 'chekc'" in "".join(told)


WAITS_TWICE = """
import pathlib, sys
tries = pathlib.Path("tries")
tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
sys.exit(4 if len(tries.read_text()) < 3 else 1)
"""


def test_while_the_answer_is_wait_it_is_asked_again_and_then_its_code_counts(
    story: Story, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contractctl.demo.story.NAP", 0.01)
    (story.folder / "gate.py").write_text(WAITS_TWICE, encoding="utf-8")

    story.run_patiently("contractctl --version", "python gate.py", code=1)

    shown = "".join(told)
    assert shown.count("$ python gate.py") == shown.count("$ contractctl --version") == 3
    assert shown.count("$ sleep") == 2


def test_a_promise_that_does_not_hold_ends_the_story(story: Story) -> None:
    story.expect(holds=True, what="one is one")

    with pytest.raises(UnexpectedError, match="the story expects that two is one"):
        story.expect(holds=False, what="two is one")


def test_words_in_front_of_a_command_are_its_environment() -> None:
    own, argv = argv_of("CONTRACTCTL_ACTOR='Grace Hopper' contractctl gate rename contract --x=y")

    assert own == {"CONTRACTCTL_ACTOR": "Grace Hopper"}
    assert argv == [sys.executable, "-m", "contractctl", "gate", "rename", "contract", "--x=y"]


def test_what_is_left_out_is_counted() -> None:
    printed = "\n".join(f"line {number}" for number in range(10))

    assert trimmed(printed, 2) == "  line 0\n  line 1\n  … 8 more lines\n"
    assert trimmed(printed, 10) == "".join(f"  line {number}\n" for number in range(10))


def test_nobody_s_own_settings_reach_the_commands() -> None:
    theirs = {"PATH": "/bin", "GIT_DIR": "/elsewhere", "CONTRACTCTL_ACTOR": "Me", "HOME": "/root"}

    mine = own_environment(theirs)

    assert {"GIT_DIR", "CONTRACTCTL_ACTOR"}.isdisjoint(mine)
    assert mine["PATH"] == "/bin"


SLEEPER = "import time; print('sleeper is open', flush=True); time.sleep(60)"
DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('is open', flush=True); time.sleep(60)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path


def test_no_process_outlives_the_story_even_where_it_fails(folder: Path) -> None:
    started = []

    def fail_in_the_middle() -> None:
        with Processes(folder, os.environ) as processes:
            processes.start("sleeper", [sys.executable, "-c", SLEEPER])
            started.append(processes._running["sleeper"][0])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()
    assert started[0].poll() is not None


def test_a_process_that_does_not_listen_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contractctl.demo.processes.CLOSING", 0.2)
    began = time.monotonic()
    with Processes(folder, os.environ) as processes:
        processes.start("deaf", [sys.executable, "-c", DEAF])

    assert time.monotonic() - began < 10


def test_a_process_that_does_not_start_says_why(folder: Path) -> None:
    with Processes(folder, os.environ) as processes, pytest.raises(ContractctlError, match="no such table: orders"):
        processes.start("broken", [sys.executable, "-c", "raise SystemExit('no such table: orders')"])


def test_a_process_that_ended_by_itself_is_not_taken_for_one_that_was_stopped(folder: Path) -> None:
    with Processes(folder, os.environ) as processes:
        processes.start("brief", [sys.executable, "-c", "print('is open')"])
        time.sleep(0.3)

        with pytest.raises(ContractctlError, match="'brief' has ended by itself"):
            processes.stop("brief")


def test_a_process_of_the_shop_ends_when_whoever_started_it_is_gone(folder: Path) -> None:
    program = "from contractctl.demo.life import Life\nfor _ in Life().bursts(1): pass"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    orphan = {**os.environ, PARENT: str(gone.pid)}
    assert subprocess.run([sys.executable, "-c", program], env=orphan, timeout=20, check=False).returncode == 0


PAUSES = """
import time
from contractctl.demo.life import Life
came, began = 0, time.monotonic()
for requests in Life().bursts(100):
    came += requests
    if came == 10:
        time.sleep(0.5)
    if time.monotonic() - began > 1:
        break
print(came)
"""


def test_requests_come_at_their_rate_and_a_pause_is_not_made_up_for() -> None:
    done = subprocess.run([sys.executable, "-c", PAUSES], capture_output=True, text=True, check=True)

    assert 10 <= int(done.stdout) <= 75
