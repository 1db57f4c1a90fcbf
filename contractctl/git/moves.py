"""Which files were moved by hand? git sees no rename among files that it does not track."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from contractctl.git.printed import ChangedFile

_ALIKE = 0.5
"""From here on two files of one name are one that was moved; git's own measure."""
_LONGEST = 200_000
"""Longer files are compared as a whole, in bytes."""


def moved_by_hand(
    found: Sequence[ChangedFile],
    untracked: Sequence[str],
    then: Callable[[str], bytes | None],
    now: Callable[[str], bytes],
) -> Iterator[ChangedFile]:
    """What was found, with untracked files: as moved where one of the same name, and much the same lines, is gone.

    then, now: a file's content at the commit and in the work tree.
    """
    gone = [one.old for one in found if one.old is not None and one.new is None]
    moved: dict[str, str] = {}
    for new in untracked:
        likely = [old for old in gone if Path(old).name == Path(new).name and old not in moved]
        alike = {old: _likeness(then(old), now(new)) for old in likely}
        best = max(alike, key=lambda old: alike[old], default=None)
        if best is not None and alike[best] >= _ALIKE:
            moved[best] = new
    yield from (one for one in found if one.old not in moved or one.new is not None)
    yield from (ChangedFile(old, new) for old, new in moved.items())
    yield from (ChangedFile(None, new) for new in untracked if new not in moved.values())


def _likeness(before: bytes | None, now: bytes) -> float:
    from difflib import SequenceMatcher

    if before is None or max(len(before), len(now)) > _LONGEST:
        return float(before == now)
    return SequenceMatcher(None, before.splitlines(), now.splitlines(), autojunk=False).ratio()
