"""Does a schema lead back to itself for the same value? What such a one allows is undefined.

https://json-schema.org/draft/2020-12/json-schema-core#section-9.4.1.
"""

from collections.abc import Hashable, Iterator

from contractctl.formats.json_schema.dialects import SUBSCHEMAS, subschemas
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot, inside
from contractctl.formats.openapi.document import Document

IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
"""Keywords whose schemas are for the same value."""
_LEADING = IN_PLACE | {"$ref"}


class InfiniteRecursion:
    """Which schemas of one document do so."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[Hashable, bool] = {}

    def __call__(self, spot: Spot) -> bool:
        """Whether a schema reaches one that leads back to itself without a step into the value."""
        known = self._known.get(spot.key)
        if known is not None:
            return known
        if isinstance(spot.value, dict) and _LEADING.isdisjoint(spot.value):
            return False
        open_ones: dict[Hashable, Iterator[Spot]] = {}
        way = [spot]
        while way:
            one = way[-1]
            if one.key not in open_ones:
                open_ones[one.key] = self._beside(one)
            following = next(open_ones[one.key], None)
            if following is None:
                del open_ones[one.key]
                self._known[one.key] = False
                way.pop()
            elif self._known.get(following.key) or following.key in open_ones:
                self._known.update(dict.fromkeys(open_ones, True))
                return True
            elif following.key not in self._known:
                way.append(following)
        return self._known[spot.key]

    def _beside(self, spot: Spot) -> Iterator[Spot]:
        if not isinstance(spot.value, dict):
            return
        if not IN_PLACE.isdisjoint(spot.value):
            for steps, _ in subschemas(spot.value, SUBSCHEMAS[spot.dialect]):
                if steps[0] in IN_PLACE:
                    yield inside(self._document.schemas, spot, *steps)
        if "$ref" in spot.value:
            try:
                yield refer(self._document.schemas, spot, "$ref")
            except Unresolved:
                return
