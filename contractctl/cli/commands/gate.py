"""contractctl gate: may this stage begin?"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from contractctl.cli import Exit
from contractctl.cli import output as writing
from contractctl.cli.numbers import Number
from contractctl.cli.sections import Sectioned
from contractctl.errors import ContractctlError
from contractctl.model.decision import Decision, Outcome
from contractctl.model.plan import Plan, Stage, Standing, State

if TYPE_CHECKING:
    from contractctl.cli.waiving import Wish
    from contractctl.gate.case import Case
    from contractctl.gate.decision_file import Replay

_LONGEST_NAP = 15.0
"""The longest pause between two looks, in seconds: evidence may be collected meanwhile."""
_LOOK_SECONDS = 3.0
"""With --watch, in seconds."""
_REPLAY = "replay"
_FORMS = ("text", "json", "html")


class _Gate(Sectioned):
    """`gate PLAN STAGE`; `gate replay FILE` is a command of its own, with its own help."""

    sections: ClassVar = {
        "Let an open condition through": ("--waive", "--break-glass", "--reason", "--ticket", "--owner", "--for"),
    }

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Read the arguments of the command that is meant."""
        if args[:1] == [_REPLAY]:
            return _replay.make_context(f"{info_name} {_REPLAY}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


_formatted = click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="Output format; by default from the file extension of -o, else text.",
)
_written = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the output to this file; the text is printed as well.",
)


@click.command(cls=_Gate)
@click.argument("plan")
@click.argument("stage")
@click.option(
    "--percent", type=Number(0, 100), metavar="PERCENT", help="The canary percentage; by default the next step."
)
@click.option("--evidence", type=click.Path(path_type=Path), metavar="FILE", help="Decide from this evidence file.")
@click.option("--at", metavar="TIME", help="Decide as of this time: ISO 8601 with a time zone, or Unix seconds.")
@click.option("--wait", metavar="SPAN", help="Keep asking for up to this long while waiting can help: 90s, 30m, 2h.")
@click.option(
    "--watch", is_flag=True, help="Show the answer as it changes, until it is yes or no; --wait limits the time."
)
@click.option(
    "--waive",
    "waived",
    multiple=True,
    metavar="CONDITION",
    help="Write a waiver of this condition, for review in git. Repeatable.",
)
@click.option(
    "--break-glass", is_flag=True, help="Let open conditions through now, unreviewed; the journal records who did it."
)
@click.option("--reason", metavar="TEXT", help="Why; needed.")
@click.option("--ticket", metavar="ID", help="Where it is followed up; needed.")
@click.option("--owner", metavar="NAME", help="Who is responsible; by default you.")
@click.option(
    "--for",
    "lasts",
    default="1d",
    show_default=True,
    metavar="SPAN",
    help="How long it holds, 7d at most.",
)
@click.option("--record", is_flag=True, help="Keep the decision with all its inputs, for replay.")
@_formatted
@_written
def command(
    plan: str,
    stage: str,
    percent: float | None,
    evidence: Path | None,
    form: str | None,
    output: Path | None,
    at: str | None,
    wait: str | None,
    watch: bool,
    waived: tuple[str, ...],
    break_glass: bool,
    reason: str | None,
    ticket: str | None,
    owner: str | None,
    lasts: str,
    record: bool,
) -> int:
    """Decide from evidence, offline, whether a stage may begin.

    \b
    contractctl gate PLAN STAGE     expand, dual-write, backfill, verify, canary, quiesce or contract
    contractctl gate replay FILE    decide again from the inputs of a recorded decision, and compare every byte

    The network is not used: run `contractctl evidence collect PLAN` before. What is not known is never a yes. --watch
    updates the answer every few seconds, from what `evidence collect` records in the meantime.

    --waive writes a waiver to migrations/waivers/PLAN.toml: it applies once it is committed, is bound to the verdict
    and its evidence, expires, and stays visible. --break-glass lets every open condition, or those that --waive names,
    through at once. For a stage that cannot be undone a waiver needs two people: the second one runs the same command.

    The JSON is described by the contract contractctl/decision. The HTML is one file that needs no network.

    Exit codes: 0 pass, 1 fail, 2 usage or input error, 3 unknown, 4 wait: `retry_after` says how long.
    """  # noqa: D301 - click takes \b for "leave these lines alone"
    form = writing.form_of(form, output, _FORMS)
    if at and (wait or watch):
        raise ContractctlError("--at fixes the time, so --wait and --watch would wait forever", hint="leave --at out")
    wish = _wish(waived, reason, ticket, owner, lasts, now=break_glass) if waived or break_glass else None
    if wish and (at or watch):
        raise ContractctlError("a waiver is always made for the present", hint="leave --at and --watch out")
    asked = partial(case_of, plan, _stage(stage), percent, evidence)
    decision, case = _decided(asked, at, wait, watch=watch)
    if wish:
        decision, case = _waive(case, decision, asked, wish)
    if record:
        _record(case, decision)
    _tell(decision, case, form, output)
    return writing.exit_of(decision)


def _stage(word: str) -> Stage:
    known = [stage.value for stage in Stage]
    if word not in known:
        raise ContractctlError(f"'{word}' is not a stage", hint=f"known stages: {', '.join(known)}")
    return Stage(word)


def _decided(
    asked: Callable[[float], "Case"], at: str | None, wait: str | None, *, watch: bool
) -> tuple[Decision, "Case"]:
    """Decide, and decide again: with `watch` until it is yes or no; else while waiting alone can help."""
    from contractctl.cli import times, watching
    from contractctl.gate import decide_case
    from contractctl.report import decision as words

    until = time.time() + times.span(wait) if wait else math.inf if watch else 0.0
    with watching.shown() if watch else nullcontext(_say_waiting) as show:
        while True:
            case = asked(times.moment(at) if at else time.time())
            decision = decide_case(case)
            nap = _nap(decision, until - time.time(), watch=watch)
            if nap is None:
                return decision, case
            whole = words.text(decision, case.percent)
            missing = words.open_conditions(decision)[0].message
            show(whole, f"{whole.splitlines()[0]}; {missing}" if watch else missing)
            time.sleep(nap)


def _nap(decision: Decision, left: float, *, watch: bool) -> float | None:
    """Seconds until the next look; None where the decision is final. `left`: seconds until the time is up."""
    if decision.outcome is not Outcome.UNKNOWN or left <= 0:
        return None
    if watch:
        return min(_LOOK_SECONDS, left)
    retry = decision.retry_after
    return None if retry is None or retry > left else min(max(retry, 1.0), _LONGEST_NAP, left)


def _say_waiting(_whole: str, missing: str) -> None:
    click.echo(f"waiting: {missing}", err=True)


def case_of(word: str, stage: Stage, percent: float | None, evidence: Path | None, now: float) -> "Case":
    """Everything that the decision rests on; a canary without a percentage means its next step."""
    from contractctl import settings
    from contractctl.cli import case, observing, waiving
    from contractctl.gate.case import Case

    it = case.known(settings.load(Path.cwd()), word)
    if stage is Stage.CANARY and percent is None:
        percent = _next_step(it.plan, it.standing)
    records = (*observing.records(it, now, evidence), *waiving.known(it.settings, it.plan, now))
    return Case(it.plan, stage, percent, it.standing, it.consumers, records, now)


def _wish(
    waived: tuple[str, ...], reason: str | None, ticket: str | None, owner: str | None, lasts: str, *, now: bool
) -> "Wish":
    from contractctl.cli import times
    from contractctl.cli.waiving import Wish
    from contractctl.gate.waivers import LONGEST_SECONDS

    for name, text in (("reason", reason), ("ticket", ticket)):
        if not (text or "").strip():
            raise ContractctlError(f"a waiver needs a {name}", hint=f'add --{name} "…"')
    seconds = times.span(lasts)
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise ContractctlError(f"a waiver cannot last {lasts}", hint="write for example --for 2d; the maximum is 7d")
    return Wish(waived, now, (reason or "").strip(), (ticket or "").strip(), (owner or "").strip() or None, seconds)


def _waive(case: "Case", decision: Decision, asked: Callable[[float], "Case"], wish: "Wish") -> tuple[Decision, "Case"]:
    """Write the waivers, and decide again with them."""
    from contractctl import settings
    from contractctl.cli import waiving
    from contractctl.gate import decide_case

    waiving.write(settings.load(Path.cwd()), case, decision, wish)
    again = asked(time.time())
    return decide_case(again), again


def _next_step(plan: Plan, standing: Standing) -> float:
    running = standing.percent if standing.state is State.CANARY else 0.0
    return next((step for step in plan.canary.steps if step > running), plan.canary.steps[-1])


def _record(case: "Case", decision: Decision) -> None:
    from contractctl import settings
    from contractctl.gate import decision_file

    path = decision_file.write(settings.load(Path.cwd()).migrations, case, decision)
    click.echo(f"recorded: {path}", err=True)


def _tell(decision: Decision, case: "Case", form: str, output: Path | None) -> None:
    worded = _worded(decision, case, form)
    if output is None:
        click.echo(worded)
        return
    click.echo(_worded(decision, case, "text"))
    writing.write(worded, output, err=True)


def _worded(decision: Decision, case: "Case", form: str) -> str:
    match form:
        case "json":
            import json

            from contractctl.gate import decision_file

            return json.dumps(decision_file.tree(decision), indent=2, ensure_ascii=False)
        case "html":
            from contractctl.report import decision_html

            return decision_html.decision(decision, case)
        case _:
            from contractctl.report import decision as words

            return words.text(decision, case.percent)


@click.command
@click.argument("recorded", type=click.Path(path_type=Path), metavar="FILE")
@_formatted
@_written
def _replay(recorded: Path, form: str | None, output: Path | None) -> int:
    """Decide again from the inputs of a recorded decision, and compare every byte.

    `contractctl gate PLAN STAGE --record` writes such a FILE to migrations/decisions/. It holds everything that the
    decision rests on: nothing else is read.

    Exit codes: 0 the same to the byte, 1 something differs, 2 usage or input error.
    """
    from contractctl.gate import decision_file

    form = writing.form_of(form, output, _FORMS)
    found = decision_file.replay(recorded)
    if form == "json":
        import json

        tree = {"same": not found.differences, "differences": list(found.differences)}
        worded = json.dumps(tree | {"decision": decision_file.tree(found.decided)}, indent=2, ensure_ascii=False)
    else:
        worded = "\n".join(_compared(recorded, found)) if form == "text" else _worded(found.decided, found.case, form)
    if output is None:
        click.echo(worded)
    else:
        click.echo("\n".join(_compared(recorded, found)))
        writing.write(worded, output, err=True)
    return Exit.NO if found.differences else Exit.YES


def _compared(path: Path, found: "Replay") -> Iterator[str]:
    if found.differences:
        yield f"differs: {path} is not what is decided from its inputs"
        yield from (f"  {difference}" for difference in found.differences)
    else:
        yield f"same: {found.decided.outcome}, reproduced to the byte from {path}"
