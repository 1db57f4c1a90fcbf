"""What does a document say once its traits are applied? Operations and messages with all that they share.

In 2.x a trait is merged into its target: https://www.asyncapi.com/docs/reference/specification/v2.6.0#messageObject.
Since 3.0 the target has the last word:
https://www.asyncapi.com/docs/reference/specification/v3.0.0#traits-merge-mechanism.
"""

import posixpath
from collections.abc import Callable, Iterator

from contractctl.documents import Json
from contractctl.formats.json_schema.uris import index_of, pointer_of, split

Lookup = Callable[[str, str], "tuple[str, Json] | None"]
"""From the path of a file and a reference in it: the path of the file where that leads, and what stands there."""

_SCHEMAS = frozenset({"payload", "headers", "examples", "schemas", "bindings", "schema"})
"""Below these stand schemas and data, which have no traits."""
_MAPS = frozenset({"channels", "operations", "messages", "parameters", "operationTraits", "messageTraits", "replies"})
"""Below these stand names that people chose."""
_MOST_REFERENCES = 16


def applied(value: Json, path: str, lookup: Lookup, *, traits_win: bool) -> Json:
    """A file's value with the traits of everything in it merged; what has none is the same object as before."""

    def walk(one: Json, *, is_map: bool) -> Json:
        if isinstance(one, list):
            return [walk(inner, is_map=False) for inner in one]
        if not isinstance(one, dict):
            return one
        walked = {
            key: inner if key in _SCHEMAS and not is_map else walk(inner, is_map=key in _MAPS and not is_map)
            for key, inner in one.items()
        }
        traits = one.get("traits")
        if not isinstance(traits, list) or is_map:
            return walked
        given = list(_given(traits, path, lookup))
        if traits_win:
            for trait in given:
                walked = _object(merged(walked, trait))
            return walked
        below: Json = {}
        for trait in given:
            below = merged(below, trait)
        return merged(below, walked)

    return walk(value, is_map=False)


def merged(target: Json, patch: Json) -> Json:
    """RFC 7386, JSON Merge Patch."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def found_at(value: Json, fragment: str) -> tuple[Json, ...]:
    """What a JSON pointer leads to, as the only item; nothing where it leads nowhere."""
    for step in pointer_of(fragment) or ():
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
            continue
        number = index_of(step, len(value)) if isinstance(value, list) else None
        if number is None or not isinstance(value, list):
            return ()
        value = value[number]
    return (value,)


def _given(traits: list[Json], path: str, lookup: Lookup) -> Iterator[Json]:
    """Traits as they are meant, references followed. A candidate of 2.0 wrote a trait beside its arguments."""
    for trait in traits:
        where, one = path, trait[0] if isinstance(trait, list) and trait else trait
        for _ in range(_MOST_REFERENCES):
            reference = one.get("$ref") if isinstance(one, dict) else None
            led = lookup(where, reference) if isinstance(reference, str) else None
            if led is None:
                break
            where, one = led
        if isinstance(one, dict) and "$ref" not in one:
            yield one if where == path else _moved(one, where, path)


def _moved(value: Json, here: str, there: str) -> Json:
    """A value of one file as another file has to write it: its references lead where they led."""
    if isinstance(value, list):
        return [_moved(one, here, there) for one in value]
    if not isinstance(value, dict):
        return value
    moved = {key: _moved(inner, here, there) for key, inner in value.items()}
    reference = value.get("$ref")
    if isinstance(reference, str) and ":" not in reference.partition("#")[0]:
        uri, fragment = split(reference)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), uri)) if uri else here
        relative = posixpath.relpath(target, posixpath.dirname(there) or ".")
        moved["$ref"] = f"{relative}#{fragment}"
    return moved


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
