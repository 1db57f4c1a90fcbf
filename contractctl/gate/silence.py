"""Is a consumer's silence proven? Absent is not zero: an instrument must have been alive, and for long enough."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contractctl.evidence.questions import CADENCES, Field, sign_of_life_seconds
from contractctl.gate.calendar import uncovered_end
from contractctl.gate.case import Case
from contractctl.gate.trust import Flaw, flaw
from contractctl.gate.words import moment, part, span
from contractctl.model.contract import Party
from contractctl.model.decision import Unknown
from contractctl.model.evidence import Kind, Record, Series


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that the instruments say about one field."""

    case: Case
    field: Field
    present: tuple[Record, ...]
    """Reads records that can prove a read: a read that was seen counts, however old or sampled the record."""
    sound: tuple[Record, ...]
    """Those of them that can prove its absence."""

    @property
    def until(self) -> float:
        """Up to when all sources have looked: what came later is unknown, and is not quiet time."""
        return min((record.window_to for record in self.sound), default=self.case.now)

    def series(self, consumer: str) -> Iterator[tuple[Record, Series]]:
        """What the reads records say of one consumer."""
        for record in self.present:
            for series in record.series:
                if about(series, self.field) and series.labels.get("consumer", "") == consumer:
                    yield record, series

    def beats(self, consumer: str) -> tuple[Record, ...]:
        """Its heartbeat records: about this field, or about the consumer as a whole."""
        return tuple(
            record
            for record in self.case.of(Kind.HEARTBEAT)
            if any(
                series.labels.get("consumer") == consumer
                and series.labels.get("path", "") in ("", self.field.path)
                and series.labels.get("contract", "") in ("", self.field.contract)
                for series in record.series
            )
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reads records say of one consumer and one field."""

    reads: float
    last: float | None
    gap: float | None
    versions: tuple[str, ...]
    may: float
    """Requests that do not say which fields they use."""
    may_last: float | None


@dataclass(frozen=True, slots=True)
class _Alive:
    """For how much of its window a consumer's instrument was seen alive."""

    coverage: float
    since: float
    """The first sign of life in the window; the window's beginning, where no sign was due before it."""
    coverage_since: float
    """The coverage from that first sign of life on."""
    seconds: float
    """How long the window is."""


def about(series: Series, field: Field) -> bool:
    """Whether a series speaks of this field: two contracts may have columns of one name."""
    return series.labels.get("path") == field.path and series.labels.get("contract", "") in ("", field.contract)


def observed(case: Case, field: Field) -> Observed:
    """The reads records on one field."""
    present = tuple(record for record in case.of(Kind.READS) if any(about(series, field) for series in record.series))
    return Observed(case, field, present, tuple(one for one in present if flaw(one, case.clock) is None))


def seen(on: Observed, consumer: str) -> Seen:
    """Several sources may have counted the same reads: the highest count of one source, the latest sighting of any."""
    own = list(on.series(consumer))
    some = [(record, series) for record, series in own if series.value > 0]
    reading = [(record, series) for record, series in some if series.labels.get("certainty") != "may"]
    asking = [(record, series) for record, series in some if series.labels.get("certainty") == "may"]
    return Seen(
        reads=_most(reading),
        last=_last(reading),
        gap=max((series.longest_gap for _, series in own if series.longest_gap is not None), default=None),
        versions=tuple(sorted({series.labels["version"] for _, series in some if series.labels.get("version")})),
        may=_most(asking),
        may_last=_last(asking),
    )


def _most(reading: Sequence[tuple[Record, Series]]) -> float:
    totals: dict[int, float] = {}
    for record, series in reading:
        totals[id(record)] = totals.get(id(record), 0.0) + series.value
    return max(totals.values(), default=0.0)


def _last(reading: Sequence[tuple[Record, Series]]) -> float | None:
    return max((one.window_to if it.last_seen is None else it.last_seen for one, it in reading), default=None)


def unproven(on: Observed, consumer: str, party: Party | None, it: Seen, needed: float) -> Flaw | None:
    """Why zero reads over the last `needed` seconds are not proven; None where they are."""
    path = on.field.path
    if not on.sound:
        return Flaw(Unknown.MISSING_SOURCE, f"no source has counted the reads of '{path}'")
    whole = [record for record in on.sound if record.sampling_ratio == 1]
    if not whole:
        ratio = max(record.sampling_ratio for record in on.sound)
        words = f"{ratio * 100:.3g} % of the reads of '{path}' were counted: a sample proves a read, never its absence"
        return Flaw(Unknown.SAMPLED, words)
    if found := dark(on, consumer, on.until - needed):
        return found
    return _too_short(on, whole, needed) or _without_an_end(on, consumer, party, it, needed)


def _too_short(on: Observed, whole: Sequence[Record], needed: float) -> Flaw | None:
    """Retention: what the source has forgotten, or never knew, is not silence."""
    longest = max(record.window_to - record.window_from for record in whole)
    if longest >= needed * (1 - 1e-9):
        return None
    words = f"the source knows {part(longest, needed)} of '{on.field.path}': what came before is unknown"
    return Flaw(Unknown.WINDOW_NOT_COVERED, words, max(1.0, needed - longest))


def _without_an_end(on: Observed, consumer: str, party: Party | None, it: Seen, needed: float) -> Flaw | None:
    since = max(it.last or 0.0, on.until - needed)
    end = uncovered_end(on.case.plan.reads.calendar, party, since, on.until)
    if end is None:
        return None
    words = f"{consumer} was quiet for {span(on.until - since)}, {end.name} end not covered yet"
    return Flaw(Unknown.CALENDAR_NOT_COVERED, words, max(1.0, end.until - on.case.now))


def dark(on: Observed, consumer: str, since: float) -> Flaw | None:
    """Why the consumer's instrument is not proven to have been alive from `since` on; None where it is.

    One kind of source is enough, and all of its instruments must be alive: two logs in two entries are parts of one.
    """
    beats = on.beats(consumer)
    flaws = [flaw(record, on.case.clock) for record in beats]
    if None not in flaws:
        nothing = Flaw(Unknown.DARK_CONSUMER, f"{consumer} gives no sign of life: its silence proves nothing")
        return next((found for found in flaws if found), nothing)
    worst: dict[str, Flaw | None] = {}
    for record, found in zip(beats, flaws, strict=True):
        of_record = found or _uncounted(on, consumer, record) or _asleep(on, consumer, record, since)
        worst[record.source] = worst.get(record.source) or of_record
    return None if None in worst.values() else next(iter(worst.values()))


def _uncounted(on: Observed, consumer: str, record: Record) -> Flaw | None:
    """Signs of life that do not name the field vouch only for a counter of their own source."""
    if any(about(series, on.field) for series in record.series):
        return None
    if any(counted.source == record.source for counted, _ in on.series(consumer)):
        return None
    words = f"{consumer} is alive, but has no counter for '{on.field.path}': absent is not zero"
    return Flaw(Unknown.DARK_CONSUMER, words)


def _asleep(on: Observed, consumer: str, record: Record, since: float) -> Flaw | None:
    """Why one record does not prove that its instrument was alive from `since` on."""
    one, least = _alive(record), on.case.plan.reads.coverage
    throughout = one.coverage >= least and one.seconds >= (on.until - since) * least
    if throughout or (one.coverage_since >= least and one.since <= since):
        return _fallen_silent(on, consumer, record)
    if one.coverage_since >= least:
        words = f"{consumer} is instrumented for {part(on.until - one.since, on.until - since)}"
        return Flaw(Unknown.WINDOW_NOT_COVERED, words, max(1.0, one.since - since))
    share = min(one.coverage, one.coverage_since) * 100
    words = f"{consumer} was seen alive for {share:.3g} % of the time, {least * 100:g} % are needed"
    return Flaw(Unknown.DARK_CONSUMER, words)


def _fallen_silent(on: Observed, consumer: str, record: Record) -> Flaw | None:
    """However long it was alive: a consumer whose signs of life ended may have been replaced by one that gives none."""
    rules = on.case.plan.reads
    party = next((one for one in on.case.consumers.get(on.field.contract, ()) if one.name == consumer), None)
    last = max((one.last_seen for one in record.series if one.last_seen is not None), default=None)
    allowed = max(rules.fresh_seconds, CADENCES * sign_of_life_seconds(rules, party))
    if last is None or last >= on.until - allowed:
        return None
    words = f"{consumer} gave its last sign of life at {moment(last)}: what it has done since is unknown"
    return Flaw(Unknown.DARK_CONSUMER, words)


def _alive(record: Record) -> _Alive:
    expected, beaten = record.expected_heartbeats or 0.0, record.observed_heartbeats or 0.0
    first = min((one.first_seen for one in record.series if one.first_seen is not None), default=record.window_from)
    seconds = record.window_to - record.window_from
    due = record.window_from + (seconds / expected if expected > 0 else 0.0)
    since = record.window_from if first <= due else min(first, record.window_to)
    left = expected * (record.window_to - since) / seconds
    return _Alive(
        coverage=min(1.0, beaten / expected) if expected > 0 else 0.0,
        since=since,
        coverage_since=min(1.0, beaten / left) if left > 0 else 0.0,
        seconds=seconds,
    )
