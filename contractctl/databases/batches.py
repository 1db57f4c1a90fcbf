"""How is a range of rows filled? Set by set, in the caller's transaction, seen by no trigger where that is possible."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import (
    Database,
    Filled,
    Held,
    Key,
    Statement,
    Synced,
    Synchronisation,
    Work,
    run,
    two_tables,
)
from contractctl.databases.marks import Marks, every_mark, read_marks
from contractctl.databases.sides import (
    all_null,
    is_kept,
    key_json,
    mark,
    marked,
    names,
    of_pair,
    or_raising,
    out_of_step,
    shown,
    unconverted,
    up,
)

SEARCHED = 20
"""So many rows are halved again and again in one transaction, which holds them, to find those that are refused."""
UNCONVERTIBLE = "the value cannot be converted: down(up(value)) is not the value"


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
    """The last key of the next batch of at most `limit` rows; None where no row is left."""
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
    """The last key in (after, upto]; None where there is none."""
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
        raising = _set_aside_raising(database, connection, sync, between(database, sync, after, upto))
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
    """A single row that could not be filled: once more, as it stands when nobody else can change it."""
    if database.locking:
        run(connection, f"SELECT 1 FROM {database.table(sync.table)} WHERE {where}{database.locking}")
    try:
        with all_or_nothing(connection):
            return _fill_at_once(database, connection, sync, where)
    except DBAPIError as error:
        if not database.blames_a_row(error):
            raise
        return _set_aside(database, connection, sync, where, said(error))


def said(error: DBAPIError) -> str:
    """What the database itself has said."""
    return str(error.orig.args[-1] if error.orig is not None and error.orig.args else error)


@contextmanager
def all_or_nothing(connection: Connection) -> Iterator[None]:
    """A savepoint. Where an error has ended the whole transaction, the savepoint with it, that error is told."""
    nested = connection.begin_nested()
    try:
        yield
    except BaseException as error:
        try:
            nested.rollback()
        except DBAPIError:
            raise error from None
        raise
    nested.commit()


def _fill_at_once(database: Database, connection: Connection, sync: Synchronisation, where: str) -> Filled:
    """First what holds nothing yet. What may be right as it stands is only replaced once its row is locked.

    Whoever writes at this moment may give the new side a value, or NULL, and mark it as right; a statement that waits
    for the row sees the value, and may not yet see the mark: it is looked for anew.
    """
    aside, marks = 0, read_marks(database, connection, sync)
    for pair in sync.columns:
        if pair.exact:
            lost = _unless_excused(database, marks, sync, pair, unconverted(database, pair))
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
        f"({doubtful}{_unless_excused(database, marks, sync, pair, out_of_step(database, pair))})"
        for pair in sync.columns
        if not pair.one_sided
        for doubtful in ["" if can_be_kept(pair) else f"NOT {all_null(database, pair.new)} AND "]
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
    """Each new column's assignment; where other pairs are filled by the same statement, only where this one is due."""
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


def waiting(database: Database, marks: Marks, sync: Synchronisation, pair: Synced, *, careful: bool = False) -> str:
    """Whether a row's new side is still to be filled: neither right, nor kept, nor in conflict, nor set aside.

    `careful`: where the expressions raise it is.
    """
    wrong = out_of_step(database, pair)
    if pair.exact:
        wrong = f"({wrong} OR {unconverted(database, pair)})"
    if careful:
        wrong = or_raising(database, sync, pair, wrong)
    return _unless_excused(database, marks, sync, pair, wrong)


def _unless_excused(database: Database, marks: Marks, sync: Synchronisation, pair: Synced, condition: str) -> str:
    """CASE, because an excused row's value must not even be computed: it may raise."""
    excused = [
        marked(database, table, sync, pair)
        for table in ("contractctl_set_aside", "contractctl_conflict")
        if marks.of(table, pair)
    ]
    if can_be_kept(pair) and marks.of("contractctl_kept", pair):
        excused.append(is_kept(database, sync, pair))
    return f"CASE WHEN {' OR '.join(excused)} THEN 1 = 0 ELSE {condition} END" if excused else condition


def can_be_kept(pair: Synced) -> bool:
    """Whether the new side may rightly hold what the old one does not ask for."""
    return not (pair.plain or pair.one_sided)


def between(database: Database, sync: Synchronisation, after: Key | None, upto: Key | None) -> str:
    """The condition for the keys in (after, upto]; None is not a bound."""
    conditions = []
    if after is not None:
        conditions.append(database.beyond(sync, after))
    if upto is not None:
        conditions.append(database.up_to(sync, upto))
    return " AND ".join(conditions) or "(1 = 1)"


def set_aside(  # noqa: PLR0913, PLR0917 - which rows of what, and why
    database: Database, connection: Connection, sync: Synchronisation, pair: Synced, where: str, why: str
) -> int:
    """Set rows aside with the reason why they cannot be converted. How many were not yet."""
    target = f"contractctl_set_aside (plan, table_name, {database.quote('key')}, column_name, error)"
    reason = database.literal(why)
    rows = f"SELECT {mark(database, sync, pair)}, {reason} FROM {database.table(sync.table)} WHERE {where}"
    return run(connection, database.add_new(target, rows + database.locking)).rowcount


def _set_aside_raising(database: Database, connection: Connection, sync: Synchronisation, where: str) -> int:
    """Set aside, each with what was said, the rows on which an expression raises. How many were not yet."""
    target = f"contractctl_set_aside (plan, table_name, {database.quote('key')}, column_name, error)"
    aside, marks = 0, read_marks(database, connection, sync)
    for pair in sync.columns:
        problem = database.problem(sync, pair)
        if problem is not None:
            raising = _unless_excused(database, marks, sync, pair, f"{problem} IS NOT NULL")
            rows = f"SELECT {mark(database, sync, pair)}, {problem} FROM {database.table(sync.table)}"
            select = f"{rows} WHERE {where} AND {raising}{database.locking}"
            aside += run(connection, database.add_new(target, select)).rowcount
    return aside


def forgetting(database: Database, sync: Synchronisation) -> Iterator[Statement]:
    """What drops the marks of an earlier run of the plan, before triggers and backfill begin anew.

    A row whose new side is NULL cannot be in conflict, and `fill` finds by itself what cannot be converted.
    """
    key = database.quote("key")
    for pair in sync.columns:
        given = " OR ".join(f"{database.quote(one.name)} IS NOT NULL" for one in pair.new)
        alive = f"SELECT {key_json(database, sync)} FROM {database.table(sync.table)} WHERE {given}"
        for table in ("contractctl_set_aside", "contractctl_conflict"):
            stale = f"{of_pair(database, sync, pair)} AND {key} NOT IN ({alive})"
            yield Statement(f"DELETE FROM {table} WHERE {stale}", "the marks' rows", Work.SCAN)


def _count(
    database: Database, connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None
) -> int:
    where = between(database, sync, after, upto)
    return int(run(connection, f"SELECT count(*) FROM {database.table(sync.table)} WHERE {where}").scalar_one())


def _set_aside(database: Database, connection: Connection, sync: Synchronisation, where: str, why: str) -> Filled:
    """Set a single row aside, for every pair that is not right in it."""
    return Filled(0, sum(set_aside(database, connection, sync, pair, where, why) for pair in sync.columns))
