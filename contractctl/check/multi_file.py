"""Which files outside the store are judged as one schema? Those of GraphQL, which do not name each other."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contractctl.formats.graphql.parts import together
from contractctl.git import ChangedFile
from contractctl.model.contract import File, Source


@dataclass(frozen=True, slots=True)
class MultiFile:
    """A schema of several files, then and now."""

    then: Source
    now: Source
    paths: frozenset[str]
    """Paths from the root of every file that is or was part of it."""
    folder: str
    """The folder that holds all of its present files."""


def multi_files(
    then: Mapping[str, File], now: Mapping[str, File], changed: Sequence[ChangedFile]
) -> tuple[MultiFile, ...]:
    """The schemas of several files in which something changed, and that are there at both ends.

    then, now: the files by their paths from the root. A moved file remains the same.
    """
    moved = {one.old: one.new for one in changed if one.old and one.new}
    groups = [*together(_by_path(now)).values()]
    groups += (frozenset(moved.get(path, path) for path in one) for one in together(_by_path(then)).values())
    touched = {path for one in changed for path in (one.new or one.old,) if path}
    met = (one for one in _joined(groups) if len(one) > 1 and not touched.isdisjoint(one))
    return tuple(one for group in met if (one := _whole(group, then, now, moved)))


def _by_path(files: Mapping[str, File]) -> Iterable[File]:
    return [File(path, file.text) for path, file in files.items()]


def _joined(groups: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Merge groups that share a file: parts that were or are together are judged together."""
    found: dict[str, frozenset[str]] = {}
    for group in dict.fromkeys(groups):
        joined = group.union(*(found.get(path, ()) for path in group))
        found.update(dict.fromkeys(joined, joined))
    return tuple(dict.fromkeys(found.values()))


def _whole(
    group: frozenset[str], then: Mapping[str, File], now: Mapping[str, File], moved: Mapping[str, str]
) -> MultiFile | None:
    before = sorted(path for path in then if moved.get(path, path) in group)
    after = sorted(path for path in now if path in group)
    if not before or not after:
        return None
    old, new = Source(tuple(then[path] for path in before)), Source(tuple(now[path] for path in after))
    folder = os.path.commonpath([os.path.dirname(path) for path in after])  # noqa: PTH120 - paths of git
    return MultiFile(old, new, frozenset({*before, *after}), folder or ".")
