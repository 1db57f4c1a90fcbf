"""Random documents that are valid for a schema, and jsonschema as the judge of it.

A document is drawn along the schema, as far as that is easily followed, and then changed at random; whether it is valid
is for jsonschema to say. Nothing here knows how pairs are judged.
"""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote

import jsonschema
import referencing.exceptions
from jsonschema import validators

from contractctl.formats.json_schema.language import Strings, Unreadable, take

ODD = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    10**6,
    "",
    "a",
    "zzz",
    "2026-11-24",
    [],
    ["a"],
    [1, 1],
    {},
    {"a": 1},
    {"zz": None},
)
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_DEEPEST = 6
_OF_TYPE = {
    "object": {
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "minProperties",
        "dependentRequired",
    },
    "array": {"items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"},
    "string": {"pattern", "minLength", "maxLength", "format"},
    "number": {"minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"},
}


class Judge:
    """Whether documents are valid for a schema; what jsonschema cannot say is None."""

    def __init__(self, schema: Any) -> None:
        kind = validators.validator_for(_spelled(schema), default=jsonschema.Draft202012Validator)
        self._validator = kind(schema)

    def accepts(self, document: Any) -> bool | None:
        try:
            return self._validator.is_valid(document)
        except (re.error, referencing.exceptions.Unresolvable, RecursionError, OverflowError):
            return None


def read(path: Path) -> Any:
    return json.loads(path.read_bytes().decode("utf-8-sig"))


def valid(schema: Any, random: Random, tries: int) -> Iterator[Any]:
    """Documents that are valid for a schema, out of so many that were drawn."""
    judge = Judge(schema)
    drawn = _Drawing(schema, random)
    held: list[Any] = []
    for _ in range(tries):
        document = changed(random.choice(held), random) if held and random.random() < 0.5 else drawn.any_of(schema, 0)
        if judge.accepts(document):
            held.append(document)
            yield document


def changed(document: Any, random: Random) -> Any:
    """A copy that differs in one place or two."""
    whole = [copy.deepcopy(document)]
    for _ in range(random.choice((1, 1, 2))):
        places = list(_places(whole))
        holder, key = random.choice(places)
        kind = random.random()
        if kind < 0.25 and isinstance(holder, dict):
            del holder[key]
        elif kind < 0.5 and isinstance(holder[key], dict):
            holder[key][random.choice(("zz", "a", "b", "name", "x-y", ""))] = copy.deepcopy(random.choice(ODD))
        elif kind < 0.6 and isinstance(holder[key], list):
            holder[key].append(copy.deepcopy(random.choice([*holder[key], *ODD])))
        else:
            holder[key] = copy.deepcopy(random.choice(ODD))
    return whole[0]


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    pending = [holder]
    while pending:
        one = pending.pop()
        for key, value in list(one.items() if isinstance(one, dict) else enumerate(one)):
            yield one, key
            if isinstance(value, dict | list):
                pending.append(value)


class _Drawing:
    """Draws documents along one schema."""

    def __init__(self, root: Any, random: Random) -> None:
        self._root = root
        self._random = random

    def any_of(self, schema: Any, depth: int) -> Any:
        whole = self._merged(schema, 0)
        if not isinstance(whole, dict) or depth > _DEEPEST:
            return copy.deepcopy(self._random.choice(ODD[:8]))
        for keyword in ("const", "enum"):
            if keyword in whole:
                value = whole[keyword]
                return copy.deepcopy(self._random.choice(value) if keyword == "enum" and value else value)
        return self._of_type(self._type(whole), whole, depth)

    def _merged(self, schema: Any, depth: int) -> Any:
        """The schema with its references followed, one branch of each choice taken, and all parts in one."""
        if not isinstance(schema, dict) or depth > 2 * _DEEPEST:
            return schema
        parts = [{key: value for key, value in schema.items() if key not in {"$ref", "allOf", "anyOf", "oneOf", "not"}}]
        if "$ref" in schema:
            parts.append(self._merged(self._target(schema["$ref"]), depth + 1))
        parts += [self._merged(part, depth + 1) for part in schema.get("allOf", ())]
        for choice in ("anyOf", "oneOf"):
            if schema.get(choice):
                parts.append(self._merged(self._random.choice(schema[choice]), depth + 1))
        if "if" in schema:
            branch = self._random.choice([["if", "then"], ["else"]])
            parts += [self._merged(schema[name], depth + 1) for name in branch if name in schema]
        whole: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, dict):
                _add(whole, part)
        return whole

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return {}
        target = self._root
        for step in unquote(reference[1:]).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            try:
                target = target[int(name)] if isinstance(target, list) else target[name]
            except (KeyError, IndexError, ValueError, TypeError):
                return {}
        return target

    def _type(self, schema: dict[str, Any]) -> str:
        types = schema.get("type")
        if isinstance(types, list) and types:
            return str(self._random.choice(types))
        if isinstance(types, str):
            return types
        meant = [type_ for type_, keywords in _OF_TYPE.items() if keywords & set(schema)]
        return str(self._random.choice(meant if meant and self._random.random() < 0.8 else _TYPES))

    def _of_type(self, type_: str, schema: dict[str, Any], depth: int) -> Any:
        match type_:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._string(schema)
            case "integer" | "number":
                return self._number(schema, whole=type_ == "integer")
            case "boolean":
                return self._random.random() < 0.5
            case _:
                return None

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        declared = schema.get("properties", {})
        rate = self._random.choice((0.0, 0.2, 0.5, 0.9)) / (1 + depth)
        names = [*schema.get("required", ()), *(name for name in declared if self._random.random() < rate)]
        document = {name: self.any_of(declared.get(name, {}), depth + 1) for name in dict.fromkeys(names)}
        for pattern, value in schema.get("patternProperties", {}).items():
            for name in _matching(pattern):
                if self._random.random() < 0.3:
                    document[name] = self.any_of(value, depth + 1)
        others = schema.get("additionalProperties", {})
        while others is not False and self._random.random() < 0.3:
            document[self._random.choice(("zz", "other", "x-y", "A", "0"))] = self.any_of(others, depth + 1)
        return document

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        items = schema.get("items", {})
        first = [*schema.get("prefixItems", ()), *(items if isinstance(items, list) else ())]
        others = schema.get("additionalItems", {}) if isinstance(items, list) else items
        least = _number(schema.get("minItems"), 0)
        length = min(least + self._random.choice((0, 0, 1, 1, 2, 3)), _number(schema.get("maxItems"), 10), 40)
        return [self.any_of(first[index] if index < len(first) else others, depth + 1) for index in range(int(length))]

    def _string(self, schema: dict[str, Any]) -> str:
        if isinstance(schema.get("pattern"), str):
            return self._random.choice(_matching(schema["pattern"]) or ("",))
        text = self._random.choice(("", "a", "zz", "2026-11-24T09:30:00Z", "https://example.com/a", "Ab1", "é"))
        least = int(min(_number(schema.get("minLength"), 0), 1000))
        return text.ljust(least, "x")[: max(least, int(_number(schema.get("maxLength"), 100)))]

    def _number(self, schema: dict[str, Any], *, whole: bool) -> float:
        low = _number(schema.get("minimum", schema.get("exclusiveMinimum")), -5)
        high = _number(schema.get("maximum", schema.get("exclusiveMaximum")), low + 10)
        value = self._random.choice((low, high, low + 1, high - 1, (low + high) / 2, 0, 1, 7))
        unit = _number(schema.get("multipleOf"), 0)
        value = round(value / unit) * unit if unit else value
        return int(value) if whole or (float(value).is_integer() and self._random.random() < 0.8) else value


def _add(whole: dict[str, Any], part: dict[str, Any]) -> None:
    for key, value in part.items():
        if key in {"properties", "patternProperties"} and isinstance(value, dict):
            whole[key] = {**whole.get(key, {}), **value}
        elif key == "required" and isinstance(value, list):
            whole[key] = [*whole.get(key, ()), *value]
        elif key == "enum" and isinstance(whole.get(key), list) and isinstance(value, list):
            whole[key] = [one for one in whole[key] if one in value] or value
        else:
            whole[key] = value


def _matching(pattern: str) -> tuple[str, ...]:
    try:
        return take(Strings(frozenset({pattern}), frozenset()), 5)
    except Unreadable:
        return ()


def _number(value: Any, otherwise: float) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return value if fits else otherwise


def _spelled(schema: Any) -> Any:
    """With the dialect's address as jsonschema spells it."""
    if not isinstance(schema, dict) or not isinstance(schema.get("$schema"), str):
        return schema
    named = re.search(r"draft[-/](0[467]|2019-09|2020-12)", schema["$schema"])
    iglu = "self-desc" in schema["$schema"]
    if named is None and not iglu:
        return schema
    year = "04" if named is None else named[1]
    plain = (
        f"http://json-schema.org/draft-{year}/schema#"
        if len(year) == 2
        else f"https://json-schema.org/draft/{year}/schema"
    )
    return {**schema, "$schema": plain}
