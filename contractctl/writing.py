"""How is a file written so that it exists whole or not at all, and no other process's change to it is lost?"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from contractctl.errors import ContractctlError

SCRATCHES = ".*.part"
"""The name of what a killed writer leaves beside a file."""
_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 0.01


def write_whole(path: Path, text: str) -> None:
    """Replace the old file by a whole new one, and create the folders above it. Raise OSError, naming `path`."""
    with whole(path) as file:
        file.write(text.encode())


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A new file that replaces the old one at the end: a reader finds one of them, even after a kill.

    Folders above it are created; a link stays a link; a device or a pipe is written directly. Nothing is written if the
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
def alone(folder: Path, patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """One process at a time: for a file in `folder` that is read, changed and written. A killed one holds up nobody.

    Raise ContractctlError if another process takes longer than `patience` (seconds).
    """
    try:
        import fcntl
    except ImportError:  # Windows has no such lock
        yield
        return
    held, end = os.open(folder, os.O_RDONLY), time.monotonic() + patience
    try:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise _busy(folder, patience) from None
                time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(held)


def _busy(folder: Path, patience: float) -> ContractctlError:
    return ContractctlError(
        f"another process has been changing files in {folder} for more than {patience:g} seconds",
        hint="let it end, or end it; then run this again",
    )


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
