"""How far apart are two versions: what changed between them, and which number does that make the next one?"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl import store
from contractctl.compatibility import Terms
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS, load, parse
from contractctl.model.contract import Contract, Policy, SemanticVersion, Source, Version
from contractctl.model.verdict import Answer, Change, Comparison, Direction, Finding, Status
from contractctl.verdicts import judged

DRAFT = "draft"
LATEST = "latest"
FIRST = SemanticVersion(1, 0, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """How far the draft is from the latest release."""

    latest: SemanticVersion
    part: str
    """The lowest of major, minor and patch that tells the truth about the step."""
    findings: tuple[Finding, ...] = ()
    """What makes it a major one."""
    unknown: tuple[str, ...] = ()
    """Why its compatibility is not known, where it is not: then only a major number promises nothing false."""
    changes: tuple[Change, ...] = ()

    @property
    def number(self) -> SemanticVersion:
        return self.latest.bump(self.part)

    def allows(self, number: SemanticVersion) -> bool:
        """Whether that number says at least as much as the step is."""
        taken = ((number.major, number.minor, number.patch), (self.latest.major, self.latest.minor, self.latest.patch))
        match self.part:
            case "major":
                return number.major > self.latest.major
            case "minor":
                return taken[0][:2] > taken[1][:2]
            case _:
                return number > self.latest


def changes(old: Source, new: Source, format_name: str, policy: Policy = Policy()) -> tuple[Change, ...]:
    """Every difference that has a meaning, as facts. Raise ContractctlError where a text is not of its format."""
    schemas = (parse(format_name, source, policy) for source in (old, new))
    return tuple(load(format_name).changes(*schemas))


def step(contract: Contract) -> Step | None:
    """From the latest release to the draft; None where they are the same text. Both must be there."""
    latest, draft = contract.latest, contract.draft
    assert latest is not None and draft is not None  # noqa: S101, PT018 - callers ask only where both are there
    if store.digest(draft) == latest.digest:
        return None
    if contract.format not in FORMATS:
        return Step(latest.number, "major", unknown=(f"'{contract.format}' is not a format that contractctl supports",))
    comparison = _compared(contract, latest, draft)
    # a promise that the level makes is a promise of the major number, too
    promised = dict.fromkeys((Direction.BACKWARD, *contract.level.directions))
    answers = [*map(comparison.towards, promised), *_earlier(contract, draft)]
    broken = tuple(finding for answer in answers for finding in answer.findings if finding.breaks)
    unknown = tuple(reason for answer in answers if answer.status is Status.UNKNOWN for reason in answer.reasons)
    changed = changes(latest.source, draft, contract.format, contract.policy)
    if broken or unknown:
        return Step(latest.number, "major", broken, unknown, changed)
    return Step(latest.number, "minor" if changed or comparison.findings else "patch", changes=changed)


def _earlier(contract: Contract, draft: Source) -> Iterator[Answer]:
    """Towards releases before the latest: a transitive level names those that no major version has parted from it."""
    *earlier, latest = contract.versions
    for version in earlier if contract.level.transitive else ():
        if version.number.major == latest.number.major:
            yield from map(_compared(contract, version, draft).towards, contract.level.directions)


def _compared(contract: Contract, old: Version, draft: Source) -> Comparison:
    terms = Terms(old_name=str(old.number), new_name="the draft").of(contract)
    return judged(old.source, draft, contract.format, terms)


def find(contract: Contract, wanted: str) -> tuple[str, Source]:
    """A version by its number, 'latest' or 'draft': its name and text. Raise ContractctlError where it is not there."""
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
    """The names that find() takes for this contract, for people."""
    there = [str(version.number) for version in contract.versions] + ([DRAFT] if contract.draft else [])
    return ", ".join(there) or "none"


def draft_state(contract: Contract) -> str:
    """Where the draft stands: none, new, changed, or the number of the release that it equals."""
    if contract.draft is None:
        return "none"
    if contract.latest is None:
        return "new"
    return str(contract.latest.number) if store.digest(contract.draft) == contract.latest.digest else "changed"
