"""What of a repository is to be judged? The whole store, or what changed since a base, in the store and outside."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contractctl import store
from contractctl.check import Checked, Pair, Problem, check_contract
from contractctl.compatibility import Terms, compare_sources, source_of
from contractctl.errors import ContractctlError
from contractctl.formats import ENDINGS, format_of
from contractctl.formats.pages import page
from contractctl.git import ChangedFile, Repository, needed_repository
from contractctl.model.contract import Contract, Policy, SemanticVersion
from contractctl.model.plan import Movement, Plan
from contractctl.model.verdict import Level


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a repository."""

    contracts: Path
    """The folder of the store."""
    plans: tuple[Plan, ...] = ()
    """Plans excuse the drafts that they lead to."""
    level: Level | None = None
    """In place of each contract's own."""
    loose_level: Level = Level.BACKWARD
    """For files outside the store, unless `level` is given."""
    policy: Policy = Policy()
    """For files outside the store."""
    strict: bool = False


def check_store(asked: Question, names: Sequence[str]) -> Checked:
    """The contracts of those names; every one of the store without names."""
    known = store.names(asked.contracts)
    if not known and not names:
        raise ContractctlError(
            f"there are no contracts in {asked.contracts}",
            hint="contractctl init finds the schemas of this repository; contractctl check OLD NEW needs no set-up",
        )
    return _contracts(asked, names or known)


def check_against(asked: Question, ref: str, paths: Sequence[str]) -> Checked:
    """Only what changed since the work split off from `ref`: contracts of the store, and other schema files.

    Schema files outside the store are judged where `paths` names them, or where there is no store at all.
    """
    repository = needed_repository(asked.contracts.parent)
    base = repository.merge_base(ref)
    everything = repository.changed(base)
    changed = repository.changed(base, paths) if paths else everything
    names = store.names(asked.contracts)
    touched = [name for name in names if _touches(asked, repository, name, changed)]
    checked = _contracts(asked, touched, lambda contract: _promised(asked, repository, base, contract, everything))
    problems = [*_edited_since(asked, repository, base, everything), *_deleted(asked, repository, base, changed)]
    loose = [*_loose(asked, repository, changed)] if paths or not names else []
    pairs = tuple(_then_and_now(asked, repository, base, one) for one in loose)
    seen = {(problem.rule, problem.file) for problem in checked.problems}
    new_problems = tuple(problem for problem in problems if (problem.rule, problem.file) not in seen)
    return Checked(checked.pairs + pairs, checked.problems + new_problems)


def _contracts(
    asked: Question, names: Sequence[str], promised: Callable[[Contract], Contract] = lambda contract: contract
) -> Checked:
    pairs: list[Pair] = []
    problems: list[Problem] = []
    for name in names:
        problems += [_problem(rule, name, file, "HEAD") for rule, file in store.broken_releases(asked.contracts, name)]
        contract = promised(store.read(asked.contracts, name))
        contract = replace(contract, strict=contract.strict or asked.strict)
        pairs += check_contract(contract, asked.level, _staged(contract, asked.plans))
    return Checked(tuple(pairs), tuple(problems))


def _staged(contract: Contract, plans: Sequence[Plan]) -> str | None:
    """The plan that leads from the latest release to exactly this draft, as an excuse."""
    if contract.draft is None:
        return None
    draft = store.digest(contract.draft)
    for plan in plans:
        for movement in plan.movements:
            leads_there = movement.contract == contract.name and movement.new_digest == draft
            if leads_there and _starts_here(contract, movement):
                return f"plan '{plan.name}' leads there stage by stage"
    return None


def _starts_here(contract: Contract, movement: Movement) -> bool:
    """Whether nothing was released since the plan was made that it knows nothing of."""
    latest = contract.latest
    if latest is None or latest.digest == movement.new_digest:
        return True
    return latest.number <= SemanticVersion.parse(movement.intermediate)


def _promised(
    asked: Question, repository: Repository, base: str, contract: Contract, changed: Sequence[ChangedFile]
) -> Contract:
    """The contract, protected at least as well as at the base: what lowers a level is not excused by it."""
    path = repository.relative(asked.contracts / contract.name / store.CONTRACT)
    before = next((one.old for one in changed if one.new == path), None)
    text = repository.read(base, before) if before is not None else None
    if text is None:
        return contract
    try:
        table = tomllib.loads(text.decode())
    except ValueError:  # what could not be read promised nothing
        return contract
    level = str(table.get("compatibility", Level.BACKWARD)).upper()
    known = Level(level) if level in Level.__members__ else contract.level
    return replace(contract, level=contract.level.joined(known), strict=contract.strict or table.get("strict") is True)


def _problem(rule: str, contract: str, file: str, origin: str) -> Problem:
    version = Path(file).parent.name if Path(file).parent.name != "versions" else Path(file).stem
    words = {"contract": contract, "version": version, "file": file, "origin": origin}
    text = page(rule)
    return Problem(rule, contract, file, text.message.format_map(words), text.remedy.format_map(words))


def _touches(asked: Question, repository: Repository, name: str, changed: Sequence[ChangedFile]) -> bool:
    """Whether a change lies in a contract's folder, or is its draft, wherever that lies."""
    folder = repository.relative(asked.contracts / name) + "/"
    paths = {path for one in changed for path in (one.old, one.new) if path}
    if any(path.startswith(folder) for path in paths):
        return True
    draft = store.draft_path(asked.contracts, name)
    at = repository.relative(draft) if draft else None
    return at is not None and any(path == at or path.startswith(f"{at}/") for path in paths)


def _edited_since(
    asked: Question, repository: Repository, base: str, changed: Sequence[ChangedFile]
) -> Iterator[Problem]:
    """Releases of the base that are no longer what they were, even where their recorded digest was edited with them."""
    inside = repository.relative(asked.contracts) + "/"
    for one in changed:
        if one.old is None or not one.old.startswith(inside) or Path(one.old).name == store.SUMS:
            continue
        name, is_release, _ = one.old.removeprefix(inside).partition("/versions/")
        if not is_release:
            continue
        kept = one.new is not None and _kept(asked, inside, one.old, one.new)
        now = (repository.root / one.new).read_bytes() if one.new and kept else None
        if now is None:
            yield _problem("release-deleted", name, one.old, base[:12])
        elif now != repository.read(base, one.old):
            yield _problem("release-edited", name, one.old, base[:12])


def _kept(asked: Question, inside: str, old: str, new: str) -> bool:
    """Whether a release is where it was, or where its whole contract has moved to, under its own number."""
    name, _, file = old.removeprefix(inside).partition("/versions/")
    _, is_release, new_file = new.removeprefix(inside).partition("/versions/")
    moved = new.startswith(inside) and is_release and new_file == file
    return old == new or (bool(moved) and not (asked.contracts / name / store.CONTRACT).exists())


def _deleted(asked: Question, repository: Repository, base: str, changed: Sequence[ChangedFile]) -> Iterator[Problem]:
    inside = repository.relative(asked.contracts) + "/"
    for one in changed:
        if one.old is None or one.new is not None:
            continue
        in_store = one.old.startswith(inside)
        if in_store and Path(one.old).name == store.CONTRACT:
            yield _problem("contract-deleted", Path(one.old.removeprefix(inside)).parent.as_posix(), one.old, base[:12])
        elif not in_store and Path(one.old).suffix in ENDINGS:
            yield _problem("contract-deleted", one.old, one.old, base[:12])


def _loose(asked: Question, repository: Repository, changed: Sequence[ChangedFile]) -> Iterator[ChangedFile]:
    """Schema files that were there before and are no part of the store."""
    inside = repository.relative(asked.contracts) + "/"
    drafts = {store.draft_path(asked.contracts, name) for name in store.names(asked.contracts)}
    for one in changed:
        if one.old is None or one.new is None or Path(one.new).suffix not in ENDINGS:
            continue
        if not one.new.startswith(inside) and (repository.root / one.new).resolve() not in drafts:
            yield one


def _then_and_now(asked: Question, repository: Repository, base: str, one: ChangedFile) -> Pair:
    assert one.old is not None and one.new is not None  # noqa: S101, PT018 - _loose() yields no others
    before = repository.read(base, one.old)
    old_name = f"{one.old} at {base[:12]}"
    old = source_of(before if before is not None else b"", one.old)
    new = store.source(repository.root / one.new, within=repository.root)
    terms = Terms(
        policy=asked.policy, strict=asked.strict, old_name=f"{one.old} before", new_name=one.new, contract=one.new
    )
    comparison = compare_sources(old, new, format_of(one.new), terms)
    return Pair(one.new, format_of(one.new), asked.level or asked.loose_level, old_name, one.new, comparison)
