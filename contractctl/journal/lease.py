"""Who may write to a plan's journal now? One operator at a time, known by a token that only ever grows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from contractctl.errors import ContractctlError
from contractctl.journal.tables import LEASE


class HeldError(ContractctlError):
    """Somebody else is at work on the plan. Waiting mends it."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message, hint="wait until they are done, or until then if they have died")
        self.retry_after = retry_after
        """Seconds until the lease ends, unless it is renewed."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who wants to work on a plan."""

    holder: str
    """Person, machine and process: what the next one is told."""
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
    """The fencing token: whoever comes with a smaller one is refused."""
    seconds: float
    """How long it lasts after each sign of life."""
    expires_at: float


def acquire(connection: Connection, plan: str, operator: Operator, now: float) -> Lease:
    """Take the lease. Raise HeldError where somebody has it, unless it has expired or they have died."""
    found = current(connection, plan)
    if found is not None and found.expires_at > now and not operator.gone(found.holder):
        until = f"{datetime.fromtimestamp(found.expires_at, UTC):%Y-%m-%d %H:%M:%S} UTC"
        raise HeldError(f"'{plan}' is held by {found.holder} until {until}", retry_after=found.expires_at - now)
    lease = Lease(plan, operator.holder, (found.token if found else 0) + 1, operator.seconds, now + operator.seconds)
    values = {"holder": lease.holder, "token": lease.token, "expires_at": lease.expires_at}
    if found is None:
        connection.execute(LEASE.insert().values(plan=plan, **values))
    else:
        connection.execute(LEASE.update().where(LEASE.c.plan == plan).values(**values))
    return lease


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
        f"{who} has taken over '{lease.plan}', since nothing had been heard from here for too long",
        hint=f"see where it stands: contractctl migrate status {lease.plan}",
    )


def release(connection: Connection, lease: Lease) -> None:
    """Give the lease back. The token stays, so that the next one is greater; not ours any more: nothing happens."""
    ours = (LEASE.c.plan == lease.plan, LEASE.c.token == lease.token)
    connection.execute(LEASE.update().where(*ours).values(expires_at=0.0))


def current(connection: Connection, plan: str) -> Lease | None:
    """The lease as it was last taken, expired or not."""
    row = connection.execute(select(LEASE).where(LEASE.c.plan == plan)).first()
    return None if row is None else Lease(row.plan, row.holder, row.token, 0.0, row.expires_at)
