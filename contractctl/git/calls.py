"""How is git called, and what does a user read if it fails? Nothing is fetched, and every error has a remedy."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    import git

_NO_REMOTE = {"GIT_ALLOW_PROTOCOL": "none"}
"""git would silently fetch what a partial clone lacks; without any allowed protocol, every version fails instead."""
_INDEX = "GIT_INDEX_FILE"
_FOUND = 3
"""What `git cat-file --batch` says about an object that it has: id, type, size."""


def no_git() -> ContractctlError:
    return ContractctlError("git is not installed", hint="install it: apt-get install git")


def _own_index(root: Path, git_dir: Path) -> dict[str, str]:
    """In a hook git names the index of the hook's repository; for another one, such as a submodule, it is the other's.

    One that git makes for a single commit is kept: it lies beside the one that it replaces.
    """
    named = os.environ.get(_INDEX)
    if named is None or (root / named).resolve().parent == git_dir.resolve():
        return {}
    return {_INDEX: str(git_dir / "index")}


class Calls:
    """git in one repository. Every method raises ContractctlError where git cannot answer."""

    def __init__(self, repo: "git.Repo") -> None:
        self.root = Path(repo.working_tree_dir or repo.git_dir)
        repo.git.update_environment(**_NO_REMOTE, **_own_index(self.root, Path(repo.git_dir)))
        self._repo = repo
        self._objects: git.Git.AutoInterrupt | None = None
        """The process that serves blob(), once it is needed."""

    def run(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
        """What git prints. allowed: the exit codes that count as an answer."""
        import git

        try:
            # as bytes: a file's name need not be UTF-8
            status, out, err = self._repo.git.execute(
                ["git", "-c", "core.quotePath=false", "-c", "log.showRoot=true", *arguments],
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
        except git.GitCommandNotFound:
            raise no_git() from None
        if "dubious ownership" in err:
            raise ContractctlError(
                f"git does not trust {self.root}: it belongs to another user",
                hint=f"git config --global --add safe.directory {self.root}",
            )
        if status not in allowed:
            self._refuse(arguments, err)
        # GitPython's types do not tell that stdout is bytes when they are asked for
        return bytes(out).decode("utf-8", "surrogateescape").rstrip("\n")

    def blob(self, blob: str) -> bytes:
        """The content behind the id of a blob; one process serves all calls.

        GitPython's own reader knows ids of SHA-1 alone.
        """
        if self._objects is None:
            self._objects = self._repo.git.cat_file("--batch", as_process=True, istream=subprocess.PIPE)
        asked, answered = self._objects.stdin, self._objects.stdout
        try:
            asked.write(f"{blob}\n".encode())
            asked.flush()
        except BrokenPipeError:
            said = []
        else:
            said = answered.readline().split()
        if len(said) != _FOUND:
            self.close()
            self._refuse_missing()
            raise ContractctlError(
                f"{self.root.name} is missing the object {blob}", hint=f"run git fsck in {self.root}, or clone it again"
            )
        content: bytes = answered.read(int(said[-1]))
        answered.read(1)  # the end of a line
        return content

    def close(self) -> None:
        """End the git process that serves blob()."""
        self._objects = None
        self._repo.close()

    @property
    def shallow(self) -> bool:
        """Whether the history was cut off when the repository was cloned."""
        return self._cut.exists()

    @property
    def cut(self) -> frozenset[str]:
        """The commits at which the history of a shallow clone ends; none in a whole one."""
        return frozenset(self._cut.read_text().split()) if self.shallow else frozenset()

    @property
    def _cut(self) -> Path:
        return Path(self._repo.common_dir) / "shallow"

    @property
    def partial(self) -> str | None:
        """The remote at which files were left, so that git would fetch them while it reads; None for a whole clone."""
        pattern = r"^(remote\..*\.(promisor|partialclonefilter)|extensions\.partialclone)$"
        told = self.run("config", "--get-regexp", pattern, allowed=(0, 1)).splitlines()
        names = [line.split(" ", 1) for line in told]
        return next((key.split(".", 1)[1].rpartition(".")[0] or value for key, value in names), None)

    def more_history(self, otherwise: str) -> str:
        """The hint where a commit is missing: in a shallow clone how to have all of them."""
        if self.shallow:
            everything = "git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
            return f"the clone is shallow: {everything}, or in CI check out with fetch-depth: 0"
        return otherwise

    def _refuse_missing(self) -> None:
        """Raise ContractctlError if what git lacks was left at a remote on purpose."""
        remote = self.partial
        if remote is not None:
            raise ContractctlError(
                f"{self.root.name} is a partial clone: files that are needed were left at the remote '{remote}', and "
                "nothing is fetched unasked",
                hint=f"git -C {self.root} fetch --refetch --no-filter {remote}",
            )

    def _refuse(self, arguments: Sequence[str], err: str) -> NoReturn:
        if "promisor remote" in err:
            self._refuse_missing()
        said = err.strip().removeprefix("stderr:").strip(" '\n").splitlines()
        raise ContractctlError(
            f"git {arguments[0]} failed: {said[0] if said else 'git gave no reason'}",
            hint=self.more_history(f"run it by hand in {self.root}"),
        )
