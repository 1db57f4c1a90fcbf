"""Where does a pattern stand after the text so far? A deterministic automaton, built no further than it is asked.

A state is the set of all places in the pattern that the text so far may have led to. Nothing is expanded ahead: a place
is what is still to be matched, so `.{0,65535}` costs what is walked of it. The libraries that were measured do it the
other way round: greenery 4.2 builds and reduces whole automata (50 ms for the inclusion of two UUID patterns, minutes
for `.{0,1000}`) and refuses `[a-z_-]` and assertions.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from contractctl.formats.json_schema.language import characters
from contractctl.formats.json_schema.language.characters import LAST
from contractctl.formats.json_schema.language.normal import normal
from contractctl.formats.json_schema.language.places import MATCHED, NONE, Arrow, Kind, Places, Promise, Promises
from contractctl.formats.json_schema.language.syntax import Ahead, Node

DEAD = 0
"""The state that nothing leads out of: no text will match any more."""
UNIVERSAL = 1
"""The state of a pattern that has matched, whatever follows."""

Thread = tuple[int, Promises]
"""One way to match: a place, and what was promised on the way to it."""
Threads = frozenset[Thread]
Span = tuple[int, int, Threads]
"""On the code points from, to: these threads."""
_FOUND: Threads = frozenset({(MATCHED, NONE)})


@dataclass(frozen=True, slots=True)
class Step:
    """Where a state leads: from each code point of `cuts`, to the next of them, to the state at the same index."""

    cuts: tuple[int, ...]
    states: tuple[int, ...]
    cost: int
    """How much work it was; charged to whoever asks, whether or not somebody asked before."""


@dataclass(slots=True)
class _State:
    before: Kind
    threads: Threads
    step: Step | None = None
    accepts: bool | None = None


class Automaton:
    """Of a pattern that is found anywhere in a text; or, for a look ahead, only where it begins."""

    def __init__(self, root: Node, *, anywhere: bool = True) -> None:
        self.root = normal(root)
        self._places = Places(self.root, self._promise)
        self._aheads: list[Automaton] = []
        self._ahead_of: dict[int, int] = {}
        self._spans: dict[tuple[Thread, Kind, Kind], list[Span]] = {}
        self._state_of: dict[tuple[Kind, Threads], int] = {}
        self._seek: Threads = frozenset()
        """The thread that looks for the pattern from every further character on, if there is any use in it."""
        if anywhere and self._begins_further_on():
            self._seek = frozenset({(self._places.first, NONE)})
        self._states = [_State(Kind.OTHER, frozenset()), _State(Kind.OTHER, _FOUND)]
        for state, accepts in ((DEAD, False), (UNIVERSAL, True)):
            self._states[state].step = Step((0,), (state,), 1)
            self._states[state].accepts = accepts

    def __len__(self) -> int:
        return len(self._states) + len(self._places) + sum(len(ahead) for ahead in self._aheads)

    def begin(self, before: Kind = Kind.EDGE) -> int:
        """The state before the first character."""
        return self._state(before, frozenset({(self._places.first, NONE)}))

    def accepts(self, state: int) -> bool:
        """Whether a text that ends here matches."""
        held = self._states[state]
        if held.accepts is None:
            held.accepts = any(
                all(self._aheads[one.ahead].accepts(one.state) != one.negated for one in promised | crossed)
                for place, promised in held.threads | self._seek
                for crossed in self._places.reach(place, held.before, Kind.EDGE).found
            )
        return held.accepts

    def step(self, state: int) -> Step:
        """Where each next character leads."""
        held = self._states[state]
        if held.step is None:
            held.step = self._step(held)
        return held.step

    def after(self, state: int, character: str) -> int:
        """Where one next character leads."""
        step = self.step(state)
        return step.states[bisect_right(step.cuts, ord(character)) - 1]

    def _step(self, held: _State) -> Step:
        threads = held.threads | self._seek
        if self._places.minds_words:
            found = [
                [
                    (max(a, low), min(b, high), to)
                    for a, b, to in self._leads(thread, held.before, after)
                    if a <= high and low <= b
                ]
                for after, within in _WORDS_AND_OTHERS
                for low, high in within
                for thread in threads
            ]
            found.append([(low, high, frozenset()) for low, high in characters.WORD])
        else:
            found = [self._leads(thread, held.before, Kind.OTHER) for thread in threads]
        swept = _pieces(found[0]) if len(found) == 1 else _swept([span for spans in found for span in spans])
        cuts: list[int] = []
        states: list[int] = []
        for low, following in swept:
            state = self._state(self._kind(low), following)
            if not states or states[-1] != state:
                cuts.append(low)
                states.append(state)
        return Step(tuple(cuts), tuple(states), sum(map(len, found)) + len(cuts))

    def _kind(self, code: int) -> Kind:
        if not self._places.minds_words:
            return Kind.OTHER
        return Kind.WORD if any(low <= code <= high for low, high in characters.WORD) else Kind.OTHER

    def _state(self, before: Kind, threads: Threads) -> int:
        """The number of a state; those that behave alike for a reason that is easily seen have the same."""
        key = (before, threads)
        known = self._state_of.get(key)
        if known is None:
            known = self._new_state(before, threads)
            self._state_of[key] = known
        return known

    def _new_state(self, before: Kind, threads: Threads) -> int:
        held = _State(before, threads)
        reaches = [
            [self._places.reach(place, before, after) for after in self._afters()]
            for place, promised in held.threads | self._seek
            if not promised
        ]
        if all(any(NONE in reach[index].found for reach in reaches) for index in range(len(self._afters()))):
            return UNIVERSAL
        if not threads and not self._seek:
            return DEAD
        self._states.append(held)
        return len(self._states) - 1

    def _afters(self) -> tuple[Kind, ...]:
        return (Kind.EDGE, Kind.OTHER, Kind.WORD) if self._places.minds_words else (Kind.EDGE, Kind.OTHER)

    def _begins_further_on(self) -> bool:
        befores = (Kind.OTHER, Kind.WORD) if self._places.minds_words else (Kind.OTHER,)
        reaches = [
            self._places.reach(self._places.first, before, after) for before in befores for after in self._afters()
        ]
        return any(reach.arrows or reach.found for reach in reaches)

    def _leads(self, thread: Thread, before: Kind, after: Kind) -> list[Span]:
        """Over which next characters a thread leads where."""
        key = (thread, before, after)
        known = self._spans.get(key)
        if known is None:
            place, promised = thread
            reach = self._places.reach(place, before, after)
            stay = tuple(Arrow(characters.EVERY, MATCHED, crossed) for crossed in reach.found)
            known = [span for arrow in reach.arrows + stay for span in self._follow(arrow, promised)]
            if len(reach.arrows + stay) > 1 or promised:
                known = [(low, high, threads) for low, high, threads in _merged(known) if threads]
            self._spans[key] = known
        return known

    def _follow(self, arrow: Arrow, promised: Promises) -> list[Span]:
        promises = arrow.promises | promised
        if not promises:
            to = frozenset({(arrow.place, NONE)})
            return [(low, high, to) for low, high in arrow.over]
        pieces = [(low, high, NONE) for low, high in arrow.over]
        for promise in promises:
            pieces = [piece for low, high, kept in pieces for piece in self._keep(promise, low, high, kept)]
        return [(low, high, frozenset({(arrow.place, kept)})) for low, high, kept in pieces]

    def _keep(self, promise: Promise, low: int, high: int, kept: Promises) -> list[tuple[int, int, Promises]]:
        """What is left of a promise after each of these characters; those are left out that break it."""
        step = self._aheads[promise.ahead].step(promise.state)
        fulfilled, broken = (DEAD, UNIVERSAL) if promise.negated else (UNIVERSAL, DEAD)
        pieces: list[tuple[int, int, Promises]] = []
        for (first, following), state in zip(pairwise((*step.cuts, LAST + 1)), step.states, strict=True):
            if state == broken or first > high or following <= low:
                continue
            left = kept if state == fulfilled else kept | {Promise(promise.ahead, state, promise.negated)}
            pieces.append((max(first, low), min(following - 1, high), left))
        return pieces

    def _promise(self, node: Ahead, before: Kind) -> Promise | bool:
        """What a look ahead says of the text that follows; or whether that is true already."""
        index = self._ahead_of.get(id(node))
        if index is None:
            index = self._ahead_of[id(node)] = len(self._aheads)
            self._aheads.append(Automaton(node.item, anywhere=False))
        # a look ahead that minds words is asked by an automaton that minds them too
        state = self._aheads[index].begin(before)
        if state in {DEAD, UNIVERSAL}:
            return (state == UNIVERSAL) != node.negated
        return Promise(index, state, node.negated)


_WORDS_AND_OTHERS = ((Kind.WORD, characters.WORD), (Kind.OTHER, characters.complement(characters.WORD)))


def _pieces(spans: list[Span]) -> list[tuple[int, Threads]]:
    """As _swept(), of spans that are sorted and do not overlap."""
    pieces: list[tuple[int, Threads]] = []
    free = 0
    for low, high, threads in spans:
        if low > free:
            pieces.append((free, frozenset()))
        pieces.append((low, threads))
        free = high + 1
    if free <= LAST:
        pieces.append((free, frozenset()))
    return pieces


def _swept(spans: list[Span]) -> list[tuple[int, Threads]]:
    """The threads of all spans together, from each code point on where they change."""
    cuts = {0, LAST + 1}
    for low, high, _ in spans:
        cuts.add(low)
        cuts.add(high + 1)
    coming = sorted(spans, key=_low, reverse=True)
    swept: list[tuple[int, Threads]] = []
    running: list[Span] = []
    for cut in sorted(cuts)[:-1]:
        running = [span for span in running if span[1] >= cut]
        while coming and coming[-1][0] == cut:
            running.append(coming.pop())
        swept.append((cut, frozenset().union(*[span[2] for span in running])))
    return swept


def _merged(spans: list[Span]) -> list[Span]:
    """The same spans without overlaps; those that touch and are alike are one."""
    merged: list[Span] = []
    swept = [*_swept(spans), (LAST + 1, frozenset[Thread]())]
    for (low, threads), (following, _) in pairwise(swept):
        if merged and merged[-1][2] == threads:
            merged[-1] = (merged[-1][0], following - 1, threads)
        else:
            merged.append((low, following - 1, threads))
    return merged


def _low(span: Span) -> int:
    return span[0]
