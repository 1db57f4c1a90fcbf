"""Which triggers keep two columns in step on PostgreSQL, and are they all there?

OLD and NEW say which side a statement wrote: nothing is kept in a session. A BEFORE trigger makes the other side in the
row that is being written; it fires last of all, by its name. Only whether a sequence has made a key is asked first of
all: who fires in between may insert rows, too. On an UPDATE it also sees to the row's marks, on an INSERT
an AFTER trigger does, since an upsert may yet take another way.

What a replica applies is kept in step, too. contractctl itself writes as a replica where it may: what costs something
for every write therefore stands on the table twice, the second time for replicas alone and under the condition that it
is not contractctl who writes. The condition costs more for a single row than what it saves there.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from contractctl.databases import Synced, Synchronisation, run
from contractctl.databases.postgresql.expressions import outside
from contractctl.databases.postgresql.names import EARLY, function_name, literal, quote, table, trigger_name
from contractctl.databases.postgresql.tables import COUNTED, asking_default, family, oid
from contractctl.databases.postgresql.triggers import across, filling, making, marking, plain, trying
from contractctl.databases.postgresql.triggers.functions import (
    changed,
    database,
    dollars,
    function,
    given_new,
    is_guarded,
    key_changed,
    pin_path,
    tell_given_old,
    unseen,
)
from contractctl.databases.sides import all_null, unlike

FUNCTIONS = ("plain", "fill", "make", "mark", "note", "given", "empty", "try", EARLY)
EVENTS = (
    EARLY,
    "empty",
    "fill",
    "fill_replica",
    "key",
    "make_insert",
    "make_update",
    "mark_delete",
    "mark_insert",
    "plain",
    "plain_replica",
)


def triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers: one set for the whole plan and table."""
    if sync.across is not None:
        return across.triggers(sync)
    return tuple(_asking(sync, statement) for _, statement in (*_functions(sync), *_triggers(sync)))


def _asking(sync: Synchronisation, statement: str) -> str:
    """The statement; a script that does not know a column's sequence looks it up when it runs."""
    unknown = outside(COUNTED)
    if unknown not in statement:
        return statement
    column = next(one.name for pair in sync.columns for one in pair.old if one.default == unknown)
    refusal = literal(f"'{sync.table}.{column}' is auto-incremented in the plan, but not in this database")
    body = f"""DECLARE
  c_default text := ({asking_default(sync.table, column)});
BEGIN
  IF c_default LIKE 'nextval(%' IS NOT TRUE THEN
    RAISE EXCEPTION USING MESSAGE = {refusal};
  END IF;
  EXECUTE replace({dollars(statement)}, {literal(unknown)}, replace(c_default, 'nextval(', 'pg_catalog.currval('));
END"""
    return f"DO {dollars(body)}"


def _functions(sync: Synchronisation) -> Iterator[tuple[str, str]]:
    """Each function's name with a statement that makes it what it should be."""
    yield from _pinned(sync, "note", marking.create_note(sync), "(text, anyelement, anyelement)")
    yield from _pinned(sync, "mark", marking.create_mark(sync))
    yield from _pinned(sync, "empty", marking.create_empty(sync))
    if any(pair.old[0].default is not None for pair in plain.pairs(sync)):
        yield from _pinned(sync, "given", _create_given(sync), "(integer, anyelement)")
    if plain.pairs(sync):
        yield "plain", plain.create(sync)
    if filling.counted(sync):
        yield from _pinned(sync, EARLY, filling.create_early(sync))
    if filling.pairs(sync):
        yield from _pinned(sync, "fill", filling.create(sync))
    if making.pairs(sync):
        yield from _pinned(sync, "make", making.create(sync))
    if not all(pair.plain for pair in sync.columns):
        yield "try", trying.create(sync)


def _pinned(sync: Synchronisation, what: str, create: str, takes: str = "()") -> Iterator[tuple[str, str]]:
    signature = quote(function_name(sync, what)) + takes
    yield what, create
    yield what, pin_path(signature)
    if takes != "()":
        yield what, f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"


def _create_given(sync: Synchronisation) -> str:
    """CREATE FUNCTION (number of a pair, row): whether an INSERT gave its old side. In the writer's time zone."""
    asked = "\n".join(
        f"IF c_pair = {number} THEN\n  {tell_given_old(pair, 'RETURN', 'c_row')}\nEND IF;"
        for number, pair in enumerate(sync.columns)
    )
    head = f"{quote(function_name(sync, 'given'))}(c_pair integer, c_row anyelement) RETURNS boolean"
    return function(head, (), [asked], ())


def _triggers(sync: Synchronisation) -> Iterator[tuple[str, str]]:
    """Each trigger's name with a statement that makes it what it should be."""
    if early := filling.counted(sync):
        yield from _trigger(sync, EARLY, "BEFORE INSERT", EARLY, map(given_new, early), always="")
    for what, pairs in (("plain", plain.pairs(sync)), ("fill", filling.pairs(sync))):
        if pairs:
            yield from _trigger(sync, what, "BEFORE INSERT OR UPDATE", what, always="")
            condition = [f"NOT ({unseen(sync)})"]
            yield from _trigger(sync, f"{what}_replica", "BEFORE INSERT OR UPDATE", what, condition, always="REPLICA")
    if guarded := making.pairs(sync):
        written = " OR ".join(map(_is_written, guarded))
        yield from _trigger(sync, "make_insert", "AFTER INSERT", "make")
        condition = [f"({written}) AND NOT ({unseen(sync)})"]
        yield from _trigger(sync, "make_update", "AFTER UPDATE", "make", condition)
    if unguarded := [pair for pair in sync.columns if not is_guarded(pair)]:
        yield from _trigger(
            sync, "mark_insert", "AFTER INSERT", "mark", [_may_have_marks(one, "NEW") for one in unguarded]
        )
    yield from _trigger(
        sync, "mark_delete", "AFTER DELETE", "mark", [_may_have_marks(one, "OLD") for one in sync.columns]
    )
    yield from _trigger(sync, "key", "AFTER UPDATE", "mark", [key_changed(sync)])
    yield from _trigger(sync, "empty", "AFTER TRUNCATE", "empty", each="STATEMENT")


def _trigger(  # noqa: PLR0913 - what CREATE TRIGGER says
    sync: Synchronisation,
    event: str,
    when: str,
    what: str,
    conditions: Iterable[str] = (),
    *,
    each: str = "ROW",
    always: str = "ALWAYS",
) -> Iterator[tuple[str, str]]:
    """One that fires where any of the conditions holds, or always where there are none."""
    name, asked = quote(trigger_name(sync, event)), tuple(conditions)
    condition = f" WHEN ({' OR '.join(asked)})" if asked and "true" not in asked else ""
    function_ = f"{quote(function_name(sync, what))}()"
    create = f"CREATE TRIGGER {name} {when} ON {table(sync.table)} FOR EACH {each}{condition}"
    yield event, f"{create} EXECUTE FUNCTION {function_}"
    if always:
        yield event, f"ALTER TABLE {table(sync.table)} ENABLE {always} TRIGGER {name}"


def _is_written(pair: Synced) -> str:
    if pair.one_sided:
        return f"({all_null(database, pair.new, 'NEW')} OR {all_null(database, pair.new, 'OLD')})"
    return f"({changed(pair.old)} OR {changed(pair.new)})"


def _may_have_marks(pair: Synced, of: str) -> str:
    if pair.one_sided:
        return all_null(database, pair.new, of)
    if not pair.plain:
        return "true"
    return unlike(database, pair.new, (f"{of}.{quote(one.name)}" for one in pair.old), of)


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    if sync.across is not None:
        return across.drop_triggers(sync)
    triggers_ = (
        f"DROP TRIGGER IF EXISTS {quote(trigger_name(sync, event))} ON {table(sync.table)}" for event in EVENTS
    )
    return (*triggers_, *(f"DROP FUNCTION IF EXISTS {quote(function_name(sync, what))}" for what in FUNCTIONS))


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone, switched off, or no longer what they would be made as today.

    A default or a constraint of the user's that came, changed or went since makes other triggers right.
    """
    if sync.across is not None:
        return across.missing_triggers(connection, sync)
    return tuple(_missing(connection, sync))


def _missing(connection: Connection, sync: Synchronisation) -> Iterator[str]:
    number = oid(connection, sync.table)
    found: dict[str, list[str]] = {}
    for name, enabled in run(connection, _FOUND.format(family=family(number))):
        found.setdefault(name, []).append(enabled)
    everywhere = len(run(connection, family(number)).all())
    for event in dict(_triggers(sync)):
        name = trigger_name(sync, event)
        places = 1 if event == "empty" else everywhere  # only row triggers have clones in partitions
        enabled = "O" if event in {"plain", "fill", EARLY} else "R" if event.endswith("_replica") else "A"
        if found.get(name) != [enabled] * places:
            yield name
    for what, statement in _functions(sync):
        if "CREATE FUNCTION" in statement and not _is_made_so(connection, function_name(sync, what), statement):
            yield function_name(sync, what)


_FOUND = (
    "SELECT tgname::text, tgenabled::text FROM pg_catalog.pg_trigger WHERE tgrelid IN ({family}) AND NOT tgisinternal"
)


def _is_made_so(connection: Connection, name: str, statement: str) -> bool:
    """Whether the function is there, and what the statement makes."""
    source = (
        "SELECT p.prosrc, quote_ident(n.nspname) FROM pg_catalog.pg_proc p"
        f" JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = to_regproc({literal(quote(name))})"
    )
    row = run(connection, source).first()
    if row is None:
        return False
    body, schema = row
    return body in statement.replace(plain.HERE, schema)
