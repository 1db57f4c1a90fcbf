"""What does a pipeline read? The verdict as one JSON object, described by the contract contractctl/verdict."""

import json
from typing import Any

from contractctl.check import Checked, Pair
from contractctl.model.verdict import Finding, Place, Status, Witness
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
        "backward": pair.comparison.backward.status.value,
        "forward": pair.comparison.forward.status.value,
        "unknown": {
            "backward": list(pair.comparison.backward.reasons),
            "forward": list(pair.comparison.forward.reasons),
        },
        "findings": [_finding(finding) for finding in pair.comparison.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    witness = finding.witness
    return {
        "rule": finding.rule,
        "direction": finding.direction.value,
        "effect": finding.effect.value,
        "breaks": finding.breaks,
        "path": finding.path,
        "message": finding.message,
        "remedy": finding.remedy,
        "old": _place(finding.old),
        "new": _place(finding.new),
        "witness": witness and _witness(witness),
    }


def _witness(witness: Witness) -> dict[str, Any]:
    also = [{"answer": reply.answer, "executed_by": reply.executed_by} for reply in witness.also]
    return {"sent": witness.sent, "answer": witness.answer, "executed_by": witness.executed_by, "also": also}


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"file": place.file, "line": place.line, "column": place.column} if place else None
