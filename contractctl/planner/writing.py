"""How is a plan written down? All of its files, or none; where it was cut short by a kill, the next plan sees to it."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from contractctl import store
from contractctl.errors import ContractctlError
from contractctl.model import canonical
from contractctl.model.contract import SemanticVersion
from contractctl.planner.asked import Made
from contractctl.planner.plan_file import path_of
from contractctl.writing import write_whole

_BEGUN = ".begun"
"""How the file ends that says what a plan is about to write; it is there until all of that is."""


@dataclass(frozen=True, slots=True)
class _Release:
    contract: str
    number: str
    digest: str


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    """As seen from the folder of migrations."""
    digest: str


@dataclass(frozen=True, slots=True)
class _Begun:
    """What did not exist before."""

    releases: tuple[_Release, ...]
    files: tuple[_File, ...]
    folders: tuple[str, ...]
    """The innermost first; left empty, they would be taken for an Alembic environment."""


def write(made: Made, contracts: Path, migrations: Path) -> tuple[Path, ...]:
    """Write the revisions and the plan's file, then release the versions between. Every path written.

    At no moment does a version between lie among the releases without its plan: the next plan would start from it. If
    one of them fails, what was written before it is taken back. The caller is alone in the repository.
    """
    plan = path_of(migrations, made.plan.name)
    begun, intended = plan.with_name(f".{made.plan.name}{_BEGUN}"), _intended(made, migrations)
    try:
        write_whole(begun, canonical.dumps(canonical.tree(intended)))
        for path, text in sorted(made.files.items(), key=lambda item: item[0] == plan):
            write_whole(path, text)
        released = [store.release(contracts, *release) for release in made.releases]
    except BaseException:
        _remove(begun, intended, contracts, migrations)
        raise
    begun.unlink()
    return (*made.files, *released)


def take_back(contracts: Path, migrations: Path) -> tuple[str, ...]:
    """Remove what plans left that were cut short while they were written, unless it was changed since. Their names."""
    names = []
    for begun in sorted((migrations / "plans").glob(f".*{_BEGUN}")):
        name = begun.name.removeprefix(".").removesuffix(_BEGUN)
        intended = _read(begun)
        if path_of(migrations, name).is_file() and all(_is_released(one, contracts) for one in intended.releases):
            begun.unlink()  # nothing else was left to do
        else:
            _remove(begun, intended, contracts, migrations)
            names.append(name)
    return tuple(names)


def _intended(made: Made, migrations: Path) -> _Begun:
    folders = {folder for path in made.files for folder in path.parents if not folder.exists()}
    return _Begun(
        tuple(_Release(contract, str(number), store.digest(source)) for contract, number, source in made.releases),
        tuple(
            _File(os.path.relpath(path, migrations), sha256(text.encode()).hexdigest())
            for path, text in made.files.items()
            if not path.exists()
        ),
        tuple(os.path.relpath(folder, migrations) for folder in sorted(folders, reverse=True)),
    )


def _read(begun: Path) -> _Begun:
    try:
        tree = json.loads(begun.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ContractctlError(f"{begun} is not JSON: {error}", hint="remove it") from None
    return canonical.value(_Begun, tree, str(begun))


def _is_released(release: _Release, contracts: Path) -> bool:
    there = store.version_path(contracts, release.contract, SemanticVersion.parse(release.number))
    unrecorded = any(rule == "release-unrecorded" for rule, _ in store.broken_releases(contracts, release.contract))
    return there is not None and not unrecorded


def _remove(begun: Path, intended: _Begun, contracts: Path, migrations: Path) -> None:
    for release in reversed(intended.releases):
        store.withdraw(contracts, release.contract, SemanticVersion.parse(release.number), release.digest)
    for file in intended.files:
        path = migrations / file.path
        if path.is_file() and sha256(path.read_bytes()).hexdigest() == file.digest:
            path.unlink()
    begun.unlink(missing_ok=True)
    for folder in intended.folders:
        with suppress(OSError):  # it is not empty, or was never made
            Path(os.path.normpath(migrations / folder)).rmdir()
