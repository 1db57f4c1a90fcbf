"""What does one mention of a column's name do: is it read, is it written, or is it another table's?"""

from sqlglot import exp

from contractctl.statements import Reading, Touch
from contractctl.statements.scopes import (
    Statement,
    around,
    in_scope,
    is_below,
    is_values,
    is_visible,
    scope_of,
    sources_of,
    unwrapped,
)


def mention(it: Statement, name: exp.Identifier) -> Reading | None:
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
        return Reading(Touch.READS, "USING compares it") if in_scope(it, scope_of(parent)) else None
    if isinstance(parent, exp.Anonymous) and is_values(parent):
        return Reading(Touch.WRITES, "VALUES() is what would be inserted")
    if isinstance(parent, exp.Dot) and it.target.dialect == "postgresql":
        return Reading(Touch.READS, "a field of a row is taken")
    return Reading(Touch.UNKNOWN, f"'{name.name}' is used where it cannot be understood")


def _column(it: Statement, column: exp.Column) -> Reading | None:
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
        return Reading(Touch.UNKNOWN, f"it is unknown what '{column.table}' stands for")
    if written:
        return written
    if _is_output(it, column):
        return None
    return _unqualified(it, column)


def _proposed(it: Statement, conflict: exp.OnConflict) -> Reading | None:
    """`excluded.customer`: the row that was to be inserted, with the column's default where nothing was given."""
    insert = conflict.parent
    if isinstance(insert, exp.Insert) and any(unwrapped(insert.this) is table for table in it.tables):
        return Reading(Touch.WRITES, "the value that would be inserted is taken")
    return None


def _unqualified(it: Statement, column: exp.Column) -> Reading | None:
    """It belongs to the sources around it, the nearest first."""
    scope = scope_of(column)
    if isinstance(scope, exp.Insert) and it.target.dialect == "mysql" and _gives_rows(it, scope):
        return Reading(Touch.UNKNOWN, f"'{column.name}' may belong to the query that gives the rows")
    while scope is not None:
        sources = list(sources_of(scope))
        if in_scope(it, scope):
            if len(sources) == 1:
                return Reading(Touch.READS, f"{column.name} is read")
            return Reading(Touch.UNKNOWN, f"'{column.name}' may belong to any of {len(sources)} tables")
        outer = around(scope)
        if sources and is_visible(it, outer):
            return Reading(Touch.UNKNOWN, f"'{column.name}' may belong to a table further out")
        scope = outer
    return None


def _gives_rows(it: Statement, insert: exp.Insert) -> bool:
    """In `INSERT … SELECT … ON DUPLICATE KEY UPDATE`, the columns of the query's tables can be named as well."""
    return any(is_below(table, insert.expression) for table in it.tables)


def _written(it: Statement, column: exp.Column) -> Reading | None:
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
    table = unwrapped(statement.this) if statement is not None else None
    if it.target.dialect == "mysql" and isinstance(statement, exp.Update) and len(list(sources_of(statement))) > 1:
        if column.table.casefold() in it.aliases - it.others:
            return Reading(Touch.WRITES, f"{column.sql()} is assigned")
        return None
    if any(table is one for one in it.tables):
        return Reading(Touch.WRITES, f"{column.name} is assigned")
    return None


def _listed(it: Statement, schema: exp.Schema) -> Reading | None:
    """A list of columns behind a table's name."""
    if not any(schema.this is table for table in it.tables):
        return None
    if isinstance(schema.parent, exp.Insert):
        return Reading(Touch.WRITES, "it is inserted")
    if isinstance(schema.parent, exp.Copy):
        comes = bool(schema.parent.args.get("kind"))
        return Reading(Touch.WRITES if comes else Touch.READS, "it is copied")
    return Reading(Touch.UNKNOWN, "it is in a list that cannot be understood")


def _is_output(it: Statement, column: exp.Column) -> bool:
    """`SELECT full_name AS customer … ORDER BY customer`: a bare name there is the output's before any column's."""
    ordered = column.parent
    if not isinstance(ordered, exp.Ordered) or not isinstance(ordered.parent, exp.Order):
        return False
    select = ordered.parent.parent
    if not isinstance(select, exp.Select):
        return False
    return any(
        isinstance(one, exp.Alias) and _known_as(it, one.args["alias"]) == _known_as(it, column.this)
        for one in select.expressions
    )


def _known_as(it: Statement, name: exp.Identifier) -> str:
    """PostgreSQL tells quoted names apart by case: AS "Customer" is no output called customer."""
    return name.name if name.quoted and it.target.dialect == "postgresql" else name.name.casefold()
