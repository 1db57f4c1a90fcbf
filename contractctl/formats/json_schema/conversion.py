"""How does an event of the old version become one of the new, and back? By the operations of a plan."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from contractctl.documents import Json, read_json
from contractctl.errors import ContractctlError
from contractctl.expressions import Expression, find, read_expression
from contractctl.formats.json_schema import language
from contractctl.formats.json_schema.instances import Allowed
from contractctl.formats.json_schema.pairing import Pair, Parts, Place
from contractctl.formats.json_schema.schema import parse
from contractctl.formats.json_schema.search.membership import UndecidedError
from contractctl.formats.json_schema.spots import Schema
from contractctl.formats.json_schema.witness import validator
from contractctl.formats.streams import Event
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation


@dataclass(frozen=True, slots=True)
class Converter:
    """Both directions. Events are plain JSON values; they are not changed."""

    up: Callable[[Event], dict[str, object]]
    """Old to new. Raise ContractctlError where no valid event of the new version comes out."""
    down: Callable[[Event], dict[str, object]]
    """New to old."""


@dataclass(frozen=True, slots=True)
class _Filled:
    """A property that the target has: where its value comes from."""

    name: str
    expression: Expression | None = None
    default: str | None = None
    """JSON."""


@dataclass(slots=True)
class _Turn:
    """What happens to the properties of one object, in one direction."""

    renamed: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    filled: list[_Filled] = field(default_factory=list)


def converter(old: Source, new: Source, operations: tuple[Operation, ...], policy: Policy = Policy()) -> Converter:
    """The mapping that the operations of a plan describe. Raise ContractctlError where they leave something open."""
    before, after = parse(old, policy), parse(new, policy)
    renames: dict[str, dict[str, str]] = {}
    for one in operations:
        if one.old is not None and one.new is not None:
            renames.setdefault(one.subject, {})[one.old] = one.new
    pair = Pair(before, after, renames)
    return Converter(_Walk(pair, operations, upwards=True).event, _Walk(pair, operations, upwards=False).event)


def _turns(operations: tuple[Operation, ...], *, upwards: bool) -> dict[str, _Turn]:
    """By the path of the object."""
    turns: dict[str, _Turn] = {}
    for one in operations:
        turn = turns.setdefault(one.subject, _Turn())
        here, there = (one.old, one.new) if upwards else (one.new, one.old)
        text = "" if one.transform is None else one.transform.up if upwards else one.transform.down
        if here is not None and there is not None and one.transform is None:
            turn.renamed[here] = there
            continue
        if here is not None:
            turn.dropped.add(here)
        if there is not None:
            turn.filled.append(_filled(one, there, text, "up" if upwards else "down"))
    return turns


def _filled(operation: Operation, name: str, text: str, way: str) -> _Filled:
    if text:
        return _Filled(name, read_expression(text, f"{way} of '{name}'"))
    if operation.transform is not None and operation.old is not None and operation.new is not None:
        raise ContractctlError(
            f"'{operation.old}' and '{operation.new}' have different types, and no expression converts between them",
            hint=f"give the plan's {operation.kind} an expression for '{way}', in JSONata over the other side's object",
        )
    return _Filled(name, default=operation.parameters.get("default"))


class _Walk:
    """One direction, applied to events one by one."""

    def __init__(self, pair: Pair, operations: tuple[Operation, ...], *, upwards: bool) -> None:
        self._pair = pair
        self._upwards = upwards
        self._source, self._target = (pair.old, pair.new) if upwards else (pair.new, pair.old)
        self._allowed = Allowed(self._source)
        turns = _turns(operations, upwards=upwards)
        self._turns = {place.key: turns[place.path] for place in pair.places() if place.path in turns}
        self._demand_places(turns)
        self._known: dict[object, tuple[Parts, tuple[Place, ...]]] = {}
        self._reaching: dict[object, bool] = {}

    def _demand_places(self, turns: Mapping[str, _Turn]) -> None:
        known = {place.path for place in self._pair.places()}
        for path in turns:
            if path not in known:
                raise ContractctlError(
                    f"the plan names '{path}', which is not a place that both versions have",
                    hint="create the plan again from the two versions: contractctl plan",
                )

    def event(self, event: Event) -> dict[str, object]:
        value: Json = dict(event)  # type: ignore[arg-type]  # events are read as JSON
        root = self._root(value)
        made = self._value(value, root)
        target = root.after if self._upwards else root.before
        schema: Schema = self._target if len(self._target.roots) == 1 else _alone(self._target, target[0].file)
        error = next(validator(schema).iter_errors(made), None)
        if error is not None:
            said = " ".join(error.message.split())[:200]
            raise ContractctlError(
                f"the converted event does not match the target version: {said}",
                hint="give the plan's operation an expression or a default, or check the event",
            )
        assert isinstance(made, dict)  # noqa: S101 - an object stays one
        return dict(made)

    def _root(self, value: Json) -> Place:
        roots = list(self._pair.roots())
        fits = roots if len(roots) == 1 else [root for root in roots if self._is_of(root, value)]
        if len(fits) == 1:
            return fits[0]
        said = "several kinds of event of its version" if fits else "no kind of event that both versions have"
        raise ContractctlError(f"the event is of {said}", hint="convert only events of the plan's versions")

    def _is_of(self, place: Place, value: Json) -> bool:
        try:
            return self._allowed(place.before if self._upwards else place.after, value)
        except UndecidedError as error:
            raise ContractctlError(
                f"it cannot be determined which alternative of '{place.path}' the event is: {error.reason}",
                hint="distinguish the alternatives by a constant in each",
            ) from None

    def _value(self, value: Json, place: Place) -> Json:
        if not isinstance(value, dict | list) or not self._reaches(place):
            return value
        active = list(self._active(value, place))
        if isinstance(value, dict):
            return self._object(value, active)
        return [self._inner(item, (self._item(one, number) for one in active)) for number, item in enumerate(value)]

    def _active(self, value: Json, place: Place) -> Iterator[Place]:
        """The place itself, and those alternatives for it that the value is."""
        yield place
        for branch in self._parts(place)[1]:
            if self._reaches(branch) and self._is_of(branch, value):
                yield from self._active(value, branch)

    def _object(self, value: dict[str, Json], active: list[Place]) -> Json:
        turns = [turn for place in active if (turn := self._turns.get(place.key)) is not None]
        renamed = {old: new for turn in turns for old, new in turn.renamed.items()}
        dropped = {name for turn in turns for name in turn.dropped}
        made: dict[str, Json] = {}
        for name, inner in value.items():
            called = renamed.get(name, name)
            if name in dropped or (called != name and called in value):
                continue  # an event of the intermediate version has both names: the later one counts
            made[called] = self._inner(inner, (self._property(place, name) for place in active))
        for turn in turns:
            for one in turn.filled:
                if one.name not in made:
                    made.update(_fill(one, value))
        return made

    def _inner(self, value: Json, places: Iterator[Place | None]) -> Json:
        for place in places:
            if place is not None and self._reaches(place):
                return self._value(value, place)
        return value

    def _property(self, place: Place, name: str) -> Place | None:
        parts = self._parts(place)[0]
        own = {old if self._upwards else new: inner for (old, new), inner in parts.properties.items()}
        if name in own:
            return own[name]
        touched = ((pattern, inner) for pattern, inner in parts.patterns.items() if self._reaches(inner))
        return next((inner for pattern, inner in touched if _fits(pattern, name)), parts.others)

    def _item(self, place: Place, number: int) -> Place | None:
        parts = self._parts(place)[0]
        return parts.prefix[number] if number < len(parts.prefix) else parts.rest

    def _parts(self, place: Place) -> tuple[Parts, tuple[Place, ...]]:
        if place.key not in self._known:
            self._known[place.key] = self._pair.parts(place), tuple(self._pair.beside(place))
        return self._known[place.key]

    def _reaches(self, place: Place) -> bool:
        """Whether anything inside a place changes: most of an event is passed on as it is."""
        if place.key not in self._reaching:
            self._reaching[place.key] = any(one.key in self._turns for one in self._pair.within(place))
        return self._reaching[place.key]


def _alone(schema: Schema, file: int) -> Schema:
    return replace(schema, roots=tuple(root for root in schema.roots if root.file == file))


def _fits(pattern: str, name: str) -> bool:
    try:
        return language.matches(pattern, name)
    except language.Unreadable as error:
        raise ContractctlError(
            f"it cannot be determined whether '{name}' matches the pattern '{pattern}': {error.reason}",
            hint="write the pattern without lookaround and backreferences",
        ) from None


def _fill(one: _Filled, value: dict[str, Json]) -> dict[str, Json]:
    """The property with its value; nothing where the other side has nothing to make one of."""
    if one.expression is not None:
        return dict.fromkeys([one.name], *found) if (found := find(one.expression, value)) else {}
    if one.default is not None:
        return {one.name: read_json(one.default, f"the default of '{one.name}' in the plan")}
    return {}
