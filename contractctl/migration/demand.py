"""May this revision run? The revision itself asks, so that a plain `alembic upgrade` cannot bypass the gate."""

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine.mock import MockConnection

from contractctl import databases, journal, operations
from contractctl.databases import Synchronisation
from contractctl.errors import ContractctlError
from contractctl.gate.facts import amiss
from contractctl.gate.words import where
from contractctl.journal import MOVES, Entry, EntryKind, Note
from contractctl.migration import unused
from contractctl.migration.at_work import session_of
from contractctl.migration.context import Session
from contractctl.migration.facts import measure
from contractctl.migration.words import command
from contractctl.model.decision import Outcome
from contractctl.model.evidence import SKEW_SECONDS
from contractctl.model.plan import Plan, Stage
from contractctl.operations.by_hand import RefusedByHandError, by_hand

_MUST_BE_ZERO = ("differing", "conflicts", "set_aside", "remaining")


def demand_decision(  # noqa: PLR0913 - what a revision says, and the clock
    connection: Connection | MockConnection | None,
    *,
    plan: str,
    stage: str,
    migrations: Path,
    use: bool = True,
    clock: Callable[[], float] = time.time,
) -> None:
    """Raise ContractctlError unless the journal in this database holds a passing decision for the stage.

    It must be fresh, made where the plan stands now, and not used before; it is then used, in the revision's own
    transaction, unless that is still to come. Before the old side is dropped, both sides are compared once more in
    that same transaction. Where DDL commits by itself, a revision that was cut short after it had used its decision
    goes on with it; contractctl itself at any time, so that nothing stays half done. Of a database that is said to be
    unused nothing is demanded but that both sides agree.
    """
    if isinstance(connection, MockConnection | None):  # how Alembic tells that it is writing a script
        raise RefusedByHandError(
            f"the {stage} revision of '{plan}' needs a decision of the gate, which a script (--sql) cannot provide",
            hint="run it online; contractctl plan --dry-run shows its statements",
        )
    session = session_of(connection)
    now = (session.context.clock if session else clock)()
    try:
        found = _plan(migrations, plan)
        if session is None and unused.is_unused(connection, found):
            unused.agree(connection, found)
            _demand_agreement(connection, found)
            return
        decision = _demand(connection, session, found, Stage(stage), now)
        if use and decision is not None:
            _use(connection, session, found, decision, now)
    except ContractctlError as error:
        if session is not None:
            raise
        raise by_hand(error) from error


def _demand(connection: Connection, session: Session | None, plan: Plan, stage: Stage, now: float) -> Entry | None:
    """The decision to use; None where the revision was interrupted and has already used its own."""
    if session is None:
        _demand_nobody_at_work(connection, plan.name, now)
    half = _is_half_done(connection, plan.name, stage)
    if half and session is not None:
        return None
    decision = _decision(connection, plan, stage, now, again=half)
    return None if half else decision


def _use(connection: Connection, session: Session | None, plan: Plan, decision: Entry, now: float) -> None:
    if decision.stage == Stage.CONTRACT:
        _demand_agreement(connection, plan)
    stage, body = decision.stage, {"decision": decision.body["digest"]}
    if session is not None:
        session.note_in(connection, EntryKind.APPLIED, stage, decision.key, body)
    else:
        journal.append(connection, Note(plan.name, EntryKind.APPLIED, stage, decision.key, now, "alembic", "", body))


def _plan(migrations: Path, name: str) -> Plan:
    from contractctl import planner

    if name not in planner.plan_names(migrations):
        raise ContractctlError(
            f"{migrations}: there is no plan '{name}', which this revision needs to know its conditions",
            hint="restore its plan file from git",
        )
    return planner.read_plan(planner.path_of(migrations, name))


def _is_half_done(connection: Connection, plan: str, stage: str) -> bool:
    if databases.of(connection).transactional_ddl or journal.version(connection) is None:
        return False
    return journal.history(connection, plan).has_begun(stage)


def _decision(connection: Connection, plan: Plan, stage: Stage, now: float, *, again: bool) -> Entry:
    """The decision that allows the stage, used `again` or for the first time; or the reason why there is none."""
    if journal.version(connection) is None:
        raise _refusal(plan, stage, "this database has no contractctl journal")
    journal.verify_chain(connection, plan.name)
    history = journal.history(connection, plan.name)
    decision = history.decisions.get(stage)
    if (history.standing.state, stage.value) not in MOVES:
        raise _refusal(plan, stage, f"the plan is {where(history.standing)}")
    if decision is None:
        raise _refusal(plan, stage, "the journal has no decision of the gate for it since the plan reached this state")
    if decision.body["outcome"] != Outcome.PASS:
        raise _refusal(plan, stage, f"the gate's last decision is {decision.body['outcome']}")
    if decision.key in history.used and not again:
        raise _refusal(plan, stage, "the gate's decision has already been used")
    return _fresh(decision, plan, stage, now)


def _fresh(decision: Entry, plan: Plan, stage: Stage, now: float) -> Entry:
    age = now - float(decision.body["at"])
    if age > plan.reads.fresh_seconds or age < -SKEW_SECONDS:
        allowed = f"{plan.reads.fresh_seconds:g} s are allowed"
        raise _refusal(plan, stage, f"the gate's decision is {age:.0f} s old, and {allowed}")
    from contractctl import planner

    if decision.body.get("plan_digest") != planner.plan_digest(plan):
        raise _refusal(plan, stage, "the plan has been changed since the gate decided")
    return decision


def _demand_nobody_at_work(connection: Connection, plan: str, now: float) -> None:
    if journal.version(connection) is None:
        return
    lease = journal.current(connection, plan)
    if lease is not None and lease.expires_at > now:
        raise ContractctlError(
            f"'{plan}' is held by {lease.holder}",
            hint=f"wait until they are done: contractctl migrate status {plan} shows it",
        )


def _demand_agreement(connection: Connection, plan: Plan) -> None:
    """Prove that both sides agree, under the same lock under which the old one is dropped."""
    for sync in operations.synchronisations(plan, connection):
        _demand_agreement_of(connection, plan, sync)


def _demand_agreement_of(connection: Connection, plan: Plan, sync: Synchronisation) -> None:
    counts = measure(connection, sync)
    for fact in _MUST_BE_ZERO:
        if counts[fact]:
            raise ContractctlError(
                f"'{sync.table}' cannot lose its old side: {amiss(fact, counts[fact])}",
                hint=f"nothing was changed; run: {command(plan, Stage.VERIFY)}",
            )


def _refusal(plan: Plan, stage: Stage, why: str) -> ContractctlError:
    return ContractctlError(
        f"the {stage} revision of '{plan.name}' needs a passing decision: {why}",
        hint=f"run: {command(plan, stage)}; or, for a database that nobody uses, as in a test: {unused.COMMAND}",
    )
