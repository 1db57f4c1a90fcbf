"""What leads from one version of the tables to the next? All that changes, or the reason why it is not staged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from contractctl.errors import ContractctlError
from contractctl.formats.sql.parsing import parse
from contractctl.formats.sql.schema import Column, Schema, Table
from contractctl.formats.sql.staging import changing_keys, unstaged
from contractctl.formats.sql.staging.bonds import bonds, renamed_tables
from contractctl.formats.sql.staging.column_steps import column_steps
from contractctl.formats.sql.staging.names import demand_plain, side_name
from contractctl.formats.sql.staging.parts import Columns, Part, PartStep, part_steps
from contractctl.formats.sql.staging.refusals import OWN_REVISION, refused
from contractctl.formats.sql.staging.regrouping import demand_sound
from contractctl.formats.sql.staging.steps import COPIED_ALONG, Step, filling
from contractctl.formats.sql.staging.tables import Created, created, demand_the_same, dropped_in_order
from contractctl.formats.sql.staging.ways import keeps_values, side
from contractctl.model.contract import Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Stage


@dataclass(frozen=True, slots=True)
class Path:
    """All that changes between two versions."""

    before: Schema
    after: Schema
    declared: Declared
    renamed: Mapping[str, str]
    """Old name → new name of tables."""
    created: tuple[Created, ...]
    """In the order in which they can be made; those that are extracted among them."""
    dropped: tuple[Table, ...]
    """In the order in which they can go."""
    steps: tuple[Step, ...]
    parts: tuple[PartStep, ...]
    twins: Mapping[str, Mapping[str, str]]
    """Table → old column → the one new column that holds the same in other words."""

    @property
    def dialect(self) -> str:
        return self.before.dialect

    def key_of(self, table: Table) -> Iterator[tuple[Column, Step | None]]:
        """The columns of a table's key, each with the step by which it gets another type or name."""
        steps = {
            step.olds[0].name: step
            for step in self.steps
            if step.kind == "change-key-type" and step.table == table.name
        }
        for name in table.primary_key:
            if (column := table.column(name)) is not None:
                yield column, steps.get(name)


def path(old: Source, new: Source, declared: Declared, policy: Policy = Policy()) -> Path:
    """Raise ContractctlError where something changes that cannot be staged, naming its place, and what to do."""
    before, after = _both(old, new, policy)
    _demand_same_types(before, after)
    renamed = renamed_tables(before, after, declared)
    gone = tuple(name for name in before.tables if name not in after.tables and name not in renamed)
    came = tuple(n for n in after.tables if n not in before.tables and n not in renamed.values())
    _demand_same_views(before, after, (*gone, *renamed))
    for old_name, new_name in renamed.items():
        demand_the_same(before, after, old_name, new_name, renamed)
    _demand_nothing_refers(after, gone)
    bound = bonds(before, after, declared)
    changing_keys.demand_the_same(before, after, bound)
    steps = column_steps(before, after, bound, declared.fills)
    for step in steps:
        _demand_names(before, after, step)
        demand_sound(before, after, step, declared)
    changing_keys.demand_whole(after, steps)
    changing_keys.demand_both_ways(before, after, steps, declared)
    changing_keys.demand_found(before, after, steps)
    columns = _columns(before, after, steps, declared, renamed)
    made = created(before, after, came, columns)
    dropped, references = dropped_in_order(before, gone)
    parts = (*references, *part_steps(before, after, columns), *(part for table in made for part in table.parts))
    for step in steps:
        if step.kind == "copy-table":
            _demand_copied_alone(before, after, step, declared, steps, parts)
        if step.kind == "rename-column" and step.olds[0].counted:
            _demand_counted_alike(before, step, declared, parts)
    return Path(before, after, declared, renamed, made, dropped, steps, parts, columns.twins)


@lru_cache(maxsize=8)
def _parsed(source: Source, policy: Policy) -> Schema:
    """Read once, as the operations, the version between and what is known of it are asked for one after the other."""
    return parse(source, policy)


def _both(old: Source, new: Source, policy: Policy) -> tuple[Schema, Schema]:
    before = _parsed(old, policy)
    after = _parsed(new, Policy(dialect=before.dialect))
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


def _demand_same_types(before: Schema, after: Schema) -> None:
    for name in dict.fromkeys((*before.enums, *after.enums)):
        if before.enums.get(name) != after.enums.get(name):
            what = "is new" if name not in before.enums else "is gone" if name not in after.enums else "changes"
            raise ContractctlError(
                f"{after.source.name}: the type '{name}' {what}, and types are not staged",
                hint=f"{'create' if what == 'is new' else 'change'} it in a revision of its own, release the contract"
                " with that alone, and plan the rest",
            )


def _demand_same_views(before: Schema, after: Schema, tables: tuple[str, ...]) -> None:
    if before.views != after.views:
        changed = sorted(k for k in {*before.views, *after.views} if before.views.get(k) != after.views.get(k))
        schema = after if changed[0] in after.views else before
        raise refused(schema, changed[0], f"the view '{changed[0]}' changes, and views are not staged")
    for name in tables:
        for view in before.views.values():
            if name in view.tables:
                reason = f"the view '{view.written}' reads '{before.tables[name].written}', which is removed"
                raise refused(before, view.name, reason, hint="first drop the view, in a separate version")


def _demand_nothing_refers(after: Schema, gone: tuple[str, ...]) -> None:
    for table in after.tables.values():
        for key in table.foreign_keys:
            if key.table in gone:
                reason = f"'{table.written}' refers to the table '{key.table}', which is dropped"
                raise refused(after, table.name, reason, hint="drop the foreign key as well, or keep the table")


def _demand_names(before: Schema, after: Schema, step: Step) -> None:
    for table, column in (*((step.table, c) for c in step.olds), *((step.to, c) for c in step.news)):
        demand_plain(column.written, f"the column of '{table}'")
    if step.beside:
        name = side_name(step.news[0].name, before.dialect)
        if before.tables[step.table].column(name) or after.tables[step.to].column(name):
            reason = f"'{step.news[0].written}' changes its type, but '{name}', for its new values, already exists"
            raise refused(after, step.table, reason, step.news[0], hint=f"rename '{name}' first, in a separate plan")


def _demand_copied_alone(  # noqa: PLR0913, PLR0917 - one step among all that changes
    before: Schema,
    after: Schema,
    step: Step,
    declared: Declared,
    steps: tuple[Step, ...],
    parts: tuple[PartStep, ...],
) -> None:
    """A copy holds what its table holds, and nothing else becomes of the table meanwhile."""
    table, column = after.tables[step.to], step.news[0]
    within = within_copied(steps, step)
    for one in (step, *within):
        if not keeps_values(one, before.dialect, declared):
            name = one.news[0].written
            reason = f"'{name}' gets its type by a copy of '{table.written}', so its values cannot change"
            raise refused(after, step.to, reason, one.news[0], hint="leave --up and --down out")
    along = referring(after, steps, parts, step)
    their = {(one.part.table, one.part.columns) for one in along} | {
        (step.table, (one.olds[0].name,)) for one in within
    }
    for schema in (before, after):
        bound = unstaged.bound(schema, schema.tables[step.table], step.olds[0], their)
        if bound is not None:
            reason, hint = bound
            raise refused(after, step.to, reason, column, hint=hint)
    others = [one.kind for one in steps if one not in {step, *within} and step.table in {one.table, one.to}]
    others += [one.kind for one in parts if step.table in {one.part.table, one.part.referred[0]} and one not in along]
    if others:
        reason = f"'{table.written}' is replaced by a copy to retype '{column.written}', and has other changes"
        raise refused(after, step.to, f"{reason} ({others[0]})", column, hint="plan one of them first, then the other")


def within_copied(steps: Iterable[Step], step: Step) -> tuple[Step, ...]:
    """What goes over to a table's copy with its counted column, to which it refers."""
    return tuple(one for one in steps if one.kind == COPIED_ALONG and one.table == step.table)


def referring(after: Schema, steps: tuple[Step, ...], parts: tuple[PartStep, ...], step: Step) -> tuple[PartStep, ...]:
    """Those foreign keys of other tables that go over to a table's copy: each that goes, and what comes for it."""
    coming = [
        one
        for one in parts
        if one.stands is Stage.QUIESCE
        and _goes_over(after, one.part, step)
        and (not unstaged.followed(one.part.value) or _can_follow(after, steps, one))
    ]
    parted = [one.part for one in coming]
    return tuple(one for one in parts if one in coming or one.along in parted)


def _goes_over(after: Schema, part: Part, step: Step) -> bool:
    table, columns = part.referred
    name, type_ = step.news[0].name, step.news[0].type
    if table != step.table or part.table == table or not unstaged.changes_no_row(part.value):
        return False
    retyped = {name, *unstaged.within(after.tables[table], name)}
    pairs = zip(part.columns, columns, strict=False)
    own = [after.tables[part.table].column(here) for here, there in pairs if there in retyped]
    return name in columns and all(one is not None and one.type == type_ for one in own)


def _can_follow(after: Schema, steps: tuple[Step, ...], coming: PartStep) -> bool:
    """Whether triggers of the table that is referred to can change its one column as the key does.

    They are told of an UPDATE of that table's key, unless a foreign key makes it. The column keeps its name, finds no
    row, and no other key holds it; nor does anything else become of its table, whose names the triggers say.
    """
    part = coming.part
    if unstaged.unseen(after.tables[part.referred[0]], part.value):
        return False
    to_key = after.tables[part.referred[0]].primary_key == part.referred[1]
    table, columns = after.tables[part.table], part.columns
    alike = len(columns) == 1 and coming.along is not None and coming.along.columns == columns
    holding = [key for key in table.foreign_keys if key.columns and columns[0] in key.columns]
    held = [
        key
        for other in after.tables.values()
        for key in other.foreign_keys
        if key.table == table.name and columns[0] in (key.referred or table.primary_key)
    ]
    to_it = {name for key in table.foreign_keys if key.table == part.referred[0] for name in key.columns}
    own = [one for one in steps if table.name in {one.table, one.to}]
    alone = all(one.kind == "change-type" and one.beside and one.news[0].name in to_it for one in own)
    finds = any(columns[0] in names for names in table.row_keys)
    return to_key and alike and alone and len(holding) == 1 and not held and not finds


def _demand_counted_alike(before: Schema, step: Step, declared: Declared, parts: tuple[PartStep, ...]) -> None:
    """One sequence gives both columns their values: what the one may hold the other may, and holds it."""
    column, name = step.olds[0], step.olds[0].written
    if not keeps_values(step, before.dialect, declared):
        reason = f"'{name}' is numbered by the database, and its values would change under the new name"
        raise refused(before, step.table, reason, column, hint="leave out --up and --down to rename it unchanged")
    for one in parts:
        mine = one.part.table == step.table and column.name in one.part.columns
        referred = one.part.referred[0] == step.table and column.name in one.part.referred[1]
        if (mine or referred) and one.goes and one.part.refuses and one.along is None:
            reason = f"'{name}' is numbered by the database, and '{one.part.name}' cannot go with it to its new name"
            raise refused(
                before, step.table, reason, column, hint="rename it now, and make that change in a later version"
            )


def _columns(
    before: Schema, after: Schema, steps: tuple[Step, ...], declared: Declared, renamed: Mapping[str, str]
) -> Columns:
    leaving: dict[str, set[str]] = {}
    kept: dict[str, set[str]] = {}
    unfed: dict[str, set[str]] = {}
    twins: dict[str, dict[str, str]] = {}
    places: dict[str, dict[str, str]] = {}
    for step in steps:
        if step.stays:
            continue
        leaving.setdefault(step.table, set()).update(column.name for column in step.olds)
        if step.beside:
            places.setdefault(step.to, {})[step.news[0].name] = side(step, step.news[0], before.dialect)
        if step.kind in {"rename-column", "change-type", "change-key-type"}:
            twins.setdefault(step.table, {})[step.olds[0].name] = step.news[0].name
        if keeps_values(step, before.dialect, declared):
            kept.setdefault(step.table, set()).add(step.olds[0].name)
        if step.kind == "add-column" and _is_unfed(after, step, declared):
            unfed.setdefault(step.table, set()).add(step.news[0].name)
    copied = frozenset(step.table for step in steps if step.kind == "copy-table")
    return Columns(_frozen(leaving), twins, _frozen(kept), places, _frozen(unfed), renamed, copied)


def _is_unfed(after: Schema, step: Step, declared: Declared) -> bool:
    column = step.news[0]
    plain = column.nullable and column.default is None and column.generated is None
    return plain and filling(after.tables[step.to], column, declared.fills) is None


def _frozen(sets: Mapping[str, set[str]]) -> Mapping[str, frozenset[str]]:
    return {name: frozenset(each) for name, each in sets.items()}
