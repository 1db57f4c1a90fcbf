"""What does a schema demand, and what must it demand so that it works for clients of two documents?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from contractctl.documents import Json
from contractctl.formats.description import as_object
from contractctl.formats.retirement import Seat, Step
from contractctl.formats.retirement.bounds import WORDS, Bounds, bounds_of, narrower, wider
from contractctl.formats.retirement.places import Object


@dataclass(slots=True)
class Demands:
    """What a schema demands in the new document, or has to demand in one seat."""

    required: list[str]
    values: list[Json] | None
    """Those of its enum."""
    bounds: Bounds
    names: frozenset[str]
    """Of the properties that the new document gives it."""

    @classmethod
    def by(cls, schema: Object) -> "Demands":
        values, names = schema.get("enum"), frozenset(as_object(schema.get("properties")))
        return cls(required_by(schema), list(values) if isinstance(values, list) else None, bounds_of(schema), names)

    def again(self) -> "Demands":
        """The same, to be changed."""
        return replace(self, required=list(self.required))

    def meet(self, seat: Seat, needed: list[str], old: Object | None) -> None:
        """Demand no more of what is taken, and promise no less of what is given, than an old schema does.

        needed: the properties that it needs. old: None where the old document has no such place.
        """
        if seat is Seat.TAKEN:
            self.required = [name for name in self.required if name in needed]
        else:
            self.required += [name for name in needed if name not in self.required]
        if old is not None:
            self._meet_values(seat, old.get("enum"))
            self.bounds = (wider if seat is Seat.TAKEN else narrower)(self.bounds, bounds_of(old))

    def _meet_values(self, seat: Seat, shown: Json) -> None:
        if not isinstance(shown, list) or self.values is None:
            return
        told, known = ({json.dumps(one) for one in values} for values in (shown, self.values))
        if seat is Seat.TAKEN:
            self.values = self.values + [one for one in shown if json.dumps(one) not in known]
        elif told & known:
            self.values = [one for one in self.values if json.dumps(one) in told]

    def is_like(self, other: "Demands") -> bool:
        """Whether both allow the same values within the same bounds."""
        return json.dumps([self.values, self.bounds]) == json.dumps([other.values, other.bounds])

    def write(self, schema: Object, written: "Demands") -> None:
        """Put it into a schema that says something else until then."""
        if self.required != written.required:
            schema["required"] = list(self.required)
            if not self.required:
                del schema["required"]
        if self.values != written.values:
            schema["enum"] = self.values
        for word in WORDS if self.bounds != written.bounds else ():
            if word in self.bounds:
                schema[word] = self.bounds[word]
            elif word in written.bounds:
                del schema[word]

    def steps(self, before: list[str], shown: Json, seat: Seat, label: str) -> Iterator[Step]:
        """What clients of an old schema have to follow, beside that properties go.

        before: what was needed. shown: the values that were given.
        """
        if seat is Seat.TAKEN:
            yield from (Step("require", "property", label, name) for name in self.required if name not in before)
        else:
            gone = (name for name in before if name not in self.required and name in self.names)
            yield from (Step("release", "property", label, name) for name in gone)
        if not isinstance(shown, list) or self.values is None:
            return
        more, fewer = (self.values, shown) if seat is Seat.GIVEN else (shown, self.values)
        known = {json.dumps(one) for one in fewer}
        verb = "add" if seat is Seat.GIVEN else "remove"
        yield from (Step(verb, "value", label, _worded(one)) for one in more if json.dumps(one) not in known)


def required_by(schema: Object) -> list[str]:
    """The names under `required`."""
    names = schema.get("required")
    return [str(name) for name in names] if isinstance(names, list) else []


def _worded(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
