"""What must a property of one object be, by its name? What is asserted of the object, ready to be asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema import language
from contractctl.formats.json_schema.search.membership import UndecidedError, holds
from contractctl.formats.json_schema.search.nodes import (
    FALSE,
    TRUE,
    Literal,
    Pattern,
    Properties,
    PropertyNames,
    Required,
)
from contractctl.formats.json_schema.search.outcomes import NONE, Outcome, Unknown
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.strings import sizes
from contractctl.formats.json_schema.search.values import identity

if TYPE_CHECKING:
    from contractctl.formats.json_schema.search.solver import Solver
    from contractctl.formats.json_schema.search.state import State


@dataclass(frozen=True, slots=True)
class Rule:
    """What properties must be, by name: one Properties node, ready to be asked."""

    named: dict[str, Literal]
    patterns: tuple[tuple[str, Literal], ...]
    """Those on which it hangs what a name must be."""
    rest: Literal


@dataclass(slots=True)
class Question:
    """What is asserted of one object."""

    solver: "Solver"
    rules: list[Rule]
    required: frozenset[str]
    absent: frozenset[str]
    names: list[Literal]
    least: int
    most: int | None
    nodes: list[Properties]
    denied: Mapping[object, dict[str, Json]]
    """Objects that it must not be, by identity."""
    features: frozenset[Literal] = frozenset()
    """What may be so or not of a name that nobody names, and makes a difference."""
    unknown: Unknown | None = None
    bases: dict[str, frozenset[Literal] | None] = field(default_factory=dict)
    named: dict[str, None] | None = None

    @property
    def known(self) -> dict[str, None]:
        """Every name that somebody names, in one order."""
        if self.named is None:
            names = (name for node in self.nodes for name, _ in node.named)
            self.named = dict.fromkeys(chain(sorted(self.required), names, *self.denied.values()))
        return self.named

    def doubt(self, reason: str) -> None:
        """Note why "none" would not be certain; the first reason is kept."""
        self.unknown = self.unknown or Unknown(reason)

    def base(self, name: str) -> frozenset[Literal] | None:
        """What a property of that name must be; None where there can be none, or where that is not known."""
        if name not in self.bases:
            self.bases[name] = self._base(name)
        return self.bases[name]

    def _base(self, name: str) -> frozenset[Literal] | None:
        try:
            if not all(holds(self.solver.space, literal, name) for literal in self.names):
                return None
            found = {literal for rule in self.rules for literal in _for_name(rule, name)}
        except UndecidedError as error:
            self.doubt(error.reason)
            return None
        found.discard(TRUE)
        return None if FALSE in found else frozenset(found)

    def value(self, name: str, extra: frozenset[Literal]) -> Outcome:
        """A value for a property of that name."""
        base = self.base(name)
        if base is None or any(literal ^ 1 in base for literal in extra):
            return NONE
        return self.solved(base | extra)

    def solved(self, goal: frozenset[Literal]) -> Outcome:
        """What the solver says of a goal; that it does not know is a doubt about the object, too."""
        outcome = self.solver.solve(goal)
        if isinstance(outcome, Unknown):
            self.doubt(outcome.reason)
        return outcome


def question(solver: "Solver", state: "State") -> Question:
    """What a state asserts of objects."""
    least, most = sizes(state)
    nodes = [node for node, _ in state.of(Properties)]
    denied = {identity(value): value for value in solver.denied(state) if isinstance(value, dict)}
    required = frozenset(name for node, is_held in state.of(Required) if is_held for name in node.names)
    denied_names = (node.names for node, is_held in state.of(Required) if not is_held)
    absent = frozenset(name for names in denied_names if len(names) == 1 for name in names)  # of several, one is enough
    return Question(
        solver=solver,
        rules=[_rule(solver, node) for node, is_held in state.of(Properties) if is_held],
        required=required,
        absent=absent,
        names=[node.name for node, is_held in state.of(PropertyNames) if is_held],
        least=least,
        most=most,
        nodes=nodes,
        denied=denied,
    )


def _rule(solver: "Solver", node: Properties) -> Rule:
    """Made once for each node, which the space keeps for good."""
    known = solver.rules.get(id(node))
    if known is None:
        known = solver.rules[id(node)] = _read(node)
    return known


def _read(node: Properties) -> Rule:
    deciding = node.patterns if node.rest != TRUE else tuple(one for one in node.patterns if one[1] != TRUE)
    return Rule(dict(node.named), deciding, node.rest)


def _for_name(rule: Rule, name: str) -> Iterator[Literal]:
    spoken = name in rule.named
    if spoken:
        yield rule.named[name]
    for source, literal in rule.patterns:
        if matches(source, name):
            spoken = True
            yield literal
    if not spoken:
        yield rule.rest


def for_signs(space: Space, rule: Rule, signs: set[Literal]) -> list[Literal]:
    """What a property must be whose name nobody names, by the patterns that it fits."""
    found = [literal for source, literal in rule.patterns if space.literal(Pattern(source)) in signs]
    return found or [rule.rest]


def matches(source: str, name: str) -> bool:
    """Whether a name fits a pattern. Raise UndecidedError where the pattern cannot be judged."""
    try:
        return language.matches(source, name)
    except language.Unreadable as error:
        raise UndecidedError(error.reason) from None
