"""Do both sides agree in every row? Range by range, with checksums made in the database; repaired on request."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar

from contractctl import databases, journal, operations
from contractctl.backfill import Pause, StoppedError, pause_of
from contractctl.backfill.crew import in_order
from contractctl.backfill.walking import LOOK_AGAIN, patiently
from contractctl.backfill.workers import Comparing, compare
from contractctl.databases import Compared, Key, Synchronisation, batches, comparison, key_text, repairing
from contractctl.errors import ContractctlError
from contractctl.migration.context import Session, Side
from contractctl.model.amounts import agreeing, counted

_RANGE = 20_000
"""Rows in one range: one snapshot, some tenths of a second."""
_NAMED = 20
"""How many keys of differing rows to name."""
_REPAIRED_AT_ONCE = 200
_HOLD_SECONDS = 5.0

Found = TypeVar("Found")


class DiffersError(ContractctlError):
    """The sides do not agree; `body` names the rows."""

    def __init__(self, message: str, body: dict[str, Any], *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.body = body


@dataclass(slots=True)
class _Sum:
    """The totals over the ranges of one table."""

    rows: int = 0
    ranges: int = 0
    differing: list[Key] = field(default_factory=list)
    count: int = 0
    checksum: Any = field(default_factory=sha256)


def compare_all(session: Session) -> dict[str, Any]:
    """Compare every table of the plan; the counts and checksums. Raise DiffersError where a row differs."""
    syncs = {sync.table: sync for sync in _synchronisations(session)}
    body: dict[str, Any] = {"tables": {table: _table(session, sync) for table, sync in syncs.items()}}
    unlike = {table: found for table, found in body["tables"].items() if found["differing"]}
    if not unlike:
        return body
    table, found = next(iter(unlike.items()))
    keys = ", ".join(found["keys"]) + (", …" if found["differing"] > len(found["keys"]) else "")
    rows, differ = counted(found["rows"], "row"), agreeing(found["differing"], "differs", "differ")
    raise DiffersError(
        f"{found['differing']} of {rows} of '{table}' {differ} between old and new side: {keys}",
        body,
        hint=_to_mend(session, syncs[table]),
    )


def _to_mend(session: Session, sync: Synchronisation) -> str:
    repair = f"contractctl migrate verify {session.plan.name} --repair old, or --repair new: whichever side is right"
    if sync.across is None or not sync.across.shared:
        return repair
    names = ", ".join(one.new for one in sync.across.columns)
    return (
        f"{repair}; where rows that share one of '{sync.across.table}' do not agree, that does not help: write the"
        f" right value into its {names}, and all of them get it"
    )


def repair_all(session: Session, side: Side) -> dict[str, Any]:
    """Make every row agree again, taking the given side as right; returns how many values were written."""
    return {"repaired": {sync.table: _repair(session, sync, side) for sync in _synchronisations(session)}, "side": side}


def _synchronisations(session: Session) -> tuple[Synchronisation, ...]:
    with journal.reading(session.context.engine) as connection:
        return operations.synchronisations(session.plan, connection)


def _table(session: Session, sync: Synchronisation) -> dict[str, Any]:
    total = _Sum()
    for found in _compared(session, sync):
        total.rows += found.rows
        total.ranges += 1
        total.count += len(found.differing)
        total.differing += found.differing[: _NAMED - len(total.differing)]
        total.checksum.update(f"{found.checksum_old} {found.checksum_new}\n".encode())
    return {
        "rows": total.rows,
        "ranges": total.ranges,
        "differing": total.count,
        "keys": [key_text(key) for key in total.differing],
        "checksum": total.checksum.hexdigest(),
    }


def _compared(session: Session, sync: Synchronisation) -> Iterator[Compared]:
    """Every range of the table, in order: by the crew where there is one."""
    crew, watch = session.context.workers, _Watch(session)
    if crew is not None:
        tasks = (Comparing(sync, after, upto, crew.address) for after, upto in _ranges(session, sync))
        yield from in_order(crew, compare, tasks, watch.go_on)
        return
    for after, upto in _ranges(session, sync):
        yield _patiently(session, partial(_compare, session, sync, after, upto))
        watch.go_on()


def _compare(
    session: Session, sync: Synchronisation, after: Key | None, upto: Key | None, _attempt: int = 0
) -> Compared:
    with journal.reading(session.context.engine) as connection:
        return comparison.compare(databases.of(connection), connection, sync, after, upto)


class _Watch:
    """Sees between two ranges to what must not wait: the lease, a wish to stop, and a pause."""

    def __init__(self, session: Session) -> None:
        self._session, self._held = session, session.context.clock()

    def go_on(self) -> None:
        context = self._session.context
        while True:
            if context.stopping():
                raise StoppedError
            if context.clock() - self._held >= _HOLD_SECONDS:
                _patiently(self._session, self._hold)
            if _patiently(self._session, self._paused) is None:
                return
            context.sleep(LOOK_AGAIN)

    def _hold(self, _attempt: int) -> None:
        with journal.writing(self._session.context.engine) as connection:
            self._session.hold(connection)
        self._held = self._session.context.clock()

    def _paused(self, _attempt: int) -> Pause | None:
        with journal.reading(self._session.context.engine) as connection:
            return pause_of(connection, self._session.plan.name)


def _patiently(session: Session, work: Callable[[int], Found]) -> Found:
    return patiently(session.context.pace, session.outside, work)


def _ranges(session: Session, sync: Synchronisation) -> Iterator[tuple[Key | None, Key | None]]:
    """(after, upto] one after the other; the last one is open, so that no row is ever outside of them all."""
    after: Key | None = None
    while True:
        upto = _patiently(session, partial(_end_of_range, session, sync, after))
        yield after, upto
        if upto is None:
            return
        after = upto


def _end_of_range(session: Session, sync: Synchronisation, after: Key | None, _attempt: int) -> Key | None:
    with journal.reading(session.context.engine) as connection:
        return batches.upper_key(databases.of(connection), connection, sync, after, _RANGE)


def _repair(session: Session, sync: Synchronisation, side: Side) -> int:
    written = 0
    with journal.reading(session.context.engine) as connection:
        here = side == "old" and sync.across is None  # another table's keys match no rows of this one
        aside = comparison.only_in_new(databases.of(connection), connection, sync) if here else ()
    for start in range(0, len(aside), _REPAIRED_AT_ONCE):
        written += _repair_these(session, sync, aside[start : start + _REPAIRED_AT_ONCE], side)
    for found in _compared(session, sync):
        for start in range(0, len(found.differing), _REPAIRED_AT_ONCE):
            written += _repair_these(session, sync, found.differing[start : start + _REPAIRED_AT_ONCE], side)
    with journal.writing(session.context.engine) as connection:
        session.hold(connection)
        repairing.settle(databases.of(connection), connection, sync)
    return written


def _repair_these(session: Session, sync: Synchronisation, keys: tuple[Key, ...], side: Side) -> int:
    def repair(_attempt: int) -> int:
        with journal.writing(session.context.engine) as connection:
            session.hold(connection)
            return repairing.repair(databases.of(connection), connection, sync, keys, side)

    return _patiently(session, repair)
