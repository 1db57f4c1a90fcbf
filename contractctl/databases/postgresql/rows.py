"""How are rows found, written without firing triggers, and checksummed on PostgreSQL?"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from contractctl.databases import Key, Synced, Synchronisation, run
from contractctl.databases.crossing import HERE, THERE
from contractctl.databases.postgresql import types
from contractctl.databases.postgresql.expressions import shown
from contractctl.databases.postgresql.names import ROLE, UNSEEN, function_name, literal, quote, quotes, table
from contractctl.databases.postgresql.tables import checked_by_triggers, family, oid
from contractctl.databases.postgresql.triggers.functions import is_guarded

_RIGHT_SINCE = (15,)
"""Before that version the right to be a replica cannot be granted: it is the superuser's."""

_BAD_ROW = ("21", "22", "23", "2F", "38", "39", "44", "54", "P0")
"""Classes of codes that a row's own value can cause, in an expression, a constraint, or a function of the user's:
https://www.postgresql.org/docs/current/errcodes-appendix.html."""


def add_new(target: str, select: str) -> str:
    """INSERT INTO target select, without the rows whose key is there already."""
    return f"INSERT INTO {target} {select} ON CONFLICT DO NOTHING"


def beyond(sync: Synchronisation, key: Key) -> str:
    """Whether a row's key lies beyond this one."""
    return f"({quotes(sync.key)}) > ({', '.join(map(literal, key))})"


def up_to(sync: Synchronisation, key: Key) -> str:
    """Whether a row's key does not lie beyond this one."""
    return f"({quotes(sync.key)}) <= ({', '.join(map(literal, key))})"


def has_key(sync: Synchronisation, key: Key) -> str:
    """Whether a row has exactly this key."""
    return " AND ".join(f"{quote(name)} = {literal(part)}" for name, part in zip(sync.key, key, strict=True))


def update_from(of: str, sets: Iterable[tuple[str, str]], source: str, on: str) -> str:
    """UPDATE of a table from a query's rows."""
    values = ", ".join(f"{quote(name)} = {value}" for name, value in sets)
    return f"UPDATE {table(of)} AS {THERE} SET {values} FROM ({source}) AS {HERE} WHERE {on}"


def problem(sync: Synchronisation, pair: Synced) -> str | None:
    """SQL over a row: what is said where the old side's expressions raise, else NULL, as a function of ours knows."""
    if pair.plain:
        return None
    row = f"{table(sync.table)}.*"
    return f"{quote(function_name(sync, 'try'))}({sync.columns.index(pair)}, {row})"


def key_list(sync: Synchronisation, row: str) -> str:
    """The SELECT list that brings a row's key to Python: integers and bytes as they are, the rest as text."""
    kinds = sync.key_types or ("",) * len(sync.key)
    return ", ".join(
        _key_part(f"{row}.{quote(name)}", types.read(kind)) for name, kind in zip(sync.key, kinds, strict=True)
    )


def _key_part(column: str, type_: types.Type) -> str:
    return column if type_.is_integer or type_.is_binary else shown(column)


def blames_a_row(error: DBAPIError) -> bool:
    """Whether a row's own value may have caused it."""
    code = getattr(error.orig, "sqlstate", None)
    return isinstance(code, str) and code.startswith(_BAD_ROW)


@contextmanager
def unseen(connection: Connection, sync: Synchronisation) -> Iterator[None]:
    """Within it what is written fires no triggers: neither ours nor, where this user may say so, anybody else's.

    Ours would find nothing to do, at some cost. Foreign keys have triggers, too, and must not be passed over: where
    one could be broken the others' triggers fire. All is as before afterwards, also in the caller's own transaction.
    """
    quiet = f"{_may_be_unseen(connection)} AND NOT {_is_checked(connection, sync)}"
    before = f"SELECT current_setting({ROLE}) AS role, current_setting({literal(UNSEEN)}, true) AS name OFFSET 0"
    was_role, was_name, is_role, _ = run(
        connection,
        f"SELECT role, name, CASE WHEN {quiet} THEN set_config({ROLE}, 'replica', true) ELSE role END,"
        f" set_config({literal(UNSEEN)}, {literal(sync.plan)}, true) FROM ({before}) AS contractctl_before",
    ).one()
    settings = [f"set_config({literal(UNSEEN)}, {literal(was_name or '')}, true)"]
    if is_role != was_role:
        settings.append(f"set_config({ROLE}, {literal(was_role)}, true)")
    try:
        yield
    finally:
        with suppress(SQLAlchemyError):  # where that fails the transaction has failed, and takes the settings back
            run(connection, f"SELECT {', '.join(settings)}")


def may_be_unseen(connection: Connection) -> bool:
    """Whether this user may write as a replica does, without firing ordinary triggers."""
    return bool(run(connection, f"SELECT {_may_be_unseen(connection)}").scalar_one())


def _may_be_unseen(connection: Connection) -> str:
    version = connection.dialect.server_version_info
    if version is not None and version >= _RIGHT_SINCE:
        return f"pg_catalog.has_parameter_privilege({ROLE}, 'SET')"
    return "(current_setting('is_superuser') = 'on')"


def _is_checked(connection: Connection, sync: Synchronisation) -> str:
    """Whether what is written could break a foreign key of or to the columns, or a constraint that may be deferred.

    Not where both columns have the same ones and hold the same value: it has been looked at already.
    """
    pairs = (pair for pair in sync.columns if is_guarded(pair) or not pair.plain)
    names = [one.name for pair in pairs for one in (*pair.old, *pair.new)]
    return checked_by_triggers(family(oid(connection, sync.table)), names) if names else "false"


def checksum(values: Iterable[tuple[str, str]]) -> str:
    """SQL: an aggregate over rows of values, whatever order they come in.

    A row's own text tells NULL from '' and where each value ends; the rows' hashes are added up, not lost in each
    other as with XOR.
    """
    row = f"ROW({', '.join(value for value, _ in values)})::text"
    return f"coalesce(sum(hashtextextended({row}, 0)), 0)::text"
