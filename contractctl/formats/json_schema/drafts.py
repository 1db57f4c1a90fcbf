"""In which draft is each file of a version written, and what had to be assumed?

`$schema` says it; a metaschema of the version's own says it by its own `$schema`. A file without one is judged as the
draft that all others name; failing that, as the latest, unless it uses a keyword that the latest has not and another
draft has. A `$schema` that is unknown is judged by the same keywords.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contractctl.documents import Json, locate
from contractctl.errors import ContractctlError
from contractctl.formats.json_schema.dialects import Dialect, is_outdated, named, resembled
from contractctl.formats.json_schema.uris import split
from contractctl.model.contract import File

_VOCABULARIES = {
    Dialect.DRAFT2019: ("core", "applicator", "validation"),
    Dialect.DRAFT2020: ("core", "applicator", "unevaluated", "validation"),
}
"""Vocabularies whose keywords decide what is valid."""
_KNOWN = "https://json-schema.org/draft/{}/vocab/"
_YEARS = {Dialect.DRAFT2019: "2019-09", Dialect.DRAFT2020: "2020-12"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What one file is written in."""

    dialect: Dialect
    note: str | None = None
    """What was assumed."""
    doubt: str | None = None
    """Why nobody can judge it."""


def drafts(files: tuple[File, ...], values: tuple[Json, ...], names: Mapping[str, int]) -> Iterator[Draft]:
    """The draft of each file; `names`: URIs, and the numbers of the files that have them. Draft 3 is refused."""
    stated = {dialect for value in values if (dialect := named(_schema(value))) is not None}
    agreed = next(iter(stated)) if len(stated) == 1 else None
    for file, value in zip(files, values, strict=True):
        uri = _schema(value)
        dialect = named(uri)
        if dialect is not None:
            yield Draft(dialect)
        elif is_outdated(uri):
            line, column = locate(file.text, file.name, ("$schema",))
            raise ContractctlError(
                f"{file.name}:{line}:{column}: '{uri}' is older than draft 4, which is not supported",
                hint="rewrite the schema in draft 4 or later, and name that draft in '$schema'",
            )
        else:
            yield _own(file, uri, values, names) or _assumed(file, value, uri, agreed)


def _schema(value: Json) -> Json:
    return value.get("$schema") if isinstance(value, dict) else None


def _own(file: File, uri: Json, values: tuple[Json, ...], names: Mapping[str, int]) -> Draft | None:
    """The draft that a metaschema among the version's files extends, through others where need be."""
    seen: set[int] = set()
    meta = names.get(split(uri)[0]) if isinstance(uri, str) else None
    while meta is not None and meta not in seen:
        seen.add(meta)
        further = _schema(values[meta])
        dialect = named(further)
        if dialect is not None:
            return Draft(dialect, doubt=_vocabulary_doubt(file, values[next(iter(seen))], dialect))
        meta = names.get(split(further)[0]) if isinstance(further, str) else None
    return None


def _vocabulary_doubt(file: File, metaschema: Json, dialect: Dialect) -> str | None:
    """https://json-schema.org/draft/2020-12/json-schema-core#section-8.1.2."""
    vocabulary = metaschema.get("$vocabulary") if isinstance(metaschema, dict) else None
    if not isinstance(vocabulary, dict) or dialect not in _VOCABULARIES:
        return None
    own = _KNOWN.format(_YEARS[dialect])
    for uri, required in vocabulary.items():
        if not uri.startswith(own) and required is True:
            return f"{file.name}: its metaschema requires the vocabulary '{uri}', which is unknown"
    for name in _VOCABULARIES[dialect]:
        if own + name not in vocabulary:
            return f"{file.name}: its metaschema leaves out the vocabulary '{name}' of {dialect}"
    return None


def _assumed(file: File, value: Json, uri: Json, agreed: Dialect | None) -> Draft:
    if uri is None and agreed is not None:
        return Draft(agreed)
    dialect, keyword = resembled(value)
    because = f"as {dialect} because of '{keyword}'" if keyword else f"as {dialect}"
    if uri is not None:
        return Draft(dialect, f"{file.name}: '$schema' is {uri!r}, which names no known draft: judged {because}")
    return Draft(dialect, f"{file.name}: no '$schema': judged {because}" if keyword else None)
