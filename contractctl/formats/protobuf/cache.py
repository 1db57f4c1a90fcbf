"""Was this compiled before? Descriptors by the digest of what they were compiled from; safe to delete at any time."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from contractctl import caches
from contractctl.formats.protobuf import protoc
from contractctl.model.contract import File

_FORM = "1"
"""Another number makes everything new: for when the same texts compile to something else."""
_MOST_FILES = 512


def key(given: Mapping[str, File]) -> str:
    """What a compilation is known by: names, texts and protoc."""
    digest = sha256(f"{_FORM} {protoc.version()}\n".encode())
    for name, file in sorted(given.items()):
        digest.update(f"{len(name)} {name} {len(file.content)}\n".encode("utf-8", "surrogatepass"))
        digest.update(file.content)
    return digest.hexdigest()


def read(name: str) -> bytes | None:
    """What was written under that key; None where nothing whole is there."""
    folder = caches.folder("protobuf")
    try:
        content = (folder / name).read_bytes() if folder else b""
    except OSError:
        return None
    digest, compiled = content[:32], content[32:]
    return compiled if sha256(compiled).digest() == digest else None


def write(name: str, compiled: bytes) -> None:
    """Keep it. A cache that cannot be written is none; when it has grown large, its older half goes."""
    folder = caches.folder("protobuf")
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
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
