"""Which schemas does this repository have already, and which contracts are they to become?"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contractctl import git, store
from contractctl.adoption import multi_file
from contractctl.adoption.multi_file import MultiFile, Read
from contractctl.adoption.names import owned, quoted, slug
from contractctl.adoption.unread import Unread, unread
from contractctl.errors import ContractctlError
from contractctl.formats import parse_sound
from contractctl.formats.claims import AS_OPENAPI, ENDINGS, SWAGGER, claimed, is_swagger, may_be_claimed
from contractctl.formats.companions import Near
from contractctl.formats.scripts import foreign_tables, makes_tables
from contractctl.loose import FOREIGN, completed, in_work_tree, named
from contractctl.model.contract import File
from contractctl.model.verdict import Level

_GENERIC_FOLDERS = frozenset(
    {
        "api",
        "avro",
        "avsc",
        "config",
        "contract",
        "contracts",
        "database",
        "db",
        "ddl",
        "events",
        "gql",
        "graphql",
        "json",
        "jsonschema",
        "main",
        "proto",
        "protobuf",
        "protos",
        "resources",
        "schema",
        "schemas",
        "source",
        "sources",
        "sql",
        "src",
    }
)
"""Folders that say what kind of thing is in them, and not whose."""
_PARTS = frozenset({".gql", ".graphql", ".graphqls"})
_GENERATION = re.compile(r"v\d+([a-z]+\d*)?")
"""Folders that say which of several generations: `v1`, `v2beta1`."""
_IN_THE_WAY = (
    "steps of a migration, in the folder that contractctl's own revisions are written to; give these another one, as"
    ' migrations = "staged" in contractctl.toml, and run this again'
)
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Adopted:
    """A schema file that is to become a contract's draft, where it is."""

    contract: str
    file: Path
    folder: Path
    """Where contract.toml goes."""
    text: str
    """What contract.toml says."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that looks like a schema and becomes no contract."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a contract says where its schema does not say it."""

    level: Level
    owner: str | None
    dialect: str | None
    """Of the database that the repository names; a text that has signs of its own keeps to them."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found."""

    known: tuple[str, ...]
    """Contracts that are there already."""
    adopted: tuple[Adopted, ...]
    skipped: tuple[Skipped, ...]
    unread: tuple[Unread, ...]
    """What becomes no contract, and is not broken."""


def survey(root: Path, contracts: Path, migrations: Path, defaults: Defaults) -> Survey:
    """Look for schemas below `root` that no contract has yet. Nothing is written; what git ignores is passed over."""
    if defaults.owner is not None and _UNWRITABLE.search(defaults.owner):
        raise ContractctlError("--owner holds characters that cannot be encoded", hint="name a team or a person")
    known = store.names(contracts)
    drafts = {path for name in known for path in _own(contracts, name)}
    taken = {name.lower() for name in known}
    adopted: list[Adopted] = []
    skipped: list[Skipped] = []
    there = sorted(_present(root))
    candidates = [file for file in there if may_be_claimed(file.name) and file.is_file() and not file.is_symlink()]
    near = in_work_tree(root, lambda: candidates)
    folders = {contracts / name for name in known}

    def adopt(path: Path, found: _Schema, called: Path) -> None:
        name = next(name for name in _names(called, root) if name not in taken)
        taken.add(name)
        adopted.append(Adopted(name, path, contracts / name, _contract(found, contracts / name, defaults)))

    def read(path: Path) -> File | None:
        return near.read(named(path, root))

    free = [
        file
        for file in candidates
        if folders.isdisjoint(file.parents) and not file.is_relative_to(migrations) and not _inside(file, drafts)
    ]
    series = tuple(multi_file.steps(free, read))
    joined = {file for whole in series for file in whole.files}
    broken: dict[Path, str] = {}
    queries: list[str] = []
    for file in free:
        try:
            found = _schema(file, root, defaults, near) if file not in joined else None
        except ContractctlError as error:
            if _is_query(file, read):
                queries.append(_relative(file, root))
            else:
                broken[file] = error.message
            continue
        if found is not None:
            adopt(file, found, file)
    for whole in (*series, *multi_file.parts(broken, free, read, root)):
        try:
            adopt(whole.folder, _joint(whole, defaults, read), _called(whole, root))
        except ContractctlError as error:
            skipped.append(Skipped(_relative(whole.folder, root), error.message))
        joined |= set(whole.files)
    skipped += [Skipped(_relative(file, root), reason) for file, reason in broken.items() if file not in joined]
    own = (file for file in candidates if file.is_relative_to(migrations))
    skipped += [Skipped(_relative(whole.folder, root), _IN_THE_WAY) for whole in multi_file.steps(own, read)]
    foreign = unread([_relative(file, root) for file in there], queries)
    return Survey(known, tuple(adopted), tuple(skipped), tuple(foreign))


def write(adopted: Adopted) -> Path:
    """Make the contract: its folder and its contract.toml. An existing one is never touched."""
    adopted.folder.mkdir(parents=True, exist_ok=True)
    path = adopted.folder / store.CONTRACT
    made = path.open("x", encoding="utf-8")
    try:
        with made:
            made.write(adopted.text)
    except BaseException:  # as when the disk is full: half of it would be in the way of the next attempt
        path.unlink()
        raise
    return path


def _present(root: Path) -> Iterator[Path]:
    """The files of one's own: in a git repository what git does not ignore, else all."""
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
    """Whether it is SQL that neither makes nor changes a table."""
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
    """The files of a draft that are not a contract of their own: the first, and all parts of a GraphQL schema."""
    paths = store.draft_paths(contracts, name)
    return paths if paths and paths[0].suffix.lower() in _PARTS else paths[:1]


def _inside(file: Path, drafts: set[Path]) -> bool:
    """Whether a file is a contract's draft, or one of several that make it up."""
    resolved = file.resolve()
    return resolved in drafts or not drafts.isdisjoint(resolved.parents)


@dataclass(frozen=True, slots=True)
class _Schema:
    """What a file says of the contract that it is to be."""

    lines: tuple[str, ...]
    """Of contract.toml."""
    files: tuple[Path, ...]
    """The file itself, then those that it needs."""


def _schema(file: Path, root: Path, defaults: Defaults, near: Near) -> _Schema | None:
    """What a schema says; None for a file that nothing claims. Raise ContractctlError for a schema that is broken."""
    shown = _relative(file, root)
    read = near.read(named(file, root))
    name = claimed(read) if read is not None else None
    if read is not None and name is None and is_swagger(read):
        raise ContractctlError(SWAGGER, hint=AS_OPENAPI)
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
    if whole.format == "sql" and not whole.alone:  # a new step has to count without being named
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
    """The message without the file's name, which stands beside it already."""
    for name in (str(file), os.path.relpath(file), shown):
        message = message.removeprefix(name)
    return re.sub(r"^(:\d+)*:? *", "", message)


def _contract(schema: _Schema, folder: Path, defaults: Defaults) -> str:
    # `..` is taken by the file system, so links on the way must be gone first
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


def _names(file: Path, root: Path) -> Iterator[str]:
    """Names for a contract, best first: whose it is from the nearest folder that tells, what it is from the file."""
    folders = _with_generations([slug(part) for part in file.relative_to(root).parts[:-1]])
    telling = [part for part in folders if part and part not in _GENERIC_FOLDERS]
    domains = telling or [part for part in folders if part] or [slug(root.name) or "main"]
    what = slug(file.name[: -len(_ending(file))]) or "schema"
    for length in range(1, len(domains) + 1):
        yield f"{'-'.join(domains[-length:])}/{what}"
    form = slug(_ending(file))
    yield f"{domains[-1]}/{what}-{form}"
    number = 2
    while True:
        yield f"{domains[-1]}/{what}-{number}"
        number += 1


def _with_generations(folders: list[str]) -> list[str]:
    """`shop`, `v1` is shop-v1: a generation alone is nobody's name."""
    found: list[str] = []
    for part in folders:
        if found and _GENERATION.fullmatch(part):
            found[-1] = f"{found[-1]}-{part}"
        else:
            found.append(part)
    return found


def _ending(file: Path) -> str:
    """`.schema.json` is one ending."""
    whole = "".join(file.suffixes[-2:])
    return whole if whole.lower() in ENDINGS else file.suffix


def _relative(file: Path, root: Path) -> str:
    return str(file.relative_to(root)).encode("utf-8", "backslashreplace").decode()
