"""How are a stage's result and the stage board worded, for people and for programs?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contractctl.backfill import Pause
from contractctl.errors import ContractctlError
from contractctl.gate import decision_file
from contractctl.gate.words import moment, number, span, where
from contractctl.journal import Entry
from contractctl.migration import Result, Row
from contractctl.migration.board import Table
from contractctl.model import canonical
from contractctl.model.amounts import agreeing, counted
from contractctl.model.decision import Decision
from contractctl.model.plan import Standing, State
from contractctl.report.decision import open_lines


def result(found: Result, form: str) -> str:
    """A stage's result: the answer first, then what does not hold, then what comes next."""
    if form == "json":
        return _json(_result_tree(found))
    return "\n".join([found.message, *_open(found.decision), *_counts(found.details), *_next(found.advice)])


def rows(found: Sequence[Row], form: str, now: float) -> str:
    """The stage board."""
    if form == "json":
        return _json({"plans": [_row_tree(row) for row in found]})
    if not found:
        return "there are no plans yet\nnext: contractctl plan CONTRACT"
    return "\n".join(line for row in found for line in _row(row, now))


def refusal(
    error: ContractctlError, form: str, *, retry_after: float | None = None, details: Mapping[str, Any] | None = None
) -> str:
    """A "no" or a "wait", with what to do about it."""
    if form == "json":
        return _json({"done": False, "message": error.message, "retry_after": retry_after, "details": details or {}})
    return "\n".join([error.message, *([f"next: {error.hint}"] if error.hint else [])])


def _json(tree: Mapping[str, Any]) -> str:
    return json.dumps(tree, indent=2, ensure_ascii=False)


def _standing_tree(standing: Standing) -> dict[str, Any]:
    since = None if standing.state is State.PLANNED else standing.since
    return {"state": standing.state.value, "since": since, "percent": standing.percent}


def _result_tree(found: Result) -> dict[str, Any]:
    decision = found.decision
    return {
        "stage": str(found.stage),
        "done": found.done,
        "message": found.message,
        **_standing_tree(found.standing),
        "decision": None if decision is None else decision_file.tree(decision),
        "retry_after": None if decision is None or found.done else decision.retry_after,
        "details": dict(found.details),
        "next": list(found.advice),
    }


def _open(decision: Decision | None) -> Iterator[str]:
    if decision is None:
        return
    yield from open_lines(decision)
    if decision.retry_after is not None:
        yield f"  ask again in {span(decision.retry_after)}"


def _counts(details: Mapping[str, Any]) -> Iterator[str]:
    for table, found in details.get("tables", {}).items():
        counts = [f"{number(found['rows'])} {agreeing(found['rows'], 'row')}"]
        if "set_aside" in found:
            counts[0] += " filled"
            counts.append(f"{number(found['set_aside'])} set aside")
        if "differing" in found:
            counts.append(f"{number(found['differing'])} {agreeing(found['differing'], 'differs', 'differ')}")
        yield f"  {table}: {', '.join(counts)}"


def _next(advice: Sequence[str]) -> Iterator[str]:
    yield from (f"next: {command}" for command in advice)


def _row(row: Row, now: float) -> Iterator[str]:
    standing = row.standing
    since = "" if standing.state is State.PLANNED else f" since {moment(standing.since)} ({span(now - standing.since)})"
    yield f"{row.plan}: {where(standing)}{since}"
    yield from (f"  the journal has been tampered with: {words}" for words in row.broken)
    if row.unrecorded:
        tables = " and ".join(row.unrecorded)
        yield (
            f"  found    triggers that keep both sides of {tables} in step; the journal does not know of them: it was"
            " lost, or alembic was run by itself"
        )
    if row.lease is not None:
        yield f"  held by {row.lease.holder} until {moment(row.lease.expires_at)}"
    if row.begun is not None:
        yield f"  begun    {_entry(row.begun)}; the same command resumes from there"
    if row.paused is not None:
        yield f"  {row.paused} at {moment(row.paused.at)}; contractctl migrate resume {row.plan}"
    for table in row.tables:
        yield from _table(table, row.paused)
    for entry in row.decisions:
        yield f"  decided  {entry.body['outcome']}: {_entry(entry)}"
    for entry in row.moves:
        yield f"  done     {_entry(entry)}"
    if row.next:
        yield f"  next     {row.next}"


def _table(table: Table, paused: Pause | None) -> Iterator[str]:
    reached = table.checkpoint
    left = (
        f", {number(table.remaining)} {agreeing(table.remaining, 'remains', 'remain')}"
        if table.remaining or not reached.done
        else ""
    )
    by = f", by {counted(reached.workers, 'worker')}" if reached.workers else ""
    held = f"; held up: {reached.why}" if reached.why and paused is None else ""
    yield f"  table    {table.name}: {number(reached.rows)} {agreeing(reached.rows, 'row')} filled{left}{by}{held}"
    for key, column, error in table.set_aside:
        yield f"           set aside {key} {column}: {error}"
    for key, column, old, new in table.conflicts:
        yield f"           conflict {key} {column}: old side '{old}', new side '{new}'"


def _entry(entry: Entry) -> str:
    share = f" {entry.body['percent']:g} %" if "percent" in entry.body else ""
    return f"{entry.stage}{share} at {moment(entry.at)} by {entry.actor}"


def _row_tree(row: Row) -> dict[str, Any]:
    lease = row.lease
    return {
        "plan": row.plan,
        **_standing_tree(row.standing),
        "next": row.next,
        "lease": None if lease is None else {"holder": lease.holder, "until": lease.expires_at},
        "paused": None if row.paused is None else canonical.tree(row.paused),
        "unrecorded": list(row.unrecorded),
        "begun": None if row.begun is None else _entry_tree(row.begun),
        "tables": [_table_tree(table) for table in row.tables],
        "decisions": [_entry_tree(entry) for entry in row.decisions],
        "moves": [_entry_tree(entry) for entry in row.moves],
        "journal": {"whole": not row.broken, "problems": list(row.broken)},
    }


def _table_tree(table: Table) -> dict[str, Any]:
    tree = canonical.tree(table.checkpoint)
    return {
        "table": table.name,
        **{name: tree[name] for name in ("rows", "seen", "set_aside", "done", "workers")},
        "held_up_by": table.checkpoint.why or None,
        "remaining": table.remaining,
        "set_aside_rows": [dict(zip(("key", "column", "error"), one, strict=True)) for one in table.set_aside],
        "conflicts": [dict(zip(("key", "column", "old", "new"), one, strict=True)) for one in table.conflicts],
    }


def _entry_tree(entry: Entry) -> dict[str, Any]:
    return {"stage": entry.stage, "at": entry.at, "actor": entry.actor, "body": dict(entry.body)}
