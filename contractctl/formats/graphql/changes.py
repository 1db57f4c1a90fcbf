"""What changed between two schemas? Facts, in the new one's order; whether they break anybody is not asked."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from contractctl.formats.graphql.inputs import written
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import KINDS, DirectiveDefinition, Field, Input, Symbol, Type
from contractctl.model.verdict import Change

V = TypeVar("V")


def changes(old: Schema, new: Schema) -> Iterator[Change]:
    """Every difference in types, fields, arguments, values, roots and directives; descriptions are none."""
    for operation in dict.fromkeys((*new.roots, *old.roots)):
        yield from _fact("schema", f"root of {operation}", old.roots.get(operation), new.roots.get(operation))
    yield from _each(old.types, new.types, _type, lambda type_: (type_.name, KINDS[type_.kind].split(" ", 1)[1]))
    yield from _each(old.directives, new.directives, _directive, lambda one: (f"@{one.name}", "directive"))


def _each(
    old: Mapping[str, V],
    new: Mapping[str, V],
    compared: Callable[[V, V], Iterator[Change]],
    called: Callable[[V], tuple[str, str]],
) -> Iterator[Change]:
    for name, one in new.items():
        before = old.get(name)
        if before is None:
            yield Change("added", *called(one))
        elif before != one:
            yield from compared(before, one)
    for name, one in old.items():
        if name not in new:
            yield Change("removed", *called(one))


def _fact(path: str, what: str, old: str | None, new: str | None) -> Iterator[Change]:
    if old != new:
        yield Change("added" if old is None else "removed" if new is None else "changed", path, what, old, new)


def _type(old: Type, new: Type) -> Iterator[Change]:
    yield from _fact(new.name, "kind", KINDS[old.kind], KINDS[new.kind])
    yield from _names(new.name, "interface", old.interfaces, new.interfaces)
    yield from _names(new.name, "member", old.members, new.members)
    yield from _fact(new.name, "specification", old.specified_by, new.specified_by)
    yield from _fact(new.name, "@oneOf", _yes(old.one_of), _yes(new.one_of))
    yield from _names(new.name, "@key", old.keys, new.keys)
    yield from _fact(new.name, "@inaccessible", _yes(old.hidden), _yes(new.hidden))
    yield from _each(
        old.fields, new.fields, lambda a, b: _field(new.name, a, b), lambda f: (f"{new.name}.{f.name}", "field")
    )
    yield from _each(
        old.symbols,
        new.symbols,
        lambda a, b: _told(f"{new.name}.{b.name}", a, b),
        lambda symbol: (f"{new.name}.{symbol.name}", "value"),
    )
    yield from _inputs(lambda name: f"{new.name}.{name}", "input field", old.inputs, new.inputs)


def _names(path: str, what: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    for name in new:
        if name not in old:
            yield Change("added", path, what, new=name)
    for name in old:
        if name not in new:
            yield Change("removed", path, what, old=name)


def _field(type_: str, old: Field, new: Field) -> Iterator[Change]:
    path = f"{type_}.{new.name}"
    yield from _fact(path, "type", old.type, new.type)
    yield from _told(path, old, new)
    yield from _inputs(lambda name: f"{path}({name}:)", "argument", old.arguments, new.arguments)


def _told(path: str, old: Field | Input | Symbol, new: Field | Input | Symbol) -> Iterator[Change]:
    """What directives say of it."""
    yield from _fact(path, "deprecation", old.deprecated, new.deprecated)
    yield from _fact(path, "@inaccessible", _yes(old.hidden), _yes(new.hidden))


def _yes(said: bool) -> str | None:
    return "yes" if said else None


def _inputs(
    path: Callable[[str], str], what: str, old: Mapping[str, Input], new: Mapping[str, Input]
) -> Iterator[Change]:
    yield from _each(old, new, lambda a, b: _input(path(b.name), a, b), lambda one: (path(one.name), what))


def _input(path: str, old: Input, new: Input) -> Iterator[Change]:
    yield from _fact(path, "type", old.type, new.type)
    yield from _fact(path, "default", _default(old), _default(new))
    yield from _told(path, old, new)


def _default(one: Input) -> str | None:
    return None if one.default is None else written(one.default)


def _directive(old: DirectiveDefinition, new: DirectiveDefinition) -> Iterator[Change]:
    path = f"@{new.name}"
    yield from _names(path, "location", old.locations, new.locations)
    yield from _fact(path, "repeatable", _yes(old.repeatable), _yes(new.repeatable))
    yield from _inputs(lambda name: f"{path}({name}:)", "argument", old.arguments, new.arguments)
