"""Which draft of JSON Schema is this written in, and where do its keywords hold subschemas?"""

import re
from collections.abc import Iterator, Mapping
from enum import Enum, IntEnum, auto

from contractctl.documents import Json, Pointer


class Dialect(IntEnum):
    """The drafts that are judged; a later one is greater."""

    DRAFT4 = 4
    DRAFT6 = 6
    DRAFT7 = 7
    DRAFT2019 = 2019
    DRAFT2020 = 2020

    def __str__(self) -> str:
        return {2019: "draft 2019-09", 2020: "draft 2020-12"}.get(self.value, f"draft {self.value}")


LATEST = Dialect.DRAFT2020

_OFFICIAL = re.compile(
    r"https?://(?:www\.)?json-schema\.org/draft(?:-?0?(?P<old>\d)|[/-](?P<new>\d{4}-\d\d))/(?:hyper-)?schema/?#?/?",
    re.IGNORECASE,
)
_DRAFTS = {
    "4": Dialect.DRAFT4,
    "5": Dialect.DRAFT4,  # draft 5 reworded draft 4 and changed nothing
    "6": Dialect.DRAFT6,
    "7": Dialect.DRAFT7,
    "2019-09": Dialect.DRAFT2019,
    "2020-12": Dialect.DRAFT2020,
}
_VENDORS = {
    "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0": Dialect.DRAFT4,
    "https://spec.openapis.org/oas/3.1/dialect/base": Dialect.DRAFT2020,
}
"""Third-party metaschemas, with the draft that they extend. Iglu's self-describing schemas extend draft 4."""


def named(uri: Json) -> Dialect | None:
    """The draft that a `$schema` names, in any of its spellings; None where it names none that is known."""
    if not isinstance(uri, str):
        return None
    official = _OFFICIAL.fullmatch(uri.strip())
    if official is not None:
        return _DRAFTS.get(official["old"] or official["new"])
    return _VENDORS.get(uri.strip().rstrip("#"))


def is_outdated(uri: Json) -> bool:
    """Whether a `$schema` names a draft before the fourth, whose keywords mean other things."""
    official = _OFFICIAL.fullmatch(uri.strip()) if isinstance(uri, str) else None
    return official is not None and official["old"] in {"0", "1", "2", "3"}


class Holds(Enum):
    """What kind of value a keyword has."""

    SCHEMA = auto()
    LIST = auto()
    """A list of schemas."""
    NAMED = auto()
    """An object of schemas."""
    SCHEMA_OR_LIST = auto()
    NAMED_OR_LISTS = auto()
    """An object of schemas, and of lists of names among them: `dependencies`."""


_DRAFT4: Mapping[str, Holds] = {
    "additionalItems": Holds.SCHEMA,
    "items": Holds.SCHEMA_OR_LIST,
    "additionalProperties": Holds.SCHEMA,
    "definitions": Holds.NAMED,
    "properties": Holds.NAMED,
    "patternProperties": Holds.NAMED,
    "dependencies": Holds.NAMED_OR_LISTS,
    "allOf": Holds.LIST,
    "anyOf": Holds.LIST,
    "oneOf": Holds.LIST,
    "not": Holds.SCHEMA,
}
_DRAFT6 = {**_DRAFT4, "contains": Holds.SCHEMA, "propertyNames": Holds.SCHEMA}
_DRAFT7 = {**_DRAFT6, "if": Holds.SCHEMA, "then": Holds.SCHEMA, "else": Holds.SCHEMA}
_DRAFT2019 = {
    **{keyword: holds for keyword, holds in _DRAFT7.items() if keyword != "dependencies"},
    "$defs": Holds.NAMED,
    "dependentSchemas": Holds.NAMED,
    "unevaluatedItems": Holds.SCHEMA,
    "unevaluatedProperties": Holds.SCHEMA,
    "contentSchema": Holds.SCHEMA,
}
_DRAFT2020 = {
    **{keyword: holds for keyword, holds in _DRAFT2019.items() if keyword != "additionalItems"},
    "prefixItems": Holds.LIST,
    "items": Holds.SCHEMA,
}
SUBSCHEMAS: Mapping[Dialect, Mapping[str, Holds]] = {
    Dialect.DRAFT4: _DRAFT4,
    Dialect.DRAFT6: _DRAFT6,
    Dialect.DRAFT7: _DRAFT7,
    Dialect.DRAFT2019: _DRAFT2019,
    Dialect.DRAFT2020: _DRAFT2020,
}
"""Where each draft's metaschema has subschemas. Everything else is data, whatever it looks like."""
_ANYWHERE = {**_DRAFT7, **_DRAFT2019, **_DRAFT2020, "items": Holds.SCHEMA_OR_LIST}


def subschemas(value: dict[str, Json], places: Mapping[str, Holds]) -> Iterator[tuple[Pointer, Json]]:
    """Every subschema right below a schema, with the steps that lead to it."""
    for keyword, holds in places.items():
        if keyword not in value:
            continue
        inner = value[keyword]
        match holds, inner:
            case ((Holds.LIST | Holds.SCHEMA_OR_LIST), list()):
                yield from (((keyword, number), one) for number, one in enumerate(inner))
            case ((Holds.NAMED | Holds.NAMED_OR_LISTS), dict()):
                yield from (((keyword, name), one) for name, one in inner.items() if not isinstance(one, list))
            case ((Holds.SCHEMA | Holds.SCHEMA_OR_LIST), dict() | bool()):
                yield (keyword,), inner
            case _:
                pass


_ONLY_2020 = ("prefixItems", "$dynamicRef", "$dynamicAnchor")
_ONLY_2019 = ("$recursiveRef", "$recursiveAnchor")
_SINCE_2019 = frozenset(
    {
        "$defs",
        "$anchor",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedItems",
        "unevaluatedProperties",
        "minContains",
        "maxContains",
    }
)
_SINCE_6 = frozenset({"$id", "const", "contains", "propertyNames", "if", "examples"})


def resembled(value: Json) -> tuple[Dialect, str | None]:
    """The draft of a schema that names none, and the keyword that tells; None where nothing speaks against the latest.

    The latest is taken unless a keyword is used that it has not and another has: each is a promise that the latest
    would silently pass over. `definitions` is none of them: it works in every draft.
    """
    used = _keywords(value)
    for dialect, keywords in ((Dialect.DRAFT2020, _ONLY_2020), (Dialect.DRAFT2019, _ONLY_2019)):
        for keyword in keywords:
            if keyword in used:
                return dialect, keyword
    since_2019 = not _SINCE_2019.isdisjoint(used)
    if not since_2019 and _SINCE_6.isdisjoint(used):
        for keyword in ("exclusiveMinimum: true", "exclusiveMaximum: true", "id"):
            if keyword in used:
                return Dialect.DRAFT4, keyword
    for keyword in ("items: […]", "additionalItems"):
        if keyword in used:
            return (Dialect.DRAFT2019 if since_2019 else Dialect.DRAFT7), keyword
    if "dependencies" in used and not since_2019:
        return Dialect.DRAFT7, "dependencies"
    return LATEST, None


def _keywords(value: Json) -> frozenset[str]:
    """The keywords used in a schema and below it; where only the kind of value tells drafts apart, with that kind."""
    used: set[str] = set()
    pending = [value]
    while pending:
        one = pending.pop()
        if not isinstance(one, dict):
            continue
        for keyword, inner in one.items():
            if keyword == "id" and not isinstance(inner, str):
                continue
            used.add(keyword)
            if keyword in {"exclusiveMinimum", "exclusiveMaximum"} and isinstance(inner, bool):
                used.add(f"{keyword}: true")
            if keyword == "items" and isinstance(inner, list):
                used.add("items: […]")
        pending.extend(inner for _, inner in subschemas(one, _ANYWHERE))
    return frozenset(used)
