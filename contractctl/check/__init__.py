"""Does the repository keep its promises? Drafts are checked against releases, releases against what they were."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from contractctl.compatibility import Terms
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS, parse, parse_sound
from contractctl.model.acceptance import Acceptance
from contractctl.model.contract import DRAFT, Contract, Source, Version
from contractctl.model.verdict import Answer, Comparison, Finding, Level, Place, Status
from contractctl.verdicts import judged

OLD = "the old version"
"""How a version is labelled that exists in git alone: it cannot change any more."""
UNREADABLE = "unreadable"
"""The rule of what cannot be read, and so cannot be judged."""
_WORST_FIRST = (Status.INCOMPATIBLE, Status.UNKNOWN, Status.COMPATIBLE)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of one contract, and what was found between them."""

    contract: str
    format: str
    level: Level
    old: str
    new: str
    comparison: Comparison
    excuse: str | None = None
    """Why nothing that was found fails the check, where that is so; it is shown all the same."""
    acceptances: tuple[Acceptance, ...] = ()
    """Excuses of single findings."""

    @property
    def status(self) -> Status:
        """The verdict in the directions that the level demands."""
        return worst(self.comparison.towards(direction).status for direction in self.level.directions)

    @property
    def standing(self) -> Status:
        """What of the verdict is not excused."""
        if self.excuse is not None:
            return Status.COMPATIBLE
        return worst(self._left(self.comparison.towards(direction)) for direction in self.level.directions)

    @property
    def excused(self) -> str | None:
        """Why the pair does not fail the check, where it is excused."""
        if self.excuse is not None or self.status is Status.COMPATIBLE or self.standing is not Status.COMPATIBLE:
            return self.excuse
        return "; ".join(f"{one.about} is {one.words}" for one in self.met if one.holds)

    def acceptance(self, found: Finding | str) -> Acceptance | None:
        """The acceptance of a finding, or of a reason for unknown; of several, the last to expire."""
        return max((one for one in self.acceptances if one.names(found)), key=lambda one: one.expires, default=None)

    def said_of(self, found: Finding | str) -> tuple[str, ...]:
        """The words of its acceptance, if any; an expired one matters only where the finding counts again."""
        one = self.acceptance(found)
        return (one.words,) if one and (one.holds or self.excuse is None) else ()

    def excuse_of(self, found: Finding | str) -> str | None:
        """Why this does not fail the check, where it is excused."""
        acceptance = self.acceptance(found)
        return self.excuse or (acceptance.words if acceptance and acceptance.holds else None)

    def excuses(self, found: Finding | str) -> bool:
        """Whether this does not fail the check, whatever it is."""
        return self.excuse_of(found) is not None

    @property
    def met(self) -> tuple[Acceptance, ...]:
        """The acceptances that match something that was found."""
        named = (self.acceptance(found) for found in self.found)
        return tuple(dict.fromkeys(one for one in named if one is not None))

    @property
    def found(self) -> tuple[Finding | str, ...]:
        """All findings, and all reasons why something is unknown."""
        return self.comparison.backward.found + self.comparison.forward.found

    def _left(self, answer: Answer) -> Status:
        """What remains of an answer without its accepted findings: something may still be unknown."""
        if not any(self.excuses(found) for found in answer.found):
            return answer.status
        if any(finding.breaks and not self.excuses(finding) for finding in answer.findings):
            return Status.INCOMPATIBLE
        return Status.COMPATIBLE if all(self.excuses(reason) for reason in answer.reasons) else Status.UNKNOWN

    @property
    def demanded(self) -> tuple[Finding, ...]:
        """The findings of the directions that the level demands."""
        return tuple(f for d in self.level.directions for f in self.comparison.towards(d).findings)

    @property
    def undecided(self) -> tuple[str, ...]:
        """The reasons why something is unknown, in the directions that the level demands."""
        return tuple(reason for d in self.level.directions for reason in self.comparison.towards(d).reasons)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a contract that is not a difference between two versions: an edited release, say."""

    rule: str
    contract: str
    place: Place | None
    message: str
    remedy: str
    acceptance: Acceptance | None = None

    @property
    def file(self) -> str | None:
        return self.place.file if self.place else None

    @property
    def status(self) -> Status:
        """Incompatible, as it breaks a promise; what cannot be read may have kept it."""
        return Status.UNKNOWN if self.rule == UNREADABLE else Status.INCOMPATIBLE

    @property
    def excuse(self) -> str | None:
        """Why this does not fail the check, where it is accepted."""
        return self.acceptance.words if self.acceptance and self.acceptance.holds else None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    pairs: tuple[Pair, ...] = ()
    problems: tuple[Problem, ...] = ()
    passed_over: tuple[str, ...] = ()
    """Schema files that changed and were not judged: they belong to no contract, and nobody named them."""
    unreleased: tuple[str, ...] = ()
    """Contracts without a release: their drafts were read, but compared with nothing."""
    idle: tuple[Acceptance, ...] = ()
    """Acceptances that match nothing that was found."""

    @property
    def verdict(self) -> Status:
        """The worst of all pairs and problems, excused or not."""
        return worst((*(one.status for one in self.problems), *(pair.status for pair in self.pairs)))

    @property
    def failing(self) -> tuple[Problem, ...]:
        """The problems that nobody has accepted."""
        return tuple(one for one in self.problems if one.excuse is None)

    @property
    def unreadable(self) -> tuple[Problem, ...]:
        """What could not be read, and was not judged."""
        return tuple(one for one in self.problems if one.rule == UNREADABLE)

    @property
    def standing(self) -> Status:
        """The worst status that is not excused: the exit code reports this one where everything could be read."""
        return worst((*(one.status for one in self.failing), *(pair.standing for pair in self.pairs)))


def worst(statuses: Iterable[Status]) -> Status:
    """Incompatible beats unknown beats compatible."""
    return min(statuses, key=_WORST_FIRST.index, default=Status.COMPATIBLE)


def unknown(reason: str) -> Comparison:
    """Nothing can be said of a pair, in either direction."""
    answer = Answer(Status.UNKNOWN, reasons=(reason,))
    return Comparison(answer, answer)


def since(old: Source, new: Source, format_name: str, terms: Terms) -> Comparison:
    """As judged(), where `old` lies in the past: nobody can fix what is unreadable there, so that is unknown.

    Raise ContractctlError where the new version cannot be read.
    """
    try:
        return judged(old, new, format_name, terms)
    except ContractctlError as error:
        parse(format_name, new, terms.policy)
        return unknown(f"its old content cannot be read: {error.message}")


def strictest(pairs: Iterable[Pair]) -> Pair:
    """The worst answer for one pair that was judged in several ways, with its excuses; of equals, the first."""
    return min(pairs, key=lambda pair: (_WORST_FIRST.index(pair.standing), _WORST_FIRST.index(pair.status)))


def check_files(old: Source, new: Source, format_name: str, level: Level, terms: Terms) -> Checked:
    """Two texts, with no store and no configuration."""
    comparison = judged(old, new, format_name, terms)
    before, now = (version.folder or version.name for version in (old, new))
    return Checked((Pair(now, format_name, level, before, now, comparison),))


def check_contract(
    contract: Contract,
    level: Level | None,
    staged: str | None,
    terms: Terms,
    is_new: Callable[[Version], bool],
) -> Iterator[Pair]:
    """The draft against the releases that its level names; the latest release, and new ones, against those before.

    What breaks an earlier version is excused by a major version between the two, by the plan `staged` that leads
    there, or as far as the contract accepts it. terms: what is known beside the contract. is_new: whether nobody has
    judged a release yet.
    """
    level = level or contract.level
    if contract.draft is not None:
        for version in contract.versions if level.transitive else contract.versions[-1:]:
            excuse = staged or _major(version, contract.versions)
            yield replace(_pair(contract, version, None, level, terms), excuse=excuse)
    for before, later in _steps(contract.versions, level, is_new):
        yield replace(_pair(contract, before, later, level, terms), excuse=_major(before, (later,)))
    if contract.draft is not None and not contract.versions and contract.format in FORMATS:
        parse_sound(contract.format, contract.draft, contract.policy)  # it is at least read


def _steps(
    versions: Sequence[Version], level: Level, is_new: Callable[[Version], bool]
) -> Iterator[tuple[Version, Version]]:
    """Which releases are compared with which earlier ones. A new one may lie between two existing ones."""
    for at, (before, later) in enumerate(pairwise(versions)):
        if is_new(later) and level.transitive:
            yield from ((earlier, later) for earlier in versions[: at + 1])
        elif later is versions[-1] or is_new(before) or is_new(later):
            yield before, later


def _major(version: Version, newer: Iterable[Version]) -> str | None:
    """The major release between this version and what is newer, as an excuse."""
    for later in newer:
        if later.number.major > version.number.major:
            return f"{later.number} was released as a major version"
    return None


def _pair(contract: Contract, old: Version, new: Version | None, level: Level, known: Terms) -> Pair:
    source = new.source if new else contract.draft
    assert source is not None  # noqa: S101 - a draft is judged only where there is one
    released = tuple(str(one.number) for one in (old, new) if one)
    terms = replace(known, old_name=released[0], new_name=str(new.number) if new else f"the {DRAFT}", released=released)
    comparison = judged(old.source, source, contract.format, terms.of(contract))
    new_name = str(new.number) if new else DRAFT
    return Pair(
        contract.name, contract.format, level, str(old.number), new_name, comparison, acceptances=contract.accepted
    )
