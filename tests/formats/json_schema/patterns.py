"""Random patterns over a small alphabet, so that they collide; each in ECMA-262's spelling and in Python's."""

import re
from collections.abc import Callable
from itertools import product

import regress
from hypothesis import strategies as st

LETTERS = "ab-"
TEXTS = ["".join(text) for length in range(5) for text in product(LETTERS, repeat=length)]

ATOMS = ("a", "b", "-", ".", "[ab]", "[^a]", r"\w", r"\W", r"[\d-]", "(?:)", r"[^\s\S]", r"\x61", "ab")
ASSERTIONS = ("^", "$", r"\b", r"\B")
COUNTS = ("*", "+", "?", "{2}", "{1,}", "{0,2}", "{1,3}", "*?", "??", "{2,3}?", "{0}")


def ecma(*, assertions: bool = True) -> st.SearchStrategy[str]:
    """Patterns by ECMA-262 with the flag u."""
    leaves = st.sampled_from(ATOMS + ASSERTIONS if assertions else ATOMS)

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        ahead = [st.builds("({}{})".format, st.sampled_from(("?=", "?!")), inner)] if assertions else []
        return st.one_of(
            st.builds("(?:{}){}".format, inner, st.sampled_from(COUNTS)),
            st.builds("(?:{}|{})".format, inner, inner),
            st.builds("{}{}".format, inner, inner),
            *ahead,
        )

    return st.recursive(leaves, grow, max_leaves=8)


def python(pattern: str) -> str:
    r"""The same pattern for Python's re: its `$` overlooks a last line end, and its `\B` the empty string."""
    return pattern.replace(r"\B", r"(?:\B|\A\Z)").replace("$", r"\Z")


_PARTS = re.compile(r"\\.|\[[^\]]*\]|\(|\)([*+?]|\{\d+,?\d*\})?")


def engine(pattern: str) -> Callable[[str], object]:
    """What finds a pattern by ECMA-262 in a text.

    Where a repetition repeats another one that may be empty, regress goes round until no memory is left: Python's re,
    which reads these patterns alike, stands in.
    """
    if _repeats_repetitions(pattern):
        return re.compile(python(pattern), re.ASCII).search
    return regress.Regex(pattern, "u").find


def _repeats_repetitions(pattern: str) -> bool:
    held = [False]  # by open parenthesis: whether there is a repetition inside
    for part in _PARTS.finditer(pattern):
        if part[0] == "(":
            held.append(False)
        elif part[0].startswith(")"):
            repeats, is_repeated = held.pop(), part[1] is not None
            if repeats and is_repeated:
                return True
            held[-1] = held[-1] or repeats or is_repeated
    return False
