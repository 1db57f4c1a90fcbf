"""Which parts of two schemas say the same, and so need not be read to know that what is sent there is taken?"""

from collections.abc import Iterator

from contractctl.documents import Json
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document.shared import Shared, told

Alike = tuple[str, bytes]
"""What says the same: what it says, and where its references start from."""
_BESIDE = ("allOf", "anyOf", "oneOf")


def alike(one: Spot, other: Spot, shared: Shared) -> Iterator[tuple[Json, Json, Alike]]:
    """The largest parts of the values that both schemas have at the same places, in the same words.

    Given are the two texts, and what both say. Smaller ones are read faster than they are compared.
    """
    if one.base != other.base or one.dialect is not other.dialect:
        return
    pending = [(one.value, other.value)]
    while pending:
        left, right = pending.pop()
        if not isinstance(left, dict) or not isinstance(right, dict):
            continue
        pending += _met(left, right, _BESIDE)
        for ends in (*_inside(left, right), *_met(left, right, ("items",))):
            said = told(ends[0])
            if said != told(ends[1]):
                pending.append(ends)
            elif _is_large(ends[0]) and shared.means_the_same(one.base, said, ends[0]):
                yield *ends, (one.base, said)


def _inside(left: dict[str, Json], right: dict[str, Json]) -> Iterator[tuple[Json, Json]]:
    """The properties that both have."""
    named, others = left.get("properties"), right.get("properties")
    if isinstance(named, dict) and isinstance(others, dict):
        yield from ((schema, others[name]) for name, schema in named.items() if name in others)


def _met(left: dict[str, Json], right: dict[str, Json], names: tuple[str, ...]) -> Iterator[tuple[Json, Json]]:
    """The schemas that both have below keywords."""
    for name in names:
        match left.get(name), right.get(name):
            case dict() as one, dict() as other:
                yield one, other
            case list() as some, list() as others:
                yield from zip(some, others, strict=False)
            case _:
                pass


def _is_large(schema: Json) -> bool:
    """Whether there are schemas in a schema."""
    return isinstance(schema, dict) and any(isinstance(inner, dict | list) for inner in schema.values())
