"""Has the stage before been passed? Stages and shares cannot be skipped."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from contractctl.gate.case import Case
from contractctl.gate.trust import Flaw, unknown
from contractctl.gate.words import moment, part, span, where
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.plan import Plan, Stage, Standing, State

_ORDER = tuple(State)
_BEFORE = {
    Stage.EXPAND: State.PLANNED,
    Stage.DUAL_WRITE: State.EXPANDED,
    Stage.BACKFILL: State.DUAL_WRITING,
    Stage.VERIFY: State.BACKFILLED,
    Stage.CANARY: State.VERIFIED,
    Stage.QUIESCE: State.CANARY,
    Stage.CONTRACT: State.QUIESCED,
}


STEP_BEFORE = "the step before"


def in_order(case: Case) -> Condition:
    """The plan is in a state that this stage may follow."""
    plan, standing = case.plan, case.standing
    needed = _BEFORE[case.stage]
    passed = Condition(
        name=STEP_BEFORE,
        outcome=Outcome.PASS,
        message=f"'{plan.name}' is {where(standing)}",
        observed=where(standing),
        threshold=f"{needed} or later",
    )
    if why := _out_of_order(case, needed):
        return replace(passed, outcome=Outcome.FAIL, message=why, remedy=_next(plan, standing))
    return passed


def _out_of_order(case: Case, needed: State) -> str | None:
    plan, standing = case.plan, case.standing
    if standing.state is State.CONTRACTED:
        return f"'{plan.name}' is contracted: nothing is left to do"
    if standing.state is State.ROLLED_BACK:
        return None if case.stage is Stage.EXPAND else f"'{plan.name}' has been rolled back"
    if _ORDER.index(standing.state) < _ORDER.index(needed):
        return f"'{plan.name}' is {where(standing)}; {case.stage} follows {needed}"
    if case.stage is Stage.CANARY:
        return _share_out_of_order(plan, case.percent or 0.0, standing)
    last = plan.canary.steps[-1]
    if case.stage is Stage.QUIESCE and standing.state is State.CANARY and standing.percent < last:
        return f"{standing.percent:g} % of the requests take the new path; quiesce follows {last:g} %"
    return None


def _share_out_of_order(plan: Plan, percent: float, standing: Standing) -> str | None:
    """A share may fall to any step, and grow by one step."""
    steps = plan.canary.steps
    share = running(standing)
    following = next((step for step in steps if step > share), steps[-1])
    if percent not in (0, *steps):
        listed = ", ".join(f"{step:g}" for step in steps)
        return f"{percent:g} % is not a step of the plan: {listed}"
    if percent > following:
        return f"{percent:g} % would skip {following:g} %; {share:g} % is running"
    return None


def quiesced_long_enough(case: Case) -> Condition:
    """The brown-out has lasted long enough."""
    needed = case.plan.reads.quiesced_seconds
    spent = case.now - case.standing.since
    passed = Condition(
        name="quiesced long enough",
        outcome=Outcome.PASS,
        message=f"quiesced for {span(spent)}",
        observed=span(spent),
        threshold=span(needed),
    )
    if case.standing.state is not State.QUIESCED:
        return unknown(passed, Flaw(Unknown.BAKING, f"'{case.plan.name}' is not quiesced"))
    if spent < needed:
        return unknown(passed, Flaw(Unknown.BAKING, f"quiesced for {part(spent, needed)}", needed - spent))
    return passed


def sunset_come(case: Case) -> Iterator[Condition]:
    """The sunset that clients of an interface know has come: until then no old part is removed, nor browned out."""
    gone = [one for one in case.plan.operations if one.is_of_interfaces]
    if not gone:
        return
    last = max(one.parameters.get("sunset", "") for one in gone)
    if any("sunset" not in one.parameters for one in gone):
        never = Condition("sunset", Outcome.PASS, "", "no day", "a day", remedy="write the day into the plan: sunset")
        yield unknown(never, Flaw(Unknown.MISSING_SOURCE, "the plan does not say until which day clients are served"))
        return
    left = datetime.fromisoformat(last).replace(tzinfo=UTC).timestamp() - case.now
    passed = Condition(
        name="sunset",
        outcome=Outcome.PASS,
        message=f"clients were told that the old parts stay {last}",
        observed=moment(case.now),
        threshold=last,
    )
    if left > 0:
        words = f"clients were told that the old parts stay until {last}, in {span(left)}"
        yield unknown(passed, Flaw(Unknown.BAKING, words, left))
        return
    yield passed


def running(standing: Standing) -> float:
    """The share of the new path; a brown-out keeps it, and may end by returning to it."""
    return standing.percent if standing.state in (State.CANARY, State.QUIESCED) else 0.0


def _next(plan: Plan, standing: Standing) -> str | None:
    """The command of the step that comes next."""
    if standing.state is State.CONTRACTED:
        return None
    if standing.state is State.ROLLED_BACK:
        return f"start again: contractctl migrate expand {plan.name}"
    following = next((step for step in plan.canary.steps if step > running(standing)), None)
    if standing.state in (State.VERIFIED, State.CANARY) and following is not None:
        return f"run: contractctl migrate canary {plan.name} {following:g}"
    stage = next(stage for stage, before in reversed(_BEFORE.items()) if before is standing.state)
    return f"run: contractctl migrate {stage} {plan.name}"
