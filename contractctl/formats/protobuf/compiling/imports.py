"""Which file does an import mean? The given ones, by the names that they import each other by, and the missing ones."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from contractctl.errors import ContractctlError
from contractctl.model.contract import File

STAND_INS = "contractctl.missing/"
"""Where the stand-ins for missing types lie."""

_IMPORT = re.compile(r"""\bimport\s+(?:(?:public|weak|option)\s+)?(["'])([^"'\n]+)\1""")
_PACKAGE = re.compile(r"(?:^|;)\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_ODD = re.compile(r"[\x00-\x1f\x7f\\]|^[-@]")


def imported(text: str) -> list[str]:
    """The names that a text imports, in its order; those in comments are among them, and do no harm."""
    return [match[2] for match in _IMPORT.finditer(text)]


def package_of(text: str) -> str:
    """The package that a text says it is in; empty where it says none."""
    match = _PACKAGE.search(text)
    return match[1] if match else ""


def named(files: tuple[File, ...], imports: Iterable[str]) -> dict[str, File]:
    """The files by the names that imports have for them; imports: all that they import.

    A file that another one imports goes by that name; the folder that this leaves is the root of the others beside it.
    A release has no folders that all of its files lie in: what is imported by more of them gets them back.
    Raise ContractctlError for a name that no import could have, and for two files that one name means.
    """
    given = {_parts(file): file for file in files}
    wanted = {PurePosixPath(name).parts for name in imports}
    roots = _roots(given, wanted)
    common = _common(list(given))
    outer = () if roots else _outer(given, wanted, len(common))
    found: dict[str, File] = {}
    for parts, file in given.items():
        above = (parts[:length] for length in range(len(parts) - 1, -1, -1))
        root = next((folder for folder in above if folder in roots), common)
        name = "/".join(outer + parts[len(root) :])
        if name in found:
            raise ContractctlError(
                f"{found[name].name} and {file.name} are both imported as '{name}'", hint="leave one of them out"
            )
        found[name] = file
    return found


def _roots(given: Mapping[tuple[str, ...], File], wanted: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The folders that imports start from; where one could mean several files, it means the outermost."""
    ending: dict[str, list[tuple[str, ...]]] = {}
    for parts in sorted(given, key=len):
        ending.setdefault(parts[-1], []).append(parts)
    meant = (
        (next((one for one in ending.get(name[-1], ()) if one[-len(name) :] == name), ()), name) for name in wanted
    )
    return {parts[: len(parts) - len(name)] for parts, name in meant if parts}


def _outer(given: Mapping[tuple[str, ...], File], wanted: set[tuple[str, ...]], common: int) -> tuple[str, ...]:
    """The folders above all of the files that an import begins with, where the package of what it means says so."""
    inside = {parts[common:]: file for parts, file in given.items()}
    found = {
        name[:above]
        for name in wanted
        for above in range(1, len(name))
        if (file := inside.get(name[above:])) and package_of(file.text) == ".".join(name[:-1])
    }
    return found.pop() if len(found) == 1 else ()


def _parts(file: File) -> tuple[str, ...]:
    parts = tuple(part for part in PurePosixPath(file.name).parts if part not in {"/", ".", ".."})
    if not parts or any(_ODD.search(part) for part in parts):
        raise ContractctlError(f"{file.name!r} is not a name for a .proto file", hint="rename the file")
    return parts


def _common(names: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The folder that holds all of them."""
    shortest, longest = min(names), max(names)
    most = min(len(shortest), len(longest)) - 1
    return shortest[: next((at for at in range(most) if shortest[at] != longest[at]), most)]


def stand_ins(imports: Iterable[str], types: Mapping[str, str], beside: Iterable[str]) -> dict[str, str]:
    """Texts for missing imports: together they define `types`, full names, as messages that may hold anything.

    beside: given files that a missing one must have made known, by a public import of its own.
    """
    texts: dict[str, str] = {}
    packages: dict[str, list[str]] = {}
    outermost = [name for name in types if not any(name.startswith(f"{other}.") for other in types)]
    for name in sorted(outermost):
        packages.setdefault(name.rpartition(".")[0], []).append(_message(name, types))
    for number, (package, messages) in enumerate(packages.items()):
        head = f"package {package};\n" if package else ""
        texts[f"{STAND_INS}{number}.proto"] = f'syntax = "proto2";\n{head}' + "".join(messages)
    public = "".join(f'import public "{name}";\n' for name in [*texts, *beside])
    return {**texts, **dict.fromkeys(imports, f'syntax = "proto2";\n{public}')}


def _message(name: str, types: Mapping[str, str]) -> str:
    inner = [one for one in types if one.rpartition(".")[0] == name]
    nested = "".join(_message(one, types) for one in inner)
    return f"message {name.rpartition('.')[2]} {{ extensions 1 to max; {nested}}}\n"
