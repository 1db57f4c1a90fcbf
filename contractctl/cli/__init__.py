"""What can be asked of contractctl? The commands, each loaded when it is used, and the exit codes in one place."""

import gc
import io
import os
import sys
from enum import IntEnum
from typing import NoReturn

import click

from contractctl import __version__
from contractctl.cli import stopping
from contractctl.cli.commands import COMMANDS, module_of
from contractctl.errors import ContractctlError


class Exit(IntEnum):
    """What every command's exit code says."""

    YES = 0
    NO = 1
    MEND = 2
    """An error in usage, configuration or an input file: the user can correct it."""
    UNKNOWN = 3
    """Evidence is missing."""
    WAIT = 4
    """Waiting can help; `retry_after` in the JSON."""
    BUG = 70
    """Ours."""


class Group(click.Group):
    """A group that lists its commands in the order of their definition, each with its whole first sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*self.commands]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, one.help.partition("\n\n")[0]) for name, one in self.commands.items() if one.help]
            )


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        command = module_of(cmd_name).command
        assert isinstance(command, click.Command)  # noqa: S101 - narrows for mypy; the table is ours
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches

            for near in get_close_matches(args[0], COMMANDS, 1):
                ctx.fail(f"No such command '{args[0]}'. Did you mean '{near}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])


_UNREAD = 128 + 13
"""What a shell reports for SIGPIPE: nobody has read the answer, which may have been a no."""
_FEW_LOOKS = 50_000
"""Python's garbage collector runs after this many allocations; the default is a few hundred."""


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 yes, 1 no, 2 usage or input error, 3 unknown, 4 wait, 70 a bug in contractctl.",
)
@click.version_option(__version__, "-V", "--version", prog_name="contractctl", message="%(prog)s %(version)s")
def cli() -> None:
    """Change events, APIs and shared tables without breaking anyone."""


def main() -> NoReturn:
    """Run a command and end the process with the exit code that the command's answer has."""
    stopping.end_like_ctrl_c()
    _print_anything()
    _demand_utf8()
    gc.set_threshold(_FEW_LOOKS)  # modules stay loaded: collecting them would find nothing
    answer = run(sys.argv[1:])
    gc.freeze()  # no last collection at exit: the process returns all memory anyway
    sys.exit(answer)


def _print_anything() -> None:
    """Escape what stdout cannot encode: a file name that is not UTF-8, or an arrow in a locale without one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # mostly valid escapes in JSON, too


def _demand_utf8() -> None:
    """Git's file names are UTF-8: in another encoding an existing file would not be found, and not be judged."""
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8":
        wrong = f"Python reads file names as {encoding} here, and contractctl needs UTF-8 for them"
        sys.exit(_complain(wrong, "set PYTHONUTF8=1, or a locale such as LC_ALL=C.UTF-8"))


def run(arguments: list[str]) -> int:
    """Run one command line in this process. Every way in which it can end is decided here."""
    try:
        _demand_place()
        _demand_words(arguments)
        # https://no-color.org; otherwise click checks for a terminal, but not for a dumb one
        colour = False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None
        answer = cli.main(arguments, prog_name="contractctl", standalone_mode=False, color=colour)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return Exit.MEND
    except click.UsageError as error:
        from contractctl.cli.usage import told  # rarely needed

        return _complain(*told(error))
    except click.ClickException as error:
        return _complain(error.format_message(), None)
    except (click.Abort, KeyboardInterrupt) as error:
        click.echo("stopped; finished work is kept, and the same command resumes from there", err=True)
        return stopping.exit_code(error)
    except ContractctlError as error:
        return _complain(error.message, error.hint)
    except SystemExit as end:
        if end.code != 1:
            raise
        sys.stdout = None  # this is how click ends when the reader has gone: nothing is left to flush
        return _UNREAD
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}", "check the file, folder or disk, and run it again")
    except Exception:  # noqa: BLE001 - the last door: a user never sees a traceback
        return _our_bug()
    return int(answer) if isinstance(answer, int) else Exit.YES


def _demand_place() -> None:
    try:
        os.getcwd()  # noqa: PTH109 - pathlib takes longer to load than this takes to answer
    except FileNotFoundError:
        raise ContractctlError("the current folder is not there any more", hint="cd into one that is") from None


def _demand_words(arguments: list[str]) -> None:
    """Refuse an empty argument: it comes from an empty variable, and as a path it would mean this folder."""
    if "" in arguments:
        before = ["contractctl", *arguments][arguments.index("")]
        raise ContractctlError(
            f"what follows '{before}' is empty", hint="is a variable empty? give it a value, or leave it out"
        )


def _complain(message: str, hint: str | None) -> int:
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)
    return Exit.MEND


def _our_bug() -> int:
    click.echo(f"error: this is a bug in contractctl; please send {written_down()}", err=True)
    return Exit.BUG


def written_down() -> str:
    """Write a log of the current exception, and return its path."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="contractctl-", suffix=".log", delete=False) as log:
        log.write(f"contractctl {__version__}, Python {sys.version}\n\n{traceback.format_exc()}")
    return log.name
