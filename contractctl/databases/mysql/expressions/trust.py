"""Can contractctl live with an expression? It gives the same value for the same row, whoever asks, whenever."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Column, run
from contractctl.databases.mysql.expressions import bind, is_name
from contractctl.databases.mysql.expressions.words import KEYWORDS, NO_FUNCTIONS_OF_A_ROW, SUBQUERIES, VOLATILE
from contractctl.databases.mysql.names import literal, quote, same
from contractctl.databases.mysql.tokens import Sort, Token, spoken, tokens
from contractctl.databases.mysql.types import Family, read
from contractctl.errors import ContractctlError

_PROBE = "contractctl_probe"
_KEY = "contractctl_row INT AUTO_INCREMENT PRIMARY KEY"
_FORBIDDEN = (";", "?", "@")
_PLACES = (("+05:45", 86_400 * 40), ("-09:30", 86_400 * 9_000))
"""Time zones, each with a moment: the value must not depend on who asks when."""
_SAMPLES: tuple[Mapping[Family, str], ...] = (
    {Family.TEXT: "'2020-06-01 12:34:56'", Family.BINARY: "'2020-06-01 12:34:56'"},
    {Family.TEXT: "'12:34:56'", Family.BINARY: "'12:34:56'"},
    {Family.TEXT: "'7'", Family.BINARY: "'7'", Family.INTEGER: "7"},
)
_VALUES: Mapping[Family, str] = {
    Family.INTEGER: "100",
    Family.DECIMAL: "1",
    Family.FLOAT: "1.5",
    Family.DOUBLE: "1.5",
    Family.BIT: "1",
    Family.YEAR: "2020",
    Family.DATE: "'2020-06-01'",
    Family.TIME: "'12:34:56'",
    Family.DATETIME: "'2020-06-01 12:34:56'",
}


def check(expression: str, columns: Iterable[str], role: str) -> None:
    """Raise ContractctlError unless the expression can be one over a row. What only a server knows: `refusal`.

    `columns` are the names it may use; `role` says whose it is: "up of 'orders.full_name'".
    """
    names = tuple(columns)
    said = spoken(expression)
    if not said or not _balanced(said):
        raise _no_expression(role, expression, "something is missing")
    if any(token.is_comment for token in tokens(expression)):
        raise _no_expression(role, expression, "it contains a comment")
    for token, after in zip(said, [*said[1:], None], strict=True):
        _check_token(token, after, names, role, expression)
    if any(said[at].text == "." and said[at + 1 : at + 2] for at in range(1, len(said))):
        raise _no_expression(role, expression, "a name is written with its table's")


def refusal(connection: Connection, _table: str, expression: str, columns: Iterable[Column]) -> str | None:
    """What MariaDB itself objects to in an expression over these columns, as the end of a sentence.

    It allows in a stored generated column only what is deterministic; and it is asked whether the value is the same in
    another time zone and on another day. Writes nothing but temporary tables; nothing is said where these show nothing.
    """
    found = tuple(columns)
    if any(is_name(expression, column.name) for column in found):
        return None
    places = {column.name: f"contractctl_{place}" for place, column in enumerate(found)}
    bound = bind(expression, {name: quote(place) for name, place in places.items()})
    definitions = "".join(f", {quote(places[column.name])} {_loose_type(column)} NULL" for column in found)
    try:
        _probe(connection, f"{definitions}, {quote('contractctl_value')} LONGTEXT AS ({bound}) STORED")
    except DBAPIError as error:
        if _code(error) in _SHOWS_NOTHING:
            return None
        if not _only_by_mode(connection, error):
            return _complaint(error)
    _probe(connection, definitions)
    try:
        return None if _is_same_everywhere(connection, found, places, bound) else _UNSTEADY
    except DBAPIError:  # no sample fits the expression
        return None
    finally:
        run(connection, f"DROP TEMPORARY TABLE IF EXISTS {_PROBE}")


def _check_token(token: Token, after: Token | None, names: tuple[str, ...], role: str, expression: str) -> None:
    if token.sort is Sort.SIGN and (token.text in _FORBIDDEN or token.text in "'\"`"):
        raise _no_expression(role, expression, f"it contains {token.text}")
    if token.says(*SUBQUERIES):
        raise _no_expression(role, expression, "it depends on more than its own row")
    called = after is not None and after.text == "("
    if token.says(*VOLATILE) or (token.says("UNIX_TIMESTAMP") and called and _without_arguments(expression, token)):
        raise ContractctlError(
            f"{role} does not always give the same value: {expression}",
            hint="use only values of the row itself, not rand(), uuid(), the clock or the session",
        )
    if token.says(*NO_FUNCTIONS_OF_A_ROW) and called:
        raise _no_expression(role, expression, f"{token.text.lower()}() depends on more than its own row")
    if token.sort is Sort.QUOTED and not called and not any(same(token.name, name) for name in names):
        raise _unknown(role, token.name, names)
    if token.sort is not Sort.WORD or called or (after is not None and after.sort is Sort.TEXT):
        return
    named = any(same(token.name, name) for name in names)
    if token.text.upper() in KEYWORDS:
        if named:
            raise ContractctlError(
                f"{role} has {token.text}, which may mean the column or MariaDB's keyword",
                hint=f"write the column as {quote(token.text)}, and do not use the keyword",
            )
        return
    if not named and not _is_collation(token):
        raise _unknown(role, token.name, names)


def _without_arguments(expression: str, token: Token) -> bool:
    return [one.text for one in spoken(expression[token.end :])[:2]] == ["(", ")"]


def _is_collation(token: Token) -> bool:
    """Whether it can be a character set or a collation: these are not names of columns that could be forgotten."""
    word = token.text.lower()
    return word.lstrip("_").startswith(("utf8", "latin", "ascii", "binary", "ucs2", "utf16", "utf32", "cp", "koi8"))


def _balanced(said: list[Token]) -> bool:
    depth = 0
    for token in said:
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.sort is Sort.SIGN else 0
        if depth < 0 or (depth == 0 and token.text == "," and token.sort is Sort.SIGN):
            return False
    return depth == 0


def _no_expression(role: str, expression: str, why: str) -> ContractctlError:
    return ContractctlError(f"{role} is not an SQL expression over one row: {why}", hint=f"it reads: {expression}")


def _unknown(role: str, name: str, names: tuple[str, ...]) -> ContractctlError:
    return ContractctlError(
        f"{role} names '{name}', which is not a column it can use",
        hint=f"columns: {', '.join(names)}; text literals take single quotes",
    )


def _probe(connection: Connection, definitions: str) -> None:
    """A temporary table with these columns; with a key, which a server may demand (innodb_force_primary_key)."""
    run(connection, f"DROP TEMPORARY TABLE IF EXISTS {_PROBE}")
    run(connection, f"CREATE TEMPORARY TABLE {_PROBE} ({_KEY}{definitions}) ENGINE=InnoDB")


def _loose_type(column: Column) -> str:
    """CHAR as VARCHAR: what a session sees of its blanks depends on the sql_mode, which is ours."""
    kind = read(column.type)
    collation = f" COLLATE {column.collation}" if column.collation else ""
    return f"VARCHAR({kind.length}){collation}" if kind.family is Family.CHAR else f"{column.type}{collation}"


def _only_by_mode(connection: Connection, error: DBAPIError) -> bool:
    """Whether MariaDB objects only to the sql_mode, which is the same in our sessions and triggers."""
    if _code(error) != _NOT_STEADY:
        return False
    told = run(connection, "SHOW WARNINGS").all()
    return any("depends on the @@sql_mode value" in str(row[2]) for row in told)


_SHOWS_NOTHING = frozenset({1044, 1118, 1142, 1227, 1290, 1792})
"""This user may make no temporary table, or none so wide: https://mariadb.com/kb/en/mariadb-error-code-reference/."""
_NOT_STEADY = 1901
_UNSTEADY = "depends on the session's time zone, or on the day"


def _code(error: DBAPIError) -> int:
    return int(error.orig.args[0]) if error.orig is not None and error.orig.args else 0


def _complaint(error: DBAPIError) -> str:
    told = str(error.orig.args[1]) if error.orig is not None and len(error.orig.args) > 1 else str(error.orig)
    if _code(error) != _NOT_STEADY:
        return f"is not an SQL expression over one row: {told}"
    culprit = told.removeprefix("Function or expression ").partition(" cannot be used")[0]
    if "date_format()" in culprit:
        return "depends on the session's language: give date_format() a third argument, 'en_US'"
    return f"does not always give the same value, because of {culprit}"


def _is_same_everywhere(
    connection: Connection, found: tuple[Column, ...], places: Mapping[str, str], bound: str
) -> bool:
    """Whether sample rows give the same in two time zones, at two moments."""
    if not found:
        return True
    names = ", ".join(quote(places[column.name]) for column in found)
    for sample in _SAMPLES:
        values = ", ".join(_sample(column, sample) for column in found)
        insert = f"INSERT IGNORE INTO {_PROBE} ({names}) VALUES ({values})"
        run(connection, f"SET STATEMENT time_zone = '+00:00' FOR {insert}")
    answers = {tuple(run(connection, _asked(zone, moment, bound)).scalars()) for zone, moment in _PLACES}
    return len(answers) == 1


def _asked(zone: str, moment: int, bound: str) -> str:
    return (
        f"SET STATEMENT time_zone = {literal(zone)}, timestamp = {moment} FOR"
        f" SELECT HEX(CONCAT({bound})) FROM {_PROBE} ORDER BY 1"
    )


def _sample(column: Column, sample: Mapping[Family, str]) -> str:
    kind = read(column.type)
    family = {Family.CHAR: Family.TEXT, Family.PADDED: Family.BINARY, Family.TIMESTAMP: Family.DATETIME}.get(
        kind.family, kind.family
    )
    if kind.labels:
        return literal(kind.labels[0])
    return sample.get(family) or _VALUES.get(family) or "NULL"
