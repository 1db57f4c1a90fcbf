"""How is the demo narrated? In plain words, with every command as it was run, what it printed, and how long it took."""

import os
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model.amounts import agreeing

WIDTH = 100
BOLD, DIM, CYAN, GREEN, PLAIN = "\033[1m", "\033[2m", "\033[36m", "\033[32m", "\033[0m"
WORDS = {0: "yes", 1: "no", 2: "usage or input error", 3: "unknown", 4: "wait"}
"""What an exit code says."""
WAIT = 4
PATIENCE = 240
"""Seconds that a command may take."""
ATTEMPTS, NAP = 8, 3
"""How often, and after how many seconds, a gate that says "wait" is asked again."""
EVERYTHING = 10_000
"""Lines of what a command printed that did not go as told."""


class UnexpectedError(ContractctlError):
    """A command did not answer as the story says it does."""


class Story:
    """Tells as it goes. Commands run in the folder, and must end with the exit code that the story expects."""

    def __init__(self, folder: Path, environment: Mapping[str, str], write: Callable[[str], None]) -> None:
        self.folder = folder
        self.environment = environment
        self.chapters: list[tuple[str, float]] = []
        self.commands = 0
        self.write = write

    def chapter(self, title: str) -> None:
        number = len(self.chapters) + 1
        self.chapters.append((title, time.monotonic()))
        self.write(f"\n{BOLD}{CYAN}━━ {number}. {title} {'━' * max(2, WIDTH - len(title) - 7)}{PLAIN}\n")

    def say(self, words: str) -> None:
        """A paragraph."""
        self.write("\n" + textwrap.fill(" ".join(words.split()), WIDTH) + "\n")

    def show_command(self, command: str) -> None:
        self.write(f"\n{BOLD}$ {command}{PLAIN}\n")

    def show(self, printed: str, lines: int = 12) -> None:
        self.write(trimmed(printed, lines))

    def sleep(self, seconds: float) -> None:
        self.show_command(f"sleep {seconds:g}")
        time.sleep(seconds)

    def run(self, command: str, *, code: int = 0, lines: int = 12) -> str:
        """Run a command as shown, show the first lines of what it printed, and demand its exit code."""
        return self._demanded(command, self._run(command), code, lines)

    def run_patiently(self, before: str, command: str, *, code: int = 0, lines: int = 12) -> str:
        """The same where a slow machine may have to wait: while the answer is "wait", both commands are repeated."""
        for _ in range(ATTEMPTS):
            self.run(before, lines=2)
            done = self._run(command)
            if done.returncode != WAIT:
                break
            self._demanded(command, done, WAIT, lines)
            self.sleep(NAP)
        return self._demanded(command, done, code, lines)

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        self.show_command(command)
        self.commands += 1
        own, argv = argv_of(command)
        try:
            return subprocess.run(  # noqa: S603 - the story's own commands
                argv,
                cwd=self.folder,
                env={**self.environment, **own},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                check=False,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            raise UnexpectedError(f"`{command}` was not done after {PATIENCE} seconds: this machine is busy") from None

    def _demanded(self, command: str, done: subprocess.CompletedProcess[str], code: int, lines: int) -> str:
        self.show(done.stdout, lines if done.returncode == code else EVERYTHING)
        if done.returncode != code:
            raise UnexpectedError(f"`{command}` ended with exit code {done.returncode}, the story expects {code}")
        if done.args[1:3] == ["-m", "contractctl"]:
            self.write(f"{DIM}  exit code {code}: {WORDS[code]}{PLAIN}\n")
        return done.stdout

    def expect(self, *, holds: bool, what: str) -> None:
        """A promise of the story that no exit code carries."""
        if not holds:
            raise UnexpectedError(f"the story expects that {what}, and it is not so")


def argv_of(command: str) -> tuple[dict[str, str], list[str]]:
    """A shown command as a process takes it: NAME=value words in front, then the program."""
    words = shlex.split(command)
    own: dict[str, str] = {}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        own[name] = value
    programs = {"contractctl": [sys.executable, "-m", "contractctl"], "python": [sys.executable]}
    return own, [*programs.get(words[0], [words[0]]), *words[1:]]


def trimmed(printed: str, lines: int) -> str:
    """The first lines, indented, and how many were left out."""
    every = printed.rstrip().splitlines()
    shown = [f"  {line}".rstrip() for line in every[:lines]]
    if len(every) > lines:
        left_out = len(every) - lines
        shown.append(f"  … {left_out} more {agreeing(left_out, 'line')}")
    return "".join(f"{line}\n" for line in shown)


def plain(write: Callable[[str], None]) -> Callable[[str], None]:
    """The same without colour, for a file, a pipe, or whoever wants none."""

    def without_colour(words: str) -> None:
        for code in (BOLD, DIM, CYAN, GREEN, PLAIN):
            words = words.replace(code, "")
        write(words)

    return without_colour


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What the story's commands see: nobody's settings of git or contractctl, no colour, Python in UTF-8."""
    return {
        **{name: text for name, text in environment.items() if not name.startswith(("GIT_", "CONTRACTCTL_"))},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
        "COLUMNS": str(WIDTH),
    }
