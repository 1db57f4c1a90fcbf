"""What do a source's observations say about a plan? They are summed up to one record per question."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

from contractctl.evidence.metrics import CANARY, READS
from contractctl.evidence.observations import Observations, Read, Request, Sign
from contractctl.evidence.questions import Field, Question, covers, needed_window, sign_of_life_seconds
from contractctl.evidence.requests_read import MAY_READ
from contractctl.evidence.spans import Span, merged, seconds, without
from contractctl.model.contract import Party
from contractctl.model.evidence import Kind, Record, Series
from contractctl.statements import EVERYTHING

REACH = 0.75
"""A sign of life proves this part of an interval before and after itself: two may be 1.5 intervals apart."""
_LOOKS = 12
"""Looks in a canary's bake time."""
_EVEN_LOOKS = 48
"""Looks of equal length; later ones grow, so that a long canary does not fill a file."""
_GROWTH = 1.1
_ALL = f".{EVERYTHING}"
_YEAR_2000 = 946_684_800.0
"""In Unix seconds: an older timestamp comes from a clock that was not set, and may be of today."""
_BEFORE = 24
"""How many bake times before a share the old path's requests still count as a baseline."""


def records(seen: Observations, question: Question) -> tuple[Record, ...]:
    """The records of one source. A source that answered nothing says so in a record of its own."""
    if seen.problem is None and not seen.anything and seen.others and seen.environment:
        named = " and ".join(f"'{one}'" for one in sorted(seen.others))
        own = f"contractctl.toml says environment = '{seen.environment}'"
        seen.spoiled(f"missing source: its data is for {named}, but {own}")
    if seen.problem is None and not seen.anything:
        seen.spoiled("missing source: it answered, but had nothing; absent is not zero")
    seen.earliest, seen.latest = seen.span
    if seen.earliest < _YEAR_2000:
        at = f"before the year 2000, at {seen.earliest:.0f} in Unix seconds"
        seen.spoiled(f"unparseable: something was observed {at}: a clock was never set, or a time has another unit")
    made = [*_reads(seen, question), *_signs(seen, question), *_requests(seen, question)]
    if seen.problem and not any(record.kind is Kind.READS for record in made):
        made.append(_record(seen, question, Kind.READS, question.now - question.plan.reads.window_seconds, ()))
    if seen.problem and question.since is not None and not any(record.kind is Kind.CANARY for record in made):
        made.append(_record(seen, question, Kind.CANARY, question.since, ()))
    return tuple(made)


def _record(  # noqa: PLR0913 - what a record is made of, each by name
    seen: Observations,
    question: Question,
    kind: Kind,
    begin: float,
    series: Sequence[Series],
    *,
    end: float | None = None,
    beats: tuple[float, float] | None = None,
) -> Record:
    until = min(_until(seen, question), math.inf if end is None else end)
    begin = min(begin, math.nextafter(until, -math.inf))
    expected, observed = beats or (None, None)
    identity = f"{seen.digest} {kind} {begin!r} {until!r} {[sorted(one.labels.items()) for one in series]}"
    return Record(
        kind=kind,
        source=seen.source,
        query=seen.query,
        collected_at=question.now,
        window_from=begin,
        window_to=until,
        expected_heartbeats=expected,
        observed_heartbeats=observed,
        sampling_ratio=seen.sampling_ratio,
        series=tuple(series),
        digest=sha256(identity.encode()).hexdigest(),
        problem=seen.problem or _lost(seen, question, CANARY if kind is Kind.CANARY else READS, (begin, until)),
    )


def _until(seen: Observations, question: Question) -> float:
    """A source's evidence reaches up to its last observation, not up to now."""
    return seen.latest if seen.anything else question.now


def _lost(seen: Observations, question: Question, metric: str, window: Span) -> str | None:
    allowed = (1 - question.plan.reads.coverage) * (window[1] - window[0])
    lost = seconds(((one.begin, one.end) for one in seen.lost if one.metric == metric), *window)
    if lost <= max(allowed, question.plan.reads.heartbeat_seconds):
        return None
    return f"counter reset: counters ended or restarted so often that {lost:.0f} s of counting may be lost"


# reads of a field, by consumer and version


def _reads(seen: Observations, question: Question) -> Iterator[Record]:
    if not seen.reads and not seen.signs:
        return
    until = _until(seen, question)
    for field in question.fields:
        begin = max(until - reaches_back(question, field), min(max(seen.earliest, seen.reads_from), until))
        series = tuple(_read_series(seen, field, begin))
        if series:
            yield _record(seen, question, Kind.READS, begin, series)


def reaches_back(question: Question, field: Field) -> float:
    """For how many seconds before the last observation reads of a field are summed up."""
    parties = question.consumers.get(field.contract, ())
    return 2 * max(needed_window(question.plan.reads, party, None) for party in (None, *parties))


def certainty(read: Read, field: Field) -> str | None:
    """How certainly it is a read of this field; None where it is not. One that names no contract counts.

    Whoever reads a part of the field reads it, and so does whoever reads everything beside it. What holds the field may
    have been read for something else; where no path is named, anything may have been read.
    """
    if read.contract not in ("", field.contract):
        return None
    if read.path == field.path:
        return read.certainty
    if read.count <= 0:  # whoever counts something else counts this field at zero for nobody
        return None
    gone, named = field.path.removesuffix(_ALL), read.path.removesuffix(_ALL)
    if f"{named}.".startswith(f"{gone}.") or (gone.startswith(f"{named}.") and read.path.endswith(_ALL)):
        return read.certainty
    return read.certainty or MAY_READ if not named or gone.startswith(f"{named}.") else None


def _read_series(seen: Observations, field: Field, begin: float) -> Iterator[Series]:
    groups: dict[tuple[str, str, str], list[Read]] = defaultdict(list)
    for read in seen.reads:
        if read.end >= begin and (sure := certainty(read, field)) is not None:
            groups[read.consumer, read.version, sure].append(read)
    counted = {consumer for consumer, _, _ in groups}
    for sign in seen.signs:  # an instrument that says that it watches the field counts it, at zero
        if (sign.contract, sign.path) == (field.contract, field.path) and sign.consumer not in counted:
            groups.setdefault((sign.consumer, sign.version, ""), [])
    ends: dict[str, set[float]] = defaultdict(set)
    for (consumer, _, _), reads in groups.items():
        ends[consumer] |= {read.end for read in reads if read.count > 0}
    gaps = {consumer: _widest(sorted(moments)) for consumer, moments in ends.items()}
    for (consumer, version, sure), reads in sorted(groups.items()):
        moments = [read.end for read in reads if read.count > 0]
        labels = {"contract": field.contract, "path": field.path, "consumer": consumer, "version": version}
        yield Series(
            labels=labels | ({"certainty": sure} if sure else {}),
            value=math.fsum(read.count for read in reads),
            first_seen=min(moments, default=None),
            last_seen=max(moments, default=None),
            longest_gap=gaps[consumer],
        )


def _longest_gap(reads: Sequence[Read], field: Field, consumer: str, begin: float) -> float | None:
    moments = sorted(
        {
            read.end
            for read in reads
            if read.count > 0 and read.end >= begin and read.consumer == consumer and certainty(read, field) is not None
        }
    )
    return _widest(moments)


def _widest(moments: Sequence[float]) -> float | None:
    return max((after - before for before, after in pairwise(moments)), default=None)


# signs of life of a consumer's instrument


def speaks_of(sign: Sign, field: Field) -> bool:
    """An instrument that does not say what it watches may watch the field."""
    return sign.contract in ("", field.contract) and sign.path in ("", field.path)


def _signs(seen: Observations, question: Question) -> Iterator[Record]:
    done: set[tuple[str, str, str]] = set()
    for field in question.fields:
        parties = {party.name: party for party in question.consumers.get(field.contract, ())}
        own = [sign for sign in seen.signs if speaks_of(sign, field)]
        for consumer in sorted({sign.consumer for sign in own}):
            party = parties.get(consumer)
            signs = [sign for sign in own if sign.consumer == consumer]
            if party and not covers(party, field) and not any(sign.path for sign in signs):
                continue  # it does not say that it watches this field, and contract.toml says that it has nothing to
            exact = [sign for sign in signs if sign.path] or signs
            key = consumer, exact[0].contract, exact[0].path
            if key not in done:
                done.add(key)
                yield _alive(seen, question, field, party, exact)


def _alive(seen: Observations, question: Question, field: Field, party: Party | None, signs: Sequence[Sign]) -> Record:
    consumer, until = signs[0].consumer, _until(seen, question)
    begin = min(max(until - 2 * question.plan.reads.window_seconds, seen.earliest), until)
    needed = needed_window(question.plan.reads, party, _longest_gap(seen.reads, field, consumer, begin))
    every = sign_of_life_seconds(question.plan.reads, party)
    first = _counted_since(seen, field, signs)
    reached = ((max(first, sign.begin - every * REACH), max(first, sign.at + every * REACH)) for sign in signs)
    lost = ((one.begin, one.end) for one in seen.lost if (one.metric, one.consumer) == (READS, consumer))
    covered = seconds(without(reached, lost), until - needed, until)
    series = tuple(_sign_series(signs, max(first, until - needed)))
    return _record(seen, question, Kind.HEARTBEAT, until - needed, series, beats=(needed / every, covered / every))


def _counted_since(seen: Observations, field: Field, signs: Sequence[Sign]) -> float:
    """Since when signs of life prove anything: those that do not name what they watch, only beside a counter of it."""
    own = (
        read.begin for read in seen.reads if read.consumer == signs[0].consumer and certainty(read, field) is not None
    )
    return -math.inf if signs[0].path else min(own, default=-math.inf)


def _sign_series(signs: Sequence[Sign], begin: float) -> Iterator[Series]:
    for version in sorted({sign.version for sign in signs}):
        own = {(sign.begin, sign.at): sign.count for sign in signs if sign.version == version and sign.at >= begin}
        stood = merged((max(first, begin), last) for first, last in own)
        one = signs[0]
        yield Series(
            labels={"contract": one.contract, "path": one.path, "consumer": one.consumer, "version": version},
            value=float(sum(own.values())),
            first_seen=stood[0][0] if stood else None,
            last_seen=stood[-1][1] if stood else None,
            longest_gap=max((after[0] - before[1] for before, after in pairwise(stood)), default=None),
        )


# requests of a canary, look by look


def _requests(seen: Observations, question: Question) -> Iterator[Record]:
    since = question.since
    own = [request for request in seen.requests if request.plan in ("", question.plan.name)]
    if since is None or not own:
        return
    bake = question.plan.canary.bake_seconds
    before = [one for one in own if baseline(one, since, bake)]
    if any(one.count for one in before):
        begin = max(since - _BEFORE * bake, min(seen.earliest, since))
        yield _record(seen, question, Kind.CANARY, begin, tuple(_request_series(before, since, bake)), end=since)
    running = [one for one in own if one.end > since]
    now = max((one.end for one in running), default=since)
    if running:
        silent = [one for one in own if one.end <= since and one.measure == "outcome"]
        still = [replace(one, begin=now, end=now, count=0.0) for one in silent]  # what it can count, and did not
        series = tuple(_request_series([*running, *still], since, bake))
        begin, every = max(since, seen.earliest), question.plan.reads.heartbeat_seconds
        beats = (_until(seen, question) - begin) / every, _counted_for(running, begin, every) / every
        yield _record(seen, question, Kind.CANARY, begin, series, beats=beats)


def _counted_for(running: Sequence[Request], begin: float, every: float) -> float:
    """For how many seconds requests were counted, even if none came: time that nobody reported on is not covered."""
    told = [one for one in running if one.measure == "outcome"] or running
    reached = ((one.begin - every * REACH, one.end + every * REACH) for one in told)
    return seconds(reached, begin, max(one.end for one in told))


def baseline(request: Request, since: float, bake: float) -> bool:
    """Whether it shows how the old path was before the share was entered."""
    return since - _BEFORE * bake < request.end <= since and request.path == "old"


def _request_series(requests: Sequence[Request], since: float, bake: float) -> Iterator[Series]:
    counts: dict[tuple[int, str, str, str, str, str], float] = defaultdict(float)
    for one in requests:
        key = look(one.end - since, bake), one.plan, one.path, one.outcome, one.measure, one.bound
        counts[key] += one.count
    for (number, plan, path, outcome, measure, bound), count in sorted(counts.items()):
        labels = {"plan": plan, "path": path, measure: outcome, "look": str(number)}
        yield Series(labels | ({"bound": bound} if bound else {}), count)


def look(age: float, bake: float) -> int:
    """The number of a look: fixed by when the share was entered, whenever and however often one collects."""
    number = age / _look_seconds(bake)
    if number < _EVEN_LOOKS:
        return max(0, math.floor(number))
    return _EVEN_LOOKS + math.floor(math.log(number / _EVEN_LOOKS) / math.log(_GROWTH))


def look_end(number: int, bake: float) -> float:
    """How many seconds after the share was entered a look ends."""
    even = min(number + 1, _EVEN_LOOKS)
    return even * _look_seconds(bake) * _GROWTH ** (number + 1 - even)


def _look_seconds(bake: float) -> float:
    return max(bake / _LOOKS, 1.0)
