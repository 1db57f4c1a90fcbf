"""Which steps lead from one version of a table to the next, column by column? And what cannot be staged, with why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from contractctl.errors import ContractctlError
from contractctl.formats.sql.schema import Column, Schema, Table, Unique, column_pointer, locate

OWN_REVISION = "make it in a revision and a version of its own, and plan the rest"


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one column. old: before; new: after."""

    kind: str
    old: Column | None
    new: Column | None


def filling(table: Table, column: Column, fills: Mapping[str, str]) -> str | None:
    """What was declared to take the place of NULL."""
    names = (f"{table.written}.{column.written}", f"{table.name}.{column.name}", column.written, column.name)
    return next((fills[name] for name in names if name in fills), None)


def changes(
    before: Schema, after: Schema, renames: Mapping[str, str], fills: Mapping[str, str]
) -> dict[str, tuple[Step, ...]]:
    """Steps by table. Raise ContractctlError where something else changes, too, or a rename names nothing."""
    for kind, here, there in (("dropped", before, after), ("new", after, before)):
        for name, table in here.tables.items():
            if name not in there.tables:
                raise _refused(here, name, f"the table '{table.written}' is {kind}, and whole tables are not staged")
    if before.views != after.views:
        changed = sorted(k for k in {*before.views, *after.views} if before.views.get(k) != after.views.get(k))
        raise ContractctlError(f"the view '{changed[0]}' changes, and views are not staged", hint=OWN_REVISION)
    pairs = _renames(before, after, renames)
    found = {}
    for name, table in before.tables.items():
        steps = tuple(_steps(after, table, pairs.get(name, {}), fills))
        for step in steps:
            _free(before, after, table, step)
        if steps:
            found[name] = steps
        _nothing_else(after, table, after.tables[name])
    return found


def _renames(before: Schema, after: Schema, renames: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Old name → new name, by table."""
    found: dict[str, dict[str, str]] = {}
    for old, new in renames.items():
        table, _, source = old.rpartition(".")
        target = new.rpartition(".")[2]
        places = [
            (t.name, gone.name, came.name)
            for t in before.tables.values()
            if not table or table in {t.name, t.written}
            for gone in _only(t, after.tables.get(t.name))
            for came in _only(after.tables.get(t.name), t)
            if source in {gone.name, gone.written} and target in {came.name, came.written}
        ]
        if len(places) != 1:
            what = "names no column that went and one that came" if not places else "fits several tables"
            hint = "write old=new with the names of both versions, or table.old=new"
            raise ContractctlError(f"the rename '{old}={new}' {what}", hint=hint)
        found.setdefault(places[0][0], {})[places[0][1]] = places[0][2]
    return found


def _only(here: Table | None, there: Table | None) -> Iterator[Column]:
    """The columns that stand in the one table and not in the other."""
    if here is not None and there is not None:
        yield from (column for column in here.columns if there.column(column.name) is None)


def _steps(after: Schema, old: Table, renames: Mapping[str, str], fills: Mapping[str, str]) -> Iterator[Step]:
    new = after.tables[old.name]
    for column in old.columns:
        given = new.column(renames.get(column.name, column.name))
        if given is None:
            yield Step("drop-column", column, None)
        elif column.name in renames:
            yield _renamed(after, new, column, given)
        elif column != given:
            yield Step(_change(after, new, column, given), column, given)
    for column in _only(new, old):
        if column.name in renames.values():
            continue
        if not column.omittable and filling(new, column, fills) is None:
            reason = f"'{column.written}' is NOT NULL, new and without a default: old applications do not write it"
            raise _refused(after, new.name, reason, column, hint="give it a default, or say what to fill in")
        yield Step("add-column", None, column)


def _change(after: Schema, table: Table, old: Column, new: Column) -> str:
    """Which operation makes the one column of the other. Raise ContractctlError where none does."""
    if new == replace(old, type=new.type):
        return "change-type"
    if new == replace(old, nullable=False, default=new.default):
        return "set-not-null"
    what = "more than its type, or something other than its type and NOT NULL,"
    raise _refused(after, table.name, f"of '{new.written}' {what} changes, which is not staged", new)


def _renamed(after: Schema, table: Table, old: Column, new: Column) -> Step:
    if old.nullable != new.nullable:
        reader = "old applications would read NULL" if new.nullable else "new applications would read NULL"
        reason = f"'{old.written}' becomes '{new.written}' and changes NOT NULL: {reader}"
        raise _refused(after, table.name, reason, new, hint="rename it now, and change NOT NULL in a later version")
    return Step("rename-column" if old.type == new.type else "change-type", old, new)


def _free(before: Schema, after: Schema, table: Table, step: Step) -> None:
    """Only a column that stands alone is staged: no key, condition, index, view or generated column speaks of it."""
    if step.kind in {"add-column", "set-not-null"}:
        return
    for column, schema in ((step.old, before), (step.new, after)):
        if column is not None and (bound := next(_bound(schema, table.name, column), None)):
            reason = f"'{column.written}' of '{table.written}' stands in {bound}, which is not staged"
            raise _refused(
                schema, table.name, reason, column, hint=f"take it out of {bound} first, in a version of its own"
            )


def _bound(schema: Schema, name: str, column: Column) -> Iterator[str]:
    table = schema.tables[name]
    yield from ("the primary key" if u.primary else "a unique constraint" for u in table.uniques if _in(u, column))
    yield from ("a foreign key" for key in table.foreign_keys if column.name in key.columns)
    yield from (
        f"a foreign key of '{other.written}'"
        for other in schema.tables.values()
        if any(key.table == name and column.name in key.referred for key in other.foreign_keys)
    )
    yield from ("a CHECK" for check in table.checks if column.name in check.columns)
    if column.generated is not None or any(_reads(other, column.name) for other in table.columns):
        yield "a generated column"
    yield from ("an index" for i in schema.indexes if i.table == name and column.name in i.text.lower())
    for view in schema.views.values():
        hidden = view.outputs is None and name in view.tables
        if (name, column.name) in view.reads or hidden:
            yield f"the view '{view.written}'"


def _in(unique: Unique, column: Column) -> bool:
    spoken = " ".join((*unique.expressions, unique.where.text if unique.where else ""))
    return column.name in unique.columns or column.name in spoken


def _reads(generated: Column, name: str) -> bool:
    return generated.generated is not None and name in generated.generated.text


def _nothing_else(after: Schema, old: Table, new: Table) -> None:
    for what in ("uniques", "foreign_keys", "checks", "strict", "rowid", "unjudged"):
        if getattr(old, what) != getattr(new, what):
            word = {"uniques": "a primary key or unique constraint", "foreign_keys": "a foreign key"}.get(
                what, {"checks": "a CHECK"}.get(what, "a table option")
            )
            raise _refused(after, new.name, f"{word} of '{new.written}' changes, which is not staged")


def _refused(
    schema: Schema, table: str, reason: str, column: Column | None = None, *, hint: str | None = None
) -> ContractctlError:
    place = locate(schema, column_pointer(table, column.name if column else ""))
    where = f"{place[0]}:{place[1]}: " if place else ""
    return ContractctlError(f"{where}{reason}", hint=hint or OWN_REVISION)


def beside(step: Step) -> bool:
    """Whether the new values wait in a column with a name of its own, as the name stays and the type does not."""
    return (
        step.kind == "change-type" and step.old is not None and step.new is not None and step.old.name == step.new.name
    )
