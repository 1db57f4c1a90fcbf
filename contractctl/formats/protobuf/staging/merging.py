"""How does one version's text look with all that only the other one has? What it adds stands where it belongs.

What is added takes its numbers and names from reservations; what only the old version has is marked as deprecated.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Enum, Message
from contractctl.formats.protobuf.staging.texts import Edit, Texts, before_end, edited, without
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Pointer

_RESERVED, _RESERVED_NAMES = 9, 10  # of a message
_ENUM_RESERVED, _ENUM_RESERVED_NAMES = 4, 5
_LAST = 2**29


class Merging:
    """A base text on its way to hold the other version, too."""

    def __init__(self, base: Schema, other: Schema, *, base_is_old: bool) -> None:
        self.base = base
        self.other = other
        self.base_is_old = base_is_old
        self.edits: dict[str, list[Edit]] = {}
        self._texts = Texts(base)
        self._others = Texts(other)

    def source(self, like: Source) -> Source:
        """The merged version, in the files of the base."""
        for name in self.base.names.messages:
            if name in self.other.names.messages:
                self._message(self.base.message(name), self.other.message(name))
        for name in self.base.names.enums:
            if name in self.other.names.enums:
                self._enum(self.base.enum(name), self.other.enum(name))
        self._services()
        self._whole_definitions()
        files = [self._edited(name, file) for name, file in self.base.given.items()]
        return Source(tuple(sorted(files, key=lambda file: file.name)), like.companions, like.folder)

    def _edited(self, name: str, file: File) -> File:
        return File(file.name, edited(self._texts.of[name], self.edits.get(name, ())))

    def _edit(self, file: str, edit: Edit) -> None:
        self.edits.setdefault(file, []).append(edit)

    def _message(self, base: Message, other: Message) -> None:
        known: set[int | str] = {*base.by_number, *base.by_name}
        come = [one for one in other.fields if not {one.number, one.name} & known and not one.extension]
        lines: dict[str, list[str]] = {}
        for one in come:
            text = self._others.text(one.at)
            lines.setdefault(one.oneof, []).append(text if self.base_is_old else deprecated(text))
        if self.base_is_old:
            self._mark_what_goes(base, other)
        for oneof, inside in lines.items():
            self._add(base, oneof, inside)
        if come:
            numbers, names = {one.number for one in come}, {one.name for one in come}
            self._free(base.at, _Kept(base.reserved, base.reserved_names), numbers, names)

    def _mark_what_goes(self, base: Message, other: Message) -> None:
        for one in base.fields:
            if one.number not in other.by_number and one.name not in other.by_name and not one.extension:
                piece = self._texts.piece(one.at)
                self._edit(piece.file, Edit(piece.start, piece.end, deprecated(self._texts.text(one.at))))

    def _add(self, base: Message, oneof: str, lines: list[str]) -> None:
        """Fields into a message, or into its oneof of that name; a new oneof where it has none."""
        mate = next((one for one in base.fields if oneof and one.oneof == oneof), None)
        if mate is not None:
            piece = self._texts.piece(mate.at)
            text = self._texts.of[piece.file]
            indent = text[text.rfind("\n", 0, piece.start) + 1 : piece.start]
            between = f"\n{indent}" if not indent.strip() else " "
            self._edit(piece.file, Edit(piece.end, piece.end, "".join(between + one for one in lines)))
            return
        piece = self._texts.piece(base.at)
        inside = "\n".join(f"  {one}" for one in lines)
        whole = [f"oneof {oneof} {{\n{inside}\n}}"] if oneof else lines
        self._edit(piece.file, before_end(self._texts.of[piece.file], piece, whole))

    def _enum(self, base: Enum, other: Enum) -> None:
        known: set[int | str] = {part for one in base.symbols for part in (one.number, one.name)}
        come = [one for one in other.symbols if not {one.number, one.name} & known]
        if not come:
            return
        piece = self._texts.piece(base.at)
        lines = [self._others.text(one.at) for one in come]
        marked = lines if self.base_is_old else [deprecated(line) for line in lines]
        self._edit(piece.file, before_end(self._texts.of[piece.file], piece, marked))
        kept = _Kept(tuple((a, b + 1) for a, b in base.reserved), base.reserved_names)
        self._free(base.at, kept, {one.number for one in come}, {one.name for one in come})

    def _free(self, at: Pointer, kept: "_Kept", numbers: set[int], names: set[str]) -> None:
        """Take numbers and names out of the reservations of a message or an enum."""
        of_enum = at[-2] != 4 and at[-2] != 3  # noqa: PLR2004 - a file's messages, a message's own
        ranges, words = (_ENUM_RESERVED, _ENUM_RESERVED_NAMES) if of_enum else (_RESERVED, _RESERVED_NAMES)
        left = list(_without(kept.ranges, numbers))
        if left != list(kept.ranges):
            self._rewrite(at, ranges, ", ".join(_range(one, of_enum=of_enum) for one in left))
        if kept.names & names:
            plain = self.base.files[int(at[0])].syntax == "editions"
            rest = sorted(kept.names - names)
            self._rewrite(at, words, ", ".join(rest if plain else (f'"{name}"' for name in rest)))

    def _rewrite(self, at: Pointer, what: int, left: str) -> None:
        """One statement in place of the first, and none of the others."""
        for number, piece in enumerate(self._texts.pieces((*at, what))):
            if left and number == 0:
                self._edit(piece.file, Edit(piece.start, piece.end, f"reserved {left};"))
            else:
                self._edit(piece.file, without(self._texts.of[piece.file], piece))

    def _services(self) -> None:
        for name, service in self.base.services.items():
            other = self.other.services.get(name)
            come = [one for one in other.methods.values() if one.name not in service.methods] if other else []
            lines = [self._others.text(one.at) for one in come]
            if lines:
                piece = self._texts.piece(service.at)
                self._edit(piece.file, before_end(self._texts.of[piece.file], piece, lines))

    def _whole_definitions(self) -> None:
        """Messages, enums and services that only the other has: inside what holds them, or at the file's end."""
        base, other = self.base.names, self.other.names
        for mine, theirs in (
            (base.messages, other.messages),
            (base.enums, other.enums),
            (base.services, other.services),
        ):
            for name, at in theirs.items():
                outer = name.rpartition(".")[0]
                if name in mine or (outer in other.messages and outer not in base.messages):
                    continue  # it is there, or comes with the message around it
                if outer in base.messages:
                    piece = self._texts.piece(base.messages[outer])
                    text = self._others.text(at)
                    self._edit(piece.file, before_end(self._texts.of[piece.file], piece, [text]))
                else:
                    file = self._home(at)
                    end = len(self._texts.of[file])
                    self._edit(file, Edit(end, end, f"\n{self._others.text(at)}\n"))

    def _home(self, at: Pointer) -> str:
        """The base's file for a definition of the other version: of the same name; of its package; the first."""
        theirs = self.other.files[int(at[0])]
        ours = [file for file in self.base.files if file.name in self.base.given]
        if any(file.name == theirs.name for file in ours):
            return theirs.name
        return next((file.name for file in ours if file.package == theirs.package), ours[0].name)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Reservations; the ends of ranges are exclusive."""

    ranges: tuple[tuple[int, int], ...]
    names: frozenset[str]


def deprecated(text: str) -> str:
    """A field or a symbol, marked as deprecated."""
    if "deprecated" in text or text.rstrip().endswith("}"):
        return text
    head, bracket, rest = text.partition("[")
    if bracket and '"' not in head:
        return f"{head}[deprecated = true, {rest}"
    return f"{text.rstrip().removesuffix(';').rstrip()} [deprecated = true];"


def _without(ranges: tuple[tuple[int, int], ...], numbers: set[int]) -> Iterator[tuple[int, int]]:
    for first, end in ranges:
        at = first
        for number in sorted(numbers):
            if at <= number < end:
                if at < number:
                    yield at, number
                at = number + 1
        if at < end:
            yield at, end


def _range(one: tuple[int, int], *, of_enum: bool) -> str:
    first, end = one
    if end == first + 1:
        return str(first)
    return f"{first} to {'max' if end >= (2**31 if of_enum else _LAST) else end - 1}"


def next_number(message: Message) -> int:
    """A number that no field has had yet."""
    taken = [one.number for one in message.fields if not one.extension]
    taken += [end - 1 for _, end in (*message.reserved, *message.ranges) if end < _LAST]
    free = max(taken, default=0) + 1
    return free if not 19_000 <= free < 20_000 else 20_000  # noqa: PLR2004 - protobuf keeps these for itself
