"""What does git have of a file of people's statements? Only what is committed counts as reviewed."""

from pathlib import Path

from contractctl import git


def committed(path: Path) -> tuple[bytes, str] | None:
    """The file as the commit that is checked out has it, and what to call that; None where it does not have it."""
    repository = git.open_repository(path.parent)
    head = repository.head() if repository else None
    if repository is None or head is None:
        return None
    try:
        raw = repository.read(head, repository.relative(path))
    except ValueError:  # outside the repository, through a link
        return None
    return None if raw is None else (raw, f"{path.name} in {head[:12]}")
