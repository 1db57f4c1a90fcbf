"""How is a version frozen, and is it unchanged? A versions/ folder: releases, and their digests beside them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model.contract import SemanticVersion, Source
from contractctl.store.texts import digest, file_digest, paths, shown, source, with_lf
from contractctl.writing import SCRATCHES, alone, write_whole

SUMS = "SHA256SUMS"
VERSIONS = "versions"
"""The folder in a contract that holds its releases."""
_NUMBERED = re.compile(r"(\d+\.\d+\.\d+)\..+")
_SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_SCRATCH = ".release-"


def path_of(versions: Path, number: SemanticVersion) -> Path | None:
    """The file or folder of a release; None if there is none."""
    return next((path for path, found in numbered(versions) if found == number), None)


def place_of(versions: Path, number: SemanticVersion, source_: Source) -> Path:
    """The file or folder that a text becomes as a release."""
    return versions / _names(number, source_)[0].split("/")[0]


def freeze(versions: Path, number: SemanticVersion, source_: Source) -> Path:
    """Freeze a text as a version: its file or folder in versions/, then its digests in SHA256SUMS.

    A release that was interrupted between the two is finished by releasing the same text again; any other text under a
    number that is taken raises ContractctlError.
    """
    for name in _names(number, source_):
        if _UNWRITABLE.search(name):
            raise ContractctlError(f"{SUMS} cannot hold the file name {name!r}", hint="rename the file")
    versions.mkdir(parents=True, exist_ok=True)
    with _alone(versions):
        return _recorded(versions, number, source_)


def withdraw(versions: Path, number: SemanticVersion, text: str) -> None:
    """Take back the latest release, recorded or not, if that is `number` and `text` is its digest; else do nothing."""
    import shutil

    if not versions.is_dir():
        return
    with _alone(versions):
        path = path_of(versions, number)
        is_latest = path is not None and all(other <= number for _, other in numbered(versions))
        if path is None or not is_latest or digest(source(path)) != text:
            return
        _record(versions, {file: one for file, one in _sums(versions).items() if not _of_version(file, path.name)})
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _recorded(versions: Path, number: SemanticVersion, source_: Source) -> Path:
    taken = path_of(versions, number)
    if taken is not None:
        recorded = any(_of_version(recorded, taken.name) for recorded in _sums(versions))
        if recorded or digest(source(taken)) != digest(source_):
            raise ContractctlError(
                f"{number} was already released, as {shown(taken)}", hint="release under the next number"
            )
    target = taken or _freeze(versions, number, source_)
    _record(versions, {**_sums(versions), **_sums_of(target)})
    return target


def broken(versions: Path) -> tuple[tuple[str, str], ...]:
    """What is not as it was released: pairs of a rule (release-edited, -deleted, -unrecorded) and a file."""
    recorded = _sums(versions)
    present = {file: one for path, _ in numbered(versions) for file, one in _sums_of(path).items()}
    bad = [("release-unrecorded", file) for file in present.keys() - recorded.keys()]
    for file, one in recorded.items():
        if file not in present:
            bad.append(("release-deleted", file))
        elif present[file] != one:
            bad.append(("release-edited", file))
    return tuple(sorted((rule, shown(versions / file)) for rule, file in bad))


def numbered(versions: Path) -> list[tuple[Path, SemanticVersion]]:
    """The releases in a versions/ folder. A file whose name is not a version is refused rather than ignored."""
    found: dict[SemanticVersion, Path] = {}
    for path in sorted(versions.iterdir()) if versions.is_dir() else ():
        if path.name == SUMS or path.name.startswith("."):
            continue
        named = _NUMBERED.fullmatch(path.name)
        try:
            number = SemanticVersion.parse(named[1] if named and not path.is_dir() else path.name)
        except ContractctlError as error:
            raise ContractctlError(f"{shown(path)}: {error.message}", hint="move it out of versions/") from None
        if number in found:
            raise ContractctlError(
                f"{shown(found[number])} and {path.name} both claim to be {number}", hint="move one out of versions/"
            )
        found[number] = path
    return [(path, number) for number, path in found.items()]


@contextmanager
def _alone(versions: Path) -> Iterator[None]:
    """One release at a time; the remains of a killed one are removed."""
    import shutil

    with alone(versions):
        for left in (*versions.glob(f"{_SCRATCH}*"), *versions.glob(SCRATCHES)):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield


def _names(number: SemanticVersion, source_: Source) -> list[str]:
    """The names of a release's files, below versions/."""
    if len(source_.files) == 1:
        return [f"{number}{Path(source_.name).suffix}"]
    return [f"{number}/{path}" for path in paths(source_)]


def _freeze(versions: Path, number: SemanticVersion, source_: Source) -> Path:
    """All of the release appears at once, or none of it."""
    import tempfile

    names = _names(number, source_)
    whole = place_of(versions, number, source_)
    try:
        with tempfile.TemporaryDirectory(dir=versions, prefix=_SCRATCH) as scratch:
            for name, file in zip(names, source_.files, strict=True):
                made = Path(scratch) / name
                made.parent.mkdir(parents=True, exist_ok=True)
                made.write_bytes(file.content)
            (Path(scratch) / whole.name).rename(whole)
    except OSError as error:  # a full disk names no file, and a temporary file's name would tell the user nothing
        raise OSError(error.errno, error.strerror, str(whole)) from error
    return whole


def _sums(versions: Path) -> dict[str, str]:
    path = versions / SUMS
    if not path.is_file():
        return {}
    lines = with_lf(path.read_bytes()).decode(errors="replace").removesuffix("\n").split("\n")
    matches = [_SUM.fullmatch(line) for line in lines]
    if None in matches:
        bad = matches.index(None) + 1
        raise ContractctlError(
            f"{shown(path)}:{bad}: this is not a line of sha256sum", hint="restore the file from git"
        )
    return {match[2]: match[1] for match in matches if match}


def _sums_of(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {p.relative_to(path.parent).as_posix(): file_digest(p.read_bytes()) for p in files}


def _record(versions: Path, sums: Mapping[str, str]) -> None:
    write_whole(versions / SUMS, "".join(f"{one}  {file}\n" for file, one in sorted(sums.items())))


def _of_version(file: str, version: str) -> bool:
    return file == version or file.startswith(f"{version}/")
