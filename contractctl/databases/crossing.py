"""When are columns of two tables in step, and how are they brought there? Rows that hold the same key belong together.

In step is a row of the old side's table where each of its columns holds what the other table's row holds, and `absent`
where that is NULL or there is no such row. So an extracted table needs no row where there is nothing to say, and new
applications write their own. A moved value whose row is not there has no place: it is set aside, and counted.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from contractctl.databases import Across, Compared, Crossed, Database, Filled, Key, Synchronisation, run

HERE, THERE = "contractctl_here", "contractctl_there"
"""What the old side's rows and the other table's are called in a query."""
DELETING = "(row)"
"""In place of a column's name among the marks: the old side's row is just being deleted."""


def across_of(sync: Synchronisation) -> Across:
    """The other side."""
    assert sync.across is not None  # noqa: S101 - whoever asks has looked
    return sync.across


def other(sync: Synchronisation) -> Synchronisation:
    """The plan's name in the other table, for what is called after plan and table."""
    across = across_of(sync)
    return Synchronisation(sync.plan, across.table, across.there, (), across.key_types)


def together(database: Database, sync: Synchronisation, here: str, there: str) -> str:
    """Whether two rows belong together; each is a table's alias, NEW or OLD, or empty for the statement's own."""
    across = across_of(sync)
    pairs = zip(across.here, across.there, strict=True)
    return " AND ".join(f"{of_row(database, there, two)} = {of_row(database, here, one)}" for one, two in pairs)


def of_row(database: Database, row: str, name: str) -> str:
    """A column of a row."""
    return f"{row}.{database.quote(name)}" if row else database.quote(name)


def is_absent(database: Database, columns: Iterable[Crossed], here: str = "") -> str:
    """Whether the old side holds nothing."""
    return f"({' AND '.join(_is_absent(database, one, of_row(database, here, one.old)) for one in columns)})"


def is_null(database: Database, columns: Iterable[Crossed], there: str = "") -> str:
    """Whether the other table's row holds nothing."""
    return f"({' AND '.join(f'{of_row(database, there, one.new)} IS NULL' for one in columns)})"


def held(database: Database, one: Crossed, there: str) -> str:
    """What the old column should hold, of a row of the other table."""
    value = of_row(database, there, one.new)
    return value if one.absent == "NULL" else f"coalesce({value}, {one.absent})"


def apart(database: Database, columns: Iterable[Crossed], here: str, there: str) -> str:
    """Whether two rows that belong together hold different values."""
    found = (database.differs(of_row(database, here, one.old), held(database, one, there), one.type) for one in columns)
    return f"({' OR '.join(found)})"


def changed(database: Database, names: Iterable[str], types: Iterable[str]) -> str:
    """Whether an UPDATE changed one of these columns: for a trigger."""
    pairs = zip(names, types, strict=True)
    found = (
        database.differs(f"NEW.{database.quote(name)}", f"OLD.{database.quote(name)}", kind) for name, kind in pairs
    )
    return f"({' OR '.join(found)})"


def rekeyed_here(database: Database, sync: Synchronisation) -> str:
    """Whether an UPDATE gave a row another partner: for a trigger."""
    return changed(database, across_of(sync).here, across_of(sync).key_types)


def written_here(database: Database, sync: Synchronisation) -> str:
    """Whether an UPDATE changed what a row holds."""
    columns = across_of(sync).columns
    return changed(database, (one.old for one in columns), (one.type for one in columns))


def rekeyed_there(database: Database, sync: Synchronisation) -> str:
    """As `rekeyed_here`, in the other table."""
    return changed(database, across_of(sync).there, across_of(sync).key_types)


def written_there(database: Database, sync: Synchronisation) -> str:
    """As `written_here`, in the other table."""
    columns = across_of(sync).columns
    return changed(database, (one.new for one in columns), (one.type for one in columns))


def deleting(database: Database, sync: Synchronisation, names: Iterable[str]) -> tuple[str, str, str, str]:
    """Plan, table, key and column of the mark on a row that is being deleted, as SQL over it, OLD, or its partner."""
    parts = zip((of_row(database, "OLD", name) for name in names), across_of(sync).key_types, strict=True)
    key = database.json_array(parts)
    return database.literal(sync.plan), database.literal(sync.table), key, database.literal(DELETING)


def is_deleting(database: Database, sync: Synchronisation, names: Iterable[str]) -> str:
    """What finds that mark."""
    plan, of, key, column = deleting(database, sync, names)
    return f"plan = {plan} AND table_name = {of} AND {database.quote('key')} = {key} AND column_name = {column}"


def fill(database: Database, connection: Connection, sync: Synchronisation, where: str) -> Filled:
    """Let the other table hold what the old side holds in the rows of a condition; the same again changes nothing.

    The old side's rows are locked before, so that what is written is what they hold.
    """
    source = f"SELECT 1 FROM {database.table(sync.table)} WHERE {where}{database.locking}"
    run(connection, f"SELECT count(*) FROM ({source}) AS contractctl_locked")
    aside = _count(database, connection, sync, where, _placeless(database, sync))
    rows = _insert(database, connection, sync, where) if across_of(sync).makes_rows else 0
    wrong = f"{apart(database, across_of(sync).columns, HERE, THERE)} AND NOT ({_alone(database, sync)})"
    if _count(database, connection, sync, where, wrong):
        rows += _update(database, connection, sync, where)
    return Filled(rows, aside)


def _insert(database: Database, connection: Connection, sync: Synchronisation, where: str) -> int:
    across = across_of(sync)
    names = [*across.there, *(one.new for one in across.columns)]
    values = [*across.here, *(one.old for one in across.columns)]
    written = ", ".join(f"{HERE}.{database.quote(name)}" for name in values)
    target = f"{database.table(across.table)} ({', '.join(map(database.quote, names))})"
    found = f"{_alone(database, sync)} AND NOT {is_absent(database, across.columns, HERE)}"
    select = f"SELECT {written} FROM {_joined(database, sync, where)} WHERE {found}"
    return run(connection, database.add_new(target, select)).rowcount


def _update(database: Database, connection: Connection, sync: Synchronisation, where: str) -> int:
    across = across_of(sync)
    sets = [(one.new, f"{HERE}.{database.quote(one.old)}") for one in across.columns]
    on = f"{together(database, sync, HERE, THERE)} AND {apart(database, across.columns, HERE, THERE)}"
    source = f"SELECT * FROM {database.table(sync.table)} WHERE {where}"
    return run(connection, database.update_from(across.table, sets, source, on)).rowcount


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
    return {
        "remaining": differing,
        "set_aside": aside,
        "conflicts": 0,
        "new_side_nulls": nulls,
        "differing": differing,
    }


def repair(database: Database, connection: Connection, sync: Synchronisation, key: Key, *, old: bool) -> int:
    """Make one row agree with its partner again; `old`: the old side is right. How many rows were written."""
    where = database.has_key(sync, key)
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
    return different if across_of(sync).makes_rows else f"({different} AND NOT ({_alone(database, sync)}))"


def _placeless(database: Database, sync: Synchronisation) -> str:
    """Whether a value has no row to go to, and makes none."""
    across = across_of(sync)
    if across.makes_rows:
        return "(1 = 0)"
    return f"({_alone(database, sync)} AND NOT {is_absent(database, across.columns, HERE)})"


def _alone(database: Database, sync: Synchronisation) -> str:
    return f"{THERE}.{database.quote(across_of(sync).there[0])} IS NULL"


def _joined(database: Database, sync: Synchronisation, where: str) -> str:
    rows = f"(SELECT * FROM {database.table(sync.table)} WHERE {where}) AS {HERE}"
    on = together(database, sync, HERE, THERE)
    return f"{rows} LEFT JOIN {database.table(across_of(sync).table)} AS {THERE} ON {on}"


def _count(database: Database, connection: Connection, sync: Synchronisation, where: str, condition: str) -> int:
    query = f"SELECT {_sum(condition)} FROM {_joined(database, sync, where)}"
    return int(run(connection, query).scalar_one())


def _sum(condition: str) -> str:
    return f"coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)"


def _order(database: Database, sync: Synchronisation) -> str:
    return ", ".join(f"{HERE}.{database.quote(name)}" for name in sync.key)


def _is_absent(database: Database, one: Crossed, value: str) -> str:
    nothing = f"{value} IS NULL"
    return nothing if one.absent == "NULL" else f"({nothing} OR {database.agrees(value, one.absent, one.type)})"
