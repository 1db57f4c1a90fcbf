"""How are columns of two tables filled, compared and repaired? databases/crossing.py says when they are in step."""

from collections.abc import Iterable

from sqlalchemy import Connection

from contractctl.databases import Compared, Database, Filled, Key, Synchronisation, run, sharing
from contractctl.databases.crossing import (
    HERE,
    THERE,
    across_of,
    apart,
    held,
    is_absent,
    is_alone,
    is_null,
    other,
    rows_here,
    together,
)


def fill(
    database: Database, connection: Connection, sync: Synchronisation, where: str, before: str | None = None
) -> Filled:
    """Write what the old side holds in the rows of a condition to the other table; repeating it changes nothing.

    The old side's rows are locked before, so that what is written is what they hold. before: the condition of the rows
    that were filled earlier, where there are some.
    """
    if across_of(sync).shared:
        aside = _count(database, connection, sync, where, _placeless(database, sync))
        return Filled(sharing.fill(database, connection, sync, where, before), aside)
    source = f"SELECT 1 FROM {database.table(sync.table)} WHERE {where}{database.locking}"
    run(connection, f"SELECT count(*) FROM ({source}) AS contractctl_locked")
    aside = _count(database, connection, sync, where, _placeless(database, sync))
    rows = _insert(database, connection, sync, where) if across_of(sync).makes_rows else 0
    wrong = f"{apart(database, across_of(sync).columns, HERE, THERE)} AND NOT ({is_alone(database, sync)})"
    if _count(database, connection, sync, where, wrong):
        rows += _update(database, connection, sync, where)
    return Filled(rows, aside)


def _insert(database: Database, connection: Connection, sync: Synchronisation, where: str) -> int:
    across = across_of(sync)
    names = [*across.there, *(one.new for one in across.columns)]
    values = [*across.here, *(one.old for one in across.columns)]
    written = ", ".join(f"{HERE}.{database.quote(name)}" for name in values)
    target = f"{database.table(across.table)} ({', '.join(map(database.quote, names))})"
    found = f"{is_alone(database, sync)} AND NOT {is_absent(database, across.columns, HERE)}"
    select = f"SELECT {written} FROM {_joined(database, sync, where)} WHERE {found}"
    return run(connection, database.add_new(target, select)).rowcount


def _update(database: Database, connection: Connection, sync: Synchronisation, where: str) -> int:
    across = across_of(sync)
    sets = [(one.new, f"{HERE}.{database.quote(one.old)}") for one in across.columns]
    on = f"{together(database, sync, HERE, THERE)} AND {apart(database, across.columns, HERE, THERE)}"
    return run(connection, database.update_from(across.table, sets, rows_here(database, sync, where), on)).rowcount


def compare(database: Database, connection: Connection, sync: Synchronisation, where: str) -> Compared:
    """Compare both sides in the rows of a condition. A row whose value has no place is counted elsewhere."""
    across, wrong = across_of(sync), _wrong(database, sync)
    key = [(f"{HERE}.{database.quote(name)}", kind) for name, kind in zip(sync.key, sync.key_types, strict=True)]
    holds = [(held(database, one, THERE), one.type) for one in across.columns]
    asked = [
        (f"CASE WHEN {wrong} THEN {HERE}.{database.quote(one.old)} ELSE {value} END", kind)
        for one, (value, kind) in zip(across.columns, holds, strict=True)
    ]
    asked, holds = [*asked, (f"CASE WHEN {wrong} THEN 1 END", "")], [*holds, ("NULL", "")]
    joined = _joined(database, sync, where)
    sums = f"{database.checksum([*key, *asked])}, {database.checksum([*key, *holds])}"
    rows, differing, old, new = run(connection, f"SELECT count(*), {_sum(wrong)}, {sums} FROM {joined}").one()
    query = f"SELECT {database.key_list(sync, HERE)} FROM {joined} WHERE {wrong} ORDER BY {_order(database, sync)}"
    keys = tuple(tuple(row) for row in run(connection, query)) if differing else ()
    return Compared(int(rows), keys, str(old), str(new))


def facts(database: Database, connection: Connection, sync: Synchronisation) -> dict[str, int]:
    """What the gate asks, as `comparison.facts`."""
    wrong, nothing = _wrong(database, sync), is_null(database, across_of(sync).columns, THERE)
    asked = (wrong, _placeless(database, sync), f"{wrong} AND {nothing}")
    query = f"SELECT {', '.join(map(_sum, asked))} FROM {_joined(database, sync, '(1 = 1)')}"
    differing, aside, nulls = (int(found) for found in run(connection, query).one())
    remaining, conflicts = differing, 0
    if across_of(sync).shared and differing:
        remaining, conflicts = sharing.counts(database, connection, sync, _joined(database, sync, "(1 = 1)"), wrong)
    return {
        "remaining": remaining,
        "set_aside": aside,
        "conflicts": conflicts,
        "new_side_nulls": nulls,
        "differing": differing,
    }


def repair(database: Database, connection: Connection, sync: Synchronisation, keys: Iterable[Key], *, old: bool) -> int:
    """Make rows agree with their partners again; `old`: the old side is right. Returns how many rows were written."""
    if across_of(sync).shared:
        return sharing.repair(database, connection, sync, keys, old=old)
    return sum(_repair(database, connection, sync, database.has_key(sync, key), old=old) for key in keys)


def _repair(database: Database, connection: Connection, sync: Synchronisation, where: str, *, old: bool) -> int:
    if old:
        return fill(database, connection, sync, where).rows
    across, table = across_of(sync), database.table(sync.table)
    partner = f"FROM {database.table(across.table)} AS {THERE} WHERE {together(database, sync, table, THERE)}"
    sets = ", ".join(
        f"{database.quote(one.old)} = coalesce((SELECT {THERE}.{database.quote(one.new)} {partner}), {one.absent})"
        for one in across.columns
    )
    return run(connection, f"UPDATE {table} SET {sets} WHERE {where}").rowcount


def only_in_new(database: Database, connection: Connection, sync: Synchronisation) -> tuple[Key, ...]:
    """Keys, by the other table's columns, of rows there that hold what the old side does not."""
    across, theirs = across_of(sync), other(sync)
    partner = f"SELECT 1 FROM {database.table(sync.table)} AS {HERE} WHERE {together(database, sync, HERE, THERE)}"
    kept = f"{partner} AND NOT {apart(database, across.columns, HERE, THERE)}"
    found = f"NOT {is_null(database, across.columns, THERE)} AND NOT EXISTS ({kept})"
    query = f"SELECT {database.key_list(theirs, THERE)} FROM {database.table(across.table)} AS {THERE} WHERE {found}"
    return tuple(tuple(row) for row in run(connection, query))


def _wrong(database: Database, sync: Synchronisation) -> str:
    different = apart(database, across_of(sync).columns, HERE, THERE)
    return different if across_of(sync).makes_rows else f"({different} AND NOT ({is_alone(database, sync)}))"


def _placeless(database: Database, sync: Synchronisation) -> str:
    """Whether a value has no row to go to, and creates none."""
    across = across_of(sync)
    if across.makes_rows:
        return "(1 = 0)"
    return f"({is_alone(database, sync)} AND NOT {is_absent(database, across.columns, HERE)})"


def _joined(database: Database, sync: Synchronisation, where: str) -> str:
    rows, on = rows_here(database, sync, where), together(database, sync, HERE, THERE)
    return f"({rows}) AS {HERE} LEFT JOIN {database.table(across_of(sync).table)} AS {THERE} ON {on}"


def _count(database: Database, connection: Connection, sync: Synchronisation, where: str, condition: str) -> int:
    query = f"SELECT {_sum(condition)} FROM {_joined(database, sync, where)}"
    return int(run(connection, query).scalar_one())


def _sum(condition: str) -> str:
    return f"coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)"


def _order(database: Database, sync: Synchronisation) -> str:
    return ", ".join(f"{HERE}.{database.quote(name)}" for name in sync.key)
