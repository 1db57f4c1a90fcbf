"""What does an OpenAPI document say? Texts of JSON or YAML to a value that references can be followed in."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from contractctl.documents import Json, Pointer
from contractctl.errors import ContractctlError
from contractctl.formats.description import as_object, located, uris_of, value_of
from contractctl.formats.json_schema.dialects import Dialect, named
from contractctl.formats.json_schema.resources import Resource
from contractctl.formats.json_schema.spots import Schema, Spot
from contractctl.formats.json_schema.uris import RETRIEVED, retrieved
from contractctl.formats.openapi.document.swagger import SWAGGER, Stated, as_3_0, is_swagger
from contractctl.model.contract import File, Policy, Source

_VERSION = re.compile(r"3\.([01])(?:\.\d+)?(?:-.*)?")
_MAIN = "(main)"
_EXTENSIONS = {
    Dialect.DRAFT4: frozenset({"nullable", "discriminator"}),
    Dialect.DRAFT2020: frozenset({"discriminator"}),
}
"""What schemas may say beside the keywords of their draft: https://spec.openapis.org/oas/v3.0.3#fixed-fields-19."""
_STEPS = {
    SWAGGER: ("paths", "definitions", "parameters", "responses", "securityDefinitions"),
    "3.0": ("paths", "components", "webhooks"),
    "3.1": ("paths", "components", "webhooks"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One version's document, read: the main file, and those that it refers to."""

    root: Spot
    """The whole main file."""
    dialect: Dialect
    """Of its schemas: those of 3.0 are a dialect of draft 4, those of 3.1 are draft 2020-12."""
    source: Source
    schemas: Schema
    """All files, as JSON Schema sees them."""
    version: str
    """As 3.0. What 2.0 says is stated in the words of that."""
    doubts: tuple[str, ...] = ()
    """What nobody can judge: each makes a verdict unknown."""

    @property
    def is_3_0(self) -> bool:
        return self.dialect is Dialect.DRAFT4


def parse(source: Source, policy: Policy = Policy()) -> Document:
    """Read a document from one file, or from several of which one is the main file.

    A pointer's first part is the number of the file. Raise ContractctlError where there is no OpenAPI 2.0, 3.0 or 3.1.
    """
    files = source.every
    values = [value_of(file) for file in files]
    main = _main(source, values)
    version = _version(files[main], values[main])
    said = _said(files[main], values[main], version)
    values[main] = said.value
    dialect = Dialect.DRAFT2020 if version == "3.1" else Dialect.DRAFT4
    written = tuple(uris_of(source))
    paths = tuple(_standing(path) if number == main else path for number, path in enumerate(written))
    starts: dict[tuple[int, Pointer], Resource] = {
        (number, ()): Resource(value, number, (), paths[number], _own(value, dialect))
        for number, value in enumerate(values)
        if version != SWAGGER or number == main
    }
    by_path = {uris[number]: one for uris in (written, paths) for (number, _), one in starts.items()}
    judged = replace(policy, content_model="open", formats="assertion")
    plain = (True,) * len(files)
    origins = {(main, *here): (main, *there) for here, there in said.origins.items()}
    schemas = Schema(
        (), judged, source, by_path, starts, paths, plain, origins=origins, extensions=_EXTENSIONS[dialect]
    )
    root = Spot(said.value, main, (), paths[main], dialect)
    return Document(root, dialect, source, replace(schemas, roots=(root,)), version, said.doubts)


def _main(source: Source, values: Sequence[Json]) -> int:
    """Of several files the one that says that it is an OpenAPI document."""
    own = range(len(source.files))
    found = [number for number in own if not {"openapi", "swagger"}.isdisjoint(as_object(values[number]))]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(source.every[number].name for number in found[:2])
        raise ContractctlError(
            f"{names} are both OpenAPI documents", hint="put each document into a contract of its own"
        )
    file = source.files[0]
    line, column = located(file, ())
    raise ContractctlError(
        f"{file.name}:{line}:{column}: this is not an OpenAPI document: it has no 'openapi'",
        hint="write its version at the top: openapi: 3.1.0",
    )


def _version(file: File, value: Json) -> str:
    """As 3.0: what comes behind changes nothing."""
    word = "openapi" if "openapi" in as_object(value) else "swagger"
    said = as_object(value)[word]
    match = _VERSION.fullmatch(said) if isinstance(said, str) and word == "openapi" else None
    if match is None and not is_swagger(value):
        line, column = located(file, (word,))
        raise ContractctlError(
            f"{file.name}:{line}:{column}: {'OpenAPI' if word == 'openapi' else 'Swagger'} {said} is not judged",
            hint="write the document in OpenAPI 3.0 or 3.1, and its version in quotes",
        )
    return f"3.{match[1]}" if match is not None else SWAGGER


def _said(file: File, value: Json, version: str) -> Stated:
    """What a document says in the words of 3.0 or 3.1."""
    for name in _STEPS[version]:
        if name in as_object(value) and not isinstance(as_object(value)[name], dict):
            line, column = located(file, (name,))
            raise ContractctlError(
                f"{file.name}:{line}:{column}: '{name}' is not an object", hint="fix the document at that place"
            )
    return as_3_0(file, value) if version == SWAGGER else Stated(value, {}, tuple(_doubts(file, value)))


def _own(value: Json, dialect: Dialect) -> Dialect:
    """The dialect of a file: the one that its `$schema` names, which 3.0 does not know."""
    own = named(as_object(value).get("$schema")) if dialect is not Dialect.DRAFT4 else None
    return own or dialect


def _doubts(file: File, value: Json) -> Iterator[str]:
    """https://spec.openapis.org/oas/v3.1.0#fixed-fields: jsonSchemaDialect."""
    dialect = as_object(value).get("jsonSchemaDialect")
    if dialect is not None and named(dialect) is not Dialect.DRAFT2020:
        yield f"{file.name}: 'jsonSchemaDialect' is {dialect!r}, and only draft 2020-12 is judged"


def _standing(path: str) -> str:
    """The same URI for the main file of every version, whatever that is called; beside the files that it refers to."""
    return retrieved(posixpath.join(posixpath.dirname(path.removeprefix(RETRIEVED)), _MAIN))
