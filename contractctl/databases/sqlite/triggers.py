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

from contractctl.databases import Synced, Synchronisation
from contractctl.databases.sqlite.expressions import (
    agrees,
    differs,
    down,
    down_possible,
    identity,
    is_kept,
    key_json,
    of,
    survives,
    up,
    up_possible,
)
from contractctl.databases.sqlite.names import literal, quote

EVENTS = ("insert", "update", "rekey", "delete")
_STATEMENT = {"rekey": "UPDATE"}
SIDE_TABLES = ("contractctl_kept", "contractctl_set_aside", "contractctl_conflict")
_UNSTORABLE = "the value cannot be converted to the other side and back, or a constraint refuses it"


def trigger_name(sync: Synchronisation, event: str) -> str:
    """The name of the trigger on one of EVENTS: all of contractctl's begin alike."""
    return f"contractctl_{sync.plan}_{sync.table}_{event}"


def triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers: one an event for the whole plan and table.

    An update that changes the key has a trigger of its own: the marks that follow it cost temporary tables, ten times
    what all the rest costs, and hardly any update changes a key.
    """
    return (_insert(sync), _update(sync), _rekey(sync), _delete(sync))


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone: whoever rebuilds a table drops its triggers."""
    query = "SELECT name FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
    there = set(connection.exec_driver_sql(query, (sync.table,)).scalars())
    return tuple(name for event in EVENTS if (name := trigger_name(sync, event)) not in there)


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    return tuple(f"DROP TRIGGER IF EXISTS {quote(trigger_name(sync, event))}" for event in EVENTS)


def _insert(sync: Synchronisation) -> str:
    """The side that is given fills the other one."""
    body = [*_forget(sync, "NEW")]
    for pair in sync.columns:
        body += _insert_one_sided(sync, pair) if pair.one_sided else _insert_pair(sync, pair)
    return _create(sync, "insert", None, body)


def _insert_pair(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    new, old = f"NEW.{quote(pair.new)}", f"NEW.{quote(pair.old)}"
    given_new = f"{new} IS NOT NULL"
    given_old = f"({old} IS NOT NULL AND {differs(old, pair.old_default or 'NULL')})"
    if pair.required:
        yield _refuse(sync, pair.old, f"{old} IS NULL AND {new} IS NULL")
    yield from _keep(sync, pair, f"{given_new} AND (NOT ({given_old}) OR {agrees(old, _over_new(pair, down(pair)))})")
    yield _set_old(sync, pair, f"{given_new} AND NOT ({given_old})")
    yield _set_new(sync, pair, f"NOT ({given_new} AND {given_old})", f"{given_new} AND NOT ({given_old})")
    yield _conflict(sync, pair, f"{given_new} AND {given_old}")
    yield from _finish(sync, pair, "1", f"NOT ({given_new} AND {given_old})")


def _insert_one_sided(sync: Synchronisation, pair: Synced) -> Iterator[str]:
    yield _fill_one(sync, pair)


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
            yield f"NEW.{quote(pair.new)} IS NULL"
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
    only_old, only_new = f"{old} AND NOT ({new})", f"{new} AND NOT ({old})"
    either, both = f"({old} OR {new})", f"{old} AND {new}"
    if pair.required:
        yield from _refuse_null(sync, pair, only_old, only_new)
    for table in ("contractctl_set_aside", "contractctl_conflict"):
        yield f"DELETE FROM {table} WHERE {of(sync, pair)} AND key = {key_json(sync.key, 'NEW')} AND {either}"
    agreed = agrees(f"NEW.{quote(pair.old)}", _over_new(pair, down(pair)))
    yield from _keep(sync, pair, f"{new} AND (NOT ({old}) OR {agreed})")
    yield _set_old(sync, pair, only_new)
    set_new = _set_new(sync, pair, f"{either} AND NOT ({both})", only_new)
    yield from (set_new, set_new)  # again: an application's trigger may have tidied the old side after the first
    yield _conflict(sync, pair, both)
    yield from _finish(sync, pair, either, f"{either} AND NOT ({both})")


def _delete(sync: Synchronisation) -> str:
    """What is gone needs no marks."""
    return _create(sync, "delete", None, [*_forget(sync, "OLD")])


def _set_old(sync: Synchronisation, pair: Synced, when: str) -> str:
    value = down(pair)
    return (
        f"UPDATE OR IGNORE {quote(sync.table)} SET {quote(pair.old)} = {value} WHERE {_this_row(sync)} AND {when}"
        f" AND {differs(quote(pair.new), up(pair))} AND {differs(quote(pair.old), value)}"
    )


def _set_new(sync: Synchronisation, pair: Synced, when: str, only_new: str) -> str:
    """Not where the old side has just refused the new value: it is to be set aside, and not taken back."""
    value, old = up(pair), quote(pair.old)
    refused = f"{only_new} AND {agrees(old, f'NEW.{old}')} AND {differs(old, down(pair))}"
    kept = "" if identity(pair) else f" AND NOT ({is_kept(sync, pair)})"
    return (
        f"UPDATE OR IGNORE {quote(sync.table)} SET {quote(pair.new)} = {value} WHERE {_this_row(sync)} AND {when}"
        f" AND {differs(quote(pair.new), value)} AND NOT ({refused}){kept}"
    )


def _fill_one(sync: Synchronisation, pair: Synced) -> str:
    column = quote(pair.new)
    return (
        f"UPDATE OR IGNORE {quote(sync.table)} SET {column} = {up(pair)}"
        f" WHERE {_this_row(sync)} AND {column} IS NULL AND {differs(column, up(pair))}"
    )


def _keep(sync: Synchronisation, pair: Synced, when: str) -> Iterator[str]:
    """Mark a new-side value that the old side could not give back: it is right, and the backfill leaves it alone."""
    if identity(pair):
        return
    yield (
        f"INSERT OR IGNORE INTO contractctl_kept (plan, table_name, key, column_name) SELECT {_marks(sync, pair)}"
        f" FROM {quote(sync.table)} WHERE {_this_row(sync)} AND {when}"
        f" AND {differs(quote(pair.new), up(pair))} AND NOT ({survives(pair)})"
    )


def _conflict(sync: Synchronisation, pair: Synced, when: str) -> str:
    return (
        "INSERT INTO contractctl_conflict (plan, table_name, key, column_name, old_value, new_value, at)"
        f" SELECT {_marks(sync, pair)}, {quote(pair.old)}, {quote(pair.new)},"
        f" strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM {quote(sync.table)} WHERE {_this_row(sync)} AND {when}"
        f" AND {differs(quote(pair.new), up(pair))} AND {differs(quote(pair.old), down(pair))}"
    )


def _finish(sync: Synchronisation, pair: Synced, changed: str, one_side: str) -> Iterator[str]:
    """Set aside what the other side could not take, and drop a mark that no longer says anything."""
    row, new, old = _this_row(sync), quote(pair.new), quote(pair.old)
    lost = differs(new, up(pair))
    if not identity(pair):
        yield (
            f"DELETE FROM contractctl_kept WHERE {of(sync, pair)} AND key = {key_json(sync.key, 'NEW')} AND {changed}"
            f" AND NOT EXISTS (SELECT 1 FROM {quote(sync.table)} WHERE {row}"
            f" AND {differs(new, up(pair))} AND {agrees(old, down(pair))})"
        )
        lost = (
            f"(({lost} AND NOT ({is_kept(sync, pair)})) OR ({new} IS NULL AND {old} IS NOT NULL AND {up(pair)} IS NULL"
            f" AND NOT ({up_possible(pair)})) OR ({new} IS NOT NULL AND {old} IS NULL AND NOT ({down_possible(pair)})))"
        )
    yield (
        "INSERT OR IGNORE INTO contractctl_set_aside (plan, table_name, key, column_name, error)"
        f" SELECT {_marks(sync, pair)}, {literal(_UNSTORABLE)} FROM {quote(sync.table)}"
        f" WHERE {row} AND {one_side} AND {lost}"
    )


def _refuse_null(sync: Synchronisation, pair: Synced, only_old: str, only_new: str) -> Iterator[str]:
    old, new = quote(pair.old), quote(pair.new)
    convertible = f"(NEW.{new} IS NULL OR ({_over_new(pair, down(pair))}) IS NOT NULL)"
    yield _refuse(sync, pair.old, f"NEW.{old} IS NULL AND {only_old} AND {convertible}")
    given = f"(NEW.{old} IS NULL OR ({_over_old(pair, up(pair))}) IS NOT NULL)"
    yield _refuse(sync, pair.new, f"NEW.{new} IS NULL AND {only_new} AND {given}")


def _refuse(sync: Synchronisation, column: str, when: str) -> str:
    message = literal(f"NOT NULL constraint failed: {sync.table}.{column}")
    return f"SELECT RAISE(ABORT, {message}) WHERE {when}"


def _follow_key(sync: Synchronisation) -> Iterator[str]:
    """A row whose key changes takes its marks along, and none of the row that it may have replaced there."""
    yield from _forget(sync, "NEW")
    for table in SIDE_TABLES:
        yield (
            f"UPDATE OR REPLACE {table} SET key = {key_json(sync.key, 'NEW')} WHERE plan = {literal(sync.plan)}"
            f" AND table_name = {literal(sync.table)} AND key = {key_json(sync.key, 'OLD')}"
        )


def _forget(sync: Synchronisation, row: str) -> Iterator[str]:
    for table in SIDE_TABLES:
        yield (
            f"DELETE FROM {table} WHERE plan = {literal(sync.plan)} AND table_name = {literal(sync.table)}"
            f" AND key = {key_json(sync.key, row)}"
        )


def _key_changed(sync: Synchronisation) -> str:
    return " OR ".join(_changed(name) for name in sync.key)


def _changed(column: str) -> str:
    return differs(f"OLD.{quote(column)}", f"NEW.{quote(column)}")


def _this_row(sync: Synchronisation) -> str:
    """By `=`, not IS: SQLite allows NULL in a primary key, and rows that share it are not one row."""
    return " AND ".join(f"{quote(name)} = NEW.{quote(name)}" for name in sync.key)


def _over_new(pair: Synced, expression: str) -> str:
    """An expression over the new column, asked of NEW where no table is at hand."""
    return f"(SELECT {expression} FROM (SELECT NEW.{quote(pair.new)} AS {quote(pair.new)}))"


def _over_old(pair: Synced, expression: str) -> str:
    return f"(SELECT {expression} FROM (SELECT NEW.{quote(pair.old)} AS {quote(pair.old)}))"


def _marks(sync: Synchronisation, pair: Synced) -> str:
    return f"{literal(sync.plan)}, {literal(sync.table)}, {key_json(sync.key)}, {literal(pair.name)}"


def _create(sync: Synchronisation, event: str, when: str | None, body: list[str]) -> str:
    condition = f" WHEN {when}" if when else ""
    statements = "".join(f"\n  {statement};" for statement in body)
    statement_kind = _STATEMENT.get(event, event.upper())
    return (
        f"CREATE TRIGGER {quote(trigger_name(sync, event))} AFTER {statement_kind} ON {quote(sync.table)}"
        f" FOR EACH ROW{condition} BEGIN{statements}\nEND"
    )
