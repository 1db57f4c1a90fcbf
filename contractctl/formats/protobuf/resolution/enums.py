"""What becomes of an enum's symbols? The binary encoding sends numbers, JSON sends names.

https://protobuf.dev/programming-guides/enum/
"""

from collections.abc import Iterator

from contractctl.formats.protobuf.resolution.pairs import Asked, Case, Pair
from contractctl.formats.protobuf.schema.types import Enum, Field, short
from contractctl.model.amounts import named
from contractctl.model.verdict import Effect


def symbols_in_binary(asked: Asked, pair: Pair, wanted: Field, sent: Field) -> Iterator[Case]:
    """Every number must mean the same symbol; a closed enum must know it."""
    if not asked.meets("binary", wanted, sent):
        return
    reader, writer = asked.reader.enum(wanted.type), asked.writer.enum(sent.type)
    known = {symbol.name: symbol.number for symbol in reader.symbols}
    facts = _facts(asked, reader, wanted)

    def case(rule: str, effect: Effect, **more: str) -> Case:
        found = {**facts, **more}
        return asked.case(rule, effect, pair, encoding="binary", facts=found, reader=wanted, writer=sent)

    renumbered = [s for s in writer.symbols if s.name in known and s.number != known[s.name]]
    if renumbered:
        first = renumbered[0]
        yield case(
            "protobuf-enum-renumbered",
            Effect.MISREADS,
            symbols=named([symbol.name for symbol in renumbered]),
            symbol=first.name,
            sent=str(first.number),
            wanted=str(known[first.name]),
            became=_name_for(reader, first.number),
        )
    numbers = set(known.values())
    unknown = [s for s in writer.symbols if s.number not in numbers and s.name not in known]
    if reader.closed and unknown:
        effect = Effect.FAILS if wanted.required else Effect.LOSES
        symbols = named([one.name for one in unknown])
        yield case("protobuf-enum-value-unknown", effect, symbols=symbols, symbol=unknown[0].name)
    elif reader.closed and not writer.closed:
        yield case("protobuf-enum-closed", Effect.LOSES)


def symbols_in_json(asked: Asked, pair: Pair, wanted: Field, sent: Field) -> Iterator[Case]:
    """Every name that is written must be known. Of several names for one number, the first is written."""
    unwritten = sent.default if not (sent.presence or sent.repeated or pair.writer.is_entry) else None
    if not asked.meets("json" if unwritten is None else "json, no zero", wanted, sent):
        return
    reader, writer = asked.reader.enum(wanted.type), asked.writer.enum(sent.type)
    known = {symbol.name for symbol in reader.symbols}
    written = {symbol.number: symbol.name for symbol in reversed(writer.symbols)}
    unknown = [
        symbol
        for symbol in writer.symbols
        if written[symbol.number] == symbol.name and symbol.name not in known and symbol.number != unwritten
    ]
    if unknown:
        first = unknown[0]
        facts = {**_facts(asked, reader, wanted), "symbols": named([one.name for one in unknown])}
        yield asked.case(
            "protobuf-json-enum-value-unknown",
            Effect.FAILS,
            pair,
            encoding="json",
            facts={**facts, "symbol": first.name, "number": str(first.number)},
            reader=wanted,
            writer=sent,
        )


def _name_for(enum: Enum, number: int) -> str:
    name = next((symbol.name for symbol in enum.symbols if symbol.number == number), None)
    return f"'{name}'" if name else "no symbol at all"


def _facts(asked: Asked, enum: Enum, wanted: Field) -> dict[str, str]:
    return {"field": wanted.label, "enum": short(enum.name, asked.reader.package_of(enum.name))}
