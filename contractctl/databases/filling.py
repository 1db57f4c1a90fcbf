"""How is a range of rows filled? Set by set, in the caller's transaction, without firing triggers if possible."""

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Database, Filled, Held, Key, Synced, Synchronisation, run, two_tables
from contractctl.databases.batches import between, upper_key
from contractctl.databases.causes import said
from contractctl.databases.marks import Marks, every_mark, read_marks
from contractctl.databases.savepoints import all_or_nothing
from contractctl.databases.setting_aside import UNCONVERTIBLE, set_aside, set_aside_raising, unless_excused, waiting
from contractctl.databases.sides import all_null, mark, out_of_step, shown, unconverted, up

SEARCHED = 20
"""So many rows are halved again and again in one transaction, which holds them, to find those that are refused."""


def fill(  # noqa: PLR0913 - which rows of what, and how
    database: Database,
    connection: Connection,
    sync: Synchronisation,
    after: Key | None,
    upto: Key | None,
    *,
    careful: bool = True,
) -> Filled:
    """Give the new side its values in every row of (after, upto] that has not got them; the same again changes nothing.

    Values written from the new side and conflicts stay. A row that cannot be converted is set aside with its error,
    in the same transaction. Where it is not `careful`, a row that raises an error raises it here, and so does one that
    is to be found among more than SEARCHED: nothing of the transaction can be kept then.
    """
    if sync.across is not None:
        before = None if after is None else between(database, sync, None, after)
        return two_tables.rows_of(sync.across).fill(
            database, connection, sync, between(database, sync, after, upto), before
        )
    with database.unseen(connection, sync):
        if careful:
            return _fill_range(database, connection, sync, after, upto)
        return _fill_at_once(database, connection, sync, between(database, sync, after, upto))


def _fill_range(
    database: Database, connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None
) -> Filled:
    try:
        with all_or_nothing(connection):
            return _fill_at_once(database, connection, sync, between(database, sync, after, upto))
    except DBAPIError as error:
        if not database.blames_a_row(error):
            raise
        raising = set_aside_raising(database, connection, sync, between(database, sync, after, upto))
        if raising:
            rest = _fill_range(database, connection, sync, after, upto)
            return Filled(rest.rows, rest.set_aside + raising)
        rows = _count(database, connection, sync, after, upto)
        if rows > SEARCHED:
            raise
        middle = upper_key(database, connection, sync, after, rows // 2) if rows > 1 else None
        if middle is None:
            return _fill_one(database, connection, sync, between(database, sync, after, upto))
    first = _fill_range(database, connection, sync, after, middle)
    second = _fill_range(database, connection, sync, middle, upto)
    return Filled(first.rows + second.rows, first.set_aside + second.set_aside)


def _fill_one(database: Database, connection: Connection, sync: Synchronisation, where: str) -> Filled:
    """A single row that could not be filled: once more, while nobody else can change it."""
    if database.locking:
        run(connection, f"SELECT 1 FROM {database.table(sync.table)} WHERE {where}{database.locking}")
    try:
        with all_or_nothing(connection):
            return _fill_at_once(database, connection, sync, where)
    except DBAPIError as error:
        if not database.blames_a_row(error):
            raise
        aside = (set_aside(database, connection, sync, pair, where, said(error)) for pair in sync.columns)
        return Filled(0, sum(aside))


def _fill_at_once(database: Database, connection: Connection, sync: Synchronisation, where: str) -> Filled:
    """First what holds nothing yet. What may be right already is only replaced once its row is locked.

    Whoever writes at this moment may give the new side a value, or NULL, and mark it as right; a statement that waits
    for the row sees the value, and may not yet see the mark: it is looked for anew.
    """
    aside, marks = 0, read_marks(database, connection, sync)
    for pair in sync.columns:
        if pair.exact:
            lost = unless_excused(database, marks, sync, pair, unconverted(database, pair))
            aside += set_aside(database, connection, sync, pair, f"{where} AND {lost}", UNCONVERTIBLE)
    if aside:
        marks = read_marks(database, connection, sync)
    locked = _lock_doubtful(database, connection, marks, sync, where)
    if locked:
        marks = read_marks(database, connection, sync)
    rows = _update(database, connection, marks, sync, where, only_empty=True)
    if locked:
        if _leave_given(database, connection, sync, where):
            marks = read_marks(database, connection, sync)
        rows += _update(database, connection, marks, sync, where, only_empty=False)
    return Filled(rows, aside)


def _leave_given(database: Database, connection: Connection, sync: Synchronisation, where: str) -> int:
    """Put in conflict what somebody gave the new side before triggers saw it, or behind their back. How many values.

    Which of both sides is right is not known, so neither is overwritten. A default is given by nobody.
    """
    target = f"contractctl_conflict (plan, table_name, {database.quote('key')}, column_name, old_value, new_value, at)"
    found = 0
    for pair in sync.columns:
        if pair.one_sided or not all(_holds_what_was_given(one) for one in pair.new):
            continue
        values = ", ".join(shown(database, side) for side in (pair.old, pair.new))
        rows = f"SELECT {mark(database, sync, pair)}, {values}, {database.now()} FROM {database.table(sync.table)}"
        given = f"NOT {all_null(database, pair.new)} AND {waiting(database, every_mark(sync), sync, pair)}"
        found += run(connection, database.add_new(target, f"{rows} WHERE {where} AND {given}")).rowcount
    return found


def _holds_what_was_given(one: Held) -> bool:
    column = one.column
    return one.default is None and (column is None or not (column.not_null or column.generated or column.on_update))


def _lock_doubtful(database: Database, connection: Connection, marks: Marks, sync: Synchronisation, where: str) -> bool:
    """Whether rows hold what the old side does not ask for, and might rightly: a value; NULL, where that can be kept.

    They are locked.
    """
    held = " OR ".join(
        f"({doubtful}{unless_excused(database, marks, sync, pair, out_of_step(database, pair))})"
        for pair in sync.columns
        if not pair.one_sided
        for doubtful in ["" if pair.can_be_kept else f"NOT {all_null(database, pair.new)} AND "]
    )
    if not held:
        return False
    query = f"SELECT 1 FROM {database.table(sync.table)} WHERE {where} AND ({held}){database.locking}"
    return bool(run(connection, f"SELECT count(*) FROM ({query}) AS contractctl_stale").scalar_one())


def _update(  # noqa: PLR0913 - which rows of what
    database: Database, connection: Connection, marks: Marks, sync: Synchronisation, where: str, *, only_empty: bool
) -> int:
    due = {pair: _due(database, marks, sync, pair, only_empty=only_empty) for pair in sync.columns}
    sets = [_sets(database, pair, None if len(due) == 1 else when) for pair, when in due.items()]
    sets += staying(database, sync, (one for pair in due for one in pair.new))
    any_due = " OR ".join(f"({when})" for when in due.values())
    update = f"UPDATE {database.table(sync.table)} SET {', '.join(sets)} WHERE {where} AND ({any_due})"
    return run(connection, update).rowcount


def _due(database: Database, marks: Marks, sync: Synchronisation, pair: Synced, *, only_empty: bool) -> str:
    wrong = waiting(database, marks, sync, pair)
    return f"{all_null(database, pair.new)} AND {wrong}" if only_empty else wrong


def _sets(database: Database, pair: Synced, when: str | None) -> str:
    """Each new column's assignment; if other pairs are filled by the same statement, only where this one is due."""
    values = zip(pair.new, up(database, pair), strict=True)
    return ", ".join(
        f"{column} = {value}" if when is None else f"{column} = CASE WHEN {when} THEN {value} ELSE {column} END"
        for column, value in ((database.quote(one.name), value) for one, value in values)
    )


def staying(database: Database, sync: Synchronisation, written: Iterable[Held]) -> list[str]:
    """Assignments that keep columns from changing by themselves where an UPDATE writes others."""
    given = [one.name for one in written]
    return [
        f"{database.quote(name)} = {database.quote(name)}"
        for name in sync.by_itself
        if not any(database.same(name, other) for other in given)
    ]


def _count(
    database: Database, connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None
) -> int:
    where = between(database, sync, after, upto)
    return int(run(connection, f"SELECT count(*) FROM {database.table(sync.table)} WHERE {where}").scalar_one())
