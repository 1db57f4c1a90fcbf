"""What was observed? The sources, written out; each answers a plan's question with records."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from contractctl.evidence import (
        access_log,
        catalog,
        code,
        declared_reads,
        jsonl,
        kafka_groups,
        mariadb_digests,
        otlp,
        pg_stat_statements,
        pgaudit,
        prometheus,
        rollouts,
    )
    from contractctl.evidence.declared_reads import Reading
    from contractctl.evidence.questions import Question
    from contractctl.evidence.sources import Source
    from contractctl.model.evidence import Record

SOURCES: Mapping[str, str] = {
    "access_log": "access_log",
    "catalog": "catalog",
    "code": "code",
    "graphql_documents": "declared_reads",
    "jsonl": "jsonl",
    "kafka_groups": "kafka_groups",
    "mariadb_digests": "mariadb_digests",
    "otlp": "otlp",
    "pg_stat_statements": "pg_stat_statements",
    "pgaudit": "pgaudit",
    "prometheus": "prometheus",
    "reader_schemas": "declared_reads",
    "rollouts": "rollouts",
}
"""The sources, by their names in [[evidence]], and the modules in this folder that ask them."""

if TYPE_CHECKING:
    _OFFERED: tuple[Source, ...] = (
        access_log,
        catalog,
        code,
        declared_reads,
        jsonl,
        kafka_groups,
        mariadb_digests,
        otlp,
        pg_stat_statements,
        pgaudit,
        prometheus,
        rollouts,
    )


def collect(  # noqa: PLR0913 - what sources.Given holds, each by name
    source: str,
    location: str,
    options: Mapping[str, str],
    question: "Question",
    *,
    root: Path,
    folder: Path,
    reading: "Reading | None" = None,
) -> "tuple[Record, ...]":
    """Ask one source. What goes wrong there is a record with a problem, not an exception.

    `location` is a URL, or a pattern of files below `root`; `folder` keeps what a source needs for its next look;
    `reading` reads what consumers declare, in the format of a contract. Raise ContractctlError where the source is not
    configured as it must be.
    """
    from contractctl.evidence.declared_reads import nobody
    from contractctl.evidence.sources import Given

    if source not in SOURCES:
        raise ContractctlError(f"'{source}' is not a source of evidence", hint=f"known sources: {', '.join(SOURCES)}")
    module = cast("Source", import_module(f"{__name__}.{SOURCES[source]}"))
    return module.collect(Given(source, location, options, question, root, folder, reading or nobody))
