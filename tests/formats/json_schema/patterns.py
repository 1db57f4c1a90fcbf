"""Random patterns over a small alphabet, so that they collide; each in ECMA-262's spelling and in Python's."""

from itertools import product

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
