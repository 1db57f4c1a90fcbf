"""What do an operation's parameters say?

Each parameter is an SQL fragment of the dialect or a list of names with commas between. What is not so is not there:

- `type`, `old_type`, `default`, `old_default`, `collation`: of the column after and before. Where there are several,
  the one that is meant stands behind a dot: `type.first_name`. `not_null`, `old_not_null`: "yes".
- `fill`: takes the place of NULL; of a moved column in the rows to which nothing moves. `old_fill`: what old readers
  find where new applications give nothing, and so is the `fill.COLUMN` of an extraction. That of a split or a merge
  stands in its expressions already.
- `via`: the column in which new values wait, as the name stays and the type does not. `breaks`: "yes" where statements
  of old applications fail or misread once the name means the new type.
- `least`, `most`: the numbers that a column holds whose table goes over to a copy, in which it holds more.
  `referring`: the tables whose foreign keys go over to the copy as well, once for each key. `within`: the columns of
  the table itself that refer to the one that is meant, and get its type.
  `updated`, `emptied`: columns of these that change or become NULL by their key, "items.order_id=order_id__new".
- `followed`: what a key does to a column, as triggers of a table that goes over to a copy see to it: "orders ON UPDATE
  CASCADE".
- `guarded`: "yes", or with the column behind a dot, of an old one that a constraint besides NOT NULL speaks of.
- `new_key`: the primary key as it will be, where that has several columns: each one's name while both versions are
  served, and the one that it gets: "tenant_id=tenant_id,id__new=id".
- `counted`: the database counts the column up: "yes", or "always" where a given value is refused.
- `key`: the columns that find a row of the table, with their types: "id bigint, part integer". Where two tables are
  kept in step these are `source_key` and `target_key`, and `key` pairs the columns that say which rows belong together:
  "customer_id=id". `to`: the other table. `columns` of an extraction: "street=street,city=town"; `shared`: "yes" where
  several rows may have one of the new table.
- `create`: the statement that makes the table, or the index.
- Of a constraint: `columns`, `nulls`, `references`, `referred`, `on_delete`, `on_update`, `timing`, `condition`; of an
  index `columns` (SQL), `unique`, `where`, `using`, `include`, `sort` (FULLTEXT, SPATIAL) and `rest`.
- `stands`: the stage from which on it holds: expand, verify, quiesce, contract. In the first two, columns go by the
  names that they have while both versions are served (`via`), then by those of the new version. What goes, goes in the
  last one. `quiesce` is for what refers to a table that goes over to a copy: it says as `via` what its columns are
  called before.
- `becomes`: the name that it takes over once the old one of that name is gone. `named`: "no" where the contract has no
  name for it, and this is what the database would call it; it is best looked for by what it says.
- `along`: the constraint or index of the other version that says the same of its columns, and comes or goes with it.
"""

from collections.abc import Iterator

from contractctl.formats.sql.indexes import IndexText
from contractctl.formats.sql.resolution.columns import values
from contractctl.formats.sql.resolution.values import bounds
from contractctl.formats.sql.schema import Check, Column, ForeignKey, Schema, Table, Unique
from contractctl.formats.sql.staging import unstaged
from contractctl.formats.sql.staging.cuts import condition_text, default_text, type_text
from contractctl.formats.sql.staging.parts import Part, PartStep, parts_of
from contractctl.formats.sql.staging.path import Path, referring, within_copied
from contractctl.formats.sql.staging.refusals import refused
from contractctl.formats.sql.staging.regrouping import is_shared
from contractctl.formats.sql.staging.steps import Step, filling
from contractctl.formats.sql.staging.ways import place
from contractctl.formats.sql.writing import charset_of, column_name, identifier
from contractctl.model.plan import Stage
from contractctl.model.verdict import Effect, Undecided

_FED = ("rename-column", "change-type", "drop-column", "set-not-null")
"""Kinds with one old column that triggers write."""


def of_columns(found: Path, step: Step) -> Iterator[tuple[str, str]]:
    """What the operation on columns says."""
    match step.kind:
        case "split-column" | "merge-columns":
            yield from _of_several(found, step)
        case "move-column" | "extract-table":
            yield from _of_two_tables(found, step)
        case "copy-table":
            yield from _of_copied(found, step)
        case _:
            yield from _of_one(found, step)


def _of_one(found: Path, step: Step) -> Iterator[tuple[str, str]]:
    column = step.new or step.old
    assert column is not None  # noqa: S101 - a step has one of them
    schema, table = (found.after, _new(found, step)) if step.new else (found.before, _old(found, step))
    yield "type", _type(schema, table, column)
    yield from _after(found, step)
    yield from _before(found, step)
    if step.beside:
        yield "via", place(step, column, found.dialect)
        if followed := tuple(_followed(found, step)):
            yield "followed", ",".join(followed)
        if _breaks(found, step):
            yield "breaks", "yes"
    if step.kind in {"change-key-type", "rename-column"} and column.counted:
        yield "counted", "always" if column.always else "yes"
    if step.kind == "change-key-type" and len(_old(found, step).primary_key) > 1:
        yield "new_key", ",".join(f"{here}={then}" for here, then in _new_key(found, step))
    value = _fill(found, step, column)
    if value is not None:
        yield "fill", value
    if step.kind == "change-default":
        yield "stands", "expand" if step.is_harmless_default else "contract"
    if step.olds and step.news and not step.stays:
        yield "key", key_text(found.before, _old(found, step))
    elif value is not None:
        yield "key", key_text(found.before, found.before.tables[step.table])


def _followed(found: Path, step: Step) -> Iterator[str]:
    for copied in (one for one in found.steps if one.kind == "copy-table"):
        for key in referring(found.after, found.steps, found.parts, copied):
            if key.stands is Stage.QUIESCE and key.part.table == step.to and step.news[0].name in key.part.columns:
                yield from (f"{copied.table} {action}" for action in unstaged.followed(key.part.value))


def _new_key(found: Path, step: Step) -> Iterator[tuple[str, str]]:
    """Each column of the table's key, under its name while both versions are served and under that of the new one."""
    for column, move in found.key_of(_old(found, step)):
        new = column if move is None else move.news[0]
        name = column_name(new, found.dialect)
        yield name if move is None else place(move, new, found.dialect), name


def _of_copied(found: Path, step: Step) -> Iterator[tuple[str, str]]:
    (old,), (new,) = step.olds, step.news
    yield "type", type_text(found.after, _new(found, step), new)
    yield "old_type", type_text(found.before, _old(found, step), old)
    least, most = bounds(old.type)
    yield "least", str(least)
    yield "most", str(most)
    keys = [one for one in referring(found.after, found.steps, found.parts, step) if one.stands is Stage.QUIESCE]
    if keys:
        yield "referring", ",".join(one.part.table for one in keys)
    for word, action in (("updated", "ON UPDATE CASCADE"), ("emptied", "ON DELETE SET NULL")):
        if followers := [one for one in keys if action in unstaged.followed(one.part.value)]:
            yield word, ",".join(_follower(found, one) for one in followers)
    if within := within_copied(found.steps, step):
        yield "within", ",".join(column_name(one.news[0], found.dialect) for one in within)
    if _breaks(found, step):
        yield "breaks", "yes"


def _follower(found: Path, key: PartStep) -> str:
    """The one column that refers, and the one that holds its values in the new type."""
    table = found.after.tables[key.part.table]
    (step,) = (one for one in found.steps if one.to == table.name and one.news[0].name == key.part.columns[0])
    return f"{table.name}.{column_name(step.news[0], found.dialect)}={place(step, step.news[0], found.dialect)}"


def _type(schema: Schema, table: Table, column: Column) -> str:
    """A column's type, with the character set that it says beside it."""
    return f"{type_text(schema, table, column)} {charset_of(table, column)}".rstrip()


def _breaks(found: Path, step: Step) -> bool:
    """Whether a statement of old applications would fail or misread once the name means the new type."""
    told = values(_old(found, step), step.olds[0], step.news[0], found.dialect)
    return any(isinstance(one, Undecided) or one.effect is not Effect.LOSES for one in told)


def _after(found: Path, step: Step) -> Iterator[tuple[str, str]]:
    column = step.new
    if column is None:
        if step.old is not None and step.old.collation is not None:
            yield "collation", step.old.collation
        return
    default = default_text(found.after, _new(found, step), column)
    if default is not None:
        yield "default", default
    if column.collation is not None:
        yield "collation", column.collation
    if not column.nullable:
        yield "not_null", "yes"


def _before(found: Path, step: Step) -> Iterator[tuple[str, str]]:
    column = step.old
    if column is None:
        return
    if step.news and not step.stays:
        yield "old_type", type_text(found.before, _old(found, step), column)
    default = default_text(found.before, _old(found, step), column)
    if default is not None and step.kind != "set-not-null":
        yield "old_default", default
    if not column.nullable:
        yield "old_not_null", "yes"
    if step.kind in _FED and _is_guarded(found.before, _old(found, step), column):
        yield "guarded", "yes"


def _is_guarded(schema: Schema, table: Table, column: Column) -> bool:
    """Whether a constraint may refuse a value in it, so that PostgreSQL's triggers must be others."""
    if schema.dialect != "postgresql":
        return False
    own = (part for part in parts_of(schema, table) if part.refuses)
    keys = (key for other in schema.tables.values() for key in other.foreign_keys if key.table == table.name)
    referred = any(column.name in (key.referred or table.primary_key) for key in keys)
    return referred or any(column.name in part.columns for part in own)


def _fill(found: Path, step: Step, column: Column) -> str | None:
    """What takes the place of NULL: declared; for a column that becomes NOT NULL also its own default."""
    table = found.after.tables[step.to] if step.news else found.before.tables[step.table]
    declared = filling(table, column, found.declared.fills)
    if step.kind in {"add-column", "drop-column"}:
        return declared
    if step.kind != "set-not-null" or declared is not None:
        return declared if step.kind == "set-not-null" else None
    if column.default is not None:
        return default_text(found.after, table, column)
    reason = f"'{table.written}.{column.written}' becomes NOT NULL, and nothing says what replaces NULL"
    hint = f'give it a default in the new version, or say what to fill in: --fill "{column.written}=SQL"'
    raise refused(found.after, table.name, reason, column, hint=hint)


def _of_several(found: Path, step: Step) -> Iterator[tuple[str, str]]:
    for column in step.news:
        for word, text in _facts(found.after, _new(found, step), column):
            yield f"{word}.{column_name(column, found.dialect)}", text
    for column in step.olds:
        for word, text in _facts(found.before, _old(found, step), column):
            yield f"old_{word}.{column_name(column, found.dialect)}", text
        if _is_guarded(found.before, _old(found, step), column):
            yield f"guarded.{column_name(column, found.dialect)}", "yes"
    for table, columns in ((_new(found, step), step.news), (_old(found, step), step.olds)):
        for column in columns:
            if (value := filling(table, column, found.declared.fills)) is not None:
                yield f"fill.{column_name(column, found.dialect)}", value
    yield "key", key_text(found.before, _old(found, step))


def _facts(schema: Schema, table: Table, column: Column) -> Iterator[tuple[str, str]]:
    yield "type", _type(schema, table, column)
    default = default_text(schema, table, column)
    if default is not None:
        yield "default", default
    if column.collation is not None:
        yield "collation", column.collation
    if not column.nullable:
        yield "not_null", "yes"


def _of_two_tables(found: Path, step: Step) -> Iterator[tuple[str, str]]:
    old, new, dialect = _old(found, step), _new(found, step), found.dialect
    fills = found.declared.fills
    yield "to", step.to
    yield "key", ",".join(f"{_written(old, here, dialect)}={_written(new, there, dialect)}" for here, there in step.on)
    if step.kind == "extract-table":
        pairs = zip(step.olds, step.news, strict=True)
        yield "columns", ",".join(f"{column_name(o, dialect)}={column_name(n, dialect)}" for o, n in pairs)
        if is_shared(found.before, step):
            yield "shared", "yes"
        yield "create", next(made.text for made in found.created if made.table.name == step.to)
        for column in step.olds:
            for word, text in _facts(found.before, old, column):
                yield f"old_{word}.{column_name(column, dialect)}", text
            if (value := filling(old, column, fills)) is not None:
                yield f"fill.{column_name(column, dialect)}", value
    else:
        yield "type", _type(found.after, new, step.news[0])
        yield from _after(found, step)
        yield from _before(found, step)
        for word, table, column in (("fill", new, step.news[0]), ("old_fill", old, step.olds[0])):
            needed = not column.nullable
            if needed and (value := filling(table, column, fills)) is not None:
                yield word, value
    yield "source_key", key_text(found.before, old)
    yield "target_key", key_text(found.after, new)


def of_part(found: Path, step: PartStep) -> Iterator[tuple[str, str]]:
    """What the operation on a constraint or an index says."""
    yield from _said_by(found.before if step.goes else found.after, step)
    yield from _waiting(found, step)


def _waiting(found: Path, step: PartStep) -> Iterator[tuple[str, str]]:
    """By which names its columns go before it holds, where it is made ready for that."""
    if step.stands is Stage.QUIESCE:
        table = found.after.tables[step.part.table]
        steps = (one for one in found.steps if one.beside and one.to == table.name)
        beside = {new.name: place(one, new, found.dialect) for one in steps for new in one.news}
        yield "via", ",".join(beside.get(name, _written(table, name, found.dialect)) for name in step.part.columns)


def _said_by(schema: Schema, step: PartStep) -> Iterator[tuple[str, str]]:
    part = step.part
    match part.value:
        case IndexText():
            yield from _index(part, part.value, schema)
        case Unique():
            yield "columns", _list(schema, part, part.columns)
            if part.value.nulls_alike:
                yield "nulls", "not distinct"
        case Check():
            yield "condition", condition_text(schema, part.table, part.value)
        case ForeignKey():
            yield "columns", _list(schema, part, part.columns)
            yield from _reference(schema, part.value)
    if not step.goes:
        yield "stands", step.stands.value
    if step.becomes is not None:
        yield "becomes", step.becomes
    if not part.named:
        yield "named", "no"
    if step.along is not None:
        yield "along", step.along.name


def _index(part: Part, index: IndexText, schema: Schema) -> Iterator[tuple[str, str]]:
    yield "columns", index.columns
    if index.unique:
        yield "unique", "yes"
    words = (("where", index.where), ("using", index.using), ("include", index.include), ("sort", index.sort))
    yield from ((word, text) for word, text in (*words, ("rest", index.rest)) if text)
    yield "create", index.named(part.name).statement(part.table, schema.dialect)


def _reference(schema: Schema, key: ForeignKey) -> Iterator[tuple[str, str]]:
    yield "references", key.table
    other = schema.tables.get(key.table)
    referred = [_written(other, name, schema.dialect) if other is not None else name for name in key.referred]
    if referred:
        yield "referred", ",".join(referred)
    for action in key.actions:
        _, event, what = action.split(" ", 2)
        yield f"on_{event.lower()}", what
    if key.timing:
        yield "timing", " ".join(key.timing)


def _list(schema: Schema, part: Part, names: tuple[str, ...]) -> str:
    table = schema.tables.get(part.table)
    return ",".join(_written(table, name, schema.dialect) if table is not None else name for name in names)


def _written(table: Table, name: str, dialect: str) -> str:
    """The column's name as it is written; a name that is none of the table's is one while both versions are served."""
    column = table.column(name)
    return column_name(column, dialect) if column is not None else name


def key_text(schema: Schema, table: Table) -> str:
    """The columns that find a row, with their types; empty where the contract knows of none."""
    columns = [column for name in next(iter(table.row_keys), ()) if (column := table.column(name)) is not None]
    return ", ".join(
        f"{identifier(column_name(c, schema.dialect), schema.dialect)} {_tight(type_text(schema, table, c))}".strip()
        for c in columns
    )


def _tight(text: str) -> str:
    """A type without a space behind its comma: the list of columns has one there."""
    return text if "'" in text else text.replace(", ", ",")


def _old(found: Path, step: Step) -> Table:
    return found.before.tables[step.table]


def _new(found: Path, step: Step) -> Table:
    return found.after.tables[step.to]
