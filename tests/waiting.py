"""When has it come true? Asked again and again, and never for ever."""

import time
from collections.abc import Callable


def wait_for(what: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)
