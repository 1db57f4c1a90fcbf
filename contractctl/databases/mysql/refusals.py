"""What does MariaDB mean when it refuses? By its numbers, which are the same in every language."""

from contractctl.databases.causes import KEPT, driver_error

_REACH = ("the server cannot be reached", "is it running, and is the URL right?")
_LOST = ("the connection to the server is lost", f"is the server there? {KEPT}")
_DISK = ("the server's disk is full", f"free some space; {KEPT}")
_EXPIRED = (
    "the user's password has expired",
    "log in as this user by hand, set a new password, and put it into the URL",
)
_DAMAGED = ("a table is damaged", "ask CHECK TABLE what is wrong with it, and restore it if need be")
_RIGHTS = ("this user may not do that", "grant it to this user")
_READ_ONLY = ("the database cannot be written", "is this a replica, or read_only set?")

_MEANINGS = {
    1021: _DISK,
    1114: _DISK,
    1040: ("the server has no connection left", "raise max_connections, or end idle connections"),
    1203: ("this user has no connection left", "raise max_user_connections, or end idle connections"),
    1205: ("another session held a lock for too long", "end long transactions, and run it again"),
    1213: ("deadlock: two transactions waited for each other, and ours was ended", "run it again"),
    1684: ("another session is changing a table", "run it again"),
    1020: ("another session has changed the same rows", "run it again"),
    1412: ("another session has changed a table meanwhile", "run it again"),
    1615: ("another session has changed a table meanwhile", "run it again"),
    1206: (
        "the server has no room for more locks",
        "raise innodb_buffer_pool_size, or end transactions that hold many rows; then run it again",
    ),
    1799: (
        "others wrote more to the table, while MariaDB rewrote it, than the server may keep aside meanwhile",
        "raise innodb_online_alter_log_max_size, or run it again when less is written; the table is as it was",
    ),
    1153: ("a value is larger than the server takes at once", f"raise max_allowed_packet; {KEPT}"),
    1037: ("the server is out of memory", f"free some, or lower its buffers; {KEPT}"),
    1038: ("the server is out of memory to sort in", f"raise sort_buffer_size; {KEPT}"),
    1041: ("the server is out of memory", f"free some, or lower its buffers; {KEPT}"),
    1047: ("this node of the cluster takes no statements now", "wait until it is in sync, or use another node"),
    1118: ("a row of the table would be too long", "drop columns that nobody uses, or make long VARCHARs TEXT"),
    1117: ("the table has too many columns", "drop columns that nobody uses"),
    1194: _DAMAGED,
    1195: _DAMAGED,
    1932: _DAMAGED,
    1969: ("the statement took longer than allowed", "raise max_statement_time for this user"),
    1045: ("the password is wrong, or the user unknown", "correct the URL"),
    1698: ("the server refuses the login", "give the user a password, and put it into the URL"),
    1130: ("the server does not accept connections from this machine", "allow the user to come from here"),
    1129: ("the server does not let this machine in after too many failed connections", "run FLUSH HOSTS there"),
    1226: (
        "this user has used up what it may do within an hour",
        "wait for the next hour, or raise what the refusal names: ALTER USER … WITH MAX_QUERIES_PER_HOUR …",
    ),
    1820: _EXPIRED,
    1862: _EXPIRED,
    4151: ("the account is locked", "unlock it (ALTER USER … ACCOUNT UNLOCK), or put another user into the URL"),
    1044: ("this user may not use the database", "grant this user access to it, or correct the URL"),
    1049: ("there is no such database", "create it, or correct the URL"),
    1142: _RIGHTS,
    1143: _RIGHTS,
    1227: _RIGHTS,
    1370: _RIGHTS,
    1419: (
        "this user may not create triggers while the server writes a binary log",
        "set log_bin_trust_function_creators = 1, or give the user BINLOG ADMIN",
    ),
    1290: _READ_ONLY,
    1792: _READ_ONLY,
    1836: _READ_ONLY,
    1665: ("the server's binary log cannot hold this", "set binlog_format to MIXED or ROW"),
    **dict.fromkeys((1152, 1158, 1159, 1160, 1161, 4031), _LOST),
    1053: ("the server is shutting down", f"wait for it; {KEPT}"),
    1317: ("the statement was cancelled", "run it again"),
    1927: _LOST,
    2002: _REACH,
    2003: _REACH,
    2005: _REACH,
    2006: _LOST,
    2013: _LOST,
    2014: _LOST,
    2055: _LOST,
    2026: ("no secure connection could be established", "check the certificates and ssl options"),
    0: _LOST,
}
"""What a number means: https://mariadb.com/kb/en/mariadb-error-code-reference/; from 2000 on they are the client's."""

_SAID = {
    "append-only": ("the journal is append-only, but something tried to change it", "leave contractctl_journal alone"),
    "no space left": _DISK,
    "disk full": _DISK,
    "errcode: 28": _DISK,
    "error 28": _DISK,
}
"""Parts of messages whose error numbers say little."""

BUSY = frozenset({1020, 1205, 1213, 1412, 1615, 1684})
"""After which a transaction may succeed when it is repeated."""
GONE = frozenset({0, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013, 2014, 2055, 4031})
"""After which there is no connection."""


def busy(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is repeated."""
    return _number(error) in BUSY


def lost(error: BaseException) -> bool:
    """Whether the connection is gone, or the server: the last request may or may not have been executed."""
    return _number(error) in GONE


def meaning(error: BaseException) -> tuple[str, str]:
    """The driver's error in plain words, and what to do."""
    said = _said(error)
    for word, (message, hint) in _SAID.items():
        if word in said.lower():
            return f"{message}: {said}", hint
    found = _MEANINGS.get(_number(error))
    if found is None:
        return f"the database refused: {said}", "fix what it names; finished work is kept"
    message, hint = found
    return f"{message}: {said}" if said else message, hint


def _number(error: BaseException) -> int:
    """The server's or the client's number; -1 where there is none."""
    arguments = driver_error(error).args
    return arguments[0] if arguments and isinstance(arguments[0], int) else -1


def _said(error: BaseException) -> str:
    """The driver's own sentence."""
    arguments = driver_error(error).args
    return str(arguments[1] if len(arguments) > 1 else arguments[0] if arguments else "").strip()
