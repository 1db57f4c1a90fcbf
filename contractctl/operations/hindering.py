"""What prevents an operation in a database, asked before anything is done? Each a sentence."""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import Column, Database
from contractctl.databases.catalog import Live
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation
from contractctl.operations.pairs import Crossing, Pair, written_out
from contractctl.operations.words import has, key, listed


def of_a_column(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """For a column that is added, dropped, or replaced by another one beside it."""
    table, old, new, via = operation.subject, operation.old, operation.new, operation.parameters.get("via")
    columns = database.columns(connection, table)
    yield from database.hindrances(connection, table)
    if not begun and new is not None and new != old:
        yield from _taken(database, columns, table, new)
    if not begun and via is not None:
        yield from (f"{taken}, where the new values would be kept" for taken in _taken(database, columns, table, via))
    if old is not None:
        yield from _leaving(operation, database, connection, columns, old, promised=has(operation, "old_not_null"))


def of_a_key(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """For a column of a table's key that is replaced by another one beside it."""
    table, old, via = operation.subject, operation.old or "", operation.parameters.get("via", "")
    columns = database.columns(connection, table)
    yield from database.hindrances(connection, table)
    if not begun:
        yield from (f"{taken}, where the new values would be kept" for taken in _taken(database, columns, table, via))
    if _find(database, columns, old) is None:
        yield f"table '{table}' has no column '{old}'"
        return
    yield from _another_key(operation, database, columns)
    yield from (f"'{table}.{old}' {what}" for what in database.key_obstacles(connection, table, old))


def _another_key(operation: Operation, database: Database, columns: tuple[Column, ...]) -> Iterator[str]:
    """That the key which the plan replaces is not the existing one."""
    keyed = sorted((one for one in columns if one.key_place), key=lambda one: one.key_place)
    there, planned = [one.name for one in keyed], list(key(operation)) or [operation.old or ""]
    if len(there) == len(planned) and all(map(database.same, there, planned)):
        return
    found = f"is ({', '.join(there)})" if there else "is none"
    yield f"the primary key of '{operation.subject}' {found} in the database, and ({', '.join(planned)}) in the plan"


def of_regrouped(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """For columns that are replaced by others."""
    if operation.regroup is None:
        return
    columns = database.columns(connection, operation.subject)
    yield from database.hindrances(connection, operation.subject)
    for new in operation.regroup.ups if not begun else ():
        yield from _taken(database, columns, operation.subject, new)
    for old in operation.regroup.downs:
        promised = has(operation, f"old_not_null.{old}")
        yield from _leaving(operation, database, connection, columns, old, promised=promised)


def of_a_column_that_stays(
    operation: Operation, database: Database, connection: Connection, *, begun: bool
) -> Iterator[str]:
    """For a column whose NOT NULL or default changes."""
    del begun
    table, name = operation.subject, operation.new or operation.old or ""
    if _find(database, database.columns(connection, table), name) is None:
        yield f"table '{table}' has no column '{name}'"
    if "fill" in operation.parameters:
        yield from database.hindrances(connection, table)


def of_a_new_table(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """For a new table."""
    name = operation.new or operation.subject
    if not begun and _is_relation(database, connection, name):
        yield f"the database already has a table or a view '{name}'"


def of_a_renamed_table(
    operation: Operation, database: Database, connection: Connection, *, begun: bool
) -> Iterator[str]:
    """For a renamed table."""
    database.columns(connection, operation.subject)
    yield from of_a_new_table(operation, database, connection, begun=begun)


def of_a_table(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """For a dropped table."""
    del begun
    database.columns(connection, operation.subject)
    yield from ()


def of_a_new_part(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """For a new constraint or index."""
    name, table = operation.new or "", operation.subject
    parts = database.parts(connection, table)
    if not begun and any(database.same(part, name) for part in parts):
        yield f"table '{table}' already has a constraint or an index '{name}'"


def of_an_old_part(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """For a dropped constraint or index."""
    del begun
    name, table = operation.old or "", operation.subject
    if operation.kind == "drop-check" and database.ddl.carries_checks:
        condition = operation.parameters.get("condition", "")
        if not database.ddl.drop_constraint(Live(database, connection), table, "check", name, f"CHECK ({condition})"):
            yield f"table '{table}' has no CHECK '{name}', and none with the condition: {condition}"
        return
    known = operation.parameters.get("named") != "no"
    if known and not any(database.same(part, name) for part in database.parts(connection, table)):
        yield f"table '{table}' has no constraint or index '{name}'"
    for what in database.part_obstacles(connection, table, name):
        yield f"'{name}' of '{table}' {what}"


def of_rows(database: Database, connection: Connection, table: str) -> Iterator[str]:
    """Rows that are filled, and may be marked, must be distinguishable."""
    try:
        database.key_columns(connection, table)
    except ContractctlError as error:
        yield f"{error.message}: {error.hint}"


def of_expressions(database: Database, connection: Connection, table: str, pair: Pair) -> Iterator[str]:
    """What the database itself rejects in expressions; those over columns of unknown type are not tried."""
    if isinstance(pair, Crossing):
        return  # its values do not change
    there = {column.name: column for column in database.columns(connection, table)}
    written = written_out(database, pair)
    coming = {pair.via or name: Column(pair.via or name, pair.types.get(pair.via or name, "")) for name in pair.new}
    ups = tuple(there.get(name) for name in pair.old) if pair.old else tuple(there.values())
    asked = [("up", name, value, ups) for name, value in written.new.items()]
    asked += [("down", name, value, tuple(coming.values())) for name, value in written.old.items()]
    for way, name, value, columns in asked:
        found = tuple(column for column in columns if column is not None and column.type)
        if len(found) < len(columns) or any(database.is_name(value, column.name) for column in found):
            continue
        refusal = database.refusal(connection, table, value, found)
        if refusal is not None:
            role = f"{way} of '{table}.{name}'" if pair.old else f"the value that fills '{table}.{name}'"
            yield f"{role} {refusal}: {value}"


def _leaving(  # noqa: PLR0913 - which column of which table, and what is known of it
    operation: Operation,
    database: Database,
    connection: Connection,
    columns: tuple[Column, ...],
    old: str,
    *,
    promised: bool,
) -> Iterator[str]:
    table = operation.subject
    found = _find(database, columns, old)
    if found is None:
        yield f"table '{table}' has no column '{old}'"
        return
    followed = listed(operation, "followed") if "followed" in operation.parameters else ()
    for what in database.obstacles(connection, table, old, followed):
        yield f"'{table}.{old}' {what}"
    if found.not_null and found.default is None and not promised:
        yield f"'{table}.{old}' is NOT NULL in the database but not in the released version of {operation.contract}"


def _taken(database: Database, columns: tuple[Column, ...], table: str, name: str) -> Iterator[str]:
    if _find(database, columns, name) is not None:
        yield f"table '{table}' already has a column '{name}'"


def _find(database: Database, columns: tuple[Column, ...], name: str) -> Column | None:
    return next((column for column in columns if database.same(column.name, name)), None)


def _is_relation(database: Database, connection: Connection, name: str) -> bool:
    return database.exists(connection, name) or database.is_view(connection, name)


def asked(ask: Iterator[str]) -> Iterator[str]:
    """What was found; a missing table is a sentence, too."""
    try:
        yield from ask
    except ContractctlError as error:
        yield error.message
