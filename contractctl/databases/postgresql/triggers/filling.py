"""What is computed before a row is written? The side that was written gives the other one its value, in the same row.

An expression that raises leaves the other side NULL: the writer's own statement goes through, and the row is set aside.
"""

from collections.abc import Iterator

from contractctl.databases import Held, Synced, Synchronisation
from contractctl.databases.postgresql.names import EARLY, function_name, quote
from contractctl.databases.postgresql.triggers.functions import (
    asks_sequence,
    changed,
    database,
    function,
    given_new,
    indented,
    is_dirty,
    is_guarded,
    key_changed,
    never_null,
    row,
    tell_given_old,
    unseen,
)
from contractctl.databases.postgresql.triggers.refusing import refuse
from contractctl.databases.sides import all_null, down, in_step, up

_VARIABLES = ("c_made record", "c_old boolean", "c_new boolean", "c_same boolean", "c_marked boolean := false")
"""c_old, c_new: whether that side was written; c_marked: the row may have marks, or should have."""


def pairs(sync: Synchronisation) -> tuple[Synced, ...]:
    """Those for which there is something to do before a row is written, unless all of a table's are plain."""
    if all(pair.plain for pair in sync.columns):
        return ()
    return tuple(pair for pair in sync.columns if pair.required or not is_guarded(pair))


def create(sync: Synchronisation) -> str:
    """CREATE FUNCTION for the whole plan and table."""
    note = f"""IF c_marked AND NOT {key_changed(sync)} THEN
  PERFORM {quote(function_name(sync, "note"))}('UPDATE', OLD, NEW);
END IF;
RETURN NEW;"""
    body = [f"IF TG_OP = 'UPDATE' AND {unseen(sync)} THEN RETURN NEW; END IF;"]
    for pair in pairs(sync):
        body += _fill_one(pair) if pair.one_sided else _pair(sync, pair)
    return function(f"{quote(function_name(sync, 'fill'))}() RETURNS trigger", _VARIABLES, [*body, note])


def counted(sync: Synchronisation) -> tuple[Synced, ...]:
    """Those of which a sequence counts the old side up, so that it is asked whether it made the value."""
    return tuple(pair for pair in sync.columns if pair.counted and asks_sequence(pair))


def create_early(sync: Synchronisation) -> str:
    """CREATE FUNCTION for rows that give a new key: before a trigger of the user's has the sequence count further."""
    body = (
        f"{tell_given_old(pair, 'c_old :=')}\nIF NOT c_old THEN\n{indented(_compute_old(pair))}\nEND IF;"
        for pair in counted(sync)
    )
    head = f"{quote(function_name(sync, EARLY))}() RETURNS trigger"
    return function(head, ("c_made record", "c_old boolean", "c_same boolean"), [*body, "RETURN NEW;"])


def _pair(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    yield f"""IF TG_OP = 'INSERT' THEN
  c_new := {given_new(pair)};
  {tell_given_old(pair, "c_old :=")}
ELSE
  c_new := {changed(pair.new)};
  c_old := {changed(pair.old)};
END IF;"""
    if pair.required:
        yield from _refuse_null(sync, pair)
    if not is_guarded(pair):
        if len(pair.new) > 1:
            yield _complete(pair)
        yield _take_over(pair)
        yield _look(pair)


def _complete(pair: Synced) -> str:
    """Of a row that is not filled yet, what was not written holds what the old side says, as if it had been filled."""
    named = ", ".join(f"{value} AS v{number}" for number, value in enumerate(up(database, pair)))
    names = [f"NEW.{quote(one.name)}" for one in pair.new]
    taken = "\n".join(f"    {name} := coalesce({name}, c_made.v{number});" for number, name in enumerate(names))
    return f"""IF TG_OP = 'UPDATE' AND c_new AND NOT c_old AND {all_null(database, pair.new, "OLD")} THEN
  BEGIN
    SELECT {named} INTO c_made FROM {row(pair, "NEW")};
{taken}
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
END IF;"""


def _take_over(pair: Synced) -> str:
    """Both written: as they are. Neither: an INSERT takes over what the old side has by default."""
    to_new = _assign(pair.new, up(database, pair), row(pair, "NEW"))
    return f"""IF c_new AND NOT c_old THEN
{indented(_compute_old(pair))}
ELSIF NOT c_new AND (c_old OR TG_OP = 'INSERT') THEN
{indented(to_new)}
END IF;"""


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


def _look(pair: Synced) -> str:
    return f"""IF TG_OP = 'UPDATE' AND (c_old OR c_new) AND NOT c_marked THEN
  BEGIN
    SELECT {is_dirty(pair)} OR (SELECT {is_dirty(pair)} FROM {row(pair, "OLD")}) INTO c_marked
      FROM {row(pair, "NEW")};
  EXCEPTION WHEN OTHERS THEN
    c_marked := true;
  END;
END IF;"""


def _fill_one(pair: Synced) -> Iterator[str]:
    (one,), (value,) = pair.new, up(database, pair)
    yield f"""IF {all_null(database, pair.new, "NEW")} THEN
  c_marked := TG_OP = 'UPDATE';
  BEGIN
    SELECT {value} AS v0 INTO c_made FROM {row(pair, "NEW")};
    NEW.{quote(one.name)} := c_made.v0;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
ELSIF TG_OP = 'UPDATE' THEN
  c_marked := c_marked OR {all_null(database, pair.new, "OLD")};
END IF;"""


def _refuse_null(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    old, new = all_null(database, pair.old, "NEW"), all_null(database, pair.new, "NEW")
    from_new, from_old = _some(down(database, pair)), _some(up(database, pair))
    yield f"""IF TG_OP = 'INSERT' THEN
{indented(refuse(sync, pair.old[0], f"{old} AND {new}"))}
ELSIF {old} AND c_old AND NOT c_new THEN
{indented(refuse(sync, pair.old[0], f"{new} OR (SELECT {from_new} FROM {row(pair, 'NEW')})"))}
ELSIF {new} AND c_new AND NOT c_old THEN
{indented(refuse(sync, pair.new[0], f"{old} OR (SELECT {from_old} FROM {row(pair, 'NEW')})"))}
END IF;"""


def _some(values: tuple[str, ...]) -> str:
    """Whether the other side would give this one a value."""
    return " OR ".join(f"({value}) IS NOT NULL" for value in values)
