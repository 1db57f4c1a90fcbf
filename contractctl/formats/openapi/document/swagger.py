"""What does a Swagger 2.0 document say in the words of OpenAPI 3.0? https://spec.openapis.org/oas/v2.0.

Everything else reads what is stated here. Shared parameters and responses are written out where they are referred to:
what they mean depends on the media types of the operation. What 2.0 has no words for is a doubt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contractctl.documents import Json, Pointer
from contractctl.formats.description import as_object, at, located
from contractctl.formats.openapi.document.swagger_schemas import Schemas, pointed
from contractctl.formats.openapi.document.swagger_values import INLINE, Written, field_of, written
from contractctl.model.contract import File

SWAGGER = "2.0"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_BODIES = ("body", "formData")
_ANYTHING = "*/*"
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_FLOWS = {"implicit": "implicit", "password": "password", "application": "clientCredentials"} | {
    "accessCode": "authorizationCode"
}
_LATER = frozenset({"requestBody", "callbacks", "servers", "components", "webhooks", "content", "trace"})
"""Parts that came with 3.0: in a document of 2.0 nobody can tell what they mean."""
_LATER_OF_PARAMETERS = frozenset({"schema", "content", "style", "explode", "allowReserved"})
_MOST_REFERENCES = 16


@dataclass(frozen=True, slots=True)
class Stated:
    """A document of 2.0 in the words of 3.0."""

    value: Json
    origins: Mapping[Pointer, Pointer]
    """Where its parts stand in the text, by where they stand here."""
    doubts: tuple[str, ...]


def is_swagger(value: Json) -> bool:
    return "openapi" not in as_object(value) and str(as_object(value).get("swagger")) in {SWAGGER, "2"}


def as_3_0(file: File, value: Json) -> Stated:
    """The same document in the words of 3.0."""
    stating = _Stating(as_object(value))
    stated = stating.document()
    doubts = (
        "{}:{}:{}: {}".format(file.name, *located(file, pointer), said) for pointer, said in stating.doubts.items()
    )
    return Stated(stated, stating.origins, tuple(doubts))


@dataclass(frozen=True, slots=True)
class _Part:
    """A parameter, a response or a path, references inside the file followed."""

    value: dict[str, Json]
    at: Pointer

    @property
    def key(self) -> tuple[Json, Json]:
        return self.value.get("in"), self.value.get("name")


@dataclass(slots=True)
class _Stating:
    root: dict[str, Json]
    origins: dict[Pointer, Pointer] = field(default_factory=dict)
    doubts: dict[Pointer, str] = field(default_factory=dict)
    schemas: Schemas = field(init=False)

    def __post_init__(self) -> None:
        self.schemas = Schemas(self.root, self.origins, self.doubts)

    def document(self) -> Json:
        kept = _kept(self.root, "info", "tags", "externalDocs", "security")
        self._doubt_later(self.root, (), _LATER)
        if servers := self._servers(_Part(self.root, ()), ()):
            kept["servers"] = servers
        paths = self.root.get("paths", {})
        if isinstance(paths, dict):
            paths = {
                path: item if path.startswith("x-") else self._path(item, ("paths", path))
                for path, item in paths.items()
            }
        schemas = self.schemas.named()  # after all that refers to something
        components: dict[str, Json] = {"schemas": schemas, "securitySchemes": self._schemes()}
        self.origins["components",] = ()
        return {"openapi": "3.0.3", **kept, "paths": paths, "components": components}

    # paths and operations

    def _path(self, item: Json, to: Pointer) -> Json:
        part = self._part(item, to)
        if part is None:
            return item
        self.origins[to] = part.at
        plain, others = self._parameters(part)
        self._doubt_later(part.value, part.at, _LATER)
        found: dict[str, Json] = {
            name: value for name, value in part.value.items() if name not in {"parameters", *_METHODS, *_LATER}
        }
        if "parameters" in part.value:
            found["parameters"] = self._plain(part, plain, (*to, "parameters"))
        for method in _METHODS:
            if method in part.value:
                inner = _Part(as_object(part.value[method]), (*part.at, method))
                is_one = isinstance(part.value[method], dict)
                found[method] = self._operation(inner, (*to, method), others) if is_one else part.value[method]
        return found

    def _operation(self, part: _Part, to: Pointer, around: list[_Part]) -> Json:
        self._doubt_later(part.value, part.at, _LATER)
        translated = {"consumes", "produces", "schemes", "parameters", "responses", *_LATER}
        found = {name: value for name, value in part.value.items() if name not in translated}
        plain, own = self._parameters(part)
        if "parameters" in part.value:
            found["parameters"] = self._plain(part, plain, (*to, "parameters"))
        if body := self._body(part, (*to, "requestBody"), own, around):
            found["requestBody"] = body
        if part.value.get("schemes") and (servers := self._servers(part, to)):
            found["servers"] = servers
        responses = part.value.get("responses", {})
        found["responses"] = responses
        if isinstance(responses, dict):
            produces = self._media(part, "produces") or [_ANYTHING]
            place = (*to, "responses")
            found["responses"] = {
                status: one if status.startswith("x-") else self._response(one, part, (*place, status), produces)
                for status, one in responses.items()
            }
        return found

    def _media(self, part: _Part, name: str) -> list[str]:
        """The media types of an operation; an empty list of its own clears those of the document."""
        holder = part if name in part.value else _Part(self.root, ())
        return self._listed(holder, name)

    def _listed(self, holder: _Part, name: str) -> list[str]:
        said = holder.value.get(name, [])
        if not isinstance(said, list):
            self.doubts[*holder.at, name] = f"'{name}' is not a list"
            return []
        return list(dict.fromkeys(map(str, said)))

    # parameters and bodies

    def _parameters(self, holder: _Part) -> tuple[list[_Part], list[_Part]]:
        """Those that 3.0 has as parameters, and those that are a body there."""
        said, plain, others = holder.value.get("parameters"), list[_Part](), list[_Part]()
        for number, one in enumerate(said if isinstance(said, list) else ()):
            place = (*holder.at, "parameters", number)
            if not isinstance(one, dict):
                self.doubts[place] = "a parameter is not an object"
            part = self._part(one, place) or _Part(as_object(one), place)
            (others if part.value.get("in") in _BODIES else plain).append(part)
        return plain, others

    def _plain(self, holder: _Part, parts: list[_Part], to: Pointer) -> Json:
        """What is no list is left to whoever reads it."""
        said = holder.value["parameters"]
        if not isinstance(said, list):
            return said
        return [self._parameter(one, (*to, number)) for number, one in enumerate(parts)]

    def _parameter(self, part: _Part, to: Pointer) -> Json:
        self.origins[to] = part.at
        if "$ref" in part.value:
            return part.value
        self.origins[*to, "schema"] = part.at
        self._doubt_later(part.value, part.at, _LATER_OF_PARAMETERS)
        left = {*INLINE, *_LATER_OF_PARAMETERS, "collectionFormat"}
        found = {name: value for name, value in part.value.items() if name not in left}
        said = self._written(part, str(part.value.get("in")))
        return {**found, **said.spelling, "schema": said.schema}

    def _body(self, operation: _Part, to: Pointer, own: list[_Part], around: list[_Part]) -> Json:
        """What a body parameter or the fields of a form are as one request body; those of the path count, too."""
        keys, kinds = [one.key for one in own], [one.value["in"] for one in own]
        parts = [one for one in around if one.key not in keys and (not kinds or one.value["in"] in kinds)]
        bodies = [one for one in (*own, *parts) if one.value["in"] == "body"]
        fields = [one for one in (*parts, *own) if one.value["in"] == "formData"]
        if bodies:
            for one in (*bodies[1:], *fields):
                self.doubts[one.at] = (
                    "there is a body already, and Swagger 2.0 allows either one or the fields of a form"
                )
            return self._whole(operation, bodies[0], to)
        return self._form(operation, fields, to) if fields else None

    def _whole(self, operation: _Part, part: _Part, to: Pointer) -> Json:
        self.origins[to] = part.at
        content = self._content(part, to, self._media(operation, "consumes") or [_ANYTHING])
        return {**_kept(part.value, "description", "required"), "content": content}

    def _content(self, part: _Part, to: Pointer, media_types: list[str]) -> Json:
        """The schema of a body or of a response, under each of its media types."""
        said, place = part.value.get("schema", {}), (*part.at, "schema")
        return {
            media: {"schema": self.schemas.stated(said, place, (*to, "content", media, "schema"))}
            for media in media_types
        }

    def _form(self, operation: _Part, parts: list[_Part], to: Pointer) -> Json:
        """A file is sent in parts, unless the document says otherwise."""
        has_file = any(one.value.get("type") == "file" for one in parts)
        said = [one for one in self._media(operation, "consumes") if one.partition(";")[0].strip().lower() in _FORMS]
        self.origins[to] = parts[0].at
        content: dict[str, Json] = {}
        for media in said or [_FORMS[0] if has_file else _FORMS[1]]:
            place = (*to, "content", media, "schema", "properties")
            is_multipart = media.strip().lower().startswith("multipart/")
            fields = {str(one.value.get("name")): (one, self._field(one, is_multipart=is_multipart)) for one in parts}
            self.origins |= {(*place, name): one.at for name, (one, _) in fields.items()}
            properties: dict[str, Json] = {name: one.schema for name, (_, one) in fields.items()}
            needed: list[Json] = [name for name, (one, _) in fields.items() if one.value.get("required") is True]
            encoding: dict[str, Json] = {name: one.spelling for name, (_, one) in fields.items() if one.spelling}
            schema: dict[str, Json] = {"type": "object", "properties": properties}
            schema |= {"required": needed} if needed else {}
            content[media] = {"schema": schema, "encoding": encoding}
        return {"required": any(one.value.get("required") is True for one in parts), "content": content}

    def _field(self, part: _Part, *, is_multipart: bool) -> Written:
        self._doubt_later(part.value, part.at, _LATER_OF_PARAMETERS)
        if not isinstance(part.value.get("name"), str):
            self.doubts[part.at] = "the field of a form has no name"
        for name in ("required", "allowEmptyValue"):
            if not isinstance(part.value.get(name, False), bool):
                self.doubts[*part.at, name] = f"'{name}' is neither true nor false"
        said = self._written(part, "multipart" if is_multipart else "form")
        return field_of(said, may_be_empty=part.value.get("allowEmptyValue") is True)

    def _written(self, part: _Part, where: str) -> Written:
        """What stands in text, as its own words say it."""
        said: dict[str, Json] = {name: value for name, value in part.value.items() if name in INLINE}
        found = written(as_object(self.schemas.stated(said, part.at, None)), part.value, where)
        if found.is_opaque and "$ref" in str(found.schema):
            self.doubts[part.at] = "what is written in one text refers to a definition, and that is not followed"
        return found

    # responses

    def _response(self, one: Json, operation: _Part, to: Pointer, produces: list[str]) -> Json:
        part = self._part(one, (*operation.at, *to[-2:]))
        if part is None:
            return one
        self.origins[to] = part.at
        self._doubt_later(part.value, part.at, _LATER)
        left = {"schema", "headers", "examples", *_LATER}
        found = {name: value for name, value in part.value.items() if name not in left}
        headers = part.value.get("headers")
        if isinstance(headers, dict):
            headers = {name: self._header(value, part, (*to, "headers", name)) for name, value in headers.items()}
        if headers is not None:
            found["headers"] = headers
        if "schema" in part.value:
            found["content"] = self._content(part, to, produces)
        return found

    def _header(self, value: Json, response: _Part, to: Pointer) -> Json:
        if not isinstance(value, dict):
            return value
        part = _Part(value, (*response.at, *to[-2:]))
        self.origins[*to, "schema"] = part.at
        return {"schema": self._written(part, "header").schema}

    # what stands around

    def _servers(self, holder: _Part, to: Pointer) -> list[Json]:
        """Without a host, it is that of the document; without schemes, the one by which the document is had."""
        host, base = (str(self.root.get(name) or "") for name in ("host", "basePath"))
        listed = self._listed(holder, "schemes")
        path = f"/{base.strip('/')}".rstrip("/")
        for number in range(len(listed)):
            self.origins[*to, "servers", number] = (*holder.at, "schemes", number)
        if not listed:
            self.origins[*to, "servers", 0] = ("host",) if host else ("basePath",)
            return [{"url": f"//{host}{path}" if host else path or "/"}] if host or path else []
        if host:
            return [{"url": f"{scheme}://{host}{path}"} for scheme in listed]
        free: dict[str, Json] = {"host": {"default": "localhost"}}
        return [{"url": f"{scheme}://{{host}}{path}", "variables": free} for scheme in listed]

    def _schemes(self) -> Json:
        said = self.root.get("securityDefinitions", {})
        self.origins["components", "securitySchemes"] = ("securityDefinitions",)
        if not isinstance(said, dict):
            return said
        found: dict[str, Json] = {}
        for name, one in said.items():
            scheme = _scheme(as_object(one))
            if scheme is None:
                self.doubts["securityDefinitions", name] = "Swagger 2.0 has no security scheme of that type or flow"
            found[name] = scheme or {}
        return found

    # references and doubts

    def _part(self, value: Json, place: Pointer) -> _Part | None:
        """What a reference inside the file leads to; None for what leads elsewhere, or is no object."""
        for _ in range(_MOST_REFERENCES):
            said = as_object(value).get("$ref")
            if not isinstance(value, dict):
                return None
            if not isinstance(said, str):
                return _Part(value, place)
            if len(value) > 1:
                self.doubts[place] = "there are other fields beside '$ref', and Swagger 2.0 does not say which count"
            target = pointed(self.root, said)
            if target is None:
                break
            place = target
            value = at(self.root, place)
        self.doubts[place] = f"'{said}' leads out of this file or nowhere: bundle the document into one file"
        return None

    def _doubt_later(self, value: Mapping[str, Json], place: Pointer, words: frozenset[str]) -> None:
        for word in words & value.keys():
            self.doubts[*place, word] = f"Swagger 2.0 has no '{word}' here, and nobody can tell what it means"


def _kept(value: Mapping[str, Json], *names: str) -> dict[str, Json]:
    return {name: value[name] for name in names if name in value}


def _scheme(said: dict[str, Json]) -> Json:
    """None for one that 2.0 does not know."""
    match said.get("type"):
        case "basic":
            return {"type": "http", "scheme": "basic"}
        case "oauth2":
            flow = _FLOWS.get(str(said.get("flow")))
            kept = _kept(said, "authorizationUrl", "tokenUrl", "scopes")
            return {"type": "oauth2", "flows": {flow: kept}} if flow else None
        case "apiKey":
            return said
        case _:
            return None
