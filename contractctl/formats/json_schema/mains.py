"""Which of several files are the contract, and which only serve them?"""

from collections.abc import Iterator

from contractctl.formats.json_schema.dialects import SUBSCHEMAS, subschemas
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.resources import Resource
from contractctl.formats.json_schema.spots import Schema, Spot, inside, named_resource, start
from contractctl.formats.json_schema.uris import split

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def mains(schema: Schema, count: int) -> tuple[Spot, ...]:
    """Of the first `count` files, the fewest from which all are reached, in their order.

    Files that refer to each other in a ring are represented by the first of them.
    """
    files = [schema.starts[number, ()] for number in range(count)]
    if count == 1:
        return (start(schema, files[0], ()),)
    reach = _closed([set(_referred(schema, file)) for file in files])
    alone = [one for one in range(count) if not any(one in reach[other] for other in range(count) if other != one)]
    chosen: list[int] = []
    reached: set[int] = set()
    for number in (*alone, *range(count)):
        if number not in reached:
            chosen.append(number)
            reached |= {number, *reach[number]}
    return tuple(start(schema, files[number], ()) for number in chosen)


def _referred(schema: Schema, file: Resource) -> Iterator[int]:
    """The other files that a file's references and its `$schema` lead to."""
    root = start(schema, file, ())
    meta = file.value.get("$schema") if isinstance(file.value, dict) else None
    metaschema = named_resource(schema, split(meta)[0]) if isinstance(meta, str) else None
    if metaschema is not None and metaschema.file != file.file:
        yield metaschema.file
    pending, seen = [root], {root.pointer}
    while pending:
        spot = pending.pop()
        if not isinstance(spot.value, dict):
            continue
        below = [inside(schema, spot, *steps) for steps, _ in subschemas(spot.value, SUBSCHEMAS[spot.dialect])]
        for there in (*below, *_led(schema, spot)):
            if there.file != file.file:
                yield there.file
            elif there.pointer not in seen:
                seen.add(there.pointer)
                pending.append(there)


def _led(schema: Schema, spot: Spot) -> Iterator[Spot]:
    for keyword in _REFERENCES:
        if keyword in spot.keywords:
            try:
                yield refer(schema, spot, keyword)
            except Unresolved:
                continue  # it matters where it is judged, not here


def _closed(direct: list[set[int]]) -> list[set[int]]:
    """From each file, all files that are reached, directly or not."""
    closed: list[set[int]] = []
    for first in direct:
        reached: set[int] = set()
        pending = list(first)
        while pending:
            number = pending.pop()
            if number not in reached:
                reached.add(number)
                pending.extend(direct[number] if 0 <= number < len(direct) else ())
        closed.append(reached)
    return closed
