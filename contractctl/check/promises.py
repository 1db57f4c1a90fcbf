"""What did the base promise for a contract? How it was judged there; without a release, what its files said."""

import posixpath
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contractctl import store
from contractctl.check import OLD, Pair, since, unknown
from contractctl.check.question import Question
from contractctl.errors import ContractctlError
from contractctl.formats.companions import Near, needed
from contractctl.git import ChangedFile, Repository
from contractctl.loose import at_commit
from contractctl.model.contract import DRAFT, Contract, Policy, Source, Version
from contractctl.model.verdict import Level, Status
from contractctl.toml_text import toml_table


@dataclass(frozen=True, slots=True)
class Base:
    """The commit at which the work split off, and what became of its files."""

    repository: Repository
    commit: str
    near: Near
    paths: Sequence[str]
    """Of every file there, in order."""
    came_from: Mapping[str, str | None]
    """Of every file that differs now, from the root: what it was called there; None where it is new."""

    @classmethod
    def of(cls, repository: Repository, commit: str, changed: Sequence[ChangedFile]) -> "Base":
        """changed: everything that differs."""
        came_from = {one.new: one.old for one in changed if one.new is not None}
        near = at_commit(repository, commit)
        return cls(repository, commit, near, sorted(near.listed()), came_from)

    def origin(self, path: str) -> str | None:
        """What a present file was called there; None where it did not exist."""
        before = self.came_from.get(path, path)
        return before if before is not None and self.near.read(before) is not None else None

    def below(self, folder: str) -> tuple[str, ...]:
        """The files in a folder at the base, without hidden ones."""
        inside = self.paths[bisect(self.paths, f"{folder}/") : bisect(self.paths, f"{folder}0")]  # 0 comes after /
        return tuple(path for path in inside if "/." not in path.removeprefix(folder))


@dataclass(frozen=True, slots=True)
class Promise:
    """What a contract.toml said at the base."""

    format: str
    level: Level
    strict: bool
    policy: Policy
    draft: Sequence[str]
    """Its files or its folder, from the root."""
    releases: frozenset[str]
    """The content of its versions/, by name."""


def promise(base: Base, contracts: Path, name: str) -> Promise | None:
    """What was promised for a contract, wherever it was; None if nothing was, or if it could not be read."""
    path = base.origin(base.repository.relative(contracts / name / store.CONTRACT))
    file = base.near.read(path) if path is not None else None
    if path is None or file is None:
        return None
    folder = posixpath.dirname(path)
    versions = f"{folder}/{store.VERSIONS}"
    releases = {path.removeprefix(f"{versions}/").partition("/")[0] for path in base.below(versions)}
    try:
        table = toml_table(file.content, path)
        format_name = table.needed_text("format")
        return Promise(
            format=format_name,
            level=Level((table.text("compatibility") or Level.BACKWARD).upper()),
            strict=table.flag("strict"),
            policy=store.read_policy(table, format_name),
            draft=[posixpath.normpath(posixpath.join(folder, one)) for one in table.text_or_texts("draft")],
            releases=frozenset(releases - {store.SUMS}),
        )
    except (ContractctlError, ValueError):
        return None


def protected(contract: Contract, then: Promise | None) -> tuple[Contract, ...]:
    """The contract with the stricter settings of both ends; twice, where its versions were judged in another way."""
    if then is None:
        return (contract,)
    level = contract.level.joined(then.level)
    now = replace(contract, level=level, strict=contract.strict or then.strict)
    before = replace(now, policy=then.policy)
    return (now,) if before == now or then.format != contract.format else (now, before)


def other_format(base: Base, asked: Question, contract: Contract, then: Promise | None) -> Pair | None:
    """A contract whose releases were of another format: what they mean in the present one is unknown."""
    if then is None or not then.releases or then.format == contract.format:
        return None
    reason = (
        f"it was {then.format} at {base.commit[:12]}, and is {contract.format} now: no version of one is the next of"
        f" the other; make the {contract.format} a contract of its own"
    )
    level, new = asked.level or contract.level.joined(then.level), _newest(contract)
    return Pair(contract.name, contract.format, level, f"{then.format} at {base.commit[:12]}", new, unknown(reason))


def _newest(contract: Contract) -> str:
    return DRAFT if contract.draft is not None or contract.latest is None else str(contract.latest.number)


def is_new(contracts: Path, contract: Contract, then: Promise | None, version: Version) -> bool:
    """Whether a release came after the base."""
    path = store.version_path(contracts, contract.name, version.number)
    return then is None or path is None or path.name not in then.releases


def adopted(base: Base, asked: Question, contract: Contract, then: Promise | None) -> Pair | None:
    """The first version, or the draft, against its files at the base; None where something was released.

    A schema has users without a release, too: it existed before contractctl managed it.
    """
    if then is not None and then.releases:
        return None
    old = _draft(base, then) if then else _adopted(base, asked.contracts, contract)
    first = contract.versions[0] if contract.versions else None
    new = first.source if first else contract.draft
    if old is None or new is None:
        return None
    level = asked.level or (contract.level if then else contract.level.joined(asked.loose_level))
    name = str(first.number) if first else DRAFT
    terms = replace(
        asked.terms,
        policy=contract.policy,
        strict=contract.strict,
        contract=contract.name,
        old_name=OLD,
        new_name=name if first else f"the {DRAFT}",
        released=(OLD,),
    )
    pair = Pair(
        contract.name,
        contract.format,
        level,
        f"{old.folder or old.name} at {base.commit[:12]}",
        name,
        since(old, new, contract.format, terms),
        acceptances=contract.accepted,
    )
    return pair if pair.status is Status.COMPATIBLE else _noted(pair, base.commit)


def _noted(pair: Pair, commit: str) -> Pair:
    """The pair with the reason why it is judged, and what can be done: a plan starts at a release."""
    note = (
        f"{pair.contract} had no release at {commit[:12]}, so it is compared with its files at that commit, which its"
        " users have. To stage the change, first release them as they were; if nobody uses them yet, accept the finding"
        f" with [[accepted]] in its {store.CONTRACT}"
    )
    return replace(pair, comparison=replace(pair.comparison, notes=(*pair.comparison.notes, note)))


def _draft(base: Base, then: Promise) -> Source | None:
    whole = len(then.draft) == 1 and base.near.read(then.draft[0]) is None
    paths = base.below(then.draft[0]) if whole else then.draft
    return _source(base, paths, then.format, then.draft[0] if whole else "")


def _adopted(base: Base, contracts: Path, contract: Contract) -> Source | None:
    """The files of a draft from before they belonged to a contract."""
    places = store.draft_paths(contracts, contract.name)
    folder = base.repository.relative(places[0]) if len(places) == 1 and places[0].is_dir() else None
    now = [base.repository.relative(Path(file.name)) for file in contract.draft.files] if contract.draft else []
    origins = {path: origin for path in now if (origin := base.origin(path)) is not None}
    if folder is None or not origins:
        return _source(base, [*origins.values()], contract.format, "")
    before = next(_folders(folder, origins), "")
    gone = (path for path in base.below(before) if not (base.repository.root / path).exists()) if before else ()
    return _source(base, sorted({*origins.values(), *gone}), contract.format, before)


def _folders(folder: str, origins: Mapping[str, str]) -> Iterator[str]:
    """Where the folder of a draft was, judging by its files."""
    for path, origin in origins.items():
        inside = path.removeprefix(folder)
        if origin.endswith(inside) and origin != inside:
            yield origin.removesuffix(inside)


def _source(base: Base, paths: Sequence[str], format_name: str, folder: str) -> Source | None:
    files = tuple(file for path in paths if (file := base.near.read(path)) is not None)
    if not files:
        return None
    if not folder and len(files) > 1:
        folder = posixpath.commonpath([posixpath.dirname(file.name) for file in files])
    try:
        companions = needed(format_name, files, base.near)
    except ContractctlError:  # a name that several files define: treated like one that no file defines
        companions = ()
    return Source(files, companions, folder)
