"""Which part of a schema decides on one document? That part alone, written again as a text that graphql-core reads.

Validation asks for the fields that the document names, their arguments with all that these consist of, the directives
that it names, and which of the composite types that it reaches may be the same object. Nothing else is kept: schemas
of megabytes have thousands of types, and a document names five.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations_with_replacement

from contractctl.formats.graphql.inputs import written
from contractctl.formats.graphql.lookups import possible_types
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import BUILT_IN, DirectiveDefinition, Field, Input, Type, named

_WORD = re.compile(r"[_A-Za-z]\w*")
_NOTHING = "scalar ID"
"""A text has to define something: here what every schema has."""


def part(schema: Schema, document: str, answered: str = "") -> str:
    """The text of the part that decides on a document, and on an answer to it."""
    words = frozenset(_WORD.findall(f"{document} {answered}"))
    directives = [one for one in schema.directives.values() if one.name in words]
    names = _names(schema, words, directives)
    roots = " ".join(f"{operation}: {name}" for operation, name in schema.roots.items() if name in names)
    lines = [f"schema {{ {roots} }}"] if roots else []
    lines += (_directive(one) for one in directives)
    lines += (_type(schema.types[name], words, names) for name in sorted(names) if name not in BUILT_IN)
    return "\n".join(lines) or _NOTHING


def _names(schema: Schema, words: frozenset[str], directives: list[DirectiveDefinition]) -> frozenset[str]:
    """Every type of the part: those that are named, where operations start, and all that these lead to."""
    found: set[str] = set()
    pending = [name for name in (*schema.roots.values(), *words) if name in schema.types]
    pending += (named(one.type) for directive in directives for one in directive.arguments.values())
    while pending:
        name = pending.pop()
        type_ = schema.types.get(name)
        if name not in found and type_ is not None:
            found.add(name)
            pending += (named(one.type) for one in type_.inputs.values())
            for field in type_.fields.values():
                if field.name in words:
                    pending.append(named(field.type))
                    pending += (named(one.type) for one in field.arguments.values())
        if not pending:
            pending += _shared(schema, found)
    return frozenset(found)


def _shared(schema: Schema, names: set[str]) -> Iterator[str]:
    """For every two composite types of the part that may be one object, such an object."""
    possible = possible_types(schema)
    composite = sorted(name for name in names if name in possible)
    for one, other in combinations_with_replacement(composite, 2):
        shared = possible[one] & possible[other]
        if shared and shared.isdisjoint(names):
            yield min(shared)


def _type(type_: Type, words: frozenset[str], names: frozenset[str]) -> str:
    match type_.kind:
        case "scalar":
            return f"scalar {type_.name}"
        case "union":
            members = [name for name in type_.members if name in names]
            return f"union {type_.name}{' = ' if members else ''}{' | '.join(members)}"
        case "enum":
            return f"enum {type_.name} {{ {' '.join(type_.symbols)} }}"
        case "input":
            mark = " @oneOf" if type_.one_of else ""
            return f"input {type_.name}{mark} {{ {' '.join(map(_input, type_.inputs.values()))} }}"
        case _:
            above = [name for name in type_.interfaces if name in names]
            fields = [_field(one) for one in type_.fields.values() if one.name in words and named(one.type) in names]
            implements = f" implements {' & '.join(above)}" if above else ""
            return f"{type_.kind} {type_.name}{implements} {{ {' '.join(fields) or '_nothing: Boolean'} }}"


def _field(field: Field) -> str:
    return f"{field.name}{_arguments(field.arguments)}: {field.type}"


def _arguments(inputs: Mapping[str, Input]) -> str:
    given = [_input(one) for one in inputs.values()]
    return f"({', '.join(given)})" if given else ""


def _input(one: Input) -> str:
    return f"{one.name}: {one.type}{'' if one.default is None else f' = {written(one.default)}'}"


def _directive(one: DirectiveDefinition) -> str:
    again = " repeatable" if one.repeatable else ""
    return f"directive @{one.name}{_arguments(one.arguments)}{again} on {' | '.join(one.locations)}"
