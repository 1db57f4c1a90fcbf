"""How is a PostgreSQL database opened? With settings that hold for contractctl's own transactions only."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from zlib import crc32

from sqlalchemy import URL, Connection, Engine, event

from contractctl.databases import LOCK_SECONDS
from contractctl.databases.opening import opened, parse
from contractctl.databases.postgresql.names import literal
from contractctl.errors import ContractctlError

LEAST = 140000
"""The oldest supported server, as libpq numbers versions: https://www.postgresql.org/docs/current/libpq-status.html."""
_CONNECT_SECONDS = 10
_TURN_SECONDS = 30
_LOCKS = crc32(b"contractctl") - 2**31
"""Distinguishes contractctl's advisory locks from others'."""

_UNHURRIED = "contractctl_unhurried"
_COMMITS_AT_ONCE = (
    "CASE current_setting('synchronous_standby_names') WHEN '' THEN set_config('synchronous_commit', 'off', true) END"
)

_SETTINGS: Mapping[str, str] = {
    "row_security": "off",  # rows that a policy hides would be lost silently: it fails instead
    "standard_conforming_strings": "on",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",  # the catalogue's own texts are compared, and read
}
"""How values look as text, and which rows are visible, must not depend on who asks."""
_TRACKED = ("standard_conforming_strings", "TimeZone", "DateStyle")
"""Those that a pooler knows of, and sets as each of its clients had them: https://www.pgbouncer.org/config.html."""

_ASYNCPG: Mapping[str, str] = {"ssl": "sslmode", "timeout": "connect_timeout"}
"""libpq's names for asyncpg's options. Those that only asyncpg has are left out."""
_ASYNCPG_ALONE = (
    "async_fallback",
    "command_timeout",
    "direct_tls",
    "max_cacheable_statement_size",
    "max_cached_statement_lifetime",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "statement_cache_size",
)


def create_engine(url: str, *, lock_seconds: float = LOCK_SECONDS) -> Engine:
    """For psycopg, whatever driver the address names; no statement waits for a lock longer than `lock_seconds`.

    The settings are made in each transaction and end with it: behind a pooler like pgbouncer the next one in the same
    session is a stranger's. For the same reason nothing is prepared on the server, which also cannot go stale there.
    """
    engine = opened(
        _spelled(parse(url)),
        "postgresql",
        isolation_level="READ COMMITTED",
        connect_args={
            "application_name": "contractctl",
            "client_encoding": "utf8",
            "connect_timeout": _CONNECT_SECONDS,
            "prepare_threshold": None,
            **_given(parse(url)),
        },
    )
    settings = {**_SETTINGS, "lock_timeout": f"{lock_seconds * 1000:.0f}ms"}
    event.listen(engine, "connect", _demand_version, insert=True)
    event.listen(engine, "begin", partial(_begin, settings))
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for reading only: its transactions see one snapshot and block no writer."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def unhurried(engine: Engine) -> Engine:
    """The same engine; its commits do not wait: the log is on disk within a second, or with the next commit that waits.

    Not where commits wait for a replica, too: everybody else's would then wait until it has caught up with ours.
    """
    return engine.execution_options(**{_UNHURRIED: True})


@contextmanager
def alone(engine: Engine, what: str) -> Iterator[None]:
    """Hold the only lock of the name `what` in this database; others wait for it. It ends with the process."""
    with engine.connect() as connection:
        _set(connection, {"lock_timeout": f"{_TURN_SECONDS}s"}, local=True)
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCKS}, {crc32(what.encode()) - 2**31})")
        yield


def _spelled(url: URL) -> URL:
    """The address for psycopg; an asynchronous driver's options in libpq's words."""
    query = dict(url.query)
    if url.drivername.endswith("+asyncpg"):
        query = {_ASYNCPG.get(key, key): value for key, value in query.items() if key not in _ASYNCPG_ALONE}
        if query.get("sslmode") in ("true", "True"):
            query["sslmode"] = "require"
    return url.set(drivername="postgresql+psycopg", query=query)


def _given(url: URL) -> dict[str, Any]:
    """What the address itself says takes precedence over contractctl's own settings."""
    ours = ("application_name", "connect_timeout")
    return {key: value for key, value in _spelled(url).query.items() if key in ours}


def _demand_version(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's connection, SQLAlchemy's record
    version = connection.info.server_version
    if version < LEAST:
        connection.close()
        raise too_old(version)


def too_old(version: int) -> ContractctlError:
    """Why a server is refused that is older than those that contractctl has been proven on."""
    return ContractctlError(
        f"PostgreSQL {version // 10000}.{version % 10000} is too old",
        hint=f"contractctl needs PostgreSQL {LEAST // 10000} or later",
    )


def _begin(settings: Mapping[str, str], connection: Connection) -> None:
    """Outside of transactions, where indexes are built concurrently, there are only settings of the session.

    Behind a pooler it may be a stranger's next, whose statements would fail under row_security = off.
    """
    driver: Any = connection.connection.driver_connection
    if driver.autocommit:
        _set(connection, {name: settings[name] for name in _TRACKED}, local=False)
    elif connection.get_execution_options().get(_UNHURRIED, False):
        _set(connection, settings, _COMMITS_AT_ONCE, local=True)
    else:
        _set(connection, settings, local=True)


def _set(connection: Connection, settings: Mapping[str, str], *more: str, local: bool) -> None:
    calls = (f"set_config({literal(name)}, {literal(value)}, {local})" for name, value in settings.items())
    connection.exec_driver_sql(f"SELECT {', '.join((*calls, *more))}")


def heed(_connection: Connection) -> None:
    """Nothing to do: its answers are complete."""
