"""Which triggers keep two sides in step? BEFORE triggers give the other side its value, AFTER triggers write the marks.

A BEFORE INSERT trigger also fires where ON DUPLICATE KEY UPDATE then updates and where INSERT IGNORE skips, and BEFORE
UPDATE where UPDATE IGNORE does, so that they do nothing but set NEW. The AFTER triggers judge the row as it was and as
it is by its values alone: nothing is kept in a session. What the backfill writes is known by its value, too: only the
new side changes, to just what the old side asks for, and then the old side is left alone. Where values are only copied
that comes to nothing in the end, and the triggers leave at once where contractctl's own session says that it fills.

A trigger keeps the sql_mode in which it is created: SET in it raises where a value cannot be converted, whatever the
mode of the session that writes. What raises is caught, the other side becomes NULL where it can be, and the row is set
aside: the writer's own statement goes through. So it is where a unique index or a CHECK would refuse the other side's
value; both are asked before, in one snapshot: of two writers who take the same value at the same moment, the second is
refused, as without us.

Under REPEATABLE READ, in which most applications write, InnoDB locks the gap in which a trigger looks for a row and
finds none, and others then wait to write theirs there. So marks are deleted only where the row as it was had some, and
nobody looks into a unique index where the other side has the like.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import Held, Synced, Synchronisation, mysql, run
from contractctl.databases.mysql.engine import SQL_MODE
from contractctl.databases.mysql.names import entity_name, filling, literal, qualified, quote, same, table
from contractctl.databases.mysql.tables import of_table
from contractctl.databases.mysql.tokens import Sort, tokens
from contractctl.databases.mysql.triggers import across, marks
from contractctl.databases.mysql.triggers.bodies import begin, caught, when
from contractctl.databases.mysql.triggers.judging import changed, fine, given_new, given_old, of_row
from contractctl.databases.mysql.triggers.marking import is_marked
from contractctl.databases.mysql.triggers.trying import create_functions, drop_functions
from contractctl.databases.mysql.types import nothing
from contractctl.databases.sides import alike, all_null, down, in_step, up

EVENTS = ("before_update", "before_insert", "after_update", "after_insert", "after_delete")
"""In the order in which they come, one by one beside everybody's writes: what an INSERT has kept in step stays so."""

_LEFT, _BACK = "contractctl_left", "contractctl_back"
_OTHER = "contractctl_other"


def trigger_name(sync: Synchronisation, event: str) -> str:
    """The name of the trigger on one of EVENTS."""
    return entity_name(sync.plan, sync.table, event)


def triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers: one an event for the whole plan and table; and what tries values."""
    if sync.across is not None:
        return across.create(sync)
    return (*create_functions(sync), *create(sync).values())


def create(sync: Synchronisation, *, anew: bool = False) -> dict[str, str]:
    """The trigger for each of EVENTS; `anew`: replacing the existing one."""
    replacing = "OR REPLACE " if anew else ""
    return {
        event: f"SET STATEMENT sql_mode = {literal(SQL_MODE)} FOR CREATE {replacing}TRIGGER {_qualified(sync, event)}"
        f" {event.replace('_', ' ').upper()} ON {table(sync.table)} FOR EACH ROW\n{body}"
        for event, body in bodies(sync).items()
    }


def bodies(sync: Synchronisation) -> dict[str, str]:
    """What each trigger does, as the server keeps it word by word."""
    written = (
        _unless_filling(sync, _before_update(sync)),
        _before_insert(sync),
        _unless_filling(sync, marks.after_update(sync)),
        marks.after_insert(sync),
        marks.after_delete(sync),
    )
    return {event: begin(body) for event, body in zip(EVENTS, written, strict=True)}


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    if sync.across is not None:
        return across.drop_triggers(sync)
    return (
        *(f"DROP TRIGGER IF EXISTS {_qualified(sync, event)}" for event in EVENTS),
        *drop_functions(sync),
    )


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone, or do something else: MariaDB cannot disable triggers."""
    if sync.across is not None:
        return across.missing_triggers(connection, sync)
    query = (
        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS"
        f" WHERE {of_table(sync.table, 'EVENT_OBJECT_SCHEMA', 'EVENT_OBJECT_TABLE')}"
    )
    there = set(run(connection, query).scalars())
    return tuple(
        trigger_name(sync, event)
        for event, body in bodies(sync).items()
        if trigger_name(sync, event) not in there or not _text(connection, sync, event).endswith(body)
    )


def _text(connection: Connection, sync: Synchronisation, event: str) -> str:
    """The trigger as it was written: information_schema shows some literals in other words."""
    return str(run(connection, f"SHOW CREATE TRIGGER {_qualified(sync, event)}").one()[2])


def _qualified(sync: Synchronisation, event: str) -> str:
    return qualified(sync.table, trigger_name(sync, event))


def _unless_filling(sync: Synchronisation, body: Iterator[str]) -> Iterator[str]:
    """A question of its own: whatever else stood in it would be made ready for each row, too."""
    if marks.may_leave(sync):
        yield when(f"{filling(sync.plan, sync.table)} IS NULL", body)
    else:
        yield from body


def _before_insert(sync: Synchronisation) -> Iterator[str]:
    """The side that is given fills the other."""
    for pair in sync.columns:
        up_new = _give(sync, pair, pair.new, "insert")
        if pair.one_sided:
            yield when(all_null(mysql, pair.new, "NEW"), [up_new])
            continue
        down_old = when(f"NOT {given_old(pair)}", [_give(sync, pair, pair.old, "insert")])
        yield from _unless_null(sync, pair, when(given_new(pair), [down_old], [up_new]))


def _before_update(sync: Synchronisation) -> Iterator[str]:
    """The side that changed gives the other one its value."""
    for pair in sync.columns:
        up_new = _give(sync, pair, pair.new, "update")
        if pair.one_sided:
            yield when(all_null(mysql, pair.new, "NEW"), [up_new])
            continue
        down_old = _give(sync, pair, pair.old, "update")
        old, new = _written(pair.old, pair.new), _written(pair.new, pair.old)
        only_old = [_refuse_null(pair, pair.old, pair.new, down(mysql, pair)), _unless_kept(sync, pair, up_new)]
        if _is_left_to_the_server(pair):
            only_old = [when(all_null(mysql, pair.old, "NEW"), _put_in(sync, pair, "update"), [up_new])]
        only_new = [
            _refuse_null(pair, pair.new, pair.old, up(mysql, pair)),
            *_complete(pair),
            _unless_filled(sync, pair, down_old),
        ]
        yield when(old, [when(f"NOT {new}", only_old)], [when(new, only_new)])


def _complete(pair: Synced) -> Iterator[str]:
    """Of a row that is not filled yet, what was not written holds what the old side says, as if it had been filled."""
    names = [f"NEW.{quote(one.name)}" for one in pair.new]
    values = [of_row(pair, "NEW", f"({value})") for value in up(mysql, pair)]
    taken = [f"SET {name} = COALESCE({name}, {value})" for name, value in zip(names, values, strict=True)]
    if len(names) > 1:
        yield when(all_null(mysql, pair.new, "OLD"), [caught(f"SET {names[0]} = {names[0]}", taken)])


def _written(side: tuple[Held, ...], other: tuple[Held, ...]) -> str:
    """Whether the writer has changed this side: not where the row's clock has, while the other side was written."""
    clocks = [one for one in side if one.column is not None and one.column.on_update is not None]
    if not clocks:
        return changed(side)
    by_itself = [f"NEW.{quote(one.name)} <=> {one.column.on_update}" for one in clocks if one.column is not None]
    rest = tuple(one for one in side if one not in clocks)
    quiet = f" AND NOT {changed(rest)}" if rest else ""
    return f"({changed(side)} AND NOT ({' AND '.join(by_itself)}{quiet} AND {changed(other)}))"


def _unless_kept(sync: Synchronisation, pair: Synced, give: str) -> str:
    """Not where the old side has only taken over what the new one holds, or could not: so a repair writes it."""
    if pair.plain:
        return give
    seen = of_row(pair, "NEW", alike(mysql, pair.old, (f"({one.value})" for one in pair.old)))
    agreed = of_row(pair, "NEW", alike(mysql, pair.old, down(mysql, pair)))
    kept = when(is_marked(sync, pair, "contractctl_kept", "NEW"), [f"SET {_LEFT} = TRUE"])
    asked = when(f"({all_null(mysql, pair.old, 'NEW')} OR {seen})", [when(agreed, [kept])])
    return _unless_left(sync, pair, pair.old, asked, give)


def _unless_filled(sync: Synchronisation, pair: Synced, give: str) -> str:
    """Not where the new side is given just what the old one asks for, as the backfill does, or cannot be given it."""
    if pair.plain:
        return give
    filled = f"CASE WHEN {fine(pair)} THEN TRUE ELSE {in_step(mysql, pair)} END"
    asked = f"SET {_LEFT} = {of_row(pair, 'NEW', filled)}"
    return _unless_left(sync, pair, pair.new, asked, give)


def _unless_left(sync: Synchronisation, pair: Synced, side: tuple[Held, ...], asked: str, give: str) -> str:
    """A condition that looks into a table stands by itself: to prepare for that costs, whatever comes of it."""
    aside = when(is_marked(sync, pair, "contractctl_set_aside", "NEW"), [f"SET {_LEFT} = TRUE"])
    return begin(
        [
            f"DECLARE {_LEFT} BOOLEAN DEFAULT FALSE",
            caught(f"SET {_LEFT} = FALSE", [asked]),
            when(all_null(mysql, side, "NEW"), [aside]),
            when(f"NOT {_LEFT}", [give]),
        ]
    )


def _give(sync: Synchronisation, pair: Synced, side: tuple[Held, ...], event: str) -> str:
    """Let a side hold what the other one asks for; where that cannot be made, or is refused, it holds nothing."""
    taken = [f"SET NEW.{quote(one.name)} = {of_row(pair, 'NEW', f'({one.value})')}" for one in side]
    refused = _refused(sync, pair, side, event)
    if pair.plain and not refused:
        return begin(taken)
    give_up = begin(_given_up(one, event) for one in side)
    if refused:
        taken.append(when(refused, [give_up]))
    if not pair.exact:
        return caught(give_up, taken)
    source = pair.new if side is pair.old else pair.old
    back = of_row(pair, "NEW", alike(mysql, source, (f"({one.value})" for one in source)))
    taken += [f"SET {_BACK} = {back}", when(f"NOT {_BACK}", [give_up])]
    return begin([f"DECLARE {_BACK} BOOLEAN", caught(give_up, taken)])


def _given_up(one: Held, event: str) -> str:
    """NULL, or where that is impossible, what was there."""
    name = quote(one.name)
    if one.column is None or not one.column.not_null:
        return f"SET NEW.{name} = NULL"
    if event == "update":
        return f"SET NEW.{name} = OLD.{name}"
    return f"SET NEW.{name} = {one.default}" if one.default is not None else f"SET NEW.{name} = NULL"


def _refused(sync: Synchronisation, pair: Synced, side: tuple[Held, ...], event: str) -> str:
    """Whether a unique index or a CHECK would not have the row with what the side has been given; empty: none asks."""
    columns = [one.column for one in side if one.column is not None]
    unique = {names for column in columns for names in column.unique if not _is_mirrored(pair, side, names)}
    if pair.is_key:
        unique = set()  # a key that is there already is refused on either side
    checks = {text for column in columns for text in column.checks}
    found = [_taken(sync, pair, side, names, event) for names in sorted(unique)]
    found += [f"({_of_new(text)}) IS FALSE" for text in sorted(checks)]
    return f"({' OR '.join(found)})" if found else ""


def _is_mirrored(pair: Synced, side: tuple[Held, ...], names: tuple[str, ...]) -> bool:
    """Whether the writer's own value is refused where the other side's would be: then nobody needs to ask.

    To ask costs more than time: InnoDB locks the gap in which it finds nothing, and two writers end in a deadlock.
    """
    here, there = (pair.old[0], pair.new[0]) if side is pair.old else (pair.new[0], pair.old[0])
    if len(pair.old) != 1 or len(pair.new) != 1 or here.column is None or there.column is None:
        return False
    if not pair.plain or here.column.collation != there.column.collation:
        return False
    return tuple(there.name if same(name, here.name) else name for name in names) in there.column.unique


def _taken(sync: Synchronisation, pair: Synced, side: tuple[Held, ...], names: tuple[str, ...], event: str) -> str:
    """Whether another row has these values; not one that refuses the writer's own values, or makes way for them."""
    source = pair.new if side is pair.old else pair.old
    own = {other for one in source if one.column is not None for other in one.column.unique} - {names}
    same = [_alike_in((*sync.key,), "OLD" if event == "update" else "NEW")]
    same += [_alike_in(other, "NEW") for other in sorted(own)]
    found = f"{_alike_in(names, 'NEW')} AND NOT ({' OR '.join(f'COALESCE({one}, FALSE)' for one in same)})"
    return f"EXISTS (SELECT 1 FROM {table(sync.table)} AS {_OTHER} WHERE {found})"


def _alike_in(names: tuple[str, ...], row: str) -> str:
    return "(" + " AND ".join(f"{_OTHER}.{quote(name)} = {row}.{quote(name)}" for name in names) + ")"


def _of_new(check: str) -> str:
    """A CHECK condition, as the server writes it, asked of NEW: its quoted names are columns."""
    return "".join(f"NEW.{token.text}" if token.sort is Sort.QUOTED else token.text for token in tokens(check))


def _is_left_to_the_server(pair: Synced) -> bool:
    """Whether the server itself refuses NULL on the old side, or puts something in, as the session's mode has it.

    No trigger knows that mode. What is put in, both columns can hold.
    """
    column = pair.old[0].column
    return pair.required and pair.plain and column is not None and column.not_null


def _unless_null(sync: Synchronisation, pair: Synced, given: str) -> Iterator[str]:
    """A new row for which neither side is given is refused where both promise a value, or gets what is put in."""
    nulls = f"{all_null(mysql, pair.old, 'NEW')} AND {all_null(mysql, pair.new, 'NEW')}"
    if _is_left_to_the_server(pair):
        yield when(nulls, _put_in(sync, pair, "insert"), [given])
        return
    if pair.required:
        yield _refuse(pair.old[0], nulls)
    yield given


def _put_in(sync: Synchronisation, pair: Synced, event: str) -> Iterator[str]:
    """The new side holds what the server puts in."""
    (new,) = pair.new
    yield f"SET NEW.{quote(new.name)} = {nothing(new.type)}"
    if refused := _refused(sync, pair, pair.new, event):
        yield when(refused, [_given_up(new, event)])


def _refuse_null(pair: Synced, side: tuple[Held, ...], other: tuple[Held, ...], values: tuple[str, ...]) -> str:
    """NULL where both sides promise a value is refused as before, unless there was none to give."""
    if not pair.required:
        return ""
    some = " OR ".join(f"{of_row(pair, 'NEW', value)} IS NOT NULL" for value in values)
    return _refuse(side[0], f"{all_null(mysql, side, 'NEW')} AND ({all_null(mysql, other, 'NEW')} OR {some})")


def _refuse(column: Held, condition: str) -> str:
    message = literal(f"Column '{column.name}' cannot be null")
    return when(condition, [f"SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1048, MESSAGE_TEXT = {message}"])
