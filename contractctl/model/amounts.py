"""How are counts and lists of names worded in a message? One row holds, three rows hold."""

from collections.abc import Sequence

_MOST_NAMES = 5


def agreeing(number: float, one: str, many: str = "") -> str:
    """The words for a number: `row`, `rows`; `properties`. `many` where an s is not enough: `rows hold`."""
    if number == 1:
        return one
    return many or (f"{one[:-1]}ies" if one.endswith("y") else f"{one}s")


def counted(number: float, one: str, many: str = "") -> str:
    """The number and its words: `1 row`, `3 rows`, `2 properties`."""
    return f"{number} {agreeing(number, one, many)}"


def named(names: Sequence[str]) -> str:
    """Names for a sentence, the first few of many: `'a', 'b', 'c', 'd', 'e' and 3 more`."""
    shown = ", ".join(f"'{name}'" for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
