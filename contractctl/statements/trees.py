"""What does a parsed statement do to a column? Every name in it is looked at in its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import SqlglotError

from contractctl.statements import EVERYTHING, Reading, Target, Touch, names, table_names
from contractctl.statements.functions import HARMLESS
from contractctl.statements.texts import Text

_DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
_UNDERSTOOD = (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Values, exp.TruncateTable, exp.Copy)
_NOT_UNDERSTOOD = (exp.Command, exp.Merge, exp.Into, exp.Pivot, exp.MatchRecognize, exp.Create)
_SCOPES = (exp.Select, exp.Insert, exp.Update, exp.Delete)
_ORDER = list(Touch)


@dataclass(frozen=True, slots=True)
class _Statement:
    """One statement, and how the table is called in it."""

    tree: exp.Expr
    target: Target
    tables: tuple[exp.Table, ...]
    """Every mention of the table."""
    joins: tuple[exp.Subquery, ...]
    """What has a name of its own, and the table in it: `(orders JOIN clients …) AS j`."""
    aliases: frozenset[str]
    """By which its columns may be qualified."""
    others: frozenset[str]
    """By which the columns of something else may be."""

    @property
    def column(self) -> str:
        return self.target.column.casefold()


def touch(text: Text, target: Target) -> Reading:
    """The worst of all statements of a text."""
    trees = _parsed(text)
    if not trees:
        return Reading(Touch.UNKNOWN, "it cannot be parsed")
    found = [Reading(Touch.UNKNOWN, why) for why in _swallowed(text, trees, target)]
    for tree in trees:
        found += _touches(_statement(tree, target))
    return min(found, key=lambda one: _ORDER.index(one.touch), default=Reading(Touch.NONE, "it touches other columns"))


def _parsed(text: Text) -> list[exp.Expr]:
    import logging

    import sqlglot

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what it does not know; here that is an answer
    try:
        trees = [tree for tree in sqlglot.parse(text.sql, read=_DIALECTS[text.dialect]) if tree is not None]
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError):
        return []
    return [tree for tree in trees if not isinstance(tree, exp.Semicolon)]


def _swallowed(text: Text, trees: list[exp.Expr], target: Target) -> Iterator[str]:
    """Names that stand in the text, and nowhere in the tree: what they mean is not known."""
    wanted = {target.column.casefold(), *table_names(target), *names(target.through)}
    seen = [node.name.casefold() for tree in trees for node in tree.find_all(exp.Identifier)]
    for name in sorted(wanted & text.words):
        if text.counts[name] > seen.count(name):
            yield f"'{name}' stands where it cannot be understood"


def _statement(tree: exp.Expr, target: Target) -> _Statement:
    # FOR UPDATE OF o and DELETE o FROM … name a source that is there already
    every = [
        one for one in tree.find_all(exp.Table) if not isinstance(one.parent, exp.Lock) and one.arg_key != "tables"
    ]
    tables = tuple(table for table in every if _is_target(table, target))
    joins = tuple(one for one in tree.find_all(exp.Subquery) if one.alias and _joins(one, tables))
    own = table_names(target) | {one.alias_or_name.casefold() for one in (*tables, *joins)}
    derived = [one.alias.casefold() for one in tree.find_all(exp.Subquery, exp.CTE, exp.Lateral, exp.Unnest)]
    mine = {id(table) for table in tables}
    others = {table.alias_or_name.casefold() for table in every if id(table) not in mine} | set(derived)
    return _Statement(tree, target, tables, joins, frozenset(own), frozenset(others - {""}))


def _joins(parentheses: exp.Subquery, tables: tuple[exp.Table, ...]) -> bool:
    """Whether what stands in parentheses is a join of the table, and no query."""
    return any(_is_below(table, parentheses) and _scope(table) is _scope(parentheses) for table in tables)


def _is_target(table: exp.Table, target: Target) -> bool:
    """An unqualified name may be found in any schema of the search path: it is ours."""
    schema, _, _ = target.table.rpartition(".")
    elsewhere = schema and table.db and table.db.casefold() != schema.casefold()
    return table.name.casefold() in table_names(target) and not elsewhere


def _touches(it: _Statement) -> Iterator[Reading]:
    if not isinstance(it.tree, _UNDERSTOOD):
        if it.tables or isinstance(it.tree, _NOT_UNDERSTOOD):
            yield Reading(Touch.UNKNOWN, f"{it.tree.key.upper()} is not understood")
        yield from _calls(it)
        return
    for node in it.tree.find_all(*_NOT_UNDERSTOOD):
        yield Reading(Touch.UNKNOWN, f"{node.key.upper()} is not understood")
    yield from _calls(it)
    yield from _through(it)
    yield from _types(it)
    if not it.tables:
        return
    if it.column == EVERYTHING:
        yield Reading(Touch.READS, "it names the table")
        return
    yield from _renamed(it)
    yield from _stars(it)
    yield from _whole_rows(it)
    yield from _whole_writes(it)
    yield from _natural(it)
    for name in it.tree.find_all(exp.Identifier):
        if name.name.casefold() == it.column and (found := _named(it, name)):
            yield found


def _calls(it: _Statement) -> Iterator[Reading]:
    """A function may read anything, where nobody says what it reads."""
    if it.target.nested_seen:
        return
    for call in it.tree.find_all(exp.Anonymous):
        if call.name.casefold() not in HARMLESS and not _is_values(call):
            yield Reading(Touch.UNKNOWN, f"nobody knows what the function {call.name} reads")
    for dot in it.tree.find_all(exp.Dot):
        if isinstance(dot.expression, exp.Func) and dot.this.name.casefold() != "pg_catalog":
            yield Reading(Touch.UNKNOWN, f"nobody knows what the function {dot.sql()} reads")


def _through(it: _Statement) -> Iterator[Reading]:
    through = names(it.target.through)
    named = [table.name for table in it.tree.find_all(exp.Table)]
    called = [call.name for call in it.tree.find_all(exp.Anonymous)]
    for name in (*named, *called):
        if name.casefold() in through:
            yield Reading(Touch.READS, f"it names {name}, which depends on the column")
    if it.target.dialect == "postgresql":  # o.f is f(o) where o has no column f
        for taken in it.tree.find_all(exp.Column, exp.Dot):
            if taken.name.casefold() in through and not (isinstance(taken, exp.Column) and not taken.table):
                yield Reading(Touch.UNKNOWN, f"{taken.sql()} may be a call of what depends on the column")


def _types(it: _Statement) -> Iterator[Reading]:
    """In PostgreSQL a table's name is the name of a type as well: `null::orders`."""
    placed = (exp.Table, exp.Column, exp.Alias, exp.TableAlias, exp.CTE)
    for name in it.tree.find_all(exp.Identifier):
        if name.name.casefold() in table_names(it.target) and not isinstance(name.parent, placed):
            yield Reading(Touch.UNKNOWN, f"'{name.name}' stands where it cannot be understood")


def _renamed(it: _Statement) -> Iterator[Reading]:
    """`orders AS o (a, b)`: which of the names is the column's is not known."""
    for alias in it.tree.find_all(exp.TableAlias):
        if alias.columns and any(alias.parent is one for one in (*it.tables, *it.joins)):
            yield Reading(Touch.UNKNOWN, f"'{alias.name}' gives the columns other names")


def _stars(it: _Statement) -> Iterator[Reading]:
    for star in it.tree.find_all(exp.Star):
        parent = star.parent
        if isinstance(parent, exp.Count):
            continue
        if isinstance(parent, exp.Column):
            if parent.table.casefold() in it.aliases or parent.table.casefold() not in it.others:
                yield Reading(Touch.READS, f"{parent.sql()} are all columns")
        elif isinstance(parent, exp.Select | exp.Returning):
            if _in_scope(it, _scope(star)) and not isinstance(parent.parent, exp.Exists):
                yield Reading(Touch.READS, "* are all columns")
        else:
            yield Reading(Touch.UNKNOWN, "a * stands where it cannot be understood")


def _whole_rows(it: _Statement) -> Iterator[Reading]:
    """PostgreSQL takes a table's name for its whole row: https://www.postgresql.org/docs/current/rowtypes.html."""
    if it.target.dialect != "postgresql":
        return
    for column in it.tree.find_all(exp.Column):
        if not column.table and column.name.casefold() in it.aliases:
            yield Reading(Touch.READS, f"{column.name} is the whole row")


def _whole_writes(it: _Statement) -> Iterator[Reading]:
    """INSERT and COPY without a list of columns."""
    mine = {id(table) for table in it.tables}
    for insert in it.tree.find_all(exp.Insert):
        if id(insert.this) in mine and not insert.args.get("default"):
            yield Reading(Touch.WRITES, "INSERT without columns writes all of them")
    if isinstance(it.tree, exp.Copy) and id(it.tree.this) in mine:
        comes = bool(it.tree.args.get("kind"))
        yield Reading(Touch.WRITES if comes else Touch.READS, "COPY without columns takes all of them")


def _natural(it: _Statement) -> Iterator[Reading]:
    for join in it.tree.find_all(exp.Join):
        if join.method.upper() == "NATURAL" and _in_scope(it, _scope(join)):
            yield Reading(Touch.UNKNOWN, "NATURAL JOIN compares columns that it does not name")


def _named(it: _Statement, name: exp.Identifier) -> Reading | None:
    """What one mention of the column's name does; None where it is none of the table's columns."""
    parent = name.parent
    if isinstance(parent, exp.Column) and parent.this is name:
        return _column(it, parent)
    if isinstance(parent, exp.Schema):
        return _listed(it, parent)
    if isinstance(parent, exp.Alias | exp.TableAlias | exp.CTE) or (
        isinstance(parent, exp.Table) and parent not in it.tables
    ):
        return None  # a name that is given here
    if isinstance(parent, exp.Join):
        return Reading(Touch.READS, "USING compares it") if _in_scope(it, _scope(parent)) else None
    if isinstance(parent, exp.Anonymous) and _is_values(parent):
        return Reading(Touch.WRITES, "VALUES() is what would be inserted")
    if isinstance(parent, exp.Dot) and it.target.dialect == "postgresql":
        return Reading(Touch.READS, "a field of a row is taken")
    return Reading(Touch.UNKNOWN, f"'{name.name}' stands where it cannot be understood")


def _column(it: _Statement, column: exp.Column) -> Reading | None:
    qualifier = column.table.casefold()
    written = _written(it, column)
    if qualifier:
        if qualifier in it.aliases:
            if qualifier in it.others:
                return Reading(Touch.UNKNOWN, f"'{column.table}' stands for several tables")
            return written or Reading(Touch.READS, f"{column.sql()} is read")
        if qualifier in it.others:
            return None
        if qualifier == "excluded" and (conflict := column.find_ancestor(exp.OnConflict)):
            return _proposed(it, conflict)
        return Reading(Touch.UNKNOWN, f"nobody knows what '{column.table}' stands for")
    if written:
        return written
    if _is_output(column):
        return None
    return _unqualified(it, column)


def _proposed(it: _Statement, conflict: exp.OnConflict) -> Reading | None:
    """`excluded.customer`: the row that was to be inserted, with the column's default where nothing was given."""
    insert = conflict.parent
    if isinstance(insert, exp.Insert) and any(_unwrapped(insert.this) is table for table in it.tables):
        return Reading(Touch.WRITES, "the value that would be inserted is taken")
    return None


def _unqualified(it: _Statement, column: exp.Column) -> Reading | None:
    """It belongs to the sources around it, the nearest first."""
    scope = _scope(column)
    if isinstance(scope, exp.Insert) and it.target.dialect == "mysql" and _gives_rows(it, scope):
        return Reading(Touch.UNKNOWN, f"'{column.name}' may belong to the query that gives the rows")
    while scope is not None:
        sources = list(_sources(scope))
        if _in_scope(it, scope):
            if len(sources) == 1:
                return Reading(Touch.READS, f"{column.name} is read")
            return Reading(Touch.UNKNOWN, f"'{column.name}' may belong to any of {len(sources)} tables")
        outer = _outer(scope)
        if sources and _visible(it, outer):
            return Reading(Touch.UNKNOWN, f"'{column.name}' may belong to a table further out")
        scope = outer
    return None


def _gives_rows(it: _Statement, insert: exp.Insert) -> bool:
    """In `INSERT … SELECT … ON DUPLICATE KEY UPDATE`, the columns of the query's tables can be named as well."""
    return any(_is_below(table, insert.expression) for table in it.tables)


def _visible(it: _Statement, scope: exp.Expr | None) -> bool:
    while scope is not None:
        if _in_scope(it, scope):
            return True
        scope = _outer(scope)
    return False


def _written(it: _Statement, column: exp.Column) -> Reading | None:
    """Whether the mention is the left side of an assignment to the table."""
    place: exp.Expr = column
    if isinstance(place.parent, exp.Tuple):
        place = place.parent
    assignment = place.parent
    if not isinstance(assignment, exp.EQ) or assignment.this is not place:
        return None
    statement = assignment.parent
    if isinstance(statement, exp.OnConflict):
        statement = statement.parent
    elif not isinstance(statement, exp.Update) or assignment.arg_key != "expressions":
        return None
    table = _unwrapped(statement.this) if statement is not None else None
    if it.target.dialect == "mysql" and isinstance(statement, exp.Update) and len(list(_sources(statement))) > 1:
        if column.table.casefold() in it.aliases - it.others:
            return Reading(Touch.WRITES, f"{column.sql()} is assigned")
        return None
    if any(table is one for one in it.tables):
        return Reading(Touch.WRITES, f"{column.name} is assigned")
    return None


def _listed(it: _Statement, schema: exp.Schema) -> Reading | None:
    """A list of columns behind a table's name."""
    if not any(schema.this is table for table in it.tables):
        return None
    if isinstance(schema.parent, exp.Insert):
        return Reading(Touch.WRITES, "it is inserted")
    if isinstance(schema.parent, exp.Copy):
        comes = bool(schema.parent.args.get("kind"))
        return Reading(Touch.WRITES if comes else Touch.READS, "it is copied")
    return Reading(Touch.UNKNOWN, "it stands in a list that cannot be understood")


def _is_output(column: exp.Column) -> bool:
    """`SELECT full_name AS customer … ORDER BY customer`: a bare name there is the output's before any column's."""
    ordered = column.parent
    if not isinstance(ordered, exp.Ordered) or not isinstance(ordered.parent, exp.Order):
        return False
    select = ordered.parent.parent
    if not isinstance(select, exp.Select):
        return False
    return any(
        isinstance(one, exp.Alias) and one.alias.casefold() == column.name.casefold() for one in select.expressions
    )


def _is_values(call: exp.Anonymous) -> bool:
    """MySQL's VALUES(column) in ON DUPLICATE KEY UPDATE."""
    return call.name.upper() == "VALUES" and call.find_ancestor(exp.OnConflict) is not None


def _scope(node: exp.Expr) -> exp.Expr | None:
    return node.find_ancestor(*_SCOPES)


def _is_below(node: exp.Expr | None, other: exp.Expr | None) -> bool:
    while node is not None and node is not other:
        node = node.parent
    return node is not None


def _outer(scope: exp.Expr) -> exp.Expr | None:
    """The scope whose columns are visible in this one: not from a CTE, and not from a derived table in FROM."""
    node: exp.Expr | None = scope
    while node is not None and node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.CTE):
            return None
        if isinstance(node, exp.Subquery) and isinstance(parent, exp.From | exp.Join):
            return None
        if isinstance(parent, exp.Insert) and node is parent.expression:
            return None
        if isinstance(parent, _SCOPES):
            return parent
        node = parent
    return None


def _in_scope(it: _Statement, scope: exp.Expr | None) -> bool:
    """Whether the table is one of a scope's own sources."""
    return any(_scope(table) is scope for table in it.tables)


def _sources(scope: exp.Expr) -> Iterator[exp.Expr]:
    """Everything that gives columns to a scope."""
    if isinstance(scope, exp.Insert | exp.Update | exp.Delete):
        yield _unwrapped(scope.this)
    for kind in (exp.From, exp.Join, exp.Lateral):
        for node in scope.find_all(kind):
            if _scope(node) is scope:
                yield node.this
    for table in scope.args.get("using") or ():
        if isinstance(table, exp.Expr):
            yield table


def _unwrapped(table: exp.Expr) -> exp.Expr:
    return table.this if isinstance(table, exp.Schema) else table
