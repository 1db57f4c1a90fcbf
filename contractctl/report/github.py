"""What does GitHub show beside the changed line? Workflow commands, one for each finding.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from contractctl.check import Checked
from contractctl.model.verdict import Place
from contractctl.report import text
from contractctl.report.annotations import Annotation, annotations


def verdict(checked: Checked) -> str:
    """One annotation for each finding that counts, then the answer in a line, then notes."""
    return "\n".join([*map(_line, annotations(checked)), text.answer(checked), *text.notes(checked)])


def _line(one: Annotation) -> str:
    kind = "error" if one.error else "warning"
    return command(kind, one.place, f"{one.contract}: {one.rule}", one.text)


def command(kind: str, place: Place | None, title: str, message: str) -> str:
    """One workflow command, its values escaped."""
    at = {"file": place.file, "line": place.line, "col": place.column} if place else {}
    fields = {**at, "title": title}
    given = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in fields.items() if value is not None)
    return f"::{kind} {given}::{_escaped(message, '')}"


def _escaped(text_: str, also: str) -> str:
    for character in "%\r\n" + also:
        text_ = text_.replace(character, f"%{ord(character):02X}")
    return text_
