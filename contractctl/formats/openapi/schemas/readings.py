"""How are two documents read beside each other? What both have stands as one atom, in the reading of each.

What a component refers to stands in a question as an atom that both sides share. Where the two components behind it
mean the same, that is what it is. Where they differ, it stands for what both of them allow, and the two are a question
of their own: if all that is sent there is taken, then both allow the same as far as anything is sent,
and "none" here is true; if it is not, that is a finding already. Values are finite, so going from component to
component, in circles even, each question may rest on those about smaller values. The reader's atoms may stand only
where more inside means more outside: elsewhere, below `oneOf` or `not`, the reader's component is read out in full,
unless it allows nothing but what the writer's does, too.
"""

from collections.abc import Callable, Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from contractctl.formats.json_schema.search.nodes import FALSE, Literal
from contractctl.formats.json_schema.search.outcomes import NONE, SpentError
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.values import NULL
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.shared import Shared, unit_of
from contractctl.formats.openapi.schemas.likeness import Alike
from contractctl.formats.openapi.schemas.pairs import Key, counterpart, ends_of, key_of
from contractctl.formats.openapi.schemas.recursion import InfiniteRecursion
from contractctl.formats.openapi.schemas.views import Components, Role, Sending, Taking, View

_WORK_ASIDE = 3_000


class _Bodies(dict[int, Literal]):
    """What named nodes stand for; those of atoms are read when somebody asks."""

    def __init__(self) -> None:
        super().__init__()
        self.later: dict[int, tuple[View, ...]] = {}
        self.spots: dict[int, tuple[Spot, ...]] = {}

    def __missing__(self, number: int) -> Literal:
        views = [view.at_rest for view in self.later[number]]
        spots = [_seen(view, spot) for view, spot in zip(views, self.spots[number], strict=True)]
        space = views[0].space
        self[number] = literal = space.all_of(view.read_out(spot) for view, spot in zip(views, spots, strict=True))
        return literal


def _seen(view: View, spot: Spot) -> Spot:
    """A part that both documents have, as the one has it that a view reads: it may count its files otherwise."""
    resource = view.document.schemas.resources.get(spot.base)
    return spot if resource is None or resource.file == spot.file else replace(spot, file=resource.file)


@dataclass(slots=True)
class Readings:
    """The views of two documents on what is sent in one direction in one role."""

    role: Role
    writer: Document
    reader: Document
    shared: Shared
    ask: Callable[[Spot, Spot], None]
    """Asks the question that an atom rests on: what of the writer's component the reader's refuses."""
    space: Space = field(default_factory=Space)
    bodies: _Bodies = field(default_factory=_Bodies)
    endless: tuple[InfiniteRecursion, InfiniteRecursion] = field(init=False)
    """Of the writer's schemas and of the reader's."""
    met: set[Key] = field(default_factory=set)
    """The pairs whose question is asked."""
    doubtful: set[Key] = field(default_factory=set)
    """Those of them that are read out by now, wherever they are referred to."""
    alike: dict[int, Alike] = field(default_factory=dict)
    """Parts that both documents have in the same words, by their identity."""
    narrower: dict[Hashable, bool] = field(default_factory=dict)
    sending: Sending = field(init=False)
    taking: Taking = field(init=False)
    whole: Sending = field(init=False)
    """What is sent, whatever the reader makes of it."""
    exact_writer: View = field(init=False)
    exact_reader: View = field(init=False)

    def __post_init__(self) -> None:
        self.space.bodies = self.bodies
        self.endless = InfiniteRecursion(self.writer), InfiniteRecursion(self.reader)
        self.exact_reader = View(self.space, self.reader, self, Components.LATER)
        exact_writer = View(self.space, self.writer, self, Components.LATER)
        self.whole = Sending(self.space, self.writer, self, Components.LATER, exact_writer)
        self._look()

    def doubt(self, pairs: AbstractSet[Key]) -> None:
        """Read the components of these pairs out from now on."""
        self.doubtful |= pairs
        self._look()

    def _look(self) -> None:
        """With views that have read nothing yet: what was read before stands for what is no longer taken as given."""
        self.exact_writer = View(self.space, self.writer, self, Components.BOTH)
        self.sending = Sending(self.space, self.writer, self, Components.BOTH, self.exact_writer)
        self.taking = Taking(self.space, self.reader, self, Components.BOTH, self._exact(self.reader))

    @property
    def round(self) -> int:
        """What is read where other components are read out is something else."""
        return len(self.doubtful)

    def _exact(self, document: Document) -> View:
        return View(self.space, document, self, Components.EXACT)

    def pair(self, document: Document, target: Spot) -> Key | None:
        """What is asked about a component; None for what is always read out."""
        other = counterpart(self._other(document), target)
        if other is None:
            return None
        writer, reader = (target, other) if document is self.writer else (other, target)
        return key_of(ends_of(self.writer, writer), ends_of(self.reader, reader))

    def travelling(self, sent: Literal) -> Literal:
        """What of it there is a text for: https://spec.openapis.org/oas/v3.1.1#style-values."""
        if not self.role.is_text:
            return sent
        never = self.space.enum(["", [], {}]) if self.role is Role.SEGMENT else FALSE
        return self.space.all_of((sent, self.space.kinds(NULL) ^ 1, never ^ 1))

    def atom(self, view: View, target: Spot) -> Literal | None:
        """The literal that stands for a component in both documents; None where it has to be read out."""
        unit = unit_of(target.base, target.pointer)
        if len(unit) != len(target.pointer) + 1:
            return None
        if self.shared.has(unit):
            return self._named(("same", unit), (self.taking,), (target,))
        other = counterpart(self._other(view.document), target)
        if other is None or not self._may_share(view, target, other):
            return None
        writer, reader = (target, other) if view.document is self.writer else (other, target)
        if view is self.sending or view is self.exact_writer:
            self.ask(writer, reader)
        return self._named(("both", unit, self.round), (self.exact_writer, self.taking), (writer, reader))

    def same(self, said: Alike, spot: Spot) -> Literal:
        """What stands for a part that both documents have in the same words: it is read when somebody asks."""
        return self._named(("alike", said), (self.taking,), (spot,))

    def same_sent(self, said: Alike, spot: Spot) -> Literal:
        """What the writer sends by such a part."""
        return self._named(("alike, sent", said), (self.sending,), (spot,))

    def _may_share(self, view: View, target: Spot, other: Spot) -> bool:
        """Whether a component may stand for what both documents allow: it is sent, and what was found of it holds."""
        pair = self.pair(view.document, target)
        if pair in self.doubtful:
            return False
        if view.components is Components.BOTH:
            return view.document is self.writer or pair in self.met
        return view.components is Components.EXACT and self._is_narrower(view, target, other)

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
                theirs = Taking(self.space, self.writer, self, Components.BOTH, self._exact(self.writer)).root(other)
                self.narrower[key] = solver.solve((mine, theirs ^ 1)) is NONE
            except (SpentError, RecursionError):
                return False
        return self.narrower[key]

    def later(self, view: View, target: Spot) -> Literal:
        """What a schema says in a view, read when somebody asks."""
        return self._named((type(view), view.document, target.key), (view,), (target,))

    def sent(self, target: Spot) -> Literal:
        """What the writer sends by a component."""
        return self._named(("sent", target.base, target.pointer, self.round), (self.sending,), (target,))

    def _other(self, document: Document) -> Document:
        return self.reader if document is self.writer else self.writer

    def _named(self, key: Hashable, views: tuple[View, ...], spots: tuple[Spot, ...]) -> Literal:
        literal = self.space.name(key)
        self.bodies.later.setdefault(literal >> 1, views)
        self.bodies.spots.setdefault(literal >> 1, spots)
        return literal
