"""Does `check` need what Python has on POSIX systems only?"""

import subprocess
import sys
from pathlib import Path

WITHOUT = """
import enum, signal, sys
kept = {one.name: one.value for one in signal.Signals if one.name != "SIGHUP"}
del signal.SIGHUP, signal.pthread_sigmask
signal.Signals = enum.IntEnum("Signals", kept)
sys.modules.update(dict.fromkeys(("fcntl", "pwd", "grp", "resource", "termios")))
from contractctl.cli import run
sys.exit(run(sys.argv[1:]))
"""


def test_two_files_are_checked_where_there_is_no_sighup_and_no_fcntl(tmp_path: Path) -> None:
    for name, type_ in (("old", "int"), ("new", "long")):
        (tmp_path / f"{name}.avsc").write_text(f'{{"type": "{type_}"}}')

    said = subprocess.run(
        [sys.executable, "-c", WITHOUT, "check", "old.avsc", "new.avsc"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, said.stdout.splitlines()[0]) == (0, "compatible: 1 pair judged")
