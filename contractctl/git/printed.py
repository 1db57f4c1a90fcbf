"""What does git print? Its output with NULs (`-z`), as values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_FILES, _LINK, _MODULE = frozenset({"100644", "100755"}), "120000", "160000"
"""Modes in a tree; _MODULE is that of a submodule."""


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
    """What the tree of a commit has at a path."""

    path: str
    mode: str
    """As git writes it: 100644 or 100755 a file, 120000 a link, 160000 a submodule."""
    blob: str
    size: int

    @property
    def is_file(self) -> bool:
        """Whether it is a file, executable or not."""
        return self.mode in _FILES

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link: its blob is the path that it leads to."""
        return self.mode == _LINK


@dataclass(frozen=True, slots=True)
class Commit:
    """Who did what when."""

    id: str
    author: str
    """Name and address."""
    at: str
    """ISO 8601."""
    summary: str


def tree(listed: str) -> Iterator[Entry]:
    """`ls-tree -r -z`, with `-l` or without."""
    for entry in filter(None, listed.split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, blob, *size = about.split()
        yield Entry(path, mode, blob, int(size[0]) if size and size[0].isdigit() else 0)


def changed_files(printed: str) -> Iterator[ChangedFile]:
    """`diff --name-status -z -M`."""
    fields = iter(printed.split("\0"))
    for status in fields:
        if status.startswith(("R", "C")):
            before, after = next(fields), next(fields)
            yield ChangedFile(before if status[0] == "R" else None, after)
        elif status:
            path = next(fields)
            yield ChangedFile(None if status == "A" else path, None if status == "D" else path)


def changed_modules(printed: str) -> Iterator[ChangedModule]:
    """The submodules in `diff --raw -z --no-abbrev --no-renames`."""
    fields = iter(printed.split("\0"))
    for about in filter(None, fields):
        before, after, old, *_ = about.removeprefix(":").split()
        path = next(fields)
        if _MODULE in {before, after}:
            yield ChangedModule(path, old if before == _MODULE else None, gone=after != _MODULE)


LOG = ("--format=%x01%H%x00%an <%ae>%x00%aI%x00%s", "-z", "-M", "--topo-order", "--name-status")
"""What arrivals() reads; --topo-order: children are met before their parents, whatever the dates."""


def arrivals(printed: str, cut: Iterable[str]) -> dict[str, Commit | None]:
    """`log` with the options LOG: each file with the commit that brought it; None for one of the commits in `cut`."""
    found: dict[str, Commit | None] = {}
    later: dict[str, str] = {}  # a name of the past → the name that the file has now
    commit: Commit | None = None
    fields = iter(printed.split("\0"))
    for field in fields:
        status = field.strip("\n")
        if status.startswith("\x01"):
            commit = Commit(status[1:], next(fields), next(fields), next(fields))
        elif status:
            before, path = (next(fields), next(fields)) if status[0] == "R" else (None, next(fields))
            if before is not None and Path(before).name == Path(path).name:
                later.setdefault(before, later.get(path, path))
            else:  # the oldest commit is met last, and stays
                found[later.get(path, path)] = None if commit is None or commit.id in cut else commit
    return found
