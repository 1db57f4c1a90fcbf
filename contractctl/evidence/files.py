"""Which lines stand in the files of a source?"""

import glob
from collections.abc import Iterator
from pathlib import Path

from contractctl.evidence.observations import Observations


def lines(seen: Observations, location: str, root: Path) -> Iterator[tuple[str, str]]:
    """(place, line) of every line of every file that the pattern matches. What cannot be read is noted in `seen`."""
    for name, raw in contents(seen, location, root):
        yield from _lines(seen, name, raw)


def contents(seen: Observations, location: str, root: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file that the pattern matches and that can be read; the answer rests on all of them."""
    for name, path in matched(seen, location, root):
        try:
            raw = path.read_bytes()
        except OSError as error:
            seen.spoiled(f"source error: {name}: {error.strerror}")
            continue
        seen.answered(raw)
        yield name, raw


def matched(seen: Observations, location: str, root: Path) -> Iterator[tuple[str, Path]]:
    """(name, path) of every file that the pattern matches; where there is none, or one leads out, `seen` notes it."""
    found = sorted(glob.glob(location, root_dir=root, recursive=True))  # noqa: PTH207 - takes absolute patterns, too
    if not found:
        seen.spoiled(f"missing source: no file matches '{location}'")
    for name in found:
        path = root / name
        if path.is_dir():
            continue
        if not Path(location).is_absolute() and not path.resolve().is_relative_to(root.resolve()):
            seen.spoiled(f"source error: {name} is a link that leads out of the repository")
            continue
        yield name, path


def _lines(seen: Observations, name: str, raw: bytes) -> Iterator[tuple[str, str]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        seen.spoiled(f"unparseable: {name} is not UTF-8 text")
        return
    if text and not text.endswith("\n"):
        seen.spoiled(f"truncated: {name}: the last line is not whole")
        text = text[: text.rfind("\n") + 1]
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"{name}:{number}", line
