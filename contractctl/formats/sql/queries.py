"""Do two queries say the same, one as its author wrote it and one as a database prints it?"""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from contractctl.formats.sql.schema import Schema, View
from contractctl.formats.sql.statements import sqlglot_dialect


def same_query(one: View, other: View, schema: Schema) -> bool:
    """Whether the same query stands behind both, as far as their texts tell. schema: the tables that they read."""
    if one.text == other.text:
        return True
    columns: dict[str, object] = {
        table.written: {column.written: "" for column in table.columns} for table in schema.tables.values()
    }
    try:
        return _spelled_out(one, schema.dialect, columns) == _spelled_out(other, schema.dialect, columns)
    except SqlglotError:
        return False


def _spelled_out(view: View, dialect: str, columns: dict[str, object]) -> str:
    """The query with every `*` written out, every column with its table, and nothing that could be left out."""
    tree = sqlglot.parse_one(view.text, dialect=sqlglot_dialect(dialect))
    for table in tree.find_all(exp.Table):
        if dialect == "postgresql" and table.db == "public":  # the schema that is searched anyway
            table.set("db", None)
    tree = tree.transform(_bare)
    tree = qualify(tree, dialect=sqlglot_dialect(dialect), schema=columns, validate_qualify_columns=False)
    return tree.sql(dialect=sqlglot_dialect(dialect))


def _bare(node: exp.Expr) -> exp.Expr:
    """Without casts of constants, parentheses and INNER; MariaDB counts 0 where one counts rows."""
    if isinstance(node, exp.Paren) or (isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal)):
        return _bare(node.this)
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
