"""Whose command is using a connection? Revisions ask; the command that runs them proves its lease."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from contractctl.migration.context import Session

_SESSION = "contractctl_session"


def session_of(connection: Connection) -> Session | None:
    """The session whose command is using this connection; None for a plain `alembic upgrade`."""
    found = connection.info.get(_SESSION)
    return found if isinstance(found, Session) else None


@contextmanager
def at_work(session: Session, connection: Connection) -> Iterator[None]:
    """Prove the lease, and tell the revisions that run here who runs them."""
    session.hold(connection)
    info = connection.info
    info[_SESSION] = session
    try:
        yield
    finally:
        info.pop(_SESSION, None)


@contextmanager
def at_work_alone(session: Session, connection: Connection) -> Iterator[None]:
    """As at_work(), where the lease must be proven in the first transaction and in the last one."""
    with at_work(session, connection):
        yield
    session.hold(connection)
