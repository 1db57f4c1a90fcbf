"""Does a flag follow the plan's share, and is what is on record never less than what it lets applications do?"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import shop
from sqlalchemy import text

from contractctl import flagd, journal, migration
from contractctl.errors import ContractctlError
from contractctl.flagd import Flag
from contractctl.journal import Operator
from contractctl.migration import Context

DEFINITION = (
    """{"flags": {"names": {"state": "ENABLED", "variants": {"old": 0, "new": 1}, "defaultVariant": "old"}}}\n"""
)
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
import shop
from sqlalchemy.event import listen
from contractctl import migration
from contractctl.flagd import Flag
from contractctl.journal import Operator

folder, percent, side = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
flag = Flag(shop.NAME, folder / "flags.json", "flags.json", "names")
written = []

def die(*_):
    if written:
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith("flags.json"):
        written.append(True)
        if side == "before":
            die()

sys.addaudithook(hook)
engine = shop.engine_of(folder)
listen(engine, "before_cursor_execute", die)
me = Operator(f"process {os.getpid()}", gone=lambda _holder: True)
context = shop.context(folder, engine=engine, flags=(flag,), operator=me)
stage = "rollback" if percent < 0 else "canary"
migration.run(stage, context, None if percent < 0 else percent)
"""


@pytest.fixture(scope="module")
def verified(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose plan is verified, with a flag."""
    made = shutil.copytree(template, tmp_path_factory.mktemp("verified") / "shop")
    (made / "flags.json").write_text(DEFINITION)
    for stage in ("expand", "dual-write", "backfill", "verify"):
        migration.run(stage, shop.context(made))
    return made


@pytest.fixture
def folder(verified: Path, tmp_path: Path) -> Path:
    return shutil.copytree(verified, tmp_path / "shop")


@pytest.fixture
def flag(folder: Path) -> Flag:
    return Flag(shop.NAME, folder / "flags.json", "flags.json", "names")


@pytest.fixture
def context(folder: Path, flag: Flag) -> Context:
    """Of somebody before whom everybody else has died."""
    return shop.context(folder, flags=(flag,), operator=Operator("the next one", gone=lambda _holder: True))


def on_record(context: Context) -> float:
    """What the database says, which applications ask without a flag."""
    with context.engine.connect() as connection:
        table = connection.execute(text("SELECT percent FROM contractctl_canary")).scalar() or 0.0
    return float(table)


def standing(context: Context) -> tuple[str, float]:
    with journal.reading(context.engine) as connection:
        found = journal.standing(connection, context.plan.name)
    return found.state.value, found.percent


def test_the_flag_follows_every_step_and_goes_back_to_nothing(context: Context, flag: Flag) -> None:
    for percent in (1, 10, 100, 50):
        migration.run("canary", context, percent)
        assert (flagd.share(flag), on_record(context)) == (percent, percent)

    migration.run("rollback", context)

    assert flagd.share(flag) == 0


@pytest.mark.parametrize(
    ("first", "then", "side"),
    [(1, 10, "before"), (1, 10, "after"), (10, 1, "before"), (10, 1, "after"), (10, -1, "before")],
)
def test_killed_beside_the_file_no_more_is_done_than_is_on_record(  # noqa: PLR0917 - pytest gives them by name
    folder: Path, context: Context, flag: Flag, first: float, then: float, side: str
) -> None:
    migration.run("canary", context, first)

    script = [sys.executable, "-c", KILLED, str(folder), str(then), side, str(Path(shop.__file__).parent)]
    done = subprocess.run(script, check=False, timeout=60, cwd=Path.cwd(), env={**os.environ, "PYTHONPATH": "."})

    assert done.returncode == -signal.SIGKILL
    assert flagd.share(flag) == (first if side == "before" else max(then, 0))
    assert on_record(context) >= flagd.share(flag)
    migration.run(*("rollback", context) if then < 0 else ("canary", context, then))
    assert flagd.share(flag) == max(then, 0)
    assert standing(context) == (("rolled-back", 0) if then < 0 else ("canary", then))


def test_a_flag_that_was_put_back_by_hand_is_brought_to_the_share_again(context: Context, flag: Flag) -> None:
    migration.run("canary", context, 1)
    flag.path.write_text(DEFINITION)

    result = migration.run("canary", context, 1)

    assert result.message.startswith("canary at 1 % is done")
    assert flagd.share(flag) == 1
    assert migration.run("canary", context, 1).message.startswith("already done")


def test_a_brown_out_ends_before_anybody_is_sent_back(context: Context, flag: Flag) -> None:
    for stage, percent in (("canary", 100.0), ("quiesce", None), ("canary", 50.0)):
        migration.run(stage, context, percent)
    assert (flagd.share(flag), on_record(context)) == (50, 50)

    migration.run("canary", context, 100)
    migration.run("quiesce", context)
    migration.run("rollback", context)

    assert flagd.share(flag) == 0
    assert standing(context)[0] == "rolled-back"


@pytest.mark.parametrize("stage", ["canary", "rollback"])
def test_a_file_that_cannot_be_understood_stops_the_stage_before_it_begins(
    folder: Path, context: Context, flag: Flag, stage: str
) -> None:
    migration.run("canary", context, 10)
    flag.path.write_text(DEFINITION.replace('"old"}', '"new"}'))

    with pytest.raises(ContractctlError, match=r"flags\.json:1:"):
        migration.run(stage, context, 1 if stage == "canary" else None)

    assert on_record(context) == 10
    assert shop.rows(folder, "SELECT count(full_name) FROM orders") == [(50,)]
