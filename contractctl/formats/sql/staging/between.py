"""Which version stands between two? One that serves the applications of both.

Old applications find all that they were promised. New ones find their columns and tables, and have to do without two
things until the plan is contracted: what the new version promises and old applications may still break does not hold
yet, and what it allows and the old one refuses is refused still. While a type changes under the same name, they use the
column beside.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

from contractctl.errors import ContractctlError
from contractctl.formats.sql.indexes import IndexText
from contractctl.formats.sql.parsing import parse
from contractctl.formats.sql.parsing.defined import Defined
from contractctl.formats.sql.parsing.indexes_and_views import create_index
from contractctl.formats.sql.parsing.staged_comments import called_comment, filled_comment
from contractctl.formats.sql.resolution.conditions import checks
from contractctl.formats.sql.resolution.constraints import foreign_keys, uniques
from contractctl.formats.sql.schema import Check, Column, ForeignKey, Schema, Table, Unique
from contractctl.formats.sql.staging.parts import BESIDE, PartStep
from contractctl.formats.sql.staging.path import Path, path
from contractctl.formats.sql.staging.refusals import OWN_REVISION
from contractctl.formats.sql.staging.steps import COPIED_ALONG, Step, filling
from contractctl.formats.sql.staging.tables import bare
from contractctl.formats.sql.staging.ways import place, side
from contractctl.formats.sql.statements import parse_tree, sqlglot_dialect
from contractctl.formats.sql.writing import charset_of, create_table, foreign_key, table_identifier
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Stage


def intermediate(old: Source, new: Source, declared: Declared, policy: Policy = Policy()) -> Source:
    """The version with both sides. Raise ContractctlError where something changes that cannot be staged."""
    found = path(old, new, declared, policy)
    staged = _staged(found)
    text = "".join(_written(found, staged))
    read = parse(Source((File("the staged version", text),)), Policy(dialect=found.dialect))
    for name, table in staged.items():
        if bare(read.tables[name]) != bare(table):
            raise ContractctlError(
                f"the table '{table.written}' has clauses that contractctl cannot reproduce", hint=OWN_REVISION
            )
    return Source((File(old.name, text),))


def meanwhile(old: Source, new: Source, declared: Declared, policy: Policy = Policy()) -> Schema:
    """The new version as its applications may use it until the plan is contracted."""
    found = path(old, new, declared, policy)
    between = parse(intermediate(old, new, declared, policy), Policy(dialect=found.dialect))
    tables = {name: _meanwhile(found, table, between.tables[name]) for name, table in found.after.tables.items()}
    return replace(found.after, tables=tables)


def _staged(found: Path) -> dict[str, Table]:
    """The tables of the old version that are not as they were, with both sides."""
    tables: dict[str, Table] = {}

    def of(name: str) -> Table:
        return tables.get(name, found.before.tables[name])

    for step in found.steps:
        tables[step.table] = _with_leaving(found, of(step.table), step)
        if step.to in found.before.tables:
            tables[step.to] = _with_coming(found, of(step.to), step)
    for table in {step.table for step in found.steps if step.kind == "change-key-type"}:
        tables[table] = _with_new_key(found, of(table))
    for part in found.parts:
        if part.stands in BESIDE and part.part.table in found.before.tables:
            tables[part.part.table] = _with_part(found, of(part.part.table), part)
    return {name: table for name, table in tables.items() if table != found.before.tables[name]}


def _with_leaving(found: Path, table: Table, step: Step) -> Table:
    columns = tuple(_leaving(found, step, c) if c.name in {o.name for o in step.olds} else c for c in table.columns)
    return replace(table, columns=columns)


def _leaving(found: Path, step: Step, column: Column) -> Column:
    """The old side: new applications do not write it."""
    match step.kind:
        case "set-not-null":
            return replace(column, filled=True)
        case "change-default":
            harmless = not column.omittable and step.news[0].default is not None
            return replace(column, default=step.news[0].default) if harmless else column
        case "drop-not-null" | "copy-table" | "copied-along":
            return column
        case "drop-column":
            if column.omittable:
                return column
            table = found.before.tables[step.table]
            return replace(column, nullable=True, filled=filling(table, column, found.declared.fills) is not None)
        case "change-key-type":
            return replace(column, filled=True)
        case "rename-column" if column.counted:
            return replace(column, filled=True)
        case _:
            return column if column.nullable else replace(column, nullable=True, filled=True)


def _with_coming(found: Path, table: Table, step: Step) -> Table:
    if step.stays or not step.news:
        return table
    new = found.after.tables[step.to]
    coming = [(_coming(found, step, column), charset_of(new, column)) for column in step.news]
    clauses = (f"{column.name}: {charset}" for column, charset in coming if charset)
    return replace(
        table, columns=(*table.columns, *(column for column, _ in coming)), unjudged=(*table.unjudged, *clauses)
    )


def _with_new_key(found: Path, table: Table) -> Table:
    """The table, no two rows of which have one new key."""
    key = tuple(
        column.name if move is None else side(move, move.news[0], found.dialect) for column, move in found.key_of(table)
    )
    return replace(table, uniques=(*table.uniques, Unique(key)))


def _coming(found: Path, step: Step, column: Column) -> Column:
    """The new side: old applications do not write it, and a default would hide from the triggers that they did not."""
    if step.kind == "add-column" and filling(found.after.tables[step.to], column, found.declared.fills) is None:
        return column
    name, written = side(step, column, found.dialect), place(step, column, found.dialect)
    return replace(
        column, name=name, written=written, nullable=True, default=None, filled=True, counted=False, always=False
    )


def _with_part(found: Path, table: Table, step: PartStep) -> Table:
    """The table with the constraint, where old applications do not meet it."""
    value, client = step.part.value, found.before.tables[table.name]
    match value:
        case IndexText():
            more = _with_index(table, value.named(step.part.name), found.dialect) if value.unique else table
        case Unique():
            more = replace(table, uniques=(*table.uniques, replace(value, name=step.part.name, written="")))
        case Check():
            more = replace(table, checks=(*table.checks, replace(value, name=step.part.name)))
        case ForeignKey():
            more = replace(table, foreign_keys=(*table.foreign_keys, replace(value, name=step.part.name)))
    return table if _objections(client, more, found.dialect) > _objections(client, table, found.dialect) else more


def _objections(client: Table, provider: Table, dialect: str) -> int:
    judged = (uniques(client, provider, dialect), foreign_keys(client, provider), checks(client, provider, dialect))
    return len(list(chain(*judged)))


def _with_index(table: Table, index: IndexText, dialect: str) -> Table:
    text = index.statement(table.name, dialect)
    tree = parse_tree(tuple(sqlglot_dialect(dialect).tokenize(text)), text, dialect)
    defined = Defined(dialect, tables={table.name: table})
    create_index(defined, tree)  # type: ignore[arg-type] # it was read a moment ago
    return defined.tables[table.name]


def _meanwhile(found: Path, new: Table, between: Table) -> Table:
    """What new applications know of the table, and may rely on."""
    columns = tuple(_known(found, new, column) for column in new.columns)
    known = replace(new, columns=columns)
    # what is asked of an old column is asked of its twin until then
    there = {column.name for column in columns} | set(found.twins.get(new.name, ()))
    return replace(
        known,
        uniques=tuple(u for u in between.uniques if there.issuperset(u.columns)),
        foreign_keys=tuple(key for key in between.foreign_keys if there.issuperset(key.columns)),
        checks=tuple(check for check in between.checks if there.issuperset(check.columns)),
        unjudged=between.unjudged,
    )


def _known(found: Path, table: Table, column: Column) -> Column:
    """The column under its name until then; what it allows and the old one refuses is not allowed yet."""
    steps = [step for step in found.steps if step.to == table.name and column in step.news and step.olds]
    if not steps:
        return column
    if not steps[0].stays:
        step = steps[0]
        return replace(column, name=side(step, column, found.dialect), written=place(step, column, found.dialect))
    old = steps[0].olds[0]
    if steps[0].kind in {"copy-table", COPIED_ALONG}:
        return replace(column, type=old.type)
    default = old.default if old.omittable or column.default is None else column.default
    return replace(column, nullable=column.nullable and old.nullable, default=default)


def _written(found: Path, staged: Mapping[str, Table]) -> Iterator[str]:
    """The old version's statements, with the staged tables in the place of what made them, and what is new."""
    yield from (f"{called_comment(old, new)}\n" for old, new in found.renamed.items())
    done = set()
    before = found.before
    for statement in before.statements:
        table = staged.get(statement.subject)
        if table is None:
            yield f"{statement.text};\n"
        elif table.name not in done:
            done.add(table.name)
            yield from _table(found, table)
    for step in found.parts:
        index = step.part.value
        if step.kind == "create-index" and step.part.table in before.tables and not step.part.refuses:
            assert isinstance(index, IndexText)  # noqa: S101 - what is created is an index
            yield f"{index.named(step.part.name).statement(step.part.table, before.dialect)};\n"
    for made in found.created:
        yield f"{made.text};\n"
        for step in made.parts:
            if isinstance(step.part.value, IndexText):
                yield f"{step.part.value.named(step.part.name).statement(made.table.name, found.dialect)};\n"
            elif step.stands is Stage.EXPAND and isinstance(step.part.value, ForeignKey):
                clause = foreign_key(made.table, step.part.name, step.part.value, found.dialect)
                yield f"ALTER TABLE {table_identifier(made.table.name, found.dialect)} ADD {clause};\n"
    yield from (f"{unread.text};\n" for unread in before.unread)


def _table(found: Path, table: Table) -> Iterator[str]:
    before = found.before
    yield from (f"{filled_comment(table.name, c.name)}\n" for c in table.columns if c.filled)
    indexes = [index.text for index in before.indexes if index.table == table.name]
    within = tuple(text for text in indexes if not text.startswith("CREATE"))
    yield f"{create_table(table, before.dialect, within)};\n"
    yield from (f"{unique.written};\n" for unique in table.uniques if unique.written)
    yield from (f"{text};\n" for text in indexes if text not in within)
