"""Which bounds of numbers, texts, lists and objects do two schemas have in common, or together?"""

from contractctl.documents import Json
from contractctl.formats.retirement.places import Object

Bounds = dict[str, int | float]

_MOST = ("maximum", "maxLength", "maxItems", "maxProperties")
_LEAST = ("minimum", "minLength", "minItems", "minProperties")
WORDS = (*_MOST, *_LEAST)


def bounds_of(schema: Object) -> Bounds:
    """By keyword. One that has an exclusive bound beside it, or turns into one, is left alone."""
    found: Bounds = {}
    for word in WORDS:
        value = schema.get(word)
        if _is_number(value) and f"exclusive{word.capitalize()}" not in schema:
            found[word] = value  # type: ignore[assignment]  # it is a number
    return found


def wider(one: Bounds, other: Bounds) -> Bounds:
    """The bounds of all that either allows."""
    both = [word for word in WORDS if word in one and word in other]
    return {word: (max if word in _MOST else min)(one[word], other[word]) for word in both}


def narrower(one: Bounds, other: Bounds) -> Bounds:
    """The bounds of all that both allow."""
    found = {**one, **other}
    both = one.keys() & other.keys()
    return found | {word: (min if word in _MOST else max)(one[word], other[word]) for word in both}


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
