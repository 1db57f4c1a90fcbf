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
    given_there,
    held,
    is_absent,
    is_marked,
    of_row,
    rekeyed_there,
    together,
)
from contractctl.databases.postgresql.functions import database
from contractctl.databases.postgresql.names import quote, quotes, table

_FOUND, _ASKED = "contractctl_found", "contractctl_asked"
VARIABLES = (f"{_FOUND} record", f"{_ASKED} boolean[]")
_ANY = f"true = ANY ({_ASKED})"
_INSERTED = "TG_OP = 'INSERT'"


class _Condition(Protocol):
    def __call__(self, database: Database, sync: Synchronisation, one: Crossed, /, *, inserted: bool) -> str: ...


def take_here(sync: Synchronisation) -> Iterator[str]:
    """What a row leaves out it takes from the shared one."""
    across = across_of(sync)
    yield _asked(sync, sharing.taken_here)
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
    """What a row says goes to the shared one, marked as its own."""
    across = across_of(sync)
    yield _asked(sync, sharing.given_here)
    yield f"IF NOT {_ANY} THEN RETURN NULL; END IF;"
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
    yield from _marked(mark, f"UPDATE {table(across.table)} AS {THERE} SET {sets} WHERE {where};")
    yield "END IF;"
    yield "RETURN NULL;"


def _make(sync: Synchronisation) -> Iterator[str]:
    """The first row that says something makes the shared one."""
    across = across_of(sync)
    names = quotes((*across.there, *(one.new for one in across.columns)))
    values = [f"NEW.{quote(name)}" for name in across.here]
    values += [f"CASE WHEN {_ASKED}[{at}] THEN NEW.{quote(one.old)} END" for at, one in enumerate(across.columns, 1)]
    said = (f"{_ASKED}[{at}] AND NOT {is_absent(database, (one,), 'NEW')}" for at, one in enumerate(across.columns, 1))
    insert = f"INSERT INTO {table(across.table)} ({names}) VALUES ({', '.join(values)}) ON CONFLICT DO NOTHING;"
    yield f"IF ({' OR '.join(said)}) AND NOT EXISTS (SELECT 1 {_shared(sync)}) THEN"
    yield from _marked(sharing.giving(database, sync, "NEW", across.here), insert)
    yield "END IF;"


def _marked(mark: tuple[str, str, str, str], statement: str) -> Iterator[str]:
    yield f"  INSERT INTO contractctl_kept (plan, table_name, {quote('key')}, column_name)"
    yield f"    VALUES ({', '.join(mark)}) ON CONFLICT DO NOTHING;"
    yield f"  {statement}"
    yield f"  DELETE FROM contractctl_kept WHERE {is_marked(database, mark)};"


def take_there(sync: Synchronisation) -> Iterator[str]:
    """A new shared row that says nothing holds what all agree on that share it."""
    across = across_of(sync)
    rows = f"FROM {table(sync.table)} AS {HERE} WHERE {together(database, sync, HERE, 'NEW')}"
    nothing = " OR ".join(f"NEW.{quote(one.new)} IS NULL" for one in across.columns)
    yield f"IF {nothing} THEN"
    yield f"  PERFORM 1 {rows} FOR SHARE;"
    for one in across.columns:
        value = f"({sharing.said(database, sync, one, 'NEW')})"
        asked = f"NEW.{quote(one.new)} IS NULL AND {sharing.agreed(database, sync, one, 'NEW')}"
        yield f"  IF {asked} THEN NEW.{quote(one.new)} := {value}; END IF;"
    yield "END IF;"
    yield "RETURN NEW;"


def give_here(sync: Synchronisation) -> Iterator[str]:
    """What a shared row says goes to all that share it, unless it was just given it by one of them."""
    across = across_of(sync)
    yield _asked(sync, given_there)
    yield f"IF NOT {_ANY} THEN RETURN NULL; END IF;"
    mark = sharing.is_giving(database, sync, "NEW", across.there)
    yield f"IF EXISTS (SELECT 1 FROM contractctl_kept WHERE {mark}) THEN RETURN NULL; END IF;"
    where = together(database, sync, HERE, "NEW")
    yield f"IF {_INSERTED} OR {rekeyed_there(database, sync)} THEN"
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
