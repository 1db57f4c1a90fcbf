"""Does any random case break a property? Rounds of the property tests, each with a seed of its own."""

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from contractctl.formats import FORMATS

PROJECT = Path(__file__).parents[1]
FACTOR = 5
"""Times as many cases as ci/test tries, in each round."""
NOTHING_FOUND = 5
"""pytest's exit code where no test was selected."""


def main() -> int:
    """Exit code 1 as soon as a property fails."""
    parser = argparse.ArgumentParser(prog="ci/fuzz", description=__doc__)
    parser.add_argument("format", nargs="?", choices=sorted(FORMATS), help="only the properties of this format")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long; the round that runs is finished")
    asked = parser.parse_args()
    tests = f"tests/formats/{FORMATS[asked.format]}" if asked.format else "tests"
    end = time.monotonic() + asked.minutes * 60
    rounds = 0
    while rounds == 0 or time.monotonic() < end:
        rounds += 1
        code = round_of(tests, random.SystemRandom().randrange(2**32))
        if code:
            return 2 if code == NOTHING_FOUND else 1
    print(f"[fuzz] {rounds} rounds, {FACTOR} times the cases of ci/test in each: nothing fails")
    return 0


def round_of(tests: str, seed: int) -> int:
    """One round; pytest's exit code."""
    command = ["pytest", "-m", "hypothesis", f"--hypothesis-seed={seed}", "--timeout=0", tests]
    print(f"[fuzz] CONTRACTCTL_FUZZ={FACTOR} {' '.join(command)}", flush=True)
    workers = os.environ.get("TEST_WORKERS", "auto")
    quiet = ["-q", "--no-header", "-n", workers, "--dist", "worksteal", "-x"]
    environment = {**os.environ, "CONTRACTCTL_FUZZ": str(FACTOR)}
    return subprocess.run(
        [sys.executable, "-m", *command, *quiet], cwd=PROJECT, env=environment, check=False
    ).returncode


sys.exit(main())
