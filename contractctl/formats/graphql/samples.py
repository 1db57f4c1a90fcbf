"""What may a client give where a type of input is expected? Values as they are written in a document."""

from collections.abc import Mapping
from types import MappingProxyType

from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import Input, item, named

_SCALARS = {
    "Int": ("1", "2"),
    "Float": ("1.5", "2.5"),
    "String": ('"a"', '"b"'),
    "Boolean": ("true", "false"),
    "ID": ('"1"', '"2"'),
}
_DEEPEST = 12
"""Input objects that need one another stand no deeper than this in what people write."""


def sample(schema: Schema, type_: str, variant: int = 0, depth: int = 0) -> str:
    """A value of a type, as small as it may be; variant 1 is another one, where there is one."""
    inside = item(type_)
    if inside is not None:
        return f"[{sample(schema, inside, variant, depth + 1)}]"
    found = schema.types.get(named(type_))
    if found is None or found.kind == "scalar":
        return _SCALARS.get(named(type_), ('"a"', '"b"'))[variant]
    if found.kind == "enum":
        names = list(found.symbols)
        return names[min(variant, len(names) - 1)] if names else "null"
    given = list(found.inputs.values())[:1] if found.one_of else [one for one in found.inputs.values() if one.required]
    return entries(schema, given, depth) if depth < _DEEPEST else "null"


def entries(schema: Schema, given: list[Input], depth: int = 0) -> str:
    """An input object with these fields."""
    return f"{{{', '.join(f'{one.name}: {sample(schema, one.type, 0, depth + 1)}' for one in given)}}}"


def arguments(schema: Schema, inputs: Mapping[str, Input], given: Mapping[str, str] = MappingProxyType({})) -> str:
    """What stands in the brackets of a field: every required argument, and those that are given. Empty for none."""
    parts = {one.name: sample(schema, one.type) for one in inputs.values() if one.required} | dict(given)
    return f"({', '.join(f'{name}: {value}' for name, value in parts.items())})" if parts else ""
