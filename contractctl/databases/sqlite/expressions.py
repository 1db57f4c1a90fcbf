"""How does SQLite compare, convert and store values? And can contractctl live with an expression at all?"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from contractctl.databases import Column
from contractctl.databases.sqlite import definition, tables
from contractctl.databases.sqlite.names import literal, quote, quotes, same
from contractctl.databases.sqlite.tokens import Sort, Token, spoken
from contractctl.errors import ContractctlError

_CLOCKS = ("DATE", "TIME", "DATETIME", "JULIANDAY", "UNIXEPOCH", "STRFTIME", "TIMEDIFF")
_NOW = ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP")


def check(expression: str, columns: Iterable[str], role: str) -> None:
    """Raise ContractctlError unless the expression gives the same value for the same row, whenever it is asked.

    `columns` are the names it may use; `role` says whose it is: "up of 'orders.full_name'". SQLite itself is
    asked, which allows in a generated column only what is deterministic.
    """
    names = tuple(columns)
    for token in spoken(expression):
        if token.sort is Sort.QUOTED and not any(same(token.name, name) for name in names):
            raise ContractctlError(
                f"{role} names '{token.name}', which is not a column it can use",
                hint=f"columns: {', '.join(names)}; text literals take single quotes",
            )
    if _reads_clock(expression):
        raise _volatile(role, expression)
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"CREATE TABLE probe ({quotes(names)}, contractctl_value AS ({expression}))")
    except sqlite3.Error as error:
        if "non-deterministic" in str(error):
            raise _volatile(role, expression) from error
        raise ContractctlError(
            f"{role} is not an SQL expression over one row: {error}", hint=f"it reads: {expression}"
        ) from error
    finally:
        connection.close()


def _reads_clock(expression: str) -> bool:
    """Whether it asks what time it is: SQLite finds that out only when a value is computed."""
    said = spoken(expression)
    for at, token in enumerate(said):
        if token.says(*_NOW) or (token.sort is Sort.TEXT and token.text.lower() in ("'now'", "'localtime'", "'utc'")):
            return True
        called = at + 1 < len(said) and said[at + 1].text == "("
        arguments = 0 if at + 2 >= len(said) or said[at + 2].text == ")" else 1  # 1 stands for some
        if token.says(*_CLOCKS) and called and (not arguments or _only_format(token.text, said[at + 2 :])):
            return True
    return False


def _only_format(function: str, rest: list[Token]) -> bool:
    texts = [token.text for token in rest[:2]]
    return function.upper() == "STRFTIME" and len(texts) == 2 and texts[1] == ")"  # noqa: PLR2004 - format, )


def _volatile(role: str, expression: str) -> ContractctlError:
    return ContractctlError(
        f"{role} does not always give the same value: {expression}",
        hint="use only values of the row itself, not random(), changes() or the clock",
    )


def is_name(expression: str, name: str) -> bool:
    """Whether the expression is this column's name and nothing else."""
    said = spoken(expression)
    return len(said) == 1 and said[0].sort in (Sort.WORD, Sort.QUOTED) and same(said[0].name, name)


def bind(expression: str, values: Mapping[str, str]) -> str:
    """The expression with SQL in the place of column names."""
    row = ", ".join(f"{value} AS {quote(name)}" for name, value in values.items())
    return f"(SELECT ({expression}) FROM (SELECT {row}))"


def differs(column: str, value: str, _type: str) -> str:
    """Whether a column does not hold the very value, NULL being one, as the column would store it.

    Binary, whatever the column's collation. The plus takes the value's own affinity away, so that '012' is not 12
    in a text column: https://www.sqlite.org/datatype3.html#column_affinity.
    """
    return f"({column}) COLLATE BINARY IS NOT +({value}) COLLATE BINARY"


def agrees(column: str, value: str, _type: str) -> str:
    """The opposite of `differs`."""
    return f"({column}) COLLATE BINARY IS +({value}) COLLATE BINARY"


def storing(connection: Connection | None, table: str) -> Callable[[str, Column, Iterable[Column]], str]:
    """What turns an expression over other columns into what one column of the table would store of it."""
    strict = connection is not None and "STRICT" in definition.options(tables.create_text(connection, table))

    def stored_in(expression: str, column: Column, others: Iterable[Column]) -> str:
        if all(other.type.upper() == column.type.upper() for other in others):
            return expression
        if strict:  # such a table refuses a value of another type, and the writer's statement with it
            return f"CAST(({expression}) AS {column.type})"
        # the column turns values into its own type: even the bare name is a conversion that can lose something
        return stored(expression, column.type)

    return stored_in


def outside(default: str) -> str:
    """A column's default as an expression outside of CREATE TABLE, where "x" is a name and not a text."""
    said = spoken(default)
    return literal(said[0].name) if len(said) == 1 and said[0].sort is Sort.QUOTED else default


def stored(expression: str, type_: str) -> str:
    """The expression's value as a column of this declared type would store it.

    https://www.sqlite.org/datatype3.html#determination_of_column_affinity
    """
    match affinity(type_):
        case "TEXT":
            value = "WHEN typeof(v) IN ('integer', 'real') THEN CAST(v AS TEXT)"
        case "REAL":
            value = (
                "WHEN typeof(v) = 'integer' OR (typeof(v) = 'text' AND CAST(v AS NUMERIC) IS +v) THEN CAST(v AS REAL)"
            )
        case "NUMERIC":
            value = (
                "WHEN typeof(v) = 'text' AND CAST(v AS NUMERIC) IS +v THEN CAST(v AS NUMERIC)"
                " WHEN typeof(v) = 'real' AND v = CAST(v AS INTEGER) THEN CAST(v AS INTEGER)"
            )
        case _:
            return f"({expression})"
    return f"(SELECT CASE {value} ELSE v END FROM (SELECT ({expression}) AS v))"


def affinity(type_: str) -> str:
    """TEXT, BLOB, REAL or NUMERIC, which is INTEGER's too as far as storing goes."""
    name = type_.upper()
    if "INT" in name:
        return "NUMERIC"
    if any(word in name for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not name or "BLOB" in name:
        return "BLOB"
    return "REAL" if any(word in name for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def json_array(values: Iterable[tuple[str, str]]) -> str:
    """SQL of values as the text of a JSON array, as `databases.key_text` writes it."""
    parts = [
        f"CASE typeof({value}) WHEN 'integer' THEN CAST({value} AS TEXT)"
        f" WHEN 'blob' THEN '{{\"blob\":\"' || hex({value}) || '\"}}'"
        f" WHEN 'real' THEN printf('%!.17g', {value}) ELSE json_quote({value}) END"
        for value, _ in values
    ]
    return "'[' || " + " || ',' || ".join(parts) + " || ']'"


def now() -> str:
    """SQL: this moment, ISO 8601, UTC."""
    return "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
