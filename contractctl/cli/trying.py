"""On which server are witnesses tried? One meant for tests; never, by default, the one that a contract names."""

from collections.abc import Iterator
from contextlib import contextmanager

from contractctl import databases, journal
from contractctl.cli.address import whole_url
from contractctl.formats.sql.witness.laboratory import Laboratory, laboratory


@contextmanager
def opened(word: str) -> Iterator[Laboratory]:
    """The server of a URL, or of env:NAME. Raise ContractctlError where there is none, or it does not answer."""
    with databases.opened(whole_url(word, "tests")) as engine, journal.plain_words(engine):
        yield laboratory(engine)
