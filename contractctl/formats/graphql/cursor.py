"""How far is a text read, and what stands there? Token by token."""

from collections.abc import Callable
from typing import NoReturn, TypeVar

from contractctl.formats.graphql.types import Directive, Field, Input, Spot, Symbol

T = TypeVar("T", Directive, Field, Input, Symbol)

NAME_START = frozenset("_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
END = ""


class Misread(Exception):  # noqa: N818 - it is caught where the text becomes a schema, and never seen
    """A token that the grammar does not expect, by its index; or what else is wrong there."""

    def __init__(self, token: int, said: str | None = None) -> None:
        """`said` is None where it is a matter of the grammar, which graphql-core words."""
        super().__init__(said)
        self.token = token
        self.said = said


class Cursor:
    """The tokens of a text, and how far they are read."""

    __slots__ = ("at", "file", "words")

    def __init__(self, words: list[str], file: int) -> None:
        self.words = [*words, END]
        self.file = file
        self.at = 0

    def block(self, opening: str, closing: str, read: Callable[[], T]) -> dict[str, T]:
        """Things in brackets, at least one; none where there are no brackets. No two have the same name."""
        words = self.words
        if words[self.at] != opening:
            return {}
        self.at += 1
        found: dict[str, T] = {}
        while not found or words[self.at] != closing:
            one = read()
            if one.name in found:
                raise Misread(one.spot[1], f"'{one.name}' stands here twice")
            found[one.name] = one
        self.at += 1
        return found

    def separated(self, separator: str) -> tuple[str, ...]:
        """Names with a separator between them, and perhaps one in front."""
        self.take(separator)
        names = [self.name()]
        while self.take(separator):
            names.append(self.name())
        if len(set(names)) < len(names):
            raise Misread(self.at - 1, f"'{max(names, key=names.count)}' stands here twice")
        return tuple(names)

    def description(self) -> bool:
        """Pass over a description; whether there is one."""
        if self.words[self.at][:1] != '"' or len(self.words[self.at]) == 1:
            return False
        self.at += 1
        return True

    def name(self) -> str:
        """The name that stands here. Raise Misread where none does."""
        word = self.words[self.at]
        if word[:1] not in NAME_START:
            self.refuse()
        self.at += 1
        return word

    def expect(self, word: str) -> None:
        """Pass over a token. Raise Misread where another stands here."""
        if self.words[self.at] != word:
            self.refuse()
        self.at += 1

    def take(self, word: str) -> bool:
        """Pass over a token, where it stands here; whether it does."""
        if self.words[self.at] != word:
            return False
        self.at += 1
        return True

    def spot(self) -> Spot:
        """The place of what stands here."""
        return self.file, self.at

    def refuse(self) -> NoReturn:
        """Say that the grammar expects something else here."""
        raise Misread(self.at)
