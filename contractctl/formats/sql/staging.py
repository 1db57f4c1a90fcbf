"""How do two versions of a table stand side by side? The version between them, and the operations that lead there."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl.errors import ContractctlError
from contractctl.formats.sql.parsing import filled_comment, parse
from contractctl.formats.sql.schema import Column, Schema, Table
from contractctl.formats.sql.steps import OWN_REVISION, Step, beside, changes, filling
from contractctl.formats.sql.writing import column_name, create_table, identifier
from contractctl.model.contract import File, Policy, Source
from contractctl.model.plan import Operation, Transform

SIDE = "__new"
"""What follows a column's name in the name of the column that stands beside it while its type changes."""


def operations(  # noqa: PLR0913, PLR0917 - two versions, and what cannot be read off them
    old: Source,
    new: Source,
    renames: Mapping[str, str],
    contract: str,
    policy: Policy = Policy(),
    fills: Mapping[str, str] | None = None,
) -> tuple[Operation, ...]:
    """The operations that lead from one version to the other.

    renames: `column` or `table.column` → the new column's name. fills: the same → the SQL expression that takes the
    place of NULL where a column becomes NOT NULL, comes as NOT NULL, or goes. Raise ContractctlError for a change that
    cannot be staged.
    """
    before, after = _both(old, new, policy)
    return tuple(
        _operation(before.tables[table], step, contract, before.dialect, fills or {})
        for table, steps in changes(before, after, renames, fills or {}).items()
        for step in steps
    )


def intermediate(
    old: Source,
    new: Source,
    renames: Mapping[str, str],
    policy: Policy = Policy(),
    fills: Mapping[str, str] | None = None,
) -> Source:
    """The version with both sides: clients of either end work against it.

    Two exceptions. While a type changes under the same name, clients of the new version must still use the column
    beside, named with `__new`. And where a column goes that was NOT NULL and has neither a default nor a fill, old
    clients read NULL from rows of new ones.
    """
    before, after = _both(old, new, policy)
    found = changes(before, after, renames, fills or {})
    staged = {name: _staged(before.tables[name], steps, fills or {}) for name, steps in found.items()}
    text = "".join(_written(before, staged))
    read = parse(Source((File("the staged version", text),)), Policy(dialect=before.dialect))
    for name, table in staged.items():
        if read.tables[name] != table:
            raise ContractctlError(
                f"the table '{table.written}' says things that contractctl cannot write again", hint=OWN_REVISION
            )
    return Source((File(old.name, text),))


def _both(old: Source, new: Source, policy: Policy) -> tuple[Schema, Schema]:
    before = parse(old, policy)
    after = parse(new, Policy(dialect=before.dialect))
    for schema in (before, after):
        other = after if schema is before else before
        known = {unread.text for unread in other.unread}
        for unread in schema.unread:
            if unread.text not in known:
                raise ContractctlError(
                    f"{schema.source.name}:{unread.line}: this statement cannot be staged: {unread.reason}",
                    hint=OWN_REVISION,
                )
    return before, after


def _operation(table: Table, step: Step, contract: str, dialect: str, fills: Mapping[str, str]) -> Operation:
    old = column_name(step.old, dialect) if step.old else None
    new = column_name(step.new, dialect) if step.new else None
    return Operation(
        kind=step.kind,
        contract=contract,
        subject=table.name,
        old=old,
        new=new,
        transform=_transform(step, dialect),
        parameters=dict(_parameters(table, step, dialect, fills)),
    )


def _transform(step: Step, dialect: str) -> Transform | None:
    if step.old is None or step.new is None or step.kind == "set-not-null":
        return None
    before, after = (identifier(column_name(c, dialect), dialect, quoted=True) for c in (step.old, step.new))
    if beside(step):
        after = identifier(column_name(step.new, dialect) + SIDE, dialect, quoted=True)
    if step.old.type == step.new.type:
        return Transform(before, after)
    return Transform(f"CAST({before} AS {step.new.type.text})", f"CAST({after} AS {step.old.type.text})")


def _parameters(table: Table, step: Step, dialect: str, fills: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    column = step.new or step.old
    assert column is not None  # noqa: S101 - a step has one of them
    yield "type", column.type.text
    if step.new is not None and step.new.default is not None:
        yield "default", step.new.default.written
    if column.collation is not None:
        yield "collation", column.collation
    if step.old is not None and not step.old.nullable and (step.new is not None or step.old.default is None):
        yield "old_not_null", "yes"
    if step.new is not None and not step.new.nullable:
        yield "not_null", "yes"
    if beside(step):
        yield "via", column_name(column, dialect) + SIDE
    if step.kind in {"add-column", "drop-column"} and (value := filling(table, column, fills)) is not None:
        yield "fill", value
    if step.kind == "set-not-null":
        yield "fill", _fill(table, column, fills)


def _fill(table: Table, column: Column, fills: Mapping[str, str]) -> str:
    """What takes the place of NULL: declared, or the column's own default."""
    declared = filling(table, column, fills)
    if declared is not None:
        return declared
    if column.default is not None:
        return column.default.written
    raise ContractctlError(
        f"'{table.written}.{column.written}' becomes NOT NULL, and nothing says what takes the place of NULL",
        hint="give the column a default in the new version, or say what to fill in",
    )


def _staged(table: Table, steps: tuple[Step, ...], fills: Mapping[str, str]) -> Table:
    """The table with both sides."""
    columns = {column.name: column for column in table.columns}
    for step in steps:
        if step.old is not None:
            columns[step.old.name] = _leaving(table, step.old, step, fills)
        if step.new is not None and step.kind != "set-not-null":
            side = _coming(table, step.new, step, fills)
            columns[side.name] = side
    return replace(table, columns=tuple(columns.values()))


def _leaving(table: Table, column: Column, step: Step, fills: Mapping[str, str]) -> Column:
    """The old side: new applications do not write it."""
    if step.kind == "set-not-null":
        return replace(column, filled=True)
    if step.kind == "drop-column":
        if column.omittable:
            return column
        return replace(column, nullable=True, filled=filling(table, column, fills) is not None)
    return column if column.nullable else replace(column, nullable=True, filled=True)


def _coming(table: Table, column: Column, step: Step, fills: Mapping[str, str]) -> Column:
    """The new side: old applications do not write it, and a default would hide from the triggers that they did not."""
    if step.kind == "add-column" and filling(table, column, fills) is None:
        return column
    side = SIDE if beside(step) else ""
    name, written = column.name + side, column.written + side
    return replace(column, name=name, written=written, nullable=True, default=None, filled=True)


def _written(before: Schema, staged: Mapping[str, Table]) -> Iterator[str]:
    """The old version's statements, with the staged tables in the place of what made them."""
    done = set()
    for statement in before.statements:
        table = staged.get(statement.subject)
        if table is None:
            yield f"{statement.text};\n"
        elif table.name not in done:
            done.add(table.name)
            yield from (f"{filled_comment(table.name, c.name)}\n" for c in table.columns if c.filled)
            indexes = [index.text for index in before.indexes if index.table == table.name]
            within = tuple(text for text in indexes if not text.startswith("CREATE"))
            yield f"{create_table(table, before.dialect, within)};\n"
            yield from (f"{unique.written};\n" for unique in table.uniques if unique.written)
            yield from (f"{text};\n" for text in indexes if text not in within)
    yield from (f"{unread.text};\n" for unread in before.unread)
