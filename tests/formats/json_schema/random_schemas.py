"""Small random schemas, in which things collide, and the small documents that tell them apart."""

import json
from random import Random
from typing import Any

URIS = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}
NAMES = ["a", "b", "c"]
KINDS = ["null", "boolean", "integer", "number", "string", "array", "object"]
PATTERNS = ["a", "^a", "b$", "^a*$", "^.$"]
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, -1, 0.5, 1.5, "", "a", "b", "ab", "aa"),
    *([], [1], [1, 1], ["a"], {}, {"a": 1}, {"a": "a", "b": 1}, {"b": None}),
]
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_EVERYWHERE = [
    *("type", "enum", "minimum", "maximum", "multipleOf", *COUNTS, "uniqueItems", "required", "pattern", "$ref"),
    *("allOf", "anyOf", "oneOf", "not", "items", "properties", "properties", "patternProperties"),
    "additionalProperties",
]
_SINCE_6 = ["const", "exclusiveMinimum", "exclusiveMaximum", "contains", "propertyNames"]
KEYWORDS = {
    4: [*_EVERYWHERE, "dependencies"],
    6: [*_EVERYWHERE, *_SINCE_6, "dependencies"],
    7: [*_EVERYWHERE, *_SINCE_6, "dependencies", "if"],
    # jsonschema evaluates otherwise than 2019-09 says: what is left unevaluated is tried in 2020-12 only
    2019: [*_EVERYWHERE, *_SINCE_6, "if", "dependentRequired", "dependentSchemas"],
    2020: [
        *(*_EVERYWHERE, *_SINCE_6, "if", "dependentRequired", "dependentSchemas", "prefixItems"),
        *("unevaluatedProperties", "unevaluatedItems"),
    ],
}


class Schemas:
    """Makes schemas of one draft."""

    def __init__(self, random: Random, draft: int) -> None:
        self.random = random
        self.draft = draft

    def pair(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """A writer's schema and a reader's, mostly much the same."""
        depth = self.random.choice([1, 2, 2, 3])
        writer = self.schema(depth)
        reader = self.schema(depth) if self.random.random() < 0.4 else self.changed(writer)
        shared = self.schema(1)
        other = shared if self.random.random() < 0.5 else self.changed(shared)
        return self._whole(writer, shared), self._whole(reader, other)

    def schema(self, depth: int) -> Any:
        pick = self.random
        if depth <= 0 or pick.random() < 0.12:
            return {"type": pick.choice(KINDS)} if pick.random() < 0.6 else {"enum": pick.sample(VALUES, 3)}
        made: dict[str, Any] = {}
        for _ in range(pick.randint(1, 3)):
            self._keyword(made, depth - 1)
        return made

    def changed(self, schema: Any) -> Any:
        """The same, but for one keyword that went, came or is another."""
        copy = json.loads(json.dumps(schema))
        spots: list[dict[str, Any]] = []
        pending = [copy]
        while pending:
            one = pending.pop()
            if isinstance(one, dict):
                spots.append(one)
            pending.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
        spot = self.random.choice(spots)
        if spot and self.random.random() < 0.5:
            spot.pop(self.random.choice(sorted(spot)))
        else:
            self._keyword(spot, 1)
        return copy

    def _whole(self, schema: Any, shared: Any) -> dict[str, Any]:
        return {"$schema": URIS[self.draft], **schema, "definitions": {"d": shared}}

    def _keyword(self, made: dict[str, Any], depth: int) -> None:  # noqa: C901, PLR0912, PLR0915 - a line a keyword
        pick = self.random
        keyword = pick.choice(KEYWORDS[self.draft])
        match keyword:
            case "type":
                made[keyword] = pick.choice(KINDS) if pick.random() < 0.6 else pick.sample(KINDS, 2)
            case "enum":
                made[keyword] = pick.sample(VALUES, pick.randint(1, 4))
            case "const":
                made[keyword] = pick.choice(VALUES)
            case "minimum" | "maximum":
                made[keyword] = pick.choice([0, 1, 2, 0.5, -1])
                if self.draft == 4:
                    made[f"exclusiveM{keyword[1:]}"] = pick.choice([True, False])
            case "exclusiveMinimum" | "exclusiveMaximum":
                made[keyword] = pick.choice([0, 1, 2, -1])
            case "multipleOf":
                made[keyword] = pick.choice([1, 2, 3, 0.5])
            case _ if keyword in COUNTS:
                made[keyword] = pick.randint(0, 2)
            case "pattern":
                made[keyword] = pick.choice(PATTERNS)
            case "uniqueItems":
                made[keyword] = pick.choice([True, True, False])
            case "required":
                made[keyword] = pick.sample(NAMES, pick.randint(1, 2))
            case "dependentRequired":
                made[keyword] = {pick.choice(NAMES): pick.sample(NAMES, pick.randint(1, 2))}
            case "dependencies" if pick.random() < 0.5:
                made[keyword] = {pick.choice(NAMES): pick.sample(NAMES, pick.randint(1, 2))}
            case "dependencies" | "dependentSchemas":
                made[keyword] = {pick.choice(NAMES): self.schema(depth)}
            case "allOf" | "anyOf" | "oneOf":
                made[keyword] = [self.schema(depth) for _ in range(pick.randint(1, 3))]
            case "if":
                made |= {name: self.schema(depth) for name in ("if", "then", "else") if pick.random() < 0.8}
            case "prefixItems":
                made[keyword] = [self.schema(depth) for _ in range(pick.randint(1, 2))]
            case "items" if self.draft < 2020 and pick.random() < 0.5:
                made[keyword] = [self.schema(depth) for _ in range(pick.randint(1, 2))]
                if pick.random() < 0.6:
                    made["additionalItems"] = self.schema(depth)
            case "contains":
                made[keyword] = self.schema(depth)
                if self.draft >= 2019:
                    made |= {name: pick.randint(0, 2) for name in ("minContains", "maxContains") if pick.random() < 0.5}
            case "properties":
                made[keyword] = {name: self.schema(depth) for name in pick.sample(NAMES, pick.randint(1, 2))}
            case "patternProperties":
                made[keyword] = {pick.choice(PATTERNS): self.schema(depth)}
            case "$ref":
                made[keyword] = "#/definitions/d"
            case _:
                made[keyword] = self.schema(depth)


class Linked(Schemas):
    """Schemas of drafts since 6 that refer to each other by anchors, identifiers and back to the whole, too."""

    NUMBERS = (0.1, 0.01, 0.3, 2.5, 1.0, 10**20, 2**53 + 1)
    PATTERNS = (r"^\d$", r"\w", r"^\s*$", "[^a]", "^(a|b)+$", "^.{1,2}$", r"\bab", "^$", "\u00e9")

    def pair(self) -> tuple[dict[str, Any], dict[str, Any]]:
        self._anchored, self._embedded = self._parts()
        writer, reader = super().pair()
        if self.random.random() < 0.5:
            one, other = self._parts()
            reader["definitions"] |= self._definitions(one, other)
        return writer, reader

    def _parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        one, other = (self.schema(1) for _ in range(2))
        return one, other

    def schema(self, depth: int) -> Any:
        if depth <= 0 and self.random.random() < 0.1:
            return self.random.choice([{}, {"not": {}}])
        return super().schema(depth)

    def _whole(self, schema: Any, shared: Any) -> dict[str, Any]:
        whole = super()._whole(schema, shared)
        if self.draft == 2019:
            whole["$recursiveAnchor"] = True
        whole["definitions"] |= self._definitions(self._anchored, self._embedded)
        return {**whole, "$id": "http://x.example/root.json"}

    def _definitions(self, anchored: dict[str, Any], embedded: dict[str, Any]) -> dict[str, Any]:
        named = {"$anchor": "m"} if self.draft >= 2019 else {"$id": "#m"}
        dynamic = {"$dynamicAnchor": "n"} if self.draft == 2020 else {}
        inner = {"$id": "other.json", "definitions": {"d": {**anchored, **dynamic}}}
        return {"m": {**anchored, **named}, "n": {**embedded, **dynamic}, "o": {**embedded, **inner}}

    def _keyword(self, made: dict[str, Any], depth: int) -> None:
        pick = self.random
        match pick.randint(0, 11):
            case 0:
                made["$ref"] = pick.choice(["#", "#m", "other.json", "other.json#/definitions/d"])
            case 1 if self.draft >= 2019:
                made |= {"$recursiveRef": "#"} if self.draft == 2019 else {"$dynamicRef": pick.choice(["#n", "#m"])}
            case 2:
                made["items"] = {"$ref": pick.choice(["#", "#/definitions/d"])}
            case 3:
                made[pick.choice(["multipleOf", "minimum", "maximum"])] = pick.choice(self.NUMBERS)
            case 4:
                made["pattern"] = pick.choice(self.PATTERNS)
            case 5:
                made["patternProperties"] = {pick.choice(self.PATTERNS): self.schema(depth) for _ in range(2)}
                made["additionalProperties"] = self.schema(depth)
            case 6:
                made |= {name: self.schema(depth) for name in pick.sample(["if", "then", "else"], 2)}
            case _:
                super()._keyword(made, depth)


def documents() -> list[Any]:
    """A few hundred small values of every kind."""
    small: list[Any] = [None, 0, 1, 2, "a", "b", True, 0.5, [], {}]
    found: list[Any] = [None, True, False, 0, 1, 2, 3, -1, 0.5, 1.5, 2.5, "", "a", "b", "ab", "ba", "aa", "abc", "c"]
    found += [[], *([one] for one in small), *([one, other] for one in small[:8] for other in small[:8])]
    found += [[1, 1, 1], [1, 2, "a"], ["a", "a", "b"], [None, None, 1], [[1]], [{"a": 1}], [1, 2, 3, 1], {}]
    found += [{name: one} for name in ["a", "b", "c", "ab", "zz", ""] for one in [*small, "ab", [1, 1], {"a": 1}]]
    for one, other in [("a", "b"), ("a", "c"), ("b", "c"), ("a", "zz"), ("aa", "b"), ("ab", "c")]:
        found += [{one: first, other: second} for first in small[:7] for second in small[:7]]
    found += [{"a": 1, "b": 1, "c": 1}, {"a": None, "b": None, "c": None}, {"a": {"a": {"a": 1}}}, {"a": [1], "b": [1]}]
    return found
