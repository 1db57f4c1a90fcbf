"""Which places of one version belong to which of the other? Where a value stands in both, under old names and new."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contractctl.documents import Json
from contractctl.formats.json_schema.spots import Schema
from contractctl.formats.json_schema.views import Node, View, canonical, describe, view

_SETS = frozenset({"required", "enum", "type", "anyOf", "oneOf", "allOf"})
Renames = Mapping[str, Mapping[str, str]]
"""By the path of an object, in the old version's names: old name → new name."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place where values stand in both versions."""

    path: str
    """In the old version's names: `customer.lines[]`; $ is the whole."""
    before: Node
    after: Node
    left: View
    right: View

    @property
    def key(self) -> object:
        """The same for places that mean the same, over whatever path they are reached."""
        return frozenset(spot.key for spot in self.before), frozenset(spot.key for spot in self.after)


@dataclass(slots=True)
class Parts:
    """The places right inside a place."""

    properties: dict[tuple[str, str], Place] = field(default_factory=dict)
    """By old and new name."""
    patterns: dict[str, Place] = field(default_factory=dict)
    others: Place | None = None
    prefix: list[Place] = field(default_factory=list)
    rest: Place | None = None

    def __iter__(self) -> Iterator[Place]:
        yield from (*self.properties.values(), *self.patterns.values(), *self.prefix)
        yield from (one for one in (self.others, self.rest) if one is not None)


@dataclass(frozen=True, slots=True)
class Branches:
    """Alternatives of two versions: which belong together, and which only one version has."""

    pairs: tuple[tuple[int, int], ...]
    gone: tuple[int, ...]
    come: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions, and what is called otherwise in the new one."""

    old: Schema
    new: Schema
    renames: Renames

    def roots(self) -> Iterator[Place]:
        """The whole; of several files, each with its later self, by its path."""
        if len(self.old.roots) == len(self.new.roots) == 1:
            yield self.place("$", (self.old.root,), (self.new.root,))
            return
        before = {self.old.paths[root.file]: root for root in self.old.roots}
        for root in self.new.roots:
            earlier = before.get(self.new.paths[root.file])
            if earlier is not None:
                name = self.new.source.path(self.new.source.every[root.file])
                yield self.place(name, (earlier,), (root,))

    def place(self, path: str, before: Node, after: Node) -> Place:
        return Place(path, before, after, view(self.old, before), view(self.new, after))

    def places(self) -> Iterator[Place]:
        """Every place, each once, in the order of the new version."""
        return self._from(list(self.roots()))

    def within(self, place: Place) -> Iterator[Place]:
        """A place, and every place inside it."""
        return self._from([place])

    def _from(self, first: list[Place]) -> Iterator[Place]:
        pending, met = list(reversed(first)), set[object]()
        while pending:
            place = pending.pop()
            if place.key in met:
                continue
            met.add(place.key)
            yield place
            pending.extend(reversed([*self.beside(place), *self.parts(place)]))

    def parts(self, place: Place) -> "Parts":
        """The places inside values: properties, items."""
        left, right, path = place.left, place.right, place.path
        former = {new: old for old, new in self.renames.get(path, {}).items()}
        parts = Parts()
        for name, node in right.properties.items():
            old = former.get(name, name)
            if old in left.properties:
                parts.properties[old, name] = self.place(below(path, old), left.properties[old], node)
        for pattern, node in right.patterns.items():
            if pattern in left.patterns:
                parts.patterns[pattern] = self.place(below(path, f"/{pattern}/"), left.patterns[pattern], node)
        others = [seen.closing.get("additionalProperties", ()) for seen in (left, right)]
        if all(others):
            parts.others = self.place(below(path, "*"), *others)
        for number in range(min(len(left.prefix), len(right.prefix))):
            parts.prefix.append(self.place(f"{path}[{number}]", left.prefix[number], right.prefix[number]))
        if left.rest and right.rest:
            parts.rest = self.place(f"{path}[]", left.rest, right.rest)
        return parts

    def beside(self, place: Place) -> Iterator[Place]:
        """The alternatives for the same value."""
        for group, branches in place.right.choices.items():
            earlier = place.left.choices.get(group, [])
            for one, other in matched(self.old, self.new, earlier, branches).pairs:
                path = f"{place.path} ({group[0]} {other + 1})"
                yield self.place(path, earlier[one], branches[other])


def below(path: str, name: str) -> str:
    """The path of a property."""
    return name if path == "$" else f"{path}.{name}"


def matched(old: Schema, new: Schema, before: list[Node], after: list[Node]) -> Branches:
    """Alternatives that say the same belong together, then those that are alike, then the rest in their order."""
    left, right = list(range(len(before))), list(range(len(after)))
    pairs: list[tuple[int, int]] = []
    for sign in (_text, _likeness):
        known: dict[str, list[int]] = {}
        for number in left:
            known.setdefault(sign(old, before[number]), []).append(number)
        for number in list(right):
            found = known.get(sign(new, after[number]))
            if found:
                pairs.append((found.pop(0), number))
                left.remove(pairs[-1][0])
                right.remove(number)
    pairs.extend(zip(left, right, strict=False))
    pairs.sort(key=lambda pair: pair[1])
    return Branches(tuple(pairs), tuple(left[len(right) :]), tuple(right[len(left) :]))


def _text(_: Schema, node: Node) -> str:
    return "\n".join(canonical(_unordered(spot.value)) for spot in node)


def _unordered(value: Json, keyword: str = "") -> Json:
    """The same whichever order its sets are written in."""
    if isinstance(value, dict):
        return {name: _unordered(one, name) for name, one in value.items()}
    if isinstance(value, list):
        items = [_unordered(one) for one in value]
        return sorted(items, key=canonical) if keyword in _SETS else items
    return value


def _likeness(schema: Schema, node: Node) -> str:
    """The kind of value, and the constants that tell alternatives apart."""
    constants = [
        f"{name}={next(iter(values))}"
        for name, inner in view(schema, node).properties.items()
        if (values := view(schema, inner).values) is not None and len(values) == 1
    ]
    return " ".join([describe(schema, node), *sorted(constants)])
