"""How do two versions of a table stand side by side? The version between them, and the operations that lead there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from contractctl.errors import ContractctlError
from contractctl.formats.sql.parsing import filled_comment, parse
from contractctl.formats.sql.schema import Column, Schema, Table, Unique, column_pointer, locate
from contractctl.formats.sql.writing import column_name, create_table, identifier
from contractctl.model.contract import File, Source
from contractctl.model.plan import Operation, Transform

SIDE = "__new"
"""What follows a column's name in the name of the column that stands beside it while its type changes."""
_OWN_REVISION = "make it in a revision and a version of its own, and plan the rest"


@dataclass(frozen=True, slots=True)
class _Step:
    """What happens to one column. old: before; new: after."""

    kind: str
    old: Column | None
    new: Column | None


def operations(  # noqa: PLR0913, PLR0917 - two versions, and what cannot be read off them
    old: Source,
    new: Source,
    renames: Mapping[str, str],
    contract: str,
    dialect: str | None = None,
    fills: Mapping[str, str] | None = None,
) -> tuple[Operation, ...]:
    """The operations that lead from one version to the other.

    renames: `column` or `table.column` → the new column's name. fills: the same → an SQL expression that takes the
    place of NULL where a column becomes NOT NULL. Raise ContractctlError for a change that cannot be staged.
    """
    before, after = _both(old, new, dialect)
    return tuple(
        _operation(before.tables[table], step, contract, before.dialect, fills or {})
        for table, steps in _changes(before, after, renames).items()
        for step in steps
    )


def intermediate(old: Source, new: Source, renames: Mapping[str, str], dialect: str | None = None) -> str:
    """The DDL of the version with both sides: clients of either end work against it.

    While a type changes, clients of the new version must still use the column beside, named with `__new`.
    """
    before, after = _both(old, new, dialect)
    changes = _changes(before, after, renames)
    staged = {name: _staged(before.tables[name], steps) for name, steps in changes.items()}
    text = "".join(_written(before, staged))
    read = parse(Source((File("the staged version", text),)), before.dialect)
    for name, table in staged.items():
        if read.tables[name] != table:
            raise ContractctlError(
                f"the table '{table.written}' says things that contractctl cannot write again", hint=_OWN_REVISION
            )
    return text


def _both(old: Source, new: Source, dialect: str | None) -> tuple[Schema, Schema]:
    before = parse(old, dialect)
    after = parse(new, before.dialect)
    for schema in (before, after):
        other = after if schema is before else before
        known = {unread.text for unread in other.unread}
        for unread in schema.unread:
            if unread.text not in known:
                raise ContractctlError(
                    f"{schema.source.name}:{unread.line}: this statement cannot be staged: {unread.reason}",
                    hint=_OWN_REVISION,
                )
    return before, after


def _changes(before: Schema, after: Schema, renames: Mapping[str, str]) -> dict[str, tuple[_Step, ...]]:
    """Steps by table. Raise ContractctlError where something else changes, too, or a rename names nothing."""
    for kind, here, there in (("dropped", before, after), ("new", after, before)):
        for name, table in here.tables.items():
            if name not in there.tables:
                raise _refused(here, name, f"the table '{table.written}' is {kind}, and whole tables are not staged")
    if before.views != after.views:
        changed = sorted(k for k in {*before.views, *after.views} if before.views.get(k) != after.views.get(k))
        raise ContractctlError(f"the view '{changed[0]}' changes, and views are not staged", hint=_OWN_REVISION)
    pairs = _renames(before, after, renames)
    found = {}
    for name, table in before.tables.items():
        steps = tuple(_steps(after, table, after.tables[name], pairs.get(name, {})))
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


def _steps(after: Schema, old: Table, new: Table, renames: Mapping[str, str]) -> Iterator[_Step]:
    for column in old.columns:
        given = new.column(renames.get(column.name, column.name))
        if given is None:
            yield _Step("drop-column", column, None)
        elif column.name in renames:
            yield _renamed(after, new, column, given)
        elif column != given:
            yield _Step(_change(after, new, column, given), column, given)
    for column in _only(new, old):
        if column.name in renames.values():
            continue
        if not column.omittable:
            reason = f"'{column.written}' is NOT NULL, new and without a default: old applications do not write it"
            raise _refused(after, new.name, reason, column, hint="give it a default, or let it be NULL first")
        yield _Step("add-column", None, column)


def _change(after: Schema, table: Table, old: Column, new: Column) -> str:
    """Which operation makes the one column of the other. Raise ContractctlError where none does."""
    if new == replace(old, type=new.type):
        return "change-type"
    if new == replace(old, nullable=False, default=new.default):
        return "set-not-null"
    what = "more than its type, or something other than its type and NOT NULL,"
    raise _refused(after, table.name, f"of '{new.written}' {what} changes, which is not staged", new)


def _renamed(after: Schema, table: Table, old: Column, new: Column) -> _Step:
    if old.nullable != new.nullable:
        reader = "old applications would read NULL" if new.nullable else "new applications would read NULL"
        reason = f"'{old.written}' becomes '{new.written}' and changes NOT NULL: {reader}"
        raise _refused(after, table.name, reason, new, hint="rename it now, and change NOT NULL in a later version")
    return _Step("rename-column", old, new)


def _free(before: Schema, after: Schema, table: Table, step: _Step) -> None:
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
    for what in ("uniques", "foreign_keys", "checks", "strict", "unjudged"):
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
    return ContractctlError(f"{where}{reason}", hint=hint or _OWN_REVISION)


def _operation(table: Table, step: _Step, contract: str, dialect: str, fills: Mapping[str, str]) -> Operation:
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


def _transform(step: _Step, dialect: str) -> Transform | None:
    if step.old is None or step.new is None or step.kind == "set-not-null":
        return None
    before, after = (identifier(column_name(c, dialect), dialect, quoted=True) for c in (step.old, step.new))
    if step.kind == "change-type":
        after = identifier(column_name(step.new, dialect) + SIDE, dialect, quoted=True)
    if step.old.type == step.new.type:
        return Transform(before, after)
    return Transform(f"CAST({before} AS {step.new.type.text})", f"CAST({after} AS {step.old.type.text})")


def _parameters(table: Table, step: _Step, dialect: str, fills: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    column = step.new or step.old
    assert column is not None  # noqa: S101 - a step has one of them
    yield "type", column.type.text
    if step.new is not None and step.new.default is not None:
        yield "default", step.new.default.written
    if step.new is not None and not step.new.nullable:
        yield "not_null", "1"
    if step.kind == "change-type":
        yield "via", column_name(column, dialect) + SIDE
    if step.kind == "set-not-null":
        yield "fill", _fill(table, column, fills)


def _fill(table: Table, column: Column, fills: Mapping[str, str]) -> str:
    """What takes the place of NULL: declared, or the column's own default."""
    for name in (f"{table.written}.{column.written}", f"{table.name}.{column.name}", column.written, column.name):
        if name in fills:
            return fills[name]
    if column.default is not None:
        return column.default.written
    raise ContractctlError(
        f"'{table.written}.{column.written}' becomes NOT NULL, and nothing says what takes the place of NULL",
        hint="give the column a default in the new version, or say what to fill in",
    )


def _staged(table: Table, steps: tuple[_Step, ...]) -> Table:
    """The table with both sides."""
    columns = {column.name: column for column in table.columns}
    for step in steps:
        if step.old is not None and step.kind != "change-type":
            columns[step.old.name] = _leaving(step.old, step)
        if step.new is not None and step.kind == "add-column":
            columns[step.new.name] = step.new
        if step.new is not None and step.kind in {"rename-column", "change-type"}:
            side = _coming(step)
            columns[side.name] = side
    return replace(table, columns=tuple(columns.values()))


def _leaving(column: Column, step: _Step) -> Column:
    """The old side: new applications do not write it."""
    if step.kind == "set-not-null":
        return replace(column, filled=True)
    if column.omittable:
        return column
    return replace(column, nullable=True, filled=step.kind == "rename-column")


def _coming(step: _Step) -> Column:
    """The new side: old applications do not write it, and a default would hide from the triggers that they did not."""
    assert step.new is not None  # noqa: S101 - asked for only where there is one
    side = SIDE if step.kind == "change-type" else ""
    name, written = step.new.name + side, step.new.written + side
    return replace(step.new, name=name, written=written, nullable=True, default=None, filled=True)


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
