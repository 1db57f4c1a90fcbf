"""Should this command end? A signal ends it as Ctrl-C does; work in batches finishes the current one."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_WITHOUT_A_WORD = tuple(one for one in signal.Signals if one.name in {"SIGTERM", "SIGHUP"})
"""Python ends at once at these: nothing is closed, and a server keeps working for nobody. Windows has one of them."""
_SIGNALS = (signal.SIGINT, *_WITHOUT_A_WORD)
_BY_SIGNAL = 128
"""What a shell adds to a signal's number for the exit code."""


class EndedError(KeyboardInterrupt):
    """A signal has arrived that ends this command, whatever it is doing."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = _BY_SIGNAL + number


def exit_code(error: BaseException) -> int:
    """The code of a process ended by the signal behind the error; if there is none, it was Ctrl-C."""
    cause = error.__cause__ or error
    return cause.exit_code if isinstance(cause, EndedError) else _BY_SIGNAL + signal.SIGINT


def end_like_ctrl_c() -> None:
    """From now on, a signal that stops this process, or its terminal closing, lets it close what is open."""
    for number in filter(_heard, _WITHOUT_A_WORD):
        signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise EndedError(number)


def _heard(number: int) -> bool:
    """Whether we react to the signal: nohup ignores some, and so does a shell for background processes."""
    return signal.getsignal(number) is not signal.SIG_IGN


class Asked:
    """Whether a signal has arrived, and which."""

    def __init__(self) -> None:
        self._signal = 0

    def __call__(self) -> bool:
        return self._signal != 0

    @property
    def exit_code(self) -> int:
        """The code of a process ended by the signal."""
        return _BY_SIGNAL + self._signal

    def take(self, number: int, _frame: FrameType | None) -> None:
        """The first one is a request, the second one an order."""
        if self._signal:
            raise EndedError(number)
        self._signal = number


@contextmanager
def asked(*, takes_long: bool) -> Iterator[Asked]:
    """Inside this block signals are only noted: for long work that can stop between two steps."""
    found = Asked()
    before = {number: signal.signal(number, found.take) for number in filter(_heard, _SIGNALS) if takes_long}
    try:
        yield found
    finally:
        for number, action in before.items():
            signal.signal(number, action)
