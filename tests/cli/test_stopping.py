"""Does a command that is told to end close what is open, give back what it holds, and say how to go on?"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, create_engine

from tests.conftest import GIT_IDENTITY, Run
from tests.waiting import wait_for

WAITING = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE%%' AND wait_event_type = 'Lock'"
"""Whether somebody's ALTER TABLE stands in the queue: behind it everybody waits who wants to read the table."""


def altering(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.exec_driver_sql(WAITING).first() is not None


def test_a_stage_that_is_terminated_while_it_waits_for_a_lock_leaves_nothing_behind(
    postgresql_url: str, contractctl: Run, tmp_path: Path
) -> None:
    env = {"SHOP": postgresql_url, "CONTRACTCTL_ACTOR": "Ada <a@b>"}
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INT PRIMARY KEY, customer VARCHAR(50))")
    contractctl("init", "--from-database", "env:SHOP", "--one-contract", "shop/t", "--owner", "shop", env=env)
    contractctl("release", "shop/t", env=env)
    draft = tmp_path / "contracts/shop/t/t.sql"
    draft.write_text(draft.read_text().replace("customer", "buyer"))
    contractctl("plan", "shop/t", "--rename", "customer=buyer", "--name", "p", env=env)

    with engine.begin() as reader:
        reader.exec_driver_sql("SELECT * FROM t").all()
        process = subprocess.Popen(
            [sys.executable, "-m", "contractctl", "migrate", "expand", "p"],
            cwd=tmp_path,
            env={**os.environ, **GIT_IDENTITY, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: altering(engine))
        process.send_signal(signal.SIGTERM)
        said, talk = process.communicate(timeout=20)
        left = altering(engine)
    status = contractctl("migrate", "status", "p", env=env).stdout

    assert (process.returncode, said) == (128 + signal.SIGTERM, "")
    assert talk.strip() == "stopped; finished work is kept, and the same command resumes from there"
    assert not left
    assert "held by" not in status
    assert contractctl("migrate", "expand", "p", env=env).stdout.startswith("expand is done")
    engine.dispose()


def test_a_signal_that_is_ignored_as_under_nohup_stays_so() -> None:
    lines = (
        "import os, signal",
        "from contractctl.cli import stopping",
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)",
        "stopping.end_like_ctrl_c()",
        "os.kill(os.getpid(), signal.SIGHUP)",
        "with stopping.asked(takes_long=True) as asked:",
        "    os.kill(os.getpid(), signal.SIGHUP)",
        "    print(asked())",
    )

    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")
