"""Which characters does a character class contain? Sets of code points as sorted, disjoint ranges.

Surrogates are not characters: every set has them exactly if it has U+D7FF, their neighbour, which no version of Unicode
assigns. So no automaton tells them apart from it, and none of them is ever spelled.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache

Ranges = tuple[tuple[int, int], ...]
"""First and last code point of each range; sorted, neither overlapping nor touching."""

LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)
EVERY: Ranges = ((0, LAST),)

DIGITS: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: Ranges = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
"""https://tc39.es/ecma262/#prod-WhiteSpace and #prod-LineTerminator"""
LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_WHITE_SPACE: Ranges = (*((0x09, 0x0D), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0)), *SPACE[3:-1])

# letters, digits, marks that need no escape anywhere, other printable ASCII, letters beyond, the rest; then what is
# seen badly or read differently by engines: blanks, controls, line ends
_PLEASANT: Ranges = (
    (0x61, 0x7A),
    (0x41, 0x5A),
    (0x30, 0x39),
    (0x5F, 0x5F),
    (0x2D, 0x2E),
    (0x21, 0x21),
    (0x23, 0x2C),
    (0x2F, 0x2F),
    (0x3A, 0x40),
    (0x5B, 0x5B),
    (0x5D, 0x5E),
    (0x60, 0x60),
    (0x7B, 0x7E),
    (0x22, 0x22),
    (0x5C, 0x5C),
    (0x20, 0x20),
    (0xDF, 0x167F),
    (0xA1, 0xDE),
    (0x1681, 0x1FFF),
    (0x2030, 0x205E),
    (0x2060, 0xD7FF),
    (0xE000, 0xFEFE),
    (0xFF00, LAST),
    (0x09, 0x09),
    (0x2000, 0x2027),
    (0x202A, 0x202F),
    (0x00, 0x08),
    (0x0E, 0x1F),
    (0x7F, 0xA0),
    (0x0B, 0x0C),
    (0x1680, 0x1680),
    (0x205F, 0x205F),
    (0xFEFF, 0xFEFF),
    (0x2028, 0x2029),
    (0x0D, 0x0D),
    (0x0A, 0x0A),
)


def ranges(given: Iterable[tuple[int, int]]) -> Ranges:
    """A set of the code points in any ranges; of surrogates as the module says."""
    low, high = _SURROGATES
    whole: list[tuple[int, int]] = []
    for first, last in sorted(given):
        if first < low <= last:
            whole.append((first, max(last, high)))
        elif low <= first <= high < last:
            whole.append((high + 1, last))
        elif first > high or last < low - 1:
            whole.append((first, last))
        elif last == low - 1:
            whole.append((first, high))
    return _joined(whole)


def union(*sets: Ranges) -> Ranges:
    """The characters of any of these."""
    return _joined(sorted(pair for one in sets for pair in one))


def complement(of: Ranges) -> Ranges:
    """All other characters."""
    gaps: list[tuple[int, int]] = []
    free = 0
    for first, last in of:
        if first > free:
            gaps.append((free, first - 1))
        free = last + 1
    if free <= LAST:
        gaps.append((free, LAST))
    return tuple(gaps)


def pleasant(of: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Each character of a set once, those that people read most easily first."""
    held = tuple(of)
    for low, high in _PLEASANT:
        for first, last in held:
            if first <= high and low <= last:
                yield from map(chr, range(max(first, low), min(last, high) + 1))


def either_case(of: Ranges) -> Ranges:
    """A set of ASCII characters, and what equals one of them when case is ignored.

    Two characters beyond ASCII do: the long s and the Kelvin sign.
    https://tc39.es/ecma262/#sec-runtime-semantics-canonicalize-ch
    """
    same: list[tuple[int, int]] = list(of)
    for first, last in of:
        for code in range(max(first, 0x41), min(last, 0x7A) + 1):
            letter = chr(code)
            if letter.isalpha():
                same.append((ord(letter.swapcase()), ord(letter.swapcase())))
                same.extend(
                    (ord(other), ord(other)) for other in {"s": "\u017f", "k": "\u212a"}.get(letter.lower(), "")
                )
    return ranges(same)


def property_of(name: str) -> Ranges | None:
    r"""What `\p{name}` names; None for a property that the standard library does not know.

    https://tc39.es/ecma262/#table-unicode-general-category-values
    """
    key, equals, value = name.partition("=")
    if equals:
        return _category(value) if key in {"General_Category", "gc"} else None
    match name:
        case "Any":
            return EVERY
        case "ASCII":
            return ((0, 0x7F),)
        case "Assigned":
            return complement(_categories()["Cn"])
        case "White_Space" | "space":
            return _WHITE_SPACE
        case "Lowercase" | "Lower":
            return _each(str.islower)
        case "Uppercase" | "Upper":
            return _each(str.isupper)
        case _:
            return _category(name)


def _category(name: str) -> Ranges | None:
    short = _CATEGORIES.get(name, name)
    if short == "LC":
        return union(*(_categories()[one] for one in ("Lu", "Ll", "Lt")))
    members = [held for one, held in _categories().items() if one == short or one[0] == short]
    return union(*members) if members else None


@cache
def _categories() -> dict[str, Ranges]:
    found: dict[str, list[tuple[int, int]]] = {"Cs": []}
    start, current = 0, unicodedata.category("\0")
    for code in range(1, LAST + 2):
        category = unicodedata.category(chr(code)) if code <= LAST else ""
        if category != current:
            found.setdefault(current, []).append((start, code - 1))
            start, current = code, category
    return {name: ranges(held) for name, held in found.items()}


@cache
def _each(holds: Callable[[str], bool]) -> Ranges:
    return ranges((code, code) for code in range(LAST + 1) if holds(chr(code)))


def _joined(given: list[tuple[int, int]]) -> Ranges:
    joined: list[tuple[int, int]] = []
    for first, last in given:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


_CATEGORIES = {
    "Cased_Letter": "LC",
    "Close_Punctuation": "Pe",
    "Connector_Punctuation": "Pc",
    "Control": "Cc",
    "cntrl": "Cc",
    "Currency_Symbol": "Sc",
    "Dash_Punctuation": "Pd",
    "Decimal_Number": "Nd",
    "digit": "Nd",
    "Enclosing_Mark": "Me",
    "Final_Punctuation": "Pf",
    "Format": "Cf",
    "Initial_Punctuation": "Pi",
    "Letter": "L",
    "Letter_Number": "Nl",
    "Line_Separator": "Zl",
    "Lowercase_Letter": "Ll",
    "Mark": "M",
    "Combining_Mark": "M",
    "Math_Symbol": "Sm",
    "Modifier_Letter": "Lm",
    "Modifier_Symbol": "Sk",
    "Nonspacing_Mark": "Mn",
    "Number": "N",
    "Open_Punctuation": "Ps",
    "Other": "C",
    "Other_Letter": "Lo",
    "Other_Number": "No",
    "Other_Punctuation": "Po",
    "Other_Symbol": "So",
    "Paragraph_Separator": "Zp",
    "Private_Use": "Co",
    "Punctuation": "P",
    "punct": "P",
    "Separator": "Z",
    "Space_Separator": "Zs",
    "Spacing_Mark": "Mc",
    "Surrogate": "Cs",
    "Symbol": "S",
    "Titlecase_Letter": "Lt",
    "Unassigned": "Cn",
    "Uppercase_Letter": "Lu",
}
