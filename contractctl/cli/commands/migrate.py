"""contractctl migrate: how does a plan get from one version to the other, stage by stage?"""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import click

from contractctl.cli import Exit, Group
from contractctl.cli.numbers import Number
from contractctl.cli.sections import Sectioned
from contractctl.model.plan import Stage

if TYPE_CHECKING:
    from contractctl.cli.operator import Ways

_ROLLBACK = "rollback"
_PAUSED_SECONDS = 60.0
"""When to ask again whether a plan is still paused."""

_form = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
_decide_only = click.option(
    "--decide-only", is_flag=True, help="Only ask the gate, and journal its decision for a plain alembic upgrade."
)


_workers = click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="How many workers, each with its own connection; by default 1, or with --executor one per CPU or Dask thread.",
)
_executor = click.option(
    "--executor",
    metavar="processes|dask://HOST:PORT",
    help="Run the workers as processes, or on a Dask cluster (needs contractctl[dask]); by default they are threads.",
)


@click.group(cls=Group)
def command() -> None:
    """Run a plan's stages; each is resumable and safe to repeat.

    \b
    expand → dual-write → backfill → verify → canary 1 … 100 → quiesce → contract
    rollback is possible from every stage before contract, and loses nothing.

    Each command asks the gate first and does nothing unless it passes: conditions that do not hold are printed, with
    what to do. After a crash the same command resumes where it was. PLAN is a plan's name or its file. Everything is
    journalled in the database, under the name of git's user or of $CONTRACTCTL_ACTOR.

    Exit codes: 0 done, 1 no, 2 usage or input error, 3 unknown: evidence is missing, 4 wait: evidence
    comes with time, or somebody else is working on the plan.
    """  # noqa: D301 - click wants the character that backslash b stands for


@command.command
@click.argument("plan")
@_form
def expand(plan: str, form: str) -> int:
    """Add the new side beside the old one; applications do not notice.

    Runs the plan's expand revision in one transaction. The intermediate version of each contract, which holds both
    sides, must be released before; the plan has written it.
    """
    return _run(Stage.EXPAND, plan, form)


@command.command(name="dual-write")
@click.argument("plan")
@_form
def dual_write(plan: str, form: str) -> int:
    """Keep both sides in step from now on, whichever side is written.

    Runs the plan's dual-write revision: triggers fill the side that a writer does not know. Existing rows are left to
    the backfill.
    """
    return _run(Stage.DUAL_WRITE, plan, form)


class _Backfill(Sectioned):
    sections: ClassVar = {
        "Pace, where others use the database": ("--rate", "--batch-ms", "--max-load", "--max-lag"),
        "Several workers at once": ("--workers", "--executor"),
    }


@command.command(cls=_Backfill)
@click.argument("plan")
@click.option("--rate", type=Number(min=1), metavar="ROWS/S", help="Fill at most this many rows per second.")
@click.option(
    "--batch-ms",
    type=Number(min=1, max=10_000),
    metavar="MS",
    help="How long a batch may block other writers (on servers, of the same rows).  [SQLite 50, servers 200]",
)
@click.option(
    "--max-load",
    type=Number(min=0),
    metavar="N",
    help="Wait while the server is busier: running statements of others (PostgreSQL), Threads_running (MariaDB).",
)
@click.option(
    "--max-lag",
    type=Number(min=0),
    metavar="SECONDS",
    help="Wait while a replica lags further behind, or its lag is unknown.",
)
@_workers
@_executor
@_form
def backfill(
    plan: str,
    rate: float | None,
    batch_ms: float | None,
    max_load: float | None,
    max_lag: float | None,
    workers: int | None,
    executor: str | None,
    form: str,
) -> int:
    """Fill the existing rows.

    It works in batches, without blocking other writers, and each is committed with its checkpoint: stop it whenever
    you like, and run it again to resume. A row that cannot be converted is set aside with its error, and counted:
    contractctl migrate status.

    --max-lag asks each replica whose URL is in $CONTRACTCTL_REPLICAS, separated by spaces; without any, PostgreSQL's
    primary, for the greatest replay_lag.
    """
    from contractctl.backfill import Pace
    from contractctl.cli.operator import Ways, replicas

    lagging = replicas() if max_lag is not None else ()
    pace = Pace(None if batch_ms is None else batch_ms / 1000, rate, max_load, max_lag, lagging)
    return _run(Stage.BACKFILL, plan, form, Ways(pace, workers, executor))


@command.command
@click.argument("plan")
@click.option("--repair", type=click.Choice(["old", "new"]), help="First repair rows that differ: copy from this side.")
@_workers
@_executor
@_form
def verify(
    plan: str, repair: Literal["old", "new"] | None, workers: int | None, executor: str | None, form: str
) -> int:
    """Prove that both sides agree in every row.

    Compares every row, range by range, with checksums made in the database, and names the first rows that differ.
    It can be repeated at any time until contract.
    """
    from contractctl.cli.operator import Ways

    return _run(Stage.VERIFY, plan, form, Ways(workers=workers, executor=executor), repair=repair)


@command.command
@click.argument("plan")
@click.option("--reason", default="", metavar="TEXT", help="Why; shown to those who wait.")
def pause(plan: str, reason: str) -> int:
    """Pause PLAN's backfill and verify, whoever runs them.

    A running process finishes its current batch, waits, and continues once it is resumed. A process started while
    paused says so and ends with exit code 4.
    """
    from contractctl import migration
    from contractctl.backfill import Pause
    from contractctl.cli.operator import opened
    from contractctl.cli.who import actor, commit

    with opened(plan) as (found, engine):
        migration.pause(engine, found, Pause(time.time(), actor(), reason), commit())
    click.echo(f"'{found.name}' is paused\nnext: contractctl migrate resume {found.name}")
    return Exit.YES


@command.command
@click.argument("plan")
@click.option("--reason", default="", metavar="TEXT", help="Why; recorded in the journal.")
def resume(plan: str, reason: str) -> int:
    """Resume PLAN's backfill and verify."""
    from contractctl import migration
    from contractctl.backfill import Pause
    from contractctl.cli.operator import opened
    from contractctl.cli.who import actor, commit

    with opened(plan) as (found, engine):
        was = migration.resume(engine, found, Pause(time.time(), actor(), reason), commit())
    click.echo(f"'{found.name}' {'is resumed' if was else 'was not paused'}")
    return Exit.YES


@command.command
@click.argument("plan")
@click.argument("percent", type=Number(min=0, max=100))
@_form
def canary(plan: str, percent: float, form: str) -> int:
    """Let PERCENT of the requests take the new path.

    Applications ask contractctl.runtime for the share, or a flag of flagd that contractctl.toml names in [[flags]]:
    its weights are written into its file, and rollback writes 0. The share is raised only when the gate finds the
    previous one healthy, and lowered at once. From quiesced, this ends the brown-out.
    """
    return _run(Stage.CANARY, plan, form, percent=percent)


@command.command
@click.argument("plan")
@_decide_only
@_form
def quiesce(plan: str, decide_only: bool, form: str) -> int:
    """Take the old side away for a while, reversibly.

    That reveals readers that nobody knows of. The values are kept, and kept in step. If something fails, this brings
    the old side back at once: contractctl migrate canary PLAN 100.
    """
    return _run(Stage.QUIESCE, plan, form, decide_only=decide_only)


@command.command
@click.argument("plan")
@_decide_only
@_form
def contract(plan: str, decide_only: bool, form: str) -> int:
    """Drop the old side, for good.

    The strictest gate: nobody reads it, it has been quiesced for long enough, two people approved. That both sides
    agree is verified once more in the transaction that drops it.
    """
    return _run(Stage.CONTRACT, plan, form, decide_only=decide_only)


@command.command
@click.argument("plan")
@_form
def rollback(plan: str, form: str) -> int:
    """Undo the plan, from any stage before contract.

    Whatever old and new applications have written is in the old side afterwards. Move applications back first: those
    that know only the new side fail afterwards.
    """
    return _run(_ROLLBACK, plan, form)


@command.command
@click.argument("plan", required=False)
@_form
def status(plan: str | None, form: str) -> int:
    """Show where PLAN stands, or all plans.

    Since when, who is working on it, what was decided, what comes next. Read-only. Rows that were set aside or are in
    conflict are listed; a journal that was tampered with is reported.
    """
    from contractctl import databases, migration, planner, settings
    from contractctl.cli import case
    from contractctl.report import board

    found = settings.load(Path.cwd())
    plans = [case.named(found, plan)] if plan else list(planner.read_plans(found.migrations))
    now = time.time()
    rows: list[migration.Row] = []
    for name in sorted({one.database for one in plans}):
        here = [one for one in plans if one.database == name]
        if case.is_there(found, name):
            with databases.opened(found.journal_url(name)) as engine:
                rows += migration.board(engine, here, now)
        else:
            rows += map(migration.planned, here)
    click.echo(board.rows(sorted(rows, key=lambda row: row.plan), form, now))
    for one in () if plan else case.unfiled_anywhere(found, plans):
        click.echo(
            f"note: '{one.name}' is {one.standing.state} here, but its file is missing: restore it from git", err=True
        )
    return Exit.NO if any(row.broken for row in rows) else Exit.YES


@command.command
@click.argument("plan")
@click.argument("stage", metavar="STAGE", type=click.Choice([stage.value for stage in Stage]))
@click.option("--reason", required=True, metavar="TEXT", help="Why it may be done: what you have checked or rehearsed.")
def approve(plan: str, stage: str, reason: str) -> int:
    """Approve a stage that cannot be undone, in your name.

    Writes approvals/PLAN.toml in the migrations folder; it counts once exactly that is committed. The contract stage
    needs two different people, once the plan is quiesced.
    """
    from contractctl import settings
    from contractctl.cli import case
    from contractctl.cli.approving import add
    from contractctl.cli.who import actor

    found = settings.load(Path.cwd())
    it = case.known(found, plan)
    click.echo(add(found.migrations, it.plan, Stage(stage), actor(), reason, time.time(), it.standing.since))
    return Exit.YES


def _run(
    stage: str,
    word: str,
    form: str,
    ways: "Ways | None" = None,
    *,
    percent: float | None = None,
    repair: Literal["old", "new"] | None = None,
    decide_only: bool = False,
) -> int:
    from contractctl import migration
    from contractctl.backfill import PausedError, StoppedError
    from contractctl.cli import operator, output, progress, stopping
    from contractctl.journal import HeldError
    from contractctl.report import board

    with progress.shown(form) as told, stopping.asked(takes_long=ways is not None) as asked:
        context = operator.context(word, replace(ways or operator.Ways(), told=told, stopping=asked))
        try:
            result = migration.run(stage, context, percent, repair=repair, decide_only=decide_only)
        except (HeldError, migration.BusyError) as error:
            return _refused(board.refusal(error, form, retry_after=error.retry_after), Exit.WAIT)
        except PausedError as error:
            return _refused(board.refusal(error, form, retry_after=_PAUSED_SECONDS), Exit.WAIT)
        except StoppedError as error:
            click.echo(board.refusal(error, form), err=form == "text")
            return asked.exit_code
        except migration.DiffersError as error:
            return _refused(board.refusal(error, form, details=error.body), Exit.NO)
        finally:
            context.engine.dispose()
    click.echo(board.result(result, form))
    if stage is Stage.EXPAND and (note := operator.unreviewed(context)) is not None:
        click.echo(note, err=True)
    return Exit.YES if result.done or result.decision is None else output.exit_of(result.decision)


def _refused(answer: str, code: Exit) -> Exit:
    """A "no" and a "wait" are answers with exit codes of their own; anything else is an error to fix."""
    click.echo(answer)
    return code
