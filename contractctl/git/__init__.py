"""What does git know? The only package that talks to it; shallow and detached, as CI has it, is the normal case."""

import os
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.git.calls import no_git
from contractctl.git.printed import ChangedFile, ChangedModule, Commit, Entry
from contractctl.git.repository import Repository, open_objects

__all__ = [
    "ChangedFile",
    "ChangedModule",
    "Commit",
    "Entry",
    "Repository",
    "needed_repository",
    "open_objects",
    "open_repository",
    "root_of",
    "unreadable",
    "why_none",
]


def open_repository(path: Path) -> Repository | None:
    """The repository that `path` lies in; None where it lies in none."""
    try:
        import git
    except ImportError:  # GitPython refuses to be imported where there is no git
        if root_of(path) is not None:
            raise no_git() from None
        return None
    try:
        return Repository(git.Repo(path, search_parent_directories=True))
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        return None


def root_of(path: Path) -> Path | None:
    """The root of the work tree that a folder lies in, git installed or not; None where it lies in none."""
    folder = path.resolve()
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)


def needed_repository(path: Path) -> Repository:
    """As open_repository(), where there must be one. Raise ContractctlError otherwise."""
    repository = open_repository(path)
    if repository is None:
        raise ContractctlError(why_none(path), hint="run it inside a clone, or run git init")
    return repository


def why_none(path: Path) -> str:
    """Why open_repository() finds none: none is there, or one that cannot be read from here."""
    root = root_of(path)
    return (unreadable(root) if root else None) or f"{path} is not in a git repository"


def unreadable(root: Path) -> str | None:
    """Why the repository of a folder cannot be read; None where it can, or where there is none."""
    place = root / ".git"
    try:
        folder = place
        if place.is_file():
            folder = root / os.fsdecode(place.read_bytes()).strip().removeprefix("gitdir: ")
        if folder != place and not folder.exists():
            return f"{place} leads to {folder}, which is not there"
        (folder / "HEAD").read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{error.filename} cannot be read: {error.strerror}"
    return None
