"""Which characters does a part of a pattern name? Escapes and classes, by ECMA-262 with the `u` flag.

https://tc39.es/ecma262/#prod-AtomEscape and #prod-CharacterClass
"""

import re

from contractctl.formats.json_schema.language import characters
from contractctl.formats.json_schema.language.characters import Ranges, complement, either_case, union
from contractctl.formats.json_schema.language.syntax import Unreadable, shown

_ASCII = 0x7F
_PAIR = re.compile(r"(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE | re.ASCII)
_CLASSES = {"d": characters.DIGITS, "w": characters.WORD, "s": characters.SPACE}
_CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_HEX = frozenset("0123456789abcdefABCDEF")


class Broken(Unreadable):
    """No regular expression at all."""


class CharacterReader:
    """A place in the text of a pattern, and what was seen on the way there."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._case_ignored = False
        self._refused: str | None = None
        self._modern = self._lenient = False

    def _class_escape(self) -> Ranges | None:
        r"""`\d`, `\W`, `\p{…}`; None where none of them stands here."""
        letter = self._peek()
        if letter in {"p", "P"}:
            self._at += 1
            return self._property(negated=letter == "P")
        held = _CLASSES.get(letter.lower())
        if held is None:
            return None
        self._at += 1
        # https://tc39.es/ecma262/#sec-wordcharacters
        held = either_case(held) if self._case_ignored else held
        return complement(held) if letter.isupper() else held

    def _property(self, *, negated: bool) -> Ranges:
        if not self._take("{"):
            raise self._broken("a property of characters has no name")
        close = self._text.find("}", self._at)
        name = self._text[self._at : max(close, self._at)]
        if close < 0:
            raise self._broken("a property of characters has no name")
        self._at = close + 1
        self._modern = True
        held = characters.property_of(name)
        if held is None:
            self._refuse(f"asks for the character property '{name}', which is not supported")
        elif self._case_ignored:
            self._refuse("asks for properties of characters while it ignores case")
        return complement(held or ()) if negated else held or ()

    # https://tc39.es/ecma262/#prod-CharacterEscape

    def _character_escape(self, *, in_class: bool) -> int:
        letter = self._peek()
        if not letter:
            raise self._broken("it ends within an escape")
        self._at += 1
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        match letter:
            case "b" if in_class:
                return 0x08
            case "c":
                return self._control()
            case "0":
                if self._peek().isdigit():
                    self._refuse("means a character by an octal number, which engines read differently")
                return 0
            case "x":
                return self._hexadecimal(2)
            case "u":
                return self._code_point()
            case _:
                return self._identity(letter, in_class=in_class)

    def _identity(self, letter: str, *, in_class: bool) -> int:
        if letter.isascii() and letter.isalnum():
            raise self._unclear(f"has the escape '\\{letter}', which engines read differently")
        if letter not in _SYNTAX and not (in_class and letter == "-"):
            self._lenient = True
        return ord(letter)

    def _control(self) -> int:
        letter = self._peek()
        if not (letter.isascii() and letter.isalpha()):
            raise self._broken("a control character has no letter")
        self._at += 1
        return ord(letter) % 32

    def _hexadecimal(self, digits: int) -> int:
        text = self._text[self._at : self._at + digits]
        if len(text) < digits or not set(text) <= _HEX:
            raise self._broken("the number of a character is invalid")
        self._at += digits
        return int(text, 16)

    def _code_point(self) -> int:
        if self._take("{"):
            close = self._text.find("}", self._at)
            digits = self._text[self._at : max(close, self._at)]
            if not digits or not set(digits) <= _HEX or int(digits, 16) > characters.LAST:
                raise self._broken("the number of a character is invalid")
            self._at = close + 1
            self._modern = True
            return int(digits, 16)
        pair = _PAIR.match(self._text, self._at)
        if pair is None:
            return self._hexadecimal(4)
        self._at = pair.end()
        return ord(bytes.fromhex(pair[1] + pair[2]).decode("utf-16-be"))

    # https://tc39.es/ecma262/#prod-CharacterClass

    def _class(self) -> Ranges:
        negated = self._take("^")
        if self._peek() == "]" and "]" in self._text[self._at + 1 :]:
            raise self._unclear("has a class that begins with ']', which engines read differently")
        held: list[Ranges] = []
        while not self._take("]"):
            if self._at >= len(self._text):
                raise self._broken("a '[' is not closed")
            held.append(self._class_range())
        whole = union(*held)
        return complement(whole) if negated else whole

    def _class_range(self) -> Ranges:
        first = self._class_atom()
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in {"]", ""}:
            return first if isinstance(first, tuple) else self._alike(first)
        self._at += 1
        last = self._class_atom()
        if isinstance(first, int) and isinstance(last, int):
            if first > last:
                raise self._broken("a range of characters is out of order")
            return self._alike(first, last)
        # no range at all: the class, the hyphen and whatever else
        self._lenient = True
        ends = (end if isinstance(end, tuple) else self._alike(end) for end in (first, last))
        return union(*ends, self._alike(ord("-")))

    def _class_atom(self) -> Ranges | int:
        if not self._take("\\"):
            self._at += 1
            return ord(self._text[self._at - 1])
        held = self._class_escape()
        return self._character_escape(in_class=True) if held is None else held

    def _alike(self, first: int, last: int | None = None) -> Ranges:
        """The characters of a range, or one; in both cases where case is ignored."""
        last = first if last is None else last
        held = characters.ranges([(first, last)])
        if not self._case_ignored:
            return held
        if last > _ASCII and not (first == last and chr(last).lower() == chr(last).upper() == chr(last).casefold()):
            self._refuse("ignores the case of letters beyond ASCII")
            return held
        return either_case(held) if last <= _ASCII else held

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, token: str) -> bool:
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True

    def _refuse(self, why: str) -> None:
        """Read on, for the rest may be no regular expression at all; then say why this one cannot be told."""
        self._refused = self._refused or why

    def _unclear(self, why: str) -> Unreadable:
        return Unreadable(f"{shown(self._text)} {why}")

    def _broken(self, why: str) -> Broken:
        return Broken(f"{shown(self._text)} is not a regular expression: {why}")
