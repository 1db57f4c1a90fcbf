"""What cannot be read, and where is it broken? One contract that cannot keeps nobody from the others."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from contractctl.errors import ContractctlError
from contractctl.model.contract import Contract
from contractctl.model.verdict import Place
from contractctl.store.contracts import CONTRACT, read
from contractctl.store.texts import shown

_T = TypeVar("_T")
_PLACED = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+))?(?::(?P<column>\d+))?: ")
"""How a message about a file begins."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What cannot be read, and what to do."""

    name: str
    """The contract's; of a file outside the store, its path."""
    message: str
    """It begins with the place, where that is known."""
    remedy: str
    place: Place | None


def tried(name: str, file: str | None, find: Callable[[], _T]) -> _T | Unreadable:
    """What is found; or that it cannot be read, and where.

    file: what is wrong, where the error does not begin with its place.
    """
    try:
        return find()
    except ContractctlError as error:
        return _placed(name, file, error.message, error.hint)
    except OSError as error:
        if error.filename is None:
            raise
        return _placed(name, file, f"{error.filename}: {error.strerror}", None)


def read_each(contracts: Path, names: Iterable[str]) -> tuple[Contract | Unreadable, ...]:
    """Contracts that are there, each on its own."""
    return tuple(tried(name, shown(contracts / name / CONTRACT), partial(read, contracts, name)) for name in names)


def parted(found: Iterable[_T | Unreadable]) -> tuple[tuple[_T, ...], tuple[Unreadable, ...]]:
    """What could be read, and what could not."""
    read_, unread = [], []
    for one in found:
        if isinstance(one, Unreadable):
            unread.append(one)
        else:
            read_.append(one)
    return tuple(read_), tuple(unread)


def _placed(name: str, file: str | None, message: str, hint: str | None) -> Unreadable:
    remedy = hint or "fix the file, and run the same command again"
    at = _PLACED.match(message)
    if at is None or not os.path.isfile(at["file"]):  # noqa: PTH113 - Path's raises for what cannot be a name
        return Unreadable(name, message, remedy, Place(file) if file else None)
    line, column = (None if at[part] is None else int(at[part]) for part in ("line", "column"))
    return Unreadable(name, message, remedy, Place(at["file"], line, column))
