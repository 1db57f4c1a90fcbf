"""What does the database hold: a table's columns and key, and what prevents contractctl's triggers from working?"""

import re
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from contractctl.databases import Column, run
from contractctl.databases.mysql.names import literal, quote, same
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.tokens import Sort, spoken
from contractctl.databases.mysql.types import Family, read
from contractctl.databases.temporary_names import OURS, quiesced_table
from contractctl.errors import ContractctlError

_WHERE = re.compile(r"on update (current_timestamp(?:\(\d*\))?)", re.IGNORECASE)
_UNORDERED = (Family.ENUM, Family.SET, Family.GEOMETRY)
"""Types of key columns that are sorted by one rule and compared by another."""
_MOVING = ("CASCADE", "SET NULL", "SET DEFAULT")


def of_table(table: str, schema: str = "TABLE_SCHEMA", name: str = "TABLE_NAME") -> str:
    """The rows of a view of information_schema that belong to the table; its database may stand before a dot.

    Where a view is not told so of itself, in a join, too, the server opens every table of every database for it.
    """
    database, _, bare = table.rpartition(".")
    return f"{schema} = {literal(database) if database else 'DATABASE()'} AND {name} = {literal(bare)}"


def odd_indexes(table: str, *sorts: str) -> str:
    """SQL: the names of the table's FULLTEXT or SPATIAL indexes."""
    among = ", ".join(map(literal, sorts))
    return (
        f"SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE {of_table(table)}"
        f" AND INDEX_TYPE IN ({among})"
    )


def exists(connection: Connection, table: str) -> bool:
    """Whether there is a table of that name."""
    query = (
        f"SELECT EXISTS (SELECT 1 FROM information_schema.TABLES WHERE {of_table(table)} AND TABLE_TYPE LIKE '%TABLE')"
    )
    return bool(run(connection, query).scalar_one())


def as_shown(column: Column, *, counted: bool) -> Column:  # noqa: ARG001 - no key that is counted up is staged
    """A column that only a plan knows: its type means the same however it is spelled."""
    return column


def columns(connection: Connection, table: str) -> tuple[Column, ...]:
    """The table's columns, in order."""
    _demand_table(connection, table)
    unique, checks = _unique(connection, table), _checks(connection, table)
    charset = _charset(connection, table)
    rows = run(
        connection,
        "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION, COLLATION_NAME,"
        f" CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE {of_table(table)} ORDER BY ORDINAL_POSITION",
    ).all()
    places = unique.get("PRIMARY", ())
    return tuple(
        Column(
            name=name,
            type="json" if json else type_ if own in (None, charset) else f"{type_} CHARACTER SET {own}",
            not_null=nullable == "NO",
            default=None if default in (None, "NULL") else default,
            key_place=_place(places, name),
            generated=bool(generation),
            collation=None if json else collation,
            unique=tuple(names for names in unique.values() if _place(names, name)),
            checks=tuple(text for text in checks if _speaks_of(text, name)),
            on_update=_on_update(extra),
        )
        for name, type_, nullable, default, extra, generation, collation, own in rows
        for json in (type_ == "longtext" and f"json_valid({quote(name)})" in checks,)  # which it is to MariaDB
    )


def key_columns(connection: Connection, table: str) -> tuple[Column, ...]:
    """What finds a row: the primary key's columns in their order, or those of a unique index that are never NULL."""
    found = {column.name: column for column in columns(connection, table)}
    indexes = _unique(connection, table, whole=True)
    for names in (indexes.pop("PRIMARY", ()), *indexes.values()):
        if names and all(found[name].not_null and not found[name].generated for name in names):
            return tuple(found[name] for name in names)
    raise ContractctlError(
        f"the rows of '{table}' cannot be found: it has no primary key, nor a unique index without NULL",
        hint="give the table a primary key first",
    )


def hindrances(connection: Connection, table: str) -> tuple[str, ...]:
    """What prevents triggers from keeping anything in step on this table, each a sentence."""
    return tuple(_hindrances(connection, table))


def notes(connection: Connection, table: str) -> tuple[str, ...]:
    """What others notice of contractctl's triggers, and what a backfill inevitably fires, each a sentence."""
    return (*_stirred(connection, table), *_first_values(connection, table))


def _stirred(connection: Connection, table: str) -> Iterator[str]:
    query = (
        "SELECT TRIGGER_NAME, ACTION_TIMING FROM information_schema.TRIGGERS"
        f" WHERE {of_table(table, 'EVENT_OBJECT_SCHEMA', 'EVENT_OBJECT_TABLE')} AND EVENT_MANIPULATION = 'UPDATE'"
        " ORDER BY ACTION_TIMING DESC, ACTION_ORDER"
    )
    for name, _ in run(connection, query):
        if not name.startswith(OURS):
            yield f"trigger '{name}' sees every row of '{table}' that is filled: MariaDB cannot disable triggers"


def _first_values(connection: Connection, table: str) -> Iterator[str]:
    """Columns that strict sessions may omit now, but not once there is a BEFORE trigger."""
    triggers = of_table(table, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE")
    before = f"{triggers} AND ACTION_TIMING = 'BEFORE' AND EVENT_MANIPULATION IN ('INSERT', 'UPDATE')"
    query = (
        f"SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE {of_table(table)} AND DATA_TYPE = 'enum'"
        " AND IS_NULLABLE = 'NO' AND COLUMN_DEFAULT IS NULL"
        f" AND NOT EXISTS (SELECT 1 FROM information_schema.TRIGGERS WHERE {before}) ORDER BY ORDINAL_POSITION"
    )
    for name in run(connection, query).scalars():
        yield (
            f"from dual-write to contract the database refuses (1364), in strict mode, an INSERT that omits"
            f" '{table}.{name}', which now takes its first value: where applications have such statements, let it have"
            f" that as its default before dual-write: ALTER TABLE {table_name(table)} ALTER COLUMN {quote(name)} SET"
            " DEFAULT …"
        )


def cascades(connection: Connection, table: str, column: str, followed: Iterable[str] = ()) -> Iterator[str]:
    """Foreign keys that change the column where no trigger sees it, but for what is `followed`."""
    seen = {one.lower() for entry in followed for one in _either(entry)}
    schema = "if(r.UNIQUE_CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA, '', concat(r.UNIQUE_CONSTRAINT_SCHEMA, '.'))"
    query = (
        f"SELECT k.CONSTRAINT_NAME, concat({schema}, r.REFERENCED_TABLE_NAME), r.UPDATE_RULE, r.DELETE_RULE"
        " FROM information_schema.KEY_COLUMN_USAGE k"
        " JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_NAME = k.CONSTRAINT_NAME"
        f" AND {of_table(table, 'r.CONSTRAINT_SCHEMA', 'r.TABLE_NAME')}"
        f" WHERE {of_table(table, 'k.TABLE_SCHEMA', 'k.TABLE_NAME')} AND k.COLUMN_NAME = {literal(column)}"
    )
    for name, to, on_update, on_delete in run(connection, query):
        rules = [f"ON UPDATE {on_update}"] if on_update in _MOVING else []
        rules += [f"ON DELETE {on_delete}"] if on_delete in _MOVING[1:] else []
        rule = next((rule for rule in rules if f"{to} {rule}".lower() not in seen), None)
        if rule is not None:
            yield f"is changed by {rule} of foreign key '{name}', and MariaDB fires no trigger for that"


def _either(followed: str) -> tuple[str, str]:
    """What a key does, also once the table has given its name to its copy."""
    table, _, rule = followed.rpartition(" ON ")
    return followed, f"{quiesced_table(table)} ON {rule}"


def _hindrances(connection: Connection, table: str) -> Iterator[str]:
    engine, versioned, temporary = run(
        connection,
        "SELECT ENGINE, TABLE_TYPE = 'SYSTEM VERSIONED', TEMPORARY = 'Y' FROM information_schema.TABLES"
        f" WHERE {of_table(table)}",
    ).one()
    if engine != "InnoDB":
        yield f"table '{table}' uses the engine {engine}, which has no transactions: convert it to InnoDB"
    if versioned:
        yield f"table '{table}' is system-versioned: every filled row would add a history row"
    if temporary:
        yield f"table '{table}' is temporary, and temporary tables cannot have triggers"
    for name in run(connection, odd_indexes(table, "FULLTEXT")).scalars():
        yield (
            f"table '{table}' has the FULLTEXT index '{name}', and MariaDB neither adds nor drops a column of"
            " such a table while others write: at a time without searches (they fail without it) drop the index, then"
            f" ALTER TABLE {table_name(table)} FORCE, ALGORITHM=INPLACE, LOCK=NONE, and build it again at the end, at a"
            " time without writes"
        )
    for column in key_columns(connection, table):
        kind = read(column.type)
        if kind.family in _UNORDERED:
            yield f"'{table}.{column.name}' is part of the key, and {kind.name} is not sorted as it is compared"
    yield from _later_triggers(connection, table)


def _later_triggers(connection: Connection, table: str) -> Iterator[str]:
    """What an application's trigger changes in a row after contractctl's have seen it is not kept in step."""
    query = (
        "SELECT TRIGGER_NAME, EVENT_MANIPULATION FROM information_schema.TRIGGERS"
        f" WHERE {of_table(table, 'EVENT_OBJECT_SCHEMA', 'EVENT_OBJECT_TABLE')} AND ACTION_TIMING = 'BEFORE'"
        " ORDER BY EVENT_MANIPULATION, ACTION_ORDER"
    )
    ours: dict[str, str] = {}
    for name, event in run(connection, query):
        if name.startswith(OURS):
            ours[event] = name
        elif event in ours:
            yield (
                f"trigger '{name}' of '{table}' comes after '{ours[event]}', which does not see what it changes:"
                f" create it again without FOLLOWS of a contractctl trigger, or with PRECEDES {ours[event]}"
            )


def _demand_table(connection: Connection, table: str) -> None:
    query = f"SELECT TABLE_TYPE FROM information_schema.TABLES WHERE {of_table(table)}"
    kind = run(connection, query).scalar()
    if kind is None:
        raise ContractctlError(f"the database has no table '{table}'", hint="is this the right database?")
    if not str(kind).endswith("TABLE") and kind != "SYSTEM VERSIONED":
        raise ContractctlError(
            f"'{table}' is a {str(kind).lower()}, and only tables can be staged",
            hint="name the table that holds the rows",
        )


def _unique(connection: Connection, table: str, *, whole: bool = False) -> dict[str, tuple[str, ...]]:
    """Unique indexes and their columns; `whole`: only those that hold their columns' whole values."""
    rows = run(
        connection,
        "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS"
        f" WHERE {of_table(table)} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX",
    ).all()
    found: dict[str, tuple[str, ...]] = {}
    for name, column, _ in rows:
        found[name] = (*found.get(name, ()), column)
    cut = {name for name, _, part in rows if part is not None}
    return {name: names for name, names in found.items() if not (whole and name in cut)}


def _checks(connection: Connection, table: str) -> list[str]:
    """The table's CHECK conditions. Those of a column's own definition keep the name that it had at first."""
    rows = run(
        connection,
        "SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS"
        f" WHERE {of_table(table, 'CONSTRAINT_SCHEMA')} ORDER BY 1",
    )
    return [str(clause) for clause in rows.scalars()]


def _charset(connection: Connection, table: str) -> str | None:
    """The character set of columns that say nothing else."""
    query = (
        "SELECT c.CHARACTER_SET_NAME FROM information_schema.TABLES t"
        " JOIN information_schema.COLLATION_CHARACTER_SET_APPLICABILITY c ON c.COLLATION_NAME = t.TABLE_COLLATION"
        f" WHERE {of_table(table, 't.TABLE_SCHEMA', 't.TABLE_NAME')} LIMIT 1"
    )
    found = run(connection, query).scalar()
    return None if found is None else str(found)


def _place(names: Iterable[str], name: str) -> int:
    return next((place for place, other in enumerate(names, 1) if same(other, name)), 0)


def _speaks_of(text: str, name: str) -> bool:
    return any(token.sort is Sort.QUOTED and same(token.name, name) for token in spoken(text))


def _on_update(extra: str) -> str | None:
    found = _WHERE.search(extra)
    return None if found is None else found[1]
