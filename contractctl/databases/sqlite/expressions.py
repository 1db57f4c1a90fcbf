"""Which value does one side ask of the other, as SQL? And can contractctl live with the expression at all?"""

import sqlite3
from collections.abc import Iterable

from contractctl.databases import Synced, Synchronisation
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
                f"{role} names '{token.name}', which is no column it can use",
                hint=f"columns: {', '.join(names)}; a text stands in single quotes",
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
            f"{role} is no SQL expression over one row: {error}", hint=f"it reads: {expression}"
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
        hint="use only the row's own values, not random(), changes() or the clock",
    )


def identity(pair: Synced) -> bool:
    """Whether both sides hold the same value, so that nothing can be lost either way."""
    ways = ((pair.transform.up, pair.old), (pair.transform.down, pair.new))
    return not pair.one_sided and all(_is_name(expression, name) for expression, name in ways)


def _is_name(expression: str, name: str) -> bool:
    said = spoken(expression)
    return len(said) == 1 and said[0].sort in (Sort.WORD, Sort.QUOTED) and same(said[0].name, name)


def renamed(expression: str, written: str, stands: str) -> str:
    """The expression over a column that stands under another name in the database now."""
    if same(written, stands):
        return expression
    if _is_name(expression, written):
        return quote(stands)
    return f"(SELECT ({expression}) FROM (SELECT {quote(stands)} AS {quote(written)}))"


def differs(column: str, value: str) -> str:
    """Whether a column does not hold the very value, NULL being one, as the column would store it.

    Binary, whatever the column's collation. The plus takes the value's own affinity away, so that '012' is not 12
    in a text column: https://www.sqlite.org/datatype3.html#column_affinity.
    """
    return f"({column}) COLLATE BINARY IS NOT +({value}) COLLATE BINARY"


def agrees(column: str, value: str) -> str:
    """The opposite of `differs`."""
    return f"({column}) COLLATE BINARY IS +({value}) COLLATE BINARY"


def up(pair: Synced) -> str:
    """What the new side should hold, over a row's columns: NULL where the old value cannot be converted."""
    if identity(pair):
        return quote(pair.old)
    if pair.transform.lossy:
        return f"({pair.transform.up})"
    return f"CASE WHEN {up_possible(pair)} THEN ({pair.transform.up}) END"


def down(pair: Synced) -> str:
    """What the old side should hold, over a row's columns: NULL where the new value cannot be converted."""
    if identity(pair):
        return quote(pair.new)
    if pair.transform.lossy:
        return f"({pair.transform.down})"
    return f"CASE WHEN {down_possible(pair)} THEN ({pair.transform.down}) END"


def up_possible(pair: Synced) -> str:
    """Whether the old value comes back from the new one: down(up(x)) is x."""
    if identity(pair) or pair.transform.lossy:
        return "1"
    back = f"(SELECT ({pair.transform.down}) FROM (SELECT ({pair.transform.up}) AS {quote(pair.new)}))"
    return agrees(quote(pair.old), back)


def down_possible(pair: Synced) -> str:
    """Whether the new value comes back from the old one: up(down(x)) is x."""
    if identity(pair) or pair.transform.lossy:
        return "1"
    back = f"(SELECT ({pair.transform.up}) FROM (SELECT ({pair.transform.down}) AS {quote(pair.old)}))"
    return agrees(quote(pair.new), back)


def survives(pair: Synced) -> str:
    """Whether the new value is what the old side would ask for after taking it over."""
    if identity(pair):
        return "1"
    back = f"(SELECT ({up(pair)}) FROM (SELECT ({down(pair)}) AS {quote(pair.old)}))"
    return agrees(quote(pair.new), back)


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


def key_json(key: Iterable[str], row: str = "") -> str:
    """A row's key as `databases.key_text` writes it; `row` is NEW or OLD inside a trigger."""
    prefix = f"{row}." if row else ""
    parts = []
    for name in key:
        value = f"{prefix}{quote(name)}"
        parts.append(
            f"CASE typeof({value}) WHEN 'integer' THEN CAST({value} AS TEXT)"
            f" WHEN 'blob' THEN '{{\"blob\":\"' || hex({value}) || '\"}}'"
            f" WHEN 'real' THEN printf('%!.17g', {value}) ELSE json_quote({value}) END"
        )
    return "'[' || " + " || ',' || ".join(parts) + " || ']'"


def marked(table: str, sync: Synchronisation, pair: Synced) -> str:
    """Whether the row stands in one of contractctl's side tables for this pair.

    The key's columns carry the table's name: they may be called like the side tables' own.
    """
    key = key_json(sync.key, quote(sync.table))
    return f"EXISTS (SELECT 1 FROM {table} WHERE {of(sync, pair)} AND key = {key})"


def of(sync: Synchronisation, pair: Synced) -> str:
    """The side tables' rows that belong to this pair."""
    return f"plan = {literal(sync.plan)} AND table_name = {literal(sync.table)} AND column_name = {literal(pair.name)}"


def is_kept(sync: Synchronisation, pair: Synced) -> str:
    """Whether the row holds a new-side value with the old value made from it: then the old side did not write."""
    return f"({marked('contractctl_kept', sync, pair)} AND {agrees(quote(pair.old), down(pair))})"
