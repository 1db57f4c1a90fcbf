"""How is an exception made? As a file for review in git; or, with break-glass, at once and loudly in the journal."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contractctl.cli.who import actor, commit
from contractctl.errors import ContractctlError
from contractctl.evidence import waivers
from contractctl.evidence.reviewed import committed
from contractctl.gate.case import Case
from contractctl.gate.order import STEP_BEFORE
from contractctl.gate.waivers import LONGEST_SECONDS, approvers_needed, binding
from contractctl.model import canonical
from contractctl.model.backing import Backing
from contractctl.model.decision import Condition, Decision, Outcome
from contractctl.model.evidence import Record
from contractctl.model.plan import Plan
from contractctl.model.waiver import Waiver
from contractctl.settings import Settings
from contractctl.writing import alone, write_whole

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be waived, and why."""

    conditions: tuple[str, ...]
    """Names; with break-glass, no name means all that are open."""
    break_glass: bool
    reason: str
    ticket: str
    owner: str | None
    seconds: float


def known(found: Settings, plan: Plan, now: float) -> tuple[Record, ...]:
    """The records of every waiver of a plan."""
    return waivers.records(_all(found, plan, now), now)


def _all(found: Settings, plan: Plan, now: float) -> tuple[Waiver, ...]:
    """Those in its file, each compared with git, and those that the journal holds."""
    held = _held(found, plan, now)
    path = waivers.path_of(found.migrations, plan.name)
    if not path.is_file():
        return held
    there = committed(path)
    in_git = waivers.read(there[0], plan.name, there[1]) if there else ()
    reviewed = [replace(entry.waiver, place="") for entry in in_git]
    written = [_vouched(entry, reviewed) for entry in waivers.read(path.read_bytes(), plan.name, path.name)]
    journaled = [waiver.said for waiver in held]
    return (*(waiver for waiver in written if waiver.said not in journaled), *held)


def _vouched(entry: waivers.Entry, reviewed: Sequence[Waiver]) -> Waiver:
    if entry.break_glass:
        return replace(entry.waiver, backing=Backing.NOWHERE)
    if replace(entry.waiver, place="") in reviewed:
        return replace(entry.waiver, backing=Backing.COMMITTED)
    return entry.waiver


def _held(found: Settings, plan: Plan, now: float) -> tuple[Waiver, ...]:
    """The journal's break-glass waivers; whoever used break-glass is the approver. Long expired ones are left out."""
    from contractctl.cli.case import journal_of

    with journal_of(found, plan.database) as connection:
        return () if connection is None else _of_journal(connection, plan, now)


def _of_journal(connection: "Connection", plan: Plan, now: float) -> tuple[Waiver, ...]:
    from contractctl import journal

    found: list[Waiver] = []
    for entry in journal.entries(connection, plan.name):
        if entry.kind is journal.EntryKind.WAIVER:
            tree = {**entry.body, "approvers": [entry.actor], "backing": Backing.JOURNAL.value, "place": "the journal"}
            waiver = canonical.value(Waiver, tree, f"entry {entry.id} of the journal")
            same = next((n for n, one in enumerate(found) if one.said == waiver.said), None)
            if same is None:
                found.append(waiver)
            else:
                found[same] = replace(waiver, approvers=(*found[same].approvers, entry.actor))
    return tuple(waiver for waiver in found if now < waiver.expires + LONGEST_SECONDS)


def write(found: Settings, case: Case, decision: Decision, wish: Wish) -> None:
    """Write a waiver of each condition, or add this person to those who approve it."""
    now, who = float(int(time.time())), actor()
    made = [_waiver(case, condition, wish, now, who) for condition in _chosen(decision, wish)]
    path = waivers.path_of(found.migrations, case.plan.name)
    if wish.break_glass:
        _break(case.plan, made, who)
    with alone(found.migrations):
        _keep(path, case.plan.name, made, break_glass=wish.break_glass)
    for waiver in made:
        _tell(case, waiver, path, break_glass=wish.break_glass)


def _chosen(decision: Decision, wish: Wish) -> list[Condition]:
    opened = [one for one in decision.conditions if one.is_open and one.name != STEP_BEFORE]
    listed = "; ".join(dict.fromkeys(one.name for one in opened)) or "none"
    for name in wish.conditions:
        if name not in [one.name for one in opened]:
            raise ContractctlError(f"'{name}' is not an open condition that can be waived", hint=f"open: {listed}")
    chosen = [one for one in opened if not wish.conditions or one.name in wish.conditions]
    if decision.outcome is Outcome.PASS and not chosen:
        raise ContractctlError(
            "nothing is open: the stage may begin", hint=f"contractctl gate {decision.plan} {decision.stage} says so"
        )
    if not chosen:
        raise ContractctlError("no open condition can be waived", hint="the order of the stages cannot be waived")
    return chosen


def _waiver(case: Case, condition: Condition, wish: Wish, now: float, who: str) -> Waiver:
    evidence, backing = binding(case, condition), Backing.JOURNAL if wish.break_glass else Backing.UNCOMMITTED
    kinds = (Backing.JOURNAL,) if wish.break_glass else (Backing.UNCOMMITTED, Backing.COMMITTED)
    for known_one, _ in waivers.of(case.records):
        same = (known_one.stage, known_one.condition, known_one.evidence) == (case.stage, condition.name, evidence)
        if same and known_one.backing in kinds and now < known_one.expires:
            given = known_one.approvers if who in known_one.approvers else (*known_one.approvers, who)
            return replace(known_one, approvers=given)
    return Waiver(
        plan=case.plan.name,
        stage=case.stage.value,
        condition=condition.name,
        outcome=condition.outcome,
        evidence=evidence,
        reason=wish.reason,
        ticket=wish.ticket,
        owner=wish.owner or who,
        approvers=(who,),
        at=now,
        expires=now + int(wish.seconds),
        backing=backing,
        place="",
    )


def _break(plan: Plan, made: Sequence[Waiver], who: str) -> None:
    """It takes effect because the journal names who did it: nobody has reviewed it."""
    from contractctl import journal
    from contractctl.cli import operator
    from contractctl.journal import EntryKind, Note

    with operator.opened(plan.name) as (_, engine):
        journal.open(engine)
        with journal.writing(engine) as connection:
            for waiver in made:
                body = waiver.said
                key = canonical.digest([body, who])
                journal.append(
                    connection, Note(plan.name, EntryKind.WAIVER, waiver.stage, key, time.time(), who, commit(), body)
                )


def _keep(path: Path, plan: str, made: Sequence[Waiver], *, break_glass: bool) -> None:
    """Write it into the file, in place of one for the same; everything else in it stays as it is."""
    import tomlkit

    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
    tables = document.setdefault("waivers", tomlkit.aot())
    there = [one.waiver for one in waivers.read(path.read_bytes(), plan, "")] if path.is_file() else []
    for waiver in made:
        same = next((place for place, one in enumerate(there) if one.said == waiver.said), None)
        if same is None:
            tables.append(_table(waiver, break_glass=break_glass))
        else:
            everybody = tuple(dict.fromkeys((*there[same].approvers, *waiver.approvers)))
            tables[same] = _table(replace(waiver, approvers=everybody), break_glass=break_glass)
    write_whole(path, tomlkit.dumps(document))


def _table(waiver: Waiver, *, break_glass: bool) -> Any:  # noqa: ANN401 - tomlkit's tables
    import tomlkit

    entry = tomlkit.table()
    for key, text in (
        ("stage", waiver.stage),
        ("condition", waiver.condition),
        ("overrides", waiver.outcome.value),
        ("evidence", waiver.evidence),
        ("reason", waiver.reason),
        ("ticket", waiver.ticket),
        ("owner", waiver.owner),
        ("approvers", list(waiver.approvers)),
        ("at", datetime.fromtimestamp(waiver.at, UTC)),
        ("expires", datetime.fromtimestamp(waiver.expires, UTC)),
    ):
        entry.add(key, text)
    if break_glass:
        entry.add("break_glass", value=True)
    return entry


def _tell(case: Case, waiver: Waiver, path: Path, *, break_glass: bool) -> None:
    needed = approvers_needed(case)
    who = ", ".join(waiver.approvers)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    if break_glass:
        click.echo(
            f"!!! BREAK-GLASS !!! {who} let '{waiver.condition}' ({waiver.outcome}) through for {waiver.stage} of "
            f"'{waiver.plan}': {waiver.reason} ({waiver.ticket}). It is recorded in the journal and in {shown}:"
            " commit it.",
            err=True,
        )
    else:
        click.echo(f"waiver of '{waiver.condition}', approved by {who}\nnext: git add {shown}; git commit", err=True)
    if needed > 1 and len(waiver.approvers) < needed:
        click.echo(f"{needed} different people are needed: another person has to run the same", err=True)
