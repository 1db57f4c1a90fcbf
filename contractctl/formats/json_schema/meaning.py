"""What does a whole schema assert? Everything that its keywords do, references followed, as one literal of a space."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from contractctl.documents import Json
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, Dialect, subschemas
from contractctl.formats.json_schema.evaluation import TooManyCasesError
from contractctl.formats.json_schema.keywords import KEYWORDS, ORDER, NotThisError, Read
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.search.nodes import FALSE, TRUE, All, Literal, Named, One, Opaque, Properties, Some
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.shown import shown
from contractctl.formats.json_schema.spots import Schema, Spot, inside
from contractctl.formats.json_schema.uris import RETRIEVED, split

_MOST_FRAMES = 30
"""How many nested schemas are read in one go; each takes some ten Python stack frames."""
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_RESTS = ("additionalProperties", "unevaluatedProperties")
_IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "if", "then", "else", "dependencies", "dependentSchemas"})
_NAMING = frozenset({"properties", "required", "dependencies", "dependentRequired", "dependentSchemas"})


class Assertion(NamedTuple):
    """What one keyword of a schema asserts."""

    keyword: str
    literal: Literal


class _TooDeepError(Exception):
    """A schema that lies too far from where the reading began: it is read first, and what led to it again."""

    def __init__(self, spot: Spot, depth: int) -> None:
        self.spot = spot
        self.depth = depth
        self.between: dict[object, int] = {}
        """The schemas on the way to it, as `_open` has them."""


class Meaning:
    """One schema, read into a space."""

    def __init__(self, space: Space, schema: Schema, absent: frozenset[str] = frozenset()) -> None:
        self.space = space
        self.schema = schema
        self.names: set[str] = set()
        """The names under `properties` that were met so far."""
        self._absent = absent
        """Names that open objects are taken not to have."""
        self._known: dict[object, Literal] = {}
        self._open: dict[object, int] = {}
        """Schemas that are being read, and how many steps into a value they began."""
        self._depth = 0
        self._frames = 0
        """How many schemas deep the reading is."""
        self._named: dict[object, Literal] = {}

    def root(self, spot: Spot) -> Literal:
        """The literal of a whole schema."""
        literal = self._closed(spot, self.of(spot))
        for named in self._named.values():
            if self._is_endless(named):
                self.space.define(named, self._opaque("a schema refers to itself without end", named))
        return literal

    def of(self, spot: Spot) -> Literal:
        """What the schema at a spot asserts of the same value."""
        if isinstance(spot.value, bool):
            return TRUE if spot.value else FALSE
        known = self._known.get(spot.key)
        if known is not None:
            return known
        return self._read_whole(spot) if self._frames else self._read_by_and_by(spot)

    def _read_by_and_by(self, spot: Spot) -> Literal:
        """Schemas may lead to one another by the hundred: no stack of Python's holds all that are being read."""
        depth = self._depth
        pending = [(spot, depth, self._open)]
        while True:
            spot, self._depth, self._open = pending[-1]
            try:
                literal = self._read_whole(spot)
            except _TooDeepError as deeper:
                pending.append((deeper.spot, deeper.depth, {**self._open, **deeper.between}))
                continue
            pending.pop()
            if not pending:
                self._depth = depth
                return literal

    def _read_whole(self, spot: Spot) -> Literal:
        key = spot.key
        if key in self._open:
            if self._open[key] == self._depth:
                return self._opaque("a schema refers to itself without end", key)
            return self._named.setdefault(key, self.space.name((id(self.schema), self._absent, key)))
        if self._frames >= _MOST_FRAMES:
            raise _TooDeepError(spot, self._depth)
        self._open[key] = self._depth
        self._frames += 1
        try:
            literal = self.space.all_of(one.literal for one in self.assertions(spot))
        except _TooDeepError as deeper:
            deeper.between[key] = self._depth
            raise
        finally:
            self._frames -= 1
            del self._open[key]
        if key in self._named:
            self.space.define(self._named[key], literal)
        self._known[key] = literal
        return literal

    def below(self, spot: Spot, *steps: str | int) -> Literal:
        """What the schema some steps below a spot asserts of a part of the value."""
        self._depth += 1
        try:
            inner = inside(self.schema, spot, *steps)
            return self._closed(inner, self.of(inner))
        finally:
            self._depth -= 1

    def beside(self, spot: Spot, *steps: str | int) -> Literal:
        """What the schema some steps below a spot asserts of the same value."""
        return self.of(inside(self.schema, spot, *steps))

    def referred(self, spot: Spot, keyword: str) -> Literal:
        """What the schema that a reference leads to asserts."""
        try:
            return self.of(refer(self.schema, spot, keyword))
        except Unresolved as error:
            # what this version lacks, or says twice, may be one thing here and another in the next
            uri, _ = split(error.uri)
            is_ours = uri.startswith(RETRIEVED) or not uri or uri in self.schema.resources
            return self._opaque(error.reason, (error.uri, id(self.schema) if is_ours else None))

    def assertions(self, spot: Spot) -> Iterator[Assertion]:
        """What each keyword at a spot asserts; keywords that assert nothing are left out."""
        value = spot.value
        if not isinstance(value, dict):
            if not isinstance(value, bool):
                yield Assertion("", self._opaque(f"a schema is an object, true or false, not {shown(value)}", value))
            elif not value:
                yield Assertion("", FALSE)
            return
        if "$ref" in value and spot.dialect < Dialect.DRAFT2019:  # its siblings are ignored
            yield Assertion("$ref", self.referred(spot, "$ref"))
            return
        for _, keyword in sorted((ORDER[keyword], keyword) for keyword in value if keyword in ORDER):
            since, until, read = KEYWORDS[keyword]
            if since <= spot.dialect <= until:
                literal = self._read(read, spot, keyword, value)
                if literal != TRUE:
                    yield Assertion(keyword, literal)

    def _read(self, read: Read, spot: Spot, keyword: str, value: dict[str, Json]) -> Literal:
        try:
            return read(self, spot, value[keyword])
        except NotThisError:
            reason = f"'{keyword}' has a value that the specification does not allow"
            return self._opaque(reason, (keyword, spot.dialect, value[keyword], self._reach(value[keyword])))
        except TooManyCasesError:
            reason = f"what '{keyword}' leaves over depends on too many cases"
            return self._opaque(reason, (keyword, spot.dialect, value, self._reach(value)))

    def _opaque(self, reason: str, what: object) -> Literal:
        return self.space.literal(Opaque(reason, repr(what)))

    def _reach(self, value: Json) -> int | None:
        """What tells texts that are the same apart: references in them lead elsewhere in another version."""
        return None if _REFERENCES.isdisjoint(_keys(value)) else id(self.schema)

    def _closed(self, spot: Spot, literal: Literal) -> Literal:
        """With the names that an open object is taken not to have."""
        if not self._absent or not isinstance(spot.value, dict) or self._is_map(spot):
            return literal
        gone = tuple((name, FALSE) for name in self._absent)
        return self.space.all_of((literal, self.space.literal(Properties(gone, (), TRUE))))

    def _is_map(self, spot: Spot) -> bool:
        """Whether any name is meant there, not only those that somebody thought of."""
        pending, met = [spot], set[object]()
        while pending:
            one = pending.pop()
            if one.key in met or not isinstance(one.value, dict):
                continue
            met.add(one.key)
            if "patternProperties" in one.value or any(isinstance(one.value.get(rest), dict) for rest in _RESTS):
                return True
            pending.extend(self._beside(one, one.value))
        return False

    def _beside(self, spot: Spot, value: dict[str, Json]) -> Iterator[Spot]:
        """The schemas that a schema applies to the same value."""
        for steps, _ in subschemas(value, SUBSCHEMAS[spot.dialect]):
            if steps[0] in _IN_PLACE:
                yield inside(self.schema, spot, *steps)
        for keyword in _REFERENCES & value.keys():
            with suppress(Unresolved):
                yield refer(self.schema, spot, keyword)

    def _is_endless(self, named: Literal) -> bool:
        """Whether a name stands for something that says the same of the same value again."""
        pending, met = [self.space.bodies.get(named >> 1, TRUE)], set[int]()
        while pending:
            number = pending.pop() >> 1
            if number == named >> 1:
                return True
            if number in met:
                continue
            met.add(number)
            node = self.space.nodes[number]
            if isinstance(node, Named):
                pending.append(self.space.bodies.get(number, TRUE))
            elif isinstance(node, All | Some | One):
                pending.extend(node.parts)
        return False


def names_in(schema: Schema) -> Iterator[str]:
    """Every property name that a text mentions, and perhaps a few more."""
    pending: list[Json] = [one.value for (_, pointer), one in schema.starts.items() if not pointer]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            for keyword, inner in value.items():
                yield from names_under(keyword, inner)
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def names_under(keyword: str, value: Json) -> Iterator[str]:
    """The names of properties that a keyword mentions."""
    if keyword in _NAMING:
        yield from _texts(value)
        for inner in value.values() if isinstance(value, dict) else ():
            yield from _texts(inner) if isinstance(inner, list) else ()
    elif keyword in {"enum", "const"}:
        yield from _keys(value)
    elif keyword == "propertyNames" and isinstance(value, dict):
        yield from (*_texts(value.get("enum")), *_texts([value.get("const")]))


def _texts(value: Json) -> Iterator[str]:
    """The names of an object, or the texts in a list."""
    if isinstance(value, dict | list):
        yield from (one for one in value if isinstance(one, str))


def _keys(value: Json) -> Iterator[str]:
    """The names of all objects in a value."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            yield from one
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)
