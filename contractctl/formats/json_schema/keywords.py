"""What does each keyword assert? In the order of the specification, for all drafts.

https://json-schema.org/draft/2020-12/json-schema-core and json-schema-validation; earlier drafts where they differ.
"""

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from contractctl.documents import Json
from contractctl.formats.json_schema import formats, language
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.evaluation import cases
from contractctl.formats.json_schema.search.nodes import (
    TRUE,
    Bound,
    Contains,
    Format,
    Items,
    Literal,
    MultipleOf,
    Pattern,
    Properties,
    PropertyNames,
    Required,
    Size,
    Unique,
)
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.values import ANYTHING, ARRAY, NAMES, OBJECT, STRING, exact
from contractctl.formats.json_schema.spots import Spot

if TYPE_CHECKING:
    from collections.abc import Callable

    from contractctl.formats.json_schema.meaning import Meaning

Read: TypeAlias = "Callable[[Meaning, Spot, Json], Literal]"
"""What the value of a keyword asserts. Raise NotThisError for a value that the specification does not allow."""


class NotThisError(Exception):
    """A keyword's value is not what the specification allows there."""


# Core: https://json-schema.org/draft/2020-12/json-schema-core#section-8


def _ref(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    _demand(isinstance(value, str))
    return meaning.referred(spot, "$ref")


def _dynamic_ref(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    _demand(isinstance(value, str))
    return meaning.referred(spot, "$dynamicRef")


def _recursive_ref(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    _demand(value == "#")
    return meaning.referred(spot, "$recursiveRef")


# Subschemas for the same value: https://json-schema.org/draft/2020-12/json-schema-core#section-10.2


def _all_of(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.all_of(_branches(meaning, spot, "allOf", value))


def _any_of(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.any_of(_branches(meaning, spot, "anyOf", value))


def _one_of(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.one_of(_branches(meaning, spot, "oneOf", value))


def _branches(meaning: "Meaning", spot: Spot, keyword: str, value: Json) -> list[Literal]:
    return [meaning.beside(spot, keyword, index) for index in range(len(_list(value)))]


def _not(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    return meaning.beside(spot, "not") ^ 1


def _if(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    condition = meaning.beside(spot, "if")
    then = meaning.beside(spot, "then") if "then" in spot.value else TRUE
    otherwise = meaning.beside(spot, "else") if "else" in spot.value else TRUE
    any_of = meaning.space.any_of
    return meaning.space.all_of((any_of((condition ^ 1, then)), any_of((condition, otherwise))))


def _dependent_schemas(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.all_of(
        unless(meaning.space, name, meaning.beside(spot, "dependentSchemas", name)) for name in _object(value)
    )


def _dependencies(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
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


def _prefix_items(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    prefix = tuple(meaning.below(spot, "prefixItems", index) for index in range(len(_list(value))))
    return meaning.space.literal(Items(prefix, TRUE))


def _items(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    if isinstance(value, list) and spot.dialect < Dialect.DRAFT2020:
        prefix = tuple(meaning.below(spot, "items", index) for index in range(len(value)))
        return meaning.space.literal(Items(prefix, TRUE))
    first = _count(spot, "prefixItems") if spot.dialect >= Dialect.DRAFT2020 else 0
    return meaning.space.literal(Items((TRUE,) * first, meaning.below(spot, "items")))


def _additional_items(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    if not isinstance(spot.value.get("items"), list):
        return TRUE
    return meaning.space.literal(Items((TRUE,) * _count(spot, "items"), meaning.below(spot, "additionalItems")))


def _contains(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    least, most = 1, None
    if spot.dialect >= Dialect.DRAFT2019:
        least = _whole(spot.value.get("minContains", 1))
        most = _whole(spot.value["maxContains"]) if "maxContains" in spot.value else None
    return meaning.space.literal(Contains(meaning.below(spot, "contains"), least, most))


def _properties(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    meaning.names.update(_object(value))
    named = tuple((name, meaning.below(spot, "properties", name)) for name in _object(value))
    return meaning.space.literal(Properties(named, (), TRUE))


def _pattern_properties(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    _demand(all(map(_is_pattern, _object(value))))
    patterns = tuple((source, meaning.below(spot, "patternProperties", source)) for source in _object(value))
    return meaning.space.literal(Properties((), patterns, TRUE))


def _additional_properties(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
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


def _property_names(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    return meaning.space.literal(PropertyNames(meaning.below(spot, "propertyNames")))


# https://json-schema.org/draft/2020-12/json-schema-core#section-11


def _unevaluated_items(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    rest = meaning.below(spot, "unevaluatedItems")
    found = []
    for case in cases(meaning, spot, "unevaluatedItems"):
        if not case.every_item:
            other = meaning.space.any_of((rest, *case.contained))
            held = meaning.space.literal(Items((TRUE,) * case.items, other))
            found.append(meaning.space.any_of((held, *(one ^ 1 for one in case.conditions))))
    return meaning.space.all_of(found)


def _unevaluated_properties(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    rest = meaning.below(spot, "unevaluatedProperties")
    found = []
    for case in cases(meaning, spot, "unevaluatedProperties"):
        if not case.every_property:
            named = tuple((name, TRUE) for name in case.named)
            held = meaning.space.literal(Properties(named, tuple((source, TRUE) for source in case.patterns), rest))
            found.append(meaning.space.any_of((held, *(one ^ 1 for one in case.conditions))))
    return meaning.space.all_of(found)


# Validation: https://json-schema.org/draft/2020-12/json-schema-validation#section-6


def _type(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    names = [value] if isinstance(value, str) else _texts(value)
    mask = 0
    for name in names:
        if name not in NAMES:
            raise NotThisError
        mask |= NAMES[name]
    kinds = meaning.space.kinds(mask)
    if "integer" in names and "number" not in names:
        return meaning.space.all_of((kinds, meaning.space.literal(MultipleOf(Fraction(1)))))
    return kinds


def _enum(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    return meaning.space.enum(_list(value))


def _const(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    return meaning.space.enum([value])


def _multiple_of(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    divisor = _number(value)
    _demand(divisor > 0)
    return meaning.space.literal(MultipleOf(divisor))


def _maximum(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.literal(Bound(_number(value), upper=True, exclusive=_is_exclusive(spot, "exclusiveMaximum")))


def _minimum(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.literal(Bound(_number(value), upper=False, exclusive=_is_exclusive(spot, "exclusiveMinimum")))


def _is_exclusive(spot: Spot, keyword: str) -> bool:
    """In draft 4 a flag beside the bound, later a bound of its own."""
    assert isinstance(spot.value, dict)  # noqa: S101 - only objects have keywords
    return spot.dialect == Dialect.DRAFT4 and spot.value.get(keyword) is True


def _exclusive_maximum(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    if spot.dialect == Dialect.DRAFT4:
        return _flag(value)
    return meaning.space.literal(Bound(_number(value), upper=True, exclusive=True))


def _exclusive_minimum(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    if spot.dialect == Dialect.DRAFT4:
        return _flag(value)
    return meaning.space.literal(Bound(_number(value), upper=False, exclusive=True))


def _flag(value: Json) -> Literal:
    """What `minimum` and `maximum` have looked at already."""
    _demand(isinstance(value, bool))
    return TRUE


def _size(kind: int, *, upper: bool) -> Read:
    return lambda meaning, _, value: meaning.space.literal(Size(kind, _whole(value), upper))


def _pattern(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    _demand(isinstance(value, str) and _is_pattern(value))
    return meaning.space.literal(Pattern(str(value)))


def _unique_items(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    _demand(isinstance(value, bool))
    return meaning.space.literal(Unique()) if value else TRUE


def _required(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    return meaning.space.literal(Required(frozenset(_texts(_list(value)))))


def _dependent_required(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    return meaning.space.all_of(
        unless(meaning.space, name, meaning.space.literal(Required(frozenset(_texts(_list(demanded))))))
        for name, demanded in _object(value).items()
    )


def _asserted(keyword: str) -> Read:
    """`format` and the content keywords say nothing that is checked, unless the policy asserts them."""

    def read(meaning: "Meaning", _: Spot, value: Json) -> Literal:
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

KEYWORDS: dict[str, tuple[Dialect, Dialect, Read]] = {
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

ORDER = {keyword: place for place, keyword in enumerate(KEYWORDS)}


def _is_pattern(source: str) -> bool:
    """Whether it is a regular expression at all: a reader may refuse a schema with one that is none."""
    try:
        language.check(source)
    except language.Unreadable:
        return False
    return True


def _demand(is_allowed: object) -> None:
    if not is_allowed:
        raise NotThisError


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
