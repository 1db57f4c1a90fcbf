"""How is one finding written, in lines and as JSON?"""

from collections.abc import Iterator
from typing import Any

import click

from contractctl.model.verdict import Finding, Place, Status, Witness

COLOUR = {Status.COMPATIBLE: "green", Status.INCOMPATIBLE: "red", Status.UNKNOWN: "yellow"}
_LONGEST = 400
_ELSEWHERE = "; --witness-on URL uses a server of yours"
"""SQLite, which is tried first, has no widths, enums and time zones."""


def finding_lines(finding: Finding) -> Iterator[str]:
    """Its effect and place, who breaks, and the proof, without the remedy."""
    effect = click.style(finding.effect, fg="red" if finding.breaks else "yellow")
    place = _shown(finding.new) or _shown(finding.old)
    yield f"  {effect}  {finding.path}  {click.style(f'{finding.rule}, {finding.direction}{place}', dim=True)}"
    yield f"    {finding.message}"
    if finding.witness:
        yield f"    sent:    {_short(finding.witness.sent)}"
        yield f"    answer:  {_short(finding.witness.answer)}  ({finding.witness.executed_by})"
        for reply in finding.witness.also:
            yield f"    but:     {_short(reply.answer)}  ({reply.executed_by})"
    else:
        yield f"    witness: none found{_ELSEWHERE if finding.rule.startswith('sql-') else ''}"


def finding_tree(finding: Finding) -> dict[str, Any]:
    """As the contract contractctl/verdict defines it."""
    witness = finding.witness
    return {
        "rule": finding.rule,
        "direction": finding.direction.value,
        "effect": finding.effect.value,
        "breaks": finding.breaks,
        "path": finding.path,
        "message": finding.message,
        "remedy": finding.remedy,
        "old": place_tree(finding.old),
        "new": place_tree(finding.new),
        "witness": witness and _witness(witness),
    }


def _witness(witness: Witness) -> dict[str, Any]:
    also = [{"answer": reply.answer, "executed_by": reply.executed_by} for reply in witness.also]
    return {"sent": witness.sent, "answer": witness.answer, "executed_by": witness.executed_by, "also": also}


def place_tree(place: Place | None) -> dict[str, Any] | None:
    """As the contract contractctl/verdict defines it."""
    return {"file": place.file, "line": place.line, "column": place.column} if place else None


def _shown(place: Place | None) -> str:
    if place is None:
        return ""
    return f", {place.file}" + "".join(f":{n}" for n in (place.line, place.column) if n is not None)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
