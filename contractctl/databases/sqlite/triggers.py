"""Which triggers keep two columns in step? SQLite's only have AFTER for this: they correct the row once it is written.

Nothing is kept in a session: OLD and NEW say which side a statement wrote, and the row as it stands by then says
what is still to do, so that it matters neither which of a table's triggers runs first nor whether recursive_triggers
is on. The row is corrected with OR IGNORE: a value that a constraint refuses is set aside, the writer's own
statement goes through. Where a statement changed neither side nothing is done: the row may be one that an
application's own trigger touched in the middle of a new-side write. The backfill fills what is not filled.

Two things reach the writer: NULL where both sides promise NOT NULL, and an expression that raises by itself
(malformed JSON); and REPLACE INTO passes its own policy on to triggers, so a unique index on the new column may then
replace a second row, as it will without us.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import SIDE_TABLES, Held, Synced, Synchronisation, sides, sqlite
from contractctl.databases.sides import (
    UNSTORABLE,
    alike,
    all_null,
    down,
    down_possible,
    in_step,
    is_kept,
    key_json,
    of_pair,
    of_plan,
    out_of_step,
    shown,
    survives,
    unlike,
    up,
    up_possible,
)
from contractctl.databases.sqlite import across
from contractctl.databases.sqlite.expressions import bind, differs, now
from contractctl.databases.sqlite.names import literal, quote

EVENTS = ("insert", "update", "rekey", "delete")
_STATEMENT = {"rekey": "UPDATE"}


def trigger_name(sync: Synchronisation, event: str) -> str:
    """The name of the trigger on one of EVENTS: all of contractctl's begin alike."""
    return f"contractctl_{sync.plan}_{sync.table}_{event}"


def triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers: one an event for the whole plan and table.

    An update that changes the key has a trigger of its own: the marks that follow it cost temporary tables, ten times
    what all the rest costs, and hardly any update changes a key.
    """
    if sync.across is not None:
        return across.triggers(sync)
    return (_insert(sync), _update(sync), _rekey(sync), _delete(sync))


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone: rebuilding a table drops its triggers."""
    if sync.across is not None:
        return across.missing_triggers(connection, sync)
    query = "SELECT name FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
    there = set(connection.exec_driver_sql(query, (sync.table,)).scalars())
    return tuple(name for event in EVENTS if (name := trigger_name(sync, event)) not in there)


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    if sync.across is not None:
        return across.drop_triggers(sync)
    return tuple(f"DROP TRIGGER IF EXISTS {quote(trigger_name(sync, event))}" for event in EVENTS)


def _insert(sync: Synchronisation) -> str:
    """The side that is given fills the other one."""
    body = [*_forget(sync, "NEW")]
    for pair in sync.columns:
        body += [_fill_one(sync, pair)] if pair.one_sided else _insert_pair(sync, pair)
    return _create(sync, "insert", None, body)


def _insert_pair(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    given_new = f"NOT {all_null(sqlite, pair.new, 'NEW')}"
    given_old = f"({' OR '.join(_given(one) for one in pair.old)})"
    if pair.required:
        yield _refuse(sync, pair.old[0], f"{all_null(sqlite, pair.old, 'NEW')} AND {all_null(sqlite, pair.new, 'NEW')}")
    yield from _keep(sync, pair, f"{given_new} AND (NOT {given_old} OR {_old_is_made_of_new(pair)})")
    yield _set_old(sync, pair, f"{given_new} AND NOT {given_old}")
    yield _set_new(sync, pair, f"NOT ({given_new} AND {given_old})", f"{given_new} AND NOT {given_old}")
    yield _conflict(sync, pair, f"{given_new} AND {given_old}")
    yield from _finish(sync, pair, "1", f"NOT ({given_new} AND {given_old})")


def _given(one: Held) -> str:
    """A default hides that nothing was given."""
    value = f"NEW.{quote(one.name)}"
    return f"({value} IS NOT NULL AND {differs(value, one.default or 'NULL', one.type)})"


def _update(sync: Synchronisation) -> str:
    """The side that changed gives the other one its value."""
    changed = " OR ".join(_interesting(sync))
    return _create(sync, "update", f"NOT ({_key_changed(sync)}) AND ({changed})", [*_updated(sync)])


def _rekey(sync: Synchronisation) -> str:
    """As _update(), for a row whose key changes: its marks follow it first."""
    return _create(sync, "rekey", _key_changed(sync), [*_follow_key(sync), *_updated(sync)])


def _interesting(sync: Synchronisation) -> Iterator[str]:
    for pair in sync.columns:
        if pair.one_sided:
            yield all_null(sqlite, pair.new, "NEW")
        else:
            yield from (_changed(pair.old), _changed(pair.new))


def _updated(sync: Synchronisation) -> Iterator[str]:
    for pair in sync.columns:
        if pair.one_sided:
            yield _fill_one(sync, pair)
        else:
            yield from _update_pair(sync, pair)


def _update_pair(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    old, new = _changed(pair.old), _changed(pair.new)
    only_old, only_new = f"{old} AND NOT {new}", f"{new} AND NOT {old}"
    either, both = f"({old} OR {new})", f"{old} AND {new}"
    if pair.required:
        yield from _refuse_null(sync, pair, only_old, only_new)
    for table in ("contractctl_set_aside", "contractctl_conflict"):
        yield f"DELETE FROM {table} WHERE {of_pair(sqlite, sync, pair)} AND {_key_is(sync, 'NEW')} AND {either}"
    if len(pair.new) > 1:
        yield _complete(sync, pair, only_new)
    yield from _keep(sync, pair, f"{new} AND (NOT {old} OR {_old_is_made_of_new(pair)})")
    yield _set_old(sync, pair, only_new)
    set_new = _set_new(sync, pair, f"{either} AND NOT ({both})", only_new)
    yield from (set_new, set_new)  # again: an application's trigger may have tidied the old side after the first
    yield _conflict(sync, pair, both)
    yield from _finish(sync, pair, either, f"{either} AND NOT ({both})")


def _delete(sync: Synchronisation) -> str:
    """What is gone needs no marks."""
    return _create(sync, "delete", None, [*_forget(sync, "OLD")])


def _complete(sync: Synchronisation, pair: Synced, when: str) -> str:
    """Of a row that is not filled yet, what was not written holds what the old side says, as if it had been filled."""
    ups = zip(pair.new, up(sqlite, pair), strict=True)
    values = tuple(f"coalesce({quote(one.name)}, {value})" for one, value in ups)
    return (
        f"UPDATE OR IGNORE {quote(sync.table)} SET {_assigned(pair.new, values)} WHERE {_this_row(sync)} AND {when}"
        f" AND {all_null(sqlite, pair.new, 'OLD')} AND {unlike(sqlite, pair.new, values)}"
    )


def _set_old(sync: Synchronisation, pair: Synced, when: str) -> str:
    values = down(sqlite, pair)
    return (
        f"UPDATE OR IGNORE {quote(sync.table)} SET {_assigned(pair.old, values)} WHERE {_this_row(sync)} AND {when}"
        f" AND {out_of_step(sqlite, pair)} AND {unlike(sqlite, pair.old, values)}"
    )


def _set_new(sync: Synchronisation, pair: Synced, when: str, only_new: str) -> str:
    """Not where the old side has just refused the new value: it is to be set aside, and not taken back."""
    values = up(sqlite, pair)
    untouched = alike(sqlite, pair.old, (f"NEW.{quote(one.name)}" for one in pair.old))
    refused = f"{only_new} AND {untouched} AND {unlike(sqlite, pair.old, down(sqlite, pair))}"
    kept = f" AND NOT ({is_kept(sqlite, sync, pair)})" if pair.can_be_kept else ""
    return (
        f"UPDATE OR IGNORE {quote(sync.table)} SET {_assigned(pair.new, values)} WHERE {_this_row(sync)} AND {when}"
        f" AND {unlike(sqlite, pair.new, values)} AND NOT ({refused}){kept}"
    )


def _fill_one(sync: Synchronisation, pair: Synced) -> str:
    return (
        f"UPDATE OR IGNORE {quote(sync.table)} SET {_assigned(pair.new, up(sqlite, pair))}"
        f" WHERE {_this_row(sync)} AND {all_null(sqlite, pair.new)} AND {out_of_step(sqlite, pair)}"
    )


def _keep(sync: Synchronisation, pair: Synced, when: str) -> Iterator[str]:
    """Mark a new-side value that the old side could not give back: it is right, and the backfill leaves it alone."""
    if pair.can_be_kept:
        yield (
            f"INSERT OR IGNORE INTO contractctl_kept (plan, table_name, key, column_name) SELECT {_mark(sync, pair)}"
            f" FROM {quote(sync.table)} WHERE {_this_row(sync)} AND {when}"
            f" AND {out_of_step(sqlite, pair)} AND NOT ({survives(sqlite, pair)})"
        )


def _conflict(sync: Synchronisation, pair: Synced, when: str) -> str:
    return (
        "INSERT INTO contractctl_conflict (plan, table_name, key, column_name, old_value, new_value, at)"
        f" SELECT {_mark(sync, pair)}, {shown(sqlite, pair.old)}, {shown(sqlite, pair.new)}, {now()}"
        f" FROM {quote(sync.table)} WHERE {_this_row(sync)} AND {when}"
        f" AND {out_of_step(sqlite, pair)} AND {unlike(sqlite, pair.old, down(sqlite, pair))}"
    )


def _finish(sync: Synchronisation, pair: Synced, changed: str, one_side: str) -> Iterator[str]:
    """Set aside what the other side could not take, and drop a mark that no longer says anything."""
    row, lost = _this_row(sync), out_of_step(sqlite, pair)
    if pair.can_be_kept:
        agreed = alike(sqlite, pair.old, down(sqlite, pair))
        yield (
            f"DELETE FROM contractctl_kept WHERE {of_pair(sqlite, sync, pair)} AND {_key_is(sync, 'NEW')} AND {changed}"
            f" AND NOT EXISTS (SELECT 1 FROM {quote(sync.table)} WHERE {row}"
            f" AND NOT {in_step(sqlite, pair)} AND {agreed})"
        )
        lost = f"(({lost} AND NOT ({is_kept(sqlite, sync, pair)})) OR {_unanswered(pair)})"
    yield (
        "INSERT OR IGNORE INTO contractctl_set_aside (plan, table_name, key, column_name, error)"
        f" SELECT {_mark(sync, pair)}, {literal(UNSTORABLE)} FROM {quote(sync.table)}"
        f" WHERE {row} AND {one_side} AND {lost}"
    )


def _unanswered(pair: Synced) -> str:
    """Whether one side is NULL since the other side's values cannot be converted."""
    new, old = all_null(sqlite, pair.new), all_null(sqlite, pair.old)
    nothing = " AND ".join(f"{value} IS NULL" for value in up(sqlite, pair))
    no_new = f"({new} AND NOT {old} AND {nothing} AND NOT ({up_possible(sqlite, pair)}))"
    return f"{no_new} OR (NOT {new} AND {old} AND NOT ({down_possible(sqlite, pair)}))"


def _refuse_null(sync: Synchronisation, pair: Synced, only_old: str, only_new: str) -> Iterator[str]:
    old, new = all_null(sqlite, pair.old, "NEW"), all_null(sqlite, pair.new, "NEW")
    yield _refuse(sync, pair.old[0], f"{old} AND {only_old} AND ({new} OR {_some(_of_new(pair, down(sqlite, pair)))})")
    yield _refuse(sync, pair.new[0], f"{new} AND {only_new} AND ({old} OR {_some(_of_old(pair, up(sqlite, pair)))})")


def _some(values: tuple[str, ...]) -> str:
    return " OR ".join(f"({value}) IS NOT NULL" for value in values)


def _refuse(sync: Synchronisation, column: Held, when: str) -> str:
    message = literal(f"NOT NULL constraint failed: {sync.table}.{column.name}")
    return f"SELECT RAISE(ABORT, {message}) WHERE {when}"


def _follow_key(sync: Synchronisation) -> Iterator[str]:
    """A row whose key changes takes its marks along, and none of the row that it may have replaced there."""
    yield from _forget(sync, "NEW")
    for table in SIDE_TABLES:
        yield (
            f"UPDATE OR REPLACE {table} SET key = {key_json(sqlite, sync, 'NEW')}"
            f" WHERE {of_plan(sqlite, sync)} AND {_key_is(sync, 'OLD')}"
        )


def _forget(sync: Synchronisation, row: str) -> Iterator[str]:
    for table in SIDE_TABLES:
        yield f"DELETE FROM {table} WHERE {of_plan(sqlite, sync)} AND {_key_is(sync, row)}"


def _key_is(sync: Synchronisation, row: str) -> str:
    return f"key = {key_json(sqlite, sync, row)}"


def _key_changed(sync: Synchronisation) -> str:
    return " OR ".join(differs(f"OLD.{quote(name)}", f"NEW.{quote(name)}", "") for name in sync.key)


def _changed(side: tuple[Held, ...]) -> str:
    return unlike(sqlite, side, (f"NEW.{quote(one.name)}" for one in side), "OLD")


def _this_row(sync: Synchronisation) -> str:
    """By `=`, not IS: SQLite allows NULL in a primary key, and rows that share it are not one row."""
    return " AND ".join(f"{quote(name)} = NEW.{quote(name)}" for name in sync.key)


def _assigned(side: tuple[Held, ...], values: tuple[str, ...]) -> str:
    return ", ".join(f"{quote(one.name)} = {value}" for one, value in zip(side, values, strict=True))


def _old_is_made_of_new(pair: Synced) -> str:
    return alike(sqlite, pair.old, _of_new(pair, down(sqlite, pair)), "NEW")


def _of_new(pair: Synced, values: tuple[str, ...]) -> tuple[str, ...]:
    """Expressions over the new columns, asked of NEW where no table is at hand."""
    return tuple(bind(value, {one.name: f"NEW.{quote(one.name)}" for one in pair.new}) for value in values)


def _of_old(pair: Synced, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(bind(value, {one.name: f"NEW.{quote(one.name)}" for one in pair.old}) for value in values)


def _mark(sync: Synchronisation, pair: Synced) -> str:
    return sides.mark(sqlite, sync, pair)


def _create(sync: Synchronisation, event: str, when: str | None, body: list[str]) -> str:
    condition = f" WHEN {when}" if when else ""
    statements = "".join(f"\n  {statement};" for statement in body)
    statement_kind = _STATEMENT.get(event, event.upper())
    return (
        f"CREATE TRIGGER {quote(trigger_name(sync, event))} AFTER {statement_kind} ON {quote(sync.table)}"
        f" FOR EACH ROW{condition} BEGIN{statements}\nEND"
    )
