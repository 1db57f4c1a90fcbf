"""Which rows are next, and where does their batch end? Keys in order, along the key's index."""

from dataclasses import dataclass

from sqlalchemy import Connection

from contractctl.databases import Database, Key, Synchronisation, run
from contractctl.databases.sides import names


@dataclass(frozen=True, slots=True)
class Ahead:
    """The next batch."""

    upto: Key
    """Its last key."""
    rows: int
    """How many rows it has."""


def upper_key(
    database: Database, connection: Connection, sync: Synchronisation, after: Key | None, limit: int
) -> Key | None:
    """The last key of the next batch of at most `limit` rows; None if no row is left."""
    found = ahead(database, connection, sync, after, None, limit)
    return None if found is None else found.upto


def ahead(  # noqa: PLR0913, PLR0917 - how much of which keys of what
    database: Database,
    connection: Connection,
    sync: Synchronisation,
    after: Key | None,
    upto: Key | None,
    limit: int,
) -> Ahead | None:
    """The next batch of at most `limit` rows in (after, upto], along the key's index; None where no row is left."""
    order = names(database, sync.key, database.table(sync.table))
    query = f"{_keys(database, sync, after, upto)} ORDER BY {order} LIMIT 1 OFFSET {int(limit) - 1}"
    found = run(connection, query).first()
    if found is not None:
        return Ahead(tuple(found), limit)
    last = last_key(database, connection, sync, after, upto)
    if last is None:
        return None
    rest = f"{database.table(sync.table)} WHERE {between(database, sync, after, last)}"
    return Ahead(last, int(run(connection, f"SELECT count(*) FROM {rest}").scalar_one()))


def last_key(
    database: Database, connection: Connection, sync: Synchronisation, after: Key | None = None, upto: Key | None = None
) -> Key | None:
    """The last key in (after, upto]; None if there is none."""
    table = database.table(sync.table)
    downward = ", ".join(f"{table}.{database.quote(name)} DESC" for name in sync.key)
    found = run(connection, f"{_keys(database, sync, after, upto)} ORDER BY {downward} LIMIT 1").first()
    return None if found is None else tuple(found)


def _keys(database: Database, sync: Synchronisation, after: Key | None, upto: Key | None) -> str:
    """Nothing is greater than NULL, which SQLite allows in a key.

    To order them name the table's columns with the table: a bare name would be that of what is given back, a text.
    """
    table = database.table(sync.table)
    keyed = " AND ".join(f"{database.quote(name)} IS NOT NULL" for name in sync.key)
    return (
        f"SELECT {database.key_list(sync, table)} FROM {table} WHERE {between(database, sync, after, upto)} AND {keyed}"
    )


def between(database: Database, sync: Synchronisation, after: Key | None, upto: Key | None) -> str:
    """The condition for the keys in (after, upto]; None is not a bound."""
    conditions = []
    if after is not None:
        conditions.append(database.beyond(sync, after))
    if upto is not None:
        conditions.append(database.up_to(sync, upto))
    return " AND ".join(conditions) or "(1 = 1)"
