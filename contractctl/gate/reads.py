"""Does anyone still read what the plan takes away? Per field and consumer; silence is never a yes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from contractctl.evidence.questions import Field, fields_removed, needed_window
from contractctl.gate.case import Case
from contractctl.gate.people import Attestation, attestations, beside, in_words
from contractctl.gate.readers import Reader, condition, searched
from contractctl.gate.silence import Observed, about, observed, seen
from contractctl.gate.trust import Flaw, flaw, unknown
from contractctl.gate.words import number, times
from contractctl.model.amounts import agreeing
from contractctl.model.contract import Party
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Kind
from contractctl.model.plan import Stage


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
            none = [one for one in said if one.statement == "no-consumers"]
            yield beside(_known(case, field, parties, none), none)
        yield from _reported(on, parties)
        yield from _unattributed(on)
        yield from _not_understood(on)
        for reader in _readers(on, parties, said):
            yield beside(condition(reader), reader.said)
            if case.plan.reads.static_required and not (reader.party and (reader.party.exempt or reader.party.retired)):
                yield beside(searched(reader), reader.said)


def _flawed(case: Case) -> Iterator[Condition]:
    """A source that could not answer may have the one read that nobody else saw."""
    for record in case.of(Kind.READS, Kind.STATIC_READS):
        found = flaw(record, case.clock)
        if found is None and record.kind is Kind.READS and not record.series:
            found = Flaw(Unknown.MISSING_SOURCE, f"{record.source}: no counter of reads answered; absent is not zero")
        if found:
            remedy = f"run: contractctl evidence collect {case.plan.name}"
            asked = _open(f"evidence of reads from {record.source}", "a reliable answer", found, remedy)
            yield replace(asked, records=(record.digest,))


def _known(case: Case, field: Field, parties: Sequence[Party], said: Sequence[Attestation]) -> Condition:
    """No consumer on record does not mean that there is none."""
    passed = Condition(
        name=f"consumers of {field.contract}",
        outcome=Outcome.PASS,
        message=f"known: {', '.join(party.name for party in parties)}",
        observed=f"{len(parties)} known",
        threshold="known, or attested that there are none",
    )
    if parties:
        return passed
    if statement := next((one for one in said if one.reviewed), None):
        words = f"nobody reads {field.contract}, {in_words(statement)}"
        return replace(passed, message=words, observed="attested: none", records=(statement.record,))
    words = f"no consumer of {field.contract} is known; that is not the same as none"
    remedy = (
        f"list them in the contract.toml of {field.contract}: [[consumers]] name, reads; or attest that there are none"
        f" in migrations/approvals/{case.plan.name}.toml: [[attestations]]"
        f' statement = "no-consumers", contract = "{field.contract}", by = "…", reason = "…",'
        " at = 2026-11-03T09:00:00Z, expires = 2026-12-03T09:00:00Z"
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
    """A condition that is added only where something is missing."""
    return unknown(Condition(name, Outcome.UNKNOWN, "", "", threshold, remedy=remedy), found)


def _digests(on: Observed) -> tuple[str, ...]:
    return tuple(record.digest for record in on.present)


def _readers(on: Observed, parties: Sequence[Party], said: Sequence[Attestation]) -> Iterator[Reader]:
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
        own = tuple(one for one in said if (one.statement, one.consumer) == ("does-not-read", name))
        yield Reader(on, name, party, it, needed_window(on.case.plan.reads, party, it.gap), own)
