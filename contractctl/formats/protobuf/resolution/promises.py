"""What was removed, and could be reused for something else? Numbers and names without a reservation.

Only the newer version is asked: the older one could not know what would be added.
"""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.formats.protobuf.resolution.pairs import Asked, Case, Pair
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Enum, Field, Message, short
from contractctl.model.amounts import named
from contractctl.model.verdict import Effect, Incompatibility

Ranges = tuple[tuple[int, int], ...]
_LAST = 2**29


def message(asked: Asked, pair: Pair) -> Iterator[Case]:
    """Fields that were removed without a reservation, and removed reservations and extension ranges."""
    reader, writer = pair.reader, pair.writer
    if reader.is_entry or writer.is_entry:
        return
    encodings = asked.reader.policy.encodings
    for gone in writer.fields:
        if gone.number in reader.by_number or gone.extension:
            continue
        open_ = _open(reader, gone, encodings)
        if open_:
            facts = {"field": gone.label, "open": " and ".join(open_), "statement": _statement(asked.reader, open_)}
            case = asked.case("protobuf-number-not-reserved", Effect.LOSES, pair, encoding="", facts=facts, writer=gone)
            yield replace(case, taker_at=reader.at)
    lost = _texts(
        _without(writer.reserved, (*reader.reserved, *reader.ranges)), writer.reserved_names - reader.reserved_names
    )
    if lost:
        yield asked.case("protobuf-reservation-removed", Effect.LOSES, pair, encoding="", facts={"lost": lost})
    shrunk = _texts(_without(writer.ranges, reader.ranges), frozenset())
    if shrunk:
        yield asked.case("protobuf-extension-range-removed", Effect.LOSES, pair, encoding="", facts={"lost": shrunk})


def _statement(schema: Schema, open_: list[str]) -> str:
    """Reservations as the schema has to write them."""
    quoted = (one.replace("'", "" if schema.is_edition else '"') for one in open_)
    return " ".join(f"reserved {one};" for one in quoted)


def _open(reader: Message, gone: Field, encodings: tuple[str, ...]) -> list[str]:
    """What a later field could reuse: the number, the name, or both."""
    parts: list[str] = []
    if "binary" in encodings and not _inside(gone.number, (*reader.reserved, *reader.ranges)):
        parts.append(str(gone.number))
    if "json" in encodings and gone.name not in reader.reserved_names and gone.name not in reader.by_name:
        parts.append(f"'{gone.name}'")
    return parts


def enums(reader: Schema, writer: Schema) -> Iterator[Incompatibility]:
    """The same for the symbols of enums that both versions have."""
    for name in writer.names.enums:
        if name in reader.names.enums and not _is_same(reader, writer, name):
            yield from _enum(reader, reader.enum(name), writer.enum(name))


def _is_same(reader: Schema, writer: Schema, name: str) -> bool:
    return reader.digests[reader.file_of(name)] == writer.digests[writer.file_of(name)]


def _enum(schema: Schema, reader: Enum, writer: Enum) -> Iterator[Incompatibility]:
    encodings = schema.policy.encodings
    if "json" in encodings and reader.json_legacy and not writer.json_legacy:
        facts = {"message": short(reader.name, schema.package_of(reader.name))}
        yield Incompatibility(
            "protobuf-json-format-changed", Effect.LOSES, facts["message"], facts, reader.at, writer.at
        )
    numbers, names = {one.number for one in reader.symbols}, {one.name for one in reader.symbols}
    kept = tuple((first, last + 1) for first, last in reader.reserved)
    label = short(reader.name, schema.package_of(reader.name))
    for gone in writer.symbols:
        parts: list[str] = []
        if "binary" in encodings and gone.number not in numbers and not _inside(gone.number, kept):
            parts.append(str(gone.number))
        if "json" in encodings and gone.name not in names and gone.name not in reader.reserved_names:
            parts.append(f"'{gone.name}'")
        if parts and (gone.number not in numbers or gone.name not in names):
            facts = {"symbol": gone.name, "open": " and ".join(parts), "enum": label}
            facts["statement"] = _statement(schema, parts)
            yield Incompatibility(
                "protobuf-enum-value-not-reserved", Effect.LOSES, f"{label}.{gone.name}", facts, reader.at, gone.at
            )
    before = tuple((first, last + 1) for first, last in writer.reserved)
    lost = _texts(_without(before, kept), writer.reserved_names - reader.reserved_names)
    if lost:
        facts = {"message": label, "lost": lost}
        yield Incompatibility("protobuf-reservation-removed", Effect.LOSES, label, facts, reader.at, writer.at)


def _inside(number: int, ranges: Ranges) -> bool:
    return any(first <= number < end for first, end in ranges)


def _without(before: Ranges, after: Ranges) -> Ranges:
    """The parts of the first ranges that are in none of the second; ends are exclusive."""
    left: list[tuple[int, int]] = []
    for first, end in before:
        at = first
        for other, other_end in sorted(after):
            if other_end <= at or other >= end:
                continue
            if other > at:
                left.append((at, other))
            at = max(at, other_end)
        if at < end:
            left.append((at, end))
    return tuple(left)


def _texts(ranges: Ranges, names: frozenset[str]) -> str:
    numbers = [str(first) if end == first + 1 else f"{first} to {_end(end)}" for first, end in ranges]
    parts = [*numbers[:5], *([f"{len(numbers) - 5} more"] if len(numbers) > 5 else [])]  # noqa: PLR2004 - a few
    return " and ".join(part for part in (", ".join(parts), named(sorted(names))) if part)


def _end(end: int) -> str:
    return "max" if end >= _LAST else str(end - 1)
