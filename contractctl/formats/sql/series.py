"""In which order are the files of a migration run, and which parts of them only take back what another did?"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from contractctl.formats.scripts import foreign_tables, lies_beside, tables_made
from contractctl.model.contract import File

_UNDOING = re.compile(r"(?:\.|(?:^|/))down\.sql$|(?:^|/)U\d[^/]*__[^/]*\.sql$", re.IGNORECASE)
"""golang-migrate, sqlx and others; Diesel; Flyway."""
_DOWN = re.compile(
    r"^--\s*(?:\+goose\s+Down|migrate:down)\b.*?(?=^--\s*(?:\+goose\s+Up|migrate:up)\b|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
"""goose, dbmate."""


def in_order(files: Sequence[File]) -> Iterator[tuple[int, File]]:
    """The files as they are run, each with its place among those that were given.

    Numbers count, V2 before V10; whoever changes a table comes after who makes it. What takes back is left out, and so
    is what lies beside the steps of a folder.
    """
    if len(files) == 1:
        yield 0, files[0]
        return
    steps = sorted((_key(file.name), index) for index, file in enumerate(files) if _counts(file.name))
    waiting = [_Step(index, frozenset(tables_made(files[index])), foreign_tables(files[index])) for _, index in steps]
    there: set[str] = set()
    while waiting:
        makers = [one.makes for one in waiting]
        ready = (one for one in waiting if all(name in there or not _is_in(name, makers) for name in one.changes))
        step = next(ready, waiting[0])
        waiting.remove(step)
        there |= step.makes
        yield step.index, files[step.index]


def _counts(name: str) -> bool:
    return not (lies_beside(name) or _UNDOING.search(name))


@dataclass(frozen=True, slots=True)
class _Step:
    index: int
    makes: frozenset[str]
    changes: tuple[str, ...]


def _is_in(name: str, makers: Iterable[frozenset[str]]) -> bool:
    return any(name in makes for makes in makers)


def done(text: str) -> str:
    """A text without what takes back what it does; everything else stays where it is."""
    return _DOWN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _key(name: str) -> tuple[tuple[int, str], ...]:
    parts = re.split(r"(\d+)", str(PurePosixPath(name)).lower())
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)
