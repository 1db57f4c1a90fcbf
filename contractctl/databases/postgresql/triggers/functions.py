"""How do a trigger's functions say things in PL/pgSQL? What was written, what was given, what a row holds."""

from collections.abc import Iterable

from contractctl.databases import Database, Held, Synced, Synchronisation, postgresql
from contractctl.databases.postgresql import types
from contractctl.databases.postgresql.expressions import differs
from contractctl.databases.postgresql.names import UNSEEN, literal, quote
from contractctl.databases.sides import all_null, down, down_possible, out_of_step, unconverted, unlike, up, up_possible

database: Database = postgresql

PINNED = (
    "TimeZone = 'UTC'",
    "DateStyle = 'ISO, YMD'",
    "IntervalStyle = 'postgres'",
    "bytea_output = 'hex'",
    "extra_float_digits = 1",
    "standard_conforming_strings = on",
    "lc_monetary FROM CURRENT",
    "lc_numeric FROM CURRENT",
    "lc_time FROM CURRENT",
)
"""How a value looks as text must not depend on who writes: it is as in contractctl's own sessions."""

RAISES = """data_exception OR integrity_constraint_violation OR cardinality_violation OR with_check_option_violation
      OR program_limit_exceeded OR plpgsql_error OR sql_routine_exception OR external_routine_exception
      OR external_routine_invocation_exception"""
"""Errors that a value can cause, in a constraint or a function; not those that only call for a retry."""


def function(head: str, variables: Iterable[str], body: Iterable[str], settings: Iterable[str] = PINNED) -> str:
    """CREATE FUNCTION head AS body, with the rights of its owner, and not of the writer.

    A name that both a column and a variable could have means the column: an expression over columns stays one.
    """
    declared = "".join(f"\n  {variable};" for variable in variables)
    lines = "".join(f"\n  {line}" for text in body for line in text.splitlines())
    text = f"\n#variable_conflict use_column\nDECLARE{declared}\nBEGIN{lines}\nEND\n"
    pinned = "".join(f"\n  SET {setting}" for setting in settings)
    return f"CREATE FUNCTION {head} LANGUAGE plpgsql SECURITY DEFINER{pinned} AS {dollars(text)}"


def pin_path(signature: str) -> str:
    """What makes names inside a function mean what they mean now. Temporary tables last: anybody can make those."""
    path = "(SELECT string_agg(quote_ident(name), ', ') FROM unnest(current_schemas(false)) AS name)"
    alter = f"format('ALTER FUNCTION %s SET search_path TO %s, pg_temp', {literal(signature)}, {path})"
    return f"DO {dollars(f'BEGIN EXECUTE {alter}; END')}"


def dollars(text: str) -> str:
    """The text in dollar quotes whose tag does not occur in it."""
    marks = ("$$", *(f"$c{number}$" for number in range(len(text))))
    mark = next(mark for mark in marks if mark not in text)
    return f"{mark}{text}{mark}"


def row(pair: Synced, of: str) -> str:
    """What makes expressions over a pair's columns speak of NEW or OLD. One that is only filled may use any column."""
    if pair.one_sided:
        return f"(SELECT {of}.*) AS contractctl_row"
    columns = ", ".join(f"{of}.{quote(one.name)} AS {quote(one.name)}" for one in (*pair.old, *pair.new))
    return f"(SELECT {columns}) AS contractctl_row"


def is_guarded(pair: Synced) -> bool:
    """Whether a constraint of one side may refuse what is made for it.

    Not where both have the same ones and hold the same value: what one side's let through, the other's do as well. Nor
    where one side is in the table's key, or counted up: a row must have it at once, and whoever has written it reads it
    back. Both keys are as unlike as each other, and a counted column's constraints all go over to the new one.
    """
    if pair.is_key or pair.counted:
        return False
    old, new = ({guard for one in side for guard in _guards(one)} for side in (pair.old, pair.new))
    return old != new if pair.plain else bool(old or new)


def _guards(one: Held) -> tuple[str, ...]:
    return () if one.column is None else one.column.guards


def never_null(one: Held) -> bool:
    """Whether NULL is refused there."""
    return one.column is not None and one.column.never_null


def changed(side: tuple[Held, ...], was: str = "OLD", now: str = "NEW") -> str:
    """Whether an UPDATE changed a side."""
    return unlike(database, side, (f"{was}.{quote(one.name)}" for one in side), now)


def key_changed(sync: Synchronisation) -> str:
    """Whether an UPDATE moved the row to another key."""
    kinds = sync.key_types or ("",) * len(sync.key)
    parts = zip(sync.key, kinds, strict=True)
    found = [differs(f"OLD.{quote(name)}", f"NEW.{quote(name)}", kind) for name, kind in parts]
    return f"({' OR '.join(found)})"


def given_new(pair: Synced, now: str = "NEW") -> str:
    """Whether an INSERT gave the new side."""
    return f"NOT {all_null(database, pair.new, now)}"


def given_old(pair: Synced, now: str = "NEW") -> str:
    """Whether an INSERT gave the old side: a default hides that nothing was given."""
    if pair.counted and not asks_sequence(pair):
        return all_null(database, pair.new, now)
    return f"({' OR '.join(_given(one, now) for one in pair.old)})"


def _given(one: Held, now: str) -> str:
    """Of a composite value with NULL in a part, IS NOT NULL would say that it is not there."""
    value = f"{now}.{quote(one.name)}"
    if one.default is None:
        return f"({value} IS DISTINCT FROM NULL)"
    default = f"({one.default})::{types.read(one.type).loose}"
    return f"({value} IS DISTINCT FROM NULL AND {differs(value, default, one.type)})"


def tell_given_old(pair: Synced, assignment: str, now: str = "NEW") -> str:
    """As `given_old`, as a statement; a sequence that this session has not asked has not made the value."""
    statement = f"{assignment} {given_old(pair, now)};"
    if not asks_sequence(pair):
        return statement
    otherwise = f"{assignment} true;"
    return f"BEGIN {statement} EXCEPTION WHEN object_not_in_prerequisite_state THEN {otherwise} END;"


def tell_had_old(pair: Synced, assignment: str, now: str) -> str:
    """As `tell_given_old`, of a row that is finished: the sequence may have counted further rows since.

    Where the new side alone was given, a counted old one has become what the new one asks for, if it can be that.
    """
    if not pair.counted:
        return tell_given_old(pair, assignment, now)
    downs = down(database, pair)
    values = " OR ".join(f"({value}) IS NOT NULL" for value in downs)
    differs_ = f"({values}) AND {unlike(database, pair.old, downs)}"
    return f"""BEGIN
  {assignment} {all_null(database, pair.new, now)} OR (SELECT {differs_} FROM {row(pair, now)});
EXCEPTION WHEN OTHERS THEN
  {assignment} false;
END;"""


def asks_sequence(pair: Synced) -> bool:
    """Whether what a sequence last gave tells that the old side was not given."""
    return any("currval(" in (one.default or "") for one in pair.old)


def is_dirty(pair: Synced) -> str:
    """Whether a row may have marks: its sides are not in step, or one is NULL since the other cannot be converted."""
    parts = [out_of_step(database, pair)]
    if pair.can_be_kept:
        parts.append(unanswered(pair))
    if pair.exact:
        parts.append(unconverted(database, pair))
    return f"({' OR '.join(parts)})"


def unanswered(pair: Synced) -> str:
    """Whether one side is NULL since the other side's values cannot be converted."""
    new, old = all_null(database, pair.new), all_null(database, pair.old)
    nothing = " AND ".join(f"{value} IS NULL" for value in up(database, pair))
    no_new = f"({new} AND NOT {old} AND {nothing} AND NOT ({up_possible(database, pair)}))"
    return f"({no_new} OR (NOT {new} AND {old} AND NOT ({down_possible(database, pair)})))"


def unseen(sync: Synchronisation) -> str:
    """Whether contractctl itself writes, for this plan."""
    return f"current_setting({literal(UNSEEN)}, true) IS NOT DISTINCT FROM {literal(sync.plan)}"


def indented(text: str) -> str:
    """A nested block."""
    return "\n".join(f"  {line}" for line in text.splitlines())
