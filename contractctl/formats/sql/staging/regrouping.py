"""Is a column that is split, merged, moved or extracted a change after which no value is lost and nobody reads NULL?"""

from contractctl.formats.sql.schema import Column, Schema, Table
from contractctl.formats.sql.staging.refusals import refused
from contractctl.formats.sql.staging.steps import Step, filling
from contractctl.model.declared import Declared


def demand_sound(before: Schema, after: Schema, step: Step, declared: Declared) -> None:
    """Raise ContractctlError where values have no place on the other side, and nobody has said that it may be so."""
    if step.kind in {"split-column", "merge-columns"}:
        _demand_no_null(before, after, step, declared)
    if step.kind in {"move-column", "extract-table"}:
        _demand_rows(before, after, step, declared)
    if step.kind == "move-column":
        _demand_moved(before, after, step, declared)
    if step.kind == "extract-table":
        _demand_extracted(before, after, step, declared)


def is_lossy(table: Table, columns: tuple[Column, ...], declared: Declared) -> bool:
    """Whether somebody has said that values of one of these columns need not come back."""
    names = {
        name for c in columns for name in (c.name, c.written, f"{table.name}.{c.name}", f"{table.written}.{c.written}")
    }
    return bool(names & declared.lossy)


def _demand_no_null(before: Schema, after: Schema, step: Step, declared: Declared) -> None:
    """What may be NULL on the one side must have something in its place where it is NOT NULL on the other."""
    sides = (
        (before, step.table, step.olds, step.news, "old applications"),
        (after, step.to, step.news, step.olds, "new applications"),
    )
    for schema, name, columns, others, readers in sides:
        table = schema.tables[name]
        for column in columns:
            loose = [other.written for other in others if other.nullable]
            if not column.nullable and loose and filling(table, column, declared.fills) is None:
                reason = (
                    f"'{column.written}' is NOT NULL and computed from '{loose[0]}', which may be NULL: {readers} read"
                    " NULL"
                )
                hint = f'say what to store instead: --fill "{column.written}=SQL"'
                raise refused(schema, name, reason, column, hint=hint)


def _demand_rows(before: Schema, after: Schema, step: Step, declared: Declared) -> None:
    """Each value must have one row of the other table to go to, and come back from."""
    source, target = before.tables[step.table], after.tables[step.to]
    new_source = after.tables[step.table]
    here, there = tuple(here for here, _ in step.on), tuple(there for _, there in step.on)
    hint = 'say which columns match the rows: --on "COLUMN=COLUMN"'
    known = before.tables.get(step.to, target)
    pairs = [*((source, new_source, name) for name in here), *((known, target, name) for name in there)]
    for old, new, name in pairs:
        if old.column(name) != new.column(name):
            reason = f"'{new.written}.{name}' identifies the row for '{step.olds[0].written}', and changes, too"
            raise refused(after, new.name, reason, hint="change it in a separate plan")
    if not (_is_unique(target, there) and _is_unique(known, there)):
        reason = f"({', '.join(there)}) matches several rows of '{target.written}', because it is not unique there"
        if not is_shared(before, step):
            hint = (
                "their different values do not fit into one old column: add the new column, filled by the"
                f" applications, and drop '{step.olds[0].written}' in a later version"
            )
        raise refused(after, step.to, reason, hint=hint)
    if is_lossy(source, (*step.olds, *step.news), declared):
        return
    names = ", ".join(column.written for column in step.olds)
    lossy = f"confirm that this is intended: --lossy {step.olds[0].written}"
    if not _is_unique(source, here):
        reason = f"several rows of '{source.written}' share a row of '{target.written}', and so one value of '{names}'"
        raise refused(before, step.table, reason, step.olds[0], hint=lossy)
    if any(column.nullable for name in here if (column := source.column(name)) is not None and not column.counted):
        reason = f"if ({', '.join(here)}) is NULL, there is no row of '{target.written}' for '{names}'"
        raise refused(before, step.table, reason, step.olds[0], hint=lossy)


def _demand_moved(before: Schema, after: Schema, step: Step, declared: Declared) -> None:
    source, target, old, new = before.tables[step.table], after.tables[step.to], step.olds[0], step.news[0]
    if old.nullable and not new.nullable and filling(target, new, declared.fills) is None:
        reason = f"'{new.written}' is NOT NULL in '{target.written}', and '{old.written}' may be NULL"
        hint = f'say what to store instead: --fill "{new.written}=SQL"'
        raise refused(after, step.to, reason, new, hint=hint)
    if not new.nullable and new.default is None and filling(target, new, declared.fills) is None:
        reason = f"'{new.written}' is NOT NULL, but a row of '{target.written}' may have no row of '{source.written}'"
        hint = f'give it a default, or say what to store instead: --fill "{new.written}=SQL"'
        raise refused(after, step.to, reason, new, hint=hint)
    if not old.nullable and not _always_there(source, step, new):
        _demand_old_fill(before, step, old, declared)


def _always_there(source: Table, step: Step, new: Column) -> bool:
    """Whether every row has one of the other table, with a value in it."""
    here, there = tuple(here for here, _ in step.on), tuple(there for _, there in step.on)
    refers = any((key.columns, key.table, key.referred) == (here, step.to, there) for key in source.foreign_keys)
    given = all((column := source.column(name)) is not None and not column.nullable for name in here)
    return refers and given and not new.nullable


def _demand_old_fill(before: Schema, step: Step, old: Column, declared: Declared) -> None:
    if filling(before.tables[step.table], old, declared.fills) is None:
        reason = f"'{old.written}' is NOT NULL, but new applications may write no row of '{step.to}' for it"
        hint = f'say what old readers get instead: --fill "{old.written}=SQL"'
        raise refused(before, step.table, reason, old, hint=hint)


def _demand_extracted(before: Schema, after: Schema, step: Step, declared: Declared) -> None:
    target = after.tables[step.to]
    for old, new in zip(step.olds, step.news, strict=True):
        if (old.type, old.collation) != (new.type, new.collation):
            reason = f"'{old.written}' is {old.type.text} and '{step.to}.{new.written}' {new.type.text}"
            raise refused(after, step.to, reason, new, hint="extract it as it is, and change its type in a later plan")
        if is_shared(before, step) and not new.nullable:
            reason = f"'{step.to}.{new.written}' is NOT NULL, and rows of '{step.table}' that share one may disagree"
            raise refused(after, step.to, reason, new, hint="make it nullable, and NOT NULL in a later plan")
        if old.nullable and not new.nullable:
            reason = f"'{old.written}' may be NULL, and '{step.to}.{new.written}' is NOT NULL"
            raise refused(after, step.to, reason, new, hint="make it nullable, or make the old column NOT NULL first")
        if not old.nullable:
            _demand_old_fill(before, step, old, declared)
    given = {new.name for new in step.news} | {there for _, there in step.on}
    for column in target.columns:
        if column.name not in given and not column.omittable:
            reason = f"'{column.written}' of '{target.written}' is NOT NULL, and no column of '{step.table}' fills it"
            raise refused(after, step.to, reason, column, hint="give it a default, or make it nullable")


def is_shared(before: Schema, step: Step) -> bool:
    """Whether several rows may have one of the other table."""
    return not _is_unique(before.tables[step.table], tuple(here for here, _ in step.on))


def _is_unique(table: Table, names: tuple[str, ...]) -> bool:
    return any(
        u.columns and set(u.columns) <= set(names) and u.where is None and not u.expressions for u in table.uniques
    )
