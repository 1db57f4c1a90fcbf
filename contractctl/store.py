"""Which contracts are there, and in which versions? Folders with a contract.toml; releases that never change again."""

import hashlib
import math
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model.contract import Contract, File, Party, SemanticVersion, Source, Version
from contractctl.model.verdict import Level
from contractctl.toml_text import Table, read_toml

CONTRACT = "contract.toml"
SUMS = "SHA256SUMS"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)+")
_NUMBERED = re.compile(r"(\d+\.\d+\.\d+)\..+")
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_SCRATCH = ".release-"
_SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")


def names(contracts: Path) -> tuple[str, ...]:
    """The contracts of the store, by name; none where there is no such folder."""
    found = (path.parent.relative_to(contracts).as_posix() for path in contracts.rglob(CONTRACT))
    return tuple(sorted(found))


def read(contracts: Path, name: str) -> Contract:
    """One contract with its draft and releases. Raise ContractctlError, naming file and key, where it is broken."""
    folder = _folder(contracts, name)
    if not (folder / CONTRACT).is_file():
        raise ContractctlError(f"there is no contract '{name}'{_likely(contracts, name)}", hint="contractctl list")
    table = read_toml(folder / CONTRACT, _shown(folder / CONTRACT))
    level = (table.text("compatibility") or Level.BACKWARD).upper()
    if level not in Level.__members__:
        raise table.wrong("compatibility", f"one of {', '.join(Level)}")
    contract = Contract(
        name=name,
        format=table.needed_text("format"),
        owner=table.text("owner") or "",
        level=Level(level),
        draft=_draft(contracts, folder, table),
        versions=_versions(contracts, folder),
        consumers=_parties(table, "consumers"),
        producers=_parties(table, "producers"),
        dialect=table.text("dialect"),
        strict=table.flag("strict"),
    )
    table.done()
    return contract


def read_all(contracts: Path) -> tuple[Contract, ...]:
    """Every contract of the store, by name."""
    return tuple(read(contracts, name) for name in names(contracts))


def source(path: Path, within: Path | None = None) -> Source:
    """A file, or the files of a folder, as the text of one version. `within`: links may not lead out of this folder."""
    files = [path] if not path.is_dir() else sorted(p for p in path.rglob("*") if p.is_file() and _seen(p, path))
    if not files:
        raise ContractctlError(f"{_shown(path)}: the folder is empty", hint="put the schema's files there")
    return Source(tuple(File(_shown(file), _text(file, within)) for file in files))


def _seen(file: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def digest(source_: Source) -> str:
    """What a version is known by: sha256 of its file as sha256sum prints it; of several, over names and digests."""
    sums = [hashlib.sha256(file.text.encode()).hexdigest() for file in source_.files]
    if len(sums) == 1:
        return sums[0]
    base = os.path.commonpath([file.name for file in source_.files])
    named = (f"{one}  {os.path.relpath(file.name, base)}\n" for one, file in zip(sums, source_.files, strict=True))
    return hashlib.sha256("".join(named).encode()).hexdigest()


def draft_path(contracts: Path, name: str) -> Path | None:
    """Where a contract's draft lies, links followed; None where it has none."""
    folder = _folder(contracts, name)
    given = read_toml(folder / CONTRACT, _shown(folder / CONTRACT)).text("draft")
    return None if given is None else (folder / given).resolve()


def version_path(contracts: Path, name: str, number: SemanticVersion) -> Path | None:
    """The file or folder of a release; None where there is none."""
    versions = _folder(contracts, name) / "versions"
    return next((path for path, found in _numbered(versions) if found == number), None)


def release(contracts: Path, name: str, number: SemanticVersion, source_: Source) -> Path:
    """Freeze a text as a version: its file or folder in versions/, then its digests in SHA256SUMS.

    A release that was cut short between the two is finished by releasing the same text again; any other text under a
    number that is taken raises ContractctlError.
    """
    for file in source_.files:
        if _UNWRITABLE.search(file.name):
            raise ContractctlError(f"{file.name!r}: {SUMS} cannot hold this name", hint="rename the file")
    versions = _folder(contracts, name) / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    with _alone(versions):
        return _release(contracts, name, number, source_)


def _release(contracts: Path, name: str, number: SemanticVersion, source_: Source) -> Path:
    versions = _folder(contracts, name) / "versions"
    taken = version_path(contracts, name, number)
    if taken is not None:
        recorded = any(_of_version(recorded, taken.name) for recorded in _sums(versions))
        if recorded or digest(source(taken)) != digest(source_):
            raise ContractctlError(
                f"{name} {number} was released already, as {_shown(taken)}", hint="release under the next number"
            )
    target = taken or _freeze(versions, number, source_)
    sums = "".join(f"{one}  {file}\n" for file, one in sorted({**_sums(versions), **_sums_of(target)}.items()))
    _write(versions / SUMS, sums)
    return target


def broken_releases(contracts: Path, name: str) -> tuple[tuple[str, str], ...]:
    """What is no longer as it was released: pairs of a rule (release-edited, -deleted, -unrecorded) and a file."""
    versions = _folder(contracts, name) / "versions"
    recorded = _sums(versions)
    present = {file: one for path, _ in _numbered(versions) for file, one in _sums_of(path).items()}
    broken = [("release-unrecorded", file) for file in present.keys() - recorded.keys()]
    for file, one in recorded.items():
        if file not in present:
            broken.append(("release-deleted", file))
        elif present[file] != one:
            broken.append(("release-edited", file))
    return tuple(sorted((rule, _shown(versions / file)) for rule, file in broken))


def _folder(contracts: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ContractctlError(
            f"'{name}' is no contract's name", hint="a name is domain/name, such as orders/order-placed"
        )
    return contracts / name


def _draft(contracts: Path, folder: Path, table: Table) -> Source | None:
    given = table.text("draft")
    if given is None:
        return None
    path = folder / given
    if not path.exists():
        raise table.wrong("draft", f"a file or folder that is there; {_shown(path)} is not")
    if (path / CONTRACT).exists():
        raise table.wrong("draft", f"a file, or a folder that holds the draft and nothing else, no {CONTRACT}")
    return source(path, within=_root(contracts))


def _versions(contracts: Path, folder: Path) -> tuple[Version, ...]:
    root = _root(contracts)
    found = sorted((number, source(path, within=root)) for path, number in _numbered(folder / "versions"))
    return tuple(Version(number, digest(text), text) for number, text in found)


def _numbered(versions: Path) -> list[tuple[Path, SemanticVersion]]:
    """The releases in a versions/ folder. A file whose name is no version is refused: it would be passed over."""
    found: dict[SemanticVersion, Path] = {}
    for path in sorted(versions.iterdir()) if versions.is_dir() else ():
        if path.name == SUMS or path.name.startswith("."):
            continue
        named = _NUMBERED.fullmatch(path.name)
        try:
            number = SemanticVersion.parse(named[1] if named and not path.is_dir() else path.name)
        except ContractctlError as error:
            raise ContractctlError(f"{_shown(path)}: {error.message}", hint="move it out of versions/") from None
        if number in found:
            raise ContractctlError(
                f"{_shown(found[number])} and {path.name} both claim to be {number}", hint="move one out of versions/"
            )
        found[number] = path
    return [(path, number) for number, path in found.items()]


def _party(table: Table) -> Party:
    party = Party(
        name=table.needed_text("name"),
        reads=table.texts("reads"),
        versions=table.texts("versions"),
        cadence_days=_cadence(table),
        migrated=table.flag("migrated"),
        exempt=table.text("exempt"),
        retired=table.flag("retired"),
    )
    table.done()
    return party


def _cadence(table: Table) -> float | None:
    days = table.number("cadence_days")
    if days is not None and not 0 < days < math.inf:
        raise table.wrong("cadence_days", "a number of days above 0")
    return days


def _parties(table: Table, key: str) -> tuple[Party, ...]:
    parties: dict[str, Party] = {}
    for one in table.tables(key):
        party = _party(one)
        if party.name in parties:
            raise one.wrong("name", f"a name that no other of the {key} has")
        parties[party.name] = party
    return tuple(parties.values())


@contextmanager
def _alone(versions: Path) -> Iterator[None]:
    """One release at a time; what one that was killed left half-made is cleared away."""
    import fcntl

    folder = os.open(versions, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        for left in versions.glob(f"{_SCRATCH}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield
    finally:
        os.close(folder)


def _freeze(versions: Path, number: SemanticVersion, source_: Source) -> Path:
    import tempfile

    with tempfile.TemporaryDirectory(dir=versions, prefix=_SCRATCH) as scratch:
        if len(source_.files) == 1:
            made, target = Path(scratch) / "file", versions / f"{number}{Path(source_.name).suffix}"
            made.write_bytes(source_.files[0].text.encode())
        else:
            made, target = Path(scratch) / "folder", versions / str(number)
            base = os.path.commonpath([file.name for file in source_.files])
            for file in source_.files:
                inside = made / os.path.relpath(file.name, base)
                inside.parent.mkdir(parents=True, exist_ok=True)
                inside.write_bytes(file.text.encode())
        made.rename(target)
    return target


def _sums(versions: Path) -> dict[str, str]:
    path = versions / SUMS
    if not path.is_file():
        return {}
    lines = path.read_bytes().decode(errors="replace").removesuffix("\n").split("\n")
    matches = [_SUM.fullmatch(line) for line in lines]
    if None in matches:
        bad = matches.index(None) + 1
        raise ContractctlError(
            f"{_shown(path)}:{bad}: this is no line of sha256sum", hint="bring the file back from git"
        )
    return {match[2]: match[1] for match in matches if match}


def _sums_of(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {p.relative_to(path.parent).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _of_version(file: str, version: str) -> bool:
    return file == version or file.startswith(f"{version}/")


def _write(path: Path, text: str) -> None:
    """All of it or none of it."""
    import tempfile

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=_SCRATCH, delete=False) as scratch:
        scratch.write(text)
    Path(scratch.name).chmod(0o644)
    Path(scratch.name).replace(path)


def _text(file: Path, within: Path | None) -> str:
    if within is not None and not _resolved(file).is_relative_to(within):
        raise ContractctlError(f"{_shown(file)} leads out of the repository", hint="put the file itself there")
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ContractctlError(
            f"{_shown(file)}: byte {error.start} is not UTF-8", hint="save the file as UTF-8 and try again"
        ) from None


def _resolved(file: Path) -> Path:
    try:
        return file.resolve()
    except RuntimeError:
        raise ContractctlError(f"{_shown(file)} is a link to itself", hint="put the file itself there") from None


def _root(contracts: Path) -> Path:
    """The repository's folder; where there is none, the folder that the store lies in."""
    resolved = contracts.resolve()
    return next((folder for folder in resolved.parents if (folder / ".git").exists()), resolved.parent)


def _likely(contracts: Path, name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, names(contracts), n=1)
    return f": did you mean '{near[0]}'?" if near else ""


def _shown(path: Path) -> str:
    """The path as the user would write it from here."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
