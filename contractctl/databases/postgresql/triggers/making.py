"""How is the other side made where a constraint of its own may refuse it? After the row is written, by an UPDATE of it.

Whatever is refused is set aside with what was said, and the writer's own statement goes through. The UPDATE fires
these triggers here again: they find the row in step, or its kept value marked, and stop. The application's would take
it for one more write, by contractctl's user: where there are any, and that one may, it writes as a replica does, and
they sleep. Not otherwise: whoever changes his role has the session plan every prepared statement anew.
"""

from collections.abc import Iterator

from contractctl.databases import Held, Synced, Synchronisation, sides
from contractctl.databases.postgresql.names import OURS, ROLE, function_name, literal, quote, table
from contractctl.databases.postgresql.tables import checked_by_triggers
from contractctl.databases.postgresql.triggers.functions import (
    RAISES,
    changed,
    database,
    function,
    given_new,
    indented,
    is_guarded,
    row,
    tell_given_old,
)
from contractctl.databases.postgresql.triggers.marking import STATE, forget, keep, set_aside, set_marks, standing
from contractctl.databases.sides import all_null, down, in_step, key_json, survives, unlike, up


def pairs(sync: Synchronisation) -> tuple[Synced, ...]:
    """Those of which a side has constraints of its own."""
    return tuple(pair for pair in sync.columns if is_guarded(pair))


def create(sync: Synchronisation) -> str:
    """CREATE FUNCTION for the whole plan and table."""
    body = [f"c_key := {key_json(database, sync, 'NEW')};", _hide(sync)]
    for pair in pairs(sync):
        body += _fill_one(sync, pair) if pair.one_sided else _pair(sync, pair)
    body += [f"IF c_role IS NOT NULL THEN PERFORM pg_catalog.set_config({ROLE}, c_role, true); END IF;", "RETURN NULL;"]
    return function(f"{quote(function_name(sync, 'make'))}() RETURNS trigger", (*STATE, "c_role text"), body)


def _hide(sync: Synchronisation) -> str:
    """What lets the application's triggers sleep meanwhile; c_role becomes what it was before.

    Whatever is thrown takes the setting back. What may change while a plan is staged is asked each time: a constraint
    that looks by triggers must not be passed over, nor a writer refused since the functions' owner may no longer.
    """
    held = (one.name for pair in pairs(sync) for one in (*pair.old, *pair.new))
    tables = f"TG_RELID, {literal(table(sync.table))}::regclass"
    return f"""IF pg_catalog.current_setting({ROLE}) <> 'replica' AND EXISTS (
  SELECT 1 FROM pg_catalog.pg_trigger WHERE tgrelid IN ({tables}) AND NOT tgisinternal AND tgenabled = 'O'
    AND tgtype & 16 = 16 AND tgname::text !~ {literal(OURS)}
) THEN
  IF NOT {checked_by_triggers(tables, held)} THEN
    BEGIN
      c_role := pg_catalog.current_setting({ROLE});
      PERFORM pg_catalog.set_config({ROLE}, 'replica', true);
    EXCEPTION WHEN insufficient_privilege THEN
      c_role := NULL;
    END;
  END IF;
END IF;"""


def _pair(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    this_row = _this_row(sync)
    yield f"""c_why := NULL;
IF TG_OP = 'INSERT' THEN
  c_new := {given_new(pair)};
  {tell_given_old(pair, "c_old :=")}
ELSE
  c_new := {changed(pair.new)};
  c_old := {changed(pair.old)};
END IF;
IF TG_OP = 'INSERT' OR c_old OR c_new THEN
{indented(_make_other(sync, pair, this_row))}
{indented(standing(pair, f"{table(sync.table)} AS contractctl_row WHERE {this_row}"))}
{indented(set_marks(sync, pair, "NEW"))}
END IF;"""


def _make_other(sync: Synchronisation, pair: Synced, this_row: str) -> str:
    downs, ups = down(database, pair), up(database, pair)
    kept = not_kept = ""
    if pair.can_be_kept:
        kept = f"IF NOT (SELECT {survives(database, pair)} FROM {row(pair, 'NEW')}) THEN {keep(sync, pair)} END IF;"
        not_kept = f" AND NOT {sides.is_kept(database, sync, pair, 'contractctl_row')}"
    target = f"UPDATE {table(sync.table)} AS contractctl_row SET"
    complete = _complete(pair, target, this_row) if len(pair.new) > 1 else ""
    return f"""{complete}IF c_new AND NOT c_old THEN
  BEGIN
    SELECT {in_step(database, pair)} INTO c_agreed FROM {row(pair, "NEW")};
  EXCEPTION WHEN OTHERS THEN
    c_agreed := false;
  END;
  BEGIN
    IF NOT c_agreed THEN
      {kept}
      {target} {_assigned(pair.old, downs)} WHERE {this_row} AND {unlike(database, pair.old, downs)};
    END IF;
  EXCEPTION WHEN {RAISES} THEN
    c_why := SQLERRM;
  END;
ELSIF NOT c_new THEN
  BEGIN
    {target} {_assigned(pair.new, ups)} WHERE {this_row} AND {unlike(database, pair.new, ups)}{not_kept};
  EXCEPTION WHEN {RAISES} THEN
    c_why := SQLERRM;
  END;
END IF;"""


def _complete(pair: Synced, target: str, this_row: str) -> str:
    """Of a row that is not filled yet, what was not written holds what the old side says, as if it had been filled."""
    ups = zip(pair.new, up(database, pair), strict=True)
    values = tuple(f"coalesce(contractctl_row.{quote(one.name)}, {value})" for one, value in ups)
    return f"""IF TG_OP = 'UPDATE' AND c_new AND NOT c_old AND {all_null(database, pair.new, "OLD")} THEN
  BEGIN
    {target} {_assigned(pair.new, values)} WHERE {this_row} AND {unlike(database, pair.new, values)};
  EXCEPTION WHEN {RAISES} THEN
    c_why := SQLERRM;
  END;
END IF;
"""


def _fill_one(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    (one,), (value,) = pair.new, up(database, pair)
    target = f"UPDATE {table(sync.table)} AS contractctl_row SET {quote(one.name)} = {value}"
    yield f"""IF {all_null(database, pair.new, "NEW")} THEN
  {forget(sync, pair)}
  BEGIN
    {target} WHERE {_this_row(sync)} AND {quote(one.name)} IS NULL AND {value} IS NOT NULL;
  EXCEPTION WHEN {RAISES} THEN
    c_why := SQLERRM;
    {set_aside(sync, pair, "c_why")}
  END;
ELSIF TG_OP = 'UPDATE' AND {all_null(database, pair.new, "OLD")} THEN
  {forget(sync, pair)}
END IF;"""


def _assigned(side: tuple[Held, ...], values: tuple[str, ...]) -> str:
    return ", ".join(f"{quote(one.name)} = {value}" for one, value in zip(side, values, strict=True))


def _this_row(sync: Synchronisation) -> str:
    return " AND ".join(f"contractctl_row.{quote(name)} = NEW.{quote(name)}" for name in sync.key)
