"""What do the keywords of validation assert? https://json-schema.org/draft/2020-12/json-schema-validation#section-6"""

from fractions import Fraction
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema import formats
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.keywords.in_place import unless
from contractctl.formats.json_schema.keywords.taken import (
    NotThisError,
    Read,
    as_count,
    as_list,
    as_number,
    as_object,
    as_texts,
    demand,
    is_pattern,
)
from contractctl.formats.json_schema.search.nodes import (
    TRUE,
    Bound,
    Format,
    Literal,
    MultipleOf,
    Pattern,
    Required,
    Size,
    Unique,
)
from contractctl.formats.json_schema.search.values import NAMES, STRING
from contractctl.formats.json_schema.spots import Spot

if TYPE_CHECKING:
    from contractctl.formats.json_schema.meaning import Meaning


def type_(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    names = [value] if isinstance(value, str) else as_texts(value)
    mask = 0
    for name in names:
        if name not in NAMES:
            raise NotThisError
        mask |= NAMES[name]
    kinds = meaning.space.kinds(mask)
    if "integer" in names and "number" not in names:
        return meaning.space.all_of((kinds, meaning.space.literal(MultipleOf(Fraction(1)))))
    return kinds


def enum(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    return meaning.space.enum(as_list(value))


def const(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    return meaning.space.enum([value])


def multiple_of(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    divisor = as_number(value)
    demand(divisor > 0)
    return meaning.space.literal(MultipleOf(divisor))


def maximum(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.literal(Bound(as_number(value), upper=True, exclusive=_is_exclusive(spot, "exclusiveMaximum")))


def minimum(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    return meaning.space.literal(
        Bound(as_number(value), upper=False, exclusive=_is_exclusive(spot, "exclusiveMinimum"))
    )


def _is_exclusive(spot: Spot, keyword: str) -> bool:
    """In draft 4 a flag beside the bound, later a bound of its own."""
    return spot.dialect == Dialect.DRAFT4 and spot.keywords.get(keyword) is True


def exclusive_maximum(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    if spot.dialect == Dialect.DRAFT4:
        return _flag(value)
    return meaning.space.literal(Bound(as_number(value), upper=True, exclusive=True))


def exclusive_minimum(meaning: "Meaning", spot: Spot, value: Json) -> Literal:
    if spot.dialect == Dialect.DRAFT4:
        return _flag(value)
    return meaning.space.literal(Bound(as_number(value), upper=False, exclusive=True))


def _flag(value: Json) -> Literal:
    """What `minimum` and `maximum` have looked at already."""
    demand(isinstance(value, bool))
    return TRUE


def size(kind: int, *, upper: bool) -> Read:
    return lambda meaning, _, value: meaning.space.literal(Size(kind, as_count(value), upper))


def pattern(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    demand(isinstance(value, str) and is_pattern(value))
    return meaning.space.literal(Pattern(str(value)))


def unique_items(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    demand(isinstance(value, bool))
    return meaning.space.literal(Unique()) if value else TRUE


def required(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    return meaning.space.literal(Required(frozenset(as_texts(as_list(value)))))


def dependent_required(meaning: "Meaning", _: Spot, value: Json) -> Literal:
    return meaning.space.all_of(
        unless(meaning.space, name, meaning.space.literal(Required(frozenset(as_texts(as_list(demanded))))))
        for name, demanded in as_object(value).items()
    )


def asserted(keyword: str) -> Read:
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
