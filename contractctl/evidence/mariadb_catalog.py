"""What in a MariaDB database depends on a column: views, routines, triggers, events?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contractctl.databases.temporary_names import quiesced
from contractctl.evidence.questions import Field
from contractctl.evidence.servers import UnusableError, table_names
from contractctl.statements import Target, Touch, texts, touch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLE = """
SELECT count(*) FROM information_schema.tables
WHERE table_schema = :schema AND lower(table_name) IN :names AND table_type = 'BASE TABLE'
"""
_VIEWS = "SELECT table_name, view_definition FROM information_schema.views"
_PROGRAMS = """
SELECT lower(routine_type), routine_name, routine_definition, '' FROM information_schema.routines
UNION ALL SELECT 'trigger', trigger_name, action_statement, event_object_table FROM information_schema.triggers
UNION ALL SELECT 'event', event_name, event_definition, '' FROM information_schema.events
"""
_OWN = "contractctl_"


@dataclass(frozen=True, slots=True)
class Reached:
    """How a column is reached on a server."""

    views: tuple[str, ...]
    routines: tuple[str, ...]
    fires: tuple[str, ...]
    """Tables with a trigger that touches it."""
    others: tuple[str, ...]
    """Each trigger, routine and event, as people know it."""


def reached(connection: "Connection", field: Field) -> Reached:
    """Ask the catalog. Raise UnusableError where there is no such table, or a text is not visible to this account."""
    schema, _, table = field.table.rpartition(".")
    schema = schema or str(connection.exec_driver_sql("SELECT database()").scalar())
    if not _rows(connection, _TABLE, schema=schema, names=table_names(field))[0][0]:
        raise UnusableError(f"missing source: this database has no table '{field.table}'")
    target = Target(field.table, field.column, "mysql", nested_seen=True)
    stands_in = field.becomes.rpartition(".")[2].casefold()
    views = _views([one for one in _rows(connection, _VIEWS) if one[0].casefold() != stands_in], target)
    routines, fires, others = set(), set(), set()
    for kind, name, body, on in _rows(connection, _PROGRAMS):
        if body is None:
            raise UnusableError(f"unparseable: the text of the {kind} '{name}' is not visible to this account")
        if name.startswith(_OWN) or not _mentions(str(body), table if field.is_whole else field.column):
            continue
        others.add(f"{kind} {name}")
        if on:
            fires.add(on)
        else:
            routines.add(name)
    return Reached(views, tuple(sorted(routines)), tuple(sorted(fires)), tuple(sorted(others)))


def _views(found: list[tuple[Any, ...]], target: Target) -> tuple[str, ...]:
    """Those that touch the column, and those upon them. One whose text is not shown may be any of them."""
    reached: set[str] = set()
    while True:
        wider = Target(target.table, target.column, target.dialect, through=reached, nested_seen=True)
        more = {name for name, text in found if not text or touch(text, wider).touch is not Touch.NONE}
        if more <= reached:
            return tuple(sorted(reached))
        reached |= more


def _mentions(body: str, name: str) -> bool:
    """A program's text that has the column's, or the table's, name in it is held to touch it."""
    wanted = {name.casefold(), quiesced(name).casefold()}
    return bool(wanted & texts.read(body, "mysql").words)


def _rows(connection: "Connection", sql: str, **values: str | list[str]) -> list[tuple[Any, ...]]:
    from sqlalchemy import bindparam, text

    lists = [name for name, value in values.items() if isinstance(value, list)]
    query = text(sql).bindparams(*(bindparam(name, expanding=True) for name in lists))
    return [tuple(row) for row in connection.execute(query, values)]


def names(it: Reached) -> Iterator[str]:
    """Everything that depends on the column, as people know it."""
    yield from (f"view {name}" for name in it.views)
    yield from it.others
