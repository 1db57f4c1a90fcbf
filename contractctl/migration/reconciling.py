"""What was begun without a recorded outcome? The database knows, and the journal is completed."""

from typing import Any

from contractctl import databases, planner
from contractctl.errors import ContractctlError
from contractctl.gate.words import where
from contractctl.journal import ROLLBACK, EntryKind, History
from contractctl.migration import acts, revised
from contractctl.migration.context import Session
from contractctl.migration.facts import BOTH_SIDES
from contractctl.migration.words import FOLLOWING, command
from contractctl.model.plan import Plan, Stage, State

_REVISIONS = frozenset({Stage.EXPAND, Stage.DUAL_WRITE, Stage.QUIESCE, Stage.CONTRACT})
"""Stages that are done once their revision has run, by whatever means."""
_PROMISING = (Stage.VERIFY, Stage.CONTRACT)
"""What a constraint promises, triggers know of: a stage that was killed in between has not told them.

Nothing is hidden by recreating them: the stage that resumes compares every row after that.
"""


def reconcile(session: Session, history: History, wanted: str) -> History:
    """Record the outcome of every act that the database shows, including those of a killed command or of Alembic.

    Raise ContractctlError where the database has fewer revisions than the journal says, unless a rollback is wanted.
    """
    while True:
        _demand_same_work(session, history)
        found = _reconcile_one(session, history)
        if found is None:
            break
        history = found
    if wanted != ROLLBACK:
        _demand_revisions(session, history)
    if wanted not in (ROLLBACK, Stage.DUAL_WRITE) and cut_short(session, history) is None:
        _demand_triggers(session, history)
    return history


def cut_short(session: Session, history: History) -> Stage | None:
    """The stage whose revision used the gate's decision and did not finish: what it had done remains.

    Only where statements commit implicitly. Elsewhere somebody has downgraded the revision.
    """
    if databases.of(session.context.engine).transactional_ddl:
        return None
    return next((stage for stage in (Stage.QUIESCE, Stage.CONTRACT) if history.has_begun(stage)), None)


def _reconcile_one(session: Session, history: History) -> History | None:
    if (at_its_end := _at_its_end(session, history)) is not None:
        return at_its_end
    if (pending := history.pending) is not None:
        found = acts.done(session, pending.stage, pending.body)
        if found is not None:
            body = {**pending.body, **found, "settled": "the database shows that it is done; that was not journalled"}
            return session.note(EntryKind.OUTCOME, pending.stage, pending.key, body)
    stage = FOLLOWING.get(history.standing.state)
    if stage not in _REVISIONS:
        return None
    found = acts.done(session, stage, {})
    if found is None:
        return None
    told = "the database has the revision: it was run with alembic"
    body = {**begun_with(session.plan, stage), **found, "settled": told}
    return session.note(EntryKind.OUTCOME, stage, history.key(stage), body)


def _at_its_end(session: Session, history: History) -> History | None:
    """The next stage's outcome if the database has gone through all stages without the journal knowing.

    Such a database was created from scratch by Alembic, or lost its journal: nothing is left to do.
    """
    stage, revision = FOLLOWING.get(history.standing.state), session.plan.revisions.get(Stage.CONTRACT)
    if stage is None or stage is Stage.CONTRACT or revision is None or revision not in revised.applied(session):
        return None
    if not acts.old_side_is_gone(session):
        return None
    share = {"percent": 100.0} if stage is Stage.CANARY else {}
    body = {**begun_with(session.plan, stage), **share, "settled": "the database is past all stages"}
    return session.note(EntryKind.OUTCOME, stage, history.key(stage, share.get("percent")), body)


def begun_with(plan: Plan, stage: str) -> dict[str, Any]:
    """What the journal keeps of a plan from expand on, because its file can change or be on another branch."""
    if stage != Stage.EXPAND:
        return {}
    contracts = [movement.contract for movement in plan.movements]
    return {"work": {"digest": planner.work_digest(plan), "contracts": contracts}}


def _demand_same_work(session: Session, history: History) -> None:
    """The plan must be the one that was begun: another plan of that name may not use its proofs."""
    begun = history.work.get("digest")
    if history.standing.state is State.CONTRACTED or begun in {None, planner.work_digest(session.plan)}:
        return
    name = session.plan.name
    raise ContractctlError(
        f"the plan '{name}' has changed since expand: its operations, versions or revisions differ",
        hint=f"restore migrations/plans/{name}.toml and its revisions as they were, from git or by switching to"
        " their branch; further changes need a plan of their own",
    )


def _demand_revisions(session: Session, history: History) -> None:
    """The database must have the revisions that the journal says."""
    plan = session.plan
    needed = revised.REVISED[: revised.APPLIED_IN[history.standing.state]]
    have = revised.applied(session) if plan.revisions else frozenset()
    missing = [stage for stage in needed if (revision := plan.revisions.get(stage)) and revision not in have]
    if missing:
        raise ContractctlError(
            f"the journal says that '{plan.name}' is {where(history.standing)}, but the database does not have the"
            f" revision of {missing[0]}: somebody reverted it, or this is another database",
            hint=f"roll back the rest, and begin again: {command(plan, ROLLBACK)}",
        )


def _is_validated_by_others(session: Session, history: History) -> bool:
    """Whether a script, which proves less, has run what verify would, while verify is still to come."""
    before = history.standing.state in {State.DUAL_WRITING, State.BACKFILLED}
    return before and session.plan.revisions.get(Stage.VERIFY) in revised.applied(session)


def _demand_triggers(session: Session, history: History) -> None:
    """Both sides must be kept in step: every stage from dual-write to contract relies on it."""
    if history.standing.state not in BOTH_SIDES:
        return
    gone = acts.missing_triggers(session)
    promising = history.pending is not None and history.pending.stage in _PROMISING
    if gone and (promising or _is_validated_by_others(session, history)):
        acts.bring_triggers_back(session)
    elif gone:
        raise ContractctlError(
            f"the trigger '{gone[0]}' is gone, so writes to one side no longer reach the other; rebuilding a table"
            " drops its triggers",
            hint=f"restore it: {command(session.plan, Stage.DUAL_WRITE)}",
        )
