"""What does a subgraph take away from the graph that is composed of it and others?

Whoever composes the graph checks that its parts fit. A key by which others reach a type, and what clients of the whole
no longer see, fit all the same when they are gone.
"""

from collections.abc import Iterator, Mapping

from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import Field, Input, Symbol, Type
from contractctl.model.verdict import Undecided

_Part = Type | Field | Symbol | Input


def taken_away(client: Schema, provider: Schema) -> Iterator[Undecided]:
    """What nobody can judge who sees one subgraph: whether others come by a key, and clients ask for a thing."""
    for name, mine in client.types.items():
        theirs = provider.types.get(name)
        if theirs is None or theirs == mine:
            continue
        at = ("types", name)
        for key in mine.keys:
            if key not in theirs.keys:
                yield Undecided(
                    name, f"it no longer has the @key '{key}', by which other subgraphs may ask for it", at, at
                )
        for path, here, there in _parts(mine, theirs):
            if there.hidden and not here.hidden:
                place = ("types", *path.partition("(")[0].split("."))
                reason = "it is @inaccessible, and clients of the whole graph may ask for it"
                yield Undecided(path, reason, place, place)


def _parts(mine: Type, theirs: Type) -> Iterator[tuple[str, _Part, _Part]]:
    """The type, and each part that both versions have, by its path."""
    yield mine.name, mine, theirs
    yield from _alike(f"{mine.name}.{{}}", mine.fields, theirs.fields)
    yield from _alike(f"{mine.name}.{{}}", mine.symbols, theirs.symbols)
    yield from _alike(f"{mine.name}.{{}}", mine.inputs, theirs.inputs)
    for name, field in mine.fields.items():
        if name in theirs.fields:
            yield from _alike(f"{mine.name}.{name}({{}}:)", field.arguments, theirs.fields[name].arguments)


def _alike(path: str, here: Mapping[str, _Part], there: Mapping[str, _Part]) -> Iterator[tuple[str, _Part, _Part]]:
    yield from ((path.format(name), one, there[name]) for name, one in here.items() if name in there)
