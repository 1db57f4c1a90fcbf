"""Does this consumer still read the field? What was observed beats what was declared; "I read it" beats silence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from contractctl.evidence.declared_reads import CERTAINTY
from contractctl.evidence.questions import CADENCES, DAY, GAPS, covers, declares, names
from contractctl.gate.calendar import uncovered_end
from contractctl.gate.case import Case
from contractctl.gate.people import Attestation, in_words
from contractctl.gate.silence import Observed, Seen, about, dark, unproven
from contractctl.gate.trust import Flaw, flaw, unknown
from contractctl.gate.words import moment, number, part, span, times
from contractctl.model.amounts import agreeing
from contractctl.model.contract import Party
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import State

_STILL = 0.1
"""A consumer that read within this fraction of its window still reads, whatever its cadence."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One consumer of one field, and what is known about the pair."""

    on: Observed
    name: str
    party: Party | None
    """None where no contract.toml lists it."""
    seen: Seen
    needed: float
    """How many seconds it must have been silent."""
    said: tuple[Attestation, ...]
    """Attestations that it does not read the field."""

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
        """Where the field was found in what the consumer is built from."""
        for record in self.static:
            for one in record.series:
                if one.labels.get("consumer") == self.name and about(one, self.on.field):
                    yield record, one

    @property
    def searched(self) -> tuple[Record, ...]:
        """The searches of its code; a declaration is not a search."""
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


def condition(reader: Reader) -> Condition:
    """One consumer's state."""
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


def _read(reader: Reader, passed: Condition, last: float) -> Condition:
    """It was seen reading within its window: it still reads, or its quiet time has started again."""
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
            remedy=f"move {name} to the new side{listed}{_brought_back(on.case, last)}",
        )
    if found := dark(on, name, last):
        return replace(unknown(passed, found), remedy=_instrument(name))
    end = uncovered_end(on.case.plan.reads.calendar, party, last, on.until)
    words = f"{fact}; quiet for {part(quiet, reader.needed)}" + (f", {end.name} end not covered yet" if end else "")
    until = max(reader.needed - quiet, end.until - on.case.now if end else 0.0)
    return unknown(passed, Flaw(Unknown.WINDOW_NOT_COVERED, words, max(1.0, until)))


def _brought_back(case: Case, last: float) -> str:
    """Whoever reads what was quiesced gets errors at this moment."""
    if case.standing.state is not State.QUIESCED or last < case.standing.since:
        return ""
    return f"; until it has moved, bring the old side back: contractctl migrate canary {case.plan.name} 100"


def _may_read(reader: Reader) -> Flaw | None:
    """It requested what contains the field, and did not say whether it uses it. Only a declaration settles that."""
    it, on = reader.seen, reader.on
    if it.may_last is None or it.may_last <= on.until - reader.needed:
        return None
    who = "@".join([reader.name, *it.versions[-1:]])
    fact = f"{who} may have read '{reader.path}' {times(it.may)}, last at {moment(it.may_last)}"
    if reader.party is None:
        return Flaw(Unknown.UNATTRIBUTED_READS, f"{fact}; {reader.name} is in no contract.toml")
    return Flaw(Unknown.DARK_CONSUMER, f"{fact}: its requests do not say which fields it uses")


def _migrated(reader: Reader) -> str | None:
    """Why it is taken not to read the field: somebody said so, and nobody saw otherwise."""
    if reader.party and reader.party.migrated:
        return "its owner declares that it has migrated"
    if reader.party and not covers(reader.party, reader.on.field):
        return f"contract.toml says that it reads {', '.join(reader.party.reads)}"
    said = _does_not_read(reader)
    return in_words(said) if said else None


def _does_not_read(reader: Reader) -> Attestation | None:
    return next((one for one in reader.said if one.reviewed), None)


def _declared(reader: Reader, passed: Condition) -> Condition:
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


def _live(reader: Reader, passed: Condition) -> Condition:
    """What contract.toml says of a consumer does not withdraw what its live versions declare."""
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


def _contradicted(reader: Reader, passed: Condition) -> Condition:
    named = (
        f"its code names it in {number(reader.places)} {agreeing(reader.places, 'place')}"
        if reader.places
        else f"it declares that it reads it ({reader.laid_down})"
    )
    words = f"{reader.name} was not seen reading '{reader.path}', and {named}"
    remedy = f"remove those places from {reader.name}, and search it again"
    return replace(unknown(passed, Flaw(Unknown.CONFLICTING_EVIDENCE, words)), remedy=remedy)


def searched(reader: Reader) -> Condition:
    """Where the plan demands it, the consumer's code was searched, or somebody vouches for it."""
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
    file = f"migrations/approvals/{reader.on.case.plan.name}.toml"
    remedy = (
        f'search it: [[evidence]] source = "code"; or attest in {file}: [[attestations]] statement = "does-not-read"'
    )
    return replace(unknown(passed, missing), remedy=remedy)
