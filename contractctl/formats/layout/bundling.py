"""What do the files of a document say as one value? Each part of another file under one name, in both versions.

A part takes the place of the reference that the main file has to it, where that is an entry of one of its maps; any
other stands among the components. What referred to it refers to it there.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contractctl.documents import Json, Pointer
from contractctl.formats.description import as_object, below, is_read, reference, value_of
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.json_schema.uris import RETRIEVED
from contractctl.formats.layout.links import Described, Link, led, links, mapped, only_refers
from contractctl.formats.layout.words import Key
from contractctl.model.contract import File

_MAPS = ("paths", "webhooks", "channels", "operations", "servers")


@dataclass(frozen=True, slots=True)
class Held:
    """A file, and what it says."""

    file: File
    value: Json
    is_companion: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """One version's document in one piece."""

    document: Described
    value: dict[str, Json]
    parts: Mapping[Key, Pointer]
    """Where it has the parts of other files."""
    files: Mapping[str, Held]
    """By their paths, seen from the main one."""
    main: str
    """The main file's."""


def bundles(before: Described, after: Described) -> tuple[Bundle, Bundle]:
    """Two versions; what both have under one path has one name in both."""
    old, new = _Version(before), _Version(after)
    names: dict[Key, Pointer] = {}
    taken = {pointer for one in (new, old) for pointer, _ in _entries(one.document) if pointer[0] == "components"}
    for one in (new, old):
        for key, link in one.found.items():
            if key not in names:
                names[key] = one.entries.get(key) or _free(taken, key, link.kind)
                taken.add(names[key])
    return old.bundle(names), new.bundle(names)


def _free(taken: set[Pointer], key: Key, kind: str) -> Pointer:
    """A component's place that is free."""
    path, pointer = key
    stem = str(pointer[-1]) if pointer else posixpath.basename(path).partition(".")[0]
    name, number = stem, 2
    while ("components", kind, name) in taken:
        name, number = f"{stem}{number}", number + 1
    return "components", kind, name


@dataclass(slots=True)
class _Version:
    """A document on its way into one piece."""

    document: Described
    found: dict[Key, Link] = field(default_factory=dict)
    """The parts of other files that something refers to, with the first that does."""
    entries: dict[Key, Pointer] = field(default_factory=dict)
    """Those that entries of the main file's maps are."""
    parts: dict[Key, Pointer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pending = [(self.document.root, "")]
        while pending:
            for link in links(self.document, *pending.pop(0)):
                key = self._key(link.target)
                if link.target.file != self.document.root.file and key not in self.found:
                    self.found[key] = link
                    pending.append((link.target, link.kind))
        for pointer, entry in _entries(self.document):
            target = led(self.document, entry) if only_refers(entry.value) else None
            if target is not None and target.file != self.document.root.file:
                self.entries.setdefault(self._key(target), pointer)

    def _key(self, spot: Spot) -> Key:
        return self._path(spot.file), spot.pointer

    def _path(self, number: int) -> str:
        """A file's path, seen from the main one, which is known by its own name."""
        main, paths = self.document.root.file, self.document.schemas.paths
        if number == main:
            return posixpath.basename(self.document.source.every[main].name)
        here, path = (paths[one].removeprefix(RETRIEVED) for one in (main, number))
        return posixpath.relpath(path, posixpath.dirname(here) or ".")

    def bundle(self, names: Mapping[Key, Pointer]) -> Bundle:
        here = {pointer for pointer, _ in _entries(self.document)}
        for key, link in self.found.items():
            own = self.entries.get(key)
            place = own if own is not None and own[0] != "components" else names[key]
            free = place == own or place not in here
            self.parts[key] = place if free else _free(here | {*names.values()}, key, link.kind)
        value = as_object(self._said(self.document.root))
        for key, place in self.parts.items():
            if place != self.entries.get(key):
                holder = value
                for step in place[:-1]:
                    holder = as_object(holder.setdefault(str(step), {}))
                holder[str(place[-1])] = self._said(self.found[key].target, is_start=True)
        source = self.document.source
        held = {self._path(number): self._held(number) for number in range(len(source.every))}
        return Bundle(self.document, value, self.parts, held, self._path(self.document.root.file))

    def _held(self, number: int) -> Held:
        source, file = self.document.source, self.document.source.every[number]
        is_own = number < len(source.files)
        return Held(file, value_of(file) if is_own or is_read(file) else file.text, not is_own)

    def _said(self, spot: Spot, *, is_start: bool = False) -> Json:
        """A value in which everything that leads out of its file leads to a place of the one document."""
        value, is_main = spot.value, spot.file == self.document.root.file
        if not is_main and not is_start and (place := self.parts.get(self._key(spot))) is not None:
            return {"$ref": reference(*place)}
        if isinstance(value, list):
            return [self._said(below(self.document, spot, number)) for number in range(len(value))]
        if not isinstance(value, dict):
            return value
        target = led(self.document, spot)
        if target is not None and is_main and self.parts.get(self._key(target)) == spot.pointer:
            return self._said(target, is_start=True)
        said = {key: self._said(below(self.document, spot, key)) for key in value}
        if target is not None:
            said["$ref"] = self._place(target)
        for word, meant in mapped(self.document, spot):
            as_object(said["mapping"])[word] = self._place(meant)
        return said

    def _place(self, target: Spot) -> str:
        if target.file == self.document.root.file:
            return reference(*target.pointer)
        return reference(*self.parts[self._key(target)])


def _entries(document: Described) -> Iterator[tuple[Pointer, Spot]]:
    return ((place, below(document, document.root, *place)) for place in entries(as_object(document.root.value)))


def entries(value: dict[str, Json]) -> Iterator[Pointer]:
    """The place of every entry of a document's maps."""
    for name, held in value.items():
        if name in _MAPS:
            yield from ((name, key) for key in as_object(held))
        elif name == "components":
            yield from ((name, kind, key) for kind, some in as_object(held).items() for key in as_object(some))
