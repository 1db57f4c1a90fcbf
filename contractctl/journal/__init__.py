"""What happened to a plan, who may work on it now, and where does it stand?"""

from sqlalchemy import Connection

from contractctl.journal.entries import (
    Entry,
    EntryKind,
    Note,
    append,
    broken_links,
    entries,
    plans,
    verify_chain,
)
from contractctl.journal.folding import MOVES, ROLLBACK, History, fold
from contractctl.journal.lease import HeldError, Lease, Operator, acquire, current, hold, release
from contractctl.journal.schema import HEAD, open, provide, version  # noqa: A004 - read as journal.open
from contractctl.journal.transactions import RefusedError, busy, plain_words, reading, writing
from contractctl.model.plan import Standing

__all__ = (
    "HEAD",
    "MOVES",
    "ROLLBACK",
    "Entry",
    "EntryKind",
    "HeldError",
    "History",
    "Lease",
    "Note",
    "Operator",
    "RefusedError",
    "acquire",
    "append",
    "broken_links",
    "busy",
    "current",
    "entries",
    "fold",
    "hold",
    "open",
    "plain_words",
    "plans",
    "provide",
    "reading",
    "release",
    "standing",
    "verify_chain",
    "version",
    "writing",
)


def history(connection: Connection, plan: str) -> History:
    """The state that a plan's entries add up to."""
    return fold(entries(connection, plan))


def standing(connection: Connection, plan: str) -> Standing:
    """Where a plan stands."""
    return history(connection, plan).standing
