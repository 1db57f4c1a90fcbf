"""Which steps lead from one version of a table to the next, column by column?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl.formats.sql.resolution.values import holds_all
from contractctl.formats.sql.schema import Column, Family, Schema, Table
from contractctl.formats.sql.staging import unstaged
from contractctl.formats.sql.staging.bonds import Bond, only
from contractctl.formats.sql.staging.refusals import (
    demand_free,
    demand_no_clause,
    demand_no_moment,
    demand_not_counted,
    demand_nothing_else,
    demand_same_charset,
    demand_same_counting,
    demand_same_promise,
    refused,
)
from contractctl.formats.sql.staging.steps import COPIED_ALONG, Step, filling

_KINDS = {
    "rename": "rename-column",
    "split": "split-column",
    "merge": "merge-columns",
    "move": "move-column",
    "extract": "extract-table",
}


def column_steps(before: Schema, after: Schema, bonds: tuple[Bond, ...], fills: Mapping[str, str]) -> tuple[Step, ...]:
    """Steps of the columns of all tables that both versions have. Raise ContractctlError where one is not staged."""
    found: list[Step] = []
    for name, table in before.tables.items():
        if name in after.tables:
            new = after.tables[name]
            steps = _with_what_goes_along(table, new, tuple(_steps(before, after, table, bonds, fills)))
            found += steps
            demand_nothing_else(after, table, new, steps)
    for step in found:
        demand_free(before, after, step)
        demand_no_moment(after, step, fills)
    return tuple(found)


def _steps(
    before: Schema, after: Schema, old: Table, bonds: tuple[Bond, ...], fills: Mapping[str, str]
) -> Iterator[Step]:
    new = after.tables[old.name]
    leaving = {(bond.table, name): bond for bond in bonds for name in bond.olds}
    arriving = {(bond.to, name) for bond in bonds for name in bond.news}
    for column in old.columns:
        bond, given = leaving.get((old.name, column.name)), new.column(column.name)
        if bond is not None and bond.olds[0] != column.name:
            continue  # it goes with the first one
        if bond is not None:
            yield _bound_step(before, after, bond)
        elif given is None:
            yield Step("drop-column", old.name, (column,), (), old.name)
        elif column != given:
            yield from _changed(after, new, column, given)
    for column in only(new, old):
        if (new.name, column.name) not in arriving:
            yield _added(after, new, column, fills)


def _with_what_goes_along(old: Table, new: Table, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps, where a table goes over to a copy with what refers to its counted column within the table."""
    copied = next((step for step in steps if step.kind == "copy-table"), None)
    if copied is None or old.primary_key != (copied.olds[0].name,):
        return steps
    along = {
        name
        for name in unstaged.within(old, copied.olds[0].name) & unstaged.within(new, copied.news[0].name)
        if (column := old.column(name)) and replace(column, type=copied.news[0].type) == new.column(name)
    }
    return tuple(
        replace(step, kind=COPIED_ALONG) if step.olds and step.olds[0].name in along else step for step in steps
    )


def _added(after: Schema, table: Table, column: Column, fills: Mapping[str, str]) -> Step:
    if not column.omittable and filling(table, column, fills) is None:
        reason = f"'{column.written}' is NOT NULL, new and without a default: old applications do not write it"
        hint = f'give it a default, or say what to fill in: --fill "{column.written}=SQL"'
        raise refused(after, table.name, reason, column, hint=hint)
    if column.counted:
        reason = f"'{column.written}' is new and numbered by the database, which would rewrite every row"
        raise refused(after, table.name, reason, column)
    return Step("add-column", table.name, (), (column,), table.name)


def _changed(after: Schema, table: Table, old: Column, new: Column) -> Iterator[Step]:
    """The steps that make the one column of the other. Raise ContractctlError where none do."""

    def step(kind: str) -> Step:
        return Step(kind, table.name, (old,), (new,), table.name)

    if new.generated != old.generated or new.stored != old.stored:
        reason = f"how '{new.written}' is generated changes, and generated columns are not staged"
        raise refused(after, table.name, reason, new)
    demand_same_counting(after, table, old, new)
    if _goes_over_to_a_copy(after, old, new):
        demand_same_promise(after, table, old, new)
        yield step("copy-table")
        return
    if (new.type, new.collation) != (old.type, old.collation):
        demand_not_counted(after, table, old, new)
        demand_no_clause(after, table, new)
        demand_same_promise(after, table, old, new)
        yield step("change-key-type" if new.name in table.primary_key else "change-type")
        return
    if old.nullable and not new.nullable:
        yield step("set-not-null")
    if new.nullable and not old.nullable:
        yield step("drop-not-null")
    if new.default != old.default and (new.nullable or not old.nullable or new.default is None):
        yield step("change-default")  # set-not-null brings a new default along


def _goes_over_to_a_copy(after: Schema, old: Column, new: Column) -> bool:
    """Whether no second column can stand for it until it has its new type, and a copy of the table can."""
    whole = old.type.family is new.type.family is Family.INTEGER
    return after.dialect == "mysql" and new.counted and whole and holds_all(new.type, old.type)


def _bound_step(before: Schema, after: Schema, bond: Bond) -> Step:
    old, new = before.tables[bond.table], after.tables[bond.to]
    olds = tuple(column for name in bond.olds if (column := old.column(name)) is not None)
    news = tuple(column for name in bond.news if (column := new.column(name)) is not None)
    kind = _KINDS[bond.kind]
    if bond.kind == "rename":
        demand_same_promise(after, new, olds[0], news[0])
        demand_same_counting(after, new, olds[0], news[0])
        demand_same_charset(after, (old, olds[0]), (new, news[0]))
        demand_not_counted(after, new, olds[0], news[0])
        if _in_key(before.dialect, old, olds[0]) and _in_key(after.dialect, new, news[0]):
            kind = "change-key-type"
        elif (olds[0].type, olds[0].collation) != (news[0].type, news[0].collation):
            kind = "change-type"
    return Step(kind, old.name, olds, news, new.name, bond.on)


def _in_key(dialect: str, table: Table, column: Column) -> bool:
    """Whether it is in a table's key, and in one that can go over to another column."""
    return dialect in {"postgresql", "mysql"} and column.name in table.primary_key
