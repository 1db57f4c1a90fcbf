"""What does git know? The only package that talks to it; shallow and detached, as CI has it, is the normal case."""

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
        raise ContractctlError(f"{path} is not in a git repository", hint="run it inside a clone, or run git init")
    return repository
