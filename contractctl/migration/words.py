"""How are a plan's standing and its next command worded?"""

from contractctl.journal import ROLLBACK
from contractctl.model.plan import Plan, Stage, Standing, State

FOLLOWING = {
    State.PLANNED: Stage.EXPAND,
    State.EXPANDED: Stage.DUAL_WRITE,
    State.DUAL_WRITING: Stage.BACKFILL,
    State.BACKFILLED: Stage.VERIFY,
    State.VERIFIED: Stage.CANARY,
    State.CANARY: Stage.QUIESCE,
    State.QUIESCED: Stage.CONTRACT,
    State.ROLLED_BACK: Stage.EXPAND,
}
"""The stage that comes next; a canary has several steps before that."""


def next_command(plan: Plan, standing: Standing) -> str | None:
    """The command for the next step; None where there is none."""
    if standing.state in (State.VERIFIED, State.CANARY):
        running = standing.percent if standing.state is State.CANARY else 0.0
        step = next((one for one in plan.canary.steps if one > running), None)
        return command(plan, Stage.QUIESCE) if step is None else command(plan, Stage.CANARY, step)
    stage = FOLLOWING.get(standing.state)
    return None if stage is None else command(plan, stage)


def command(plan: Plan, stage: str, percent: float | None = None) -> str:
    """A command of this plan, as it is typed."""
    share = "" if percent is None else f" {percent:g}"
    return f"contractctl migrate {stage} {plan.name}{share}"


def doing(stage: str, percent: float | None) -> str:
    """A stage as the subject of a sentence."""
    if stage == ROLLBACK or percent is None:
        return str(stage)
    return f"canary at {percent:g} %"
