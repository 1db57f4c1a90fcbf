"""What of a document does one operation need? As a document of its own, in one file, for others to execute."""

from dataclasses import replace
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.description import below
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import METHODS, child, entries, fields, resolved
from contractctl.formats.openapi.document.words import told
from contractctl.formats.openapi.resolution.parameters import Parameter, parameters_of

_COMPONENT = 3
_ELSEWHERE = frozenset({"callbacks", "servers", "links", "parameters"})
"""What an excerpt has no use for, or writes otherwise."""
_OTHER_SIDE = {"request": "responses", "response": "requestBody"}
SERVER = "http://provider.example"
"""Where the excerpt is served, whatever the document says: for all that is not about servers."""


def excerpt(  # noqa: PLR0913 - which document, which operation, which side of it
    document: Document, path: str, item: Spot, method: str, side: str, *, has_words: bool = False
) -> dict[str, Json]:
    """A document with one side of that operation alone, request or response; what it refers to is under components.

    has_words: whether discriminators stand in it, each with all of its words, for openapi-core to go by.
    """
    cutting = _cutting(document, has_words)
    root = fields(document, document.root)
    held = below(document, item, method)
    operation: dict[str, Json] = {
        name: cutting.copied(below(document, held, name))
        for name in fields(document, held)
        if name not in _ELSEWHERE and name != _OTHER_SIDE[side]
    }
    operation["parameters"] = [cutting.parameter(one) for one in parameters_of(document, item, held, path).values()]
    operation.setdefault("responses", {"default": {"description": ""}})
    if "security" in root:
        operation.setdefault("security", root["security"])
    components = root.get("components")
    if isinstance(components, dict) and isinstance(components.get("securitySchemes"), dict):
        schemes = below(document, document.root, "components", "securitySchemes")
        cutting.components["securitySchemes"] = cutting.copied(schemes)
    return {
        "openapi": root["openapi"],
        "info": {"title": "excerpt", "version": "1"},
        "servers": [{"url": SERVER}],
        "paths": {path: {method: operation}},
        "components": cutting.components,
    }


def outline(document: Document, served: dict[str, Spot]) -> dict[str, Json]:
    """A document that serves what this one serves, and takes and answers anything."""
    paths: dict[str, Json] = {}
    for path, item in served.items():
        methods = [method for method in METHODS if method in fields(document, item)]
        paths[path] = {method: {"responses": {"default": {"description": ""}}} for method in methods}
    return {
        "openapi": fields(document, document.root)["openapi"],
        "info": {"title": "outline", "version": "1"},
        "servers": [{"url": SERVER}],
        "paths": paths,
    }


def under(document: dict[str, Json], media: str) -> dict[str, Json]:
    """The document with that media type beside each range that takes it: openapi-core reads nothing by a range."""
    components = document.get("components")
    found = {key: _under(value, key, media) for key, value in document.items() if key != "components"}
    if isinstance(components, dict):
        found["components"] = {
            kind: part if kind == "schemas" else _under(part, kind, media) for kind, part in components.items()
        }
    return found


def _under(value: Json, name: str, media: str) -> Json:
    if isinstance(value, list):
        return [_under(one, "", media) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: _under(inner, key, media) for key, inner in value.items()}
    ranges = [one for one in (f"{media.partition('/')[0]}/*", "*/*") if one in found]
    if name == "content" and ranges and media not in found:
        found[media] = found[ranges[0]]
    return found


@lru_cache(maxsize=2)
def _cutting(document: Document, has_words: bool) -> "_Cutting":
    """One for all findings about a document: they meet the same components."""
    return _Cutting(document, has_words=has_words)


class _Cutting:
    """Copies of parts, with those that they refer to."""

    def __init__(self, document: Document, *, has_words: bool) -> None:
        self.components: dict[str, Json] = {}
        self._has_words = has_words
        self._document = document
        self._names: dict[tuple[object, ...], str] = {}

    def copied(self, spot: Spot) -> Json:
        value = spot.value
        if isinstance(value, list):
            return [self.copied(below(self._document, spot, number)) for number in range(len(value))]
        if not isinstance(value, dict):
            return value
        found: dict[str, Json] = {}
        if self._document.is_3_0 and isinstance(value.get("$ref"), str):
            value = {"$ref": value["$ref"]}  # openapi-core heeds what stands beside it, which is ignored there
        for key, inner in value.items():
            if key == "$ref" and isinstance(inner, str):
                found[key] = self._led(spot, inner)
            elif key == "encoding" and spot.pointer[-2:-1] == ("content",):
                found[key] = self._encodings(spot, below(self._document, spot, key))
            elif key not in {"example", "examples", "discriminator"} or spot.pointer[-1:] == ("properties",):
                found[key] = self.copied(below(self._document, spot, key))
            elif key == "discriminator" and self._has_words:
                found[key] = self._words(spot)
        return found

    def _words(self, spot: Spot) -> Json:
        """A discriminator with each word that it knows, and the schemas that they mean."""
        one = told(self._document, spot)
        if one is None:
            return {}
        mapping: dict[str, Json] = {
            word: self._led(replace(spot, value={"$ref": meant}), meant) for word, meant in one.words.items()
        }
        return {"propertyName": one.name, "mapping": mapping}

    def parameter(self, one: Parameter) -> Json:
        """A parameter, with the usual style where its own means nothing, and exploded where there is no choice."""
        found = self.copied(one.spot)
        schema = child(self._document, one.spot, "schema")
        if not isinstance(found, dict) or not _is_deep(found):
            return found
        if schema is not None and not _is_object(schema):
            return {name: value for name, value in found.items() if name not in {"style", "explode"}}
        return {**found, "explode": True}  # openapi-core reads it in no other way

    def _encodings(self, media: Spot, encodings: Spot) -> Json:
        """Those that mean something: `deepObject` says nothing of what is not an object, and openapi-core reads no form

        https://spec.openapis.org/oas/v3.1.0#style-values
        """
        found = self.copied(encodings)
        if not isinstance(found, dict):
            return found
        objects = self._objects(media)
        return {name: one for name, one in found.items() if name in objects or not _is_deep(one)}

    def _objects(self, media: Spot) -> set[str]:
        """The properties of a form that say of themselves that they are objects."""
        try:
            schema = child(self._document, media, "schema")
            named = [
                (name, resolved(self._document, one)) for name, one in entries(self._document, schema, "properties")
            ]
        except Unresolved:
            return set()
        return {name for name, one in named if _is_object(one)}

    def _led(self, spot: Spot, written: str) -> str:
        """The same reference inside the excerpt."""
        try:
            target = refer(self._document.schemas, spot, "$ref")
        except Unresolved:
            return written
        key = (target.file, *target.pointer)
        if key not in self._names:
            is_own = target.pointer[:1] == ("components",) and len(target.pointer) == _COMPONENT
            kind, name = (
                (str(one) for one in target.pointer[1:3]) if is_own else ("schemas", f"part-{len(self._names)}")
            )
            section = self.components.setdefault(kind, {})
            assert isinstance(section, dict)  # noqa: S101 - made here
            if name in section:  # another file has one of that name
                name = f"{name}-{len(self._names)}"
            self._names[key] = f"#/components/{kind}/{name.replace('~', '~0').replace('/', '~1')}"
            section[name] = None
            section[name] = self.copied(target)
        return self._names[key]


def _is_deep(encoding: Json) -> bool:
    return isinstance(encoding, dict) and encoding.get("style") == "deepObject"


def _is_object(schema: Spot) -> bool:
    return isinstance(schema.value, dict) and schema.value.get("type") == "object"
