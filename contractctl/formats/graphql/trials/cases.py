"""What is tried, and of which finding?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contractctl.formats.graphql.routes import Route, call, ways
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import Field, named
from contractctl.model.verdict import Incompatibility

TYPENAME = "{ __typename }"


@dataclass(frozen=True, slots=True)
class Trial:
    """A document, and what is looked at."""

    document: str
    mention: str
    """A word that stands in the refusal, if it is about this finding."""
    answers: Mapping[str, object] | None = None
    """What the provider answers, where it is the answer that lets the client down."""
    echoes: str = ""
    """The field whose arguments are compared, where both sides take the document."""


@dataclass(frozen=True, slots=True)
class Case:
    """A finding between two schemas."""

    client: Schema
    provider: Schema
    found: Incompatibility

    @property
    def facts(self) -> Mapping[str, str]:
        return self.found.facts

    def field(self, type_: str, name: str) -> Field:
        return self.client.types[type_].fields[name]

    def ways(self, type_: str) -> Iterator[Route]:
        return ways(self.client, self.provider, type_)

    def selected(self, one: Field, given: Mapping[str, str] = MappingProxyType({})) -> str:
        """A field as it is asked for, with something in it where it has fields."""
        return f"{call(self.client, one, given)}{self.inside(one)}"

    def inside(self, one: Field) -> str:
        found = self.client.types.get(named(one.type))
        return f" {TYPENAME}" if found is not None and found.is_composite else ""
