"""How do the files of a document say what the one document has become? Each change in the file that has the part.

A part that only the old version had comes back in its file; one that was parted from another comes beside that.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contractctl.documents import Json, Pointer
from contractctl.documents.splices import is_same
from contractctl.errors import ContractctlError
from contractctl.formats.description import as_object, at, is_read, reference, rewritten
from contractctl.formats.layout.bundling import Bundle, Held, entries
from contractctl.formats.layout.words import Key, Words, in_its_words
from contractctl.formats.retirement.places import own
from contractctl.model.contract import File, Source


def unbundled(before: Bundle, after: Bundle, made: dict[str, Json]) -> Source:
    """The new version's files saying `made`; all that both say stays as its author wrote it.

    Raise ContractctlError where that cannot be written.
    """
    homes = {**{place: _home(after, key) for key, place in after.parts.items()}, **dict(_new(before, after, made))}
    files = _Files(after, Words({place: home.key for place, home in homes.items()}, after.main))
    files.say_main(made, homes)
    for place, home in sorted(homes.items(), key=lambda one: len(one[1].key[1])):
        files.say_part(home, at(made, place))
    return files.source()


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a part is written, and after what."""

    key: Key
    model: Held
    raw: Json
    """What the model's author wrote."""
    said: Json
    """What that means, in words that do not hang on how its author refers to other files."""


def _home(bundle: Bundle, key: Key, at_key: Key | None = None) -> _Home:
    """A part of one version's, for the place that it has there, or for another."""
    words = Words({place: one for one, place in bundle.parts.items()}, bundle.main)
    model, said = bundle.files[key[0]], at(bundle.value, bundle.parts[key])
    return _Home(at_key or key, model, at(model.value, key[1]), words.moved(said, key[0]))


def _new(before: Bundle, after: Bundle, made: dict[str, Json]) -> Iterator[tuple[Pointer, _Home]]:
    """The parts that only the document that is made has, and that a file of their own fits."""
    if len(after.document.source.files) == 1:
        return
    earlier, known = ({place: key for key, place in one.parts.items()} for one in (before, after))
    for place in entries(made):
        if at(after.value, place) is not None:
            continue
        if at(before.value, place) is not None:
            home = _again(before, after, earlier.get(place))
        else:
            home = _beside(after, place, known)
        if home is not None:
            yield place, home


def _again(before: Bundle, after: Bundle, key: Key | None) -> _Home | None:
    """The place that an old part had, where that is free, or nobody uses what has it."""
    if key is None:
        return None
    path, pointer = key
    home, file = _home(before, key), after.files.get(path)
    if file is None or (is_same(at(file.value, pointer), home.raw) and not file.is_companion):
        return home
    has_room = isinstance(at(file.value, pointer[:-1]), dict) and at(file.value, pointer) is None
    return home if has_room and not file.is_companion else None


def _beside(after: Bundle, place: Pointer, known: dict[Pointer, Key]) -> _Home | None:
    """The place beside the part whose name this one's goes on."""
    name = str(place[-1])
    found = [one for one in known if one[:-1] == place[:-1] and name.startswith(str(one[-1]))]
    if not found:
        return None
    origin = max(found, key=lambda one: len(str(one[-1])))
    path, pointer = known[origin]
    more = name.removeprefix(str(origin[-1]))
    if pointer:
        pointer = (*pointer[:-1], f"{pointer[-1]}{more}")
        is_free = at(after.files[path].value, pointer) is None
    else:
        stem, dot, ending = posixpath.basename(path).partition(".")
        path = posixpath.join(posixpath.dirname(path), f"{stem}{more}{dot}{ending}")
        is_free = path not in after.files
    is_free = is_free and not after.files[known[origin][0]].is_companion
    return _home(after, known[origin], (path, pointer)) if is_free else None


@dataclass(slots=True)
class _Files:
    """The new version's, being written."""

    after: Bundle
    words: Words
    wanted: dict[str, Json] = field(default_factory=dict)
    """What those files have to say that say something else until now, by their paths."""
    models: dict[str, Held] = field(default_factory=dict)
    """After which a new file is written."""

    def say_main(self, made: dict[str, Json], homes: Mapping[Pointer, _Home]) -> None:
        """The main file, in which other files' parts are references, or nothing."""
        main = self.after.main
        raw = self.after.files[main].value
        said, wanted = (as_object(own(value)) for value in (self.after.value, made))
        for place in homes:
            is_entry = place[0] != "components" or at(raw, place) is not None
            for value in (said, wanted):
                _take_out(value, place, {"$ref": reference(*place)} if is_entry else None)
        for value in (said, wanted):
            _clear(value, as_object(raw))
        self._say((main, ()), in_its_words(raw, *(self.words.moved(value, main) for value in (said, wanted))))

    def say_part(self, home: _Home, wanted: Json) -> None:
        self.models[home.key[0]] = home.model
        self._say(home.key, in_its_words(home.raw, home.said, self.words.moved(wanted, home.key[0])))

    def _say(self, key: Key, value: Json) -> None:
        path, pointer = key
        file = self.after.files.get(path)
        if file is not None and is_same(at(file.value, pointer), value):
            return
        if file is not None and file.is_companion:
            raise ContractctlError(
                f"{file.file.name}: this file has to change, and it is not one of the draft's",
                hint="list it under draft in contract.toml, release that as it is, and change it then",
            )
        whole = self.wanted.get(path, {} if file is None else own(file.value))
        self.wanted[path] = _put(whole, pointer, value)

    def source(self) -> Source:
        """The draft's files, and after them those that are new."""
        source, main = self.after.document.source, self.after.document.root.file
        held = {one.file.name: (path, one) for path, one in self.after.files.items()}
        files = list[File]()
        for file in source.files:
            path, one = held[file.name]
            files.append(_saying(one, file.name, self.wanted[path]) if path in self.wanted else file)
        folder = posixpath.dirname(source.every[main].name)
        for path in self.wanted.keys() - self.after.files.keys():
            files.append(
                _saying(self.models[path], posixpath.normpath(posixpath.join(folder, path)), self.wanted[path])
            )
        return Source(tuple(files), source.companions, source.folder)


def _saying(held: Held, name: str, wanted: Json) -> File:
    """A file like another that says something else."""
    if isinstance(wanted, str) and not is_read(held.file):
        return File(name, wanted)
    try:
        return File(name, rewritten(held.file, held.value, wanted))
    except ContractctlError as error:
        raise ContractctlError(f"{name}: {error.message}", hint=error.hint) from None


def _put(whole: Json, pointer: Pointer, value: Json) -> Json:
    """A value with another at a place in it; maps on the way there are made."""
    if not pointer:
        return value
    step, *rest = pointer
    if isinstance(whole, list) and isinstance(step, int):
        whole[step] = _put(whole[step], tuple(rest), value)
    elif isinstance(whole, dict):
        whole[str(step)] = _put(whole.get(str(step), {}), tuple(rest), value)
    return whole


def _take_out(value: dict[str, Json], place: Pointer, instead: Json) -> None:
    """Leave out a part of the one document, or put something in its place; of one that is not there, nothing."""
    holder, name = as_object(at(value, place[:-1])), str(place[-1])
    if name in holder and instead is None:
        del holder[name]
    elif name in holder:
        holder[name] = instead


def _clear(value: dict[str, Json], raw: dict[str, Json]) -> None:
    """The maps of components that the main file does not have, and that are empty now."""
    components, known = as_object(value.get("components")), as_object(raw.get("components"))
    for kind in [kind for kind, some in components.items() if not some and kind not in known]:
        del components[kind]
    if "components" in value and not components and "components" not in raw:
        del value["components"]
