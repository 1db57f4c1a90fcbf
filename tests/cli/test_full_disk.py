"""Does a command that finds no room for its files leave none of them half-written?"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

RECORD = '{"type": "record", "name": "InvoiceSent", "fields": []}'
NO_ROOM = 'ulimit -f 0; exec "$@"'
"""A file may hold nothing: what the disk says when it is full, said by the shell to one process."""


def without_room(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "-c", NO_ROOM, "sh", sys.executable, "-m", "contractctl", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "InvoiceSent.avsc"
    path.write_text(RECORD, encoding="utf-8")
    return path


def test_what_init_could_not_write_is_not_in_the_way_of_the_next_init(
    tmp_path: Path, schema: Path, contractctl: Run
) -> None:
    refused = without_room(tmp_path, "init")

    assert (refused.returncode, refused.stderr.count("error: ")) == (2, 1)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [schema]
    contractctl("init")
    assert len(list(tmp_path.rglob("contract.toml"))) == 1


def test_a_page_that_finds_no_room_leaves_the_one_before_as_it_was(
    tmp_path: Path, schema: Path, contractctl: Run
) -> None:
    page = tmp_path / "matrix.html"
    contractctl("init")
    page.write_text("the page of yesterday", encoding="utf-8")

    refused = without_room(tmp_path, "matrix", "--output", page.name)

    assert (refused.returncode, refused.stderr.splitlines()[0]) == (2, "error: matrix.html: File too large")
    assert page.read_text(encoding="utf-8") == "the page of yesterday"
    assert not list(tmp_path.glob(".*.part"))


def test_a_device_stays_one(tmp_path: Path, schema: Path, contractctl: Run) -> None:
    contractctl("init")

    contractctl("matrix", "--output", "/dev/null")

    assert Path("/dev/null").is_char_device()
