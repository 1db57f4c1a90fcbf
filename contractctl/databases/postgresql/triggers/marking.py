"""What is remembered about a row? Conflicts, values that were kept, and rows set aside.

A row that was in step before and is in step now has no marks and gets none: whoever calls `note` has seen to that.
"""

from collections.abc import Iterator

from contractctl.databases import SIDE_TABLES, Synced, Synchronisation, sides
from contractctl.databases.postgresql.expressions import now
from contractctl.databases.postgresql.names import function_name, literal, quote, table
from contractctl.databases.postgresql.triggers.functions import (
    changed,
    database,
    function,
    given_new,
    indented,
    is_dirty,
    is_guarded,
    row,
    tell_had_old,
    unanswered,
)
from contractctl.databases.sides import (
    UNSTORABLE,
    alike,
    all_null,
    any_null,
    down,
    key_json,
    of_pair,
    of_plan,
    out_of_step,
    up,
)

STATE = (
    "c_key text",
    "c_why text",
    "c_old boolean",
    "c_new boolean",
    "c_out boolean",
    "c_agreed boolean",
    "c_unanswered boolean",
    "c_anew boolean := false",
)
"""c_old, c_new: whether that side was written; c_out: the new side is not what the old one asks for; c_agreed: the old
one is what the new one asks for; c_unanswered: one side is NULL since the other cannot be converted; c_anew: nobody has
written it, and its marks are made anew all the same."""


def create_note(sync: Synchronisation) -> str:
    """CREATE FUNCTION (what happened, the row before, the row now): the row's marks become what they should be.

    KEY is an UPDATE that has moved it to another key. Where there is only one of the two rows it is given twice.
    """
    body = [_follow_key(sync), *(text for pair in sync.columns for text in _pair(sync, pair))]
    head = f"{quote(function_name(sync, 'note'))}(c_op text, c_was anyelement, c_is anyelement) RETURNS void"
    return function(head, (*STATE, "c_moved boolean := false"), body)


def create_mark(sync: Synchronisation) -> str:
    """CREATE FUNCTION for the triggers on INSERT, DELETE and another key: they see the row when it is finished."""
    note = f"PERFORM {quote(function_name(sync, 'note'))}"
    look = {of: "\n".join(_look(pair, of) for pair in sync.columns) for of in ("NEW", "OLD")}
    body = f"""IF TG_OP = 'UPDATE' THEN
  {note}('KEY', OLD, NEW);
ELSIF TG_OP = 'INSERT' THEN
{indented(look["NEW"])}
  IF c_marked THEN {note}('INSERT', NEW, NEW); END IF;
ELSE
{indented(look["OLD"])}
  IF c_marked THEN {note}('DELETE', OLD, OLD); END IF;
END IF;
RETURN NULL;"""
    variables = ["c_marked boolean := false"]
    return function(f"{quote(function_name(sync, 'mark'))}() RETURNS trigger", variables, [body])


def create_empty(sync: Synchronisation) -> str:
    """CREATE FUNCTION for the trigger on TRUNCATE: what is gone needs no marks."""
    body = [f"DELETE FROM {marks} WHERE {of_plan(database, sync)};" for marks in SIDE_TABLES]
    return function(f"{quote(function_name(sync, 'empty'))}() RETURNS trigger", (), [*body, "RETURN NULL;"])


def _look(pair: Synced, of: str) -> str:
    """Whether a row of one version alone may have marks. What a constraint guards is looked at once it is made."""
    if is_guarded(pair) and of == "NEW":
        return ""
    if pair.one_sided:
        return f"c_marked := c_marked OR {all_null(database, pair.new, of)};"
    return f"""IF NOT c_marked THEN
  BEGIN
    SELECT {is_dirty(pair)} INTO c_marked FROM {row(pair, of)};
  EXCEPTION WHEN OTHERS THEN
    c_marked := true;
  END;
END IF;"""


def _follow_key(sync: Synchronisation) -> str:
    """A row whose key changes takes its marks along, and none of the row that had its new key before.

    Where another row has taken its old key meanwhile, in the same statement, nobody knows whose the marks there are:
    each of the two gets its own anew.
    """
    was = " AND ".join(f"contractctl_row.{quote(name)} = c_was.{quote(name)}" for name in sync.key)
    of_sync, here = of_plan(database, sync), key_json(database, sync, "c_is")
    forget = "\n  ".join(f"DELETE FROM {marks} WHERE {of_sync} AND key = {here};" for marks in SIDE_TABLES)
    follow = "\n    ".join(
        f"UPDATE {marks} SET key = {here} WHERE {of_sync} AND key = {key_json(database, sync, 'c_was')};"
        for marks in SIDE_TABLES
    )
    return f"""IF c_op = 'KEY' THEN
  {forget}
  c_moved := NOT EXISTS (SELECT 1 FROM {table(sync.table)} AS contractctl_row WHERE {was});
  IF c_moved THEN
    {follow}
  END IF;
END IF;
c_key := {key_json(database, sync, "c_is")};"""


def _pair(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    if pair.one_sided:
        yield _watch_filled(sync, pair)
        return
    given = f"c_new := {given_new(pair, 'c_is')};\n{tell_had_old(pair, 'c_old :=', 'c_is')}"
    to_do = "c_op = 'INSERT' OR c_old OR c_new OR c_anew"
    if is_guarded(pair):  # what makes its other side marks it as well
        to_do = "c_op = 'KEY' AND c_anew"
    yield f"""c_why := NULL;
c_anew := false;
IF c_op = 'INSERT' THEN
{indented(given)}
ELSE
  c_new := {changed(pair.new, "c_was", "c_is")};
  c_old := {changed(pair.old, "c_was", "c_is")};
  c_anew := c_op = 'KEY' AND NOT (c_old OR c_new OR c_moved);
END IF;
IF c_anew THEN
{indented(given)}
END IF;
IF c_op = 'DELETE' THEN
  {forget(sync, pair)}
ELSIF {to_do} THEN
{indented(standing(pair, row(pair, "c_is")))}
{indented(set_marks(sync, pair, "c_is"))}
END IF;"""


def standing(pair: Synced, source: str) -> str:
    """How the two sides stand to each other in a row. Where an expression raises they do not agree: c_why says it."""
    agreed = alike(database, pair.old, down(database, pair)) if pair.can_be_kept else "false"
    nothing = unanswered(pair) if pair.can_be_kept else "false"
    return f"""c_out := false;
c_agreed := false;
c_unanswered := false;
BEGIN
  SELECT {out_of_step(database, pair)}, {agreed}, {nothing}
    INTO c_out, c_agreed, c_unanswered FROM {source};
EXCEPTION WHEN OTHERS THEN
  c_why := coalesce(c_why, SQLERRM);
  c_out := true;
  BEGIN
    SELECT {agreed} INTO c_agreed FROM {source};
  EXCEPTION WHEN OTHERS THEN
    c_agreed := false;
  END;
END;"""


def set_marks(sync: Synchronisation, pair: Synced, now: str) -> str:
    """The marks that a row should have from how its sides stand, and no others.

    Where an expression has raised, a NULL is not a value that somebody wrote, but what was left of the conversion.
    """
    nothing = any_null(database, (*pair.old, *pair.new), now)
    kept = f"IF c_out AND c_agreed THEN\n  {keep(sync, pair)}\nELS" if pair.can_be_kept else ""
    return f"""{forget(sync, pair)}
{kept}IF c_out AND c_new AND c_old AND NOT (c_why IS NOT NULL AND {nothing}) THEN
  {_conflict(sync, pair, now)}
ELSIF c_why IS NOT NULL THEN
  {set_aside(sync, pair, "c_why")}
ELSIF c_out AND NOT c_anew THEN
  {set_aside(sync, pair, literal(UNSTORABLE))}
END IF;
IF c_unanswered THEN
  {set_aside(sync, pair, literal(UNSTORABLE))}
END IF;"""


def _watch_filled(sync: Synchronisation, pair: Synced) -> str:
    """What is only kept filled and still NULL may be so rightly, or because its value cannot be made."""
    (value,) = up(database, pair)
    attempt = ""
    if not is_guarded(pair):
        attempt = f"""IF c_op <> 'DELETE' AND {all_null(database, pair.new, "c_is")} THEN
  BEGIN
    PERFORM {value} FROM {row(pair, "c_is")};
  EXCEPTION WHEN OTHERS THEN
    c_why := SQLERRM;
    {set_aside(sync, pair, "c_why")}
  END;
END IF;"""
    return f"""IF {all_null(database, pair.new, "c_was")} THEN
  {forget(sync, pair)}
END IF;
{attempt}"""


def forget(sync: Synchronisation, pair: Synced) -> str:
    """No marks of the row at c_key."""
    of = of_pair(database, sync, pair)
    return " ".join(f"DELETE FROM {marks} WHERE {of} AND key = c_key;" for marks in SIDE_TABLES)


def keep(sync: Synchronisation, pair: Synced) -> str:
    """A new-side value that the old side could not give back is right: the backfill leaves it alone."""
    target = "contractctl_kept (plan, table_name, key, column_name)"
    return f"INSERT INTO {target} VALUES ({_mark(sync, pair)}) ON CONFLICT DO NOTHING;"


def set_aside(sync: Synchronisation, pair: Synced, why: str) -> str:
    """The row cannot be converted."""
    target = "contractctl_set_aside (plan, table_name, key, column_name, error)"
    return f"INSERT INTO {target} VALUES ({_mark(sync, pair)}, {why}) ON CONFLICT DO NOTHING;"


def _conflict(sync: Synchronisation, pair: Synced, now_row: str) -> str:
    target = "contractctl_conflict (plan, table_name, key, column_name, old_value, new_value, at)"
    values = ", ".join(f"({sides.shown(database, side)})::text" for side in (pair.old, pair.new))
    return f"INSERT INTO {target} SELECT {_mark(sync, pair)}, {values}, {now()} FROM {row(pair, now_row)};"


def _mark(sync: Synchronisation, pair: Synced) -> str:
    return f"{literal(sync.plan)}, {literal(sync.table)}, c_key, {literal(pair.name)}"
