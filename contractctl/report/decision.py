"""How is a gate's decision worded? What does not hold comes first, each condition with its remedy."""

from collections.abc import Iterator

from contractctl.gate.words import moment, span
from contractctl.model.amounts import counted
from contractctl.model.decision import Condition, Decision, Outcome


def text(decision: Decision, percent: float | None) -> str:
    """The answer in a line, then what is open, then what holds."""
    held = [condition.name for condition in decision.conditions if condition.holds and not condition.waiver]
    holds = [f"  holds    {'; '.join(held)}"] if held else []
    return "\n".join([answer(decision, percent), *open_lines(decision), *holds])


def open_conditions(decision: Decision) -> list[Condition]:
    """What does not hold, the worst first."""
    found = [condition for condition in decision.conditions if condition.is_open]
    return sorted(found, key=lambda condition: condition.outcome is not Outcome.FAIL)


def open_lines(decision: Decision) -> Iterator[str]:
    """A line for each condition that does not hold, and one for its remedy."""
    for condition in open_conditions(decision):
        reason = f" ({condition.reason})" if condition.reason else ""
        yield f"  {condition.outcome:<8} {condition.name}: {condition.message}{reason}"
        if condition.remedy:
            yield f"           {condition.remedy}"
    yield from _waived_lines(decision)


def _waived_lines(decision: Decision) -> Iterator[str]:
    """What does not hold but is waived stays visible, and so does a waiver without effect."""
    for condition in decision.conditions:
        if condition.waiver and not condition.holds:
            reason = f" ({condition.reason})" if condition.reason else ""
            yield f"  waived   {condition.outcome}, {condition.name}: {condition.message}{reason}"
        elif condition.waiver:
            yield f"  waiver   {condition.name}: {condition.message}"


def answer(decision: Decision, percent: float | None) -> str:
    """The first line: whether the stage may begin."""
    stage = f"{decision.stage} at {percent:g} %" if percent is not None else decision.stage
    total = counted(len(decision.conditions), "condition")
    still = [one.outcome for one in open_conditions(decision)]
    fails, unknown = still.count(Outcome.FAIL), still.count(Outcome.UNKNOWN)
    if decision.outcome is Outcome.PASS:
        waived = sum(bool(one.waiver) and not one.holds for one in decision.conditions)
        though = f", with {waived} of {total} waived" if waived else ""
        return f"pass: {stage} of '{decision.plan}' may begin{though}"
    if decision.outcome is Outcome.FAIL:
        held = f"{fails} of {total} {'does' if fails == 1 else 'do'} not hold"
        more = f", {unknown} {'is' if unknown == 1 else 'are'} unknown" if unknown else ""
        return f"fail: {stage} of '{decision.plan}' may not begin; {held}{more}"
    retry = decision.retry_after
    if retry is None:
        waits = f"{unknown} of {total} {'is' if unknown == 1 else 'are'} open"
        return f"unknown: it is not known whether {stage} of '{decision.plan}' may begin; {waits}"
    again = f"ask again in {span(retry)}, {moment(decision.at + retry)}"
    return f"wait: {stage} of '{decision.plan}' may not begin yet; {again}"
