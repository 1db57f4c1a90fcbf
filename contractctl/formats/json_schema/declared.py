"""Which properties does a reader's own schema name? A schema that mentions none may read all of them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from contractctl.errors import ContractctlError
from contractctl.formats.json_schema.schema import locate, parse
from contractctl.formats.json_schema.spots import Schema, Spot
from contractctl.formats.json_schema.views import Node, View, view
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Place, Undecided

_STEP = re.compile(r"([^\[\](/*]+)((?:\[\d*\])*)")
_REFERENCE = re.compile(r'"\$(?:r|dynamicR|recursiveR)ef"')
_ADDED = ("additionalProperties", "unevaluatedProperties")


class _UndecidedError(Exception):
    """Whether a schema names a property is unknown; the reason is the end of a sentence."""


def declared(known: Schema, files: Sequence[File], names: Sequence[str]) -> Mapping[str, tuple[Place, ...] | Undecided]:
    """Where the schema names each `customer.lines[].sku`. Raise ContractctlError where it is not a JSON Schema."""
    reader = parse(Source(tuple(files)), known.policy)
    for doubt in reader.doubts[:1]:
        raise ContractctlError(doubt, hint="write the schema in a supported draft")
    return {name: _told(known, reader, name) for name in names}


def _told(known: Schema, reader: Schema, name: str) -> tuple[Place, ...] | Undecided:
    try:
        if not list(_sights(known, name)):
            return Undecided(name, f"the version that events are written with has no '{name}'")
        return tuple(dict.fromkeys(_sights(reader, name)))
    except _UndecidedError as error:
        return Undecided(name, f"whether '{name}' is read cannot be determined: {error}")


def _sights(schema: Schema, name: str) -> Iterator[Place]:
    """Where the property is named, after all steps that lead to what holds it."""
    *above, own = name.split(".")
    nodes: list[Node] = [(root,) for root in schema.roots]
    for step in above:
        match = _STEP.fullmatch(step)
        if match is None:
            raise _UndecidedError(f"'{step}' is not a property's name")
        held = _held(schema, nodes, match[1])
        nodes = [one.properties[match[1]] for one in held if match[1] in one.properties]
        for _ in re.findall(r"\[", match[2]):
            nodes = list(_items(schema, nodes))
    for one in _held(schema, nodes, own):
        if own in one.properties:
            yield from (_place(schema, spot) for spot in one.properties[own])
        elif own in one.required or any(own in (key, *names) for key, names in one.needed.items()):
            yield from (_place(schema, spot) for spot in one.spots)


def _held(schema: Schema, nodes: Sequence[Node], name: str) -> Sequence[View]:
    """What is said about objects there, in every alternative. Raise _UndecidedError where any name may be meant."""
    views = []
    for one, is_said in _alternatives(schema, nodes):
        if _may_be_object(one) and not is_said and not one.choices:
            raise _UndecidedError("the schema lists no properties there, so it may read any")
        if name not in one.properties:
            _demand_no_other_way(one, name)
        views.append(one)
    if views and not any(map(_may_be_object, views)):
        raise _UndecidedError("the schema does not accept an object there")
    return views


def _may_be_object(one: View) -> bool:
    return one.types is None or "object" in one.types


def _demand_no_other_way(one: View, name: str) -> None:
    """Raise _UndecidedError where the schema may concern a property without listing it."""
    if one.unresolved:
        raise _UndecidedError(f"'{min(one.unresolved)}' is in no file")
    added = (spot for keyword in _ADDED for spot in one.closing.get(keyword, ()))
    if any(spot.value is not False for spot in added):
        raise _UndecidedError("the schema describes properties without naming them")
    for pattern in one.patterns:
        if _may_match(pattern, name):
            raise _UndecidedError(f"the pattern '{pattern}' may mean it")
    conditions = [spot.value for node in (*one.alone.values(), *one.dependents.values()) for spot in node]
    text = json.dumps([conditions, list(one.dependents), list((one.values or {}).values())], ensure_ascii=False)
    if json.dumps(name, ensure_ascii=False) in text or _REFERENCE.search(text):
        raise _UndecidedError("a condition of the schema may name it")


def _may_match(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return True


def _alternatives(schema: Schema, nodes: Sequence[Node]) -> Iterator[tuple[View, bool]]:
    """What each node says, its branches included, recursively; and whether it says which properties there are."""
    pending, met = [(node, False) for node in nodes], set[object]()
    while pending:
        node, is_said = pending.pop()
        key = frozenset(spot.key for spot in node), is_said
        if key not in met:
            met.add(key)
            found = view(schema, node)
            is_said = is_said or bool(found.properties or found.required)
            yield found, is_said
            pending += [(branch, is_said) for branches in found.choices.values() for branch in branches]


def _items(schema: Schema, nodes: Sequence[Node]) -> Iterator[Node]:
    for one, _ in _alternatives(schema, nodes):
        if one.unresolved:
            raise _UndecidedError(f"'{min(one.unresolved)}' is in no file")
        found = [node for node in (*one.prefix, one.rest) if node]
        if not found and not one.choices:
            raise _UndecidedError("the schema does not describe the items there, so it may read any")
        yield from found


def _place(schema: Schema, spot: Spot) -> Place:
    return Place(*(locate(schema, (spot.file, *spot.pointer)) or (schema.source.name, 1, 1)))
