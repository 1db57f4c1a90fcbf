"""Which schemas does this repository have already, and which contracts do they become?"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contractctl import git, store
from contractctl.adoption import multi_file
from contractctl.adoption.multi_file import MultiFile, Read
from contractctl.adoption.names import contract_names, owned, quoted
from contractctl.adoption.unread import Unread, unread
from contractctl.errors import ContractctlError
from contractctl.formats import parse_sound
from contractctl.formats.claims import Unjudged, claimed, may_be_claimed, unjudged
from contractctl.formats.companions import Near
from contractctl.formats.scripts import foreign_tables, makes_tables
from contractctl.loose import FOREIGN, completed, in_work_tree, named
from contractctl.model.contract import File
from contractctl.model.verdict import Level
from contractctl.writing import write_whole

_PARTS = frozenset({".gql", ".graphql", ".graphqls"})
_IN_THE_WAY = (
    "steps of a migration, in the folder that contractctl's own revisions are written to; give these another one, as"
    ' migrations = "staged" in contractctl.toml, and run this again'
)
_BORROWED = frozenset({"third_party", "third-party", "thirdparty"})
"""Folders whose schemas belong to others; ours import them."""
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Adopted:
    """A schema file that becomes a contract's draft in its present place."""

    contract: str
    file: Path
    folder: Path
    """The folder of contract.toml."""
    text: str
    """The content of contract.toml."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that looks like a schema but does not become a contract."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a contract says where its schema does not."""

    level: Level
    owner: str | None
    dialect: str | None
    """The dialect of the repository's database; a text with signs of its own dialect takes precedence."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found."""

    known: tuple[str, ...]
    """Existing contracts."""
    adopted: tuple[Adopted, ...]
    skipped: tuple[Skipped, ...]
    unread: tuple[Unread, ...]
    """What does not become a contract although it is not broken."""


def survey(root: Path, contracts: Path, migrations: Path, defaults: Defaults) -> Survey:
    """Look for schemas below `root` without a contract. Nothing is written; what git ignores is left out."""
    if defaults.owner is not None and _UNWRITABLE.search(defaults.owner):
        raise ContractctlError("--owner holds characters that cannot be encoded", hint="name a team or a person")
    known = store.names(contracts)
    drafts = {path for name in known for path in _own(contracts, name)}
    there = sorted(_present(root))
    candidates = [file for file in there if may_be_claimed(file.name) and file.is_file() and not file.is_symlink()]
    folders = {contracts / name for name in known}
    at_large = [
        file
        for file in candidates
        if folders.isdisjoint(file.parents)
        and not file.is_relative_to(migrations)
        and not _inside(file, drafts)
        and not _is_release(file, contracts)
    ]
    free = [file for file in at_large if not _is_borrowed(file, root)]
    near = in_work_tree(root, lambda: candidates)
    found = _Surveying(root, contracts, defaults, near, {name.lower() for name in known})
    series = tuple(multi_file.steps(free, found.read))
    joined = {file for whole in series for file in whole.files}
    found.add_files(file for file in free if file not in joined)
    for whole in (*series, *multi_file.parts(found.broken, free, found.read, root)):
        found.add_multi_file(whole)
        joined |= set(whole.files)
    found.skip({file: reason for file, reason in found.broken.items() if file not in joined})
    own = (file for file in candidates if file.is_relative_to(migrations))
    found.skip({whole.folder: _IN_THE_WAY for whole in multi_file.steps(own, found.read)})
    of_others = [_relative(file, root) for file in at_large if _is_borrowed(file, root) and found.claims(file)]
    foreign = unread([_relative(file, root) for file in there], found.unjudged, found.queries, of_others)
    return Survey(known, tuple(found.adopted), tuple(found.skipped), tuple(foreign))


def _is_borrowed(file: Path, root: Path) -> bool:
    return not _BORROWED.isdisjoint(file.relative_to(root).parts[:-1])


def _is_release(file: Path, contracts: Path) -> bool:
    """Whether it lies among releases, with or without their contract.toml."""
    return file.is_relative_to(contracts) and store.VERSIONS in file.relative_to(contracts).parts[:-1]


@dataclass(slots=True)
class _Surveying:
    """What was found so far. Grows with every file."""

    root: Path
    contracts: Path
    defaults: Defaults
    near: Near
    taken: set[str]
    """Names of contracts, in lower case."""
    adopted: list[Adopted] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    broken: dict[Path, str] = field(default_factory=dict)
    """Files that are not a schema by themselves, and why."""
    unjudged: dict[Unjudged, list[str]] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)

    def read(self, path: Path) -> File | None:
        return self.near.read(named(path, self.root))

    def claims(self, path: Path) -> bool:
        read = self.read(path)
        return read is not None and claimed(read) is not None

    def add_files(self, files: Iterable[Path]) -> None:
        for file in files:
            if (kind := self._unjudged(file)) is not None:
                self.unjudged.setdefault(kind, []).append(_relative(file, self.root))
                continue
            try:
                found = _schema(file, self.root, self.defaults, self.near)
            except ContractctlError as error:
                if _is_query(file, self.read):
                    self.queries.append(_relative(file, self.root))
                else:
                    self.broken[file] = error.message
                continue
            if found is not None:
                self._adopt(file, found, file)

    def _unjudged(self, file: Path) -> Unjudged | None:
        read = self.read(file)
        return unjudged(read) if read is not None and claimed(read) is None else None

    def add_multi_file(self, whole: MultiFile) -> None:
        try:
            self._adopt(whole.folder, _joint(whole, self.defaults, self.read), _called(whole, self.root))
        except ContractctlError as error:
            self.skip({whole.folder: error.message})

    def skip(self, reasons: Mapping[Path, str]) -> None:
        self.skipped += [Skipped(_relative(path, self.root), reason) for path, reason in reasons.items()]

    def _adopt(self, path: Path, found: "_Schema", called: Path) -> None:
        name = next(name for name in contract_names(called, self.root) if name not in self.taken)
        self.taken.add(name)
        folder = self.contracts / name
        self.adopted.append(Adopted(name, path, folder, _contract(found, folder, self.defaults)))


def write(adopted: Adopted) -> Path:
    """Create the contract: its folder and its contract.toml. An existing one is never touched."""
    path = adopted.folder / store.CONTRACT
    if path.exists():
        raise ContractctlError(f"{path} exists already", hint="contractctl init leaves it as it is: run it again")
    write_whole(path, adopted.text)
    return path


def _present(root: Path) -> Iterator[Path]:
    """The user's own files: in a git repository what git does not ignore, else all."""
    repository = git.open_repository(root)
    if repository is not None:
        files: Iterator[Path] = (repository.root.resolve() / path for path in repository.present())
    else:
        files = _walk(root)
    for file in files:
        if file.is_relative_to(root):
            inside = file.relative_to(root).parts[:-1]
            if not any(part in FOREIGN or part.startswith(".") for part in inside):
                yield file


def _is_query(file: Path, read: Read) -> bool:
    """Whether it is SQL that neither creates nor changes a table."""
    content = read(file) if file.suffix.lower() == ".sql" else None
    return content is not None and not makes_tables(content) and not foreign_tables(content)


def _walk(root: Path) -> Iterator[Path]:
    for folder, inside, files in os.walk(root):
        inside[:] = [name for name in inside if name not in FOREIGN and not name.startswith(".")]
        yield from (Path(folder) / name for name in files)


def _called(whole: MultiFile, root: Path) -> Path:
    """The file that would give a folder's contract its name."""
    return (root if whole.folder == root else whole.folder.parent) / f"{whole.folder.name}.{whole.format}"


def _own(contracts: Path, name: str) -> tuple[Path, ...]:
    """The files of a draft that cannot be contracts of their own: the first, and all parts of a GraphQL schema."""
    paths = store.draft_paths(contracts, name)
    return paths if paths and paths[0].suffix.lower() in _PARTS else paths[:1]


def _inside(file: Path, drafts: set[Path]) -> bool:
    """Whether a file is a contract's draft, or one of its files."""
    resolved = file.resolve()
    return resolved in drafts or not drafts.isdisjoint(resolved.parents)


@dataclass(frozen=True, slots=True)
class _Schema:
    """What a file says about the contract that it becomes."""

    lines: tuple[str, ...]
    """Of contract.toml."""
    files: tuple[Path, ...]
    """The file itself, then those that it needs."""


def _schema(file: Path, root: Path, defaults: Defaults, near: Near) -> _Schema | None:
    """What a schema says; None for a file of no format. Raise ContractctlError for a broken schema."""
    shown = _relative(file, root)
    read = near.read(named(file, root))
    name = claimed(read) if read is not None else None
    if read is None or name is None:
        return None
    if _UNWRITABLE.search(str(file)):
        raise ContractctlError("its path holds characters that cannot be encoded; rename it")
    try:
        whole = completed(read, name, near)
        schema = parse_sound(name, whole)
    except ContractctlError as error:
        raise ContractctlError(_without_place(error.message, file, shown)) from None
    return _Schema(_lines(name, schema, defaults), tuple(Path(one.name) for one in whole.every))


def _joint(whole: MultiFile, defaults: Defaults, read: Read) -> _Schema:
    """What several files say together. Raise ContractctlError where that is not a schema, or not clearly one."""
    schema = parse_sound(whole.format, multi_file.source(whole, read))
    if whole.format == "sql" and not whole.alone:  # a new step must count without being named
        other = _relative(next(whole.others()), whole.folder)
        raise ContractctlError(
            f"migration steps are mixed with other files ({other}): move those out, and the folder becomes a contract"
        )
    return _Schema(_lines(whole.format, schema, defaults), (whole.folder,) if whole.alone else whole.files)


def _lines(name: str, schema: Any, defaults: Defaults) -> tuple[str, ...]:  # noqa: ANN401 - each format's own
    lines = [f"format = {quoted(name)}"]
    if name == "sql":
        known = schema.dialect if schema.certain else defaults.dialect
        guess = f"# dialect = {quoted(schema.dialect)}  # or mysql, sqlite: the text fits all of them"
        lines.append(f"dialect = {quoted(known)}" if known else guess)
    return tuple(lines)


def _without_place(message: str, file: Path, shown: str) -> str:
    """The message without the file's name, which is printed beside it."""
    for name in (str(file), os.path.relpath(file), shown):
        message = message.removeprefix(name)
    return re.sub(r"^(:\d+)*:? *", "", message)


def _contract(schema: _Schema, folder: Path, defaults: Defaults) -> str:
    # the file system resolves `..`, so links on the way must be resolved first
    files = [quoted(Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()) for file in schema.files]
    draft = files[0] if len(files) == 1 else f"[{', '.join(files)}]"
    return "\n".join(
        [
            *schema.lines,
            owned(defaults.owner),
            f"compatibility = {quoted(defaults.level.value)}",
            f"draft = {draft}",
            "",
        ]
    )


def _relative(file: Path, root: Path) -> str:
    return str(file.relative_to(root)).encode("utf-8", "backslashreplace").decode()
