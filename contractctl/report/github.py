"""What does GitHub show beside the changed line? Workflow commands, one a finding.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterator

from contractctl.check import Checked, Pair
from contractctl.model.verdict import Finding, Status
from contractctl.report import text
from contractctl.report.policies import policies


def verdict(checked: Checked) -> str:
    """One annotation for each finding that counts, then the answer in a line."""
    return "\n".join([*_lines(checked), text.answer(checked)])


def _lines(checked: Checked) -> Iterator[str]:
    for problem in checked.problems:
        yield command("error", problem.file, None, None, problem.rule, f"{problem.message}\n{problem.remedy}")
    for pair in checked.pairs:
        for finding in pair.demanded:
            yield _annotation(pair, finding)
        if pair.status is Status.UNKNOWN:
            reasons = [reason for d in pair.level.directions for reason in pair.comparison.towards(d).reasons]
            yield command("warning", None, None, None, f"{pair.contract}: unknown", "\n".join(reasons))


def _annotation(pair: Pair, finding: Finding) -> str:
    place = finding.new or finding.old
    witness = finding.witness
    lines = [f"{finding.path}: {finding.message}"]
    if witness:
        lines += [f"sent: {witness.sent}", f"answer: {witness.answer} ({witness.executed_by})"]
        lines += [f"but: {reply.answer} ({reply.executed_by})" for reply in witness.also]
    lines += [finding.remedy, *policies(pair.comparison.policy)]
    return command(
        "error" if finding.breaks and pair.excused is None else "warning",
        place.file if place else None,
        place.line if place else None,
        place.column if place else None,
        f"{pair.contract}: {finding.rule}",
        "\n".join(lines),
    )


def command(  # noqa: PLR0913, PLR0917 - the fields of a workflow command, in its order
    kind: str, file: str | None, line: int | None, column: int | None, title: str, message: str
) -> str:
    """One workflow command, its values escaped."""
    fields = {"file": file, "line": line, "col": column, "title": title}
    given = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in fields.items() if value is not None)
    return f"::{kind} {given}::{_escaped(message, '')}"


def _escaped(text_: str, also: str) -> str:
    for character in "%\r\n" + also:
        text_ = text_.replace(character, f"%{ord(character):02X}")
    return text_
