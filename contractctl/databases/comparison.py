"""Do both sides agree, row by row? And how is a row repaired that does not?"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Literal, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import (
    SIDE_TABLES,
    Compared,
    Database,
    Held,
    Key,
    Synced,
    Synchronisation,
    crossed_rows,
    read_key,
    run,
)
from contractctl.databases.batches import (
    UNCONVERTIBLE,
    all_or_nothing,
    between,
    can_be_kept,
    said,
    set_aside,
    staying,
    waiting,
)
from contractctl.databases.marks import Marks, look
from contractctl.databases.sides import (
    all_null,
    any_null,
    down,
    down_possible,
    in_step,
    is_kept,
    key_json,
    mark,
    marked,
    names,
    of_pair,
    or_raising,
    out_of_step,
    survives,
    unconverted,
    unlike,
    up,
)

Side = Literal["old", "new"]
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
        return crossed_rows.compare(database, connection, sync, where)
    return _despite_raising(database, connection, sync, partial(_compare, database, connection, sync, where))


def _compare(
    database: Database, connection: Connection, sync: Synchronisation, where: str, *, careful: bool
) -> Compared:
    table, marks = database.table(sync.table), look(database, connection, sync)
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
    """Ask; where an expression raises on a row, ask again with care, which takes several times as long."""
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


def repair(database: Database, connection: Connection, sync: Synchronisation, keys: Iterable[Key], side: Side) -> int:
    """Make the rows of these keys agree again, the given side being right. How many values were written.

    Conflicts and rows set aside are mended too; what still cannot be converted is set aside again.
    """
    if sync.across is not None:
        return sum(crossed_rows.repair(database, connection, sync, key, old=side == "old") for key in keys)
    written = 0
    with database.unseen(connection, sync):
        for key in keys:
            for pair in sync.columns:
                written += _repair_one(database, connection, sync, pair, key, side)
    return written


def settle(database: Database, connection: Connection, sync: Synchronisation) -> int:
    """Drop marks that say nothing any more: of rows that are gone, and of rows whose sides are in step. How many.

    A row may have gone, and another one come in its place, behind the triggers' back.
    """
    dropped = 0
    for pair in sync.columns:
        right = in_step(database, pair)
        if pair.exact:
            right = f"({right} AND NOT {unconverted(database, pair)})"
        for marks in ("contractctl_set_aside", "contractctl_conflict"):
            of_marks = f"FROM {marks} WHERE {of_pair(database, sync, pair)}"
            for key in run(connection, f"SELECT DISTINCT {database.quote('key')} {of_marks}").scalars().all():
                dropped += _settle_one(database, connection, sync, f"DELETE {of_marks}", key, right)
    return dropped


def _settle_one(  # noqa: PLR0913, PLR0917 - which marks of which row, and when
    database: Database, connection: Connection, sync: Synchronisation, delete: str, key: str, right: str
) -> int:
    parts = read_key(key)
    if len(parts) != len(sync.key):  # it does not say its row
        return 0
    row = f"SELECT 1 FROM {database.table(sync.table)} WHERE {database.has_key(sync, parts)} AND NOT {right}"
    this = f"{database.quote('key')} = {database.literal(key)}"
    try:
        with all_or_nothing(connection):
            return run(connection, f"{delete} AND {this} AND NOT EXISTS ({row})").rowcount
    except DBAPIError as error:
        if not database.blames_a_row(error):
            raise
    return 0


def only_in_new(database: Database, connection: Connection, sync: Synchronisation) -> tuple[Key, ...]:
    """Keys of rows in conflict or set aside whose new side holds what the old one does not: it would go with it."""
    if sync.across is not None:
        return crossed_rows.only_in_new(database, connection, sync)
    where, marks = [], look(database, connection, sync)
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
        return crossed_rows.facts(database, connection, sync)
    return _despite_raising(database, connection, sync, partial(_facts, database, connection, sync))


def _facts(database: Database, connection: Connection, sync: Synchronisation, *, careful: bool) -> dict[str, int]:
    counts = dict.fromkeys(("remaining", "set_aside", "conflicts", "new_side_nulls", "differing"), 0)
    columns: list[str] = []
    marks = look(database, connection, sync)
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
    """How many rows that are still there a side table marks: a row may have gone behind the triggers' back."""
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
    if can_be_kept(pair) and marks.of("contractctl_kept", pair):
        excused.append(is_kept(database, sync, pair))
    problem = database.problem(sync, pair) if careful else None
    raising = "" if problem is None else f" WHEN {problem} IS NOT NULL THEN NULL"
    values = zip(pair.new, up(database, pair), strict=True)
    return tuple(_wanted_of(database, one, value, excused, raising) for one, value in values)


def _wanted_of(database: Database, one: Held, value: str, excused: list[str], raising: str) -> str:
    new = database.quote(one.name)
    whens = "".join(f" WHEN {when} THEN {new}" for when in excused)
    return f"CASE{whens}{raising} WHEN {database.agrees(new, value, one.type)} THEN {new} ELSE {value} END"


def _repair_one(  # noqa: PLR0913, PLR0917 - one pair of one row of one table
    database: Database, connection: Connection, sync: Synchronisation, pair: Synced, key: Key, side: Side
) -> int:
    row = database.has_key(sync, key)
    table = database.table(sync.table)
    this_row = f"(SELECT {key_json(database, sync)} FROM {table} WHERE {row})"
    if database.locking:
        run(connection, f"SELECT 1 FROM {table} WHERE {row}{database.locking}")
    for side_table in SIDE_TABLES:
        of_row = f"{of_pair(database, sync, pair)} AND {database.quote('key')} = {this_row}"
        run(connection, f"DELETE FROM {side_table} WHERE {of_row}")
    here = pair.new if side == "old" or pair.one_sided else pair.old
    try:
        with all_or_nothing(connection):
            return _take_over(database, connection, sync, pair, row, here)
    except DBAPIError as error:
        if not database.blames_a_row(error):
            raise
        set_aside(database, connection, sync, pair, row, said(error))
    return _empty(database, connection, sync, row, here)


def _take_over(  # noqa: PLR0913, PLR0917 - one side of one row of one table
    database: Database, connection: Connection, sync: Synchronisation, pair: Synced, row: str, side: tuple[Held, ...]
) -> int:
    """Let this side hold what the other one asks for. Where that cannot be made it holds nothing, and is set aside."""
    if side is pair.new:
        written = _write(database, connection, sync, row, side, up(database, pair))
        if pair.exact:
            set_aside(database, connection, sync, pair, f"{row} AND {unconverted(database, pair)}", UNCONVERTIBLE)
        return written
    if can_be_kept(pair):
        here = f"FROM {database.table(sync.table)} WHERE {row}"
        kept = f"SELECT {mark(database, sync, pair)} {here} AND NOT ({survives(database, pair)})"
        target = f"contractctl_kept (plan, table_name, {database.quote('key')}, column_name)"
        run(connection, database.add_new(target, kept))
    written = _write(database, connection, sync, row, side, down(database, pair))
    lost = f"{all_null(database, side)} AND NOT ({down_possible(database, pair)})"
    set_aside(database, connection, sync, pair, f"{row} AND {lost}", UNCONVERTIBLE)
    return written


def _empty(database: Database, connection: Connection, sync: Synchronisation, row: str, side: tuple[Held, ...]) -> int:
    """Let this side hold nothing, unless the database refuses that, too."""
    try:
        with all_or_nothing(connection):
            return _write(database, connection, sync, row, side, ("NULL",) * len(side))
    except DBAPIError as error:
        if not database.blames_a_row(error):
            raise
    return 0


def _write(  # noqa: PLR0913, PLR0917 - which columns of which row of what
    database: Database,
    connection: Connection,
    sync: Synchronisation,
    row: str,
    side: tuple[Held, ...],
    values: tuple[str, ...],
) -> int:
    """Let one side of a row hold these values. How many rows were changed."""
    sets = [f"{database.quote(one.name)} = {value}" for one, value in zip(side, values, strict=True)]
    sets += staying(database, sync, side)
    changed = f"{row} AND {unlike(database, side, values)}"
    return run(connection, f"UPDATE {database.table(sync.table)} SET {', '.join(sets)} WHERE {changed}").rowcount
