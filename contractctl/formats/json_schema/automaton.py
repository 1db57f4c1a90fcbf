"""Where does a pattern stand after the text so far? A deterministic automaton, built no further than it is asked.

A state is the set of all places in the pattern that the text so far may have led to. Nothing is expanded ahead: a place
is what is still to be matched, so `.{0,65535}` costs what is walked of it. The libraries that were measured do it the
other way round: greenery 4.2 builds and reduces whole automata (50 ms for the inclusion of two UUID patterns, minutes
for `.{0,1000}`) and refuses `[a-z_-]` and assertions.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise

from contractctl.formats.json_schema import characters
from contractctl.formats.json_schema.characters import LAST, Ranges
from contractctl.formats.json_schema.normal import normal
from contractctl.formats.json_schema.syntax import (
    Ahead,
    Boundary,
    Characters,
    Choice,
    End,
    Node,
    Repeat,
    Sequence,
    Start,
    Unreadable,
)

DEAD = 0
"""The state that nothing leads out of: no text will match any more."""
UNIVERSAL = 1
"""The state of a pattern that has matched, whatever follows."""

_MATCHED = 0
"""The place behind the pattern: it was found, whatever follows."""
_MOST_PLACES = 50_000


class Kind(Enum):
    r"""What stands beside a place in a text: what `^`, `$` and `\b` ask for."""

    EDGE = auto()
    WORD = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Promise:
    """What was said of the text that follows by a look ahead, and how far it is seen through."""

    ahead: int
    state: int
    negated: bool


Promises = frozenset[Promise]
Thread = tuple[int, Promises]
"""One way to match: a place, and what was promised on the way to it."""
Threads = frozenset[Thread]
Span = tuple[int, int, Threads]
"""On the code points from, to: these threads."""
_NONE: Promises = frozenset()
_FOUND: Threads = frozenset({(_MATCHED, _NONE)})


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a place, over one of these characters, to the next, if the promises on the way are kept."""

    over: Ranges
    place: int
    promises: Promises


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a place leads, by the kinds of what stands before and after it."""

    arrows: tuple[Arrow, ...]
    found: frozenset[Promises]
    """The promises of each way to the end of the pattern that needs no further character."""


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


@dataclass(slots=True, eq=False)
class Automaton:
    """Of a pattern that is found anywhere in a text; or, for a look ahead, only where it begins."""

    root: Node
    anywhere: bool = True
    _aheads: "list[Automaton]" = field(default_factory=list)
    _ahead_of: dict[int, int] = field(default_factory=dict)
    _places: list[tuple[Node, int, int | None, int]] = field(default_factory=list)
    _place_of: dict[tuple[int, int, int | None, int], int] = field(default_factory=dict)
    _reaches: dict[tuple[int, Kind, Kind], Reach] = field(default_factory=dict)
    _spans: dict[tuple[Thread, Kind, Kind], list[Span]] = field(default_factory=dict)
    _states: list[_State] = field(default_factory=list)
    _state_of: dict[tuple[Kind, Threads], int] = field(default_factory=dict)
    _minds_words: bool = False
    _whole: int = 0
    _seek: Threads = frozenset()
    """The thread that looks for the pattern from every further character on, if there is any use in it."""

    def __post_init__(self) -> None:
        self.root = normal(self.root)
        self._places.append((self.root, 0, None, _MATCHED))
        self._minds_words = _minds_words(self.root)
        self._whole = self._place(self.root, _MATCHED)
        if self.anywhere and self._begins_further_on():
            self._seek = frozenset({(self._whole, _NONE)})
        self._states = [_State(Kind.OTHER, frozenset()), _State(Kind.OTHER, _FOUND)]
        for state, accepts in ((DEAD, False), (UNIVERSAL, True)):
            self._states[state].step = Step((0,), (state,), 1)
            self._states[state].accepts = accepts

    def __len__(self) -> int:
        return len(self._states) + len(self._places) + sum(len(ahead) for ahead in self._aheads)

    def begin(self, before: Kind = Kind.EDGE) -> int:
        """The state before the first character."""
        return self._state(before, frozenset({(self._whole, _NONE)}))

    def accepts(self, state: int) -> bool:
        """Whether a text that ends here matches."""
        held = self._states[state]
        if held.accepts is None:
            held.accepts = any(
                all(self._aheads[one.ahead].accepts(one.state) != one.negated for one in promised | crossed)
                for place, promised in held.threads | self._seek
                for crossed in self._reach(place, held.before, Kind.EDGE).found
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
        if self._minds_words:
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
        if not self._minds_words:
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
            [self._reach(place, before, after) for after in self._afters()]
            for place, promised in held.threads | self._seek
            if not promised
        ]
        if all(any(_NONE in reach[index].found for reach in reaches) for index in range(len(self._afters()))):
            return UNIVERSAL
        if not threads and not self._seek:
            return DEAD
        self._states.append(held)
        return len(self._states) - 1

    def _afters(self) -> tuple[Kind, ...]:
        return (Kind.EDGE, Kind.OTHER, Kind.WORD) if self._minds_words else (Kind.EDGE, Kind.OTHER)

    def _begins_further_on(self) -> bool:
        befores = (Kind.OTHER, Kind.WORD) if self._minds_words else (Kind.OTHER,)
        reaches = [self._reach(self._whole, before, after) for before in befores for after in self._afters()]
        return any(reach.arrows or reach.found for reach in reaches)

    def _leads(self, thread: Thread, before: Kind, after: Kind) -> list[Span]:
        """Over which next characters a thread leads where."""
        key = (thread, before, after)
        known = self._spans.get(key)
        if known is None:
            place, promised = thread
            reach = self._reach(place, before, after)
            stay = tuple(Arrow(characters.EVERY, _MATCHED, crossed) for crossed in reach.found)
            known = [span for arrow in reach.arrows + stay for span in self._follow(arrow, promised)]
            if len(reach.arrows + stay) > 1 or promised:
                known = [(low, high, threads) for low, high, threads in _merged(known) if threads]
            self._spans[key] = known
        return known

    def _follow(self, arrow: Arrow, promised: Promises) -> list[Span]:
        promises = arrow.promises | promised
        if not promises:
            to = frozenset({(arrow.place, _NONE)})
            return [(low, high, to) for low, high in arrow.over]
        pieces = [(low, high, _NONE) for low, high in arrow.over]
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

    def _reach(self, place: int, before: Kind, after: Kind) -> Reach:
        key = (place, before, after)
        known = self._reaches.get(key)
        if known is None:
            known = self._walk(place, before, after)
            self._reaches[key] = known
        return known

    def _walk(self, place: int, before: Kind, after: Kind) -> Reach:
        """Everything that is reached from a place without a character."""
        arrows: list[Arrow] = []
        found: set[Promises] = set()
        pending = [(place, _NONE)]
        met = set(pending)
        while pending:
            at, promises = pending.pop()
            if at == _MATCHED:
                found.add(promises)
                continue
            node, count, most, behind = self._places[at]
            match node:
                case Characters(ranges=over):
                    if after is not Kind.EDGE and over:
                        arrows.append(Arrow(over, behind, promises))
                    continue
                case Ahead():
                    follow = self._promise(node, before, promises)
                    ways = [] if follow is None else [(behind, follow)]
                case _:
                    ways = [(to, promises) for to in self._onward(node, count, most, behind, before, after)]
            for way in ways:
                if way not in met:
                    met.add(way)
                    pending.append(way)
            if len(met) > _MOST_PLACES:
                raise Unreadable("a pattern is too large to be decided within the budget")
        return Reach(tuple(arrows), frozenset(found))

    def _onward(  # noqa: PLR0913, PLR0917 - a place and its two sides
        self, node: Node, count: int, most: int | None, behind: int, before: Kind, after: Kind
    ) -> list[int]:
        """The places that a place leads to without a character."""
        match node:
            case Sequence(items=items):
                if count == len(items):
                    return [behind]
                rest = behind if count + 1 == len(items) else self._place(node, behind, count + 1)
                return [self._place(items[count], rest)]
            case Choice(items=items):
                return [self._place(item, behind) for item in items]
            case Repeat(item=item):
                done = [behind] if count == 0 else []
                if most == 0:
                    return done
                less = None if most is None else most - 1
                again = behind if less == 0 else self._place(node, behind, max(count - 1, 0), less)
                return [*done, self._place(item, again)]
            case Start():
                return [behind] if before is Kind.EDGE else []
            case End():
                return [behind] if after is Kind.EDGE else []
            case Boundary(negated=negated):
                return [behind] if ((before is Kind.WORD) != (after is Kind.WORD)) != negated else []
            case Characters() | Ahead():
                return []

    def _promise(self, node: Ahead, before: Kind, promises: Promises) -> Promises | None:
        """The promises with one more; None where it is broken already."""
        index = self._ahead_of.get(id(node))
        if index is None:
            index = self._ahead_of[id(node)] = len(self._aheads)
            self._aheads.append(Automaton(node.item, anywhere=False))
        # an ahead that minds words is asked by an automaton that minds them too
        state = self._aheads[index].begin(before)
        fulfilled, broken = (DEAD, UNIVERSAL) if node.negated else (UNIVERSAL, DEAD)
        if state == broken:
            return None
        return promises if state == fulfilled else promises | {Promise(index, state, node.negated)}

    def _place(self, node: Node, behind: int, count: int | None = None, most: int | None = None) -> int:
        if count is None:
            count, most = (node.least, node.most) if isinstance(node, Repeat) else (0, None)
        key = (id(node), count, most, behind)
        known = self._place_of.get(key)
        if known is None:
            known = len(self._places)
            self._places.append((node, count, most, behind))
            self._place_of[key] = known
        return known


_WORDS_AND_OTHERS = ((Kind.WORD, characters.WORD), (Kind.OTHER, characters.complement(characters.WORD)))


def _minds_words(root: Node) -> bool:
    pending = [root]
    while pending:
        match pending.pop():
            case Boundary():
                return True
            case Sequence(items=items) | Choice(items=items):
                pending.extend(items)
            case Repeat(item=item) | Ahead(item=item):
                pending.append(item)
            case Characters() | Start() | End():
                pass
    return False


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
