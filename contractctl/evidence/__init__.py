"""What was observed? The sources, written out; each answers a plan's question with records."""

from collections.abc import Mapping
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.evidence.questions import Question
from contractctl.evidence.records import records
from contractctl.model.evidence import Record

SOURCES = ("jsonl", "otlp", "prometheus")


def collect(
    source: str, location: str, options: Mapping[str, str], question: Question, *, root: Path
) -> tuple[Record, ...]:
    """Ask one source. What goes wrong there is a record with a problem, not an exception.

    `location` is a URL, or a pattern of files below `root`. Raise ContractctlError where the source is not configured
    as it must be.
    """
    match source:
        case "jsonl":
            from contractctl.evidence import jsonl

            return records(jsonl.observe(location, options, root), question)
        case "otlp":
            from contractctl.evidence import otlp

            return records(otlp.observe(location, options, root), question)
        case "prometheus":
            from contractctl.evidence import prometheus

            return records(prometheus.observe(location, options, question), question)
        case _:
            known = ", ".join(SOURCES)
            raise ContractctlError(f"'{source}' is no source of evidence", hint=f"known sources: {known}")
