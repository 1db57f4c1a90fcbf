"""What does graphql-core say? The only file that imports it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from contractctl.errors import ContractctlError
from contractctl.model.contract import File

if TYPE_CHECKING:
    from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

    from contractctl.formats.graphql.schema import Schema

Answers = Mapping[str, object]
"""What a provider answers for a field of that name, where it is not just anything of the field's type."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a document: refusals, or data."""

    errors: tuple[str, ...]
    data: object = None


def name() -> str:
    """The library, with its version."""
    from graphql import version

    return f"graphql-core {version}"


def demand_syntax(file: File) -> None:
    """Raise ContractctlError where a text is not GraphQL: graphql-core's own sentence, with line and column."""
    from graphql import GraphQLSyntaxError, parse

    try:
        parse(file.text, no_location=True)
    except GraphQLSyntaxError as error:
        raise placed(file.name, error) from None
    except RecursionError:
        raise ContractctlError(f"{file.name} is nested too deeply", hint="reduce the nesting of its values") from None


def demand_sound(schema: "Schema") -> None:
    """Raise ContractctlError where graphql-core makes no schema of the files, as a provider's server would not."""
    from graphql import GraphQLError, Source, build_ast_schema, concat_ast, parse, validate_schema

    try:
        documents = [parse(Source(file.text, file.name)) for file in schema.source.every if file.text.strip()]
        errors = validate_schema(build_ast_schema(concat_ast(documents), assume_valid_sdl=True))
    except GraphQLError as refused:
        errors = [refused]
    except TypeError as refused:  # so build_ast_schema() says what is wrong with names
        errors = [GraphQLError(str(refused))]
    for error in errors[:1]:
        raise placed(error.source.name if error.source else schema.source.name, error)


def placed(name_: str, error: "GraphQLError") -> ContractctlError:
    """An error of graphql-core in our words, with its place."""
    place = error.locations[0] if error.locations else None
    at = f":{place.line}:{place.column}" if place else ""
    said = error.message.removeprefix("Syntax Error: ").rstrip(".")
    return ContractctlError(f"{name_}{at}: {said[:1].lower()}{said[1:]}", hint="fix the text there")


def refusals(text: str, document: str) -> tuple[str, ...]:
    """Why a document is not valid against a schema, or cannot begin; nothing where it is and can."""
    from graphql import parse, validate

    errors = validate(_built(text), parse(document, no_location=True))
    return tuple(error.message for error in errors)


def answer(text: str, document: str, answers: Answers = MappingProxyType({})) -> Said:
    """A provider's answer to a document, with anything in the fields for which `answers` says nothing.

    Where a field of a name leads to another of that name, the inner one is meant.
    """

    def resolve(_source: object, info: "GraphQLResolveInfo[Any]", **_arguments: object) -> object:
        is_meant = info.field_name in answers and not _leads_to(info.field_name, info.field_nodes)
        return answers[info.field_name] if is_meant else _anything(info)

    return _executed(text, document, resolve)


def arguments(text: str, document: str, field: str) -> str | None:
    """With which arguments a provider's field, or directive (`@name`), of that name is called; None where it is not."""
    from graphql import get_directive_values

    called: list[str] = []

    def resolve(_source: object, info: "GraphQLResolveInfo[Any]", **given: object) -> object:
        directive = info.schema.get_directive(field.removeprefix("@")) if field.startswith("@") else None
        if info.field_name == field:
            called.append(shown(given))
        if directive is not None:
            called.append(shown(get_directive_values(directive, info.field_nodes[0])))
        return _anything(info)

    _executed(text, document, resolve)
    return called[-1] if called else None


def read(text: str, document: str, data: object) -> Said:
    """What a client makes of an answer, whose schema is `text`: the values are read as its types want them."""

    def resolve(source: Any, info: "GraphQLResolveInfo[Any]", **_arguments: object) -> object:  # noqa: ANN401 - JSON
        found = source.get(str(info.path.key)) if isinstance(source, Mapping) else None
        return _as_leaf(info.return_type, found)

    return _executed(text, document, resolve, data)


def _executed(text: str, document: str, resolve: Callable[..., object], root: object = None) -> Said:
    from graphql import execute_sync, parse

    done = execute_sync(
        _built(text),
        parse(document, no_location=True),
        root_value=root,
        field_resolver=resolve,
        type_resolver=lambda value, _info, _type: value.get("__typename") if isinstance(value, Mapping) else None,
    )
    return Said(tuple(error.message for error in done.errors or ()), done.data)


def _anything(info: "GraphQLResolveInfo[Any]") -> object:
    """Some value of a field's type; lists have one item."""
    from graphql import GraphQLEnumType, GraphQLList, get_nullable_type, is_abstract_type, is_composite_type

    depth, type_ = 0, get_nullable_type(info.return_type)
    while isinstance(type_, GraphQLList):
        depth, type_ = depth + 1, get_nullable_type(type_.of_type)
    found: object
    if is_abstract_type(type_):
        wanted = {one.name.value for one in _conditions(info)}
        possible = [one.name for one in info.schema.get_possible_types(type_)]
        found = {"__typename": next((one for one in possible if one in wanted), possible[0] if possible else "")}
    elif is_composite_type(type_):
        found = {"__typename": type_.name}
    elif isinstance(type_, GraphQLEnumType):
        found = next(iter(type_.values))
    else:
        found = {"Int": 1, "Float": 1.5, "Boolean": True}.get(type_.name, "a")
    for _ in range(depth):
        found = [found]
    return found


def _leads_to(name: str, nodes: Iterable[Any]) -> bool:
    """Whether a field of that name is selected somewhere below these."""
    from graphql import FieldNode

    below = [one for node in nodes if node.selection_set for one in node.selection_set.selections]
    is_there = any(isinstance(one, FieldNode) and one.name.value == name for one in below)
    return is_there or (bool(below) and _leads_to(name, below))


def _conditions(info: "GraphQLResolveInfo[Any]") -> list[Any]:
    """The types that fragments directly inside the field name."""
    from graphql import InlineFragmentNode

    selections = (one for node in info.field_nodes if node.selection_set for one in node.selection_set.selections)
    return [one.type_condition for one in selections if isinstance(one, InlineFragmentNode) and one.type_condition]


def _as_leaf(type_: Any, value: Any) -> object:  # noqa: ANN401 - graphql-core's types, JSON
    """The value, once every scalar in it is one that graphql-core would take from a client."""
    from graphql import GraphQLScalarType, get_nullable_type, is_list_type

    type_ = get_nullable_type(type_)
    if is_list_type(type_):
        return [_as_leaf(type_.of_type, one) for one in value] if isinstance(value, list) else value
    if isinstance(type_, GraphQLScalarType) and value is not None:
        return type_.parse_value(value)
    return value


@lru_cache(maxsize=64)
def _built(text: str) -> "GraphQLSchema":
    from graphql import GraphQLObjectType, build_schema

    schema = build_schema(text, assume_valid=True, assume_valid_sdl=True)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            type_.is_type_of = _is_of(type_.name)
    return schema


def _is_of(type_: str) -> Callable[..., bool]:
    """An answer is of a type where it says so, or does not say of which it is."""
    return lambda value, _info: (
        value is None or (isinstance(value, Mapping) and value.get("__typename", type_) == type_)
    )


def shown(value: object) -> str:
    """Data as it goes over the wire."""
    return json.dumps(value, ensure_ascii=False)
