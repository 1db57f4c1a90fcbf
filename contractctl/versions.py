"""How far apart are two versions: what changed between them, and what is the next version's number?"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl import store
from contractctl.compatibility import Terms
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS, load, parse
from contractctl.model.contract import DRAFT, Contract, Policy, SemanticVersion, Source, Version
from contractctl.model.verdict import Answer, Change, Comparison, Direction, Finding, Status
from contractctl.verdicts import judged

LATEST = "latest"
FIRST = SemanticVersion(1, 0, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """How far the draft is from the latest release."""

    latest: SemanticVersion
    part: str
    """The lowest of major, minor and patch that is true of the step."""
    findings: tuple[Finding, ...] = ()
    """Why it is a major one."""
    unknown: tuple[str, ...] = ()
    """Why its compatibility is unknown, if it is: then only a major number makes no false promise."""
    changes: tuple[Change, ...] = ()

    @property
    def number(self) -> SemanticVersion:
        return self.latest.bump(self.part)

    def allows(self, number: SemanticVersion) -> bool:
        """Whether that part of the number is large enough for the step."""
        taken = ((number.major, number.minor, number.patch), (self.latest.major, self.latest.minor, self.latest.patch))
        match self.part:
            case "major":
                return number.major > self.latest.major
            case "minor":
                return taken[0][:2] > taken[1][:2]
            case _:
                return number > self.latest


def changes(old: Source, new: Source, format_name: str, policy: Policy = Policy()) -> tuple[Change, ...]:
    """Every meaningful difference, as facts. Raise ContractctlError if a text is not of its format."""
    schemas = (parse(format_name, source, policy) for source in (old, new))
    return tuple(load(format_name).changes(*schemas))


def step(contract: Contract) -> Step | None:
    """The step from the latest release to the draft; None if they have the same text. Both must exist."""
    latest, draft = contract.latest, contract.draft
    assert latest is not None and draft is not None  # noqa: S101, PT018 - callers ask only where both are there
    if store.digest(draft) == latest.digest:
        return None
    if contract.format not in FORMATS:
        return Step(latest.number, "major", unknown=(f"'{contract.format}' is not a format that contractctl supports",))
    comparison = _compared(contract, latest, draft)
    # what the level promises, the major number promises, too
    promised = dict.fromkeys((Direction.BACKWARD, *contract.level.directions))
    answers = [*map(comparison.towards, promised), *_earlier(contract, draft)]
    broken = tuple(finding for answer in answers for finding in answer.findings if finding.breaks)
    unknown = tuple(reason for answer in answers if answer.status is Status.UNKNOWN for reason in answer.reasons)
    changed = changes(latest.source, draft, contract.format, contract.policy)
    if broken or unknown:
        return Step(latest.number, "major", broken, unknown, changed)
    return Step(latest.number, "minor" if changed or comparison.findings else "patch", changes=changed)


def _earlier(contract: Contract, draft: Source) -> Iterator[Answer]:
    """Answers for releases before the latest: a transitive level protects those of the same major version."""
    *earlier, latest = contract.versions
    for version in earlier if contract.level.transitive else ():
        if version.number.major == latest.number.major:
            yield from map(_compared(contract, version, draft).towards, contract.level.directions)


def _compared(contract: Contract, old: Version, draft: Source) -> Comparison:
    terms = Terms(old_name=str(old.number), new_name="the draft").of(contract)
    return judged(old.source, draft, contract.format, terms)


def find(contract: Contract, wanted: str) -> tuple[str, Source]:
    """A version by its number, 'latest' or 'draft': its name and text. Raise ContractctlError if it does not exist."""
    if wanted == DRAFT:
        if contract.draft is None:
            raise ContractctlError(
                f"{contract.name} has no draft", hint='name its file in contract.toml: draft = "FILE"'
            )
        return DRAFT, contract.draft
    for version in contract.versions:
        if str(version.number) == wanted or (wanted == LATEST and version is contract.latest):
            return str(version.number), version.source
    raise ContractctlError(f"{contract.name} has no version '{wanted}'", hint=f"it has {known(contract)}")


def known(contract: Contract) -> str:
    """The names that find() accepts for this contract, as a text for people."""
    there = [str(version.number) for version in contract.versions] + ([DRAFT] if contract.draft else [])
    return ", ".join(there) or "none"


def draft_state(contract: Contract) -> str:
    """The draft's state: none, new, changed, or the number of the release that it equals."""
    if contract.draft is None:
        return "none"
    if contract.latest is None:
        return "new"
    return str(contract.latest.number) if store.digest(contract.draft) == contract.latest.digest else "changed"
