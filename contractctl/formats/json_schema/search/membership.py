"""Does this very value fulfil it? The plain reading, for values that are there."""

from collections.abc import Iterable

from contractctl.documents import Json
from contractctl.formats.json_schema import formats, language
from contractctl.formats.json_schema.search.nodes import (
    TRUE,
    All,
    Bound,
    Contains,
    Enum,
    Format,
    Items,
    Kinds,
    Literal,
    MultipleOf,
    Named,
    Node,
    One,
    Opaque,
    Pattern,
    Properties,
    PropertyNames,
    Required,
    Size,
    Some,
    Unique,
)
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.values import exact, identity, kind_of


class UndecidedError(Exception):
    """It hangs on something that cannot be judged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def holds(space: Space, literal: Literal, value: Json) -> bool:
    """Whether a value fulfils a literal. Raise UndecidedError where that hangs on what cannot be judged."""
    if literal <= 1:
        return literal == TRUE
    node = space.nodes[literal >> 1]
    about = space.about(literal)
    if about and about != kind_of(value):
        return not literal & 1
    return _fulfils(space, literal >> 1, node, value) != bool(literal & 1)


def all_hold(space: Space, asked: Iterable[tuple[Literal, Json]]) -> bool:
    """Whether each value fulfils its literal. What cannot be judged matters only where no other is refused."""
    undecided: UndecidedError | None = None
    for literal, value in asked:
        try:
            if not holds(space, literal, value):
                return False
        except UndecidedError as error:
            undecided = undecided or error
    if undecided is not None:
        raise undecided
    return True


def _fulfils(space: Space, number: int, node: Node, value: Json) -> bool:  # noqa: C901, PLR0912 - a line a node
    match node:
        case All(parts):
            return all_hold(space, ((part, value) for part in parts))
        case Some(parts):
            return not all_hold(space, ((part ^ 1, value) for part in parts))
        case One(parts):
            return sum(holds(space, part, value) for part in parts) == 1
        case Named():
            return holds(space, space.bodies[number], value)
        case Opaque(reason, _):
            raise UndecidedError(reason)
        case Kinds(mask):
            return bool(kind_of(value) & mask)
        case Enum(identities):
            return identity(value) in identities
        case _ if isinstance(value, bool) or value is None:
            raise AssertionError(node)  # no node is about these
        case Bound() | MultipleOf() if isinstance(value, int | float):
            return _number(node, value)
        case Size(_, limit, upper) if isinstance(value, str | list | dict):
            return len(value) <= limit if upper else len(value) >= limit
        case Pattern(source) if isinstance(value, str):
            return _matches(source, value)
        case Format(name) if isinstance(value, str):
            return _is_formatted(name, value)
        case Items() | Contains() | Unique() if isinstance(value, list):
            return _array(space, node, value)
        case Properties() | Required() | PropertyNames() if isinstance(value, dict):
            return _object(space, node, value)
        case _:
            raise AssertionError(node)


def _number(node: Bound | MultipleOf, value: float) -> bool:
    number = exact(value)
    match node:
        case MultipleOf(divisor):
            return (number / divisor).denominator == 1
        case Bound(limit, upper, exclusive):
            return number != limit if number == limit and exclusive else (number <= limit if upper else number >= limit)


def _matches(source: str, value: str) -> bool:
    try:
        return language.matches(source, value)
    except language.Unreadable as error:
        raise UndecidedError(error.reason) from None


def _is_formatted(name: str, value: str) -> bool:
    try:
        return formats.matches(name, value)
    except language.Unreadable as error:
        raise UndecidedError(error.reason) from None


def _array(space: Space, node: Items | Contains | Unique, value: list[Json]) -> bool:
    match node:
        case Items(prefix, rest):
            return all_hold(
                space, ((prefix[index] if index < len(prefix) else rest, item) for index, item in enumerate(value))
            )
        case Contains(item, least, most):
            count = sum(holds(space, item, one) for one in value)
            return least <= count and (most is None or count <= most)
        case Unique():
            return len({identity(item) for item in value}) == len(value)


def _object(space: Space, node: Properties | Required | PropertyNames, value: dict[str, Json]) -> bool:
    match node:
        case Required(names):
            return names <= value.keys()
        case PropertyNames(name):
            return all_hold(space, ((name, key) for key in value))
        case Properties(named, patterns, rest):
            own = dict(named)
            return all_hold(
                space,
                ((literal, inner) for key, inner in value.items() for literal in _for_name(own, patterns, rest, key)),
            )


def _for_name(
    own: dict[str, Literal], patterns: tuple[tuple[str, Literal], ...], rest: Literal, name: str
) -> list[Literal]:
    """What a property of that name must fulfil. Raise UndecidedError where a pattern cannot be read."""
    found = [own[name]] if name in own else []
    spoken = bool(found)
    for source, literal in patterns:
        if (literal != TRUE or rest != TRUE) and _matches(source, name):
            spoken = True
            found.append(literal)
    return found if spoken else [rest]
