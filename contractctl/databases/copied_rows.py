"""When do a table and its copy agree? When each holds exactly the other's rows, column by column.

The table that applications write is right, whichever of the two that is: triggers let the other one follow. Once they
write the copy, a row whose number the old table cannot hold is in the copy alone, and agrees with nothing.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from contractctl.databases import Compared, Database, Filled, Key, Synchronisation, key_text, run
from contractctl.databases.crossing import HERE, THERE, across_of, copied_of, is_alone, of_row, together
from contractctl.errors import ContractctlError
from contractctl.model.amounts import agreeing, counted

_NAMED = 20
"""How many keys of rows to name."""


def fill(
    database: Database, connection: Connection, sync: Synchronisation, where: str, _before: str | None = None
) -> Filled:
    """Write the rows of a condition to the other table; repeating it changes nothing.

    They are locked before, so that what is written is what they hold.
    """
    across, here = across_of(sync), f"FROM {database.table(sync.table)} WHERE {where} AND {_fits(database, sync)}"
    run(connection, f"SELECT count(*) FROM (SELECT 1 {here}{database.locking}) AS contractctl_locked")
    names = _names(database, sync)
    select = f"SELECT {names} {here}{database.locking}"
    bring = database.add_new(f"{database.table(across.table)} ({names})", select)
    rows = run(connection, _unheld(database, bring)).rowcount
    unlike = f"NOT ({is_alone(database, sync)}) AND {_apart(database, sync)}"
    if run(connection, f"SELECT count(*) FROM {_joined(database, sync, where)} WHERE {unlike}").scalar_one():
        rows += _update(database, connection, sync, where)
    return Filled(rows, 0)


def _update(database: Database, connection: Connection, sync: Synchronisation, where: str) -> int:
    across = across_of(sync)
    sets = [(one.new, f"{HERE}.{database.quote(one.old)}") for one in across.columns if one.new not in across.there]
    source = f"SELECT {_names(database, sync)} FROM {database.table(sync.table)} WHERE {where}"
    on = f"{together(database, sync, HERE, THERE)} AND {_apart(database, sync)}"
    return run(connection, _unheld(database, database.update_from(across.table, sets, source, on))).rowcount


def _unheld(database: Database, sql: str) -> str:
    """Without foreign key checks: the rows that are written come from a table with the same foreign keys."""
    return sql if database.ddl.copying is None else database.ddl.copying.unheld(sql)


def compare(database: Database, connection: Connection, sync: Synchronisation, where: str) -> Compared:
    """Compare the rows of a condition on the key, which both tables have; each table computes its own checksum."""
    values = [(database.quote(one.old), one.type) for one in across_of(sync).columns]
    sums = [
        run(connection, f"SELECT count(*), {database.checksum(values)} FROM {database.table(table)} WHERE {rows}").one()
        for table, rows in (
            (sync.table, f"{where} AND {_fits(database, sync)}"),
            (across_of(sync).table, where),
        )
    ]
    (rows, here), (_, there) = sums
    keys = _unlike(database, connection, sync, where) if sums[0] != sums[1] else ()
    return Compared(int(rows), keys, str(here), str(there))


def _unlike(database: Database, connection: Connection, sync: Synchronisation, where: str) -> tuple[Key, ...]:
    """The keys of rows that are in only one table, or differ."""
    order = ", ".join(f"{{0}}.{database.quote(name)}" for name in sync.key)
    wrong = f"{_joined(database, sync, where)} WHERE {_wrong(database, sync)} ORDER BY {order.format(HERE)}"
    only_there = f"{_strangers(database, sync, where)} ORDER BY {order.format(THERE)}"
    queries = (
        f"SELECT {database.key_list(sync, HERE)} FROM {wrong}",
        f"SELECT {database.key_list(sync, THERE)} FROM {only_there}",
    )
    return tuple(tuple(row) for query in queries for row in run(connection, query))


def facts(database: Database, connection: Connection, sync: Synchronisation) -> dict[str, int]:
    """What the gate asks, as `comparison.facts`."""
    wrong, alone = _wrong(database, sync), f"({is_alone(database, sync)} AND {_fits(database, sync, HERE)})"
    everywhere = "(1 = 1)"
    sums = ", ".join(f"coalesce(sum(CASE WHEN {one} THEN 1 ELSE 0 END), 0)" for one in (wrong, alone))
    remaining, missing = run(connection, f"SELECT {sums} FROM {_joined(database, sync, everywhere)}").one()
    more = run(connection, f"SELECT count(*) FROM {_strangers(database, sync, everywhere)}").scalar_one()
    return {
        "remaining": int(remaining),
        "set_aside": 0,
        "conflicts": 0,
        "new_side_nulls": int(missing),
        "differing": int(remaining) + int(more),
    }


def repair(database: Database, connection: Connection, sync: Synchronisation, keys: Iterable[Key], *, old: bool) -> int:
    """Make rows agree again. Raise ContractctlError if that means copying from the table that nobody writes."""
    across = across_of(sync)
    if old is copied_of(sync).swapped:
        right = "new" if copied_of(sync).swapped else "old"
        raise ContractctlError(
            f"applications write '{sync.table}' alone, and '{across.table}' follows it: what differs there is wrong",
            hint=f"contractctl migrate verify {sync.plan} --repair {right}",
        )
    written, here, there = 0, database.table(sync.table), database.table(across.table)
    for key in keys:
        where = database.has_key(sync, key)
        run(connection, f"SELECT 1 FROM {here} WHERE {where}{database.locking}")
        gone = f"NOT EXISTS (SELECT 1 FROM {here} WHERE {where})"
        written += run(connection, _unheld(database, f"DELETE FROM {there} WHERE {where} AND {gone}")).rowcount
        written += fill(database, connection, sync, where).rows
    return written


def only_in_new(database: Database, connection: Connection, sync: Synchronisation) -> tuple[Key, ...]:
    """Keys of rows that only the copy holds: none until applications write the copy."""
    if not copied_of(sync).swapped:
        return ()
    wrong = f"({is_alone(database, sync)} OR {_apart(database, sync)})"
    query = f"SELECT {database.key_list(sync, HERE)} FROM {_joined(database, sync, '(1 = 1)')} WHERE {wrong}"
    return tuple(tuple(row) for row in run(connection, query))


def beyond(database: Database, connection: Connection, sync: Synchronisation) -> tuple[Key, ...]:
    """Keys of rows that applications have written but the other table cannot hold."""
    table = database.table(sync.table)
    query = f"SELECT {database.key_list(sync, table)} FROM {table} WHERE NOT {_fits(database, sync)}"
    return tuple(tuple(row) for row in run(connection, query))


def lost(sync: Synchronisation, keys: tuple[Key, ...]) -> ContractctlError:
    """What a rollback says about rows that the old table does not have."""
    rows, are = counted(len(keys), "row"), agreeing(len(keys), "is", "are")
    copied = copied_of(sync)
    named = ", ".join(key_text(key) for key in keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")
    return ContractctlError(
        f"{rows} of '{sync.table}' {are} not in '{across_of(sync).table}', which holds '{copied.column}' up to"
        f" {copied.most}: a rollback would lose {agreeing(len(keys), 'it', 'them')}: {named}",
        hint=f"where the number has become too great, there is no way back while such rows are there: go on, or delete"
        f" them; else: contractctl migrate verify {sync.plan} --repair new",
    )


def _names(database: Database, sync: Synchronisation) -> str:
    """The columns of both: SELECT * would leave out INVISIBLE ones."""
    return ", ".join(database.quote(one.old) for one in across_of(sync).columns)


def _fits(database: Database, sync: Synchronisation, row: str = "") -> str:
    """Whether the other table can hold a row of this one; the copy can hold all of the old one's."""
    copied = copied_of(sync)
    if not copied.swapped:
        return "(1 = 1)"
    return f"({of_row(database, row, copied.column)} BETWEEN {copied.least} AND {copied.most})"


def _wrong(database: Database, sync: Synchronisation) -> str:
    apart = f"({is_alone(database, sync)} OR {_apart(database, sync)})"
    return f"({_fits(database, sync, HERE)} AND {apart})"


def _apart(database: Database, sync: Synchronisation) -> str:
    columns = across_of(sync).columns
    pairs = ((one, of_row(database, HERE, one.old), of_row(database, THERE, one.new)) for one in columns)
    return f"({' OR '.join(database.differs(here, there, one.type) for one, here, there in pairs)})"


def _joined(database: Database, sync: Synchronisation, where: str) -> str:
    rows = f"(SELECT {_names(database, sync)} FROM {database.table(sync.table)} WHERE {where}) AS {HERE}"
    return f"{rows} LEFT JOIN {_there(database, sync)} ON {together(database, sync, HERE, THERE)}"


def _strangers(database: Database, sync: Synchronisation, where: str) -> str:
    """The other table's rows within the condition that this one does not have."""
    here = f"SELECT 1 FROM {database.table(sync.table)} AS {HERE} WHERE {together(database, sync, HERE, THERE)}"
    table = database.table(across_of(sync).table)
    rows = f"(SELECT {_names(database, sync)} FROM {table} WHERE {where}) AS {THERE}"
    return f"{rows} WHERE NOT EXISTS ({here})"


def _there(database: Database, sync: Synchronisation) -> str:
    return f"{database.table(across_of(sync).table)} AS {THERE}"
