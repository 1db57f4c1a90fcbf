"""Does a whole backfill on a server survive what happens beside it? On SQLite, test_crew.py and test_backfill.py ask.

Hazard numbers are those of the staging design. What a single batch does is in tests/databases/test_backfill.py, and
what only servers can do in test_filling_on_servers.py.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import filling
import pytest
import shop
from filling import ROWS, at_work, outside, threads, unfilled
from sqlalchemy.event import listen

from contractctl import databases, journal, migration
from contractctl.backfill import Pace, Progress, backfill, checkpoints
from contractctl.backfill.checkpoints import Walker
from contractctl.backfill.walking import Job, walk
from contractctl.errors import ContractctlError
from contractctl.journal import Operator
from tests.waiting import wait_for


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_beside_writers_who_insert_delete_and_move_rows_nothing_is_lost(unfilled_shop: Path) -> None:
    """Hazard 17, 18, 19, 20: what each writer was told is what both sides hold in the end."""
    writers = [filling.Writer(unfilled_shop, "customer_name", 1), filling.Writer(unfilled_shop, "full_name", 2)]
    for writer in writers:
        writer.start()
    wait_for(lambda: all(len(writer.values) > 5 for writer in writers), seconds=60)

    crew = threads(unfilled_shop)
    found = migration.run("backfill", filling.context(unfilled_shop, workers=crew, pace=Pace(rows_per_second=800)))
    for writer in writers:
        writer.stop.set()
        writer.join()
        assert writer.error is None
    # a row that somebody has moved to where the walkers had been is found by verify
    migration.run("verify", filling.context(unfilled_shop), repair="old")

    assert found.done
    expected: dict[int, str | None] = {n: f"customer {n}" for n in range(1, ROWS + 1)}
    for writer in writers:
        expected.update(writer.values)
    there = {key: value for key, value in expected.items() if value is not None}
    assert dict(shop.rows(unfilled_shop, "SELECT id, customer_name FROM orders")) == there
    assert unfilled(unfilled_shop) == 0


@pytest.mark.parametrize("written", ["full_name = 'McDonald'", "full_name = 'McDonald', customer_name = 'other'"])
def test_a_write_that_is_committed_while_a_batch_waits_for_its_row_is_not_overwritten(
    shop_for: Callable[[str], Path], written: str
) -> None:
    """Hazard 20: the batch's own statement has begun before, and cannot see the mark that the writer leaves."""
    folder = shop_for("shout")
    with shop.connected(folder) as application:
        application.exec_driver_sql(f"UPDATE orders SET {written} WHERE id = 7")
        filled = at_work(lambda: migration.run("backfill", filling.context(folder, plan=filling.PLANS["shout"])))
        time.sleep(1)
        application.commit()

    assert filled.result(60).done
    assert shop.rows(folder, "SELECT full_name FROM orders WHERE id = 7") == [("McDonald",)]
    assert shop.rows(folder, "SELECT full_name FROM orders WHERE id = 8") == [("CUSTOMER 8",)]


def test_null_that_is_written_while_a_batch_waits_for_its_row_is_not_filled(shop_for: Callable[[str], Path]) -> None:
    """Hazard 20: the row is empty before and after, and the mark that says so is the first of its kind."""
    folder = shop_for("nobody")
    with shop.connected(folder) as application:
        for written in ("'McDonald'", "NULL"):
            application.exec_driver_sql(f"UPDATE orders SET full_name = {written} WHERE id = 7")
        filled = at_work(lambda: migration.run("backfill", filling.context(folder, plan=filling.PLANS["nobody"])))
        time.sleep(1)
        application.commit()

    assert filled.result(60).done
    assert shop.rows(folder, "SELECT customer_name, full_name FROM orders WHERE id = 7") == [("nobody", None)]
    assert shop.rows(folder, "SELECT full_name FROM orders WHERE id = 8") == [("CUSTOMER 8",)]


def uuid(number: int) -> str:
    return f"'{number * 2654435761 % 2**32:08x}-0000-4000-8000-{number:012x}'"


@pytest.mark.parametrize("kind", ["composite", "uuid"])
def test_a_crew_walks_every_kind_of_key(unfilled_shop: Path, kind: str) -> None:
    """Hazard 23: what is claimed and kept as a text is the same key when it is read back."""
    names = "old_name VARCHAR(40), new_name VARCHAR(40)"
    regions = ("'north'", "'South'", "'ÖST'", "'a ''b\"'")
    ddl, keys = {
        "composite": (
            f"region VARCHAR(20) NOT NULL, n INTEGER NOT NULL, {names}, PRIMARY KEY (region, n)",
            [f"{region}, {n}" for n in range(100) for region in regions],
        ),
        "uuid": (f"id UUID PRIMARY KEY, {names}", [uuid(n) for n in range(400)]),
    }[kind]
    engine = filling.engine_of(unfilled_shop)
    sync = filling.things(engine, ddl, "VALUES " + ", ".join(f"({key}, 'name', NULL)" for key in keys))

    found = backfill(engine, sync, Pace(rows_per_second=200), outside(), threads(unfilled_shop))

    assert (found.rows, found.seen, found.done) == (400, 400, True)
    assert shop.rows(unfilled_shop, "SELECT count(*) FROM things WHERE new_name = 'name'") == [(400,)]
    (claims,) = shop.rows(unfilled_shop, "SELECT max(claims) FROM contractctl_checkpoint")
    assert int(str(claims[0])) > 1


def test_the_search_for_rows_that_are_refused_holds_no_rows_for_long(unfilled_shop: Path) -> None:
    """Hazard 21, 25: what a batch has tried is free for writers again before it is tried otherwise."""
    engine = filling.engine_of(unfilled_shop)
    ddl = "id INTEGER PRIMARY KEY, old_name VARCHAR(40), new_name VARCHAR(40) CHECK (new_name NOT LIKE '%7')"
    sync = filling.things(engine, ddl, "VALUES " + ", ".join(f"({n}, 'name {n}', NULL)" for n in range(1, 1001)))
    refusals = [0]
    listen(engine, "begin", lambda _: refusals.append(0))
    listen(engine, "rollback_savepoint", lambda *_: refusals.append(refusals.pop() + 1))

    found = backfill(engine, sync, Pace(), outside())

    assert (found.rows, found.seen, found.set_aside) == (900, 1000, 100)
    assert max(refusals) < 50


def test_the_rate_holds_at_the_end_of_a_workers_stretch_as_well(unfilled_shop: Path) -> None:
    engine, sync = filling.synced(unfilled_shop)
    walker, now = Walker(1, "worker"), time.time()
    with journal.writing(engine) as connection:
        checkpoints.begin(connection, sync, walker.token, now)
        stretch = checkpoints.claim(databases.of(engine), connection, sync, walker, 100, now)
    assert stretch is not None

    steps = list(walk(engine, Job(sync, Pace(rows_per_second=50), walker), stretch, outside()))

    assert [step.rows for step in steps] == [50, 50]
    assert [step.pause > 0.5 for step in steps] == [True, True]


def test_the_second_operator_takes_over_from_one_who_is_silent_and_all_is_done_once(unfilled_shop: Path) -> None:
    asleep, awake = threading.Event(), threading.Event()

    def told(progress: Progress) -> None:
        if progress.seen >= 500:
            asleep.set()
            awake.wait(60)

    late = filling.context(unfilled_shop, told=told, pace=Pace(rows_per_second=500))
    filled = at_work(lambda: migration.run("backfill", late))
    asleep.wait(60)
    second = filling.context(
        unfilled_shop, operator=Operator("bob"), clock=lambda: time.time() + 1000, workers=threads(unfilled_shop)
    )
    found = migration.run("backfill", second)
    awake.set()

    with pytest.raises(ContractctlError, match=r"taken over|goes on"):
        filled.result(60)
    assert found.details["tables"]["orders"]["rows"] == ROWS
    assert unfilled(unfilled_shop) == 0
