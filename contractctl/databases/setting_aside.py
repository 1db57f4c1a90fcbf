"""Which rows cannot be converted, and are set aside? Such rows no longer wait to be filled."""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import Database, Statement, Synced, Synchronisation, Work, run
from contractctl.databases.marks import Marks, read_marks
from contractctl.databases.sides import is_kept, key_json, mark, marked, of_pair, or_raising, out_of_step, unconverted

UNCONVERTIBLE = "the value cannot be converted: down(up(value)) is not the value"


def waiting(database: Database, marks: Marks, sync: Synchronisation, pair: Synced, *, careful: bool = False) -> str:
    """Whether a row's new side is still to be filled: neither right, nor kept, nor in conflict, nor set aside.

    `careful`: a row on which the expressions raise counts as waiting.
    """
    wrong = out_of_step(database, pair)
    if pair.exact:
        wrong = f"({wrong} OR {unconverted(database, pair)})"
    if careful:
        wrong = or_raising(database, sync, pair, wrong)
    return unless_excused(database, marks, sync, pair, wrong)


def unless_excused(database: Database, marks: Marks, sync: Synchronisation, pair: Synced, condition: str) -> str:
    """CASE, because an excused row's value must not even be computed: it may raise."""
    excused = [
        marked(database, table, sync, pair)
        for table in ("contractctl_set_aside", "contractctl_conflict")
        if marks.of(table, pair)
    ]
    if pair.can_be_kept and marks.of("contractctl_kept", pair):
        excused.append(is_kept(database, sync, pair))
    return f"CASE WHEN {' OR '.join(excused)} THEN 1 = 0 ELSE {condition} END" if excused else condition


def set_aside(  # noqa: PLR0913, PLR0917 - which rows of what, and why
    database: Database, connection: Connection, sync: Synchronisation, pair: Synced, where: str, why: str
) -> int:
    """Set rows aside with the reason why they cannot be converted. Returns how many are new."""
    target = f"contractctl_set_aside (plan, table_name, {database.quote('key')}, column_name, error)"
    reason = database.literal(why)
    rows = f"SELECT {mark(database, sync, pair)}, {reason} FROM {database.table(sync.table)} WHERE {where}"
    return run(connection, database.add_new(target, rows + database.locking)).rowcount


def set_aside_raising(database: Database, connection: Connection, sync: Synchronisation, where: str) -> int:
    """Set aside the rows on which an expression raises, each with its error. Returns how many are new."""
    target = f"contractctl_set_aside (plan, table_name, {database.quote('key')}, column_name, error)"
    aside, marks = 0, read_marks(database, connection, sync)
    for pair in sync.columns:
        problem = database.problem(sync, pair)
        if problem is not None:
            raising = unless_excused(database, marks, sync, pair, f"{problem} IS NOT NULL")
            rows = f"SELECT {mark(database, sync, pair)}, {problem} FROM {database.table(sync.table)}"
            select = f"{rows} WHERE {where} AND {raising}{database.locking}"
            aside += run(connection, database.add_new(target, select)).rowcount
    return aside


def forgetting(database: Database, sync: Synchronisation) -> Iterator[Statement]:
    """What drops the marks of an earlier run of the plan before triggers and backfill begin again.

    A row whose new side is NULL cannot be in conflict, and `fill` itself finds what cannot be converted.
    """
    key = database.quote("key")
    for pair in sync.columns:
        given = " OR ".join(f"{database.quote(one.name)} IS NOT NULL" for one in pair.new)
        alive = f"SELECT {key_json(database, sync)} FROM {database.table(sync.table)} WHERE {given}"
        for table in ("contractctl_set_aside", "contractctl_conflict"):
            stale = f"{of_pair(database, sync, pair)} AND {key} NOT IN ({alive})"
            yield Statement(f"DELETE FROM {table} WHERE {stale}", "the marks' rows", Work.SCAN)
