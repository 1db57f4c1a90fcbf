"""What stands beside the tables? Indexes and views, and what is dropped again."""

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import ErrorLevel, exp

from contractctl.formats.sql.expressions import expression, fold
from contractctl.formats.sql.parsing.defined import Defined, NotUnderstoodError, label_of, name_of, spelling
from contractctl.formats.sql.parsing.keys import index_computes, index_meaning, unique_of
from contractctl.formats.sql.parsing.table_constraints import add_unique
from contractctl.formats.sql.parsing.table_options import option_text
from contractctl.formats.sql.schema import Index, Table, View
from contractctl.formats.sql.statements import sqlglot_dialect

_USUAL = frozenset({"ALGORITHM=UNDEFINED", "ALGORITHM=MERGE", "SQL SECURITY DEFINER"})
"""What a view of MySQL may say of itself, and what that does not change: https://mariadb.com/kb/en/view-algorithms/."""


def create_index(defined: Defined, tree: exp.Create, options: str = "") -> str:
    """Take in one CREATE INDEX. options: what misread.mended took out of it."""
    index, dialect = tree.this, defined.dialect
    name = name_of(index.args["table"], dialect)
    table = defined.tables.get(name)
    if table is None and name not in defined.views:
        raise NotUnderstoodError(f"the index is for a table '{name}' that is not understood")
    parameters = index.args.get("params")
    text = tree.sql(dialect=sqlglot_dialect(dialect), comments=False)
    if options and dialect == "mysql":
        text = text.replace("CREATE INDEX", f"CREATE {options.upper()} INDEX", 1)
    label = label_of(index.this, dialect) if index.this else ""
    if table is None or not tree.args.get("unique"):
        unique_ = "UNIQUE" if tree.args.get("unique") else ""
        kind = f"{unique_} {options if dialect == 'mysql' else ''}".strip()
        parts, where = parameters.args.get("columns") or [], parameters.args.get("where")
        computes = tuple(index_computes(parts, table, dialect, where)) if table is not None else ()
        defined.indexes.append(Index(label, name, text, _meaning(parameters, table, kind, dialect), computes))
        return name
    where = parameters.args.get("where")
    if options:
        end = f" {where.sql(dialect=sqlglot_dialect(dialect))}" if where is not None else ""
        text = f"{text.removesuffix(end)} {options.upper()}{end}"
    unique = replace(
        unique_of(parameters.args.get("columns") or [], table, dialect, label),
        where=expression(where.this, dialect, table) if where is not None else None,
        nulls_alike=bool(options),
        written=text,
    )
    defined.tables[name] = add_unique(table, unique)
    return name


def _meaning(parameters: exp.Expr, table: Table | None, kind: str, dialect: str) -> str:
    """What an index is, without its name and what holds anyway."""
    using = parameters.args.get("using")
    method = using.name.lower() if using is not None else "btree"
    return index_meaning(
        parameters.args.get("columns") or [],
        table,
        dialect,
        kind=f"{kind} {method if method != 'btree' else ''}".strip(),
        includes=[fold(one, dialect) for one in parameters.args.get("include") or ()],
        where=parameters.args.get("where"),
    )


def create_view(defined: Defined, tree: exp.Create, options: str) -> str:
    """Take in one CREATE VIEW. options: what misread.mended took out of it."""
    dialect, query = defined.dialect, tree.expression
    head = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    name = name_of(head, dialect)
    outputs: tuple[str, ...] | None
    if isinstance(tree.this, exp.Schema):
        outputs = tuple(fold(column, dialect) for column in tree.this.expressions)
    elif query.find(exp.Star) and any(s.is_star for s in query.selects):
        outputs = None
    else:
        outputs = tuple(s.alias_or_name if dialect == "postgresql" else s.alias_or_name.lower() for s in query.selects)
    sources = {t.alias_or_name.lower(): name_of(t, dialect) for t in query.find_all(exp.Table)}
    reads = frozenset(_reads(defined, query, sources))
    text = query.sql(dialect=sqlglot_dialect(dialect), comments=False, unsupported_level=ErrorLevel.RAISE)
    tables, properties = frozenset(sources.values()), " ".join(filter(None, (*_properties(tree), options)))
    defined.views[name] = View(name, spelling(head, dialect), text, outputs, reads, tables, properties)
    return name


def _properties(tree: exp.Create) -> Iterator[str]:
    """What is said of a view and does not hold anyway. Who defined it does not change what it gives."""
    properties = tree.args.get("properties")
    for part in properties.expressions if properties else ():
        if isinstance(part, exp.AlgorithmProperty | exp.SqlSecurityProperty):
            text = part.sql(dialect="mysql").upper()
            yield from (text,) if text not in _USUAL else ()
        elif not isinstance(part, exp.DefinerProperty):
            yield option_text(part, "postgresql")


def _reads(defined: Defined, query: exp.Expr, sources: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Columns that belong to one table beyond doubt: qualified, or read from a query over one table alone."""
    only = next(iter(sources.values())) if len(sources) == 1 else None
    aliases = {alias.alias.lower() for alias in query.find_all(exp.Alias)}
    for column in query.find_all(exp.Column):
        if isinstance(column.this, exp.Star):
            continue
        table = sources.get(column.table.lower()) if column.table else only
        name = fold(column.this, defined.dialect)
        if table is not None and (column.table or name not in aliases):
            yield table, name


def drop(defined: Defined, tree: exp.Drop) -> str:
    """Dumps drop a table before they create it; histories drop an index that they have created."""
    if tree.args.get("kind") == "INDEX":
        return _drop_index(defined, tree)
    names = [name_of(t, defined.dialect) for t in tree.args.get("tables") or [] if isinstance(t, exp.Table)]
    for name in names:
        defined.tables.pop(name, None)
        defined.views.pop(name, None)
        defined.indexes[:] = [index for index in defined.indexes if index.table != name]
    if tree.args.get("kind") not in {"TABLE", "VIEW"} or not names:
        raise NotUnderstoodError(f"DROP {tree.args.get('kind')} is not judged")
    return names[0]


def _drop_index(defined: Defined, tree: exp.Drop) -> str:
    label = name_of(tree.args["tables"][0], defined.dialect).rpartition(".")[2].lower()
    for index in defined.indexes:
        if index.name.lower() == label:
            defined.indexes.remove(index)
            return index.table
    for name, table in defined.tables.items():
        kept = tuple(u for u in table.uniques if not u.written or (u.name or "").lower() != label)
        if kept != table.uniques:
            defined.tables[name] = replace(table, uniques=kept)
            return name
    raise NotUnderstoodError(f"there is no index '{label}'")
