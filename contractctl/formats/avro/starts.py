"""Which of the reader's schemas meets which of the writer's? One each, most often; in a folder and a protocol, by name.

A protocol's request is written by the client and read by the server, its response and its errors the other way round:
https://avro.apache.org/docs/1.12.0/specification/#schema-resolution, and #protocol-wire-format for who sends what.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.formats.avro.types import Message, Named, Schema, Type, Union, kind, unqualified
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
    if not (taker.several or giver.several):
        yield Start(taker.root, giver.root, _name(taker, taker.root))
        return
    taken = set[int]()
    for root in giver.roots:
        met = _counterpart(taker, giver, root, taken)
        if met is None:
            yield _unknown(taker, _full(giver, root), root)
        else:
            taken.add(id(met))
            yield Start(met, root, _name(taker, met))
    yield from _messages(taker, giver)


def _counterpart(taker: Schema, giver: Schema, sent: Type, taken: set[int]) -> Type | None:
    """The taker's schema of that name; without its namespace or by an alias, if no other has the very name."""
    writer = giver.solid(sent)
    if not isinstance(writer, Named):
        return next((root for root in taker.roots if not isinstance(taker.solid(root), Named)), None)
    named = [(root, one) for root in taker.roots if isinstance(one := taker.solid(root), Named)]
    for root, one in named:
        if one.name == writer.name:
            return root
    spoken_for = {one.name for root in giver.roots if isinstance(one := giver.solid(root), Named)}
    for root, one in named:
        if id(root) in taken or one.name in spoken_for:
            continue
        if writer.name in one.aliases or unqualified(one.name) == unqualified(writer.name):
            return root
    return None


def _messages(taker: Schema, giver: Schema) -> Iterator[Start | Incompatibility]:
    """Whoever asks is on the giver's version, whoever answers on the taker's."""
    served = _by_name(taker, giver)
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


def _by_name(taker: Schema, giver: Schema) -> dict[tuple[str, str], Message]:
    return {_key(message, taker, giver): message for message in taker.messages}


def _key(message: Message, *sides: Schema) -> tuple[str, str]:
    """Messages are told apart by their names; by their protocols' too, where a side has several."""
    many = any(len({one.protocol for one in side.messages}) > 1 for side in sides)
    return (unqualified(message.protocol) if many else "", message.name)


def _waits(message: Message) -> str:
    return "do not wait for an answer" if message.one_way else "wait for an answer"


def _answers(message: Message) -> str:
    return "gives none" if message.one_way else "gives one"


def _unknown(taker: Schema, name: str, sent: Type | Message) -> Incompatibility:
    facts = {"message": name}
    return Incompatibility(
        "avro-message-unknown", Effect.FAILS, unqualified(name), facts, taker_at=taker.root.at, giver_at=sent.at
    )


def _name(schema: Schema, root: Type) -> str:
    return "" if isinstance(schema.solid(root), Union) else unqualified(_full(schema, root))


def _full(schema: Schema, root: Type) -> str:
    solid = schema.solid(root)
    return solid.name if isinstance(solid, Named) else kind(solid)
