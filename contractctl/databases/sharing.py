"""What if several rows share one row of the other table? They hold the same, until an old application writes one apart.

Whoever writes the shared row writes all that share it. Whoever writes one of these writes the shared row, and leaves
the others as they are: an old application means that one row, and what the others hold is nobody's to overwrite. Where
it writes them all they agree again; else they differ from the shared row, are named, and keep the gate shut, until
somebody decides. Nothing is ever emptied since a row goes: the shared row says it for others, too.

A shared row that holds nothing is filled where all that share it agree. Each column is looked at for itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from contractctl.databases import Crossed, Database, Key, Synchronisation, crossing, run
from contractctl.databases.crossing import (
    HERE,
    THERE,
    across_of,
    changed,
    held,
    is_absent,
    is_marked,
    marked,
    of_row,
    other,
    rekeyed_here,
    rows_here,
    together,
)

SIBLING = "contractctl_sibling"
"""The alias of a row that shares the same one in a query."""
_FIRST = "contractctl_first"
_GIVING = "(given)"
"""In place of a column's name in marks: a row is just giving its value to the shared one, which keeps it."""
_GROUP = "contractctl_group"
_LOOKED_AT = "contractctl_looked_at"
_AT_ONCE = 100
"""How many shared rows are filled by one statement."""


def giving(database: Database, sync: Synchronisation, row: str, names: Iterable[str]) -> tuple[str, str, str, str]:
    """Plan, table, key and column of the mark on a shared row, as SQL over a row that finds it by these columns."""
    return marked(database, sync, row, names, _GIVING)


def giving_to(database: Database, sync: Synchronisation, row: str, found: str) -> tuple[str, str, str, str]:
    """The same for the shared row itself, however its key is written there. found: FROM …, which finds it as `row`."""
    plan, of, key, column = giving(database, sync, row, across_of(sync).there)
    return plan, of, f"(SELECT {key} {found})", column


def is_giving(database: Database, sync: Synchronisation, row: str, names: Iterable[str]) -> str:
    """The condition that finds that mark."""
    return is_marked(database, giving(database, sync, row, names))


def taken_here(database: Database, sync: Synchronisation, one: Crossed, *, inserted: bool) -> str:
    """Whether a trigger's new row leaves a column to the shared row: an INSERT that gives nothing, a change of that."""
    if inserted:
        return is_absent(database, (one,), "NEW")
    return f"({rekeyed_here(database, sync)} AND NOT {changed(database, (one.old,), (one.type,))})"


def given_here(database: Database, sync: Synchronisation, one: Crossed, *, inserted: bool) -> str:
    """Whether a trigger's new row says what the shared one should hold."""
    something = f"NOT {is_absent(database, (one,), 'NEW')}"
    if inserted:
        return something
    return f"({changed(database, (one.old,), (one.type,))} OR {rekeyed_here(database, sync)} AND {something})"


def given_there(database: Database, sync: Synchronisation, one: Crossed, *, inserted: bool) -> str:
    """As in crossing.py; but a shared row whose new key a foreign key has given to others, too, says nothing new."""
    given = crossing.given_there(database, sync, one, inserted=inserted)
    if inserted:
        return given
    here = database.table(sync.table)
    former = f"SELECT 1 FROM {here} WHERE {together(database, sync, here, 'OLD')}"
    return f"({changed(database, (one.new,), (one.type,))} OR {given} AND EXISTS ({former}))"


def apart(database: Database, one: Crossed, here: str, there: str) -> str:
    """Whether a row and the shared one hold different values."""
    return database.differs(of_row(database, here, one.old), held(database, one, there), one.type)


def agreed(database: Database, sync: Synchronisation, one: Crossed, there: str, by: Sequence[str] = ()) -> str:
    """Whether all rows that share one hold the same value, not NULL. by: columns of another row that find them."""
    rows = _siblings(database, sync, SIBLING, there, by)
    something = f"NOT {is_absent(database, (one,), SIBLING)}"
    first = f"({said(database, sync, one, there, by)})"
    unlike = database.differs(of_row(database, SIBLING, one.old), first, one.type)
    return f"(EXISTS (SELECT 1 {rows} AND {something}) AND NOT EXISTS (SELECT 1 {rows} AND {unlike}))"


def said(database: Database, sync: Synchronisation, one: Crossed, there: str, by: Sequence[str] = ()) -> str:
    """A query for what one of the rows that share one holds."""
    return f"SELECT {of_row(database, _FIRST, one.old)} {_siblings(database, sync, _FIRST, there, by)} LIMIT 1"


def _siblings(database: Database, sync: Synchronisation, row: str, there: str, by: Sequence[str]) -> str:
    across = across_of(sync)
    pairs = zip(across.here, by or across.there, strict=True)
    found = " AND ".join(f"{of_row(database, row, here)} = {of_row(database, there, name)}" for here, name in pairs)
    return f"FROM {database.table(sync.table)} AS {row} WHERE {found}"


def fill(
    database: Database, connection: Connection, sync: Synchronisation, where: str, before: str | None = None
) -> int:
    """Let the shared rows of a condition's rows hold what all that share them agree on, where they hold nothing.

    They are locked first. Whoever writes one of those that share them has locked the shared one as well, so that what
    is read then is what they hold. Each is looked at with the first of the rows that share it, once: `before` is the
    condition of those that were looked at. From then on it holds what is written. How many were written.
    """
    across, groups = across_of(sync), _groups(database, sync, where, before)
    empty = [
        f"({of_row(database, THERE, one.new)} IS NULL AND NOT {is_absent(database, (one,), HERE)})"
        for one in across.columns
    ]
    due = {one: f"{of_row(database, _shared(database, sync), one.new)} IS NULL" for one in across.columns}
    made = _make(database, connection, sync, groups) if across.makes_rows else 0
    keys = _shared_by(database, connection, sync, where, empty, groups if before is not None else None)
    return made + _agree(database, connection, sync, keys, due)


def _groups(database: Database, sync: Synchronisation, where: str, before: str | None = None) -> str:
    """A query for what a condition's rows share, by their columns; without what rows of `before` share, too."""
    table, names = database.table(sync.table), across_of(sync).here
    keys = ", ".join(map(database.quote, names))
    rows = f"SELECT DISTINCT {keys} FROM {table} WHERE {where}"
    if before is None:
        return rows
    same = " AND ".join(f"{of_row(database, table, name)} = {of_row(database, _GROUP, name)}" for name in names)
    earlier = f"SELECT 1 FROM {table} WHERE {same} AND {before}"
    return f"SELECT DISTINCT {keys} FROM ({rows}) AS {_GROUP} WHERE NOT EXISTS ({earlier})"


def repair(database: Database, connection: Connection, sync: Synchronisation, keys: Iterable[Key], *, old: bool) -> int:
    """As crossed_rows.repair. If those that share a row disagree, or it holds NULL, nothing is repaired.

    Rows that share one are looked at together.
    """
    columns, there = across_of(sync).columns, _shared(database, sync)
    row = f"({' OR '.join(f'({database.has_key(sync, key)})' for key in keys) or '1 = 0'})"
    if old:
        made = _make(database, connection, sync, _groups(database, sync, row)) if across_of(sync).makes_rows else 0
        unlike = [apart(database, one, HERE, THERE) for one in columns]
        wrong = {
            one: database.differs(of_row(database, there, one.new), f"({said(database, sync, one, there)})", one.type)
            for one in columns
        }
        return made + _agree(database, connection, sync, _shared_by(database, connection, sync, row, unlike), wrong)
    here, written = database.table(sync.table), 0
    for one in columns:
        held_there = of_row(database, there, one.new)
        value = f"(SELECT {held_there} FROM {there} WHERE {together(database, sync, here, there)})"
        different = database.differs(of_row(database, here, one.old), value, one.type)
        update = f"UPDATE {here} SET {database.quote(one.old)} = {value} WHERE {row} AND {value} IS NOT NULL"
        written += run(connection, f"{update} AND {different}").rowcount
    return written


def _make(database: Database, connection: Connection, sync: Synchronisation, groups: str) -> int:
    """Create missing shared rows, from what all that share them agree on."""
    across, there = across_of(sync), _shared(database, sync)
    shared = f"SELECT 1 FROM {there} AS {THERE} WHERE {together(database, sync, HERE, THERE)}"
    agree = {one: agreed(database, sync, one, HERE, across.here) for one in across.columns}
    rows = (
        f"FROM ({groups}) AS {HERE}"
        f" WHERE CASE WHEN EXISTS ({shared}) THEN (1 = 0) ELSE ({' OR '.join(agree.values())}) END"
    )
    _, _, key, _ = giving(database, sync, HERE, across.here)
    keys = [str(text) for text in run(connection, f"SELECT {key} {rows}").scalars()]
    if not keys:
        return 0
    names = ", ".join(map(database.quote, (*across.there, *(one.new for one in across.columns))))
    values = [of_row(database, HERE, name) for name in across.here]
    values += [
        f"CASE WHEN {when} THEN ({said(database, sync, one, HERE, across.here)}) END" for one, when in agree.items()
    ]
    select = f"SELECT {', '.join(values)} {rows}"
    with _given(database, connection, sync, keys):
        return run(connection, database.add_new(f"{there} ({names})", select)).rowcount


def counts(
    database: Database, connection: Connection, sync: Synchronisation, joined: str, wrong: str
) -> tuple[int, int]:
    """How many values of differing rows are still to be filled, and how many are in conflict.

    joined: FROM what, HERE and THERE. Whether those that share one agree is computed once.
    """
    found = [_counts(database, connection, sync, one, f"{joined} WHERE {wrong}") for one in across_of(sync).columns]
    return sum(waiting for waiting, _ in found), sum(conflicts for _, conflicts in found)


def _counts(
    database: Database, connection: Connection, sync: Synchronisation, one: Crossed, differing: str
) -> tuple[int, int]:
    here = across_of(sync).here
    keys = ", ".join(of_row(database, HERE, name) for name in here)
    empty = f"CASE WHEN {of_row(database, THERE, one.new)} IS NULL THEN 1 ELSE 0 END"
    groups = (
        f"SELECT {keys}, {empty} AS contractctl_empty, count(*) AS contractctl_rows FROM {differing}"
        f" AND {apart(database, one, HERE, THERE)} GROUP BY {keys}, {empty}"
    )
    fills = f"contractctl_empty = 1 AND {agreed(database, sync, one, _GROUP, here)}"
    sums = (
        f"coalesce(sum(CASE WHEN {when} THEN contractctl_rows ELSE 0 END), 0)" for when in (fills, f"NOT ({fills})")
    )
    waiting, conflicts = run(connection, f"SELECT {', '.join(sums)} FROM ({groups}) AS {_GROUP}").one()
    return int(waiting), int(conflicts)


def _shared(database: Database, sync: Synchronisation) -> str:
    return database.table(across_of(sync).table)


def _shared_by(  # noqa: PLR0913, PLR0917 - which of those that share what
    database: Database,
    connection: Connection,
    sync: Synchronisation,
    where: str,
    any_of: Iterable[str],
    groups: str | None = None,
) -> tuple[Key, ...]:
    """Keys of the shared rows that a condition's rows share, where one of these is true of both; only of `groups`."""
    rows = rows_here(database, sync, where)
    joined = f"({rows}) AS {HERE} JOIN {_shared(database, sync)} AS {THERE} ON {together(database, sync, HERE, THERE)}"
    if groups is not None:
        joined += f" JOIN ({groups}) AS {_LOOKED_AT} ON {together(database, sync, _LOOKED_AT, THERE)}"
    keys = database.key_list(other(sync), THERE)
    return tuple(
        tuple(row) for row in run(connection, f"SELECT DISTINCT {keys} FROM {joined} WHERE {' OR '.join(any_of)}")
    )


def _agree(
    database: Database, connection: Connection, sync: Synchronisation, keys: Sequence[Key], due: Mapping[Crossed, str]
) -> int:
    """Write what all that share them agree on to shared rows, in the columns that are due."""
    parts = (keys[at : at + _AT_ONCE] for at in range(0, len(keys), _AT_ONCE))
    return sum(_agree_these(database, connection, sync, part, due) for part in parts)


def _agree_these(
    database: Database, connection: Connection, sync: Synchronisation, keys: Sequence[Key], due: Mapping[Crossed, str]
) -> int:
    there = _shared(database, sync)
    these = f"({' OR '.join(f'({database.has_key(other(sync), key)})' for key in keys)})"
    run(
        connection,
        f"SELECT count(*) FROM (SELECT 1 FROM {there} WHERE {these}{database.locking}) AS contractctl_locked",
    )
    whens = {one: f"({when} AND {agreed(database, sync, one, there)})" for one, when in due.items()}
    sets = ", ".join(
        f"{database.quote(one.new)} = CASE WHEN {when} THEN ({said(database, sync, one, there)})"
        f" ELSE {of_row(database, there, one.new)} END"
        for one, when in whens.items()
    )
    _, _, text, _ = giving(database, sync, there, other(sync).key)
    with _given(database, connection, sync, run(connection, f"SELECT {text} FROM {there} WHERE {these}").scalars()):
        update = f"UPDATE {there} SET {sets} WHERE {these} AND ({' OR '.join(whens.values())})"
        return run(connection, update).rowcount


@contextmanager
def _given(database: Database, connection: Connection, sync: Synchronisation, keys: Iterable[str]) -> Iterator[None]:
    """Mark shared rows: their trigger has nothing to do. Each by its key, without waiting for others' marks."""
    plan, of, _, column = giving(database, sync, HERE, across_of(sync).here)
    texts = [database.literal(str(key)) for key in keys]
    if not texts:
        yield
        return
    target = f"contractctl_kept (plan, table_name, {database.quote('key')}, column_name)"
    marks = ", ".join(f"({plan}, {of}, {text}, {column})" for text in texts)
    run(connection, database.add_new(target, f"VALUES {marks}"))
    yield
    found = f"plan = {plan} AND table_name = {of} AND {database.quote('key')} IN ({', '.join(texts)})"
    run(connection, f"DELETE FROM contractctl_kept WHERE {found} AND column_name = {column}")
