"""Which components do schemas refer to, and what is one called that gets a second beside it?"""

from collections.abc import Iterable, Iterator

from contractctl.documents import Json
from contractctl.formats.description import as_object
from contractctl.formats.retirement.places import Object, component_of, own

_SHOWN = frozenset({"example", "examples", "default", "enum", "const"})
"""What looks like a reference in there is none."""


def owners(components: Object) -> Iterator[tuple[int, str]]:
    """Every object in a component, by its identity, with the component's name."""
    for name, component in components.items():
        pending = [component]
        while pending:
            one = pending.pop()
            if isinstance(one, dict):
                yield id(one), name
                pending.extend(one.values())
            elif isinstance(one, list):
                pending.extend(one)


def reaching(components: Object, names: Iterable[str], torn: set[str]) -> set[str]:
    """Those of some components that lead to torn ones, and these."""
    leading = {name: set(components_in(components.get(name))) for name in names}
    found = set(torn)
    while more := {name for name, to in leading.items() if to & found} - found:
        found |= more
    return found


def free(components: Object, name: str) -> str:
    """A name that no component has yet."""
    base, number = name, 2
    while name in components:
        name, number = f"{base}{number}", number + 1
    return name


def double(components: Object, name: str, called: str) -> Iterator[tuple[Object, Object]]:
    """Put a copy of a component right behind it; every object of the one, and what is the same in the copy."""
    copy = own(components[name])
    entries = list(components.items())
    entries.insert([key for key, _ in entries].index(name) + 1, (called, copy))
    components.clear()
    components.update(entries)
    return _side_by_side(components[name], copy)


def components_in(value: Json) -> Iterator[str]:
    """The components that a schema refers to."""
    for one in _schemas_in(value):
        if (name := component_of(one)) is not None:
            yield name


def rename(value: Json, names: dict[str, str]) -> None:
    """Let references lead to components of other names."""
    for one in _schemas_in(value):
        name = component_of(one)
        if name in names:
            one["$ref"] = f"#/components/schemas/{names[name]}"


def _schemas_in(value: Json) -> Iterator[Object]:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            yield one
            names = as_object(one.get("properties"))  # there the keys are names, whatever they look like
            pending.extend(part for key, part in one.items() if key not in _SHOWN)
            pending.extend(names[key] for key in names.keys() & _SHOWN)
        elif isinstance(one, list):
            pending.extend(one)


def _side_by_side(one: Json, other: Json) -> Iterator[tuple[Object, Object]]:
    pending = [(one, other)]
    while pending:
        left, right = pending.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            yield left, right
            pending.extend((left[key], right[key]) for key in left)
        elif isinstance(left, list) and isinstance(right, list):
            pending.extend(zip(left, right, strict=True))
