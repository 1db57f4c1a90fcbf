"""How is a MariaDB table copied into another definition, and how do the two swap names?

Everything is made beside the table; one RENAME TABLE gives the copy its name, and another one takes it back. Whoever
has begun to write goes on first, for as long as we wait; whoever comes meanwhile waits for an instant.

RENAME TABLE takes one table after the other, and of each waits inside of InnoDB for those who have written what refers
to it. One that fails at the second table takes the first one back, and may wait in vain for that as well: there would
be no table of that name. So when the two change places, other tables refer to the old one alone.
"""

from contractctl.databases import Statement, Synchronisation, Work
from contractctl.databases.catalog import Catalog
from contractctl.databases.crossing import across_of, copied_of
from contractctl.databases.mysql.names import literal, quote
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.statements import copied_keys
from contractctl.databases.mysql.statements.altering import of_triggers
from contractctl.databases.mysql.statements.constraints import index_foreign_key
from contractctl.databases.mysql.statements.copied_keys import referring
from contractctl.databases.mysql.statements.modifying import Changed, definition
from contractctl.databases.mysql.statements.renaming import locked
from contractctl.databases.mysql.tables import of_table
from contractctl.databases.mysql.triggers.bodies import when
from contractctl.databases.mysql.triggers.copying import (
    counterpart,
    create,
    drops,
    fits,
    going_back,
    obstacles,
    old_readers,
    signal,
)
from contractctl.databases.temporary_names import beside_table, copied_table, quiesced_table

__all__ = (
    "copy_table",
    "drop_copied",
    "drop_copy",
    "follow",
    "index_foreign_key",
    "obstacles",
    "old_readers",
    "referring",
    "swap",
    "swap_back",
    "unheld",
)

_SWAPPING = "EXCLUSIVE, for an instant"
_COUNTED = "@contractctl_counted"
_NOT_ALONE = "another session is giving the old table its name back"
_TOO_GREAT = "a row has come that the old table cannot hold: there is no way back while it is there"


def copy_table(catalog: Catalog, table: str, columns: tuple[str, ...], type_: str) -> tuple[Statement, ...]:
    """Make an empty copy with everything that belongs to the table itself, in which columns are of another type."""
    copy = table_name(copied_table(table))
    changed = ((column, definition(catalog, table, column, Changed(type=type_))) for column in columns)
    modified = ", ".join(f"MODIFY COLUMN {quote(column)} {defined}" for column, defined in changed)
    signals = [table_name(name) for name in (signal(table), counterpart(table))]
    made = "(swapped BOOLEAN NOT NULL PRIMARY KEY) ENGINE=InnoDB"
    return (
        _beside(f"CREATE TABLE IF NOT EXISTS {copy} LIKE {table_name(table)}"),
        _beside(f"ALTER TABLE {copy} {modified}"),
        _beside(f"CREATE TABLE IF NOT EXISTS {signals[0]} {made}"),
        _beside(f"CREATE TABLE IF NOT EXISTS {signals[1]} {made}{copied_keys.said(catalog, table)}"),
        *copied_keys.add(catalog, table),
        _beside(f"REPLACE INTO {signals[1]} VALUES (TRUE)"),
    )


def drop_copy(table: str) -> tuple[Statement, ...]:
    """Drop the copy, which does not have the table's name."""
    return (_dropped(copied_table(table), signal(table), counterpart(table)),)


def drop_copied(catalog: Catalog, plan: str, table: str) -> tuple[Statement, ...]:
    """Drop the triggers, and the table that was copied, which no longer has its name.

    The tables beside are the last to go: only the triggers have read them.
    """
    signals = signal(table), counterpart(table)
    names = copied_keys.take_names(catalog, table, signals)
    triggers = stop_following(Synchronisation(plan, table, (), ()), swapped=True)
    return (*triggers, _dropped(quiesced_table(table)), *names, _dropped(*signals, lock="none"))


def unheld(sql: str) -> str:
    """The statement, by which the other table is to hold what the table holds, and which is locked there.

    What that refers to is not looked at, nor held: who deletes it comes to the table's rows first. And where rows refer
    to each other, the one may come before what it refers to, and go after that.
    """
    return f"SET STATEMENT foreign_key_checks = 0 FOR {sql}"


def follow(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, and let the other table count on where this one does; both are locked meanwhile."""
    copy = across_of(sync).table
    ask = f"SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE {of_table(sync.table)}"
    alter = literal(f"ALTER TABLE {table_name(copy)} AUTO_INCREMENT = ")
    count_on = f"EXECUTE IMMEDIATE IF({_COUNTED} IS NULL, 'DO 0', concat({alter}, {_COUNTED}))"
    triggers = (f"EXECUTE IMMEDIATE {literal(sql)}" for sql in create(sync))
    return locked((sync.table, copy), (*triggers, f"SET {_COUNTED} = ({ask})", count_on))


def stop_following(sync: Synchronisation, *, swapped: bool) -> tuple[Statement, ...]:
    """Drop the triggers, whether or not they are there; those of the table that applications write all at once.

    The other table may be held to keys of its rows to each other, and would refuse what the rest of the triggers bring.
    """
    written, other = ("new", "old") if swapped else ("old", "new")
    at_once = (f"EXECUTE IMMEDIATE {literal(drop)}" for drop in drops(sync, written))
    return (*locked((sync.table,), at_once), *of_triggers(drops(sync, other)))


def swap(catalog: Catalog, sync: Synchronisation) -> tuple[Statement, ...]:
    """Give the copy the table's name; what its triggers do from then on is written anew before.

    Now that it holds all rows, what refers to one of them within the table is held to that in the copy, too.
    """
    anew = (sql for sql in create(sync) if f" ON {_copy(sync)} " in sql)
    renames = [
        (sync.table, quiesced_table(sync.table)),
        (copied_table(sync.table), sync.table),
        *_signals(sync.table),
    ]
    free = _free(sync)
    sql = f"BEGIN NOT ATOMIC\n{free}{_renamed(renames)};\nEND" if free else _renamed(renames)
    itself = copied_keys.add_to_itself(catalog, sync.table)
    return (*itself, *of_triggers(anew), Statement(sql, _swapping(sync), transactional=False, instant=True))


def swap_back(sync: Synchronisation) -> tuple[Statement, ...]:
    """Give the old table its name back, unless there is a row that it cannot hold; meanwhile none comes."""
    lock = going_back(sync)
    handler = f"DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN DO RELEASE_LOCK({lock}); RESIGNAL; END"
    steps = (
        handler,
        when(f"NOT coalesce(GET_LOCK({lock}, 0), FALSE)", [_refuse(_NOT_ALONE, "MYSQL_ERRNO = 1205, ")]),
        when(f"EXISTS ({_too_great_in(sync)})", [_refuse(_TOO_GREAT)]),
    )
    renames = [(sync.table, copied_table(sync.table)), (quiesced_table(sync.table), sync.table), *_signals(sync.table)]
    before = "".join(f"{step};\n" for step in steps)
    body = f"{before}{_free(sync)}{_renamed(renames)};\nDO RELEASE_LOCK({lock});\n"
    return (Statement(f"BEGIN NOT ATOMIC\n{body}END", _swapping(sync), transactional=False),)


def _too_great_in(sync: Synchronisation) -> str:
    """With a lock, so that whoever has written such a row, and not been refused, has kept it or taken it back."""
    return f"SELECT 1 FROM {table_name(sync.table)} WHERE NOT {fits(sync)} LOCK IN SHARE MODE"


def _refuse(why: str, number: str = "") -> str:
    return f"SIGNAL SQLSTATE '45000' SET {number}MESSAGE_TEXT = {literal(why)}"


def _free(sync: Synchronisation) -> str:
    """Let those go on first who have written what refers to the table, which RENAME TABLE waits for inside of InnoDB.

    It has the table for itself by then, and would keep it from them as well.
    """
    tables = ", ".join(f"{table_name(name)} WRITE" for name in _of_others(sync))
    return (
        f"EXECUTE IMMEDIATE {literal(f'LOCK TABLES {tables}')};\nEXECUTE IMMEDIATE 'UNLOCK TABLES';\n" if tables else ""
    )


def _swapping(sync: Synchronisation) -> str:
    others = _of_others(sync)
    return f"{_SWAPPING}; who writes {' or '.join(others)} waits, too" if others else _SWAPPING


def _of_others(sync: Synchronisation) -> tuple[str, ...]:
    return tuple(dict.fromkeys(copied_of(sync).referring))


def _copy(sync: Synchronisation) -> str:
    return table_name(copied_table(sync.table))


def _signals(table: str) -> list[tuple[str, str]]:
    third = beside_table(table, "__swapping")
    return [(signal(table), third), (counterpart(table), signal(table)), (third, counterpart(table))]


def _renamed(renames: list[tuple[str, str]]) -> str:
    return f"RENAME TABLE {', '.join(f'{table_name(old)} TO {table_name(new)}' for old, new in renames)}"


def _beside(sql: str) -> Statement:
    return Statement(sql, "none", Work.NONE, transactional=False)


def _dropped(*tables: str, lock: str = _SWAPPING) -> Statement:
    names = ", ".join(map(table_name, tables))
    return Statement(f"DROP TABLE IF EXISTS {names}", lock, transactional=False, instant=True)
