"""What do triggers write of a row in the side tables? It is judged by its values, as it was and as it is."""

from collections.abc import Iterable, Iterator

from contractctl.databases import SIDE_TABLES, Held, Synced, Synchronisation, mysql
from contractctl.databases.mysql.bodies import begin, caught, when
from contractctl.databases.mysql.expressions import agrees, bind, canonical, differs, now, whole_array
from contractctl.databases.mysql.names import literal, quote, table
from contractctl.databases.mysql.trying import stored_type
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
    unlike,
    up_possible,
)

_SHOWN = 10_000
"""Characters of a value that a conflict shows."""
_UNSTORABLE = "the value cannot be converted to the other side and back, or a constraint refuses it"
_KEPT, _ASIDE, _CONFLICT = SIDE_TABLES
_WAS, _IS, _QUIET, _MADE = "contractctl_was", "contractctl_is", "contractctl_quiet", "contractctl_made"
_THERE = "contractctl_there"

_RIGHT, _UNCONVERTED, _BOTH, _KEPT_ONLY, _CONFLICTING, _UNFILLED = "", "a", "b", "k", "c", "u"
"""Nothing · set aside · kept, and set aside · kept · in conflict, or set aside · not filled, or set aside."""


def after_insert(sync: Synchronisation) -> Iterator[str]:
    """Marks that another row of this key has left behind, deleted where no trigger saw it, are no matter here."""
    for pair in sync.columns:
        if pair.one_sided:
            yield when(all_null(mysql, pair.new, "NEW"), [_judge_filled(sync, pair)])
            continue
        apart = _conflicting(pair, f"{given_old(pair)} AND {given_new(pair)}")
        judged = _judged(_IS, _UNCONVERTED, _judgement(pair, apart))
        yield _unless(pair, of_row(pair, "NEW", fine(pair)), [_variables(_IS), judged, *_write(sync, pair)])


def after_update(sync: Synchronisation) -> Iterator[str]:
    """What was said of the row before goes, or stays true; and it goes with the row where its key changes.

    Where there is something to say or to drop, a look comes first: of a row that UPDATE IGNORE skips all stays true.
    What copies values is most often in step before and after, which one question tells: each costs every writer.
    """
    judged = _judge_update(sync)
    if not all(pair.plain for pair in sync.columns):
        yield from judged
        return
    apart = (f"NOT {of_row(pair, row, fine(pair))}" for pair in sync.columns for row in ("NEW", "OLD"))
    yield when(f"({' OR '.join((_key_changed(sync), *apart))})", judged)


def _judge_update(sync: Synchronisation) -> Iterator[str]:
    written = f"NOT {_is_as_it_was(sync)}"
    yield when(_key_changed(sync), [when(written, _follow_key(sync))])
    for pair in sync.columns:
        if pair.one_sided:
            yield when(
                all_null(mysql, pair.new, "NEW"),
                [_judge_filled(sync, pair)],
                [when(all_null(mysql, pair.new, "OLD"), [_forget_filled(sync, pair, "NEW")])],
            )
            continue
        old, new = changed(pair.old), changed(pair.new)
        apart = _conflicting(pair, f"{old} AND {new}{_not_refused(pair)}")
        body = [
            _variables(_WAS, _IS),
            *_judged_before(pair),
            _judged(_IS, _UNCONVERTED, _judgement(pair, apart)),
            *_clear(sync, pair, "NEW"),
            *_write(sync, pair),
        ]
        yield when(f"({old} OR {new})", [_unless(pair, _stays_fine(pair), [when(written, [begin(body)])])])


def after_delete(sync: Synchronisation) -> Iterator[str]:
    """What is gone needs no marks."""
    for pair in sync.columns:
        if pair.one_sided:
            yield when(all_null(mysql, pair.new, "OLD"), [_forget_filled(sync, pair, "OLD")])
            continue
        body = [
            _variables(_WAS, _IS),
            *_judged_before(pair),
            f"SET {_IS} = {literal(_RIGHT)}",
            *_clear(sync, pair, "OLD"),
        ]
        yield _unless(pair, of_row(pair, "OLD", fine(pair)), body)


def of_row(pair: Synced, row: str, sql: str) -> str:
    """SQL over the pair's columns, asked of NEW or OLD."""
    names = [*(one.name for one in (*pair.old, *pair.new)), *(column.name for column in pair.reads)]
    return bind(sql, {name: f"{row}.{quote(name)}" for name in names})


def changed(side: tuple[Held, ...]) -> str:
    """Whether the statement has changed a side."""
    return unlike(mysql, side, (f"NEW.{quote(one.name)}" for one in side), "OLD")


def given_new(pair: Synced) -> str:
    """Whether an INSERT gives the new side."""
    return f"(NOT {all_null(mysql, pair.new, 'NEW')})"


def given_old(pair: Synced) -> str:
    """Whether it gives the old one: a default hides that nothing was given."""
    return f"({' OR '.join(map(_given, pair.old))})"


def limited(side: Iterable[Held]) -> bool:
    """Whether more than a column's type may refuse a value."""
    return any(one.column is not None and (one.column.unique or one.column.checks) for one in side)


def only_copies(pair: Synced) -> bool:
    """Whether a side can always take the other one's value: then nothing is ever set aside."""
    return pair.plain and not limited(pair.old) and not limited(pair.new)


def may_leave(sync: Synchronisation) -> bool:
    """Whether a row that the backfill fills, or a repair mends, leaves the triggers nothing to do.

    Whoever repairs has dropped the row's marks, and only another key would have any of its own.
    """
    written = {one.name for pair in sync.columns for one in (*pair.old, *pair.new)}
    return written.isdisjoint(sync.key) and all(only_copies(pair) for pair in sync.columns)


def is_marked(sync: Synchronisation, pair: Synced, marks: str, row: str) -> str:
    """Whether a side table holds the row: a plain read, which locks nothing."""
    return f"EXISTS (SELECT 1 FROM {marks} WHERE {of_pair(mysql, sync, pair)} AND {_key_is(sync, row)})"


def _given(one: Held) -> str:
    value = f"NEW.{quote(one.name)}"
    return f"({value} IS NOT NULL AND {differs(value, one.default or 'NULL', one.type)})"


def fine(pair: Synced) -> str:
    """Whether nothing is to be said of a row, as it is seen at once."""
    if not pair.exact:
        return in_step(mysql, pair)
    taken = (alike(mysql, side, (f"({one.value})" for one in side)) for side in (pair.new, pair.old))
    return f"({' AND '.join(taken)})"


def _judgement(pair: Synced, apart: str) -> str:
    """What is to be said of a row as it is, as one letter; `apart`: of one whose sides hold nothing of each other."""
    whens = [(fine(pair), literal(_RIGHT))]
    if pair.exact:
        old, new = all_null(mysql, pair.old), all_null(mysql, pair.new)
        no_new = f"{new} AND NOT {old} AND NOT {up_possible(mysql, pair)}"
        said = f"CASE WHEN {no_new} THEN {literal(_UNCONVERTED)} ELSE {literal(_RIGHT)} END"
        whens.append((in_step(mysql, pair), said))
    return f"COALESCE({of_row(pair, 'NEW', _first([*whens, *_agreed(pair)]))}, {apart})"


def _former(pair: Synced) -> str:
    """What was said of the row. Where nothing was filled yet, perhaps nothing was."""
    unfilled = literal(_UNFILLED)
    if pair.exact:
        unfilled = f"CASE WHEN {up_possible(mysql, pair)} THEN {unfilled} ELSE {literal(_UNCONVERTED)} END"
    agreed = [] if pair.one_sided else _agreed(pair)
    whens = [(fine(pair), literal(_RIGHT)), (all_null(mysql, pair.new), unfilled), *agreed]
    return of_row(pair, "OLD", _first(whens, literal(_CONFLICTING)))


def _judged_before(pair: Synced) -> Iterator[str]:
    """What was said of the row. It was set aside where its value could not be made, or not stored: that is tried."""
    judged = f"SET {_WAS} = {_former(pair)}"
    if only_copies(pair):
        yield judged
        return
    made = [f"{_MADE}_{at}" for at in range(len(pair.new))]
    yield from (f"DECLARE {name} {stored_type(one)}" for name, one in zip(made, pair.new, strict=True))
    tried = [f"SET {name} = {of_row(pair, 'OLD', one.value)}" for name, one in zip(made, pair.new, strict=True)]
    unfilled = when(all_null(mysql, pair.new, "OLD"), tried)
    yield caught(f"SET {_WAS} = {literal(_CONFLICTING)}", [unfilled, judged])


def _forget_filled(sync: Synchronisation, pair: Synced, row: str) -> str:
    """Of a row that held nothing."""
    return begin([_variables(_WAS), *_judged_before(pair), _clear_aside(sync, pair, row, (_ASIDE,))])


def _agreed(pair: Synced) -> list[tuple[str, str]]:
    """A new-side value that the old side took over, and could not give back; or could not take over at all."""
    if pair.plain:
        return []
    said = literal(_KEPT_ONLY)
    if pair.exact:
        old, new = all_null(mysql, pair.old), all_null(mysql, pair.new)
        no_old = f"{old} AND NOT {new} AND NOT {down_possible(mysql, pair)}"
        said = f"CASE WHEN {no_old} THEN {literal(_BOTH)} ELSE {said} END"
    return [(alike(mysql, pair.old, down(mysql, pair)), said)]


def _first(whens: Iterable[tuple[str, str]], otherwise: str = "NULL") -> str:
    parts = " ".join(f"WHEN {condition} THEN {value}" for condition, value in whens)
    return f"CASE {parts} ELSE {otherwise} END"


def _conflicting(pair: Synced, both: str) -> str:
    if only_copies(pair):
        return literal(_CONFLICTING)
    return f"CASE WHEN {both} THEN {literal(_CONFLICTING)} ELSE {literal(_UNCONVERTED)} END"


def _not_refused(pair: Synced) -> str:
    """A side that took nothing over is NULL where it can be: then only the other one was written."""
    return f" AND NOT {all_null(mysql, pair.old, 'NEW')} AND NOT {all_null(mysql, pair.new, 'NEW')}"


def _judged(variable: str, otherwise: str, judgement: str) -> str:
    """SET, which raises where a value cannot be converted; IF would only warn."""
    return caught(f"SET {variable} = {literal(otherwise)}", [f"SET {variable} = {judgement}"])


def _stays_fine(pair: Synced) -> str:
    """Whether nothing was to be said of the row, nor is: its sides are in step, or have just been brought into it.

    What is given to a row just as it was due had no marks, unless more than a conversion can fail.
    """
    before = of_row(pair, "OLD", fine(pair))
    if not limited(pair.new):
        before = f"({before} OR ({all_null(mysql, pair.new, 'OLD')} AND NOT {changed(pair.old)}))"
    return f"{of_row(pair, 'NEW', fine(pair))} AND {before}"


def _unless(pair: Synced, quiet: str, body: Iterable[str]) -> str:
    """The body, unless it is seen at once that it has nothing to do. Only what copies values cannot raise."""
    if pair.plain:
        return when(f"NOT ({quiet})", [begin(body)])
    seen = caught(f"SET {_QUIET} = FALSE", [f"SET {_QUIET} = {quiet}"])
    return begin([f"DECLARE {_QUIET} BOOLEAN", seen, when(f"NOT {_QUIET}", [begin(body)])])


def _variables(*names: str) -> str:
    return f"DECLARE {', '.join(names)} CHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def _judge_filled(sync: Synchronisation, pair: Synced) -> str:
    """A value that nobody gave, and that cannot be made."""
    asked = of_row(pair, "NEW", out_of_step(mysql, pair))
    judgement = f"CASE WHEN {asked} THEN {literal(_UNCONVERTED)} ELSE {literal(_RIGHT)} END"
    judged = _judged(_IS, _UNCONVERTED, judgement)
    return begin([_variables(_IS), judged, when(_said(_IS, _UNCONVERTED), [_set_aside(sync, pair)])])


def _clear(sync: Synchronisation, pair: Synced, row: str) -> Iterator[str]:
    """Drop what no longer holds."""
    yield _clear_aside(sync, pair, row, (_ASIDE, _CONFLICT))
    if not pair.plain:
        ends = f"{_said(_WAS, _BOTH, _KEPT_ONLY)} AND NOT {_said(_IS, _BOTH, _KEPT_ONLY)}"
        yield when(ends, [_delete(sync, pair, _KEPT, row)])


def _clear_aside(sync: Synchronisation, pair: Synced, row: str, tables: tuple[str, ...]) -> str:
    """A row that was not filled yet may have been set aside where more than its value counted."""
    doubtful = when(_said(_WAS, _UNFILLED), [_delete_if_there(sync, pair, _ASIDE, row)]) if limited(pair.new) else ""
    certain = [_delete(sync, pair, table, row) for table in tables if table in _tables(pair)]
    return when(_said(_WAS, _UNCONVERTED, _BOTH, _CONFLICTING), certain, [doubtful])


def _write(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    if not only_copies(pair):
        yield when(_said(_IS, _UNCONVERTED, _BOTH), [_set_aside(sync, pair)])
    if not pair.plain:
        yield when(_said(_IS, _BOTH, _KEPT_ONLY), [_insert(_KEPT, _mark(sync, pair), {})])
    shown = {"old_value": _shown(pair.old), "new_value": _shown(pair.new), "at": now()}
    yield when(_said(_IS, _CONFLICTING), [_insert(_CONFLICT, _mark(sync, pair), shown)])


def _said(variable: str, *letters: str) -> str:
    return f"{variable} IN ({', '.join(map(literal, letters))})"


def _set_aside(sync: Synchronisation, pair: Synced) -> str:
    return _insert(_ASIDE, _mark(sync, pair), {"error": literal(_UNSTORABLE)})


def _mark(sync: Synchronisation, pair: Synced) -> dict[str, str]:
    key = key_json(mysql, sync, "NEW")
    return {
        "plan": literal(sync.plan),
        "table_name": literal(sync.table),
        "key": key,
        "column_name": literal(pair.name),
    }


def _insert(marks: str, mark: dict[str, str], more: dict[str, str]) -> str:
    """One row; where it is there already it stays."""
    values = mark | more
    names = ", ".join(map(quote, values))
    return f"INSERT INTO {marks} ({names}) VALUES ({', '.join(values.values())}) ON DUPLICATE KEY UPDATE plan = plan"


def _delete(sync: Synchronisation, pair: Synced, marks: str, row: str) -> str:
    return f"DELETE FROM {marks} WHERE {of_pair(mysql, sync, pair)} AND {_key_is(sync, row)}"


def _delete_if_there(sync: Synchronisation, pair: Synced, marks: str, row: str) -> str:
    return when(is_marked(sync, pair, marks, row), [_delete(sync, pair, marks, row)])


def _follow_key(sync: Synchronisation) -> Iterator[str]:
    """A row whose key changes takes its marks along, and none that another row has left there."""
    tables = [table for table in SIDE_TABLES if any(table in _tables(pair) for pair in sync.columns)]
    for marks in tables:
        yield f"DELETE FROM {marks} WHERE {of_plan(mysql, sync)} AND {_key_is(sync, 'NEW')}"
    for marks in tables:
        moved = f"{quote('key')} = {key_json(mysql, sync, 'NEW')}"
        yield f"UPDATE {marks} SET {moved} WHERE {of_plan(mysql, sync)} AND {_key_is(sync, 'OLD')}"


def _tables(pair: Synced) -> tuple[str, ...]:
    """Where the pair may have marks. Each of these tables is opened for every statement that fires the triggers."""
    if only_copies(pair):
        return (_CONFLICT,)
    if pair.one_sided:
        return (_ASIDE,)
    return (_ASIDE, _CONFLICT) if pair.plain else (_KEPT, _ASIDE, _CONFLICT)


def _key_changed(sync: Synchronisation) -> str:
    types = sync.key_types or ("",) * len(sync.key)
    parts = zip(sync.key, types, strict=True)
    return f"({' OR '.join(differs(f'OLD.{quote(name)}', f'NEW.{quote(name)}', type_) for name, type_ in parts)})"


def _is_as_it_was(sync: Synchronisation) -> str:
    """Whether the row has not been written: UPDATE IGNORE fires AFTER triggers for the rows that it skips, too."""
    found = [f"{_THERE}.{quote(name)} = OLD.{quote(name)}" for name in sync.key]
    held = {one.name: one.type for pair in sync.columns for one in (*pair.old, *pair.new)}
    keys = dict(zip(sync.key, sync.key_types or ("",) * len(sync.key), strict=True))
    found += [agrees(f"{_THERE}.{quote(name)}", f"OLD.{quote(name)}", type_) for name, type_ in (keys | held).items()]
    return f"EXISTS (SELECT 1 FROM {table(sync.table)} AS {_THERE} WHERE {' AND '.join(found)})"


def _key_is(sync: Synchronisation, row: str) -> str:
    return f"{quote('key')} = {key_json(mysql, sync, row)}"


def _shown(side: tuple[Held, ...]) -> str:
    """A side's values for people: the value itself where it is one."""
    values = [(f"NEW.{quote(one.name)}", one.type) for one in side]
    text = canonical(*values[0]) if len(values) == 1 else whole_array(values)
    return f"LEFT({text}, {_SHOWN})"
