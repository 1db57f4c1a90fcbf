"""Does anything in a revision hold others up? squawk reads PostgreSQL's scripts, rules of our own MariaDB's."""

import re
import subprocess
import sys
from pathlib import Path

from contractctl import operations
from contractctl.migration.foreseeing import foresee
from contractctl.model.plan import Plan
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.scenarios import SCENARIOS
from tests.operations.scripts import script

STAGES = ("expand", "dual_write", "validate")
EXCLUDED = {
    "prefer-robust-stmts": "a revision is not begun again by running its script again: contractctl looks what is done",
    "ban-drop-function": "the triggers' own functions, which are recreated in the same transaction",
    "ban-drop-not-null": "until the contract stage the triggers give the column a value whenever a writer does not",
    "prefer-bigint-over-int": "the types are the draft's",
}
"""Rules of squawk that find something, and why that is as it should be."""
ALTER = re.compile(r"ALTER TABLE [^;]*")


def plans(words: Words) -> dict[str, Plan]:
    dialect = {"mariadb": "mysql"}.get(words.server, words.server)
    return {
        scenario.kind: Plan("plan", (), scenario.planned(words), {}, dialect=dialect)
        for scenario in SCENARIOS
        if words.server in scenario.engines
    }


def squawk(*files: Path) -> subprocess.CompletedProcess[str]:
    excluded = ",".join(EXCLUDED)
    command = [str(Path(sys.executable).parent / "squawk"), "--pg-version=14.0", "--reporter=gcc"]
    return subprocess.run(
        [*command, f"--exclude={excluded}", *map(str, files)], capture_output=True, text=True, check=False
    )


def test_squawk_finds_nothing_in_what_is_added_kept_in_step_and_validated(tmp_path: Path) -> None:
    files = []
    for kind, plan in plans(shops.POSTGRESQL).items():
        for stage in STAGES:
            files.append(tmp_path / f"{kind} {stage}.sql".replace(" ", "_"))
            files[-1].write_text(script("postgresql", getattr(operations, stage)(plan)))
    said = squawk(*files)

    assert len(files) > 60
    assert said.stdout == ""
    assert said.returncode == 0, said.stderr


def test_squawk_would_find_what_holds_others_up(tmp_path: Path) -> None:
    blocking = tmp_path / "blocking.sql"
    blocking.write_text("BEGIN;\nCREATE INDEX by_amount ON orders (amount);\nCOMMIT;\n")
    said = squawk(blocking)

    assert "require-concurrent-index-creation" in said.stdout
    assert said.returncode == 1


def test_only_functions_of_ours_are_dropped() -> None:
    texts = [
        script("postgresql", getattr(operations, stage)(plan))
        for plan in plans(shops.POSTGRESQL).values()
        for stage in STAGES
    ]
    dropped = [name for text in texts for name in re.findall(r"DROP FUNCTION IF EXISTS (\S+)", text)]

    assert dropped
    assert all(name.startswith('"contractctl_') for name in dropped)


def test_on_mariadb_every_alter_says_its_algorithm_and_lock_and_no_revision_writes_rows() -> None:
    said = [
        statement.sql
        for plan in plans(shops.MARIADB).values()
        for step in foresee(plan, None)
        for statement in step.statements
    ]
    alters = [alter for sql in said for alter in ALTER.findall(sql)]
    written = [sql for sql in said if re.match(r"(UPDATE|INSERT|REPLACE|DELETE)\b", sql)]

    assert len(alters) > 20
    assert [alter for alter in alters if "ALGORITHM=" not in alter or "LOCK=NONE" not in alter] == []
    assert written
    assert all(sql.startswith("DELETE FROM contractctl_") for sql in written)
