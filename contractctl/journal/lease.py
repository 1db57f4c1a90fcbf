"""Who may write to a plan's journal now? One operator at a time, known by a token that only ever grows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from contractctl import databases
from contractctl.errors import ContractctlError
from contractctl.journal.tables import LEASE

_LEAST_WAIT = 1.0
"""Seconds after which to try again if the lease itself has expired."""


class HeldError(ContractctlError):
    """Another operator is working on the plan. Waiting helps."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message, hint="wait until they are done, or until that time if they have crashed")
        self.retry_after = retry_after
        """Seconds until the lease ends, unless it is renewed."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who wants to work on a plan."""

    holder: str
    """Person, machine and process: what others are told."""
    gone: Callable[[str], bool] = lambda _: False
    """Whether another holder is known to have died."""
    seconds: float = 30.0
    """How long a lease lasts after each sign of life."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a plan."""

    plan: str
    holder: str
    token: int
    """The fencing token: a smaller one is refused."""
    seconds: float
    """How long it lasts after each sign of life."""
    expires_at: float


def acquire(connection: Connection, plan: str, operator: Operator, now: float) -> Lease:
    """Take the lease. Raise HeldError where another operator has it, unless it has expired or that process has died.

    Of several who try at once one gets it: they meet at the lease's row, whose lock is kept to the transaction's end.
    """
    found = _locked(connection, plan, now)
    if found is not None and found.expires_at > now and not operator.gone(found.holder):
        raise _held(found, now)
    lease = Lease(plan, operator.holder, (found.token if found else 0) + 1, operator.seconds, now + operator.seconds)
    values = {"holder": lease.holder, "token": lease.token, "expires_at": lease.expires_at}
    if found is not None:
        connection.execute(LEASE.update().where(LEASE.c.plan == plan).values(**values))
        return lease
    try:
        with connection.begin_nested():
            connection.execute(LEASE.insert().values(plan=plan, **values))
    except IntegrityError:
        first = current(connection, plan)
        if first is None:
            raise
        raise _held(first, now) from None
    return lease


def _locked(connection: Connection, plan: str, now: float) -> Lease | None:
    """The lease, with its row locked. A process that keeps that lock for long is at work, whatever the lease says."""
    try:
        with connection.begin_nested():
            return _read(connection, select(LEASE).where(LEASE.c.plan == plan).with_for_update())
    except DBAPIError as error:
        found = current(connection, plan) if databases.of(connection).busy(error) else None
        if found is None:
            raise
        raise _held(found, now) from error


def _held(lease: Lease, now: float) -> HeldError:
    left = lease.expires_at - now
    until = f"until {datetime.fromtimestamp(lease.expires_at, UTC):%Y-%m-%d %H:%M:%S} UTC" if left > 0 else "just now"
    return HeldError(f"'{lease.plan}' is held by {lease.holder} {until}", retry_after=max(left, _LEAST_WAIT))


def hold(connection: Connection, lease: Lease, now: float) -> None:
    """Prove inside the caller's transaction that the lease is still ours, and renew it.

    Raise ContractctlError where somebody else has taken over: nothing of the transaction may then be kept.
    """
    ours = (LEASE.c.plan == lease.plan, LEASE.c.token == lease.token)
    if connection.execute(LEASE.update().where(*ours).values(expires_at=now + lease.seconds)).rowcount == 1:
        return
    found = current(connection, lease.plan)
    who = found.holder if found else "nobody"
    raise ContractctlError(
        f"{who} has taken over '{lease.plan}', because this process had not renewed its lease in time",
        hint=f"to see its state: contractctl migrate status {lease.plan}",
    )


def release(connection: Connection, lease: Lease) -> None:
    """Release the lease. The token stays, so that the next one is greater. Does nothing if it is no longer ours."""
    ours = (LEASE.c.plan == lease.plan, LEASE.c.token == lease.token)
    connection.execute(LEASE.update().where(*ours).values(expires_at=0.0))


def current(connection: Connection, plan: str) -> Lease | None:
    """The lease as it was last taken, expired or not."""
    return _read(connection, select(LEASE).where(LEASE.c.plan == plan))


def _read(connection: Connection, query: Select[Any]) -> Lease | None:
    row = connection.execute(query).first()
    return None if row is None else Lease(row.plan, row.holder, row.token, 0.0, row.expires_at)
