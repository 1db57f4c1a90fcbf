"""contractctl matrix: which versions are compatible with which?"""

import shutil
import sys
from pathlib import Path

import click

from contractctl import caches, settings
from contractctl.cli import Exit, times, unread
from contractctl.cli import output as output_form
from contractctl.errors import ContractctlError
from contractctl.matrix import Judge, matrix
from contractctl.report.matrix_words import Row
from contractctl.store import Unreadable

_FORMS = ("text", "json", "markdown", "html")
_NO_TERMINAL = 240
"""Columns for a file or a pipe: a table there is read by scrolling."""


@click.command
@click.argument("names", nargs=-1, metavar="[CONTRACT…]")
@click.option("--no-cache", is_flag=True, help="Do not use cached verdicts; CONTRACTCTL_CACHE=off does the same.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="Output format; by default from the file extension of -o, else text.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the output to this file.",
)
def command(names: tuple[str, ...], form: str | None, output: Path | None, no_cache: bool) -> int:
    """Show which versions are compatible with which.

    Each pair of versions of a contract is judged in both directions: BF compatible both ways, B- backward only,
    -F forward only, -- neither, ? unknown. A draft that differs from the latest release is shown as the version
    'draft'. Consumers are compared with producers at the versions that contract.toml lists for them, and for the
    fields that it says they read.

    The HTML is one file that needs no network: click a cell to see what breaks there, and for whom.

    A contract that cannot be read is shown with its error among the others, and the exit code is 2.
    """
    form = output_form.form_of(form, output, _FORMS)
    if no_cache:
        caches.switch_off()
    known = settings.load(Path.cwd())
    folder = known.contracts
    contracts = unread.contracts(folder, names)
    if not contracts:
        raise ContractctlError(f"there are no contracts in {folder}", hint="contractctl init finds your schemas")
    judge = Judge(witnesses=form in {"json", "html"})
    found = tuple(
        one if isinstance(one, Unreadable) else matrix(known.judged(one, times.today()), judge) for one in contracts
    )
    worded = _worded(found, form, output)
    if output is None:
        click.echo(worded)
    else:
        output_form.write(worded, output)
    broken = [one.name for one in found if isinstance(one, Unreadable)]
    if broken:
        click.echo(unread.left_out(broken, "judged"), err=True)
    return Exit.MEND if broken else Exit.YES


def _worded(found: tuple[Row, ...], form: str, output: Path | None) -> str:
    match form:
        case "json":
            from contractctl.report import matrix_json

            return matrix_json.matrix(found)
        case "markdown":
            from contractctl.report import matrix_markdown

            return matrix_markdown.matrix(found)
        case "html":
            from contractctl.report import matrix_html

            return matrix_html.matrix(found)
        case _:
            from contractctl.report import matrix_text

            on_terminal = output is None and sys.stdout.isatty()
            return matrix_text.matrix(found, shutil.get_terminal_size().columns if on_terminal else _NO_TERMINAL)
