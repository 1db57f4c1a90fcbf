"""What does git know? The only file that talks to it; shallow and detached, as CI has it, is the normal case."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    import git

_GLOB = frozenset("*?[")
_WHOLE_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MODULE = "160000"
"""The mode of a submodule in a tree."""
_ALIKE = 0.5
"""From here on two files of one name are one that was moved; git's own measure."""
_LONGEST = 200_000
"""Longer files are compared as a whole, in bytes."""
_NO_REMOTE = {"GIT_ALLOW_PROTOCOL": "none"}
"""git would fetch unasked what a partial clone lacks; with no protocol left it fails instead, in every version."""
_FOUND = 3
"""What `git cat-file --batch` says of an object that it has: id, type, size."""


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs between a commit and the work tree; both are paths from the repository's root."""

    old: str | None
    """None for a file that is new."""
    new: str | None
    """None for a file that is gone."""


@dataclass(frozen=True, slots=True)
class ChangedModule:
    """A submodule that differs between a commit and the work tree, be it by files in it."""

    path: str
    old: str | None
    """The commit of the submodule; None for one that is new."""
    gone: bool
    """Whether there is no submodule any more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a path in the tree of a commit."""

    path: str
    mode: str
    """As git writes it: 100644 or 100755 a file, 120000 a link, 160000 a submodule."""
    blob: str
    size: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Who did what when."""

    id: str
    author: str
    """Name and address."""
    at: str
    """ISO 8601."""
    summary: str


def open_repository(path: Path) -> "Repository | None":
    """The repository that `path` lies in; None where it lies in none."""
    try:
        import git
    except ImportError:  # GitPython refuses to be imported where there is no git
        if root_of(path) is not None:
            raise _no_git() from None
        return None
    try:
        return Repository(git.Repo(path, search_parent_directories=True))
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        return None


def open_objects(path: Path) -> "Repository | None":
    """The repository whose root is this very folder, bare ones too; None where it is none."""
    try:
        import git
    except ImportError:
        raise _no_git() from None
    try:
        return Repository(git.Repo(path, search_parent_directories=False), bare_too=True)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        return None


def root_of(path: Path) -> Path | None:
    """The root of the work tree that a folder lies in, git installed or not; None where it lies in none."""
    folder = path.resolve()
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)


def _no_git() -> ContractctlError:
    return ContractctlError("git is not installed", hint="install it: apt-get install git")


def needed_repository(path: Path) -> "Repository":
    """As open_repository(), where there must be one. Raise ContractctlError otherwise."""
    repository = open_repository(path)
    if repository is None:
        raise ContractctlError(f"{path} is not in a git repository", hint="run it inside a clone, or run git init")
    return repository


class Repository:
    """A git repository with a work tree. Every method raises ContractctlError where git cannot answer."""

    def __init__(self, repo: "git.Repo", *, bare_too: bool = False) -> None:
        if repo.working_tree_dir is None and not bare_too:
            raise ContractctlError(
                f"{repo.git_dir} is a bare repository", hint="run it in a work tree: git worktree add FOLDER BRANCH"
            )
        repo.git.update_environment(**_NO_REMOTE)
        self._repo = repo
        self._objects: git.Git.AutoInterrupt | None = None
        """The process that serves blob(), once it is needed."""
        self.root = Path(repo.working_tree_dir or repo.git_dir)

    @property
    def shallow(self) -> bool:
        """Whether the history was cut off when the repository was cloned."""
        return (Path(self._repo.common_dir) / "shallow").exists()

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
            if found and _WHOLE_ID.fullmatch(found[-1]) and ".." not in ref:
                return found[-1]
        raise ContractctlError(f"git knows no commit '{ref}'", hint=self._more_history(self._way_to(ref)))

    def _way_to(self, ref: str) -> str:
        """How a branch is had that this clone does not have."""
        if "origin" not in self._run("remote").split():
            known = self._run("for-each-ref", "--count=5", "--format=%(refname:short)", "refs/heads").split()
            return f"known branches: {', '.join(known) or 'none'}"
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
                hint=self._more_history("compare with a branch that this one comes from"),
            )
        return base.splitlines()[0]

    def files(self, commit: str, under: str = "") -> Mapping[str, str]:
        """The files of a commit below a folder: path to blob id. Links and submodules are left out."""
        return {path: blob for mode, blob, path in self._tree(commit, under) if mode in {"100644", "100755"}}

    def linked(self, commit: str) -> Mapping[str, str]:
        """The files of a commit, and under the paths of its links the files that these lead to: path to blob id."""
        tree = list(self._tree(commit))
        found = {path: blob for mode, blob, path in tree if mode in {"100644", "100755"}}
        links = {path: blob for mode, blob, path in tree if mode == "120000"}
        targets = {path: os.fsdecode(self.blob(blob)) for path, blob in links.items()}
        for link in links:
            path, seen = link, set[str]()
            while path in targets and path not in seen:
                seen.add(path)
                path = os.path.normpath(Path(path).parent / targets[path])
            if path in found:
                found[link] = found[path]
        return found

    def _tree(self, commit: str, under: str = "") -> Iterator[tuple[str, str, str]]:
        """Mode, object and path of everything below a folder."""
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *([under] if under else []))
        for entry in filter(None, listed.split("\0")):
            about, _, path = entry.partition("\t")
            mode, _, blob = about.split(" ")
            yield mode, blob, path

    def entries(self, commit: str) -> Iterator[Entry]:
        """Everything that the tree of a commit has, links and submodules too."""
        for entry in filter(None, self._run("ls-tree", "-r", "-l", "-z", "--full-tree", commit).split("\0")):
            about, _, path = entry.partition("\t")
            mode, _, blob, size = about.split()
            yield Entry(path, mode, blob, int(size) if size.isdigit() else 0)

    @property
    def partial(self) -> str | None:
        """The remote at which files were left, so that git would fetch them while it reads; None for a whole clone."""
        pattern = r"^(remote\..*\.(promisor|partialclonefilter)|extensions\.partialclone)$"
        told = self._run("config", "--get-regexp", pattern, allowed=(0, 1)).splitlines()
        names = [line.split(" ", 1) for line in told]
        return next((key.split(".", 1)[1].rpartition(".")[0] or value for key, value in names), None)

    def read(self, commit: str, path: str) -> bytes | None:
        """A file's content at a commit; None where it was not there. One git process serves all calls."""
        blob = self.files(commit, path).get(path)
        return None if blob is None else self.blob(blob)

    def blob(self, blob: str) -> bytes:
        """The content behind a blob id that files() gave out. GitPython's own reader knows ids of SHA-1 alone."""
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

    def changed(self, base: str, paths: Sequence[str] = (), apart: str | None = None) -> tuple[ChangedFile, ...]:
        """What differs between a commit and the work tree, renames seen as such; untracked files count as new.

        paths: files, folders or patterns, relative to the current folder; none means everything. What was moved counts
        under both its names. apart: a pattern from the root; nothing is moved in there, or out.
        """
        parts = [[]] if apart is None else [[":(top)", f":(top,exclude,glob){apart}"], [f":(top,glob){apart}"]]
        found = [one for specs in parts for one in self._differing(base, specs)]
        whole = self._moved_by_hand(base, found, self._untracked([]))
        if not paths:
            return tuple(whole)
        specs = [self._pathspec(path) for path in paths]
        how = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules")
        named = {*self._run("diff", *how, base, "--", *specs).split("\0"), *self._untracked(specs)}
        return tuple(one for one in whole if not named.isdisjoint({one.old, one.new}))

    def _differing(self, base: str, specs: Sequence[str]) -> Iterator[ChangedFile]:
        """What differs of what git knows; renames among these files alone."""
        how = ("--name-status", "-z", "-M", "--no-ext-diff", "--ignore-submodules")
        fields = iter(self._run("diff", *how, base, "--", *specs).split("\0"))
        for status in fields:
            if status.startswith(("R", "C")):
                before, after = next(fields), next(fields)
                yield ChangedFile(before if status[0] == "R" else None, after)
            elif status:
                path = next(fields)
                yield ChangedFile(None if status == "A" else path, None if status == "D" else path)

    def _untracked(self, specs: Sequence[str]) -> list[str]:
        others = self._run(
            "ls-files", "--others", "--exclude-standard", "-z", "--full-name", "--", *(specs or [":(top)"])
        )
        return [path for path in others.split("\0") if path]

    def changed_modules(self, base: str) -> tuple[ChangedModule, ...]:
        """The submodules that differ between a commit and the work tree, those with uncommitted changes too."""
        how = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=none")
        fields = iter(self._run("diff", *how, base, "--").split("\0"))
        found = []
        for about in filter(None, fields):
            before, after, old, *_ = about.removeprefix(":").split()
            path = next(fields)
            if _MODULE in {before, after}:
                found.append(ChangedModule(path, old if before == _MODULE else None, gone=after != _MODULE))
        return tuple(found)

    def module(self, path: str) -> "Repository | None":
        """The repository of a submodule; None where it is not checked out."""
        return open_objects(self.root / path)

    def has(self, commit: str) -> bool:
        """Whether a commit is here."""
        return bool(self._run("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", allowed=(0, 1, 128)))

    def _moved_by_hand(
        self, base: str, found: Sequence[ChangedFile], untracked: Sequence[str]
    ) -> Iterator[ChangedFile]:
        """Renames among files that git was not told of, and so does not see: same name, much the same lines."""
        gone = [one.old for one in found if one.old is not None and one.new is None]
        moved: dict[str, str] = {}
        for new in untracked:
            likely = [old for old in gone if Path(old).name == Path(new).name and old not in moved]
            alike = {old: self._likeness(base, old, new) for old in likely}
            best = max(alike, key=lambda old: alike[old], default=None)
            if best is not None and alike[best] >= _ALIKE:
                moved[best] = new
        yield from (one for one in found if one.old not in moved or one.new is not None)
        yield from (ChangedFile(old, new) for old, new in moved.items())
        yield from (ChangedFile(None, new) for new in untracked if new not in moved.values())

    def _likeness(self, base: str, old: str, new: str) -> float:
        from difflib import SequenceMatcher

        before, now = self.read(base, old), (self.root / new).read_bytes()
        if before is None or max(len(before), len(now)) > _LONGEST:
            return float(before == now)
        return SequenceMatcher(None, before.splitlines(), now.splitlines(), autojunk=False).ratio()

    def present(self, paths: Sequence[str] = ()) -> tuple[str, ...]:
        """The files of the work tree that git does not ignore, tracked or not, as paths from the root.

        paths: as changed() takes them.
        """
        specs = [self._pathspec(path) for path in paths] or [":(top)"]
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
        layout = "--format=%x01%H%x00%an <%ae>%x00%aI%x00%s"
        # -m: a file may come with a merge, too. --topo-order: children are met before their parents, whatever the dates
        how = ("-z", "-M", "-m", "--topo-order", "--name-status", "--no-show-signature", "--diff-filter=AR", layout)
        fields = iter(self._run("log", *how, "--", f":(top,glob){pattern}").split("\0"))
        cut = set((Path(self._repo.common_dir) / "shallow").read_text().split()) if self.shallow else set()
        found: dict[str, Commit | None] = {}
        later: dict[str, str] = {}  # a name of the past → the name that the file has now
        commit: Commit | None = None
        for field in fields:
            status = field.strip("\n")
            if status.startswith("\x01"):
                commit = Commit(status[1:], next(fields), next(fields), next(fields))
            elif status:
                before, path = (next(fields), next(fields)) if status[0] == "R" else (None, next(fields))
                if before is not None and Path(before).name == Path(path).name:
                    later.setdefault(before, later.get(path, path))
                else:  # the oldest commit is met last, and stands
                    found[later.get(path, path)] = None if commit is None or commit.id in cut else commit
        return found

    def user(self) -> str | None:
        """Who commits here, as name and address; None where git was never told."""
        ident = self._run("var", "GIT_AUTHOR_IDENT", allowed=(0, 128))
        return ident.rpartition(">")[0] + ">" if ">" in ident else None

    def relative(self, path: Path) -> str:
        """A path of the work tree from its root, as git writes it."""
        return path.resolve().relative_to(self.root.resolve()).as_posix()

    def _pathspec(self, path: str) -> str:
        try:
            # an absolute pattern is joined to itself
            from_root = Path(os.path.normpath(Path.cwd() / path)).relative_to(self.root.resolve()).as_posix()
        except ValueError:
            raise ContractctlError(f"'{path}' lies outside the repository", hint=f"name paths in {self.root}") from None
        magic = "glob" if _GLOB & set(path) else "literal"
        return f":(top,{magic}){'' if from_root == '.' else from_root}"

    def _run(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
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
            raise _no_git() from None
        if "dubious ownership" in err:
            raise ContractctlError(
                f"git does not trust {self.root}: it belongs to another user",
                hint=f"git config --global --add safe.directory {self.root}",
            )
        if status not in allowed:
            self._refuse(arguments, err)
        # GitPython's types do not tell that stdout is bytes when they are asked for
        return bytes(out).decode("utf-8", "surrogateescape").rstrip("\n")

    def _refuse_missing(self) -> None:
        """Say so where what git lacks was left at a remote on purpose."""
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
            hint=self._more_history(f"run it by hand in {self.root}"),
        )

    def _more_history(self, otherwise: str) -> str:
        if self.shallow:
            everything = "git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
            return f"the clone is shallow: {everything}, or in CI check out with fetch-depth: 0"
        return otherwise
