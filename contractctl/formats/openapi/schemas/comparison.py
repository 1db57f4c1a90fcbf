"""Does the reader's document accept what the writer's allows? Each pair of components is asked once.

Where a finding about two components turns out to be none in the message that led to them, an atom (readings.py) no
longer stands for them: whatever refers to them is asked once more, with the two read out, up to the messages
themselves.
"""

import json
from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace

from contractctl.documents import Json
from contractctl.formats.json_schema.explanations import Said
from contractctl.formats.json_schema.places import lifted
from contractctl.formats.json_schema.references import refer
from contractctl.formats.json_schema.search.membership import UndecidedError, holds
from contractctl.formats.json_schema.search.nodes import Literal
from contractctl.formats.json_schema.search.outcomes import NONE, Found, Outcome, SpentError
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import Unresolved
from contractctl.formats.openapi.document.shared import Shared, references, told, unit_of, without_extensions
from contractctl.formats.openapi.schemas.asking import InSeat
from contractctl.formats.openapi.schemas.discriminators import told_apart, told_of_heirs
from contractctl.formats.openapi.schemas.likeness import alike
from contractctl.formats.openapi.schemas.pairs import Key, Question, ends_of, is_marked, key_of, marks, referring
from contractctl.formats.openapi.schemas.readings import Readings
from contractctl.formats.openapi.schemas.routes import routes
from contractctl.formats.openapi.schemas.views import TURNING, Role, View
from contractctl.model.verdict import Incompatibility, Undecided

_WORK = 10_000
_WORK_IN_ALL = 300_000
"""Forty times what two versions of a document of megabytes need that are far apart."""
_SPENT = "the limit of work for two documents is reached: this, and what comes after it, was not judged"


@dataclass(slots=True)
class SchemaComparison:
    """The schemas of two documents, for what is sent in one direction in one role."""

    role: Role
    writer: Document
    reader: Document
    shared: Shared
    readings: Readings = field(init=False)
    solver: Solver = field(init=False)
    pending: deque[Question] = field(default_factory=deque)
    heirs: deque[Question] = field(default_factory=deque)
    """What values of another schema may be, as a word of theirs says: asked as if it were a message of its own."""
    seats: dict[Key, Question] = field(default_factory=dict)
    """Every schema of a message, where it is met first."""
    asked: list[tuple[Question, Question]] = field(default_factory=list)
    """Every question, behind the seat that led to it."""
    said: dict[Key, set[Hashable]] = field(default_factory=dict)
    """What was found, by the question that it answers."""
    dropped: dict[Key, None] = field(default_factory=dict)
    """Components of which something was found that their seat takes: what refers to them is still to be asked."""
    settled: set[Key] = field(default_factory=set)
    """Those of them that are a message of their own, where it was found as well."""
    work: int = _WORK_IN_ALL
    """What is left for all questions that come."""
    is_spent: bool = False
    """Whether it was said that nothing is left."""
    label: str = ""
    seat: Mapping[str, str] = field(default_factory=dict)
    """Where what is being asked right now stands."""

    def __post_init__(self) -> None:
        self.readings = Readings(self.role, self.writer, self.reader, self.shared, self._enqueue)
        self.solver = Solver(self.readings.space)

    def ask(self, writer: Spot, reader: Spot, label: str, seat: Mapping[str, str]) -> Iterator[tuple[Question, Said]]:
        """What of the values of one schema the other refuses, and what of the components that they refer to."""
        question = Question(ends_of(self.writer, writer), ends_of(self.reader, reader), label, seat)
        self.label, self.seat = label, seat
        self.seats.setdefault(question.key, question)
        self._enqueue(question.writer, question.reader)
        yield from self._all_asked(question)

    def left(self) -> Iterator[tuple[Question, Said]]:
        """What is wrong with whatever refers to components of which something was found that their seat takes."""
        while self.dropped:
            dropped, self.dropped = self.dropped, {}
            for key in [one for one in dropped if one in self.seats]:
                for question, said in self._once_more(self.seats[key], self.seats[key]):
                    yield question, said
                    if isinstance(said, Incompatibility):
                        self.settled.add(key)
            self.readings.doubt(dropped.keys() - self.settled)
            for seat, question in tuple(self.asked):
                if self._leads(question, dropped.keys() - self.settled):
                    yield from self._once_more(seat, question)

    def _all_asked(self, seat: Question) -> Iterator[tuple[Question, Said]]:
        while self.pending:
            question = self.pending.popleft()
            self.asked.append((seat, question))
            yield from self._judged(seat, question)

        while self.heirs:
            heir = self.heirs.popleft()
            self.asked.append((heir, heir))
            yield from self._judged(heir, heir)
            yield from self._all_asked(heir)

    def _once_more(self, seat: Question, question: Question) -> Iterator[tuple[Question, Said]]:
        self.label, self.seat = seat.label, seat.seat
        yield from self._judged(seat, question)
        yield from self._all_asked(seat)

    def _judged(self, seat: Question, question: Question) -> Iterator[tuple[Question, Said]]:
        """What is wrong, and was not said before."""
        known = self.said.setdefault(question.key, set())
        before = frozenset(known)
        for said in self._answers(question):
            mark = _mark(said)
            if mark in before:
                continue
            for one in self._confirmed(seat, question, said):
                known.add(mark)
                yield one

    def _leads(self, question: Question, components: AbstractSet[Key]) -> bool:
        """Whether the writer sends one of these components somewhere in a question, as that is read."""
        pending, met = [question.writer], set[object]()
        while pending:
            for target in self._targets(pending.pop()):
                if target.key in met or self.shared.has(unit_of(target.base, target.pointer)):
                    continue
                met.add(target.key)
                pair = self.readings.pair(self.writer, target)
                if pair is not None and pair in components:
                    return True
                if pair is None or pair in self.readings.doubtful:
                    pending.append(target)
        return False

    def _targets(self, spot: Spot) -> Iterator[Spot]:
        """What a schema of the writer's refers to."""
        for text in references(told(spot.value), spot.value):
            with suppress(Unresolved):
                yield refer(self.writer.schemas, referring(spot, text), "$ref")

    def _confirmed(self, seat: Question, question: Question, said: Said) -> Iterator[tuple[Question, Said]]:
        """A finding with the whole value of its seat, where the reader refuses that, too.

        Where the reader takes it, or no value of the seat has it there, what refers to the component has to be asked
        once more.
        """
        is_seat = question.key == seat.key
        if not isinstance(said, Incompatibility) or is_seat or "document" not in said.facts:
            yield question, _with_whole(said, is_whole=True)
            return
        value, readings = json.loads(said.facts["document"]), self.readings
        try:
            sent = readings.travelling(readings.whole.root(seat.writer))
            taken = readings.exact_reader.root(seat.reader)
        except RecursionError:
            yield question, _with_whole(said, is_whole=False)
            return
        for place in routes(self.writer, seat.writer, question.writer):
            outcome = self._solved((sent, lifted(readings.space, place, readings.space.enum([value]))))
            if outcome is NONE:
                continue
            if not isinstance(outcome, Found):
                yield question, _with_whole(said, is_whole=False)
                return
            if not self._takes(taken, outcome.value):
                document = json.dumps(outcome.value, ensure_ascii=False)
                yield question, _with_whole(replace(said, facts={**said.facts, "document": document}), is_whole=True)
                return
        if question.key not in self.readings.doubtful | self.settled:
            self.dropped[question.key] = None

    def _solved(self, literals: tuple[Literal, ...]) -> Outcome | None:
        """What the solver says; None where that would take too long."""
        self.solver.work = _WORK
        try:
            return self.solver.solve(literals)
        except (SpentError, RecursionError):
            return None
        finally:
            self.work -= _WORK - max(self.solver.work, 0)

    def _takes(self, literal: Literal, value: Json) -> bool:
        try:
            return holds(self.readings.space, literal, value)
        except (UndecidedError, RecursionError):
            return False

    def _enqueue(self, writer: Spot, reader: Spot) -> None:
        writer, reader = ends_of(self.writer, writer), ends_of(self.reader, reader)
        key = key_of(writer, reader)
        if key in self.readings.met or self.shared.holds(writer, reader):
            return
        self.readings.met.add(key)
        self.pending.append(Question(writer, reader, self.label, self.seat))

    def _enqueue_heirs(self, writer: Spot, reader: Spot) -> None:
        question = Question(ends_of(self.writer, writer), ends_of(self.reader, reader), self.label, self.seat)
        if question.key not in self.seats and not self.shared.holds(question.writer, question.reader):
            self.seats[question.key] = question
            self.readings.met.add(question.key)
            self.heirs.append(question)

    def _answers(self, question: Question) -> Iterator[Said]:
        ends = (self.writer, question.writer), (self.reader, question.reader)
        below = self._below(question)
        if below is not None:
            for pair in below:
                self._enqueue(*pair)
        else:
            yield from self._asked(self.readings.taking, self.readings.sending, question)
        yield from told_apart(*ends)
        for heirs in told_of_heirs(*ends):
            self._enqueue_heirs(*heirs)

    def _asked(self, reader: View, writer: View, question: Question) -> Iterator[Said]:
        """What is wrong, as two views see it."""
        if self.work <= 0:
            if not self.is_spent:
                self.is_spent = True
                yield Undecided("$", _SPENT)
            return
        known = self.readings.alike
        for left, right, said in alike(question.writer, question.reader, self.shared):
            known[id(left)] = known[id(right)] = said  # the documents live longer than what is known of them
        try:
            sent = writer.root(question.writer)  # first: the reader's atoms are those that the writer sends
            reader.root(question.reader)
        except RecursionError:
            yield Undecided("$", "it is nested too deeply to decide")
            return
        sent = self.readings.travelling(sent)
        schemas = self.writer.schemas
        asked = InSeat(self.readings.space, self.solver, reader, question.reader, sent, schemas, question.writer)
        granted = asked.work
        yield from asked.answers()
        self.work -= granted - asked.work

    def _below(self, question: Question) -> list[tuple[Spot, Spot]] | None:
        """Where both schemas have the same words: the components that they refer to, which are all that may differ.

        None where it has to be asked: with other words, and where more inside may mean less outside.
        """
        writer, reader = question.writer, question.reader
        if writer.base != reader.base or writer.dialect is not reader.dialect:
            return None
        if told(writer.value) != told(reader.value):
            return None
        value = without_extensions(writer.value)
        said = told(value)
        if (
            TURNING.search(said)
            or self._hides(said)
            or self.readings.endless[0](writer)
            or self.readings.endless[1](reader)
        ):
            return None
        found = []
        for text in references(said, value):
            ends = (self.writer, referring(writer, text)), (self.reader, referring(reader, text))
            try:
                one, other = (refer(document.schemas, spot, "$ref") for document, spot in ends)
            except Unresolved:
                return None
            key = key_of(ends_of(self.writer, one), ends_of(self.reader, other))
            is_hidden = self.role.may_hide and is_marked(self.writer, one, self.role.hides)
            if is_hidden or marks(one) != marks(other) or key in self.readings.doubtful:
                return None
            found.append((one, other))
        return found

    def _hides(self, said: bytes) -> bool:
        """Whether a schema, as told() makes it, speaks of properties that do not travel: what they refer to may not."""
        return self.role.may_hide and told(self.role.hides)[1:] in said


def _mark(said: Said) -> Hashable:
    """The same for what says the same: the values that show it may be others."""
    if isinstance(said, Undecided):
        return said.path, said.reason
    return said.rule, said.path, said.taker_at, said.facts.get("name")


def _with_whole(said: Said, *, is_whole: bool) -> Said:
    """Whether the document of a finding is the whole value of its seat."""
    if not isinstance(said, Incompatibility):
        return said
    return replace(said, facts={**said.facts, "whole": "yes" if is_whole else "no"})
