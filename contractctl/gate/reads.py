"""Does anyone still read what the plan takes away? Per field and consumer; silence is never a yes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from contractctl.evidence.declared_reads import CERTAINTY
from contractctl.evidence.questions import (
    CADENCES,
    DAY,
    GAPS,
    Field,
    covers,
    declares,
    fields_removed,
    names,
    needed_window,
)
from contractctl.gate.calendar import uncovered_end
from contractctl.gate.case import Case
from contractctl.gate.people import Attestation, attestations, in_words
from contractctl.gate.silence import Observed, Seen, about, dark, observed, seen, unproven
from contractctl.gate.trust import Flaw, flaw, unknown
from contractctl.gate.words import moment, number, part, span, times
from contractctl.model.amounts import agreeing
from contractctl.model.contract import Party
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import Stage

_STILL = 0.1
"""A consumer that read within this part of its window still reads, whatever its rhythm."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """One consumer of one field, and what is known of the two."""

    on: Observed
    name: str
    party: Party | None
    """None where no contract.toml lists it."""
    seen: Seen
    needed: float
    """For how many seconds it must have been silent."""
    said: tuple[Attestation, ...]

    @property
    def path(self) -> str:
        return self.on.field.path

    @property
    def static(self) -> tuple[Record, ...]:
        """What was found in its code, its documents and its schemas."""
        return tuple(
            record
            for record in self.on.case.of(Kind.STATIC_READS)
            if flaw(record, self.on.case.clock) is None
            and any(one.labels.get("consumer") == self.name and about(one, self.on.field) for one in record.series)
        )

    @property
    def mentions(self) -> Iterator[tuple[Record, Series]]:
        """What was found of the field in what it is made of."""
        for record in self.static:
            for one in record.series:
                if one.labels.get("consumer") == self.name and about(one, self.on.field):
                    yield record, one

    @property
    def searched(self) -> tuple[Record, ...]:
        """The searches of its code: what it declares is none."""
        return tuple(record for record, one in self.mentions if one.labels.get("certainty") != CERTAINTY)

    @property
    def places(self) -> float:
        """In how many places its code names the field."""
        return sum(one.value for _, one in self.mentions if one.labels.get("certainty") != CERTAINTY)

    @property
    def declaring(self) -> tuple[str, ...]:
        """Its live versions that declare that they read the field."""
        live = self.party.live if self.party else ()
        return tuple(f"{self.name}@{one.version}" for one in live if names(one.reads, self.on.field))

    @property
    def laid_down(self) -> str:
        """Where its documents and schemas name the field; empty where they do not."""
        own = (one for _, one in self.mentions if one.labels.get("certainty") == CERTAINTY and one.value > 0)
        return ", ".join(dict.fromkeys(one.labels.get("places", "somewhere") for one in own))


def unread(case: Case) -> Iterator[Condition]:
    """Every condition of the reads gate."""
    swapped = case.stage is Stage.CONTRACT
    fields = tuple(one for one in fields_removed(case.plan) if not (one.is_swapped and swapped))
    if not fields:
        yield Condition("reads of the old side", Outcome.PASS, "the plan removes no field", "0 fields", "0 reads")
        return
    yield from _flawed(case)
    first = {field.contract: field for field in reversed(fields)}
    for field in fields:
        on = observed(case, field)
        parties = case.consumers.get(field.contract, ())
        said = tuple(one for one in attestations(case) if one.contract in ("", field.contract))
        if field is first[field.contract]:
            yield _known(case, field, parties, said)
        yield from _reported(on, parties)
        yield from _unattributed(on)
        yield from _not_understood(on)
        for reader in _readers(on, parties, said):
            yield _condition(reader)
            if case.plan.reads.static_required and not (reader.party and (reader.party.exempt or reader.party.retired)):
                yield _searched(reader)


def _flawed(case: Case) -> Iterator[Condition]:
    """A source that could not answer may hold the one read that nobody else saw."""
    for record in case.of(Kind.READS, Kind.STATIC_READS):
        found = flaw(record, case.clock)
        if found is None and record.kind is Kind.READS and not record.series:
            found = Flaw(Unknown.MISSING_SOURCE, f"{record.source}: no counter of reads answered; absent is not zero")
        if found:
            name, remedy = (
                f"evidence of reads from {record.source}",
                f"run: contractctl evidence collect {case.plan.name}",
            )
            yield replace(_open(name, "a reliable answer", found, remedy), records=(record.digest,))


def _known(case: Case, field: Field, parties: Sequence[Party], said: Sequence[Attestation]) -> Condition:
    """Nobody on record is not nobody."""
    passed = Condition(
        name=f"consumers of {field.contract}",
        outcome=Outcome.PASS,
        message=f"known: {', '.join(party.name for party in parties)}",
        observed=f"{len(parties)} known",
        threshold="known, or attested that there are none",
    )
    if parties:
        return passed
    if statement := next((one for one in said if one.statement == "no-consumers"), None):
        words = f"nobody reads {field.contract}, {in_words(statement)}"
        return replace(passed, message=words, observed="attested: none", records=(statement.record,))
    words = f"no consumer of {field.contract} is known; that is not the same as none"
    remedy = (
        f"list them in the contract.toml of {field.contract}: [[consumers]] name, reads; or attest that there are none"
        f" in approvals/{case.plan.name}.toml:"
        ' [[attestations]] statement = "no-consumers", contract, by, reason, at, expires'
    )
    return replace(unknown(passed, Flaw(Unknown.NO_KNOWN_CONSUMERS, words)), remedy=remedy)


def _reported(on: Observed, parties: Sequence[Party]) -> Iterator[Condition]:
    """Declarations alone are not enough: some instrument must have answered."""
    needed = any(not (party.exempt or party.retired or (on.field.goes_on and party.migrated)) for party in parties)
    alive = any(
        flaw(record, on.case.clock) is None and (record.observed_heartbeats or 0.0) > 0
        for record in on.case.of(Kind.HEARTBEAT)
    )
    if not needed or alive or on.sound:
        return
    missing = Flaw(Unknown.MISSING_SOURCE, f"no instrument has reported on '{on.field.path}'")
    remedy = f"run: contractctl evidence collect {on.case.plan.name}"
    yield _open(f"instruments on {on.field.path}", "at least one", missing, remedy)


def _unattributed(on: Observed) -> Iterator[Condition]:
    it = seen(on, "")
    count, verb = it.reads + it.may, "was read" if it.reads else "may have been read"
    if count > 0:
        words = f"'{on.field.path}' {verb} {times(count)} by unknown readers"
        remedy = "give every reader a name: contractctl.runtime.reads.FieldReads('name'), or service.name"
        found = _open(f"unattributed reads of {on.field.path}", "0", Flaw(Unknown.UNATTRIBUTED_READS, words), remedy)
        yield replace(found, sample=count, records=_digests(on))


def _not_understood(on: Observed) -> Iterator[Condition]:
    """A statement that mentions the table and cannot be understood may be a read."""
    counts: dict[str, float] = {}
    for record in on.present:
        for one in record.series:
            if about(one, on.field) and one.labels.get("certainty") == "unknown" and one.value > 0:
                name = one.labels.get("consumer") or "somebody"
                counts[name] = counts.get(name, 0.0) + one.value
    for name, count in sorted(counts.items()):
        statements = agreeing(count, "statement that mentions", "statements that mention")
        words = f"{name} sent {number(count)} {statements} the table and could not be understood"
        remedy = f"look at the statements of {name} and write them so that they name their columns"
        found = _open(f"statements of {name} on {on.field.path}", "0", Flaw(Unknown.UNPARSEABLE, words), remedy)
        yield replace(found, sample=count, records=_digests(on))


def _open(name: str, threshold: str, found: Flaw, remedy: str) -> Condition:
    """A condition that is asked only where something is missing."""
    return unknown(Condition(name, Outcome.UNKNOWN, "", "", threshold, remedy=remedy), found)


def _digests(on: Observed) -> tuple[str, ...]:
    return tuple(record.digest for record in on.present)


def _readers(on: Observed, parties: Sequence[Party], said: tuple[Attestation, ...]) -> Iterator[_Reader]:
    """The consumers that contract.toml knows, then those that only the instruments have seen reading."""
    declared = {party.name: party for party in parties}
    strangers = {
        one.labels.get("consumer", "")
        for record in on.present
        for one in record.series
        if about(one, on.field) and one.value > 0
    }
    for name in [*declared, *sorted(strangers - {"", *declared})]:
        it = seen(on, name)
        party = declared.get(name)
        yield _Reader(on, name, party, it, needed_window(on.case.plan.reads, party, it.gap), said)


def _condition(reader: _Reader) -> Condition:
    """One consumer's state. What was observed beats what was declared; "I read it" beats silence."""
    name, party, on = reader.name, reader.party, reader.on
    passed = Condition(
        name=f"reads of {reader.path} by {name}",
        outcome=Outcome.PASS,
        message=f"{name} did not read '{reader.path}' for {span(reader.needed)}, alive throughout",
        observed="quiet: 0 reads",
        threshold=f"0 reads in {span(reader.needed)}",
        sample=reader.seen.reads,
        records=tuple(record.digest for record in (*on.present, *on.beats(name), *reader.static)),
    )
    if party and party.exempt:
        return replace(passed, message=f"{name} is exempt: {party.exempt}", observed="exempt")
    if on.field.goes_on and ((party and party.migrated) or _does_not_read(reader)):
        words = f"{name} may keep using '{reader.path}': {_migrated(reader)}"
        return replace(passed, message=words, observed="migrated")
    if reader.seen.last is not None and reader.seen.last > on.until - reader.needed:
        return _read(reader, passed, reader.seen.last)
    if reader.declaring and not _does_not_read(reader):
        return _live(reader, passed)
    if party and party.retired and not _may_read(reader):
        return replace(passed, message=f"{name} is retired, and no read of it was seen", observed="retired")
    if why := _migrated(reader):
        settled = replace(passed, message=f"{name} does not read '{reader.path}': {why}", observed="migrated")
        return _contradicted(reader, passed) if reader.places or reader.laid_down else settled
    if reader.laid_down or (party and declares(party, on.field)):
        return _declared(reader, passed)
    if found := _may_read(reader):
        return replace(unknown(passed, found), remedy=_instrument(name))
    if found := unproven(on, name, party, reader.seen, reader.needed):
        remedy = _instrument(name) if found.reason is Unknown.DARK_CONSUMER else None
        return replace(unknown(passed, found), remedy=remedy)
    return _contradicted(reader, passed) if reader.places else passed


def _read(reader: _Reader, passed: Condition, last: float) -> Condition:
    """It was seen reading within its window: it still reads, or its clock has started again."""
    on, party, name = reader.on, reader.party, reader.name
    who = "@".join([name, *reader.seen.versions[-1:]])
    stranger = "" if party else f"; {name} is in no contract.toml"
    fact = f"{who} read '{reader.path}' {times(reader.seen.reads)}, last at {moment(last)}{stranger}"
    quiet = on.until - last
    cadence = (party.cadence_days or 0.0) * DAY * CADENCES if party else 0.0
    if quiet <= max(GAPS * (reader.seen.gap or 0.0), cadence, _STILL * reader.needed):
        state = "reading" if party else "unregistered"
        listed = "" if party else f", and list it in the contract.toml of {on.field.contract}"
        return replace(
            passed,
            outcome=Outcome.FAIL,
            message=fact,
            observed=f"{state}: {number(reader.seen.reads)} reads",
            remedy=f"move {name} to the new side{listed}",
        )
    if found := dark(on, name, last):
        return replace(unknown(passed, found), remedy=_instrument(name))
    end = uncovered_end(on.case.plan.reads.calendar, party, last, on.until)
    words = f"{fact}; quiet for {part(quiet, reader.needed)}" + (f", {end.name} end not covered yet" if end else "")
    until = max(reader.needed - quiet, end.until - on.case.now if end else 0.0)
    return unknown(passed, Flaw(Unknown.WINDOW_NOT_COVERED, words, max(1.0, until)))


def _may_read(reader: _Reader) -> Flaw | None:
    """It asked for what has the field, and did not say whether it uses it. Only a declaration settles that."""
    it, on = reader.seen, reader.on
    if it.may_last is None or it.may_last <= on.until - reader.needed:
        return None
    who = "@".join([reader.name, *it.versions[-1:]])
    fact = f"{who} may have read '{reader.path}' {times(it.may)}, last at {moment(it.may_last)}"
    if reader.party is None:
        return Flaw(Unknown.UNATTRIBUTED_READS, f"{fact}; {reader.name} is in no contract.toml")
    return Flaw(Unknown.DARK_CONSUMER, f"{fact}: its requests do not say which fields it uses")


def _migrated(reader: _Reader) -> str | None:
    """Why it is held not to read the field, where somebody said so and nobody saw otherwise."""
    if reader.party and reader.party.migrated:
        return "its owner declares that it has migrated"
    if reader.party and not covers(reader.party, reader.on.field):
        return f"contract.toml says that it reads {', '.join(reader.party.reads)}"
    said = _does_not_read(reader)
    return in_words(said) if said else None


def _does_not_read(reader: _Reader) -> Attestation | None:
    own = (one for one in reader.said if one.statement == "does-not-read" and one.consumer == reader.name)
    return next(own, None)


def _declared(reader: _Reader, passed: Condition) -> Condition:
    toml = f"the contract.toml of {reader.on.field.contract}"
    listed = f" ({reader.laid_down})" if reader.laid_down else ""
    moved = f"when it has moved, remove '{reader.path}' from its reads in {toml}, or write migrated = true"
    return replace(
        passed,
        outcome=Outcome.FAIL,
        message=f"{reader.name} declares that it reads '{reader.path}'{listed}; silence does not revoke that",
        observed="declared reader",
        remedy=f"move {reader.name} to the new side, and collect what it declares again" if listed else moved,
    )


def _live(reader: _Reader, passed: Condition) -> Condition:
    """What contract.toml says of a consumer takes nothing back of what its versions declare, while they are live."""
    versions = ", ".join(reader.declaring)
    be = agreeing(len(reader.declaring), "is live and declares", "are live and declare")
    return replace(
        passed,
        outcome=Outcome.FAIL,
        message=f"{versions} {be} that it reads '{reader.path}'; contract.toml does not take that back",
        observed="declared by a live version",
        remedy=f"move {reader.name} to the new side, import what that version declares, and record its deployment",
    )


def _instrument(name: str) -> str:
    return (
        f"instrument {name} with contractctl.runtime.reads, or declare it migrated, exempt or retired in contract.toml"
    )


def _contradicted(reader: _Reader, passed: Condition) -> Condition:
    named = (
        f"its code names it in {number(reader.places)} {agreeing(reader.places, 'place')}"
        if reader.places
        else f"it declares that it reads it ({reader.laid_down})"
    )
    words = f"{reader.name} was not seen reading '{reader.path}', and {named}"
    remedy = f"remove those places from {reader.name}, and search it again"
    return replace(unknown(passed, Flaw(Unknown.CONFLICTING_EVIDENCE, words)), remedy=remedy)


def _searched(reader: _Reader) -> Condition:
    """Where the plan demands it, the consumer's code was searched, or somebody answers for it."""
    passed = Condition(
        name=f"code of {reader.name} searched for {reader.path}",
        outcome=Outcome.PASS,
        message=f"the code of {reader.name} was searched",
        observed="searched",
        threshold="searched, or attested",
        records=tuple(record.digest for record in reader.searched),
    )
    if reader.searched:
        return passed
    if said := _does_not_read(reader):
        return replace(passed, message=in_words(said), observed="attested", records=(said.record,))
    missing = Flaw(Unknown.MISSING_SOURCE, f"the code of {reader.name} has not been searched for '{reader.path}'")
    file = f"approvals/{reader.on.case.plan.name}.toml"
    remedy = (
        f'search it: [[evidence]] source = "code"; or attest in {file}: [[attestations]] statement = "does-not-read"'
    )
    return replace(unknown(passed, missing), remedy=remedy)
