"""What does a pipeline read? The verdict as one JSON object, described by the contract contractctl/verdict."""

import json
from typing import Any

from contractctl.check import Checked, Pair
from contractctl.model.acceptance import Acceptance
from contractctl.model.verdict import Finding, Status
from contractctl.report.findings import finding_tree, place_tree
from contractctl.report.policies import policy_tree


def verdict(checked: Checked) -> str:
    """The whole check: `contracts/contractctl/verdict` describes it."""
    answer = {
        "verdict": checked.verdict.value,
        "passes": checked.standing is Status.COMPATIBLE,
        "pairs": [_pair(pair) for pair in checked.pairs],
        "problems": [
            {
                "rule": problem.rule,
                "contract": problem.contract,
                "file": problem.file,
                "message": problem.message,
                "remedy": problem.remedy,
                "place": place_tree(problem.place),
                "accepted": None if problem.acceptance is None else _acceptance(problem.acceptance),
            }
            for problem in checked.problems
        ],
    }
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "contract": pair.contract,
        "format": pair.format,
        "level": pair.level.value,
        "policy": policy_tree(pair.comparison.policy),
        "old": pair.old,
        "new": pair.new,
        "verdict": pair.status.value,
        "excused": pair.excused,
        "accepted": [_acceptance(one) for one in pair.met],
        "backward": pair.comparison.backward.status.value,
        "forward": pair.comparison.forward.status.value,
        "unknown": {
            "backward": list(pair.comparison.backward.reasons),
            "forward": list(pair.comparison.forward.reasons),
        },
        "notes": list(pair.comparison.notes),
        "findings": [
            {**finding_tree(finding), "accepted": _is_accepted(pair, finding)} for finding in pair.comparison.findings
        ],
    }


def _is_accepted(pair: Pair, finding: Finding) -> bool:
    acceptance = pair.acceptance(finding)
    return acceptance is not None and acceptance.holds


def _acceptance(acceptance: Acceptance) -> dict[str, Any]:
    return {
        "rule": acceptance.rule,
        "path": acceptance.path,
        "says": acceptance.says,
        "reason": acceptance.reason,
        "owner": acceptance.owner,
        "expires": acceptance.expires.isoformat(),
        "holds": acceptance.holds,
    }
