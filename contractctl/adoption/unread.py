"""What will people miss among the contracts? Other languages, with a way to read them; queries; what others wrote."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contractctl.formats.claims import Unjudged

_DATABASE = "contractctl init --from-database URL creates contracts from its tables"

_OF_OTHERS = (
    "schemas of others, read where yours refer to them; for a contract of its own, name one as the draft in a"
    " contract.toml that you write"
)


@dataclass(frozen=True, slots=True)
class Unread:
    """Files of one kind that do not become contracts."""

    files: tuple[str, ...]
    why: str
    """What they are, and what to do."""


_LANGUAGES = (
    (
        re.compile(r"\.avdl$"),
        "Avro IDL is not supported; convert it to .avsc: java -jar avro-tools.jar idl2schemata FILE FOLDER",
    ),
    (re.compile(r"(?:^|/)migrations/0001_\w+\.py$"), f"Django migrations are not supported; {_DATABASE}"),
    (
        re.compile(r"(?:^|/)db/schema\.rb$"),
        f"a Rails schema in Ruby is not supported; let Rails write db/structure.sql, or {_DATABASE}",
    ),
    (
        re.compile(r"(?:^|/)database/migrations/\w+\.php$"),
        f"Laravel migrations are not supported; php artisan schema:dump writes SQL that is, or {_DATABASE}",
    ),
    (re.compile(r"(?:^|/)dbt_project\.yml$"), f"dbt models are not supported; {_DATABASE}"),
    (re.compile(r"\.(?:fbs|raml|smithy|thrift|tsp|wsdl|xsd)$"), "of no format that contractctl supports"),
)


def unread(
    paths: Sequence[str], documents: Mapping[Unjudged, Sequence[str]], queries: Sequence[str], borrowed: Sequence[str]
) -> Iterator[Unread]:
    """Kind by kind, each file from the root, with slashes.

    paths: all files. queries: SQL that creates no table. borrowed: schemas of others.
    """
    for pattern, why in _LANGUAGES:
        if files := tuple(path for path in paths if pattern.search(path)):
            yield Unread(files, why)
    for kind, found in documents.items():
        yield Unread(tuple(found), f"{kind.why}; {kind.way_of(found[0])}")
    if queries:
        yield Unread(tuple(queries), "makes no table")
    if borrowed:
        yield Unread(tuple(borrowed), _OF_OTHERS)
