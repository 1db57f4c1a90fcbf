"""How is a stage run? What was begun is reconciled first; then the gate, the intent, the act, the outcome."""

from collections.abc import Mapping

from contractctl import journal, planner
from contractctl.backfill import PausedError, StoppedError, pause_of
from contractctl.errors import ContractctlError
from contractctl.gate.words import where
from contractctl.journal import MOVES, ROLLBACK, EntryKind, History
from contractctl.migration import acts, revised, rolling_back, sharing
from contractctl.migration.comparing import DiffersError, compare_all, repair_all
from contractctl.migration.context import Context, Result, Session, Side
from contractctl.migration.facts import BOTH_SIDES
from contractctl.migration.reconciling import begun_with, cut_short, reconcile
from contractctl.migration.unrecorded import demand_recorded
from contractctl.migration.words import command, doing, next_command
from contractctl.model import canonical
from contractctl.model.amounts import agreeing, counted
from contractctl.model.decision import Decision, Outcome
from contractctl.model.plan import Stage, State

_ORDER = tuple(State)
_REACHES = {
    Stage.EXPAND: State.EXPANDED,
    Stage.DUAL_WRITE: State.DUAL_WRITING,
    Stage.BACKFILL: State.BACKFILLED,
    Stage.VERIFY: State.VERIFIED,
    Stage.QUIESCE: State.QUIESCED,
    Stage.CONTRACT: State.CONTRACTED,
}
_ANSWERS = {Outcome.PASS: "may begin", Outcome.FAIL: "may not begin", Outcome.UNKNOWN: "may not begin yet"}


def run(
    stage: str,
    context: Context,
    percent: float | None = None,
    *,
    repair: Side | None = None,
    decide_only: bool = False,
) -> Result:
    """Take the plan through one stage, or say why not. Repeating it does nothing twice.

    `stage` is a Stage or rollback; `percent` goes with canary, `repair` with verify. `decide_only` asks the gate and
    journals its answer, for whoever runs the revision with `alembic upgrade`. Raise ContractctlError where the stage
    is out of order, where somebody else holds the plan, or where the act fails.
    """
    journal.open(context.engine)
    with journal.writing(context.engine) as connection:
        lease = journal.acquire(connection, context.plan.name, context.operator, context.clock())
    session = Session(context, lease)
    try:
        result = _run(session, stage, percent, repair=repair, decide_only=decide_only)
    except BaseException as error:
        _give_back_after(error, session)
        raise
    _give_back(session)
    return result


def _give_back(session: Session) -> None:
    with journal.writing(session.context.engine) as connection:
        journal.release(connection, session.lease)


def _give_back_after(error: BaseException, session: Session) -> None:
    """Release the lease; if that fails, too, report the first failure: the lease expires anyway."""
    try:
        _give_back(session)
    except ContractctlError as second:
        error.add_note(f"and the lease could not be released: {second.message}")


def _run(session: Session, stage: str, percent: float | None, *, repair: Side | None, decide_only: bool) -> Result:
    with journal.reading(session.context.engine) as connection:
        journal.verify_chain(connection, session.plan.name)
    history = reconcile(session, session.history(), stage)
    if stage == Stage.VERIFY:
        _demand_not_paused(session)
    if repair is not None:
        history = _repair(session, history, repair)
    if (already := _already(session, history, stage, percent)) is not None:
        return already
    if stage != ROLLBACK and rolling_back.is_half_rolled_back(session):
        raise ContractctlError(
            f"the rollback of '{session.plan.name}' was cut short and is half done",
            hint=f"run: {command(session.plan, ROLLBACK)}",
        )
    if (half := cut_short(session, history)) is not None:
        return _go_on(session, history, half, stage)
    if (history.standing.state, stage) not in MOVES:
        raise _out_of_order(session, history, stage)
    if stage == Stage.BACKFILL:
        _demand_not_paused(session)
    decision = _ask(session, history, stage, percent)
    if decision is not None and (decide_only or decision.outcome is not Outcome.PASS):
        return _decided(session, history, decision, percent)
    rests_on = {} if decision is None else {"decision": decision.digest}
    return _move(session, history, stage, percent, rests_on, decision)


def _go_on(session: Session, history: History, half: Stage, wanted: str) -> Result:
    """Finish what was interrupted, with the decision that it has used; or undo it while that is possible."""
    if wanted == half:
        return _move(session, history, half, None, {"decision": history.decisions[half].body["digest"]})
    if wanted == ROLLBACK and half is Stage.QUIESCE:
        return _move(session, history, ROLLBACK, None, {})
    raise ContractctlError(
        f"the {half} of '{session.plan.name}' was cut short and is half done",
        hint=f"run: {command(session.plan, half)}",
    )


def _demand_not_paused(session: Session) -> None:
    """Do not start what is paused; a process that is already running waits to be resumed."""
    with journal.reading(session.context.engine) as connection:
        found = pause_of(connection, session.plan.name)
    if found is not None:
        raise PausedError(f"'{session.plan.name}' is {found}", hint=f"run: {command(session.plan, 'resume')}")


def _move(  # noqa: PLR0913, PLR0917 - what is done, and why it may be
    session: Session,
    history: History,
    stage: str,
    percent: float | None,
    rests_on: Mapping[str, str],
    decision: Decision | None = None,
) -> Result:
    """Intent, act, outcome."""
    key = history.key(stage, percent)
    body = dict(rests_on) if percent is None else {**rests_on, "percent": percent}
    body |= begun_with(session.plan, stage)
    session.note(EntryKind.INTENT, stage, key, body)
    try:
        found = acts.act(session, stage, percent, history.standing.state)
    except StoppedError:
        raise
    except ContractctlError as error:
        _note_failure(session, stage, error)
        raise
    after = session.note(EntryKind.OUTCOME, stage, key, {**rests_on, **begun_with(session.plan, stage), **found})
    return Result(
        stage=stage,
        standing=after.standing,
        message=f"{doing(stage, percent)} is done: '{session.plan.name}' is {where(after.standing)}",
        done=True,
        decision=decision,
        details=found,
        advice=_advice(session, after),
    )


def _note_failure(session: Session, stage: str, error: ContractctlError) -> None:
    """Record the failure where that is still possible: the failure itself is what must be reported."""
    body = {"error": error.message, **(error.body if isinstance(error, DiffersError) else {})}
    try:
        history = session.history()
        key = f"{history.key(stage)}-failure-{history.failures + 1}"
        session.note(EntryKind.FAILURE, stage, key, body)
    except ContractctlError as second:
        error.add_note(f"and the journal could not be written: {second.message}")


def _ask(session: Session, history: History, stage: str, percent: float | None) -> Decision | None:
    """The gate's decision, journalled. Rolling back needs none."""
    standing = history.standing
    back = stage == Stage.CANARY and (standing.state is State.QUIESCED or (percent or 0.0) < standing.percent)
    if stage == ROLLBACK or back:
        return None
    decision = session.context.ask(Stage(stage), percent, history)
    key = f"{history.key(stage, percent)}-{decision.digest[:16]}"
    body = {**canonical.tree(decision), "plan_digest": planner.plan_digest(session.plan)}
    session.note(EntryKind.DECISION, stage, key, body)
    return decision


def _decided(session: Session, history: History, decision: Decision, percent: float | None) -> Result:
    passed, what = decision.outcome is Outcome.PASS, doing(decision.stage, percent)
    return Result(
        stage=decision.stage,
        standing=history.standing,
        message=f"{what} {_ANSWERS[decision.outcome]}: '{session.plan.name}' is {where(history.standing)}",
        done=passed,
        decision=decision,
        advice=_advice(session, history) if passed else (),
    )


def _already(session: Session, history: History, stage: str, percent: float | None) -> Result | None:
    """The answer where nothing is left to do for this command."""
    standing, name = history.standing, session.plan.name
    if stage == ROLLBACK:
        passed = standing.state in (State.PLANNED, State.ROLLED_BACK)
        if passed:
            with journal.reading(session.context.engine) as connection:
                demand_recorded(connection, session.plan)
    elif stage == Stage.CANARY:
        passed = standing.state is State.CANARY and standing.percent == percent
        passed = passed and sharing.flags_are_at(session, standing.percent)
    else:
        reached = _ORDER.index(_REACHES[Stage(stage)])
        passed = standing.state is not State.ROLLED_BACK and _ORDER.index(standing.state) >= reached
    if not passed:
        return None
    details, again = {}, ""
    if stage == Stage.DUAL_WRITE and standing.state in BOTH_SIDES and (gone := acts.missing_triggers(session)):
        return _brought_back(session, history, gone)
    if stage == Stage.VERIFY and standing.state in (State.VERIFIED, State.CANARY, State.QUIESCED):
        details, again = _check(session, history), "; compared again: nothing differs"
    message = (
        f"nothing to roll back: '{name}' is planned"
        if standing.state is State.PLANNED
        else f"already done: '{name}' is {where(standing)}{again}"
    )
    return Result(stage, standing, message, done=True, details=details, advice=_advice(session, history))


def _brought_back(session: Session, history: History, gone: tuple[str, ...]) -> Result:
    """Repeat what dual-write does if it has been undone. Verify finds what was written meanwhile."""
    acts.bring_triggers_back(session)
    key = f"{history.key(Stage.DUAL_WRITE)}-triggers-{history.last.id if history.last else 0}"
    session.note(EntryKind.CHECK, Stage.DUAL_WRITE, key, {"brought_back": list(gone)})
    were = agreeing(len(gone), "was gone and is", "were gone and are")
    message = f"{counted(len(gone), 'trigger')} of '{session.plan.name}' {were} restored"
    return Result(
        Stage.DUAL_WRITE,
        history.standing,
        f"{message}; rows written in the meantime may differ",
        done=True,
        details={"brought_back": list(gone)},
        advice=(command(session.plan, Stage.VERIFY), *_advice(session, history)),
    )


def _check(session: Session, history: History) -> dict[str, object]:
    """Compare both sides without moving the plan."""
    key = f"{history.key(Stage.VERIFY)}-check-{history.last.id if history.last else 0}"
    try:
        found = compare_all(session)
    except DiffersError as error:
        session.note(EntryKind.CHECK, Stage.VERIFY, key, error.body)
        raise
    session.note(EntryKind.CHECK, Stage.VERIFY, key, found)
    return found


def _repair(session: Session, history: History, side: Side) -> History:
    if (
        not revised.APPLIED_IN[State.DUAL_WRITING]
        <= revised.APPLIED_IN[history.standing.state]
        <= revised.APPLIED_IN[State.QUIESCED]
    ):
        raise _out_of_order(session, history, f"{Stage.VERIFY} --repair")
    key = f"{history.key(Stage.VERIFY)}-repair-{history.last.id if history.last else 0}"
    return session.note(EntryKind.CHECK, Stage.VERIFY, key, repair_all(session, side))


def _out_of_order(session: Session, history: History, stage: str) -> ContractctlError:
    following = next_command(session.plan, history.standing)
    hint = "nothing is left to do" if following is None else f"run: {following}"
    return ContractctlError(
        f"'{session.plan.name}' is {where(history.standing)}: {stage} cannot follow from there", hint=hint
    )


def _advice(session: Session, history: History) -> tuple[str, ...]:
    """What comes next; once contracted, releasing the version without the old side."""
    plan = session.plan
    if history.standing.state is State.CONTRACTED:
        open_ones = [one for one in plan.movements if one.new not in session.context.released(one.contract)]
        return tuple(f"contractctl release {movement.contract} --version {movement.new}" for movement in open_ones)
    following = next_command(plan, history.standing)
    flags = [flag.shown for flag in session.context.flags] if history.standing.state is State.CANARY else []
    return (*(f"commit and deploy {name}" for name in flags), following or command(plan, "status"))
