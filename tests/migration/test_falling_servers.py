"""Does a plan go its whole way though the server is killed at its DDL again and again?"""

import os
from pathlib import Path

import pytest
import shop
from sqlalchemy import Engine
from sqlalchemy.event import listen

from contractctl import journal, migration
from contractctl.errors import ContractctlError
from contractctl.journal import EntryKind, Operator
from tests import budgets, servers
from tests.servers import Kind, Server

DDL = frozenset({"CREATE", "ALTER", "DROP", "RENAME"})
EVERY = 5
"""A fall takes a second; ci/fuzz kills at each statement."""
LEAST_FALLS = 4


class Fate:
    """Kills the server at DDL that was not met before: now before a statement is sent, now after it was obeyed."""

    def __init__(self, server: Server, every: int) -> None:
        self.server, self.every = server, every
        self.met: set[str] = set()
        self.falls = 0

    def watch(self, engine: Engine) -> None:
        listen(engine, "before_cursor_execute", lambda *seen: self.strike(seen[2], after=False))
        listen(engine, "after_cursor_execute", lambda *seen: self.strike(seen[2], after=True))

    def strike(self, statement: str, *, after: bool) -> None:
        if statement.split(maxsplit=1)[0].upper() not in DDL or statement in self.met:
            return
        if len(self.met) % self.every:
            self.met.add(statement)
        elif after == bool(self.falls % 2):
            self.met.add(statement)
            self.falls += 1
            self.server.kill()


@pytest.mark.parametrize("kind", [servers.POSTGRESQL, servers.MARIADB], ids=lambda kind: kind.name)
def test_a_server_that_is_killed_at_any_ddl_leaves_nothing_that_is_in_the_way(tmp_path: Path, kind: Kind) -> None:
    """Hazard 22, 31."""
    with servers.running(kind) as server, server.database() as url:
        shop.make(tmp_path, rows=30, url=url)
        fate = Fate(server, 1 if os.environ.get(budgets.VARIABLE) else EVERY)
        for turn, (stage, percent) in enumerate(shop.WAY):
            while not done(tmp_path, fate, stage, percent):
                server.start()
            column = "full_name" if stage in {"quiesce", "contract"} else "customer_name"
            with shop.connected(tmp_path) as application:
                row = (
                    f"INSERT INTO orders (id, {column}, total_cents) VALUES ({100 + turn}, 'customer {100 + turn}', 1)"
                )
                application.exec_driver_sql(row)
                application.commit()

        expected = [(n, f"customer {n}") for n in (*range(1, 31), *range(100, 100 + len(shop.WAY)))]
        assert shop.rows(tmp_path, "SELECT id, full_name FROM orders ORDER BY id") == expected
        assert outcomes(tmp_path) == len(shop.WAY)
        assert fate.falls >= LEAST_FALLS


def done(folder: Path, fate: Fate, stage: str, percent: float | None) -> bool:
    """Whether the stage came to its end before the server fell."""
    context = shop.context(folder, operator=Operator("ada@one", gone=lambda _holder: True))
    fate.watch(context.engine)
    before = fate.falls
    try:
        return migration.run(stage, context, percent).done
    except ContractctlError:
        if fate.falls == before:
            raise
        return False
    finally:
        context.engine.dispose()


def outcomes(folder: Path) -> int:
    """Of stages in the journal, whose chain holds."""
    engine = shop.engine_of(folder)
    with journal.reading(engine) as connection:
        journal.verify_chain(connection, shop.NAME)
        entries = journal.entries(connection, shop.NAME)
    engine.dispose()
    return len([entry for entry in entries if entry.kind is EntryKind.OUTCOME])
