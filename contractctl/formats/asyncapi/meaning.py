"""What does a schema of a document assert? What JSON Schema says, and AsyncAPI's formats of numbers.

https://www.asyncapi.com/docs/reference/specification/v3.0.0#schemaObject, and there the data type formats.
"""

from collections.abc import Iterator
from contextlib import suppress

from contractctl.documents import Json
from contractctl.formats.json_schema import formats
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, named, subschemas
from contractctl.formats.json_schema.keywords import Read
from contractctl.formats.json_schema.meaning import Assertion, Meaning, names_under
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.search.nodes import TRUE, Bound, Literal, MultipleOf
from contractctl.formats.json_schema.search.values import exact
from contractctl.formats.json_schema.spots import Schema, Spot, inside

RANGES = {"int32": 31, "int64": 63}
"""Formats of whole numbers, and how many bits their numbers have beside the sign."""
_ANY_TEXT = frozenset({"password", "binary", "byte", "float", "double"})
"""Formats that refuse nothing."""


class Asserted(Meaning):
    """A document's schemas, as a validator of its version sees them."""

    def assertions(self, spot: Spot) -> Iterator[Assertion]:
        value = spot.value
        if isinstance(value, str):
            yield Assertion(
                "", self._opaque("a schema in another language is used where JSON Schema is expected", value)
            )
        elif isinstance(value, dict) and "schemaFormat" in value and "schema" in value:
            yield Assertion("", self._opaque(f"a schema refers to one in '{value['schemaFormat']}'", repr(value)))
        elif isinstance(value, dict) and "$schema" in value and named(value["$schema"]) not in {None, spot.dialect}:
            reason = "a schema whose '$schema' names another draft than the document around it is not judged"
            yield Assertion("", self._opaque(reason, repr(value)))
        else:
            yield from super().assertions(spot)

    def _read(self, read: Read, spot: Spot, keyword: str, value: dict[str, Json]) -> Literal:
        if keyword != "format":
            return super()._read(read, spot, keyword, value)
        name, types = value["format"], value.get("type")
        if isinstance(name, str) and name in RANGES:
            return self._whole_numbers(RANGES[name])
        is_about_text = types is None or "string" in (types if isinstance(types, list) else [types])
        if isinstance(name, str) and (name in _ANY_TEXT or not (formats.is_known(name) or is_about_text)):
            return TRUE
        return super()._read(read, spot, keyword, value)

    def _whole_numbers(self, bits: int) -> Literal:
        limit = 1 << bits
        return self.space.all_of(
            self.space.literal(one)
            for one in (
                Bound(exact(-limit), upper=False, exclusive=False),
                Bound(exact(limit - 1), upper=True, exclusive=False),
                MultipleOf(exact(1)),
            )
        )


def names_below(schema: Schema, spot: Spot) -> frozenset[str]:
    """Every property name that a schema mentions, or a schema that it refers to."""
    names = set[str]()
    for one in reached(schema, spot):
        for keyword, inner in one.value.items() if isinstance(one.value, dict) else ():
            names.update(names_under(keyword, inner))
    return frozenset(names)


def reached(schema: Schema, spot: Spot) -> Iterator[Spot]:
    """A schema, and all that stand below it or that it refers to, each once, in the text's order."""
    pending, met = [spot], set[object]()
    while pending:
        one = pending.pop()
        if one.key in met or not isinstance(one.value, dict):
            continue
        met.add(one.key)
        yield one
        if "$ref" in one.value:
            with suppress(Unresolved):
                pending.append(refer(schema, one, "$ref"))
        inner = [inside(schema, one, *steps) for steps, _ in subschemas(one.value, SUBSCHEMAS[one.dialect])]
        pending.extend(reversed(inner))
