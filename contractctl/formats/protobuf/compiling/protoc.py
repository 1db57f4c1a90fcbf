"""What does the real protoc say? It runs beside us, in a process of its own: hostile input may crash it or never end.

One process serves all compilations of a run, as it takes longer to start than to compile. It is asked by a line of
JSON with protoc's arguments and a file for what protoc says; it answers with a line with protoc's exit code.
"""

import atexit
import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from contractctl.errors import ContractctlError

_SECONDS = 60.0
_MOST_SAID = 1 << 20
"""Bytes of complaints after which no more are waited for: one bad line can make millions."""
_PROGRAM = r"""
import json, os, resource, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
for limit, most in ((resource.RLIMIT_AS, 4 << 30), (resource.RLIMIT_CORE, 0)):
    try:
        resource.setrlimit(limit, (most, most))
    except (OSError, ValueError):
        pass
sys.path.append(sys.argv[1])
from grpc_tools import _protoc_compiler as compiler
for line in sys.stdin:
    arguments, said = json.loads(line)
    target = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(target, 2)
    os.close(target)
    code = compiler.run_main([argument.encode() for argument in arguments])
    print(code, flush=True)
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one run of protoc."""

    ok: bool
    said: str
    """Its complaints and warnings, a line each; the beginning of them where there were too many."""
    ended: str = ""
    """How it ended where it did not end by itself: it crashed, it took too long, it complained without end."""


def library() -> Path:
    """The folder of grpcio-tools, which brings protoc. Raise ContractctlError where it is not installed."""
    import importlib.util

    spec = importlib.util.find_spec("grpc_tools")
    if spec is None or not spec.submodule_search_locations:
        raise ContractctlError(
            "Protobuf needs the package 'grpcio-tools', which is not installed", hint="run: pip install grpcio-tools"
        )
    return Path(spec.submodule_search_locations[0])


def version() -> str:
    """The version of grpcio-tools: another one may compile to something else."""
    from grpc_tools.grpc_version import VERSION

    return str(VERSION)


def well_known() -> Path:
    """The folder below which protoc's own files lie: google/protobuf/timestamp.proto and its like."""
    return library() / "_proto"


def compiled(texts: Mapping[str, str], wanted: list[str], *options: str, beside: bytes = b"") -> tuple[Outcome, bytes]:
    """Compile texts, alone in a temporary folder, to a serialized FileDescriptorSet of the wanted ones.

    beside: a FileDescriptorSet of what else they import. Raise ContractctlError for a name that no file can have.
    """
    with tempfile.TemporaryDirectory(prefix="contractctl-") as scratch:
        root, result, known = (Path(scratch) / name for name in ("in", "out", "known"))
        for name, text in texts.items():
            _write(root / name, text, name)
        known.write_bytes(beside)
        arguments = [f"-I{root}", f"-I{well_known()}", "--include_source_info", "--retain_options", *options]
        arguments += [f"--descriptor_set_in={known}"] if beside else []
        outcome = run([*arguments, f"--descriptor_set_out={result}", *wanted], Path(scratch))
        said = outcome.said.replace(f"{root}/", "")
        return Outcome(outcome.ok, said, outcome.ended), result.read_bytes() if outcome.ok else b""


def _write(path: Path, text: str, name: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise ContractctlError(
            f"{name[:80]!r} is not a name for a .proto file: {error.strerror}", hint="rename it"
        ) from None


def run(arguments: list[str], folder: Path) -> Outcome:
    """Run protoc with these arguments; `folder` is a temporary one where it may leave what it says."""
    said = folder / "said"
    with _ONE_AT_A_TIME:
        runner = _runner(os.getpid())
        code, ended = runner.ask(["protoc", *arguments], said)
        if ended:
            runner.close()
            _runner.cache_clear()
    text = said.read_bytes()[:_MOST_SAID].decode("utf-8", "replace") if said.exists() else ""
    return Outcome(code == 0, text, ended)


_ONE_AT_A_TIME = threading.Lock()


@cache
def _runner(process: int) -> "_Runner":
    """The runner of this process: one that was inherited by a fork answers somebody else."""
    del process
    runner = _Runner()
    atexit.register(runner.close)
    return runner


class _Runner:
    """protoc in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this Python and the program above
            [sys.executable, "-I", "-S", "-c", _PROGRAM, str(library().parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - pipes
        self._questions, self._answers = self._process.stdin, self._process.stdout

    def ask(self, arguments: list[str], said: Path) -> tuple[int, str]:
        """Protoc's exit code, and how it ended where there is none."""
        try:
            self._questions.write(json.dumps([arguments, str(said)]).encode() + b"\n")
            self._questions.flush()
        except OSError:
            return -1, "crashed"
        end = time.monotonic() + _SECONDS
        while not self._has_answered():
            if said.exists() and said.stat().st_size > _MOST_SAID:
                return -1, "complained without end"
            if time.monotonic() > end:
                return -1, f"took longer than {_SECONDS:.0f} seconds"
        answer = self._answers.readline().strip()
        return (int(answer), "") if answer else (-1, "crashed")

    def _has_answered(self) -> bool:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._answers, selectors.EVENT_READ)
            return bool(waiting.select(timeout=0.05))

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._questions, self._answers):
            with suppress(OSError):
                pipe.close()
