"""What does one repository hold? Its commits, their files, and how they differ from the work tree."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from contractctl.errors import ContractctlError
from contractctl.git import printed
from contractctl.git.calls import Calls, no_git
from contractctl.git.moves import moved_by_hand
from contractctl.git.printed import ChangedFile, ChangedModule, Commit, Entry
from contractctl.model.service import WHOLE_ID

if TYPE_CHECKING:
    import git

_GLOB = frozenset("*?[")
_AS_IT_IS: Mapping[int, str] = {}
_IN_A_PATTERN = str.maketrans({character: f"\\{character}" for character in "\\*?["})
"""How to escape characters of a folder's name that look like a pattern."""


def open_objects(path: Path) -> "Repository | None":
    """The repository whose root is this very folder, bare ones too; None if it is none."""
    try:
        import git
    except ImportError:
        raise no_git() from None
    try:
        return Repository(git.Repo(path, search_parent_directories=False), bare_too=True)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        return None


class Repository:
    """A git repository with a work tree. Every method raises ContractctlError where git cannot answer."""

    def __init__(self, repo: "git.Repo", *, bare_too: bool = False) -> None:
        if repo.working_tree_dir is None and not bare_too:
            raise ContractctlError(
                f"{repo.git_dir} is a bare repository", hint="run it in a work tree: git worktree add FOLDER BRANCH"
            )
        self._git = Calls(repo)
        self.root = self._git.root

    @property
    def shallow(self) -> bool:
        """Whether the history was cut off when the repository was cloned."""
        return self._git.shallow

    @property
    def partial(self) -> str | None:
        """The remote at which files were left, so that git would fetch them while it reads; None for a whole clone."""
        return self._git.partial

    def head(self) -> str | None:
        """The commit that is checked out; None before the first one."""
        return self._run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", allowed=(0, 1)) or None

    def resolve(self, ref: str) -> str:
        """The commit that a branch, tag or commit id names; a branch that only the remote has is found there."""
        if not ref.strip():
            raise ContractctlError("no commit is named", hint="name a branch, a tag or a commit; is a variable empty?")
        for candidate in (ref, f"origin/{ref}") if not ref.startswith("-") else ():
            arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{candidate}^{{commit}}")
            found = self._run(*arguments, allowed=(0, 1, 128)).split()
            if found and WHOLE_ID.fullmatch(found[-1]) and ".." not in ref:
                return found[-1]
        raise ContractctlError(f"git knows no commit '{ref}'", hint=self._git.more_history(self._way_to(ref)))

    def _way_to(self, ref: str) -> str:
        """How to get a branch that this clone does not have."""
        if "origin" not in self._run("remote").split():
            latest = ("--sort=-committerdate", "--count=5", "--format=%(refname:short)")
            known = self._run("for-each-ref", *latest, "refs/heads").split()
            return f"known branches, the latest first: {', '.join(known)}" if known else "commit something first"
        branch = ref.removeprefix("origin/")
        return f"git fetch origin +refs/heads/{branch}:refs/remotes/origin/{branch}"

    def merge_base(self, ref: str) -> str:
        """The last commit that HEAD and `ref` have in common: where this work split off."""
        commit, head = self.resolve(ref), self.head()
        if head is None:
            raise ContractctlError("the repository has no commits yet", hint="commit first, or compare two files")
        base = self._run("merge-base", head, commit, allowed=(0, 1))
        if not base:
            raise ContractctlError(
                f"this history and '{ref}' have no commit in common"
                + (": it was cut off when the repository was cloned" if self.shallow else ""),
                hint=self._git.more_history("compare with a branch that this one comes from"),
            )
        return base.splitlines()[0]

    def has(self, commit: str) -> bool:
        """Whether a commit is here."""
        return bool(self._run("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", allowed=(0, 1, 128)))

    def files(self, commit: str, under: str = "") -> Mapping[str, str]:
        """The files of a commit below a folder: path to blob id. Links and submodules are left out."""
        return {one.path: one.blob for one in self._tree(commit, under) if one.is_file}

    def linked(self, commit: str) -> Mapping[str, str]:
        """The files of a commit, and under the paths of its links the files that these lead to: path to blob id."""
        tree = tuple(self._tree(commit))
        found = {one.path: one.blob for one in tree if one.is_file}
        targets = {one.path: os.fsdecode(self.blob(one.blob)) for one in tree if one.is_link}
        for link in targets:
            path, seen = link, set[str]()
            while path in targets and path not in seen:
                seen.add(path)
                path = os.path.normpath(Path(path).parent / targets[path])
            if path in found:
                found[link] = found[path]
        return found

    def entries(self, commit: str) -> Iterator[Entry]:
        """Everything that the tree of a commit has, links and submodules too, each with its size."""
        return printed.tree(self._run("ls-tree", "-r", "-l", "-z", "--full-tree", commit))

    def _tree(self, commit: str, under: str = "") -> Iterator[Entry]:
        """Everything below a folder, without sizes: a partial clone would have to fetch what it does not have."""
        specs = [under] if under else []
        return printed.tree(self._run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *specs))

    def read(self, commit: str, path: str) -> bytes | None:
        """A file's content at a commit; None where it was not there."""
        blob = self.files(commit, path).get(path)
        return None if blob is None else self.blob(blob)

    def blob(self, blob: str) -> bytes:
        """The content behind a blob id that files() gave out."""
        return self._git.blob(blob)

    def close(self) -> None:
        """End the git process that serves blob()."""
        self._git.close()

    def changed(self, base: str, paths: Sequence[str] = (), apart: str | None = None) -> tuple[ChangedFile, ...]:
        """What differs between a commit and the work tree, renames seen as such; untracked files count as new.

        paths: files, folders or patterns, relative to the current folder; none means everything. What was moved counts
        under both its names. apart: a pattern from the root; nothing is moved in there, or out.
        """
        parts = [[]] if apart is None else [[":(top)", f":(top,exclude,glob){apart}"], [f":(top,glob){apart}"]]
        found = [one for specs in parts for one in self._differing(base, specs)]
        whole = moved_by_hand(
            found,
            self._untracked([]),
            then=lambda path: self.read(base, path),
            now=lambda path: (self.root / path).read_bytes(),
        )
        if not paths:
            return tuple(whole)
        specs = self._pathspecs(paths)
        how = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules")
        named = {*self._run("diff", *how, base, "--", *specs).split("\0"), *self._untracked(specs)}
        return tuple(one for one in whole if not named.isdisjoint({one.old, one.new}))

    def _differing(self, base: str, specs: Sequence[str]) -> Iterator[ChangedFile]:
        """What differs of what git knows; renames among these files alone."""
        how = ("--name-status", "-z", "-M", "--no-ext-diff", "--ignore-submodules")
        return printed.changed_files(self._run("diff", *how, base, "--", *specs))

    def _untracked(self, specs: Sequence[str]) -> list[str]:
        others = self._run(
            "ls-files", "--others", "--exclude-standard", "-z", "--full-name", "--", *(specs or [":(top)"])
        )
        return [path for path in others.split("\0") if path]

    def changed_modules(self, base: str) -> tuple[ChangedModule, ...]:
        """The submodules that differ between a commit and the work tree, those with uncommitted changes too."""
        how = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=none")
        return tuple(printed.changed_modules(self._run("diff", *how, base, "--")))

    def module(self, path: str) -> "Repository | None":
        """The repository of a submodule; None where it is not checked out."""
        return open_objects(self.root / path)

    def present(self, paths: Sequence[str] = (), within: Path | None = None) -> tuple[str, ...]:
        """The files of the work tree that git does not ignore, tracked or not, as paths from the root.

        paths: as changed() takes them, or relative to the folder `within`.
        """
        specs = self._pathspecs(paths, within) or [":(top)"]
        how = ("--cached", "--others", "--exclude-standard", "-z", "--full-name")
        listed = self._run("ls-files", *how, "--", *specs)
        return tuple(sorted({path for path in listed.split("\0") if path}))

    def arrivals(self, pattern: str) -> dict[str, Commit | None]:
        """Every file that a pattern from the root matches, with the commit that first brought it.

        A file that was moved, its name kept, came with the commit that brought it to the place it was moved from. None
        where that commit lies before the point at which a shallow clone was cut off.
        """
        if self.head() is None:
            return {}
        # -m: a merge may add a file, too
        how = (*printed.LOG, "-m", "--no-show-signature", "--diff-filter=AR")
        return printed.arrivals(self._run("log", *how, "--", f":(top,glob){pattern}"), self._git.cut)

    def user(self) -> str | None:
        """Who commits here, as name and address; None if git has not been told."""
        ident = self._run("var", "GIT_AUTHOR_IDENT", allowed=(0, 128))
        return ident.rpartition(">")[0] + ">" if ">" in ident else None

    def relative(self, path: Path) -> str:
        """A path of the work tree from its root, as git writes it."""
        return path.resolve().relative_to(self.root.resolve()).as_posix()

    def _pathspecs(self, paths: Sequence[str], within: Path | None = None) -> list[str]:
        """What looks like a pattern may also be a file's literal name."""
        folder = Path.cwd() if within is None else within.resolve()
        literal = [f":(top,literal){self._from_root(path, folder, _AS_IT_IS)}" for path in paths]
        return literal + [
            f":(top,glob){self._from_root(path, folder, _IN_A_PATTERN)}" for path in paths if _GLOB & set(path)
        ]

    def _from_root(self, path: str, folder: Path, written: Mapping[int, str]) -> str:
        """written: how the folders are in which a relative path lies; an absolute one says them itself."""
        if Path(path).is_absolute():
            written = _AS_IT_IS
        above, root = (str(one).translate(written) for one in (folder, self.root.resolve()))
        try:
            from_root = Path(os.path.normpath(Path(above) / path)).relative_to(root).as_posix()
        except ValueError:
            raise ContractctlError(f"'{path}' lies outside the repository", hint=f"name paths in {self.root}") from None
        return "" if from_root == "." else from_root

    def _run(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
        return self._git.run(*arguments, allowed=allowed)
