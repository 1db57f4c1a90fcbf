"""Where do the contracts of a store lie? In their folders; a draft may lie elsewhere, or nobody knows where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from contractctl import store
from contractctl.check import Problem
from contractctl.check.question import tried
from contractctl.git import ChangedFile, ChangedModule, Repository


def known_drafts(contracts: Path) -> Mapping[str, tuple[Path, ...]]:
    """The files of each contract's draft; a contract whose contract.toml cannot be read is left out."""
    found = {name: tried(name, None, partial(store.draft_paths, contracts, name)) for name in store.names(contracts)}
    return {name: paths for name, paths in found.items() if not isinstance(paths, Problem)}


@dataclass(frozen=True, slots=True)
class Places:
    """The contracts of a store in a repository; every path is one from its root."""

    repository: Repository
    contracts: Path
    folder: str
    """Of the store, with a slash at its end; empty if that is the root."""
    drafts: Mapping[str, tuple[str, ...] | None]
    """Of every contract; None where its contract.toml cannot be read, so that any file may be its draft."""
    taken: frozenset[str]
    """The folders of releases; the drafts, each a file or a folder; the whole folder of a contract of unknown draft."""

    @classmethod
    def of(cls, repository: Repository, contracts: Path) -> "Places":
        """The present ones."""
        known = known_drafts(contracts)
        drafts = {
            name: tuple(repository.relative(path) for path in known[name]) if name in known else None
            for name in store.names(contracts)
        }
        own = {name: repository.relative(contracts / name) for name in drafts}
        taken = {f"{folder}/{store.VERSIONS}" for folder in own.values()}
        taken |= {path for name, paths in drafts.items() for path in ((own[name],) if paths is None else paths)}
        folder = f"{repository.relative(contracts)}/".removeprefix("./")
        return cls(repository, contracts, folder, drafts, frozenset(taken))

    def touched(self, name: str, changed: Sequence[ChangedFile], modules: Sequence[ChangedModule]) -> bool:
        """Whether a contract may have changed: its folder, its draft, a link to that, or a submodule around them."""
        paths = {path for one in changed for path in (one.old, one.new) if path}
        own, drafts = self.repository.relative(self.contracts / name), self.drafts[name]
        if any(path.startswith(f"{own}/") for path in paths):
            return True
        if drafts is None:
            return bool(paths or modules)
        if any(path == at or path.startswith(f"{at}/") for at in drafts for path in paths):
            return True
        if any(f"{at}/".startswith(f"{module.path}/") for module in modules for at in (own, *drafts)):
            return True
        return not paths.isdisjoint(self._links(name))

    def _links(self, name: str) -> list[str]:
        links = store.draft_links(self.contracts, name)
        return [f"{self.repository.relative(one.parent)}/{one.name}".removeprefix("./") for one in links]

    def holds(self, path: str) -> bool:
        """Whether a present file is a release or belongs to a draft."""
        return not self.taken.isdisjoint((path, *map(str, PurePosixPath(path).parents)))

    def held(self, path: str) -> bool:
        """Whether a deleted file belonged to a contract: a deleted contract is reported as a whole."""
        return self.holds(path) or (bool(self.folder) and path.startswith(self.folder))

    def concerns(self, one: ChangedFile) -> bool:
        """Whether a change is one of a contract's files."""
        return self.holds(one.new) if one.new is not None else self.held(one.old or "")
