"""Which files define the named types that an Avro schema refers to and does not define?

https://avro.apache.org/docs/1.12.0/specification/#names.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath

from contractctl.errors import ContractctlError
from contractctl.formats.companions import Near, by_distance, distance
from contractctl.model.contract import File

_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_NAMED = frozenset({"record", "error", "enum", "fixed"})
_INSIDE = ("items", "values")
_ENDINGS = (".avsc", ".avpr")
_NAME = re.compile(r'"name"\s*:\s*"([\w.]+)"')


@dataclass(slots=True)
class _Names:
    """Full names of one file."""

    defined: set[str] = field(default_factory=set)
    referred: set[str] = field(default_factory=set)


def needed(file: File, known: Collection[File], near: Near) -> Iterator[File]:
    """For each name that no known file defines, the nearest file that does."""
    there = {name for one in known for name in _names(one.text).defined}
    for name in sorted(_names(file.text).referred - there):
        found = None if name in there else _defining(name, file, known, near)
        if found is not None:
            there |= _names(found.text).defined
            yield found


def marks(file: File) -> frozenset[str]:
    """The names that it defines, as they end."""
    return _ends(_names(file.text).defined) if file.name.lower().endswith(_ENDINGS) else frozenset()


def mentions(file: File) -> frozenset[str]:
    """The names that it refers to, as they end."""
    return _ends(_names(file.text).referred) if file.name.lower().endswith(_ENDINGS) else frozenset()


def missing(files: Collection[File]) -> frozenset[str]:
    """The names that these files refer to, and none of them defines."""
    names = [_names(file.text) for file in files]
    return frozenset(name for one in names for name in one.referred) - {name for one in names for name in one.defined}


def _ends(names: Collection[str]) -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for name in names)


def _defining(name: str, file: File, known: Collection[File], near: Near) -> File | None:
    """Raise ContractctlError where two files that say different things are equally near."""
    taken = {one.name for one in known}
    paths = [path for path in _likely(name, near) if path not in taken]
    fits = [one for path in by_distance(file.name, paths) if (one := near.read(path)) and _fits(one, name, known)]
    here = PurePosixPath(file.name).parent.parts
    for other in fits[1:2]:
        if distance(here, other.name) == distance(here, fits[0].name) and other.text != fits[0].text:
            raise ContractctlError(
                f"{file.name}: '{name}' is defined in {fits[0].name} and in {other.name}",
                hint="move the intended one into the folder of the file that needs it",
            )
    return fits[0] if fits else None


def _fits(candidate: File, name: str, known: Collection[File]) -> bool:
    """Whether it defines that name, and nothing that is there already in other words."""
    names = _names(candidate.text)
    return name in names.defined and all(names.defined.isdisjoint(_names(one.text).defined) for one in known)


def _likely(name: str, near: Near) -> list[str]:
    """Files that go by the name; where there are none, all in which it stands as a definition's."""
    short = name.rpartition(".")[2]
    schemas = [path for path in near.listed() if path.lower().endswith(_ENDINGS)]
    stems = {short.lower(), name.lower()}
    named = [path for path in schemas if PurePosixPath(path).stem.lower() in stems]
    return named if any(_defines(path, name, near) for path in named) else list(_index(near).get(short, ()))


def _defines(path: str, name: str, near: Near) -> bool:
    file = near.read(path)
    return file is not None and name in _names(file.text).defined


@lru_cache(maxsize=4)
def _index(near: Near) -> Mapping[str, tuple[str, ...]]:
    """Every name that a file gives by the key "name", as it ends, and the files that do."""
    found: dict[str, dict[str, None]] = {}
    for path in near.listed():
        content = near.content(path) if path.lower().endswith(_ENDINGS) else None
        for match in _NAME.finditer((content or b"").decode(errors="replace")):
            found.setdefault(match[1].rpartition(".")[2], {})[path] = None
    return {name: tuple(paths) for name, paths in found.items()}


@lru_cache(maxsize=4096)
def _names(text: str) -> _Names:
    """What a text defines and refers to; nothing where it is not JSON: its reader says what is wrong."""
    names = _Names()
    try:
        _walk(json.loads(text.removeprefix("\ufeff")), "", names)
    except (ValueError, RecursionError):
        return _Names()
    return names


def _walk(node: object, namespace: str, names: _Names) -> None:
    if isinstance(node, str):
        if node not in _PRIMITIVES:
            names.referred.add(node if "." in node or not namespace else f"{namespace}.{node}")
    elif isinstance(node, list):
        for branch in node:
            _walk(branch, namespace, names)
    elif isinstance(node, dict):
        if "protocol" in node:
            _protocol(node, names)
        elif str(node.get("type")) in _NAMED:
            _definition(node, namespace, names)
        else:
            _walk(next((node[key] for key in _INSIDE if key in node), node.get("type")), namespace, names)


def _definition(node: Mapping[str, object], enclosing: str, names: _Names) -> None:
    name, namespace = str(node.get("name")), node.get("namespace", enclosing)
    if "." in name:
        namespace = name.rpartition(".")[0]
    names.defined.add(f"{namespace}.{name}" if namespace and "." not in name else name)
    fields = node.get("fields")
    for inner in fields if isinstance(fields, list) else ():
        if isinstance(inner, dict):
            _walk(inner.get("type"), str(namespace or ""), names)


def _protocol(node: Mapping[str, object], names: _Names) -> None:
    """https://avro.apache.org/docs/1.12.0/specification/#protocol-declaration."""
    namespace = str(node.get("namespace") or "")
    _walk(node.get("types", []), namespace, names)
    messages = node.get("messages")
    for message in messages.values() if isinstance(messages, dict) else ():
        if isinstance(message, dict):
            parameters = message.get("request")
            for one in parameters if isinstance(parameters, list) else ():
                _walk(one.get("type") if isinstance(one, dict) else None, namespace, names)
            _walk(message.get("response", "null"), namespace, names)
            _walk(message.get("errors", []), namespace, names)
