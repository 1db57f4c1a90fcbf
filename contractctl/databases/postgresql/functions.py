"""How do a trigger's functions say things in PL/pgSQL? What was written, what is given, what a row holds."""

from collections.abc import Iterable

from contractctl.databases import Database, Held, Synced, postgresql, sides
from contractctl.databases.postgresql import types
from contractctl.databases.postgresql.expressions import differs
from contractctl.databases.postgresql.names import literal, quote

database: Database = postgresql

PINNED = (
    "TimeZone = 'UTC'",
    "DateStyle = 'ISO, YMD'",
    "IntervalStyle = 'postgres'",
    "bytea_output = 'hex'",
    "extra_float_digits = 1",
    "standard_conforming_strings = on",
)
"""What a value looks like as text must not hang on who writes: the same as in contractctl's own sessions."""

RAISES = """data_exception OR integrity_constraint_violation OR cardinality_violation OR with_check_option_violation
      OR program_limit_exceeded OR plpgsql_error OR sql_routine_exception OR external_routine_exception
      OR external_routine_invocation_exception"""
"""What a value can bring about, in a constraint or a function; never what only asks to come again."""


def function(name: str, variables: Iterable[str], body: Iterable[str], *, pinned: bool) -> str:
    """CREATE FUNCTION. Pinned: with the rights and settings of its owner, and not of whoever writes.

    A name that both a column and a variable could have means the column: an expression over columns stays one.
    """
    declared = "".join(f"\n  {variable};" for variable in variables)
    lines = "".join(f"\n  {line}" for text in body for line in text.splitlines())
    text = f"\n#variable_conflict use_column\nDECLARE{declared}\nBEGIN{lines}\nEND\n"
    rights = "".join(f"\n  SET {setting}" for setting in PINNED) if pinned else ""
    secure = " SECURITY DEFINER" if pinned else ""
    return f"CREATE FUNCTION {quote(name)}() RETURNS trigger LANGUAGE plpgsql{secure}{rights} AS {dollars(text)}"


def pinned_path(name: str) -> str:
    """What makes names inside the function mean what they mean now. Temporary tables last: anybody can make those."""
    path = "(SELECT string_agg(quote_ident(name), ', ') FROM unnest(current_schemas(false)) AS name)"
    alter = f"format('ALTER FUNCTION %I() SET search_path TO %s, pg_temp', {literal(name)}, {path})"
    return f"DO {dollars(f'BEGIN EXECUTE {alter}; END')}"


def dollars(text: str) -> str:
    """The text in dollar quotes that do not stand in it."""
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

    Not where both have the same ones and hold the same value: what one side's let through, the other's do as well.
    """
    old, new = ({guard for one in side for guard in _guards(one)} for side in (pair.old, pair.new))
    return old != new if pair.plain else bool(old or new)


def _guards(one: Held) -> tuple[str, ...]:
    return () if one.column is None else one.column.guards


def never_null(one: Held) -> bool:
    """Whether NULL is refused there."""
    return one.column is not None and one.column.never_null


def changed(side: tuple[Held, ...]) -> str:
    """Whether an UPDATE changed a side."""
    return sides.unlike(database, side, (f"OLD.{quote(one.name)}" for one in side), "NEW")


def given_new(pair: Synced) -> str:
    """Whether an INSERT gave the new side."""
    return f"NOT {sides.all_null(database, pair.new, 'NEW')}"


def given_old(pair: Synced) -> str:
    """Whether an INSERT gave the old side: a default hides that nothing was given."""
    return f"({' OR '.join(_given(one) for one in pair.old)})"


def _given(one: Held) -> str:
    value = f"NEW.{quote(one.name)}"
    if one.default is None:
        return f"({value} IS NOT NULL)"
    default = f"({one.default})::{types.read(one.type).loose}"
    return f"({value} IS NOT NULL AND {differs(value, default, one.type)})"


def asks_a_sequence(pair: Synced) -> bool:
    """Whether a default's value can only be told in a session that has asked its sequence."""
    return any("currval(" in (one.default or "") for one in pair.old)


def indented(text: str) -> str:
    """A block inside of another."""
    return "\n".join(f"  {line}" for line in text.splitlines())
