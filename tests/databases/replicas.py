"""What does a server say of its replicas, or of itself as one?"""

import time
from collections.abc import Callable

from contractctl import databases
from contractctl.databases import Measured
from tests.servers import Server


def asked(server: Server, question: str) -> Measured:
    """`lag` of a primary, or `own_lag` of a replica."""
    engine = databases.create_engine(server.url())
    try:
        with engine.connect() as connection:
            found: Measured = getattr(databases.of(engine), question)(connection)
            return found
    finally:
        engine.dispose()


def until(answer: Callable[[], Measured], fits: Callable[[Measured], bool]) -> Measured:
    """The first answer that fits; the last one where none does in time."""
    for _ in range(200):
        found = answer()
        if fits(found):
            break
        time.sleep(0.1)
    return found


def is_known(found: Measured) -> bool:
    return found.value is not None


def is_late(found: Measured) -> bool:
    return found.value is not None and found.value >= 1
