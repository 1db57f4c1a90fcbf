"""Do both sides agree, row by row? And what would the old side lose?"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Compared, Database, Held, Key, Synced, Synchronisation, run, two_tables
from contractctl.databases.batches import between
from contractctl.databases.marks import Marks, read_marks
from contractctl.databases.savepoints import all_or_nothing
from contractctl.databases.setting_aside import waiting
from contractctl.databases.sides import (
    all_null,
    any_null,
    is_kept,
    key_json,
    marked,
    names,
    of_pair,
    or_raising,
    out_of_step,
    unlike,
    up,
)

_Answer = TypeVar("_Answer")


def compare(
    database: Database, connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None
) -> Compared:
    """Compare what the old side asks for with what the new side holds, in every row of (after, upto].

    A new-side value that was kept is compared the other way round: down(new) = old. The checksums are made inside
    the database; only the keys of rows that differ come out of it.
    """
    where = between(database, sync, after, upto)
    if sync.across is not None:
        return two_tables.rows_of(sync.across).compare(database, connection, sync, where)
    return _despite_raising(database, connection, sync, partial(_compare, database, connection, sync, where))


def _compare(
    database: Database, connection: Connection, sync: Synchronisation, where: str, *, careful: bool
) -> Compared:
    table, marks = database.table(sync.table), read_marks(database, connection, sync)
    wanted = {pair: _wanted(database, marks, sync, pair, careful=careful) for pair in sync.columns}
    types = sync.key_types or ("",) * len(sync.key)
    key = [(database.quote(name), type_) for name, type_ in zip(sync.key, types, strict=True)]
    asked = [(value, one.type) for pair, values in wanted.items() for one, value in zip(pair.new, values, strict=True)]
    held = [(database.quote(one.name), one.type) for pair in wanted for one in pair.new]
    wrong = " OR ".join(unlike(database, pair.new, values) for pair, values in wanted.items())
    if careful:
        raising = " OR ".join(_raising(database, marks, sync, pair) for pair in wanted)
        wrong, asked = f"({raising}) OR {wrong}", [*asked, (f"CASE WHEN {raising} THEN 1 END", "")]
        held = [*held, ("NULL", "")]
    rows, differing, old, new = run(
        connection,
        f"SELECT count(*), {_count(wrong)}, {database.checksum([*key, *asked])}, {database.checksum([*key, *held])}"
        f" FROM {table} WHERE {where}",
    ).one()
    query = (
        f"SELECT {database.key_list(sync, table)} FROM {table} WHERE {where} AND ({wrong})"
        f" ORDER BY {names(database, sync.key, table)}"
    )
    keys = tuple(tuple(row) for row in run(connection, query)) if differing else ()
    return Compared(int(rows), keys, str(old), str(new))


def _despite_raising(
    database: Database, connection: Connection, sync: Synchronisation, ask: Callable[..., _Answer]
) -> _Answer:
    """Ask; if an expression raises on a row, ask again with care, which takes several times as long."""
    try:
        with all_or_nothing(connection):
            return ask(careful=False)
    except DBAPIError as error:
        can_tell = any(database.problem(sync, pair) is not None for pair in sync.columns)
        if not (can_tell and database.blames_a_row(error)):
            raise
    return ask(careful=True)


def _raising(database: Database, marks: Marks, sync: Synchronisation, pair: Synced) -> str:
    """Whether a row that is not set aside has a value on which the expressions raise."""
    raising = f"({or_raising(database, sync, pair, '1 = 0')})"
    if not marks.of("contractctl_set_aside", pair):
        return raising
    return f"(CASE WHEN {marked(database, 'contractctl_set_aside', sync, pair)} THEN 1 = 0 ELSE {raising} END)"


def only_in_new(database: Database, connection: Connection, sync: Synchronisation) -> tuple[Key, ...]:
    """Keys of rows in conflict or set aside whose new side holds what the old one does not: this would be lost."""
    if sync.across is not None:
        return two_tables.rows_of(sync.across).only_in_new(database, connection, sync)
    where, marks = [], read_marks(database, connection, sync)
    for pair in sync.columns:
        for table in ("contractctl_set_aside", "contractctl_conflict"):
            if not pair.one_sided and marks.of(table, pair):
                held = or_raising(database, sync, pair, out_of_step(database, pair))
                place = f"NOT {all_null(database, pair.new)} AND {marked(database, table, sync, pair)}"
                where.append(f"{place} AND {held}")
    if not where:
        return ()
    table, any_of = database.table(sync.table), " OR ".join(f"({one})" for one in where)
    order = names(database, sync.key, table)
    query = f"SELECT {database.key_list(sync, table)} FROM {table} WHERE {any_of} ORDER BY {order}"
    return tuple(tuple(row) for row in run(connection, query))


def facts(database: Database, connection: Connection, sync: Synchronisation) -> dict[str, int]:
    """What the gate asks of the whole table, each a count of values.

    remaining: still to be filled. set_aside: cannot be converted. conflicts: both sides written, with different
    values. new_side_nulls: NULL in the new column where there should be a value. differing: as `compare` names
    them, conflicts among them.
    """
    if sync.across is not None:
        return two_tables.rows_of(sync.across).facts(database, connection, sync)
    return _despite_raising(database, connection, sync, partial(_facts, database, connection, sync))


def _facts(database: Database, connection: Connection, sync: Synchronisation, *, careful: bool) -> dict[str, int]:
    counts = dict.fromkeys(("remaining", "set_aside", "conflicts", "new_side_nulls", "differing"), 0)
    columns: list[str] = []
    marks = read_marks(database, connection, sync)
    for pair in sync.columns:
        for table, name in (("contractctl_set_aside", "set_aside"), ("contractctl_conflict", "conflicts")):
            if marks.of(table, pair):
                counts[name] += _alive(database, connection, sync, pair, table)
        columns += _measures(database, marks, sync, pair, careful=careful)
    table = database.table(sync.table)
    found = run(connection, f"SELECT {', '.join(map(_count, columns))} FROM {table}").one()
    for at, name in enumerate(("remaining", "new_side_nulls", "differing")):
        counts[name] = int(sum(found[at::3]))
    return counts


def _measures(database: Database, marks: Marks, sync: Synchronisation, pair: Synced, *, careful: bool) -> Iterator[str]:
    """Whether a row of the table counts as remaining, as a NULL on the new side, as differing."""
    wanted = _wanted(database, marks, sync, pair, careful=careful)
    raising = _raising(database, marks, sync, pair) if careful else "(1 = 0)"
    nothing = any_null(database, pair.new)
    expected = " OR ".join(
        f"({database.quote(one.name)} IS NULL AND {value} IS NOT NULL)"
        for one, value in zip(pair.new, wanted, strict=True)
    )
    yield waiting(database, marks, sync, pair, careful=careful)
    yield nothing if pair.required else f"({nothing} AND {raising}) OR {expected}"
    yield f"{raising} OR {unlike(database, pair.new, wanted)}"


def _alive(database: Database, connection: Connection, sync: Synchronisation, pair: Synced, table: str) -> int:
    """How many existing rows a side table marks: a row may have been deleted behind the triggers' back."""
    key, rows = database.quote("key"), f"SELECT {key_json(database, sync)} FROM {database.table(sync.table)}"
    found = f"{of_pair(database, sync, pair)} AND {key} IN ({rows})"
    return int(run(connection, f"SELECT count(DISTINCT {key}) FROM {table} WHERE {found}").scalar_one())


def _count(condition: str) -> str:
    return f"coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)"


def _wanted(database: Database, marks: Marks, sync: Synchronisation, pair: Synced, *, careful: bool) -> tuple[str, ...]:
    """What each new column should hold, as it would store it; what it holds, in rows that were set aside or kept."""
    excused = []
    if marks.of("contractctl_set_aside", pair):
        excused.append(marked(database, "contractctl_set_aside", sync, pair))
    if pair.can_be_kept and marks.of("contractctl_kept", pair):
        excused.append(is_kept(database, sync, pair))
    problem = database.problem(sync, pair) if careful else None
    raising = "" if problem is None else f" WHEN {problem} IS NOT NULL THEN NULL"
    values = zip(pair.new, up(database, pair), strict=True)
    return tuple(_wanted_of(database, one, value, excused, raising) for one, value in values)


def _wanted_of(database: Database, one: Held, value: str, excused: list[str], raising: str) -> str:
    new = database.quote(one.name)
    whens = "".join(f" WHEN {when} THEN {new}" for when in excused)
    return f"CASE{whens}{raising} WHEN {database.agrees(new, value, one.type)} THEN {new} ELSE {value} END"
