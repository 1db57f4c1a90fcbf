"""How is a finding worded, in the names that the schemas' authors use? By facts that fill in the rules' pages."""

from contractctl.documents import Json
from contractctl.formats.json_schema.places import Given, OtherProperty, Place
from contractctl.formats.json_schema.shown import shown
from contractctl.model.amounts import counted

KINDS = {
    "null": "null",
    "boolean": "a boolean",
    "number": "a number",
    "integer": "an integer",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}
"""How people call a value of each type."""
MOST_LISTED = 5
"""How many words of a list are shown."""


def part(place: Place) -> str:
    """What a place is called: 'customer.name', or the document."""
    steps = [step for step in place.steps if not isinstance(step, Given)]
    if not steps:
        return "the document"
    if isinstance(steps[-1], OtherProperty):
        return f"any other property of {part(Place(tuple(steps[:-1])))}"
    return f"'{place.path}'"


def inside(place: Place) -> str:
    """In what something stands, with the word before it; nothing where that is the document."""
    name = part(place)
    return "" if name == "the document" else f" in {name}"


def listed(words: list[str], last: str) -> str:
    """Words in a row: a, b or c; of many the first, and how many more there are."""
    if len(words) > MOST_LISTED:
        return f"{', '.join(words[:MOST_LISTED])} {last} {len(words) - MOST_LISTED} more"
    if len(words) < 2:  # noqa: PLR2004 - one word, or none, is not a list
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def few(words: list[str]) -> str:
    """Some of many words; where some are left out, it says so."""
    return f"{', '.join(words[:MOST_LISTED])} and others" if len(words) > MOST_LISTED else listed(words, "and")


def size(value: Json) -> str:
    """How much a value holds: 41 characters, 3 items, 1 property."""
    match value:
        case str():
            return counted(len(value), "character")
        case list():
            return counted(len(value), "item")
        case dict():
            return counted(len(value), "property")
        case _:
            return shown(value)


def bound(*, upper: bool, exclusive: bool) -> str:
    """On which side of a limit the accepted numbers lie."""
    if exclusive:
        return "less than" if upper else "more than"
    return "at most" if upper else "at least"


def branch(value: Json, keyword: str, index: int) -> str:
    """An alternative's place, and the name that people know it by: oneOf/1 (Invoice)."""
    name = _called(value)
    return f"{keyword}/{index} ({name})" if name else f"{keyword}/{index}"


def _called(value: Json) -> str:
    """The title of a schema, the name it refers to, the constants that distinguish it, or its type."""
    if not isinstance(value, dict):
        return ""
    reference = value.get("$ref")
    if isinstance(value.get("title"), str):
        return str(value["title"])
    if isinstance(reference, str):
        return reference.rstrip("/#").rpartition("/")[2]
    named = value.get("properties")
    for name, inner in named.items() if isinstance(named, dict) else ():
        if isinstance(inner, dict) and "const" in inner:
            return f"{name} {shown(inner['const'])}"
    if isinstance(value.get("type"), str):
        return str(value["type"])
    return f"required {shown(value['required'])}" if "required" in value else ""
