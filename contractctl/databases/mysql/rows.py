"""How are rows found, filled and checksummed on MariaDB?"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from contractctl.databases import Key, KeyPart, Synchronisation, run
from contractctl.databases.crossing import HERE, THERE
from contractctl.databases.mysql.expressions import canonical
from contractctl.databases.mysql.names import filling, literal, quote, table
from contractctl.databases.mysql.triggers.marks import may_leave
from contractctl.databases.mysql.types import Family, read

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_BAD_ROW = frozenset(
    {
        *(1048, 1062, 1169, 1452, 4025),  # NOT NULL, UNIQUE, FOREIGN KEY, CHECK
        *(1264, 1265, 1292, 1300, 1365, 1366, 1367, 1406, 1411, 1416, 1426, 1441, 1525, 1690, 1916, 3140),  # the value
        *(1139, 1644, 4037, 4038, 4042),  # a pattern, a trigger's SIGNAL, JSON
        1442,  # a trigger of ours has something to say of a row, in tables that the statement itself reads
    }
)
"""What a row's own value can cause: https://mariadb.com/kb/en/mariadb-error-code-reference/."""


def add_new(target: str, select: str) -> str:
    """INSERT INTO target select, without the rows whose key is there already.

    IGNORE also lets an expression of the condition warn where it would raise: what it gives then does not come back
    either.
    """
    return f"INSERT IGNORE INTO {target} {select}"


def beyond(sync: Synchronisation, key: Key) -> str:
    """Whether a row's key lies beyond this one. Written out: MariaDB finds no range by (a, b) > (x, y)."""
    return _ranged(sync, key, ">", _after)


def up_to(sync: Synchronisation, key: Key) -> str:
    """Whether a row's key does not lie beyond this one."""
    return _ranged(sync, key, "<", _before)


def has_key(sync: Synchronisation, key: Key) -> str:
    """Whether a row has exactly this key."""
    return " AND ".join(f"{name} = {value}" for name, value in _parts(sync, key))


def key_list(sync: Synchronisation, row: str) -> str:
    """The SELECT list that returns a row's key to Python."""
    return ", ".join(
        _brought(f"{row}.{quote(name)}", type_) for name, type_ in zip(sync.key, _types(sync), strict=True)
    )


def update_from(of: str, sets: Iterable[tuple[str, str]], source: str, on: str) -> str:
    """UPDATE of a table from a query's rows."""
    values = ", ".join(f"{THERE}.{quote(name)} = {value}" for name, value in sets)
    return f"UPDATE {table(of)} AS {THERE} JOIN ({source}) AS {HERE} ON {on} SET {values}"


def checksum(values: Iterable[tuple[str, str]]) -> str:
    """SQL: an aggregate over rows of values, each with its type; the rows' order does not matter.

    128 bits of MD5 a row, XORed: a row's key is among its values, so that no two rows cancel each other out.
    """
    parts = [f"COALESCE(CONCAT(LENGTH({text}), ':', {text}), 'NULL')" for text in (canonical(*one) for one in values)]
    row = f"MD5(CONCAT_WS(',', {', '.join(parts)}))"
    halves = (f"BIT_XOR(CAST(CONV(SUBSTRING({row}, {at}, 16), 16, 10) AS UNSIGNED))" for at in (1, 17))
    return f"CONCAT_WS(' ', {', '.join(f'HEX({half})' for half in halves)})"


def blames_a_row(error: DBAPIError) -> bool:
    """Whether a row's own value may have caused it."""
    if isinstance(error, (DataError, IntegrityError)):
        return True
    arguments = error.orig.args if error.orig is not None else ()
    return bool(arguments) and arguments[0] in _BAD_ROW


@contextmanager
def unseen(connection: Connection, sync: Synchronisation) -> Iterator[None]:
    """MariaDB switches no triggers off. Ours leave at once where they only copy values; others see an UPDATE.

    Elsewhere ours see from the values that a row is filled, and have work there, too: an UPDATE alone would cut blanks
    at the end of a text, strict mode or not.
    """
    if not may_leave(sync):
        yield
        return
    variable = filling(sync.plan, sync.table)
    run(connection, f"SET {variable} = TRUE")
    try:
        yield
    finally:
        _unset(connection, variable)


def _unset(connection: Connection, variable: str) -> None:
    """Where that fails nobody may write in this session any more: it ends, and its transaction with it."""
    try:
        run(connection, f"SET {variable} = NULL")
    except BaseException as error:
        connection.invalidate()
        if not isinstance(error, SQLAlchemyError):
            raise


def _ranged(sync: Synchronisation, key: Key, sign: str, rest: Callable[[list[tuple[str, str]]], str]) -> str:
    """One bound for the index, and then the exact one."""
    parts = _parts(sync, key)
    name, value = parts[0]
    exact = rest(parts)
    return exact if len(parts) == 1 else f"({name} {sign}= {value} AND {exact})"


def _after(parts: list[tuple[str, str]]) -> str:
    (name, value), *rest = parts
    return f"({name} > {value} OR ({name} = {value} AND {_after(rest)}))" if rest else f"{name} > {value}"


def _before(parts: list[tuple[str, str]]) -> str:
    (name, value), *rest = parts
    return f"({name} < {value} OR ({name} = {value} AND {_before(rest)}))" if rest else f"{name} <= {value}"


def _parts(sync: Synchronisation, key: Key) -> list[tuple[str, str]]:
    """The key's columns, quoted, each with its value as SQL."""
    return [(quote(name), _written(part, type_)) for name, part, type_ in zip(sync.key, key, _types(sync), strict=True)]


def _types(sync: Synchronisation) -> tuple[str, ...]:
    return sync.key_types or ("",) * len(sync.key)


def _written(part: KeyPart, type_: str) -> str:
    """A DECIMAL stands as a number: beside a text it would be compared as a DOUBLE."""
    if isinstance(part, str) and read(type_).family is Family.DECIMAL and _NUMBER.fullmatch(part):
        return part
    return literal(part)


def _brought(column: str, type_: str) -> str:
    """A key's column so that the driver makes a number, a text or bytes of it, and none of it is lost."""
    match read(type_).family:
        case Family.FLOAT | Family.DOUBLE:
            return f"{column} + 0e0"
        case Family.BIT:
            return f"{column} + 0"
        case Family.DECIMAL | Family.DATE | Family.TIME | Family.DATETIME | Family.TIMESTAMP | Family.NATIVE:
            return f"CONVERT({column} USING utf8mb4)"
        case _:
            return column
