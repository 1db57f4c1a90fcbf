"""What did the driver report, and what did it report first?"""

from sqlalchemy.exc import DBAPIError, PendingRollbackError

KEPT = "finished work is kept, and the same command resumes"
"""What hints say of a command that was interrupted."""


def driver_error(error: BaseException) -> BaseException:
    """The driver's own error, with or without SQLAlchemy around it.

    Where a savepoint is gone, its whole transaction has gone before it, in a deadlock or because the disk is full;
    where a transaction must be rolled back, its connection has. That was the first error, and the one that counts.
    """
    own: BaseException = getattr(error, "orig", error)
    if not isinstance(error, PendingRollbackError) and "savepoint" not in str(own).lower():
        return own
    earlier = error.__context__
    while earlier is not None:
        if isinstance(earlier, DBAPIError) and earlier.orig is not None:
            own = earlier.orig
        earlier = earlier.__context__
    return own


def said(error: DBAPIError) -> str:
    """What the database itself reported."""
    return str(error.orig.args[-1] if error.orig is not None and error.orig.args else error)
