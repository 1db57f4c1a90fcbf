"""What does PostgreSQL mean when it refuses? By its codes, which are the same in every language."""

import re

from contractctl.databases.causes import KEPT, driver_error

_AGAIN = "end long transactions, and run it again"
_RIGHTS = "grant it to this user"
_OWNERS = "connect as the role that owns it, or as a member of that role: GRANT the role TO this user"
_OWNED = re.compile(r"must be owner|contractctl_")
"""What no single grant gives: only an owner changes tables, and contractctl's belong to the role of the first stage."""

_FORBIDDEN = "42501"

_MEANINGS = {
    "53100": ("the server's disk is full", f"free some space; {KEPT}"),
    "53200": ("the server is out of memory", KEPT),
    "53300": ("the server has no connection left", "raise max_connections, or end idle connections"),
    "54": ("that is more than PostgreSQL can take", "fix what it names"),
    "55P03": ("another session held a lock for too long", _AGAIN),
    "40P01": ("deadlock: two transactions waited for each other, and ours was ended", "run it again"),
    "40001": ("another session has changed the same rows", "run it again"),
    "57014": ("the statement was cancelled", "is statement_timeout too short for this user? run it again"),
    "25P03": ("the server ended a transaction that was idle", "raise idle_in_transaction_session_timeout"),
    "57P": ("the server is shutting down, or starting", f"wait for it; {KEPT}"),
    "08": ("the connection to the server is lost", f"is the server there? {KEPT}"),
    "25006": ("the database cannot be written", "is this a replica, or default_transaction_read_only set?"),
    _FORBIDDEN: ("this user may not do that", f"{_RIGHTS}; where row-level security is the reason: BYPASSRLS"),
    "3F000": ("there is no such schema", "is search_path right for this user?"),
    "XX": ("the database is damaged", "restore it; amcheck shows what is wrong"),
    "58": ("the server's disk does not answer", f"check the server's disk; {KEPT}"),
}
"""What a code, or the class that it begins with, means: https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_POOLER = "query_wait_timeout"
"""All that pgbouncer says to who has waited for one of its connections for as long as that setting lets him."""
_NO_CONNECTION = "the pooler in front of the server has had no connection to give"
_TWO = "two are needed at once, and more with --workers: raise its pool size, or name the server itself in the URL"
_NOT_NOW = re.compile(r"starting up|shutting down|recovery mode|not yet accepting|terminating connection")

_CONNECTING = (
    (re.compile(r"password authentication failed|no password supplied"), "the password is wrong", "correct the URL"),
    (re.compile(r"database .* does not exist"), "there is no such database", "create it, or correct the URL"),
    (re.compile(r"role .* does not exist"), "there is no such user", "create the user, or correct the URL"),
    (re.compile(r"pg_hba\.conf|authentication"), "the server refuses the login", "see its pg_hba.conf"),
    (re.compile(r"too many (clients|connections)|slots are reserved"), *_MEANINGS["53300"]),
    (_NOT_NOW, *_MEANINGS["57P"]),
    (re.compile(r"SSL|certificate"), "no secure connection could be established", "check sslmode and the certificates"),
    (re.compile(r"failed|could not|timeout"), "the server cannot be reached", "is it running, and is the URL right?"),
)
"""Parts of libpq's messages where no connection is made: such an error has no code."""

_BUSY = frozenset({"40P01", "40001", "55P03"})
_CANCELLED = "57014"


def busy(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is repeated. What an administrator cancelled is not busy."""
    code = _code(error)
    return code in _BUSY or (code == _CANCELLED and "user request" not in _said(error))


def lost(error: BaseException) -> bool:
    """Whether the connection is gone, or the server: the last request may or may not have been executed."""
    code = _code(error)
    if code is not None:
        return code.startswith(("08", "57P"))
    said = _said(error)
    return _of_driver(error) and ("FATAL" not in said or _NOT_NOW.search(said) is not None)


def meaning(error: BaseException) -> tuple[str, str]:
    """The driver's error in plain words, and what to do."""
    code, said = _code(error), _said(error)
    if "append-only" in said:
        return (
            f"the journal is append-only, but something tried to change it: {said}",
            "leave contractctl_journal alone",
        )
    if said == _POOLER:
        return f"{_NO_CONNECTION}: {said}", f"{_TWO}; {KEPT}"
    if code is not None:
        for beginning, (message, hint) in _MEANINGS.items():
            if code.startswith(beginning):
                return f"{message}: {said}", _OWNERS if code == _FORBIDDEN and _OWNED.search(said) else hint
    elif _of_driver(error):
        for pattern, message, hint in _CONNECTING:
            if pattern.search(said):
                return f"{message}: {said}", hint
        return f"{_MEANINGS['08'][0]}: {said}", _MEANINGS["08"][1]
    return f"the database refused: {said}", "fix what it names; finished work is kept"


def _code(error: BaseException) -> str | None:
    code = getattr(driver_error(error), "sqlstate", None)
    return code if isinstance(code, str) else None


def _of_driver(error: BaseException) -> bool:
    """Whether the error is about the connection, not about a statement."""
    return type(driver_error(error)).__name__ in {"OperationalError", "ConnectionTimeout", "InterfaceError"}


def _said(error: BaseException) -> str:
    """The driver's own sentence, without details: they may hold values of rows. Each address that was tried has one."""
    lines = [line.strip(" \t-") for line in str(driver_error(error)).splitlines() if line.strip()]
    if _code(error) is None:
        tried = [line for line in lines if line.startswith(("connection to", "host:"))]
        return "; ".join(tried or lines[:1])
    return lines[0] if lines else ""
