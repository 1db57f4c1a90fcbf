"""How is a MariaDB database opened? In a session that truncates nothing, with short waits for locks."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from hashlib import sha256
from inspect import signature
from typing import Any

from sqlalchemy import Connection, Engine, event

from contractctl.databases import LOCK_SECONDS
from contractctl.databases.mysql.names import literal
from contractctl.databases.opening import opened, parse
from contractctl.errors import ContractctlError

LEAST = (10, 6)
"""The oldest supported server."""
_VERSION = re.compile(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.\d+.*MariaDB", re.IGNORECASE)
_READING = "contractctl_reading"
_TURN_SECONDS = 30
_ANSWERED = "after_cursor_execute"
_NOT_OPENED = (1205, 1213, 1684)
"""ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, and ER_WARN_I_S_SKIPPED_TABLE within a transaction that has other locks:
https://mariadb.com/kb/en/mariadb-error-code-reference/."""

SQL_MODE = (
    "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,SIMULTANEOUS_ASSIGNMENT"
)
"""The mode in which our statements run, and in which triggers run for ever that are created here.

Strict, so that nothing is truncated or clamped in silence. NO_AUTO_VALUE_ON_ZERO, since a key of 0 is copied as it is.
SIMULTANEOUS_ASSIGNMENT, since an UPDATE otherwise assigns one column after the other, and a condition over several is
asked of a row that is half written. Without NO_ZERO_DATE, since rows that hold such a date must be filled, too. Without
NO_BACKSLASH_ESCAPES, ANSI_QUOTES and PIPES_AS_CONCAT: the expressions of a plan are written in MariaDB's own dialect;
our literals mean the same in all.
"""


def create_engine(url: str, *, lock_seconds: float = LOCK_SECONDS) -> Engine:
    """For PyMySQL, whatever driver the address names; no statement waits for a lock longer than `lock_seconds`.

    READ COMMITTED takes no gap locks, which would block everybody who inserts between two of our rows.
    """
    parsed = parse(url).set(drivername="mysql+pymysql")
    if not parsed.database:
        raise ContractctlError("the database URL names no database", hint="write it like mariadb://host/shop")
    engine = opened(parsed.update_query_dict({"charset": "utf8mb4"}), "mysql")
    _demand_options(engine)
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", partial(_prepare, max(1, round(lock_seconds))), insert=True)
    event.listen(engine, "begin", _begin)
    event.listen(engine, _ANSWERED, _demand_everything)
    return engine


def heed(connection: Connection) -> None:
    """Refuse incomplete answers of information_schema, also where Alembic's own engine is in use."""
    if not any(event.contains(one, _ANSWERED, _demand_everything) for one in (connection, connection.engine)):
        event.listen(connection, _ANSWERED, _demand_everything)


def reading(engine: Engine) -> Engine:
    """The same engine for reading only: its transactions see one snapshot and block no writer."""
    return engine.execution_options(**{_READING: True})


def unhurried(engine: Engine) -> Engine:
    """The same engine: whether commits wait for the disk is a setting of the whole server."""
    return engine


@contextmanager
def alone(engine: Engine, what: str) -> Iterator[None]:
    """Hold the only lock of the name `what` in this database; others wait for it. It ends with the process."""
    name = literal("contractctl " + sha256(f"{engine.url.database} {what}".encode()).hexdigest()[:32])
    with engine.connect() as connection:
        if connection.exec_driver_sql(f"SELECT GET_LOCK({name}, {_TURN_SECONDS})").scalar() != 1:
            raise ContractctlError(
                f"another process has been working on {what} for too long",
                hint="wait until it has ended, and run it again",
            )
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT RELEASE_LOCK({name})")


def _connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's event
    """Some ways to log in need packages that PyMySQL does not install."""
    try:
        return dialect.connect(*arguments, **options)
    except RuntimeError as error:
        raise ContractctlError(
            f"the server's authentication method is not supported here: {error}",
            hint='run: pip install "PyMySQL[rsa,ed25519]"',
        ) from error


def _demand_options(engine: Engine) -> None:
    """Refuse driver options in the address that PyMySQL does not know."""
    dialect: Any = engine.dialect
    known = signature(dialect.loaded_dbapi.connections.Connection.__init__).parameters
    _, given = dialect.create_connect_args(engine.url)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ContractctlError(
            f"the database URL has an option that PyMySQL does not know: '{unknown[0]}'",
            hint="leave it out, or see PyMySQL's documentation for its name",
        )


def _prepare(lock_seconds: int, connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's, SQLAlchemy's
    """Set the session up, or refuse a server that contractctl has not been proven on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        refusal = unproven(cursor.fetchone()[0])
        if refusal is not None:
            connection.close()
            raise refusal
        # where two sides of a comparison have different collations, a binary one decides
        cursor.execute("SET NAMES utf8mb4 COLLATE utf8mb4_bin")
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        cursor.execute(
            f"SET SESSION sql_mode = '{SQL_MODE}', time_zone = '+00:00', foreign_key_checks = 1, unique_checks = 1,"
            f" innodb_lock_wait_timeout = {lock_seconds}, lock_wait_timeout = {lock_seconds}"
        )


def _demand_everything(connection: Connection, cursor: Any, statement: str, *_: object) -> None:  # noqa: ANN401 - the driver's
    """What information_schema leaves out of its answer, with a warning, is not known: ask again, as for any lock.

    It opens each table, and does not wait longer than for other locks where somebody has it for himself alone.
    """
    # drivers that are awaited do not say how many warnings there are
    if not getattr(cursor, "warning_count", 1) or "information_schema" not in statement.lower():
        return
    with closing(connection.connection.cursor()) as asked:
        asked.execute("SHOW WARNINGS")
        for _level, code, said in asked.fetchall():
            if code in _NOT_OPENED:
                raise connection.dialect.loaded_dbapi.OperationalError(code, said)


def unproven(version: str) -> ContractctlError | None:
    """Why a server is refused, by its version; None where it is supported."""
    found = _VERSION.match(version)
    if found is None:
        return ContractctlError(
            f"the server is MySQL {version}, not MariaDB, and contractctl has not been tested on MySQL",
            hint=f"use MariaDB {LEAST[0]}.{LEAST[1]} or later, PostgreSQL, or SQLite",
        )
    if (int(found[1]), int(found[2])) < LEAST:
        return ContractctlError(
            f"MariaDB {found[1]}.{found[2]} is too old",
            hint=f"contractctl needs MariaDB {LEAST[0]}.{LEAST[1]} or later",
        )
    return None


def _begin(connection: Connection) -> None:
    """A snapshot needs REPEATABLE READ, for this one transaction."""
    if connection.get_execution_options().get(_READING, False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
