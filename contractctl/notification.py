"""Has every event been delivered? The journal's events go to a receiver over HTTP, in order, each at least once."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from contractctl import journal
from contractctl.backoff import wait
from contractctl.errors import ContractctlError
from contractctl.evidence import web
from contractctl.journal import outbox
from contractctl.journal.outbox import Waiting

_CONTENT_TYPE = "application/cloudevents+json"
_BATCH = 100
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_COME_AGAIN = frozenset({408, 425, 429})
"""Statuses below 500 after which the same event is sent again later."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What a delivery needs from outside."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Told:
    """How far the delivery came."""

    sent: int
    left: int
    problem: str = ""
    """Why the rest has to wait; empty if nothing does."""


def deliver(engine: Engine, receiver: web.Server, tries: int, outside: Outside) -> Told:
    """Send what waits, one event after the other. The receiver tells repeats by the event's id.

    An event is recorded as sent once its receiver has answered 2xx: a kill between the two makes it be sent again.
    Raise ContractctlError where the receiver refuses an event: none that comes later overtakes it.
    """
    sent = 0
    while True:
        with journal.reading(engine) as connection:
            batch = outbox.waiting(connection, _BATCH) if journal.version(connection) is not None else ()
        if not batch:
            return Told(sent, 0)
        for one in batch:
            problem = _insist(receiver, one, tries, outside)
            if problem:
                with journal.reading(engine) as connection:
                    return Told(sent, outbox.count(connection), problem)
            with journal.writing(engine) as connection:
                outbox.delivered(connection, one.number, outside.clock())
            sent += 1


def _insist(receiver: web.Server, one: Waiting, tries: int, outside: Outside) -> str:
    """Send one event, again with growing pauses while the receiver cannot take it. The last error; empty if none."""
    problem = ""
    for attempt in range(tries):
        if attempt:
            outside.sleep(wait(attempt - 1, _FIRST_WAIT, _LONGEST_WAIT, outside.random()))
        problem = _send(receiver, one)
        if not problem:
            break
    return problem


def _send(receiver: web.Server, one: Waiting) -> str:
    event = {name: value for name, value in one.event.items() if value != ""}  # an attribute is never empty
    try:
        answer = web.post(receiver, json.dumps(event, ensure_ascii=False).encode(), _CONTENT_TYPE)
    except web.NoAnswerError as error:
        return str(error).removeprefix("source error: ")
    if 200 <= answer.code < 300:  # noqa: PLR2004 - https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3
        return ""
    if answer.code >= 500 or answer.code in _COME_AGAIN:  # noqa: PLR2004 - section 15.6
        return f"{receiver.url} answers {answer.code}"
    raise ContractctlError(
        f"{receiver.url} refuses the event '{event['type']}' of {event['source']}: it answers {answer.code}",
        hint="fix the receiver, which has to answer 2xx, and run it again; no later events were sent",
    )
