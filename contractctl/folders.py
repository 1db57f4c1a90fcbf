"""What lies below a folder? All of it: a folder that may not be looked into is an error, and never an empty one."""

import os
from collections.abc import Iterator
from pathlib import Path


def visible_files(folder: Path) -> Iterator[Path]:
    """Every file but hidden ones; none where there is no such folder. Links to folders are not followed.

    Raise OSError, naming the folder that cannot be read: pathlib would pass it over, with whatever speaks against us.
    """
    for here, inside, files in os.walk(folder, onerror=_demand_to_read):
        inside[:] = [name for name in inside if not name.startswith(".")]
        yield from (Path(here) / name for name in files if not name.startswith("."))


def _demand_to_read(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
