"""What has happened and was not delivered yet? Events in the order of their entries, until a receiver takes them."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from contractctl.journal.tables import OUTBOX


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event that no receiver has taken yet."""

    number: int
    event: dict[str, Any]
    """A CloudEvent: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md."""


def waiting(connection: Connection, limit: int) -> tuple[Waiting, ...]:
    """The oldest ones. One that was begun earlier but committed later comes as soon as it is visible."""
    query = select(OUTBOX.c.id, OUTBOX.c.event).where(OUTBOX.c.delivered_at.is_(None)).order_by(OUTBOX.c.id)
    rows = connection.execute(query.limit(limit))
    return tuple(Waiting(int(number), json.loads(event)) for number, event in rows)


def count(connection: Connection) -> int:
    """How many wait."""
    query = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.delivered_at.is_(None))
    return int(connection.execute(query).scalar_one())


def delivered(connection: Connection, number: int, at: float) -> None:
    """Mark it as taken by a receiver. It stays in the table: the journal is verified against it."""
    connection.execute(OUTBOX.update().where(OUTBOX.c.id == number).values(delivered_at=at))
