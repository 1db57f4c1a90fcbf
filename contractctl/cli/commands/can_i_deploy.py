"""contractctl can-i-deploy: may this version of a service go to that environment?"""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contractctl.cli import Exit
from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from contractctl.deployment import Answer

ASK_AGAIN = 30.0
"""After how many seconds to ask again: a plan may have moved on."""
_LONGEST_NAP = 15.0


@click.command
@click.argument("service")
@click.argument("version")
@click.option(
    "--to",
    "--to-environment",
    "environment",
    required=True,
    metavar="ENVIRONMENT",
    help="Where it would be deployed, for example production.",
)
@click.option("--at", metavar="TIME", help="Answer as of this time: ISO 8601 with a time zone, or Unix seconds.")
@click.option("--wait", metavar="SPAN", help="Keep asking for up to this long while waiting can help: 90s, 30m, 2h.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(service: str, version: str, environment: str, wait: str | None, form: str, at: str | None) -> int:
    """Check whether a version may be deployed, given everything that is live there.

    Everything that the version provides or consumes is checked against every version that is live on the other side,
    canaries included, against the plans in flight, and against what a Pact broker has verified. What nobody has
    declared or recorded is unknown, never a yes; a record that was tampered with is an error. With --format json the
    answer is one object, described by the contract contractctl/deployability.

    Exit codes: 0 yes, 1 no, 2 usage or input error, 3 unknown, 4 wait: `retry_after` says how long.
    """
    from contractctl.deployment import Outcome
    from contractctl.report import deployability

    if at and wait:
        raise ContractctlError("--at fixes the time, so --wait would wait forever", hint="leave one of the two out")
    answer = _answered_in_time(service, version, environment, wait, at)
    click.echo(deployability.tree(answer, ASK_AGAIN) if form == "json" else deployability.text(answer))
    exits = {Outcome.YES: Exit.YES, Outcome.NO: Exit.NO, Outcome.UNKNOWN: Exit.UNKNOWN, Outcome.WAIT: Exit.WAIT}
    return exits[answer.outcome]


def _answered_in_time(service: str, version: str, environment: str, wait: str | None, at: str | None) -> "Answer":
    """Answer, and answer again as long as waiting alone can help and time is left."""
    from contractctl.cli import asking, times
    from contractctl.deployment import Outcome

    until = time.time() + (times.span(wait) if wait else 0.0)
    while True:
        now = times.moment(at) if at else time.time()
        answer = asking.answer(Path.cwd(), service, version, environment, now)
        left = until - time.time()
        if answer.outcome is not Outcome.WAIT or left <= 0:
            return answer
        click.echo(f"waiting: {answer.reasons[0].message}", err=True)
        time.sleep(min(_LONGEST_NAP, left))
