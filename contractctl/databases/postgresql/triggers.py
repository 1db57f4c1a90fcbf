"""Which triggers keep two columns in step on PostgreSQL? A BEFORE trigger makes the other side, an AFTER one the marks.

OLD and NEW say which side a statement wrote: nothing is kept in a session. The BEFORE trigger only changes the row
that is being written, since an upsert may yet take another way; what it made, the AFTER trigger sees in the finished
row, and remembers what is to be remembered about it. Where both sides hold the same value a condition on the trigger
itself tells that there is nothing to do. Where a constraint of one side may refuse what is made for it, it is made in
the AFTER trigger, by an UPDATE that may fail alone: the writer's own statement goes through.

ENABLE ALWAYS: what a replica applies is kept in step, too. What contractctl itself writes for the plan is let through
by a setting that ends with its transaction.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from contractctl.databases import Synced, Synchronisation, run
from contractctl.databases.postgresql import filling, marking, trying
from contractctl.databases.postgresql.functions import changed, database, is_guarded, pinned_path
from contractctl.databases.postgresql.names import UNSEEN, function_name, literal, quote, table, trigger_name
from contractctl.databases.postgresql.tables import family, oid
from contractctl.databases.sides import all_null, any_null, unlike

FUNCTIONS = ("fill", "mark", "empty", "try")
EVENTS = ("fill_insert", "fill_update", "mark_insert", "mark_update", "mark_delete", "empty")


def triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers: one set for the whole plan and table."""
    return tuple(statement for what, create in _functions(sync) for statement in create) + tuple(_triggers(sync))


def _functions(sync: Synchronisation) -> Iterator[tuple[str, tuple[str, ...]]]:
    names = {what: function_name(sync, what) for what in FUNCTIONS}
    paths = {what: pinned_path(name) for what, name in names.items()}
    if _fill_insert(sync) or _fill_update(sync):
        create = filling.create(names["fill"], sync)
        yield "fill", (create, paths["fill"]) if filling.is_pinned(sync) else (create,)
    yield "mark", (marking.create(names["mark"], sync), paths["mark"])
    yield "empty", (marking.create_empty(names["empty"], sync), paths["empty"])
    if filling.is_pinned(sync):
        yield "try", (trying.create(names["try"], sync),)


def _triggers(sync: Synchronisation) -> Iterator[str]:
    yield from _trigger(sync, "fill_insert", "BEFORE INSERT", _fill_insert(sync))
    yield from _trigger(sync, "fill_update", "BEFORE UPDATE", _fill_update(sync))
    yield from _trigger(sync, "mark_insert", "AFTER INSERT", [_mark_insert(pair) for pair in sync.columns])
    yield from _trigger(sync, "mark_update", "AFTER UPDATE", [_mark_update(sync, pair) for pair in sync.columns])
    yield from _trigger(sync, "mark_delete", "AFTER DELETE", [_mark_delete(pair) for pair in sync.columns])
    yield (
        f"CREATE TRIGGER {quote(trigger_name(sync, 'empty'))} AFTER TRUNCATE ON {table(sync.table)}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {quote(function_name(sync, 'empty'))}()"
    )
    yield _always(sync, "empty")


def _trigger(sync: Synchronisation, event: str, when: str, conditions: Iterable[str]) -> Iterator[str]:
    """One that fires where any of the conditions holds; none where there are none."""
    asked = " OR ".join(conditions)
    if not asked:
        return
    ours = f"current_setting({literal(UNSEEN)}, true) IS DISTINCT FROM {literal(sync.plan)}"
    function = function_name(sync, event.partition("_")[0])
    yield (
        f"CREATE TRIGGER {quote(trigger_name(sync, event))} {when} ON {table(sync.table)} FOR EACH ROW"
        f" WHEN (({asked}) AND {ours}) EXECUTE FUNCTION {quote(function)}()"
    )
    yield _always(sync, event)


def _always(sync: Synchronisation, event: str) -> str:
    return f"ALTER TABLE {table(sync.table)} ENABLE ALWAYS TRIGGER {quote(trigger_name(sync, event))}"


def _fill_insert(sync: Synchronisation) -> list[str]:
    return [condition for pair in sync.columns for condition in _asks_on_insert(pair)]


def _asks_on_insert(pair: Synced) -> Iterator[str]:
    if pair.one_sided:
        yield from () if is_guarded(pair) else (all_null(database, pair.new, "NEW"),)
    elif pair.plain:
        if not is_guarded(pair):
            yield _apart(pair, "NEW")
        if pair.required:
            yield f"({all_null(database, pair.old, 'NEW')} AND {all_null(database, pair.new, 'NEW')})"
    elif pair.required or not is_guarded(pair):
        yield "true"


def _fill_update(sync: Synchronisation) -> list[str]:
    return [condition for pair in sync.columns for condition in _asks_on_update(pair)]


def _asks_on_update(pair: Synced) -> Iterator[str]:
    if pair.one_sided:
        yield from () if is_guarded(pair) else (all_null(database, pair.new, "NEW"),)
        return
    asked = []
    if not is_guarded(pair):
        asked.append(_apart(pair, "NEW") if pair.plain else "true")
    if pair.required:
        asked.append(any_null(database, (*pair.old, *pair.new), "NEW"))
    if asked:
        yield f"(({' OR '.join(asked)}) AND ({changed(pair.old)} OR {changed(pair.new)}))"


def _mark_insert(pair: Synced) -> str:
    if pair.one_sided:
        return all_null(database, pair.new, "NEW")
    return _apart(pair, "NEW") if pair.plain else "true"


def _mark_update(sync: Synchronisation, pair: Synced) -> str:
    if pair.one_sided:
        return f"({all_null(database, pair.new, 'NEW')} OR {all_null(database, pair.new, 'OLD')})"
    if pair.plain:
        return f"({_apart(pair, 'NEW')} OR {_apart(pair, 'OLD')})"
    return f"({changed(pair.old)} OR {changed(pair.new)} OR {marking.key_changed(sync)})"


def _mark_delete(pair: Synced) -> str:
    if pair.one_sided:
        return all_null(database, pair.new, "OLD")
    return _apart(pair, "OLD") if pair.plain else "true"


def _apart(pair: Synced, of: str) -> str:
    """Whether both sides of a plain pair hold different values."""
    return unlike(database, pair.new, (f"{of}.{quote(one.name)}" for one in pair.old), of)


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    triggers_ = (
        f"DROP TRIGGER IF EXISTS {quote(trigger_name(sync, event))} ON {table(sync.table)}" for event in EVENTS
    )
    return (*triggers_, *(f"DROP FUNCTION IF EXISTS {quote(function_name(sync, what))}" for what in FUNCTIONS))


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone, switched off, or no longer what they would be made as today.

    A default or a constraint of the user's that came, changed or went since makes other triggers right.
    """
    return tuple(_missing(connection, sync))


def _missing(connection: Connection, sync: Synchronisation) -> Iterator[str]:
    number = oid(connection, sync.table)
    found: dict[str, list[str]] = {}
    for name, enabled in run(connection, _FOUND.format(family=family(number))):
        found.setdefault(name, []).append(enabled)
    everywhere = len(run(connection, family(number)).all())
    wanted = "\n".join(_triggers(sync))
    for event in EVENTS:
        name = trigger_name(sync, event)
        places = 1 if event == "empty" else everywhere  # only row triggers have clones in partitions
        if quote(name) in wanted and found.get(name) != ["A"] * places:
            yield name
    for what, (create, *_) in _functions(sync):
        source = (
            f"SELECT prosrc FROM pg_catalog.pg_proc WHERE oid = to_regproc({literal(quote(function_name(sync, what)))})"
        )
        body = run(connection, source).scalar()
        if body is None or body not in create:
            yield function_name(sync, what)


_FOUND = (
    "SELECT tgname::text, tgenabled::text FROM pg_catalog.pg_trigger WHERE tgrelid IN ({family}) AND NOT tgisinternal"
)
