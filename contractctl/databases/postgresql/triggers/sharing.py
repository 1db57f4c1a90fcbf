"""What do the triggers do on PostgreSQL where several rows share one of the other table? See databases/sharing.py.

Whoever writes one of these rows locks the shared one before it is looked at, for share where there is nothing to write:
whoever is just writing it has then finished, and nobody fills it meanwhile. So two who write the shared row and one of
those that share it at the same moment may end in a deadlock, which PostgreSQL breaks: one of them is to be repeated.
"""

from collections.abc import Iterator
from typing import Protocol

from contractctl.databases import Crossed, Database, Synchronisation, sharing
from contractctl.databases.crossing import (
    HERE,
    THERE,
    across_of,
    held,
    is_absent,
    is_marked,
    is_moving,
    moving,
    of_row,
    rekeyed_here,
    rekeyed_there,
    together,
)
from contractctl.databases.postgresql.names import literal, quote, quotes, table
from contractctl.databases.postgresql.triggers.functions import database, indented
from contractctl.databases.sides import key_json

_FOUND, _ASKED = "contractctl_found", "contractctl_asked"
VARIABLES = (f"{_FOUND} record", f"{_ASKED} boolean[]")
_ANY = f"true = ANY ({_ASKED})"
_INSERTED = "TG_OP = 'INSERT'"
_FOLLOWED = "(followed)"
"""In place of a column's name among the marks: a foreign key has given a row the shared one's new key."""


class _Condition(Protocol):
    def __call__(self, database: Database, sync: Synchronisation, one: Crossed, /, *, inserted: bool) -> str: ...


def take_here(sync: Synchronisation) -> Iterator[str]:
    """A row that goes over to another shared one holds what that one says, where it is not given something else."""
    across = across_of(sync)
    yield f"IF {_taken_along(sync)} THEN"
    yield f"  INSERT INTO contractctl_kept (plan, table_name, {quote('key')}, column_name)"
    yield f"    VALUES ({', '.join(_followed(sync))}) ON CONFLICT DO NOTHING;"
    yield "  RETURN NEW;"
    yield "END IF;"
    asked = [sharing.taken_here(database, sync, one, inserted=False) for one in across.columns]
    yield f"{_ASKED} := CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[{', '.join(asked)}] END;"
    values = ", ".join(quote(one.new) for one in across.columns)
    yield f"IF {_ANY} THEN"
    yield f"  SELECT {values} INTO {_FOUND} {_shared(sync)} FOR SHARE;"
    yield "  IF FOUND THEN"
    for at, one in enumerate(across.columns, 1):
        value = of_row(database, _FOUND, one.new)
        yield f"    IF {_ASKED}[{at}] AND {value} IS NOT NULL THEN NEW.{quote(one.old)} := {value}; END IF;"
    yield "  END IF;"
    yield "END IF;"
    yield from filled(across.columns)


def filled(columns: tuple[Crossed, ...]) -> Iterator[str]:
    """The new row, with what old applications take for a value in the place of NULL."""
    for one in columns:
        if one.absent != "NULL":
            yield f"IF NEW.{quote(one.old)} IS NULL THEN NEW.{quote(one.old)} := {one.absent}; END IF;"
    yield "RETURN NEW;"


def give_there(sync: Synchronisation) -> Iterator[str]:
    """What a row says goes to the shared one, marked as its own; what a new row leaves out comes from there."""
    across = across_of(sync)
    left_out = " OR ".join(is_absent(database, (one,), "NEW") for one in across.columns)
    yield f"IF TG_OP = 'UPDATE' AND {rekeyed_here(database, sync)} THEN"
    yield f"  DELETE FROM contractctl_kept WHERE {is_marked(database, _followed(sync))};"
    yield "  IF FOUND THEN RETURN NULL; END IF;"
    yield "END IF;"
    yield _asked(sync, sharing.given_here)
    yield f"IF {_ANY} THEN"
    yield from map(indented, _give(sync))
    yield f"ELSIF {_INSERTED} THEN"
    yield f"  PERFORM 1 {_shared(sync)} FOR SHARE;"
    yield "END IF;"
    yield f"IF {_INSERTED} AND ({left_out}) THEN {take_left_out(sync)} END IF;"
    yield "RETURN NULL;"


def _give(sync: Synchronisation) -> Iterator[str]:
    across = across_of(sync)
    if across.makes_rows:
        yield from _make(sync)
    different = _different(across.columns, "NEW", THERE)
    yield f"IF EXISTS (SELECT 1 {_shared(sync)} AND {different}) THEN"
    yield f"  PERFORM 1 {_shared(sync)} FOR NO KEY UPDATE;"
    yield "ELSE"
    yield f"  PERFORM 1 {_shared(sync)} FOR SHARE;"
    yield "END IF;"
    sets = ", ".join(
        f"{quote(one.new)} = CASE WHEN {_ASKED}[{at}] THEN NEW.{quote(one.old)}"
        f" ELSE {of_row(database, THERE, one.new)} END"
        for at, one in enumerate(across.columns, 1)
    )
    where = together(database, sync, "NEW", THERE)
    yield f"IF EXISTS (SELECT 1 {_shared(sync)} AND {different}) THEN"
    mark = sharing.giving_to(database, sync, THERE, _shared(sync))
    yield from marked(mark, f"UPDATE {table(across.table)} AS {THERE} SET {sets} WHERE {where};")
    yield "END IF;"


def take_left_out(sync: Synchronisation) -> str:
    """Let a new row hold in the columns that it leaves out what the row of the other table says."""
    across, sets, due = across_of(sync), list[str](), list[str]()
    for one in across.columns:
        old, new = of_row(database, HERE, one.old), of_row(database, THERE, one.new)
        left_out = f"{is_absent(database, (one,), HERE)} AND {new} IS NOT NULL"
        sets.append(f"{quote(one.old)} = CASE WHEN {left_out} THEN {new} ELSE {old} END")
        due.append(f"{left_out} AND {database.differs(old, new, one.type)}")
    itself = " AND ".join(f"{of_row(database, HERE, name)} = {of_row(database, 'NEW', name)}" for name in sync.key)
    return (
        f"UPDATE {table(sync.table)} AS {HERE} SET {', '.join(sets)} FROM {table(across.table)} AS {THERE}"
        f" WHERE {itself} AND {together(database, sync, HERE, THERE)} AND ({' OR '.join(due)});"
    )


def _make(sync: Synchronisation) -> Iterator[str]:
    """The first row that says something makes the shared one."""
    across = across_of(sync)
    names = quotes((*across.there, *(one.new for one in across.columns)))
    values = [f"NEW.{quote(name)}" for name in across.here]
    values += [f"CASE WHEN {_ASKED}[{at}] THEN NEW.{quote(one.old)} END" for at, one in enumerate(across.columns, 1)]
    said = (f"{_ASKED}[{at}] AND NOT {is_absent(database, (one,), 'NEW')}" for at, one in enumerate(across.columns, 1))
    insert = f"INSERT INTO {table(across.table)} ({names}) VALUES ({', '.join(values)}) ON CONFLICT DO NOTHING;"
    yield f"IF ({' OR '.join(said)}) AND NOT EXISTS (SELECT 1 {_shared(sync)}) THEN"
    yield from marked(sharing.giving(database, sync, "NEW", across.here), insert)
    yield "END IF;"


def marked(mark: tuple[str, str, str, str], statement: str) -> Iterator[str]:
    """The statement, and while it runs the mark."""
    yield f"  INSERT INTO contractctl_kept (plan, table_name, {quote('key')}, column_name)"
    yield f"    VALUES ({', '.join(mark)}) ON CONFLICT DO NOTHING;"
    yield f"  {statement}"
    yield f"  DELETE FROM contractctl_kept WHERE {is_marked(database, mark)};"


def give_here(sync: Synchronisation) -> Iterator[str]:
    """What a shared row says goes to all that share it, unless it was just given it by one of them."""
    across = across_of(sync)
    rekeyed = rekeyed_there(database, sync)
    yield f"IF TG_OP = 'UPDATE' AND {rekeyed} THEN"
    yield f"  DELETE FROM contractctl_kept WHERE {is_moving(database, sync, across.there)};"
    yield "END IF;"
    yield _asked(sync, sharing.given_there)
    yield from _take_left_out_there(sync)
    yield f"IF NOT {_ANY} THEN RETURN NULL; END IF;"
    mark = sharing.is_giving(database, sync, "NEW", across.there)
    yield f"IF EXISTS (SELECT 1 FROM contractctl_kept WHERE {mark}) THEN RETURN NULL; END IF;"
    where = together(database, sync, HERE, "NEW")
    yield f"IF {_INSERTED} OR {rekeyed} THEN"
    yield f"  PERFORM 1 FROM {table(sync.table)} AS {HERE} WHERE {where} FOR NO KEY UPDATE;"
    yield "END IF;"
    sets = ", ".join(
        f"{quote(one.old)} = CASE WHEN {_ASKED}[{at}] THEN {held(database, one, 'NEW')}"
        f" ELSE {of_row(database, HERE, one.old)} END"
        for at, one in enumerate(across.columns, 1)
    )
    different = _different(across.columns, HERE, "NEW")
    yield f"UPDATE {table(sync.table)} AS {HERE} SET {sets} WHERE {where} AND {different};"
    yield "RETURN NULL;"


def renamed(sync: Synchronisation) -> Iterator[str]:
    """A shared row gets another key: marked until its own trigger, while a foreign key may take others along."""
    mark = moving(database, sync, across_of(sync).there)
    yield f"INSERT INTO contractctl_kept (plan, table_name, {quote('key')}, column_name)"
    yield f"  VALUES ({', '.join(mark)}) ON CONFLICT DO NOTHING;"
    yield "RETURN NULL;"


def _followed(sync: Synchronisation) -> tuple[str, str, str, str]:
    """The mark on a row that was taken along, from its BEFORE trigger to its AFTER trigger.

    What a foreign key writes fires these only once all triggers of the shared row have had their turn.
    """
    return literal(sync.plan), literal(sync.table), key_json(database, sync, "NEW"), literal(_FOLLOWED)


def _taken_along(sync: Synchronisation) -> str:
    """Whether a row only follows the shared one to another key, and neither takes nor says anything."""
    mark = f"EXISTS (SELECT 1 FROM contractctl_kept WHERE {is_moving(database, sync, across_of(sync).here)})"
    return f"TG_OP = 'UPDATE' AND (CASE WHEN {rekeyed_here(database, sync)} THEN {mark} ELSE false END)"


def _take_left_out_there(sync: Synchronisation) -> Iterator[str]:
    """A new shared row that says nothing holds what all agree on that share it."""
    across = across_of(sync)
    due = {
        one: f"{of_row(database, THERE, one.new)} IS NULL AND {sharing.agreed(database, sync, one, THERE)}"
        for one in across.columns
    }
    sets = ", ".join(
        f"{quote(one.new)} = CASE WHEN {when} THEN ({sharing.said(database, sync, one, THERE)})"
        f" ELSE {of_row(database, THERE, one.new)} END"
        for one, when in due.items()
    )
    itself = " AND ".join(f"{of_row(database, THERE, name)} = {of_row(database, 'NEW', name)}" for name in across.there)
    where = f"{itself} AND ({' OR '.join(due.values())})"
    yield f"IF {_INSERTED} AND ({' OR '.join(f'NEW.{quote(one.new)} IS NULL' for one in across.columns)}) THEN"
    yield f"  PERFORM 1 FROM {table(sync.table)} AS {HERE} WHERE {together(database, sync, HERE, 'NEW')} FOR SHARE;"
    yield f"  UPDATE {table(across.table)} AS {THERE} SET {sets} WHERE {where};"
    yield "END IF;"


def _shared(sync: Synchronisation) -> str:
    return f"FROM {table(across_of(sync).table)} AS {THERE} WHERE {together(database, sync, 'NEW', THERE)}"


def _asked(sync: Synchronisation, condition: _Condition) -> str:
    """Keep for each column whether the condition is true of the row that is inserted or updated."""
    found = (
        f"CASE WHEN {_INSERTED} THEN {condition(database, sync, one, inserted=True)}"
        f" ELSE {condition(database, sync, one, inserted=False)} END"
        for one in across_of(sync).columns
    )
    return f"{_ASKED} := ARRAY[{', '.join(found)}];"


def _different(columns: tuple[Crossed, ...], here: str, there: str) -> str:
    found = (f"{_ASKED}[{at}] AND {sharing.apart(database, one, here, there)}" for at, one in enumerate(columns, 1))
    return f"({' OR '.join(found)})"
