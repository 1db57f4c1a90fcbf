"""contractctl notify: which events have not been delivered yet?"""

import json
import os
import random
import time
from pathlib import Path

import click

from contractctl.cli import Exit
from contractctl.cli.numbers import Number
from contractctl.errors import ContractctlError

_TOKEN = "CONTRACTCTL_NOTIFY_TOKEN"  # noqa: S105 - the name of a variable


@click.command
@click.option("--to", "word", required=True, metavar="URL", help="The receiver: an http(s) URL, or env:NAME.")
@click.option(
    "--database", default="", metavar="NAME", help="Which database's journal, if contractctl.toml names several."
)
@click.option(
    "--tries",
    type=click.IntRange(1, 100),
    metavar="N",
    default=5,
    show_default=True,
    help="How many times to try each event, with growing delays.",
)
@click.option(
    "--timeout",
    type=Number(0.1, 600),
    metavar="SECONDS",
    default=10.0,
    show_default=True,
    help="The time for an answer.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(word: str, database: str, tries: int, timeout: float, form: str) -> int:
    """Send the journal's events to a receiver, each at least once.

    Every stage, approval, decision and deployment is recorded together with an event. Events not yet delivered are
    POSTed one by one, in order, as CloudEvents (application/cloudevents+json); a 2xx answer means delivered. If the
    process is stopped between the answer and its record, the same event is sent again: receivers recognise it by its
    id. Where the receiver does not answer, or asks to try later, it is tried again, and the rest waits for the next
    run.

    CONTRACTCTL_NOTIFY_TOKEN is sent as a bearer token; with env:NAME the URL may hold a user and password.

    Exit codes: 0 everything is delivered, 2 usage or input error, 4 the receiver was not available: run it again.
    """
    from contractctl import databases, settings
    from contractctl.cli import case
    from contractctl.evidence import web
    from contractctl.notification import Outside, Told, deliver
    from contractctl.settings.databases import from_environment

    found = settings.load(Path.cwd())
    url = from_environment(word)
    if "?" in url:
        raise ContractctlError(
            "the receiver's URL has a query string, which would not be sent", hint=f"put a secret into {_TOKEN}"
        )
    receiver = web.Server.at(url, of="--to", token=os.environ.get(_TOKEN), timeout=timeout)
    told = Told(0, 0)
    if case.is_there(found, database):
        with databases.opened(found.journal_url(database)) as engine:
            told = deliver(engine, receiver, tries, Outside(time.time, time.sleep, random.random))
    if form == "json":
        click.echo(json.dumps({"sent": told.sent, "left": told.left, "problem": told.problem or None}))
    else:
        click.echo(f"{told.sent} sent, {told.left} left" + (f": {told.problem}" if told.problem else ""))
    return Exit.WAIT if told.problem else Exit.YES
