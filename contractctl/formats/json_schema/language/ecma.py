r"""How is a pattern read? Its text → its syntax tree, by ECMA-262 with the `u` flag, as JSON Schema says.

https://tc39.es/ecma262/#sec-patterns and https://json-schema.org/draft/2020-12/json-schema-core#section-6.4

Where the readings of engines differ:

- What the `u` flag forbids and everybody else reads alike is read so: `{` and `]` as themselves, `\-` outside of a
  class, `[\w-.]` (Annex B, https://tc39.es/ecma262/#sec-regular-expressions-patterns), `(?P<name>…)`, a leading `(?i)`.
- What the `u` flag forbids and engines read differently (`\A`, `\Z`, `x{,3}`, `[]a]`, `a*+`, octal escapes) cannot be
  told.
- What is legal is read by ECMA-262, though Python's `re` reads it otherwise: `$` before a last line end, `\d \w \s .`
  beyond ASCII. `words` spells characters last on which they differ.
"""

import re

from contractctl.formats.json_schema.language import characters
from contractctl.formats.json_schema.language.characters import complement
from contractctl.formats.json_schema.language.escapes import CharacterReader
from contractctl.formats.json_schema.language.syntax import (
    EMPTY,
    Ahead,
    Boundary,
    Characters,
    Choice,
    End,
    Node,
    Repeat,
    Sequence,
    Start,
    Unreadable,
    shown,
)

_DEEPEST = 50
_LONGEST = 100_000
_MOST_DIGITS = 20
_BRACES = re.compile(r"\{(?:([0-9]+)(?:(,)([0-9]*))?|,[0-9]*)\}")


def read(pattern: str) -> Node:
    """The syntax tree of a pattern.

    Raise Broken where it is not a regular expression, Unreadable where it is not known what it means.
    """
    if len(pattern) > _LONGEST:
        raise Unreadable(f"{shown(pattern)} is longer than {_LONGEST:,} characters")
    return _Reader(pattern).whole()


class _Reader(CharacterReader):
    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self._depth = 0
        self._dot_is_all = False

    def whole(self) -> Node:
        self._leading_flags()
        node = self._disjunction()
        if self._at < len(self._text):
            raise self._broken("a ')' closes nothing")
        if self._modern and self._lenient:
            raise self._unclear("is valid neither with the flag 'u', which its properties need, nor without")
        if self._refused is not None:
            raise self._unclear(self._refused)
        return node

    # https://tc39.es/ecma262/#prod-Disjunction

    def _disjunction(self) -> Node:
        choices = [self._alternative()]
        while self._take("|"):
            choices.append(self._alternative())
        return choices[0] if len(choices) == 1 else Choice(tuple(choices))

    def _alternative(self) -> Node:
        items: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            items.append(self._term())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _term(self) -> Node:
        node = self._assertion()
        if node is not None:
            if self._quantifier() is not None:
                raise self._broken("an assertion cannot be repeated")
            return node
        node = self._atom()
        counts = self._quantifier()
        if counts is None:
            return node
        if isinstance(node, Ahead):
            self._lenient = True
        return Repeat(node, *counts)

    # https://tc39.es/ecma262/#prod-Assertion; those with brackets are read with the groups

    def _assertion(self) -> Node | None:
        if self._take("^"):
            return Start()
        if self._take("$"):
            return End()
        for escape in ("\\b", "\\B"):
            if self._take(escape):
                if self._case_ignored:
                    self._refuse("asks for word boundaries while it ignores case")
                return Boundary(negated=escape == "\\B")
        return None

    # https://tc39.es/ecma262/#prod-Quantifier

    def _quantifier(self) -> tuple[int, int | None] | None:
        counts = self._counts()
        if counts is None:
            return None
        if self._take("?"):
            return counts
        if self._peek() == "+":
            raise self._unclear("repeats possessively, which ECMA-262 does not know")
        if self._peek() in {"*", "?"} or self._braces() is not None:
            raise self._broken("a repetition is repeated without brackets")
        return counts

    def _counts(self) -> tuple[int, int | None] | None:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        found = self._braces()
        if found is None:
            return None
        least, most, self._at = found
        if most is not None and least > most:
            raise self._broken("the numbers of a repetition are out of order")
        return least, most

    def _braces(self) -> tuple[int, int | None, int] | None:
        """The numbers of a `{2,3}` that stands here, and where it ends; None where a `{` is itself or there is none."""
        found = _BRACES.match(self._text, self._at)
        if found is None:
            return None
        least, comma, most = found[1], found[2], found[3]
        if not least:
            raise self._unclear("has a repetition without its minimum, which engines read differently")
        if max(len(least), len(most or "")) > _MOST_DIGITS:
            raise self._unclear("repeats too often")
        return int(least), (int(most) if most else None) if comma else int(least), found.end()

    # https://tc39.es/ecma262/#prod-Atom

    def _atom(self) -> Node:
        match self._text[self._at]:
            case "(":
                return self._group()
            case "[":
                self._at += 1
                return Characters(self._class())
            case ".":
                self._at += 1
                return Characters(characters.EVERY if self._dot_is_all else complement(characters.LINE_ENDS))
            case "\\":
                self._at += 1
                return self._escape()
            case "*" | "+" | "?":
                raise self._broken("there is nothing to repeat")
            case "{" if self._braces() is not None:
                raise self._broken("there is nothing to repeat")
            case letter:
                self._lenient |= letter in "{}]"
                self._at += 1
                return Characters(self._alike(ord(letter)))

    def _group(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._unclear("is nested too deeply")
        before = self._case_ignored, self._dot_is_all
        self._at += 1
        wrap = self._opening()
        node = self._disjunction()
        if not self._take(")"):
            raise self._broken("a '(' is not closed")
        self._depth -= 1
        self._case_ignored, self._dot_is_all = before
        return node if wrap is None else Ahead(node, negated=wrap == "(?!")

    def _opening(self) -> str | None:
        """Past what follows a '('; how a look ahead begins, or None."""
        if not self._take("?"):
            return None
        if self._take("="):
            return "(?="
        if self._take("!"):
            return "(?!"
        if self._take("<=") or self._take("<!"):
            self._refuse("looks behind")
        elif self._take("<") or self._take("P<"):
            self._name(">")
        elif not self._take(":"):
            self._modifiers()
        return None

    def _name(self, end: str) -> str:
        close = self._text.find(end, self._at)
        name = self._text[self._at : close]
        if close < 0 or not name.replace("$", "_").isidentifier():
            raise self._broken("the name of a group is invalid")
        self._at = close + 1
        return name

    # https://tc39.es/ecma262/#prod-RegularExpressionModifiers

    def _modifiers(self) -> None:
        end = self._at
        while end < len(self._text) and self._text[end] in "ims-":
            end += 1
        added, _, removed = self._text[self._at : end].partition("-")
        if self._text[end : end + 1] != ":" or not added + removed or len({*added, *removed}) < len(added + removed):
            raise self._unclear("has a group that ECMA-262 does not know")
        self._at = end + 1
        self._flags(added, on=True)
        self._flags(removed, on=False)

    def _leading_flags(self) -> None:
        """`(?i)` at the very start, which JavaScript has not and all others read alike."""
        end = self._text.find(")")
        flags = self._text[2:end]
        if self._text.startswith("(?") and flags and set(flags) <= set("aisu"):
            self._lenient = True
            self._flags(flags, on=True)
            self._at = end + 1

    def _flags(self, names: str, *, on: bool) -> None:
        if "i" in names:
            self._case_ignored = on
        if "s" in names:
            self._dot_is_all = on
        if "m" in names:
            self._refuse("reads line by line")

    # https://tc39.es/ecma262/#prod-AtomEscape

    def _escape(self) -> Node:
        if self._peek().isdigit() and self._peek() != "0":
            self._at += 1
            self._refuse("refers back to what a group matched, or means a character by an octal number")
            return EMPTY
        if self._take("k<"):
            self._name(">")
            self._refuse("refers back to what a group matched")
            return EMPTY
        held = self._class_escape()
        return Characters(self._alike(self._character_escape(in_class=False)) if held is None else held)
