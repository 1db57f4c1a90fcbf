"""Where does one word of a .proto text end and the next begin? And how does it read without custom options?

https://protobuf.dev/reference/protobuf/edition-2023-spec/#lexical_elements
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?(?:\*/|\Z)|(?P<word>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[A-Za-z0-9_.+-]+|.)""",
    re.DOTALL,
)
_NEST = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|(?P<brace>[{}])""", re.DOTALL
)
_NOT_BLANK = re.compile(r"[^\s]")
_OPEN, _CLOSED = frozenset("{[("), frozenset("}])")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a string or a mark, and where it stands."""

    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """Every token of a text, comments and white space left out."""
    for match in _TOKEN.finditer(text):
        if match["word"] is not None:
            yield Token(match["word"], match.start("word"), match.end("word"))


def depth(text: str) -> int:
    """How deep the braces nest."""
    if text.count("{") < 2:  # noqa: PLR2004 - nothing nests
        return text.count("{")
    level = most = 0
    for match in _NEST.finditer(text):
        if match["brace"]:
            level += 1 if match["brace"] == "{" else -1
            most = max(most, level)
    return most


def without_custom_options(text: str) -> str:
    """The text with blanks where custom options stand: those whose names begin with a parenthesis."""
    spans: list[tuple[int, int]] = []
    words = list(tokens(text))
    place = 0
    while place < len(words):
        if words[place].text == "option" and place + 1 < len(words) and words[place + 1].text == "(":
            end = _statement_end(words, place)
            spans.append((words[place].start, words[end].end))
            place = end
        elif words[place].text == "[":
            end = _close(words, place)
            spans.extend(_custom_entries(words[place : end + 1]))
            place = end
        place += 1
    for start, end in spans:
        text = text[:start] + _NOT_BLANK.sub(" ", text[start:end]) + text[end:]
    return text


def _statement_end(words: list[Token], place: int) -> int:
    level = 0
    for at in range(place, len(words)):
        level += (words[at].text in _OPEN) - (words[at].text in _CLOSED)
        if words[at].text == ";" and level <= 0:
            return at
    return len(words) - 1


def _close(words: list[Token], place: int) -> int:
    """The token that closes what is opened at a place; the last one where nothing does."""
    level = 0
    for at in range(place, len(words)):
        level += (words[at].text in _OPEN) - (words[at].text in _CLOSED)
        if level == 0:
            return at
    return len(words) - 1


def _custom_entries(words: list[Token]) -> Iterator[tuple[int, int]]:
    """The spans of custom options between brackets, each with one comma beside it; all of it where all are custom."""
    entries: list[list[Token]] = [[]]
    level = 0
    for word in words[1:-1]:
        level += (word.text in _OPEN) - (word.text in _CLOSED)
        if word.text == "," and level == 0:
            entries.append([])
        else:
            entries[-1].append(word)
    custom = [bool(entry) and entry[0].text == "(" for entry in entries]
    if all(custom):
        yield words[0].start, words[-1].end
        return
    first_kept = custom.index(False)
    for number, entry in enumerate(entries):
        if custom[number] and number < first_kept:
            yield entry[0].start, entries[number + 1][0].start
        elif custom[number]:
            before = entries[number - 1]
            yield before[-1].end, entry[-1].end
