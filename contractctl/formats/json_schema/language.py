"""Which strings do these patterns allow together? Exact answers, or the reason why there is none.

A pattern is found anywhere in a string unless it says otherwise, and a length is a number of code points:
https://json-schema.org/draft/2020-12/json-schema-validation#section-6.3
"""

from dataclasses import dataclass
from functools import lru_cache

from contractctl.formats.json_schema import ecma
from contractctl.formats.json_schema.automaton import DEAD, UNIVERSAL, Automaton
from contractctl.formats.json_schema.product import Budget, Product
from contractctl.formats.json_schema.syntax import Unreadable
from contractctl.formats.json_schema.words import shortest, words

__all__ = ["Strings", "Unreadable", "check", "matches", "possible", "take"]

_MOST_KEPT = 200_000
_automata: dict[str, Automaton | Unreadable] = {}


@dataclass(frozen=True, slots=True)
class Strings:
    """A question: which strings fulfil all of this?"""

    wanted: frozenset[str]
    """Patterns that must be found in them."""
    unwanted: frozenset[str]
    """Patterns that must not."""
    least: int = 0
    """Length in code points."""
    most: int | None = None


def take(asked: Strings, count: int) -> tuple[str, ...]:
    """Up to that many of the strings, the shortest and most readable first; fewer only where there are no more.

    Raise Unreadable where it cannot be told.
    """
    answer = _take(asked, count)
    if isinstance(answer, Unreadable):
        raise Unreadable(answer.reason)
    return answer


def possible(asked: Strings) -> bool:
    """Whether there is such a string, though it may be too long to be spelled. Raise Unreadable as take() does."""
    answer = _possible(asked)
    if isinstance(answer, Unreadable):
        raise Unreadable(answer.reason)
    return answer


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in a text. Raise Unreadable where it cannot be told."""
    found = _automaton(pattern)
    budget = Budget()
    state = found.begin()
    met = set()
    for character in text:
        if state in {DEAD, UNIVERSAL}:
            break
        if state not in met:
            met.add(state)
            budget.spend(found.step(state).cost)
        state = found.after(state, character)
    return found.accepts(state)


def check(pattern: str) -> None:
    """Raise Unreadable for what is no regular expression; one that is, and cannot be decided, passes."""
    try:
        _automaton(pattern)
    except ecma.Broken:
        raise
    except Unreadable:
        return


@lru_cache(maxsize=4096)
def _take(asked: Strings, count: int) -> tuple[str, ...] | Unreadable:
    try:
        product = _product(asked)
        return () if product is None else tuple(words(product, asked.least, asked.most, count))
    except Unreadable as unreadable:
        return Unreadable(unreadable.reason)


@lru_cache(maxsize=4096)
def _possible(asked: Strings) -> bool | Unreadable:
    try:
        product = _product(asked)
        return product is not None and shortest(product, asked.least, asked.most) is not None
    except Unreadable as unreadable:
        return Unreadable(unreadable.reason)


def _product(asked: Strings) -> Product | None:
    """What is to be gone through; None where it is seen at once that there is nothing."""
    if asked.wanted & asked.unwanted or (asked.most is not None and asked.most < asked.least):
        return None
    return Product(
        [_automaton(one) for one in sorted(asked.wanted)], [_automaton(one) for one in sorted(asked.unwanted)]
    )


def _automaton(pattern: str) -> Automaton:
    """Of a pattern; kept, with all that was built of it, until too much is."""
    known = _automata.get(pattern)
    if known is None:
        if sum(len(one) if isinstance(one, Automaton) else 1 for one in _automata.values()) > _MOST_KEPT:
            _automata.clear()
        try:
            known = Automaton(ecma.read(pattern))
        except Unreadable as unreadable:
            known = unreadable
        _automata[pattern] = known
    if isinstance(known, Unreadable):
        raise type(known)(known.reason)
    return known
