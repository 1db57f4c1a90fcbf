"""Do two queries say the same, one as its author wrote it and one as a database prints it?"""

from collections import Counter

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from contractctl.formats.sql.expressions import reworded
from contractctl.formats.sql.schema import Schema, Type, View
from contractctl.formats.sql.statements import sqlglot_dialect


def same_query(one: View, other: View, schema: Schema) -> bool:
    """Whether the same query stands behind both, as far as their texts tell. schema: the tables that they read."""
    if one.text == other.text:
        return True
    try:
        return _spelled_out(one, schema) == _spelled_out(other, schema)
    except SqlglotError:
        return False


def _spelled_out(view: View, schema: Schema) -> str:
    """The query with every `*` written out, every column with its table, and nothing that could be left out."""
    dialect = sqlglot_dialect(schema.dialect)
    tree = sqlglot.parse_one(view.text, dialect=dialect)
    if schema.dialect == "postgresql":
        _without_public(tree)
    tree = reworded(tree.transform(_bare), schema.dialect, _kinds(view, tree, schema))
    columns: dict[str, object] = {
        table.written: {column.written: "" for column in table.columns} for table in schema.tables.values()
    }
    tree = qualify(tree, dialect=dialect, schema=columns, validate_qualify_columns=False)
    return tree.sql(dialect=dialect)


def _without_public(tree: exp.Expr) -> None:
    """The schema that is searched anyway, before a table and before a type of the user's."""
    for table in tree.find_all(exp.Table):
        if table.db == "public":
            table.set("db", None)
    for kind in tree.find_all(exp.DataType):
        named = kind.args.get("kind")
        if isinstance(named, exp.Dot) and named.this.name == "public":
            kind.set("kind", named.expression)


def _kinds(view: View, tree: exp.Expr, schema: Schema) -> dict[str, Type]:
    """The types of columns whose name belongs to one alone; of none where something else than tables is read."""
    if not view.tables <= schema.tables.keys():
        return {}
    columns = [column for name in view.tables for column in schema.tables[name].columns]
    names = Counter([column.name for column in columns] + [alias.alias.lower() for alias in tree.find_all(exp.Alias)])
    return {column.name: column.type for column in columns if names[column.name] == 1}


def _bare(node: exp.Expr) -> exp.Expr:
    """Without INNER, and with joins beside each other; MariaDB counts 0 where one counts rows."""
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Literal):
        return exp.Count(this=exp.Star())
    if isinstance(node, exp.Join) and node.args.get("kind") == "INNER":
        node.set("kind", None)
    if isinstance(node, exp.Select):
        _take_out_joins(node)
    return node


def _take_out_joins(select: exp.Select) -> None:
    """MariaDB writes `FROM (a JOIN b)`."""
    source = select.args.get("from_") or select.args.get("from")
    inner = source.this.unnest() if source is not None else None
    if source is not None and isinstance(inner, exp.Table) and inner.args.get("joins"):
        joins = [*inner.args["joins"], *(select.args.get("joins") or ())]
        inner.set("joins", None)
        source.set("this", inner)
        select.set("joins", joins)
