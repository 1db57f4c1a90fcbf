"""What is a schema, once it is read, and where does a part of it stand?"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from contractctl.documents import Json, Pointer
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.metaschemas import bundled
from contractctl.formats.json_schema.resources import Resource
from contractctl.model.contract import Policy, Source

# Values are compared by identity: the same text at two places is two subschemas, and comparing must not walk them.


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A subschema and where it stands."""

    value: Json
    """A schema where it is an object or a boolean; parse() does not look inside."""
    file: int
    """Counts the source's files; BUNDLED for the official metaschemas."""
    pointer: Pointer
    """From that file's root."""
    base: str
    """The URI of the resource that it belongs to."""
    dialect: Dialect
    scope: tuple[str, ...] = ()
    """URIs of the resources passed on the way that a dynamic reference could mean, outermost first."""

    @property
    def keywords(self) -> dict[str, Json]:
        """The keywords of an object, by name; a boolean has none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def key(self) -> Hashable:
        """Two spots of one schema with equal keys mean the same."""
        return self.file, self.pointer, self.scope


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """One version's schema, read: its files, and the names of what stands in them."""

    roots: tuple[Spot, ...]
    """The files that no other refers to. Of one file, that one."""
    policy: Policy
    source: Source
    resources: Mapping[str, Resource | None]
    """By URI, files under the URI of their path, too; None where two resources have the same."""
    starts: Mapping[tuple[int, Pointer], Resource]
    """By place: every file, and every embedded resource."""
    paths: tuple[str, ...]
    """For each file: the URI of its path."""
    plain: tuple[bool, ...]
    """For each file: whether nothing in it but its root has a name."""
    notes: tuple[str, ...] = ()
    """What was assumed where the text does not say it."""
    doubts: tuple[str, ...] = ()
    """What nobody can judge: each makes a verdict unknown."""
    origins: Mapping[Pointer, Pointer] = field(default_factory=dict)
    """Where parts stand in their files, by where they stand here, where that is elsewhere: each with what is below."""
    extensions: frozenset[str] = frozenset()
    """Keywords that the description around the schemas adds to those of their draft: nullable, discriminator."""
    known: dict[Hashable, "Spot | tuple[str, str]"] = field(default_factory=dict)
    """References that were followed before; reason and URI of those that lead nowhere."""

    @property
    def root(self) -> Spot:
        return self.roots[0]


def inside(schema: Schema, spot: Spot, *steps: str | int) -> Spot:
    """The subschema that lies so many steps below another, with no further subschema in between."""
    value = spot.value
    for step in steps:
        value = value[step]  # type: ignore[index]  # the caller has seen it there
    pointer = spot.pointer + steps
    if spot.file < 0 or schema.plain[spot.file]:
        return Spot(value, spot.file, pointer, spot.base, spot.dialect, spot.scope)
    resource = schema.starts.get((spot.file, pointer))
    if resource is None:
        return Spot(value, spot.file, pointer, spot.base, spot.dialect, spot.scope)
    return start(schema, resource, spot.scope)


def start(schema: Schema, resource: Resource, scope: tuple[str, ...]) -> Spot:
    """The root of a resource, entered with a dynamic scope."""
    scope = entered(schema, resource, scope)
    return Spot(resource.value, resource.file, resource.pointer, resource.base, resource.dialect, scope)


def entered(schema: Schema, resource: Resource, scope: tuple[str, ...]) -> tuple[str, ...]:
    """The dynamic scope inside a resource: it counts where it has a dynamic anchor that none further out has.

    The outermost one is what a dynamic reference means, so scopes stay short and recursion ends.
    """
    if not resource.dynamic or resource.base in scope:
        return scope
    outer = [found.dynamic for uri in scope if (found := named_resource(schema, uri)) is not None]
    offers_more = any(all(name not in one for one in outer) for name in resource.dynamic)
    return (*scope, resource.base) if offers_more else scope


def named_resource(schema: Schema, uri: str) -> Resource | None:
    """The resource of a URI, an official metaschema among them; None where nothing, or more than one thing, has it."""
    return schema.resources[uri] if uri in schema.resources else bundled(uri)
