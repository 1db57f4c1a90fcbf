"""What does SQLite mean when it refuses?"""

from contractctl.databases.causes import KEPT, driver_error

_MEANINGS = {
    "readonly": ("the database cannot be written", "give this user the right to write the file and its folder"),
    "disk is full": ("the disk is full", f"free some space; {KEPT}"),
    "unable to open": ("the database file cannot be opened", "check the file, its folder and its permissions"),
    "locked": ("another process has been writing for too long", "end long transactions, and run it again"),
    "disk i/o": ("the disk does not answer", "check the disk; finished work is kept"),
    "not a database": ("the file is not a SQLite database", "is the URL right?"),
    "malformed": ("the database file is damaged", "restore it; PRAGMA integrity_check shows what is wrong"),
    "append-only": ("the journal is append-only, but something tried to change it", "leave contractctl_journal alone"),
}
"""What SQLite's sentences hold, and what they mean: https://www.sqlite.org/rescode.html."""


def busy(error: BaseException) -> bool:
    """Whether another connection holds the lock."""
    said = _said(error).lower()
    return "locked" in said or "busy" in said


def lost(_error: BaseException) -> bool:
    """Whether the connection is gone: there is none that could be."""
    return False


def meaning(error: BaseException) -> tuple[str, str]:
    """The driver's error in plain words, and what to do."""
    said = _said(error)
    for word, (message, hint) in _MEANINGS.items():
        if word in said.lower():
            return f"{message}: {said}", hint
    return f"the database refused: {said}", "fix what it names; finished work is kept"


def _said(error: BaseException) -> str:
    """The driver's own sentence, with or without SQLAlchemy around it."""
    return str(driver_error(error))
