"""May the next stage begin? Pure: observations in, a decision out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from contractctl.errors import ContractctlError
from contractctl.gate import facts, order, people, reads, requests, shares, waivers
from contractctl.gate.case import Case
from contractctl.model import canonical
from contractctl.model.contract import Party
from contractctl.model.decision import Condition, Decision, Outcome
from contractctl.model.evidence import Record
from contractctl.model.plan import Plan, Stage, Standing


def decide(  # noqa: PLR0913 - a decision's inputs, each by name
    plan: Plan,
    stage: Stage,
    *,
    percent: float | None = None,
    standing: Standing,
    consumers: Mapping[str, tuple[Party, ...]],
    records: Sequence[Record],
    now: float,
) -> Decision:
    """Whether `stage` may begin at `now` (Unix seconds). Fail beats unknown beats pass.

    `percent` is the share asked for, only with Stage.CANARY. `consumers` are those of contract.toml, by contract.
    Raise ContractctlError where the question itself is wrong.
    """
    return decide_case(Case(plan, stage, percent, standing, consumers, tuple(records), now))


def decide_case(case: Case) -> Decision:
    """The same for a recorded case."""
    _demand_a_share(case)
    asked = tuple(replace(condition, records=tuple(sorted(set(condition.records)))) for condition in _conditions(case))
    found = waivers.applied(case, asked)
    return Decision(
        plan=case.plan.name,
        stage=case.stage.value,
        at=float(case.now),
        outcome=_outcome(found),
        conditions=found,
        digest=canonical.digest(canonical.tree(case)),
    )


def _demand_a_share(case: Case) -> None:
    if case.stage is Stage.CANARY and case.percent is None:
        raise ContractctlError("a canary needs a percentage", hint="add --percent 1")
    if case.stage is not Stage.CANARY and case.percent is not None:
        raise ContractctlError(f"only a canary has a percentage; '{case.stage}' has none", hint="leave --percent out")


def _outcome(conditions: Sequence[Condition]) -> Outcome:
    found = {condition.outcome for condition in conditions if condition.is_open}
    return next((worst for worst in (Outcome.FAIL, Outcome.UNKNOWN) if worst in found), Outcome.PASS)


def _conditions(case: Case) -> Iterator[Condition]:
    """The table of what each move needs, stage by stage."""
    rows = facts.touches_a_database(case.plan)
    yield order.in_order(case)
    match case.stage:
        case Stage.EXPAND | Stage.DUAL_WRITE:
            yield from facts.compatible(case)
        case Stage.BACKFILL:
            if rows:
                yield facts.no_new_side_nulls(case)
        case Stage.VERIFY:
            if rows:
                yield facts.backfill_complete(case)
                yield facts.nothing_set_aside(case)
        case Stage.CANARY:
            yield from _canary(case, rows=rows)
        case Stage.QUIESCE:
            yield from order.sunset_come(case)
            yield from requests.healthy(case)
            yield from shares.moved(case)
            yield from reads.unread(case)
        case Stage.CONTRACT:
            yield order.quiesced_long_enough(case)
            yield from order.sunset_come(case)
            yield from shares.moved(case)
            yield from reads.unread(case)
            if rows:
                yield from facts.no_divergence(case, within_seconds=facts.JUST_NOW_SECONDS)
                yield people.restore_point(case.plan)
            yield people.approved(case)


def _canary(case: Case, *, rows: bool) -> Iterator[Condition]:
    """Before the first share there is nothing to count, and shrinking the share is never a risk."""
    running = order.running(case.standing)
    if (case.percent or 0.0) <= running:
        return
    yield from shares.moved(case)
    if running > 0:
        yield from requests.healthy(case)
    elif rows:
        yield from facts.no_divergence(case)
