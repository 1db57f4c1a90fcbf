"""What was counted between two snapshots of a server's statement statistics? Spans, kept in a file.

A server only counts: who did what since the last look is the difference. A span in which the server may have forgotten
something proves nothing. One in which it has not covers every moment, whoever was connected.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.evidence.observations import Observations, Read, Sign
from contractctl.evidence.questions import Field, Question, needed_window, sign_of_life_seconds
from contractctl.evidence.servers import UnusableError
from contractctl.model import canonical
from contractctl.model.amounts import agreeing
from contractctl.statements import Target, Touch, touch
from contractctl.writing import write_whole

_STEP = 1.4
"""Signs of life reach over 1.5 intervals: records.py."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One entry of the statistics."""

    consumer: str
    """Empty where the server does not say who."""
    sql: str
    within: str = ""
    """The schema in which it was sent; empty where the server does not say."""


_ROUNDED = 2.0
"""Seconds by which a server's start may seem to move, where it says its uptime in whole seconds."""


@dataclass(frozen=True, slots=True)
class Look:
    """The counters of a server at one moment."""

    at: float
    epoch: str
    """Start of the server and of its statistics, and its settings: another one has not seen all that this one has."""
    evicted: float
    """How many statements it had to evict."""
    calls: Mapping[str, float]
    """By entry."""
    started: float = 0.0
    """When the server began, where the epoch does not tell: to a second or so."""
    own: float = field(default=0.0, metadata=canonical.OPTIONAL)
    """How often the statement was counted that every look sends before it counts: from look to look once more."""
    oldest: float | None = field(default=None, metadata=canonical.OPTIONAL)
    """When the oldest current session began, where a session keeps the settings that it began with."""


@dataclass(frozen=True, slots=True)
class Touched:
    """How often a consumer touched a field."""

    contract: str
    path: str
    consumer: str
    count: float
    certainty: str


@dataclass(frozen=True, slots=True)
class Span:
    """From one snapshot to the next."""

    begin: float
    end: float
    flaw: str | None
    """Why it proves nothing: one of the closed list of reasons, then words."""
    touched: tuple[Touched, ...]
    watched: tuple[str, ...] = field(default=(), metadata=canonical.OPTIONAL)
    """What its statements were searched for, contract and path: no other field was silent in it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file holds."""

    last: Look | None
    """None where no snapshot has succeeded so far."""
    spans: tuple[Span, ...] = ()
    hidden: str | None = field(default=None, metadata=canonical.OPTIONAL)
    """Why statements may have gone uncounted since the last snapshot, where one has failed."""
    sound: float = field(default=0.0, metadata=canonical.OPTIONAL)
    """Since when the settings count every statement again, after they did not."""


@dataclass(frozen=True, slots=True)
class Watch:
    """The fields that are removed, and how each is reached on this server."""

    targets: tuple[tuple[Field, Target], ...]
    settled: frozenset[str] = frozenset()
    """Statements that a person has reviewed and vouches for, as triage.same() writes them."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything that a server answered at one moment."""

    look: Look
    statements: Mapping[str, Statement]
    """By entry."""
    watch: Watch


def marked(plan: str) -> tuple[str, str]:
    """(name, statement): what every look for this plan sends, and the name by which it is found among what was counted.

    PostgreSQL holds statements to be the same that differ in the names of their columns alone, and tells WITH apart.
    """
    name = f"contractctl_look_{sha256(plan.encode()).hexdigest()[:12]}"
    return name, f"WITH {name} AS (SELECT 1 AS one) SELECT one FROM {name}"


def take(seen: Observations, looked: Looked, question: Question, path: Path) -> None:
    """Compare a snapshot with the one before, keep both, and report everything that the file knows."""
    look, watch = looked.look, looked.watch
    before = _read(path)
    by_settings = (before.hidden or "").startswith("sampled")
    spans = before.spans
    if before.last is not None:
        spans = (*spans, _span(before, before.last, look, looked.statements, watch))
    kept = Kept(look, spans, sound=look.at if by_settings else before.sound)
    _write(path, kept)
    if before.last is None:
        seen.spoiled("window not covered: this was the first snapshot; counts are known from the next one on")
        return
    seen.answered(canonical.dumps(canonical.tree(kept)).encode())
    for span in kept.spans:
        _tell(seen, span, watch, question)


@contextmanager
def noted(path: Path) -> Iterator[None]:
    """Where the server turns out not to count every statement: once it does again, what was sent before is unknown.

    Raise UnusableError as it comes.
    """
    try:
        yield
    except UnusableError as error:
        before = _read(path)
        _write(path, replace(before, hidden=before.hidden or str(error)))
        raise


def _span(kept: Kept, before: Look, now: Look, statements: Mapping[str, Statement], watch: Watch) -> Span:
    flaw = kept.hidden or _flaw(before, now) or _uncounted_sessions(kept.sound, before, now)
    grown = {key: calls - before.calls.get(key, 0.0) for key, calls in now.calls.items()}
    if flaw:  # whatever the look has was counted some time: it can prove a read, and no silence
        grown = {key: count if count > 0 else now.calls[key] for key, count in grown.items()}
    counts: dict[Touched, float] = {}
    for key, count in grown.items():
        if count > 0:
            for touched in _touched(statements[key], watch):
                counts[touched] = counts.get(touched, 0.0) + count
    found = (replace(touched, count=count) for touched, count in counts.items())
    return Span(before.at, now.at, flaw, tuple(sorted(found, key=str)), tuple(_name(one) for one, _ in watch.targets))


def _flaw(before: Look, now: Look) -> str | None:
    if before.at >= now.at:
        return "stale: the previous snapshot is not older than this one: a clock is wrong"
    if before.epoch != now.epoch or abs(before.started - now.started) > _ROUNDED:
        return "counter reset: the server or its statistics were reset, or their settings changed"
    if before.evicted != now.evicted:
        gone = now.evicted - before.evicted
        were = agreeing(gone, "statement was", "statements were")
        return f"truncated: {gone:g} {were} evicted from the statistics"
    if now.own <= before.own or any(now.calls.get(key, -1.0) < calls for key, calls in before.calls.items()):
        return "counter reset: entries were removed from the statistics"
    return None


def _uncounted_sessions(sound: float, *looks: Look) -> str | None:
    began = [look.oldest for look in looks if look.oldest is not None]
    if not began or min(began) >= sound:
        return None
    return "sampled: sessions are connected since before the settings counted every statement: end them"


def _touched(statement: Statement, watch: Watch) -> Iterator[Touched]:
    """A statement that only writes cannot do without the column either."""
    from contractctl.evidence import triage

    for one, target in watch.targets:
        found = touch(statement.sql, replace(target, within=statement.within)).touch
        if found is Touch.NONE or triage.same(statement.sql) in watch.settled:
            continue
        certainty = {Touch.UNKNOWN: "unknown", Touch.WRITES: "writes"}.get(found, "")
        yield Touched(one.contract, one.path, statement.consumer, 0.0, certainty)


def _tell(seen: Observations, span: Span, watch: Watch, question: Question) -> None:
    rules = question.plan.reads
    for it in span.touched:
        seen.reads.append(Read(it.contract, it.path, it.consumer, "", span.begin, span.end, it.count, it.certainty))
    for one, _ in watch.targets:
        flaw, parties = span.flaw or _unwatched(span, one), question.consumers.get(one.contract, ())
        if flaw is None:
            for party in parties:
                ats = moments(span.begin, span.end, sign_of_life_seconds(rules, party))
                seen.signs += [Sign(party.name, "", one.contract, one.path, at) for at in ats]
        elif span.end > question.now - max(needed_window(rules, party, None) for party in (None, *parties)):
            seen.spoiled(flaw)


def _unwatched(span: Span, one: Field) -> str | None:
    if _name(one) in span.watched:
        return None
    return f"window not covered: statements were not searched for '{one.path}' before the plan changed"


def _name(one: Field) -> str:
    return f"{one.contract} {one.path}"


def moments(begin: float, end: float, every: float) -> Sequence[float]:
    """When signs of life stand for the whole time between two looks; `every` is how often one is due."""
    step = every * _STEP
    whole = int((end - begin) / step)
    return (*(begin + n * step for n in range(whole + 1)), end)


def _read(path: Path) -> Kept:
    if not path.is_file():
        return Kept(None)
    try:
        return canonical.value(Kept, json.loads(path.read_text(encoding="utf-8")), str(path))
    except (ValueError, RecursionError):
        raise ContractctlError(
            f"{path} has been changed since it was written",
            hint="remove it; counting then starts again from the next collection",
        ) from None


def _write(path: Path, kept: Kept) -> None:
    write_whole(path, canonical.dumps(canonical.tree(kept)) + "\n")
