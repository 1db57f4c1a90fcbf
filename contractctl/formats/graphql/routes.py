"""How does a document get to a type? From where operations start, over fields that both versions have alike."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from types import MappingProxyType

from contractctl.formats.graphql.lookups import possible_types
from contractctl.formats.graphql.samples import arguments
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import EXECUTABLE, Field, Input, named


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a composite type, or to a field or argument on it."""

    operation: str
    """query, mutation or subscription."""
    steps: tuple[str, ...] = ()
    """Selections, each inside the one before: `user(id: "1")`, `... on User`."""

    def then(self, step: str) -> "Route":
        return Route(self.operation, (*self.steps, step))

    def document(self, selection: str, variables: str = "", *, typed: bool = False) -> str:
        """The operation that selects this at the end of the way. typed: the answer says what its objects are."""
        inside = selection
        for step in reversed(self.steps):
            name = "__typename " if typed and step.startswith("...") else ""
            inside = f"{name}{step} {{ {inside} }}"
        head = "" if self.operation == "query" and not variables else f"{self.operation} {variables}".strip() + " "
        return f"{head}{{ {inside} }}"


@dataclass(frozen=True, slots=True)
class Inlet:
    """An argument that takes a type of input, or takes an input object in which that type stands."""

    holder: str
    """The composite type whose field has the argument; `@` where a directive has it."""
    field: str
    argument: str
    within: tuple[str, ...] = ()
    """The input fields on the way from the argument's own type."""


@lru_cache(maxsize=4)
def routes(client: Schema, provider: Schema) -> Mapping[str, Route]:
    """Composite type of the client's → the shortest way there that both versions know."""
    known, given = possible_types(client), possible_types(provider)
    found: dict[str, Route] = {}
    pending: deque[tuple[str, str]] = deque()
    for operation in ("query", "mutation", "subscription"):
        mine, theirs = client.roots.get(operation), provider.roots.get(operation)
        if mine in client.types and theirs in provider.types and mine not in found:
            assert mine is not None and theirs is not None  # noqa: S101, PT018 - None is not a type's name
            found[mine] = Route(operation)
            pending.append((mine, theirs))
    while pending:
        name, counterpart = pending.popleft()
        there = provider.types[counterpart]
        for field in client.types[name].fields.values():
            target = named(field.type)
            same = there.fields.get(field.name)
            if target in known and target not in found and same == field and target in given:
                found[target] = found[name].then(f"{field.name}{arguments(client, field.arguments)}")
                pending.append((target, target))
        for one in sorted(known[name] & given.get(counterpart, frozenset())):
            if one not in found:
                found[one] = found[name].then(f"... on {one}")
                pending.append((one, one))
    return found


def ways(client: Schema, provider: Schema, type_: str) -> Iterator[Route]:
    """Ways to a type: the one over what did not change; then one that the client alone knows."""
    for other in (provider, client):
        found = routes(client, other).get(type_)
        if found is not None:
            yield found


def call(client: Schema, field: Field, given: Mapping[str, str] = MappingProxyType({})) -> str:
    """A field with all that has to be given; and what is to be given beside."""
    return f"{field.name}{arguments(client, field.arguments, given)}"


def fields_answering(client: Schema, type_: str) -> Iterator[tuple[str, Field]]:
    """Every field of the client's schema that answers with a type, and on which type it stands."""
    for holder in client.types.values():
        for field in holder.fields.values():
            if named(field.type) == type_:
                yield holder.name, field


@lru_cache(maxsize=4)
def inlets(client: Schema, provider: Schema) -> Mapping[str, Inlet]:
    """Type of input → an argument through which it is given: over what both versions have alike, where that goes."""
    found: dict[str, Inlet] = {}
    for other in (provider, client):
        for one, inlet in chain(_of_fields(client, other), _of_directives(client, other)):
            found.setdefault(named(one.type), inlet)
        pending = deque(found)
        while pending:
            name = pending.popleft()
            there, way = other.types.get(name), found[name]
            for one in client.types[name].inputs.values() if name in client.types else ():
                if named(one.type) not in found and there is not None and one.name in there.inputs:
                    found[named(one.type)] = Inlet(way.holder, way.field, way.argument, (*way.within, one.name))
                    pending.append(named(one.type))
    return found


def _of_fields(client: Schema, other: Schema) -> Iterator[tuple[Input, Inlet]]:
    for holder in routes(client, other):
        there = other.types.get(holder)
        for field in client.types[holder].fields.values():
            given = there.fields.get(field.name) if there else None
            for one in field.arguments.values() if given else ():
                if given and given.arguments.get(one.name) == one:
                    yield one, Inlet(holder, field.name, one.name)


def _of_directives(client: Schema, other: Schema) -> Iterator[tuple[Input, Inlet]]:
    for directive in client.directives.values():
        given = other.directives.get(directive.name)
        for one in directive.arguments.values() if set(directive.locations) & set(EXECUTABLE) else ():
            if given and given.arguments.get(one.name) == one:
                yield one, Inlet("@", directive.name, one.name)
