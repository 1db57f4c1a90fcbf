"""What does the database say about a plan right now, as records for the gate to decide from?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Engine

from contractctl import databases, journal, operations
from contractctl.backfill import checkpoint
from contractctl.databases import Synchronisation, comparison, read_key
from contractctl.journal import Entry, EntryKind
from contractctl.model import canonical
from contractctl.model.decision import Unknown
from contractctl.model.evidence import Kind, Record, Series, stated
from contractctl.model.plan import Plan, Stage, State

_SOURCE = "database"
BOTH_SIDES = frozenset({State.DUAL_WRITING, State.BACKFILLED, State.VERIFIED, State.CANARY, State.QUIESCED})
"""States in which both columns exist and are kept in step."""

_FACTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.BACKFILL: ("complete", "remaining", "set_aside"),
    Kind.DIVERGENCE: ("differing", "conflicts", "new_side_nulls"),
}


def database_records(engine: Engine, plan: Plan, clock: Callable[[], float]) -> tuple[Record, ...]:
    """Backfill and divergence, table by table, measured now in one snapshot; nothing while one side is missing.

    Before the rows are filled, `new_side_nulls` counts those written since the triggers came.
    """
    with journal.reading(engine) as connection:
        if journal.version(connection) is None:
            return ()
        entries = journal.entries(connection, plan.name)
        standing = journal.fold(entries).standing
        if standing.state not in BOTH_SIDES:
            return ()
        began = clock()
        marks = _watermarks(entries)
        syncs = operations.synchronisations(plan, connection)
        measured = {
            sync.table: measure(
                connection, sync, marks.get(sync.table) if standing.state is State.DUAL_WRITING else None
            )
            for sync in syncs
        }
        gone = [name for sync in syncs for name in databases.of(connection).missing_triggers(connection, sync)]
    if not measured:
        return _nothing_to_fill(plan, began, clock())
    made = tuple(_record(kind, plan, measured, began, clock()) for kind in _FACTS)
    if not gone:
        return made
    problem = f"{Unknown.CONFLICTING_EVIDENCE}: the trigger '{gone[0]}' is gone: the sides are no longer kept in step"
    return tuple(replace(record, problem=problem) for record in made)


def measure(connection: Connection, sync: Synchronisation, watermark: str | None = None) -> dict[str, int]:
    """Every fact of one table. With a watermark, `new_side_nulls` are rows beyond it that nobody filled."""
    counts = comparison.facts(databases.of(connection), connection, sync)
    counts["complete"] = int(checkpoint(connection, sync).done)
    if watermark is not None:
        differing = comparison.compare(databases.of(connection), connection, sync, read_key(watermark), None).differing
        counts["new_side_nulls"] = max(0, len(differing) - counts["conflicts"])
    return counts


def _watermarks(entries: Sequence[Entry]) -> Mapping[str, str | None]:
    """The greatest key of each table when its triggers came; in an empty table, any key is beyond it."""
    outcomes = (one for one in reversed(entries) if (one.kind, one.stage) == (EntryKind.OUTCOME, Stage.DUAL_WRITE))
    newest = next(outcomes, None)
    return {} if newest is None else newest.body.get("watermarks", {})


def _nothing_to_fill(plan: Plan, began: float, now: float) -> tuple[Record, ...]:
    """The plan keeps no columns in step, so all of this holds trivially: the records say so."""
    counts = {name: int(name == "complete") for names in _FACTS.values() for name in names}
    tables = dict.fromkeys((operation.subject for operation in operations.of_tables(plan)), counts)
    return tuple(_record(kind, plan, tables, began, now) for kind in _FACTS) if tables else ()


def _record(kind: Kind, plan: Plan, measured: Mapping[str, Mapping[str, int]], began: float, now: float) -> Record:
    series = tuple(
        Series({"fact": fact, "table": table}, float(counts[fact]))
        for table, counts in measured.items()
        for fact in _FACTS[kind]
    )
    query = f"contractctl: {', '.join(_FACTS[kind])} of {', '.join(measured)} in plan {plan.name}"
    return stated(
        kind,
        source=_SOURCE,
        query=query,
        at=now,
        since=min(began, now - 0.001),
        series=series,
        digest=canonical.digest({"query": query, "at": now, "series": canonical.tree(series)}),
    )
