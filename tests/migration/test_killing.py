"""Is nothing lost and nothing done twice when an operator is killed at any statement or commit of any stage?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests import budgets

DRIVER = Path(__file__).parent / "killing.py"
OF_SHARED = DRIVER.with_name("killing_shared.py")
OF_COPIES = DRIVER.with_name("killing_copied.py")
EVERY = {"sqlite": 7, "postgresql": 41, "mysql": 41}
"""On a server a point takes a second, and is one of some hundred; ci/fuzz tries them all."""
EVERY_OF_KEYS = 97
LEAST_POINTS_OF_KEYS = 100
EVERY_OF_SHARED = 67
EVERY_OF_COPIES = 83
LEAST_POINTS_OF_COPIES = 100
LEAST_POINTS = {
    "expand": 80,
    "dual-write": 50,
    "backfill": 90,
    "verify": 50,
    "canary": 30,
    "quiesce": 50,
    "brown-out-ends": 35,
    "contract": 70,
    "rollback": 50,
}


@pytest.mark.timeout(1200)  # some hundred processes
def test_a_command_killed_at_any_point_goes_on_and_loses_and_repeats_nothing(tmp_path: Path, database_url: str) -> None:
    """Hazard 22."""
    engine = make_url(database_url).get_backend_name()
    every = 1 if os.environ.get(budgets.VARIABLE) else EVERY[engine]
    command = [sys.executable, str(DRIVER), str(tmp_path), str(every), *([database_url] if engine != "sqlite" else [])]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {stage: of["wrong"] for stage, of in found.items() if of["wrong"]} == {}, done.stderr
    assert {stage for stage, of in found.items() if of["points"] <= LEAST_POINTS[stage] - every} == set()
    assert found.keys() == LEAST_POINTS.keys()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("server", "what"), [("mariadb", "key"), ("mariadb", "keys"), ("postgresql", "keys")])
def test_a_key_that_changes_its_type_survives_whoever_is_killed_at_it(
    tmp_path: Path, server: str, what: str, request: pytest.FixtureRequest
) -> None:
    """Hazard 22: where every statement commits by itself, the key has moved or not, and the same command goes on."""
    every = 1 if os.environ.get(budgets.VARIABLE) else EVERY_OF_KEYS
    url = request.getfixturevalue(f"{server}_url")
    command = [sys.executable, str(DRIVER), str(tmp_path), str(every), url, what]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {stage: of["wrong"] for stage, of in found.items() if of["wrong"]} == {}, done.stderr
    assert {stage for stage, of in found.items() if of["points"] > LEAST_POINTS_OF_KEYS} == {"verify", "contract"}


@pytest.mark.timeout(900)
def test_a_table_that_goes_over_to_a_copy_survives_whoever_is_killed_at_it(tmp_path: Path, mariadb_url: str) -> None:
    """Hazards 11, 22: writers write in every way, and each row is there in the end as its writer has seen it last."""
    every = 1 if os.environ.get(budgets.VARIABLE) else EVERY_OF_COPIES
    command = [sys.executable, str(OF_COPIES), str(tmp_path), str(every), mariadb_url]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {stage: of["wrong"] for stage, of in found.items() if of["wrong"]} == {}, done.stderr
    assert {stage for stage, of in found.items() if of["points"] > LEAST_POINTS_OF_COPIES - every} == {
        *("expand", "dual-write", "backfill", "verify", "quiesce", "contract", "rollback")
    }


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", ["moved", "extracted"])
def test_rows_that_share_one_survive_whoever_is_killed_while_it_is_filled_or_a_side_goes(
    tmp_path: Path, what: str
) -> None:
    """Hazard 22, 49: on SQLite; killing_shared.py takes the address of a server, too."""
    every = 1 if os.environ.get(budgets.VARIABLE) else EVERY_OF_SHARED
    command = [sys.executable, str(OF_SHARED), str(tmp_path), str(every), what]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {stage: of["wrong"] for stage, of in found.items() if of["wrong"]} == {}, done.stderr
    assert {stage for stage, of in found.items() if of["points"] >= EVERY_OF_SHARED} == {
        "backfill",
        "contract",
        "rollback",
    }
