"""Where may a YAML text be cut, so that one version's lines need not be read again in the next?

A block is one entry of a mapping with all of its lines. Read alone it says what it says in its text, where that begins
it in a line of its own, and where the reader comes to the end of one entry just where the lines end: nothing that is
open there, a quote or a bracket, reaches into the next block. https://yaml.org/spec/1.2.2/#82-block-collection-styles
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

_WHOLE = 20_000
"""Blocks of fewer characters are not cut any further."""
_TALK = r"(?:[ ]*(?:\#[ -~]*)?\n)*"
"""Empty lines and comments; in these, nothing that some reader takes for the end of a line."""
_LEAD = re.compile(_TALK)
_HEAD = re.compile(rf"{_TALK}(?:---[ ]*\n{_TALK})?")
_BORDER = re.compile(r"\n(?:---|\.\.\.|%)")
"""Where a document may begin or end."""
_ENTRY = r"""[A-Za-z0-9_/$"']"""
"""What a key may begin with: no sign that says something else at the beginning of a line."""
_FIRST = re.compile(rf"([ ]*){_ENTRY}")
_BRANCH = re.compile(r'[ ]*(?:[A-Za-z_/][A-Za-z0-9_/{}.-]*|"[ !#-\[\]-~]*"):[ ]*\n')
"""A line with a key alone: its value follows below."""


@dataclass(frozen=True, slots=True)
class Block:
    """One entry of a mapping."""

    text: str
    """All of its lines; the first one where the others are blocks of their own."""
    start: int
    """Where in the whole text it begins."""
    column: int
    """That of its key, from 0."""
    inner: tuple["Block", ...] = ()


def cut(text: str) -> tuple[Block, ...]:
    """The blocks of a text without a byte order mark; none where it cannot be cut."""
    head = _HEAD.match(text)
    assert head is not None  # noqa: S101 - it matches nothing at all, too
    return () if _BORDER.search(text, head.end()) else _cut(text, head.end(), len(text), -1)


def _cut(text: str, start: int, end: int, outer: int) -> tuple[Block, ...]:
    lead = _LEAD.match(text, start, end)
    first = _FIRST.match(text, lead.end() if lead else start, end)
    if first is None or len(first[1]) <= outer:
        return ()
    column = len(first[1])
    starts = [
        first.start(),
        *(found.start() + 1 for found in _beginning(column).finditer(text, first.start(), end)),
        end,
    ]
    return tuple(_block(text, *ends, column) for ends in pairwise(starts))


def _block(text: str, start: int, end: int, column: int) -> Block:
    branch = _BRANCH.match(text, start, end) if end - start > _WHOLE else None
    inner = _cut(text, branch.end(), end, column) if branch else ()
    return Block(text[start : branch.end() if branch and inner else end], start, column, inner)


@cache
def _beginning(column: int) -> re.Pattern[str]:
    """Where a line ends whose next one has a key in that column."""
    return re.compile(rf"\n{' ' * column}(?={_ENTRY})")
