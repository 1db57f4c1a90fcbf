"""How is a column kept in step with another one of the same value? This runs for every write, and must cost little.

The function has its owner's rights, to note what is to be noted, and for speed no settings of its own: everything in it
is called by its schema, so that a writer's search_path has no say in what runs with these rights.
"""

from collections.abc import Iterator

from contractctl.databases import Held, Synced, Synchronisation
from contractctl.databases.postgresql import types
from contractctl.databases.postgresql.names import UNSEEN, function_name, literal, quote
from contractctl.databases.postgresql.triggers.functions import dollars, function, indented, is_guarded, never_null
from contractctl.databases.postgresql.triggers.refusing import refuse

HERE = '"contractctl: here"'
"""Stands for the schema in which the functions are made, until they are."""
_MARKED = "c_marked := true;"


def pairs(sync: Synchronisation) -> tuple[Synced, ...]:
    """Those for which there is something to do before a row is written, where all of a table's are plain.

    Whoever keeps the marks must see the row when all is made: one function sees to all of them.
    """
    if not all(pair.plain for pair in sync.columns):
        return ()
    return tuple(pair for pair in sync.columns if pair.required or not is_guarded(pair))


def create(sync: Synchronisation) -> str:
    """What creates the function for the whole plan and table."""
    inserted = "\n".join(text for pair in pairs(sync) for text in _insert(sync, pair))
    updated = "\n".join(text for pair in pairs(sync) for text in _update(sync, pair))
    note = f"PERFORM {HERE}.{quote(function_name(sync, 'note'))}('UPDATE', OLD, NEW);"
    body = f"""IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
{indented(inserted)}
ELSE
{indented(updated)}
  IF c_marked AND NOT {_key_changed(sync)} AND NOT {_unseen(sync)} THEN {note} END IF;
END IF;
RETURN NEW;"""
    head = f"{quote(function_name(sync, 'plain'))}() RETURNS trigger"
    text = dollars(function(head, ["c_marked boolean := false"], [body], ()))
    make = f"EXECUTE replace({text}, '{HERE}', quote_ident(current_schema()));"
    return f"DO {dollars(f'BEGIN {make} END')}"


def _insert(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    (old,), (new,) = pair.old, pair.new
    new_value, old_value = f"NEW.{quote(new.name)}", f"NEW.{quote(old.name)}"
    if pair.required:
        yield refuse(sync, old, f"{old_value} IS NULL AND {new_value} IS NULL")
    if is_guarded(pair):
        return
    by_default = ""
    if old.default is not None:
        given = f"{HERE}.{quote(function_name(sync, 'given'))}({sync.columns.index(pair)}, NEW)"
        by_default = f"\nELSIF {_apart(new_value, old_value, old)} AND NOT {given} THEN\n  {_take(old, new)}"
    yield f"""IF {new_value} IS NULL THEN
  {_take(new, old)}
ELSIF {old_value} IS NULL THEN
  {_take(old, new)}{by_default}
END IF;"""


def _update(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    """The side that changed is taken over; both, and the row is in conflict.

    A row that was apart and was written now, or still is apart, is looked at by whoever keeps the marks.
    """
    (old,), (new,) = pair.old, pair.new
    old_changed, new_changed = _changed(old), _changed(new)
    if pair.required:
        refuse_old = refuse(sync, old, f"NEW.{quote(old.name)} IS NULL AND {old_changed} AND NOT {new_changed}")
        refuse_new = refuse(sync, new, f"NEW.{quote(new.name)} IS NULL AND {new_changed} AND NOT {old_changed}")
        yield f"{refuse_old}\n{refuse_new}"
    if is_guarded(pair):
        return
    yield f"""IF {_sides_apart(pair, "NEW")} THEN
  IF {old_changed} THEN
    IF {new_changed} THEN {_MARKED} ELSE {_take(new, old, _MARKED)} END IF;
  ELSIF {new_changed} THEN
    {_take(old, new, _MARKED)}
  END IF;
END IF;
IF {_sides_apart(pair, "OLD")} AND ({old_changed} OR {new_changed}) THEN {_MARKED} END IF;"""


def _take(target: Held, source: Held, otherwise: str = "") -> str:
    assignment = f"NEW.{quote(target.name)} := NEW.{quote(source.name)};"
    if not never_null(target):
        return assignment
    other = f" ELSE {otherwise}" if otherwise else ""
    return f"IF NEW.{quote(source.name)} IS NOT NULL THEN {assignment}{other} END IF;"


def _key_changed(sync: Synchronisation) -> str:
    was, now = (", ".join(f"{of}.{quote(name)}" for name in sync.key) for of in ("OLD", "NEW"))
    return f"pg_catalog.record_image_ne(ROW({was}), ROW({now}))"


def _unseen(sync: Synchronisation) -> str:
    """Where contractctl itself writes and may be no replica, it keeps the marks by itself."""
    asked = f"pg_catalog.current_setting({literal(UNSEEN)}, true) OPERATOR(pg_catalog.=) {literal(sync.plan)}"
    return f"coalesce({asked}, false)"


def _changed(one: Held) -> str:
    return _apart(f"NEW.{quote(one.name)}", f"OLD.{quote(one.name)}", one)


def _sides_apart(pair: Synced, of: str) -> str:
    return _apart(f"{of}.{quote(pair.new[0].name)}", f"{of}.{quote(pair.old[0].name)}", pair.old[0])


def _apart(value: str, other: str, one: Held) -> str:
    """Whether two values of a type differ by a single bit, NULL being one of them; without a look at search_path."""
    type_ = types.read(one.type)
    if not (type_.is_exact or type_.is_text):
        return f"pg_catalog.record_image_ne(ROW({value}), ROW({other}))"
    binary = ' COLLATE pg_catalog."C"' if type_.is_text else ""
    equal = f"({value} OPERATOR(pg_catalog.=) {other}{binary})"
    return f"({equal} IS NOT TRUE AND NOT ({value} IS NULL AND {other} IS NULL))"
