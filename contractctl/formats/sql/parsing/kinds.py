"""Which statement is this? Each kind of definition goes to the module that understands it."""

from sqlglot import exp

from contractctl.formats.sql.parsing.alterations import alter
from contractctl.formats.sql.parsing.defined import Defined, NotUnderstoodError, name_of
from contractctl.formats.sql.parsing.definitions import create_table
from contractctl.formats.sql.parsing.indexes_and_views import create_index, create_view, drop


def define(defined: Defined, tree: exp.Expr, options: str = "") -> str:
    """Take in one statement; gives back the name of what it is about. Raise NotUnderstoodError."""
    if isinstance(tree, exp.Create):
        match tree.args.get("kind"):
            case "TABLE":
                return create_table(defined, tree, options)
            case "VIEW":
                return create_view(defined, tree, options)
            case "INDEX":
                return create_index(defined, tree, options)
            case "TYPE" if isinstance(tree.expression, exp.DataType) and tree.expression.this.name == "ENUM":
                name = name_of(tree.this, defined.dialect)
                defined.enums[name] = tuple(symbol.name for symbol in tree.expression.expressions)
                return name
            case kind:
                raise NotUnderstoodError(f"CREATE {kind} is not judged")
    if isinstance(tree, exp.Alter):
        return alter(defined, tree)
    if isinstance(tree, exp.Drop):
        return drop(defined, tree)
    raise NotUnderstoodError("the statement is not judged")
