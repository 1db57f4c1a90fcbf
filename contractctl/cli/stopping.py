"""Is this command to end? Ctrl-C and SIGTERM are taken as a wish, and obeyed after a whole batch."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BY_SIGNAL = 128
"""What a shell adds to a signal's number for the exit code."""


class Asked:
    """Whether a signal has come, and which."""

    def __init__(self) -> None:
        self._signal = 0

    def __call__(self) -> bool:
        return self._signal != 0

    @property
    def exit_code(self) -> int:
        """As if the signal had ended us."""
        return _BY_SIGNAL + self._signal

    def take(self, number: int, _frame: FrameType | None) -> None:
        """The first one is a wish, the second one an order."""
        if self._signal:
            raise KeyboardInterrupt
        self._signal = number


@contextmanager
def asked(*, takes_long: bool) -> Iterator[Asked]:
    """Within it signals are only noted, where it is something that takes long and can be ended in between."""
    found = Asked()
    before = {number: signal.signal(number, found.take) for number in _SIGNALS if takes_long}
    try:
        yield found
    finally:
        for number, action in before.items():
            signal.signal(number, action)
