"""Do several operators at once, each a process of its own, carry a plan through each stage once?"""

import subprocess
import sys
from pathlib import Path

import shop

PROGRAM = """
import sys, time
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import shop
from contractctl import migration
from contractctl.errors import ContractctlError
from contractctl.journal import HeldError, Operator

context = shop.context(Path(sys.argv[2]), operator=Operator(f"operator {sys.argv[3]}"))
for stage, percent in [("expand", None), ("dual-write", None), ("backfill", None), ("verify", None), ("canary", 100.0)]:
    while True:
        try:
            print(migration.run(stage, context, percent).message)
            break
        except HeldError:
            time.sleep(0.01)
"""


def test_many_operators_at_once_do_each_stage_once(folder: Path) -> None:
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", PROGRAM, here, str(folder)]
    started = [subprocess.Popen([*command, f"{n}"], stdout=subprocess.PIPE, text=True) for n in range(4)]

    said = [line for process in started for line in process.communicate(timeout=120)[0].splitlines()]

    assert all(process.returncode == 0 for process in started)
    for stage in ("expand", "dual-write", "backfill", "verify", "canary at 100 %"):
        assert sum(line.startswith(f"{stage} is done") for line in said) == 1
    outcomes = shop.rows(folder, "SELECT stage FROM contractctl_journal WHERE kind = 'outcome' ORDER BY id")
    assert [row[0] for row in outcomes] == ["expand", "dual-write", "backfill", "verify", "canary"]
    assert shop.rows(folder, "SELECT count(*) FROM orders WHERE full_name IS NOT customer_name") == [(0,)]
