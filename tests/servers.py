"""Which servers do the tests run against? PostgreSQL and MariaDB of this machine, on loopback, in temporary folders.

A server dies with the process that started it, however that ends, and its folder goes with it. `kill()` and `start()`
are for tests of crashes: whatever was committed before a kill is there after it, also with fsync off.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from sqlalchemy import URL

SECONDS = 60.0
"""How long a server may take to start."""
_ATTEMPTS = 3
"""How often it may fail to start: another process may take the port first."""
HOST = "127.0.0.1"
_TEMPLATES = Path(sys.prefix) / "servers"
"""Data folders as they are made once for this virtual environment, and copied for each server."""
_NUMBERS = count(1)
_ENVIRONMENT = {**os.environ, "LC_ALL": "C"}

SERVE = 'echo $$ > pid; exec "$@"'
"""The server's process id is known before there is a server."""
WATCH = """
cat > /dev/null
pid=$(cat "$1/pid" 2> /dev/null)
ours() { { tr '\\0' ' ' < "/proc/${pid:-0}/cmdline" || ps -o args= -p "${pid:-0}"; } 2> /dev/null | grep -qF -- "$1"; }
ours "$1" && kill -"$2" "$pid" 2> /dev/null
for _ in $(seq 50); do ours "$1" || break; sleep 0.1; done
ours "$1" && kill -KILL "$pid" 2> /dev/null
segment=$(awk 'NR == 7 { print $2 }' "$1/data/postmaster.pid" 2> /dev/null) && ipcrm -m "$segment" 2> /dev/null
for _ in $(seq 50); do rm -rf "$1" 2> /dev/null && break; sleep 0.1; done
"""
"""Ends the server when the input ends: the process at its other end has closed it, or is gone. Of a server that has
fallen the number may be another process's by then: its folder stands among the server's arguments, and nowhere else.

A PostgreSQL that was killed leaves a segment of shared memory, and its number in postmaster.pid.
"""


class UnavailableError(Exception):
    """There is no such server here, or it does not start."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between the servers."""

    name: str
    scheme: str
    connect: Callable[[int, str], Any]
    """To a port and a database, as the account that may do everything; every statement is kept at once."""
    account: str
    """Who may do everything; without a password."""
    users: tuple[str, ...]
    """Whose process it is where root runs the tests: servers refuse to be root's."""
    initialise: Callable[[Path], list[str]]
    serve: Callable[[Path, int, bool], list[str]]
    end: str
    """The signal for a quick end."""
    create: str
    drop: str
    first: str
    """The database that is there from the start."""


class Server:
    """A server in a folder of its own."""

    def __init__(self, kind: Kind, *, durable: bool = False, options: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.folder = Path(tempfile.mkdtemp(prefix=f"contractctl-{kind.name}-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._was_up = False
        self._durable = durable
        self._options = options
        self.port = 0
        self._watch = subprocess.Popen(
            ["sh", "-c", WATCH, "sh", str(self.folder), kind.end], stdin=subprocess.PIPE, start_new_session=True
        )
        shutil.copytree(_template(kind), self.folder / "data")
        (self.folder / "data").chmod(0o700)  # a server refuses a data folder that others can read
        self.give(self.folder)

    def start(self) -> None:
        """Run it and wait until it answers; at once where it runs. It keeps its port once it has answered."""
        deadline = time.monotonic() + SECONDS
        attempts = 0
        while time.monotonic() < deadline and (self._was_up or attempts <= _ATTEMPTS):
            if self._process is None or self._process.poll() is not None:
                attempts += 1
                self._process = self._serve()
            if self._answers():
                self._was_up = True
                return
            time.sleep(0.02)
        raise UnavailableError(f"{self.kind.name} does not start:\n{self.log()[-4000:]}")

    def kill(self) -> None:
        """Send SIGKILL, as when the machine fails."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            (self.folder / "pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it for good, and take its folder away."""
        if self._watch.stdin is not None:
            self._watch.stdin.close()
        if self._process is not None:
            self._process.wait()
        self._watch.wait()

    def url(self, database: str = "", *, account: str = "", password: str | None = None) -> str:
        """The address of a database, for SQLAlchemy."""
        url = URL.create(
            self.kind.scheme, account or self.kind.account, password, HOST, self.port, database or self.kind.first
        )
        return url.render_as_string(hide_password=False)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a fresh database, which is dropped afterwards."""
        name = f"shop_{next(_NUMBERS)}"
        self.run(self.kind.create.format(name=name))
        try:
            yield self.url(name)
        finally:
            self.run(self.kind.drop.format(name=name))

    def run(self, sql: str, database: str = "") -> None:
        """One statement outside a transaction, as the account that may do everything."""
        with (
            closing(self.kind.connect(self.port, database or self.kind.first)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)

    def give(self, folder: Path) -> None:
        """The folder, with whatever is in it, is the server's."""
        user = _user(self.kind)
        for path in (folder, *folder.rglob("*")) if user is not None else ():
            shutil.chown(path, user)

    def log(self) -> str:
        """What the server has said so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _serve(self) -> "subprocess.Popen[bytes]":
        if not self._was_up:
            self.port = free_port()
        command = self.kind.serve(self.folder, self.port, self._durable)
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                ["sh", "-c", SERVE, "sh", *command, *self._options],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_ENVIRONMENT,
                start_new_session=True,
                **_as_user(_user(self.kind)),
            )

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except (psycopg.Error, pymysql.Error):
            return False
        return True


@contextmanager
def running(kind: Kind, *, durable: bool = False, options: tuple[str, ...] = ()) -> Iterator[Server]:
    """A server that answers. `durable`: it waits for the disk, as in production; `options` go to it as they are."""
    server = Server(kind, durable=durable, options=options)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def program(name: str) -> str:
    """Where a server's program is: in PATH, or where Debian keeps it."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, versions), "/usr/sbin"]))
    if found is None:
        raise UnavailableError(f"there is no program '{name}' here: run ./ci/setup")
    return found


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        return int(listening.getsockname()[1])


def _user(kind: Kind) -> str | None:
    """Whose process it is; None: ours."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in kind.users if name in known)


def _as_user(user: str | None) -> dict[str, object]:
    if user is None:
        return {}
    import pwd

    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _template(kind: Kind) -> Path:
    """A data folder as the server's own program makes it. Processes that need one together wait for it."""
    server = kind.serve(Path(), 0, False)[0]
    version = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout
    recipe = sha256(f"{version}{kind.initialise(Path())}".encode()).hexdigest()
    template = _TEMPLATES / f"{kind.name}-{recipe[:12]}"
    if template.is_dir():
        return template
    _TEMPLATES.mkdir(exist_ok=True)
    with (_TEMPLATES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.is_dir():
            _initialise(kind, template)
    return template


def _initialise(kind: Kind, template: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="contractctl-") as made:
        user = _user(kind)
        if user is not None:
            shutil.chown(made, user)
        done = subprocess.run(
            kind.initialise(Path(made) / "data"),
            cwd=made,
            capture_output=True,
            text=True,
            check=False,
            env=_ENVIRONMENT,
            **_as_user(user),
        )
        if done.returncode != 0:
            raise UnavailableError(f"{kind.name} makes no data folder:\n{done.stdout}{done.stderr}")
        unfinished = template.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(Path(made) / "data", unfinished)
        unfinished.rename(template)


def _initialise_postgresql(data: Path) -> list[str]:
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    return [program("initdb"), f"--pgdata={data}", *options, "--wal-segsize=4"]


def _serve_postgresql(folder: Path, port: int, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": HOST,
        "port": port,
        "unix_socket_directories": "",
        "fsync": "on" if durable else "off",
        "shared_buffers": "32MB",
        "max_wal_size": "1GB",
    }
    return [program("postgres"), "-D", str(folder / "data"), *(f"--{key}={value}" for key, value in settings.items())]


def _connect_postgresql(port: int, database: str) -> Any:
    return psycopg.connect(host=HOST, port=port, user="postgres", dbname=database, autocommit=True)


def _initialise_mariadb(data: Path) -> list[str]:
    options = ("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
    return [program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", *options, *_MARIADB_SIZES]


def _serve_mariadb(folder: Path, port: int, durable: bool) -> list[str]:
    return [
        program("mariadbd"),
        "--no-defaults",
        f"--datadir={folder / 'data'}",
        f"--bind-address={HOST}",
        f"--port={port}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'mariadb.pid'}",
        f"--tmpdir={folder}",  # a server that starts clears its temporary files, and others' in the same folder
        "--skip-name-resolve",
        "--performance-schema=off",
        *_MARIADB_SIZES,
        *(() if durable else ("--debug-no-sync", "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2")),
    ]


def _connect_mariadb(port: int, database: str) -> Any:
    return pymysql.connect(host=HOST, port=port, user="root", database=database, autocommit=True)


_MARIADB_SIZES = ("--innodb-log-file-size=32M", "--innodb-buffer-pool-size=64M")

POSTGRESQL = Kind(
    name="postgresql",
    scheme="postgresql+psycopg",
    connect=_connect_postgresql,
    account="postgres",
    users=("postgres", "nobody"),
    initialise=_initialise_postgresql,
    serve=_serve_postgresql,
    end="QUIT",  # a kill would leave its shared memory behind
    create="CREATE DATABASE {name} STRATEGY file_copy",
    drop="DROP DATABASE {name} WITH (FORCE)",
    first="postgres",
)
MARIADB = Kind(
    name="mariadb",
    scheme="mysql+pymysql",
    connect=_connect_mariadb,
    account="root",
    users=("mysql", "nobody"),
    initialise=_initialise_mariadb,
    serve=_serve_mariadb,
    end="KILL",
    create="CREATE DATABASE {name} CHARACTER SET utf8mb4",
    drop="DROP DATABASE {name}",
    first="mysql",
)
