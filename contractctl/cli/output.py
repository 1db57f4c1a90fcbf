"""Where does an answer go, and in which form? What the ending of a file says, unless --format does."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from contractctl.errors import ContractctlError
from contractctl.writing import write_whole

_FORMS = {".json": "json", ".md": "markdown", ".html": "html", ".htm": "html"}


def form_of(form: str | None, output: Path | None, known: Sequence[str]) -> str:
    """The form, one of `known`; text where nothing says it. Raise ContractctlError where the folder is not there."""
    if output and not output.parent.is_dir():
        raise ContractctlError(f"there is no folder {output.parent}", hint=f"make it: mkdir -p {output.parent}")
    ending = _FORMS.get(output.suffix.lower(), "text") if output else "text"
    return form or (ending if ending in known else "text")


def write(worded: str, output: Path, *, err: bool = False) -> None:
    """All of it or nothing, without colours; it is told on stdout, or on stderr where stdout has something to say."""
    write_whole(output, click.unstyle(worded) + "\n")
    click.echo(f"wrote {os.path.relpath(output)}", err=err)
