"""Which schema files changed in submodules? They are listed, with the command that checks them from inside."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import iglob
from pathlib import Path

from contractctl.check import Pair, unknown
from contractctl.check.question import Question
from contractctl.errors import ContractctlError
from contractctl.formats.claims import claimed, may_be_claimed
from contractctl.git import ChangedModule, Repository
from contractctl.model.contract import File

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A schema file in a submodule that differs from what the base has there."""

    path: str
    """From the root of the repository around the submodule."""
    format: str
    module: str
    commit: str
    """Of the submodule, at the base."""

    def pair(self, asked: Question) -> Pair:
        """Unknown, with what to do."""
        reason = (
            f"it is in the submodule '{self.module}' and changed since {self.commit[:12]}:"
            f" run contractctl check --against {self.commit[:12]} in {self.module}"
        )
        return _unknown(asked, (self.path, self.format), f"{self.path} at {self.commit[:12]}", self.path, reason)


@dataclass(frozen=True, slots=True)
class Lost:
    """A deleted submodule, with any contracts in it."""

    path: str
    commit: str
    """Of the submodule, at the base."""
    base: str

    def pair(self, asked: Question) -> Pair:
        """Unknown, with what to do about them."""
        reason = (
            f"the submodule '{self.path}' was removed since {self.base[:12]}, where it was at {self.commit[:12]}: it is"
            " unknown who uses the contracts in it; if anybody does, restore it:"
            f" git checkout {self.base[:12]} -- .gitmodules {self.path}"
        )
        return _unknown(asked, (self.path, "submodule"), f"{self.path} at {self.commit[:12]}", "nothing", reason)


def _unknown(asked: Question, what: tuple[str, str], old: str, new: str, reason: str) -> Pair:
    """A pair about which nothing is known; `what` is its name and format."""
    return Pair(*what, asked.level or asked.loose_level, old, new, unknown(reason))


def lost(repository: Repository, base: str, modules: Sequence[ChangedModule], paths: Sequence[str]) -> Iterator[Lost]:
    """The deleted submodules; if there are paths, only those with something there."""
    wanted = [_from_root(repository, path) for path in paths]
    for module in modules:
        if module.gone and module.old and (not wanted or any(_may_lie_in(module.path, path) for path in wanted)):
            yield Lost(module.path, module.old, base)


def unjudged(repository: Repository, modules: Sequence[ChangedModule], paths: Sequence[str]) -> Iterator[Unjudged]:
    """The schema files that changed in submodules, at the paths if there are any.

    Raise ContractctlError where a submodule's files are missing here at either end: what changed is unknown.
    """
    wanted = [_from_root(repository, path) for path in paths]
    for module in modules:
        if module.gone:
            continue
        if module.old is not None and (not wanted or any(_may_lie_in(module.path, path) for path in wanted)):
            found = _changed(_needed(repository, module), module.path, module.old)
            yield from (one for one in found if not wanted or any(_fits(one.path, path) for path in wanted))


def untold(modules: Sequence[ChangedModule]) -> Iterator[str]:
    """How submodules are named where they were not asked about."""
    yield from (f"{one.path} (a submodule)" for one in modules if one.old is not None)


def leads_into_one(repository: Repository, pattern: str) -> bool:
    """Whether a pattern from the current folder meets a file in a submodule, changed or not."""
    root = repository.root.resolve()
    for path in iglob(pattern, recursive=True):  # noqa: PTH207 - an absolute pattern, perhaps
        folders = (folder for folder in Path(path).resolve().parents if folder.is_relative_to(root) and folder != root)
        if any((folder / ".git").exists() for folder in folders):
            return True
    return False


def _needed(repository: Repository, module: ChangedModule) -> Repository:
    inner = repository.module(module.path)
    if inner is None or module.old is None or not inner.has(module.old):
        raise ContractctlError(
            f"the submodule '{module.path}' changed, and its commit {str(module.old)[:12]} is not here, so it is"
            " unknown which contracts changed in it",
            hint=f"git submodule update --init {module.path} && git -C {module.path} fetch origin {module.old};"
            " or name the paths to judge",
        )
    return inner


def _changed(inner: Repository, module: str, commit: str) -> Iterator[Unjudged]:
    for one in inner.changed(commit):
        path = one.new or one.old or ""
        content = inner.read(commit, one.old) if one.old and may_be_claimed(path) else None
        format_name = claimed(File.of(path, content)) if content is not None else None
        if format_name is not None:
            yield Unjudged(f"{module}/{path}", format_name, module, commit)
    for deeper in inner.changed_modules(commit):
        if deeper.old is not None:
            yield from _changed(_needed(inner, deeper), f"{module}/{deeper.path}", deeper.old)


def _from_root(repository: Repository, path: str) -> str:
    return os.path.relpath(os.path.abspath(path), repository.root.resolve())  # noqa: PTH100 - a pattern, perhaps


def _may_lie_in(module: str, path: str) -> bool:
    """Whether a path or pattern may match something in a submodule: its parts lead to it or above it."""
    for step, wanted in zip(module.split("/"), path.split("/"), strict=False):
        if wanted in {".", "**"}:
            return True
        if not fnmatchcase(step, wanted):
            return False
    return True


def _fits(path: str, wanted: str) -> bool:
    if not _GLOB & set(wanted):
        return wanted in {".", path} or path.startswith(f"{wanted}/")
    return fnmatchcase(path, wanted) or fnmatchcase(path, wanted.replace("**/", ""))
