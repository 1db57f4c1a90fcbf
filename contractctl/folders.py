"""What lies below a folder? Everything: a folder that cannot be read is an error, never an empty one."""

import os
from collections.abc import Iterator
from pathlib import Path


def visible_files(folder: Path) -> Iterator[Path]:
    """Every file except hidden ones; none if the folder does not exist. Links to folders are not followed.

    Raise OSError, naming the folder that cannot be read: pathlib would skip it, with any evidence inside.
    """
    yield from (here / name for here, files, _ in visible(folder) for name in files)


def visible(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """As visible_files(), folder by folder: each with its files, and with the links to folders."""
    for at, inside, files in os.walk(folder, onerror=_demand_to_read):
        here, inside[:] = Path(at), [name for name in inside if not name.startswith(".")]
        links = [name for name in inside if (here / name).is_symlink()]
        yield here, [name for name in files if not name.startswith(".")], links


def _demand_to_read(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
