"""How are rows of the side tables written and removed, and how do they follow the row that they are about?"""

from collections.abc import Iterator

from contractctl.databases import SIDE_TABLES, Held, Synced, Synchronisation, mysql
from contractctl.databases.mysql.expressions import canonical, whole_array
from contractctl.databases.mysql.names import literal, quote
from contractctl.databases.mysql.triggers.bodies import when
from contractctl.databases.mysql.triggers.judging import only_copies
from contractctl.databases.sides import UNSTORABLE, key_json, of_pair, of_plan

_SHOWN = 10_000
"""How many characters of a value a conflict shows."""
KEPT, ASIDE, CONFLICT = SIDE_TABLES


def is_marked(sync: Synchronisation, pair: Synced, marks: str, row: str) -> str:
    """Whether a side table holds the row: a plain read, which locks nothing."""
    return f"EXISTS (SELECT 1 FROM {marks} WHERE {of_pair(mysql, sync, pair)} AND {_key_is(sync, row)})"


def follow_key(sync: Synchronisation) -> Iterator[str]:
    """A row whose key changes takes its marks along, and none that another row has left there."""
    tables = [table for table in SIDE_TABLES if any(table in tables_of(pair) for pair in sync.columns)]
    for marks in tables:
        yield f"DELETE FROM {marks} WHERE {of_plan(mysql, sync)} AND {_key_is(sync, 'NEW')}"
    for marks in tables:
        moved = f"{quote('key')} = {key_json(mysql, sync, 'NEW')}"
        yield f"UPDATE {marks} SET {moved} WHERE {of_plan(mysql, sync)} AND {_key_is(sync, 'OLD')}"


def set_aside(sync: Synchronisation, pair: Synced) -> str:
    """Say that the value could not be made, or stored."""
    return insert(ASIDE, mark_of(sync, pair), {"error": literal(UNSTORABLE)})


def insert(marks: str, mark: dict[str, str], more: dict[str, str]) -> str:
    """One row; where it is there already it stays."""
    values = mark | more
    names = ", ".join(map(quote, values))
    return f"INSERT INTO {marks} ({names}) VALUES ({', '.join(values.values())}) ON DUPLICATE KEY UPDATE plan = plan"


def mark_of(sync: Synchronisation, pair: Synced) -> dict[str, str]:
    """What finds a mark of the row as it is: each column of a side table with its value."""
    key = key_json(mysql, sync, "NEW")
    return {
        "plan": literal(sync.plan),
        "table_name": literal(sync.table),
        "key": key,
        "column_name": literal(pair.name),
    }


def delete_if_there(sync: Synchronisation, pair: Synced, marks: str, row: str) -> str:
    """Drop the mark after a look: where there is none, nothing is locked."""
    return when(is_marked(sync, pair, marks, row), [delete(sync, pair, marks, row)])


def delete(sync: Synchronisation, pair: Synced, marks: str, row: str) -> str:
    """Drop the mark of OLD or NEW."""
    return f"DELETE FROM {marks} WHERE {of_pair(mysql, sync, pair)} AND {_key_is(sync, row)}"


def tables_of(pair: Synced) -> tuple[str, ...]:
    """Where the pair may have marks. Each of these tables is opened for every statement that fires the triggers."""
    if only_copies(pair):
        return (CONFLICT,)
    if pair.one_sided:
        return (ASIDE,)
    return (ASIDE, CONFLICT) if pair.plain else (KEPT, ASIDE, CONFLICT)


def _key_is(sync: Synchronisation, row: str) -> str:
    return f"{quote('key')} = {key_json(mysql, sync, row)}"


def in_words(side: tuple[Held, ...]) -> str:
    """A side's values for people: the value itself where it is one."""
    values = [(f"NEW.{quote(one.name)}", one.type) for one in side]
    text = canonical(*values[0]) if len(values) == 1 else whole_array(values)
    return f"LEFT({text}, {_SHOWN})"
