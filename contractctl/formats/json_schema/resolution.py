"""Can this reader read what this writer writes? Whether the writer's set of values lies inside the reader's.

First the whole is asked: is there a value that the writer's schema allows and the reader's refuses? Where there is one,
the reader's keywords are gone through one by one, to say which of them lets whom down; each finding carries a value.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from contractctl.documents import Json
from contractctl.formats.json_schema import language
from contractctl.formats.json_schema.keywords import spoken_of, unless
from contractctl.formats.json_schema.meaning import Assertion, Meaning, names_in
from contractctl.formats.json_schema.places import (
    FittingProperty,
    Given,
    Item,
    LaterItem,
    OtherProperty,
    Place,
    Property,
    lifted,
    parts,
)
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.search.membership import UndecidedError, holds
from contractctl.formats.json_schema.search.nodes import (
    FALSE,
    TRUE,
    Kinds,
    Literal,
    Properties,
    Required,
    Space,
)
from contractctl.formats.json_schema.search.outcomes import NONE, Found, Outcome, SpentError, Unknown
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.search.values import ANYTHING, NAMES, NUMBER, kind_of, kinds
from contractctl.formats.json_schema.shown import shown
from contractctl.formats.json_schema.spots import Schema, Spot, inside
from contractctl.model.verdict import Effect, Incompatibility, Pointer, Undecided

Said: TypeAlias = Incompatibility | Undecided

_WORK_A_QUESTION = 10_000
_WORK = 30_000
_MOST_FINDINGS = 60
_MOST_LISTED = 5
_MOST_ALIKE = 3


def incompatibilities(taker: Schema, giver: Schema) -> Iterator[Said]:
    """Every reason why taker, the reader, cannot read what giver, the writer, writes."""
    for doubt in dict.fromkeys((*taker.doubts, *giver.doubts)):
        yield Undecided("", doubt)
    for reader, writer in _roots(taker, giver):
        if reader is None:
            yield _removed(giver, writer)
            continue
        yield from _Asked.of(taker, giver, reader, writer).answers()


def _roots(taker: Schema, giver: Schema) -> Iterator[tuple[Spot | None, Spot]]:
    """Each schema that the writer may write by, and the reader's of the same name."""
    if len(taker.roots) == len(giver.roots) == 1:
        yield taker.root, giver.root
        return
    known = {_name(taker, spot): spot for spot in taker.roots}
    for spot in giver.roots:
        yield known.get(_name(giver, spot)), spot


def _name(schema: Schema, spot: Spot) -> str:
    return schema.source.files[spot.file].name.rpartition("/")[2]


def _removed(giver: Schema, writer: Spot) -> Incompatibility:
    at = (writer.file, *writer.pointer)
    return Incompatibility("json-schema-removed", Effect.FAILS, _name(giver, writer), {}, giver_at=at)


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


@dataclass(slots=True)
class _Asked:
    """One question: does the reader's schema take what the writer's allows?"""

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
    """The reader's schemas on the way; one that comes again says nothing new."""
    explained: Counter[object] = field(default_factory=Counter)
    """In how many places something was found wrong with a schema; a few are enough to show it."""

    @classmethod
    def of(cls, taker: Schema, giver: Schema, reader: Spot, writer: Spot) -> "_Asked":
        shared = _shared(frozenset({taker, giver}))
        meaning = shared.meaning(taker)
        meaning.root(reader)
        if giver.policy.content_model == "open":
            absent = frozenset(meaning.names - set(names_in(giver)))
            sent = Meaning(shared.space, giver, absent).root(writer)
        else:
            sent = shared.meaning(giver).root(writer)
        return cls(shared.space, shared.solver, meaning, reader, sent, giver, writer)

    def answers(self) -> Iterator[Said]:
        """What is wrong, in the reader's order; nothing where nothing is."""
        whole = self.ask(Place(), self.reader.of(self.wanted) ^ 1)
        if whole is NONE:
            return
        for said in self.explain(self.wanted, Place()):
            if isinstance(said, Undecided):
                yield said
                if self.work <= 0:
                    break
                continue
            self.count += 1
            yield said
            if self.count >= _MOST_FINDINGS:
                return
        if isinstance(whole, Found) and not self.count:
            yield self.finding("json-schema-refused", Place(), whole, self.wanted, "", {})

    def ask(self, place: Place, literal: Literal) -> Outcome:
        """A whole value of the writer's, at the place of which a literal holds."""
        if self.work <= 0:
            return Unknown("the work that one pair is worth has been spent")
        self.solver.work = granted = min(self.work, _WORK_A_QUESTION)
        try:
            return self.solver.solve((self.sent, lifted(self.space, place, literal)))
        except SpentError:
            return Unknown("it would take too much work to decide")
        except RecursionError:
            return Unknown("it is nested too deeply to decide")
        finally:
            self.work -= granted - max(self.solver.work, 0)

    def explain(self, spot: Spot, place: Place) -> Iterator[Said]:
        """What of the schema at a spot the values at a place may not fulfil."""
        if spot.key in self.trail or self.explained[spot.key] >= _MOST_ALIKE:
            return
        self.trail.append(spot.key)
        before = self.count
        for assertion in self.reader.assertions(spot):
            outcome = self.ask(place, assertion.literal ^ 1)
            if isinstance(outcome, Unknown):
                yield Undecided(place.path, outcome.reason, taker_at=_pointer(spot, assertion.keyword))
            elif isinstance(outcome, Found):
                about = _About(spot, place, assertion, outcome)
                yield from _EXPLAINED.get(assertion.keyword, _whole)(self, about)
        self.trail.pop()
        self.explained[spot.key] += self.count > before

    def below(self, spot: Spot, place: Place, *steps: str | int) -> Iterator[Said]:
        """What of a subschema the values at a place may not fulfil."""
        inner = inside(self.reader.schema, spot, *steps)
        outcome = self.ask(place, self.reader.of(inner) ^ 1)
        if isinstance(outcome, Found):
            if isinstance(inner.value, dict):
                yield from self.explain(inner, place)
            else:
                yield self.finding("json-schema-never", place, outcome, inner, "", {})
        elif isinstance(outcome, Unknown):
            yield Undecided(place.path, outcome.reason, taker_at=_pointer(inner, ""))

    def finding(  # noqa: PLR0913, PLR0917 - what a finding is made of
        self, rule: str, place: Place, outcome: Found, spot: Spot, keyword: str, facts: dict[str, str]
    ) -> Incompatibility:
        """One finding with the value that shows it."""
        there = parts(outcome.value, place, _fits)
        value = shown(there[0]) if there else "nothing"
        wanted = shown(spot.value[keyword]) if isinstance(spot.value, dict) and keyword in spot.value else ""
        facts = {
            "keyword": keyword,
            "wanted": wanted,
            "value": value,
            "document": shown(outcome.value, whole=True),
            **facts,
        }
        return Incompatibility(rule, Effect.FAILS, place.path, facts, _pointer(spot, keyword), self.giver_at(place))

    def giver_at(self, place: Place) -> Pointer:
        """The writer's schema for a place, as far as it names it."""
        spot = self.writer_root
        for step in place.steps:
            inner = _step_into(self.writer, spot, step)
            if inner is None:
                break
            spot = inner
        return _pointer(spot, "")


@dataclass(frozen=True, slots=True)
class _About:
    """A keyword of the reader's that some value of the writer's does not fulfil."""

    spot: Spot
    place: Place
    assertion: Assertion
    outcome: Found

    @property
    def keyword(self) -> str:
        return self.assertion.keyword

    @property
    def value(self) -> Json:
        assert isinstance(self.spot.value, dict)  # noqa: S101 - only objects have keywords
        return self.spot.value[self.keyword]


def _pointer(spot: Spot, keyword: str) -> Pointer:
    return (spot.file, *spot.pointer, keyword) if keyword else (spot.file, *spot.pointer)


def _fits(pattern: str, name: str) -> bool:
    try:
        return language.matches(pattern, name)
    except language.Unreadable:
        return False


def _step_into(schema: Schema, spot: Spot, step: object) -> Spot | None:
    for _ in range(8):
        if not (isinstance(spot.value, dict) and "$ref" in spot.value):
            break
        try:
            spot = refer(schema, spot, "$ref")
        except Unresolved:
            return None
    value = spot.value
    if not isinstance(value, dict):
        return None
    match step:
        case Given():
            return spot
        case Property(name):
            named = value.get("properties")
            return inside(schema, spot, "properties", name) if _has(named, name) else None
        case Item() | LaterItem():
            return inside(schema, spot, "items") if isinstance(value.get("items"), dict) else None
        case _:
            return None


def _has(value: Json, name: str) -> bool:
    return isinstance(value, dict) and name in value


# How each keyword lets its reader down. A leaf is worded; what holds other schemas is looked into.


def _whole(asked: _Asked, about: _About) -> Iterator[Said]:
    rule = _RULES.get(about.keyword, "json-schema-refused")
    yield asked.finding(rule, about.place, about.outcome, about.spot, about.keyword, {})


def _type(asked: _Asked, about: _About) -> Iterator[Said]:
    """Which kinds of value may come that are not taken."""
    mask = asked.space.can_be(about.assertion.literal)
    sent = [
        kind
        for kind in kinds(ANYTHING & ~mask)
        if isinstance(asked.ask(about.place, asked.space.literal(Kinds(kind))), Found)
    ]
    names = [next(name for name, bit in NAMES.items() if bit == kind) for kind in sent]
    wanted = [about.value] if isinstance(about.value, str) else about.value
    assert isinstance(wanted, list)  # noqa: S101 - read already
    if not sent and mask & NUMBER:
        names = ["number with a fraction"]
    facts = {"sent": " or ".join(names) or "another type", "types": " or ".join(map(str, wanted))}
    yield asked.finding("json-schema-type-refused", about.place, about.outcome, about.spot, about.keyword, facts)


def _values(asked: _Asked, about: _About) -> Iterator[Said]:
    """Which values may come that are not listed; a few are named, where there are only a few."""
    found = list[Json]()
    outcome: Outcome = about.outcome
    while isinstance(outcome, Found) and len(found) <= _MOST_LISTED:
        there = parts(outcome.value, about.place, _fits)
        if not there or there[0] in found:
            break
        found.append(there[0])
        others = asked.space.all_of((about.assertion.literal ^ 1, asked.space.enum(found) ^ 1))
        outcome = asked.ask(about.place, others)
    few = ", ".join(shown(value) for value in found[:_MOST_LISTED])
    facts = {"values": few if len(found) <= _MOST_LISTED else f"{few} and others"}
    yield asked.finding("json-schema-value-refused", about.place, about.outcome, about.spot, about.keyword, facts)


def _required(asked: _Asked, about: _About) -> Iterator[Said]:
    for name in dict.fromkeys(about.value if isinstance(about.value, list) else [about.value]):
        literal = asked.space.literal(Required(frozenset({str(name)}))) ^ 1
        outcome = asked.ask(about.place, literal)
        if isinstance(outcome, Found):
            facts = {"name": str(name)}
            yield asked.finding("json-schema-property-required", about.place, outcome, about.spot, about.keyword, facts)
        elif isinstance(outcome, Unknown):
            yield Undecided(about.place.path, outcome.reason, taker_at=_pointer(about.spot, about.keyword))


def _reference(asked: _Asked, about: _About) -> Iterator[Said]:
    target = refer(asked.reader.schema, about.spot, about.keyword)
    if isinstance(target.value, bool):
        yield asked.finding("json-schema-never", about.place, about.outcome, about.spot, about.keyword, {})
    else:
        yield from asked.explain(target, about.place)


def _all_of(asked: _Asked, about: _About) -> Iterator[Said]:
    for index in range(len(about.value) if isinstance(about.value, list) else 0):
        yield from asked.below(about.spot, about.place, about.keyword, index)


def _any_of(asked: _Asked, about: _About) -> Iterator[Said]:
    """No branch takes it. Where only one branch is for such values at all, that one is looked into."""
    branches = _branches(asked, about)
    none = asked.space.all_of(literal ^ 1 for literal in branches)
    outcome = asked.ask(about.place, none)
    if isinstance(outcome, Found):
        yield from _by_no_branch(asked, about, branches, outcome)
    elif about.keyword == "oneOf":
        rule = "json-schema-branches-overlap" if outcome is NONE else "json-schema-branch-unknown"
        facts = {"branches": str(len(branches))}
        yield asked.finding(rule, about.place, about.outcome, about.spot, about.keyword, facts)


def _by_no_branch(asked: _Asked, about: _About, branches: list[Literal], outcome: Found) -> Iterator[Said]:
    there = parts(outcome.value, about.place, _fits)
    kind = kind_of(there[0]) if there else ANYTHING
    fitting = [index for index, literal in enumerate(branches) if asked.space.can_be(literal) & kind]
    said: list[Said] = []
    if len(fitting) == 1:
        others = asked.space.all_of(one ^ 1 for index, one in enumerate(branches) if index != fitting[0])
        inner = about.place.to(Given(asked.space.all_of((others, asked.space.kinds(kind)))))
        said = [*asked.below(about.spot, inner, about.keyword, fitting[0])]
        yield from said
    if not any(isinstance(one, Incompatibility) for one in said):
        facts = {"branches": str(len(branches))}
        yield asked.finding("json-schema-branch-unknown", about.place, outcome, about.spot, about.keyword, facts)


def _branches(asked: _Asked, about: _About) -> list[Literal]:
    count = len(about.value) if isinstance(about.value, list) else 0
    return [asked.reader.beside(about.spot, about.keyword, index) for index in range(count)]


def _condition(asked: _Asked, about: _About) -> Iterator[Said]:
    condition = asked.reader.beside(about.spot, "if")
    said: list[Said] = []
    for keyword, literal in (("then", condition), ("else", condition ^ 1)):
        if _has(about.spot.value, keyword):
            said += asked.below(about.spot, about.place.to(Given(literal)), keyword)
    yield from said
    if not said:
        yield from _whole(asked, about)


def _dependent(asked: _Asked, about: _About) -> Iterator[Said]:
    """What is demanded where a property is there: other properties, or a schema of its own."""
    assert isinstance(about.value, dict)  # noqa: S101 - read already
    for name, demanded in about.value.items():
        if not isinstance(demanded, list):
            has = asked.space.literal(Required(frozenset({name})))
            is_object = asked.space.kinds(NAMES["object"])
            inner = about.place.to(Given(asked.space.all_of((is_object, has))))
            yield from asked.below(about.spot, inner, about.keyword, name)
            continue
        for other in map(str, demanded):
            literal = unless(asked.space, name, asked.space.literal(Required(frozenset({other}))))
            outcome = asked.ask(about.place, literal ^ 1)
            if isinstance(outcome, Found):
                facts = {"name": other, "beside": name}
                yield asked.finding(
                    "json-schema-dependency-missing", about.place, outcome, about.spot, about.keyword, facts
                )


def _properties(asked: _Asked, about: _About) -> Iterator[Said]:
    """The properties that may fail, without a question for each of the many that cannot."""
    assert isinstance(about.value, dict)  # noqa: S101 - read already
    left = {name: asked.reader.below(about.spot, about.keyword, name) for name in about.value}
    outcome: Outcome = about.outcome
    while isinstance(outcome, Found):
        there = (one.items() for one in parts(outcome.value, about.place, _fits) if isinstance(one, dict))
        failing = [
            name
            for name, value in chain.from_iterable(there)
            if name in left and _fails(asked.space, left[name], value)
        ]
        if not failing:
            break
        for name in dict.fromkeys(failing):
            del left[name]
            yield from asked.below(about.spot, about.place.to(Property(name)), about.keyword, name)
        others = asked.space.literal(Properties(tuple(left.items()), (), TRUE))
        outcome = asked.ask(about.place, others ^ 1)
    if isinstance(outcome, Unknown):
        yield Undecided(about.place.path, outcome.reason, taker_at=_pointer(about.spot, about.keyword))


def _fails(space: Space, literal: Literal, value: Json) -> bool:
    try:
        return not holds(space, literal, value)
    except UndecidedError:
        return True


def _pattern_properties(asked: _Asked, about: _About) -> Iterator[Said]:
    assert isinstance(about.value, dict)  # noqa: S101 - read already
    for source in about.value:
        yield from asked.below(about.spot, about.place.to(FittingProperty(source)), about.keyword, source)


def _additional_properties(asked: _Asked, about: _About) -> Iterator[Said]:
    named, patterns = spoken_of(about.spot)
    if asked.reader.below(about.spot, about.keyword) != FALSE:
        yield from asked.below(about.spot, about.place.to(OtherProperty(named, patterns)), about.keyword)
        return
    yield from _undeclared(asked, about, named, patterns)


def _undeclared(asked: _Asked, about: _About, named: tuple[str, ...], patterns: tuple[str, ...]) -> Iterator[Said]:
    """Which properties may come that a closed object does not know; a few are named."""
    names: list[str] = []
    outcome: Outcome = about.outcome
    while isinstance(outcome, Found) and len(names) <= _MOST_LISTED:
        there = [one for one in parts(outcome.value, about.place, _fits) if isinstance(one, dict)]
        new = [
            name
            for one in there
            for name in one
            if name not in named and name not in names and not any(_fits(pattern, name) for pattern in patterns)
        ]
        if not new:
            break
        names += new
        spoken = tuple((name, TRUE) for name in dict.fromkeys((*named, *names)))
        closed = Properties(spoken, tuple((source, TRUE) for source in patterns), FALSE)
        outcome = asked.ask(about.place, asked.space.literal(closed) ^ 1)
    few = ", ".join(f"'{name}'" for name in names[:_MOST_LISTED])
    facts = {"names": (few if len(names) <= _MOST_LISTED else f"{few} and others") or "properties"}
    yield asked.finding("json-schema-property-undeclared", about.place, about.outcome, about.spot, about.keyword, facts)


def _unevaluated_properties(asked: _Asked, about: _About) -> Iterator[Said]:
    if asked.reader.below(about.spot, about.keyword) == FALSE:
        yield from _undeclared(asked, about, *spoken_of(about.spot))
    else:
        yield from _whole(asked, about)


def _prefix_items(asked: _Asked, about: _About) -> Iterator[Said]:
    for index in range(len(about.value) if isinstance(about.value, list) else 0):
        yield from asked.below(about.spot, about.place.to(Item(index)), about.keyword, index)


def _items(asked: _Asked, about: _About) -> Iterator[Said]:
    if isinstance(about.value, list):
        yield from _prefix_items(asked, about)
        return
    first = _length(about.spot, "prefixItems")
    yield from _later_items(asked, about, first)


def _additional_items(asked: _Asked, about: _About) -> Iterator[Said]:
    yield from _later_items(asked, about, _length(about.spot, "items"))


def _later_items(asked: _Asked, about: _About, first: int) -> Iterator[Said]:
    if asked.reader.below(about.spot, about.keyword) == FALSE:
        facts = {"count": str(first)}
        yield asked.finding("json-schema-item-undeclared", about.place, about.outcome, about.spot, about.keyword, facts)
    else:
        yield from asked.below(about.spot, about.place.to(LaterItem(first)), about.keyword)


def _length(spot: Spot, keyword: str) -> int:
    value = spot.value.get(keyword) if isinstance(spot.value, dict) else None
    return len(value) if isinstance(value, list) else 0


_EXPLAINED: dict[str, Callable[[_Asked, _About], Iterator[Said]]] = {
    "type": _type,
    "enum": _values,
    "const": _values,
    "required": _required,
    "dependentRequired": _dependent,
    "dependentSchemas": _dependent,
    "dependencies": _dependent,
    "$ref": _reference,
    "$dynamicRef": _reference,
    "$recursiveRef": _reference,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _any_of,
    "if": _condition,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "unevaluatedProperties": _unevaluated_properties,
    "prefixItems": _prefix_items,
    "items": _items,
    "additionalItems": _additional_items,
}
"""How the keywords are gone into that have more to say than that they refuse a value."""

_RULES = {
    "": "json-schema-never",
    "multipleOf": "json-schema-multiple-refused",
    "maximum": "json-schema-number-too-large",
    "exclusiveMaximum": "json-schema-number-too-large",
    "minimum": "json-schema-number-too-small",
    "exclusiveMinimum": "json-schema-number-too-small",
    "maxLength": "json-schema-text-too-long",
    "minLength": "json-schema-text-too-short",
    "pattern": "json-schema-pattern-refused",
    "format": "json-schema-format-refused",
    "contentEncoding": "json-schema-format-refused",
    "contentMediaType": "json-schema-format-refused",
    "maxItems": "json-schema-items-too-many",
    "minItems": "json-schema-items-too-few",
    "uniqueItems": "json-schema-items-repeated",
    "contains": "json-schema-items-lacking",
    "maxProperties": "json-schema-properties-too-many",
    "minProperties": "json-schema-properties-too-few",
    "propertyNames": "json-schema-property-name-refused",
    "not": "json-schema-forbidden",
    "if": "json-schema-condition-failed",
    "unevaluatedProperties": "json-schema-property-refused",
}
"""The rule of each keyword whose refusal is all there is to say."""
