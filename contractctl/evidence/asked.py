"""Was this collected for what is asked now? Evidence of another environment, or of other sources, proves nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256

from contractctl.model.evidence import Kind, Record, Series, stated

_SOURCE = "contractctl.toml"


@dataclass(frozen=True, slots=True)
class Asked:
    """What contractctl.toml says at one moment."""

    environment: str
    """Empty where it is not set."""
    sources: str
    """A digest of all settings of the sources."""


def stated_with(records: Sequence[Record], asked: Asked, now: float) -> tuple[Record, ...]:
    """The records as they are stored, preceded by one that says what they were collected for."""
    labels = asdict(asked)
    digest = sha256(repr(sorted(labels.items())).encode()).hexdigest()
    said = stated(Kind.ATTESTATION, source=_SOURCE, query="", at=now, series=(Series(labels, 1.0),), digest=digest)
    return (said, *records)


def held(written: Sequence[Record], asked: Callable[[], Asked], plan: str, now: float) -> tuple[Record, ...]:
    """The records where they still count; where they do not, one for each source that says why.

    What nothing is said of, as it was recorded by hand, counts. `asked` may need variables of the environment: it is
    called only where there is something to compare.
    """
    said = next((one.series[0].labels for one in written if says(one)), None)
    records = tuple(one for one in written if not says(one))
    why = None if said is None else _why_not(said, asked())
    if why is None:
        return records
    words = f"{why}: contractctl evidence collect {plan}"
    return tuple(missed(source, words, now) for source in sorted({one.source for one in records}))


def missed(source: str, why: str, now: float) -> Record:
    """A source that may have seen the one read, and does not report it."""
    digest = sha256(source.encode()).hexdigest()
    problem = f"missing source: {why}"
    return stated(Kind.READS, source=source, query="", at=now, series=(), digest=digest, problem=problem)


def says(record: Record) -> bool:
    """Whether it is the one that says what the others were collected for."""
    return (record.kind, record.source) == (Kind.ATTESTATION, _SOURCE)


def _why_not(said: Mapping[str, str], asked: Asked) -> str | None:
    if said.get("environment") != asked.environment:
        then, now = (f"'{one}'" if one else "none" for one in (said.get("environment"), asked.environment))
        return f"it was collected for the environment {then}, and this is {now}"
    if said.get("sources") != asked.sources:
        return "contractctl.toml, or what it takes from variables, names other sources since it was collected"
    return None
