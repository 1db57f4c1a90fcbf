"""How does a keyword of validation let its reader down?

https://json-schema.org/draft/2020-12/json-schema-validation#section-6
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema import facts
from contractctl.formats.json_schema.explanations.rules import RULES, Said
from contractctl.formats.json_schema.search.nodes import (
    Bound,
    Kinds,
    MultipleOf,
    Required,
)
from contractctl.formats.json_schema.search.outcomes import NONE, Found, Unknown
from contractctl.formats.json_schema.search.values import NAMES, NUMBER, kinds
from contractctl.formats.json_schema.shown import shown

if TYPE_CHECKING:
    from contractctl.formats.json_schema.asking import About, Asked


def type_(asked: "Asked", about: "About") -> Iterator[Said]:
    """Which types of value may be sent that are not accepted."""
    wanted = [about.value] if isinstance(about.value, str) else about.value
    assert isinstance(wanted, list)  # noqa: S101 - read already
    refused = [*kinds(asked.space.can_be(about.refused) & ~sum({NAMES[str(name)] for name in wanted}))]
    each = {kind: asked.space.all_of((asked.space.literal(Kinds(kind)), about.refused)) for kind in refused}
    sent = [kind for kind in refused if isinstance(asked.ask(about.place, each[kind]), Found)]
    words = [facts.KINDS[next(name for name, bit in NAMES.items() if bit == kind)] for kind in sent]
    broken = asked.space.all_of((asked.space.kinds(NUMBER), asked.space.literal(MultipleOf(Fraction(1))) ^ 1))
    if len(sent) == len(refused) > 2:  # noqa: PLR2004 - two are named
        words = ["a value of any other type"]
    elif "integer" in wanted and "number" not in wanted:
        if isinstance(asked.ask(about.place, broken), Found):
            words.append("a number with a fraction")
    elif NUMBER in sent and asked.ask(about.place, broken) is NONE:
        words[sent.index(NUMBER)] = facts.KINDS["integer"]
    types = facts.listed([facts.KINDS[str(name)] for name in wanted], "or")
    sent_words = facts.listed(words, "or") or "another type"
    yield asked.finding("json-schema-type-refused", about, sent=sent_words, types=types)


def values(asked: "Asked", about: "About") -> Iterator[Said]:
    """Which values may be sent that are not listed; a few are named. Those of another type are not reported twice."""
    typed = [one.literal for one in asked.reader.assertions(about.spot) if one.keyword == "type"]
    refused = asked.space.all_of((about.refused, *typed))
    found, shows = list[Json](), list[Found]()
    while len(found) <= facts.MOST_LISTED:
        outcome = asked.ask(about.place, asked.space.all_of((refused, asked.space.enum(found) ^ 1)))
        if outcome is NONE and typed and not found:
            return
        if not isinstance(outcome, Found):
            break
        shows.append(outcome)
        found.append(asked.part(replace(about, outcome=outcome)))
    here = replace(about, outcome=(shows or [about.outcome])[0])
    values = facts.few([shown(value) for value in found or [asked.part(about)]])
    taken = [
        shown(value)
        for value in (about.value if about.keyword == "enum" and isinstance(about.value, list) else [about.value])
    ]
    yield asked.finding("json-schema-value-refused", here, values=values, taken=facts.listed(taken, "or"))


def bound(asked: "Asked", about: "About") -> Iterator[Said]:
    """A number on the wrong side of a limit."""
    node = asked.space.nodes[about.assertion.literal >> 1]
    assert isinstance(node, Bound)  # noqa: S101 - what these keywords assert
    yield asked.finding(RULES[about.keyword], about, taken=facts.bound(upper=node.upper, exclusive=node.exclusive))


def size(asked: "Asked", about: "About") -> Iterator[Said]:
    """Too many, or too few, characters, items or properties."""
    taken = "at most" if about.keyword.startswith("max") else "at least"
    yield asked.finding(RULES[about.keyword], about, sent=facts.size(asked.part(about)), taken=taken)


def required(asked: "Asked", about: "About") -> Iterator[Said]:
    for name in dict.fromkeys(about.value if isinstance(about.value, list) else [about.value]):
        outcome = asked.ask(about.place, asked.space.literal(Required(frozenset({str(name)}))) ^ 1)
        if isinstance(outcome, Found):
            here = replace(about, outcome=outcome)
            yield asked.finding("json-schema-property-required", here, name=str(name), **asked.renamed(here, str(name)))
        elif isinstance(outcome, Unknown):
            yield from asked.unknown(about, outcome)
