"""What does GitHub show beside the changed line? Workflow commands, one for each finding.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from contractctl.check import Checked
from contractctl.report import text
from contractctl.report.annotations import Annotation, annotations


def verdict(checked: Checked) -> str:
    """One annotation for each finding that counts, then the answer in a line, then notes."""
    return "\n".join([*map(_line, annotations(checked)), text.answer(checked), *text.notes(checked)])


def _line(one: Annotation) -> str:
    kind = "error" if one.error else "warning"
    place = one.place
    file, line, column = (place.file, place.line, place.column) if place else (None, None, None)
    return command(kind, file, line, column, f"{one.contract}: {one.rule}", one.text)


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
