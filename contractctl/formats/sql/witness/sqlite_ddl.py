"""How would SQLite hold these tables? Its own DDL as it stands; that of others in strict tables, where it can."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlglot.errors import SqlglotError

from contractctl.formats.sql.schema import Check, Column, Expression, Family, Schema, Table, Unique
from contractctl.formats.sql.statements import parse_tree, sqlglot_dialect
from contractctl.formats.sql.writing import create_table, identifier

_TYPES = {
    Family.INTEGER: "INT",
    Family.BOOLEAN: "INT",
    Family.FLOAT: "REAL",
    Family.TEXT: "TEXT",
    Family.ENUM: "TEXT",
    Family.BINARY: "BLOB",
}
"""Strict tables refuse another kind of value, as PostgreSQL and MySQL do. What is not listed takes any value."""
_CANNOT = "this cannot be expressed in SQLite"
"""A statement that SQLite refuses, so that a table which cannot be translated witnesses nothing."""


def statements(schema: Schema, instead: Table | None = None) -> tuple[str, ...]:
    """The statements that make the tables and views of a version in SQLite. instead: takes its namesake's place."""
    if schema.dialect == "sqlite":
        others = [s.text for s in schema.statements if instead is None or s.subject != instead.name]
        return (*_own(instead), *others) if instead is not None else tuple(others)
    return tuple(_statements(schema, instead))


def alone(client: Table, provider: Table, rule: str, name: str | None) -> Table | None:
    """The client's table with nothing of the provider's but what the rule is about, in the column of that name."""
    aspects = next((a for part, a in _ASPECTS.items() if rule.startswith(f"sql-{part}")), ())
    if rule.startswith("sql-check-"):
        return replace(client, checks=(*_about(client, name, here=False), *_about(provider, name, here=True)))
    if name is None:
        values = {aspect: getattr(provider, aspect) for aspect in aspects}
        added = [c for c in provider.columns if client.column(c.name) is None and c.omittable]
        changed = replace(client, columns=(*client.columns, *added), **values)
        return replace(changed, uniques=_within(changed)) if aspects else None
    own, given = client.column(name), provider.column(name)
    if given is None or not aspects:
        return None
    if own is None:
        return replace(client, columns=(*client.columns, given))
    column = replace(own, **{aspect: getattr(given, aspect) for aspect in aspects})
    if own.counted != given.counted:  # in SQLite that lies in the type and the key
        column, client = replace(column, type=given.type), replace(client, uniques=provider.uniques)
    changed = replace(client, columns=tuple(column if c.name == name else c for c in client.columns))
    return replace(changed, uniques=_within(changed))


def _about(table: Table, name: str | None, *, here: bool) -> Iterator[Check]:
    yield from (check for check in table.checks if (name in check.columns) is here)


def _within(table: Table) -> tuple[Unique, ...]:
    """The unique constraints about columns that the table has."""
    return tuple(unique for unique in table.uniques if all(table.column(name) for name in unique.columns))


_ASPECTS: Mapping[str, tuple[str, ...]] = {
    "column-required": ("nullable",),
    "null-": ("nullable", "counted"),
    "default-": ("nullable", "default", "counted", "generated", "stored"),
    "column-generated": ("generated", "stored", "counted", "default"),
    "generation-": ("generated", "stored", "counted", "default"),
    "type-": ("type",),
    "precision-": ("type",),
    "collation-": ("collation",),
    "unique-": ("uniques",),
    "duplicates-": ("uniques",),
    "foreign-key-": ("foreign_keys",),
    "delete-": ("foreign_keys",),
    "strict-": ("strict", "options"),
}
"""What a rule is about: fields of a column, or of a table."""


def _own(table: Table) -> Iterator[str]:
    yield create_table(table, "sqlite")
    yield from (unique.written for unique in table.uniques if unique.written)


def _statements(schema: Schema, instead: Table | None) -> Iterator[str]:
    for each in schema.tables.values():
        table = instead if instead is not None and instead.name == each.name else each
        yield _table(table)
        yield from (_index(table, unique) for unique in table.uniques if _apart(unique))
    for view in schema.views.values():
        yield f"CREATE VIEW {_name(view.written)} AS {_translated(view.text, schema.dialect)}"


def _name(name: str) -> str:
    return identifier(name, "sqlite")


def _apart(unique: Unique) -> bool:
    return bool(unique.written or unique.expressions or unique.where or unique.nulls_alike)


def _table(table: Table) -> str:
    parts = [_column(table, column) for column in table.columns]
    parts += [_unique(table, unique) for unique in table.uniques if not _apart(unique) and not _counts(table, unique)]
    for key in table.foreign_keys:
        referred = f" ({', '.join(map(_name, key.referred))})" if key.referred else ""
        actions = " ".join(key.actions)
        parts.append(f"FOREIGN KEY ({_names(table, key.columns)}) REFERENCES {_name(key.table)}{referred} {actions}")
    parts += [f"CHECK ({_expression(check.condition)})" for check in table.checks]
    return f"CREATE TABLE {_name(table.written)} ({', '.join(parts)}) STRICT"


def _counts(table: Table, unique: Unique) -> bool:
    """Whether the key is the one that SQLite counts up by itself."""
    column = table.column(unique.columns[0]) if len(unique.columns) == 1 else None
    return unique.primary and column is not None and column.counted


def _column(table: Table, column: Column) -> str:
    if column.counted and table.primary_key == (column.name,):
        return f"{_name(column.written)} INTEGER PRIMARY KEY"
    words = [_name(column.written), _TYPES.get(column.type.family, "ANY")]
    if not column.nullable and not column.counted:
        words.append("NOT NULL")
    if column.default is not None:
        words.append(f"DEFAULT ({_expression(column.default)})")
    if column.generated is not None:
        words.append(f"AS ({_expression(column.generated)}) {'STORED' if column.stored else 'VIRTUAL'}")
    return " ".join(words)


def _names(table: Table, names: tuple[str, ...]) -> str:
    columns = [table.column(name) for name in names]
    return ", ".join(_name(column.written) for column in columns if column is not None)


def _unique(table: Table, unique: Unique) -> str:
    return f"{'PRIMARY KEY' if unique.primary else 'UNIQUE'} ({_names(table, unique.columns)})"


def _index(table: Table, unique: Unique) -> str:
    if unique.expressions or unique.nulls_alike:
        return _CANNOT
    where = f" WHERE {_expression(unique.where)}" if unique.where else ""
    label = _name(f"{table.name} {' '.join(unique.columns)}{where}")
    return f"CREATE UNIQUE INDEX {label} ON {_name(table.written)} ({_names(table, unique.columns)}){where}"


def _expression(expression: Expression) -> str:
    """PostgreSQL's and MySQL's functions under SQLite's names, where it has them."""
    return expression.tree.sql(dialect="sqlite")


def _translated(query: str, dialect: str) -> str:
    try:
        tokens = tuple(sqlglot_dialect(dialect).tokenize(query))
        tree = parse_tree(tokens, query, dialect)
    except SqlglotError:
        return _CANNOT
    return tree.sql(dialect="sqlite") if tree is not None else _CANNOT
