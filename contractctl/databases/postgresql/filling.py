"""What does the BEFORE trigger do to a row? The side that was written gives the other one its value, in the same row.

An expression that raises leaves the other side NULL: the writer's own statement goes through, and the AFTER trigger
sets the row aside.
"""

from collections.abc import Iterator

from contractctl.databases import Held, Synced, Synchronisation
from contractctl.databases.postgresql.functions import (
    asks_a_sequence,
    changed,
    database,
    function,
    given_new,
    given_old,
    indented,
    is_guarded,
    never_null,
    row,
)
from contractctl.databases.postgresql.names import literal, quote
from contractctl.databases.sides import all_null, down, in_step, up

VARIABLES = ("c_made record", "c_old boolean", "c_new boolean", "c_same boolean")
"""c_old, c_new: whether that side was written."""


def create(name: str, sync: Synchronisation) -> str:
    """CREATE FUNCTION for the whole plan and table."""
    body = [text for pair in sync.columns for text in _pair(sync, pair)]
    return function(name, VARIABLES, [*body, "RETURN NEW;"], pinned=is_pinned(sync))


def is_pinned(sync: Synchronisation) -> bool:
    """Only what computes anything has to: it costs writers a little."""
    return not all(pair.plain for pair in sync.columns)


def _pair(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    if pair.one_sided:
        yield from () if is_guarded(pair) else _fill_one(pair)
        return
    yield _written(pair)
    if pair.required:
        yield from _refuse_null(sync, pair)
    if not is_guarded(pair):
        yield _take_over(pair)


def _written(pair: Synced) -> str:
    """Which side was written. An INSERT that gives neither leaves both flags down, and the old side counts."""
    given = f"c_old := {given_old(pair)};"
    if asks_a_sequence(pair):
        given = f"BEGIN {given} EXCEPTION WHEN object_not_in_prerequisite_state THEN c_old := true; END;"
    return f"""IF TG_OP = 'INSERT' THEN
  c_new := {given_new(pair)};
  {given}
ELSE
  c_new := {changed(pair.new)};
  c_old := {changed(pair.old)};
END IF;"""


def _take_over(pair: Synced) -> str:
    """Both written: as they are. Neither: an INSERT takes over what the old side has by default."""
    if pair.plain:
        to_old, to_new = _assign_plain(pair.old[0], pair.new[0]), _assign_plain(pair.new[0], pair.old[0])
    else:
        to_old, to_new = _compute_old(pair), _assign(pair.new, up(database, pair), row(pair, "NEW"))
    return f"""IF c_new AND NOT c_old THEN
{indented(to_old)}
ELSIF NOT c_new AND (c_old OR TG_OP = 'INSERT') THEN
{indented(to_new)}
END IF;"""


def _assign_plain(target: Held, source: Held) -> str:
    assignment = f"NEW.{quote(target.name)} := NEW.{quote(source.name)};"
    return f"IF NEW.{quote(source.name)} IS NOT NULL THEN {assignment} END IF;" if never_null(target) else assignment


def _compute_old(pair: Synced) -> str:
    """Not where the new side holds just what the old one asks for: then there is nothing to take over."""
    return f"""BEGIN
  SELECT {in_step(database, pair)} INTO c_same FROM {row(pair, "NEW")};
EXCEPTION WHEN OTHERS THEN
  c_same := false;
END;
IF NOT c_same THEN
{indented(_assign(pair.old, down(database, pair), row(pair, "NEW")))}
END IF;"""


def _assign(side: tuple[Held, ...], values: tuple[str, ...], source: str) -> str:
    named = ", ".join(f"{value} AS v{number}" for number, value in enumerate(values))
    taken = "\n".join(_assignment(one, f"c_made.v{number}") for number, one in enumerate(side))
    nothing = " ".join(_assignment(one, "NULL") for one in side)
    return f"""BEGIN
  SELECT {named} INTO c_made FROM {source};
{indented(taken)}
EXCEPTION WHEN OTHERS THEN
  {nothing or "NULL;"}
END;"""


def _assignment(one: Held, value: str) -> str:
    if not never_null(one):
        return f"NEW.{quote(one.name)} := {value};"
    return "" if value == "NULL" else f"IF {value} IS NOT NULL THEN NEW.{quote(one.name)} := {value}; END IF;"


def _fill_one(pair: Synced) -> Iterator[str]:
    (one,), (value,) = pair.new, up(database, pair)
    yield f"""IF {all_null(database, pair.new, "NEW")} THEN
  BEGIN
    SELECT {value} AS v0 INTO c_made FROM {row(pair, "NEW")};
    NEW.{quote(one.name)} := c_made.v0;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
END IF;"""


def _refuse_null(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    """Both versions promise NOT NULL, and the database itself no longer can: expand took it from the old column."""
    old, new = all_null(database, pair.old, "NEW"), all_null(database, pair.new, "NEW")
    only_old, only_new = "c_old AND NOT c_new", "c_new AND NOT c_old"
    yield _refuse(sync, pair.old[0], f"TG_OP = 'INSERT' AND {old} AND {new}", "true")
    yield _refuse(sync, pair.old[0], f"TG_OP = 'UPDATE' AND {old} AND {only_old}", _or_some(pair, new, "old"))
    yield _refuse(sync, pair.new[0], f"TG_OP = 'UPDATE' AND {new} AND {only_new}", _or_some(pair, old, "new"))


def _or_some(pair: Synced, other_is_null: str, side: str) -> str:
    """Whether the other side is NULL as well, or would give this one a value."""
    if pair.plain:
        return "true"
    values = down(database, pair) if side == "old" else up(database, pair)
    some = " OR ".join(f"({value}) IS NOT NULL" for value in values)
    return f"({other_is_null} OR (SELECT {some} FROM {row(pair, 'NEW')}))"


def _refuse(sync: Synchronisation, column: Held, when: str, also: str) -> str:
    """In the words and with the code of PostgreSQL's own refusal."""
    message = f'null value in column "{column.name}" of relation "{sync.table}" violates not-null constraint'
    return f"""IF {when} THEN
  IF {also} THEN
    RAISE not_null_violation USING MESSAGE = {literal(message)}, COLUMN = {literal(column.name)},
      TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
  END IF;
END IF;"""
