"""gate --waive and --break-glass, with a real repository and a real journal."""

import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL, CompletedProcess, Popen

import pytest

from contractctl import planner, store
from contractctl.model.contract import File, SemanticVersion, Source
from contractctl.model.plan import Movement, Operation, Plan, Transform

Run = Callable[..., CompletedProcess[str]]
Git = Callable[..., str]
OLD = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL);\n"
BOTH = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL, full_name TEXT);\n"
BROKEN = "CREATE TABLE orders (id INTEGER PRIMARY KEY, full_name TEXT);\n"
NAME = "shop/orders 1.0.0 → 1.1.0 is backward compatible"
WHY = ("--reason", "nobody has 1.0.0 any more", "--ticket", "OPS-71")


@pytest.fixture
def broken(tmp_path: Path, git: Git) -> Path:
    """A plan whose intermediate version is not compatible: expand is refused."""
    folder = tmp_path / "contracts" / "shop" / "orders"
    folder.mkdir(parents=True)
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    (folder / "contract.toml").write_text('format = "sql"\ndialect = "sqlite"\nowner = "shop"\ndraft = "orders.sql"\n')
    (folder / "orders.sql").write_text(BOTH)
    for number, text in (("1.0.0", OLD), ("1.1.0", BROKEN)):
        source = Source((File("orders.sql", text),))
        store.release(tmp_path / "contracts", "shop/orders", SemanticVersion.parse(number), source)
    rename = Operation(
        "rename-column", "shop/orders", "orders", "customer_name", "full_name", Transform("customer_name", "full_name")
    )
    plan = Plan("rename", (Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),), (rename,), {})
    planner.write_plan(planner.path_of(tmp_path / "migrations", "rename"), plan)
    sqlite3.connect(tmp_path / "shop.db").execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)").connection.close()
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "plan")
    return tmp_path


def test_a_waiver_holds_once_it_is_committed_and_no_longer_when_it_is_changed(
    broken: Path, contractctl: Run, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTCTL_ACTOR", "Grace <grace@example.org>")
    assert contractctl("gate", "rename", "expand", code=None).returncode == 1
    path = broken / "migrations" / "waivers" / "rename.toml"

    written = contractctl("gate", "rename", "expand", "--waive", NAME, *WHY, code=None)
    assert (written.returncode, "not committed in git" in written.stdout) == (1, True), written.stderr
    git("add", ".")
    assert contractctl("gate", "rename", "expand", code=None).returncode == 1, "only staged"
    git("commit", "-qm", "waiver")
    held = contractctl("gate", "rename", "expand", "--record", code=None)
    assert held.returncode == 0, held.stdout
    assert held.stdout.splitlines()[0].endswith("with 1 of 2 conditions waived")
    path.write_text(path.read_text().replace("OPS-71", "OPS-72"))
    assert contractctl("gate", "rename", "expand", code=None).returncode == 1

    (kept,) = (broken / "migrations" / "decisions" / "rename").glob("*.json")
    assert contractctl("gate", "replay", str(kept), code=None).stdout.startswith("same: pass")
    condition = json.loads(kept.read_text())["decision"]["conditions"][1]
    assert (condition["outcome"], "waived, approved by Grace" in condition["message"]) == ("fail", True)


def test_broken_glass_is_loud_and_holds_by_the_journal_alone(
    broken: Path, contractctl: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTCTL_ACTOR", "Grace <grace@example.org>")

    done = contractctl("gate", "rename", "expand", "--break-glass", *WHY, code=None)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "!!! BREAK-GLASS !!! Grace <grace@example.org> let" in done.stderr
    assert "BREAK-GLASS by Grace <grace@example.org>, until" in done.stdout
    again = contractctl("gate", "rename", "expand", "--break-glass", *WHY, code=2)
    assert "nothing is open: the stage may begin" in again.stderr
    (broken / "migrations" / "waivers" / "rename.toml").unlink()
    assert contractctl("gate", "rename", "expand", code=None).returncode == 0
    with sqlite3.connect(broken / "shop.db") as connection:
        (kind, actor) = connection.execute("SELECT kind, actor FROM contractctl_journal").fetchone()
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE contractctl_journal SET actor = 'nobody'")
    connection.close()
    assert (kind, actor) == ("waiver", "Grace <grace@example.org>")
    assert contractctl("gate", "rename", "expand", code=None).returncode == 2, "the chain of hashes is broken"


def test_glass_that_only_a_file_says_is_broken_is_not(
    broken: Path, contractctl: Run, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTCTL_ACTOR", "Grace <grace@example.org>")
    contractctl("gate", "rename", "expand", "--waive", NAME, *WHY, code=None)
    path = broken / "migrations" / "waivers" / "rename.toml"
    path.write_text(path.read_text() + "break_glass = true\n")
    git("add", ".")
    git("commit", "-qm", "waiver")

    done = contractctl("gate", "rename", "expand", code=None)

    assert (done.returncode, "the journal has no record of it" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--break-glass", "--ticket", "OPS-71"), "a waiver needs a reason"),
        (("--break-glass", "--reason", "r"), "a waiver needs a ticket"),
        (("--break-glass", *WHY, "--for", "8d"), "a waiver cannot last 8d"),
        (("--waive", "the step before", *WHY), "'the step before' is not an open condition that can be waived"),
        (("--break-glass", *WHY, "--at", "0"), "a waiver is always made for the present"),
    ],
)
@pytest.mark.usefixtures("broken")
def test_a_waiver_that_says_too_little_or_too_much_is_refused(
    contractctl: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = contractctl("gate", "rename", "expand", *arguments, code=None)

    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_waivers_that_are_written_at_once_are_all_kept(broken: Path) -> None:
    names = ("quiesced long enough", "rows that differ", "conflicts", "restore point")
    asked = [sys.executable, "-m", "contractctl", "gate", "rename", "contract", *WHY]

    for one in [Popen([*asked, "--waive", name], cwd=broken, stdout=DEVNULL, stderr=DEVNULL) for name in names]:
        one.wait()

    written = (broken / "migrations" / "waivers" / "rename.toml").read_text()
    assert [name for name in names if f'condition = "{name}"' not in written] == []
