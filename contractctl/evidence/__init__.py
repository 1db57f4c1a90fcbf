"""What was observed? The sources, written out; each answers a plan's question with records."""

from collections.abc import Mapping
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.evidence.declared_reads import Reading, nobody
from contractctl.evidence.questions import Question
from contractctl.evidence.records import records
from contractctl.model.evidence import Record

SOURCES = (
    "access_log",
    "catalog",
    "code",
    "graphql_documents",
    "jsonl",
    "kafka_groups",
    "mariadb_digests",
    "otlp",
    "pg_stat_statements",
    "pgaudit",
    "prometheus",
    "reader_schemas",
    "rollouts",
)


def collect(  # noqa: C901, PLR0912, PLR0913 - a case for each source; where it is, may read and write
    source: str,
    location: str,
    options: Mapping[str, str],
    question: Question,
    *,
    root: Path,
    folder: Path,
    reading: Reading = nobody,
) -> tuple[Record, ...]:
    """Ask one source. What goes wrong there is a record with a problem, not an exception.

    `location` is a URL, or a pattern of files below `root`; `folder` keeps what a source needs for its next look;
    `reading` reads what consumers declare, in the format of a contract. Raise ContractctlError where the source is not
    configured as it must be.
    """
    match source:
        case "jsonl":
            from contractctl.evidence import jsonl

            return records(jsonl.observe(location, options, question, root), question)
        case "access_log":
            from contractctl.evidence import access_log

            log = access_log.observe(location, options, question, root)
            return () if log is None else records(log, question)
        case "catalog":
            from contractctl.evidence import catalog

            return records(catalog.observe(location, options, question), question)
        case "code":
            from contractctl.evidence import code

            return code.search(root / location, options, question)
        case "graphql_documents" | "reader_schemas":
            from contractctl.evidence import declared_reads

            return declared_reads.records(source, location, options, question, root=root, reading=reading)
        case "kafka_groups":
            from contractctl.evidence import kafka_groups

            offsets = kafka_groups.observe(location, options, question, root)
            return () if offsets is None else records(offsets, question)
        case "pg_stat_statements":
            from contractctl.evidence import pg_stat_statements

            return records(pg_stat_statements.observe(location, options, question, root=root, folder=folder), question)
        case "mariadb_digests":
            from contractctl.evidence import mariadb_digests

            return records(mariadb_digests.observe(location, options, question, root=root, folder=folder), question)
        case "otlp":
            from contractctl.evidence import otlp

            return records(otlp.observe(location, options, question, root), question)
        case "pgaudit":
            from contractctl.evidence import pgaudit

            return records(pgaudit.observe(location, options, question, root), question)
        case "prometheus":
            from contractctl.evidence import prometheus

            return records(prometheus.observe(location, options, question), question)
        case "rollouts":
            from contractctl.evidence import rollouts, shares

            share = rollouts.observe(location, options, question.plan.name, root, question.now)
            return () if share is None else (shares.record(share, question.plan.name, question.now),)
        case _:
            known = ", ".join(SOURCES)
            raise ContractctlError(f"'{source}' is no source of evidence", hint=f"known sources: {known}")
