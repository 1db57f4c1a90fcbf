"""How is a file written, so that it is there whole or not at all?"""

import os
from contextlib import suppress
from pathlib import Path

SCRATCHES = ".*.part"
"""What is left beside a file by a writer that was killed."""


def write_whole(path: Path, text: str) -> None:
    """Put a whole new file in the place of the old one: a reader, and whoever is killed, finds one or the other.

    Folders above it are made; a link stays one; a device or a pipe is written as it is. Raise OSError, naming `path`.
    """
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    place = path.resolve()
    scratch = place.with_name(f".{os.urandom(4).hex()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            scratch.chmod(place.stat().st_mode & 0o7777)
        scratch.replace(place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            scratch.unlink()
