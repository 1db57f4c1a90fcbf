"""What is shown beside a line of a file? A check's problems, findings and unknowns, in one form for all."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from contractctl import git
from contractctl.check import Checked, Pair, Problem
from contractctl.formats import pages
from contractctl.model.acceptance import UNKNOWN
from contractctl.model.verdict import Finding, Place, Status
from contractctl.report.policies import policies


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark. It fails the check where it is an `error`."""

    error: bool
    rule: str
    contract: str
    about: str
    """What distinguishes it from other remarks on this rule and contract, whatever line it moves to."""
    place: Place | None
    text: str
    """Lines: what happens, the proof, and the remedy or who accepts it."""
    excuse: str | None = None
    """Why it does not fail the check, where it is excused."""

    @property
    def fingerprint(self) -> str:
        """What stays the same while lines move, so that a remark is recognised."""
        told = f"{self.rule}\n{self.contract}\n{self.about}"  # a file name need not be UTF-8
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def annotations(checked: Checked) -> Iterator[Annotation]:
    """Problems first, then pair by pair what counts at its level. Files are named from the repository's root."""
    root = git.root_of(Path.cwd())
    remarks = [*map(of_problem, checked.problems), *(one for pair in checked.pairs for one in of_pair(pair))]
    yield from remarks if root is None else (_from(root, one) for one in remarks)


def _from(root: Path, one: Annotation) -> Annotation:
    """Pipelines look for files from the repository's root, wherever in it the check was started."""
    if one.place is None or not Path(one.place.file).resolve().is_relative_to(root):
        return one
    file = Path(one.place.file).resolve().relative_to(root).as_posix()
    about = file if one.about == one.place.file else one.about
    return replace(one, about=about, place=replace(one.place, file=file))


def of_pair(pair: Pair) -> Iterator[Annotation]:
    """The findings that the level demands, and what could not be decided."""
    yield from (_finding(pair, finding) for finding in pair.demanded)
    if pair.undecided and pair.standing is not Status.INCOMPATIBLE:
        lines = [line for reason in pair.undecided for line in (reason, *pair.said_of(reason))]
        lines += [] if all(map(pair.excuses, pair.undecided)) else [pages.page(UNKNOWN).remedy]
        yield Annotation(False, UNKNOWN, pair.contract, _versions(pair), None, "\n".join(lines), pair.excused)


def of_problem(problem: Problem) -> Annotation:
    """What is wrong with a contract, on the whole of a file."""
    excuse, acceptance = problem.excuse, problem.acceptance
    lines = [problem.message, *([acceptance.words] if acceptance else []), *([] if excuse else [problem.remedy])]
    text = "\n".join(lines)
    return Annotation(excuse is None, problem.rule, problem.contract, problem.file or "", problem.place, text, excuse)


def _finding(pair: Pair, finding: Finding) -> Annotation:
    witness = finding.witness
    lines = [f"{finding.path}: {finding.message}"]
    if witness:
        lines += [f"sent: {witness.sent}", f"answer: {witness.answer} ({witness.executed_by})"]
        lines += [f"but: {reply.answer} ({reply.executed_by})" for reply in witness.also]
    acceptance = pair.acceptance(finding)
    lines += pair.said_of(finding)
    lines += () if acceptance and acceptance.holds else (finding.remedy,)
    lines += policies(pair.comparison.policy)
    excuse = pair.excuse_of(finding)
    return Annotation(
        error=finding.breaks and excuse is None,
        rule=finding.rule,
        contract=pair.contract,
        about=f"{_versions(pair)}, {finding.direction}: {finding.path}",
        place=finding.new or finding.old,
        text="\n".join(lines),
        excuse=excuse,
    )


def _versions(pair: Pair) -> str:
    return f"{pair.old} → {pair.new}"
