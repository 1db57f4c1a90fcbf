"""What of the values that the writer's schema allows does the reader's refuse?

First the whole is asked: is there a value that the writer's schema allows and the reader's refuses? Where there is one,
the reader's keywords are gone through one by one, to say which of them lets whom down; each finding carries a value.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.json_schema import facts
from contractctl.formats.json_schema.explanations import Said, explain
from contractctl.formats.json_schema.meaning import Assertion, Meaning, names_in
from contractctl.formats.json_schema.places import Given, Item, LaterItem, Place, Property, lifted, parts
from contractctl.formats.json_schema.references import referred
from contractctl.formats.json_schema.search.membership import UndecidedError, holds
from contractctl.formats.json_schema.search.nodes import Literal
from contractctl.formats.json_schema.search.outcomes import (
    GIVEN_UP,
    NONE,
    SPENT,
    TOO_DEEP,
    TOO_MUCH,
    Found,
    Outcome,
    SpentError,
    Unknown,
)
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.shown import shown
from contractctl.formats.json_schema.spots import Schema, Spot, inside
from contractctl.model.verdict import Effect, Incompatibility, Pointer, Undecided

_WORD = re.compile(r"[A-Z]*[a-z0-9]+|[A-Z]+")
_WORK_A_QUESTION = 10_000
_WORK_NEARBY = 10_000
_WORK = 30_000
_MOST_FINDINGS = 60
_MOST_ALIKE = 3
_DEEPEST = 4


@dataclass(slots=True)
class Asked:
    """One question: does the reader's schema accept what the writer's allows?"""

    space: Space
    solver: Solver
    reader: Meaning
    wanted: Spot
    """The reader's schema."""
    sent: Literal
    """What the writer's schema allows."""
    writer: Schema
    writer_root: Spot
    work: int = _WORK
    count: int = 0
    trail: list[object] = field(default_factory=list)
    """The reader's schemas on the path; a repeated one mostly adds nothing new."""
    deep: int = 0
    """How many times a schema may occur on one path."""
    explained: Counter[object] = field(default_factory=Counter)
    """In how many places a schema has had findings; a few are enough to show it."""
    given_up: set[Unknown] = field(default_factory=set)
    proof: Found | None = None
    """A value that some keyword refuses."""

    def answers(self) -> Iterator[Said]:
        """The findings, in the reader's order."""
        all_of_it = Assertion("", self.reader.of(self.wanted))
        whole = self.ask(Place(), all_of_it.literal ^ 1)
        if whole is NONE:
            return
        while not self.count and self.deep < _DEEPEST and self.work > 0:
            self.deep += 1
            yield from self.explained_all()
            if not (isinstance(whole, Found) or self.proof):
                return
        proof = whole if isinstance(whole, Found) else self.proof
        if proof and not self.count:
            yield self.finding("json-schema-refused", About(self.wanted, Place(), all_of_it, proof))

    def explained_all(self) -> Iterator[Said]:
        """The findings, up to as many as anybody reads."""
        for said in self.explain(self.wanted, Place()):
            yield said
            self.count += isinstance(said, Incompatibility)
            if self.count >= _MOST_FINDINGS or self.work <= 0:
                return

    def ask(self, place: Place, literal: Literal) -> Outcome:
        """A whole value of the writer for which a literal holds at the place."""
        if self.work <= 0:
            return SPENT
        goal = (self.sent, lifted(self.space, place, literal))
        outcome = self._worked(self.solver.solve, goal, _WORK_A_QUESTION)
        near = self._worked(self.solver.near, goal, _WORK_NEARBY) if isinstance(outcome, Unknown) else outcome
        return near if isinstance(near, Found) else outcome

    def _worked(self, way: Callable[[Iterable[Literal]], Outcome], goal: tuple[Literal, ...], work: int) -> Outcome:
        self.solver.work = granted = min(self.work, work)
        try:
            return way(goal)
        except SpentError:
            return TOO_MUCH
        except RecursionError:
            return TOO_DEEP
        finally:
            self.work -= granted - max(self.solver.work, 0)

    def explain(self, spot: Spot, place: Place) -> Iterator[Said]:
        """Which parts of the schema at a spot the values at a place may not satisfy."""
        if self.trail.count(spot.key) >= self.deep or self.explained[spot.key] >= _MOST_ALIKE:
            return
        self.trail.append(spot.key)
        before = self.count
        for assertion in self.reader.assertions(spot):
            outcome = self.ask(place, assertion.literal ^ 1)
            if isinstance(outcome, Unknown):
                yield from self.undecided(place, outcome, _pointer(spot, assertion.keyword))
            elif isinstance(outcome, Found):
                self.proof = self.proof or outcome
                yield from explain(self, About(spot, place, assertion, outcome))
        self.trail.pop()
        self.explained[spot.key] += self.count > before

    def below(self, spot: Spot, place: Place, *steps: str | int) -> Iterator[Said]:
        """Which parts of a subschema the values at a place may not satisfy."""
        inner = inside(self.reader.schema, spot, *steps)
        literal = self.reader.of(inner)
        outcome = self.ask(place, literal ^ 1)
        if isinstance(outcome, Unknown):
            yield from self.undecided(place, outcome, _pointer(inner, ""))
        elif isinstance(outcome, Found) and isinstance(inner.value, dict):
            yield from self.explain(inner, place)
        elif isinstance(outcome, Found):
            yield self.finding("json-schema-never", About(inner, place, Assertion("", literal), outcome))

    def undecided(self, place: Place, why: Unknown, at: Pointer) -> Iterator[Undecided]:
        """What is unknown. Giving up is reported once, however many places it affects."""
        if why not in self.given_up:
            self.given_up |= {why} & GIVEN_UP
            yield Undecided(place.path, why.reason, taker_at=at)

    def finding(self, rule: str, about: "About", **said: str) -> Incompatibility:
        """One finding, with the value that shows it."""
        value, place = self.part(about), about.place
        every = {
            "keyword": about.keyword,
            "wanted": shown(about.value) if about.keyword else "",
            "value": shown(value),
            "where": facts.part(place),
            "inside": facts.inside(place),
            "document": shown(about.outcome.value, whole=True),
            **said,
        }
        taker_at = _pointer(about.spot, about.keyword)
        return Incompatibility(rule, Effect.FAILS, place.path, every, taker_at, _pointer(self.sent_at(place)[0], ""))

    def unknown(self, about: "About", outcome: Unknown) -> Iterator[Undecided]:
        """What one keyword asserts is not decided."""
        return self.undecided(about.place, outcome, _pointer(about.spot, about.keyword))

    def part(self, about: "About") -> Json:
        """The part of the value that the keyword refuses."""
        there = parts(about.outcome.value, about.place)
        refused = (one for one in there if not self.takes(about.assertion.literal, one))
        return next(refused, there[0] if there else about.outcome.value)

    def takes(self, literal: Literal, value: Json) -> bool:
        """Whether it is certain that a value satisfies a literal."""
        try:
            return holds(self.space, literal, value)
        except UndecidedError:
            return False

    @property
    def declared(self) -> frozenset[str]:
        """The names of properties that the writer mentions anywhere."""
        return declared_names(self.writer)

    def leaves_open(self, place: Place, name: str) -> bool:
        """Whether the writer does not mention a property: objects that are maps mention every name."""
        if self.writer.policy.content_model == "open":
            return False
        spot, is_there = self.sent_at(place)
        value = spot.keywords if is_there else {}
        is_map = isinstance(value.get("additionalProperties"), dict) or "patternProperties" in value
        return name not in self.declared and not is_map

    def renamed(self, about: "About", name: str) -> dict[str, str]:
        """A property of the writer's that looks like the missing one under another name, as facts for the remedy."""
        wanted, sent = (_named(one) for one in (about.spot, self.sent_at(about.place)[0]))
        free = [] if name in sent else [other for other in sent if other not in wanted]
        likely = free if len(free) == 1 else [other for other in free if _words(other) & _words(name)]
        return {"taker_name": name, "giver_name": likely[0]} if len(likely) == 1 and not about.place.steps else {}

    def sent_at(self, place: Place) -> tuple[Spot, bool]:
        """The writer's schema for a place, as far as it names it, and whether that is all the way."""
        spot = self.writer_root
        for step in place.steps:
            inner = _step_into(self.writer, spot, step)
            if inner is None:
                return spot, False
            spot = inner
        return referred(self.writer, spot), True


@dataclass(frozen=True, slots=True)
class About:
    """A keyword of the reader's schema that some value of the writer does not satisfy."""

    spot: Spot
    place: Place
    assertion: Assertion
    outcome: Found

    @property
    def keyword(self) -> str:
        return self.assertion.keyword

    @property
    def refused(self) -> Literal:
        return self.assertion.literal ^ 1

    @property
    def value(self) -> Json:
        return self.spot.keywords[self.keyword]


@lru_cache(maxsize=4)
def declared_names(schema: Schema) -> frozenset[str]:
    return frozenset(names_in(schema))


def _named(spot: Spot) -> tuple[str, ...]:
    named = spot.keywords.get("properties")
    return tuple(named) if isinstance(named, dict) else ()


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _pointer(spot: Spot, keyword: str) -> Pointer:
    return (spot.file, *spot.pointer, keyword) if keyword else (spot.file, *spot.pointer)


def _step_into(schema: Schema, spot: Spot, step: object) -> Spot | None:
    spot = referred(schema, spot)
    value = spot.value
    if not isinstance(value, dict):
        return None
    match step:
        case Given():
            return spot
        case Property(name):
            named = value.get("properties")
            return inside(schema, spot, "properties", name) if isinstance(named, dict) and name in named else None
        case Item() | LaterItem():
            return inside(schema, spot, "items") if isinstance(value.get("items"), dict) else None
        case _:
            return None
