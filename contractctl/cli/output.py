"""Where does an answer go, in which form, and with which exit code?"""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from contractctl.cli import Exit
from contractctl.errors import ContractctlError
from contractctl.model.decision import Decision, Outcome
from contractctl.writing import write_whole

_FORMS = {".json": "json", ".md": "markdown", ".html": "html", ".htm": "html"}


def form_of(form: str | None, output: Path | None, known: Sequence[str]) -> str:
    """The value of --format, else the file's ending if that is one of `known`, else text.

    Raise ContractctlError where the file's folder is not there.
    """
    if output and not output.parent.is_dir():
        raise ContractctlError(f"there is no folder {output.parent}", hint=f"make it: mkdir -p {output.parent}")
    ending = _FORMS.get(output.suffix.lower(), "text") if output else "text"
    return form or (ending if ending in known else "text")


def write(worded: str, output: Path, *, err: bool = False) -> None:
    """All of it or nothing, without colours; it is printed on stdout, or on stderr where stdout has the answer."""
    text = click.unstyle(worded).encode("utf-8", "backslashreplace").decode()  # as in printed output
    write_whole(output, f"{text}\n")
    click.echo(f"wrote {os.path.relpath(output)}", err=err)


def exit_of(decision: Decision) -> Exit:
    """The exit code that says what the gate decided."""
    match decision.outcome:
        case Outcome.PASS:
            return Exit.YES
        case Outcome.FAIL:
            return Exit.NO
        case Outcome.UNKNOWN:
            return Exit.UNKNOWN if decision.retry_after is None else Exit.WAIT
