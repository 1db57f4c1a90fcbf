"""Does a command that is killed, or runs beside another one, leave whole files, and lose nobody's words?"""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE

import pytest

from contractctl import store
from contractctl.cli import approving
from contractctl.errors import ContractctlError
from contractctl.model.plan import Movement, Plan, Stage
from contractctl.writing import alone
from tests.conftest import Run

RECORD = '{"type": "record", "name": "InvoiceSent", "fields": []}'
KILLED_WHILE_IT_WRITES = """
import resource, signal, sys
from contractctl.cli import run
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
sys.exit(run(sys.argv[1:]))
"""
"""The kernel ends a process in the middle of a file, after ten bytes."""
KILLED_BEFORE = """
import os, pathlib, signal, sys
from contractctl.cli import run
replace = pathlib.Path.replace
def replacing(path, target):
    if str(target).endswith(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(path, target)
pathlib.Path.replace = replacing
sys.exit(run(sys.argv[2:]))
"""
PLAN = ("plan", "shop/orders", "shop/placed", "--rename", "customer=buyer", "--name")


def test_what_a_killed_init_was_writing_is_not_taken_for_a_contract(tmp_path: Path, contractctl: Run) -> None:
    (tmp_path / "InvoiceSent.avsc").write_text(RECORD)

    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_IT_WRITES, "init"], cwd=tmp_path, check=False)

    assert killed.returncode == -signal.SIGXFSZ
    assert not list(tmp_path.rglob("contract.toml"))
    contractctl("init")
    assert len(contractctl("list").stdout.splitlines()) == 2


def test_of_two_inits_at_once_one_finds_what_the_other_made(tmp_path: Path) -> None:
    (tmp_path / "InvoiceSent.avsc").write_text(RECORD)

    both = [
        subprocess.Popen(
            [sys.executable, "-m", "contractctl", "init"],
            cwd=tmp_path,
            stdout=PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [one.communicate()[0] for one in both]

    assert [one.returncode for one in both] == [0, 0], said
    assert sorted(one.splitlines()[0] for one in said) == [
        "0 contracts created; 1 contract already there",
        "1 contract created",
    ]


def test_everybody_who_approves_at_once_has_approved(tmp_path: Path) -> None:
    plan = Plan("rename", (Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),), (), {})
    people = [f"Person {number} <{number}@example.org>" for number in range(8)]

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(lambda who: approving.add(tmp_path, plan, Stage.CONTRACT, who, "tried", 9.0, 0.0), people))

    written = (tmp_path / "approvals" / "rename.toml").read_text()
    assert [who for who in people if who not in written] == []


def test_who_waits_in_vain_is_told_for_what(tmp_path: Path) -> None:
    with (
        alone(tmp_path),
        pytest.raises(ContractctlError, match=f"another process has been changing files in {tmp_path}"),
        alone(tmp_path, patience=0.0),
    ):
        pass


@pytest.fixture
def renamed(tmp_path: Path, contractctl: Run) -> Path:
    """A table and an event, released; then a column and a field get another name."""
    (tmp_path / "shop").mkdir()
    table, event = tmp_path / "shop" / "orders.sql", tmp_path / "shop" / "placed.avsc"
    table.write_text("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL);\n")
    event.write_text('{"type": "record", "name": "Placed", "fields": [{"name": "customer", "type": "string"}]}')
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    contractctl("init")
    contractctl("release", "--all")
    for draft in (table, event):
        draft.write_text(draft.read_text().replace("customer", "buyer"))
    return tmp_path


@pytest.mark.parametrize("file", ["versions/buyer_quiesce.py", "shop/placed/versions/SHA256SUMS", "plans/buyer.toml"])
def test_a_plan_that_was_killed_while_it_was_written_is_made_anew(renamed: Path, contractctl: Run, file: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_BEFORE, file, *PLAN, "buyer"], cwd=renamed, check=False)

    assert killed.returncode == -signal.SIGKILL
    made = contractctl(*PLAN, "purchaser")
    assert made.stderr.startswith("note: writing the plan 'buyer' was cut short")
    assert not [path for path in renamed.rglob("*buyer*") if path.suffix != ".part"]
    for name in ("shop/orders", "shop/placed"):
        assert f"{name}: 1.0.0 → 1.1.0 (both sides) → 2.0.0" in made.stdout
        assert store.broken_releases(renamed / "contracts", name) == ()


def test_of_two_plans_at_once_the_second_leaves_the_first_whole(renamed: Path) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "contractctl", *PLAN, "buyer"], cwd=renamed, stdout=subprocess.DEVNULL, stderr=PIPE
        )
        for _ in range(2)
    ]
    said = [one.communicate()[1].decode() for one in both]

    assert sorted(one.returncode for one in both) == [0, 2], said
    assert any("the plan 'buyer' exists already" in one for one in said), said
    assert len(list(renamed.rglob("buyer*"))) == 5
    for name in ("shop/orders", "shop/placed"):
        assert store.broken_releases(renamed / "contracts", name) == ()
