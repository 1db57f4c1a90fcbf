"""Which files are one schema together, and none by themselves? Steps of a migration, parts of a GraphQL schema."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.formats import parse_sound
from contractctl.formats.claims import claimed
from contractctl.formats.scripts import foreign_tables, tables_made
from contractctl.model.contract import File, Source

Read = Callable[[Path], File | None]


@dataclass(frozen=True, slots=True)
class Whole:
    """Files that are one schema."""

    format: str
    folder: Path
    """They lie in it, or below it."""
    files: tuple[Path, ...]

    @property
    def alone(self) -> bool:
        """Whether nothing else lies there: then the folder itself is the draft, and what is added to it counts."""
        there = (path for path in self.folder.rglob("*") if path.is_file())
        seen = {path for path in there if not any(part.startswith(".") for part in path.relative_to(self.folder).parts)}
        return seen == set(self.files)


def steps(candidates: Iterable[Path], read: Read) -> Iterator[Whole]:
    """Folders with files of SQL, one of which changes a table that another one makes."""
    folders: dict[Path, dict[Path, File]] = {}
    for path in candidates:
        file = read(path) if path.suffix.lower() == ".sql" else None
        if file is not None:
            folders.setdefault(path.parent, {})[path] = file
    for folder, files in folders.items():
        made = {path: tables_made(file) for path, file in files.items()}
        changed = ((path, name) for path, file in files.items() for name in foreign_tables(file))
        if any(name in made[other] for path, name in changed for other in files if other != path):
            yield Whole("sql", folder, tuple(files))


def parts(broken: Iterable[Path], candidates: Sequence[Path], read: Read, root: Path) -> Iterator[Whole]:
    """For GraphQL that is no schema by itself: the smallest folder around it whose files are one together."""
    known: set[Path] = set()
    files = {path: file for path in candidates if (file := read(path)) and claimed(file) == "graphql"}
    for path in broken:
        for folder in path.parents if path in files else ():
            members = tuple(one for one in files if one.is_relative_to(folder))
            if folder.is_relative_to(root) and known.isdisjoint(members) and _is_schema(folder, members, files.get):
                known |= set(members)
                yield Whole("graphql", folder, members)
                break


def source(whole: Whole, read: Read) -> Source:
    """The text of these files as one version."""
    return Source(tuple(file for path in whole.files if (file := read(path))), folder=str(whole.folder))


def _is_schema(folder: Path, members: tuple[Path, ...], read: Read) -> bool:
    if len(members) == 1:
        return False
    try:
        parse_sound("graphql", source(Whole("graphql", folder, members), read))
    except ContractctlError:
        return False
    return True
