"""Does this SQL statement touch a column? What cannot be shown not to, is unknown.

A statement that touches a column and is said not to would open a gate. So "no touch" is what is left when everything
else is excluded: each word of the text that names the table or the column must be accounted for in the parsed tree.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contractctl.statements.texts import Text


EVERYTHING = "*"
"""As a column's name: the table itself, whichever of its columns are used."""


class Touch(StrEnum):
    """What running a statement does to a column."""

    READS = "reads"
    UNKNOWN = "unknown"
    """It may, and cannot be understood."""
    WRITES = "writes only"
    NONE = "no touch"


@dataclass(frozen=True, slots=True)
class Target:
    """The column, and all the ways that lead to it."""

    table: str
    """May be qualified by its schema: `sales.orders`."""
    column: str
    """Or EVERYTHING."""
    dialect: str
    """postgresql, mysql or sqlite."""
    also: Collection[str] = ()
    """Other names under which the table is read: its partitions, and what it is a partition of; qualified like it."""
    through: Collection[str] = ()
    """Views and functions that depend on the column: a statement that names one touches it."""
    fires: Collection[str] = ()
    """Tables with a trigger that touches the column: a statement that writes to one does, too."""
    within: str = ""
    """The schema in which the statement was sent: a name by itself is of that one. Empty: it may be of any."""
    nested_seen: bool = False
    """Statements inside functions are counted apart from their callers: a call by itself then hides nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found, and why."""

    touch: Touch
    why: str


def touch(sql: str, target: Target) -> Reading:
    """What running a statement, or several with semicolons between, does to a column."""
    from contractctl.statements import texts, trees

    text = texts.read(sql, target.dialect)
    found = _without_parsing(text, target)
    if found is not None:
        return found
    reading = trees.touch(text, target)
    if reading.touch is not Touch.READS and text.problem:
        return Reading(Touch.UNKNOWN, text.problem)
    return reading


def _without_parsing(text: "Text", target: Target) -> Reading | None:
    """Most statements of a server have nothing to do with one table: they need not be parsed."""
    if may_fire(text.words, target):
        return Reading(Touch.READS, "a trigger of the table that it writes touches the column")
    if may_mean(text.words, (target.table, *target.also, *target.through), target.within):
        return None
    if text.problem:
        return Reading(Touch.UNKNOWN, text.problem)
    if text.first in _OPAQUE and not (target.nested_seen and text.first in _CALLS):
        return Reading(Touch.UNKNOWN, f"{text.first.upper()} runs statements that it does not show")
    if target.nested_seen or not text.calls:
        return Reading(Touch.NONE, "it does not name the table")
    return None


_WRITERS = frozenset({"insert", "update", "delete", "merge", "replace", "copy", "load", "truncate", "import"})
_CALLS = frozenset({"call", "do", "execute", "fetch", "move"})
"""What these run is logged by itself: a cursor's query where it is declared, a prepared one each time."""
_OPAQUE = frozenset(
    {
        "call",
        "do",
        "exec",
        "execute",
        "prepare",
        "fetch",
        "move",
        "handler",
        "load",
        "explain",
        "describe",
        "desc",
        "xa",
    }
)
"""Statements whose text does not say what they read."""


def may_mean(words: Collection[str], given: Iterable[str], within: str) -> bool:
    """Whether a text of these words may mean one of these: what is of another schema it can only name with that."""
    for name in given:
        schema, _, bare = name.casefold().rpartition(".")
        if bare in words and (not schema or within.casefold() in ("", schema) or schema in words):
            return True
    return False


def may_fire(words: Collection[str], target: Target) -> bool:
    """Whether a text of these words may write to a table whose trigger touches the column."""
    return may_mean(words, target.fires, target.within) and not _WRITERS.isdisjoint(words)


def names(given: Collection[str]) -> frozenset[str]:
    """Names without their schemas, as they are compared."""
    return frozenset(name.rpartition(".")[2].casefold() for name in given)


def table_names(target: Target) -> frozenset[str]:
    """All names of the table."""
    return names((target.table, *target.also))
