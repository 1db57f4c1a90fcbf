"""Who calls whom? Clients call the provider; for its callbacks and webhooks the provider calls its clients."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from contractctl.formats.description import resolved
from contractctl.formats.json_schema.explanations import Said
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.media import has_structure
from contractctl.formats.openapi.document.shared import Shared
from contractctl.formats.openapi.schemas import Question, Role, SchemaComparison, unlike
from contractctl.model.verdict import Effect, Found, Incompatibility, Pointer, Undecided


@dataclass(frozen=True, slots=True)
class Way:
    """One way of calling between two documents."""

    caller: Document
    server: Document
    shared: Shared
    inverted: bool = False
    """Whether it is the provider who calls."""
    comparisons: dict[tuple[Role, bool], SchemaComparison] = field(default_factory=dict)
    answers: set[tuple[str, bytes]] = field(default_factory=set)
    """Those that were judged and need no second look, by what they say and where that refers to."""

    @property
    def back(self) -> "Way":
        """The way of calls that the server makes in turn."""
        return Way(self.server, self.caller, self.shared, not self.inverted, self.comparisons)

    def comparison(self, role: Role) -> SchemaComparison:
        """All that travels in a role: requests and parameters to the server, responses from it."""
        key = role, self.inverted
        if key not in self.comparisons:
            ends = (self.caller, self.server)
            writer, reader = ends[::-1] if role.is_answer else ends
            self.comparisons[key] = SchemaComparison(role, writer, reader, self.shared)
        return self.comparisons[key]

    def served(self, call: "Call", rule: str, effect: Effect, at: "Ends", **facts: str) -> Incompatibility:
        """The server cannot take what the caller sends."""
        taker_at, giver_at = pointer(at.server), pointer(at.caller)
        said = {"call": call.name, "at": at.path, **call.facts, **facts}
        path = f"{call.name} {at.path}".strip()
        return Incompatibility(rule, effect, path, said, taker_at, giver_at, flipped=not self.inverted)

    def answered(self, call: "Call", rule: str, effect: Effect, at: "Ends", **facts: str) -> Incompatibility:
        """The caller cannot take what the server answers."""
        taker_at, giver_at = pointer(at.caller), pointer(at.server)
        said = {"call": call.name, "at": at.path, **call.facts, **facts}
        path = f"{call.name} {at.path}".strip()
        return Incompatibility(rule, effect, path, said, taker_at, giver_at, flipped=self.inverted)

    def judged(
        self, call: "Call", role: Role, spots: tuple[Spot | None, Spot | None], label: str, **facts: str
    ) -> Iterator[Found]:
        """What of the values of a schema is refused: first the caller's and then the server's; None allows anything."""
        if "xml" in facts.get("media", ""):
            for place in unlike((self.caller, spots[0]), (self.server, spots[1]), self.shared):
                yield Undecided(f"{call.name} {label}", f"'{place}' is written differently in XML")
        comparison, media = self.comparison(role), facts.get("media", "")
        caller = spots[0] or _without_schema(self.caller, (self.server, spots[1]), media)
        server = spots[1] or _without_schema(self.server, (self.caller, spots[0]), media)
        writer, reader = (server, caller) if role.is_answer else (caller, server)
        to_server = not role.is_answer
        for question, said in comparison.ask(
            writer, reader, f"{call.name} {label}", {"call": call.name, **call.facts, **facts}
        ):
            yield _worded(question, said, flipped=to_server is not self.inverted)

    def left(self) -> Iterator[Found]:
        """What has to be said of whole messages, after all else."""
        for (role, inverted), comparison in self.comparisons.items():
            for question, said in comparison.left():
                yield _worded(question, said, flipped=role.is_answer is inverted)


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a thing stands, for people and in both documents."""

    path: str
    caller: Spot | None
    server: Spot | None


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that both documents have, and what to call it."""

    name: str
    facts: Mapping[str, str]
    caller: Spot
    server: Spot
    """The operation, as the one who calls and the one who serves have it."""
    caller_item: Spot
    server_item: Spot
    """The path that it stands under."""
    caller_path: str
    server_path: str


def pointer(spot: Spot | None) -> Pointer | None:
    return None if spot is None else (spot.file, *spot.pointer)


def _without_schema(document: Document, other: tuple[Document, Spot | None], media: str) -> Spot:
    """The schema that is not there allows every value: of a body that the other version calls a text, every text."""
    schema = resolved(other[0], other[1]) if other[1] is not None and media and not has_structure(media) else None
    is_text = schema is not None and isinstance(schema.value, dict) and schema.value.get("type") == "string"
    if is_text:
        return replace(document.root, value={"type": "string"}, pointer=(*document.root.pointer, "a text"))
    return replace(document.root, value={}, pointer=(*document.root.pointer, ""))


def _worded(question: Question, said: Said, *, flipped: bool) -> Found:
    """A finding about a schema, under the name of the place where its values meet a reader first."""
    seat, part = question.seat, _part(question, said.path)
    named = seat.get("parameter") or seat.get("header")
    path = question.label if named and part == "$" else f"{question.label}: {part}"
    if isinstance(said, Undecided):
        return replace(said, path=path)
    facts = {**said.facts, **seat}
    whole = named or _name(question.reader)
    if said.path == "$" and "where" in facts:
        facts |= {"is_all": "yes", "where": f"'{whole}'" if whole else facts["where"]}
    return replace(said, path=path, facts=facts, flipped=flipped)


def _part(question: Question, path: str) -> str:
    """`Pet.status`, where the schema has a name; else `status`, or `$`."""
    name = _name(question.reader)
    if name is None:
        return path
    if path == "$":
        return name
    return f"{name}{path}" if path.startswith("[") else f"{name}.{path}"


def _name(schema: Spot) -> str | None:
    """What a schema is called: a component, a definition, a file of its own. A name of a file says no folder."""
    match schema.pointer:
        case ():
            return re.split(r"[/:]", schema.base)[-1].partition(".")[0] or None
        case ("components", *_, name) | (*_, "$defs" | "definitions", name):
            return str(name)
        case _:
            return None
