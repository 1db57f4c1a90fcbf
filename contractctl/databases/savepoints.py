"""How is one part of a transaction undone where it fails? And which error is it then that counts?"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def all_or_nothing(connection: Connection) -> Iterator[None]:
    """A savepoint. Where an error has ended the whole transaction, the savepoint with it, that error is raised."""
    nested = connection.begin_nested()
    try:
        yield
    except BaseException as error:
        try:
            nested.rollback()
        except DBAPIError:
            raise error from None
        raise
    nested.commit()
