"""Which tables can a name in a statement belong to? Those of its scope, then those of the scopes around it."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from contractctl.statements import Target

_SCOPES = (exp.Select, exp.Insert, exp.Update, exp.Delete)


@dataclass(frozen=True, slots=True)
class Statement:
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


def scope_of(node: exp.Expr) -> exp.Expr | None:
    """The nearest statement or query around a node."""
    return node.find_ancestor(*_SCOPES)


def around(scope: exp.Expr) -> exp.Expr | None:
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


def in_scope(it: Statement, scope: exp.Expr | None) -> bool:
    """Whether the table is one of a scope's own sources."""
    return any(scope_of(table) is scope for table in it.tables)


def is_visible(it: Statement, scope: exp.Expr | None) -> bool:
    """Whether the table is a source of a scope, or of one further out."""
    while scope is not None:
        if in_scope(it, scope):
            return True
        scope = around(scope)
    return False


def sources_of(scope: exp.Expr) -> Iterator[exp.Expr]:
    """Everything that gives columns to a scope."""
    if isinstance(scope, exp.Insert | exp.Update | exp.Delete):
        yield unwrapped(scope.this)
    for kind in (exp.From, exp.Join, exp.Lateral):
        for node in scope.find_all(kind):
            if scope_of(node) is scope:
                yield node.this
    for table in scope.args.get("using") or ():
        if isinstance(table, exp.Expr):
            yield table


def unwrapped(table: exp.Expr) -> exp.Expr:
    """A table without the list of columns behind its name."""
    return table.this if isinstance(table, exp.Schema) else table


def is_below(node: exp.Expr | None, other: exp.Expr | None) -> bool:
    """Whether a node is another one, or somewhere in it."""
    while node is not None and node is not other:
        node = node.parent
    return node is not None


def is_values(call: exp.Anonymous) -> bool:
    """MySQL's VALUES(column) in ON DUPLICATE KEY UPDATE."""
    return call.name.upper() == "VALUES" and call.find_ancestor(exp.OnConflict) is not None
