"""Which schemas work for clients of two documents? Old properties beside new ones.

What a provider takes needs no more than both clients send; what it gives has all that both need. A component that is
both taken and given, and cannot say both, gets a second one beside it for what is taken.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.description import as_object
from contractctl.formats.retirement import Seat, Step
from contractctl.formats.retirement.components import double, free, owners, reaching, rename
from contractctl.formats.retirement.demands import Demands, required_by
from contractctl.formats.retirement.places import Object, Places, component_of, own, retired

_CHOICES = ("allOf", "anyOf", "oneOf")
_INNER = ("items", "additionalProperties")


class Schemas:
    """The schemas of the document that is made."""

    def __init__(self, places: Places, steps: list[Step], sunset: str, *, wraps: bool, taken: str) -> None:
        """wraps: a reference hides its neighbours. taken: how a component's name goes on for what is taken."""
        self._places, self._steps, self._sunset, self._wraps, self._taken = places, steps, sunset, wraps, taken
        self._met: set[tuple[int, int, Seat]] = set()
        self._schemas: dict[int, Object] = {}
        self._written: dict[int, Demands] = {}
        """What the new document says."""
        self._wanted: dict[tuple[int, Seat], Demands] = {}
        self._gone: list[tuple[int, int]] = []
        """Which schema lost the property of which step."""
        self._wrapped: dict[int, tuple[Object, Json]] = {}
        """What old references stand in, so that they can be deprecated; and these."""
        self._roots: list[Json] = []
        """What is taken, where an operation says it."""
        self._reached: dict[Seat, dict[str, None]] = {seat: {} for seat in Seat}

    def pair(self, was: Json, made: Json, seat: Seat, label: str) -> None:
        """A place where values travel: the schema that is made, and the old document's where that has the place."""
        if seat is Seat.TAKEN:
            self._roots.append(made)
        pending = [(was, made, label)]
        while pending:
            pending.extend(self._pair(*pending.pop(), seat))

    def _pair(self, was: Json, made: Json, label: str, seat: Seat) -> Iterator[tuple[Json, Json, str]]:
        _, made = self._wrapped.get(id(made), (None, made))
        name = component_of(made)
        if name is not None:
            self._reached[seat][name] = None
            label = name
        old, new = self._places.in_old(was), self._places.in_made(made)
        key = id(old) if isinstance(old, dict) else 0, id(new), seat
        if not isinstance(new, dict) or key in self._met:
            return
        self._met.add(key)
        self._note(new)
        if isinstance(old, dict):
            self._beside(old, new, label)
        self._want(old if isinstance(old, dict) else None, new, seat, label)
        yield from _inside(as_object(old), new, label)

    def _note(self, new: Object) -> None:
        """A schema as its author wrote it."""
        if id(new) not in self._schemas:
            self._written[id(new)] = Demands.by(new)
            self._schemas[id(new)] = new

    def _beside(self, old: Object, new: Object, label: str) -> None:
        """The properties that go, beside those that come."""
        before = as_object(old.get("properties"))
        written = self._written[id(new)].names
        known = self._known(new)
        gone = [name for name in before if name not in known]
        if not gone or new.get("type", "object") != "object":
            return
        come = frozenset(written - before.keys())
        holder = as_object(new.setdefault("properties", {}))
        for name in gone:
            self._gone.append((id(new), len(self._steps)))
            self._steps.append(Step("remove", "property", label, name, come))
            holder[name] = self._retired(before[name], f"{label}.{name}")
            self._places.bring(holder[name])

    def _known(self, new: Object) -> set[str]:
        """The properties of a schema, and those of all that it is laid together of."""
        pending: list[Json] = [new]
        names, met = set[str](), set[int]()
        while pending:
            one = self._places.in_made(pending.pop())
            if isinstance(one, dict) and id(one) not in met:
                met.add(id(one))
                names.update(as_object(one.get("properties")))
                branches = one.get("allOf")
                pending.extend(branches if isinstance(branches, list) else [])
        return names

    def _retired(self, schema: Json, what: str) -> Json:
        """https://spec.openapis.org/oas/v3.0.3#reference-object: beside a reference, 3.0 sees nothing."""
        if self._wraps and "$ref" in as_object(schema):
            made = retired({"allOf": [schema]}, self._sunset, what)
            self._wrapped[id(made)] = made, own(schema)
            return made
        return retired(schema, self._sunset, what) if isinstance(schema, dict) else own(schema)

    def _want(self, old: Object | None, new: Object, seat: Seat, label: str) -> None:
        written = self._written[id(new)]
        before = written.required if old is None else self._needed(old, new, seat)
        wanted = self._wanted.setdefault((id(new), seat), written.again())
        wanted.meet(seat, before, old)
        if old is not None:
            if wanted.bounds != written.bounds:
                verb, (subject, _, name) = "narrow" if seat is Seat.TAKEN else "widen", label.rpartition(".")
                self._steps.append(Step(verb, "property", subject or "$", name))
            self._steps += written.steps(before, old.get("enum"), seat, label)

    def _needed(self, old: Object, new: Object, seat: Seat) -> list[str]:
        """What the old document needs; in a request, what does not travel there is needed by nobody."""
        names = required_by(old)
        if seat is Seat.GIVEN:
            return [name for name in names if not self._is(old, name, "writeOnly", self._places.in_old)]
        hidden = [
            name for name in self._written[id(new)].required if self._is(new, name, "readOnly", self._places.in_made)
        ]
        return names + [name for name in hidden if name not in names]

    @staticmethod
    def _is(schema: Object, name: str, word: str, follow: Callable[[Json], Json]) -> bool:
        return as_object(follow(as_object(schema.get("properties")).get(name))).get(word) is True

    # once everything has been met

    def finish(self) -> None:
        """Give every schema what both sides need of it."""
        for number, step in self._gone:
            if (number, Seat.TAKEN) not in self._wanted:
                self._steps[step] = replace(self._steps[step], is_answered=True)
        torn = {number for number in self._schemas if self._is_torn(number)}
        whose = dict(owners(self._components))
        for number in torn:
            if number not in whose:
                raise ContractctlError(
                    "one schema is used in both requests and responses, but would have to differ between them",
                    hint="make it a component of its own, or two",
                )
        names = self._copied({whose[number] for number in torn})
        for name in names:
            self._copy(name, names)
        for name in self._reached[Seat.TAKEN].keys() - names.keys():
            rename(self._components.get(name), names)
        for root in self._roots:
            rename(root, names)
        for number, schema in self._schemas.items():
            seat = Seat.GIVEN if (number, Seat.GIVEN) in self._wanted else Seat.TAKEN
            self._say(schema, number, seat)

    @property
    def _components(self) -> Object:
        return as_object(as_object(self._places.made.get("components")).get("schemas"))

    def _is_torn(self, number: int) -> bool:
        taken, given = (self._wanted.get((number, seat)) for seat in Seat)
        if taken is None or given is None:
            return False
        properties = as_object(self._schemas[number].get("properties"))
        matters = set(taken.required) ^ set(given.required)
        unlike = [name for name in matters if not _travels_once(as_object(self._places.in_made(properties.get(name))))]
        return bool(unlike) or not taken.is_like(given)

    def _copied(self, torn: set[str]) -> dict[str, str]:
        """The components that are given and, in another form, taken: with the names of those that are taken."""
        taken, given = (self._reached[seat] for seat in Seat)
        found = reaching(self._components, taken.keys(), torn)
        both = [name for name in taken if name in found and name in given]
        return {name: free(self._components, f"{name}{self._taken}") for name in both}

    def _copy(self, name: str, names: dict[str, str]) -> None:
        """A component as it is taken, right behind the one that is given."""
        for one, other in list(double(self._components, name, names[name])):
            if (id(one), Seat.TAKEN) in self._wanted:
                self._say(other, id(one), Seat.TAKEN)
        rename(self._components[names[name]], names)

    def _say(self, schema: Object, number: int, seat: Seat) -> None:
        self._wanted[number, seat].write(schema, self._written[number])


def _inside(old: Object, new: Object, label: str) -> Iterator[tuple[Json, Json, str]]:
    """The schemas inside of one, and inside of what it was."""
    before = as_object(old.get("properties"))
    for name, schema in reversed(as_object(new.get("properties")).items()):
        yield before.get(name), schema, f"{label}.{name}"
    for keyword in _INNER:
        if isinstance(new.get(keyword), dict):
            yield old.get(keyword), new[keyword], f"{label}[]" if keyword == "items" else f"{label}.*"
    for keyword in _CHOICES:
        branches, earlier = new.get(keyword), old.get(keyword)
        if not isinstance(branches, list):
            continue
        are_alike = isinstance(earlier, list) and len(earlier) == len(branches)
        for number, branch in enumerate(branches):
            yield earlier[number] if are_alike and isinstance(earlier, list) else None, branch, label


def _travels_once(schema: Object) -> bool:
    """Whether a property travels in one direction only: there alone it can be needed."""
    return schema.get("readOnly") is True or schema.get("writeOnly") is True
