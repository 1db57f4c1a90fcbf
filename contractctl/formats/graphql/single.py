"""What would a provider look like that made one change, and no other?"""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.formats.graphql.lookups import possible_types
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import Input, Type
from contractctl.model.verdict import Incompatibility


def alone(client: Schema, provider: Schema, found: Incompatibility) -> Schema | None:
    """The client's schema with this change of the provider's; None where the rest cannot get in its way."""
    changed = {type_.name: type_ for type_ in _changed(client, provider, found)}
    return replace(client, types={**provider.types, **client.types, **changed}) if changed else None


def _changed(client: Schema, provider: Schema, found: Incompatibility) -> Iterator[Type]:
    facts = found.facts
    match found.rule:
        case "graphql-enum-value-unknown" | "graphql-enum-value-removed":
            yield provider.types[facts["enum"]]
        case "graphql-type-unknown":
            yield from (provider.types[name] for name in (facts["type"], facts["object"]) if name in provider.types)
        case "graphql-one-of-added":
            yield replace(client.types[facts["type"]], one_of=True)
        case "graphql-null-unexpected" | "graphql-field-type-changed":
            yield from _answering(client, provider, facts["type"], facts["field"])
        case _ if found.rule.startswith("graphql-input-") and not facts["holder"].startswith("@"):
            yield from _taking(client, provider, facts["holder"], facts["input"])
        case _:
            return


def _answering(client: Schema, provider: Schema, type_: str, field: str) -> Iterator[Type]:
    """A type whose field answers as the provider's; and the objects that implement it, where they do so, too."""
    for name in (type_, *possible_types(client)[type_]):
        mine, theirs = client.types.get(name), provider.types.get(name)
        if mine is not None and theirs is not None and field in theirs.fields and field in mine.fields:
            changed = replace(mine.fields[field], type=theirs.fields[field].type)
            yield replace(mine, fields={**mine.fields, field: changed})


def _taking(client: Schema, provider: Schema, holder: str, name: str) -> Iterator[Type]:
    """A type that takes this one input as the provider's does, or no longer does."""
    type_, _, field = holder.partition(".")
    mine, theirs = client.types[type_], provider.types.get(type_)
    if theirs is None:
        return
    if not field:
        yield replace(mine, inputs=_with({**mine.inputs}, {**theirs.inputs}, name))
    elif field in theirs.fields:
        called = mine.fields[field]
        given = _with({**called.arguments}, {**theirs.fields[field].arguments}, name)
        yield replace(mine, fields={**mine.fields, field: replace(called, arguments=given)})


def _with(mine: dict[str, Input], theirs: dict[str, Input], name: str) -> dict[str, Input]:
    rest = {key: one for key, one in mine.items() if key != name}
    return {**rest, name: theirs[name]} if name in theirs else rest
