"""How is a file written, so that it is there whole or not at all?"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

SCRATCHES = ".*.part"
"""What is left beside a file by a writer that was killed."""


def write_whole(path: Path, text: str) -> None:
    """Put a whole new file in the place of the old one, with the folders above it. Raise OSError, naming `path`."""
    with whole(path) as file:
        file.write(text.encode())


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A new file, which takes the place of the old one at the end: a reader finds one of them, also after a kill.

    Folders above it are made; a link stays one; a device or a pipe is written as it is. Nothing is written where the
    block raises. Raise OSError, naming `path`.
    """
    place = path.resolve()
    scratch = place.with_name(f".{os.urandom(4).hex()}.part")
    own = {None, *map(str, (path, scratch, *place.parents))}
    try:
        with path.open("wb") if path.exists() and not path.is_file() else _replacing(place, scratch) as file:
            yield file
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path) if error.filename in own else error.filename) from error


@contextmanager
def _replacing(place: Path, scratch: Path) -> Iterator[BinaryIO]:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            scratch.chmod(place.stat().st_mode & 0o7777)
        scratch.replace(place)
    finally:
        with suppress(OSError):
            scratch.unlink()
