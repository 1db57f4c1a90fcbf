"""What does this YAML text say, and on which line does it say it?

YAML 1.2 with its core schema, as far as JSON has a value for it. Beyond the specification the merge key `<<` is read,
as nearly every reader does.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from contractctl.documents.bounds import MOST_LEVELS, Json, Pointer, bounded, depth, refuse_depth
from contractctl.documents.collector import collector_paused
from contractctl.documents.yaml_scalars import NoJsonValueError, plain_scalar
from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from yaml._yaml import Mark as CMark
    from yaml.error import Mark, MarkedYAMLError
    from yaml.events import AliasEvent, CollectionStartEvent, Event, ScalarEvent
    from yaml.reader import ReaderError

MOST_REPEATED = 1_000_000
"""More values than that, written out for aliases, are refused: a few lines of aliases can stand for billions."""

Place = tuple[int, int]
"""Line and column, from 1."""
At: TypeAlias = "Mark | CMark | None"
"""The place of an event as PyYAML has it: of a hundred thousand a few are ever asked for."""
Places = dict[int, dict[str | int, At]]
"""By the identity of a container: where each of its values is."""


def read_yaml(text: str | bytes, name: str) -> Json:
    """YAML text to plain values; `name`: the file's, for messages. An alias gives the very object that its anchor gave.

    Raise ContractctlError, with line and column, for anything that is not one document, for tags, keys that are no
    strings, duplicate keys, what JSON has no value for, nesting beyond MOST_LEVELS and aliases beyond MOST_REPEATED.
    """
    return _Building(name).read(bounded(text, name))[0]


def read_yaml_documents(text: str | bytes, name: str) -> list[Json]:
    """Every document of a YAML text, as read_yaml() reads one; one in which nothing stands is None."""
    return _Building(name, several=True).read(bounded(text, name))


def read_entry(text: str, levels: int) -> tuple[str, Json] | None:
    """The key and the value of a text that is a mapping of one entry; None where it is not.

    levels: how deeply it may be nested. None for anchors, too: what they are for may stand elsewhere. Raise
    ContractctlError as read_yaml() does.
    """
    building = _Building("", levels=levels)
    (value,) = building.read(text)
    if building.has_anchors or not isinstance(value, dict) or len(value) != 1:
        return None
    return next(iter(value.items()))


def known_as_whole(text: str, name: str) -> Json:
    """As read_yaml(), of a text in which places will be asked for: one reading gives both."""
    return _placed(text, name)[0]


def locate_in_whole(text: str, name: str, pointer: Pointer) -> Place:
    """Line and column, from 1, of the value at a pointer; of its nearest parent that is there otherwise."""
    value, best, places = _placed(text, name)
    for step in pointer:
        known = places.get(id(value), {})
        if step not in known:
            break
        best = known[step]
        value = value[step]  # type: ignore[index]  # what has places is a container with that key
    return _place(best)


@lru_cache(maxsize=4)
def _placed(text: str, name: str) -> tuple[Json, At, Places]:
    places: Places = {}
    building = _Building(name, places)
    (value,) = building.read(bounded(text, name))
    return value, building.root, places


@dataclass(slots=True)
class _Open:
    """A container whose end has not come yet."""

    value: dict[str, Json] | list[Json]
    at: At
    anchor: str | None
    values_before: int
    key: str | None = None
    """The key whose value comes next; None where a key does."""
    merges: bool = False
    """The mappings that come next are merged into this one."""
    merged: list[tuple[Json, At]] = field(default_factory=list)


class _Building:
    """One text being read, event by event."""

    def __init__(
        self, name: str, places: Places | None = None, *, several: bool = False, levels: int = MOST_LEVELS
    ) -> None:
        self.root: At = None
        self._name = name
        self._levels = levels
        self._several = several
        self._places = places
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Json, int] | None] = {}
        """What each stands for, and how many values that is; None while its end has not come."""
        self._values = 0
        self._repeated = 0
        self._documents: list[Json] = []

    def read(self, text: str) -> list[Json]:
        import yaml  # reading one JSON text needs none of it

        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
        acts: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        try:
            with collector_paused():
                events = loader(text)
                while (event := events.get_event()) is not None:
                    act = acts.get(type(event))
                    if act is not None:
                        act(event)
        except yaml.MarkedYAMLError as error:
            self._refuse_syntax(error)
        except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
            self._refuse_character(text, error)
        if not self._documents:
            raise ContractctlError(f"{self._name}: the file is empty", hint="write a value into it")
        if self._repeated and depth(self._documents) > MOST_LEVELS + 1:
            refuse_depth(self._name)
        return self._documents

    @property
    def has_anchors(self) -> bool:
        return bool(self._anchors)

    def _document(self, event: "Event") -> None:
        self._anchors.clear()
        if self._documents and not self._several:
            self._refuse(event.start_mark, "a second document begins here", "put each document into a separate file")

    def _scalar(self, event: "ScalarEvent") -> None:
        if event.tag is not None:
            self._refuse_tag(event)
        text: str = event.value
        plain = event.implicit[0]
        if plain and text == "<<" and self._wants_key():
            if self._open[-1].merged:
                self._refuse_duplicate("<<", event.start_mark)
            self._open[-1].merges = True
            return
        value = self._plain(text, event) if plain else text
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._values += 1
        is_code = self._wants_key() and type(value) is int and str(value) == text
        self._put(text if is_code else value, event.start_mark)  # `200:`, as everybody reads it

    def _plain(self, text: str, event: "Event") -> Json:
        try:
            return plain_scalar(text)
        except NoJsonValueError as error:
            self._refuse(
                event.start_mark, str(error), "put quotes around it, or write a number that JSON readers can hold"
            )

    def _mapping(self, event: "CollectionStartEvent") -> None:
        self._begin({}, event)

    def _sequence(self, event: "CollectionStartEvent") -> None:
        self._begin([], event)

    def _begin(self, value: dict[str, Json] | list[Json], event: "CollectionStartEvent") -> None:
        if event.tag is not None:
            self._refuse_tag(event)
        if self._wants_key():
            self._refuse(event.start_mark, "a key is a list or a mapping", "write a string as the key")
        if len(self._open) == self._levels:
            refuse_depth(self._name)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if self._places is not None:
            self._places[id(value)] = {}
        self._open.append(_Open(value, event.start_mark, event.anchor, self._values))
        self._values += 1

    def _end(self, _event: "Event") -> None:
        ended = self._open.pop()
        if isinstance(ended.value, dict):
            self._merge(ended.value, ended.merged)
        if ended.anchor is not None:
            self._anchors[ended.anchor] = (ended.value, self._values - ended.values_before)
        self._put(ended.value, ended.at)

    def _merge(self, into: dict[str, Json], merged: list[tuple[Json, At]]) -> None:
        """https://yaml.org/type/merge.html: the mapping's own keys win, then those of earlier mappings."""
        for value, at in merged:
            for one in value if isinstance(value, list) else [value]:
                if not isinstance(one, dict):
                    self._refuse(at, "'<<' merges something that is not a mapping", "put quotes around the key '<<'")
                for key, inner in one.items():
                    into.setdefault(key, inner)
                    if self._places is not None:
                        self._places[id(into)].setdefault(key, self._places[id(one)][key])

    def _alias(self, event: "AliasEvent") -> None:
        known = self._anchors.get(str(event.anchor), (None, 0))
        if known is None:
            self._refuse(event.start_mark, f"'*{event.anchor}' is inside what it refers to", "refer to it by '$ref'")
        value, size = known
        if not size:
            self._refuse(event.start_mark, f"'*{event.anchor}' refers to nothing before it", "write the anchor first")
        self._values += size
        self._repeated += size
        if self._repeated > MOST_REPEATED:
            said = f"aliases stand for more than {MOST_REPEATED:,} values"
            self._refuse(event.start_mark, said, "write the parts once and refer to them by '$ref'")
        self._put(value, event.start_mark)

    def _wants_key(self) -> bool:
        return bool(self._open) and self._open[-1].key is None and not self._open[-1].merges and self._is_mapping()

    def _is_mapping(self) -> bool:
        return isinstance(self._open[-1].value, dict)

    def _put(self, value: Json, at: At) -> None:
        """A finished value goes into the container that is open, or becomes its next key."""
        if not self._open:
            self._documents.append(value)
            self.root = at
            return
        top = self._open[-1]
        step: str | int
        if isinstance(top.value, list):
            step = len(top.value)
            top.value.append(value)
        elif top.merges:
            top.merged.append((value, at))
            top.merges = False
            return
        elif top.key is None:
            if not isinstance(value, str):
                self._refuse(at, f"the key {json.dumps(value)[:80]} is not a string", "put quotes around it")
            if value in top.value:
                self._refuse_duplicate(value, at)
            top.key = value
            return
        else:
            step, top.key = top.key, None
            top.value[step] = value
        if self._places is not None:
            self._places[id(top.value)][step] = at

    def _refuse_tag(self, event: "ScalarEvent | CollectionStartEvent") -> NoReturn:
        word = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        self._refuse(event.start_mark, f"the tag '{word}' is not supported", "remove the tag")

    def _refuse(self, at: At, said: str, hint: str) -> NoReturn:
        self._refuse_there(_place(at), said, hint)

    def _refuse_there(self, place: Place, said: str, hint: str) -> NoReturn:
        raise ContractctlError(f"{self._name}:{place[0]}:{place[1]}: {said}", hint=hint) from None

    def _refuse_duplicate(self, key: str, at: At) -> NoReturn:
        hint = "keep one of the two: readers differ in which one they use"
        self._refuse(at, f"the key '{key}' appears twice in one mapping", hint)

    def _refuse_syntax(self, error: "MarkedYAMLError") -> NoReturn:
        problem = str(error.problem)
        if "maximum nesting depth" in problem:
            refuse_depth(self._name)
        self._refuse(error.problem_mark, f"this is not YAML: {problem}", "fix it at that place")

    def _refuse_character(self, text: str, error: "ReaderError | UnicodeEncodeError") -> NoReturn:
        offset = error.start if isinstance(error, UnicodeEncodeError) else error.position
        before = text.rfind("\n", 0, offset)
        place = (text.count("\n", 0, offset) + 1, offset - before)
        said = f"the character {ord(text[offset]):#06x} is not allowed in YAML" if offset < len(text) else str(error)
        self._refuse_there(place, said, "write it as an escape in double quotes")


def _place(at: At) -> Place:
    return (at.line + 1, at.column + 1) if at is not None else (1, 1)
