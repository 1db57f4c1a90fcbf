"""Kill a process at every statement and every commit while it makes the journal's tables, and open the journal again.

Run as: python killed_opening.py URL EVERY. Every EVERY-th point is tried. Prints one JSON object: how many there were,
and what was wrong after each.
"""

import json
import os
import signal
import sys
from collections.abc import Callable

import alembic.command  # noqa: F401 - imported once, here, and not by every child
from sqlalchemy import Engine, MetaData
from sqlalchemy.event import listen

from contractctl import databases, journal
from contractctl.databases import run
from contractctl.journal import EntryKind, Note


def killed(url: str, point: int) -> None:
    """Open the journal; SIGKILL ourselves before the n-th statement or commit."""
    engine, seen = databases.create_engine(url), 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)

    listen(engine, "before_cursor_execute", count)
    listen(engine, "commit", count)
    journal.open(engine)


def used(url: str) -> None:
    """Open the journal again, and use it; the database must still refuse what it should."""
    engine = databases.create_engine(url)
    journal.open(engine)
    with journal.writing(engine) as connection:
        journal.append(connection, Note("p", EntryKind.INTENT, "expand", "1", 1.0, "me", "", {}))
    with journal.reading(engine) as connection:
        journal.verify_chain(connection, "p")
        assert len(journal.entries(connection, "p")) == 1
        assert run(connection, "SELECT version_num FROM contractctl_version").scalars().all() == [journal.HEAD]
    for change in ("UPDATE contractctl_journal SET actor = 'x'", "DELETE FROM contractctl_journal"):
        try:
            with journal.writing(engine) as connection:
                run(connection, change)
        except journal.RefusedError:
            continue
        raise AssertionError(change)
    wipe(engine)


def wipe(engine: Engine) -> None:
    with engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        tables.drop_all(connection)
        if engine.dialect.name == "postgresql":
            run(connection, "DROP FUNCTION contractctl_append_only()")


def forked(work: Callable[[], None]) -> int:
    """The status with which a child ended that did the work."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = 1
    try:
        work()
        code = 0
    except BaseException as error:  # noqa: BLE001 - a child must never run its parent's code
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    os._exit(code)


def main(url: str, every: int) -> None:
    wrong, point = dict[int, str](), 1 - every
    while True:
        point += every
        status = forked(lambda point=point: killed(url, point))
        if status not in (0, signal.SIGKILL):
            wrong[point] = "the opening failed before it was killed"
        if forked(lambda: used(url)) != 0:
            wrong[point] = "the journal could not be opened and used again"
        if status != signal.SIGKILL:
            break
    print(json.dumps({"points": point - 1, "wrong": wrong}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
