"""Do schema files that no store keeps get on with what they were? Those that changed, and those that lean on them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contractctl import store
from contractctl.check import Checked, Pair
from contractctl.check.question import Question, problem
from contractctl.formats.claims import claimed, may_be_claimed
from contractctl.formats.companions import Near, companions, marks
from contractctl.git import ChangedFile, Repository
from contractctl.loose import at_commit, completed, in_work_tree, named
from contractctl.model.contract import File
from contractctl.verdicts import judged


@dataclass(frozen=True, slots=True)
class _Moved:
    """A schema file then and now."""

    format: str
    then: File
    now: File


@dataclass(frozen=True, slots=True)
class _Sight:
    """The repository at both ends, and what of it is asked for."""

    asked: Question
    repository: Repository
    base: str
    then: Near
    now: Near

    def present(self, path: str) -> File | None:
        """The file of the work tree at a path from the root."""
        return self.now.read(named(self.repository.root / path, self.repository.root))


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a base."""

    repository: Repository
    base: str
    everywhere: Sequence[ChangedFile]
    asked_for: Sequence[ChangedFile]
    """Of these the ones at `paths`."""
    paths: Sequence[str]


def check_loose(asked: Question, changes: Changes) -> Checked:
    """Schema files outside the store: of those at the paths the changed ones, and the ones that need a changed one."""
    repository, root = changes.repository, changes.repository.root
    outside = _outside(asked, repository)
    candidates = [
        one
        for one in changes.everywhere
        if one.old and may_be_claimed(one.new or one.old) and not outside.holds(one.new or one.old)
    ]
    if not candidates:
        return Checked()
    now = in_work_tree(root, lambda: (root / path for path in repository.present()))
    sight = _Sight(asked, repository, changes.base, at_commit(repository, changes.base), now)
    moved = {candidate: one for candidate in candidates if (one := _moved(sight, candidate))}
    leaning = _leaning(sight, list(moved.values()), [path for path in repository.present() if not outside.holds(path)])
    at_paths = set(repository.present(changes.paths))
    judged = [one for candidate, one in moved.items() if candidate in changes.asked_for]
    pairs = tuple(_pair(sight, one) for one in (*judged, *(one for one in leaning if one.then.name in at_paths)))
    return Checked(pairs, check_gone(asked, changes).problems)


def check_gone(asked: Question, changes: Changes) -> Checked:
    """Schema files outside the store that are gone."""
    outside = _outside(asked, changes.repository)
    gone = (one.old for one in changes.asked_for if one.old and one.new is None and may_be_claimed(one.old))
    read = ((path, changes.repository.read(changes.base, path)) for path in gone if not outside.holds(path))
    return Checked(
        problems=tuple(
            problem("contract-deleted", path, path, changes.base[:12])
            for path, content in read
            if content is not None and claimed(File.of(path, content))
        )
    )


@dataclass(frozen=True, slots=True)
class _Store:
    """What belongs to contracts, as paths from the root."""

    folder: str
    drafts: frozenset[str]

    def holds(self, path: str) -> bool:
        return path.startswith(self.folder) or path in self.drafts


def _outside(asked: Question, repository: Repository) -> _Store:
    drafts = (path for name in store.names(asked.contracts) for path in store.draft_paths(asked.contracts, name))
    return _Store(repository.relative(asked.contracts) + "/", frozenset(repository.relative(path) for path in drafts))


def _moved(sight: _Sight, one: ChangedFile) -> _Moved | None:
    """A file that is a schema now, or was one; None for any other, and for one that is gone."""
    then = sight.then.read(one.old) if one.old else None
    now = sight.present(one.new) if one.new else None
    if then is None or now is None:
        return None
    format_name = claimed(now) or claimed(then)
    return _Moved(format_name, then, now) if format_name else None


def _leaning(sight: _Sight, moved: Sequence[_Moved], paths: Sequence[str]) -> list[_Moved]:
    """Files that did not change, and need one that did, however many others lie between."""
    seen = {one.then.name for one in moved}
    found: list[_Moved] = []
    for format_name in sorted({one.format for one in moved}):
        changed = [one for one in moved if one.format == format_name]
        names = {name for one in changed for name in (one.then.name, one.now.name)}
        words = {word for one in changed for file in (one.then, one.now) for word in marks(format_name, file)}
        while words:
            new = [one for path in paths if (one := _leans(sight, path, format_name, words, seen))]
            seen |= {one.then.name for one in new}
            found += [one for one in new if _needs(sight, one, names)]
            words = {word for one in new for word in marks(format_name, one.now)} - words
    return sorted(found, key=lambda one: one.now.name)


def _leans(sight: _Sight, path: str, format_name: str, words: set[str], seen: set[str]) -> _Moved | None:
    """The file at a path, where one of the words stands in it: it may need what they stand for."""
    if path in seen or not may_be_claimed(path):
        return None
    then, now = sight.then.read(path), sight.present(path)
    if then is None or now is None or not re.search("|".join(map(re.escape, sorted(words))), now.text):
        return None
    return _Moved(format_name, then, now) if claimed(now) == format_name else None


def _needs(sight: _Sight, one: _Moved, names: set[str]) -> bool:
    then = companions(one.format, one.then, sight.then)
    now = companions(one.format, one.now, sight.now)
    return any(file.name in names for file in (*then, *now))


def _pair(sight: _Sight, one: _Moved) -> Pair:
    asked, commit = sight.asked, sight.base[:12]
    old = completed(one.then, one.format, sight.then)
    new = completed(one.now, one.format, sight.now)
    path = sight.repository.relative(Path(one.now.name))
    terms = replace(asked.terms, old_name=f"{one.then.name} before", new_name=path, contract=path)
    comparison = judged(old, new, one.format, terms)
    level = asked.level or asked.loose_level
    return Pair(path, one.format, level, f"{one.then.name} at {commit}", path, comparison)
