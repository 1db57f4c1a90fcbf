"""What does a payload in Avro or Protobuf say that serves clients of two documents? As its own format stages it."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from contractctl.errors import ContractctlError
from contractctl.formats.retirement import Seat, Step
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation
from contractctl.model.verdict import Effect, Incompatibility, Undecided


@dataclass(frozen=True, slots=True)
class Inner:
    """Two schemas of a format that has a judge and stages of its own."""

    judge: ModuleType
    old: Source
    new: Source
    policy: Policy
    seat: Seat

    def between(self) -> Source:
        """Raise ContractctlError, in that format's words, where there is none."""
        if self._serves(self.new) and not any(one.kind == "remove-field" for one in self._operations()):
            return self.new
        try:
            made: Source = self._room.intermediate(self.old, self.new, {}, self.policy)
        except ContractctlError:
            for one in (self.new, self.old):
                if self._serves(one):
                    return one
            raise
        return made

    def steps(self) -> list[Step]:
        """What clients have to follow; nothing where only types change."""
        operations = self._operations()
        come = frozenset(str(one.new) for one in operations if one.kind == "add-field")
        unread = {one.path.rpartition(".")[2] for one in self._found(self.new)}
        return [
            *(_gone(one, come) for one in operations if one.kind == "remove-field"),
            *(_wanted(one) for one in operations if one.kind == "add-field" and one.new in unread),
        ]

    def _operations(self) -> tuple[Operation, ...]:
        found: tuple[Operation, ...] = self._room.operations(self.old, self.new, {}, "", self.policy)
        return found

    @property
    def _room(self) -> ModuleType:
        if self.judge.NAME == "avro":
            from contractctl.formats.avro import staging as avro

            return avro
        from contractctl.formats.protobuf import staging as protobuf

        return protobuf

    def _serves(self, between: Source) -> bool:
        return next(self._found(between), None) is None

    def _found(self, between: Source) -> Iterator[Incompatibility | Undecided]:
        """What old and new clients are incompatible with, or may be."""
        middle = self.judge.parse(between, self.policy)
        for one in (self.old, self.new):
            end = self.judge.parse(one, self.policy)
            ends = (middle, end) if self.seat is Seat.TAKEN else (end, middle)
            for found in self.judge.incompatibilities(*ends):
                if isinstance(found, Undecided) or not (found.flipped or found.effect is Effect.LOSES):
                    yield found


def _gone(one: Operation, come: frozenset[str]) -> Step:
    return Step("remove", "property", one.subject.rpartition(".")[2], str(one.old), come)


def _wanted(one: Operation) -> Step:
    return Step("require", "property", one.subject.rpartition(".")[2], str(one.new))
