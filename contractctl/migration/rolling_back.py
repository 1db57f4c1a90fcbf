"""How is a plan rolled back without losing what only the new side holds?"""

from functools import partial
from typing import Any

from sqlalchemy import Connection, delete

from contractctl import databases, flagd, journal, operations
from contractctl.databases import Across, Key, Synchronisation, comparison, copied_rows, key_text
from contractctl.errors import ContractctlError
from contractctl.journal import ROLLBACK, EntryKind
from contractctl.journal.tables import REMEMBERED
from contractctl.migration import schema_changes
from contractctl.migration.at_work import at_work
from contractctl.migration.context import Session
from contractctl.migration.retrying import insist
from contractctl.migration.revised import REVISED, applied
from contractctl.model.amounts import agreeing, counted
from contractctl.model.plan import Stage
from contractctl.operations.steps import Step

_NAMED = 20
"""How many keys of rows to name."""


def rollback(session: Session) -> dict[str, Any]:
    """Downgrade the plan's revisions, the last one first, and forget what was remembered about it.

    All or nothing where a transaction can hold it. What must be proven, or closed to writers, before columns go is so
    once the brown-out has ended.
    """
    _flags_back(session)
    have, revisions = applied(session), session.plan.revisions
    back = [revision for stage in reversed(REVISED) if (revision := revisions.get(stage, "")) in have]
    half = _cut_short(session, have)
    steps = _before_rollback(session, have)
    if steps:
        insist(session, ROLLBACK, partial(_demand_way_back, session, have))
        late = [revision for revision in (*back, half) if revision in _late(session)]
        early = [revision for revision in back if revision not in late]
        insist(session, ROLLBACK, partial(_take_back, session, late, half if half in late else None, forget=False))
        for step in steps:
            insist(session, ROLLBACK, partial(_run_alone, session, step))
        insist(session, ROLLBACK, partial(_take_back, session, early, None if half in late else half))
    else:
        insist(session, ROLLBACK, partial(_take_back, session, back, half))
    return {"revisions": back}


def is_half_rolled_back(session: Session) -> bool:
    """Whether a rollback was interrupted after it had taken the new side's names away."""
    with journal.reading(session.context.engine) as connection:
        return operations.is_half_rolled_back(session.plan, connection)


def _flags_back(session: Session) -> None:
    """Send nobody to the new side once it goes, nor to the old one before the brown-out has ended."""
    if not session.context.flags:
        return
    for flag in session.context.flags:
        flagd.with_share(flag, 0.0)
    have = applied(session)
    quiesce, half = session.plan.revisions.get(Stage.QUIESCE), _cut_short(session, have)
    if quiesce is not None and quiesce in (*have, half):
        back = [quiesce] if quiesce in have else []
        undone = half if half == quiesce else None
        insist(session, ROLLBACK, partial(_take_back, session, back, undone, forget=False))
    for flag in session.context.flags:
        flagd.write_share(flag, 0.0)


def _late(session: Session) -> frozenset[str]:
    """The plan's revisions after which both sides are still kept in step."""
    stages = (Stage.VERIFY, Stage.QUIESCE)
    return frozenset(revision for stage in stages if (revision := session.plan.revisions.get(stage)))


def _before_rollback(session: Session, have: frozenset[str]) -> tuple[Step, ...]:
    revisions = session.plan.revisions
    if revisions.get(Stage.EXPAND) not in have:
        return ()
    kept = revisions.get(Stage.DUAL_WRITE) in have
    return operations.before_rollback(session.plan, databases.of(session.context.engine), kept=kept)


def _run_alone(session: Session, step: Step) -> None:
    """A step outside any transaction, right after the proof that the lease is still ours."""
    engine = session.context.engine
    with journal.writing(engine) as connection:
        session.hold(connection)
    with journal.plain_words(engine), engine.connect() as connection:
        step.run(connection.execution_options(isolation_level="AUTOCOMMIT"), alone=True)


def _cut_short(session: Session, have: frozenset[str]) -> str | None:
    """The revision that began, committed some of its statements, and did not finish."""
    with journal.reading(session.context.engine) as connection:
        halfway = not databases.of(connection).transactional_ddl
        entries = journal.entries(connection, session.plan.name)
    since = next((at for at, one in enumerate(reversed(entries)) if one.kind is EntryKind.OUTCOME), len(entries))
    begun = entries[len(entries) - since :]
    free = any(entry.kind is EntryKind.CHECK and entry.stage == Stage.EXPAND for entry in begun)
    for entry in begun:
        revision = session.plan.revisions.get(Stage(entry.stage)) if entry.stage in REVISED else None
        ours = halfway and (free or entry.stage != Stage.EXPAND)
        if (
            entry.kind is EntryKind.INTENT
            and revision
            and revision not in have
            and (ours or entry.stage == Stage.VERIFY)
        ):
            return revision
    return None


def _take_back(session: Session, back: list[str], half: str | None, *, forget: bool = True) -> None:
    with journal.writing(session.context.engine) as connection, at_work(session, connection):
        if session.plan.revisions.get(Stage.DUAL_WRITE) in back:
            _demand_nothing_lost(session, connection)
        if half is not None:
            schema_changes.undo(connection, session.environment, half)
        for revision in back:
            if revision != half:
                schema_changes.downgrade(connection, session.environment, revision)
        for table in REMEMBERED if forget else ():
            connection.execute(delete(table).where(table.c.plan == session.plan.name))


def _demand_way_back(session: Session, have: frozenset[str]) -> None:
    """Where statements commit implicitly, take nothing away before it is known that everything can be."""
    with journal.reading(session.context.engine) as connection:
        if not databases.of(connection).transactional_ddl and session.plan.revisions.get(Stage.DUAL_WRITE) in have:
            _demand_nothing_lost(session, connection)


def _demand_nothing_lost(session: Session, connection: Connection) -> None:
    """The new side goes, and with it what it alone holds: conflicts, and values that the old side could not take.

    An interrupted rollback has proven this before the triggers went, and nobody has written the new side since: it
    has no names. What old applications have written meanwhile is in the old side alone.
    """
    database, half = databases.of(connection), operations.is_half_rolled_back(session.plan, connection)
    for sync in operations.synchronisations(session.plan, connection):
        if half and database.missing_triggers(connection, sync):
            continue
        keys = comparison.only_in_new(database, connection, sync)
        if keys and sync.across is not None and sync.across.copied is not None:
            raise copied_rows.lost(sync, keys)
        if keys and sync.across is not None:
            raise _only_there(sync, sync.across, keys)
        if keys:
            rows, hold = counted(len(keys), "row"), agreeing(len(keys), "holds", "hold")
            raise ContractctlError(
                f"{rows} of '{sync.table}' {hold} a value in the new side only, which a rollback would lose:"
                f" {_named(keys)}",
                hint="write it to the old side; or choose which side is right: contractctl migrate verify"
                f" {session.plan.name} --repair new (or old, which discards it)",
            )


def _named(keys: tuple[Key, ...]) -> str:
    return ", ".join(key_text(key) for key in keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")


def _only_there(sync: Synchronisation, across: Across, keys: tuple[Key, ...]) -> ContractctlError:
    names = ", ".join(one.new for one in across.columns)
    rows, hold = counted(len(keys), "row"), agreeing(len(keys), "holds", "hold")
    return ContractctlError(
        f"{rows} of '{across.table}' {hold} a value that no row of '{sync.table}' holds, which a rollback would"
        f" lose: {_named(keys)}",
        hint=f"let rows of '{sync.table}' hold it; or discard it: set {names} of these rows to NULL",
    )
