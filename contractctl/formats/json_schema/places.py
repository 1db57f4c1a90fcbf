"""Where inside a value is something asserted? The way there, in people's words and as a literal about the whole."""

from dataclasses import dataclass

from contractctl.documents import Json
from contractctl.formats.json_schema import language
from contractctl.formats.json_schema.search.nodes import TRUE, Items, Literal, Properties
from contractctl.formats.json_schema.search.space import Space


@dataclass(frozen=True, slots=True)
class Property:
    """A property of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class OtherProperty:
    """A property that has none of these names and fits none of these patterns."""

    named: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FittingProperty:
    """A property whose name fits a pattern."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Item:
    """The item in this place."""

    index: int


@dataclass(frozen=True, slots=True)
class LaterItem:
    """An item in this place or a later one."""

    first: int


@dataclass(frozen=True, slots=True)
class Given:
    """The value itself, where it fulfils this, too."""

    literal: Literal


Step = Property | OtherProperty | FittingProperty | Item | LaterItem | Given


@dataclass(frozen=True, slots=True)
class Place:
    """A way into a value, from the whole to the part."""

    steps: tuple[Step, ...] = ()

    def to(self, step: Step) -> "Place":
        return Place((*self.steps, step))

    @property
    def path(self) -> str:
        """`customer.name`, `items[].sku`; $ is the whole."""
        words = "".join(map(_shown, self.steps))
        return words.removeprefix(".") or "$"


def _shown(step: Step) -> str:
    match step:
        case Property(name):
            return f".{name}"
        case OtherProperty():
            return ".*"
        case FittingProperty(pattern):
            return f"./{pattern}/"
        case Item(index):
            return f"[{index}]"
        case LaterItem():
            return "[]"
        case Given():
            return ""


def lifted(space: Space, place: Place, literal: Literal) -> Literal:
    """What says of the whole that a literal holds at that place of it."""
    for step in reversed(place.steps):
        if isinstance(step, Given):
            literal = space.all_of((step.literal, literal))
        else:
            literal = _somewhere(space, step, literal ^ 1) ^ 1
    return literal


def _somewhere(space: Space, step: Step, denied: Literal) -> Literal:
    """That this holds wherever the step leads: its opposite is that it fails somewhere there."""
    match step:
        case Property(name):
            return space.literal(Properties(((name, denied),), (), TRUE))
        case OtherProperty(named, patterns):
            spoken = tuple((name, TRUE) for name in named), tuple((source, TRUE) for source in patterns)
            return space.literal(Properties(*spoken, denied))
        case FittingProperty(pattern):
            return space.literal(Properties((), ((pattern, denied),), TRUE))
        case Item(index):
            return space.literal(Items((*(TRUE,) * index, denied), TRUE))
        case LaterItem(first):
            return space.literal(Items((TRUE,) * first, denied))
        case Given():
            raise AssertionError(step)


def parts(value: Json, place: Place) -> list[Json]:
    """The parts of a value that stand at a place."""
    found = [value]
    for step in place.steps:
        found = [inner for outer in found for inner in _inside(outer, step)]
    return found


def fits(pattern: str, name: str) -> bool:
    """Whether the expression is found in the name; no, where it cannot be read."""
    try:
        return language.matches(pattern, name)
    except language.Unreadable:
        return False


def _inside(value: Json, step: Step) -> list[Json]:
    match step, value:
        case Given(), _:
            return [value]
        case Property(name), dict():
            return [value[name]] if name in value else []
        case OtherProperty(named, patterns), dict():
            return [
                inner
                for name, inner in value.items()
                if name not in named and not any(fits(pattern, name) for pattern in patterns)
            ]
        case FittingProperty(pattern), dict():
            return [inner for name, inner in value.items() if fits(pattern, name)]
        case Item(index), list():
            return value[index : index + 1]
        case LaterItem(first), list():
            return value[first:]
        case _:
            return []
