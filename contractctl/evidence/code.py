"""Where does a consumer's code name a field? Its git repository, searched at the commit that is deployed.

Absence proves something only where the whole tree was read: whatever could not be is named, and the answer is unknown.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from contractctl import git
from contractctl.errors import ContractctlError
from contractctl.evidence import python_code
from contractctl.evidence.naming import Name
from contractctl.evidence.questions import Field, Question
from contractctl.evidence.servers import known_options
from contractctl.model.evidence import Kind, Record, Series

NAME = "code"
_WHOLE_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LARGEST = 5_000_000
"""Bytes of a file that is still read."""
_SHOWN = 20
"""Places, and unread files, that a record lists."""
_FILES = frozenset({"100644", "100755"})
_LINK = "120000"
_LFS = b"version https://git-lfs.github.com/spec/"


class _UnreadError(Exception):
    """A part of the tree that cannot be searched."""


@dataclass(slots=True)
class _Search:
    """What was found in one tree."""

    places: dict[Field, list[str]]
    """file:line."""
    unread: list[str]
    tree: list[str]
    vouched: tuple[str, ...]
    """Patterns of paths; `*` stands for slashes, too."""
    problem: str | None = None


def search(folder: Path, options: Mapping[str, str], question: Question) -> Record:
    """Search the repository in `folder`: `consumer` is who runs it, `deployed` the whole id of the commit it runs.

    `not_code` are patterns of files that nobody need be able to read: whoever reviews the settings vouches for them.
    """
    known_options(options, ("consumer", "deployed", "not_code"))
    consumer, commit = options.get("consumer", ""), options.get("deployed", "")
    if not consumer:
        raise ContractctlError("[[evidence]] code: whose code is it?", hint='write consumer = "NAME"')
    if not _WHOLE_ID.fullmatch(commit):
        raise ContractctlError(
            f"[[evidence]] code of {consumer}: deployed '{commit}' is no whole commit id; a branch moves on",
            hint='write deployed = "…", the 40 digits of the commit that runs; or deployed = "env:NAME"',
        )
    vouched = tuple(options.get("not_code", "").split())
    found = _Search({field: [] for field in question.fields}, [], [], vouched)
    try:
        _look(found, folder, commit, question)
    except ContractctlError as error:
        found.problem = f"source error: the code of {consumer}: {error}"
    return _record(found, consumer, commit, question)


def _look(found: _Search, folder: Path, commit: str, question: Question) -> None:
    repository = git.open_objects(folder)
    if repository is None:
        found.problem = f"missing source: {folder.name} is no git repository"
        return
    with closing(repository):
        _read(found, repository, commit, question)


def _read(found: _Search, repository: git.Repository, commit: str, question: Question) -> None:
    name = repository.root.name
    if repository.partial:
        found.problem = f"missing source: {name} is a partial clone: its files are elsewhere; clone it whole"
        return
    try:
        commit = repository.resolve(commit)
    except ContractctlError as error:
        found.problem = f"missing source: {name}: {error}" + (f"; {error.hint}" if error.hint else "")
        return
    names = [(field, _name(field, question)) for field in found.places]
    for entry in repository.entries(commit):
        found.tree.append(f"{entry.mode} {entry.blob} {entry.path}")
        try:
            text = _text(repository, entry)
            for field, own in names:
                found.places[field] += (f"{entry.path}:{line}" for line in _lines(entry.path, text, own))
        except _UnreadError as error:
            if not any(fnmatchcase(entry.path, pattern) for pattern in found.vouched):
                found.unread.append(f"{entry.path} ({error})")
    if not found.tree:
        found.problem = f"missing source: the commit {commit} has no file"


def _name(field: Field, question: Question) -> Name:
    subject, _, last = field.path.rpartition(".")
    tabular = any(one.contract == field.contract and one.format == "sql" for one in question.plan.movements)
    return Name(last, subject if tabular else "")


def _text(repository: git.Repository, entry: git.Entry) -> str:
    if entry.mode == _LINK:
        target = repository.blob(entry.blob).decode("utf-8", "replace")
        inside = os.path.normpath(Path(entry.path).parent / target)
        if Path(target).is_absolute() or inside.startswith(".."):
            raise _UnreadError("a link that leads out")
        return ""
    if entry.mode not in _FILES:
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
            yield from sorted(set(python_code.lines(text, name)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise _UnreadError("no Python that this Python reads") from None
        return
    by_word = [number for number, line in enumerate(text.split("\n"), 1) if name.stands_in(line)]
    if not by_word and path.endswith(".sql") and name.read_by_sql(text):
        by_word = [1]
    yield from by_word


def _record(found: _Search, consumer: str, commit: str, question: Question) -> Record:
    series = tuple(_series(field, places, consumer, commit) for field, places in found.places.items())
    problem = found.problem or _unread(found, consumer) or _stranger(found, consumer, question)
    query = f"{consumer}@{commit}"
    counted = [(sorted(it.labels.items()), it.value) for it in series]
    identity = f"{NAME} {query} {question.now!r} {found.vouched} {found.tree} {counted}"
    return Record(
        kind=Kind.STATIC_READS,
        source=NAME,
        query=query,
        collected_at=question.now,
        window_from=question.now,
        window_to=question.now,
        expected_heartbeats=None,
        observed_heartbeats=None,
        sampling_ratio=1.0,
        series=series,
        digest=sha256(identity.encode("utf-8", "surrogateescape")).hexdigest(),
        problem=problem,
    )


def _series(field: Field, places: list[str], consumer: str, commit: str) -> Series:
    labels = {"contract": field.contract, "path": field.path, "consumer": consumer, "version": commit}
    return Series(labels | ({"places": _listed(places)} if places else {}), float(len(places)))


def _unread(found: _Search, consumer: str) -> str | None:
    if not found.unread:
        return None
    return f"truncated: {len(found.unread)} files of {consumer} could not be searched: {_listed(found.unread)}"


def _stranger(found: _Search, consumer: str, question: Question) -> str | None:
    """Code of somebody whom no contract.toml lists: the gate would not ask about it."""
    for field, places in found.places.items():
        if places and all(party.name != consumer for party in question.consumers.get(field.contract, ())):
            return (
                f"unattributed reads: {consumer} names '{field.path}' and stands in no contract.toml: {_listed(places)}"
            )
    return None


def _listed(places: list[str]) -> str:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    shown = ", ".join(places[:_SHOWN]) + more
    return shown.encode("utf-8", "replace").decode()
