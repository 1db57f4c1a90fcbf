"""What would break without a column, and what keeps it from ever being kept in step, or dropped?"""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import Column, run
from contractctl.databases.mysql.expressions.words import STEADY_CLOCKS, VOLATILE
from contractctl.databases.mysql.names import literal, same
from contractctl.databases.mysql.statements.blocking import as_expression, untold_default
from contractctl.databases.mysql.tables import cascades, columns, of_table
from contractctl.databases.mysql.tokens import Sort, Token, spoken
from contractctl.databases.temporary_names import OURS


def dependents(connection: Connection, table: str, column: str) -> tuple[str, ...]:
    """What besides the column itself would break without it, each named with its kind.

    Of views, triggers and routines the text is read: one that names both table and column counts. A routine whose text
    this user may not see is not found.
    """
    found = {
        *_views(connection, table, column),
        *_indexes(connection, table, column),
        *_foreign_keys(connection, table, column),
        *_conditions(connection, table, column),
        *_triggers(connection, table, column),
        *_routines(connection, table, column),
    }
    return tuple(sorted(found))


def table_dependents(connection: Connection, table: str) -> tuple[str, ...]:
    """What besides the table itself would break without it, each named with its kind."""
    return tuple(sorted({*_views(connection, table, None), *_of_others(connection, table)}))


def _of_others(connection: Connection, table: str) -> Iterator[str]:
    bare = table.rpartition(".")[2]
    referring = of_table(table, "REFERENCED_TABLE_SCHEMA", "REFERENCED_TABLE_NAME")
    yield from _referring(connection, f"{referring} AND NOT ({of_table(table)})")
    triggers = (
        "SELECT TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS"
        f" WHERE NOT ({of_table(table, 'EVENT_OBJECT_SCHEMA', 'EVENT_OBJECT_TABLE')})"
    )
    for name, text in run(connection, triggers):
        if not name.startswith(OURS) and _names(text, bare):
            yield f"trigger '{name}'"
    yield from _routines(connection, table, bare)


def obstacles(connection: Connection, table: str, column: str, followed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What keeps the column from ever being kept in step or dropped by itself, each as the end of a sentence.

    `followed`: what foreign keys may do to it, "orders ON UPDATE CASCADE": triggers of that table see to it.
    """
    return tuple(_obstacles(connection, table, column, followed))


def key_obstacles(connection: Connection, table: str, column: str) -> tuple[str, ...]:
    """What prevents the primary key from moving from this column to another, each as the end of a sentence."""
    return tuple(_key_obstacles(connection, table, column))


def _key_obstacles(connection: Connection, table: str, column: str) -> Iterator[str]:
    there = columns(connection, table)
    yield from (text for one in there if same(one.name, column) for text in _of_itself(connection, table, one))
    parts = f"SELECT 1 FROM information_schema.PARTITIONS WHERE {of_table(table)} AND PARTITION_NAME IS NOT NULL"
    if run(connection, f"{parts} LIMIT 1").first() is not None:
        yield "is in the key of a partitioned table, which MariaDB can change only by a copy, while nobody writes"


def _obstacles(connection: Connection, table: str, column: str, followed: tuple[str, ...]) -> Iterator[str]:
    found = next((one for one in columns(connection, table) if same(one.name, column)), None)
    if found is None:
        return
    if found.key_place:
        yield "is part of its primary key, and MariaDB cannot drop it without rewriting the table"
    yield from _of_itself(connection, table, found, followed)


def _of_itself(connection: Connection, table: str, found: Column, followed: tuple[str, ...] = ()) -> Iterator[str]:
    column = found.name
    if found.generated:
        yield "is a generated column, which cannot be written"
    if _counts_up(connection, table, found.name):
        yield (
            "is numbered by AUTO_INCREMENT: no trigger knows the number of a row that is being inserted, and MariaDB"
            " gives it to no other column without a copy of the table"
        )
    for expression in run(
        connection,
        "SELECT CONCAT_WS(' ', PARTITION_EXPRESSION, SUBPARTITION_EXPRESSION) FROM information_schema.PARTITIONS"
        f" WHERE {of_table(table)} AND PARTITION_EXPRESSION IS NOT NULL LIMIT 1",
    ).scalars():
        if _names(expression, column):
            yield "determines the partition of a row"
    for other in columns(connection, table):
        if other.generated and _names(_generation(connection, table, other.name), column):
            yield f"is used by the generated column '{other.name}'"
    yield from cascades(connection, table, column, followed)
    yield from _shared_conditions(connection, table, column)
    if run(connection, untold_default(table, column)).first() is not None:
        yield f"has a default that is not text, which MariaDB does not show: {as_expression(table, column)}"
    default = found.default or ""
    if any(token.says(*VOLATILE - STEADY_CLOCKS) for token in spoken(default)):
        yield f"has a default that differs each time ({default}): it cannot be told from a given value"


def _counts_up(connection: Connection, table: str, column: str) -> bool:
    query = (
        f"SELECT count(*) FROM information_schema.COLUMNS WHERE {of_table(table)} AND COLUMN_NAME = {literal(column)}"
        " AND EXTRA LIKE '%auto_increment%'"
    )
    return bool(run(connection, query).scalar_one())


def _views(connection: Connection, table: str, column: str | None) -> Iterator[str]:
    """Views over the column, or over the table as a whole, and views over these.

    MariaDB keeps them with every name written out.
    """
    rows = run(
        connection,
        "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, DATABASE() FROM information_schema.VIEWS",
    ).all()
    schema = _schema(connection, table)
    bare = table.rpartition(".")[2]
    broken = {(of, name) for of, name, text, _ in rows if _asks(spoken(text), schema, bare, column)}
    while True:
        over = {
            (of, name)
            for of, name, text, _ in rows
            if (of, name) not in broken and any(_aliases(spoken(text), *other) for other in broken)
        }
        if not over:
            break
        broken |= over
    for of, name, _, current in rows:
        if (of, name) in broken and not name.startswith(OURS):
            yield f"view '{name}'" if of == current else f"view '{of}.{name}'"


def _asks(said: list[Token], schema: str, table: str, column: str | None) -> bool:
    """Whether a view's text reads the column from the table: `alias`.`column`, for an alias of the table."""
    aliases = _aliases(said, schema, table)
    if column is None:
        return bool(aliases)
    return any(
        one.sort is Sort.QUOTED
        and one.name in aliases
        and dot.text == "."
        and other.sort is Sort.QUOTED
        and same(other.name, column)
        for one, dot, other in zip(said, said[1:], said[2:], strict=False)
    )


def _aliases(said: list[Token], schema: str, table: str) -> set[str]:
    """The names that the text has for the table: `schema`.`table` `alias`, or the table's own."""
    found = set()
    for at in range(len(said) - 2):
        of, dot, name = said[at : at + 3]
        if of.name == schema and dot.text == "." and name.sort is Sort.QUOTED and name.name == table:
            after = said[at + 3] if at + 3 < len(said) else None
            if after is not None and after.text == ".":
                found.add(table)
            else:
                found.add(after.name if after is not None and after.sort is Sort.QUOTED else table)
    return found


def _indexes(connection: Connection, table: str, column: str) -> Iterator[str]:
    query = (
        f"SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE {of_table(table)}"
        f" AND COLUMN_NAME = {literal(column)} AND INDEX_NAME <> 'PRIMARY'"
    )
    for name in run(connection, query).scalars():
        yield f"index '{name}'"


def _foreign_keys(connection: Connection, table: str, column: str) -> Iterator[str]:
    own = f"{of_table(table)} AND COLUMN_NAME = {literal(column)} AND REFERENCED_TABLE_NAME IS NOT NULL"
    for name in run(
        connection, f"SELECT CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE {own}"
    ).scalars():
        yield f"foreign key '{name}'"
    theirs = (
        f"{of_table(table, 'REFERENCED_TABLE_SCHEMA', 'REFERENCED_TABLE_NAME')}"
        f" AND REFERENCED_COLUMN_NAME = {literal(column)}"
    )
    yield from _referring(connection, theirs)


def _referring(connection: Connection, where: str) -> Iterator[str]:
    query = f"SELECT DISTINCT CONSTRAINT_NAME, TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE {where}"
    for name, table in run(connection, query):
        yield f"foreign key '{name}' of table '{table}'"


def _conditions(connection: Connection, table: str, column: str) -> Iterator[str]:
    """CHECKs outside the column's own definition."""
    query = (
        "SELECT CONSTRAINT_NAME, CHECK_CLAUSE, LEVEL FROM information_schema.CHECK_CONSTRAINTS"
        f" WHERE {of_table(table, 'CONSTRAINT_SCHEMA')}"
    )
    for name, clause, level in run(connection, query):
        if _names(clause, column) and not (level == "Column" and _names_no_other(clause, column)):
            yield f"check '{name}'"


def _shared_conditions(connection: Connection, table: str, column: str) -> Iterator[str]:
    """CHECKs in a column's definition that also concern other columns: no name tells which of a plan's they are."""
    query = (
        "SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS"
        f" WHERE {of_table(table, 'CONSTRAINT_SCHEMA')} AND LEVEL = 'Column'"
    )
    for clause in run(connection, query).scalars():
        if _names(clause, column) and not _names_no_other(clause, column):
            yield f"is part of a column's CHECK, together with others ({clause}): drop that first, in a plan of its own"


def _triggers(connection: Connection, table: str, column: str) -> Iterator[str]:
    """Triggers of the table that name NEW.column or OLD.column, and others that name both table and column."""
    query = (
        "SELECT TRIGGER_NAME, ACTION_STATEMENT, EVENT_OBJECT_SCHEMA,"
        f" {of_table(table, 'EVENT_OBJECT_SCHEMA', 'EVENT_OBJECT_TABLE')} FROM information_schema.TRIGGERS"
    )
    schema = _schema(connection, table)
    for name, text, of, own in run(connection, query):
        if not name.startswith(OURS) and _names(text, column) and (own or _means(text, of, schema, table)):
            yield f"trigger '{name}'"


def _routines(connection: Connection, table: str, column: str) -> Iterator[str]:
    query = (
        "SELECT LOWER(ROUTINE_TYPE), ROUTINE_NAME, ROUTINE_DEFINITION, ROUTINE_SCHEMA FROM information_schema.ROUTINES"
        " WHERE ROUTINE_DEFINITION IS NOT NULL"
        " UNION ALL SELECT 'event', EVENT_NAME, EVENT_DEFINITION, EVENT_SCHEMA FROM information_schema.EVENTS"
    )
    schema = _schema(connection, table)
    for kind, name, text, of in run(connection, query):
        if not name.startswith(OURS) and _names(text, column) and _means(text, of, schema, table):
            yield f"{kind} '{name}'"


def _means(text: str, of: str, schema: str, table: str) -> bool:
    """Whether a text in a database may mean the table: in one other than the table's it must name that, too."""
    return _names(text, table.rpartition(".")[2]) and (same(of, schema) or _names(text, schema))


def _names_no_other(clause: str, column: str) -> bool:
    """Whether the condition names no other column. Its own name cannot tell: it keeps the column's first name."""
    return all(same(token.name, column) for token in spoken(clause) if token.sort is Sort.QUOTED)


def _names(text: str, name: str) -> bool:
    """Whether the text contains the name, quoted or not."""
    return any(token.sort in (Sort.WORD, Sort.QUOTED) and same(token.name, name) for token in spoken(text))


def _generation(connection: Connection, table: str, column: str) -> str:
    query = (
        f"SELECT GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE {of_table(table)}"
        f" AND COLUMN_NAME = {literal(column)}"
    )
    return str(run(connection, query).scalar_one())


def _schema(connection: Connection, table: str) -> str:
    schema = table.rpartition(".")[0]
    return schema or str(run(connection, "SELECT DATABASE()").scalar_one())
