"""What do the official metaschemas say? They come with jsonschema: nothing is fetched."""

from functools import cache

from contractctl.formats.json_schema.dialects import named
from contractctl.formats.json_schema.resources import Resource, resources

BUNDLED = -1
"""The number of the file that they stand in; a pointer's first step is the URI of the metaschema."""


@cache
def bundled(uri: str) -> Resource | None:
    """The metaschema or vocabulary of that URI; None where there is none, or its draft is not judged."""
    if "json-schema.org/" not in uri:
        return None
    from jsonschema_specifications import REGISTRY  # few schemas refer to one

    spelled = uri if uri in REGISTRY else uri.replace("https:", "http:", 1)
    if spelled not in REGISTRY:
        return None
    value = REGISTRY.contents(spelled)
    dialect = named(value["$schema"])
    return resources(Resource(value, BUNDLED, (spelled,), spelled, dialect))[0] if dialect is not None else None
