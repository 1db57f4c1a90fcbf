"""Which processes of the shop run? Each is started, stopped and waited for here, whatever happens."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from contractctl.demo.life import PARENT
from contractctl.errors import ContractctlError

OPENING = 30
"""Seconds that a process may take until it says that it is open."""
CLOSING = 20
"""Seconds that a process may take to finish its last request, before it is killed."""


class Processes:
    """The running processes, by name. On leaving, whatever still runs is stopped."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._running: dict[str, tuple[subprocess.Popen[bytes], IO[bytes]]] = {}

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start one and wait until it is at work. What it prints goes to logs/NAME.out."""
        out = (self._folder / "logs" / f"{name}.out").open("wb")
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            cwd=self._folder,
            env={**self._environment, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
        self._running[name] = (process, out)
        deadline = time.monotonic() + OPENING
        while "is open" not in self.printed(name):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ContractctlError(f"'{name}' did not start: {self.printed(name).strip()}")
            time.sleep(0.02)

    def pid(self, name: str) -> int:
        return self._running[name][0].pid

    def stop(self, name: str) -> str:
        """Let one finish its last request and end; gives back its last line."""
        process, _ = self._running[name]
        if process.poll() is not None:
            raise ContractctlError(f"'{name}' has ended by itself: {self.printed(name).strip()}")
        process.terminate()
        process.wait(CLOSING)
        self._forget(name)
        return self.printed(name).strip().rsplit("\n", 1)[-1]

    def printed(self, name: str) -> str:
        """What a process has printed so far."""
        return (self._folder / "logs" / f"{name}.out").read_text(encoding="utf-8", errors="replace")

    def _forget(self, name: str) -> None:
        self._running.pop(name)[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        for process, _ in self._running.values():
            process.terminate()
        for name, (process, _) in list(self._running.items()):
            try:
                process.wait(CLOSING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._forget(name)
