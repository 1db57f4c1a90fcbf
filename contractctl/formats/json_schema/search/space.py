"""When do two schemas say the same? Here every assertion is made in its simplest form, and equal ones are one number.

Nodes are interned: the same assertion, made anywhere in either of two schemas, is the same number.
"""

from collections.abc import Hashable, Iterable
from functools import reduce
from operator import and_, or_

from contractctl.documents import Json
from contractctl.formats.json_schema.search.nodes import (
    FALSE,
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
    Pattern,
    Properties,
    PropertyNames,
    Required,
    Size,
    Some,
    Unique,
)
from contractctl.formats.json_schema.search.values import (
    ANYTHING,
    ARRAY,
    NUMBER,
    OBJECT,
    STRING,
    identity,
    kind_of,
)

_ABOUT: dict[type, int] = {
    Bound: NUMBER,
    MultipleOf: NUMBER,
    Pattern: STRING,
    Format: STRING,
    Items: ARRAY,
    Contains: ARRAY,
    Unique: ARRAY,
    Properties: OBJECT,
    Required: OBJECT,
    PropertyNames: OBJECT,
}
"""The one kind that an assertion is about, where it is about one."""


class Space:
    """Where nodes live; what two schemas share stands in it once."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.bodies: dict[int, Literal] = {}
        """What a Named node stands for, by its number."""
        self.values: dict[Hashable, Json] = {}
        """A value for each identity that an Enum names."""
        self.order: dict[Hashable, int] = {}
        """When each of these values was first met."""
        self._numbers: dict[tuple[type, Node], int] = {}
        self._can_hold: list[int] = []
        self._can_fail: list[int] = []
        self._intern(All(()))

    def can_be(self, literal: Literal) -> int:
        """The kinds of which a value may fulfil a literal; never too few."""
        return (self._can_fail if literal & 1 else self._can_hold)[literal >> 1]

    def about(self, literal: Literal) -> int:
        """The one kind that a literal's node is about; 0 where it is not about one."""
        node = self.nodes[literal >> 1]
        return node.kind if isinstance(node, Size) else _ABOUT.get(type(node), 0)

    def literal(self, node: Node) -> Literal:
        """The literal that says what a node says, in its simplest form."""
        match node:
            case Size(_, limit, upper) if not upper and limit <= 0:
                return TRUE
            case Required(names) if not names:
                return TRUE
            case PropertyNames(name) if name == TRUE:
                return TRUE
            case Items(prefix, rest):
                return self._items(prefix, rest)
            case Contains(item, least, most):
                return self._contains(item, least, most)
            case Properties(named, patterns, rest):
                return self._properties(named, patterns, rest)
            case _:
                return self._intern(node)

    def all_of(self, literals: Iterable[Literal]) -> Literal:
        """The literal that says what all of these say."""
        parts: set[Literal] = set()
        mask = ANYTHING
        enumerated: frozenset[Hashable] | None = None
        for literal in literals:
            for part in self._flat(literal, All, Some):
                inner = self.nodes[part >> 1]
                if isinstance(inner, Kinds):
                    mask &= ~inner.mask if part & 1 else inner.mask
                elif isinstance(inner, Enum) and not part & 1:
                    enumerated = inner.identities if enumerated is None else enumerated & inner.identities
                elif part != TRUE:
                    parts.add(part)
        if enumerated is not None:
            parts.add(self._intern(Enum(enumerated)) if enumerated else FALSE)
        if FALSE in parts or not mask or any(part ^ 1 in parts for part in parts):
            return FALSE
        if mask != ANYTHING:
            parts = {part for part in parts if self._can_fail_among(part, mask)}
            parts.add(self._intern(Kinds(mask)))
        return self._gathered(All, parts)

    def any_of(self, literals: Iterable[Literal]) -> Literal:
        """The literal that says that at least one of these holds."""
        parts: set[Literal] = set()
        mask = 0
        enumerated: set[Hashable] = set()
        for literal in literals:
            for part in self._flat(literal, Some, All):
                inner = self.nodes[part >> 1]
                if isinstance(inner, Kinds):
                    mask |= ANYTHING & ~inner.mask if part & 1 else inner.mask
                elif isinstance(inner, Enum) and not part & 1:
                    enumerated |= inner.identities
                elif part != FALSE:
                    parts.add(part)
        if enumerated:
            parts.add(self._intern(Enum(frozenset(enumerated))))
        if TRUE in parts or mask == ANYTHING or any(part ^ 1 in parts for part in parts):
            return TRUE
        if mask:
            parts = {part for part in parts if self.can_be(part) & ~mask}
            parts.add(self._intern(Kinds(mask)))
        return self._gathered(Some, parts)

    def one_of(self, literals: Iterable[Literal]) -> Literal:
        """The literal that says that exactly one of these holds."""
        parts, twice = self._enumerated(literal for literal in literals if literal != FALSE)
        if twice:
            return self.all_of((self._intern(Enum(twice)) ^ 1, self.one_of(parts)))
        if len(parts) <= 1:
            return parts[0] if parts else FALSE
        seen = 0
        for part in parts:
            if self.can_be(part) & seen:
                return self._intern(One(tuple(sorted(parts))))
            seen |= self.can_be(part)
        return self.any_of(parts)  # of different kinds: never two at once

    def _enumerated(self, literals: Iterable[Literal]) -> tuple[list[Literal], frozenset[Hashable]]:
        """The literals with one enumeration in place of many, and the values that more than one of them named."""
        once, twice, parts = set[Hashable](), set[Hashable](), list[Literal]()
        for literal in literals:
            node = self.nodes[literal >> 1]
            if isinstance(node, Enum) and not literal & 1:
                twice |= once & node.identities
                once |= node.identities
            else:
                parts.append(literal)
        once -= twice
        return [*parts, self._intern(Enum(frozenset(once)))] if once else parts, frozenset(twice)

    def kinds(self, mask: int) -> Literal:
        """The literal for values of these kinds."""
        if mask == ANYTHING:
            return TRUE
        return self._intern(Kinds(mask)) if mask else FALSE

    def enum(self, values: Iterable[Json]) -> Literal:
        """The literal for any of these values."""
        found = {identity(value): value for value in values}
        for one, value in found.items():
            if self.order.setdefault(one, len(self.order)) == len(self.values):
                self.values[one] = value
        return self._intern(Enum(frozenset(found))) if found else FALSE

    def name(self, key: Hashable) -> Literal:
        """The literal for a schema that is being read still; define() says what it stands for."""
        return self._intern(Named(key))

    def define(self, named: Literal, body: Literal) -> None:
        """Say what a name stands for."""
        self.bodies[named >> 1] = body

    def _flat(self, literal: Literal, form: type[All | Some], dual: type[All | Some]) -> Iterable[Literal]:
        """The parts of a literal that is of that form, or denies its dual; else itself."""
        node = self.nodes[literal >> 1]
        if literal & 1:
            return [part ^ 1 for part in node.parts] if isinstance(node, dual) else (literal,)
        return node.parts if isinstance(node, form) else (literal,)

    def _can_fail_among(self, literal: Literal, mask: int) -> bool:
        return bool(self.can_be(literal ^ 1) & mask)

    def _gathered(self, form: type[All | Some], parts: set[Literal]) -> Literal:
        if len(parts) == 1:
            return parts.pop()
        return self._intern(form(tuple(sorted(parts)))) if parts else (TRUE if form is All else FALSE)

    def _items(self, prefix: tuple[Literal, ...], rest: Literal) -> Literal:
        while prefix and prefix[-1] == rest:
            prefix = prefix[:-1]
        if not prefix and rest == TRUE:
            return TRUE
        if rest == FALSE and FALSE not in prefix and set(prefix) <= {TRUE}:
            return self._intern(Size(ARRAY, len(prefix), upper=True))
        return self._intern(Items(prefix, rest))

    def _contains(self, item: Literal, least: int, most: int | None) -> Literal:
        if item == FALSE:
            return TRUE if least <= 0 else self.kinds(ANYTHING & ~ARRAY)
        if least <= 0 and most is None:
            return TRUE
        if item == TRUE:
            upper = TRUE if most is None else self.literal(Size(ARRAY, most, upper=True))
            return self.all_of((self.literal(Size(ARRAY, least, upper=False)), upper))
        return self._intern(Contains(item, max(least, 0), most))

    def _properties(
        self, named: tuple[tuple[str, Literal], ...], patterns: tuple[tuple[str, Literal], ...], rest: Literal
    ) -> Literal:
        if rest == TRUE:
            patterns = tuple(one for one in patterns if one[1] != TRUE)
            if not patterns:
                named = tuple(one for one in named if one[1] != TRUE)
            if not (named or patterns):
                return TRUE
        return self._intern(Properties(tuple(sorted(named)), tuple(sorted(patterns)), rest))

    def _intern(self, node: Node) -> Literal:
        key = (type(node), node)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.nodes)
            self.nodes.append(node)
            can_hold, can_fail = self._masks(node)
            self._can_hold.append(can_hold)
            self._can_fail.append(can_fail)
        return 2 * number

    def _masks(self, node: Node) -> tuple[int, int]:
        """The kinds of which a value may fulfil a node, and those of which one may fail it; never too few."""
        match node:
            case All(parts):
                can_hold = reduce(and_, (self.can_be(part) for part in parts), ANYTHING)
                return can_hold, reduce(or_, (self.can_be(part ^ 1) for part in parts), 0)
            case Some(parts):
                can_fail = reduce(and_, (self.can_be(part ^ 1) for part in parts), ANYTHING)
                return reduce(or_, (self.can_be(part) for part in parts), 0), can_fail
            case One(parts):
                return reduce(or_, (self.can_be(part) for part in parts), 0), ANYTHING
            case Kinds(mask):
                return mask, ANYTHING & ~mask
            case Enum(identities):
                return reduce(or_, (kind_of(self.values[one]) for one in identities), 0), ANYTHING
            case Size(kind, _, _):
                return ANYTHING, kind
            case _:
                return ANYTHING, _ABOUT.get(type(node), ANYTHING)
