"""Who is responsible for what is done, and what had they checked out?"""

import os
from pathlib import Path

from contractctl import git
from contractctl.errors import ContractctlError

_ACTOR = "CONTRACTCTL_ACTOR"


def actor() -> str:
    """Who is responsible for what is done: $CONTRACTCTL_ACTOR, else git's user."""
    if given := os.environ.get(_ACTOR, "").strip():
        return given
    repository = git.open_repository(Path.cwd())
    found = repository.user() if repository else None
    if not found:
        raise ContractctlError(
            "your name is not known, and the journal records who does what",
            hint=f"run git config user.name … and git config user.email …, or set {_ACTOR}='Name <email>'",
        )
    return found


def commit() -> str:
    """What is checked out; empty outside of git."""
    repository = git.open_repository(Path.cwd())
    return (repository.head() if repository else None) or ""
