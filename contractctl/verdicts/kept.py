"""How are verdicts kept? In a file for each, which appears whole or not at all, and may be deleted at any time."""

import json
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model.canonical import dumps, tree, value
from contractctl.model.verdict import Comparison

_MOST_BYTES = 128 * 1024 * 1024
_SHELVES = 256
"""Folders, by the first byte of the key; each is tidied separately."""
_LOOKS = 64
"""After how many verdicts, on average, a shelf is checked for having too many."""
_DIGEST = 32


def read(folder: Path, key: bytes) -> Comparison | None:
    """What was written under that key; None if nothing intact is there. An entry carries its own digest."""
    try:
        content = _place(folder, key).read_bytes()
    except OSError:
        return None
    if content[:_DIGEST] != _sum(key, content[_DIGEST:]):
        return None
    try:
        return value(Comparison, json.loads(content[_DIGEST:]), "verdict")
    except (ValueError, RecursionError, ContractctlError):  # intact, but of another form
        return None


def write(folder: Path, key: bytes, comparison: Comparison) -> None:
    """Keep a verdict. If that fails, nothing is kept, silently."""
    content = dumps(tree(comparison)).encode("utf-8", "surrogatepass")
    place = _place(folder, key)
    scratch = place.with_name(f".{place.name}.{os.urandom(4).hex()}")
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(_sum(key, content) + content)
        scratch.replace(place)
        if key[-1] % _LOOKS == 0:
            _make_room(place.parent)


def _make_room(shelf: Path) -> None:
    """Delete the older half of a shelf that holds more than its share; others may be doing the same."""
    found = []
    for entry in os.scandir(shelf):
        with suppress(OSError):
            state = entry.stat()
            found.append((state.st_mtime_ns, state.st_size, entry.path))
    if sum(size for _, size, _ in found) > _MOST_BYTES / _SHELVES:
        for _, _, path in sorted(found)[: (len(found) + 1) // 2]:
            Path(path).unlink(missing_ok=True)


def _place(folder: Path, key: bytes) -> Path:
    name = key.hex()
    return folder / name[:2] / name[2:]


def _sum(key: bytes, content: bytes) -> bytes:
    return sha256(key + content).digest()
