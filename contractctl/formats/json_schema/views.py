"""What does a schema say, whichever way it is arranged? References followed, allOf laid together, drafts made one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from contractctl.documents import Json
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Schema, Spot, inside

Node = tuple[Spot, ...]
"""Schemas that all hold for one value. None of them: anything goes."""

_SINCE = {
    "contains": Dialect.DRAFT6,
    "propertyNames": Dialect.DRAFT6,
    "if": Dialect.DRAFT7,
    "then": Dialect.DRAFT7,
    "else": Dialect.DRAFT7,
    "contentEncoding": Dialect.DRAFT7,
    "contentMediaType": Dialect.DRAFT7,
    "contentSchema": Dialect.DRAFT2019,
    "dependentRequired": Dialect.DRAFT2019,
    "dependentSchemas": Dialect.DRAFT2019,
    "minContains": Dialect.DRAFT2019,
    "maxContains": Dialect.DRAFT2019,
    "unevaluatedItems": Dialect.DRAFT2019,
    "unevaluatedProperties": Dialect.DRAFT2019,
    "prefixItems": Dialect.DRAFT2020,
}
_UNTIL = {"dependencies": Dialect.DRAFT7, "additionalItems": Dialect.DRAFT2019}
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_WORDS = ("pattern", "format", "contentEncoding", "contentMediaType", "multipleOf")
_MARKS = ("default", "uniqueItems", "deprecated", "readOnly", "writeOnly")
_SAYS_NOTHING = {"uniqueItems": False, "deprecated": False, "readOnly": False, "writeOnly": False}
_ALONE = ("not", "if", "then", "else", "contains", "propertyNames", "contentSchema")
_CLOSING = ("additionalProperties", "unevaluatedProperties", "unevaluatedItems")


@dataclass(slots=True)
class View:
    """What a conjunction of schemas says about one value."""

    spots: tuple[Spot, ...] = ()
    """Every schema that has a say."""
    types: frozenset[str] | None = None
    """None: any type. Empty: nothing is valid."""
    values: dict[str, Json] | None = None
    """What enum and const leave, by canonical text. None: they say nothing."""
    bounds: dict[str, float] = field(default_factory=dict)
    words: dict[str, frozenset[str]] = field(default_factory=dict)
    """Keywords whose values are said as they stand, all of them holding."""
    required: frozenset[str] = frozenset()
    needed: dict[str, frozenset[str]] = field(default_factory=dict)
    """Properties that must be there where another one is."""
    properties: dict[str, Node] = field(default_factory=dict)
    patterns: dict[str, Node] = field(default_factory=dict)
    dependents: dict[str, Node] = field(default_factory=dict)
    closing: dict[str, Node] = field(default_factory=dict)
    prefix: list[Node] = field(default_factory=list)
    rest: Node = ()
    alone: dict[str, Node] = field(default_factory=dict)
    choices: dict[tuple[str, int], list[Node]] = field(default_factory=dict)
    """The branches of each anyOf and oneOf that has more than one, by keyword and number."""
    unresolved: frozenset[str] = frozenset()


def view(schema: Schema, node: Node) -> View:
    """What the schemas of a node say together."""
    seen = View()
    for spot in _flat(schema, node):
        seen.spots += (spot,)
        if isinstance(spot.value, dict):
            _Looking(schema, spot, seen).look()
        elif spot.value is False:
            seen.types = frozenset()
    return seen


def reference(spot: Spot) -> str | None:
    """The keyword by which a schema refers to another one."""
    if isinstance(spot.value, dict):
        for keyword, first in (("$ref", 4), ("$dynamicRef", 2020), ("$recursiveRef", 2019)):
            is_known = spot.dialect == first or (keyword == "$ref" and spot.dialect >= first)
            if is_known and isinstance(spot.value.get(keyword), str):
                return keyword
    return None


def _flat(schema: Schema, node: Node) -> Iterator[Spot]:
    """All schemas that hold together: what is referred to, the branches of allOf, and lone branches of anyOf, oneOf."""
    pending, met = list(reversed(node)), set()
    while pending:
        spot = pending.pop()
        if spot.key in met:
            continue
        met.add(spot.key)
        keyword = reference(spot)
        if keyword is not None:
            try:
                pending.append(refer(schema, spot, keyword))
            except Unresolved:
                yield spot
                continue
        if keyword is not None and spot.dialect <= Dialect.DRAFT7:
            continue
        yield spot
        if isinstance(spot.value, dict):
            for group in ("allOf", "anyOf", "oneOf"):
                branches = spot.value.get(group)
                if isinstance(branches, list) and (group == "allOf" or len(branches) == 1):
                    pending.extend(inside(schema, spot, group, number) for number in reversed(range(len(branches))))


class _Looking:
    """One schema of a conjunction, being added to what the others say."""

    def __init__(self, schema: Schema, spot: Spot, seen: View) -> None:
        self._schema, self._spot, self._value, self._seen = schema, spot, spot.keywords, seen

    def look(self) -> None:
        keyword = reference(self._spot)
        if keyword is not None:
            try:
                refer(self._schema, self._spot, keyword)
            except Unresolved as unresolved:
                self._seen.unresolved |= {unresolved.uri}
                if self._spot.dialect <= Dialect.DRAFT7:
                    return
        self._types()
        self._numbers()
        self._texts()
        self._object()
        self._array()
        self._combined()

    def _has(self, keyword: str) -> bool:
        """Whether a keyword stands there that this draft has."""
        dialect = self._spot.dialect
        return keyword in self._value and _SINCE.get(keyword, dialect) <= dialect <= _UNTIL.get(keyword, dialect)

    def _get(self, keyword: str) -> Json:
        return self._value[keyword] if self._has(keyword) else None

    def _types(self) -> None:
        seen, said = self._seen, self._get("type")
        names = [said] if isinstance(said, str) else said
        if isinstance(names, list):
            types = frozenset(str(name) for name in names if name != "integer" or "number" not in names)
            if "nullable" in self._schema.extensions and self._value.get("nullable") is True:
                types |= {"null"}
            seen.types = types if seen.types is None else _both(seen.types, types)
        listed = self._get("enum")
        groups = [listed] if isinstance(listed, list) else []
        if self._has("const"):
            groups.append([self._value["const"]])
        for group in groups:
            values = {canonical(one): one for one in group}
            known = seen.values
            seen.values = values if known is None else {key: one for key, one in known.items() if key in values}

    def _numbers(self) -> None:
        bounds = self._seen.bounds
        for keywords, tighter in ((_LOWER, max), (_UPPER, min)):
            for keyword in keywords:
                said = self._get(keyword)
                if said is True and keyword.startswith("exclusive"):  # draft 4: the bound itself stands elsewhere
                    said = self._get(keyword.removeprefix("exclusive").lower())
                elif keyword in {"minimum", "maximum"} and self._get(f"exclusive{keyword.capitalize()}") is True:
                    continue
                if isinstance(said, int | float) and not isinstance(said, bool):
                    bounds[keyword] = tighter(bounds[keyword], said) if keyword in bounds else said
        for keyword in ("minLength", "minItems", "minProperties"):
            if bounds.get(keyword) == 0:
                del bounds[keyword]

    def _texts(self) -> None:
        words = self._seen.words
        for keyword in (*_WORDS, *_MARKS, *(self._schema.extensions - {"nullable"})):
            said = self._get(keyword)
            if self._has(keyword) and said != _SAYS_NOTHING.get(keyword, ...):
                words[keyword] = words.get(keyword, frozenset()) | {canonical(said)}

    def _object(self) -> None:
        seen = self._seen
        required = self._get("required")
        if isinstance(required, list):
            seen.required |= {str(name) for name in required}
        for keyword, into in (("properties", seen.properties), ("patternProperties", seen.patterns)):
            self._named(keyword, into)
        for keyword in ("dependentSchemas", "dependencies"):
            self._named(keyword, seen.dependents)
        for keyword in ("dependentRequired", "dependencies"):
            needed = self._get(keyword)
            for name, names in needed.items() if isinstance(needed, dict) else ():
                if isinstance(names, list):
                    seen.needed[name] = seen.needed.get(name, frozenset()) | {str(one) for one in names}
        for keyword in _CLOSING:
            seen.closing[keyword] = self._added(keyword, seen.closing.get(keyword, ()))

    def _array(self) -> None:
        seen = self._seen
        first = "prefixItems" if self._spot.dialect is Dialect.DRAFT2020 else "items"
        listed = self._get(first)
        if not isinstance(listed, list):
            seen.rest = self._added("items", seen.rest)
            return
        for number in range(len(listed)):
            spot = inside(self._schema, self._spot, first, number)
            if number == len(seen.prefix):
                seen.prefix.append(())
            seen.prefix[number] = (*seen.prefix[number], spot)
        seen.rest = self._added("items" if first == "prefixItems" else "additionalItems", seen.rest)

    def _combined(self) -> None:
        seen = self._seen
        for keyword in _ALONE:
            node = self._added(keyword, seen.alone.get(keyword, ()))
            if node:
                seen.alone[keyword] = node
        for keyword in ("anyOf", "oneOf"):
            branches = self._get(keyword)
            if isinstance(branches, list) and len(branches) > 1:
                number = sum(1 for known, _ in seen.choices if known == keyword)
                spots = [(inside(self._schema, self._spot, keyword, place),) for place in range(len(branches))]
                seen.choices[keyword, number] = list(spots)

    def _named(self, keyword: str, into: dict[str, Node]) -> None:
        schemas = self._get(keyword)
        for name, one in schemas.items() if isinstance(schemas, dict) else ():
            if isinstance(one, dict | bool):
                into[name] = (*into.get(name, ()), inside(self._schema, self._spot, keyword, name))

    def _added(self, keyword: str, node: Node) -> Node:
        """A node and the schema under a keyword, unless that says nothing."""
        said = self._get(keyword)
        says = said is False or (isinstance(said, dict) and bool(said))
        return (*node, inside(self._schema, self._spot, keyword)) if says else node


def _both(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    """The types that two lists have in common; every integer is a number."""
    common = left & right
    for one, other in ((left, right), (right, left)):
        if "integer" in one and "number" in other:
            common |= {"integer"}
    return common


def canonical(value: Json) -> str:
    """One text for all ways to write one value: 1.0 is 1, and the order of keys is none."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def describe(schema: Schema, node: Node, depth: int = 2) -> str:
    """A schema in the words of a message: `string or null`, `array of integer`, `one of 3 values`."""
    seen = view(schema, node)
    if seen.unresolved:
        return f"what {', '.join(sorted(seen.unresolved))} says"
    if seen.values is not None:
        texts = list(seen.values)
        return texts[0] if len(texts) == 1 else f"one of {len(texts)} values"
    if seen.types is None:
        branches = next(iter(seen.choices.values()), [])
        return f"one of {len(branches)} alternatives" if branches else "object" if seen.properties else "anything"
    if not seen.types:
        return "nothing"
    return " or ".join(
        f"array of {describe(schema, seen.rest, depth - 1)}" if one == "array" and seen.rest and depth else one
        for one in sorted(seen.types, key=lambda name: (name == "null", name))
    )
