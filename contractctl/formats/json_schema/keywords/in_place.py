"""What do references, and subschemas that apply to the same value, assert?"""

from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema.keywords.taken import (
    as_list,
    as_object,
    as_texts,
    demand,
)
from contractctl.formats.json_schema.search.nodes import (
    TRUE,
    Literal,
    Required,
)
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.values import ANYTHING, OBJECT
from contractctl.formats.json_schema.spots import Spot

if TYPE_CHECKING:
    from contractctl.formats.json_schema.meaning import Meaning


# https://json-schema.org/draft/2020-12/json-schema-core#section-8


def reference(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    demand(isinstance(value, str))
    return meaning.referred(spot, "$ref")


def dynamic_ref(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    demand(isinstance(value, str))
    return meaning.referred(spot, "$dynamicRef")


def recursive_ref(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    demand(value == "#")
    return meaning.referred(spot, "$recursiveRef")


# https://json-schema.org/draft/2020-12/json-schema-core#section-10.2


def all_of(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.all_of(_branches(meaning, spot, "allOf", value))


def any_of(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.any_of(_branches(meaning, spot, "anyOf", value))


def one_of(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.one_of(_branches(meaning, spot, "oneOf", value))


def _branches(meaning: "Meaning", spot: Spot, keyword: str, value: Json) -> list[Literal]:
    return [meaning.beside(spot, keyword, index) for index in range(len(as_list(value)))]


def not_(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    return meaning.beside(spot, "not") ^ 1


def condition(meaning: "Meaning", spot: Spot, _: Json) -> Literal:
    condition = meaning.beside(spot, "if")
    then = meaning.beside(spot, "then") if "then" in spot.keywords else TRUE
    otherwise = meaning.beside(spot, "else") if "else" in spot.keywords else TRUE
    any_of = meaning.space.any_of
    return meaning.space.all_of((any_of((condition ^ 1, then)), any_of((condition, otherwise))))


def dependent_schemas(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.all_of(
        unless(meaning.space, name, meaning.beside(spot, "dependentSchemas", name)) for name in as_object(value)
    )


def dependencies(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.all_of(
        unless(
            meaning.space,
            name,
            meaning.space.literal(Required(frozenset(as_texts(demanded))))
            if isinstance(demanded, list)
            else meaning.beside(spot, "dependencies", name),
        )
        for name, demanded in as_object(value).items()
    )


def unless(space: Space, name: str, demanded: Literal) -> Literal:
    """What is demanded where a property is there."""
    missing = space.literal(Required(frozenset({name}))) ^ 1
    return space.any_of((space.kinds(ANYTHING & ~OBJECT), missing, demanded))
