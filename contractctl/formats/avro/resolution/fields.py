"""Which of the writer's fields goes to which of the reader's? By name, and by the reader's aliases.

https://avro.apache.org/docs/1.12.0/specification/#aliases
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contractctl.formats.avro.schema.types import Field, Record, Type

_MOST_GUESSES = 100
"""Of more fields than that no pair is looked for."""
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """One of the reader's fields, and who sends it."""

    field: Field
    senders: tuple[Field, ...]
    """The writer's fields that have its name or one of its aliases: more than one is trouble."""
    rivals: tuple[Field, ...]
    """The reader's other fields that claim the same sender."""


def claims(reader: Record, writer: Record) -> Iterator[Claim]:
    """What each of the reader's fields gets, in the reader's order."""
    sent = {field.name: field for field in writer.fields}
    aliased = any(field.aliases for field in reader.fields)
    if not aliased:
        for field in reader.fields:
            sender = sent.get(field.name)
            yield Claim(field, (sender,) if sender else (), ())
        return
    claimed: dict[str, list[Field]] = {}
    for field in reader.fields:
        for name in _names(field):
            claimed.setdefault(name, []).append(field)
    for field in reader.fields:
        names = [name for name in _names(field) if name in sent]
        rivals = dict.fromkeys(rival for name in names for rival in claimed[name] if rival is not field)
        yield Claim(field, tuple(sent[name] for name in names), tuple(rivals))


def _names(field: Field) -> tuple[str, ...]:
    return tuple(dict.fromkeys((field.name, *field.aliases)))


def unclaimed(reader: Record, writer: Record) -> tuple[Field, ...]:
    """The writer's fields that the reader does not have."""
    wanted = {name for other in reader.fields for name in _names(other)}
    return tuple(other for other in writer.fields if other.name not in wanted)


def rename_of(field: Field, free: tuple[Field, ...], matches: Callable[[Type, Type], bool]) -> Field | None:
    """The writer's field that looks like the missing one under another name; None where none does, or many may."""
    if len(free) > _MOST_GUESSES:
        return None
    fits = [other for other in free if matches(field.type, other.type)]
    likely = fits if len(fits) == 1 else [other for other in fits if _words(other.name) & _words(field.name)]
    return likely[0] if len(likely) == 1 else None


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}
