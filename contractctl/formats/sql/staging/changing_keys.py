"""What may become of a table's key? Rows are found by the old one until the end, on both sides of the change."""

from collections.abc import Iterable

from contractctl.errors import ContractctlError
from contractctl.formats.sql.parsing.partitions import PARTITIONED
from contractctl.formats.sql.schema import Column, Schema, Table
from contractctl.formats.sql.staging.bonds import Bond
from contractctl.formats.sql.staging.refusals import refused
from contractctl.formats.sql.staging.steps import Step
from contractctl.formats.sql.staging.ways import is_said, keeps_values
from contractctl.formats.sql.writing import identifier, table_identifier
from contractctl.model.declared import Declared


def demand_the_same(before: Schema, after: Schema, bonds: Iterable[Bond]) -> None:
    """SQLite gives a table no other key: https://www.sqlite.org/lang_altertable.html."""
    if before.dialect != "sqlite":
        return
    renamed = {(bond.table, bond.olds[0]): bond.news[0] for bond in bonds if bond.kind == "rename"}
    for old in before.tables.values():
        new = after.tables.get(old.name)
        for name in old.primary_key if new is not None else ():
            column, other = old.column(name), new.column(renamed.get((old.name, name), name)) if new else None
            if column is None or other is None:
                continue
            if (column.name, column.type, column.collation) != (other.name, other.type, other.collation):
                raise _refused_by_sqlite(after, old, column, other)


def _refused_by_sqlite(after: Schema, table: Table, old: Column, new: Column) -> ContractctlError:
    reason = (
        f"'{old.written}' is in the primary key of '{table.written}', and SQLite cannot change the key of a table"
        " without rebuilding it while nobody writes"
    )
    if old.name == new.name:
        hint = (
            "keep its type: an INTEGER of SQLite holds 64 bits, and text has any length, whatever the type says; for"
            " other values keep the key, and add a column with a UNIQUE index beside it"
        )
    else:
        names = (identifier(one.written, after.dialect) for one in (old, new))
        rename = f"ALTER TABLE {table_identifier(table.written, after.dialect)} RENAME COLUMN {' TO '.join(names)}"
        hint = (
            f"keep its name; or, while no application that uses '{old.written}' runs: {rename}, which takes an instant;"
            " then release the contract with that alone"
        )
    return refused(after, table.name, reason, new, hint=hint)


def demand_whole(after: Schema, steps: Iterable[Step]) -> None:
    """A partitioned table keeps its key: no server makes another one of it while others write."""
    for step in steps:
        table = after.tables[step.to]
        if step.kind == "change-key-type" and any(clause.startswith(PARTITIONED) for clause in table.unjudged):
            reason = (
                f"'{step.news[0].written}' is in the primary key of '{table.written}', which is partitioned: no other"
                " key can be built there while others write"
            )
            hint = (
                "leave the key as it is; or copy the rows to a table that has the new one, in a revision of your own,"
                " and release the contract with that alone"
            )
            raise refused(after, table.name, reason, step.news[0], hint=hint)


def demand_found(before: Schema, after: Schema, steps: Iterable[Step]) -> None:
    """A table without a primary key keeps what finds its rows: a UNIQUE over columns that stay NOT NULL to the end."""
    if before.dialect == "sqlite":  # which finds a row by its rowid
        return
    leaving: dict[str, dict[str, Column]] = {}
    for step in steps:
        if not step.stays:
            optional = {column.name: column for column in step.olds if not column.omittable}
            leaving.setdefault(step.table, {}).update(optional)
    for name, columns in leaving.items():
        table = before.tables[name]
        if not table.primary_key and table.row_keys and all(columns.keys() & set(key) for key in table.row_keys):
            key = table.row_keys[0]
            column = next(columns[one] for one in key if one in columns)
            reason = (
                f"'{table.written}' has no primary key: its rows are identified by UNIQUE ({', '.join(key)}), in"
                f" which '{column.written}' could be NULL while it is being replaced"
            )
            hint = "make that the primary key, or give it one, in a revision and a version of its own; then plan this"
            raise refused(after, name, reason, hint=hint)


def demand_both_ways(before: Schema, after: Schema, steps: Iterable[Step], declared: Declared) -> None:
    """Rows are found by either key: how the one becomes the other, and back, is said and not guessed."""
    for step in steps:
        said = step.kind != "change-key-type" or is_said(before, step, declared)
        if said or keeps_values(step, before.dialect, declared):
            continue
        name = step.news[0].written
        reason = f"the primary key '{name}' would not hold the same values in its new type"
        hint = f'widen it, or give both conversions: --up "{name}=SQL over {name}" --down "{name}=SQL over {name}__new"'
        raise refused(after, step.to, reason, step.news[0], hint=hint)
