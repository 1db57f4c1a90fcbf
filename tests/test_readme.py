"""Is the README true? Its commands are run in its order, and what they print is what stands there.

`…` in the README stands for anything. Rewrite the outputs with README=write, and review the difference like code.
"""

import fnmatch
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contractctl.cli import COMMANDS
from contractctl.formats import FORMATS
from contractctl.formats.pages import rules
from tests.conftest import GIT_IDENTITY

PROJECT = Path(__file__).parents[1]
README = PROJECT / "README.md"
TEXT = README.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d UTC)?"), "…"),
    (re.compile(r"\b[0-9a-f]{12,}\b"), "…"),
    (re.compile(r"\(\d+(\.\d+)? m?s\)"), "(…)"),
    (re.compile(r"(SQLite|fastavro) \d+\.\d+(\.\d+)?"), r"\1 …"),
)


def walk() -> list[tuple[str, str]]:
    """The commands of the README's console blocks, each with what it prints."""
    steps: list[tuple[str, str]] = []
    for block in _BLOCK.findall(TEXT):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            steps.append((command, output))
    return steps


def without_what_varies(text: str) -> str:
    for pattern, instead in _VOLATILE:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def executed(folder: Path) -> list[tuple[str, str]]:
    """Every step in one shell, as a person would type them."""
    mark = "--- the next command ---"
    script = "\n".join(f"{command}\necho '{mark}'" for command, _ in walk())
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1; {script}"],
        cwd=folder,
        env={**os.environ, **GIT_IDENTITY, "PATH": path, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    outputs = done.stdout.split(f"{mark}\n")
    return [(command, output) for (command, _), output in zip(walk(), outputs, strict=False)]


def test_every_command_of_the_walk_prints_what_the_readme_shows(tmp_path: Path) -> None:
    found = executed(tmp_path)
    if os.environ.get("README") == "write":
        rewrite(found)
        pytest.skip("the README was rewritten: read the difference")

    for (command, wanted), (_, printed) in zip(walk(), found, strict=True):
        pattern = without_what_varies(wanted).replace("[", "[[]").replace("?", "[?]").replace("*", "[*]")
        assert fnmatch.fnmatchcase(without_what_varies(printed), pattern.replace("…", "*")), f"$ {command}\n{printed}"


def rewrite(found: list[tuple[str, str]]) -> None:
    outputs = iter(found)

    def block(match: re.Match[str]) -> str:
        steps = re.split(r"^\$ ", match[1], flags=re.MULTILINE)[1:]
        pairs = [next(outputs) for _ in steps]
        shown = "".join(
            f"$ {command}\n{without_what_varies(printed)}\n".replace("\n\n$", "\n$") for command, printed in pairs
        )
        return "```console\n" + re.sub(r"\n\n+(?=\$ |\Z)", "\n", shown) + "```"

    README.write_text(_BLOCK.sub(block, TEXT), encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_row_with_the_words_of_its_help(name: str) -> None:
    assert re.search(rf"^\| `{name}[ `].*\| {re.escape(COMMANDS[name][1])} \|$", TEXT, re.MULTILINE)


def test_the_readme_names_every_format() -> None:
    for name in FORMATS:
        assert f"**{name}**" in TEXT


def test_the_number_of_rules_is_true() -> None:
    assert f"{len(rules())} rules" in TEXT


def test_every_file_that_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (PROJECT / target).exists(), target
