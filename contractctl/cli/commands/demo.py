"""contractctl demo: what does the life of one breaking change look like?"""

import os
import sys

import click

from contractctl.cli import Exit, stopping
from contractctl.errors import ContractctlError


@click.command
@click.option("--keep", is_flag=True, help="Keep the folder, so that every command can be repeated in it by hand.")
@click.option(
    "--database",
    metavar="URL",
    help="An empty database of a PostgreSQL or MariaDB server, or env:NAME; without it, an SQLite file.",
)
@click.option("--prometheus", is_flag=True, help="Let the gates ask a Prometheus server that the demo starts.")
@click.option("--no-color", is_flag=True, help="No colour, even on a terminal.")
def command(keep: bool, database: str | None, prometheus: bool, no_color: bool) -> int:
    """Run one breaking change from start to end on this machine, in under two minutes.

    In a temporary git repository, a column and the field of an event are renamed while an old and a new version of a
    small shop read and write a database of 200,000 orders. Every command is shown as it is run, with its real output.
    Nothing outside the temporary folder and the database that you name is touched; at the end only the report is left
    in the folder, and the database is empty again. With --prometheus it takes a minute and a half longer: the server is
    found on PATH, and scrapes the processes' metrics.

    Exit codes: 0 everything went as described, 1 something did not, 2 usage or input error.
    """
    from contractctl.demo.place import Place
    from contractctl.demo.story import UnexpectedError, plain
    from contractctl.demo.telling import tell

    def write(words: str) -> None:
        click.echo(words, nl=False, color=True)

    plainly = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    coloured = sys.stdout.isatty() and not plainly
    try:
        tell(
            write if coloured else plain(write), os.environ, keep=keep, place=Place(_url(database)), scraped=prometheus
        )
    except UnexpectedError as error:
        click.echo(f"error: {error.message}", err=True)
        click.echo(
            "hint: run it again with --keep and look into the folder; if that does not help, it is a bug", err=True
        )
        return Exit.NO
    except KeyboardInterrupt as error:
        click.echo("stopped: no process is left running" + (", the folder is kept" if keep else ""), err=True)
        return stopping.exit_code(error)
    return Exit.YES


def _url(given: str | None) -> str | None:
    if given is None or not given.startswith("env:"):
        return given
    name = given.removeprefix("env:")
    if not os.environ.get(name):
        raise ContractctlError(f"the environment variable '{name}' is not set", hint="set it to the database's address")
    return os.environ[name]
