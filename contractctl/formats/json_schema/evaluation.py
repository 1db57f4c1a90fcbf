"""Which items and properties has a schema evaluated, and when? What unevaluatedItems and unevaluatedProperties ask.

https://json-schema.org/draft/2020-12/json-schema-core#section-11: it hangs on which subschemas the value fulfils, so
there are several cases; exactly one of them applies to any value that fulfils the schema.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, Dialect
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.search.nodes import Literal, Required
from contractctl.formats.json_schema.search.values import OBJECT
from contractctl.formats.json_schema.spots import Spot, inside

if TYPE_CHECKING:
    from contractctl.formats.json_schema.meaning import Meaning

_ANCHORED = {Dialect.DRAFT2019: "$recursiveRef", Dialect.DRAFT2020: "$dynamicRef"}
_MOST_CASES = 128
_MOST_STEPS = 64


class TooManyCasesError(Exception):
    """More cases than anybody intends."""


@dataclass(frozen=True, slots=True)
class Case:
    """Under these conditions, this much is evaluated."""

    conditions: tuple[Literal, ...] = ()
    named: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    every_property: bool = False
    items: int = 0
    """How many items, from the first on."""
    every_item: bool = False
    contained: frozenset[Literal] = frozenset()
    """Items that satisfy one of these are evaluated, too."""

    def joined(self, other: "Case") -> "Case":
        """The intersection: what applies where both apply."""
        return Case(
            (*self.conditions, *(one for one in other.conditions if one not in self.conditions)),
            self.named | other.named,
            self.patterns | other.patterns,
            self.every_property or other.every_property,
            max(self.items, other.items),
            self.every_item or other.every_item,
            self.contained | other.contained,
        )

    @property
    def is_nothing(self) -> bool:
        return replace(self, conditions=()) == _NOTHING


_NOTHING = Case()


def cases(meaning: "Meaning", spot: Spot, without: str = "", steps: int = 0) -> list[Case]:
    """The cases of the schema at a spot; `without` is the keyword that asks. Raise TooManyCasesError."""
    if not isinstance(spot.value, dict):
        return [_NOTHING]
    if steps > _MOST_STEPS:
        raise TooManyCasesError
    value = _read(spot.value, spot.dialect)
    found = [_own(meaning, spot, value, without)]
    for alternatives in _applied(meaning, spot, value, steps + 1):
        if len(alternatives) * len(found) > _MOST_CASES:
            raise TooManyCasesError
        found = [one.joined(other) for one, other in product(found, alternatives)]
    return found


def _read(value: dict[str, Json], dialect: Dialect) -> dict[str, Json]:
    """The keywords that the draft has: an embedded resource may be of another one than the schema around it."""
    if "$ref" in value and dialect < Dialect.DRAFT2019:  # its siblings are ignored
        return {"$ref": value["$ref"]}
    known = {*SUBSCHEMAS[dialect], "$ref", _ANCHORED.get(dialect, "$ref")}
    return {keyword: inner for keyword, inner in value.items() if keyword in known}


def _own(meaning: "Meaning", spot: Spot, value: dict[str, Json], without: str) -> Case:
    """What the schema's own keywords evaluate whatever the value is."""
    named, patterns, prefix = value.get("properties"), value.get("patternProperties"), value.get("prefixItems")
    items = value.get("items")
    if spot.dialect >= Dialect.DRAFT2020:
        count, every_item = len(prefix) if isinstance(prefix, list) else 0, "items" in value
        contained = frozenset({meaning.below(spot, "contains")} if "contains" in value else ())
    else:
        count = len(items) if isinstance(items, list) else 0
        every_item = "items" in value and (not isinstance(items, list) or "additionalItems" in value)
        contained = frozenset()
    return Case(
        named=frozenset(named if isinstance(named, dict) else ()),
        patterns=frozenset(patterns if isinstance(patterns, dict) else ()),
        every_property="additionalProperties" in value
        or ("unevaluatedProperties" in value and without != "unevaluatedProperties"),
        items=count,
        every_item=every_item or ("unevaluatedItems" in value and without != "unevaluatedItems"),
        contained=contained,
    )


def _applied(meaning: "Meaning", spot: Spot, value: dict[str, Json], steps: int) -> Iterator[list[Case]]:
    """The cases of each subschema that is applied to the same value."""
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        if keyword in value:
            try:
                yield cases(meaning, refer(meaning.schema, spot, keyword), steps=steps)
            except Unresolved:
                raise TooManyCasesError from None
    for index in range(_length(value.get("allOf"))):
        yield cases(meaning, inside(meaning.schema, spot, "allOf", index), steps=steps)
    for keyword in ("anyOf", "oneOf"):
        for index in range(_length(value.get(keyword))):
            yield from _maybe(meaning, inside(meaning.schema, spot, keyword, index), steps)
    if "if" in value:
        yield from _conditional(meaning, spot, value, steps)
    dependent = value.get("dependentSchemas")
    for name in dependent if isinstance(dependent, dict) else ():
        has = meaning.space.all_of((meaning.space.kinds(OBJECT), meaning.space.literal(Required(frozenset({name})))))
        inner = cases(meaning, inside(meaning.schema, spot, "dependentSchemas", name), steps=steps)
        if not all(one.is_nothing for one in inner):
            yield [Case((has ^ 1,)), *_under((has,), inner)]


def _maybe(meaning: "Meaning", branch: Spot, steps: int) -> Iterator[list[Case]]:
    """A branch counts where it is satisfied."""
    inner = cases(meaning, branch, steps=steps)
    if not all(one.is_nothing for one in inner):
        literal = meaning.of(branch)
        yield [Case((literal ^ 1,)), *_under((literal,), inner)]


def _conditional(meaning: "Meaning", spot: Spot, value: dict[str, Json], steps: int) -> Iterator[list[Case]]:
    """`if` and `then` count where `if` is satisfied, `else` where it is not."""
    condition = meaning.beside(spot, "if")
    met = cases(meaning, inside(meaning.schema, spot, "if"), steps=steps)
    if "then" in value:
        then = cases(meaning, inside(meaning.schema, spot, "then"), steps=steps)
        met = [one.joined(other) for one, other in product(met, then)]
    unmet = [_NOTHING]
    if "else" in value:
        unmet = cases(meaning, inside(meaning.schema, spot, "else"), steps=steps)
    if not all(one.is_nothing for one in (*met, *unmet)):
        yield [*_under((condition,), met), *_under((condition ^ 1,), unmet)]


def _under(conditions: tuple[Literal, ...], found: Iterable[Case]) -> Iterator[Case]:
    return (Case(conditions).joined(one) for one in found)


def _length(value: Json) -> int:
    return len(value) if isinstance(value, list) else 0
