"""Where do several patterns stand together after the text so far? Their automata side by side, as far as one asks."""

from itertools import pairwise

from contractctl.formats.json_schema.language.automaton import DEAD, UNIVERSAL, Automaton
from contractctl.formats.json_schema.language.characters import LAST
from contractctl.formats.json_schema.language.syntax import Unreadable

State = tuple[int, ...]
Spans = list[tuple[int, int]]
_BUDGET = 400_000


class Budget:
    """How much work a question may still cost: no clock, so that an answer is the same everywhere and every time."""

    def __init__(self) -> None:
        self._left = _BUDGET

    def spend(self, cost: int) -> None:
        self._left -= cost
        if self._left < 0:
            raise Unreadable("the patterns allow too many strings to go through within the limit")


class Product:
    """Of the patterns that are wanted and those that are not. From no state that it hands out are all strings lost."""

    def __init__(self, wanted: list[Automaton], unwanted: list[Automaton], budget: Budget) -> None:
        self.budget = budget
        self._parts = [*wanted, *unwanted]
        self._wanted = len(wanted)
        self._edges: dict[State, dict[State, Spans]] = {}

    def begin(self) -> State | None:
        state = tuple(part.begin() for part in self._parts)
        return None if self._lost(state) else state

    def accepts(self, state: State) -> bool:
        """Whether a string that ends here is one that is asked for."""
        return all(
            part.accepts(at) == (index < self._wanted)
            for index, (part, at) in enumerate(zip(self._parts, state, strict=True))
        )

    def edges(self, state: State) -> dict[State, Spans]:
        """The states that follow, and over which code points."""
        known = self._edges.get(state)
        if known is None:
            known = self._edges[state] = self._follow(state)
        return known

    def is_known(self, state: State) -> bool:
        """Whether its edges were asked for."""
        return state in self._edges

    def _follow(self, state: State) -> dict[State, Spans]:
        steps = [
            (index, part.step(at))
            for index, (part, at) in enumerate(zip(self._parts, state, strict=True))
            if at not in {DEAD, UNIVERSAL}
        ]
        self.budget.spend(1 + sum(step.cost for _, step in steps))
        if not steps:
            return {state: [(0, LAST)]}
        cuts = sorted({cut for _, step in steps for cut in step.cuts})
        self.budget.spend(len(cuts) * len(steps))
        columns: list[list[int]] = [[at] * len(cuts) for at in state]
        for index, step in steps:
            columns[index] = _at_cuts(step.cuts, step.states, cuts)
        following: dict[State, Spans] = {}
        for target, (low, after) in zip(zip(*columns, strict=True), pairwise((*cuts, LAST + 1)), strict=True):
            if target in following:
                following[target].append((low, after - 1))
            elif not self._lost(target):
                following[target] = [(low, after - 1)]
        return following

    def _lost(self, state: State) -> bool:
        return DEAD in state[: self._wanted] or UNIVERSAL in state[self._wanted :]


def _at_cuts(own: tuple[int, ...], states: tuple[int, ...], cuts: list[int]) -> list[int]:
    """An automaton's states at more cuts than its own, which are among them."""
    column: list[int] = []
    index, last = 0, len(own) - 1
    for cut in cuts:
        if index < last and own[index + 1] == cut:
            index += 1
        column.append(states[index])
    return column
