"""What does a pipeline read? The matrix as one JSON object, described by the contract contractctl/matrix."""

import json
from typing import Any

from contractctl.matrix import Cell, Match, Matrix, Meeting
from contractctl.model.canonical import tree
from contractctl.model.contract import DRAFT
from contractctl.report.matrix_words import Row, letters
from contractctl.report.unreadable import trees
from contractctl.store import parted


def matrix(rows: tuple[Row, ...]) -> str:
    """The whole matrix: `contracts/contractctl/matrix` describes it."""
    matrices, broken = parted(rows)
    answer = {"contracts": [_matrix(one) for one in matrices], "unreadable": trees(broken)}
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _matrix(one: Matrix) -> dict[str, Any]:
    return {
        "contract": one.contract,
        "format": one.format,
        "owner": one.owner or None,
        "level": one.level.value,
        "versions": [
            {"version": entry.name, "digest": entry.digest, "released": entry.name != DRAFT} for entry in one.entries
        ],
        "pairs": [_cell(cell) for cell in one.cells],
        "parties": [_match(match) for match in one.matches],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    comparison = cell.comparison
    return {
        "old": cell.old,
        "new": cell.new,
        "letters": letters(comparison),
        "backward": comparison.backward.status.value,
        "forward": comparison.forward.status.value,
        "unknown": {"backward": list(comparison.backward.reasons), "forward": list(comparison.forward.reasons)},
        "findings": [tree(finding) for finding in comparison.findings],
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "consumer": match.consumer,
        "producer": match.producer,
        "verdict": match.status.value,
        "reason": match.reason,
        "meetings": [_meeting(meeting) for meeting in match.meetings],
    }


def _meeting(meeting: Meeting) -> dict[str, Any]:
    return {
        "consumer": meeting.consumer,
        "producer": meeting.producer,
        "verdict": meeting.status.value,
        "findings": [
            {"rule": finding.rule, "path": finding.path, "message": finding.message} for finding in meeting.findings
        ],
        "reasons": list(meeting.reasons),
    }
