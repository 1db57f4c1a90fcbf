"""What is the text of a version outside any store? A file with those that it needs, or a folder; now or at a commit."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from contractctl.errors import ContractctlError
from contractctl.formats.claims import claimed, demand_schema, format_of, may_be_claimed
from contractctl.formats.companions import Near, companions, needed
from contractctl.model.contract import Contract, File, Source
from contractctl.store import source

if TYPE_CHECKING:
    from contractctl.git import Repository

FOREIGN = frozenset({"node_modules", "site-packages", "vendor", "venv", "build", "dist", "target", "__pycache__"})
"""Folders whose schemas belong to others, or were generated from ours."""


_IN_PARTS = frozenset({"asyncapi", "openapi"})
"""Formats in which one file identifies the format and refers to the others."""


def version(path: Path, format_name: str | None = None) -> tuple[Source, str]:
    """A file with its companions, or a folder's schema files, and their format.

    format_name: what the user says it is. Raise ContractctlError if no format claims it, or several do.
    """
    if path.is_dir():
        return _folder(source(path), format_name)
    root = _root(path)
    file = source(path).files[0].named(named(path, root))
    name = format_name or format_of(file)
    if name == "json-schema":
        demand_schema(file)
    return completed(file, name, in_work_tree(root, lambda: _around(path, root))), name


def two_versions(old: Path, new: Path, format_name: str | None) -> tuple[Source, Source, str]:
    """Both as version() reads them, and their format. Raise ContractctlError if they are of different formats."""
    told = format_name
    if told is None and not new.suffix and not new.is_dir() and may_be_claimed(old.name):
        told = version(old)[1]  # a pipe has no name that says what it is
    after, name = version(new, told)
    before, _ = version(old, name)
    other = claimed(before.files[0])
    if format_name is None and other not in {None, name}:
        raise ContractctlError(
            f"{old} is {other}, and {new} is {name}", hint="compare two versions of the same contract"
        )
    return before, after, name


def around(contracts: Path) -> Near:
    """The files of the work tree that a draft may refer to: releases are not among them."""
    root = _root(contracts / "contract.toml")
    return in_work_tree(root, lambda: (path for path in _walk(root) if "versions" not in path.parts))


def demand_whole(contracts: Path, contract: Contract, near: Near) -> None:
    """Raise ContractctlError for a draft that refers to a file of the work tree outside itself.

    It would not be frozen with the draft, and nobody would judge what changes in it.
    """
    own = {Path(file.name).resolve() for file in contract.draft.files} if contract.draft else set()
    for file in needed(contract.format, contract.draft.files, near) if contract.draft else ():
        if Path(file.name).resolve() not in own:
            folder = contracts / contract.name
            there = Path(os.path.relpath(Path(file.name).resolve(), folder.resolve())).as_posix()
            toml = named(folder / "contract.toml", _root(folder / "contract.toml"))
            raise ContractctlError(
                f"the draft of {contract.name} refers to {file.name}, which is not one of its files",
                hint=f'add it to draft in {toml}: "{there}"',
            )


def completed(file: File, format_name: str, near: Near) -> Source:
    """A file with those that it needs."""
    return Source((file,), companions(format_name, file, near))


def in_work_tree(root: Path, listed: Callable[[], Iterable[Path]]) -> Near:
    """The files below a folder, by the paths that people use for them. Links out of it are not followed."""
    solid = root.resolve()

    def content(path: str) -> bytes | None:
        file = Path(path)
        try:
            return file.read_bytes() if file.is_file() and file.resolve().is_relative_to(solid) else None
        except (OSError, RuntimeError, ValueError):  # a name that no file can have, or a link to itself
            return None

    return Near(content, cache(lambda: [named(file, root) for file in listed()]))


def at_commit(repository: "Repository", commit: str) -> Near:
    """The files of a commit, by their paths from the root. Links that lead to none of them are left out."""
    files = repository.linked(commit)
    return Near(lambda path: repository.blob(files[path]) if path in files else None, lambda: list(files))


def _folder(whole: Source, format_name: str | None) -> tuple[Source, str]:
    """The files of a folder that are of one format; other files beside them are not part of the version."""
    claims = {file: claimed(file) for file in whole.files}
    names = sorted({name for name in claims.values() if name})
    if format_name is None and len(names) > 1:
        names = [name for name in names if _claimed(claims) <= set(_of(whole, claims, name))] or names
    if format_name is None and len(names) > 1:
        raise ContractctlError(
            f"{whole.folder} holds files of several formats: {', '.join(names)}",
            hint="say which one is meant: --as FORMAT",
        )
    if format_name is None and not names:
        format_of(whole.files[0])  # says what is wrong
    name = format_name or names[0]
    files = _of(whole, claims, name)
    return Source(files or whole.files, folder=whole.folder), name


def _claimed(claims: Mapping[File, str | None]) -> set[File]:
    return {file for file, claim in claims.items() if claim is not None}


def _of(whole: Source, claims: Mapping[File, str | None], name: str) -> tuple[File, ...]:
    """The files that a format claims, and the parts of them, which need not say what they are."""
    own = [file for file, claim in claims.items() if claim == name]
    if name == "json-schema":
        parts = {file for file, claim in claims.items() if claim is None and may_be_claimed(file.name)}
    elif name in _IN_PARTS:
        inside = {file.name: file.content for file in whole.files}
        reached = {file.name for file in needed(name, own, Near(inside.get, lambda: list(inside)))}
        parts = {file for file in whole.files if file.name in reached}
    else:
        parts = set()
    return tuple(file for file in whole.files if claims[file] == name or file in parts)


def _root(path: Path) -> Path:
    """The file's repository; without one, the current folder, or the file's own if it lies elsewhere."""
    here, file = Path.cwd(), path.resolve()
    repository = next((folder for folder in file.parents if (folder / ".git").exists()), None)
    return repository or (here if file.is_relative_to(here) else file.parent)


def _around(path: Path, root: Path) -> Iterable[Path]:
    """What lies below the root, and beside the file wherever that is: among what was made from ours, say."""
    folder = path.absolute().parent
    return dict.fromkeys((*_walk(root), *(_walk(folder) if folder != root else ())))


def _walk(root: Path) -> Iterator[Path]:
    """What lies below a repository's folder; elsewhere only what lies directly in it, as below may be anything."""
    deep = (root / ".git").exists()
    for folder, inside, files in os.walk(root):
        inside[:] = [name for name in inside if deep and name not in FOREIGN and not name.startswith(".")]
        yield from (Path(folder) / name for name in files)


def named(path: Path, root: Path) -> str:
    """Relative to the current folder if that lies below the root, else absolute."""
    here = Path.cwd().is_relative_to(root)
    return Path(os.path.relpath(path) if here else os.path.abspath(path)).as_posix()  # noqa: PTH100 - links stay
