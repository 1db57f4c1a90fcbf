"""What of the values of one schema does another refuse, where they travel in a request or a response?"""

from collections.abc import Iterator

from contractctl.formats.json_schema.asking import About, Asked
from contractctl.formats.json_schema.explanations import Said
from contractctl.formats.json_schema.meaning import Assertion
from contractctl.formats.json_schema.places import Place
from contractctl.formats.json_schema.search.nodes import Required
from contractctl.formats.json_schema.search.outcomes import Found
from contractctl.formats.json_schema.search.values import OBJECT
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.schemas.views import View


class InSeat(Asked):
    """A question between two documents."""

    __slots__ = ()

    @property
    def declared(self) -> frozenset[str]:
        """The names of properties that were met in the writer's schemas: documents are too large to look for others."""
        view = self.reader
        return (
            frozenset(view.readings.sending.names | view.readings.whole.names)
            if isinstance(view, View)
            else frozenset()
        )

    def explain(self, spot: Spot, place: Place) -> Iterator[Said]:
        yield from self._hidden(spot, place)
        yield from super().explain(spot, place)

    def _hidden(self, spot: Spot, place: Place) -> Iterator[Said]:
        """Properties that are sent and do not travel this way."""
        view = self.reader
        declared = spot.value.get("properties") if isinstance(spot.value, dict) else None
        if not isinstance(view, View) or not isinstance(declared, dict) or not view.readings.role.may_hide:
            return
        for name in declared:
            if not view.hides(spot, name):
                continue
            there = self.space.all_of((self.space.kinds(OBJECT), self.space.literal(Required(frozenset({name})))))
            outcome = self.ask(place, there)
            if isinstance(outcome, Found):
                self.proof = self.proof or outcome
                about = About(spot, place, Assertion("properties", there ^ 1), outcome)
                yield self.finding("openapi-property-hidden", about, name=name, keyword=view.readings.role.hides)
