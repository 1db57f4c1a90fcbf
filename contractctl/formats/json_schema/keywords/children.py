"""What do subschemas for items and properties assert?"""

from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.evaluation import cases
from contractctl.formats.json_schema.keywords.taken import (
    as_count,
    as_list,
    as_object,
    demand,
    is_pattern,
    length,
)
from contractctl.formats.json_schema.search.nodes import (
    TRUE,
    Contains,
    Items,
    Literal,
    Properties,
    PropertyNames,
)
from contractctl.formats.json_schema.spots import Spot

if TYPE_CHECKING:
    from contractctl.formats.json_schema.meaning import Meaning


# https://json-schema.org/draft/2020-12/json-schema-core#section-10.3


def prefix_items(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    prefix = tuple(meaning.below(spot, "prefixItems", index) for index in range(len(as_list(value))))
    return meaning.space.literal(Items(prefix, TRUE))


def items(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    if isinstance(value, list) and spot.dialect < Dialect.DRAFT2020:
        prefix = tuple(meaning.below(spot, "items", index) for index in range(len(value)))
        return meaning.space.literal(Items(prefix, TRUE))
    first = length(spot, "prefixItems") if spot.dialect >= Dialect.DRAFT2020 else 0
    return meaning.space.literal(Items((TRUE,) * first, meaning.below(spot, "items")))


def additional_items(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    if not isinstance(spot.keywords.get("items"), list):
        return TRUE
    return meaning.space.literal(Items((TRUE,) * length(spot, "items"), meaning.below(spot, "additionalItems")))


def contains(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    least, most = 1, None
    if spot.dialect >= Dialect.DRAFT2019:
        least = as_count(spot.keywords.get("minContains", 1))
        most = as_count(spot.keywords["maxContains"]) if "maxContains" in spot.keywords else None
    return meaning.space.literal(Contains(meaning.below(spot, "contains"), least, most))


def properties(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    meaning.names.update(as_object(value))
    named = tuple((name, meaning.below(spot, "properties", name)) for name in as_object(value))
    return meaning.space.literal(Properties(named, (), TRUE))


def pattern_properties(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    demand(all(map(is_pattern, as_object(value))))
    patterns = tuple((source, meaning.below(spot, "patternProperties", source)) for source in as_object(value))
    return meaning.space.literal(Properties((), patterns, TRUE))


def additional_properties(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    named, patterns = spoken_of(spot)
    rest = meaning.below(spot, "additionalProperties")
    if rest == TRUE:
        return TRUE
    return meaning.space.literal(
        Properties(tuple((name, TRUE) for name in named), tuple((source, TRUE) for source in patterns), rest)
    )


def spoken_of(spot: Spot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names and patterns that `properties` and `patternProperties` speak of."""
    named, patterns = spot.keywords.get("properties", {}), spot.keywords.get("patternProperties", {})
    return tuple(as_object(named)), tuple(as_object(patterns))


def property_names(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    return meaning.space.literal(PropertyNames(meaning.below(spot, "propertyNames")))


# https://json-schema.org/draft/2020-12/json-schema-core#section-11


def unevaluated_items(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    rest = meaning.below(spot, "unevaluatedItems")
    found = []
    for case in cases(meaning, spot, "unevaluatedItems"):
        if not case.every_item:
            other = meaning.space.any_of((rest, *case.contained))
            held = meaning.space.literal(Items((TRUE,) * case.items, other))
            found.append(meaning.space.any_of((held, *(one ^ 1 for one in case.conditions))))
    return meaning.space.all_of(found)


def unevaluated_properties(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    rest = meaning.below(spot, "unevaluatedProperties")
    found = []
    for case in cases(meaning, spot, "unevaluatedProperties"):
        if not case.every_property:
            named = tuple((name, TRUE) for name in case.named)
            held = meaning.space.literal(Properties(named, tuple((source, TRUE) for source in case.patterns), rest))
            found.append(meaning.space.any_of((held, *(one ^ 1 for one in case.conditions))))
    return meaning.space.all_of(found)
