"""Who writes, and who reads? Clients write what the application receives, and read what it sends; replies go back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from contractctl.documents import Json
from contractctl.formats.asyncapi.application import Message, Operation
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.parts import at
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Effect, Incompatibility


@dataclass(frozen=True, slots=True)
class Way:
    """One way of sending between two documents."""

    writer: Document
    reader: Document
    is_from_client: bool

    @property
    def back(self) -> "Way":
        """The way that replies take."""
        return Way(self.reader, self.writer, not self.is_from_client)


@dataclass(frozen=True, slots=True)
class Facet:
    """Something about a message outside its schema: what is sent, and what either side says that it may be."""

    name: str
    value: Json
    written: bool | Mapping[str, Json]
    """A JSON Schema of what the writer sends."""
    read: bool | Mapping[str, Json]
    """A JSON Schema of what the reader takes."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What has to be sent to show a finding."""

    way: Way
    address: str | None
    sent: Message | None = None
    known: tuple[Message, ...] = ()
    """All messages that the reader takes there."""
    part: str = ""
    """payload, headers, key or the like, where the finding is about the schema of one."""
    ends: tuple[Any, Any] | None = None
    """The writer's schema of that part, and the reader's."""
    facet: Facet | None = None
    is_awaited: bool = False
    """Whether the message is one that the reader waits for, and that is never sent."""
    inner: tuple[str, Any, Any, Incompatibility] | None = None
    """Of a payload that another format judges: that format, the reader's and the writer's schema, and the finding."""


@dataclass(frozen=True, slots=True)
class Case(Incompatibility):
    """An incompatibility with what a witness needs to know."""

    trial: Trial | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Messages of one operation, or of its replies, and both sides of it."""

    way: Way
    label: str
    """`receive orders`, in people's words."""
    writer_address: str | None
    reader_address: str | None
    sent: tuple[Message, ...]
    known: tuple[Message, ...]

    def trial(self, sent: Message | None = None, **more: Any) -> Trial:  # noqa: ANN401 - fields of Trial
        return Trial(self.way, self.writer_address, sent, self.known, **more)

    def found(
        self,
        rule: str,
        effect: Effect,
        name: str,
        ends: tuple[Spot | None, Spot | None],
        trial: Trial | None,
        **facts: str,
    ) -> Case:
        """The reader is incompatible with what the writer sends; `ends` are the reader's and the writer's."""
        path = f"{self.label}: {name}" if name else self.label
        said = {"call": self.label, "name": name, **facts}
        taker_at, giver_at = at(ends[0]), at(ends[1])
        return Case(rule, effect, path, said, taker_at, giver_at, self.way.is_from_client, trial)


def with_trial(found: Incompatibility, trial: Trial, **changed: Any) -> Case:  # noqa: ANN401 - fields of Incompatibility
    """The same finding, and how to show it."""
    told = {one.name: getattr(found, one.name) for one in fields(Incompatibility)}
    return Case(**{**told, **changed}, trial=trial)


def meeting(way: Way, ends: tuple[Operation, Operation]) -> Meeting:
    """The messages of an operation that both documents have: the writer's and the reader's."""
    writer, reader = ends
    return Meeting(way, writer.label, writer.channel.address, reader.channel.address, writer.messages, reader.messages)
