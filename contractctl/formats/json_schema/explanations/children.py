"""How does a subschema for items or properties let its reader down?"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from contractctl.formats.json_schema import facts
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.evaluation import cases
from contractctl.formats.json_schema.explanations.rules import Said
from contractctl.formats.json_schema.keywords import spoken_of
from contractctl.formats.json_schema.keywords.taken import length
from contractctl.formats.json_schema.meaning import Assertion
from contractctl.formats.json_schema.places import (
    FittingProperty,
    Item,
    LaterItem,
    OtherProperty,
    Property,
    fits,
    parts,
)
from contractctl.formats.json_schema.search.nodes import (
    FALSE,
    TRUE,
    Literal,
    Properties,
)
from contractctl.formats.json_schema.search.outcomes import Found, Outcome, Unknown
from contractctl.formats.json_schema.shown import shown
from contractctl.formats.json_schema.spots import inside
from contractctl.model.amounts import counted

if TYPE_CHECKING:
    from contractctl.formats.json_schema.asking import About, Asked


# https://json-schema.org/draft/2020-12/json-schema-core#section-10.3


def prefix_items(asked: "Asked", about: "About") -> Iterator[Said]:
    for index in range(length(about.spot, about.keyword)):
        yield from asked.below(about.spot, about.place.to(Item(index)), about.keyword, index)


def items(asked: "Asked", about: "About") -> Iterator[Said]:
    if isinstance(about.value, list):
        return prefix_items(asked, about)
    return _later_items(asked, about, length(about.spot, "prefixItems"))


def additional_items(asked: "Asked", about: "About") -> Iterator[Said]:
    return _later_items(asked, about, length(about.spot, "items"))


def _later_items(asked: "Asked", about: "About", first: int) -> Iterator[Said]:
    if asked.reader.below(about.spot, about.keyword) == FALSE:
        taken = f"no more than {counted(first, 'item')}" if first else "no item"
        yield asked.finding("json-schema-item-undeclared", about, taken=taken)
    else:
        yield from asked.below(about.spot, about.place.to(LaterItem(first)), about.keyword)


def contains(asked: "Asked", about: "About") -> Iterator[Said]:
    """Too few items satisfy it, or too many."""
    value, literal = asked.part(about), asked.reader.below(about.spot, "contains")
    held = sum(asked.takes(literal, item) for item in value) if isinstance(value, list) else 0
    least, most = (about.spot.keywords.get(keyword) for keyword in ("minContains", "maxContains"))
    if about.spot.dialect < Dialect.DRAFT2019:
        least = most = None
    if isinstance(most, int | float) and held > most:
        taken = f"at most {counted(most, 'item')}"
    else:
        taken = f"at least {counted(least if isinstance(least, int | float) else 1, 'item')}"
    yield asked.finding("json-schema-items-lacking", about, taken=taken)


def properties(asked: "Asked", about: "About") -> Iterator[Said]:
    """The properties that may fail, without a search for each of the many that cannot."""
    assert isinstance(about.value, dict)  # noqa: S101 - read already
    left = {name: asked.reader.below(about.spot, "properties", name) for name in about.value}
    outcome: Outcome = about.outcome
    while isinstance(outcome, Found):
        there = (one.items() for one in parts(outcome.value, about.place) if isinstance(one, dict))
        failing = [
            name for name, value in chain.from_iterable(there) if name in left and not asked.takes(left[name], value)
        ]
        if not failing:
            break
        for name in dict.fromkeys(failing):
            yield from _property(asked, about, name, left.pop(name))
        others = asked.space.literal(Properties(tuple(left.items()), (), TRUE))
        outcome = asked.ask(about.place, others ^ 1)
    if isinstance(outcome, Unknown):
        yield from asked.unknown(about, outcome)


def _property(asked: "Asked", about: "About", name: str, literal: Literal) -> Iterator[Said]:
    """What one property lets down. Where the writer leaves open what a name means, that is all there is to say."""
    place = about.place.to(Property(name))
    if not asked.leaves_open(about.place, name):
        yield from asked.below(about.spot, place, "properties", name)
        return
    inner = inside(asked.reader.schema, about.spot, "properties", name)
    here = replace(about, spot=inner, place=place, assertion=Assertion("", literal))
    outcome = asked.ask(place, literal ^ 1)
    if isinstance(outcome, Found):
        here = replace(here, outcome=outcome)
        yield asked.finding("json-schema-property-open", here, name=name, wanted=shown(inner.value))
    elif isinstance(outcome, Unknown):
        yield from asked.unknown(here, outcome)


def pattern_properties(asked: "Asked", about: "About") -> Iterator[Said]:
    assert isinstance(about.value, dict)  # noqa: S101 - read already
    for source in about.value:
        yield from asked.below(about.spot, about.place.to(FittingProperty(source)), "patternProperties", source)


def additional_properties(asked: "Asked", about: "About") -> Iterator[Said]:
    named, patterns = spoken_of(about.spot)
    if asked.reader.below(about.spot, about.keyword) == FALSE:
        yield from _undeclared(asked, about, named, patterns)
    else:
        yield from asked.below(about.spot, about.place.to(OtherProperty(named, patterns)), about.keyword)


def _undeclared(asked: "Asked", about: "About", named: Iterable[str], patterns: Iterable[str]) -> Iterator[Said]:
    """What a closed object refuses: properties that the writer declares, and any that it does not."""
    patterns = tuple(patterns)
    known = set(named)
    declared = [*_declared(asked, about, known, patterns)]
    names = list(dict.fromkeys(chain.from_iterable(new for new, _ in declared)))
    if names:
        here = replace(about, outcome=declared[0][1])
        said = facts.few([f"'{name}'" for name in names])
        yield asked.finding("json-schema-property-undeclared", here, names=said)
    every = _closed(asked, known | asked.declared, patterns)
    outcome = asked.ask(about.place, asked.space.all_of((every ^ 1, about.refused)))
    if isinstance(outcome, Found):
        here = replace(about, outcome=outcome)
        strange = _strange(asked, here, known | asked.declared, patterns)
        yield asked.finding("json-schema-object-closed", here, name="".join(strange[:1]))
    elif isinstance(outcome, Unknown):
        yield from asked.unknown(about, outcome)
    elif not names:  # a name that the reader takes in other cases
        own = _strange(asked, about, {*spoken_of(about.spot)[0]}, patterns)
        yield asked.finding("json-schema-property-undeclared", about, names=facts.few([f"'{name}'" for name in own]))


def _declared(
    asked: "Asked", about: "About", known: set[str], patterns: tuple[str, ...]
) -> Iterator[tuple[list[str], Found]]:
    """Properties of the writer's that the reader does not know, and a value with them."""
    every, known = _closed(asked, known | asked.declared, patterns), set(known)
    count = len(known)
    while len(known) - count <= facts.MOST_LISTED:
        wanted = (_closed(asked, known, patterns) ^ 1, every, about.refused)
        outcome = asked.ask(about.place, asked.space.all_of(wanted))
        if not isinstance(outcome, Found):
            return
        new = _strange(asked, replace(about, outcome=outcome), known, patterns)
        if not new:
            return
        known.update(new)
        yield new, outcome


def _closed(asked: "Asked", names: set[str], patterns: tuple[str, ...]) -> Literal:
    """An assertion: there is no property but these."""
    spoken = tuple((name, TRUE) for name in sorted(names)), tuple((source, TRUE) for source in patterns)
    return asked.space.literal(Properties(*spoken, FALSE))


def _strange(asked: "Asked", about: "About", names: set[str], patterns: tuple[str, ...]) -> list[str]:
    """The properties of the refused value that have none of these names and fit no pattern."""
    value = asked.part(about)
    there = value if isinstance(value, dict) else {}
    return [name for name in there if name not in names and not any(fits(pattern, name) for pattern in patterns)]


def property_names(asked: "Asked", about: "About") -> Iterator[Said]:
    value, literal = asked.part(about), asked.reader.below(about.spot, "propertyNames")
    refused = [name for name in value if not asked.takes(literal, name)] if isinstance(value, dict) else []
    yield asked.finding("json-schema-property-name-refused", about, names=facts.few([f"'{name}'" for name in refused]))


# https://json-schema.org/draft/2020-12/json-schema-core#section-11


def unevaluated_items(asked: "Asked", about: "About") -> Iterator[Said]:
    if asked.reader.below(about.spot, about.keyword) == FALSE:
        yield asked.finding("json-schema-item-undeclared", about, taken="no item that it does not declare")
    else:
        yield asked.finding("json-schema-item-refused", about)


def unevaluated_properties(asked: "Asked", about: "About") -> Iterator[Said]:
    if asked.reader.below(about.spot, about.keyword) != FALSE:
        yield asked.finding("json-schema-property-refused", about)
        return
    found = cases(asked.reader, about.spot, about.keyword)
    named = chain.from_iterable(case.named for case in found)
    patterns = dict.fromkeys(chain.from_iterable(sorted(case.patterns) for case in found))
    yield from _undeclared(asked, about, named, patterns)
