"""Can this reader read what this writer writes? Whether the writer's set of values lies inside the reader's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from contractctl.formats.json_schema.asking import Asked, declared_names
from contractctl.formats.json_schema.explanations import Said
from contractctl.formats.json_schema.meaning import Meaning
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.spots import Schema, Spot, start
from contractctl.model.verdict import Effect, Incompatibility, Undecided


def incompatibilities(taker: Schema, giver: Schema) -> Iterator[Said]:
    """Every reason why taker, the reader, cannot read what giver, the writer, writes."""
    for doubt in dict.fromkeys((*taker.doubts, *giver.doubts)):
        yield Undecided("", doubt)
    for reader, writer in _roots(taker, giver):
        if reader is None:
            yield _removed(giver, writer)
            continue
        yield from _asked(taker, giver, reader, writer).answers()


def _roots(taker: Schema, giver: Schema) -> Iterator[tuple[Spot | None, Spot]]:
    """Each schema that the writer may write by, and the reader's in the file of the same path, whoever refers to it.

    Where each version has only one, they are one, whatever they are called.
    """
    if len(taker.roots) == len(giver.roots) == 1:
        yield taker.root, giver.root
        return
    files = {taker.paths[number]: number for number in range(len(taker.source.files))}
    for writer in giver.roots:
        number = files.get(giver.paths[writer.file])
        yield None if number is None else start(taker, taker.starts[number, ()], ()), writer


def _removed(giver: Schema, writer: Spot) -> Incompatibility:
    name = giver.source.path(giver.source.files[writer.file])
    at = (writer.file, *writer.pointer)
    return Incompatibility("json-schema-removed", Effect.FAILS, name, {}, giver_at=at)


@dataclass(slots=True)
class _Shared:
    """What the two directions of one pair have in common: their meanings, and what was decided of them."""

    space: Space = field(default_factory=Space)
    meanings: dict[Schema, Meaning] = field(default_factory=dict)
    solver: Solver = field(init=False)

    def __post_init__(self) -> None:
        self.solver = Solver(self.space)

    def meaning(self, schema: Schema) -> Meaning:
        if schema not in self.meanings:
            self.meanings[schema] = Meaning(self.space, schema)
        return self.meanings[schema]


@lru_cache(maxsize=1)
def _shared(_: frozenset[Schema]) -> _Shared:
    """One for each pair, whichever of the two reads."""
    return _Shared()


def _asked(taker: Schema, giver: Schema, reader: Spot, writer: Spot) -> Asked:
    shared = _shared(frozenset({taker, giver}))
    meaning = shared.meaning(taker)
    meaning.root(reader)
    if giver.policy.content_model == "open":
        absent = frozenset(meaning.names - declared_names(giver))
        sent = Meaning(shared.space, giver, absent).root(writer)
    else:
        sent = shared.meaning(giver).root(writer)
    return Asked(shared.space, shared.solver, meaning, reader, sent, giver, writer)
