"""What does the description of an API say, and where? What AsyncAPI and OpenAPI documents have in common.

Texts of JSON or YAML become values that references are followed in; a pointer's first part is the number of the file.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from contractctl.documents import Json, Pointer, is_yaml, known_json, locate_json, read_json
from contractctl.errors import ContractctlError
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Schema, Spot, inside
from contractctl.formats.json_schema.uris import retrieved
from contractctl.model.contract import File, Source

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
SUNSETS = ("x-sunset", "x-sunset-date")
"""The keys that announce the day on which a part goes."""
_MOST_REFERENCES = 16


class Description(Protocol):
    """One version's document, read."""

    @property
    def source(self) -> Source: ...

    @property
    def schemas(self) -> Schema:
        """All files, as JSON Schema sees them."""
        ...


# texts


def value_of(file: File) -> Json:
    """What a file says. Raise ContractctlError, with the place, where it is neither JSON nor YAML."""
    text = file.text if file.data is None else file.data
    if _is_json(file):
        return read_json(text, file.name) if isinstance(text, bytes) else known_json(text, file.name)
    from contractctl.documents.yaml_known import known_yaml  # most documents of megabytes are JSON
    from contractctl.documents.yaml_text import read_yaml  # as above

    return read_yaml(text, file.name) if isinstance(text, bytes) else known_yaml(text, file.name)


def is_read(file: File) -> bool:
    """Whether its name says JSON or YAML: a payload may have a language of its own."""
    return file.name.lower().endswith((".json", ".yaml", ".yml", ".avsc"))


def _is_json(file: File) -> bool:
    """JSON is YAML, too, and is read much faster as what it is."""
    return not is_yaml(file.name) and (
        file.name.lower().endswith((".json", ".avsc")) or file.text.lstrip("\ufeff \t\r\n")[:1] in {"{", ""}
    )


def located(file: File, pointer: Pointer) -> tuple[int, int]:
    """Line and column of a pointer into one file."""
    if _is_json(file):
        return locate_json(file.text, pointer)
    if not pointer and not is_read(file):
        return 1, 1
    from contractctl.documents.yaml_known import locate_yaml  # as above

    return locate_yaml(file.text, file.name, pointer)


def uris_of(source: Source) -> Iterator[str]:
    """The URIs that relative references between files are resolved by."""
    folder = source.folder or posixpath.commonpath([posixpath.dirname(file.name) or "." for file in source.every])
    for file in source.every:
        yield retrieved(posixpath.relpath(file.name, folder))


def as_object(value: Json) -> dict[str, Json]:
    """What an object holds; nothing where it is none."""
    return value if isinstance(value, dict) else {}


# places


def locate(document: Description, pointer: Pointer) -> tuple[str, int, int] | None:
    """File, line and column of a pointer whose first part is the number of a file."""
    number = pointer[0]
    if not isinstance(number, int) or number < 0:
        return None
    file = document.source.every[number]
    return (file.name, *located(file, _written_at(document.schemas.origins, pointer)[1:]))


def _written_at(origins: Mapping[Pointer, Pointer], pointer: Pointer) -> Pointer:
    """Where in its file a part stands that was stated in other words."""
    for length in range(len(pointer), 0, -1) if origins else ():
        if (origin := origins.get(pointer[:length])) is not None:
            return origin + pointer[length:]
    return pointer


def refused(document: Description, spot: Spot, said: str, hint: str) -> ContractctlError:
    """What is wrong at a place, as an error."""
    place = locate(document, (spot.file, *spot.pointer))
    assert place is not None  # noqa: S101 - a spot of a document stands in one of its files
    file, line, column = place
    return ContractctlError(f"{file}:{line}:{column}: {said}", hint=hint)


# parts


def below(document: Description, spot: Spot, *steps: str | int) -> Spot:
    """The part that stands so many steps below another; they are there."""
    return inside(document.schemas, spot, *steps)


def fields(document: Description, spot: Spot) -> dict[str, Json]:
    """What an object holds. Raise ContractctlError where it is none."""
    if not isinstance(spot.value, dict):
        name = spot.pointer[-1] if spot.pointer else "the document"
        raise refused(document, spot, f"'{name}' is not an object", "fix the document at that place")
    return spot.value


def items(document: Description, spot: Spot | None, name: str) -> Iterator[Spot]:
    """Every item of a list with this name, as it is written."""
    if spot is None or name not in fields(document, spot):
        return
    inner = below(document, spot, name)
    if not isinstance(inner.value, list):
        raise refused(document, inner, f"'{name}' is not a list", "fix the document at that place")
    for number in range(len(inner.value)):
        yield below(document, inner, number)


def resolved(document: Description, spot: Spot) -> Spot:
    """What a reference leads to; the part itself where it is none. Raise Unresolved."""
    for _ in range(_MOST_REFERENCES):
        if not (isinstance(spot.value, dict) and isinstance(spot.value.get("$ref"), str)):
            return spot
        spot = refer(document.schemas, spot, "$ref")
    raise Unresolved("references form a circle", "")


def reference(*steps: str | int) -> str:
    """A reference inside a document: https://www.rfc-editor.org/rfc/rfc6901#section-6."""
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def at(root: Json, pointer: Pointer) -> Json:
    """What a value has at a place; None where it has nothing."""
    for step in pointer:
        if isinstance(root, dict) and step in root:
            root = root[str(step)]
        elif isinstance(root, list) and isinstance(step, int) and step < len(root):
            root = root[step]
        else:
            return None
    return root


def template(address: str) -> str:
    """A path or an address with its parameters unnamed: the names do not travel."""
    return PLACEHOLDER.sub("{}", address)


# changing


def rewritten(file: File, was: Json, wanted: Json) -> str:
    """A file's text saying another value; all that both say stays as its author wrote it. Raise ContractctlError."""
    if _is_json(file):
        from contractctl.documents.json_edit import json_rewritten  # nobody who only reads needs it

        return json_rewritten(file.text, was, wanted)
    from contractctl.documents.yaml_edit import yaml_rewritten  # as above

    return yaml_rewritten(file.text, was, wanted)
