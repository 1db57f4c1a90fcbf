"""Which products of automata answer a question about strings?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from contractctl.formats.json_schema.language import ecma
from contractctl.formats.json_schema.language.automaton import Automaton
from contractctl.formats.json_schema.language.product import Budget, Product
from contractctl.formats.json_schema.language.reduction import counted, narrowed
from contractctl.formats.json_schema.language.syntax import Unreadable

_MOST_PATTERNS = 512
_MOST_KEPT = 200_000


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


@dataclass(frozen=True, slots=True)
class Part:
    """A product of automata, and the lengths of the words that are asked of it."""

    product: Product
    least: int
    most: int | None


class Reading:
    """A pattern that was read; with its automaton, as far as that was needed."""

    def __init__(self, pattern: str) -> None:
        self.automaton = Automaton(ecma.read(pattern))
        self.counted = counted(self.automaton.root)

    @cached_property
    def every(self) -> Automaton:
        """Of a pattern that is a class and a length, without the length."""
        return Automaton(self.automaton.root if self.counted is None else self.counted.every)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way not to match a pattern: another that does not match either, or a length."""

    unwanted: Automaton | None = None
    least: int = 0
    most: int | None = None


_readings: dict[str, Reading | Unreadable] = {}


def reading(pattern: str) -> Reading:
    """Of a pattern; kept, with all that was built of it, until too much is. Raise Unreadable."""
    known = _readings.get(pattern)
    if known is None:
        if len(_readings) >= _MOST_PATTERNS or sum(map(_size, _readings.values())) > _MOST_KEPT:
            _readings.clear()
        try:
            known = Reading(pattern)
        except Unreadable as unreadable:
            known = unreadable
        _readings[pattern] = known
    if isinstance(known, Unreadable):
        raise type(known)(known.reason)
    return known


def parts(asked: Strings) -> Iterator[Part]:
    """What is to be gone through; nothing where it is seen at once that there are no such strings.

    A pattern that is a class and a length is not unrolled: its numbers are bounds like the question's own.
    """
    if asked.wanted & asked.unwanted:
        return
    wanted = [reading(one) for one in sorted(asked.wanted)]
    unwanted = [reading(one) for one in sorted(asked.unwanted)]
    bounds = [one.counted for one in wanted if one.counted is not None]
    least = max([asked.least, *(one.least for one in bounds)])
    most = _lowest(asked.most, *(one.most for one in bounds))
    plain = [one.automaton for one in unwanted if one.counted is None]
    matching = [_narrowed(one.every if one.counted else one.automaton, plain) for one in wanted]
    budget = Budget()
    for ways in product(*(list(_ways(one)) for one in unwanted if one.counted is not None)):
        low, high = max([least, *(way.least for way in ways)]), _lowest(most, *(way.most for way in ways))
        if high is None or low <= high:
            others = [*plain, *(way.unwanted for way in ways if way.unwanted is not None)]
            yield Part(Product(matching, others, budget), low, high)


def _narrowed(wanted: Automaton, unwanted: list[Automaton]) -> Automaton:
    left = wanted.root
    for other in unwanted:
        left = narrowed(left, other.root)
    return wanted if left is wanted.root else Automaton(left)


def _ways(unwanted: Reading) -> Iterator[_Way]:
    """All the ways not to match a pattern that is a class and a length."""
    held = unwanted.counted
    if held is None:
        return
    yield _Way(unwanted.every)
    if held.least > 0:
        yield _Way(most=held.least - 1)
    if held.most is not None:
        yield _Way(least=held.most + 1)


def _lowest(*bounds: int | None) -> int | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def _size(known: Reading | Unreadable) -> int:
    return len(known.automaton) if isinstance(known, Reading) else 1
