"""Where in a text does a definition stand? Offsets of what protoc has places for, and pieces put in and taken out."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from contractctl.formats.protobuf.compiling.complaints import column_of
from contractctl.formats.protobuf.schema import Schema
from contractctl.model.verdict import Pointer


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A piece of a text that another takes the place of."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A definition in its file's text."""

    file: str
    """By the name that imports have for it."""
    start: int
    end: int


class Texts:
    """The texts of a version's own files, and where its definitions stand in them."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.of = {name: file.text.removeprefix("\ufeff") for name, file in schema.given.items()}

    @cached_property
    def _spans(self) -> dict[tuple[int, ...], list[list[int]]]:
        found: dict[tuple[int, ...], list[list[int]]] = {}
        for number, file in enumerate(self._schema.files):
            for location in file.source_code_info.location if file.name in self.of else ():
                found.setdefault((number, *location.path), []).append(list(location.span))
        return found

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        """The offset of every line."""
        lengths = {name: [len(line) + 1 for line in text.split("\n")] for name, text in self.of.items()}
        return {name: [0, *accumulate(lines)] for name, lines in lengths.items()}

    def pieces(self, pointer: Pointer) -> list[Piece]:
        """The places of a pointer: one for a definition; as many as there are statements for reservations."""
        path = tuple(int(part) for part in pointer)
        name = self._schema.files[path[0]].name
        found = []
        for span in self._spans.get(path, ()):
            line, column, *last, end = span  # the last line is left out where it is the first
            end_line = last[0] if last else line
            found.append(Piece(name, self._offset(name, line, column), self._offset(name, end_line, end)))
        return found

    def _offset(self, name: str, line: int, column: int) -> int:
        return self._starts[name][line] + column_of(self.of[name], line, column)

    def piece(self, pointer: Pointer) -> Piece:
        """The place of a definition."""
        return self.pieces(pointer)[0]

    def text(self, pointer: Pointer) -> str:
        """A definition as it is written."""
        piece = self.piece(pointer)
        return self.of[piece.file][piece.start : piece.end]


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with every edit made; those at one place in their order."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[at : edit.start], edit.text]
        at = max(at, edit.end)
    return "".join([*parts, text[at:]])


def without(text: str, piece: Piece) -> Edit:
    """A statement taken out, with its line where it is alone on it."""
    start = text.rfind("\n", 0, piece.start) + 1
    end = text.find("\n", piece.end)
    end = len(text) if end < 0 else end
    if text[start : piece.start].strip() or text[piece.end : end].strip():
        return Edit(piece.start, piece.end + (text[piece.end : piece.end + 1] == " "), "")
    return Edit(start, min(end + 1, len(text)), "")


def before_end(text: str, whole: Piece, lines: list[str]) -> Edit:
    """Lines put in front of the brace that closes a definition, as deep as what is around them."""
    close = whole.end - 1
    start = text.rfind("\n", 0, close) + 1
    if text[start:close].strip():  # something stands before the brace on its line
        space = "" if text[close - 1] in " \t" else " "
        return Edit(close, close, space + " ".join(" ".join(one.split()) for one in lines) + " ")
    indent = text[start:close] + "  "
    return Edit(start, start, "".join(f"{indent}{_deeper(one, indent)}\n" for one in lines))


def _deeper(lines: str, indent: str) -> str:
    """Several lines, moved as deep as the first one will stand."""
    first, *others = lines.split("\n")
    known = min((len(one) - len(one.lstrip()) for one in others if one.strip()), default=0)
    return "\n".join([first, *(indent + one[known:] for one in others)])
