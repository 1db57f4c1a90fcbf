"""How is a schema's JSON taken apart, changed and put together again? Documentation and order of keys stay as they are.

Taken apart, every named type stands once under its full name and is referred to by it; put together, a definition
stands where its name is used first, as Avro demands.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from contractctl.documents import Json, read_json
from contractctl.formats.avro.schema import parse_sound
from contractctl.formats.avro.schema.types import PRIMITIVES
from contractctl.model.contract import File, Source

Object = dict[str, Json]
_NAMED = frozenset({"record", "error", "enum", "fixed"})
_MOST_COLUMNS = 110


@dataclass(slots=True)
class Document:
    """A schema taken apart. The values inside are its own: they may be changed."""

    root: Json
    definitions: dict[str, Object] = field(default_factory=dict)
    several: bool = False
    """The root is a list of schemas, each of them a message of its own, and no union."""


def take_apart(source: Source) -> Document:
    """A source that parse_sound() has accepted, as definitions that refer to each other by full names."""
    schema = parse_sound(source)
    document = Document(None, several=schema.several)
    roots = [_apart(read_json(file.text, file.name), "", document.definitions) for file in source.every]
    mains = [roots[int(root.at[0])] for root in schema.roots]
    document.root = mains if schema.several else mains[0]
    return document


def _apart(node: Json, namespace: str, definitions: dict[str, Object]) -> Json:
    if isinstance(node, str):
        return node if node in PRIMITIVES or "." in node or not namespace else f"{namespace}.{node}"
    if isinstance(node, list):
        return [_apart(branch, namespace, definitions) for branch in node]
    assert isinstance(node, dict)  # noqa: S101 - parse() has accepted it
    word = str(node["type"])
    if word in _NAMED:
        return _apart_definition(node, namespace, definitions)
    inner = {"array": "items", "map": "values"}.get(word)
    if inner is not None:
        return {**node, inner: _apart(node[inner], namespace, definitions)}
    return dict(node) if word in PRIMITIVES else _apart(word, namespace, definitions)


def _apart_definition(node: Object, enclosing: str, definitions: dict[str, Object]) -> str:
    name = str(node["name"])
    namespace = name.rpartition(".")[0] if "." in name else str(node.get("namespace", enclosing) or "")
    full = name if "." in name or not namespace else f"{namespace}.{name}"
    if full not in definitions:
        definitions[full] = dict(node)
        if "fields" in node:
            fields = cast("list[Object]", node["fields"])
            apart: list[Json] = [{**one, "type": _apart(one["type"], namespace, definitions)} for one in fields]
            definitions[full]["fields"] = apart
    return full


def put_together(document: Document) -> str:
    """The schema's text, with two blanks of indentation and short things on one line."""
    return _text(_together(document.root, "", document.definitions, set()), 0) + "\n"


def put_together_files(document: Document, like: Source) -> Source:
    """One file under the name of another version's; several, where each schema is a message of its own."""
    if not document.several or not isinstance(document.root, list):
        return Source((File(like.name, put_together(document)),))
    written: set[str] = set()
    folder = f"{like.folder}/" if like.folder else ""
    files = (
        File(f"{folder}{root}.avsc", _text(_together(root, "", document.definitions, written), 0) + "\n")
        for root in document.root
        if root not in written
    )
    return Source(tuple(sorted(files, key=lambda file: file.name)), folder=like.folder)


def _together(node: Json, namespace: str, definitions: Mapping[str, Object], written: set[str]) -> Json:
    if isinstance(node, str):
        if node in PRIMITIVES:
            return node
        if node in written:
            return node.removeprefix(f"{namespace}.") if node.rpartition(".")[0] == namespace else node
        written.add(node)
        return _definition(node, namespace, definitions, written)
    if isinstance(node, list):
        return [_together(branch, namespace, definitions, written) for branch in node]
    assert isinstance(node, dict)  # noqa: S101 - take_apart() made it
    inner = {"array": "items", "map": "values"}.get(str(node["type"]))
    return {**node, inner: _together(node[inner], namespace, definitions, written)} if inner else node


def _definition(full: str, enclosing: str, definitions: Mapping[str, Object], written: set[str]) -> Object:
    node, namespace = dict(definitions[full]), full.rpartition(".")[0]
    if "." not in str(node["name"]) and (node.get("namespace", enclosing) or "") != namespace:
        head: Object = {"type": node.pop("type"), "name": node.pop("name"), "namespace": namespace}
        node = head | {key: value for key, value in node.items() if key != "namespace"}
    if "fields" in node:
        fields = cast("list[Object]", node["fields"])
        node["fields"] = [{**one, "type": _together(one["type"], namespace, definitions, written)} for one in fields]
    return node


def _text(value: Json, depth: int) -> str:
    short = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (len(short) + 2 * depth <= _MOST_COLUMNS and '"fields"' not in short):
        return short
    pad, end = "  " * (depth + 1), "  " * depth
    if isinstance(value, list):
        return "[\n" + ",\n".join(pad + _text(item, depth + 1) for item in value) + f"\n{end}]"
    members = (f"{pad}{json.dumps(key, ensure_ascii=False)}: {_text(item, depth + 1)}" for key, item in value.items())
    return "{\n" + ",\n".join(members) + f"\n{end}}}"
