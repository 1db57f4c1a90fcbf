"""What does each stage do to the database? And, asked afterwards: has it been done?"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection

from contractctl import databases, journal, operations
from contractctl.backfill import backfill, checkpoint
from contractctl.databases import Synchronisation, batches, key_text
from contractctl.errors import ContractctlError
from contractctl.journal import ROLLBACK, EntryKind
from contractctl.migration import schema_changes
from contractctl.migration.at_work import at_work, at_work_alone
from contractctl.migration.comparing import compare_all
from contractctl.migration.context import Session
from contractctl.migration.foreseeing import refusals
from contractctl.migration.retrying import insist
from contractctl.migration.revised import applied
from contractctl.migration.rolling_back import rollback
from contractctl.migration.sharing import canary, flags_are_at, share_of
from contractctl.migration.unrecorded import demand_recorded
from contractctl.model.plan import Stage, State
from contractctl.operations import of_tables


def act(session: Session, stage: str, percent: float | None, standing: State) -> dict[str, Any]:
    """Do what the stage does; the outcome's body. Raise ContractctlError where it cannot be done."""
    match stage:
        case Stage.EXPAND:
            _demand_intermediates(session)
            return _upgrade(session, Stage.EXPAND)
        case Stage.DUAL_WRITE:
            return {**_upgrade(session, Stage.DUAL_WRITE), **watermarks(session)}
        case Stage.BACKFILL:
            return _backfill(session)
        case Stage.VERIFY:
            return {**compare_all(session), **_upgrade(session, Stage.VERIFY)}
        case Stage.CANARY:
            return canary(session, percent or 0.0, standing)
        case Stage.QUIESCE | Stage.CONTRACT:
            return _upgrade(session, Stage(stage))
        case _:
            return rollback(session)


def done(session: Session, stage: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The outcome's body if the database shows that the stage has been done; None if it shows that it has not.

    `body` is the intent's. If the database cannot tell, the answer is None: doing it again does no harm.
    """
    match stage:
        case Stage.EXPAND | Stage.DUAL_WRITE | Stage.QUIESCE | Stage.CONTRACT:
            revision = session.plan.revisions.get(Stage(stage))
            if revision is None or revision not in applied(session):
                return None
            if stage == Stage.CONTRACT and _has_both_sides(session):
                raise _stamped(session, revision)
            return {"revision": revision, **(_kept_in_step(session) if stage == Stage.DUAL_WRITE else {})}
        case Stage.BACKFILL:
            return _filled(session)
        case Stage.CANARY:
            wanted = float(body["percent"])
            there = share_of(session) == wanted and session.plan.revisions.get(Stage.QUIESCE) not in applied(session)
            return {"percent": wanted} if there and flags_are_at(session, wanted) else None
        case _ if stage == ROLLBACK:
            back = session.plan.revisions and not applied(session) and share_of(session) is None
            return {} if back and flags_are_at(session, 0.0) else None
        case _:
            return None


def _has_both_sides(session: Session) -> bool:
    """Whether everything exists that the contract revision takes away."""
    with journal.reading(session.context.engine) as connection:
        database, syncs = databases.of(connection), _there(session, connection) or ()
        return bool(syncs) and not any(database.missing_triggers(connection, sync) for sync in syncs)


def old_side_is_gone(session: Session) -> bool:
    """Whether the database has only the new side, so that the plan could not begin: it is complete here."""
    with journal.reading(session.context.engine) as connection:
        begins = next(operations.hindrances(session.plan, connection), None) is None
        return not begins and _there(session, connection) is None


def _there(session: Session, connection: Connection) -> tuple[Synchronisation, ...] | None:
    """What is kept in step; None where one of the sides does not exist."""
    try:
        return synchronisations(session, connection)
    except journal.RefusedError:
        raise
    except ContractctlError:
        return None


def _stamped(session: Session, revision: str) -> ContractctlError:
    return ContractctlError(
        f"alembic's table says that '{revision}' has run, and the old side of '{session.plan.name}' still exists and"
        " is kept in step: it was stamped",
        hint="correct that table: alembic stamp with the revision that was really run last",
    )


def _kept_in_step(session: Session) -> dict[str, Any]:
    """The outcome's body of a dual-write that was run by other means: a script, most often, which can ask no database.

    What only the database knows of its columns may ask for other triggers. Nobody has filled a row yet, nor has anybody
    moved to the new side.
    """
    gone = missing_triggers(session)
    if gone:
        insist(session, Stage.DUAL_WRITE, partial(bring_triggers_back, session))
    return {**({"completed": list(gone)} if gone else {}), **watermarks(session)}


def watermarks(session: Session) -> dict[str, Any]:
    """The greatest key of every table, now that the triggers stand: whatever lies beyond has been written since."""
    with journal.reading(session.context.engine) as connection:
        found = {sync.table: _greatest(connection, sync) for sync in synchronisations(session, connection)}
    return {"watermarks": found} if found else {}


def synchronisations(session: Session, connection: Connection) -> tuple[Synchronisation, ...]:
    """What the plan keeps in step, under the names of this moment."""
    return operations.synchronisations(session.plan, connection)


def _greatest(connection: Connection, sync: Synchronisation) -> str | None:
    key = batches.last_key(databases.of(connection), connection, sync)
    return None if key is None else key_text(key)


def _demand_intermediates(session: Session) -> None:
    """Raise ContractctlError unless the version with both sides is released: from now on applications may need it."""
    for movement in session.plan.movements:
        if movement.intermediate not in session.context.released(movement.contract):
            raise ContractctlError(
                f"'{movement.contract}' has no released version {movement.intermediate}, which the plan leads through",
                hint=f"restore it from git; where a run of plan was cut short, remove plans/{session.plan.name}.toml"
                " and the versions it has released (git clean -i shows them), and plan again",
            )


def _upgrade(session: Session, stage: Stage) -> dict[str, Any]:
    """Run the stage's revision, and again while others hold a lock that it needs."""
    revision = session.plan.revisions.get(stage)
    if revision is None:
        _demand_nothing_to_revise(session, stage)
        return {}
    if stage is Stage.EXPAND:
        _demand_no_hindrance(session)
    if stage is Stage.VERIFY and revision in applied(session):
        return {"revision": revision}
    run = _upgrade_alone if operations.stands_alone(session.plan, stage) else _upgrade_at_once
    insist(session, stage, partial(run, session, revision))
    return {"revision": revision}


def _demand_nothing_to_revise(session: Session, stage: Stage) -> None:
    """Refuse a stage of tables without its revision: it would be recorded as done with nothing done."""
    if stage is not Stage.VERIFY and of_tables(session.plan):
        raise ContractctlError(
            f"the plan '{session.plan.name}' changes tables, and names no revision for {stage}",
            hint="restore its file from git: the id is under [revisions]",
        )


def _upgrade_at_once(session: Session, revision: str) -> None:
    """One transaction, with the proof that the lease is still ours."""
    with journal.writing(session.context.engine) as connection, at_work(session, connection):
        schema_changes.upgrade(connection, session.environment, revision)


def _upgrade_alone(session: Session, revision: str) -> None:
    """For a revision with statements that cannot run in a transaction: it begins its own, and each proves the lease."""
    engine = session.context.engine
    with journal.plain_words(engine):
        schema_changes.upgrade_alone(engine, session.environment, revision, partial(at_work_alone, session))


def _demand_no_hindrance(session: Session) -> None:
    """Ask before anything is done. Where DDL commits implicitly, the journal records that the names were free."""
    if not of_tables(session.plan):
        return
    key = f"{session.history().key(Stage.EXPAND)}-free"
    with journal.writing(session.context.engine) as connection:
        halfway = not databases.of(connection).transactional_ddl
        begun = halfway and any(entry.key == key for entry in journal.entries(connection, session.plan.name))
        first = next(operations.hindrances(session.plan, connection, begun=begun), None)
        if first is not None:
            demand_recorded(connection, session.plan)
            raise ContractctlError(first, hint="nothing was changed; fix it, or plan again")
        for refusal in refusals(session.plan, connection) if not begun else ():
            raise refusal
    if halfway and not begun:
        session.note(EntryKind.CHECK, Stage.EXPAND, key, {"free": True})


def _backfill(session: Session) -> dict[str, Any]:
    with journal.reading(session.context.engine) as connection:
        syncs = synchronisations(session, connection)
    context = session.context
    reached = {
        sync.table: backfill(context.engine, sync, context.pace, session.outside, context.workers) for sync in syncs
    }
    return _counted({table: (one.rows, one.set_aside) for table, one in reached.items()})


def _filled(session: Session) -> dict[str, Any] | None:
    with journal.reading(session.context.engine) as connection:
        reached = {sync.table: checkpoint(connection, sync) for sync in synchronisations(session, connection)}
    if not reached or not all(one.done for one in reached.values()):
        return None
    return _counted({table: (one.rows, one.set_aside) for table, one in reached.items()})


def _counted(tables: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    return {"tables": {table: {"rows": rows, "set_aside": aside} for table, (rows, aside) in tables.items()}}


def missing_triggers(session: Session) -> tuple[str, ...]:
    """The names of the plan's triggers that should exist and do not."""
    with journal.reading(session.context.engine) as connection:
        database, syncs = databases.of(connection), synchronisations(session, connection)
        return tuple(name for sync in syncs for name in database.missing_triggers(connection, sync))


def bring_triggers_back(session: Session) -> None:
    """Create the plan's triggers again, with the names that the columns have now.

    Existing ones are replaced as a revision does it, so that there is no moment without them.
    """
    with journal.writing(session.context.engine) as connection:
        session.hold(connection)
        database = databases.of(connection)
        for sync in synchronisations(session, connection):
            database.carry_out(connection, database.ddl.keep_in_step(sync))
