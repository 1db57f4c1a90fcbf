"""Two schemas at random that graphql-core would serve, and documents at random for one of them."""

from random import Random
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_union_type,
    validate_schema,
)
from random_types import changed, parts, text


def pair(rng: Random) -> tuple[str, str] | None:
    """Two schemas that graphql-core would serve."""
    old = parts(rng)
    texts = text(old), text(changed(rng, old))
    for one in texts:
        try:
            if validate_schema(build_schema(one)):
                return None
        except (GraphQLError, TypeError):
            return None
    return texts


def document(rng: Random, schema: GraphQLSchema) -> str:
    """A query at random; most are valid."""
    assert schema.query_type is not None
    return _selections(rng, schema, schema.query_type, 3)


def _selections(rng: Random, schema: GraphQLSchema, type_: Any, depth: int) -> str:
    chosen = ["__typename"]
    for name, field in [] if is_union_type(type_) else type_.fields.items():
        if rng.random() < 0.6 and (depth or not is_composite_type(get_named_type(field.type))):
            chosen.append(_selected(rng, schema, name, field, depth))
    for other in ("A", "B", "C", "I", "U"):
        condition = schema.get_type(other)
        if condition is not None and depth and rng.random() < 0.4:
            chosen.append(f"... on {other} {_selections(rng, schema, condition, depth - 1)}")
    return f"{{ {' '.join(chosen)} }}"


def _selected(rng: Random, schema: GraphQLSchema, name: str, field: Any, depth: int) -> str:
    given = [
        f"{key}: {_value(rng, one.type)}"
        for key, one in field.args.items()
        if rng.random() < 0.5 or (is_non_null_type(one.type) and one.default_value is None)
    ]
    inner = get_named_type(field.type)
    inside = f" {_selections(rng, schema, inner, depth - 1)}" if is_composite_type(inner) else ""
    mark = " @d" if rng.random() < 0.1 else ""
    brackets = f"({', '.join(given)})" if given else ""
    return f"{name}{brackets}{mark}{inside}"


def _value(rng: Random, type_: Any, depth: int = 3) -> str:
    """An input may hold itself, where that may be null or a list of none."""
    if not is_non_null_type(type_) and (depth == 0 or rng.random() < 0.2):
        return "null"
    type_ = get_nullable_type(type_)
    if is_list_type(type_):
        return f"[{_value(rng, type_.of_type, depth)}]" if depth else "[]"
    if is_enum_type(type_):
        return rng.choice(sorted(type_.values))
    if is_input_object_type(type_):
        left = max(0, depth - 1)
        return f"{{{', '.join(f'{key}: {_value(rng, one.type, left)}' for key, one in type_.fields.items())}}}"
    return {"Int": "3", "Float": "2.5"}.get(type_.name, '"t"')
