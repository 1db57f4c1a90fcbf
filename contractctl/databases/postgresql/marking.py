"""What does the AFTER trigger remember about a finished row? Conflicts, values that were kept, and rows set aside.

A row that was in step before and is in step now has no marks and gets none: then no table is looked at.
"""

from collections.abc import Iterator

from contractctl.databases import SIDE_TABLES, Held, Synced, Synchronisation, sides
from contractctl.databases.batches import can_be_kept
from contractctl.databases.postgresql.expressions import now
from contractctl.databases.postgresql.functions import (
    RAISES,
    asks_a_sequence,
    changed,
    database,
    function,
    given_new,
    given_old,
    indented,
    is_guarded,
    row,
)
from contractctl.databases.postgresql.names import literal, quote, table
from contractctl.databases.sides import (
    alike,
    all_null,
    down,
    down_possible,
    in_step,
    key_json,
    of_pair,
    of_plan,
    out_of_step,
    survives,
    unlike,
    up,
    up_possible,
)

UNSTORABLE = "the value cannot be converted to the other side and back, or a constraint refuses it"
VARIABLES = (
    "c_made record",
    "c_key text",
    "c_why text",
    "c_old boolean",
    "c_new boolean",
    "c_written boolean",
    "c_out boolean",
    "c_agreed boolean",
    "c_unanswered boolean",
    "c_marked boolean",
    "c_anew boolean := false",
)
"""c_old, c_new: whether that side was written; c_out: the new side is not what the old one asks for; c_agreed: the old
one is what the new one asks for; c_unanswered: one side is NULL since the other cannot be converted; c_marked: the row
may have marks; c_anew: its marks cannot follow it and are made anew."""


def create(name: str, sync: Synchronisation) -> str:
    """CREATE FUNCTION for the whole plan and table."""
    body = [text for pair in sync.columns for text in _pair(sync, pair)]
    return function(name, VARIABLES, [_follow_key(sync), *body, "RETURN NULL;"], pinned=True)


def create_empty(name: str, sync: Synchronisation) -> str:
    """CREATE FUNCTION for TRUNCATE: what is gone needs no marks."""
    body = [f"DELETE FROM {marks} WHERE {of_plan(database, sync)};" for marks in SIDE_TABLES]
    return function(name, (), [*body, "RETURN NULL;"], pinned=True)


def key_changed(sync: Synchronisation) -> str:
    """Whether an UPDATE moves the row to another key."""
    kinds = sync.key_types or ("",) * len(sync.key)
    return " OR ".join(
        database.differs(f"OLD.{quote(name)}", f"NEW.{quote(name)}", kind)
        for name, kind in zip(sync.key, kinds, strict=True)
    )


def _follow_key(sync: Synchronisation) -> str:
    """A row whose key changes takes its marks along, and none of the row that had its new key before.

    Where another row has taken its old key meanwhile, in the same statement, nobody knows whose the marks there are:
    each of the two gets its own anew.
    """
    was = " AND ".join(f"contractctl_row.{quote(name)} = OLD.{quote(name)}" for name in sync.key)
    of_sync, here = of_plan(database, sync), key_json(database, sync, "NEW")
    forget = "\n  ".join(f"DELETE FROM {marks} WHERE {of_sync} AND key = {here};" for marks in SIDE_TABLES)
    follow = "\n    ".join(
        f"UPDATE {marks} SET key = {here} WHERE {of_sync} AND key = {key_json(database, sync, 'OLD')};"
        for marks in SIDE_TABLES
    )
    return f"""IF TG_OP = 'UPDATE' AND ({key_changed(sync)}) THEN
  {forget}
  c_anew := EXISTS (SELECT 1 FROM {table(sync.table)} AS contractctl_row WHERE {was});
  IF NOT c_anew THEN
    {follow}
  END IF;
END IF;"""


def _pair(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    if pair.one_sided:
        yield _watch_filled(sync, pair)
        return
    yield _written(pair)
    yield _make(sync, pair) if is_guarded(pair) else _look_at_plain(pair) if pair.plain else _look(pair)
    yield _mark(sync, pair)


def _written(pair: Synced) -> str:
    """Which side was written; where the BEFORE trigger has made the other side, that one counts as well."""
    given = f"c_new := {given_new(pair)};\n{_given_old(pair)}"
    return f"""c_why := NULL;
IF TG_OP = 'UPDATE' THEN
  c_new := {changed(pair.new)};
  c_old := {changed(pair.old)};
  c_written := c_new OR c_old;
END IF;
IF TG_OP = 'INSERT' OR (c_anew AND NOT c_written) THEN
{indented(given)}
  c_written := TG_OP = 'INSERT';
END IF;"""


def _given_old(pair: Synced) -> str:
    given = f"c_old := {given_old(pair)};"
    if not asks_a_sequence(pair):
        return given
    return f"BEGIN {given} EXCEPTION WHEN object_not_in_prerequisite_state THEN c_old := true; END;"


def _look_at_plain(pair: Synced) -> str:
    (old,), (new,) = pair.old, pair.new
    out = {
        of: database.differs(f"{of}.{quote(new.name)}", f"{of}.{quote(old.name)}", new.type) for of in ("OLD", "NEW")
    }
    return f"""c_agreed := false;
c_unanswered := false;
c_out := TG_OP <> 'DELETE' AND {out["NEW"]};
c_marked := c_out OR (TG_OP <> 'INSERT' AND {out["OLD"]});"""


def _look(pair: Synced) -> str:
    """A row that cannot even be looked at is set aside with the reason."""
    return f"""c_out := false;
c_unanswered := false;
IF TG_OP <> 'DELETE' THEN
{indented(_standing(pair, row(pair, "NEW")))}
END IF;
c_marked := c_out OR c_unanswered;
IF TG_OP <> 'INSERT' AND NOT c_marked THEN
  BEGIN
    SELECT {out_of_step(database, pair)} OR {_unanswered(pair)} INTO c_marked FROM {row(pair, "OLD")};
  EXCEPTION WHEN OTHERS THEN
    c_marked := true;
  END;
END IF;"""


def _standing(pair: Synced, source: str) -> str:
    agreed = alike(database, pair.old, down(database, pair)) if can_be_kept(pair) else "false"
    unanswered = _unanswered(pair) if can_be_kept(pair) else "false"
    return f"""BEGIN
  SELECT {out_of_step(database, pair)}, {agreed}, {unanswered}
    INTO c_out, c_agreed, c_unanswered FROM {source};
EXCEPTION WHEN OTHERS THEN
  c_why := coalesce(c_why, SQLERRM);
  c_out := true;
END;"""


def _unanswered(pair: Synced) -> str:
    """Whether one side is NULL since the other side's values cannot be converted."""
    new, old = all_null(database, pair.new), all_null(database, pair.old)
    nothing = " AND ".join(f"{value} IS NULL" for value in up(database, pair))
    no_new = f"({new} AND NOT {old} AND {nothing} AND NOT ({up_possible(database, pair)}))"
    return f"({no_new} OR (NOT {new} AND {old} AND NOT ({down_possible(database, pair)})))"


def _make(sync: Synchronisation, pair: Synced) -> str:
    """Where constraints may refuse it, the other side is made here, by an UPDATE that may fail alone."""
    this_row = _this_row(sync)
    standing = _standing(pair, f"{table(sync.table)} AS contractctl_row WHERE {this_row}")
    return f"""c_marked := TG_OP = 'DELETE' OR c_written OR c_anew;
c_out := false;
c_agreed := false;
c_unanswered := false;
IF TG_OP <> 'DELETE' AND c_written THEN
{indented(_make_other(sync, pair, this_row))}
END IF;
IF TG_OP <> 'DELETE' AND c_marked THEN
{indented(standing)}
END IF;"""


def _make_other(sync: Synchronisation, pair: Synced, this_row: str) -> str:
    """A kept value is marked first: the triggers that the UPDATE fires must leave it alone."""
    downs, ups = down(database, pair), up(database, pair)
    keep = not_kept = ""
    if can_be_kept(pair):
        keep = (
            f"\n    IF NOT (SELECT {survives(database, pair)} FROM {row(pair, 'NEW')}) THEN {_keep(sync, pair)} END IF;"
        )
        not_kept = f" AND NOT {sides.is_kept(database, sync, pair, 'contractctl_row')}"
    target = f"UPDATE {table(sync.table)} AS contractctl_row SET"
    return f"""IF c_new AND NOT c_old THEN
  BEGIN
    SELECT {in_step(database, pair)} INTO c_agreed FROM {row(pair, "NEW")};
  EXCEPTION WHEN OTHERS THEN
    c_agreed := false;
  END;
  BEGIN
    IF NOT c_agreed THEN{keep.replace(chr(10), chr(10) + "  ")}
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


def _assigned(side: tuple[Held, ...], values: tuple[str, ...]) -> str:
    return ", ".join(f"{quote(one.name)} = {value}" for one, value in zip(side, values, strict=True))


def _this_row(sync: Synchronisation) -> str:
    return " AND ".join(f"contractctl_row.{quote(name)} = NEW.{quote(name)}" for name in sync.key)


def _mark(sync: Synchronisation, pair: Synced) -> str:
    kept = ""
    if can_be_kept(pair):
        kept = f"IF c_out AND c_agreed THEN\n      {_keep(sync, pair)}\n    ELS"
    return f"""IF c_marked AND TG_OP = 'DELETE' THEN
  c_key := {key_json(database, sync, "OLD")};
  {_forget(sync, pair)}
ELSIF c_marked AND (c_written OR c_anew) THEN
  c_key := {key_json(database, sync, "NEW")};
  {_forget(sync, pair)}
  IF c_why IS NOT NULL THEN
    {_set_aside(sync, pair, "c_why")}
  ELSE
    {kept}IF c_out AND c_new AND c_old THEN
      {_conflict(sync, pair)}
    ELSIF c_out AND NOT c_anew THEN
      {_set_aside(sync, pair, literal(UNSTORABLE))}
    END IF;
    IF c_unanswered THEN
      {_set_aside(sync, pair, literal(UNSTORABLE))}
    END IF;
  END IF;
END IF;"""


def _watch_filled(sync: Synchronisation, pair: Synced) -> str:
    """What is only kept filled and still NULL may be so rightly, or because its value cannot be made."""
    (one,), (value,) = pair.new, up(database, pair)
    attempt = f"PERFORM {value} FROM {row(pair, 'NEW')};"
    if is_guarded(pair):
        target = f"UPDATE {table(sync.table)} AS contractctl_row SET {quote(one.name)} = {value}"
        attempt = f"{target} WHERE {_this_row(sync)} AND {quote(one.name)} IS NULL AND {value} IS NOT NULL;"
    return f"""c_why := NULL;
c_key := CASE WHEN TG_OP = 'DELETE' THEN {key_json(database, sync, "OLD")} ELSE {key_json(database, sync, "NEW")} END;
IF TG_OP <> 'INSERT' AND {all_null(database, pair.new, "OLD")} THEN
  {_forget(sync, pair)}
END IF;
IF TG_OP <> 'DELETE' AND {all_null(database, pair.new, "NEW")} THEN
  BEGIN
    {attempt}
  EXCEPTION WHEN {RAISES} THEN
    c_why := SQLERRM;
    {_set_aside(sync, pair, "c_why")}
  END;
END IF;"""


def _forget(sync: Synchronisation, pair: Synced) -> str:
    return " ".join(
        f"DELETE FROM {marks} WHERE {of_pair(database, sync, pair)} AND key = c_key;" for marks in SIDE_TABLES
    )


def _keep(sync: Synchronisation, pair: Synced) -> str:
    """A new-side value that the old side could not give back is right: the backfill leaves it alone."""
    target = "contractctl_kept (plan, table_name, key, column_name)"
    return f"INSERT INTO {target} VALUES ({_row_mark(sync, pair)}) ON CONFLICT DO NOTHING;"


def _set_aside(sync: Synchronisation, pair: Synced, why: str) -> str:
    target = "contractctl_set_aside (plan, table_name, key, column_name, error)"
    return f"INSERT INTO {target} VALUES ({_row_mark(sync, pair)}, {why}) ON CONFLICT DO NOTHING;"


def _conflict(sync: Synchronisation, pair: Synced) -> str:
    target = "contractctl_conflict (plan, table_name, key, column_name, old_value, new_value, at)"
    values = ", ".join(f"({sides.shown(database, side)})::text" for side in (pair.old, pair.new))
    return f"INSERT INTO {target} SELECT {_row_mark(sync, pair)}, {values}, {now()} FROM {row(pair, 'NEW')};"


def _row_mark(sync: Synchronisation, pair: Synced) -> str:
    return f"{literal(sync.plan)}, {literal(sync.table)}, {key_json(database, sync, 'NEW')}, {literal(pair.name)}"
