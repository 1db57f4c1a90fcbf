"""What do the payloads, headers and keys say that serve clients of two documents? Each in its own language."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from contractctl.documents import Json, Pointer
from contractctl.documents.splices import is_same as same
from contractctl.formats.asyncapi.application import Message
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.inner import encodings_of, judge_of, source_of
from contractctl.formats.asyncapi.inner_merged import Inner
from contractctl.formats.asyncapi.languages import ANY_OBJECT, Language, Written, is_same
from contractctl.formats.asyncapi.messages import PARTS, part
from contractctl.formats.asyncapi.parts import Unresolved
from contractctl.formats.asyncapi.payloads import judged
from contractctl.formats.asyncapi.ways import Meeting, Trial, Way
from contractctl.formats.description import as_object, at, below
from contractctl.formats.retirement import Seat, Step
from contractctl.formats.retirement.components import components_in, rename
from contractctl.formats.retirement.places import Places, own
from contractctl.formats.retirement.schemas import Schemas
from contractctl.model.contract import Policy
from contractctl.model.verdict import Effect, Undecided

_ANYTHING: tuple[Json, ...] = ({}, ANY_OBJECT, True)


class Which(Enum):
    """One of two versions."""

    OLD = "old"
    NEW = "new"


Chosen = Mapping[Pointer, Which]
"""Where one version's schema stays what it is until the day has come."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A part of a message in both documents, and who has it."""

    was: Written
    becomes: Written
    seat: Seat
    call: str
    """The operation, in people's words."""
    label: str


class Parts:
    """The schemas of messages in the document that is made."""

    def __init__(self, before: Document, after: Document, places: Places, sunset: str) -> None:
        self.pairs: list[Pair] = []
        """Those in JSON Schema that differ."""
        self.steps: list[Step] = []
        self._before, self._after, self._places, self._sunset = before, after, places, sunset
        self._schemas = Schemas(places, self.steps, sunset, wraps=True, taken="Received")

    def meet(self, call: str, ends: tuple[Message, Message], seat: Seat, chosen: Chosen) -> None:
        """A message of the old document that goes on as one of the new."""
        one, other = ends
        for name in PARTS:
            try:
                was, becomes = part(self._before, one, name), part(self._after, other, name)
            except Unresolved:
                continue
            pair = Pair(was, becomes, seat, call, _label(other, name))
            if was.language is not becomes.language:
                continue
            if becomes.language is Language.JSON_SCHEMA:
                self._in_json(pair, chosen)
            elif becomes.language is not Language.OTHER and not self._is_same(pair):
                self._in_its_own(pair, other)

    def only(self, message: Message, seat: Seat) -> None:
        """A message that only the new document has."""
        for name in PARTS:
            try:
                schema = part(self._after, message, name)
            except Unresolved:
                continue
            if schema.language is Language.JSON_SCHEMA:
                self._schemas.pair(None, at(self._places.made, schema.spot.pointer), seat, _label(message, name))

    def brought(self, call: str, ends: tuple[Message, Json], seat: Seat, chosen: Chosen) -> None:
        """A message that only the old document has, as it stands in the one that is made: it may share schemas, too."""
        message, made = ends
        pointer, root = message.spot.pointer, self._after.root
        if at(root.value, pointer) is not None and pointer[0] == "components":
            other = replace(message, spot=below(self._after, root, *pointer))
            self.meet(call, (message, other), seat, chosen)
            return
        for name in PARTS:
            try:
                schema = part(self._before, message, name)
            except Unresolved:
                continue
            there = at(made, schema.spot.pointer[len(pointer) :])
            if schema.language is Language.JSON_SCHEMA and there is not None:
                self._schemas.pair(schema.spot.value, there, seat, _label(message, name))

    def pair_of(self, was: Json, made: Json, seat: Seat, label: str) -> None:
        """A schema of the old document that goes on as one of the new, which is not part of a message."""
        self._schemas.pair(was, made, seat, label)

    def finish(self) -> None:
        """Raise ContractctlError where a schema cannot say what both sides need of it."""
        self._schemas.finish()
        self.steps[:] = map(_of_headers, self.steps)

    def _in_json(self, pair: Pair, chosen: Chosen) -> None:
        """Two JSON Schemas."""
        was, pointer = pair.was.spot.value, pair.becomes.spot.pointer
        if not self._is_same(pair):
            self.pairs.append(pair)
        made, holder = self._places.made, as_object(at(self._places.made, pointer[:-1]))
        if pointer in chosen:
            if chosen[pointer] is Which.OLD:
                self.steps.append(_differing(pair))
                holder[str(pointer[-1])] = self._as_it_was(was)
        elif at(made, pointer) is not None:
            self._schemas.pair(was, at(made, pointer), pair.seat, pair.label)
        elif pair.seat is Seat.GIVEN and was not in _ANYTHING:
            self.steps.append(Step("release", "message", pair.call, pair.label))
            holder[str(pointer[-1])] = self._as_it_was(was)

    def _as_it_was(self, value: Json) -> Json:
        """An old schema; components that say something else in the draft get a second name for what they said."""
        before, after = (_components(document.root.value) for document in (self._before, self._after))
        pending, reached = [value], dict[str, None]()
        while pending:
            more = [name for name in components_in(pending.pop()) if name not in reached and name in before]
            reached |= dict.fromkeys(more)
            pending.extend(before[name] for name in more)
        copy = own(value)
        if any(name in after and not same(before[name], after[name]) for name in reached):
            names = {name: f"{name}-until-{self._sunset}" for name in reached}
            holder = as_object(self._places.made.setdefault("components", {}))
            holder = as_object(holder.setdefault("schemas", {}))
            for name, called in names.items():
                holder[called] = own(before[name])
                rename(holder[called], names)
            rename(copy, names)
        self._places.bring(copy)
        return copy

    def _is_same(self, pair: Pair) -> bool:
        return is_same(self._before, pair.was, self._after, pair.becomes)

    # Avro and Protobuf

    def _in_its_own(self, pair: Pair, message: Message) -> None:
        ends = (self._before, pair.was), (self._after, pair.becomes)
        old, new = (source_of(*one) for one in ends)
        policy = Policy(encodings=encodings_of(self._after, message.spot))
        languages = Inner(judge_of(pair.becomes.language.name.lower()), old, new, policy, pair.seat)
        made, pointer, steps = languages.between(), pair.becomes.spot.pointer, languages.steps()
        self.steps.extend(steps or ([_differing(pair)] if made != new else []))
        holder = at(self._places.made, pointer[:-1])
        if made != new and isinstance(holder, dict):
            text = made.files[0].text
            holder[str(pointer[-1])] = text if isinstance(pair.becomes.spot.value, str) else json.loads(text)


# JSON Schema


def chosen_of(before: Document, after: Document, made: Document, pairs: list[Pair]) -> Chosen:
    """Where one of both schemas serves clients of both, and what was put together does not."""
    found: dict[Pointer, Which] = {}
    for one in pairs:
        pointer = one.becomes.spot.pointer
        value = at(made.root.value, pointer)
        between = replace(one.becomes, spot=replace(one.becomes.spot, value={} if value is None else value))
        old, new = (before, one.was), (after, one.becomes)
        if all(_is_served(one.seat, (made, between), end) for end in (old, new)):
            continue
        if _is_served(one.seat, new, old):
            found[pointer] = Which.NEW
        elif _is_served(one.seat, old, new):
            found[pointer] = Which.OLD
    return found


def _is_served(seat: Seat, application: tuple[Document, Written], client: tuple[Document, Written]) -> bool:
    (writer, sent), (reader, wanted) = (client, application) if seat is Seat.TAKEN else (application, client)
    way = Way(writer, reader, is_from_client=seat is Seat.TAKEN)
    found = judged(Meeting(way, "", None, None, (), ()), Trial(way, None), (sent, wanted), "")
    return not any(isinstance(one, Undecided) or one.effect is not Effect.LOSES for one in found)


def _components(root: Json) -> dict[str, Json]:
    return as_object(as_object(as_object(root).get("components")).get("schemas"))


# words


def _label(message: Message, name: str) -> str:
    return message.label if name == "payload" else f"{message.label} {name}"


def _differing(pair: Pair) -> Step:
    return Step("narrow" if pair.seat is Seat.TAKEN else "widen", "message", pair.call, pair.label)


def _of_headers(step: Step) -> Step:
    """What stands in a message's headers is a header, and the message's."""
    owner = step.subject.removesuffix(" headers")
    if step.what != "property" or owner == step.subject:
        return step
    return replace(step, what="header", subject=owner)
