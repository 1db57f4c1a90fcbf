"""What in a MariaDB database depends on a column: views, routines, triggers, events?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from contractctl.databases.temporary_names import OURS, quiesced
from contractctl.evidence.questions import Field
from contractctl.evidence.servers import UnusableError, table_names
from contractctl.statements import Target, Touch, may_fire, may_mean, texts, touch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLE = """
SELECT count(*) FROM information_schema.tables
WHERE table_schema = :schema AND lower(table_name) IN :names AND table_type = 'BASE TABLE'
"""
_VIEWS = "SELECT table_schema, table_name, view_definition FROM information_schema.views"
_PROGRAMS = """
SELECT lower(routine_type), routine_schema, routine_name, routine_definition, '' FROM information_schema.routines
UNION ALL SELECT 'trigger', trigger_schema, trigger_name, action_statement, event_object_table
  FROM information_schema.triggers
UNION ALL SELECT 'event', event_schema, event_name, event_definition, '' FROM information_schema.events
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """How a column is reached on a server."""

    table: str
    """Its table, qualified by its schema, as all names here are."""
    through: tuple[str, ...]
    """Views and routines that touch it."""
    fires: tuple[str, ...]
    """Tables with a trigger that touches it."""
    names: tuple[str, ...]
    """Each view, trigger, routine and event as people call it: unqualified where its schema is the table's."""


@dataclass(frozen=True, slots=True)
class _Program:
    """A view, trigger, routine or event."""

    kind: str
    schema: str
    name: str
    text: str
    """Empty where this account may not see it."""
    on: str = ""
    """A trigger's table."""

    @property
    def qualified(self) -> str:
        return f"{self.schema}.{self.name}"


def reached(connection: "Connection", field: Field) -> Reached:
    """Ask the catalog. Raise UnusableError where there is no such table, or a text is not visible to this account."""
    schema, _, table = field.table.rpartition(".")
    schema = schema or str(connection.exec_driver_sql("SELECT database()").scalar())
    if not _rows(connection, _TABLE, schema=schema, names=table_names(field))[0][0]:
        raise UnusableError(f"missing source: this database has no table '{field.table}'")
    stands_in = (schema, field.becomes.rpartition(".")[2].casefold())
    there = [one for one in _all(connection) if (one.schema, one.name.casefold()) != stands_in or one.kind != "view"]
    target = Target(f"{schema}.{table}", field.column, "mysql", nested_seen=True)
    found = _touching(there, target, table if field.is_whole else field.column)
    return Reached(
        target.table,
        tuple(sorted(one.qualified for one in found if not one.on)),
        tuple(sorted({f"{one.schema}.{one.on}" for one in found if one.on})),
        tuple(f"{one.kind} {one.name if one.schema == schema else one.qualified}" for one in found),
    )


def _all(connection: "Connection") -> Iterator[_Program]:
    for schema, name, text in sorted(_rows(connection, _VIEWS)):
        yield _Program("view", schema, name, text or "")
    for kind, schema, name, text, on in sorted(_rows(connection, _PROGRAMS), key=itemgetter(0, 1, 2)):
        if text is None:
            raise UnusableError(f"unparseable: the text of the {kind} '{name}' is not visible to this account")
        if not name.startswith(OURS):
            yield _Program(kind, schema, name, str(text), on)


def _touching(there: list[_Program], target: Target, name: str) -> list[_Program]:
    """Those that touch the column, and those that use them. A view whose text is not shown may be any of them."""
    found: list[_Program] = []
    while True:
        through = tuple(one.qualified for one in found if not one.on)
        fires = tuple(f"{one.schema}.{one.on}" for one in found if one.on)
        wider = replace(target, through=through, fires=fires)
        more = [one for one in there if _touches(one, replace(wider, within=one.schema), name)]
        if more == found:
            return found
        found = more


def _touches(one: _Program, target: Target, name: str) -> bool:
    if one.kind == "view":
        return not one.text or touch(one.text, target).touch is not Touch.NONE
    return _mentions(one, target, name)


def _mentions(one: _Program, target: Target, name: str) -> bool:
    """A program's text that has the column's, or the table's, name in it is held to touch it.

    One of another schema has to name the table's, too; or what it uses touches the column.
    """
    words, schema = texts.read(one.text, "mysql").words, target.table.rpartition(".")[0]
    wanted = (f"{schema}.{name}", f"{schema}.{quiesced(name)}")
    return may_mean(words, (*wanted, *target.through), one.schema) or may_fire(words, target)


def _rows(connection: "Connection", sql: str, **values: str | list[str]) -> list[tuple[Any, ...]]:
    from sqlalchemy import bindparam, text

    lists = [name for name, value in values.items() if isinstance(value, list)]
    query = text(sql).bindparams(*(bindparam(name, expanding=True) for name in lists))
    return [tuple(row) for row in connection.execute(query, values)]
