"""How does each keyword let its reader down? Leaves are reported; keywords with subschemas are looked into."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from contractctl.formats.json_schema.explanations import children, in_place, validation
from contractctl.formats.json_schema.explanations.rules import Said, whole

if TYPE_CHECKING:
    from contractctl.formats.json_schema.asking import About, Asked

__all__ = ("Said", "explain")


def explain(asked: "Asked", about: "About") -> Iterator[Said]:
    """The findings on a keyword that some value of the writer does not satisfy."""
    return _EXPLAINED.get(about.keyword, whole)(asked, about)


_EXPLAINED: dict[str, Callable[["Asked", "About"], Iterator[Said]]] = {
    "$ref": in_place.reference,
    "$dynamicRef": in_place.reference,
    "$recursiveRef": in_place.reference,
    "allOf": in_place.all_of,
    "anyOf": in_place.any_of,
    "oneOf": in_place.one_of,
    "if": in_place.condition,
    "dependentSchemas": in_place.dependent,
    "dependentRequired": in_place.dependent,
    "dependencies": in_place.dependent,
    "prefixItems": children.prefix_items,
    "items": children.items,
    "additionalItems": children.additional_items,
    "contains": children.contains,
    "properties": children.properties,
    "patternProperties": children.pattern_properties,
    "additionalProperties": children.additional_properties,
    "propertyNames": children.property_names,
    "unevaluatedItems": children.unevaluated_items,
    "unevaluatedProperties": children.unevaluated_properties,
    "type": validation.type_,
    "enum": validation.values,
    "const": validation.values,
    "maximum": validation.bound,
    "exclusiveMaximum": validation.bound,
    "minimum": validation.bound,
    "exclusiveMinimum": validation.bound,
    "maxLength": validation.size,
    "minLength": validation.size,
    "maxItems": validation.size,
    "minItems": validation.size,
    "maxProperties": validation.size,
    "minProperties": validation.size,
    "required": validation.required,
}
"""How the keywords are gone into that have more to say than that they refuse a value."""
