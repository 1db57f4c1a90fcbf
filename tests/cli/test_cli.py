"""Does the command line keep its promises: lazy, exact in its exit codes, never a traceback?"""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from contractctl import cli, resources
from contractctl.cli.commands import COMMANDS, module_of
from tests.conftest import Run

STAGES = "stages: expand, dual-write, backfill, verify, canary, quiesce, contract"
HEAVY = ("fastavro", "sqlglot", "sqlalchemy", "alembic", "git", "rich", "jsonschema", "opentelemetry", "tomlkit")


def imported_by(*arguments: str) -> set[str]:
    program = (
        "import sys\nfrom contractctl.cli import run\n"
        f"code = run({list(arguments)!r})\n"
        "print('MODULES', *sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=resources.contracts().parent, capture_output=True, text=True, check=True)
    return set(done.stderr.split("MODULES", 1)[1].split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_and_version_import_no_heavy_library(arguments: tuple[str, ...]) -> None:
    assert imported_by(*arguments).isdisjoint(HEAVY)


def test_a_check_of_the_store_needs_no_database_and_no_git() -> None:
    assert imported_by("check", "shop/orders").isdisjoint({"sqlalchemy", "alembic", "git", "rich", "tomlkit"})


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_help_opens_with_what_the_overview_says_of_it(name: str) -> None:
    command = module_of(name).command

    assert isinstance(command, click.Command)
    assert (command.help or "").strip().split("\n")[0] == COMMANDS[name]


def every_command() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = module_of(name).command
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, sub) for sub in command.commands]
    return found


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_every_option_and_argument_is_explained(path: tuple[str, ...]) -> None:
    command: click.Command = module_of(path[0]).command
    for name in path[1:]:
        assert isinstance(command, click.Group)
        command = command.commands[name]

    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{' '.join(path)} {parameter.name}"


def test_a_group_says_of_each_of_its_commands_the_whole_sentence(contractctl: Run) -> None:
    for group in ("migrate", "evidence", "environment", "service"):
        assert "..." not in contractctl(group, "--help").stdout.partition("Commands:")[2]


def test_an_unknown_command_is_something_to_mend(contractctl: Run) -> None:
    done = contractctl("chekc", code=2)

    assert "error: no such command 'chekc'. Did you mean 'check'?" in done.stderr
    assert "Did you mean" not in contractctl("zzz", code=2).stderr


def test_an_unknown_option_is_something_to_mend(contractctl: Run) -> None:
    contractctl("check", "--colour", code=2)


@pytest.mark.parametrize(
    ("line", "error", "hint"),
    [
        (
            "diff",
            "contractctl diff needs CONTRACT [OLD] [NEW] | OLD_FILE NEW_FILE",
            "contractctl diff shop/orders; contracts here: shop/orders",
        ),
        (
            "release",
            "contractctl release needs CONTRACT…",
            "contractctl release shop/orders; or --all for every draft that is not released",
        ),
        (
            "migrate canary ship",
            "contractctl migrate canary needs PERCENT",
            "contractctl migrate canary ship 5; plans here: buy, ship",
        ),
        (
            "migrate expand",
            "contractctl migrate expand needs PLAN",
            "contractctl migrate expand buy; plans here: buy, ship",
        ),
        (
            "migrate approve ship",
            "contractctl migrate approve needs STAGE and --reason TEXT",
            f"contractctl migrate approve ship expand --reason 'rehearsed on staging'; plans here: buy, ship; {STAGES}",
        ),
        (
            "gate",
            "contractctl gate needs PLAN and STAGE",
            f"contractctl gate buy expand; plans here: buy, ship; {STAGES}",
        ),
        (
            "record-deployment --env test",
            "contractctl record-deployment needs SERVICE and VERSION",
            "contractctl record-deployment web 2.4.1 --env test",
        ),
        (
            "can-i-deploy web 1",
            "contractctl can-i-deploy needs --to ENVIRONMENT",
            "contractctl can-i-deploy web 1 --to production",
        ),
        (
            "migrate canary ship half",
            "invalid value for 'PERCENT': 'half' is not a number",
            "contractctl migrate canary --help",
        ),
        (
            "plan shop/orders --window 31days",
            "invalid value for '--window': '31days' is not a duration; write it like 30m; units are s, m, h and d",
            "contractctl plan --help",
        ),
        ("migrate expnd", "no such command 'expnd'. Did you mean 'expand'?", "contractctl migrate --help"),
        (
            "show orders",
            "'orders' is not a valid contract name: did you mean 'shop/orders'?",
            "a name is domain/name, such as orders/order-placed: contractctl list",
        ),
        ("diff a.avsc b.avsc", "a.avsc: there is no such file", "contractctl diff OLD_FILE NEW_FILE"),
    ],
)
def test_what_a_command_line_lacks_is_said_with_one_that_is_right(
    contractctl: Run, tmp_path: Path, line: str, error: str, hint: str
) -> None:
    folder = tmp_path / "contracts" / "shop" / "orders"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "avro"\nowner = "shop"\n')
    plans = tmp_path / "migrations" / "plans"
    plans.mkdir(parents=True)
    for name in ("buy", "ship"):
        (plans / f"{name}.toml").write_text("broken = [")

    said = contractctl(*line.split(), code=2).stderr

    assert said == f"error: {error}\nhint: {hint}\n"


@pytest.mark.parametrize("line", ["check a.avsc", "diff a.avsc", "check --against main a.avsc", "migrate status"])
def test_an_empty_variable_is_no_name_for_this_folder(contractctl: Run, tmp_path: Path, line: str) -> None:
    (tmp_path / "a.avsc").write_text('"int"')

    done = contractctl(*line.split(), "", code=2)

    assert done.stdout == ""
    before = line.rpartition(" ")[2]
    assert done.stderr.startswith(f"error: what follows '{before}' is empty\nhint: is a variable empty? ")


@pytest.mark.parametrize(
    "line",
    [
        "migrate backfill p --rate nan",
        "migrate backfill p --rate inf",
        "migrate canary p nan",
        "gate p canary --percent nan",
        "notify --to x --timeout nan",
    ],
)
def test_what_is_no_number_is_in_no_range(contractctl: Run, line: str) -> None:
    assert f"'{line.rpartition(' ')[2]}' is not a number" in contractctl(*line.split(), code=2).stderr


def test_a_current_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()

    assert cli.run(["list"]) == cli.Exit.MEND
    assert capsys.readouterr().err.startswith("error: the current folder is not there any more\nhint: ")


def test_where_there_is_nothing_to_choose_from_the_first_step_is_told(contractctl: Run) -> None:
    assert (
        "there is no plan here yet: contractctl plan CONTRACT writes one"
        in contractctl("migrate", "expand", code=2).stderr
    )
    assert "there is no contract here yet: contractctl init" in contractctl("show", code=2).stderr


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_every_command_without_what_it_needs_says_so_in_two_lines(contractctl: Run, path: tuple[str, ...]) -> None:
    command: click.Command = module_of(path[0]).command
    for name in path[1:]:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    if not any(one.required for one in command.params):
        pytest.skip("needs nothing")

    error, hint = contractctl(*path, code=2).stderr.splitlines()

    assert error.startswith(f"error: contractctl {' '.join(path)} needs ")
    assert hint.startswith(f"hint: contractctl {' '.join(path)} ")


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m contractctl explain | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)

    assert done.stderr == ""


@pytest.mark.parametrize("name", ["check", "plan", "gate"])
def test_a_long_help_shows_each_option_once_below_its_heading(contractctl: Run, name: str) -> None:
    command = module_of(name).command

    options = contractctl(name, "--help").stdout.partition("\nOptions:\n")[2]

    shown = re.findall(r"^  (-[-a-z]+)", options, re.MULTILINE)
    assert sorted(shown) == sorted(["-h", *(one.opts[0] for one in command.params if isinstance(one, click.Option))])
    assert {option for listed in command.sections.values() for option in listed} <= set(shown)


def test_a_replay_has_a_help_of_its_own(contractctl: Run) -> None:
    assert "replay [OPTIONS] FILE" in contractctl("gate", "replay", "--help").stdout
    assert "--waive" not in contractctl("gate", "replay", "--help").stdout


@pytest.mark.parametrize("arguments", [("explain",), ("explain", "avro-field-without-default"), ("--help",), ("list",)])
def test_an_answer_that_nobody_reads_is_neither_yes_nor_no(arguments: tuple[str, ...], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [sys.executable, "-m", "contractctl", *arguments]
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, cwd=tmp_path)
    finally:
        os.close(writer)

    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_ctrl_c_before_a_command_is_loaded_ends_it_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", "contractctl", "list"], capture_output=True, check=False, env=environment
    )

    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


def test_no_colour_is_no_colour_on_a_terminal_either(tmp_path: Path) -> None:
    (tmp_path / "a.avsc").write_text('"int"')
    (tmp_path / "b.avsc").write_text('"string"')

    shown = [
        on_a_terminal(tmp_path, {"TERM": "xterm"} | variables)
        for variables in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"})
    ]
    assert ["\033[" in words for words in shown] == [True, False, False]


def on_a_terminal(folder: Path, variables: dict[str, str]) -> str:
    """What `check a.avsc b.avsc` shows there."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | variables
    command = [sys.executable, "-m", "contractctl", "check", "a.avsc", "b.avsc"]
    try:
        subprocess.run(command, cwd=folder, env=environment, stdout=theirs, stderr=theirs, check=False)
        return os.read(ours, 4096).decode()
    finally:
        os.close(ours)
        os.close(theirs)


def test_our_own_bug_leaves_a_log_and_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import contractctl.cli
    from contractctl.cli.commands import explain

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(explain.pages, "rules", broken)

    assert contractctl.cli.run(["explain"]) == 70
    assert "this is a bug in contractctl" in capsys.readouterr().err
