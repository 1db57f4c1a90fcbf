"""What in a repository is judged? The whole store, or what changed since a base, in the store and outside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from contractctl import store
from contractctl.check import Checked, Pair, Problem, check_contract, strictest
from contractctl.check.accepted import dated, demand_outside, idle, of_deleted
from contractctl.check.loose import Changes, check_gone, check_loose, passed_over
from contractctl.check.places import Places
from contractctl.check.promises import Base, adopted, is_new, other_format, promise, protected
from contractctl.check.question import Question, problem, tried
from contractctl.check.submodules import leads_into_one, lost, unjudged, untold
from contractctl.errors import ContractctlError
from contractctl.formats.companions import Near
from contractctl.git import ChangedModule, Repository
from contractctl.loose import around, demand_whole, named
from contractctl.model.acceptance import DELETED
from contractctl.model.amounts import counted
from contractctl.model.contract import DRAFT, Contract, SemanticVersion, Version
from contractctl.model.plan import Movement, Plan, moves_of
from contractctl.model.verdict import Status


def check_store(asked: Question, targets: Sequence[str]) -> Checked:
    """The contracts with these names, or in these folders; without targets, every one in the store."""
    demand_outside(asked)
    known = store.names(asked.contracts)
    names = _meant(asked, known, targets)
    if not known and not names:
        raise ContractctlError(
            f"there are no contracts in {asked.contracts}",
            hint="contractctl init finds the schemas of this repository; contractctl check OLD NEW needs no setup",
        )
    for name in names:
        store.demand(asked.contracts, name)
    return _contracts(asked, names or known)


def check_against(asked: Question, repository: Repository, base: str, targets: Sequence[str]) -> Checked:
    """Only what changed since the commit at which the work split off: contracts of the store, and other schema files.

    targets: names of contracts, and paths and patterns of files; without any, everything.
    Schema files outside the store are judged where a path names them, or where there is no store at all; a deleted
    one is reported in any case.
    """
    demand_outside(asked)
    releases = f"{repository.relative(asked.contracts)}/**/{store.VERSIONS}/**".removeprefix("./")
    everything = repository.changed(base, apart=releases)  # a release looks like its draft, but is not what moved
    names = store.names(asked.contracts)
    _demand_moved(asked, repository, base, names)
    targets = _meant(asked, names, targets)
    paths = [target for target in targets if target not in names or Path(target).exists()]
    modules = repository.changed_modules(base)
    _demand_met(repository, base, paths, modules)
    changed = repository.changed(base, paths, releases) if paths else () if targets else everything
    changes = Changes(repository, base, everything, changed, paths, Places.of(repository, asked.contracts))
    touched = [
        name for name in names if changes.places.touched(name, everything if name in targets else changed, modules)
    ]
    checked = _contracts(asked, touched, Base.of(repository, base, everything)) if touched else Checked()
    in_store = bool(names) and (bool(targets) or _had_store(asked, repository, base))
    loose = (check_gone if in_store and not paths else check_loose)(asked, changes)
    inside = tuple(_in_modules(asked, changes, modules)) if paths or not in_store else ()
    ignored = (*passed_over(asked, changes), *untold(modules)) if in_store and not targets else ()
    seen = {(one.rule, one.file) for one in checked.problems}
    broken = (one for one in _broken_since(asked, changes) if (one.rule, one.file) not in seen)
    found = (*checked.problems, *broken, *loose.problems)
    named_in_vain = tuple(one for one in checked.idle + loose.idle if one not in {it.acceptance for it in found})
    return Checked((*checked.pairs, *loose.pairs, *inside), found, ignored, checked.unreleased, named_in_vain)


def _meant(asked: Question, names: Sequence[str], targets: Sequence[str]) -> list[str]:
    """The targets; a contract's folder in the store means the contract, whose draft may lie elsewhere."""
    folders = {(asked.contracts / name).resolve(): name for name in names} if targets else {}
    return [target if target in names else folders.get(Path(target).resolve(), target) for target in targets]


def _demand_moved(asked: Question, repository: Repository, base: str, names: Sequence[str]) -> None:
    """Raise ContractctlError where the settings name another folder now, and contracts were left behind unjudged."""
    then = asked.contracts_then or asked.contracts
    if then == asked.contracts:
        return
    before, now = (f"{repository.relative(folder)}/".removeprefix("./") for folder in (then, asked.contracts))
    files = (Path(path.removeprefix(before)) for path in repository.files(base, before.rstrip("/") or "."))
    left = sorted({one.parent.as_posix() for one in files if one.name == store.CONTRACT} - {*names})
    if left:
        raise ContractctlError(
            f"the settings name the folder {now} now, and {counted(len(left), 'contract')} of {before} at {base[:12]}"
            f" did not move there: {left[0]}{', …' if len(left) > 1 else ''}",
            hint=f"git mv {before.rstrip('/')} {now.rstrip('/')}; or set contracts back in the settings",
        )


def _demand_met(repository: Repository, base: str, paths: Sequence[str], modules: Sequence[ChangedModule]) -> None:
    """Raise ContractctlError for a path to no file, now or then: it would pass for ever and judge nothing."""
    for path in paths:
        known = Path(path).exists() or repository.present([path]) or repository.changed(base, [path])
        if not known and not leads_into_one(repository, path) and not [*lost(repository, base, modules, [path])]:
            raise ContractctlError(
                f"'{path}' is not a contract, nor a file or pattern that leads to one",
                hint="paths are relative to the current folder; for the names of contracts: contractctl list",
            )


def _had_store(asked: Question, repository: Repository, base: str) -> bool:
    """Whether the base had contracts: without any, every schema was judged."""
    inside = repository.relative(asked.contracts)
    return any(Path(path).name == store.CONTRACT for path in repository.files(base, inside))


def _contracts(asked: Question, names: Sequence[str], base: Base | None = None) -> Checked:
    """base: where one is given, what it promised is checked, too."""
    pairs: list[Pair] = []
    problems: list[Problem] = []
    unreleased: list[str] = []
    near = around(asked.contracts)
    for name in names:
        file = named(asked.contracts / name / store.CONTRACT, asked.contracts.parent)
        broken = tried(name, file, partial(_broken_releases, asked, name))
        found = tried(name, file, partial(_contract, asked, name, base, near))
        bad = dict.fromkeys(one for part in (broken, found) for one in _problems(part))
        problems += bad
        pairs += found.pairs if isinstance(found, Checked) else ()
        unreleased += found.unreleased if isinstance(found, Checked) and not bad else ()
    return Checked(tuple(pairs), tuple(problems), unreleased=tuple(unreleased), idle=idle(pairs))


def _problems(part: Checked | Problem) -> tuple[Problem, ...]:
    return (part,) if isinstance(part, Problem) else part.problems


def _broken_releases(asked: Question, name: str) -> Checked:
    broken = store.broken_releases(asked.contracts, name)
    return Checked(problems=tuple(problem(rule, name, file, "HEAD") for rule, file in broken))


def _contract(asked: Question, name: str, base: Base | None, near: Near) -> Checked:
    """Raise ContractctlError where one of its files cannot be read."""
    contract = store.read(asked.contracts, name)
    demand_whole(asked.contracts, contract, near)
    pairs = tuple(_store_pairs(asked, contract) if base is None else _pairs_since(asked, contract, base))
    return Checked(pairs, unreleased=() if pairs or contract.versions else (name,))


def _store_pairs(
    asked: Question, contract: Contract, is_new: Callable[[Version], bool] = lambda _: False
) -> Iterator[Pair]:
    contract = _as_of(asked, contract)
    excuse, note = _staged(contract, asked.plans), _led_elsewhere(contract, asked.plans)
    for pair in check_contract(contract, asked.level, excuse, asked.terms, is_new):
        told = note if pair.new == DRAFT and pair.excuse is None and pair.status is not Status.COMPATIBLE else ()
        yield replace(pair, comparison=replace(pair.comparison, notes=(*pair.comparison.notes, *told)))


def _pairs_since(asked: Question, contract: Contract, base: Base) -> Iterator[Pair]:
    """The pairs of a contract, judged by the settings here and at the base: the worse answer counts."""
    then = promise(base, asked.contracts, contract.name)
    other = other_format(base, asked, contract, then)
    if other is not None:
        yield other
        return
    ways = [_as_of(asked, one) for one in protected(contract, then)]
    new = partial(is_new, asked.contracts, contract, then)
    yield from map(strictest, zip(*(_store_pairs(asked, one, new) for one in ways), strict=True))
    first = [pair for one in ways if (pair := adopted(base, asked, one, then))]
    yield from [strictest(first)] if first else ()


def _as_of(asked: Question, contract: Contract) -> Contract:
    """A contract with this repository's settings, as of today."""
    today = asked.terms.policy.today
    return replace(
        contract,
        strict=contract.strict or asked.terms.strict,
        policy=replace(contract.policy, today=today),
        accepted=dated(contract.accepted, today),
    )


def _staged(contract: Contract, plans: Sequence[Plan]) -> str | None:
    """The plan that leads from the latest release to exactly this draft, as an excuse."""
    if contract.draft is None:
        return None
    draft = store.digest(contract.draft)
    for plan, movement in moves_of(contract.name, plans):
        if movement.new_digest == draft and _starts_here(contract, movement):
            return f"plan '{plan.name}' leads there stage by stage"
    return None


def _led_elsewhere(contract: Contract, plans: Sequence[Plan]) -> tuple[str, ...]:
    """A note on the plan that starts here and leads to another draft: whoever edits the draft must know of it."""
    return tuple(
        f"{contract.name}: the plan '{plan.name}' was written for another draft, and does not excuse this one; plan"
        f" what has come since, too: contractctl plan {contract.name}"
        for plan, movement in moves_of(contract.name, plans)
        if contract.latest and str(contract.latest.number) == movement.intermediate
    )


def _starts_here(contract: Contract, movement: Movement) -> bool:
    """Whether every release since the plan was made is one that the plan knows."""
    latest = contract.latest
    if latest is None or latest.digest == movement.new_digest:
        return True
    return latest.number <= SemanticVersion.parse(movement.intermediate)


def _in_modules(asked: Question, changes: Changes, modules: Sequence[ChangedModule]) -> Iterator[Pair]:
    """What changed in submodules outside the store, as unknown."""
    found = unjudged(changes.repository, modules, changes.paths)
    yield from (one.pair(asked) for one in found if one.path not in changes.places.taken)
    yield from (one.pair(asked) for one in lost(changes.repository, changes.base, modules, changes.paths))


def _broken_since(asked: Question, changes: Changes) -> Iterator[Problem]:
    """Releases and contracts of the base that are not what they were. Of a deleted contract, only that it is gone."""
    deleted = tuple(_deleted(asked, changes))
    whole = {one.contract for one in deleted}
    yield from (one for one in _edited(asked, changes) if one.contract not in whole)
    yield from deleted


def _edited(asked: Question, changes: Changes) -> Iterator[Problem]:
    """Releases of the base that are no longer what they were, even if their recorded digest was edited, too."""
    repository, inside = changes.repository, changes.places.folder
    for one in changes.everywhere:
        if one.old is None or not one.old.startswith(inside) or Path(one.old).name == store.SUMS:
            continue
        name, is_release, _ = one.old.removeprefix(inside).partition("/versions/")
        if not is_release or repository.read(changes.base, f"{inside}{name}/{store.CONTRACT}") is None:
            continue
        kept = one.new is not None and _kept(asked, inside, one.old, one.new)
        now = (repository.root / one.new).read_bytes() if one.new and kept else None
        then = repository.read(changes.base, one.old)
        if now is None:
            yield _problem(changes, "release-deleted", name, one.old)
        elif then is None or store.with_lf(now) != store.with_lf(then):
            yield _problem(changes, "release-edited", name, one.old)


def _problem(changes: Changes, rule: str, contract: str, path: str) -> Problem:
    root = changes.repository.root
    return problem(rule, contract, named(root / path, root), changes.base[:12])


def _kept(asked: Question, inside: str, old: str, new: str) -> bool:
    """Whether a release is where it was, or where its whole contract moved to, under its own version."""
    name, _, file = old.removeprefix(inside).partition("/versions/")
    _, is_release, new_file = new.removeprefix(inside).partition("/versions/")
    moved = new.startswith(inside) and is_release and new_file == file
    return old == new or (bool(moved) and not (asked.contracts / name / store.CONTRACT).exists())


def _deleted(asked: Question, changes: Changes) -> Iterator[Problem]:
    inside = changes.places.folder
    for one in changes.asked_for:
        if one.old is None or one.new is not None:
            continue
        if one.old.startswith(inside) and Path(one.old).name == store.CONTRACT:
            name = Path(one.old.removeprefix(inside)).parent.as_posix()
            yield of_deleted(asked, changes.repository.root / one.old, _problem(changes, DELETED, name, one.old))
