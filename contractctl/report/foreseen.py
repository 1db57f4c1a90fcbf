"""How is a preview of a plan's stages shown? Every statement, its lock, its work and its time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from contractctl.databases import Statement, Work
from contractctl.migration.costs import Estimate, estimate
from contractctl.migration.foreseeing import Foreseen
from contractctl.model.amounts import counted
from contractctl.model.plan import Stage

_WORK = {
    Work.NONE: "touches no row",
    Work.SCAN: "reads every row",
    Work.REWRITE: "writes every row",
}
_BATCHED = {
    Stage.BACKFILL: "fills the existing rows, in short batches, each in its own transaction",
    Stage.VERIFY: "compares both sides of every row by checksums, range by range",
}
_SETTINGS = ("SET ", "RESET ", "BEGIN", "COMMIT")
_MINUTE, _HOUR = 60, 3600
_TRIGGERS = re.compile(
    r"(?!.*\b(?:RENAME|CHANGE|DROP) COLUMN\b).*(?:\b(?:TRIGGER|FUNCTION)\b|DELETE FROM \W?contractctl_)", re.DOTALL
)
"""Statements that create or drop the triggers that keep both sides in step, and the triggers' marks."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a plan will do."""

    steps: Sequence[Foreseen]
    sizes: Mapping[str, int] | None
    """Bytes of each table; None if no database could be asked."""
    weighed_by: str = ""
    """Where these come from."""

    def of(self, table: str, statement: Statement) -> Estimate:
        """How long a statement on this table will take."""
        return estimate(statement.work, None if self.sizes is None else self.sizes.get(table, 0), self.weighed_by)


def lines(outlook: Outlook) -> Iterator[str]:
    """For people, stage by stage: what is done to the tables, without session settings; triggers are only counted."""
    if outlook.sizes is None:
        yield "  no database was asked: how large its tables are, and how long this takes, is unknown"
    for stage, steps in groupby(outlook.steps, lambda one: one.stage):
        yield f"  {stage}"
        for step in steps:
            if step.unknown:
                yield f"    {step.table}: the statements are known once it starts: {step.unknown}"
            told = [one for one in step.statements if not _is_setting(one)]
            for of_triggers, statements in groupby(told, lambda one: _TRIGGERS.match(one.sql) is not None):
                if of_triggers:
                    yield from _counted(outlook, step, list(statements))
                else:
                    yield from (line for one in statements for line in _lines(outlook, step, one))


def tree(outlook: Outlook) -> list[dict[str, Any]]:
    """For pipelines, as `contracts/contractctl/plan` describes it."""
    return [
        {"stage": stage.value, "statements": [part for step in steps for part in _parts(outlook, step)]}
        for stage, steps in groupby(outlook.steps, lambda one: one.stage)
    ]


def _is_setting(statement: Statement) -> bool:
    return (statement.lock, statement.work) == ("none", Work.NONE) and statement.sql.startswith(_SETTINGS)


def _lines(outlook: Outlook, step: Foreseen, statement: Statement) -> Iterator[str]:
    sql = (statement.sql or f"{step.table}: {_BATCHED[step.stage]}").splitlines()
    yield from (f"    {line}" for line in sql)
    yield _cost(outlook, step, [statement])


def _counted(outlook: Outlook, step: Foreseen, statements: Sequence[Statement]) -> Iterator[str]:
    yield f"    triggers of {step.table}: {counted(len(statements), 'statement')}, which --format json shows"
    yield _cost(outlook, step, statements)


def _cost(outlook: Outlook, step: Foreseen, statements: Sequence[Statement]) -> str:
    locks = ", ".join(dict.fromkeys(one.lock for one in statements if one.lock != "none")) or "none"
    longest = max(statements, key=lambda one: list(_WORK).index(one.work))
    time = outlook.of(step.table, longest)
    how = "" if time.seconds is None or longest.work is Work.NONE else f", {_time(time.seconds)} ({time.reckoned})"
    return f"      -- lock: {locks}; {_WORK[longest.work]}{how}"


def _parts(outlook: Outlook, step: Foreseen) -> Iterator[dict[str, Any]]:
    if step.unknown:
        nothing = dict.fromkeys(("sql", "lock", "work", "transactional", "bytes", "seconds"))
        yield {"table": step.table, **nothing, "reckoned": step.unknown}
    for statement in step.statements:
        time = outlook.of(step.table, statement)
        yield {
            "table": step.table,
            "sql": statement.sql or None,
            "lock": statement.lock,
            "work": statement.work.value,
            "transactional": statement.transactional,
            "bytes": time.size,
            "seconds": time.seconds,
            "reckoned": time.reckoned,
        }


def _time(seconds: float) -> str:
    if seconds < 1:
        return "about a second at most"
    if seconds < 2 * _MINUTE:
        return f"about {seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"about {seconds / _MINUTE:.0f} min"
    return f"about {seconds / _HOUR:.1f} h"
