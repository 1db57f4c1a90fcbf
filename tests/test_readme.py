"""Are the README and its pages true? Their commands are run in their order, and what they print is what stands there.

`…` in the README stands for anything. Rewrite the outputs with README=write, and review the difference like code.
"""

import fnmatch
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine

from contractctl import settings, store
from contractctl.cli.commands import COMMANDS
from contractctl.formats import FORMATS
from contractctl.formats.pages import rules
from tests.conftest import GIT_IDENTITY

PROJECT = Path(__file__).parents[1]
PAGES = (PROJECT / "README.md", *sorted(PROJECT.glob("contractctl/*/README.md")), PROJECT / "ci/benches/README.md")
"""The README and the pages that it leads to, in the order in which their commands are run."""
TEXT = PAGES[0].read_text(encoding="utf-8")
EVERYTHING = "".join(page.read_text(encoding="utf-8") for page in PAGES)
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d UTC)?"), "…"),
    (re.compile(r"\b[0-9a-f]{12,}\b"), "…"),
    (re.compile(r"\(\d+(\.\d+)? m?s\)"), "(…)"),
    (re.compile(r"in \d+ days"), "in … days"),
    (re.compile(r"(SQLite|fastavro) \d+\.\d+(\.\d+)?"), r"\1 …"),
    (re.compile(r"^\S+: \d+ % of .*\n", re.MULTILINE), ""),  # a backfill's progress, on a machine that takes its time
)


def walk() -> list[tuple[str, str]]:
    """The commands of the console blocks, each with what it prints."""
    steps: list[tuple[str, str]] = []
    for block in _BLOCK.findall(EVERYTHING):
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


def toml_block(holding: str) -> str:
    (block,) = (
        text for text in re.findall(r"^```toml\n(.*?)^```$", EVERYTHING, re.MULTILINE | re.DOTALL) if holding in text
    )
    return str(block)


def test_every_key_of_the_readme_s_contractctl_toml_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", "sqlite:///shop.db")
    monkeypatch.setenv("PROMETHEUS_URL", "http://127.0.0.1:9090")
    (tmp_path / "contractctl.toml").write_text(toml_block("[database]"))

    found = settings.load(tmp_path)

    assert [source.source for source in found.evidence] == ["otlp", "prometheus"]


def test_every_key_of_the_readme_s_contract_toml_is_understood(tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "shop" / "orders"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(toml_block("[[consumers]]"))
    (folder / "orders.sql").write_text("CREATE TABLE orders (customer TEXT);\n")

    assert store.read(tmp_path / "contracts", "shop/orders").consumers[0].reads == ("orders.customer",)


def test_every_key_of_the_readme_s_kubernetes_table_is_understood(tmp_path: Path) -> None:
    (tmp_path / "contractctl.toml").write_text(toml_block("[kubernetes]"))

    found = settings.load(tmp_path).workloads

    assert found is not None
    assert found.images == {"registry.example.org/shop/web": "web"}


def test_the_readme_s_python_runs(tmp_path: Path) -> None:
    text = '{"type": "enum", "name": "E", "symbols": ["A"]}'
    blocks = re.findall(r"^```python\n(.*?)^```$", EVERYTHING, re.MULTILINE | re.DOTALL)
    engine = create_engine("sqlite://")
    request = SimpleNamespace(user_id="7")
    names = {"old_text": text, "new_text": text, "engine": engine, "connect": engine.raw_connection, "request": request}

    for block in blocks:
        exec(block, names)

    assert names["answer"].backward.status == "compatible"
    assert names["new"] is False
    engine.dispose()


def rewrite(found: list[tuple[str, str]]) -> None:
    outputs = iter(found)

    def block(match: re.Match[str]) -> str:
        steps = re.split(r"^\$ ", match[1], flags=re.MULTILINE)[1:]
        pairs = [next(outputs) for _ in steps]
        shown = "".join(
            f"$ {command}\n{without_what_varies(printed)}\n".replace("\n\n$", "\n$") for command, printed in pairs
        )
        return "```console\n" + re.sub(r"\n\n+(?=\$ |\Z)", "\n", shown) + "```"

    for page in PAGES:
        page.write_text(_BLOCK.sub(block, page.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_row_with_the_words_of_its_help(name: str) -> None:
    assert re.search(rf"^\| `{name}[ `].*\| {re.escape(COMMANDS[name])} \|$", TEXT, re.MULTILINE)


def test_the_readme_names_every_format() -> None:
    for name in FORMATS:
        assert f"**{name}**" in TEXT


def test_the_number_of_rules_is_true() -> None:
    assert f"{len(rules())} rules" in TEXT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^):]+)\)", page.read_text(encoding="utf-8")):
        file, _, heading = target.partition("#")
        there = page.parent / file if file else page
        assert there.exists(), target
        assert not heading or heading in anchors(there), target


def anchors(page: Path) -> set[str]:
    """What a link may name after #, as GitHub and GitLab make it of headings."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_leads_to_every_page() -> None:
    for page in PAGES[1:]:
        assert f"]({page.relative_to(PROJECT).as_posix()}" in TEXT
