"""Which keywords are there, and what does each assert? In the order of the specification, for all drafts.

https://json-schema.org/draft/2020-12/json-schema-core and json-schema-validation; earlier drafts where they differ.
"""

from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.keywords import children, in_place, validation
from contractctl.formats.json_schema.keywords.children import spoken_of
from contractctl.formats.json_schema.keywords.in_place import unless
from contractctl.formats.json_schema.keywords.taken import NotThisError, Read
from contractctl.formats.json_schema.search.values import ARRAY, OBJECT, STRING

__all__ = ("KEYWORDS", "ORDER", "NotThisError", "Read", "spoken_of", "unless")

_4, _6, _7, _2019, _2020 = Dialect

KEYWORDS: dict[str, tuple[Dialect, Dialect, Read]] = {
    "type": (_4, _2020, validation.type_),
    "enum": (_4, _2020, validation.enum),
    # later than draft 4, but honoured in every draft: whoever writes it means it
    "const": (_4, _2020, validation.const),
    "multipleOf": (_4, _2020, validation.multiple_of),
    "maximum": (_4, _2020, validation.maximum),
    "exclusiveMaximum": (_4, _2020, validation.exclusive_maximum),
    "minimum": (_4, _2020, validation.minimum),
    "exclusiveMinimum": (_4, _2020, validation.exclusive_minimum),
    "maxLength": (_4, _2020, validation.size(STRING, upper=True)),
    "minLength": (_4, _2020, validation.size(STRING, upper=False)),
    "pattern": (_4, _2020, validation.pattern),
    "maxItems": (_4, _2020, validation.size(ARRAY, upper=True)),
    "minItems": (_4, _2020, validation.size(ARRAY, upper=False)),
    "uniqueItems": (_4, _2020, validation.unique_items),
    "maxProperties": (_4, _2020, validation.size(OBJECT, upper=True)),
    "minProperties": (_4, _2020, validation.size(OBJECT, upper=False)),
    "required": (_4, _2020, validation.required),
    "dependentRequired": (_2019, _2020, validation.dependent_required),
    "format": (_4, _2020, validation.asserted("format")),
    "contentEncoding": (_7, _2020, validation.asserted("contentEncoding")),
    "contentMediaType": (_7, _2020, validation.asserted("contentMediaType")),
    "$ref": (_2019, _2020, in_place.reference),
    "$recursiveRef": (_2019, _2019, in_place.recursive_ref),
    "$dynamicRef": (_2020, _2020, in_place.dynamic_ref),
    "allOf": (_4, _2020, in_place.all_of),
    "anyOf": (_4, _2020, in_place.any_of),
    "oneOf": (_4, _2020, in_place.one_of),
    "not": (_4, _2020, in_place.not_),
    "if": (_7, _2020, in_place.condition),
    "dependentSchemas": (_2019, _2020, in_place.dependent_schemas),
    "dependencies": (_4, _7, in_place.dependencies),
    "prefixItems": (_2020, _2020, children.prefix_items),
    "items": (_4, _2020, children.items),
    "additionalItems": (_4, _2019, children.additional_items),
    "contains": (_6, _2020, children.contains),
    "properties": (_4, _2020, children.properties),
    "patternProperties": (_4, _2020, children.pattern_properties),
    "additionalProperties": (_4, _2020, children.additional_properties),
    "propertyNames": (_6, _2020, children.property_names),
    "unevaluatedItems": (_2019, _2020, children.unevaluated_items),
    "unevaluatedProperties": (_2019, _2020, children.unevaluated_properties),
}
"""Each keyword, the first and the last draft that has it, and how it is read."""

ORDER = {keyword: place for place, keyword in enumerate(KEYWORDS)}
