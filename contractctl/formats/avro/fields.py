"""Which of the writer's fields goes to which of the reader's? By name, and by the reader's aliases.

https://avro.apache.org/docs/1.12.0/specification/#aliases
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contractctl.formats.avro.types import Field, Record, Type, unqualified

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


def rename_of(
    field: Field, reader: Record, writer: Record, matches: Callable[[Type, Type], bool], *, nested: bool
) -> dict[str, str]:
    """A writer's field that looks like the missing one under another name, as facts for the remedy.

    Which of the two is the old name, the reader's or the writer's, is the judge's to say.
    """
    wanted = {name for other in reader.fields for name in _names(other)}
    free = [other for other in writer.fields if other.name not in wanted and matches(field.type, other.type)]
    likely = free if len(free) == 1 else [other for other in free if _words(other.name) & _words(field.name)]
    if len(likely) != 1:
        return {}
    scope = f"{unqualified(reader.name)}." if nested else ""
    return {"taker_name": field.name, "giver_name": likely[0].name, "scope": scope}


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}
