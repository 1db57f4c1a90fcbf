"""How do columns move into another table? Both tables' rows are kept in step until nobody uses the old columns.

A row of the old table has at most one of the other, found by `key`, and the values stay what they are. Where several
have the same one, that is said to be lossy: databases/sharing.py tells what becomes of those that do not agree.
Whatever is said of an operation that this cannot hold is refused while it is planned.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Column, Database, run, savepoints
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Plan
from contractctl.operations.pairs import Crossing, Pair, Whole
from contractctl.operations.steps import BrownOut, DropOldColumn, RelaxNotNull, Step
from contractctl.operations.words import has, needed, paired
from contractctl.operations.words import key as keyed


def key(operation: Operation) -> dict[str, str]:
    """Columns of the old table that identify the other table's row, each with its column there."""
    return paired(operation, "key")


def columns(operation: Operation) -> dict[str, str]:
    """Old columns, each with the new one."""
    return paired(operation, "columns")


def relaxed(operation: Operation, olds: Iterable[str], promised: Iterable[str]) -> Iterator[Step]:
    """New applications no longer give the old columns."""
    yield from (RelaxNotNull(operation.subject, old) for old in olds if old in tuple(promised))


def quiesced(operation: Operation, olds: Iterable[str]) -> tuple[Step, ...]:
    """The old names are gone for a while."""
    return (BrownOut(operation.subject, dict.fromkeys(olds)),)


def dropped(operation: Operation, olds: Iterable[str]) -> tuple[Step, ...]:
    """The old columns are dropped."""
    return tuple(DropOldColumn(operation.subject, old) for old in olds)


def crossing(
    operation: Operation,
    pairs: Mapping[str, str],
    types: Mapping[str, str],
    absent: Mapping[str, str],
    *,
    makes_rows: bool,
) -> Crossing:
    """What is kept in step. types: those of the old columns."""
    return Crossing(
        old=dict.fromkeys(pairs, ""),
        new=dict.fromkeys(pairs.values(), ""),
        lossy=True,  # what has no counterpart is counted separately
        source=operation.subject,
        to=needed(operation, "to"),
        on=key(operation),
        absent=absent,
        makes_rows=makes_rows,
        shared=is_shared(operation),
        types=types,
        key=keyed(operation, "source_key"),
        there=keyed(operation, "target_key"),
    )


def is_shared(operation: Operation) -> bool:
    """Whether it was declared that several rows may have one of the other table."""
    return has(operation, "shared") or (operation.transform is not None and operation.transform.lossy)


def joined(plan: Plan, table: str, pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """What is kept in step on one table; columns that move into the same table are handled together.

    Raise ContractctlError where a plan needs more on one table than one set of triggers can do.
    """
    found = tuple(pairs)
    if len(found) > 1 and any(isinstance(pair, Whole) for pair in found):
        raise ContractctlError(
            f"plan '{plan.name}' replaces '{table}' by a copy, and makes other changes to it",
            hint="plan one of them first, and the other once that is contracted",
        )
    crossings = [pair for pair in found if isinstance(pair, Crossing)]
    if not crossings:
        return found
    first = crossings[0]
    alike = len({(one.to, tuple(one.on.items()), one.makes_rows, one.shared) for one in crossings}) == 1
    if len(crossings) < len(found) or not alike:
        raise ContractctlError(
            f"plan '{plan.name}' moves columns of '{table}' to '{first.to}', and keeps other columns of it in step"
            " with something else",
            hint="plan one of them first, and the other once that is contracted",
        )
    olds = {name: "" for one in crossings for name in one.old}
    news = {name: "" for one in crossings for name in one.new}
    types = {name: type_ for one in crossings for name, type_ in one.types.items()}
    absent = {name: value for one in crossings for name, value in one.absent.items()}
    return (replace(first, old=olds, new=news, types=types, absent=absent),)


def new_columns(pairs: Iterable[Pair]) -> tuple[str, ...]:
    """The new columns that are in another table."""
    return tuple(name for pair in pairs if isinstance(pair, Crossing) for name in pair.new)


def hindrances(
    operation: Operation, database: Database, connection: Connection, olds: Mapping[str, str | None]
) -> Iterator[str]:
    """What prevents it in a database. olds: the old columns, each with its value where there is no counterpart."""
    table = operation.subject
    found = database.columns(connection, table)
    yield from database.hindrances(connection, table)
    if database.is_scattered(connection, table):
        yield (
            f"'{table}' is partitioned: to triggers an UPDATE that moves a row to another partition is a DELETE and an"
            f" INSERT, so that what '{needed(operation, 'to')}' holds of the row would be lost or overwritten"
        )
    for name, absent in olds.items():
        column = _find(database, found, name)
        if column is None:
            yield f"table '{table}' has no column '{name}'"
            continue
        yield from (f"'{table}.{name}' {what}" for what in database.obstacles(connection, table, name))
        if absent is not None and not _is_constant(connection, absent):
            yield f"what old readers get in '{table}.{name}' must be the same in every row, but {absent} is not"
        if column.default is not None and _bare(column.default) not in {_bare(absent or "NULL"), "NULL"}:
            yield (
                f"'{table}.{name}' has the default {column.default}, so it is unknown whether a value was given: let"
                f' old readers get the same where there is none: --fill "{name}={column.default}"'
            )
    for name in key(operation):
        finding = _find(database, found, name)
        if finding is None:
            yield f"table '{table}' has no column '{name}'"
        elif operation.kind == "extract-table" and not (finding.not_null or finding.key_place):
            yield f"where '{table}.{name}' is NULL no row can be extracted: make it NOT NULL first"
    if is_shared(operation):
        yield from _unindexed(database, connection, table, tuple(key(operation)))
    else:
        yield from several(database, connection, table, tuple(key(operation)))


def several(database: Database, connection: Connection, table: str, names: tuple[str, ...]) -> Iterator[str]:
    """That several rows may hold the same in the columns that find a row, where no index of the table forbids it."""
    keys = [columns for columns, unique in _indexed(connection, table) if unique]
    if not any(one and all(any(database.same(part, name) for name in names) for part in one) for one in keys):
        yield (
            f"several rows of '{table}' may hold the same ({', '.join(names)}), which identify a row of the other"
            " table: make these columns unique first"
        )


def _unindexed(database: Database, connection: Connection, table: str, names: tuple[str, ...]) -> Iterator[str]:
    """That the rows that share one of the other table can only be found by reading all of them."""
    begins = (columns[: len(names)] for columns, _ in _indexed(connection, table) if len(columns) >= len(names))
    if not any(all(any(database.same(part, name) for part in one) for name in names) for one in begins):
        yield (
            f"no index of '{table}' begins with ({', '.join(names)}), which identify the rows that share one of the"
            " other table: create one first"
        )


def _indexed(connection: Connection, table: str) -> Iterator[tuple[list[str], bool]]:
    """The columns of each key and index of the whole table, and whether no two rows hold the same in them."""
    schema, _, bare = table.rpartition(".")
    seen = inspect(connection)
    yield seen.get_pk_constraint(bare, schema or None)["constrained_columns"], True
    yield from ((one["column_names"], True) for one in seen.get_unique_constraints(bare, schema or None))
    for one in seen.get_indexes(bare, schema or None):
        if not any("where" in what or "length" in what for what in one.get("dialect_options", {})):
            yield [name or "" for name in one["column_names"]], bool(one["unique"])


def promised(operation: Operation) -> tuple[str, ...]:
    """The old columns that are NOT NULL."""
    return tuple(old for old in columns(operation) if has(operation, f"old_not_null.{old}"))


def _find(database: Database, found: Iterable[Column], name: str) -> Column | None:
    return next((column for column in found if database.same(column.name, name)), None)


def _is_constant(connection: Connection, sql: str) -> bool:
    try:
        with savepoints.all_or_nothing(connection):
            run(connection, f"SELECT {sql}")
    except DBAPIError:
        return False
    return True


def _bare(sql: str) -> str:
    """A default without the cast and the parentheses in which an engine shows it."""
    return sql.partition("::")[0].strip("() ").upper()
