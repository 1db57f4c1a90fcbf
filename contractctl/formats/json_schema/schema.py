"""What does a JSON Schema say? Texts of JSON or YAML to a value that references can be followed in."""

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from contractctl.documents import Json, Pointer, is_yaml, read
from contractctl.documents import locate as locate_text
from contractctl.errors import ContractctlError
from contractctl.formats.json_schema.drafts import Draft, drafts
from contractctl.formats.json_schema.mains import mains
from contractctl.formats.json_schema.resources import Resource, identifier, resources
from contractctl.formats.json_schema.spots import Schema, Spot, inside
from contractctl.formats.json_schema.uris import joined, retrieved, split
from contractctl.model.contract import File, Policy, Source

__all__ = ["Schema", "Spot", "inside", "locate", "parse"]

_NAME = re.compile(r'"(?:\$?id|\$schema|\$(?:dynamicA|recursiveA|a)nchor)"\s*:\s*["t]')
_ROOT_NAMES = ("$id", "id", "$schema")
_ESCAPED_LETTER = "\\u00"


def parse(source: Source, policy: Policy = Policy()) -> Schema:
    """Read a schema from one file, or from several that refer to each other by path or by `$id`.

    Of several files, those count that no other refers to: `roots`. A pointer's first part is the number of the file.
    Raise ContractctlError where a file is not a JSON Schema, or one of a draft before the fourth.
    """
    files = source.every
    values = tuple(_value(file) for file in files)
    paths = tuple(_paths(source))
    written = tuple(drafts(files, values, _names(values, paths)))
    plain = tuple(_is_plain(file, value) for file, value in zip(files, values, strict=True))
    starts: dict[tuple[int, Pointer], Resource] = {}
    named: dict[str, Resource | None] = {}
    for number, value in enumerate(values):
        document = _document(value, number, paths[number], written[number])
        for resource in [document] if plain[number] else resources(document):
            starts[number, resource.pointer] = resource
            _name(named, resource)
    for number, path in enumerate(paths):  # an identifier comes first: a path is only where the text lay
        named.setdefault(path, starts[number, ()])
    assumed = tuple(draft.note for draft in written if draft.note)
    doubts = tuple(draft.doubt for draft in written if draft.doubt)
    schema = Schema((), policy, source, named, starts, paths, plain, assumed, doubts)
    return replace(schema, roots=mains(schema, len(source.files)))


def notes(schema: Schema) -> tuple[str, ...]:
    """What was assumed where the text does not say it."""
    return schema.notes


def locate(schema: Schema, pointer: Pointer) -> tuple[str, int, int] | None:
    """File, line and column of a pointer whose first part is the number of a file."""
    number, *rest = pointer
    if not isinstance(number, int) or number < 0:
        return None
    file = schema.source.every[number]
    return (file.name, *locate_text(file.text, file.name, tuple(rest)))


def _value(file: File) -> Json:
    value = read(file.text if file.data is None else file.data, file.name)
    if not isinstance(value, dict | bool):
        line, column = locate_text(file.text, file.name, ())
        raise ContractctlError(
            f"{file.name}:{line}:{column}: this is not a JSON Schema",
            hint="a schema is an object, or true or false: write one",
        )
    return value


def _paths(source: Source) -> Iterator[str]:
    """The URIs that relative references between files are resolved by."""
    folder = source.folder or posixpath.commonpath([posixpath.dirname(file.name) or "." for file in source.every])
    for file in source.every:
        yield retrieved(posixpath.relpath(file.name, folder))


def _names(values: tuple[Json, ...], paths: tuple[str, ...]) -> dict[str, int]:
    """Which file has which URI, before it is known how identifiers are spelled there."""
    names = {path: number for number, path in enumerate(paths)}
    for number, value in enumerate(values):
        for said in (value.get("id"), value.get("$id")) if isinstance(value, dict) else ():
            if isinstance(said, str):
                names[joined(paths[number], split(said)[0])] = number
    return names


def _is_plain(file: File, value: Json) -> bool:
    """Whether nothing has a name but the root; told from the text, which is much faster than to walk the values."""
    if not isinstance(value, dict):
        return True
    if is_yaml(file.name) or _ESCAPED_LETTER in file.text:
        return False
    own = [name for name in _ROOT_NAMES if isinstance(value.get(name), str)]
    has_fragment = any(split(str(value[name]))[1] for name in own if name != "$schema")
    return not has_fragment and len(_NAME.findall(file.text)) == len(own)


def _document(value: Json, number: int, path: str, draft: Draft) -> Resource:
    said = identifier(value, draft.dialect) if isinstance(value, dict) else None
    return Resource(value, number, (), joined(path, split(said or "")[0]), draft.dialect)


def _name(named: dict[str, Resource | None], resource: Resource) -> None:
    """Two resources of one name are allowed where they say the same."""
    earlier = named.setdefault(resource.base, resource)
    if earlier is not None and earlier is not resource and json.dumps(earlier.value) != json.dumps(resource.value):
        named[resource.base] = None
