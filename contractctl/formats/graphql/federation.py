"""What does a subgraph say of itself to those who compose a graph of several? https://specs.apollo.dev/federation/v2.3."""

import json
from collections.abc import Iterable

from contractctl.formats.graphql.types import Directive

_PREFIX = "federation__"
"""What stands before the name of a directive that is not imported."""


def keys(directives: Iterable[Directive]) -> tuple[str, ...]:
    """The fields of each @key by which other subgraphs may ask for an object."""
    found = [one.arguments for one in directives if one.name.removeprefix(_PREFIX) == "key"]
    return tuple(sorted(_key(said.get("fields")) for said in found if said.get("resolvable") != "false"))


def is_hidden(directives: Iterable[Directive]) -> bool:
    """Whether clients of the whole graph do not see what these stand at."""
    return any(one.name.removeprefix(_PREFIX) == "inaccessible" for one in directives)


def _key(fields: object) -> str:
    text = str(json.loads(fields)) if isinstance(fields, str) and fields.startswith('"') else ""
    words = text.replace("{", " { ").replace("}", " } ").replace(",", " ").split()
    return " ".join(words if "{" in words else sorted(words))
