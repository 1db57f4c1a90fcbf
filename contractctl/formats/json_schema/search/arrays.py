"""Is there an array of this length, whose items are what they must be?

What some item must be, and how many of a kind there may be, are demands that are dealt out to the places. Places beyond
every prefix are alike, so that a long array can be shortened until no place is idle: longer ones need no look.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema.search.nodes import Contains, Items, Literal, Unique
from contractctl.formats.json_schema.search.outcomes import NONE, Found, Goal, Outcome, Unknown
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.strings import sizes
from contractctl.formats.json_schema.search.values import identity

if TYPE_CHECKING:
    from contractctl.formats.json_schema.search.solver import Solver
    from contractctl.formats.json_schema.search.state import State

_MOST_ITEMS = 256
_MOST_ALIKE = 10_000
Slot = tuple[int, ...]
"""Places that hold equal items."""
Left = tuple[tuple[int, int | None], ...]
"""Of each demand, how many items must and may fulfil it still."""


@dataclass(frozen=True, slots=True)
class _Demand:
    """So many items must, and may, be this; what that is may hang on the place."""

    prefix: tuple[Literal, ...]
    rest: Literal
    least: int
    most: int | None = None

    def at(self, place: int) -> Literal:
        return self.prefix[place] if place < len(self.prefix) else self.rest


@dataclass(slots=True)
class _Question:
    """What is asserted of one array."""

    solver: "Solver"
    items: list[Items]
    demands: list[_Demand]
    denied: list[list[Json]]
    unique: bool
    repeated: bool
    unknown: Unknown | None = None
    dead: set[tuple[int, Left]] = field(default_factory=set)

    def base(self, place: int) -> list[Literal]:
        return [one.prefix[place] if place < len(one.prefix) else one.rest for one in self.items]

    @property
    def known_places(self) -> int:
        """From here on, every place is like the next."""
        prefixes = [one.prefix for one in self.items] + [one.prefix for one in self.demands]
        return max(map(len, prefixes), default=0)

    def value(self, goal: Goal) -> Json:
        """Whether a place can be filled, and with what; ... where it cannot."""
        outcome = self.solver.solve(goal)
        if isinstance(outcome, Unknown):
            self.unknown = outcome
        return outcome.value if isinstance(outcome, Found) else _MISSING


_MISSING: Json = ["there is no such item"]
"""Told apart by what it is, not by what it holds."""


def solve(solver: "Solver", state: "State") -> Outcome:
    """An array that fulfils what the state asserts of arrays."""
    least, most = sizes(state)
    asked = _question(solver, state)
    enough = asked.known_places + sum(one.least for one in asked.demands) + 2 * asked.repeated
    longest = max(least, enough, *(len(one) + 1 for one in asked.denied), 0)
    for length in range(least, (longest if most is None else min(longest, most)) + 1):
        solver.spend()
        found = _of_length(asked, length)
        if found is not None:
            return Found(found)
    return asked.unknown or NONE


def _question(solver: "Solver", state: "State") -> _Question:
    demands = [
        _Demand(tuple(one ^ 1 for one in node.prefix), node.rest ^ 1, 1)
        for node, is_held in state.of(Items)
        if not is_held
    ]
    demands += [_Demand((), node.item, node.least, node.most) for node, is_held in state.of(Contains) if is_held]
    denied = [value for value in solver.denied(state) if isinstance(value, list)]
    unique = [is_held for _, is_held in state.of(Unique)]
    items = [node for node, is_held in state.of(Items) if is_held]
    return _Question(solver, items, demands, denied, unique=True in unique, repeated=False in unique)


def _of_length(asked: _Question, length: int) -> list[Json] | None:
    """An array of exactly that length."""
    if length > _MOST_ITEMS:
        return _alike(asked, length)
    space = asked.solver.space
    different = [_unlike(space, one) for one in asked.denied if len(one) == length]
    demands = [*asked.demands, *different]
    places = max(asked.known_places, length if different else 0)
    for slots in _slots(length, places, repeated=asked.repeated):
        asked.dead.clear()
        for goals in _dealt(asked, demands, slots, 0, tuple((one.least, one.most) for one in demands)):
            items = _filled(asked, slots, goals)
            if items is not None:
                return items
    return None


def _unlike(space: Space, denied: list[Json]) -> _Demand:
    """Some item differs from the one in the same place of an array of that length."""
    return _Demand(tuple(space.enum([item]) ^ 1 for item in denied), 1, 1)


def _alike(asked: _Question, length: int) -> list[Json] | None:
    """A long array, where nothing tells one place from the next."""
    made: list[Json] | None = None
    if not (asked.demands or asked.unique or length > _MOST_ALIKE):
        known = min(asked.known_places, length)
        items = [asked.value(frozenset(asked.base(place))) for place in range(min(known + 1, length))]
        if any(item is _MISSING for item in items):
            return None
        made = items[:known] + items[-1:] * (length - known)
    if made is None or not _is_allowed(asked, made):
        asked.unknown = asked.unknown or Unknown(f"an array of {length:,} items is too long to make")
        return None
    return made


def _is_allowed(asked: _Question, made: list[Json]) -> bool:
    """Whether an array that was made without a thought of its items is not denied, and repeats one where it must."""
    is_denied = identity(made) in map(identity, asked.denied)
    return not is_denied and (not asked.repeated or len({identity(item) for item in made}) < len(made))


def _slots(length: int, places: int, *, repeated: bool) -> Iterator[list[Slot]]:
    """Every place for itself; or, where two items must be equal, each way in which two can be."""
    if not repeated:
        yield [(place,) for place in range(length)]
        return
    for one, other in combinations(range(min(length, places + 2)), 2):
        yield [(one, other), *((place,) for place in range(length) if place not in {one, other})]


def _dealt(asked: _Question, demands: list[_Demand], slots: list[Slot], index: int, left: Left) -> Iterator[list[Goal]]:
    """What each slot must be, in every way in which the demands can be dealt out to slots that can be filled."""
    if index == len(slots):
        if all(must <= 0 for must, _ in left):
            yield []
        return
    if (index, left) in asked.dead:
        return
    anything = False
    for goal, after in _shares(asked, demands, slots[index], left):
        if asked.value(goal) is _MISSING:
            continue
        for rest in _dealt(asked, demands, slots, index + 1, after):
            anything = True
            yield [goal, *rest]
    if not anything:
        asked.dead.add((index, left))


def _shares(asked: _Question, demands: list[_Demand], slot: Slot, left: Left) -> Iterator[tuple[Goal, Left]]:
    """Which demands a slot may take on, and what is left then."""
    base = {literal for place in slot for literal in asked.base(place)}
    for flags in product(*(_choices(demand, one) for demand, one in zip(demands, left, strict=True) for _ in slot)):
        asked.solver.spend()
        goal, after, position = set(base), [], 0
        for demand, (must, may) in zip(demands, left, strict=True):
            taken = flags[position : position + len(slot)]
            position += len(slot)
            for place, is_taken in zip(slot, taken, strict=True):
                if is_taken:
                    goal.add(demand.at(place))
                elif demand.most is not None:
                    goal.add(demand.at(place) ^ 1)
            after.append((max(must - sum(taken), 0), None if may is None else may - sum(taken)))
        if all(may is None or may >= 0 for _, may in after) and not any(one ^ 1 in goal for one in goal):
            yield frozenset(goal), tuple(after)


def _choices(demand: _Demand, left: tuple[int, int | None]) -> tuple[bool, ...]:
    must, may = left
    if may is not None and may <= 0:
        return (False,)
    return (True, False) if must > 0 or demand.most is not None else (False,)


def _filled(asked: _Question, slots: list[Slot], goals: list[Goal]) -> list[Json] | None:
    """The items themselves; different ones, where they must be."""
    if asked.unique:
        values = _different(asked, goals)
        if values is None:
            return None
    else:
        values = [asked.value(goal) for goal in goals]
    items: list[Json] = [None] * sum(map(len, slots))
    for slot, value in zip(slots, values, strict=True):
        for place in slot:
            items[place] = value
    return items


def _different(asked: _Question, goals: list[Goal]) -> list[Json] | None:
    """Different values, one a goal: who has as many to choose from as there are places never stands in the way."""
    wanted = len(goals)
    choices: dict[Goal, list[Json]] = {}
    for goal in dict.fromkeys(goals):
        choices[goal], said = asked.solver.first(goal, wanted)
        if isinstance(said, Unknown):
            asked.unknown = said
    taken: dict[object, int] = {}
    chosen: dict[int, Json] = {}
    for place in range(wanted):
        if not _seated(goals, choices, place, taken, chosen, set()):
            return None
    return [chosen[place] for place in range(wanted)]


def _seated(  # noqa: PLR0913, PLR0917 - the state of a matching
    goals: list[Goal],
    choices: dict[Goal, list[Json]],
    place: int,
    taken: dict[object, int],
    chosen: dict[int, Json],
    met: set[object],
) -> bool:
    """Give a place a value; whoever has it moves on to another, if that can be (an augmenting path)."""
    for value in choices[goals[place]]:
        one = identity(value)
        if one in met:
            continue
        met.add(one)
        if one not in taken or _seated(goals, choices, taken[one], taken, chosen, met):
            taken[one], chosen[place] = place, value
            return True
    return False
