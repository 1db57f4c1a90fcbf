"""How do the texts of a version become descriptors? A real protoc compiles what was not compiled before.

A file is known by its text and by all that it imports. The ones that are known are handed to protoc as descriptors,
so that one changed file costs itself and those that depend on it.
"""

import re
from collections.abc import Mapping

from contractctl.errors import ContractctlError
from contractctl.formats.protobuf.compiling import cache, protoc
from contractctl.formats.protobuf.compiling.complaints import refusal
from contractctl.formats.protobuf.compiling.imports import imported, named
from contractctl.formats.protobuf.compiling.standing_in import Compilation
from contractctl.formats.protobuf.compiling.tokens import depth
from contractctl.formats.protobuf.runtime.messages import varint
from contractctl.formats.protobuf.schema import descriptors
from contractctl.model.contract import File

_MOST_LEVELS = 100
_WELL_KNOWN = re.compile(r"google/protobuf/([a-z_]+/)?[a-z_]+\.proto")


def compile_(files: tuple[File, ...]) -> tuple[list[bytes], dict[str, File]]:
    """Serialized FileDescriptorProtos, and the given files by their names in them.

    Raise ContractctlError, in one sentence with file, line and column, where protoc refuses them.
    """
    for file in files:
        _demand_shallow(file)
    read = {file.name: imported(file.text) for file in files}
    given = named(files, (name for names in read.values() for name in names))
    imports = {name: read[file.name] for name, file in given.items()}
    every = {**_well_known(imports), **given}
    keys = cache.keys(every, imports)
    if keys is None:
        return _as_a_whole(given), given
    known = {name: content for name, key in keys.items() if (content := cache.read(key)) is not None}
    lacking = {name: every[name] for name in every if name not in known}
    if lacking:
        made = _compiled(lacking, known, given)
        cache.write({keys[name]: made[name] for name in made.keys() - _unsure(made, imports)})
        known |= made
    return list(known.values()), given


def _unsure(made: Mapping[str, bytes], imports: Mapping[str, list[str]]) -> set[str]:
    """The files that import something in a way that was not seen, not part of their keys, and who imports them."""
    found = {name for name, proto in made.items() if not set(descriptors.imports_of(proto)) <= set(imports[name])}
    more = found
    while more:
        more = {name for name in made.keys() - found if not found.isdisjoint(imports[name])}
        found |= more
    return found


def _demand_shallow(file: File) -> None:
    levels = depth(file.text) if file.text.count("{") > _MOST_LEVELS else 0
    if levels > _MOST_LEVELS:
        raise ContractctlError(
            f"{file.name}: nested {levels} levels deep", hint=f"nest at most {_MOST_LEVELS} messages or groups"
        )


def _well_known(imports: dict[str, list[str]]) -> dict[str, File]:
    """The files that protoc brings with it, as far as the given ones reach into them; their imports are added."""
    found: dict[str, File] = {}
    pending = [name for names in imports.values() for name in names]
    while pending:
        name = pending.pop()
        if name in imports or not _WELL_KNOWN.fullmatch(name):
            continue
        path = protoc.well_known() / name
        if path.is_file():
            found[name] = File(name, path.read_text(encoding="utf-8"))
            imports[name] = imported(found[name].text)
            pending += imports[name]
    return found


def _as_a_whole(given: Mapping[str, File]) -> list[bytes]:
    """All of them at once, where one of their imports is missing or leads back to itself."""
    key = cache.key_of_all(given)
    compiled = cache.read(key)
    if compiled is None:
        compiled = Compilation(given).run()
        cache.write({key: compiled})
    return list(descriptors.split(compiled).values())


def _compiled(lacking: Mapping[str, File], known: Mapping[str, bytes], given: Mapping[str, File]) -> dict[str, bytes]:
    """Those that are lacking, by name; known: descriptors of what they import."""
    texts = {name: file.text.removeprefix("\ufeff") for name, file in lacking.items()}
    beside = b"".join(b"\x0a" + varint(len(content)) + content for content in known.values())
    outcome, result = protoc.compiled(texts, list(texts), beside=beside)
    if not outcome.ok:
        raise refusal(outcome, given)
    return descriptors.split(result)
