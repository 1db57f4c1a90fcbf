"""contractctl release: which version does the draft become?"""

import json
import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contractctl import settings, store, versions
from contractctl.cli import Exit, times, unread
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS, parse_sound, plan_command
from contractctl.loose import around, demand_whole
from contractctl.model.amounts import counted
from contractctl.model.contract import Contract, SemanticVersion
from contractctl.report.changes import sentence, tree
from contractctl.store import parted
from contractctl.versions import FIRST, Step

if TYPE_CHECKING:
    from contractctl.model.plan import Plan
    from contractctl.settings import Settings

_SHOWN = 5


@click.command
@click.argument("contracts", nargs=-1, metavar="CONTRACT…")
@click.option("--all", "everything", is_flag=True, help="Every contract whose draft is not yet released.")
@click.option("--version", "given", metavar="X.Y.Z", help="Release under this number.")
@click.option("--major", "part", flag_value="major", help="The next major version: a breaking change.")
@click.option("--minor", "part", flag_value="minor", help="The next minor version: an addition.")
@click.option("--patch", "part", flag_value="patch", help="The next patch version: no meaningful change.")
@click.option(
    "--contracted-elsewhere",
    "elsewhere",
    is_flag=True,
    help="The plan that leads there is contracted in a database that is not reachable here.",
)
@click.option("--dry-run", is_flag=True, help="Show which number it would be, and why; write nothing.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(
    contracts: tuple[str, ...],
    everything: bool,
    given: str | None,
    part: str | None,
    elsewhere: bool,
    dry_run: bool,
    form: str,
) -> int:
    """Freeze the draft as the next version.

    Of several contracts, either all are released or none.

    The number follows from the verdict: a draft that breaks what its level protects is a major version and has to be
    requested with --major; one that adds something is a minor version; one without a meaningful change is a patch. A
    lower number is refused. The first release is 1.0.0, unless --version names another. A plan's final version is
    released once the plan is contracted: until then the old side exists, and the new one may be incomplete.

    Exit codes: 0 released, 1 refused, 2 usage or input error.
    """
    if given and part:
        raise ContractctlError("the version was given twice", hint=f"leave out --version {given} or --{part}")
    found, day = settings.load(Path.cwd()), times.today()
    names = _names(contracts, found.contracts, everything=everything)
    if not names:
        click.echo("every draft is already released")
        return Exit.YES
    _demand_one(names, given, form)
    read = [found.judged(store.read(found.contracts, name), day) for name in names]
    near = around(found.contracts)
    for contract in read:
        demand_whole(found.contracts, contract, near)
    wanted = SemanticVersion.parse(given) if given else None
    answers = [_answer(contract, wanted, part, found, elsewhere=elsewhere) for contract in read]
    refused = [answer for answer in answers if answer.refused is not None]
    following = _following(read, answers, found.contracts)
    for contract, answer in zip(read, answers, strict=True):
        if not refused and not dry_run:
            assert answer.number is not None  # noqa: S101 - an answer that is not refused has its number
            assert contract.draft is not None  # noqa: S101 - an answer is given to a draft
            store.release(found.contracts, contract.name, answer.number, contract.draft)
        if answer in refused or not refused:
            _tell(answer, contract, following, dry_run=dry_run, form=form)
    if refused and len(names) > 1:
        click.echo(f"nothing is released: {len(refused)} of {len(names)} contracts cannot be", err=True)
    if not refused and not dry_run and form == "text":
        click.echo(f"next: {following}", err=True)
    return Exit.NO if refused else Exit.YES


def _names(given: tuple[str, ...], folder: Path, *, everything: bool) -> tuple[str, ...]:
    """The contracts to release, each once."""
    known = store.names(folder)
    if not known and not given:
        raise ContractctlError(
            f"there are no contracts in {folder}", hint="contractctl init finds the schemas of this repository"
        )
    if everything == bool(given):
        raise ContractctlError(
            "--all means every contract: leave the names out" if given else "contractctl release needs CONTRACT…",
            hint=f"contractctl release {(given or known)[0]}; or --all for every draft that is not released",
        )
    return tuple(dict.fromkeys(given)) or _due(folder)


def _due(folder: Path) -> tuple[str, ...]:
    """Those whose drafts are to be released, or whose release was cut short."""
    contracts, broken = parted(unread.contracts(folder))
    due = tuple(one.name for one in contracts if _is_due(folder, one))
    if broken:
        unread.told(broken)
        raise ContractctlError(
            f"--all means every contract, and {counted(len(broken), 'contract')} cannot be read: nothing is released",
            hint=f"release the others by name: contractctl release {' '.join(due)}" if due else None,
        )
    return due


def _is_due(folder: Path, contract: Contract) -> bool:
    state = versions.draft_state(contract)
    return state in {"new", "changed"} or (state != "none" and bool(store.broken_releases(folder, contract.name)))


def _following(read: list[Contract], answers: list["_Answer"], folder: Path) -> str:
    """The command that commits what was released, with paths as seen from the current folder."""
    names = [contract.name for contract in read]
    place = folder / names[0] if len(names) == 1 else folder
    what = f"{names[0]} {answers[0].number}" if len(names) == 1 else f"{len(names)} contracts"
    return f"git add {shlex.quote(os.path.relpath(place))} && git commit -m 'Release {what}'"


def _demand_one(names: tuple[str, ...], given: str | None, form: str) -> None:
    """Raise ContractctlError where several contracts are named with an option that is for a single one."""
    for option, value in (("--version", given), ("--format json", form == "json")):
        if value and len(names) > 1:
            raise ContractctlError(f"{option} goes with one contract", hint=f"contractctl release {names[0]} {option}")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What becomes of the draft."""

    number: SemanticVersion | None
    """The version that it has, or could have."""
    step: Step | None = None
    refused: str | None = None
    remedy: str | None = None


def _answer(
    contract: Contract, wanted: SemanticVersion | None, part: str | None, found: "Settings", *, elsewhere: bool
) -> _Answer:
    if contract.draft is None:
        raise ContractctlError(f"{contract.name} has no draft", hint='name its file in contract.toml: draft = "FILE"')
    _refuse_broken(found.contracts, contract)
    answer = _finished(found.contracts, contract) or _decided(contract, wanted, part, found.migrations)
    return answer if elsewhere else _once_contracted(answer, contract, found)


def _refuse_broken(folder: Path, contract: Contract) -> None:
    """Refuse to build on releases that were edited or deleted."""
    for rule, file in store.broken_releases(folder, contract.name):
        # what an interrupted release leaves behind is finished by releasing the same text again
        if rule != "release-unrecorded" or versions.draft_state(contract) in {"new", "changed"}:
            words = {"release-unrecorded": "it is not part of a release", "release-deleted": "it is missing"}
            raise ContractctlError(
                f"{file} has changed since it was released: {words.get(rule, 'it was edited')}",
                hint=f"contractctl check {contract.name} says how to restore it",
            )


def _finished(folder: Path, contract: Contract) -> _Answer | None:
    """A release that was interrupted before its digest was recorded, and has the text of the draft."""
    if store.broken_releases(folder, contract.name) and contract.latest is not None:
        return _Answer(contract.latest.number)
    return None


def _decided(contract: Contract, wanted: SemanticVersion | None, part: str | None, migrations: Path) -> _Answer:
    assert contract.draft is not None  # noqa: S101 - the caller has seen to it
    if contract.format in FORMATS:
        parse_sound(contract.format, contract.draft, contract.policy)  # nothing is frozen that cannot be read
    if contract.latest is None:
        return _Answer(wanted or (SemanticVersion(0, 0, 0).bump(part) if part else FIRST))
    step = versions.step(contract)
    if step is None:
        return _Answer(contract.latest.number, refused=f"the draft is {contract.latest.number} already", remedy=None)
    number = wanted or step.latest.bump(part or step.part)
    if number <= step.latest:
        refused = f"{number} is not above {step.latest}, the latest release"
        return _Answer(number, step, refused, f"leave out --version: the next one is {step.number}")
    if not step.allows(number):
        command = f"contractctl release {contract.name}{' --major' if step.part == 'major' else ''}"
        return _Answer(number, step, f"{number} is too low: {_why(step)}", f"run: {command}")
    if step.part == "major" and not (wanted or part):
        return _Answer(number, step, f"{number} would be a major version: {_why(step)}", _way(contract, migrations))
    return _Answer(number, step)


def _once_contracted(answer: _Answer, contract: Contract, found: "Settings") -> _Answer:
    """The answer; refused where a plan in flight has yet to produce what would be released, or its version number."""
    from contractctl import planner
    from contractctl.model.plan import moves_of

    assert contract.draft is not None  # noqa: S101 - the caller has seen to it
    if answer.refused is not None or answer.number is None:
        return answer
    digest, released = store.digest(contract.draft), {str(version.number) for version in contract.versions}
    for plan, move in moves_of(contract.name, planner.read_plans(found.migrations)):
        reached = move.new_digest == digest or answer.number >= SemanticVersion.parse(move.new)
        refused = _unless_over(plan, move.new, found) if reached and move.new not in released else None
        if refused is not None:
            return replace(answer, refused=refused[0], remedy=refused[1])
    return answer


def _unless_over(plan: "Plan", new: str, found: "Settings") -> tuple[str, str] | None:
    """Why a plan prevents this release, and what to do; None where its journal says that it is over."""
    from contractctl.cli import case
    from contractctl.model.plan import State

    state = case.standing(found, plan).state
    if state in {State.CONTRACTED, State.ROLLED_BACK}:
        return None
    refused = (
        f"the plan '{plan.name}' leads to {new} and is {state.value}: that version is released once the plan is"
        " contracted"
    )
    elsewhere = "if it is contracted in a database that is not reachable here, add --contracted-elsewhere"
    never = f"; if it will never be started, remove plans/{plan.name}.toml" if state is State.PLANNED else ""
    return refused, f"see what comes next: contractctl migrate status {plan.name}; {elsewhere}{never}"


def _way(contract: Contract, migrations: Path) -> str:
    """A way to the major version that breaks nobody: the plan that leads there, or one still to be made."""
    from contractctl import planner
    from contractctl.model.plan import moves_of

    assert contract.draft is not None  # noqa: S101 - as above
    digest = store.digest(contract.draft)
    for plan, move in moves_of(contract.name, planner.read_plans(migrations)):
        if move.new_digest == digest:
            command = f"contractctl release {contract.name} --version {move.new}"
            return f"the plan '{plan.name}' leads there; once it is contracted: {command}"
    way = plan_command(contract.format, contract.name)
    return f"to avoid the break: {way}; to accept it: contractctl release {contract.name} --major"


def _why(step: Step) -> str:
    """Why the step is major, minor or a patch, in one line."""
    if step.findings:
        first = step.findings[0]
        more = f" (and {len(step.findings) - 1} more)" if len(step.findings) > 1 else ""
        return f"{first.rule}: {first.message}{more}"
    if step.unknown:
        return f"its compatibility is unknown: {step.unknown[0]}"
    return f"{sentence(step.changes[0])}" if step.changes else "no meaningful change"


def _tell(answer: _Answer, contract: Contract, following: str, *, dry_run: bool, form: str) -> None:
    if form == "json":
        click.echo(json.dumps(_tree(answer, contract, following, dry_run=dry_run), indent=2, ensure_ascii=False))
        return
    if answer.refused:
        click.echo(f"not released: {contract.name}: {answer.refused}")
        if answer.remedy:
            click.echo(f"→ {answer.remedy}", err=True)
        return
    verb = "would release" if dry_run else "released"
    click.echo(f"{verb} {contract.name} {answer.number}{_after(answer.step)}")
    changes = answer.step.changes if answer.step else ()
    for change in changes[:_SHOWN]:
        click.echo(f"  {sentence(change)}")
    if len(changes) > _SHOWN:
        click.echo(f"  … {len(changes) - _SHOWN} more: contractctl diff {contract.name}")


def _after(step: Step | None) -> str:
    """The size of the step and its reason, unless the reason is one of the changes, which are listed next."""
    if step is None:
        return ""
    is_told = not (step.findings or step.unknown) and bool(step.changes)
    return f", {step.part} after {step.latest}{'' if is_told else f': {_why(step)}'}"


def _tree(answer: _Answer, contract: Contract, following: str, *, dry_run: bool) -> dict[str, object]:
    step = answer.step
    return {
        "contract": contract.name,
        "version": str(answer.number) if answer.number else None,
        "released": answer.refused is None and not dry_run,
        "after": str(step.latest) if step else None,
        "suggested": {"part": step.part, "version": str(step.number), "why": _why(step)} if step else None,
        "changes": tree(step.changes) if step else [],
        "refused": answer.refused,
        "remedy": answer.remedy,
        "next": None if answer.refused or dry_run else following,
    }
