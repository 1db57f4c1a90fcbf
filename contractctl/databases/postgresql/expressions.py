"""How does PostgreSQL compare, convert and store values? And can contractctl live with an expression at all?"""

import re
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from contractctl.databases import Column, run
from contractctl.databases.postgresql import types
from contractctl.databases.postgresql.names import quote
from contractctl.databases.postgresql.tokens import Sort, Token, spoken, tokens
from contractctl.errors import ContractctlError

_VOLATILE = frozenset(
    {
        *("RANDOM", "RANDOM_NORMAL", "GEN_RANDOM_BYTES", "GEN_RANDOM_UUID"),
        *("UUID_GENERATE_V1", "UUID_GENERATE_V1MC", "UUID_GENERATE_V4", "UUIDV4", "UUIDV7"),
        *("NOW", "CLOCK_TIMESTAMP", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP", "TIMEOFDAY"),
        *("NEXTVAL", "CURRVAL", "LASTVAL", "SETVAL", "TXID_CURRENT", "PG_CURRENT_XACT_ID"),
        *("CURRENT_SETTING", "SET_CONFIG", "CURRENT_DATABASE", "CURRENT_QUERY", "PG_BACKEND_PID"),
    }
)
"""Functions whose value does not hang on their arguments alone, by name; the server knows more: see refusal()."""
_CLOCK = (
    *("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"),
    *("CURRENT_USER", "CURRENT_ROLE", "SESSION_USER", "SYSTEM_USER", "USER", "CURRENT_CATALOG", "CURRENT_SCHEMA"),
)
"""Words that ask the clock or the session without being called."""
_STATEMENTS = ("SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE", "EXECUTE")
_FORBIDDEN = (";", "{", "}", "\\", "'", '"', "$")
"""Signs that have no place in an expression, or begin a text that does not end."""
_OPENING = {"(": ")", "[": "]"}
_NEXT = re.compile(r"nextval\((?P<sequence>'(?:[^']|'')*'::regclass)\)")


def check(expression: str, columns: Iterable[str], role: str) -> None:
    """Raise ContractctlError unless the expression reads like one value over one row, the same whenever it is asked.

    `columns` are the names it may use; `role` says whose it is: "up of 'orders.full_name'". No server is asked.
    """
    said = spoken(expression)
    if not said:
        raise ContractctlError(f"{role} is empty", hint="write an SQL expression over the row's columns")
    for problem in _problems(expression, said, tuple(columns)):
        raise ContractctlError(f"{role} {problem}", hint=f"it reads: {expression}")
    for at, token in enumerate(said):
        called = at + 1 < len(said) and said[at + 1].text == "("
        if token.says(*_CLOCK) or (called and token.name.upper() in _VOLATILE):
            raise ContractctlError(
                f"{role} does not always give the same value: {expression}",
                hint="use only values of the row itself, not random(), a sequence, the clock or the session",
            )


def _problems(expression: str, said: list[Token], columns: tuple[str, ...]) -> Iterable[str]:
    if any(token.sort is Sort.COMMENT for token in tokens(expression)):
        yield "has a comment, which would hide what follows it"
    if not _is_closed(said):
        yield "is not an SQL expression: its parentheses or quotes do not close"
    for at, token in enumerate(said):
        after = said[at + 1].text if at + 1 < len(said) else ""
        before = said[at - 1].text if at else ""
        if token.says(*_STATEMENTS) and before not in (".", "AS", "as"):
            yield f"depends on more than its own row: {token.text}"
        if token.sort is Sort.SIGN and (token.text in _FORBIDDEN or token.text.isalpha()):
            yield f"is not an SQL expression: it has a {token.text}"
        if token.sort is Sort.PARAMETER:
            yield f"has a parameter, {token.text}, which would have no value"
        is_column = after not in ("(", ".") and before not in (".", "::", "COLLATE", "collate", "AS", "as")
        if token.sort is Sort.QUOTED and is_column and token.name not in columns:
            yield f"names '{token.name}', which is not a column it can use; these are: {', '.join(columns)}"


def _is_closed(said: list[Token]) -> bool:
    waiting: list[str] = []
    for token in said:
        if token.text in _OPENING:
            waiting.append(_OPENING[token.text])
        elif token.text in _OPENING.values() and (not waiting or waiting.pop() != token.text):
            return False
    return not waiting


def is_name(expression: str, name: str) -> bool:
    """Whether the expression is this column's name and nothing else."""
    said = spoken(expression)
    return len(said) == 1 and said[0].sort in (Sort.WORD, Sort.QUOTED) and said[0].name == name


def bind(expression: str, values: Mapping[str, str]) -> str:
    """The expression with SQL in the place of column names."""
    row = ", ".join(f"{value} AS {quote(name)}" for name, value in values.items())
    return f"(SELECT ({expression}) FROM (SELECT {row}) AS contractctl_bound)"


def differs(column: str, value: str, type_: str) -> str:
    """Whether a column does not hold the very value, NULL being one, as the column would store it.

    Binary, whatever the collation and whatever `=` means for the type: 1.0 is not 1.00, and one month not 30 days.
    """
    read = types.read(type_)
    if read.is_exact:
        return f"({column} IS DISTINCT FROM ({value}))"
    if read.is_text:
        return f'({column} COLLATE "C" IS DISTINCT FROM ({value}) COLLATE "C")'
    return f"pg_catalog.record_image_ne(ROW({column}), ROW({_of_type(value, read)}))"


def agrees(column: str, value: str, type_: str) -> str:
    """The opposite of `differs`."""
    read = types.read(type_)
    if read.is_exact:
        return f"({column} IS NOT DISTINCT FROM ({value}))"
    if read.is_text:
        return f'({column} COLLATE "C" IS NOT DISTINCT FROM ({value}) COLLATE "C")'
    return f"pg_catalog.record_image_eq(ROW({column}), ROW({_of_type(value, read)}))"


def _of_type(value: str, read: types.Type) -> str:
    return f"({value})::{read.loose}" if read.name else value


def storing(connection: Connection | None, _table: str) -> Callable[[str, Column, Iterable[Column]], str]:
    """What turns an expression over other columns into what one column of the table would store of it."""
    domains: dict[str, str] = {}

    def stored_in(expression: str, column: Column, others: Iterable[Column]) -> str:
        only = tuple(others)
        if len(only) == 1 and only[0].type == column.type and is_name(expression, only[0].name):
            return expression
        if not domains and connection is not None:
            domains.update(_domains(connection))
        return _stored_as(expression, column.type, domains)

    return stored_in


def _stored_as(expression: str, type_: str, domains: Mapping[str, str]) -> str:
    """A cast to a domain would cut what is too long for the type below it, so that type comes first."""
    below = domains.get(type_)
    return types.stored(expression if below is None else _stored_as(expression, below, domains), type_)


def _domains(connection: Connection) -> Iterable[tuple[str, str]]:
    """Each domain with the type below it, and one entry that is always there."""
    query = (
        "SELECT pg_catalog.format_type(oid, NULL), pg_catalog.format_type(typbasetype, typtypmod)"
        " FROM pg_catalog.pg_type WHERE typtype = 'd'"
    )
    return (("", ""), *((str(name), str(below)) for name, below in run(connection, query)))


def outside(default: str) -> str:
    """A column's default as an expression: of a sequence, what it last gave to this session, and not the next."""
    return _NEXT.sub(lambda match: f"pg_catalog.currval({match['sequence']})", default)


def json_array(values: Iterable[tuple[str, str]]) -> str:
    """SQL of values as the text of a JSON array, as `databases.key_text` writes it: integers as numbers, the rest as
    the text that the type's own output gives under contractctl's settings.
    """
    return "'[' || " + " || ',' || ".join(_json(value, types.read(type_)) for value, type_ in values) + " || ']'"


def _json(value: str, type_: types.Type) -> str:
    if type_.is_integer:
        text = f"({value})::text"
    elif type_.is_binary:
        text = f"'{{\"blob\":\"' || upper(encode({value}, 'hex')) || '\"}}'"
    else:
        text = f"to_json({shown(value)})::text"
    return f"coalesce({text}, 'null')"


def shown(value: str) -> str:
    """A value as text, the same in every session of contractctl's and in its triggers, and readable as a literal."""
    return f"({value})::text"


def now() -> str:
    """SQL: this moment, ISO 8601, UTC."""
    return "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
