"""On which server are witnesses tried? One that is there for tests; never the one that a contract names by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from contractctl import databases, journal
from contractctl.errors import ContractctlError
from contractctl.formats.sql.laboratory import Laboratory, laboratory
from contractctl.settings.databases import from_environment


@contextmanager
def opened(word: str) -> Iterator[Laboratory]:
    """The server of a URL, or of env:NAME. Raise ContractctlError where there is none, or it does not answer."""
    url = from_environment(word)
    if "://" not in url:
        raise ContractctlError(
            f"'{word}' holds no database URL", hint="write a whole URL: postgresql://user@host/tests"
        )
    engine = databases.create_engine(url)
    try:
        with journal.plain_words(engine):
            yield laboratory(engine)
    finally:
        engine.dispose()
