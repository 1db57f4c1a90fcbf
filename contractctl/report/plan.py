"""How is a new plan shown? What becomes what, its files, and what its stages will do if asked."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from contractctl import planner
from contractctl.model.plan import Operation
from contractctl.planner import Made

if TYPE_CHECKING:
    from contractctl.report.foreseen import Outlook


def plan_text(made: Made, files: Sequence[str], outlook: "Outlook | None", *, written: bool) -> str:
    """For people. files: their paths as shown; outlook: what the stages will do."""
    plan = made.plan
    lines = [f"{'wrote' if written else 'would write'} the plan '{plan.name}'", ""]
    lines += [f"  {one.contract}: {one.old} → {one.intermediate} (both sides) → {one.new}" for one in plan.movements]
    for operation in plan.operations:
        lines.append(f"    {planner.in_words(operation)}")
        lines += [f"      {way}" for way in _ways(operation)]
    lines += ["", *(f"  {path}" for path in files), ""]
    if outlook is not None:
        from contractctl.report import foreseen

        lines += ["what its stages will do:", *foreseen.lines(outlook), ""]
    if not written:
        return "\n".join([*lines, "to write them, run it without --dry-run"])
    return "\n".join([*lines, "review and commit these files, then run:", f"  {_next(made)}"])


def plan_json(made: Made, files: Sequence[str], outlook: "Outlook | None") -> str:
    """The same for machines: `contracts/contractctl/plan` describes it."""
    plan = made.plan
    answer: dict[str, Any] = {
        "plan": plan.name,
        "movements": [asdict(movement) for movement in plan.movements],
        "operations": [asdict(operation) for operation in plan.operations],
        "revisions": {stage.value: revision for stage, revision in plan.revisions.items()},
        "cautions": list(made.cautions),
        "files": list(files),
        "next": _next(made),
    }
    if outlook is not None:
        from contractctl.report import foreseen

        answer["stages"] = foreseen.tree(outlook)
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _next(made: Made) -> str:
    return f"contractctl migrate expand {made.plan.name}"


def _ways(operation: Operation) -> Iterator[str]:
    """How values are converted, if they do not stay the same."""
    if operation.regroup is not None:
        yield from (f"up {name} = {text}" for name, text in operation.regroup.ups.items())
        yield from (f"down {name} = {text}" for name, text in operation.regroup.downs.items())
    elif operation.transform is not None and not _bare(operation.transform.up):
        ways = (("up", operation.transform.up), ("down", operation.transform.down))
        yield "   ".join(f"{way} {text}" for way, text in ways if text)


def _bare(expression: str) -> bool:
    """Whether it is only a name: the value does not change."""
    return expression.strip('"`[]').replace("_", "").isalnum()
