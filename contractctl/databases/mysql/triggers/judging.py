"""Which marks does a row need, and which did it have? It is judged by its values alone, before and after."""

from collections.abc import Iterable, Iterator

from contractctl.databases import Held, Synced, mysql
from contractctl.databases.mysql.expressions import bind, differs
from contractctl.databases.mysql.names import literal, quote
from contractctl.databases.mysql.triggers.bodies import caught, when
from contractctl.databases.mysql.triggers.trying import stored_type
from contractctl.databases.mysql.types import nothing
from contractctl.databases.sides import alike, all_null, down, down_possible, in_step, unlike, up_possible

WAS, _MADE = "contractctl_was", "contractctl_made"

RIGHT, UNCONVERTED, BOTH, KEPT_ONLY, CONFLICTING, UNFILLED = "", "a", "b", "k", "c", "u"
"""Nothing · set aside · kept, and set aside · kept · in conflict, or set aside · not filled, or set aside."""


def of_row(pair: Synced, row: str, sql: str) -> str:
    """SQL over the pair's columns, asked of NEW or OLD."""
    names = [*(one.name for one in (*pair.old, *pair.new)), *(column.name for column in pair.reads)]
    return bind(sql, {name: f"{row}.{quote(name)}" for name in names})


def changed(side: tuple[Held, ...]) -> str:
    """Whether the statement has changed a side."""
    return unlike(mysql, side, (f"NEW.{quote(one.name)}" for one in side), "OLD")


def given_new(pair: Synced) -> str:
    """Whether an INSERT sets the new side."""
    return f"(NOT {all_null(mysql, pair.new, 'NEW')})"


def given_old(pair: Synced) -> str:
    """Whether it sets the old one: a default hides that nothing was given, and so does what the server fills in."""
    return f"({' OR '.join(map(_given, pair.old))})"


def _given(one: Held) -> str:
    value = f"NEW.{quote(one.name)}"
    put_in = nothing(one.type) if one.column is not None and one.column.not_null else "NULL"
    return f"({value} IS NOT NULL AND {differs(value, one.default or put_in, one.type)})"


def limited(side: Iterable[Held]) -> bool:
    """Whether more than a column's type may refuse a value."""
    return any(one.column is not None and (one.column.unique or one.column.checks) for one in side)


def only_copies(pair: Synced) -> bool:
    """Whether a side can always take the other one's value: then nothing is ever set aside."""
    return pair.plain and not limited(pair.old) and not limited(pair.new)


def fine(pair: Synced) -> str:
    """Whether a row plainly needs no mark."""
    if not pair.exact:
        return in_step(mysql, pair)
    taken = (alike(mysql, side, (f"({one.value})" for one in side)) for side in (pair.new, pair.old))
    return f"({' AND '.join(taken)})"


def judgement(pair: Synced, apart: str) -> str:
    """What is to be said of a row as it is, as one letter; `apart`: of one whose sides hold nothing of each other."""
    whens = [(fine(pair), literal(RIGHT))]
    if pair.exact:
        old, new = all_null(mysql, pair.old), all_null(mysql, pair.new)
        no_new = f"{new} AND NOT {old} AND NOT {up_possible(mysql, pair)}"
        said = f"CASE WHEN {no_new} THEN {literal(UNCONVERTED)} ELSE {literal(RIGHT)} END"
        whens.append((in_step(mysql, pair), said))
    return f"COALESCE({of_row(pair, 'NEW', _first([*whens, *_agreed(pair)]))}, {apart})"


def stays_fine(pair: Synced) -> str:
    """Whether nothing was to be said of the row, nor is: its sides are in step, or have just been brought into it.

    What is given to a row just as it was due had no marks, unless more than a conversion can fail.
    """
    before = of_row(pair, "OLD", fine(pair))
    if not limited(pair.new):
        before = f"({before} OR ({all_null(mysql, pair.new, 'OLD')} AND NOT {changed(pair.old)}))"
    return f"{of_row(pair, 'NEW', fine(pair))} AND {before}"


def judged_before(pair: Synced) -> Iterator[str]:
    """What was said of the row. It was set aside where its value could not be made, or not stored: that is tried."""
    judged = f"SET {WAS} = {_former(pair)}"
    if only_copies(pair):
        yield judged
        return
    made = [f"{_MADE}_{at}" for at in range(len(pair.new))]
    yield from (f"DECLARE {name} {stored_type(one)}" for name, one in zip(made, pair.new, strict=True))
    tried = [f"SET {name} = {of_row(pair, 'OLD', one.value)}" for name, one in zip(made, pair.new, strict=True)]
    unfilled = when(all_null(mysql, pair.new, "OLD"), tried)
    yield caught(f"SET {WAS} = {literal(CONFLICTING)}", [unfilled, judged])


def _former(pair: Synced) -> str:
    """What was said of the row. Where nothing was filled yet, perhaps nothing was."""
    unfilled = literal(UNFILLED)
    if pair.exact:
        unfilled = f"CASE WHEN {up_possible(mysql, pair)} THEN {unfilled} ELSE {literal(UNCONVERTED)} END"
    agreed = [] if pair.one_sided else _agreed(pair)
    whens = [(fine(pair), literal(RIGHT)), (all_null(mysql, pair.new), unfilled), *agreed]
    return of_row(pair, "OLD", _first(whens, literal(CONFLICTING)))


def _agreed(pair: Synced) -> list[tuple[str, str]]:
    """A new-side value that the old side took over, and could not give back; or could not take over at all."""
    if pair.plain:
        return []
    said = literal(KEPT_ONLY)
    if pair.exact:
        old, new = all_null(mysql, pair.old), all_null(mysql, pair.new)
        no_old = f"{old} AND NOT {new} AND NOT {down_possible(mysql, pair)}"
        said = f"CASE WHEN {no_old} THEN {literal(BOTH)} ELSE {said} END"
    return [(alike(mysql, pair.old, down(mysql, pair)), said)]


def _first(whens: Iterable[tuple[str, str]], otherwise: str = "NULL") -> str:
    parts = " ".join(f"WHEN {condition} THEN {value}" for condition, value in whens)
    return f"CASE {parts} ELSE {otherwise} END"


def conflicting(pair: Synced, both: str) -> str:
    """What is said of sides that hold nothing of each other; `both`: whether the writer has given both."""
    if only_copies(pair):
        return literal(CONFLICTING)
    return f"CASE WHEN {both} THEN {literal(CONFLICTING)} ELSE {literal(UNCONVERTED)} END"


def not_refused(pair: Synced) -> str:
    """A side that took nothing over is NULL where it can be: then only the other one was written."""
    return f" AND NOT {all_null(mysql, pair.old, 'NEW')} AND NOT {all_null(mysql, pair.new, 'NEW')}"
