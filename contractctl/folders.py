"""What lies below a folder? Everything: a folder that cannot be read is an error, never an empty one."""

import os
from collections.abc import Iterator
from pathlib import Path


def visible_files(folder: Path) -> Iterator[Path]:
    """Every file except hidden ones; none if the folder does not exist. Links to folders are not followed.

    Raise OSError, naming the folder that cannot be read: pathlib would skip it, with any evidence inside.
    """
    for here, inside, files in os.walk(folder, onerror=_demand_to_read):
        inside[:] = [name for name in inside if not name.startswith(".")]
        yield from (Path(here) / name for name in files if not name.startswith("."))


def _demand_to_read(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
