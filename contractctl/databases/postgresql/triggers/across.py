"""Which triggers keep columns of two tables in step on PostgreSQL? AFTER triggers take and give.

What a statement leaves out of a new row is taken from the row's partner in the other table; what it writes is given to
the partner. Both only once the row is there: an upsert may yet take another way, and then writes what it was given, be
it NULL. A trigger that is fired by the other one finds both in step and does nothing: values decide, nothing is kept in
a session. Where a row is deleted or gets another key, its partner goes along at once, before a foreign key between them
is asked; meanwhile it is marked, in the side tables and so in the same transaction, as not written by itself.

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
    given_here,
    given_there,
    held,
    is_absent,
    is_moving,
    is_null,
    moving,
    other,
    rekeyed_here,
    rekeyed_there,
    together,
    written_here,
    written_there,
)
from contractctl.databases.postgresql.names import EARLY, function_name, literal, quote, quotes, table, trigger_name
from contractctl.databases.postgresql.tables import oid
from contractctl.databases.postgresql.triggers import sharing
from contractctl.databases.postgresql.triggers.functions import database, function, pin_path

_FOLLOW, _GOING = f"{EARLY}_follow", f"{EARLY}_going"
_EVENTS = ("across_take", "across_give", "across_gone", "across_empty", _FOLLOW, _GOING)
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
    usual = ("across_give",) if across.shared else ("across_give", "across_gone", "across_empty")
    along = (_FOLLOW, _GOING) if across.makes_rows and not across.shared else ()
    here = tuple(event for event in usual if not (along and event == "across_gone"))
    yield sync, ("across_take", *here, *along)
    yield other(sync), (*usual, _FOLLOW) if across.shared else usual


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
        yield from _trigger(sync, _FOLLOW, "AFTER UPDATE", _follow(sync), condition=rekeyed_here(database, sync))
        yield from _trigger(sync, _GOING, "AFTER DELETE", _going(sync))
    else:
        yield from _trigger(sync, "across_gone", "AFTER DELETE", (_empty(sync), "RETURN NULL;"))
    yield from _truncate(sync, across.table)


def _there(sync: Synchronisation) -> Iterator[str]:
    of = other(sync)
    if across_of(sync).shared:
        condition = rekeyed_there(database, sync)
        yield from _trigger(of, _FOLLOW, "AFTER UPDATE", sharing.renamed(sync), condition=condition)
        yield from _trigger(of, "across_give", "AFTER INSERT OR UPDATE", sharing.give_here(sync), sharing.VARIABLES)
        return
    yield from _trigger(of, "across_give", "AFTER INSERT OR UPDATE", _give_here(sync))
    yield from _trigger(of, "across_gone", "AFTER DELETE", _gone_there(sync))
    yield from _truncate(of, sync.table)


def _take_here(sync: Synchronisation) -> Iterator[str]:
    """A moved value's row that gets another partner holds what that one says."""
    across = across_of(sync)
    if not across.makes_rows:
        values = ", ".join(quote(one.new) for one in across.columns)
        where = f"{together(database, sync, 'NEW', THERE)} AND NOT {is_null(database, across.columns, THERE)}"
        yield f"IF TG_OP = 'UPDATE' AND {rekeyed_here(database, sync)} AND NOT {written_here(database, sync)} THEN"
        yield f"  SELECT {values} INTO {_FOUND} FROM {table(across.table)} AS {THERE} WHERE {where}{_LOCKED};"
        yield "  IF FOUND THEN"
        yield from (f"    NEW.{quote(one.old)} := {held(database, one, _FOUND)};" for one in across.columns)
        yield "  END IF;"
        yield "END IF;"
    yield from sharing.filled(across.columns)


def _give_there(sync: Synchronisation) -> Iterator[str]:
    """What the row now holds goes to its partner, which is made where there is none and it is to be."""
    across = across_of(sync)
    to = table(across.table)
    rekeyed, written = rekeyed_here(database, sync), written_here(database, sync)
    yield f"IF TG_OP = 'UPDATE' AND NOT ({rekeyed} OR {written}) THEN RETURN NULL; END IF;"
    if not across.makes_rows:
        yield from _leave(sync)
    yield f"IF TG_OP = 'INSERT' OR {rekeyed} THEN"
    yield f"  PERFORM 1 FROM {to} AS {THERE} WHERE {together(database, sync, 'NEW', THERE)}{_LOCKED};"
    yield "END IF;"
    if across.makes_rows:
        names = quotes((*across.there, *(one.new for one in across.columns)))
        values = ", ".join(f"NEW.{quote(name)}" for name in (*across.here, *(one.old for one in across.columns)))
        yield f"IF NOT {is_absent(database, across.columns, 'NEW')} THEN"
        yield f"  INSERT INTO {to} ({names}) VALUES ({values}) ON CONFLICT DO NOTHING;"
        yield "END IF;"
    yield "IF TG_OP = 'INSERT' THEN"
    yield f"  {sharing.take_left_out(sync)}"
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
    """A row of its own goes along with the key, and holds at once what its partner does."""
    across = across_of(sync)
    pairs = [*zip(across.there, across.here, strict=True), *((one.new, one.old) for one in across.columns)]
    sets = ", ".join(f"{quote(there)} = NEW.{quote(here)}" for there, here in pairs)
    yield from _along(sync, f"UPDATE {table(across.table)} AS {THERE} SET {sets}")


def _going(sync: Synchronisation) -> Iterator[str]:
    """A row of its own goes with its partner."""
    yield from _along(sync, f"DELETE FROM {table(across_of(sync).table)} AS {THERE}")


def _along(sync: Synchronisation, statement: str) -> Iterator[str]:
    """A statement on the row's partner, marked as contractctl's own."""
    mark = moving(database, sync, across_of(sync).here)
    yield from sharing.marked(mark, f"{statement} WHERE {together(database, sync, 'OLD', THERE)};")
    yield "RETURN NULL;"


def _leave(sync: Synchronisation) -> Iterator[str]:
    """The former partner gives the value up where the new one takes it over; else it keeps what nobody else holds."""
    across = across_of(sync)
    some = f"{together(database, sync, 'NEW', THERE)} AND NOT {is_null(database, across.columns, THERE)}"
    nobody = f"NOT EXISTS (SELECT 1 FROM {table(across.table)} AS {THERE} WHERE {some})"
    yield f"IF TG_OP = 'UPDATE' AND {rekeyed_here(database, sync)} AND {nobody} THEN"
    yield f"  {_empty(sync)}"
    yield "END IF;"


def _empty(sync: Synchronisation) -> str:
    """The former partner no longer holds anything."""
    across = across_of(sync)
    nothing = ", ".join(f"{quote(one.new)} = NULL" for one in across.columns)
    where = f"{together(database, sync, 'OLD', THERE)} AND NOT {is_null(database, across.columns, THERE)}"
    return f"UPDATE {table(across.table)} AS {THERE} SET {nothing} WHERE {where};"


def _give_here(sync: Synchronisation) -> Iterator[str]:
    rekeyed = rekeyed_there(database, sync)
    yield f"IF TG_OP = 'UPDATE' AND {rekeyed} THEN"
    yield from _unless_along(sync)
    yield f"  {_forget_there(sync)}"
    yield f"ELSIF TG_OP = 'UPDATE' AND NOT {written_there(database, sync)} THEN RETURN NULL;"
    yield "END IF;"
    yield f"IF TG_OP = 'INSERT' OR {rekeyed} THEN"
    yield f"  PERFORM 1 FROM {table(sync.table)} AS {HERE} WHERE {together(database, sync, HERE, 'NEW')}{_LOCKED};"
    yield "END IF;"
    yield "IF TG_OP = 'INSERT' THEN"
    yield f"  {_take_left_out(sync)}"
    yield f"  {_give(sync, inserted=True)}"
    yield "ELSE"
    yield f"  {_give(sync, inserted=False)}"
    yield "END IF;"
    yield "RETURN NULL;"


def _take_left_out(sync: Synchronisation) -> str:
    """What a new row of the other table leaves out it takes from its partner."""
    across, sets, due = across_of(sync), list[str](), list[str]()
    for one in across.columns:
        new, old = f"{THERE}.{quote(one.new)}", f"{HERE}.{quote(one.old)}"
        left_out = f"{new} IS NULL AND NOT {is_absent(database, (one,), HERE)}"
        sets.append(f"{quote(one.new)} = CASE WHEN {left_out} THEN {old} ELSE {new} END")
        due.append(f"{left_out}")
    itself = " AND ".join(f"{THERE}.{quote(name)} = NEW.{quote(name)}" for name in across.there)
    return (
        f"UPDATE {table(across.table)} AS {THERE} SET {', '.join(sets)} FROM {table(sync.table)} AS {HERE}"
        f" WHERE {itself} AND {together(database, sync, HERE, THERE)} AND ({' OR '.join(due)});"
    )


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
    yield from _unless_along(sync)
    yield _forget_there(sync)
    yield "RETURN NULL;"


def _unless_along(sync: Synchronisation) -> Iterator[str]:
    """Nothing is to be done where the row only went along with its partner."""
    across = across_of(sync)
    if across.makes_rows:
        mark = is_moving(database, sync, across.there)
        yield f"IF EXISTS (SELECT 1 FROM contractctl_kept WHERE {mark}) THEN RETURN NULL; END IF;"


def _forget_there(sync: Synchronisation) -> str:
    """A row that had that partner no longer holds anything."""
    across = across_of(sync)
    nothing = ", ".join(f"{quote(one.old)} = {one.absent}" for one in across.columns)
    where = f"{together(database, sync, HERE, 'OLD')} AND NOT {is_absent(database, across.columns, HERE)}"
    return f"UPDATE {table(sync.table)} AS {HERE} SET {nothing} WHERE {where};"


def _trigger(  # noqa: PLR0913 - what CREATE TRIGGER says
    of: Synchronisation,
    event: str,
    when: str,
    body: Iterable[str],
    variables: Iterable[str] = (f"{_FOUND} record",),
    *,
    condition: str = "",
) -> Iterator[str]:
    name = function_name(of, event)
    yield function(f"{quote(name)}() RETURNS trigger", variables, body)
    yield pin_path(f"{quote(name)}()")
    asked = f" WHEN ({condition})" if condition else ""
    yield (
        f"CREATE TRIGGER {quote(trigger_name(of, event))} {when} ON {table(of.table)}"
        f" FOR EACH ROW{asked} EXECUTE FUNCTION {quote(name)}()"
    )
    yield f"ALTER TABLE {table(of.table)} ENABLE ALWAYS TRIGGER {quote(trigger_name(of, event))}"


def _truncate(of: Synchronisation, partner: str) -> Iterator[str]:
    """TRUNCATE fires no row triggers, so it is refused with an error."""
    name = function_name(of, "across_empty")
    said = literal(f"plan {of.plan} keeps {of.table} in step with {partner} row by row: use DELETE, and not TRUNCATE")
    yield function(f"{quote(name)}() RETURNS trigger", [], [f"RAISE EXCEPTION USING MESSAGE = {said};"])
    yield (
        f"CREATE TRIGGER {quote(trigger_name(of, 'across_empty'))} BEFORE TRUNCATE ON {table(of.table)}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {quote(name)}()"
    )
    yield f"ALTER TABLE {table(of.table)} ENABLE ALWAYS TRIGGER {quote(trigger_name(of, 'across_empty'))}"
