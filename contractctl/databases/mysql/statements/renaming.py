"""How do columns get other names while everybody writes? Nobody sees the triggers between their old and new names.

MariaDB commits every ALTER TABLE by itself. So the table is locked, and one compound statement renames the columns and
writes the triggers anew: it goes on where the client dies in the middle, and writers wait for some milliseconds. Where
the server itself dies in the middle, the columns may have their new names and the triggers not: every write then fails,
aloud, until the triggers are written anew. `missing_triggers` names them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from contractctl.databases import Held, Statement, Synced, Synchronisation
from contractctl.databases.mysql.names import literal, quote, same, table
from contractctl.databases.mysql.tokens import Sort, tokens
from contractctl.databases.mysql.triggers import across, create

_LOCK = "WRITE"


def rename_in_step(of: str, names: Mapping[str, str], sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns of a table, all at once, and let the triggers follow.

    `sync` is what triggers keep in step once the names are there; None: none do. The statements belong together, on one
    connection outside of any transaction; the last must be sent even where one fails.
    """
    renames = ", ".join(f"RENAME COLUMN {quote(old)} TO {quote(new)}" for old, new in names.items())
    alter = f"ALTER TABLE {table(of)} {renames}, ALGORITHM=INSTANT, LOCK=NONE"
    if sync is None:
        return (Statement(alter, _LOCK, transactional=False, instant=True),)
    if sync.across is not None:
        return both_at_once(sync.table, sync.across.table, (alter, *across.create(sync)))
    triggers = create(_renamed(sync, names), anew=True).values()
    return locked((of,), [alter, *map(_immediately, triggers)])


def drop_in_step(of: str, drop_triggers: Iterable[str], columns: Iterable[str]) -> tuple[Statement, ...]:
    """Drop triggers, and columns that they have given their values, all at once; as `rename_in_step`."""
    drops = ", ".join(f"DROP COLUMN IF EXISTS {quote(column)}" for column in columns)
    alter = f"ALTER TABLE {table(of)} {drops}, ALGORITHM=INSTANT, LOCK=NONE"
    return locked((of,), [*map(_immediately, drop_triggers), alter])


def both_at_once(one: str, other: str, steps: Iterable[str]) -> tuple[Statement, ...]:
    """Steps while nobody else reads or writes either of two tables; as `rename_in_step`.

    Nobody waits for the second table while having the first. MariaDB would break the deadlock with a statement that
    has one and wants the other by opening its tables anew, and then not know all that its triggers need (1146).
    """
    return locked((one, other), map(_immediately, steps), " NOWAIT")


def _immediately(sql: str) -> str:
    return f"EXECUTE IMMEDIATE {literal(sql)}"


def locked(of: Iterable[str], steps: Iterable[str], wait: str = "") -> tuple[Statement, ...]:
    """Steps while nobody else reads or writes the tables."""
    tables = ", ".join(f"{table(one)} WRITE" for one in of)
    compound = "".join(f"{step};\n" for step in steps)
    return (
        Statement(f"LOCK TABLES {tables}{wait}", _LOCK, transactional=False, instant=True),
        Statement(f"BEGIN NOT ATOMIC\n{compound}END", _LOCK, transactional=False),
        Statement("UNLOCK TABLES", _LOCK, transactional=False),
    )


def _renamed(sync: Synchronisation, names: Mapping[str, str]) -> Synchronisation:
    """With the new names where the database's own words still say the old ones: in CHECKs and unique indexes."""
    return replace(sync, columns=tuple(_pair(pair, names) for pair in sync.columns))


def _pair(pair: Synced, names: Mapping[str, str]) -> Synced:
    old, new = (tuple(_held(one, names) for one in side) for side in (pair.old, pair.new))
    return replace(pair, old=old, new=new)


def _held(one: Held, names: Mapping[str, str]) -> Held:
    if one.column is None:
        return one
    unique = tuple(tuple(_new_name(name, names) for name in index) for index in one.column.unique)
    checks = tuple(_renamed_in(check, names) for check in one.column.checks)
    return replace(one, column=replace(one.column, unique=unique, checks=checks))


def _renamed_in(check: str, names: Mapping[str, str]) -> str:
    """A CHECK condition as the server will write it then."""
    return "".join(
        quote(_new_name(token.name, names)) if token.sort is Sort.QUOTED else token.text for token in tokens(check)
    )


def _new_name(name: str, names: Mapping[str, str]) -> str:
    return next((new for old, new in names.items() if same(old, name)), name)
