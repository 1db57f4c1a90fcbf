"""What does each stage do to the database? And, asked afterwards: has it been done?"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, select

from contractctl import databases, flagd, journal, operations
from contractctl.backfill import backfill, checkpoint
from contractctl.databases import Across, Key, Synchronisation, batches, comparison, key_text
from contractctl.errors import ContractctlError
from contractctl.journal import ROLLBACK, EntryKind
from contractctl.journal.tables import CANARY, REMEMBERED
from contractctl.migration import schema_changes
from contractctl.migration.comparing import compare_all
from contractctl.migration.context import Session
from contractctl.migration.foreseeing import refusals
from contractctl.migration.insisting import insist
from contractctl.model.amounts import agreeing, counted
from contractctl.model.plan import Stage, State
from contractctl.operations import of_tables
from contractctl.operations.steps import Step

_SESSION = "contractctl_session"
_NAMED = 20
"""How many keys of rows are named."""

REVISED = (Stage.EXPAND, Stage.DUAL_WRITE, Stage.VERIFY, Stage.QUIESCE, Stage.CONTRACT)
"""The stages that run an Alembic revision, in their order; verify only where the plan has something to validate."""

APPLIED_IN: Mapping[State, int] = {
    State.PLANNED: 0,
    State.EXPANDED: 1,
    State.DUAL_WRITING: 2,
    State.BACKFILLED: 2,
    State.VERIFIED: 3,
    State.CANARY: 3,
    State.QUIESCED: 4,
    State.CONTRACTED: 5,
    State.ROLLED_BACK: 0,
}
"""How many of those revisions the database has in each state."""


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
            return _canary(session, percent or 0.0, standing)
        case Stage.QUIESCE | Stage.CONTRACT:
            return _upgrade(session, Stage(stage))
        case _:
            return _rollback(session)


def done(session: Session, stage: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The outcome's body where the database shows that the stage has been done; None where it shows that it has not.

    `body` is the intent's. Where the database cannot tell, doing it again does no harm, and None is the answer.
    """
    match stage:
        case Stage.EXPAND | Stage.DUAL_WRITE | Stage.QUIESCE | Stage.CONTRACT:
            revision = session.plan.revisions.get(Stage(stage))
            if revision is None or revision not in applied(session):
                return None
            return {"revision": revision, **(_kept_in_step(session) if stage == Stage.DUAL_WRITE else {})}
        case Stage.BACKFILL:
            return _filled(session)
        case Stage.CANARY:
            wanted = float(body["percent"])
            there = _percent(session) == wanted and session.plan.revisions.get(Stage.QUIESCE) not in applied(session)
            return {"percent": wanted} if there and flags_are_at(session, wanted) else None
        case _ if stage == ROLLBACK:
            back = session.plan.revisions and not applied(session) and _percent(session) is None
            return {} if back and flags_are_at(session, 0.0) else None
        case _:
            return None


def _kept_in_step(session: Session) -> dict[str, Any]:
    """The outcome's body of a dual-write that somebody else has run: a script, most often, which can ask no database.

    What only the database knows of its columns may ask for other triggers. Nobody has filled a row yet, nor has anybody
    moved to the new side.
    """
    gone = missing_triggers(session)
    if gone:
        insist(session, Stage.DUAL_WRITE, partial(bring_triggers_back, session))
    return {**({"completed": list(gone)} if gone else {}), **watermarks(session)}


def applied(session: Session) -> frozenset[str]:
    """Those of the plan's own revisions that the database has."""
    own = session.plan.revisions.values()
    if not own:
        return frozenset()
    with journal.reading(session.context.engine) as connection:
        return schema_changes.applied(connection, session.environment) & frozenset(own)


def session_of(connection: Connection) -> Session | None:
    """Whose command is at work on this connection; None where a plain `alembic upgrade` is."""
    found = connection.info.get(_SESSION)
    return found if isinstance(found, Session) else None


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
    """The version with both sides is released before anybody needs it."""
    for movement in session.plan.movements:
        if movement.intermediate not in session.context.released(movement.contract):
            raise ContractctlError(
                f"'{movement.contract}' has no released version {movement.intermediate}, which the plan leads through",
                hint=f"bring it back from git; where a run of plan was cut short, remove plans/{session.plan.name}.toml"
                " and the versions it has released (git clean -i shows them), and plan again",
            )


def _upgrade(session: Session, stage: Stage) -> dict[str, Any]:
    """Run the stage's revision, again where others hold a lock that it needs."""
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
    """A stage of tables without its revision would be done without having done anything."""
    if stage is not Stage.VERIFY and of_tables(session.plan):
        raise ContractctlError(
            f"the plan '{session.plan.name}' changes tables, and names no revision for {stage}",
            hint="bring its file back from git: the id stands under [revisions]",
        )


def _upgrade_at_once(session: Session, revision: str) -> None:
    """One transaction, with the proof that the lease is still ours."""
    with journal.writing(session.context.engine) as connection, _at_work(session, connection):
        schema_changes.upgrade(connection, session.environment, revision)


def _upgrade_alone(session: Session, revision: str) -> None:
    """A revision with statements that cannot stand in a transaction: it begins its own, and each holds the lease."""
    engine = session.context.engine
    with journal.plain_words(engine):
        schema_changes.upgrade_alone(engine, session.environment, revision, partial(_at_work_alone, session))


def _demand_no_hindrance(session: Session) -> None:
    """Ask before anything is done. Where DDL commits by itself it is journalled that the names were free then."""
    if not of_tables(session.plan):
        return
    key = f"{session.history().key(Stage.EXPAND)}-free"
    with journal.writing(session.context.engine) as connection:
        halfway = not databases.of(connection).transactional_ddl
        begun = halfway and any(entry.key == key for entry in journal.entries(connection, session.plan.name))
        first = next(operations.hindrances(session.plan, connection, begun=begun), None)
        if first is not None:
            raise ContractctlError(first, hint="nothing was changed; mend it, or plan anew")
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


def _canary(session: Session, percent: float, standing: State) -> dict[str, Any]:
    """Set the share; where a brown-out is on, end it.

    What is on record is never less than what a flag lets applications do: it grows before the flag, and shrinks after.
    """
    quiesce = session.plan.revisions.get(Stage.QUIESCE)
    ends = standing is State.QUIESCED and quiesce is not None and quiesce in applied(session)
    flags = session.context.flags
    for flag in flags:
        flagd.with_share(flag, percent)  # what cannot be written is refused before anything is done
    first = max(percent, _percent(session) or 0.0) if flags else percent
    insist(session, Stage.CANARY, partial(_set_share, session, first, quiesce if ends else None))
    for flag in flags:
        flagd.write_share(flag, percent)
    if first > percent:
        insist(session, Stage.CANARY, partial(_set_share, session, percent, None))
    return {"percent": percent, **({"flags": [flag.shown for flag in flags]} if flags else {})}


def flags_are_at(session: Session, percent: float) -> bool:
    """Whether every flag that follows the plan says this share."""
    return all(flagd.is_at(flag, percent) for flag in session.context.flags)


def _flags_back(session: Session) -> None:
    """Nobody is sent to the new side once it goes, nor to the old one before the brown-out has ended."""
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


def _set_share(session: Session, percent: float, quiesce: str | None) -> None:
    share = CANARY.update().where(CANARY.c.plan == session.plan.name).values(percent=percent)
    with journal.writing(session.context.engine) as connection, _at_work(session, connection):
        if quiesce is not None:
            schema_changes.downgrade(connection, session.environment, quiesce)
        if connection.execute(share).rowcount == 0:
            connection.execute(CANARY.insert().values(plan=session.plan.name, percent=percent))


def _percent(session: Session) -> float | None:
    with journal.reading(session.context.engine) as connection:
        return connection.execute(select(CANARY.c.percent).where(CANARY.c.plan == session.plan.name)).scalar()


def _rollback(session: Session) -> dict[str, Any]:
    """Take the plan's revisions back, the last one first, and forget what was remembered of it.

    All or nothing where a transaction can hold it. What has to be proven, or closed to writers, before columns go is so
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


def _late(session: Session) -> frozenset[str]:
    """Those of the plan's revisions in which both sides are still kept in step."""
    stages = (Stage.VERIFY, Stage.QUIESCE)
    return frozenset(revision for stage in stages if (revision := session.plan.revisions.get(stage)))


def _before_rollback(session: Session, have: frozenset[str]) -> tuple[Step, ...]:
    revisions = session.plan.revisions
    if revisions.get(Stage.EXPAND) not in have:
        return ()
    kept = revisions.get(Stage.DUAL_WRITE) in have
    return operations.before_rollback(session.plan, databases.of(session.context.engine), kept=kept)


def _run_alone(session: Session, step: Step) -> None:
    """A step outside of any transaction, with the proof that the lease is still ours just before."""
    engine = session.context.engine
    with journal.writing(engine) as connection:
        session.hold(connection)
    with journal.plain_words(engine), engine.connect() as connection:
        step.run(connection.execution_options(isolation_level="AUTOCOMMIT"), alone=True)


def _cut_short(session: Session, have: frozenset[str]) -> str | None:
    """The revision that was begun, committed some of its statements by themselves, and did not come to its end."""
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
    with journal.writing(session.context.engine) as connection, _at_work(session, connection):
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
    """Where statements commit by themselves, nothing is taken away before it is known that all can be."""
    with journal.reading(session.context.engine) as connection:
        if not databases.of(connection).transactional_ddl and session.plan.revisions.get(Stage.DUAL_WRITE) in have:
            _demand_nothing_lost(session, connection)


def is_half_rolled_back(session: Session) -> bool:
    """Whether a rollback was cut short that has taken the new side's names away already."""
    with journal.reading(session.context.engine) as connection:
        return operations.is_half_rolled_back(session.plan, connection)


def _demand_nothing_lost(session: Session, connection: Connection) -> None:
    """The new side goes: what it alone holds, in conflict or because the old side could not take it, would go too."""
    for sync in synchronisations(session, connection):
        keys = comparison.only_in_new(databases.of(connection), connection, sync)
        if keys and sync.across is not None:
            raise _only_there(sync, sync.across, keys)
        if keys:
            rows, hold = counted(len(keys), "row"), agreeing(len(keys), "holds", "hold")
            raise ContractctlError(
                f"{rows} of '{sync.table}' {hold} a value in the new side only, which a rollback would lose:"
                f" {_named(keys)}",
                hint="write it into the old side; or say which side is right: contractctl migrate verify"
                f" {session.plan.name} --repair new (or old, which gives it up)",
            )


def _only_there(sync: Synchronisation, across: Across, keys: tuple[Key, ...]) -> ContractctlError:
    names = ", ".join(one.new for one in across.columns)
    rows, hold = counted(len(keys), "row"), agreeing(len(keys), "holds", "hold")
    return ContractctlError(
        f"{rows} of '{across.table}' {hold} a value that no row of '{sync.table}' holds, which a rollback would"
        f" lose: {_named(keys)}",
        hint=f"let rows of '{sync.table}' hold it; or give it up: set {names} of these rows to NULL",
    )


def _named(keys: tuple[Key, ...]) -> str:
    return ", ".join(key_text(key) for key in keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")


def missing_triggers(session: Session) -> tuple[str, ...]:
    """The names of the plan's triggers that should stand and do not."""
    with journal.reading(session.context.engine) as connection:
        database, syncs = databases.of(connection), synchronisations(session, connection)
        return tuple(name for sync in syncs for name in database.missing_triggers(connection, sync))


def bring_triggers_back(session: Session) -> None:
    """Create the plan's triggers anew, over the names that the columns have now.

    Those that are there are replaced as a revision does it: there is no moment without them.
    """
    with journal.writing(session.context.engine) as connection:
        session.hold(connection)
        database = databases.of(connection)
        for sync in synchronisations(session, connection):
            database.carry_out(connection, database.ddl.keep_in_step(sync))


@contextmanager
def _at_work(session: Session, connection: Connection) -> Iterator[None]:
    """Prove the lease, and let the revisions that run here know who runs them."""
    session.hold(connection)
    info = connection.info
    info[_SESSION] = session
    try:
        yield
    finally:
        info.pop(_SESSION, None)


@contextmanager
def _at_work_alone(session: Session, connection: Connection) -> Iterator[None]:
    """As _at_work(), where the lease must be proven in the first transaction and in the last one."""
    with _at_work(session, connection):
        yield
    session.hold(connection)
