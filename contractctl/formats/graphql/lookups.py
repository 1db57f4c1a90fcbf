"""Which objects may a composite type be, and where is a type used? Worked out once for a schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import named


@lru_cache(maxsize=8)
def possible_types(schema: Schema) -> Mapping[str, frozenset[str]]:
    """Composite type → the objects that an answer of it may be.

    https://spec.graphql.org/October2021/#GetPossibleTypes().
    """
    found: dict[str, set[str]] = {type_.name: set() for type_ in schema.types.values() if type_.is_composite}
    for type_ in schema.types.values():
        if type_.kind == "type":
            found[type_.name].add(type_.name)
            for interface in type_.interfaces:
                found.setdefault(interface, set()).add(type_.name)
        elif type_.kind == "union":
            found[type_.name].update(type_.members)
    return {name: frozenset(objects) for name, objects in found.items()}


@lru_cache(maxsize=8)
def parents(schema: Schema) -> Mapping[str, frozenset[str]]:
    """Object → every composite type that it may be the answer of, itself among them."""
    found: dict[str, set[str]] = {}
    for name, objects in possible_types(schema).items():
        for one in objects:
            found.setdefault(one, set()).add(name)
    return {name: frozenset(above) for name, above in found.items()}


@dataclass(frozen=True, slots=True)
class Usage:
    """Which types are given by clients, and which are answered."""

    given: frozenset[str]
    answered: frozenset[str]

    def is_given(self, name: str) -> bool:
        """What nothing here refers to may be given elsewhere."""
        return name in self.given or name not in self.answered

    def is_answered(self, name: str) -> bool:
        """As is_given()."""
        return name in self.answered or name not in self.given


@lru_cache(maxsize=8)
def usage(schema: Schema) -> Usage:
    """https://spec.graphql.org/October2021/#sec-Input-and-Output-Types."""
    given: set[str] = set()
    answered: set[str] = set()
    for type_ in schema.types.values():
        given.update(named(one.type) for one in type_.inputs.values())
        for field in type_.fields.values():
            answered.add(named(field.type))
            given.update(named(one.type) for one in field.arguments.values())
    for directive in schema.directives.values():
        given.update(named(one.type) for one in directive.arguments.values())
    return Usage(frozenset(given), frozenset(answered))
