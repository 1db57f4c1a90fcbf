"""Which strings do these patterns allow together? Exact answers, or the reason why there is none.

A pattern is found anywhere in a string unless it says otherwise, and a length is a number of code points:
https://json-schema.org/draft/2020-12/json-schema-validation#section-6.3
"""

import re
from dataclasses import replace
from functools import lru_cache

from contractctl.formats.json_schema.language.automaton import DEAD, UNIVERSAL
from contractctl.formats.json_schema.language.escapes import Broken
from contractctl.formats.json_schema.language.product import Budget
from contractctl.formats.json_schema.language.question import Strings, parts, reading
from contractctl.formats.json_schema.language.syntax import Unreadable
from contractctl.formats.json_schema.language.words import shortest, words

__all__ = ["Strings", "Unreadable", "check", "matches", "possible", "take"]


# On these, ECMA-262 and Python's re read all patterns alike: nothing beyond ASCII, whose digits, words, blanks and line
# ends are others, nothing that only one of them takes for a blank or a line end, no last line end, which `$` overlooks.
_PLAIN = r"^(?:[\0-\f\x0e-\x1b\x20-\x7f]*[\0-\t\v\f\x0e-\x1b\x20-\x7f])?$"
_is_plain = re.compile(_PLAIN.replace("$", r"\Z")).match


def take(asked: Strings, count: int) -> tuple[str, ...]:
    """Up to that many strings, the shortest and most readable first; fewer only where there are no more.

    Strings on which engines differ come behind all others. Raise Unreadable where that is not known.
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
    """Whether the pattern is found in a text. Raise Unreadable where that is not known."""
    automaton = reading(pattern).automaton
    budget = Budget()
    state = automaton.begin()
    met = set()
    for character in text:
        if state in {DEAD, UNIVERSAL}:
            break
        if state not in met:
            met.add(state)
            budget.spend(automaton.step(state).cost)
        state = automaton.after(state, character)
    return automaton.accepts(state)


def check(pattern: str) -> None:
    """Raise Unreadable for what is not a regular expression; one that is, and cannot be decided, passes."""
    try:
        reading(pattern)
    except Broken:
        raise
    except Unreadable:
        return


@lru_cache(maxsize=4096)
def _take(asked: Strings, count: int) -> tuple[str, ...] | Unreadable:
    try:
        taken = _shortest(asked, count)
    except Unreadable as unreadable:
        return Unreadable(unreadable.reason)
    if all(map(_is_plain, taken)):
        return taken
    try:
        plain = _shortest(replace(asked, wanted=asked.wanted | {_PLAIN}), count)
    except Unreadable:
        plain = ()
    return tuple(dict.fromkeys((*plain, *taken)))[:count]


def _shortest(asked: Strings, count: int) -> tuple[str, ...]:
    taken = [word for part in parts(asked) for word in words(part.product, part.least, part.most, count)]
    return tuple(sorted(dict.fromkeys(taken), key=len))[:count]


@lru_cache(maxsize=4096)
def _possible(asked: Strings) -> bool | Unreadable:
    try:
        return any(shortest(part.product, part.least, part.most) is not None for part in parts(asked))
    except Unreadable as unreadable:
        return Unreadable(unreadable.reason)
