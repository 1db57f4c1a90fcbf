"""How does each keyword let its reader down? A leaf is said; what holds other schemas is looked into."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from contractctl.documents import Json
from contractctl.formats.json_schema import facts
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.evaluation import cases
from contractctl.formats.json_schema.keywords import spoken_of, unless
from contractctl.formats.json_schema.meaning import Assertion
from contractctl.formats.json_schema.places import (
    FittingProperty,
    Given,
    Item,
    LaterItem,
    OtherProperty,
    Property,
    fits,
    parts,
)
from contractctl.formats.json_schema.references import refer, referred
from contractctl.formats.json_schema.search.nodes import (
    FALSE,
    TRUE,
    Bound,
    Kinds,
    Literal,
    MultipleOf,
    Properties,
    Required,
)
from contractctl.formats.json_schema.search.outcomes import NONE, Found, Outcome, Unknown
from contractctl.formats.json_schema.search.values import ANYTHING, NAMES, NUMBER, OBJECT, kind_of, kinds
from contractctl.formats.json_schema.shown import shown
from contractctl.formats.json_schema.spots import Spot, inside
from contractctl.model.amounts import counted
from contractctl.model.verdict import Incompatibility, Undecided

if TYPE_CHECKING:
    from contractctl.formats.json_schema.resolution import About, Asked

Said: TypeAlias = Incompatibility | Undecided

_MOST_GROUPS = 6


def explain(asked: "Asked", about: "About") -> Iterator[Said]:
    """What there is to say of a keyword that some value of the writer's does not fulfil."""
    return _EXPLAINED.get(about.keyword, _whole)(asked, about)


def _whole(asked: "Asked", about: "About") -> Iterator[Said]:
    """The keyword refuses the value, and that is all."""
    yield asked.finding(_RULES[about.keyword], about)


# Core: https://json-schema.org/draft/2020-12/json-schema-core#section-8


def _reference(asked: "Asked", about: "About") -> Iterator[Said]:
    target = refer(asked.reader.schema, about.spot, about.keyword)
    if isinstance(target.value, bool):
        yield asked.finding("json-schema-never", about)
    else:
        yield from asked.explain(target, about.place)


# Subschemas for the same value: https://json-schema.org/draft/2020-12/json-schema-core#section-10.2


def _all_of(asked: "Asked", about: "About") -> Iterator[Said]:
    for index in range(_length(about.spot, "allOf")):
        yield from asked.below(about.spot, about.place, "allOf", index)


def _any_of(asked: "Asked", about: "About") -> Iterator[Said]:
    return _by_no_branch(asked, about, _branches(asked, about))


def _one_of(asked: "Asked", about: "About") -> Iterator[Said]:
    """No branch takes it, or more than one do."""
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
            yield asked.unknown(about, outcome)


def _overlap(asked: "Asked", about: "About", branches: list[Literal]) -> Incompatibility:
    value = asked.part(about)
    taking = [_called(about, index) for index, literal in enumerate(branches) if asked.takes(literal, value)]
    return asked.finding("json-schema-branches-overlap", about, branches=facts.listed(taking, "and") or about.keyword)


def _by_no_branch(asked: "Asked", about: "About", branches: list[Literal]) -> Iterator[Said]:
    """No branch takes it. Where only one branch is for such values at all, that one is looked into."""
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
    """The properties that tell a branch from the others: those that have certain values only."""
    spot = referred(asked.reader.schema, inside(asked.reader.schema, about.spot, about.keyword, index))
    named = spot.value.get("properties") if isinstance(spot.value, dict) else None
    return {
        name: asked.reader.below(spot, "properties", name)
        for name, inner in (named.items() if isinstance(named, dict) else ())
        if isinstance(inner, dict) and ("const" in inner or "enum" in inner)
    }


def _branches(asked: "Asked", about: "About") -> list[Literal]:
    count = _length(about.spot, about.keyword)
    return [asked.reader.beside(about.spot, about.keyword, index) for index in range(count)]


def _called(about: "About", index: int) -> str:
    assert isinstance(about.value, list)  # noqa: S101 - read already
    return facts.branch(about.value[index], about.keyword, index)


def _condition(asked: "Asked", about: "About") -> Iterator[Said]:
    condition = asked.reader.beside(about.spot, "if")
    for keyword, literal in (("then", condition), ("else", condition ^ 1)):
        if isinstance(about.spot.value, dict) and keyword in about.spot.value:
            yield from asked.below(about.spot, about.place.to(Given(literal)), keyword)


def _dependent(asked: "Asked", about: "About") -> Iterator[Said]:
    """What is demanded where a property is there: other properties, or a schema of its own."""
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
                yield asked.unknown(about, outcome)


# Subschemas for items and properties: https://json-schema.org/draft/2020-12/json-schema-core#section-10.3


def _prefix_items(asked: "Asked", about: "About") -> Iterator[Said]:
    for index in range(_length(about.spot, about.keyword)):
        yield from asked.below(about.spot, about.place.to(Item(index)), about.keyword, index)


def _items(asked: "Asked", about: "About") -> Iterator[Said]:
    if isinstance(about.value, list):
        return _prefix_items(asked, about)
    return _later_items(asked, about, _length(about.spot, "prefixItems"))


def _additional_items(asked: "Asked", about: "About") -> Iterator[Said]:
    return _later_items(asked, about, _length(about.spot, "items"))


def _later_items(asked: "Asked", about: "About", first: int) -> Iterator[Said]:
    if asked.reader.below(about.spot, about.keyword) == FALSE:
        taken = f"no more than {counted(first, 'item')}" if first else "no item"
        yield asked.finding("json-schema-item-undeclared", about, taken=taken)
    else:
        yield from asked.below(about.spot, about.place.to(LaterItem(first)), about.keyword)


def _contains(asked: "Asked", about: "About") -> Iterator[Said]:
    """Too few items fulfil it, or too many."""
    assert isinstance(about.spot.value, dict)  # noqa: S101 - only objects have keywords
    value, literal = asked.part(about), asked.reader.below(about.spot, "contains")
    held = sum(asked.takes(literal, item) for item in value) if isinstance(value, list) else 0
    least, most = (about.spot.value.get(keyword) for keyword in ("minContains", "maxContains"))
    if about.spot.dialect < Dialect.DRAFT2019:
        least = most = None
    if isinstance(most, int | float) and held > most:
        taken = f"at most {counted(most, 'item')}"
    else:
        taken = f"at least {counted(least if isinstance(least, int | float) else 1, 'item')}"
    yield asked.finding("json-schema-items-lacking", about, taken=taken)


def _properties(asked: "Asked", about: "About") -> Iterator[Said]:
    """The properties that may fail, without a question for each of the many that cannot."""
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
        yield asked.unknown(about, outcome)


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
        yield asked.unknown(here, outcome)


def _pattern_properties(asked: "Asked", about: "About") -> Iterator[Said]:
    assert isinstance(about.value, dict)  # noqa: S101 - read already
    for source in about.value:
        yield from asked.below(about.spot, about.place.to(FittingProperty(source)), "patternProperties", source)


def _additional_properties(asked: "Asked", about: "About") -> Iterator[Said]:
    named, patterns = spoken_of(about.spot)
    if asked.reader.below(about.spot, about.keyword) == FALSE:
        yield from _undeclared(asked, about, named, patterns)
    else:
        yield from asked.below(about.spot, about.place.to(OtherProperty(named, patterns)), about.keyword)


def _undeclared(asked: "Asked", about: "About", named: Iterable[str], patterns: Iterable[str]) -> Iterator[Said]:
    """What a closed object does not take: properties that the writer declares, and any that it does not."""
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
        yield asked.unknown(about, outcome)
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
    """That there is no property but these."""
    spoken = tuple((name, TRUE) for name in sorted(names)), tuple((source, TRUE) for source in patterns)
    return asked.space.literal(Properties(*spoken, FALSE))


def _strange(asked: "Asked", about: "About", names: set[str], patterns: tuple[str, ...]) -> list[str]:
    """The properties of the refused value that have none of these names and fit no pattern."""
    value = asked.part(about)
    there = value if isinstance(value, dict) else {}
    return [name for name in there if name not in names and not any(fits(pattern, name) for pattern in patterns)]


def _property_names(asked: "Asked", about: "About") -> Iterator[Said]:
    value, literal = asked.part(about), asked.reader.below(about.spot, "propertyNames")
    refused = [name for name in value if not asked.takes(literal, name)] if isinstance(value, dict) else []
    yield asked.finding("json-schema-property-name-refused", about, names=facts.few([f"'{name}'" for name in refused]))


# https://json-schema.org/draft/2020-12/json-schema-core#section-11


def _unevaluated_items(asked: "Asked", about: "About") -> Iterator[Said]:
    if asked.reader.below(about.spot, about.keyword) == FALSE:
        yield asked.finding("json-schema-item-undeclared", about, taken="no item that it does not declare")
    else:
        yield asked.finding("json-schema-item-refused", about)


def _unevaluated_properties(asked: "Asked", about: "About") -> Iterator[Said]:
    if asked.reader.below(about.spot, about.keyword) != FALSE:
        yield asked.finding("json-schema-property-refused", about)
        return
    found = cases(asked.reader, about.spot, about.keyword)
    named = chain.from_iterable(case.named for case in found)
    patterns = dict.fromkeys(chain.from_iterable(sorted(case.patterns) for case in found))
    yield from _undeclared(asked, about, named, patterns)


# Validation: https://json-schema.org/draft/2020-12/json-schema-validation#section-6


def _type(asked: "Asked", about: "About") -> Iterator[Said]:
    """Which kinds of value may come that are not taken."""
    wanted = [about.value] if isinstance(about.value, str) else about.value
    assert isinstance(wanted, list)  # noqa: S101 - read already
    refused = [*kinds(ANYTHING & ~asked.space.can_be(about.assertion.literal))]
    sent = [kind for kind in refused if isinstance(asked.ask(about.place, asked.space.literal(Kinds(kind))), Found)]
    words = [facts.KINDS[next(name for name, bit in NAMES.items() if bit == kind)] for kind in sent]
    if len(sent) == len(refused) > 2:  # noqa: PLR2004 - two are named
        words = ["a value of any other type"]
    elif "integer" in wanted and "number" not in wanted:
        broken = asked.space.all_of((asked.space.kinds(NUMBER), asked.space.literal(MultipleOf(Fraction(1))) ^ 1))
        if isinstance(asked.ask(about.place, broken), Found):
            words.append("a number with a fraction")
    types = facts.listed([facts.KINDS[str(name)] for name in wanted], "or")
    sent_words = facts.listed(words, "or") or "another type"
    yield asked.finding("json-schema-type-refused", about, sent=sent_words, types=types)


def _values(asked: "Asked", about: "About") -> Iterator[Said]:
    """Which values may come that are not listed; a few are named. Those of another type are not said twice."""
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


def _bound(asked: "Asked", about: "About") -> Iterator[Said]:
    """A number on the wrong side of a limit."""
    node = asked.space.nodes[about.assertion.literal >> 1]
    assert isinstance(node, Bound)  # noqa: S101 - what these keywords assert
    yield asked.finding(_RULES[about.keyword], about, taken=facts.bound(upper=node.upper, exclusive=node.exclusive))


def _size(asked: "Asked", about: "About") -> Iterator[Said]:
    """Too much, or too little, of what a value is made of."""
    taken = "at most" if about.keyword.startswith("max") else "at least"
    yield asked.finding(_RULES[about.keyword], about, sent=facts.size(asked.part(about)), taken=taken)


def _required(asked: "Asked", about: "About") -> Iterator[Said]:
    for name in dict.fromkeys(about.value if isinstance(about.value, list) else [about.value]):
        outcome = asked.ask(about.place, asked.space.literal(Required(frozenset({str(name)}))) ^ 1)
        if isinstance(outcome, Found):
            here = replace(about, outcome=outcome)
            yield asked.finding("json-schema-property-required", here, name=str(name), **asked.renamed(here, str(name)))
        elif isinstance(outcome, Unknown):
            yield asked.unknown(about, outcome)


def _length(spot: Spot, keyword: str) -> int:
    value = spot.value.get(keyword) if isinstance(spot.value, dict) else None
    return len(value) if isinstance(value, list) else 0


_EXPLAINED: dict[str, Callable[["Asked", "About"], Iterator[Said]]] = {
    "$ref": _reference,
    "$dynamicRef": _reference,
    "$recursiveRef": _reference,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "if": _condition,
    "dependentSchemas": _dependent,
    "dependentRequired": _dependent,
    "dependencies": _dependent,
    "prefixItems": _prefix_items,
    "items": _items,
    "additionalItems": _additional_items,
    "contains": _contains,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "propertyNames": _property_names,
    "unevaluatedItems": _unevaluated_items,
    "unevaluatedProperties": _unevaluated_properties,
    "type": _type,
    "enum": _values,
    "const": _values,
    "maximum": _bound,
    "exclusiveMaximum": _bound,
    "minimum": _bound,
    "exclusiveMinimum": _bound,
    "maxLength": _size,
    "minLength": _size,
    "maxItems": _size,
    "minItems": _size,
    "maxProperties": _size,
    "minProperties": _size,
    "required": _required,
}
"""How the keywords are gone into that have more to say than that they refuse a value."""

_RULES = {
    "": "json-schema-never",
    "not": "json-schema-forbidden",
    "multipleOf": "json-schema-multiple-refused",
    "maximum": "json-schema-number-too-large",
    "exclusiveMaximum": "json-schema-number-too-large",
    "minimum": "json-schema-number-too-small",
    "exclusiveMinimum": "json-schema-number-too-small",
    "maxLength": "json-schema-text-too-long",
    "minLength": "json-schema-text-too-short",
    "pattern": "json-schema-pattern-refused",
    "maxItems": "json-schema-items-too-many",
    "minItems": "json-schema-items-too-few",
    "uniqueItems": "json-schema-items-repeated",
    "maxProperties": "json-schema-properties-too-many",
    "minProperties": "json-schema-properties-too-few",
    "format": "json-schema-format-refused",
    "contentEncoding": "json-schema-format-refused",
    "contentMediaType": "json-schema-format-refused",
}
"""The rule of each keyword that always breaks the same one."""
