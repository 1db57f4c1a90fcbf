"""Which values does a part of a schema allow? Asked about a given value, or whether there is any."""

from dataclasses import dataclass, replace

from contractctl.documents import Json
from contractctl.formats.json_schema.meaning import Meaning
from contractctl.formats.json_schema.search.membership import UndecidedError, holds
from contractctl.formats.json_schema.search.nodes import Literal
from contractctl.formats.json_schema.search.outcomes import Found, SpentError
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.spots import Schema
from contractctl.formats.json_schema.views import Node

_WORK = 10_000


@dataclass(frozen=True, slots=True)
class Instance:
    """A found value; wrapped, because it may itself be null."""

    value: Json


class Allowed:
    """Which values the parts of one schema allow."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._space = Space()
        self._known: dict[object, Literal] = {}

    def __call__(self, node: Node, value: Json) -> bool:
        """Whether all schemas of a node allow a value. Raise UndecidedError where nobody can tell."""
        return holds(self._space, self._literal(node), value)

    def simplest(self, node: Node) -> Instance | None:
        """A value that is declared as the default, or the simplest that is found; None where there is none."""
        for spot in node:
            if "default" in spot.keywords and self._has(node, spot.keywords["default"]):
                return Instance(spot.keywords["default"])
        try:
            outcome = Solver(self._space, _WORK).solve((self._literal(node),))
        except (SpentError, RecursionError):
            return None
        return Instance(outcome.value) if isinstance(outcome, Found) else None

    def _has(self, node: Node, value: Json) -> bool:
        try:
            return self(node, value)
        except UndecidedError:
            return False

    def _literal(self, node: Node) -> Literal:
        key = tuple(spot.key for spot in node)
        if key not in self._known:
            alone = [Meaning(self._space, replace(self._schema, roots=(spot,))).root(spot) for spot in node]
            self._known[key] = self._space.all_of(alone)
        return self._known[key]
