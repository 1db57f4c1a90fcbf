"""Does what is written by one document's schemas get read by the other's? Each pair of components is asked once.

What a component refers to stands in a question as an atom that both sides share. Where the two components behind it
mean the same, that is what it is. Where they differ, it stands for what both of them allow, and the two are a question
of their own: if all that is sent there is taken, then both allow the same as far as anything is sent,
and "none" here is true; if it is not, that is a finding already. Values are finite, so going from component to
component, in circles even, each question may rest on those about smaller values. The reader's atoms may stand only
where more inside means more outside: elsewhere, below `oneOf` or `not`, the reader's component is read out in full,
unless it allows nothing but what the writer's does, too.
"""

import json
from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from contractctl.documents import Json
from contractctl.formats.json_schema.explanations import Said
from contractctl.formats.json_schema.meaning import Assertion
from contractctl.formats.json_schema.places import Place, lifted
from contractctl.formats.json_schema.references import refer
from contractctl.formats.json_schema.resolution import About, Asked
from contractctl.formats.json_schema.search.membership import UndecidedError, holds
from contractctl.formats.json_schema.search.nodes import Literal, Required, Space
from contractctl.formats.json_schema.search.outcomes import NONE, Found, SpentError
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.search.values import OBJECT
from contractctl.formats.json_schema.spots import Spot, start
from contractctl.formats.openapi.discriminators import told_apart
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.endless import Endless
from contractctl.formats.openapi.parts import Unresolved
from contractctl.formats.openapi.routes import routes
from contractctl.formats.openapi.shared import Shared, references, told, unit_of
from contractctl.formats.openapi.views import TURNING, Role, Sending, Taking, View
from contractctl.model.verdict import Incompatibility, Undecided

_WORK = 10_000
_WORK_ASIDE = 3_000
_MOST_REFERENCES = 8
_COMPONENT = 3
"""Steps to a component: components, schemas, its name."""


@dataclass(frozen=True, slots=True)
class Question:
    """A schema of the writer's, and the reader's that its values meet."""

    writer: Spot
    reader: Spot
    label: str
    """Where they meet first, in people's words."""
    seat: Mapping[str, str]
    """The part of a message where they meet first, as facts."""


class _Bodies(dict[int, Literal]):
    """What named nodes stand for; those of atoms are read when somebody asks."""

    def __init__(self) -> None:
        super().__init__()
        self.later: dict[int, tuple[View, ...]] = {}
        self.spots: dict[int, tuple[Spot, ...]] = {}

    def __missing__(self, number: int) -> Literal:
        views, spots = [view.at_rest for view in self.later[number]], self.spots[number]
        space = views[0].space
        self[number] = literal = space.all_of(view.of(spot) for view, spot in zip(views, spots, strict=True))
        return literal


@dataclass(slots=True)
class Sight:
    """All that travels one way, in one role, between two documents."""

    role: Role
    writer: Document
    reader: Document
    shared: Shared
    space: Space = field(default_factory=Space)
    solver: Solver = field(init=False)
    bodies: _Bodies = field(default_factory=_Bodies)
    endless: tuple[Endless, Endless] = field(init=False)
    """Of the writer's schemas and of the reader's."""
    pending: deque[Question] = field(default_factory=deque)
    met: set[Hashable] = field(default_factory=set)
    seats: list[Question] = field(default_factory=list)
    """Every schema of a message that was asked about."""
    is_doubtful: bool = False
    narrower: dict[Hashable, bool] = field(default_factory=dict)
    label: str = ""
    seat: Mapping[str, str] = field(default_factory=dict)
    """Where what is being asked right now stands."""
    sending: Sending = field(init=False)
    taking: Taking = field(init=False)
    whole: Sending = field(init=False)
    """What is sent, whatever the reader makes of it."""
    exact_writer: View = field(init=False)
    exact_reader: View = field(init=False)

    def __post_init__(self) -> None:
        self.space.bodies = self.bodies
        self.endless = Endless(self.writer), Endless(self.reader)
        self.solver = Solver(self.space)
        self.exact_writer = View(self.space, self.writer, self, shares=True)
        self.sending = Sending(self.space, self.writer, self, self.exact_writer, shares=True)
        self.exact_reader = self._exact(self.reader)
        self.taking = Taking(self.space, self.reader, self, self.exact_reader, shares=True)
        self.whole = Sending(self.space, self.writer, self, self._exact(self.writer), shares=False)

    def _exact(self, document: Document) -> View:
        return View(self.space, document, self, shares=False)

    def ask(self, writer: Spot, reader: Spot, label: str, seat: Mapping[str, str]) -> Iterator[tuple[Question, Said]]:
        """What of the values of one schema the other refuses, and what of the components that they refer to."""
        self.label, self.seat = label, seat
        self._enqueue(writer, reader)
        for whole in tuple(self.pending):
            self.seats.append(whole)
            while self.pending:
                question = self.pending.popleft()
                for said in self._answers(question):
                    yield from self._confirmed(whole, question, said)

    def left(self) -> Iterator[tuple[Question, Said]]:
        """What is wrong with whole seats, where a finding about a component turned out to be none in its seat."""
        for seat in self.seats if self.is_doubtful else ():
            for said in self._asked(self.exact_reader, self.whole, seat):
                yield seat, _with_whole(said, is_whole=True)

    def _confirmed(self, seat: Question, question: Question, said: Said) -> Iterator[tuple[Question, Said]]:
        """A finding with the whole value of its seat, where the reader refuses that, too.

        Where the reader takes it, the two components do not meet there: then what was left out for the sake of the
        finding is asked in whole.
        """
        if not isinstance(said, Incompatibility) or question is seat or "document" not in said.facts:
            yield question, _with_whole(said, is_whole=True)
            return
        value = json.loads(said.facts["document"])
        try:
            sent, taken = self.whole.root(seat.writer), self.exact_reader.root(seat.reader)
        except RecursionError:
            yield question, _with_whole(said, is_whole=False)
            return
        for place in routes(self.writer, seat.writer, question.writer):
            outcome = self._solved((sent, lifted(self.space, place, self.space.enum([value]))))
            if outcome is None:
                yield question, _with_whole(said, is_whole=False)
                return
            if not self._takes(taken, outcome):
                document = json.dumps(outcome, ensure_ascii=False)
                yield question, _with_whole(replace(said, facts={**said.facts, "document": document}), is_whole=True)
                return
        self.is_doubtful = True

    def _solved(self, literals: tuple[Literal, ...]) -> Json:
        self.solver.work = _WORK
        try:
            outcome = self.solver.solve(literals)
        except (SpentError, RecursionError):
            return None
        return outcome.value if isinstance(outcome, Found) else None

    def _takes(self, literal: Literal, value: Json) -> bool:
        try:
            return holds(self.space, literal, value)
        except (UndecidedError, RecursionError):
            return False

    def _enqueue(self, writer: Spot, reader: Spot) -> None:
        writer, reader = _ends(self.writer, writer), _ends(self.reader, reader)
        key = (writer.base, writer.pointer, reader.base, reader.pointer)
        if key in self.met or self.shared.holds(writer, reader):
            return
        self.met.add(key)
        self.pending.append(Question(writer, reader, self.label, self.seat))

    def _answers(self, question: Question) -> Iterator[Said]:
        below = self._below(question)
        if below is not None:
            for pair in below:
                self._enqueue(*pair)
            return
        yield from self._asked(self.taking, self.sending, question)
        yield from told_apart((self.writer, question.writer), (self.reader, question.reader))

    def _asked(self, reader: View, writer: View, question: Question) -> Iterator[Said]:
        """What is wrong, as two views see it."""
        try:
            reader.root(question.reader)
            sent = writer.root(question.writer)
        except RecursionError:
            yield Undecided("$", "it is nested too deeply to decide")
            return
        yield from _Asked(
            self.space, self.solver, reader, question.reader, sent, self.writer.schemas, question.writer
        ).answers()

    def _below(self, question: Question) -> list[tuple[Spot, Spot]] | None:
        """Where both schemas have the same words: the components that they refer to, which are all that may differ.

        None where it has to be asked: with other words, and where more inside may mean less outside.
        """
        writer, reader = question.writer, question.reader
        if writer.base != reader.base or writer.dialect is not reader.dialect:
            return None
        said = told(writer.value)
        if said != told(reader.value) or TURNING.search(said) or self.endless[0](writer) or self.endless[1](reader):
            return None
        found = []
        for text in references(said, writer.value):
            ends = (
                (self.writer, replace(writer, value={"$ref": text})),
                (self.reader, replace(reader, value={"$ref": text})),
            )
            try:
                one, other = (refer(document.schemas, spot, "$ref") for document, spot in ends)
            except Unresolved:
                return None
            if _marks(one) != _marks(other):
                return None
            found.append((one, other))
        return found

    def atom(self, view: View, target: Spot) -> Literal | None:
        """The literal that stands for a component in both documents; None where it has to be read out."""
        unit = unit_of(target.base, target.pointer)
        if len(unit) != len(target.pointer) + 1:
            return None
        if self.shared.has(unit):
            return self._named(("same", unit), (self.taking,), (target,))
        other = self._counterpart(view, target)
        if other is None or not (view.shares or self._is_narrower(view, target, other)):
            return None
        writer, reader = (target, other) if view.document is self.writer else (other, target)
        if view is self.sending or view is self.exact_writer:
            self._enqueue(writer, reader)
        return self._named(("both", unit), (self.exact_writer, self.taking), (writer, reader))

    def _is_narrower(self, view: View, target: Spot, other: Spot) -> bool:
        """Whether the reader's component allows nothing that the writer's does not: then both allow what it allows.

        It is asked aside, of views of its own: those that ask are in the middle of reading.
        """
        if view.document is not self.reader:
            return False
        key = target.base, target.pointer
        if key not in self.narrower:
            self.narrower[key] = False  # as long as it is not known
            solver = Solver(self.space, _WORK_ASIDE)
            try:
                mine = self._exact(self.reader).root(target)
                theirs = Taking(self.space, self.writer, self, self._exact(self.writer), shares=True).root(other)
                self.narrower[key] = solver.solve((mine, theirs ^ 1)) is NONE
            except (SpentError, RecursionError):
                return False
        return self.narrower[key]

    def sent(self, target: Spot) -> Literal:
        """What the writer sends by a component."""
        return self._named(("sent", target.base, target.pointer), (self.sending,), (target,))

    def _named(self, key: Hashable, views: tuple[View, ...], spots: tuple[Spot, ...]) -> Literal:
        literal = self.space.name(key)
        self.bodies.later.setdefault(literal >> 1, views)
        self.bodies.spots.setdefault(literal >> 1, spots)
        return literal

    def _counterpart(self, view: View, target: Spot) -> Spot | None:
        """The component of the same name in the other document."""
        other = self.reader if view.document is self.writer else self.writer
        resource = other.schemas.resources.get(target.base)
        if resource is None or len(target.pointer) not in {0, _COMPONENT}:
            return None
        spot = start(other.schemas, resource, ())
        value = spot.value
        for step in target.pointer:
            if not isinstance(value, dict) or step not in value:
                return None
            value = value[str(step)]
        return replace(spot, value=value, pointer=target.pointer)


class _Asked(Asked):
    """A question between two documents."""

    __slots__ = ()

    @property
    def declared(self) -> frozenset[str]:
        """The names of properties that were met in the writer's schemas: documents are too large to look for others."""
        view = self.reader
        return frozenset(view.sight.sending.names | view.sight.whole.names) if isinstance(view, View) else frozenset()

    def explain(self, spot: Spot, place: Place) -> Iterator[Said]:
        yield from self._hidden(spot, place)
        yield from super().explain(spot, place)

    def _hidden(self, spot: Spot, place: Place) -> Iterator[Said]:
        """Properties that are sent and do not travel this way."""
        view = self.reader
        declared = spot.value.get("properties") if isinstance(spot.value, dict) else None
        if not isinstance(view, View) or not isinstance(declared, dict) or view.sight.role.is_text:
            return
        for name in declared:
            if not view.hides(spot, name):
                continue
            there = self.space.all_of((self.space.kinds(OBJECT), self.space.literal(Required(frozenset({name})))))
            outcome = self.ask(place, there)
            if isinstance(outcome, Found):
                self.proof = self.proof or outcome
                about = About(spot, place, Assertion("properties", there ^ 1), outcome)
                yield self.finding("openapi-property-hidden", about, name=name, keyword=view.sight.role.hides)


def _marks(spot: Spot) -> tuple[object, ...]:
    """What of a component counts where it is referred to."""
    value = spot.value if isinstance(spot.value, dict) else {}
    return value.get("readOnly"), value.get("writeOnly"), value.get("$ref")


def _with_whole(said: Said, *, is_whole: bool) -> Said:
    """Whether the document of a finding is the whole value of its seat."""
    if not isinstance(said, Incompatibility):
        return said
    return replace(said, facts={**said.facts, "whole": "yes" if is_whole else "no"})


def _ends(document: Document, spot: Spot) -> Spot:
    """Where references that say nothing else lead."""
    for _ in range(_MOST_REFERENCES):
        value = spot.value
        if not isinstance(value, dict) or "$ref" not in value or (len(value) > 1 and not document.is_3_0):
            break
        try:
            spot = refer(document.schemas, spot, "$ref")
        except Unresolved:
            break
    return spot
