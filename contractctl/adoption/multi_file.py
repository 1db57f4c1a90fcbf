"""Which files are a schema only together? Steps of a migration, parts of a GraphQL schema."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.folders import visible_files
from contractctl.formats import parse_sound
from contractctl.formats.claims import claimed
from contractctl.formats.scripts import foreign_tables, lies_beside, tables_made
from contractctl.model.contract import File, Source

Read = Callable[[Path], File | None]
_STEP = re.compile(r"(?:[VUB]\d[\d._]*|R)__.+\.sql|\d{3,}[_-].+\.sql", re.IGNORECASE)
"""How steps are named by Flyway; by golang-migrate, dbmate, sqlx, Drizzle and others."""
_IN_ITS_OWN = re.compile(r"\d+[_-][^/]+/(?:migration|up|down)\.sql", re.IGNORECASE)
"""A step in a folder of its own: Prisma; Diesel and Hasura."""


@dataclass(frozen=True, slots=True)
class MultiFile:
    """Files that are one schema."""

    format: str
    folder: Path
    """The folder that contains them, directly or below."""
    files: tuple[Path, ...]

    @property
    def alone(self) -> bool:
        """Whether nothing else is there: then the folder itself is the draft, and files added to it count."""
        return next(self.others(), None) is None

    def others(self) -> Iterator[Path]:
        """What else is there and could be taken for a part of it."""
        for path in sorted(visible_files(self.folder)):
            beside = self.format == "sql" and lies_beside(path.name)
            if path.is_file() and path not in self.files and not beside:
                yield path


def steps(candidates: Iterable[Path], read: Read) -> Iterator[MultiFile]:
    """Folders with steps of a migration: one changes a table that another creates, or all are named like steps."""
    folders: dict[Path, dict[Path, File]] = {}
    for path in candidates:
        file = read(path) if path.suffix.lower() == ".sql" else None
        if file is not None:
            folders.setdefault(_home(path), {})[path] = file
    for folder, files in folders.items():
        made = {path: tables_made(file) for path, file in files.items()}
        changed = ((path, name) for path, file in files.items() for name in foreign_tables(file))
        related = any(name in made[other] for path, name in changed for other in files if other != path)
        if related or (any(made.values()) and all(_is_called_a_step(path) for path in files)):
            yield MultiFile("sql", folder, tuple(files))


def _home(path: Path) -> Path:
    """The folder of all steps that this one belongs to."""
    return path.parent.parent if _IN_ITS_OWN.fullmatch(f"{path.parent.name}/{path.name}") else path.parent


def _is_called_a_step(path: Path) -> bool:
    return _home(path) != path.parent or _STEP.fullmatch(path.name) is not None


def parts(broken: Iterable[Path], candidates: Sequence[Path], read: Read, root: Path) -> Iterator[MultiFile]:
    """For GraphQL that is no schema on its own: the smallest folder around it whose files form one."""
    known: set[Path] = set()
    files = {path: file for path in candidates if (file := read(path)) and claimed(file) == "graphql"}
    for path in broken:
        for folder in path.parents if path in files else ():
            members = tuple(one for one in files if one.is_relative_to(folder))
            if folder.is_relative_to(root) and known.isdisjoint(members) and _is_schema(folder, members, files.get):
                known |= set(members)
                yield MultiFile("graphql", folder, members)
                break


def source(whole: MultiFile, read: Read) -> Source:
    """The text of these files as one version."""
    return Source(tuple(file for path in whole.files if (file := read(path))), folder=str(whole.folder))


def _is_schema(folder: Path, members: tuple[Path, ...], read: Read) -> bool:
    if len(members) == 1:
        return False
    try:
        parse_sound("graphql", source(MultiFile("graphql", folder, members), read))
    except ContractctlError:
        return False
    return True
