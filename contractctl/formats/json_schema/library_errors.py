"""What happens when a library fails to execute a schema? It becomes one error, and nothing is printed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_PANIC = "PanicException"
"""What a library in Rust raises in the place of a crash. It has no public class, and is not an Exception."""


class LibraryError(Exception):
    """A schema that a library cannot execute: one that refers to itself without end, for example."""


@contextmanager
def executing() -> Iterator[None]:
    """Raise LibraryError for whatever a library raises. What a panic prints on the standard error is dropped."""
    try:
        with _silence():
            yield
    except Exception as error:
        raise LibraryError(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise LibraryError(str(error)) from None


@contextmanager
def _silence() -> Iterator[None]:
    try:
        kept = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
