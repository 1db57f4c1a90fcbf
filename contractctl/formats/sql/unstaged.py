"""What is there that MariaDB does to a column only while nobody writes, and what is there to do instead?

No trigger of MariaDB knows the number of a row that is being inserted, so that nothing can keep a second column in step
with one that AUTO_INCREMENT counts; and no column that is there gets AUTO_INCREMENT without a copy of the table. A
sequence as the default would be known in time, but tells no client its number: LAST_INSERT_ID() then says an older one.

A new column can be NULL until it is filled, and of a TIMESTAMP MariaDB forbids that by a copy of the table alone.
"""

from contractctl.formats.sql.schema import Column, Schema, Table
from contractctl.formats.sql.writing import column_definition, column_name, identifier, table_identifier

_ALONE = "release the contract with that alone"


def retyped(schema: Schema, table: Table, old: Column, new: Column) -> tuple[str, str]:
    """Why it gets no other type beside writers, and what to do instead; `schema` and `table` are those after."""
    reason = (
        f"'{new.written}' is counted up by AUTO_INCREMENT, and only a copy of '{table.written}' gives it another type:"
        " MariaDB gives AUTO_INCREMENT to no other column, and no trigger knows the number of a row being inserted"
    )
    renamed = old.name != new.name
    what = f"CHANGE COLUMN {_name(old)} {_name(new)}" if renamed else f"MODIFY COLUMN {_name(new)}"
    alter = f"{_alter(table)} {what} {column_definition(table, new, schema.dialect)}, ALGORITHM=COPY, LOCK=SHARED"
    hint = (
        "let gh-ost or pt-online-schema-change copy the table beside writers, or, when nobody has to write, run:"
        f" {alter} (and its COMMENT, if it has one); readers go on, writers wait for the whole copy (reckon with 10 MB"
        " of the table a second), but from MariaDB 11.2 on LOCK=NONE in its place lets them go on, too;"
        f" {_unbound(schema, table, old, new)}then {_ALONE}"
    )
    return reason, hint


def renamed(table: Table, old: Column, new: Column) -> tuple[str, str]:
    """Why it does not go by two names, and what to do instead."""
    reason = (
        f"'{old.written}' of '{table.written}' is counted up by AUTO_INCREMENT: no trigger of MariaDB knows the number"
        f" of a row being inserted, so that it cannot be '{new.written}' as well"
    )
    hint = (
        f"keep its name; or, while no application runs that says '{old.written}': {_alter(table)} RENAME COLUMN"
        f" {_name(old)} TO {_name(new)}, ALGORITHM=INSTANT, LOCK=NONE, which takes an instant, whatever the table's"
        f" size; then {_ALONE}"
    )
    return reason, hint


def moment(table: Table, column: Column) -> tuple[str, str]:
    """Why a TIMESTAMP does not become NOT NULL beside writers, and what to do instead."""
    reason = (
        f"'{column.written}' of '{table.written}' can be NULL until it is filled, and MariaDB forbids that in a"
        " TIMESTAMP only by a copy of the table, while nobody writes"
    )
    return reason, f"let it be NULL, also in the version before; or make it when nobody has to write, and {_ALONE}"


def _unbound(schema: Schema, table: Table, old: Column, new: Column) -> str:
    """MariaDB copies no table whose column changes while a foreign key refers to it."""
    bound = [
        f"{f'{key.name!r} of ' if key.name else ''}'{other.written}' ({', '.join(key.columns)})"
        for other in schema.tables.values()
        for key in other.foreign_keys
        if key.table == table.name and {old.name, new.name} & set(key.referred or table.primary_key)
    ]
    if not bound:
        return ""
    return (
        f"before, drop every foreign key that refers to it, {', '.join(bound)}, and make it again when its own column"
        " has the same type; "
    )


def _alter(table: Table) -> str:
    return f"ALTER TABLE {table_identifier(table.written, 'mysql')}"


def _name(column: Column) -> str:
    return identifier(column_name(column, "mysql"), "mysql")
