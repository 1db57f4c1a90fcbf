"""Where in a pattern can one stand, and where does that lead? A place is what is still to be matched."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from contractctl.formats.json_schema.language.characters import Ranges
from contractctl.formats.json_schema.language.syntax import (
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

MATCHED = 0
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
NONE: Promises = frozenset()


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


class Places:
    """The places of a pattern in normal form; each is made when one comes to it."""

    def __init__(self, root: Node, promise: Callable[[Ahead, Kind], Promise | bool]) -> None:
        self.minds_words = _minds_words(root)
        self._promise = promise
        self._held: list[tuple[Node, int, int | None, int]] = [(root, 0, None, MATCHED)]
        self._known: dict[tuple[int, int, int | None, int], int] = {}
        self._reaches: dict[tuple[int, Kind, Kind], Reach] = {}
        self.first = self._place(root, MATCHED)

    def __len__(self) -> int:
        return len(self._held)

    def reach(self, place: int, before: Kind, after: Kind) -> Reach:
        """Where a place leads between what stands before and after it."""
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
        pending = [(place, NONE)]
        met = set(pending)
        while pending:
            at, promises = pending.pop()
            if at == MATCHED:
                found.add(promises)
                continue
            node, count, most, behind = self._held[at]
            if isinstance(node, Characters):
                if after is not Kind.EDGE and node.ranges:
                    arrows.append(Arrow(node.ranges, behind, promises))
                continue
            if isinstance(node, Ahead):
                promise = self._promise(node, before)
                ways = [] if promise is False else [(behind, promises if promise is True else promises | {promise})]
            else:
                ways = [(to, promises) for to in self._onward(node, count, most, behind, before, after)]
            for way in ways:
                if way not in met:
                    met.add(way)
                    pending.append(way)
            if len(met) > _MOST_PLACES:
                raise Unreadable("a pattern is too large to be decided within the limit")
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

    def _place(self, node: Node, behind: int, count: int | None = None, most: int | None = None) -> int:
        if count is None:
            count, most = (node.least, node.most) if isinstance(node, Repeat) else (0, None)
        key = (id(node), count, most, behind)
        known = self._known.get(key)
        if known is None:
            known = len(self._held)
            self._held.append((node, count, most, behind))
            self._known[key] = known
        return known


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
