"""Is there an object with, and without, these properties, whose values and names are what they must be?

What some property must be is a demand; each demand is met by a property that somebody names, or by one that nobody
names: of those it is enough to know which patterns they fit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from contractctl.documents import Json
from contractctl.formats.json_schema.search.membership import UndecidedError, holds
from contractctl.formats.json_schema.search.nodes import TRUE, Literal, Pattern, Properties, PropertyNames
from contractctl.formats.json_schema.search.outcomes import NONE, Found, Outcome
from contractctl.formats.json_schema.search.properties import Question, for_signs, matches, question
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.values import STRING, identity

if TYPE_CHECKING:
    from contractctl.formats.json_schema.search.solver import Solver
    from contractctl.formats.json_schema.search.state import State

_MOST_PATTERNS = 10
_MOST_FILLED = 1_000
_NOTHING_MORE: frozenset[Literal] = frozenset()
Present: TypeAlias = Mapping[str, frozenset[Literal]]
"""Properties that are there, and what each must be beside what every property of that name must be."""


@dataclass(frozen=True, slots=True)
class _Has:
    """A property of this name is there, and fulfils this."""

    name: str
    literal: Literal


@dataclass(frozen=True, slots=True)
class _Lacks:
    """No property of this name is there."""

    name: str


@dataclass(frozen=True, slots=True)
class _Other:
    """A property is there that has none of these names, fits these patterns and not those, and fulfils this."""

    literal: Literal = TRUE
    outside: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    unwanted: frozenset[str] = frozenset()
    named: Literal = TRUE
    """What its name must fulfil."""


@dataclass(frozen=True, slots=True)
class _Demand:
    """One of the ways must be so; then what is denied fails."""

    denied: Literal
    ways: "tuple[_Has | _Lacks | _Other, ...]"


def solve(solver: "Solver", state: "State") -> Outcome:
    """An object that fulfils what the state asserts of objects."""
    asked = question(solver, state)
    if asked.required & asked.absent:
        return NONE
    if asked.most is not None and max(len(asked.required), asked.least) > asked.most:
        return NONE
    demands = [
        _Demand(one.denied, tuple(way for way in one.ways if not _is_futile(asked, way))) for one in _demands(state)
    ]
    if not all(any(_may_be(asked, way) for way in one.ways) for one in demands):
        return asked.unknown or NONE
    asked.features = frozenset(_features(asked, demands))
    present: Present = dict.fromkeys(sorted(asked.required), _NOTHING_MORE)
    if not all(isinstance(asked.value(name, _NOTHING_MORE), Found) for name in present):
        return asked.unknown or NONE
    found = _met(asked, tuple(sorted(demands, key=lambda one: len(one.ways))), present, asked.absent)
    return (asked.unknown or NONE) if found is None else Found(found)


def _features(asked: Question, demands: list[_Demand]) -> Iterator[Literal]:
    """Patterns decide what a property must be; where room is short, one property may have to meet several demands."""
    space = asked.solver.space
    for rule in asked.rules:
        yield from (space.literal(Pattern(source)) for source, _ in rule.patterns)
    for way in (way for one in demands for way in one.ways):
        if asked.most is not None and isinstance(way, _Other):
            yield from (space.literal(Pattern(source)) for source in way.wanted | way.unwanted)
            if way.named != TRUE:
                yield way.named


def _demands(state: "State") -> Iterator[_Demand]:
    """What the denied assertions demand: each needs one property that shows it."""
    space = state.space
    for node, is_held in state.of(Properties):
        if not is_held:
            found: list[_Has | _Lacks | _Other]
            found = [_Has(name, literal ^ 1) for name, literal in node.named if literal != TRUE]
            found += [
                _Other(literal ^ 1, wanted=frozenset({source})) for source, literal in node.patterns if literal != TRUE
            ]
            if node.rest != TRUE:
                outside = frozenset(name for name, _ in node.named)
                unwanted = frozenset(source for source, _ in node.patterns)
                found.append(_Other(node.rest ^ 1, outside, unwanted=unwanted))
            yield _Demand(space.literal(node), tuple(found))
    for names, is_held in state.of(PropertyNames):
        if not is_held:
            yield _Demand(space.literal(names), (_Other(named=names.name ^ 1),))


def _is_futile(asked: Question, one: _Has | _Lacks | _Other) -> bool:
    """Whether it is plain that this cannot be: most of what two versions say is the same."""
    if not isinstance(one, _Has):
        return False
    base = asked.base(one.name)
    return one.name in asked.absent or base is None or one.literal ^ 1 in base


def _may_be(asked: Question, one: _Has | _Lacks | _Other) -> bool:
    """Asked before any value is sought for what is required: between two versions most demands cannot be met."""
    return not isinstance(one, _Has) or asked.value(one.name, frozenset({one.literal})) is not NONE


def _met(
    asked: Question, demands: tuple[_Demand, ...], present: Present, absent: frozenset[str]
) -> dict[str, Json] | None:
    """An object that meets every demand; most are met by the smallest object, without being asked for."""
    asked.solver.spend()
    made = _made(asked, present, absent)
    if made is None:
        return None
    unmet = _denial(asked, made) or next((one for one in demands if not _is_met(asked, one, made)), None)
    if unmet is None:
        return made
    left = tuple(one for one in demands if one is not unmet)
    for way in unmet.ways:
        for there, missing in _ways(asked, way, present, absent):
            found = _met(asked, left, there, missing)
            if found is not None:
                return found
    return None


def _denial(asked: Question, made: dict[str, Json]) -> _Demand | None:
    """That it be another object, where it is one of those that it must not be."""
    denied = asked.denied.get(identity(made)) if asked.denied else None
    if denied is None:
        return None
    space = asked.solver.space
    others = (_Has(name, space.enum([value]) ^ 1) for name, value in denied.items())
    ways: tuple[_Has | _Lacks | _Other, ...] = (_Other(outside=frozenset(denied)), *others, *map(_Lacks, denied))
    return _Demand(space.enum([denied]), ways)


def _is_met(asked: Question, demand: _Demand, made: dict[str, Json]) -> bool:
    try:
        return not holds(asked.solver.space, demand.denied, made)
    except UndecidedError:
        return False


def _ways(
    asked: Question, one: _Has | _Lacks | _Other, present: Present, absent: frozenset[str]
) -> Iterator[tuple[Present, frozenset[str]]]:
    """The ways in which this can be so, beside what is there already."""
    match one:
        case _Lacks(name):
            if name not in present:
                yield present, absent | {name}
        case _Has(name, literal):
            yield from _with(asked, name, literal, present, absent)
        case _Other():
            for name in dict.fromkeys((*present, *asked.known)):
                if _is_such(asked, one, name):
                    yield from _with(asked, name, one.literal, present, absent)
            for name in _fresh(asked, one, present, absent):
                yield {**present, name: frozenset({one.literal})}, absent


def _with(
    asked: Question, name: str, literal: Literal, present: Present, absent: frozenset[str]
) -> Iterator[tuple[Present, frozenset[str]]]:
    if name in absent or (name not in present and asked.most is not None and len(present) >= asked.most):
        return
    extra = present.get(name, _NOTHING_MORE) | {literal}
    if isinstance(asked.value(name, extra), Found):
        yield {**present, name: extra}, absent


def _is_such(asked: Question, one: _Other, name: str) -> bool:
    """Whether a name is one of those that a demand speaks of."""
    if name in one.outside:
        return False
    try:
        return (
            all(matches(source, name) for source in one.wanted)
            and not any(matches(source, name) for source in one.unwanted)
            and holds(asked.solver.space, one.named, name)
        )
    except UndecidedError as error:
        asked.doubt(error.reason)
        return False


def _fresh(asked: Question, one: _Other, present: Present, absent: frozenset[str]) -> Iterator[str]:
    """Names that nobody names, each fitting other patterns than the one before, whose value can be what it must be."""
    if asked.most is not None and len(present) >= asked.most:
        return
    space = asked.solver.space
    fixed = {one.named, *_signed(space, one.wanted, one.unwanted)}
    free = sorted(literal for literal in asked.features if not fixed & {literal, literal ^ 1})
    most = len(free)
    if most > _MOST_PATTERNS:
        asked.doubt("too many patterns of property names overlap")
        most = 2
    common = {space.kinds(STRING), *fixed, *asked.names, space.enum([*asked.known, *present, *absent]) ^ 1}
    for count in range(most + 1):
        for chosen in combinations(free, count):
            asked.solver.spend()
            signs = fixed.union(chosen, (literal ^ 1 for literal in free if literal not in chosen))
            goal = {literal for rule in asked.rules for literal in for_signs(space, rule, signs)} | {one.literal}
            if not isinstance(asked.solved(frozenset(goal - {TRUE})), Found):
                continue
            name = asked.solved(frozenset((common | signs) - {TRUE}))
            if isinstance(name, Found) and isinstance(name.value, str):
                yield name.value


def _signed(space: Space, wanted: frozenset[str], unwanted: frozenset[str]) -> Iterator[Literal]:
    yield from (space.literal(Pattern(source)) for source in wanted)
    yield from (space.literal(Pattern(source)) ^ 1 for source in unwanted)


def _made(asked: Question, present: Present, absent: frozenset[str]) -> dict[str, Json] | None:
    """The object itself, with as many properties as it must have."""
    filled = _filled(asked, present, absent)
    made: dict[str, Json] = {}
    for name, extra in () if filled is None else filled.items():
        outcome = asked.value(name, extra)
        if not isinstance(outcome, Found):
            return None
        made[name] = outcome.value
    return None if filled is None else made


def _filled(asked: Question, present: Present, absent: frozenset[str]) -> Present | None:
    """With more properties, until there are enough."""
    if asked.least > _MOST_FILLED:
        asked.doubt(f"an object of {asked.least:,} properties is too large to make")
        return None
    filled = dict(present)
    for name in asked.known:
        if len(filled) >= asked.least:
            return filled
        if name not in filled and name not in absent and isinstance(asked.value(name, _NOTHING_MORE), Found):
            filled[name] = _NOTHING_MORE
    while len(filled) < asked.least:
        fresh = next(_fresh(asked, _Other(), filled, absent), None)
        if fresh is None:
            return None
        filled[fresh] = _NOTHING_MORE
    return filled
