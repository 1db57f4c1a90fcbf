"""What does an AsyncAPI document say? JSON or YAML is read to a value in which references can be followed."""

import posixpath
import re
from dataclasses import dataclass, field, replace

from contractctl.documents import Json, Pointer
from contractctl.errors import ContractctlError
from contractctl.formats.asyncapi.traits import applied, found_at
from contractctl.formats.description import as_object, is_read, located, uris_of, value_of
from contractctl.formats.json_schema.dialects import Dialect, named
from contractctl.formats.json_schema.resources import Resource
from contractctl.formats.json_schema.spots import Schema, Spot
from contractctl.formats.json_schema.uris import RETRIEVED, split
from contractctl.model.contract import File, Policy, Source

_VERSION = re.compile(r"(2)\.([0-6])\.\d+(?:-.*)?|(3)\.([01])\.\d+(?:-.*)?")
_SECTIONS = ("channels", "components", "operations", "servers")


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One version's document, read: the main file, and those that it refers to, with all traits applied."""

    root: Spot
    """The whole main file."""
    major: int
    source: Source
    schemas: Schema
    """All files, as JSON Schema sees them: AsyncAPI's schemas are a superset of draft 7."""
    others: dict[Dialect, Schema] = field(default_factory=dict)
    """The same in another draft, for payloads that say that they are written in it."""

    def in_dialect(self, dialect: Dialect) -> Schema:
        if dialect is Dialect.DRAFT7:
            return self.schemas
        if dialect not in self.others:
            starts = {place: replace(one, dialect=dialect) for place, one in self.schemas.starts.items()}
            by_path = {uri: starts[one.file, ()] for uri, one in self.schemas.resources.items() if one is not None}
            known = replace(self.schemas, starts=starts, resources=by_path, known={})
            self.others[dialect] = replace(known, roots=(replace(self.root, dialect=dialect),))
        return self.others[dialect]


def parse(source: Source, policy: Policy = Policy()) -> Document:
    """Read a document from one file, or from several of which one is the main file.

    A pointer's first part is the number of the file. Raise ContractctlError where there is no AsyncAPI 2 or 3.
    """
    files = source.every
    # a payload's file may be in a language of its own
    written = tuple(value_of(file) if file in source.files or is_read(file) else file.text for file in files)
    main = _main(source, written)
    major = _major(files[main], written[main])
    paths = tuple(uris_of(source))
    values = _with_traits(written, paths, major)
    starts: dict[tuple[int, Pointer], Resource] = {
        (number, ()): Resource(value, number, (), paths[number], _dialect(value)) for number, value in enumerate(values)
    }
    by_path = {paths[number]: one for (number, _), one in starts.items()}
    judged = replace(policy, content_model="open", formats="assertion")
    schemas = Schema(
        (), judged, source, dict(by_path), starts, paths, (True,) * len(files), extensions=frozenset({"discriminator"})
    )
    root = Spot(values[main], main, (), paths[main], Dialect.DRAFT7)
    return Document(root, major, source, replace(schemas, roots=(root,)))


def _main(source: Source, values: tuple[Json, ...]) -> int:
    """The one of several files that says that it is an AsyncAPI document."""
    found = [number for number in range(len(source.files)) if "asyncapi" in as_object(values[number])]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(source.every[number].name for number in found[:2])
        raise ContractctlError(
            f"{names} are both AsyncAPI documents", hint="put each document into a contract of its own"
        )
    file = source.files[0]
    line, column = located(file, ())
    raise ContractctlError(
        f"{file.name}:{line}:{column}: this is not an AsyncAPI document: it has no 'asyncapi'",
        hint="write its version at the top: asyncapi: 3.0.0",
    )


def _major(file: File, value: Json) -> int:
    version = as_object(value)["asyncapi"]
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if match is None:
        line, column = located(file, ("asyncapi",))
        raise ContractctlError(
            f"{file.name}:{line}:{column}: AsyncAPI {version} is not judged",
            hint="write it in AsyncAPI 2.0 to 2.6, 3.0 or 3.1, with all three numbers of its version in quotes",
        )
    for name in _SECTIONS:
        if name in as_object(value) and not isinstance(
            as_object(value)[name], list | dict if _is_list(name, version) else dict
        ):
            line, column = located(file, (name,))
            raise ContractctlError(
                f"{file.name}:{line}:{column}: '{name}' is not an object", hint="fix the document at that place"
            )
    return int(match[1] or match[3])


def _is_list(name: str, version: Json) -> bool:
    """Candidates of 2.0 had a list of servers."""
    return name == "servers" and str(version).startswith("2.0.0-rc")


def _dialect(value: Json) -> Dialect:
    """A file that is a JSON Schema by itself may name its draft."""
    return named(as_object(value).get("$schema")) or Dialect.DRAFT7


def _with_traits(values: tuple[Json, ...], paths: tuple[str, ...], major: int) -> tuple[Json, ...]:
    known = {path.removeprefix(RETRIEVED): value for path, value in zip(paths, values, strict=True)}

    def lookup(path: str, reference: str) -> tuple[str, Json] | None:
        uri, fragment = split(reference)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), uri)) if uri else path
        for value in found_at(known[target], fragment) if target in known else ():
            return target, value
        return None

    return tuple(
        applied(value, path, lookup, traits_win=major < 3) if isinstance(value, dict) else value  # noqa: PLR2004 - AsyncAPI 3
        for path, value in known.items()
    )
