"""Is what we may not look into told, instead of being taken for empty: in the store, in a draft, in evidence?"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = ("-dac_override", "-dac_read_search")
"""What lets root look into everything."""
COLLECT = """
import sys
from pathlib import Path
from contractctl import evidence
from tests.evidence.conftest import QUESTION
here = Path(sys.argv[1])
for record in evidence.collect("jsonl", "telemetry/*/*.jsonl", {}, QUESTION, root=here, folder=here):
    print(record.problem)
"""


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    folder.chmod(0)
    try:
        yield
    finally:
        folder.chmod(0o755)


def as_anybody(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A Python program for which permissions hold, whoever runs the tests."""
    less = ",".join(EVERYWHERE)
    without = ["setpriv", f"--bounding-set={less}", f"--inh-caps={less}"] if os.geteuid() == 0 else []
    return subprocess.run([*without, sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_a_contract_whose_folder_is_closed_is_not_passed_over(contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "a.avsc").write_text('"int"')
    (tmp_path / "b.avsc").write_text('"int"')
    contractctl("init", "--owner", "shop")
    contractctl("release", "--all")
    (tmp_path / "b.avsc").write_text('"string"')
    assert "incompatible" in contractctl("check", code=1).stdout
    hidden = next((tmp_path / "contracts").rglob("b"))

    with closed(hidden):
        done = as_anybody("-m", "contractctl", "check", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {hidden}: Permission denied\n")


def test_a_part_of_a_schema_in_a_closed_folder_is_not_taken_to_be_gone(tmp_path: Path) -> None:
    for side in ("old", "new"):
        (tmp_path / side / "more").mkdir(parents=True)
        (tmp_path / side / "main.proto").write_text('syntax = "proto3"; package m; message A { int32 a = 1; }\n')
    (tmp_path / "old/more/b.proto").write_text('syntax = "proto3"; package m; message B { int32 b = 1; }\n')

    with closed(tmp_path / "old/more"):
        done = as_anybody("-m", "contractctl", "check", "old", "new", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: old/more: Permission denied\n")


def test_evidence_in_a_closed_folder_spoils_what_the_other_files_say(tmp_path: Path) -> None:
    for team in ("a", "b"):
        (tmp_path / "telemetry" / team).mkdir(parents=True)
        (tmp_path / "telemetry" / team / "seen.jsonl").write_text("")

    with closed(tmp_path / "telemetry/b"):
        done = as_anybody("-c", COLLECT, str(tmp_path), cwd=ROOT)

    assert "source error: telemetry/b: what lies in this folder cannot be read" in done.stdout, done.stderr
