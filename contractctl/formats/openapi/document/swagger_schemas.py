"""What does a schema of Swagger 2.0 say in the words of OpenAPI 3.0? https://spec.openapis.org/oas/v2.0#schema-object."""

from dataclasses import dataclass, field

from contractctl.documents import Json, Pointer
from contractctl.formats.description import as_object, at, reference
from contractctl.formats.json_schema.uris import index_of, pointer_of, split

_DEFINITIONS = "#/definitions/"
_LATER = frozenset({"oneOf", "anyOf", "not", "nullable", "writeOnly"})
"""Words that came with 3.0. They mean there what everybody means by them; but here tools pass over them."""
_MAPS = frozenset({"properties"})
_LISTS = frozenset({"allOf", "oneOf", "anyOf"})
_SCHEMAS = frozenset({"items", "additionalProperties", "not"})


@dataclass(slots=True)
class Schemas:
    """The schemas of one document; what refers to one that is no definition makes a component of it."""

    root: dict[str, Json]
    origins: dict[Pointer, Pointer]
    doubts: dict[Pointer, str]
    _pending: dict[str, Pointer] = field(default_factory=dict)

    def named(self) -> dict[str, Json]:
        """Every definition, and what else is referred to."""
        found: dict[str, Json] = {}
        for name, value in as_object(self.root.get("definitions")).items():
            found[name] = self.stated(value, ("definitions", name), ("components", "schemas", name))
        while left := [name for name in self._pending if name not in found]:
            for name in left:
                pointer = self._pending[name]
                found[name] = self.stated(at(self.root, pointer), pointer, ("components", "schemas", name))
        return found

    def stated(self, value: Json, place: Pointer, to: Pointer | None) -> Json:
        """A schema that stands at a place; to: where it stands in the other words, where anybody can be led there."""
        if to is not None:
            self.origins[to] = place
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str):
            return {"$ref": self._led(str(value["$ref"]), place)}
        for word in _LATER & value.keys():
            if value[word] is not False:
                self.doubts[*place, word] = f"schemas of Swagger 2.0 have no '{word}', and tools pass over it"
        found = {name: self._inner(name, part, (*place, name)) for name, part in value.items()}
        return found | {"type": "string", "format": "binary"} if found.get("type") == "file" else found

    def _inner(self, name: str, part: Json, place: Pointer) -> Json:
        if name == "discriminator":
            if isinstance(part, str):
                return {"propertyName": part}
            self.doubts[place] = "a discriminator of Swagger 2.0 is the name of a property"
        elif name in _MAPS and isinstance(part, dict):
            return {key: self.stated(one, (*place, key), None) for key, one in part.items()}
        elif name in _LISTS | {"items"} and isinstance(part, list):
            return [self.stated(one, (*place, number), None) for number, one in enumerate(part)]
        elif name in _SCHEMAS:
            return self.stated(part, place, None)
        return part

    def _led(self, written: str, place: Pointer) -> str:
        if written.startswith(_DEFINITIONS):
            return f"#/components/schemas/{written.removeprefix(_DEFINITIONS)}"
        if not written.startswith("#"):
            self.doubts[place] = f"'{written}' leads out of this file: bundle the document into one file"
            return written
        pointer = pointed(self.root, written)
        if pointer is not None:
            self._pending[written] = pointer
        return reference("components", "schemas", written)


def pointed(root: Json, written: str) -> Pointer | None:
    """The place that a reference inside the file names; None where there is none."""
    uri, fragment = split(written)
    found: list[str | int] = []
    for word in (pointer_of(fragment) if not uri else None) or ():
        value = at(root, tuple(found))
        step = index_of(str(word), len(value)) if isinstance(value, list) else word
        if step is None or not isinstance(value, dict | list) or (isinstance(value, dict) and step not in value):
            return None
        found.append(step)
    return tuple(found) or None
