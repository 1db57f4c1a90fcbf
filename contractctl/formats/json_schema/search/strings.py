"""Is there a text of this length, that fits these patterns and not those?"""

from dataclasses import replace
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema import formats, language
from contractctl.formats.json_schema.search.membership import UndecidedError, all_hold
from contractctl.formats.json_schema.search.nodes import Format, Pattern, Size
from contractctl.formats.json_schema.search.outcomes import NONE, Found, Outcome, Unknown

if TYPE_CHECKING:
    from contractctl.formats.json_schema.search.solver import Solver
    from contractctl.formats.json_schema.search.state import State

_MOST_TAKEN = 20_000
_MOST_LETTERS = 1_000_000
_FEW = 16
_READABLE = "^[ -~]*$"
_PLAIN = "abcdefghijklmnopqrstuvwxyz"


def solve(solver: "Solver", state: "State") -> Outcome:
    """A text that fulfils what the state asserts of strings."""
    least, most = sizes(state)
    if most is not None and least > most:
        return NONE
    if least > _MOST_LETTERS:
        return Unknown(f"a text of {least:,} characters is too long to write")
    for node, _ in state.of(Format):  # one that has no grammar: it is executed, if that
        return _guessed(solver, state, f"what '{node.name}' allows is not known exactly")
    wanted = frozenset(node.source for node, is_held in state.of(Pattern) if is_held)
    unwanted = frozenset(node.source for node, is_held in state.of(Pattern) if not is_held)
    denied = {value for value in solver.denied(state) if isinstance(value, str)}
    if not wanted and not unwanted:
        plain = _plain(least, most, denied)
        if plain is not None:
            return Found(plain)
    try:
        return _spelled(solver, language.Strings(wanted, unwanted, least, most), denied)
    except language.Unreadable as error:
        return _guessed(solver, state, error.reason)


def _spelled(solver: "Solver", asked: language.Strings, denied: set[str]) -> Outcome:
    """One that people can read, rather than the shortest; the few first ones, before as many as might be denied."""
    for strings in (replace(asked, wanted=asked.wanted | {_READABLE}), asked):
        for count in (min(len(denied) + 1, _FEW), len(denied) + 1):
            taken = language.take(strings, count)
            solver.spend(len(taken) // 10 + 1)
            free = next((text for text in taken if text not in denied), None)
            if free is not None:
                return Found(free)
            if len(taken) < count:
                break
            if len(denied) > _MOST_TAKEN:
                return Unknown("too many texts are excluded to find another one")
    return NONE


def sizes(state: "State") -> tuple[int, int | None]:
    """At least and at most how many code points, items or properties the state asserts."""
    least, most = 0, None
    for node, is_held in state.of(Size):
        if node.kind != state.kind:
            continue
        if node.upper == is_held:
            limit = node.limit if is_held else node.limit - 1
            most = limit if most is None else min(most, limit)
        else:
            least = max(least, node.limit if is_held else node.limit + 1)
    return least, most


def _plain(least: int, most: int | None, denied: set[str]) -> str | None:
    """A readable text where nothing but its length counts."""
    length = max(least, 1) if most is None or most >= 1 else least
    return next((text for text in (letter * length for letter in _PLAIN) if text not in denied), None)


def _guessed(solver: "Solver", state: "State", reason: str) -> Outcome:
    """One of a few texts that might do; where none does, nothing is proven."""
    guesses = ["", "a", "A", "0", "1", "-", " ", "é", "true", "null", "abc", "a b", "2024-01-31", "a" * 300]
    for node, _ in state.of(Format):
        for sample in formats.examples(node.name):
            guesses.extend(sample)
    least, _ = sizes(state)
    guesses.extend("a" * length for length in (least, least + 1) if length < _MOST_TAKEN)
    outcome: Outcome = Unknown(reason)
    for guess in guesses:
        solver.spend()
        if _fits(solver, state, guess):
            return Found(guess)
    return outcome


def _fits(solver: "Solver", state: "State", guess: Json) -> bool:
    try:
        return all_hold(solver.space, ((literal, guess) for literal in state.literals))
    except UndecidedError:
        return False
