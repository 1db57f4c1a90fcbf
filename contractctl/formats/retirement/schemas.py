"""What do the schemas say that clients of two documents get on with? Old properties beside new ones.

What a provider takes needs no more than both clients send; what it gives has all that both need. A component that is
both taken and given, and cannot say both, gets a second one beside it for what is taken.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.description import as_object
from contractctl.formats.retirement import Step
from contractctl.formats.retirement.bounds import WORDS, Bounds, bounds_of, narrower, wider
from contractctl.formats.retirement.places import Object, Places, component_of, own, retired

_CHOICES = ("allOf", "anyOf", "oneOf")
_INNER = ("items", "additionalProperties")
_SHOWN = frozenset({"example", "examples", "default", "enum", "const"})
"""What looks like a reference in there is none."""


class Seat(Enum):
    """Who reads a value: the provider takes it, or gives it to clients."""

    TAKEN = "taken"
    GIVEN = "given"

    @property
    def other(self) -> "Seat":
        return Seat.GIVEN if self is Seat.TAKEN else Seat.TAKEN


@dataclass(slots=True)
class _Said:
    """What a schema says in the new document, or has to say in one seat."""

    required: list[str]
    values: list[Json] | None
    """Those of its enum."""
    bounds: Bounds
    names: frozenset[str]
    """Of the properties that the new document gives it."""

    @classmethod
    def by(cls, schema: Object) -> "_Said":
        values, names = schema.get("enum"), frozenset(as_object(schema.get("properties")))
        return cls(_names(schema), list(values) if isinstance(values, list) else None, bounds_of(schema), names)


class Schemas:
    """The schemas of the document that is made."""

    def __init__(self, places: Places, steps: list[Step], sunset: str, *, wraps: bool, taken: str) -> None:
        """wraps: a reference hides what stands beside it. taken: how a component's name goes on for what is taken."""
        self._places, self._steps, self._sunset, self._wraps, self._taken = places, steps, sunset, wraps, taken
        self._met: set[tuple[int, int, Seat]] = set()
        self._schemas: dict[int, Object] = {}
        self._written: dict[int, _Said] = {}
        """What the new document says."""
        self._wanted: dict[tuple[int, Seat], _Said] = {}
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
            self._written[id(new)] = _Said.by(new)
            self._schemas[id(new)] = new

    def _beside(self, old: Object, new: Object, label: str) -> None:
        """The properties that go stand beside those that come."""
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
        values = written.values
        before = written.required if old is None else self._needed(old, new, seat)
        shown = None if old is None else old.get("enum")
        wanted = self._wanted.setdefault((id(new), seat), replace(written, required=list(written.required)))
        if seat is Seat.TAKEN:
            wanted.required = [name for name in wanted.required if name in before]
        else:
            wanted.required += [name for name in before if name not in wanted.required]
        if isinstance(shown, list) and wanted.values is not None and values is not None:
            told = {json.dumps(one) for one in shown}
            if seat is Seat.TAKEN:
                known = {json.dumps(one) for one in wanted.values}
                wanted.values = wanted.values + [one for one in shown if json.dumps(one) not in known]
            elif told & {json.dumps(one) for one in wanted.values}:
                wanted.values = [one for one in wanted.values if json.dumps(one) in told]
        if old is not None:
            told_bounds = bounds_of(old)
            wanted.bounds = (wider if seat is Seat.TAKEN else narrower)(wanted.bounds, told_bounds)
            if wanted.bounds != written.bounds:
                verb, (subject, _, name) = "narrow" if seat is Seat.TAKEN else "widen", label.rpartition(".")
                self._steps.append(Step(verb, "property", subject or "$", name))
            self._steps += _steps(before, old.get("enum"), self._written[id(new)], seat, label)

    def _needed(self, old: Object, new: Object, seat: Seat) -> list[str]:
        """What the old document needs; in a request, what does not travel there is needed by nobody."""
        names = _names(old)
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
        owners = dict(self._owners())
        for number in torn:
            if number not in owners:
                raise ContractctlError(
                    "one schema is both what clients send and what they are answered, and cannot say both",
                    hint="write it as a component of its own, or as two",
                )
        names = self._copied({owners[number] for number in torn})
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
        return bool(unlike) or json.dumps([taken.values, taken.bounds]) != json.dumps([given.values, given.bounds])

    def _owners(self) -> Iterator[tuple[int, str]]:
        for name, component in self._components.items():
            pending = [component]
            while pending:
                one = pending.pop()
                if isinstance(one, dict):
                    yield id(one), name
                    pending.extend(one.values())
                elif isinstance(one, list):
                    pending.extend(one)

    def _copied(self, torn: set[str]) -> dict[str, str]:
        """The components that are given and, in another form, taken: with the names of those that are taken."""
        leading = {name: set(components_in(self._components.get(name))) for name in self._reached[Seat.TAKEN]}
        reaching = set(torn)
        while more := {name for name, to in leading.items() if to & reaching} - reaching:
            reaching |= more
        both = [name for name in self._reached[Seat.TAKEN] if name in reaching and name in self._reached[Seat.GIVEN]]
        return {name: self._free(f"{name}{self._taken}") for name in both}

    def _free(self, name: str) -> str:
        number = 2
        base = name
        while name in self._components:
            name, number = f"{base}{number}", number + 1
        return name

    def _copy(self, name: str, names: dict[str, str]) -> None:
        """A component as it is taken, right behind the one that is given."""
        made = self._components[name]
        copy = own(made)
        for one, other in list(_side_by_side(made, copy)):
            if (id(one), Seat.TAKEN) in self._wanted:
                self._say(other, id(one), Seat.TAKEN)
        rename(copy, names)
        entries = list(self._components.items())
        place = [key for key, _ in entries].index(name) + 1
        entries.insert(place, (names[name], copy))
        self._components.clear()
        self._components.update(entries)

    def _say(self, schema: Object, number: int, seat: Seat) -> None:
        written = self._written[number]
        wanted = self._wanted[number, seat]
        if wanted.required != written.required:
            schema["required"] = list(wanted.required)
            if not wanted.required:
                del schema["required"]
        if wanted.values != written.values:
            schema["enum"] = wanted.values
        for word in WORDS if wanted.bounds != written.bounds else ():
            if word in wanted.bounds:
                schema[word] = wanted.bounds[word]
            elif word in written.bounds:
                del schema[word]


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


def _steps(
    before: list[str],
    shown: Json,
    written: _Said,
    seat: Seat,
    label: str,
) -> Iterator[Step]:
    """What clients have to follow, beside that properties go: given what was needed, and the values that were told."""
    needed, values, names = written.required, written.values, written.names
    if seat is Seat.TAKEN:
        yield from (Step("require", "property", label, name) for name in needed if name not in before)
    else:
        yield from (Step("release", "property", label, name) for name in before if name not in needed and name in names)
    if not isinstance(shown, list) or values is None:
        return
    more, fewer = (values, shown) if seat is Seat.GIVEN else (shown, values)
    known = {json.dumps(one) for one in fewer}
    verb = "add" if seat is Seat.GIVEN else "remove"
    yield from (Step(verb, "value", label, _worded(one)) for one in more if json.dumps(one) not in known)


def _worded(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _names(schema: Object) -> list[str]:
    names = schema.get("required")
    return [str(name) for name in names] if isinstance(names, list) else []


def _travels_once(schema: Object) -> bool:
    """Whether a property travels in one direction only: there alone it can be needed."""
    return schema.get("readOnly") is True or schema.get("writeOnly") is True


def components_in(value: Json) -> Iterator[str]:
    for one in _schemas_in(value):
        if (name := component_of(one)) is not None:
            yield name


def rename(value: Json, names: dict[str, str]) -> None:
    """Let references lead to the components that are taken."""
    for one in _schemas_in(value):
        name = component_of(one)
        if name in names:
            one["$ref"] = f"#/components/schemas/{names[name]}"


def _schemas_in(value: Json) -> Iterator[Object]:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            yield one
            names = as_object(one.get("properties"))  # there the keys are names, whatever they look like
            pending.extend(part for key, part in one.items() if key not in _SHOWN)
            pending.extend(names[key] for key in names.keys() & _SHOWN)
        elif isinstance(one, list):
            pending.extend(one)


def _side_by_side(one: Json, other: Json) -> Iterator[tuple[Object, Object]]:
    """Every object of a value, and of its copy."""
    pending = [(one, other)]
    while pending:
        left, right = pending.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            yield left, right
            pending.extend((left[key], right[key]) for key in left)
        elif isinstance(left, list) and isinstance(right, list):
            pending.extend(zip(left, right, strict=True))
