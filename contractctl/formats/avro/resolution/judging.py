"""What is wrong between two schemas, from all of their roots and messages? Each pair of schemas is judged once."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from contractctl.formats.avro.resolution import Question
from contractctl.formats.avro.resolution.pairs import Case
from contractctl.formats.avro.resolution.starts import starts
from contractctl.formats.avro.schema.types import Schema
from contractctl.formats.avro.wire.rendering import is_one_schema
from contractctl.model.verdict import Effect, Incompatibility, Undecided


def incompatibilities(taker: Schema, giver: Schema) -> Iterator[Incompatibility | Undecided]:
    """Every reason why taker, the reader, cannot faithfully read what giver, the writer, writes."""
    for outcome in _judged(taker, giver):
        yield outcome.found if isinstance(outcome, Case) else outcome


def findings(taker: Schema, giver: Schema) -> Iterator[Incompatibility]:
    """The incompatibilities of two schemas in which nothing is missing."""
    for found in incompatibilities(taker, giver):
        if isinstance(found, Incompatibility):
            yield found


def case_of(taker: Schema, giver: Schema, found: Incompatibility) -> Case | None:
    """The pair of types at which something was found, and the way there; None where it is about a whole schema."""
    return _cases(taker, giver).get(id(found))


@lru_cache(maxsize=4)
def _cases(taker: Schema, giver: Schema) -> dict[int, Case]:
    found = (outcome for outcome in _judged(taker, giver) if isinstance(outcome, Case))
    return {id(case.found): replace(case, number=number) for number, case in enumerate(found)}


@lru_cache(maxsize=4)
def _judged(taker: Schema, giver: Schema) -> tuple[Case | Incompatibility | Undecided, ...]:
    """Kept, as witnesses ask again. Where both are the same but for documentation, all is read as it was written."""
    outcomes = tuple(_outcomes(taker, giver))
    if outcomes and is_one_schema(taker, giver):
        return tuple(outcome for outcome in outcomes if isinstance(outcome, Undecided))
    return outcomes


def _outcomes(taker: Schema, giver: Schema) -> Iterator[Case | Incompatibility | Undecided]:
    for fault in taker.faults:
        if fault.rule is not None:
            facts = {"why": fault.said, "hint": fault.hint, "field": fault.path.rpartition(".")[2]}
            yield Incompatibility(fault.rule, Effect.FAILS, fault.path, facts, taker_at=fault.at)
    straight, turned = Question(taker, giver), Question(giver, taker)
    for start in starts(taker, giver):
        if isinstance(start, Incompatibility):
            yield start
        else:
            yield from (turned if start.flipped else straight).judge(start)
