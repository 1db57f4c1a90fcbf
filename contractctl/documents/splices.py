"""Which places of a text say something else, when one value takes the place of another?"""

import json
from collections.abc import Iterable

from contractctl.documents.bounds import Json

Splice = tuple[int, int, str]
"""From where to where, and what takes its place."""


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with other words in some of its places; those for one place in their order."""
    pieces, position = list[str](), 0
    for start, end, words in sorted(splices, key=lambda one: one[:2]):
        pieces += [text[position:start], words]
        position = end
    return "".join([*pieces, text[position:]])


def is_same(one: Json, other: Json) -> bool:
    """Whether two values are the same, member for member: true is not 1."""
    return json.dumps(one) == json.dumps(other)


def kept_after(name: str, was: dict[str, Json], wanted: dict[str, Json]) -> str | None:
    """The first of what stays that comes after a new member."""
    names = list(wanted)
    return next((one for one in names[names.index(name) + 1 :] if one in was), None)
