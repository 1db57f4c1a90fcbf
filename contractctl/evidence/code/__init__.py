"""Where does a consumer's code name a field? Its git repository, searched at every commit that runs.

Absence proves something only where the whole tree was read: whatever could not be is named, and the answer is unknown.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from hashlib import sha256
from pathlib import Path

from contractctl import git
from contractctl.errors import ContractctlError
from contractctl.evidence.code import deployed, python
from contractctl.evidence.naming import Name
from contractctl.evidence.questions import Field, Question
from contractctl.evidence.servers import UnusableError, known_options
from contractctl.evidence.sources import Given
from contractctl.model.amounts import counted
from contractctl.model.evidence import Kind, Record, Series, stated
from contractctl.model.service import Live

_LARGEST = 5_000_000
"""The largest file that is read, in bytes."""
_SHOWN = 20
"""How many places, and unread files, a record lists."""
_LFS = b"version https://git-lfs.github.com/spec/"


class _UnreadError(Exception):
    """A part of the tree that cannot be searched."""


_OF_MANY_LANGUAGES = ("main.py", "db/1.sql", "web/App.ts")
"""A pattern that matches all of these does not single out a kind of file."""


@dataclass(frozen=True, slots=True)
class _Code:
    """Whose code is searched, and for what."""

    consumer: str
    where: deployed.Where
    vouched: tuple[str, ...]
    """Patterns of paths; `*` stands for slashes, too."""
    question: Question


@dataclass(slots=True)
class _Search:
    """What was found in one tree."""

    places: dict[Field, list[str]]
    """file:line."""
    version: str = ""
    commit: str = ""
    read: int = 0
    unread: list[str] = field(default_factory=list)
    tree: list[str] = field(default_factory=list)
    problem: str | None = None


def collect(given: Given) -> tuple[Record, ...]:
    """Search the repository at the location, where `consumer` has its code: a record for every version that is live.

    `environment` is where it runs, `service` how it is called there, if not like the consumer. Which commit a version
    is stands on record, or `deployed` says it ("VERSION=COMMIT …"), or a `tag` of the repository ("v{version}").
    `not_code` are patterns of files that nobody need be able to read: whoever reviews the settings vouches for them.
    """
    options = given.options
    known_options(options, ("consumer", "not_code", *deployed.OPTIONS))
    consumer = options.get("consumer", "")
    if not consumer:
        raise ContractctlError("[[evidence]] code: it does not say whose code it is", hint='write consumer = "NAME"')
    vouched = tuple(options.get("not_code", "").split())
    for pattern in vouched:
        if all(fnmatchcase(path, pattern) for path in _OF_MANY_LANGUAGES):
            raise ContractctlError(
                f"[[evidence]] code of {consumer}: not_code '{pattern}' matches every file, code included",
                hint='name only files that are not code: not_code = "*.png docs/*.pdf"',
            )
    code = _Code(consumer, deployed.where(options, consumer), vouched, given.question)
    return tuple(_record(found, code) for found in _searches(given.root / given.location, code))


def _searches(folder: Path, code: _Code) -> Iterator[_Search]:
    try:
        live, versions = deployed.versions(code.where, code.question.live)
    except UnusableError as error:
        yield _Search(_nowhere(code), problem=str(error))
        return
    for version in versions:
        found = _Search(_nowhere(code), version)
        try:
            _look(found, folder, live, code)
        except UnusableError as error:
            found.problem = str(error)
        except ContractctlError as error:
            found.problem = f"source error: the code of {code.consumer}: {error}"
        yield found


def _nowhere(code: _Code) -> dict[Field, list[str]]:
    return {one: [] for one in code.question.fields if one.has_a_name}


def _look(found: _Search, folder: Path, live: Live, code: _Code) -> None:
    repository = git.open_objects(folder)
    if repository is None:
        why = git.unreadable(folder) or f"{folder.name} is not a git repository"
        raise UnusableError(f"missing source: {why}")
    with closing(repository):
        if repository.partial:
            name = repository.root.name
            raise UnusableError(
                f"missing source: {name} is a partial clone without all file contents; make a full clone"
            )
        found.commit = deployed.commit_of(code.where, live, found.version, partial(_tagged, repository))
        _read(found, repository, code)


def _tagged(repository: git.Repository, tag: str) -> str | None:
    try:
        return repository.resolve(f"refs/tags/{tag}")
    except ContractctlError:
        return None


def _read(found: _Search, repository: git.Repository, code: _Code) -> None:
    try:
        commit = repository.resolve(found.commit)
    except ContractctlError as error:
        hint = f"; {error.hint}" if error.hint else ""
        raise UnusableError(f"missing source: {repository.root.name}: {error}{hint}") from error
    names = [(one, _name(one, code.question)) for one in found.places]
    for entry in repository.entries(commit):
        found.tree.append(f"{entry.mode} {entry.blob} {entry.path}")
        try:
            text = _text(repository, entry)
            for one, own in names:
                found.places[one] += (f"{entry.path}:{line}" for line in _lines(entry.path, text, own))
            found.read += 1
        except _UnreadError as error:
            if not any(fnmatchcase(entry.path, pattern) for pattern in code.vouched):
                found.unread.append(f"{entry.path} ({error})")
    if not found.read and not found.unread:
        raise UnusableError(f"missing source: the commit {commit} has no file that could be searched")


def _name(field: Field, question: Question) -> Name:
    subject, last = field.table, field.column
    if field.is_whole:
        return Name(subject.rpartition(".")[2], "")
    tabular = any(one.contract == field.contract and one.format == "sql" for one in question.plan.movements)
    return Name(last, subject if tabular else "")


def _text(repository: git.Repository, entry: git.Entry) -> str:
    if entry.is_link:
        target = repository.blob(entry.blob).decode("utf-8", "replace")
        inside = os.path.normpath(Path(entry.path).parent / target)
        if Path(target).is_absolute() or inside.startswith(".."):
            raise _UnreadError("a link that leads outside the repository")
        return ""
    if not entry.is_file:
        raise _UnreadError("a submodule")
    if entry.size > _LARGEST:
        raise _UnreadError("too large")
    raw = repository.blob(entry.blob)
    if raw.startswith(_LFS):
        raise _UnreadError("in Git LFS")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _UnreadError("binary") from None
    if "\0" in text:
        raise _UnreadError("binary")
    return text


def _lines(path: str, text: str, name: Name) -> Iterator[int]:
    """The lines that name the field, each once."""
    if path.endswith((".py", ".pyi")):
        try:
            yield from sorted(set(python.lines(text, name)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise _UnreadError("Python code that this Python version cannot parse") from None
        return
    by_word = [number for number, line in enumerate(text.split("\n"), 1) if name.stands_in(line)]
    if not by_word and path.endswith(".sql") and name.read_by_sql(text):
        by_word = [1]
    yield from by_word


def _record(found: _Search, code: _Code) -> Record:
    series = tuple(_series(one, places, found, code) for one, places in found.places.items())
    problem = found.problem or _unread(found, code.consumer) or _stranger(found, code)
    ran = f"@{found.version}" if found.version else ""
    query = f"{code.where.service}{ran} in {code.where.environment}" + (f": {found.commit}" if found.commit else "")
    counted = [(sorted(it.labels.items()), it.value) for it in series]
    identity = f"{deployed.NAME} {query} {code.question.now!r} {code.vouched} {found.tree} {counted}"
    return stated(
        Kind.STATIC_READS,
        source=deployed.NAME,
        query=query,
        at=code.question.now,
        series=series,
        digest=sha256(identity.encode("utf-8", "surrogateescape")).hexdigest(),
        problem=problem,
    )


def _series(field: Field, places: list[str], found: _Search, code: _Code) -> Series:
    labels = {
        "contract": field.contract,
        "path": field.path,
        "consumer": code.consumer,
        "service": code.where.service,
        "environment": code.where.environment,
        "version": found.version,
        "commit": found.commit,
    }
    return Series(labels | ({"places": _listed(places)} if places else {}), float(len(places)))


def _unread(found: _Search, consumer: str) -> str | None:
    if not found.unread:
        return None
    return (
        f"truncated: {counted(len(found.unread), 'file')} of {consumer} could not be searched: {_listed(found.unread)}"
    )


def _stranger(found: _Search, code: _Code) -> str | None:
    """The problem where no contract.toml lists the consumer: the gate would not ask about it."""
    consumer, question = code.consumer, code.question
    for own, places in found.places.items():
        if places and all(party.name != consumer for party in question.consumers.get(own.contract, ())):
            return (
                f"unattributed reads: {consumer} names '{own.path}' but is not in any contract.toml: {_listed(places)}"
            )
    return None


def _listed(places: list[str]) -> str:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    shown = ", ".join(places[:_SHOWN]) + more
    return shown.encode("utf-8", "replace").decode()
