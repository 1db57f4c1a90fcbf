"""Is there a value that fulfils all of this? A value that does, the proof that there is none, or why it is not known.

A goal is a set of literals of one space. It is decided kind by kind: first the truth of what combines assertions (all,
some, one, not) by propagation and branching, then the assertions about that kind in numbers, strings, arrays and
objects. What an item or a property must be is a goal of its own. A goal that comes up again while it is being decided
adds nothing: the smallest value that fulfils it holds no other such value inside. "None" that rests on such a step is
kept for good only when the goal it rests on has turned out to be "none" as well.
"""

from collections.abc import Hashable, Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema.search import arrays, numbers, objects, strings, values
from contractctl.formats.json_schema.search.membership import UndecidedError, all_hold
from contractctl.formats.json_schema.search.nodes import Enum, Literal
from contractctl.formats.json_schema.search.outcomes import (
    NONE,
    TOO_DEEP,
    Found,
    Goal,
    Outcome,
    SpentError,
    Unknown,
    worse,
)
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.state import Clause, State
from contractctl.formats.json_schema.search.values import kind_of, kinds

if TYPE_CHECKING:
    from contractctl.formats.json_schema.search.properties import Rule

_MOST_WORK = 200_000
_WORK_ASIDE = 2_000
_NEAR = (4, 8, 16)


class Solver:
    """Decides goals of one space, and remembers what it has decided."""

    def __init__(self, space: Space, work: int = _MOST_WORK) -> None:
        self.space = space
        self.work = work
        """How many more steps may be taken; spend() counts them down."""
        self.rules: dict[int, Rule] = {}
        self._known: dict[Goal, Outcome] = {}
        self._open: dict[Goal, int] = {}
        self._resting: dict[Goal, int] = {}
        """Goals that are none only if the open goal at that depth is."""
        self._overlaps: dict[tuple[Literal, ...], list[tuple[Literal, Literal]]] = {}
        self._lowest = 0
        """The least depth of an open goal that what is being decided rests on."""
        self._limit: int | None = None
        """How many goals within goals are looked into, where near() asks."""
        self._left: dict[Goal, int] = {}
        """Goals that were left undecided at the limit, and how far below them was looked."""
        self._times_left = 0

    def spend(self, steps: int = 1) -> None:
        """Count work. Raise SpentError where the budget is used up."""
        self.work -= steps
        if self.work < 0:
            raise SpentError

    def solve(self, literals: Iterable[Literal]) -> Outcome:
        """A value that fulfils every literal, or that there is none, or why that is not known."""
        goal = frozenset(literals)
        known = self._known.get(goal)
        if known is not None:
            return known
        depth = self._open.get(goal, self._resting.get(goal))
        if depth is not None:
            self._lowest = min(self._lowest, depth)
            return NONE
        if self._limit is not None and self._limit - len(self._open) <= self._left.get(goal, 0):
            self._times_left += 1
            return TOO_DEEP
        return self._decide(goal)

    def near(self, literals: Iterable[Literal]) -> Outcome:
        """A value that is found without going far: for goals that lead to one another by the hundred."""
        goal = frozenset(literals)
        try:
            for self._limit in _NEAR:
                outcome = self.solve(goal)
                if isinstance(outcome, Found):
                    return outcome
            return TOO_DEEP
        finally:
            self._limit = None

    def first(self, literals: Iterable[Literal], count: int) -> tuple[list[Json], Outcome]:
        """Up to `count` different values that fulfil every literal, and what was said when no more were found."""
        goal, found = frozenset(literals), list[Json]()
        while True:
            self.spend()
            outcome = self.solve(goal | {self.space.enum(found) ^ 1} if found else goal)
            if not isinstance(outcome, Found):
                return found, outcome
            found.append(outcome.value)
            if len(found) >= count:
                return found, outcome

    def overlaps(self, parts: tuple[Literal, ...]) -> list[tuple[Literal, Literal]]:
        """The pairs of which one value may fulfil both. It is asked aside: an answer here must rest on nothing open."""
        known = self._overlaps.get(parts)
        if known is None:
            self._overlaps[parts] = list(combinations(parts, 2))  # what comes again within itself is not looked into
            known = self._overlaps[parts] = [pair for pair in combinations(parts, 2) if not self._is_disjoint(pair)]
        return known

    def _is_disjoint(self, pair: tuple[Literal, Literal]) -> bool:
        self.spend()
        if not self.space.can_be(pair[0]) & self.space.can_be(pair[1]):
            return True
        aside = Solver(self.space, min(self.work, _WORK_ASIDE))
        aside._known, aside._overlaps = self._known, self._overlaps
        granted = aside.work
        try:
            return aside.solve(pair) is NONE
        except (RecursionError, SpentError):
            return False
        finally:
            self.spend(granted - max(aside.work, 0))

    def _decide(self, goal: Goal) -> Outcome:
        depth, since, times_left = len(self._open), len(self._resting), self._times_left
        outside, self._lowest = self._lowest, depth
        self._open[goal] = depth
        try:
            outcome = self._any_kind(goal)
        except (RecursionError, SpentError):
            self._forget(since)
            raise
        finally:
            del self._open[goal]
            lowest, self._lowest = self._lowest, outside
        if outcome is NONE and lowest < depth:
            self._rest(goal, lowest, since)
            self._lowest = min(outside, lowest)
            return outcome
        rested = self._forget(since)
        if self._limit is not None and self._times_left > times_left and isinstance(outcome, Unknown):
            self._left[goal] = self._limit - depth
            return outcome
        if outcome is NONE:
            self._known.update(dict.fromkeys(rested, NONE))
        self._known[goal] = outcome
        return outcome

    def _rest(self, goal: Goal, lowest: int, since: int) -> None:
        """Remember on what a goal rests; what rested on it rests on that, too: another will be open at its depth."""
        for rested in self._rested(since):
            self._resting[rested] = min(self._resting[rested], lowest)
        self._resting[goal] = lowest

    def _rested(self, since: int) -> list[Goal]:
        return list(self._resting)[since:] if len(self._resting) > since else []

    def _forget(self, since: int) -> list[Goal]:
        """Take back what rested on goals that are decided now, or never will be."""
        rested = self._rested(since)
        for goal in rested:
            del self._resting[goal]
        return rested

    def _any_kind(self, goal: Goal) -> Outcome:
        mask = ~0
        for literal in goal:
            mask &= self.space.can_be(literal)
        outcome: Outcome = NONE
        for kind in kinds(mask):
            found = self._search(State(self, kind), [*sorted(goal)])
            if isinstance(found, Found):
                return found
            outcome = worse(outcome, found)
        return outcome

    def _search(self, state: State, literals: list[Literal]) -> Outcome:
        self.spend()
        if not state.assume(literals) or not state.propagate():
            return NONE
        outcome = self._of_kind(state)
        if outcome is NONE or not state.clauses:
            return outcome
        if not isinstance(outcome, Found):
            return self._branch(state, min(state.clauses, key=len))
        failed = [one for one in state.clauses if not _happens(self.space, one, outcome.value)]
        return self._branch(state, min(failed, key=len)) if failed else outcome

    def _branch(self, state: State, clause: Clause) -> Outcome:
        """Each way to fulfil a clause: one that the last value did not fulfil by itself."""
        outcome: Outcome = NONE
        for literal in clause:
            found = self._search(state.copy(), [literal])
            if isinstance(found, Found):
                return found
            outcome = worse(outcome, found)
        return outcome

    def _of_kind(self, state: State) -> Outcome:
        """What the assertions about the kind allow, whatever the clauses that are left say."""
        if state.candidates is not None:
            return self._candidates(state, self._named(state, state.candidates))
        match state.kind:
            case values.NULL:
                outcome = self._candidates(state, [None])
            case values.BOOLEAN:
                outcome = self._candidates(state, [False, True])
            case values.NUMBER:
                outcome = numbers.solve(self, state)
            case values.STRING:
                outcome = strings.solve(self, state)
            case values.ARRAY:
                outcome = arrays.solve(self, state)
            case _:
                outcome = objects.solve(self, state)
        return Unknown(state.opaque) if isinstance(outcome, Found) and state.opaque else outcome

    def _named(self, state: State, identities: frozenset[Hashable]) -> list[Json]:
        """The values of those identities that are of the kind and not denied, in the order in which they were met."""
        denied = (node.identities for node, is_held in state.of(Enum) if not is_held)
        left = identities.difference(*denied)
        met, order = self.space.values, self.space.order
        return [met[one] for one in sorted(left, key=order.__getitem__) if kind_of(met[one]) == state.kind]

    def denied(self, state: State) -> Iterator[Json]:
        """The values that the state says it is not."""
        for node, is_held in state.of(Enum):
            if not is_held:
                yield from map(self.space.values.__getitem__, node.identities)

    def _candidates(self, state: State, few: Iterable[Json]) -> Outcome:
        """The first of a few values that fulfils everything that was asserted."""
        outcome: Outcome = NONE
        for tried, value in enumerate(few):
            self.spend(tried % 16 == 0)
            try:
                if all_hold(self.space, ((literal, value) for literal in state.literals)):
                    return Found(value)
            except UndecidedError as error:
                outcome = worse(outcome, Unknown(error.reason))
        return outcome


def _happens(space: Space, clause: Clause, value: Json) -> bool:
    """Whether a value that was found anyway fulfils a clause, too."""
    try:
        return not all_hold(space, ((literal ^ 1, value) for literal in clause))
    except UndecidedError:
        return False
