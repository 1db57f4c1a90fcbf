"""Which rule does a keyword break that always breaks the same one?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from contractctl.model.verdict import Incompatibility, Undecided

if TYPE_CHECKING:
    from contractctl.formats.json_schema.asking import About, Asked

Said: TypeAlias = Incompatibility | Undecided


def whole(asked: "Asked", about: "About") -> Iterator[Said]:
    """The keyword refuses the value, and there is nothing more to say."""
    yield asked.finding(RULES[about.keyword], about)


RULES = {
    "": "json-schema-never",
    "not": "json-schema-forbidden",
    "multipleOf": "json-schema-multiple-refused",
    "maximum": "json-schema-number-too-large",
    "exclusiveMaximum": "json-schema-number-too-large",
    "minimum": "json-schema-number-too-small",
    "exclusiveMinimum": "json-schema-number-too-small",
    "maxLength": "json-schema-text-too-long",
    "minLength": "json-schema-text-too-short",
    "pattern": "json-schema-pattern-refused",
    "maxItems": "json-schema-items-too-many",
    "minItems": "json-schema-items-too-few",
    "uniqueItems": "json-schema-items-repeated",
    "maxProperties": "json-schema-properties-too-many",
    "minProperties": "json-schema-properties-too-few",
    "format": "json-schema-format-refused",
    "contentEncoding": "json-schema-format-refused",
    "contentMediaType": "json-schema-format-refused",
}
"""The rule that each of these keywords always breaks."""
