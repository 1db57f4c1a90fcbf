"""What does the database say about a plan before anything is written? Whether it can be done, and at what cost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contractctl.errors import ContractctlError
from contractctl.model.plan import Plan

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from contractctl.migration.foreseeing import Foreseen
    from contractctl.report.foreseen import Outlook
    from contractctl.settings import Settings


@dataclass(frozen=True, slots=True)
class Answer:
    """What to report where nothing stands in the way."""

    notes: tuple[str, ...] = ()
    outlook: "Outlook | None" = None
    """None for a plan of events alone."""


def ask(plan: Plan, found: "Settings") -> Answer:
    """Raise ContractctlError where the plan cannot be carried out, or would hold others up."""
    if not plan.revisions:
        return Answer()
    from contractctl.cli import histories
    from contractctl.cli.case import is_there

    history = tuple(histories.notes(found, plan.database))
    if found.database(plan.database) is None:
        _demand_one_database(plan, found)
        return _unasked(plan, *history)
    if not is_there(found, plan.database):
        absent = "the database does not exist yet; the plan will be checked against it by: contractctl migrate expand"
        return _unasked(plan, absent, *history)
    return _asked(plan, found, history)


def _asked(plan: Plan, found: "Settings", history: tuple[str, ...]) -> Answer:
    from sqlalchemy.exc import DBAPIError

    from contractctl import databases

    database = found.database(plan.database)
    assert database is not None  # noqa: S101 - narrows for mypy; `ask` has looked
    engine = databases.create_engine(database.url)
    try:
        asked = engine.connect()
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        return _unasked(
            plan, f"the database cannot be reached, so the plan was not checked against it: {reason}", *history
        )
    try:
        with asked as connection:  # never committed: asking leaves no trace
            return _answer(plan, found, connection, history)
    except DBAPIError as error:
        said, hint = databases.of(engine).meaning(error)
        raise ContractctlError(f"the database could not be queried about the plan: {said}", hint=hint) from error
    finally:
        engine.dispose()


def _answer(plan: Plan, found: "Settings", connection: "Connection", history: tuple[str, ...]) -> Answer:
    from contractctl import databases, operations
    from contractctl.cli import histories
    from contractctl.migration import foreseeing
    from contractctl.report.foreseen import Outlook

    histories.demand(found, plan.database, connection)
    for sentence in operations.hindrances(plan, connection):
        named = " ".join(move.contract for move in plan.movements if move.format == "sql")
        raise ContractctlError(
            sentence,
            hint="change the draft or the database, and plan again; if the database has more than its release says,"
            f" release that first: contractctl check --live {named}",
        )
    for sentence in operations.losses(plan, connection):
        raise ContractctlError(sentence, hint="fix these rows or the expressions, or accept the loss: --lossy COLUMN")
    steps = foreseeing.foresee(plan, connection)
    _demand_possible(steps)
    refusals = histories.refusals(found, plan.database, connection)
    notes = (*operations.notes(plan, connection), *history, *refusals)
    weighed_by = databases.of(connection).weighed_by
    return Answer(notes, Outlook(steps, foreseeing.weights(plan, connection), weighed_by))


def _unasked(plan: Plan, *notes: str) -> Answer:
    """What can be said without the database."""
    from contractctl.migration import foreseeing
    from contractctl.report.foreseen import Outlook

    steps = foreseeing.foresee(plan, None)
    _demand_possible(steps)
    return Answer(notes, Outlook(steps, None))


def _demand_possible(steps: "tuple[Foreseen, ...]") -> None:
    for step in steps:
        if step.refusal is not None:
            raise step.refusal


def _demand_one_database(plan: Plan, found: "Settings") -> None:
    """Raise ContractctlError where several databases are named, and none is meant."""
    if found.databases:
        named = ", ".join(found.databases)
        tables = next(movement.contract for movement in plan.movements if movement.format == "sql")
        raise ContractctlError(
            f"contractctl.toml names several databases, but not which of them holds {tables}: {named}",
            hint=f'write into its contract.toml: database = "{next(iter(found.databases))}"',
        )
