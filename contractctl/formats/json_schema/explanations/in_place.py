"""How does a reference, or a subschema for the same value, let its reader down?"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from contractctl.formats.json_schema import facts
from contractctl.formats.json_schema.explanations.rules import Said
from contractctl.formats.json_schema.keywords import unless
from contractctl.formats.json_schema.keywords.taken import length
from contractctl.formats.json_schema.places import (
    Given,
)
from contractctl.formats.json_schema.references import refer, referred
from contractctl.formats.json_schema.search.nodes import (
    TRUE,
    Literal,
    Properties,
    Required,
)
from contractctl.formats.json_schema.search.outcomes import Found, Outcome, Unknown
from contractctl.formats.json_schema.search.values import OBJECT, kind_of
from contractctl.formats.json_schema.spots import inside
from contractctl.model.verdict import Incompatibility

if TYPE_CHECKING:
    from contractctl.formats.json_schema.asking import About, Asked


_MOST_GROUPS = 6


# https://json-schema.org/draft/2020-12/json-schema-core#section-8


def reference(asked: "Asked", about: "About") -> Iterator[Said]:
    target = refer(asked.reader.schema, about.spot, about.keyword)
    if isinstance(target.value, bool):
        yield asked.finding("json-schema-never", about)
    else:
        yield from asked.explain(target, about.place)


# https://json-schema.org/draft/2020-12/json-schema-core#section-10.2


def all_of(asked: "Asked", about: "About") -> Iterator[Said]:
    for index in range(length(about.spot, "allOf")):
        yield from asked.below(about.spot, about.place, "allOf", index)


def any_of(asked: "Asked", about: "About") -> Iterator[Said]:
    return _by_no_branch(asked, about, _branches(asked, about))


def one_of(asked: "Asked", about: "About") -> Iterator[Said]:
    """No branch accepts it, or more than one do."""
    branches = _branches(asked, about)
    some = asked.space.any_of(branches)
    none = asked.ask(about.place, some ^ 1)
    if isinstance(none, Found):
        yield from _by_no_branch(asked, replace(about, outcome=none), branches)
    several = asked.ask(about.place, asked.space.all_of((about.refused, some)))
    if isinstance(several, Found):
        yield _overlap(asked, replace(about, outcome=several), branches)
    for outcome in (none, several):
        if isinstance(outcome, Unknown):
            yield from asked.unknown(about, outcome)


def _overlap(asked: "Asked", about: "About", branches: list[Literal]) -> Incompatibility:
    value = asked.part(about)
    taking = [_called(about, index) for index, literal in enumerate(branches) if asked.takes(literal, value)]
    return asked.finding("json-schema-branches-overlap", about, branches=facts.listed(taking, "and") or about.keyword)


def _by_no_branch(asked: "Asked", about: "About", branches: list[Literal]) -> Iterator[Said]:
    """No branch accepts it. Where only one branch is meant for such values, that one is looked into."""
    left = [literal ^ 1 for literal in branches]
    outcome: Outcome = about.outcome
    is_said = False
    for _ in range(_MOST_GROUPS):
        if not isinstance(outcome, Found):
            return
        here = replace(about, outcome=outcome)
        alike, fitting = _alike(asked, here, branches)
        if len(fitting) == 1:
            others = (literal ^ 1 for index, literal in enumerate(branches) if index != fitting[0])
            inner = about.place.to(Given(asked.space.all_of((alike, *others))))
            yield from asked.below(about.spot, inner, about.keyword, fitting[0])
        elif not is_said:
            is_said = True
            named = facts.listed([_called(about, index) for index in range(len(branches))], "and")
            yield asked.finding("json-schema-branch-unknown", here, branches=named)
        left.append(alike ^ 1)
        outcome = asked.ask(about.place, asked.space.all_of(left))


def _alike(asked: "Asked", about: "About", branches: list[Literal]) -> tuple[Literal, list[int]]:
    """The values that are like the refused one, by kind and by the constants in them; and the branches for such."""
    value = asked.part(about)
    alike = asked.space.kinds(kind_of(value))
    fitting = [index for index, literal in enumerate(branches) if asked.space.can_be(literal) & kind_of(value)]
    if not isinstance(value, dict):
        return alike, fitting
    tags = {index: _tags(asked, about, index) for index in fitting}
    meant = [
        index
        for index, told in tags.items()
        if all(name not in value or asked.takes(literal, value[name]) for name, literal in told.items())
    ]
    names = sorted({name for index in meant for name in tags[index] if name in value})
    if len(meant) != 1 or not names:
        return alike, fitting
    same = Properties(tuple((name, asked.space.enum([value[name]])) for name in names), (), TRUE)
    there = asked.space.literal(Required(frozenset(names)))
    return asked.space.all_of((alike, asked.space.literal(same), there)), meant


def _tags(asked: "Asked", about: "About", index: int) -> dict[str, Literal]:
    """The properties that distinguish a branch from the others: those that allow only certain values."""
    spot = referred(asked.reader.schema, inside(asked.reader.schema, about.spot, about.keyword, index))
    named = spot.keywords.get("properties")
    return {
        name: asked.reader.below(spot, "properties", name)
        for name, inner in (named.items() if isinstance(named, dict) else ())
        if isinstance(inner, dict) and ("const" in inner or "enum" in inner)
    }


def _branches(asked: "Asked", about: "About") -> list[Literal]:
    count = length(about.spot, about.keyword)
    return [asked.reader.beside(about.spot, about.keyword, index) for index in range(count)]


def _called(about: "About", index: int) -> str:
    assert isinstance(about.value, list)  # noqa: S101 - read already
    return facts.branch(about.value[index], about.keyword, index)


def condition(asked: "Asked", about: "About") -> Iterator[Said]:
    condition = asked.reader.beside(about.spot, "if")
    for keyword, literal in (("then", condition), ("else", condition ^ 1)):
        if keyword in about.spot.keywords:
            yield from asked.below(about.spot, about.place.to(Given(literal)), keyword)


def dependent(asked: "Asked", about: "About") -> Iterator[Said]:
    """What is required where a property is present: other properties, or a schema of its own."""
    assert isinstance(about.value, dict)  # noqa: S101 - read already
    for name, demanded in about.value.items():
        if not isinstance(demanded, list):
            has = asked.space.literal(Required(frozenset({name})))
            inner = about.place.to(Given(asked.space.all_of((asked.space.kinds(OBJECT), has))))
            yield from asked.below(about.spot, inner, about.keyword, name)
            continue
        for other in map(str, demanded):
            literal = unless(asked.space, name, asked.space.literal(Required(frozenset({other}))))
            outcome = asked.ask(about.place, literal ^ 1)
            if isinstance(outcome, Found):
                here = replace(about, outcome=outcome)
                yield asked.finding("json-schema-dependency-missing", here, name=other, beside=name)
            elif isinstance(outcome, Unknown):
                yield from asked.unknown(about, outcome)
