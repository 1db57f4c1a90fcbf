"""Do both sides agree in every row? Range by range, with checksums made in the database; repaired on request."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from contractctl import databases, journal, operations
from contractctl.databases import Key, Synchronisation, batches, comparison, key_text
from contractctl.errors import ContractctlError
from contractctl.migration.context import Session, Side

_RANGE = 20_000
"""Rows in one range: one snapshot, some tenths of a second."""
_NAMED = 20
"""How many keys of rows that differ are named."""
_REPAIRED_AT_ONCE = 200


class DiffersError(ContractctlError):
    """Both sides do not agree; `body` names the rows."""

    def __init__(self, message: str, body: dict[str, Any], *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.body = body


@dataclass(slots=True)
class _Sum:
    """What the ranges of one table come to."""

    rows: int = 0
    ranges: int = 0
    differing: list[Key] = field(default_factory=list)
    count: int = 0
    checksum: Any = field(default_factory=sha256)


def compare_all(session: Session) -> dict[str, Any]:
    """Compare every table of the plan; the counts and checksums. Raise DiffersError where a row differs."""
    body: dict[str, Any] = {"tables": {sync.table: _table(session, sync) for sync in _synchronisations(session)}}
    unlike = {table: found for table, found in body["tables"].items() if found["differing"]}
    if not unlike:
        return body
    table, found = next(iter(unlike.items()))
    keys = ", ".join(found["keys"]) + (", …" if found["differing"] > len(found["keys"]) else "")
    raise DiffersError(
        f"{found['differing']} of {found['rows']} rows of '{table}' differ between old and new side: {keys}",
        body,
        hint=f"if the old side is right: contractctl migrate verify {session.plan.name} --repair old",
    )


def repair_all(session: Session, side: Side) -> dict[str, Any]:
    """Make every row agree again, the given side being right; how many values were written."""
    return {"repaired": {sync.table: _repair(session, sync, side) for sync in _synchronisations(session)}, "side": side}


def _synchronisations(session: Session) -> tuple[Synchronisation, ...]:
    with journal.reading(session.context.engine) as connection:
        return operations.synchronisations(session.plan, connection)


def _table(session: Session, sync: Synchronisation) -> dict[str, Any]:
    total = _Sum()
    for after, upto in _ranges(session, sync):
        with journal.reading(session.context.engine) as connection:
            found = comparison.compare(databases.of(connection), connection, sync, after, upto)
        total.rows += found.rows
        total.ranges += 1
        total.count += len(found.differing)
        total.differing += found.differing[: _NAMED - len(total.differing)]
        total.checksum.update(f"{found.checksum_old} {found.checksum_new}\n".encode())
        with journal.writing(session.context.engine) as connection:
            session.hold(connection)
    return {
        "rows": total.rows,
        "ranges": total.ranges,
        "differing": total.count,
        "keys": [key_text(key) for key in total.differing],
        "checksum": total.checksum.hexdigest(),
    }


def _ranges(session: Session, sync: Synchronisation) -> Iterator[tuple[Key | None, Key | None]]:
    """(after, upto] one after the other; the last one is open, so that no row is ever outside of them all."""
    after: Key | None = None
    while True:
        with journal.reading(session.context.engine) as connection:
            upto = batches.upper_key(databases.of(connection), connection, sync, after, _RANGE)
        yield after, upto
        if upto is None:
            return
        after = upto


def _repair(session: Session, sync: Synchronisation, side: Side) -> int:
    written = 0
    with journal.reading(session.context.engine) as connection:
        aside = comparison.only_in_new(databases.of(connection), connection, sync) if side == "old" else ()
    for start in range(0, len(aside), _REPAIRED_AT_ONCE):
        written += _repair_these(session, sync, aside[start : start + _REPAIRED_AT_ONCE], side)
    for after, upto in _ranges(session, sync):
        with journal.reading(session.context.engine) as connection:
            keys = comparison.compare(databases.of(connection), connection, sync, after, upto).differing
        for start in range(0, len(keys), _REPAIRED_AT_ONCE):
            written += _repair_these(session, sync, keys[start : start + _REPAIRED_AT_ONCE], side)
    return written


def _repair_these(session: Session, sync: Synchronisation, keys: tuple[Key, ...], side: Side) -> int:
    with journal.writing(session.context.engine) as connection:
        session.hold(connection)
        return comparison.repair(databases.of(connection), connection, sync, keys, side)
