"""What did the driver say, and what did it say first?"""

from sqlalchemy.exc import DBAPIError


def driver_error(error: BaseException) -> BaseException:
    """The driver's own error, with or without SQLAlchemy around it.

    Where a savepoint is gone, its whole transaction has gone before it: in a deadlock, or because the disk is full.
    That was the first error, and it is the one that counts.
    """
    own: BaseException = getattr(error, "orig", error)
    if "savepoint" not in str(own).lower():
        return own
    earlier = error.__context__
    while earlier is not None:
        if isinstance(earlier, DBAPIError) and earlier.orig is not None:
            own = earlier.orig
        earlier = earlier.__context__
    return own
