"""Which versions are compatible with which, and which consumers with which producers? Every pair is judged once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product

from contractctl.compatibility import Terms
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS, Selective, load
from contractctl.model.contract import DRAFT, Contract, Party, Policy, Source
from contractctl.model.verdict import Answer, Comparison, Direction, Effect, Finding, Level, Seats, Status
from contractctl.store import digest
from contractctl.verdicts import judged


@dataclass(frozen=True, slots=True)
class Entry:
    """One row and column: a release, or the draft."""

    name: str
    """The version's number, or DRAFT."""
    digest: str
    source: Source


@dataclass(frozen=True, slots=True)
class Cell:
    """Two versions, the older one first, and whether they are compatible."""

    old: str
    new: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Meeting:
    """A consumer on one version, a producer on another."""

    consumer: str
    producer: str
    status: Status
    findings: tuple[Finding, ...] = ()
    """The findings that concern what the consumer reads."""
    reasons: tuple[str, ...] = ()
    """Why it is unknown, where it is."""


@dataclass(frozen=True, slots=True)
class Match:
    """A consumer and a producer, for every pair of versions that they may use."""

    consumer: str
    producer: str
    status: Status
    meetings: tuple[Meeting, ...]
    reason: str | None = None
    """Why it is unknown, where it is."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """One contract's versions, and those who use them."""

    contract: str
    format: str
    owner: str
    level: Level
    policy: Mapping[str, tuple[str, ...]]
    """As in Comparison."""
    entries: tuple[Entry, ...]
    """Oldest first; the draft last, where it differs from the latest release."""
    cells: tuple[Cell, ...]
    """Each pair of versions once."""
    matches: tuple[Match, ...]


@dataclass(slots=True)
class Judge:
    """Compares versions, each two texts only once."""

    witnesses: bool = True
    _known: dict[tuple[str, str, str, Policy, bool], Comparison] = field(default_factory=dict)

    def compare(self, contract: Contract, old: Entry, new: Entry) -> Comparison:
        """Compare in both directions. What cannot be read is unknown, with the reason, and affects no other cell."""
        key = (old.digest, new.digest, contract.format, contract.policy, contract.strict)
        if key not in self._known:
            self._known[key] = self._compared(contract, old, new)
        return self._known[key]

    def _compared(self, contract: Contract, old: Entry, new: Entry) -> Comparison:
        if old.digest == new.digest:
            same = Answer(Status.COMPATIBLE)
            return Comparison(same, same, contract.policy.chosen(contract.format))
        released = tuple(one.name for one in (old, new) if one.name != DRAFT)
        known = Terms(witnesses=self.witnesses, old_name=_spoken(old), new_name=_spoken(new), released=released)
        terms = known.of(contract)
        try:
            return judged(old.source, new.source, contract.format, terms)
        except ContractctlError as error:
            unknown = Answer(Status.UNKNOWN, reasons=(error.message,))
            return Comparison(unknown, unknown, contract.policy.chosen(contract.format))


def matrix(contract: Contract, judge: Judge) -> Matrix:
    """Every version of a contract with every other, and every consumer with every producer."""
    entries = entries_of(contract)
    cells = tuple(Cell(a.name, b.name, judge.compare(contract, a, b)) for a, b in combinations(entries, 2))
    matches = _matches(contract, entries, judge)
    policy = contract.policy.chosen(contract.format)
    about = (contract.name, contract.format, contract.owner, contract.level, policy)
    return Matrix(*about, entries, cells, tuple(matches))


def entries_of(contract: Contract) -> tuple[Entry, ...]:
    """Its releases, oldest first; then the draft, where that is not the latest of them."""
    entries = [Entry(str(version.number), version.digest, version.source) for version in contract.versions]
    if contract.draft is not None:
        drafted = digest(contract.draft)
        if not entries or entries[-1].digest != drafted:
            entries.append(Entry(DRAFT, drafted, contract.draft))
    return tuple(entries)


def _spoken(entry: Entry) -> str:
    return f"the {DRAFT}" if entry.name == DRAFT else entry.name


def _matches(contract: Contract, entries: tuple[Entry, ...], judge: Judge) -> Iterator[Match]:
    for consumer, producer in product(contract.consumers, contract.producers):
        if not consumer.retired and not producer.retired:
            yield _match(contract, consumer, producer, entries, judge)


def _match(contract: Contract, consumer: Party, producer: Party, entries: tuple[Entry, ...], judge: Judge) -> Match:
    taken, sent = used(consumer, entries), used(producer, entries)
    for party, found in ((consumer, taken), (producer, sent)):
        if not found:
            reason = (
                f"{party.name} is said to be on {', '.join(party.versions) or 'a version'}, but there is no such"
                " version"
            )
            return Match(consumer.name, producer.name, Status.UNKNOWN, (), reason)
    meetings = tuple(meeting(contract, consumer, r, w, entries, judge) for r, w in product(taken, sent))
    return _summed(consumer, producer, meetings)


def used(party: Party, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The versions that a party may use: those it names, where `1` and `1.4` mean all below; else every release."""
    if not party.versions:
        return tuple(entry for entry in entries if entry.name != DRAFT) or entries
    return tuple(
        entry for entry in entries if any(f"{entry.name}.".startswith(f"{wanted}.") for wanted in party.versions)
    )


def _summed(consumer: Party, producer: Party, meetings: tuple[Meeting, ...]) -> Match:
    """Where all pairs agree, that. Else it depends on versions; where these are not declared, it is unknown."""
    statuses = {meeting.status for meeting in meetings}
    names = consumer.name, producer.name
    if len(statuses) == 1:
        reasons = meetings[0].reasons
        return Match(*names, statuses.pop(), meetings, reasons[0] if reasons else None)
    silent = [party.name for party in (consumer, producer) if not party.versions]
    if not silent:
        status = Status.INCOMPATIBLE if Status.INCOMPATIBLE in statuses else Status.UNKNOWN
        reasons = tuple(reason for meeting in meetings for reason in meeting.reasons)
        return Match(*names, status, meetings, reasons[0] if status is Status.UNKNOWN else None)
    bad = next(meeting for meeting in meetings if meeting.status is not Status.COMPATIBLE)
    who = " and ".join(dict.fromkeys(silent))
    reason = (
        f"{consumer.name} on {bad.consumer} is not compatible with {producer.name} on {bad.producer}, and"
        f" contract.toml does not say which versions {who} {'is' if len(set(silent)) == 1 else 'are'} on"
    )
    return Match(*names, Status.UNKNOWN, meetings, reason)


def meeting(  # noqa: PLR0913, PLR0917 - two parties and all that is needed to judge them
    contract: Contract, consumer: Party, reads: Entry, writes: Entry, entries: tuple[Entry, ...], judge: Judge
) -> Meeting:
    """A consumer that reads with one version meets what a producer writes with another."""
    answer = _answer(contract, reads, writes, entries, judge)
    concerned = tuple(finding for finding in answer.findings if _concerns(contract, consumer, finding))
    if answer.status is Status.UNKNOWN:
        return Meeting(reads.name, writes.name, Status.UNKNOWN, concerned, answer.reasons)
    broken = any(finding.breaks for finding in concerned)
    status = Status.INCOMPATIBLE if broken else Status.UNKNOWN if answer.reasons else Status.COMPATIBLE
    return Meeting(reads.name, writes.name, status, concerned, () if broken else answer.reasons)


def _answer(contract: Contract, reads: Entry, writes: Entry, entries: tuple[Entry, ...], judge: Judge) -> Answer:
    """The answer in the direction in which the consumer's version takes what the producer's gives.

    Message formats: backward is a new reader of old data. Interface formats: backward is an old client of a new
    provider.
    """
    reader_is_newer = entries.index(reads) > entries.index(writes)
    old, new = (writes, reads) if reader_is_newer else (reads, writes)
    comparison = judge.compare(contract, old, new)
    message = contract.format not in FORMATS or load(contract.format).SEATS is Seats.MESSAGE
    return comparison.towards(Direction.BACKWARD if reader_is_newer == message else Direction.FORWARD)


def _concerns(contract: Contract, consumer: Party, finding: Finding) -> bool:
    """Whether a finding concerns what a consumer reads. A message that cannot be decoded is lost as a whole."""
    if not consumer.reads:
        return True
    judge = load(contract.format)
    if judge.SEATS is Seats.MESSAGE and finding.effect is Effect.FAILS:
        return True
    if isinstance(judge, Selective):
        return judge.concerns(finding.rule, finding.path, consumer.reads)
    return any(_overlap(finding.path, path) for path in consumer.reads)


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
