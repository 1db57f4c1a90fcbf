"""Is tests/HAZARDS.md what the tests say, with a test or a reason for every hazard on every database?"""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def test_every_hazard_has_its_tests_or_a_reason_and_the_page_names_them() -> None:
    """To update the page, run: ./ci/hazards --write."""
    command = [sys.executable, "-m", "ci.hazard_table"]
    made = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert "**none**" not in made.stdout
    assert made.returncode == 0, made.stderr
    assert made.stdout == (PROJECT / "tests" / "HAZARDS.md").read_text("utf-8"), "run: ./ci/hazards --write"
