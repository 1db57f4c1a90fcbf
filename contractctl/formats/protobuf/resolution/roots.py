"""Which messages of two versions are the same one? Those of one full name; or of one name, where the package moved."""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.formats.protobuf.resolution.pairs import Asked, Case, Pair
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import short
from contractctl.model.verdict import Effect, Incompatibility

_ANY = "google.protobuf.Any"


@dataclass(frozen=True, slots=True)
class Roots:
    """How the messages of two versions go together."""

    pairs: tuple[Pair, ...]
    """Those that differ, or may differ, in what they mean."""
    moved: tuple[tuple[str, str], ...]
    """Full names, the reader's and the writer's, that differ in their package only."""
    gone: tuple[str, ...]
    """The writer's messages for which the reader has no counterpart."""


def roots(reader: Schema, writer: Schema) -> Roots:
    """Every message of the given files may be sent on its own."""
    here, there = reader.names.messages, writer.names.messages
    moved = moved_names(reader, writer)
    asked = Asked(reader, writer)
    pairs = [(name, name) for name in there if name in here and not asked.has_not_changed(name)]
    pairs += [(name, name) for name in _extended(reader, writer)]
    pairs += moved
    counterparts = {name for _, name in moved}
    return Roots(
        tuple(Pair(reader.message(one), writer.message(other)) for one, other in pairs),
        tuple(moved),
        tuple(name for name in there if name not in here and name not in counterparts),
    )


def _extended(reader: Schema, writer: Schema) -> Iterator[str]:
    """Messages of others that both versions extend; extensions of descriptor.proto are options, which mean nothing."""
    for name in writer.extensions:
        outside = name not in writer.names.messages and not name.startswith("google.protobuf.")
        if outside and name in reader.extensions and reader.has_message(name):
            yield name


def moved_names(reader: Schema, writer: Schema) -> list[tuple[str, str]]:
    """Messages that still exist, once, in another package: the reader's and the writer's names."""
    left = _by_short_name(reader, writer)
    right = _by_short_name(writer, reader)
    return [(left[name][0], ones[0]) for name, ones in right.items() if len(ones) == len(left.get(name, ())) == 1]


def _by_short_name(schema: Schema, other: Schema) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in schema.names.messages:
        if name not in other.names.messages:
            found.setdefault(short(name, schema.package_of(name)), []).append(name)
    return found


def renamed(asked: Asked, pair: Pair) -> Iterator[Case]:
    """A message of another name: its bytes stay the same, and Any no longer finds it."""
    same = asked.reader.has_message(pair.writer.name)  # also where the reader has it, and another one here
    if not same and not pair.reader.is_entry and not pair.writer.is_entry:
        facts = {"wanted": pair.reader.name, "sent": pair.writer.name}
        yield asked.case("protobuf-message-renamed", _in_any(asked.writer), pair, encoding="any", facts=facts)


def removed(writer: Schema, gone: tuple[str, ...]) -> Iterator[Incompatibility]:
    """Messages that no longer exist; those that others contain are judged with them."""
    effect = _in_any(writer) if gone else Effect.LOSES
    for name in gone:
        if effect is Effect.FAILS or name not in writer.contained:
            label = short(name, writer.package_of(name))
            facts = {"message": label, "name": name}
            yield Case(
                "protobuf-message-removed", effect, label, facts, giver_at=writer.names.messages[name], encoding="any"
            )


def _in_any(writer: Schema) -> Effect:
    """Where messages travel in an Any, a name that is not known is an error."""
    return Effect.FAILS if _ANY in writer.contained else Effect.LOSES
