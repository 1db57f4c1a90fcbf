"""How is a version's text read from the disk, and what identifies it?"""

import errno
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from contractctl.errors import ContractctlError
from contractctl.folders import visible, visible_files
from contractctl.model.contract import File, Source


def source(path: Path, within: Path | None = None) -> Source:
    """A file, or the files of a folder, as the text of one version. `within`: links may not leave this folder."""
    files = [path] if not path.is_dir() else sorted(p for p in visible_files(path) if p.is_file())
    for here, _, links in visible(path) if within is not None and path.is_dir() else ():
        for link in links:
            raise ContractctlError(
                f"{shown(here / link)} is a link to a folder, which is not followed", hint="put the folder itself there"
            )
    if not files:
        raise ContractctlError(f"{shown(path)}: the folder is empty", hint="put the schema files there")
    folder = shown(path) if path.is_dir() else ""
    return Source(tuple(File.of(shown(file), _content(file, within)) for file in files), folder=folder)


def sources(paths: Sequence[Path], within: Path | None) -> Source:
    """Several files, the main one first, as the text of one version."""
    whole = [os.path.abspath(path) for path in dict.fromkeys(paths)]  # noqa: PTH100 - links stay what they are
    common = os.path.commonpath([os.path.dirname(path) for path in whole])  # noqa: PTH120 - as above
    below = Path(common).is_relative_to(Path.cwd())  # all names are relative to here, or none
    files = (File.of(shown(Path(path)) if below else path, _content(Path(path), within)) for path in whole)
    return Source(tuple(files), folder=shown(Path(common)))


def digest(source_: Source) -> str:
    """What identifies a version: the digest of its file; of several, sha256 over names and digests."""
    sums = [file_digest(file.content) for file in source_.files]
    if len(sums) == 1:
        return sums[0]
    named = sorted(zip(paths(source_), sums, strict=True), key=lambda pair: PurePosixPath(pair[0]).parts)
    return file_digest("".join(f"{one}  {path}\n" for path, one in named).encode())


def paths(source_: Source) -> list[str]:
    """The paths of a version's files inside it."""
    folder = source_.folder or os.path.commonpath([file.name for file in source_.files])
    return [os.path.relpath(file.name, folder) for file in source_.files]


def file_digest(content: bytes) -> str:
    """sha256 of one file's content as sha256sum prints it, once its lines end in LF."""
    import hashlib  # a check of two files has no digests to make

    return hashlib.sha256(with_lf(content)).hexdigest()


def with_lf(content: bytes) -> bytes:
    """The same text whatever core.autocrlf and text=auto make of its line ends; with a NUL, it is not text."""
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")


def shown(path: Path) -> str:
    """The path as the user would write it from here."""
    plain = os.path.normpath(path)  # a draft outside its contract's folder is named without the path to it
    here = os.getcwd()  # noqa: PTH109 - asked for every file of a store: text is faster than paths
    return "." if plain == here else plain.removeprefix(f"{here.rstrip('/')}/")


def _content(file: Path, within: Path | None) -> bytes:
    try:
        if within is not None and not file.resolve().is_relative_to(within):
            raise ContractctlError(f"{shown(file)} leads outside the repository", hint="put the file itself there")
        if within is not None and file.exists() and not file.is_file():  # a pipe would be waited for
            raise ContractctlError(f"{shown(file)} is not a file", hint="put the file itself there")
        return file.read_bytes()
    except (OSError, RuntimeError) as error:  # RuntimeError: before Python 3.13, where reading it is what fails
        if isinstance(error, OSError) and error.errno != errno.ELOOP:
            raise
        raise ContractctlError(f"{shown(file)} is a link to itself", hint="put the file itself there") from None
