"""Of which types is there any datum at all? What cannot be written harms no reader."""

from contractctl.formats.avro.schema.types import Enum, Record, Schema, Type, Union


def impossible(schema: Schema) -> frozenset[str]:
    """Named types without any finite datum: a record that must contain itself, an enum without symbols."""
    unsure = set(schema.names)
    shrunk = True
    while shrunk:
        # definitions stand before what they contain: the other way round, one turn settles all but cycles
        settled = [name for name in tuple(schema.names)[::-1] if name in unsure and _has_datum(schema, name, unsure)]
        shrunk = bool(settled)
    return frozenset(unsure)


def _has_datum(schema: Schema, name: str, unsure: set[str]) -> bool:
    match schema.names[name]:
        case Record(fields=fields):
            has = all(is_possible(schema, field.type, unsure) for field in fields)
        case Enum(symbols=symbols):
            has = bool(symbols)
        case _:
            has = True
    if has:
        unsure.discard(name)
    return has


def is_possible(schema: Schema, type_: Type, impossible_names: frozenset[str] | set[str]) -> bool:
    """Whether there is a datum of a type; an array or a map can always be empty."""
    solid = schema.solid(type_)
    if isinstance(solid, Union):
        return any(is_possible(schema, branch, impossible_names) for branch in solid.branches)
    return not (isinstance(solid, Record | Enum) and solid.name in impossible_names)
