"""Who released what, and when? Git knows; if it does not, why."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contractctl import git, store
from contractctl.model.contract import Contract, Version


@dataclass(frozen=True, slots=True)
class Release:
    """One version and the commit that added it."""

    contract: str
    version: Version
    commit: git.Commit | None
    unknown: str | None = None
    """Why the commit is not known, if it is not."""


def releases(contracts: Path, wanted: Iterable[Contract]) -> tuple[Release, ...]:
    """The releases of some contracts: each contract's newest version first."""
    repository = git.open_repository(contracts) if contracts.is_dir() else None
    if repository is None:
        return tuple(Release(c.name, version, None, "no git") for c in wanted for version in reversed(c.versions))
    known = repository.arrivals("**/versions/**")  # wherever the store was at that time
    return tuple(
        _release(contracts, contract, version, repository, known)
        for contract in wanted
        for version in reversed(contract.versions)
    )


def _release(
    contracts: Path,
    contract: Contract,
    version: Version,
    repository: git.Repository,
    known: dict[str, git.Commit | None],
) -> Release:
    path = store.version_path(contracts, contract.name, version.number)
    assert path is not None  # noqa: S101 - the version was read from there
    at = repository.relative(path)
    files = [file for file in known if file == at or file.startswith(f"{at}/")]
    if not files:
        return Release(contract.name, version, None, "not committed yet")
    commit = known[files[0]]
    return Release(contract.name, version, commit, None if commit else "before this shallow clone begins")
