"""Was this compiled before? Descriptors by the digest of what they were compiled from; safe to delete at any time."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from contractctl import caches
from contractctl.formats.protobuf.compiling import protoc
from contractctl.model.contract import File

_FORM = "2"
"""Another number makes everything new: for when the same texts compile to something else."""
_MOST_FILES = 20_000


def keys(files: Mapping[str, File], imports: Mapping[str, list[str]]) -> dict[str, str] | None:
    """What each file is known by: its name and text, protoc, and the same of what it imports.

    None where an import is not among the files, or leads back to where it came from.
    """
    found: dict[str, str] = {}
    for start in files:
        pending = [start]
        open_: dict[str, None] = {}
        while pending:
            name = pending[-1]
            if name in found or all(one in found for one in imports.get(name, ())):
                if name not in found:
                    found[name] = _key([(name, files[name])], [found[one] for one in imports[name]])
                open_.pop(pending.pop(), None)
                continue
            open_[name] = None
            ahead = [one for one in imports[name] if one not in found]
            if any(one in open_ or one not in files for one in ahead):
                return None
            pending += ahead
    return found


def key_of_all(given: Mapping[str, File]) -> str:
    """What files are known by together."""
    return _key(sorted(given.items()), [])


def _key(named: list[tuple[str, File]], more: list[str]) -> str:
    digest = sha256(f"{_FORM} {protoc.version()} {' '.join(more)}\n".encode())
    for name, file in named:
        digest.update(f"{len(name)} {name} {len(file.content)}\n".encode("utf-8", "surrogatepass"))
        digest.update(file.content)
    return digest.hexdigest()


def read(name: str) -> bytes | None:
    """What was kept under that key; None where nothing whole is there."""
    folder = caches.folder("protobuf")
    try:
        content = (folder / name).read_bytes() if folder else b""
    except OSError:
        return None
    digest, compiled = content[:32], content[32:]
    return compiled if sha256(compiled).digest() == digest else None


def write(made: Mapping[str, bytes]) -> None:
    """Keep what was made, by key. A cache that cannot be written is none; of a large one the older half goes."""
    folder = caches.folder("protobuf")
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for name, compiled in made.items():
            handle, scratch = tempfile.mkstemp(dir=folder, prefix=".")
            with os.fdopen(handle, "wb") as file:
                file.write(sha256(compiled).digest() + compiled)
            Path(scratch).replace(folder / name)
        _tidy(folder)


def _tidy(folder: Path) -> None:
    kept = list(folder.iterdir())
    if len(kept) > _MOST_FILES:
        kept.sort(key=lambda path: path.stat().st_mtime)
        for path in kept[: len(kept) // 2]:
            path.unlink(missing_ok=True)
