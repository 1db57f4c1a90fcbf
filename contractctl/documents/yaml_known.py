"""What does a YAML text say that is looked into again and again, with most of its lines in its next version, too?"""

from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakValueDictionary

from contractctl.documents.bounds import MOST_LEVELS, Json, Pointer, bounded
from contractctl.documents.collector import collector_paused
from contractctl.documents.yaml_blocks import Block, cut
from contractctl.documents.yaml_text import Place, known_as_whole, locate_in_whole, read_entry
from contractctl.errors import ContractctlError

_LARGE = 50_000
"""Characters from which on a text is read block by block."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Entry:
    """What a block says."""

    key: str
    value: Json


@dataclass(frozen=True, slots=True)
class _Joined:
    """What the blocks of a text say together."""

    value: Json
    blocks: tuple[Block, ...]
    entries: tuple[_Entry, ...]
    """What each of them says: as long as it stands here, it is known when another text has the same block."""


class _NotAloneError(Exception):
    """A block that has to be read where it is."""


_KNOWN: WeakValueDictionary[tuple[str, int], _Entry] = WeakValueDictionary()
"""By what is written, and how deeply it may be nested."""


def known_yaml(text: str, name: str) -> Json:
    """As read_yaml(). All get the same value of a text, and of a block in several texts, and leave it as it is."""
    joined = _joined(text, name)
    return known_as_whole(text, name) if joined is None else joined.value


def locate_yaml(text: str, name: str, pointer: Pointer) -> Place:
    """Line and column, from 1, of the value at a pointer; of its nearest parent that is there otherwise."""
    joined = _joined(text, name)
    if joined is None:
        return locate_in_whole(text, name, pointer)
    return _located(bounded(text, name), joined.blocks, pointer)


@lru_cache(maxsize=4)
def _joined(text: str, name: str) -> _Joined | None:
    """A large text by its blocks; None where it has to be read as a whole."""
    blocks = cut(bounded(text, name)) if len(text) > _LARGE else ()
    entries: list[_Entry] = []
    try:
        with collector_paused():
            return _Joined(_value(blocks, MOST_LEVELS, entries), blocks, tuple(entries)) if blocks else None
    except (_NotAloneError, ContractctlError):  # what is wrong is said of the whole
        return None


def _value(blocks: tuple[Block, ...], levels: int, entries: list[_Entry]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for block in blocks:
        entry = _entry(block.text, levels)
        if entry.key in found:
            raise _NotAloneError
        entries.append(entry)
        found[entry.key] = _value(block.inner, levels - 1, entries) if block.inner else entry.value
    return found


def _entry(text: str, levels: int) -> _Entry:
    known = _KNOWN.get((text, levels))
    if known is None:
        read = read_entry(text, levels)
        if read is None:
            raise _NotAloneError
        known = _KNOWN[text, levels] = _Entry(*read)
    return known


def _located(text: str, blocks: tuple[Block, ...], pointer: Pointer) -> Place:
    """A mapping begins where its first key does."""
    for number, step in enumerate(pointer):
        block = next((one for one in blocks if _entry(one.text, MOST_LEVELS - number).key == step), None)
        if block is None:
            break
        if not block.inner:
            line, column = locate_in_whole(block.text, "", pointer[number:])
            return text.count("\n", 0, block.start) + line, column
        blocks = block.inner
    return text.count("\n", 0, blocks[0].start) + 1, blocks[0].column + 1
