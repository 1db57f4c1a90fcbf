"""How does a test run a command in a process of its own that need not start Python and import everything first?

A warm process, one for each that runs tests, has imported it all and done nothing else. It forks for every command:
each has a folder, an environment, output and an exit code of its own. Where the start itself counts, a test starts
the command as everybody does.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import contractctl

SECONDS = 120
"""What takes longer hangs, and is killed."""
_READ_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "LD_")
"""Variables that Python or C reads before there is a command: whoever changes one gets a process that is started so."""


class Warm:
    """A process that has imported some modules; it is started for the first command."""

    def __init__(self, *modules: str, **variables: str) -> None:
        self._modules = modules
        self._variables = variables
        self._process: subprocess.Popen[str] | None = None

    def run(self, module: str, *arguments: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """As `python -m module arguments…`; what it printed."""
        env = {**env, **self._variables}
        if _read_at_start(env) != _read_at_start({**os.environ, **self._variables}):
            command = [sys.executable, "-m", module, *arguments]
            return subprocess.run(
                command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=SECONDS
            )
        with NamedTemporaryFile("r") as out, NamedTemporaryFile("r") as err:
            command = [module, *arguments]
            code = self._ask({"argv": command, "cwd": str(cwd), "env": env, "out": out.name, "err": err.name})
            return subprocess.CompletedProcess(command, code, out.read(), err.read())

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _ask(self, command: Mapping[str, object]) -> int:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__, *self._modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **self._variables},
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in env.items() if name.startswith(_READ_AT_START)}


def _modules() -> Iterator[str]:
    """All of contractctl's but the server's, whose libraries are many, and what Alembic runs."""
    package = Path(contractctl.__file__).parent
    for path in sorted(package.rglob("*.py")):
        name = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith(_OTHERS) and not name.endswith("__main__"):
            yield name


_OTHERS = ("contractctl.revisions.templates", "contractctl.serving", "contractctl.cli.commands.serve")
_DATABASES = ("sqlite.pysqlite", "postgresql.psycopg", "mysql.pymysql")
_DIALECTS = tuple(f"sqlalchemy.dialects.{name}" for name in _DATABASES)
_IMPORTED_LATE = (
    "avro.schema",
    "fastavro",
    "git",
    "google.protobuf.message_factory",
    "graphql",
    "jsonschema",
    "orjson",
)
_LATER = ("psycopg", "pymysql", "rich.live", "rich.progress", "sqlglot", "tomlkit", "yaml", "click._textwrap")
CONTRACTCTL = Warm(*_modules(), *_DIALECTS, *_IMPORTED_LATE, *_LATER)
ALEMBIC = Warm("alembic.config", "contractctl.alembic", *_DIALECTS, PYTHONWARNINGS="error")


def _serve(modules: list[str]) -> str:
    """In each process that is forked: the module that it runs, once everything around it is as that expects it."""
    sys.path.pop(0)  # this file's folder
    for module in modules:
        importlib.import_module(module)
    assert threading.active_count() == 1, "what has threads cannot fork"
    gc.collect()
    gc.freeze()
    asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in asked:
        if not (child := os.fork()):
            asked.close()
            answers.close()
            return _become(json.loads(line))
        print(_awaited(child), file=answers, flush=True)
    sys.exit()


def _awaited(child: int) -> int:
    """Its exit code, as subprocess says it."""
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(SECONDS)
    _, status = os.waitpid(child, 0)
    signal.alarm(0)
    return os.waitstatus_to_exitcode(status)


def _become(command: dict[str, Any]) -> str:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(command["env"])
    os.chdir(command["cwd"])
    for number, path in enumerate((os.devnull, command["out"], command["err"])):
        opened = os.open(path, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    sys.path.insert(0, command["cwd"])
    sys.argv = command["argv"]
    return sys.argv[0]


def _run(module: str) -> int:
    """The exit code with which Python would end."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - Python's own last door
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _end(code: int) -> None:
    """As Python ends, but without taking apart what it has imported, which costs more than most commands do."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    _end(_run(_serve(sys.argv[1:])))
