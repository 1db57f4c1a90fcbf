"""What does a parsed statement do to a column? Every name in it is looked at in its place."""

import re
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError

from contractctl.statements import EVERYTHING, Reading, Target, Touch, names, table_names
from contractctl.statements.functions import HARMLESS
from contractctl.statements.mentions import mention
from contractctl.statements.scopes import (
    Statement,
    in_scope,
    is_below,
    is_values,
    scope_of,
)
from contractctl.statements.texts import Text

_DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
_PREFIXED = re.compile(
    r"\A\s*(?:declare\s+\S+\s[\w\s]*?\bcursor\b(?:\s+with(?:out)?\s+hold)?\s+for|prepare\s+\w+\s*(?:\([^()]*\)\s*)?\bas)\s",
    re.IGNORECASE,
)
"""What PostgreSQL has before the query of a cursor, or of what is prepared."""
_UNDERSTOOD = (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Values, exp.TruncateTable, exp.Copy)
_NOT_UNDERSTOOD = (exp.Command, exp.Merge, exp.Into, exp.Pivot, exp.MatchRecognize, exp.Create)
_ORDER = list(Touch)


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
    sql = _PREFIXED.sub("", text.sql) if text.dialect == "postgresql" else text.sql
    try:
        trees = [tree for tree in sqlglot.parse(sql, read=_DIALECTS[text.dialect]) if tree is not None]
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError):
        return []
    return [tree for tree in trees if not isinstance(tree, exp.Semicolon)]


def _swallowed(text: Text, trees: list[exp.Expr], target: Target) -> Iterator[str]:
    """Names that are in the text, and nowhere in the tree: what they mean is not known."""
    wanted = {target.column.casefold(), *table_names(target), *names(target.through)}
    seen = [node.name.casefold() for tree in trees for node in tree.find_all(exp.Identifier)]
    for name in sorted(wanted & text.words):
        if text.counts[name] > seen.count(name):
            yield f"'{name}' is used where it cannot be understood"


def _statement(tree: exp.Expr, target: Target) -> Statement:
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
    return Statement(tree, target, tables, joins, frozenset(own), frozenset(others - {""}))


def _joins(parentheses: exp.Subquery, tables: tuple[exp.Table, ...]) -> bool:
    """Whether what is in parentheses is a join of the table, and no query."""
    return any(is_below(table, parentheses) and scope_of(table) is scope_of(parentheses) for table in tables)


def _is_target(table: exp.Table, target: Target) -> bool:
    return any(_may_be(table, name, target.within) for name in (target.table, *target.also))


def _may_be(table: exp.Table, name: str, within: str) -> bool:
    """An unqualified name may be found in any schema of the search path: it is ours."""
    schema, _, plain = name.casefold().rpartition(".")
    return table.name.casefold() == plain and (not schema or (table.db or within).casefold() in ("", schema))


def _touches(it: Statement) -> Iterator[Reading]:
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
        if name.name.casefold() == it.column and (found := mention(it, name)):
            yield found


def _calls(it: Statement) -> Iterator[Reading]:
    """A function may read anything, where nobody says what it reads."""
    if it.target.nested_seen:
        return
    for call in it.tree.find_all(exp.Anonymous):
        if call.name.casefold() not in HARMLESS and not is_values(call):
            yield Reading(Touch.UNKNOWN, f"nobody knows what the function {call.name} reads")
    for dot in it.tree.find_all(exp.Dot):
        if isinstance(dot.expression, exp.Func) and dot.this.name.casefold() != "pg_catalog":
            yield Reading(Touch.UNKNOWN, f"nobody knows what the function {dot.sql()} reads")


def _through(it: Statement) -> Iterator[Reading]:
    through, within = names(it.target.through), it.target.within
    tables = it.tree.find_all(exp.Table)
    named = [one.name for one in tables if any(_may_be(one, name, within) for name in it.target.through)]
    called = [call.name for call in it.tree.find_all(exp.Anonymous) if call.name.casefold() in through]
    for name in (*named, *called):
        yield Reading(Touch.READS, f"it names {name}, which depends on the column")
    if it.target.dialect == "postgresql":  # o.f is f(o) where o has no column f
        for taken in it.tree.find_all(exp.Column, exp.Dot):
            if taken.name.casefold() in through and not (isinstance(taken, exp.Column) and not taken.table):
                yield Reading(Touch.UNKNOWN, f"{taken.sql()} may be a call of what depends on the column")


def _types(it: Statement) -> Iterator[Reading]:
    """In PostgreSQL a table's name is the name of a type as well: `null::orders`."""
    placed = (exp.Table, exp.Column, exp.Alias, exp.TableAlias, exp.CTE)
    for name in it.tree.find_all(exp.Identifier):
        if name.name.casefold() in table_names(it.target) and not isinstance(name.parent, placed):
            yield Reading(Touch.UNKNOWN, f"'{name.name}' is used where it cannot be understood")


def _renamed(it: Statement) -> Iterator[Reading]:
    """`orders AS o (a, b)`: which of the names is the column's is not known."""
    for alias in it.tree.find_all(exp.TableAlias):
        if alias.columns and any(alias.parent is one for one in (*it.tables, *it.joins)):
            yield Reading(Touch.UNKNOWN, f"'{alias.name}' gives the columns other names")


def _stars(it: Statement) -> Iterator[Reading]:
    for star in it.tree.find_all(exp.Star):
        parent = star.parent
        if isinstance(parent, exp.Count):
            continue
        if isinstance(parent, exp.Column):
            if parent.table.casefold() in it.aliases or parent.table.casefold() not in it.others:
                yield Reading(Touch.READS, f"{parent.sql()} are all columns")
        elif isinstance(parent, exp.Select | exp.Returning):
            if in_scope(it, scope_of(star)) and not isinstance(parent.parent, exp.Exists):
                yield Reading(Touch.READS, "* are all columns")
        else:
            yield Reading(Touch.UNKNOWN, "a * is used where it cannot be understood")


def _whole_rows(it: Statement) -> Iterator[Reading]:
    """PostgreSQL takes a table's name for its whole row: https://www.postgresql.org/docs/current/rowtypes.html."""
    if it.target.dialect != "postgresql":
        return
    for column in it.tree.find_all(exp.Column):
        if not column.table and column.name.casefold() in it.aliases:
            yield Reading(Touch.READS, f"{column.name} is the whole row")


def _whole_writes(it: Statement) -> Iterator[Reading]:
    """INSERT and COPY without a list of columns."""
    mine = {id(table) for table in it.tables}
    for insert in it.tree.find_all(exp.Insert):
        if id(insert.this) in mine and not insert.args.get("default"):
            yield Reading(Touch.WRITES, "INSERT without columns writes all of them")
    if isinstance(it.tree, exp.Copy) and id(it.tree.this) in mine:
        comes = bool(it.tree.args.get("kind"))
        yield Reading(Touch.WRITES if comes else Touch.READS, "COPY without columns takes all of them")


def _natural(it: Statement) -> Iterator[Reading]:
    for join in it.tree.find_all(exp.Join):
        if join.method.upper() == "NATURAL" and in_scope(it, scope_of(join)):
            yield Reading(Touch.UNKNOWN, "NATURAL JOIN compares columns that it does not name")
