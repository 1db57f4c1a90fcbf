"""Is a file there whole or not at all?"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contractctl.writing import SCRATCHES, write_whole

_KILLED = """
import os, sys
from pathlib import Path
from contractctl.writing import write_whole
os.fsync = lambda _: os.kill(os.getpid(), 9)
write_whole(Path(sys.argv[1]), "new")
"""


def test_of_many_writers_one_is_found_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    texts = [f"{number}" * 100_000 for number in range(8)]
    with ThreadPoolExecutor(8) as crew:
        list(crew.map(lambda text: write_whole(path, text), texts))
    assert path.read_text() in texts
    assert list(path.parent.iterdir()) == [path]


def test_rights_and_links_stay(tmp_path: Path) -> None:
    place, link = tmp_path / "place", tmp_path / "link"
    place.write_text("old")
    place.chmod(0o600)
    link.symlink_to(place)
    write_whole(link, "new")
    assert (link.is_symlink(), place.read_text(), place.stat().st_mode & 0o777) == (True, "new", 0o600)


def test_what_cannot_be_written_is_named_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half, then \ud800")
    with pytest.raises(OSError, match=r"'.*/file/below'"):
        write_whole(path / "below", "new")
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_a_writer_that_is_killed_leaves_the_old_file_and_a_scratch(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    subprocess.run([sys.executable, "-c", _KILLED, path], check=False)
    assert path.read_text() == "old"
    assert [one.read_text() for one in tmp_path.glob(SCRATCHES)] == ["new"]
