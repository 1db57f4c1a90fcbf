"""Which values does a writer's JSON Schema allow, and which of them does the reader's accept?"""

from dataclasses import dataclass

from contractctl.documents import Json
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.languages import Language, Written
from contractctl.formats.asyncapi.meaning import Asserted, names_below
from contractctl.formats.json_schema.search.nodes import Literal
from contractctl.formats.json_schema.search.outcomes import NONE, TOO_MUCH, Found, Outcome, SpentError
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.spots import Schema

_WORK = 10_000


@dataclass(frozen=True, slots=True)
class SchemaComparison:
    """Two schemas in one space."""

    space: Space
    solver: Solver
    reader: Asserted
    sent: Literal
    wanted: Literal
    schemas: tuple[Schema, Schema]
    """The reader's and the writer's."""


def seen(meeting_way: tuple[Document, Document], ends: tuple[Written, Written]) -> SchemaComparison:
    """What the writer sends by its schema, and what the reader accepts by its own.

    A writer gives no property that only the reader's version has heard of.
    """
    (writer, reader), (sent, wanted) = meeting_way, ends
    giver, taker = writer.in_dialect(sent.dialect), reader.in_dialect(wanted.dialect)
    space = Space()
    taking = Asserted(space, taker)
    takes = taking.root(wanted.spot)
    absent = names_below(taker, wanted.spot) - names_below(giver, sent.spot)
    gives = Asserted(space, giver, absent).root(sent.spot)
    return SchemaComparison(space, Solver(space), taking, gives, takes, (taker, giver))


def sample(comparison: SchemaComparison, *literals: Literal) -> tuple[Json, ...]:
    """A value that satisfies the literals, as the only item; nothing where none was found."""
    comparison.solver.work = _WORK
    try:
        outcome = comparison.solver.solve(literals)
    except (SpentError, RecursionError):
        return ()
    return (outcome.value,) if isinstance(outcome, Found) else ()


def beyond(ways: tuple[Document, Document], sent: Written, known: list[Written]) -> Outcome:
    """A value that the writer sends and none of the reader's schemas accepts; all are JSON Schemas of one draft."""
    comparison = seen(ways, (sent, known[0]))
    taken = [comparison.reader.root(one.spot) for one in known]
    heard = frozenset[str]().union(*(names_below(comparison.schemas[0], one.spot) for one in known))
    absent = heard - names_below(comparison.schemas[1], sent.spot)
    gives = Asserted(comparison.space, comparison.schemas[1], absent).root(sent.spot)
    comparison.solver.work = _WORK
    try:
        return comparison.solver.solve((gives, *(one ^ 1 for one in taken)))
    except (SpentError, RecursionError):
        return TOO_MUCH


def is_inside(ways: tuple[Document, Document], sent: Written, known: list[Written]) -> bool:
    """Whether it is certain that everything that the writer sends is accepted by one of the readers."""
    fitting = [one for one in known if (one.language, one.dialect) == (Language.JSON_SCHEMA, known[0].dialect)]
    if sent.language is not Language.JSON_SCHEMA or not fitting:
        return False
    return beyond(ways, sent, fitting) is NONE


def allow_the_same(ways: tuple[Document, Document], ends: tuple[Written, Written]) -> bool:
    """Whether it is certain that two JSON Schemas allow the same values, also those that nobody has heard of."""
    if any(one.language is not Language.JSON_SCHEMA for one in ends):
        return False
    space = Space()
    left, right = (
        Asserted(space, document.in_dialect(one.dialect)).root(one.spot)
        for document, one in zip(ways, ends, strict=True)
    )
    solver = Solver(space, _WORK)
    try:
        return all(solver.solve(goal) is NONE for goal in ((left, right ^ 1), (right, left ^ 1)))
    except (SpentError, RecursionError):
        return False
