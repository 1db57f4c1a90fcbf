"""What happened to a plan? Entries that are only ever added, each bound to the one before it by its hash."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.exc import IntegrityError

from contractctl.errors import ContractctlError
from contractctl.journal.tables import JOURNAL, OUTBOX
from contractctl.journal.transactions import RefusedError
from contractctl.model import canonical

BEGINNING = ""
"""The previous hash in a plan's first entry."""

_TRIES = 5
_SOURCE = "urn:contractctl:plan:"
_TYPE = "io.contractctl.journal."


class EntryKind(StrEnum):
    """What an entry records."""

    DECISION = "decision"
    """The gate's answer for a stage."""
    INTENT = "intent"
    """A stage is about to act."""
    APPLIED = "applied"
    """A revision that had to demand a decision found one, and used it: written in the revision's own transaction."""
    OUTCOME = "outcome"
    """A stage is done. Only these entries move a plan."""
    FAILURE = "failure"
    """An act failed; the plan stays where it was."""
    CHECK = "check"
    """Both sides were compared, or repaired, without moving the plan."""
    PAUSE = "pause"
    """An operator has paused backfill and verify."""
    RESUME = "resume"
    """An operator has resumed them."""
    WAIVER = "waiver"
    """An operator broke the glass: a condition of the gate is waived without review."""
    DEPLOYED = "deployed"
    """A version of a service is live in an environment."""
    UNDEPLOYED = "undeployed"
    """It is no longer live."""
    SEEN = "seen"
    """A cluster has shown what runs in an environment."""


@dataclass(frozen=True, slots=True)
class Note:
    """What to record."""

    plan: str
    """The plan; for deployments the environment, as deployments.chain() writes it."""
    kind: EntryKind
    stage: str
    """A stage's name, or rollback; for deployments the service, for what was seen the cluster."""
    key: str
    """The idempotency key: one entry of a kind for each."""
    at: float
    """Unix seconds."""
    actor: str
    git_commit: str
    """What the actor had checked out; empty outside of git."""
    body: Mapping[str, Any]
    """JSON."""


@dataclass(frozen=True, slots=True)
class Entry(Note):
    """A note in its place."""

    id: int
    previous: str
    """The hash of the plan's entry before it."""
    hash: str


def append(connection: Connection, note: Note) -> Entry:
    """Write a note down, with its event, in the caller's transaction.

    A second note with the same key and kind changes nothing: the existing entry is returned. Where others write at
    the same moment, each entry gets a place of its own: no two can follow the same one.
    """
    for _ in range(_TRIES):
        there = _find(connection, note)
        if there is not None:
            return there
        with suppress(IntegrityError), connection.begin_nested():
            return _write(connection, note)
    raise RefusedError(
        f"the journal of '{note.plan}' does not accept the entry: others write to it all the time, or its order has"
        " been changed",
        hint=f"run it again; if that does not help, see: contractctl migrate status {note.plan}",
        busy=True,
        lost=False,
    )


def _write(connection: Connection, note: Note) -> Entry:
    previous = _last_hash(connection, note.plan)
    values = {**asdict(note), "kind": note.kind.value, "previous": previous, "hash": entry_hash(note, previous)}
    written = connection.execute(JOURNAL.insert().values({**values, "body": canonical.dumps(dict(note.body))}))
    (number,) = written.inserted_primary_key or (0,)
    entry = Entry(**asdict(note), id=number, previous=previous, hash=values["hash"])
    connection.execute(OUTBOX.insert().values(entry=number, event=canonical.dumps(event(entry)), delivered_at=None))
    return entry


def entries(connection: Connection, plan: str) -> tuple[Entry, ...]:
    """Everything that happened to a plan, oldest first."""
    rows = connection.execute(select(JOURNAL).where(JOURNAL.c.plan == plan).order_by(JOURNAL.c.id))
    return tuple(_entry(row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's documented name


def plans(connection: Connection) -> tuple[str, ...]:
    """The plans to which anything happened."""
    return tuple(connection.execute(select(JOURNAL.c.plan).distinct().order_by(JOURNAL.c.plan)).scalars())


def entry_hash(note: Note, previous: str) -> str:
    """sha256 over the canonical JSON of all that an entry says and of the hash before it."""
    said = {name: getattr(note, name) for name in Note.__dataclass_fields__}
    return canonical.digest({**said, "kind": note.kind.value, "body": dict(note.body), "previous": previous})


def broken_links(connection: Connection, plan: str) -> Iterator[str]:
    """What was edited, removed or forged in a plan's journal, in words; nothing if it is intact."""
    found = entries(connection, plan)
    yield from _broken_chain(found)
    known = {entry.hash for entry in found}
    for told in _told(connection, plan):
        if told["id"] not in known:
            yield f"the entry '{told['type'].removeprefix(_TYPE)}' of {told['time']} was published and is missing"


def verify_chain(connection: Connection, plan: str) -> None:
    """Raise ContractctlError where the journal of a plan is not what was written."""
    first = next(broken_links(connection, plan), None)
    if first is not None:
        raise ContractctlError(
            f"the journal of '{plan}' has been tampered with: {first}",
            hint="restore the tables contractctl_journal and contractctl_outbox from a backup",
        )


def event(entry: Entry) -> dict[str, Any]:
    """The entry as a CloudEvent: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md."""
    moment = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="microseconds")
    return {
        "specversion": "1.0",
        "id": entry.hash,
        "source": f"{_SOURCE}{entry.plan}",
        "type": f"{_TYPE}{entry.kind.value}",
        "subject": entry.stage,
        "time": moment.replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {**asdict(entry), "kind": entry.kind.value, "body": dict(entry.body)},
    }


def _broken_chain(found: Iterable[Entry]) -> Iterator[str]:
    previous = BEGINNING
    for entry in found:
        if entry.previous != previous:
            yield f"before entry {entry.id} ({entry.kind} of {entry.stage}) another one is missing"
        if entry.hash != entry_hash(entry, entry.previous):
            yield f"entry {entry.id} ({entry.kind} of {entry.stage}) has been changed since it was written"
        previous = entry.hash


def _told(connection: Connection, plan: str) -> Iterator[dict[str, Any]]:
    source = f"{_SOURCE}{plan}"
    about = OUTBOX.c.event.contains(canonical.dumps(source), autoescape=True)
    for text in connection.execute(select(OUTBOX.c.event).where(about).order_by(OUTBOX.c.id)).scalars():
        told = json.loads(text)
        if told["source"] == source:
            yield told


def _find(connection: Connection, note: Note) -> Entry | None:
    same = (JOURNAL.c.plan == note.plan, JOURNAL.c.key == note.key, JOURNAL.c.kind == note.kind.value)
    row = connection.execute(select(JOURNAL).where(*same)).first()
    return None if row is None else _entry(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def _last_hash(connection: Connection, plan: str) -> str:
    newest = select(JOURNAL.c.hash).where(JOURNAL.c.plan == plan).order_by(JOURNAL.c.id.desc()).limit(1)
    return connection.execute(newest).scalar() or BEGINNING


def _entry(row: RowMapping) -> Entry:
    values: dict[str, Any] = {**row}
    try:
        return Entry(**{**values, "kind": EntryKind(values["kind"]), "body": json.loads(values["body"])})
    except ValueError as error:
        raise ContractctlError(
            f"entry {values['id']} of the journal of '{values['plan']}' cannot be read: {error}",
            hint="restore contractctl_journal from a backup, or use the contractctl that wrote it",
        ) from error
