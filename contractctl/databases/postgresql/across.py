"""Which triggers keep columns of two tables in step on PostgreSQL? BEFORE triggers take, AFTER triggers give.

What a statement leaves out of a new row is taken from the row's partner in the other table; what it writes is given to
the partner. A trigger that is fired by the other one finds both in step and does nothing: values decide, nothing is
kept in a session. Only a row that is being deleted is marked, in the side tables and so in the same transaction, since
its partner goes before it, as a foreign key may demand.

Where a row comes or gets another partner, that one is locked before it is looked at: whoever is just writing it has
then finished. Two transactions that insert two partners at the same moment, with no foreign key between the tables, do
not see each other's row: verify names such rows. Two that write both partners in opposite order may end in a deadlock,
which PostgreSQL breaks: one of them is to be repeated.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from contractctl.databases import Synchronisation, run
from contractctl.databases.crossing import (
    HERE,
    THERE,
    across_of,
    apart,
    deleting,
    given_here,
    given_there,
    held,
    is_absent,
    is_deleting,
    is_null,
    other,
    rekeyed_here,
    rekeyed_there,
    together,
    written_here,
    written_there,
)
from contractctl.databases.postgresql import sharing
from contractctl.databases.postgresql.functions import database, function, pin_path
from contractctl.databases.postgresql.names import function_name, literal, quote, quotes, table, trigger_name
from contractctl.databases.postgresql.tables import oid

_EVENTS = ("across_take", "across_give", "across_gone", "across_empty", "across_going")
_FOUND = "contractctl_found"
_LOCKED = " FOR NO KEY UPDATE"


def triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers on both tables."""
    return (*_here(sync), *_there(sync))


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    return tuple(_drops(sync))


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone or switched off."""
    return tuple(
        name
        for of, events in _events(sync)
        for name in (trigger_name(of, event) for event in events)
        if run(connection, _ENABLED.format(table=oid(connection, of.table), name=literal(name))).scalar() != "A"
    )


_ENABLED = "SELECT tgenabled::text FROM pg_catalog.pg_trigger WHERE tgrelid = {table} AND tgname = {name}"


def _events(sync: Synchronisation) -> Iterator[tuple[Synchronisation, tuple[str, ...]]]:
    across = across_of(sync)
    usual = _EVENTS[:2] if across.shared else _EVENTS[:4]
    yield sync, (*usual, "across_going") if across.makes_rows and not across.shared else usual
    yield other(sync), usual


def _drops(sync: Synchronisation) -> Iterator[str]:
    for of in (sync, other(sync)):
        for event in _EVENTS:
            yield f"DROP TRIGGER IF EXISTS {quote(trigger_name(of, event))} ON {table(of.table)}"
            yield f"DROP FUNCTION IF EXISTS {quote(function_name(of, event))}"


def _here(sync: Synchronisation) -> Iterator[str]:
    across = across_of(sync)
    if across.shared:
        yield from _trigger(sync, "across_take", "BEFORE INSERT OR UPDATE", sharing.take_here(sync), sharing.VARIABLES)
        yield from _trigger(sync, "across_give", "AFTER INSERT OR UPDATE", sharing.give_there(sync), sharing.VARIABLES)
        return
    yield from _trigger(sync, "across_take", "BEFORE INSERT OR UPDATE", _take_here(sync))
    yield from _trigger(sync, "across_give", "AFTER INSERT OR UPDATE", _give_there(sync))
    if across.makes_rows:
        yield from _trigger(sync, "across_going", "BEFORE DELETE", _going(sync))
    yield from _trigger(sync, "across_gone", "AFTER DELETE", _gone_here(sync))
    yield from _truncate(sync, across.table)


def _there(sync: Synchronisation) -> Iterator[str]:
    of = other(sync)
    if across_of(sync).shared:
        yield from _trigger(of, "across_take", "BEFORE INSERT", sharing.take_there(sync), sharing.VARIABLES)
        yield from _trigger(of, "across_give", "AFTER INSERT OR UPDATE", sharing.give_here(sync), sharing.VARIABLES)
        return
    yield from _trigger(of, "across_take", "BEFORE INSERT", _take_there(sync))
    yield from _trigger(of, "across_give", "AFTER INSERT OR UPDATE", _give_here(sync))
    yield from _trigger(of, "across_gone", "AFTER DELETE", _gone_there(sync))
    yield from _truncate(of, sync.table)


def _take_here(sync: Synchronisation) -> Iterator[str]:
    """A new row that gives nothing, or a moved value's row that gets another partner, holds what that one says."""
    across = across_of(sync)
    left_out = [is_absent(database, (one,), "NEW") for one in across.columns]
    asked = f"TG_OP = 'INSERT' AND ({' OR '.join(left_out)})"
    if not across.makes_rows:
        asked = f"{asked} OR TG_OP = 'UPDATE' AND {rekeyed_here(database, sync)} AND NOT {written_here(database, sync)}"
    values = ", ".join(quote(one.new) for one in across.columns)
    where = f"{together(database, sync, 'NEW', THERE)} AND NOT {is_null(database, across.columns, THERE)}"
    yield f"IF {asked} THEN"
    yield f"  SELECT {values} INTO {_FOUND} FROM {table(across.table)} AS {THERE} WHERE {where}{_LOCKED};"
    yield "  IF FOUND THEN"
    for one, absent in zip(across.columns, left_out, strict=True):
        value = held(database, one, _FOUND)
        yield f"    IF TG_OP = 'UPDATE' OR {absent} THEN NEW.{quote(one.old)} := {value}; END IF;"
    yield "  END IF;"
    yield "END IF;"
    yield from sharing.filled(across.columns)


def _give_there(sync: Synchronisation) -> Iterator[str]:
    """What the row now holds goes to its partner, which is made where there is none and it is to be."""
    across = across_of(sync)
    to = table(across.table)
    yield f"IF TG_OP = 'UPDATE' AND {rekeyed_here(database, sync)} THEN"
    yield from _follow(sync) if across.makes_rows else _leave(sync)
    yield f"ELSIF TG_OP = 'UPDATE' AND NOT {written_here(database, sync)} THEN RETURN NULL;"
    yield "END IF;"
    yield f"IF TG_OP = 'INSERT' OR {rekeyed_here(database, sync)} THEN"
    yield f"  PERFORM 1 FROM {to} AS {THERE} WHERE {together(database, sync, 'NEW', THERE)}{_LOCKED};"
    yield "END IF;"
    if across.makes_rows:
        names = quotes((*across.there, *(one.new for one in across.columns)))
        values = ", ".join(f"NEW.{quote(name)}" for name in (*across.here, *(one.old for one in across.columns)))
        yield f"IF NOT {is_absent(database, across.columns, 'NEW')} THEN"
        yield f"  INSERT INTO {to} ({names}) VALUES ({values}) ON CONFLICT DO NOTHING;"
        yield "END IF;"
    yield "IF TG_OP = 'INSERT' THEN"
    yield f"  {_give_partner(sync, inserted=True)}"
    yield "ELSE"
    yield f"  {_give_partner(sync, inserted=False)}"
    yield "END IF;"
    yield "RETURN NULL;"


def _give_partner(sync: Synchronisation, *, inserted: bool) -> str:
    across = across_of(sync)
    given = {one: given_here(database, sync, one, inserted=inserted) for one in across.columns}
    sets = ", ".join(
        f"{quote(one.new)} = CASE WHEN {asked} THEN NEW.{quote(one.old)} ELSE {THERE}.{quote(one.new)} END"
        for one, asked in given.items()
    )
    different = " OR ".join(f"({asked} AND {apart(database, (one,), 'NEW', THERE)})" for one, asked in given.items())
    where = f"{together(database, sync, 'NEW', THERE)} AND ({different})"
    return f"UPDATE {table(across.table)} AS {THERE} SET {sets} WHERE {where};"


def _follow(sync: Synchronisation) -> Iterator[str]:
    """A row of its own goes along with the key."""
    across = across_of(sync)
    pairs = zip(across.there, across.here, strict=True)
    keys = ", ".join(f"{quote(there)} = NEW.{quote(here)}" for there, here in pairs)
    yield f"  UPDATE {table(across.table)} AS {THERE} SET {keys} WHERE {together(database, sync, 'OLD', THERE)};"


def _leave(sync: Synchronisation) -> Iterator[str]:
    """The former partner gives the value up where the new one takes it over; else it keeps what nobody else holds."""
    across = across_of(sync)
    some = f"{together(database, sync, 'NEW', THERE)} AND NOT {is_null(database, across.columns, THERE)}"
    yield f"  IF NOT EXISTS (SELECT 1 FROM {table(across.table)} AS {THERE} WHERE {some}) THEN"
    yield f"    {_empty(sync)}"
    yield "  END IF;"


def _going(sync: Synchronisation) -> Iterator[str]:
    across = across_of(sync)
    yield f"INSERT INTO contractctl_kept (plan, table_name, {quote('key')}, column_name)"
    yield f"  VALUES ({', '.join(deleting(database, sync, across.here))}) ON CONFLICT DO NOTHING;"
    yield f"DELETE FROM {table(across.table)} AS {THERE} WHERE {together(database, sync, 'OLD', THERE)};"
    yield "RETURN OLD;"


def _gone_here(sync: Synchronisation) -> Iterator[str]:
    across = across_of(sync)
    yield (
        f"DELETE FROM contractctl_kept WHERE {is_deleting(database, sync, across.here)};"
        if across.makes_rows
        else _empty(sync)
    )
    yield "RETURN NULL;"


def _empty(sync: Synchronisation) -> str:
    """The former partner holds nothing more."""
    across = across_of(sync)
    nothing = ", ".join(f"{quote(one.new)} = NULL" for one in across.columns)
    where = f"{together(database, sync, 'OLD', THERE)} AND NOT {is_null(database, across.columns, THERE)}"
    return f"UPDATE {table(across.table)} AS {THERE} SET {nothing} WHERE {where};"


def _take_there(sync: Synchronisation) -> Iterator[str]:
    """What a new row leaves out it takes from its partner."""
    across = across_of(sync)
    values = ", ".join(f"{HERE}.{quote(one.old)}" for one in across.columns)
    yield f"IF {' OR '.join(f'NEW.{quote(one.new)} IS NULL' for one in across.columns)} THEN"
    where = together(database, sync, HERE, "NEW")
    yield f"  SELECT {values} INTO {_FOUND} FROM {table(sync.table)} AS {HERE} WHERE {where}{_LOCKED};"
    yield "  IF FOUND THEN"
    for one in across.columns:
        left_out = f"NEW.{quote(one.new)} IS NULL AND NOT {is_absent(database, (one,), _FOUND)}"
        yield f"    IF {left_out} THEN NEW.{quote(one.new)} := {_FOUND}.{quote(one.old)}; END IF;"
    yield "  END IF;"
    yield "END IF;"
    yield "RETURN NEW;"


def _give_here(sync: Synchronisation) -> Iterator[str]:
    rekeyed = rekeyed_there(database, sync)
    yield f"IF TG_OP = 'UPDATE' AND {rekeyed} THEN"
    yield f"  {_forget_there(sync)}"
    yield f"ELSIF TG_OP = 'UPDATE' AND NOT {written_there(database, sync)} THEN RETURN NULL;"
    yield "END IF;"
    yield f"IF TG_OP = 'INSERT' OR {rekeyed} THEN"
    yield f"  PERFORM 1 FROM {table(sync.table)} AS {HERE} WHERE {together(database, sync, HERE, 'NEW')}{_LOCKED};"
    yield "END IF;"
    yield "IF TG_OP = 'INSERT' THEN"
    yield f"  {_give(sync, inserted=True)}"
    yield "ELSE"
    yield f"  {_give(sync, inserted=False)}"
    yield "END IF;"
    yield "RETURN NULL;"


def _give(sync: Synchronisation, *, inserted: bool) -> str:
    columns = across_of(sync).columns
    given = {one: given_there(database, sync, one, inserted=inserted) for one in columns}
    sets = ", ".join(
        f"{quote(one.old)} = CASE WHEN {asked} THEN {held(database, one, 'NEW')} ELSE {HERE}.{quote(one.old)} END"
        for one, asked in given.items()
    )
    different = " OR ".join(f"({asked} AND {apart(database, (one,), HERE, 'NEW')})" for one, asked in given.items())
    where = f"{together(database, sync, HERE, 'NEW')} AND ({different})"
    return f"UPDATE {table(sync.table)} AS {HERE} SET {sets} WHERE {where};"


def _gone_there(sync: Synchronisation) -> Iterator[str]:
    if across_of(sync).makes_rows:
        mark = is_deleting(database, sync, across_of(sync).there)
        yield f"IF EXISTS (SELECT 1 FROM contractctl_kept WHERE {mark}) THEN RETURN NULL; END IF;"
    yield _forget_there(sync)
    yield "RETURN NULL;"


def _forget_there(sync: Synchronisation) -> str:
    """A row that had that partner holds nothing more."""
    across = across_of(sync)
    nothing = ", ".join(f"{quote(one.old)} = {one.absent}" for one in across.columns)
    where = f"{together(database, sync, HERE, 'OLD')} AND NOT {is_absent(database, across.columns, HERE)}"
    return f"UPDATE {table(sync.table)} AS {HERE} SET {nothing} WHERE {where};"


def _trigger(
    of: Synchronisation, event: str, when: str, body: Iterable[str], variables: Iterable[str] = (f"{_FOUND} record",)
) -> Iterator[str]:
    name = function_name(of, event)
    yield function(f"{quote(name)}() RETURNS trigger", variables, body)
    yield pin_path(f"{quote(name)}()")
    yield (
        f"CREATE TRIGGER {quote(trigger_name(of, event))} {when} ON {table(of.table)}"
        f" FOR EACH ROW EXECUTE FUNCTION {quote(name)}()"
    )
    yield f"ALTER TABLE {table(of.table)} ENABLE ALWAYS TRIGGER {quote(trigger_name(of, event))}"


def _truncate(of: Synchronisation, partner: str) -> Iterator[str]:
    """TRUNCATE says of no row that it goes, so it is refused aloud."""
    name = function_name(of, "across_empty")
    said = literal(f"plan {of.plan} keeps {of.table} in step with {partner} row by row: use DELETE, and not TRUNCATE")
    yield function(f"{quote(name)}() RETURNS trigger", [], [f"RAISE EXCEPTION USING MESSAGE = {said};"])
    yield (
        f"CREATE TRIGGER {quote(trigger_name(of, 'across_empty'))} BEFORE TRUNCATE ON {table(of.table)}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {quote(name)}()"
    )
    yield f"ALTER TABLE {table(of.table)} ENABLE ALWAYS TRIGGER {quote(trigger_name(of, 'across_empty'))}"
