"""Which lines do a source's files have? They are read one at a time, however long a file is."""

import glob
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from contractctl.evidence.observations import Observations

LONGEST = 16_000_000
"""The longest line that is read, in bytes."""


class Readable(Protocol):
    """A file, compressed or not."""

    def readline(self, size: int, /) -> bytes: ...


def lines(seen: Observations, location: str, root: Path) -> Iterator[tuple[str, str]]:
    """(place, line) of every line of every file that the pattern matches. What cannot be read is noted in `seen`."""
    known = {sha256().digest(): ""}
    for name, path in matched(seen, location, root):
        try:
            with path.open("rb") as file:
                for place, line in whole_lines(seen, file, name, LONGEST):
                    if line is None:
                        seen.spoiled(f"unparseable: {place} is not UTF-8 text, or longer than {LONGEST:,} bytes")
                    else:
                        yield place, line
        except OSError as error:
            seen.spoiled(f"source error: {name}: {error.strerror}")
            continue
        if (other := known.setdefault(seen.raw[-1], name)) not in ("", name):
            seen.spoiled(f"conflicting evidence: {other} and {name} have the same content: it counts once")


def whole_lines(seen: Observations, file: Readable, name: str, longest: int) -> Iterator[tuple[str, str | None]]:
    """(place, line) of every line that is not empty; None for one that is not text, or has more bytes than `longest`.

    The answer's digest covers every byte that could be read, even of lines that nobody can use.
    """
    pieces = digested(seen, file, longest)
    for number, raw in enumerate(pieces, 1):
        place, whole = f"{name}:{number}", raw.endswith(b"\n")
        if not whole and len(raw) == longest:
            whole = next((True for rest in pieces if rest.endswith(b"\n")), False)
            yield place, None
        elif whole and (text := _text(raw)) != "":
            yield place, text
        if not whole:
            seen.spoiled(f"truncated: {place}: the last line is incomplete")


def digested(seen: Observations, file: Readable, longest: int) -> Iterator[bytes]:
    """Every line as it is; one with more bytes than `longest` comes in pieces. The digest covers what was read."""
    digest = sha256()
    try:
        while raw := file.readline(longest):
            digest.update(raw)
            yield raw
    finally:
        seen.raw.append(digest.digest())


def _text(raw: bytes) -> str | None:
    """Without its line end; empty where there is nothing to see."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text.rstrip("\r\n") if text.strip() else ""


def contents(seen: Observations, location: str, root: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file that the pattern matches and that can be read; the digest covers all of them."""
    for name, path in matched(seen, location, root):
        try:
            raw = path.read_bytes()
        except OSError as error:
            seen.spoiled(f"source error: {name}: {error.strerror}")
            continue
        seen.answered(raw)
        yield name, raw


def matched(seen: Observations, location: str, root: Path) -> Iterator[tuple[str, Path]]:
    """(name, path) of every file that the pattern matches; where there is none, or one leads out, `seen` notes it.

    A file to which links lead comes once.
    """
    found = glob.glob(location, root_dir=root, recursive=True)  # noqa: PTH207 - takes absolute patterns, too
    if not found:
        seen.spoiled(f"missing source: no file matches '{location}'")
    for name in _closed(location, root):
        seen.spoiled(f"source error: {name}: what lies in this folder cannot be read")
    real = {name: Path(os.path.realpath(root / name)) for name in found}  # resolve() raises where links go in a circle
    names: dict[Path, str] = {}
    for name in sorted(found, key=lambda name: ((root / name).is_symlink(), name)):
        names.setdefault(real[name], name)
    for name in sorted(names.values()):
        if real[name].is_dir():
            continue
        if not Path(location).is_absolute() and not real[name].is_relative_to(root.resolve()):
            seen.spoiled(f"source error: {name} is a link that leads outside the repository")
            continue
        yield name, root / name


def _closed(location: str, root: Path) -> Iterator[str]:
    """The folders that a pattern leads into but that we may not read: glob skips them silently."""
    parts = Path(location).parts
    for above in (os.path.join(*parts[:count]) for count in range(1, len(parts))):  # noqa: PTH118 - a pattern
        for name in sorted(glob.glob(above, root_dir=root, recursive=True)):  # noqa: PTH207 - as above
            if os.path.isdir(root / name) and not os.access(root / name, os.R_OK | os.X_OK):  # noqa: PTH112 - no errors
                yield name
