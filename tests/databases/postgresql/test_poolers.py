"""Is nobody kept waiting, and nobody else's session changed, where a pooler stands between?

It gives each transaction the session that is free: here every statement outside of a transaction comes to another one.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest

from contractctl.databases import Statement
from contractctl.databases.postgresql.statements import waiting
from contractctl.databases.postgresql.statements.altering import alter
from tests.databases.shops import Shop

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHECK = alter("t", "ADD CONSTRAINT filled CHECK (old <> '') NOT VALID", transactional=False)
INDEX = Statement("CREATE INDEX CONCURRENTLY by_old ON t (old)", "none", transactional=False)


class Pooler:
    """What contractctl runs statements on; whoever asks a pooler's client whose process it is hears of no session's."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.sessions = list[Any]()
        self.connection = SimpleNamespace(driver_connection=SimpleNamespace(info=SimpleNamespace(backend_pid=1)))

    def exec_driver_sql(self, sql: str, **_: object) -> Any:
        if not (self.sessions and self.sessions[-1].info.transaction_status):
            self.sessions.append(self.shop.connect())
            self.sessions[-1].execute("SET statement_timeout = '3s'")
        cursor = self.sessions[-1].execute(sql)
        return SimpleNamespace(scalar_one=lambda: cursor.fetchone()[0])

    def left(self) -> set[tuple[object, ...]]:
        """How the sessions are that it has."""
        settings = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        return {(one.info.transaction_status, *one.execute(settings).fetchone()) for one in self.sessions}


@pytest.fixture
def pooler(shop: Shop) -> Iterator[Pooler]:
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT)")
    found = Pooler(shop)
    yield found
    for session in found.sessions:
        session.close()


def test_what_must_not_wait_does_not_wait_behind_a_pooler_either(shop: Shop, pooler: Pooler) -> None:
    """Hazard 29: the limits were another session's, and everybody who uses the table queued behind ALTER TABLE."""
    with shop.connect() as reader, reader.transaction():
        shop.run("SELECT * FROM t", app=reader)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            waiting.carry_out(cast("Connection", pooler), waiting.brief(CHECK, 0.05))

    assert pooler.left() == {(psycopg.pq.TransactionStatus.IDLE, "0", "3s")}


@pytest.mark.parametrize("statements", [waiting.patient(CHECK), waiting.patient_outside(INDEX)])
def test_a_strangers_session_stays_as_patient_as_it_was(pooler: Pooler, statements: tuple[Statement, ...]) -> None:
    """Hazard 29."""
    waiting.carry_out(cast("Connection", pooler), statements)

    assert pooler.left() == {(psycopg.pq.TransactionStatus.IDLE, "0", "3s")}
