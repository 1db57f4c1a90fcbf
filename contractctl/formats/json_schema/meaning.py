"""What does each keyword of a schema assert? Keyword by keyword, for all drafts, as literals of one space.

https://json-schema.org/draft/2020-12/json-schema-core and json-schema-validation; earlier drafts where they differ.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from contractctl.documents import Json
from contractctl.formats.json_schema import formats
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.evaluation import TooManyCasesError, cases
from contractctl.formats.json_schema.nodes import (
    FALSE,
    TRUE,
    All,
    Bound,
    Contains,
    Format,
    Items,
    Literal,
    MultipleOf,
    Named,
    One,
    Opaque,
    Pattern,
    Properties,
    PropertyNames,
    Required,
    Size,
    Some,
    Space,
    Unique,
)
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.shown import shown
from contractctl.formats.json_schema.spots import Schema, Spot, inside
from contractctl.formats.json_schema.uris import RETRIEVED
from contractctl.formats.json_schema.values import ANYTHING, ARRAY, NAMES, OBJECT, STRING, exact


class Assertion(NamedTuple):
    """What one keyword of a schema asserts."""

    keyword: str
    literal: Literal


class _NotThisError(Exception):
    """A keyword's value is not what the specification allows there."""


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
        key = spot.key
        known = self._known.get(key)
        if known is not None:
            return known
        if key in self._open:
            if self._open[key] == self._depth:
                return self._opaque("a schema refers to itself without end", key)
            return self._named.setdefault(key, self.space.name((id(self.schema), key)))
        self._open[key] = self._depth
        try:
            literal = self.space.all_of(one.literal for one in self.assertions(spot))
        finally:
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
            # a file of the version's own that is missing may say one thing in this version, another in the next
            is_ours = error.uri.startswith(RETRIEVED) or not error.uri
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
        for _, keyword in sorted((_ORDER[keyword], keyword) for keyword in value if keyword in _ORDER):
            since, until, read = _KEYWORDS[keyword]
            if since <= spot.dialect <= until:
                literal = self._read(read, spot, keyword, value)
                if literal != TRUE:
                    yield Assertion(keyword, literal)

    def _read(self, read: "_Read", spot: Spot, keyword: str, value: dict[str, Json]) -> Literal:
        try:
            return read(self, spot, value[keyword])
        except _NotThisError:
            reason = f"'{keyword}' has a value that the specification does not allow"
            return self._opaque(reason, (keyword, value[keyword]))
        except TooManyCasesError:
            return self._opaque(f"what '{keyword}' leaves over hangs on too many cases", (keyword, value))

    def _opaque(self, reason: str, what: object) -> Literal:
        return self.space.literal(Opaque(reason, repr(what)))

    def _closed(self, spot: Spot, literal: Literal) -> Literal:
        """With the names that an open object is taken not to have."""
        if not self._absent or not isinstance(spot.value, dict):
            return literal
        while "$ref" in spot.value:
            try:
                target = refer(self.schema, spot, "$ref")
            except Unresolved:
                return literal
            if target.key == spot.key or not isinstance(target.value, dict) or "$ref" in target.value:
                break
            spot = target
        assert isinstance(spot.value, dict)  # noqa: S101 - the loop keeps it one
        if isinstance(spot.value.get("additionalProperties"), dict) or "patternProperties" in spot.value:
            return literal  # any name is meant there, not only those that nobody thought of
        gone = tuple((name, FALSE) for name in self._absent)
        return self.space.all_of((literal, self.space.literal(Properties(gone, (), TRUE))))

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
    """Every name of a property that a text declares or demands, and perhaps a few more."""
    pending: list[Json] = [one.value for (_, pointer), one in schema.starts.items() if not pointer]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            for keyword in ("properties", "required"):
                named = value.get(keyword)
                yield from (str(name) for name in named) if isinstance(named, dict | list) else ()
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


# Core: https://json-schema.org/draft/2020-12/json-schema-core#section-8


def _ref(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    _demand(isinstance(value, str))
    return meaning.referred(spot, "$ref")


def _dynamic_ref(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    _demand(isinstance(value, str))
    return meaning.referred(spot, "$dynamicRef")


def _recursive_ref(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    _demand(value == "#")
    return meaning.referred(spot, "$recursiveRef")


# Subschemas for the same value: https://json-schema.org/draft/2020-12/json-schema-core#section-10.2


def _all_of(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    return meaning.space.all_of(_branches(meaning, spot, "allOf", value))


def _any_of(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    return meaning.space.any_of(_branches(meaning, spot, "anyOf", value))


def _one_of(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    return meaning.space.one_of(_branches(meaning, spot, "oneOf", value))


def _branches(meaning: Meaning, spot: Spot, keyword: str, value: Json) -> list[Literal]:
    return [meaning.beside(spot, keyword, index) for index in range(len(_list(value)))]


def _not(meaning: Meaning, spot: Spot, _: Json) -> Literal:
    return meaning.beside(spot, "not") ^ 1


def _if(meaning: Meaning, spot: Spot, _: Json) -> Literal:
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    condition = meaning.beside(spot, "if")
    then = meaning.beside(spot, "then") if "then" in spot.value else TRUE
    otherwise = meaning.beside(spot, "else") if "else" in spot.value else TRUE
    any_of = meaning.space.any_of
    return meaning.space.all_of((any_of((condition ^ 1, then)), any_of((condition, otherwise))))


def _dependent_schemas(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    return meaning.space.all_of(
        unless(meaning.space, name, meaning.beside(spot, "dependentSchemas", name)) for name in _object(value)
    )


def _dependencies(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    return meaning.space.all_of(
        unless(
            meaning.space,
            name,
            meaning.space.literal(Required(frozenset(_texts(demanded))))
            if isinstance(demanded, list)
            else meaning.beside(spot, "dependencies", name),
        )
        for name, demanded in _object(value).items()
    )


def unless(space: Space, name: str, demanded: Literal) -> Literal:
    """What is demanded where a property is there."""
    missing = space.literal(Required(frozenset({name}))) ^ 1
    return space.any_of((space.kinds(ANYTHING & ~OBJECT), missing, demanded))


# Subschemas for items and properties: https://json-schema.org/draft/2020-12/json-schema-core#section-10.3


def _prefix_items(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    prefix = tuple(meaning.below(spot, "prefixItems", index) for index in range(len(_list(value))))
    return meaning.space.literal(Items(prefix, TRUE))


def _items(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    if isinstance(value, list) and spot.dialect < Dialect.DRAFT2020:
        prefix = tuple(meaning.below(spot, "items", index) for index in range(len(value)))
        return meaning.space.literal(Items(prefix, TRUE))
    first = _count(spot, "prefixItems") if spot.dialect >= Dialect.DRAFT2020 else 0
    return meaning.space.literal(Items((TRUE,) * first, meaning.below(spot, "items")))


def _additional_items(meaning: Meaning, spot: Spot, _: Json) -> Literal:
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    if not isinstance(spot.value.get("items"), list):
        return TRUE
    return meaning.space.literal(Items((TRUE,) * _count(spot, "items"), meaning.below(spot, "additionalItems")))


def _contains(meaning: Meaning, spot: Spot, _: Json) -> Literal:
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    least, most = 1, None
    if spot.dialect >= Dialect.DRAFT2019:
        least = _whole(spot.value.get("minContains", 1))
        most = _whole(spot.value["maxContains"]) if "maxContains" in spot.value else None
    return meaning.space.literal(Contains(meaning.below(spot, "contains"), least, most))


def _properties(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    meaning.names.update(_object(value))
    named = tuple((name, meaning.below(spot, "properties", name)) for name in _object(value))
    return meaning.space.literal(Properties(named, (), TRUE))


def _pattern_properties(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    patterns = tuple((source, meaning.below(spot, "patternProperties", source)) for source in _object(value))
    return meaning.space.literal(Properties((), patterns, TRUE))


def _additional_properties(meaning: Meaning, spot: Spot, _: Json) -> Literal:
    named, patterns = spoken_of(spot)
    rest = meaning.below(spot, "additionalProperties")
    if rest == TRUE:
        return TRUE
    return meaning.space.literal(
        Properties(tuple((name, TRUE) for name in named), tuple((source, TRUE) for source in patterns), rest)
    )


def spoken_of(spot: Spot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names and patterns that `properties` and `patternProperties` speak of."""
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    named, patterns = spot.value.get("properties", {}), spot.value.get("patternProperties", {})
    return tuple(_object(named)), tuple(_object(patterns))


def _property_names(meaning: Meaning, spot: Spot, _: Json) -> Literal:
    return meaning.space.literal(PropertyNames(meaning.below(spot, "propertyNames")))


# https://json-schema.org/draft/2020-12/json-schema-core#section-11


def _unevaluated_items(meaning: Meaning, spot: Spot, _: Json) -> Literal:
    rest = meaning.below(spot, "unevaluatedItems")
    found = []
    for case in cases(meaning, spot, "unevaluatedItems"):
        if not case.every_item:
            other = meaning.space.any_of((rest, *case.contained))
            held = meaning.space.literal(Items((TRUE,) * case.items, other))
            found.append(meaning.space.any_of((held, *(one ^ 1 for one in case.conditions))))
    return meaning.space.all_of(found)


def _unevaluated_properties(meaning: Meaning, spot: Spot, _: Json) -> Literal:
    rest = meaning.below(spot, "unevaluatedProperties")
    found = []
    for case in cases(meaning, spot, "unevaluatedProperties"):
        if not case.every_property:
            named = tuple((name, TRUE) for name in case.named)
            held = meaning.space.literal(Properties(named, tuple((source, TRUE) for source in case.patterns), rest))
            found.append(meaning.space.any_of((held, *(one ^ 1 for one in case.conditions))))
    return meaning.space.all_of(found)


# Validation: https://json-schema.org/draft/2020-12/json-schema-validation#section-6


def _type(meaning: Meaning, _: Spot, value: Json) -> Literal:
    names = [value] if isinstance(value, str) else _texts(value)
    mask = 0
    for name in names:
        if name not in NAMES:
            raise _NotThisError
        mask |= NAMES[name]
    kinds = meaning.space.kinds(mask)
    if "integer" in names and "number" not in names:
        return meaning.space.all_of((kinds, meaning.space.literal(MultipleOf(Fraction(1)))))
    return kinds


def _enum(meaning: Meaning, _: Spot, value: Json) -> Literal:
    return meaning.space.enum(_list(value))


def _const(meaning: Meaning, _: Spot, value: Json) -> Literal:
    return meaning.space.enum([value])


def _multiple_of(meaning: Meaning, _: Spot, value: Json) -> Literal:
    divisor = _number(value)
    _demand(divisor > 0)
    return meaning.space.literal(MultipleOf(divisor))


def _maximum(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    return meaning.space.literal(Bound(_number(value), upper=True, exclusive=_is_exclusive(spot, "exclusiveMaximum")))


def _minimum(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    return meaning.space.literal(Bound(_number(value), upper=False, exclusive=_is_exclusive(spot, "exclusiveMinimum")))


def _is_exclusive(spot: Spot, keyword: str) -> bool:
    """In draft 4 a flag beside the bound, later a bound of its own."""
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    return spot.dialect == Dialect.DRAFT4 and spot.value.get(keyword) is True


def _exclusive_maximum(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    if spot.dialect == Dialect.DRAFT4:
        return _flag(value)
    return meaning.space.literal(Bound(_number(value), upper=True, exclusive=True))


def _exclusive_minimum(meaning: Meaning, spot: Spot, value: Json) -> Literal:
    if spot.dialect == Dialect.DRAFT4:
        return _flag(value)
    return meaning.space.literal(Bound(_number(value), upper=False, exclusive=True))


def _flag(value: Json) -> Literal:
    """What `minimum` and `maximum` have looked at already."""
    _demand(isinstance(value, bool))
    return TRUE


def _size(kind: int, *, upper: bool) -> "_Read":
    return lambda meaning, _, value: meaning.space.literal(Size(kind, _whole(value), upper))


def _pattern(meaning: Meaning, _: Spot, value: Json) -> Literal:
    _demand(isinstance(value, str))
    return meaning.space.literal(Pattern(str(value)))


def _unique_items(meaning: Meaning, _: Spot, value: Json) -> Literal:
    _demand(isinstance(value, bool))
    return meaning.space.literal(Unique()) if value else TRUE


def _required(meaning: Meaning, _: Spot, value: Json) -> Literal:
    return meaning.space.literal(Required(frozenset(_texts(_list(value)))))


def _dependent_required(meaning: Meaning, _: Spot, value: Json) -> Literal:
    return meaning.space.all_of(
        unless(meaning.space, name, meaning.space.literal(Required(frozenset(_texts(_list(demanded))))))
        for name, demanded in _object(value).items()
    )


def _asserted(keyword: str) -> "_Read":
    """`format` and the content keywords say nothing that is checked, unless the policy asserts them."""

    def read(meaning: Meaning, _: Spot, value: Json) -> Literal:
        if meaning.schema.policy.formats != "assertion" or not isinstance(value, str):
            return TRUE
        if keyword != "format":
            return meaning.space.literal(Format(f"{keyword} {value}"))
        grammar = formats.grammar(value)
        if grammar is None:
            return meaning.space.literal(Format(value))
        longest = TRUE if grammar.most is None else meaning.space.literal(Size(STRING, grammar.most, upper=True))
        return meaning.space.all_of((meaning.space.literal(Pattern(grammar.pattern)), longest))

    return read


_4, _6, _7, _2019, _2020 = Dialect

_Read: TypeAlias = Callable[[Meaning, Spot, Json], Literal]

_KEYWORDS: dict[str, tuple[Dialect, Dialect, _Read]] = {
    "type": (_4, _2020, _type),
    "enum": (_4, _2020, _enum),
    "const": (_4, _2020, _const),  # later than draft 4, and read everywhere: nobody who writes it means nothing
    "multipleOf": (_4, _2020, _multiple_of),
    "maximum": (_4, _2020, _maximum),
    "exclusiveMaximum": (_4, _2020, _exclusive_maximum),
    "minimum": (_4, _2020, _minimum),
    "exclusiveMinimum": (_4, _2020, _exclusive_minimum),
    "maxLength": (_4, _2020, _size(STRING, upper=True)),
    "minLength": (_4, _2020, _size(STRING, upper=False)),
    "pattern": (_4, _2020, _pattern),
    "maxItems": (_4, _2020, _size(ARRAY, upper=True)),
    "minItems": (_4, _2020, _size(ARRAY, upper=False)),
    "uniqueItems": (_4, _2020, _unique_items),
    "maxProperties": (_4, _2020, _size(OBJECT, upper=True)),
    "minProperties": (_4, _2020, _size(OBJECT, upper=False)),
    "required": (_4, _2020, _required),
    "dependentRequired": (_2019, _2020, _dependent_required),
    "format": (_4, _2020, _asserted("format")),
    "contentEncoding": (_7, _2020, _asserted("contentEncoding")),
    "contentMediaType": (_7, _2020, _asserted("contentMediaType")),
    "$ref": (_2019, _2020, _ref),
    "$recursiveRef": (_2019, _2019, _recursive_ref),
    "$dynamicRef": (_2020, _2020, _dynamic_ref),
    "allOf": (_4, _2020, _all_of),
    "anyOf": (_4, _2020, _any_of),
    "oneOf": (_4, _2020, _one_of),
    "not": (_4, _2020, _not),
    "if": (_7, _2020, _if),
    "dependentSchemas": (_2019, _2020, _dependent_schemas),
    "dependencies": (_4, _7, _dependencies),
    "prefixItems": (_2020, _2020, _prefix_items),
    "items": (_4, _2020, _items),
    "additionalItems": (_4, _2019, _additional_items),
    "contains": (_6, _2020, _contains),
    "properties": (_4, _2020, _properties),
    "patternProperties": (_4, _2020, _pattern_properties),
    "additionalProperties": (_4, _2020, _additional_properties),
    "propertyNames": (_6, _2020, _property_names),
    "unevaluatedItems": (_2019, _2020, _unevaluated_items),
    "unevaluatedProperties": (_2019, _2020, _unevaluated_properties),
}
"""Each keyword, the first and the last draft that has it, and how it is read."""

_ORDER = {keyword: place for place, keyword in enumerate(_KEYWORDS)}


def _demand(is_allowed: object) -> None:
    if not is_allowed:
        raise _NotThisError


def _object(value: Json) -> dict[str, Json]:
    _demand(isinstance(value, dict))
    assert isinstance(value, dict)  # noqa: S101 - demanded
    return value


def _list(value: Json) -> list[Json]:
    _demand(isinstance(value, list))
    assert isinstance(value, list)  # noqa: S101 - demanded
    return value


def _texts(value: Json) -> list[str]:
    texts = [value] if isinstance(value, str) else _list(value)
    _demand(all(isinstance(one, str) for one in texts))
    return [str(one) for one in texts]


def _number(value: Json) -> Fraction:
    _demand(isinstance(value, int | float) and not isinstance(value, bool))
    assert isinstance(value, int | float)  # noqa: S101 - demanded
    return exact(value)


def _whole(value: Json) -> int:
    """A count; 2.0 is 2."""
    number = _number(value)
    _demand(number.denominator == 1 and number >= 0)
    return number.numerator


def _count(spot: Spot, keyword: str) -> int:
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    value = spot.value.get(keyword)
    return len(value) if isinstance(value, list) else 0
