"""Which files together build one schema? Those that use or extend what another defines, and define nothing twice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from contractctl.formats.companions import distance
from contractctl.formats.graphql.cursor import Misread
from contractctl.formats.graphql.reading import Definition, Read, definitions
from contractctl.formats.graphql.types import BUILT_IN, DirectiveDefinition, Input, Type, named
from contractctl.model.contract import File

_SUBGRAPH = ("@key(", "@external", "@link(", "@shareable")
"""Words of a federation: https://specs.apollo.dev/federation/. A subgraph stands alone, whatever others define."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one file gives to others and wants of them; directives as `@name`."""

    defines: frozenset[str]
    wants: frozenset[str]


def together(files: Iterable[File]) -> dict[str, frozenset[str]]:
    """The name of every file → the names of all files of its schema, its own among them."""
    parts = {file.name: _part(file) for file in files}
    groups = {name: frozenset({name}) for name in parts}
    for _, one, other in sorted(_bonds(parts)):
        if groups[one] is groups[other] or _clash(parts, groups[one], groups[other]):
            continue
        joined = groups[one] | groups[other]
        groups.update(dict.fromkeys(joined, joined))
    return groups


def _bonds(parts: Mapping[str, _Part]) -> Iterator[tuple[tuple[int, int], str, str]]:
    """Who wants what of whom: the nearest file that defines it, where no other is as near."""
    givers: dict[str, list[str]] = {}
    for name, part in parts.items():
        for word in part.defines:
            givers.setdefault(word, []).append(name)
    for name, part in parts.items():
        here = tuple(name.split("/")[:-1])
        for word in part.wants & givers.keys():
            near = sorted((distance(here, giver), giver) for giver in givers[word])
            if len(near) == 1 or near[0][0] < near[1][0]:
                yield (*near[0][:1], name, near[0][1])


def _clash(parts: Mapping[str, _Part], some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a name is defined in both: then these are two schemas."""
    known = {word for name in some for word in parts[name].defines}
    return any(not known.isdisjoint(parts[name].defines) for name in others)


def _part(file: File) -> _Part:
    if any(word in file.text for word in _SUBGRAPH):
        return _Part(frozenset(), frozenset())
    try:
        read = tuple(definitions(file.text, 0, may_be_empty=True))
    except Misread:  # its own reading tells
        return _Part(frozenset(), frozenset())
    defines = frozenset(_defined(read))
    return _Part(defines, frozenset(word for one in read for word in _wanted(one)) - defines - set(BUILT_IN))


def _defined(read: Iterable[Read]) -> Iterator[str]:
    for one in read:
        if isinstance(one, DirectiveDefinition):
            yield f"@{one.name}"
        elif not one.extends:
            yield one.type.name if isinstance(one, Definition) else "schema"


def _wanted(one: Read) -> Iterator[str]:
    if isinstance(one, Definition):
        if one.extends:
            yield one.type.name
        yield from _uses(one.type)
    elif isinstance(one, DirectiveDefinition):
        yield from _given(one.arguments)
    else:
        if one.extends:
            yield "schema"
        yield from (type_ for type_, _ in one.types.values())


def _uses(type_: Type) -> Iterator[str]:
    yield from type_.interfaces
    yield from type_.members
    yield from _given(type_.inputs)
    for field in type_.fields.values():
        yield named(field.type)
        yield from _given(field.arguments)


def _given(inputs: Mapping[str, Input]) -> Iterator[str]:
    yield from (named(one.type) for one in inputs.values())
