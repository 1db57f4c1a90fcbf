"""What is done to a database before a test begins?"""

from collections.abc import Iterable

from contractctl import databases


def make(url: str, statements: Iterable[str]) -> None:
    """Run statements as contractctl connects there, in one transaction where the engine has such."""
    engine = databases.create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                databases.run(connection, statement)
    finally:
        engine.dispose()
