"""How does MariaDB compare, convert and write values, and how is one expression put into another?

Casts of contractctl's own never hide that something was lost: a value that does not fit is cast to a wider type, so
that the column itself refuses it, in contractctl's strict sessions and in triggers, which keep the sql_mode in which
they were created.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from sqlalchemy import Connection

from contractctl.databases import Column
from contractctl.databases.mysql.expressions.words import KEYWORDS
from contractctl.databases.mysql.names import literal, quote, same
from contractctl.databases.mysql.tokens import Sort, Token, spoken
from contractctl.databases.mysql.types import TEXTS, Family, Type, json_length, read
from contractctl.errors import ContractctlError

KEY_LENGTH = 500
"""How many characters of a key the side tables can hold."""

_WHOLE = "DECIMAL(65, 0)"
_QUOTED_IN_JSON = (Family.DECIMAL, Family.DATE, Family.TIME, Family.DATETIME, Family.NATIVE)


def is_name(expression: str, name: str) -> bool:
    """Whether the expression is this column's name and nothing else."""
    said = spoken(expression)
    return len(said) == 1 and said[0].sort in (Sort.WORD, Sort.QUOTED) and same(said[0].name, name)


def bind(expression: str, values: Mapping[str, str]) -> str:
    """The expression with SQL in the place of column names.

    A bare word that the language uses itself (date, year) is not a column's name: that is written `date`.
    """
    said = spoken(expression)
    names = {id(token): value for token, value in _columns(said, values)}
    following = {id(token): after for token, after in pairwise(said)}
    return f"({''.join(_bound(token, names.get(id(token)), following.get(id(token))) for token in said)})"


def differs(column: str, value: str, type_: str) -> str:
    """Whether a column of this type does not hold exactly the value; NULL counts as one."""
    return f"(NOT {agrees(column, value, type_)})"


def agrees(column: str, value: str, type_: str) -> str:
    """The opposite of `differs`. Texts are compared byte by byte, trailing blanks included, whatever the collation."""
    kind = read(type_)
    if kind.family in TEXTS:
        return f"(CONVERT({column} USING utf8mb4) COLLATE utf8mb4_nopad_bin <=> CONVERT({value} USING utf8mb4))"
    if kind.family is Family.FLOAT:
        return f"({column} <=> CAST({value} AS FLOAT))"
    if kind.family is Family.NATIVE:  # an invalid value becomes NULL, and must not pass for NULL
        return f"({column} <=> CAST({value} AS {kind.name}) AND ({column} IS NULL) = (({value}) IS NULL))"
    return f"({column} <=> ({value}))"


def storing(connection: Connection | None, table: str) -> Callable[[str, Column, Iterable[Column]], str]:  # noqa: ARG001 - the protocol's: a column says all
    """What turns an expression over other columns into what one column of the table would store of it."""
    return stored


def stored(expression: str, column: Column, others: Iterable[Column]) -> str:  # noqa: C901 - one case a family
    """The expression's value as the column would store it; what the column would refuse, it still refuses.

    https://mariadb.com/kb/en/type-conversion/. Raise ContractctlError for a conversion that nobody can be sure of.
    """
    given = tuple(others)
    kind, source = read(column.type), _bare(expression, given)
    if source is not None and _fits(read(source.type), source.type, column.type):
        return expression
    _refuse_moody(kind, column, source)
    bare = None if kind.family in (Family.BINARY, Family.PADDED) else source  # bytes stay the bytes that they are
    read_as = {other.name: shown for other in given if (shown := _read_as(other, bare=other is bare)) is not None}
    expression = bind(expression, read_as) if read_as else expression
    match kind.family:
        case Family.TEXT:
            return f"CONVERT({expression} USING utf8mb4)"
        case Family.CHAR:
            return f"TRIM(TRAILING ' ' FROM CONVERT({expression} USING utf8mb4))"
        case Family.ENUM:
            return _label(expression, kind, column.collation)
        case Family.BINARY | Family.PADDED:
            return _stored_bytes(expression, kind)
        case Family.INTEGER | Family.BIT:
            return f"CAST(({expression}) AS {_WHOLE})"
        case Family.YEAR:
            return _year(f"CAST(({expression}) AS {_WHOLE})")
        case Family.DECIMAL:
            return f"CAST(({expression}) AS DECIMAL(65, {kind.scale}))"
        case Family.FLOAT | Family.DOUBLE:
            rounded = f"({expression})" if kind.scale is None else f"ROUND({expression}, {kind.scale})"
            return f"CAST({rounded} AS {kind.family.upper()})"
        case Family.DATE:
            return f"CAST(({expression}) AS DATE)"
        case Family.TIME | Family.DATETIME:
            return f"CAST(({expression}) AS {kind.name}({kind.scale}))"
        case _:
            return f"({expression})"


def outside(default: str) -> str:
    """A column's default as an expression that means the same outside of the column's definition."""
    return default


def canonical(value: str, type_: str) -> str:
    """SQL: the value as a text that is the same for the same value, whatever the column shows of it."""
    match read(type_).family:
        case Family.INTEGER | Family.BIT | Family.YEAR:
            return f"CONVERT(({value}) + 0 USING utf8mb4)"
        case Family.FLOAT | Family.DOUBLE:
            return f"CONVERT(({value}) + 0e0 USING utf8mb4)"
        case Family.BINARY | Family.PADDED | Family.GEOMETRY:
            return f"HEX({value})"
        case Family.TIMESTAMP:
            return f"CONVERT({_instant(value, type_)} USING utf8mb4)"
        case _:
            return f"CONVERT({value} USING utf8mb4)"


def json_array(values: Iterable[tuple[str, str]]) -> str:
    """SQL of values, each with its type, as the text of a JSON array, as `databases.key_text` writes it.

    One that does not fit into the side tables' column for keys stands there by its hash.
    """
    given = tuple(values)
    text = whole_array(given)
    if 1 + sum(json_length(type_) + 1 for _, type_ in given) <= KEY_LENGTH:
        return text
    return f"IF(CHAR_LENGTH({text}) > {KEY_LENGTH}, CONCAT('[\"sha256:', SHA2({text}, 256), '\"]'), {text})"


def whole_array(values: Iterable[tuple[str, str]]) -> str:
    """As `json_array`, but of any length."""
    parts = ", ',', ".join(_json(value, type_) for value, type_ in values)
    return f"CONCAT('[', {parts}, ']')"


def now() -> str:
    """SQL: this moment, ISO 8601, UTC."""
    return "CONCAT(REPLACE(UTC_TIMESTAMP(3), ' ', 'T'), 'Z')"


def _columns(said: list[Token], values: Mapping[str, str]) -> Iterator[tuple[Token, str]]:
    """The tokens that are a column's name, each with its replacement."""
    for at, token in enumerate(said):
        if token.sort not in (Sort.WORD, Sort.QUOTED) or (at and said[at - 1].text in (".", "@")):
            continue
        if token.sort is Sort.WORD:
            after = said[at + 1] if at + 1 < len(said) else None
            if token.text.upper() in KEYWORDS or (after is not None and (after.text == "(" or after.sort is Sort.TEXT)):
                continue
        value = next((value for name, value in values.items() if same(name, token.name)), None)
        if value is not None:
            yield token, value


def _bound(token: Token, value: str | None, after: Token | None) -> str:
    text = token.text if value is None else value if _is_one(value) else f"({value})"
    glued = after is None or after.start == token.end
    return text if glued else f"{text} "


def _is_one(value: str) -> bool:
    """Whether it is a single name, with or without a row's alias."""
    said = spoken(value)
    return len(said) == 1 or (len(said) == 3 and said[1].text == ".")  # noqa: PLR2004 - NEW, dot, name


def _bare(expression: str, others: Iterable[Column]) -> Column | None:
    """The column, where the expression is nothing but its name."""
    return next((other for other in others if is_name(expression, other.name)), None)


def _read_as(column: Column, *, bare: bool) -> str | None:
    """How a column is read that is something else elsewhere; None: as it stands.

    A number may be bytes or have zeros before it where a text is asked for; a label by itself is never its number, and
    an empty TEXT no 0.
    """
    family = read(column.type).family
    if family in (Family.BIT, Family.YEAR) or "ZEROFILL" in column.type.upper():
        return f"{quote(column.name)} + 0"
    if bare and family in TEXTS:
        return f"CONVERT({quote(column.name)} USING utf8mb4)"
    return None


def _fits(kind: Type, source: str, target: str) -> bool:
    """Whether a column can be given another's values as they are, and itself refuses what it cannot hold."""
    if source.upper() == target.upper():
        return True
    there = read(target)
    if kind.family is not Family.TEXT or there.family is not Family.TEXT or kind.length is None:
        return False
    return there.length is None or kind.length <= there.length


def _refuse_moody(kind: Type, column: Column, source: Column | None) -> None:
    """Raise for what depends on the session's time zone or on today, or is known to nobody."""
    if kind.family in (Family.SET, Family.GEOMETRY):
        raise ContractctlError(
            f"it is unknown what the {kind.name} column '{column.name}' would store of another type's value",
            hint="plan a column of the same type, or a text",
        )
    if source is None:
        return
    families = {kind.family, read(source.type).family}
    if Family.NATIVE in families and not families & {*TEXTS, Family.BINARY, Family.PADDED}:
        raise ContractctlError(
            f"MariaDB cannot convert {read(source.type).name} to {kind.name}, as '{source.name}' would become"
            f" '{column.name}'",
            hint="write the conversion into the plan, by way of a text",
        )
    if Family.TIMESTAMP in families and len(families) > 1:
        raise ContractctlError(
            f"a {read(source.type).name} becomes a {kind.name} by the time zone of each session: '{source.name}' and"
            f" '{column.name}' would not mean the same for everybody",
            hint="write the conversion into the plan; from a TIMESTAMP: TIMESTAMPADD(SECOND, UNIX_TIMESTAMP(…),"
            " TIMESTAMP'1970-01-01 00:00:00')",
        )
    if families == {Family.TIME, kind.family} and kind.family in (Family.DATE, Family.DATETIME):
        raise ContractctlError(
            f"a TIME becomes a {kind.name} by today's date: '{source.name}' and '{column.name}'"
            " will not agree tomorrow",
            hint="write the day into the plan: ADDTIME(TIMESTAMP'1970-01-01 00:00:00', …)",
        )


def _stored_bytes(expression: str, kind: Type) -> str:
    found = f"CAST(({expression}) AS BINARY)"
    if kind.family is Family.BINARY:
        return found
    return f"CONCAT({found}, REPEAT(x'00', {kind.length} - LENGTH({found})))"


def _label(expression: str, kind: Type, collation: str | None) -> str:
    """An ENUM takes a number for the index of a label, and folds case: neither may happen."""
    folded = f" COLLATE {collation}" if collation and collation.startswith("utf8mb4_") else ""
    text = f"CONVERT({expression} USING utf8mb4)"
    whens = " ".join(f"WHEN {literal(label)}{folded} THEN {literal(label)}" for label in kind.labels)
    return f"CASE {text} {whens} ELSE CONCAT('no label: ', {text}) END"


def _year(number: str) -> str:
    """A YEAR takes 12 for 2012: here that is not a year."""
    return f"({number} + CASE WHEN {number} BETWEEN 1 AND 99 THEN 10000 ELSE 0 END)"


def _json(value: str, type_: str) -> str:
    family = read(type_).family
    if family in (Family.BINARY, Family.PADDED, Family.GEOMETRY):
        part = f"CONCAT('{{\"blob\":\"', HEX({value}), '\"}}')"
    elif family in _QUOTED_IN_JSON or family is Family.TIMESTAMP:
        part = f"CONCAT('\"', {canonical(value, type_)}, '\"')"
    elif family in TEXTS:
        part = f"JSON_QUOTE(CONVERT({value} USING utf8mb4))"
    else:
        part = canonical(value, type_)
    return f"COALESCE({part}, 'null')"


def _instant(value: str, type_: str) -> str:
    """A TIMESTAMP as it reads in UTC, whatever the session's time zone is."""
    seconds, epoch = f"UNIX_TIMESTAMP({value})", "TIMESTAMP'1970-01-01 00:00:00'"
    if not read(type_).scale:
        return f"TIMESTAMPADD(SECOND, {seconds}, {epoch})"
    return f"TIMESTAMPADD(MICROSECOND, CAST({seconds} * 1000000 AS SIGNED), {epoch})"
