"""Which of the reader's schemas meets which of the writer's? One each, most often; in a folder and a protocol, by name.

A protocol's request is written by the client and read by the server, its response and its errors the other way round:
https://avro.apache.org/docs/1.12.0/specification/#schema-resolution, and #protocol-wire-format for who sends what.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.formats.avro.schema.types import Message, Named, Schema, Type, Union, kind, unqualified
from contractctl.model.verdict import Effect, Incompatibility


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Two schemas that are resolved against each other from their roots."""

    reader: Type
    writer: Type
    name: str
    """What paths begin with; empty for a union, whose paths begin with a branch."""
    flipped: bool = False
    """The giver reads and the taker writes: a server's answer."""


def starts(taker: Schema, giver: Schema) -> Iterator[Start | Incompatibility]:
    """Every start, and every message of the giver's that the taker does not have."""
    met = Meeting(taker, giver)
    alone = not (taker.several or giver.several)
    for ring in _rings(giver):
        pair = met.counterpart(ring)
        if pair is None and alone:
            pair = taker.root, giver.root  # the only two there are, whatever they are called
        if pair is None:
            yield _unknown(taker, _full(giver, ring[0]), ring[0])
        else:
            yield Start(*pair, _name(taker, pair[0]))
    yield from _messages(taker, giver)


def _rings(schema: Schema) -> tuple[tuple[Type, ...], ...]:
    return schema.rings if schema.several else schema.rings or ((schema.root,),)


class Meeting:
    """Schemas of both sides, brought together by name."""

    def __init__(self, taker: Schema, giver: Schema) -> None:
        self._taker = taker
        self._giver = giver
        self._named = [
            (root, one) for ring in _rings(taker) for root in ring if isinstance(one := taker.solid(root), Named)
        ]
        self._exact = {one.name: root for root, one in reversed(self._named)}
        self._sent = {
            one.name for ring in _rings(giver) for root in ring if isinstance(one := giver.solid(root), Named)
        }

    def counterpart(self, ring: tuple[Type, ...]) -> tuple[Type, Type] | None:
        """The taker's schema of that name; without its namespace or by an alias, if no other has the very name."""
        writers = [(root, one) for root in ring if isinstance(one := self._giver.solid(root), Named)]
        if not writers:
            unnamed = (root for (root, *_) in _rings(self._taker) if not isinstance(self._taker.solid(root), Named))
            return next(((root, ring[0]) for root in unnamed), None)
        for root, one in writers:
            if one.name in self._exact:
                return self._exact[one.name], root
        for root, writer in writers:
            for other, reader in self._named:
                if reader.name not in self._sent and _is_called(reader, writer):
                    return other, root
        return None


def _is_called(reader: Named, writer: Named) -> bool:
    return writer.name in reader.aliases or unqualified(reader.name) == unqualified(writer.name)


def _messages(taker: Schema, giver: Schema) -> Iterator[Start | Incompatibility]:
    """Whoever asks is on the giver's version, whoever answers on the taker's."""
    served = by_name(taker, giver)
    for asked in giver.messages:
        answered = served.get(_key(asked, taker, giver))
        if answered is None:
            yield _unknown(taker, asked.name, asked)
        elif answered.one_way != asked.one_way:
            facts = {"message": asked.name, "waits": _waits(asked), "answers": _answers(answered)}
            rule = "avro-message-one-way-changed"
            yield Incompatibility(rule, Effect.FAILS, asked.name, facts, taker_at=answered.at, giver_at=asked.at)
        else:
            yield Start(answered.request, asked.request, f"{asked.name}.request")
            if not asked.one_way:
                yield Start(asked.response, answered.response, f"{asked.name}.response", flipped=True)
                yield Start(asked.errors, answered.errors, f"{asked.name}.errors", flipped=True)


def by_name(schema: Schema, other: Schema) -> dict[tuple[str, str], Message]:
    """One side's messages under what tells them apart."""
    return {_key(message, schema, other): message for message in schema.messages}


def _key(message: Message, *sides: Schema) -> tuple[str, str]:
    """Messages are identified by their names; by their protocols' too, where a side has several."""
    many = any(len({one.protocol for one in side.messages}) > 1 for side in sides)
    return (unqualified(message.protocol) if many else "", message.name)


def _waits(message: Message) -> str:
    return "do not wait for an answer" if message.one_way else "wait for an answer"


def _answers(message: Message) -> str:
    return "gives none" if message.one_way else "gives one"


def _unknown(taker: Schema, name: str, sent: Type | Message) -> Incompatibility:
    """The place on the taker's side is the protocol that lacks it, or the first file."""
    home = (taker.messages[0].at[0],) if taker.messages else taker.root.at
    facts = {"message": name}
    return Incompatibility("avro-message-unknown", Effect.FAILS, unqualified(name), facts, home, sent.at)


def _name(schema: Schema, root: Type) -> str:
    return "" if isinstance(schema.solid(root), Union) else unqualified(_full(schema, root))


def _full(schema: Schema, root: Type) -> str:
    solid = schema.solid(root)
    return solid.name if isinstance(solid, Named) else kind(solid)
