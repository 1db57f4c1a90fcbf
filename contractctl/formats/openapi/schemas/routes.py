"""On which ways into a value is it judged by a component?"""

from collections.abc import Iterator

from contractctl.documents import Json
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, subschemas
from contractctl.formats.json_schema.places import Item, LaterItem, OtherProperty, Place, Property
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot, inside
from contractctl.formats.openapi.document import Document

_MOST_ROUTES = 3


def routes(document: Document, schema: Spot, component: Spot) -> Iterator[Place]:
    """The shortest ways from the values of a schema to those of a component that it leads to."""
    pending, met, count = [(schema, Place())], set[object](), 0
    for spot, place in pending:
        if spot.key == component.key:
            yield place
            count += 1
            if count >= _MOST_ROUTES:
                return
            continue
        if spot.key in met or not isinstance(spot.value, dict):
            continue
        met.add(spot.key)
        pending.extend(_steps(document, spot, spot.value, place))


def _steps(document: Document, spot: Spot, value: dict[str, Json], place: Place) -> Iterator[tuple[Spot, Place]]:
    if "$ref" in value:
        try:
            yield refer(document.schemas, spot, "$ref"), place
        except Unresolved:
            return
    for steps, _ in subschemas(value, SUBSCHEMAS[spot.dialect]):
        inner = inside(document.schemas, spot, *steps)
        match steps:
            case ("properties", name):
                yield inner, place.to(Property(str(name)))
            case ("items",):
                yield inner, place.to(LaterItem(0))
            case ("prefixItems", int(number)):
                yield inner, place.to(Item(number))
            case ("additionalProperties",):
                named = value.get("properties")
                yield inner, place.to(OtherProperty(tuple(named) if isinstance(named, dict) else (), ()))
            case (("allOf" | "anyOf" | "oneOf"), _) | (("then" | "else"),):
                yield inner, place
            case _:
                pass
