"""Which statements would create what a MariaDB database holds? SHOW CREATE TABLE, less what no contract promises.

Left out are the next AUTO_INCREMENT, and who made a view. Many are queried at once, in one compound statement:
https://mariadb.com/kb/en/begin-end/ (NOT ATOMIC).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from contractctl.databases import Definition, Reference, rows, run
from contractctl.databases.definitions import foreign
from contractctl.databases.mysql.names import quote
from contractctl.databases.mysql.reflection.spelling import respelled, spelled
from contractctl.errors import ContractctlError

_AT_ONCE = 100
_NAME = r"`(?:[^`]|``)*`"
_PIECE = re.compile(rf"'(?:[^'\\]|''|\\.)*'|{_NAME}|[(),]|[^'`(),]+|.", re.DOTALL)
"""A string, a name, a separator, or what stands between them."""
_COUNTER = re.compile(r"^( ENGINE=\S+) AUTO_INCREMENT=\d+")
_KEY = re.compile(rf"CONSTRAINT {_NAME} FOREIGN KEY .* REFERENCES (?:({_NAME})\.)?({_NAME}) \(", re.DOTALL)
_PARTITIONS = re.compile(r"\s*(?:/\*!\d*)?\s*(PARTITION BY .*?)(?:\s*\*/)?$", re.DOTALL)
_VERSIONED = " WITH SYSTEM VERSIONING"
_JSON = re.compile(
    rf"^(?P<name>{_NAME}) longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin(?P<rest>.*)"
    r" CHECK \(json_valid\((?P=name)\)\)$",
    re.DOTALL,
)
"""What MariaDB makes of the type JSON, and only that: https://mariadb.com/kb/en/json/."""
_VIEW = re.compile(rf"CREATE (?:ALGORITHM=(\w+) )?(?:DEFINER={_NAME}@{_NAME} )?(?:SQL SECURITY (\w+) )?VIEW ")


def definitions(
    connection: Connection, schemas: Iterable[str] = (), spoken: Iterable[str] = ()
) -> tuple[Definition, ...]:
    """Every table and view of the address's database, by name; see databases.Database.

    Raise ContractctlError for another schema.
    """
    home = str(run(connection, "SELECT DATABASE()").scalar_one())
    if other := sorted(set(schemas) - {home, ""}):
        raise ContractctlError(
            f"'{other[0]}' is not the database that the URL names", hint="name it in the URL instead"
        )
    run(connection, "SET SESSION sql_quote_show_create = 1")
    kinds = _kinds(connection)
    names = [name for name in kinds if not foreign(name)]
    hidden, unwritten = _hidden_views(connection), _without_text(connection)
    shown = dict(_shown(connection, [name for name in names if name not in hidden | unwritten]))
    sequences = {name: _sequence(connection, name) for name, kind in kinds.items() if kind == "SEQUENCE"}
    triggers, functions = _triggers(connection), _functions(connection)
    tables = [name for name in names if kinds[name] != "SEQUENCE"]
    called = spelled(connection, spoken)
    return tuple(
        respelled(
            _view(name, shown.get(name), tables, functions)
            if kinds[name] == "VIEW"
            else _table(name, shown.get(name), home, sequences, triggers[name]),
            called,
        )
        for name in tables
    )


def other_schemas(connection: Connection, schemas: Iterable[str] = ()) -> tuple[str, ...]:  # noqa: ARG001 - as on PostgreSQL
    """An address names one database."""
    return ()


def collations(connection: Connection) -> tuple[str | None, Mapping[str, str]]:
    """The collation of a column that names none, or only a character set; newer servers can be configured otherwise."""
    ((usual,),) = rows(connection, "SELECT @@collation_database")
    query = "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS WHERE IS_DEFAULT = 'Yes'"
    found = dict(map(tuple, rows(connection, query)))
    for _, told in rows(connection, "SHOW VARIABLES WHERE Variable_name = 'character_set_collations'"):
        found |= dict(one.split("=") for one in told.split(",") if one)
    return usual, found


def _kinds(connection: Connection) -> Mapping[str, str]:
    """What each name in the database is: a table, a view, a sequence."""
    query = """
        SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME"""
    return dict(map(tuple, rows(connection, query)))


def _shown(connection: Connection, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The texts of tables and views, in one round trip for many."""
    left = iter(names)
    while some := list(islice(left, _AT_ONCE)):
        statements = "".join(f"SHOW CREATE TABLE {quote(name)}; " for name in some)
        cursor: Any = run(connection, f"BEGIN NOT ATOMIC {statements}END").cursor
        for name in some:
            yield name, cursor.fetchone()[1]
            cursor.nextset()
        cursor.close()


def _hidden_views(connection: Connection) -> frozenset[str]:
    """Those whose query this user may not see."""
    query = "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() AND VIEW_DEFINITION = ''"
    return frozenset(name for (name,) in rows(connection, query))


def _without_text(connection: Connection) -> frozenset[str]:
    """Tables whose definition may not be a text: where a binary default holds no characters, a ? is shown instead."""
    query = """
        SELECT DISTINCT TABLE_NAME FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND DATA_TYPE IN ('binary', 'varbinary') AND COLUMN_DEFAULT LIKE '%?%'"""
    return frozenset(name for (name,) in rows(connection, query))


def _sequence(connection: Connection, name: str) -> str:
    return str(rows(connection, f"SHOW CREATE SEQUENCE {quote(name)}")[0][1])


def _triggers(connection: Connection) -> Mapping[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    query = """
        SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS
        WHERE EVENT_OBJECT_SCHEMA = DATABASE() ORDER BY TRIGGER_NAME"""
    for table, name in rows(connection, query):
        if not foreign(name):
            found[table].append(f"trigger {quote(name)}")
    return found


def _functions(connection: Connection) -> tuple[str, ...]:
    query = """
        SELECT ROUTINE_NAME FROM information_schema.ROUTINES
        WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE = 'FUNCTION' ORDER BY ROUTINE_NAME"""
    return tuple(name for (name,) in rows(connection, query))


def _view(name: str, text: str | None, known: Iterable[str], functions: Iterable[str]) -> Definition:
    if text is None:
        return Definition(name, quote(name), refused="this user may not see its query: grant SHOW VIEW")
    head = _VIEW.match(text)
    algorithm, security = head.groups() if head else (None, None)
    words = (
        f"ALGORITHM={algorithm} " if algorithm not in (None, "UNDEFINED") else "",
        f"SQL SECURITY {security} " if security not in (None, "DEFINER") else "",
    )
    query = text[head.end() :] if head else text
    mentioned = {_unquoted(word) for word in re.findall(_NAME, query)}
    return Definition(
        name=name,
        shown=quote(name),
        view=True,
        head=f"CREATE {''.join(words)}VIEW {query}" if head else text,
        references=tuple(Reference(other) for other in known if other in mentioned and other != name),
        without=tuple(f"function {quote(each)}" for each in functions if f"{quote(each)}(".lower() in query.lower()),
    )


def _table(name: str, text: str | None, home: str, sequences: Mapping[str, str], triggers: Sequence[str]) -> Definition:
    if text is None:
        return Definition(name, quote(name), refused="a default of one of its columns may hold bytes that are not text")
    inside, tail = _parted(text)
    tail = _COUNTER.sub(r"\1", tail)
    after = list[str]()
    if partitions := _PARTITIONS.search(tail):
        tail = tail[: partitions.start()]
        after.append(f"ALTER TABLE {quote(name)} {' '.join(partitions[1].split())}")
    if tail.endswith(_VERSIONED) and not any("VERSIONING" in line or line.startswith("PERIOD") for line in inside):
        tail = tail.removesuffix(_VERSIONED)
        after.insert(0, f"ALTER TABLE {quote(name)} ADD SYSTEM VERSIONING")
    lines = [
        _JSON.sub(r"\g<name> json\g<rest>", line).replace(f"nextval({quote(home)}.", "nextval(") for line in inside
    ]
    keys = {line: match for line in lines if (match := _KEY.match(line))}
    counted = [
        sequence for each, sequence in sequences.items() if any(f"nextval({quote(each)})" in line for line in lines)
    ]
    return Definition(
        name=name,
        shown=quote(name),
        before=tuple(counted),
        head=f"CREATE TABLE {quote(name)}",
        lines=tuple(line for line in lines if line not in keys),
        tail=tail,
        after=tuple(after),
        references=tuple(Reference(_referred(match), line) for line, match in keys.items()),
        without=tuple(triggers),
    )


def _referred(key: re.Match[str]) -> str:
    """The other table's name; of a table in another database, with the database before it."""
    return ".".join(_unquoted(part) for part in key.groups() if part)


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`")


def _parted(text: str) -> tuple[list[str], str]:
    """The columns and constraints of a CREATE TABLE, and what stands behind their parentheses."""
    depth, lines, line = 0, list[str](), ""
    for match in _PIECE.finditer(text):
        piece = match[0]
        depth -= piece == ")"
        if (piece == "," and depth == 1) or (piece == ")" and depth == 0):
            lines.append(line.strip())
            line = ""
            if depth == 0:
                return lines, text[match.end() :]
        elif depth > 0:
            line += piece
        depth += piece == "("
    return lines, ""
