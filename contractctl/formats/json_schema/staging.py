"""Which version lies between two, so that everybody reads everybody? Which operations lead to the other?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from contractctl.documents import Json, Pointer, is_yaml, read
from contractctl.errors import ContractctlError
from contractctl.formats.json_schema.conversion import Converter, converter
from contractctl.formats.json_schema.explanations import Said
from contractctl.formats.json_schema.instances import Allowed
from contractctl.formats.json_schema.pairing import Pair, Place
from contractctl.formats.json_schema.renaming import pair_of
from contractctl.formats.json_schema.resolution import incompatibilities
from contractctl.formats.json_schema.schema import parse
from contractctl.formats.json_schema.spots import Schema, Spot
from contractctl.formats.json_schema.views import Node, describe
from contractctl.model.contract import File, Policy, Source
from contractctl.model.plan import Operation, Transform
from contractctl.model.verdict import Incompatibility

__all__ = ["Converter", "converter", "intermediate", "operations"]

_CONTAINERS = ("$defs", "definitions")


def operations(
    old: Source, new: Source, renames: Mapping[str, str], contract: str, policy: Policy = Policy()
) -> tuple[Operation, ...]:
    """What happens to the properties of each object that both versions have, in the new version's order.

    renames: `name=name` or `place.name=name`. parameters: `type` in words; `default`, JSON, is what converters fill in
    where a property must be there and the other side has nothing. A rename with another type has an empty transform:
    how the values change is for a person to say. Raise ContractctlError for a rename that does not fit.
    """
    pair = pair_of(parse(old, policy), parse(new, policy), renames)
    return tuple(one for place in pair.places() for one in _operations(pair, place, contract))


def _operations(pair: Pair, place: Place, contract: str) -> Iterator[Operation]:
    left, right = place.left, place.right
    called = pair.renames.get(place.path, {})
    former = {new: old for old, new in called.items()}
    for name, node in right.properties.items():
        if name in former:
            before = left.properties[former[name]]
            transform = None if _is_same(pair, before, node) else Transform("", "")
            facts = {"type": describe(pair.new, node)}
            yield Operation("rename-field", contract, place.path, former[name], name, transform, facts)
        elif name not in left.properties:
            facts = _facts(pair.new, node, is_needed=name in right.required)
            yield Operation("add-field", contract, place.path, None, name, parameters=facts)
    for name, node in left.properties.items():
        if name not in right.properties and name not in called:
            facts = _facts(pair.old, node, is_needed=name in left.required)
            yield Operation("remove-field", contract, place.path, name, None, parameters=facts)


def _is_same(pair: Pair, before: Node, after: Node) -> bool:
    """Whether both say the same of a value, as our own check sees it."""
    if len(before) != 1 or len(after) != 1:
        return describe(pair.old, before) == describe(pair.new, after)
    left, right = replace(pair.old, roots=before), replace(pair.new, roots=after)
    return not any([*incompatibilities(left, right), *incompatibilities(right, left)])


def _facts(schema: Schema, node: Node, *, is_needed: bool) -> dict[str, str]:
    facts = {"type": describe(schema, node)}
    value = Allowed(schema).simplest(node) if is_needed else None
    return facts | {"default": json.dumps(value.value, ensure_ascii=False)} if value is not None else facts


def intermediate(old: Source, new: Source, renames: Mapping[str, str], policy: Policy = Policy()) -> Source:
    """A version with both sides of every property, which old and new read and which reads old and new.

    It is the new version's text with the old one's properties added where they stood; everything else in it stays as
    its author wrote it. Raise ContractctlError where there is no such version, and say what stands in the way.
    """
    before, after = parse(old, policy), parse(new, policy)
    pair = pair_of(before, after, renames)
    made = _Merging(pair).merged()
    _demand_everybody(parse(made, policy), before, after, policy)
    return made


@dataclass(frozen=True, slots=True)
class _Addition:
    """A member that the new version's file gets from the old one's."""

    file: int
    """Of the new version."""
    pointer: Pointer
    name: str
    spot: Spot
    """Where the old version has it."""
    before: str | None = None


class _Merging:
    """The new version's files, being given what only the old one has."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._files = list(pair.new.source.files)

    def merged(self) -> Source:
        added: set[tuple[int, Pointer, str]] = set()
        for place in self._pair.places():
            for one in self._missing(place):
                if (one.file, one.pointer, one.name) not in added:
                    added.add((one.file, one.pointer, one.name))
                    self._add(one)
        return replace(self._pair.new.source, files=tuple(self._files))

    def _missing(self, place: Place) -> Iterator[_Addition]:
        called = self._pair.renames.get(place.path, {})
        gone = {name: node for name, node in place.left.properties.items() if name not in place.right.properties}
        home = self._home(place) if gone else None
        if home is None:
            return
        for name, node in gone.items():
            spot = next((one for one in node if one.file >= 0), None)
            if spot is not None:
                yield _Addition(home.file, (*home.pointer, "properties"), name, spot, called.get(name))

    def _home(self, place: Place) -> Spot | None:
        """The schema of the new version that properties are added to: one that has some, if there is one."""
        own = [spot for spot in _written(place.right.spots) if spot.file < len(self._files)]
        return next((one for one in own if "properties" in _object(one.value)), own[0] if own else None)

    def _add(self, one: _Addition) -> None:
        home = one.pointer[:-1]
        if "properties" not in _object(_at(self._value(one.file), home)):
            self._write(one.file, home, "properties", {})
        self._write(one.file, one.pointer, one.name, one.spot.value, one.before, one.spot)
        self._bring_definitions(one)

    def _bring_definitions(self, one: _Addition) -> None:
        """What the old version's part refers to by a pointer into its own file, where the new one has not got it."""
        source = self._pair.old.starts[one.spot.file, ()].value
        pending, seen = [one.spot.value], set[tuple[str, str]]()
        while pending:
            for container, name in _definitions(pending.pop()):
                theirs = _object(_object(source).get(container)).get(name)
                mine = _object(_object(self._value(one.file)).get(container))
                if theirs is None or (container, name) in seen:
                    continue
                seen.add((container, name))
                pending.append(theirs)
                if name in mine:
                    continue
                if container not in _object(self._value(one.file)):
                    self._write(one.file, (), container, {})
                spot = replace(one.spot, value=theirs, pointer=(container, name))
                self._write(one.file, (container,), name, theirs, None, spot)

    def _value(self, number: int) -> Json:
        file = self._files[number]
        return read(file.text, file.name)

    def _write(  # noqa: PLR0913, PLR0917 - a member, its place, and where its text is taken from
        self, number: int, pointer: Pointer, name: str, value: Json, before: str | None = None, spot: Spot | None = None
    ) -> None:
        file = self._files[number]
        if is_yaml(file.name):
            from contractctl.documents.yaml_edit import with_yaml_member

            text = with_yaml_member(file.text, pointer, (name, value), before)
        else:
            from contractctl.documents.json_edit import with_member

            text = with_member(file.text, pointer, (name, self._text(value, spot)), before)
        self._files[number] = File(file.name, text)

    def _text(self, value: Json, spot: Spot | None) -> str:
        """A value as the old version's author wrote it, where that was in JSON."""
        source = self._pair.old.source.every[spot.file] if spot is not None else None
        if spot is None or source is None or is_yaml(source.name):
            return json.dumps(value, ensure_ascii=False)
        from contractctl.documents.json_edit import json_slice

        return json_slice(source.text, spot.pointer)


def _written(spots: tuple[Spot, ...]) -> Iterator[Spot]:
    return (spot for spot in spots if spot.file >= 0 and isinstance(spot.value, dict))


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _at(value: Json, pointer: Pointer) -> Json:
    for step in pointer:
        value = value[step]  # type: ignore[index]  # the pointer was made from the value
    return value


def _definitions(value: Json) -> Iterator[tuple[str, str]]:
    """The definitions that a part refers to, `#/$defs/name` for example."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            reference = one.get("$ref")
            parts = reference.split("/") if isinstance(reference, str) else []
            if len(parts) > 2 and parts[0] == "#" and parts[1] in _CONTAINERS:  # noqa: PLR2004 - #, container, name
                yield parts[1], parts[2].replace("~1", "/").replace("~0", "~")
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)


def _demand_everybody(between: Schema, before: Schema, after: Schema, policy: Policy) -> None:
    """The version between reads both ends, and both read it: proven by contractctl's own check."""
    seats = (
        ("it cannot read the old version", between, before),
        ("the old version cannot read it", before, between),
        ("it cannot read the new version", between, after),
        ("the new version cannot read it", after, between),
    )
    for who, reader, writer in seats:
        for found in incompatibilities(reader, writer):
            raise ContractctlError(
                f"no intermediate version is compatible with both: {who}, {_why(found)}",
                hint=_way_out(found, policy),
            )


def _why(found: Said) -> str:
    if isinstance(found, Incompatibility):
        return f"'{found.path}' ({found.rule})"
    return f"as far as can be told: {found.reason}"


def _way_out(found: Said, policy: Policy) -> str:
    if policy.content_model == "strict":
        return (
            'judged strictly, no open object may get a property: write content_model = "open" into contract.toml'
            " where writers take names that nobody else uses"
        )
    if isinstance(found, Incompatibility) and found.rule == "json-schema-property-required":
        name = found.facts["name"]
        return f"events without '{name}' are read for a while: make it optional in both versions"
    return "keep that as it is, add another property, and remove the old one in a later plan"
