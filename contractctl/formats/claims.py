"""Which format is this file of? Its ending tells; where several formats share an ending, what the file says."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from contractctl.errors import ContractctlError
from contractctl.formats import refuse_binary
from contractctl.model.contract import File

ENDINGS: Mapping[str, str] = {
    ".avpr": "avro",
    ".avsc": "avro",
    ".binpb": "protobuf",
    ".desc": "protobuf",
    ".fds": "protobuf",
    ".gql": "graphql",
    ".graphql": "graphql",
    ".graphqls": "graphql",
    ".pb": "protobuf",
    ".proto": "protobuf",
    ".protoset": "protobuf",
    ".schema.json": "json-schema",
    ".schema.yaml": "json-schema",
    ".schema.yml": "json-schema",
    ".sql": "sql",
}
"""File endings, and the formats that claim them."""
SHARED = frozenset({".json", ".yaml", ".yml"})
"""Endings of documents of any kind."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A kind of document that is not judged as it is, and what makes one of it that is."""

    format: str
    what: str
    way: str
    """{file} stands for one of them, {own} for what it becomes."""
    ending: str = ""

    @property
    def why(self) -> str:
        return f"{self.what}, and contractctl does not judge these"

    def way_of(self, path: str) -> str:
        """What to do with one of them."""
        own = PurePosixPath(path).with_suffix(self.ending)
        return self.way.format(file=shlex.quote(path), own=shlex.quote(str(own)))


_REGISTERED = {
    word: Unjudged(
        format_name,
        f"a Schema Registry's JSON around {called}",
        "write the schema into a file of its own: jq -r .schema {file} > {own}",
        ending,
    )
    for word, format_name, called, ending in (
        ("AVRO", "avro", "an Avro schema", ".avsc"),
        ("JSON", "json-schema", "a JSON Schema", ".schema.json"),
        ("PROTOBUF", "protobuf", "a Protobuf schema", ".proto"),
    )
}
"""What is sent to a registry, and what it answers: https://docs.confluent.io/platform/current/schema-registry/develop/api.html."""
_REGISTRY_KEYS = frozenset(
    {"schema", "schemaType", "references", "metadata", "ruleSet", "subject", "version", "id", "guid", "ts", "deleted"}
)
_NAMED = {"openapi": "an OpenAPI", "swagger": "a Swagger 2.0", "asyncapi": "an AsyncAPI"}
_DIALECT = re.compile(r"""^\ufeff?(?:\s*\{\s*)?["']?\$schema["']?\s*:\s*["']?([^\s"',}]+)""", re.MULTILINE)
"""At the top of a YAML document: with nothing before it, or behind its brace."""
_DIALECT_SOMEWHERE = re.compile(r'"\$schema"\s*:\s*"([^"]+)"')
_API = re.compile(r"""^(?:\ufeff?\{\s*)?["']?(openapi|swagger|asyncapi)["']?\s*:\s*["']?[0-9]""", re.MULTILINE)
"""At the very top of a YAML document."""
_STATED = {
    word: re.compile(rf"""^\ufeff?(?:\s*\{{\s*|\s{{2,4}})?["']?{word}["']?\s*:\s*["']?[0-9]""", re.MULTILINE)
    for word in ("openapi", "asyncapi", "swagger")  # how 2.0 calls itself
}
"""At the top of a document, in either language; deeper in it only where JSON is indented."""
_FORMATS = {"asyncapi": "asyncapi", "openapi": "openapi", "swagger": "openapi"}
_FIRST = re.compile(r'\ufeff?\{(\s*\n\s+)"')
_STATED_SOMEWHERE = {word: re.compile(rf"""{word}["']?\s*:\s*["']?[0-9]""") for word in _STATED}
"""Found much faster in a text of megabytes, and looked at more closely where it is."""
_MOST_BEFORE = 200
"""Characters of white space and quotes before it."""
_OPERATION = re.compile(r"(?:[\s,\ufeff]|#[^\n]*\n)*+(?:\{|(?:query|mutation|subscription|fragment)\b)")
"""A file of GraphQL that begins so is what a client sends, and no schema."""
_META_SCHEMA = re.compile(r"https?://json-schema\.org/|.*/jsonschema/|.*/schema#?$", re.IGNORECASE)
"""What `$schema` says in a JSON Schema. In a document that is an instance of one, it names that very schema."""
_KEYWORDS = frozenset(
    {"$ref", "$defs", "definitions", "type", "properties", "items", "allOf", "anyOf", "oneOf", "enum", "const", "not"}
)


def may_be_claimed(path: str) -> bool:
    """Whether a file's ending is one that schemas have."""
    name = path.lower()
    return name.endswith((*ENDINGS, *SHARED))


def claimed(file: File) -> str | None:
    """The format that claims a file, by its ending or by what it says; None where none does."""
    found = _by_ending(file.name)
    if found == "graphql" and _OPERATION.match(file.text):
        return None
    return found or (_by_content(file) if file.name.lower().endswith(tuple(SHARED)) else None)


def unjudged(file: File) -> Unjudged | None:
    """The kind of a document that holds a schema, and is not judged as it is; None for any other."""
    if not file.name.lower().endswith(tuple(SHARED)):
        return None
    return _registered(file)


def _registered(file: File) -> Unjudged | None:
    """A schema as text in JSON, as a registry has it: an object with `schema`, and nothing that is not a registry's."""
    value = _loaded(file) if '"schema"' in file.text and file.name.lower().endswith(".json") else None
    if not isinstance(value, dict) or not value.keys() <= _REGISTRY_KEYS:
        return None
    text, type_ = value.get("schema"), value.get("schemaType", "AVRO")
    if not isinstance(text, str) or not isinstance(type_, str):
        return None
    said = "schemaType" in value or isinstance(_loaded(File("schema.json", text)), dict | list)
    return _REGISTERED.get(type_) if said else None


def format_of(file: File) -> str:
    """The format that claims a file. Raise ContractctlError where none does."""
    found = claimed(file)
    if found is not None:
        return found
    if not may_be_claimed(file.name):
        known = ", ".join(sorted({*ENDINGS, *SHARED}))
        raise ContractctlError(
            f"{file.name}: no format claims this file", hint=f"known endings: {known}; or state its format: --as FORMAT"
        )
    if file.data is not None:
        refuse_binary(file)
    if _by_ending(file.name) == "graphql":
        raise ContractctlError(
            f"{file.name} holds client operations, not a schema", hint="name the files that define the types"
        )
    if (kind := unjudged(file)) is not None:
        raise ContractctlError(f"{file.name} is {kind.why}", hint=kind.way_of(file.name))
    raise ContractctlError(
        f"{file.name}: no format claims this file: it has no $schema that names a draft of JSON Schema",
        hint="state its format: --as json-schema",
    )


def demand_schema(file: File) -> None:
    """Raise ContractctlError for what is none: taken for a JSON Schema, a document of an API would allow everything."""
    if (kind := _registered(file)) is not None:
        raise ContractctlError(f"{file.name} is {kind.what}, not a JSON Schema", hint=kind.way_of(file.name))
    value = _loaded(file) if file.name.lower().endswith(".json") else None
    if isinstance(value, dict):
        found = next((word for word in ("openapi", "swagger", "asyncapi") if isinstance(value.get(word), str)), None)
        told = found if _KEYWORDS.isdisjoint(value) and "$schema" not in value else None
    else:
        match = _API.search(file.text)
        told = match[1] if match is not None and "$schema" not in file.text else None
    if told is not None:
        raise ContractctlError(
            f"{file.name} is {_NAMED[told]} document, not a JSON Schema",
            hint="leave --as out to have the format detected",
        )


def _by_ending(path: str) -> str | None:
    name = PurePosixPath(path).name.lower()
    fits = [ending for ending in ENDINGS if name.endswith(ending)]
    return ENDINGS[max(fits, key=len)] if fits else None


def _by_content(file: File) -> str | None:
    stated = next((word for word in _STATED if word in file.text and _states_first(file, word)), None)
    if stated is not None:
        return _FORMATS[stated]  # most documents of megabytes: nobody looks through them for `$schema`
    if "$schema" in file.text and _is_json_schema(file):
        return "json-schema"
    for word in _STATED:
        if word in file.text and _states(file, word):
            return _FORMATS[word]
    if ".proto" in file.text and _is_descriptor_set(file):
        return "protobuf"
    return None


def _is_json_schema(file: File) -> bool:
    is_json = file.name.lower().endswith(".json")
    value = _loaded(file) if is_json else None
    if value is None:  # YAML, or JSON that is broken: its reader says where
        found = (_DIALECT_SOMEWHERE if is_json else _DIALECT).search(file.text)
        return found is not None and _META_SCHEMA.match(found[1]) is not None
    keys: dict[str, object] = value if isinstance(value, dict) else {}
    if any(isinstance(keys.get(word), str) for word in _STATED):
        return False  # it says more closely what it is
    dialect = str(keys.get("$schema"))
    if "json-schema.org" in dialect:
        return True
    return _META_SCHEMA.match(dialect) is not None and not _KEYWORDS.isdisjoint(keys)


def _states_first(file: File, word: str) -> bool:
    """The root says its version: in JSON as deep as its first name, in YAML where a line begins."""
    if not file.name.lower().endswith(".json"):
        at = 0 if file.text.startswith(f"{word}:") else file.text.find(f"\n{word}:") + 1
        return _STATED[word].match(file.text, at) is not None
    first = _FIRST.match(file.text)
    return first is not None and re.search(rf'{re.escape(first[1])}"{word}"\s*:\s*"[0-9]', file.text) is not None


def _states(file: File, word: str) -> bool:
    """The root says its version: https://spec.openapis.org/oas/v3.1.0#fixed-fields, and AsyncAPI's does so, too."""
    value = _loaded(file) if file.name.lower().endswith(".json") else None
    if value is None:  # YAML, or JSON that is broken: its reader says where
        hits = _STATED_SOMEWHERE[word].finditer(file.text)
        return any(_STATED[word].search(file.text, max(0, hit.start() - _MOST_BEFORE), hit.end()) for hit in hits)
    return isinstance(value, dict) and isinstance(value.get(word), str)


def _is_descriptor_set(file: File) -> bool:
    """https://protobuf.dev/reference/protobuf/google.protobuf/ has it as FileDescriptorSet; here in JSON."""
    value = _loaded(file)
    files = value.get("file") if isinstance(value, dict) else None
    return isinstance(files, list) and bool(files) and all(isinstance(one, dict) and "name" in one for one in files)


def _loaded(file: File) -> object:
    """What a JSON text says; None where it is none."""
    import json

    from contractctl.documents import known_json

    try:
        return known_json(file.text, file.name)
    except ContractctlError:  # what it defines twice, say, is for its reader to tell
        pass
    try:
        return json.loads(file.text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
