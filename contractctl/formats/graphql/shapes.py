"""Which fields may stand beside one another in one answer, and must have one shape there?

https://spec.graphql.org/October2021/#sec-Field-Selection-Merging: where fragments on two types meet, fields of one
response key must be lists, never null, and of one scalar or enum alike. That a client gives two fields of different
names one key, by an alias, is not reckoned with: documents that do so are seen when they are given.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from contractctl.formats.graphql.lookups import possible_types
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import named


def shape(schema: Schema, type_: str) -> str:
    """What has to be the same in one answer: lists and nulls, and the name of a scalar or an enum."""
    name = named(type_)
    found = schema.types.get(name)
    return type_.replace(name, "{}") if found is not None and found.is_composite else type_


def beside(schema: Schema, type_: str, field: str) -> Iterator[str]:
    """Other types whose field of that name may stand in one answer with this one's, in one shape. Nearest first."""
    here = shape(schema, schema.types[type_].fields[field].type)
    groups, meetings = _groups(schema), _meetings(schema)
    mine = groups[type_]
    near = possible_types(schema)[type_]
    found = [
        other.name
        for other in schema.types.values()
        if other.name != type_
        and field in other.fields
        and (groups[other.name] == mine or (mine, groups[other.name]) in meetings)
        and shape(schema, other.fields[field].type) == here
    ]
    return iter(sorted(found, key=lambda name: near.isdisjoint(possible_types(schema)[name])))


@lru_cache(maxsize=8)
def _groups(schema: Schema) -> Mapping[str, str]:
    """Composite type → its group: types that share objects, directly or over others. A group is named by a type."""
    leader = {name: name for name in possible_types(schema)}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for name, objects in possible_types(schema).items():
        for one in objects:
            if one in leader:
                leader[find(one)] = find(name)
    return {name: find(name) for name in leader}


@lru_cache(maxsize=8)
def _meetings(schema: Schema) -> frozenset[tuple[str, str]]:
    """Pairs of groups that meet in one answer: reached by fields of one name from groups that meet."""
    answers = _answers(schema)
    found: set[tuple[str, str]] = set()
    pending = [(group, group) for group in answers]
    while pending:
        one, other = pending.pop()
        theirs = answers.get(other, {})
        for field, targets in answers.get(one, {}).items():
            for a in targets:
                for b in theirs.get(field, ()):
                    if a != b and (a, b) not in found:
                        found |= {(a, b), (b, a)}
                        pending.append((a, b))
    return frozenset(found)


def _answers(schema: Schema) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Group → the fields that its types have → the groups that they lead to."""
    groups = _groups(schema)
    found: dict[str, dict[str, set[str]]] = {}
    for type_ in schema.types.values():
        for field in type_.fields.values():
            target = groups.get(named(field.type))
            if target is not None:
                found.setdefault(groups[type_.name], {}).setdefault(field.name, set()).add(target)
    return {group: {field: frozenset(to) for field, to in fields.items()} for group, fields in found.items()}
