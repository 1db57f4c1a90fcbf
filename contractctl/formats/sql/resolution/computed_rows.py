"""Which rows are refused for something that the provider computes with them, and the client's version does not?"""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.formats.sql.resolution.computed import computes_for_all, never_fails, never_null
from contractctl.formats.sql.schema import Column, Expression, Schema, Table, column_pointer, table_pointer
from contractctl.model.verdict import Undecided


def columns_computed(client: Table, provider: Table, dialect: str) -> Iterator[Undecided]:
    """Columns whose value may not fit any more, or not be there.

    What the client writes itself, and a new column that is stored, are judged where they become so.
    """
    for column in provider.columns:
        own, given = client.column(column.name), column.generated
        if given is None or (column.stored if own is None else own.generated is None):
            continue
        early = _is_computed_with_row(provider, column) and not (own and _is_computed_with_row(client, own))
        if early and not computes_for_all(provider, replace(column, stored=True), dialect):
            reason = f"it is computed with the row, and contractctl cannot tell whether {given.text} fits for every one"
        elif own and own.nullable and not column.nullable and not never_null(given.tree, client, dialect):
            reason = f"it is NOT NULL, and contractctl cannot tell for which rows {given.text} is NULL"
        else:
            continue
        at = column_pointer(provider.name, column.name)
        yield Undecided(f"{client.written}.{column.written}", reason, at if own else None, at)


def _is_computed_with_row(table: Table, column: Column) -> bool:
    """Not only when it is read: it is stored, or in a key."""
    return column.generated is not None and (column.stored or any(column.name in u.columns for u in table.uniques))


def indexes_computed(client: Schema, provider: Schema) -> Iterator[Undecided]:
    """A row is refused for which an index cannot be computed."""
    known = {(index.table, index.meaning) for index in client.indexes}
    for index in provider.indexes:
        table = provider.tables.get(index.table)
        if (index.table, index.meaning) in known or index.table not in client.tables or table is None:
            continue
        for one in index.computes:
            if not _has_value(one, table, provider.dialect):
                reason = f"'{one.text}' is indexed, and contractctl cannot tell whether it has a value for every row"
                yield Undecided(client.tables[index.table].written, reason, giver_at=table_pointer(index.table))


def _has_value(one: Expression, table: Table, dialect: str) -> bool:
    """For every row; a virtual column is computed with the row where it is indexed, and must fit its type."""
    virtual = next((column for column in table.columns if column.generated == one and not column.stored), None)
    if virtual is not None:
        return computes_for_all(table, replace(virtual, stored=True), dialect)
    return never_fails(one.tree, table, dialect)
