"""How is one part of a transaction undone if it fails? And which error counts then?"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def all_or_nothing(connection: Connection) -> Iterator[None]:
    """A savepoint. If an error ended the whole transaction, and the savepoint with it, that error is raised."""
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
