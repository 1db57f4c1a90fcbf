"""What does a reader of the binary encoding see? Fields by their numbers, in the order of the rules for updating.

https://protobuf.dev/programming-guides/proto3/#updating, https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.formats.protobuf.resolution.enums import symbols_in_binary
from contractctl.formats.protobuf.resolution.oneofs import conflicts
from contractctl.formats.protobuf.resolution.pairs import Asked, Case, Pair, Step, described, type_changed
from contractctl.formats.protobuf.resolution.scalars import FORMS, RANGES, UNSEEN, Mistake, in_binary, packable
from contractctl.formats.protobuf.schema.types import BYTES_LIKE, Field
from contractctl.model.verdict import Effect, Undecided

_MESSAGES = frozenset({"message", "group"})


def message(asked: Asked, pair: Pair) -> Iterator[Case | Pair | Undecided]:
    """One pair of messages, one level: what is wrong with it, and the pairs inside."""
    if pair.reader.is_set != pair.writer.is_set:
        yield Undecided(asked.path(pair), "message_set_wire_format changed: its bytes are not judged", pair.reader.at)
        return
    for sent in pair.writer.fields:
        wanted = pair.reader.by_number.get(sent.number)
        if moved(pair, sent) is not None:
            yield _renumbered(asked, pair, sent, wanted)
        elif wanted is not None:
            yield from _field(asked, pair, wanted, sent)
    yield from conflicts(asked, pair, lambda wanted: _read_from(pair, wanted), "binary")


def _read_from(pair: Pair, wanted: Field) -> Field | None:
    """The writer's field from which a reader's field gets its values."""
    sent = pair.writer.by_number.get(wanted.number)
    if sent is None or moved(pair, sent) is not None:
        return None
    mistake = travels(wanted, sent)
    return None if mistake is not None and mistake.why == UNSEEN else sent


def moved(pair: Pair, sent: Field) -> Field | None:
    """The reader's field of that name, where it has another number: none of the values arrive there."""
    same = pair.reader.by_name.get(sent.name)
    return same if same is not None and same.number != sent.number else None


def _renumbered(asked: Asked, pair: Pair, sent: Field, taken: Field | None) -> Case:
    there = moved(pair, sent)
    assert there is not None  # noqa: S101 - that is what was asked before
    became = "unknown" if taken is None else f"'{taken.label}'"
    facts = {"field": sent.label, "wanted": str(there.number), "sent": str(sent.number), "became": became}
    return asked.case(
        "protobuf-field-renumbered",
        Effect.MISREADS,
        pair,
        encoding="binary",
        facts=facts,
        reader=there,
        writer=sent,
    )


def _field(asked: Asked, pair: Pair, wanted: Field, sent: Field) -> Iterator[Case | Pair | Undecided]:
    """Two fields of one number: first their encoding, then their values."""
    unsure = asked.unsure(pair, wanted, sent)
    if unsure is not None:
        yield unsure
        return
    mistake = None if _holds_every_symbol(asked, wanted, sent) else travels(wanted, sent)
    if mistake is not None and wanted.required and mistake.why == UNSEEN:
        mistake = Mistake(Effect.FAILS, f"{UNSEEN}, though it is required")
    if mistake is None:
        mistake = _number_of_enum(asked, wanted, sent)
    if mistake is not None:
        yield type_changed(asked, pair, wanted, sent, mistake)
    elif sent.kind in _MESSAGES:
        inner = Pair(asked.reader.message(wanted.type), asked.writer.message(sent.type), Step(pair, wanted, sent))
        yield inner
        yield from _entries(asked, inner, wanted, sent)
    elif sent.kind == wanted.kind == "enum":
        yield from symbols_in_binary(asked, pair, wanted, sent)
    elif sent.kind == wanted.kind == "string" and wanted.checked and not sent.checked:
        yield asked.case(
            "protobuf-utf8-unchecked", Effect.LOSES, pair, encoding="binary", facts={}, reader=wanted, writer=sent
        )


def travels(wanted: Field, sent: Field) -> Mistake | None:
    """Whether values arrive intact: by wire type, packing, one or many, and what the bits mean."""
    packs = sent.repeated and sent.packed
    if packs and wanted.kind in BYTES_LIKE:
        return Mistake(Effect.MISREADS, "the packed numbers are taken for its bytes")
    if packs and not (wanted.repeated and packable(wanted.kind)):
        return Mistake(Effect.MISREADS, UNSEEN)
    if sent.kind in BYTES_LIKE and wanted.repeated and packable(wanted.kind):
        return Mistake(Effect.MISREADS, "its bytes are taken for packed numbers")
    mistake = in_binary(sent.kind, wanted.kind)
    if mistake is not None and sent.kind == "bytes" and wanted.kind == "string" and not wanted.checked:
        return Mistake(Effect.MISREADS, "bytes that are not UTF-8 arrive as invalid text")
    if (mistake is None or mistake.effect is Effect.LOSES) and sent.repeated and not wanted.repeated:
        if sent.kind in _MESSAGES and wanted.kind in _MESSAGES:
            return Mistake(Effect.MISREADS, "several messages are merged into one")
        return Mistake(Effect.MISREADS, "of several values only the last one is left")
    return mistake


def _holds_every_symbol(asked: Asked, wanted: Field, sent: Field) -> bool:
    """Whether an enum is read as a numeric type that can hold the numbers of all its symbols."""
    if sent.kind != "enum" or FORMS[wanted.kind] != "varint" or sent.repeated != wanted.repeated:
        return False
    low, high = RANGES[wanted.kind]
    return all(low <= symbol.number <= high for symbol in asked.writer.enum(sent.type).symbols)


def _number_of_enum(asked: Asked, wanted: Field, sent: Field) -> Mistake | None:
    """Numbers read as an enum that does not have them all: a closed one sets the others aside."""
    if wanted.kind != "enum" or sent.kind == "enum":
        return None
    enum = asked.reader.enum(wanted.type)
    known = {symbol.number for symbol in enum.symbols}
    if not enum.closed or (sent.kind == "bool" and known >= {0, 1}):
        return None
    effect = Effect.FAILS if wanted.required else Effect.MISREADS
    return Mistake(effect, "numbers that no symbol has are set aside as unknown, and the field stays empty")


def _entries(asked: Asked, pair: Pair, wanted: Field, sent: Field) -> Iterator[Case]:
    """A map is a list of entries on the wire. One per key is kept, and some readers drop entries with more fields."""
    if not pair.reader.is_entry or pair.writer.is_entry or pair.way is None:
        return
    more = next((field for field in pair.writer.fields if field.number not in pair.reader.by_number), None)
    if more is not None:
        case = asked.case(
            "protobuf-map-entries-lost",
            Effect.MISREADS,
            pair,
            encoding="binary",
            facts={"field": wanted.label, "more": more.label, "number": str(more.number)},
            reader=pair.reader.by_number[2],
            writer=more,
        )
        yield replace(case, path=asked.path(pair))
    elif sent.repeated:
        yield asked.case(
            "protobuf-map-keys-merged",
            Effect.LOSES,
            pair.way.inside,
            encoding="binary",
            facts={"field": wanted.label, "sent": described(asked.writer, sent)},
            reader=wanted,
            writer=sent,
        )
