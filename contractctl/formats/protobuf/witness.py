"""Which message shows it? One that the writer really writes, and the reader really refuses or takes for another."""

from collections.abc import Iterator

from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.resolution.pairs import Case, Pair, Step
from contractctl.formats.protobuf.runtime import Refused, lookups
from contractctl.formats.protobuf.runtime.messages import NoMessageError, Writer, wrapped
from contractctl.formats.protobuf.runtime.shown import line, sent_in_binary, unseen
from contractctl.formats.protobuf.runtime.values import Value, at_end, differ, is_absent, is_no_text, value_of
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Field
from contractctl.model.verdict import Effect, Incompatibility, Witness

_LATER_USE = frozenset(
    {
        "protobuf-number-not-reserved",
        "protobuf-reservation-removed",
        "protobuf-extension-range-removed",
        "protobuf-json-format-changed",
    }
)
"""What comes of these lies with a later version: nothing can be executed yet."""
_REFUSED_BY_SOME = frozenset({"protobuf-json-field-unknown", "protobuf-field-renamed", "protobuf-utf8-unchecked"})
"""What may be lost is refused here, by readers as they are without a word."""
_MESSAGES = frozenset({"message", "group"})


def witness(taker: Schema, giver: Schema, found: Incompatibility) -> Witness | None:
    """Write a message with the giver's schema and read it with the taker's; None where no message shows it.

    Names that are gone are looked up in the taker's descriptors instead.
    """
    if found.flipped:
        taker, giver = giver, taker
    if not isinstance(found, Case) or found.pair is None or found.encoding == "any":
        return lookups.witness(taker, giver, found)
    if found.rule in _LATER_USE:
        return None
    try:
        return next(_Trial(taker, giver, found).shows(), None)
    except (NoMessageError, RecursionError, ValueError, TypeError):
        return None  # the writer can write nothing there, or only what no reader could hold


class _Trial:
    """One finding, and the messages that may show it."""

    def __init__(self, reader: Schema, writer: Schema, case: Case) -> None:
        self._reader = reader
        self._writer = writer
        self._case = case
        self._making = Writer(writer)
        assert case.pair is not None  # noqa: S101 - witness() has looked
        self._pair = pair = case.pair
        self._steps: list[Step] = []
        while pair.way is not None:
            self._steps.insert(0, pair.way)
            pair = pair.way.inside
        self._root: Pair = pair

    def shows(self) -> Iterator[Witness]:
        others = b"".join(self._other(other) for other in self._case.others)
        for inner in self._leaves():
            message = self._written(inner + others)
            if message is None:
                continue
            payload, shown = self._payload(message)
            said = self._read(payload)
            if self._proves(message, said):
                yield Witness(line(shown), line(self._answer(said)), runtime.executed_by())

    def _leaves(self) -> Iterator[bytes]:
        """Encoded messages for the place of the finding."""
        writer, sent = self._pair.writer, self._case.writer
        if sent is None or self._case.rule in {"protobuf-required-missing", "protobuf-default-changed"}:
            yield self._encoded(self._making.smallest(writer))
        elif self._case.rule == "protobuf-utf8-unchecked":
            yield self._encoded(self._making.smallest(writer)) + wrapped(sent, b"\xff")
        elif self._case.rule == "protobuf-enum-closed":
            yield from self._with(sent, [self._undeclared(sent)])
        elif sent.kind in _MESSAGES:
            for inner in map(self._encoded, self._making.samples(self._writer.message(sent.type))):
                yield self._encoded(self._making.smallest(writer)) + wrapped(sent, inner) * (1 + sent.repeated)
        elif "symbol" in self._case.facts:
            symbols = self._writer.enum(sent.type).symbols
            yield from self._with(sent, [one.number for one in symbols if one.name == self._case.facts["symbol"]])
        else:
            yield from self._with(sent, list(self._making.values(sent)))

    def _with(self, sent: Field, values: list[Value]) -> Iterator[bytes]:
        """The smallest message with each of the values; of a repeated field, with another value before it."""
        for place, value in enumerate(values):
            made = self._making.smallest(self._pair.writer)
            if sent.repeated:
                self._making.put(made, sent, values[place - 1])
            self._making.put(made, sent, value)
            yield self._encoded(made)

    def _other(self, field: Field) -> bytes:
        """One more field, encoded."""
        if field.kind in _MESSAGES:
            return wrapped(field, self._encoded(next(self._making.samples(self._writer.message(field.type)))))
        made = runtime.new(self._writer.pool, self._pair.writer.name)
        self._making.put(made, field, next(self._making.values(field)))
        return self._encoded(made)

    def _undeclared(self, sent: Field) -> int:
        known = [symbol.number for symbol in self._writer.enum(sent.type).symbols]
        known += [symbol.number for symbol in self._reader.enum(self._wanted().type).symbols]
        return max(known) + 1

    @staticmethod
    def _encoded(message: Value) -> bytes:
        return bytes(message.SerializePartialToString())

    def _written(self, inner: bytes) -> Value | None:
        """The whole message as the writer's own runtime holds it; None where it would not write it."""
        for step in reversed(self._steps):
            inner = self._making.around(step.inside.writer, step.writer, inner)
        message = runtime.read_binary(self._writer.pool, self._root.writer.name, inner)
        return None if isinstance(message, Refused) else message

    def _payload(self, message: Value) -> tuple[bytes | str, str]:
        """What travels, and how it is shown."""
        if self._case.encoding == "json":
            names = self._case.rule == "protobuf-field-renamed"
            text = runtime.write_json(self._writer.pool, message, original_names=names)
            return text, text
        payload = bytes(message.SerializeToString())
        return payload, sent_in_binary(runtime.text_of(message), payload)

    def _read(self, payload: bytes | str) -> Value | Refused:
        name = self._root.reader.name
        lenient = self._case.effect is not Effect.FAILS and self._case.rule not in _REFUSED_BY_SOME
        if isinstance(payload, str):
            return runtime.read_json(self._reader.pool, name, payload, lenient=lenient)
        return runtime.read_binary(self._reader.pool, name, payload, lenient=lenient)

    def _wanted(self) -> Field:
        assert self._case.reader is not None  # noqa: S101 - asked where the finding is of two fields
        return self._case.reader

    def _proves(self, message: Value, said: Value | Refused) -> bool:
        """Whether what was said is what was found: a refusal where it fails, another value where it misreads."""
        case = self._case
        if isinstance(said, Refused):
            return case.effect is not Effect.LOSES or case.rule in _REFUSED_BY_SOME
        if case.effect is Effect.FAILS or case.reader is None or case.writer is None:
            return False
        there = at_end(message, [step.writer for step in self._steps], self._writer.pool)
        here = at_end(said, [step.reader for step in self._steps], self._reader.pool)
        sent = value_of(there, case.writer, self._writer.pool)
        got = value_of(here, case.reader, self._reader.pool)
        match case.rule:
            case "protobuf-enum-renumbered":
                return self._name(self._reader, case.reader, got) != case.facts["symbol"]
            case "protobuf-oneof-overwritten" | "protobuf-map-entries-lost":
                return is_absent(got)
            case "protobuf-map-keys-merged":
                return is_absent(got) or len(got) < len(sent)
            case "protobuf-type-changed" if case.effect is Effect.LOSES:
                return not is_absent(got)
            case _:
                return differ(sent, got) or (case.reader.kind == "string" and is_no_text(got))

    @staticmethod
    def _name(schema: Schema, field: Field, value: Value) -> str:
        numbers = value if isinstance(value, list) else [value]
        names = [one.name for one in schema.enum(field.type).symbols if one.number in numbers]
        return names[0] if names else ""

    def _answer(self, said: Value | Refused) -> str:
        if isinstance(said, Refused):
            return f"refused: {said.why}"
        text = runtime.text_of(said)
        if text:
            return f"read {text}"
        wanted = self._wanted()
        return unseen(wanted, self._name(self._reader, wanted, wanted.default) if wanted.kind == "enum" else "")
