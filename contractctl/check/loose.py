"""Are schema files outside the store compatible with what they were? Changed files, and those that refer to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from contractctl.check import OLD, Checked, Pair, Problem, since, strictest, unknown
from contractctl.check.accepted import idle, of_deleted
from contractctl.check.multi_file import MultiFile, multi_files
from contractctl.check.places import Places
from contractctl.check.promises import Base, promise
from contractctl.check.question import Question, problem, tried
from contractctl.compatibility import Terms
from contractctl.errors import ContractctlError
from contractctl.formats import parse
from contractctl.formats.claims import ENDINGS, claimed, may_be_claimed, unjudged
from contractctl.formats.companions import ROOMS, Near, companions, marks, mentions
from contractctl.formats.scripts import foreign_tables, makes_tables
from contractctl.git import ChangedFile, Repository
from contractctl.loose import at_commit, completed, in_work_tree, named
from contractctl.model.acceptance import DELETED, Acceptance
from contractctl.model.contract import File
from contractctl.model.verdict import Comparison
from contractctl.verdicts import judged


@dataclass(frozen=True, slots=True)
class _Moved:
    """A schema file then and now."""

    format: str
    then: File
    now: File


@dataclass(frozen=True, slots=True)
class _Sight:
    """The repository at both ends, and which part of it to check."""

    asked: Question
    repository: Repository
    base: str
    then: Near
    now: Near
    accepted: Mapping[Acceptance, frozenset[str]]
    """Each folder with its files, as paths from the root."""

    def accepted_in(self, path: str) -> tuple[Acceptance, ...]:
        """What is accepted for a file, or for a folder whose files are judged as one."""
        within = f"{path}/"
        return tuple(
            one
            for one, files in self.accepted.items()
            if any(file == path or file.startswith(within) for file in files)
        )

    def present(self, path: str) -> File | None:
        """The file of the work tree at a path from the root."""
        return self.now.read(self.shown(path))

    def shown(self, path: str) -> str:
        """The name to show for the work tree's file at a path from the root."""
        return named(self.repository.root / path, self.repository.root)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a base."""

    repository: Repository
    base: str
    everywhere: Sequence[ChangedFile]
    asked_for: Sequence[ChangedFile]
    """Those of them at `paths`."""
    paths: Sequence[str]
    places: Places


def check_loose(asked: Question, changes: Changes) -> Checked:
    """Schema files outside the store at these paths, if they changed or need a file that changed."""
    repository, places = changes.repository, changes.places
    changed = [one for one in changes.everywhere if not places.concerns(one)]
    if not changed:
        return Checked()
    sight = _sight(asked, changes)
    _demand_content(sight, changes.asked_for)
    several = _multi_files(sight, changed, places)
    parts = {path for whole in several for path in whole.paths}
    moved = {one: pair for one in changed if one.new not in parts and (pair := _moved(sight, one))}
    leaning = _leaning(sight, changed, {pair.now.name for pair in moved.values()}, places)
    present = repository.present(changes.paths)
    at_paths = {sight.shown(path) for path in present}
    judged = [pair for one, pair in moved.items() if one in changes.asked_for]
    found = [_pair(sight, one) for one in (*judged, *(one for one in leaning if one.now.name in at_paths))]
    named_ = {*present, *(one.old for one in changes.asked_for if one.old)}
    found += [_pair_of_multi_file(sight, whole) for whole in several if not whole.paths.isdisjoint(named_)]
    pairs = tuple(one for one in found if isinstance(one, Pair))
    unreadable = tuple(one for one in found if isinstance(one, Problem))
    gone = tuple(one for one in check_gone(asked, changes).problems if one.contract not in parts)
    of_no_file = tuple(one for one, files in sight.accepted.items() if not files)
    return Checked(pairs, gone + unreadable, idle=idle(pairs) + of_no_file)


def passed_over(asked: Question, changes: Changes) -> tuple[str, ...]:
    """Schema files outside the store that changed, where nobody asked for them."""
    likely = [one for one in changes.everywhere if one.new and may_be_claimed(one.new)]
    if not likely:
        return ()
    sight = _sight(asked, changes)
    return tuple(one.new for one in likely if one.new and not changes.places.holds(one.new) and _moved(sight, one))


def _sight(asked: Question, changes: Changes) -> _Sight:
    repository, root = changes.repository, changes.repository.root
    now = in_work_tree(root, lambda: (root / path for path in repository.present()))
    accepted = {one: frozenset(repository.present([one.file or ""], asked.root)) for one in asked.accepted}
    return _Sight(asked, repository, changes.base, at_commit(repository, changes.base), now, accepted)


def check_gone(asked: Question, changes: Changes) -> Checked:
    """Deleted schema files outside the store. A contract that has another draft now is judged by that one."""
    gone = [one.old for one in changes.asked_for if one.old and one.new is None and may_be_claimed(one.old)]
    if not gone:
        return Checked()
    before, root = at_commit(changes.repository, changes.base), changes.repository.root
    drafts = frozenset(_drafts_before(asked, changes))
    read = ((path, before.read(path)) for path in gone if not changes.places.held(path) and path not in drafts)
    return Checked(
        problems=tuple(
            of_deleted(asked, root / path, problem(DELETED, path, named(root / path, root), changes.base[:12]))
            for path, file in read
            if file is not None and _is_schema(file)
        )
    )


def _drafts_before(asked: Question, changes: Changes) -> Iterator[str]:
    """The base's drafts of contracts that still have one."""
    base = Base.of(changes.repository, changes.base, changes.everywhere)
    for name, drafts in changes.places.drafts.items():
        then = promise(base, asked.contracts, name) if drafts != () else None
        yield from then.draft if then else ()


def _is_schema(file: File) -> bool:
    format_name = claimed(file)
    return _is_of_tables(file) if format_name == "sql" else format_name is not None


def _moved(sight: _Sight, one: ChangedFile) -> _Moved | None:
    """A file that is a schema now, or was one; None for any other, and for one that is new or gone.

    SQL that changes other files' tables counts even if it is new.
    """
    now = sight.present(one.new) if one.new and may_be_claimed(one.new) else None
    if now is None:
        return None
    then = sight.then.read(one.old) if one.old else None
    if then is None:  # a new step of a migration changes what was there before
        return _Moved("sql", now, now) if claimed(now) == "sql" and foreign_tables(now) else None
    kind = unjudged(now)
    format_name = claimed(now) or claimed(then) or (kind.format if kind else None)
    if format_name is None or (format_name == "sql" and not (_is_of_tables(then) or _is_of_tables(now))):
        return None
    return _Moved(format_name, then, now)


def _is_of_tables(file: File) -> bool:
    """Whether SQL defines tables: queries and rows are not a contract."""
    return makes_tables(file) or bool(foreign_tables(file))


def _leaning(sight: _Sight, changed: Sequence[ChangedFile], seen: set[str], places: Places) -> list[_Moved]:
    """Files that did not change but need one that did, however many lie between.

    Every change counts, also new and deleted files and those of no format: a part of an OpenAPI document, say.
    """
    names = {name for one in changed for name in (one.old, sight.shown(one.new) if one.new else None) if name}
    files = [file for one in changed for file in _ends(sight, one)]
    paths = [path for path in sight.repository.present() if not places.holds(path)]
    found: dict[str, _Moved] = {}
    for format_name in ROOMS:
        words = {word for file in files for word in marks(format_name, file)}
        for path in _mentioning(sight, format_name, words, paths) if words else ():
            one = _same(sight, path, format_name)
            if one is not None and one.now.name not in seen and _needs(sight, one, names):
                found[path] = one
    return [found[path] for path in sorted(found)]


def _demand_content(sight: _Sight, changed: Sequence[ChangedFile]) -> None:
    """Raise ContractctlError for what may be a schema, but was left in Git LFS."""
    for one in changed:
        file = sight.present(one.new) if one.new and may_be_claimed(one.new) else None
        if file is not None and file.in_lfs:
            raise ContractctlError(
                f"{file.name} changed in Git LFS, but only its pointer is here, so its content is unknown",
                hint="git lfs pull; or name the paths to judge",
            )


def _multi_files(sight: _Sight, changed: Sequence[ChangedFile], places: Places) -> tuple[MultiFile, ...]:
    """GraphQL schemas that are spread over several files."""
    if not any(_is_graphql(path) for one in changed for path in (one.old, one.new) if path):
        return ()
    before = {path: sight.then.read(path) for path in sight.then.listed() if _is_graphql(path)}
    after = {path: sight.present(path) for path in sight.repository.present() if _is_graphql(path)}
    then, now = (
        {path: file for path, file in found.items() if file and not places.holds(path) and claimed(file)}
        for found in (before, after)
    )
    return multi_files(then, now, changed)


def _is_graphql(path: str) -> bool:
    return ENDINGS.get(Path(path).suffix.lower()) == "graphql"


def _ends(sight: _Sight, one: ChangedFile) -> Iterator[File]:
    """A changed file as it was and as it is, as far as each exists."""
    for file in (sight.then.read(one.old) if one.old else None, sight.present(one.new) if one.new else None):
        if file is not None:
            yield file


def _mentioning(sight: _Sight, format_name: str, words: Iterable[str], paths: Sequence[str]) -> Iterator[str]:
    """The files that mention one of these words, or a name of such a file, and so on."""
    known = set(words)
    waiting = {path: said for path in paths if (said := _mentioned(sight, path, format_name))}
    while met := [path for path, said in waiting.items() if not known.isdisjoint(said)]:
        for path in met:
            del waiting[path]
            file = sight.present(path)
            known |= marks(format_name, file) if file else frozenset()
            yield path


def _mentioned(sight: _Sight, path: str, format_name: str) -> frozenset[str]:
    file = sight.present(path) if may_be_claimed(path) else None
    return mentions(format_name, file) if file else frozenset()


def _same(sight: _Sight, path: str, format_name: str) -> _Moved | None:
    """A file that did not change, where it is of that format."""
    now = sight.present(path)
    then = sight.then.read(path) if now is not None and claimed(now) == format_name else None
    return _Moved(format_name, then, now) if now and then else None


def _needs(sight: _Sight, one: _Moved, names: set[str]) -> bool:
    try:
        then = companions(one.format, one.then, sight.then)
        now = companions(one.format, one.now, sight.now)
    except ContractctlError:  # a name that several files define
        return True
    return any(file.name in names for file in (*then, *now))


def _unjudged(one: _Moved) -> str | None:
    """Why nothing can be said about the file alone, where that is so."""
    if one.then.in_lfs:
        return "its old content is in Git LFS: contractctl check OLD NEW, or keep it in git: git lfs migrate export"
    if (kind := unjudged(one.now)) is not None:
        return f"{kind.why}: {kind.way_of(one.now.name)}"
    if one.format == "sql" and (one.then is one.now or not (makes_tables(one.then) and makes_tables(one.now))):
        tables = ", ".join(foreign_tables(one.now) or foreign_tables(one.then))
        way = "contractctl init makes one contract of all steps; without it, contractctl check OLD_FOLDER NEW_FOLDER"
        return f"it changes tables that are created elsewhere ({tables}): {way}" if tables else None
    return None


def _pair(sight: _Sight, one: _Moved) -> Pair | Problem:
    path = sight.repository.relative(Path(one.now.name))
    reason = _unjudged(one)
    answers = (_compared(sight, one, terms) for terms in _terms(sight)) if reason is None else [unknown(reason)]
    return tried(path, one.now.name, partial(_worst, sight, (path, one.format, one.then.name), answers))


def _terms(sight: _Sight) -> Iterator[Terms]:
    known = replace(sight.asked.terms, old_name=OLD, new_name="the new version", released=(OLD,))
    yield from (replace(known, policy=policy) for policy in sight.asked.policies)


def _worst(sight: _Sight, what: tuple[str, str, str], answers: Iterable[Comparison]) -> Pair:
    """`what` is judged: its path, its format, and its former name."""
    (path, format_name, before), level = what, sight.asked.level or sight.asked.loose_level
    old = f"{before} at {sight.base[:12]}"
    accepted = sight.accepted_in(path)
    return strictest(Pair(path, format_name, level, old, path, one, acceptances=accepted) for one in answers)


def _pair_of_multi_file(sight: _Sight, whole: MultiFile) -> Pair | Problem:
    answers = (since(whole.then, whole.now, "graphql", terms) for terms in _terms(sight))
    return tried(whole.folder, None, partial(_worst, sight, (whole.folder, "graphql", whole.folder), answers))


def _compared(sight: _Sight, one: _Moved, terms: Terms) -> Comparison:
    """Raise ContractctlError where the file cannot be read now; what it was can no longer be fixed."""
    try:
        old, new = completed(one.then, one.format, sight.then), completed(one.now, one.format, sight.now)
        return judged(old, new, one.format, terms)
    except ContractctlError as error:
        if one.then.content != one.now.content:
            parse(one.format, completed(one.now, one.format, sight.now), terms.policy)
        return unknown(f"its old content cannot be read: {error.message}")
