"""Does a backfill end, go on, keep its pace, and let everybody else write?"""

import sqlite3
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import shop
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from contractctl import journal, migration, operations
from contractctl.backfill import Checkpoint, Outside, Pace, Progress, backfill, checkpoint
from contractctl.backfill.progress import Meter
from contractctl.databases import Size, Synchronisation
from contractctl.errors import ContractctlError
from contractctl.model.plan import Transform

TRIGGERS = "type = 'trigger' AND tbl_name = 'orders'"


@pytest.fixture
def engine(folder: Path) -> Engine:
    return shop.dual_writing(folder).engine


def more(engine: Engine, rows: int) -> None:
    """Rows that look as if they had been there before the triggers."""
    with engine.begin() as connection:
        names = connection.execute(text(f"SELECT name, sql FROM sqlite_schema WHERE {TRIGGERS}"))
        triggers = [(row.name, row.sql) for row in names]
        for name, _ in triggers:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        orders = [(n, f"customer {n}", n) for n in range(1000, 1000 + rows)]
        connection.exec_driver_sql("INSERT INTO orders (id, customer_name, total_cents) VALUES (?, ?, ?)", orders)
        for _, sql in triggers:
            connection.exec_driver_sql(sql)


def synchronisation(engine: Engine) -> Synchronisation:
    with journal.reading(engine) as connection:
        return operations.synchronisations(shop.PLAN, connection)[0]


class World:
    """Everything outside of a backfill, written down."""

    def __init__(self) -> None:
        self.clock = shop.Clock()
        self.slept: list[float] = []
        self.told: list[Progress] = []
        self.held = 0

    def hold(self, _connection: Connection) -> None:
        self.held += 1

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.now += seconds

    @property
    def outside(self) -> Outside:
        return Outside(self.clock, self.sleep, lambda: 0.5, self.hold, self.told.append)


def fill(engine: Engine, world: World, pace: Pace = Pace()) -> Checkpoint:  # noqa: B008 - frozen
    return backfill(engine, synchronisation(engine), pace, world.outside)


def unfilled(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM orders WHERE full_name IS NOT customer_name")).scalar_one()


def test_every_row_is_filled_and_counted(engine: Engine) -> None:
    more(engine, 3000)

    found = fill(engine, World())

    assert found.done
    assert found.rows == 3050
    assert unfilled(engine) == 0


def test_a_batch_that_has_nothing_to_fill_is_not_the_end(engine: Engine) -> None:
    """The first rows have been filled by triggers; those behind them have not."""
    more(engine, 200)
    with engine.begin() as connection:
        connection.execute(text("UPDATE orders SET customer_name = customer_name || '!' WHERE id < 1100"))
    world = World()

    found = fill(engine, world, Pace(rows_per_second=20))

    assert [progress.filled for progress in world.told[:4]] == [0, 0, 0, 0]
    assert found.rows == 100
    assert unfilled(engine) == 0


def test_it_goes_on_from_its_checkpoint(engine: Engine) -> None:
    more(engine, 500)

    def lost_power(progress: Progress) -> None:
        if progress.seen == 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill(engine, synchronisation(engine), Pace(rows_per_second=100), replace(World().outside, told=lost_power))
    with journal.reading(engine) as connection:
        before = checkpoint(connection, synchronisation(engine))
    again = World()
    after = fill(engine, again)

    assert before == Checkpoint(rows=300, seen=300)
    assert after == Checkpoint(rows=550, seen=550, done=True)
    assert again.told[-1].filled == 250
    assert unfilled(engine) == 0


def test_filling_again_does_nothing(engine: Engine) -> None:
    fill(engine, World())
    world = World()

    assert fill(engine, world).rows == 50
    assert world.told == []


def test_the_rate_is_kept(engine: Engine) -> None:
    more(engine, 950)
    world = World()
    began = world.clock.now

    fill(engine, world, Pace(rows_per_second=100))

    assert 9.0 <= world.clock.now - began <= 11.0


def test_batches_grow_and_shrink_to_their_time(engine: Engine) -> None:
    more(engine, 40_000)
    world = World()
    seconds_per_row = 0.0001
    rows = [0]

    def told(progress: Progress) -> None:
        rows.append(progress.filled)

    def clock() -> float:
        """Each look at it is as late as a third of a batch of the last one's size: so often a batch looks at it."""
        world.clock.now += (rows[-1] - rows[-2] if len(rows) > 2 else 500) * seconds_per_row / 3
        return world.clock.now

    backfill(engine, synchronisation(engine), Pace(batch_seconds=0.1), replace(world.outside, clock=clock, told=told))

    batches = [after - before for before, after in pairwise(rows)][3:-2]
    assert batches
    assert all(250 <= batch <= 4000 for batch in batches)


def test_an_estimate_is_a_range_and_unknown_where_nothing_bears_it() -> None:
    counted, estimated = Size(4000, exact=True), Size(4000, exact=False)
    progress = Progress("orders", filled=900, set_aside=0, seen=1000, size=counted, seconds=2.0, speeds=(250.0, 500.0))

    assert progress.left_seconds == (6.0, 12.0)
    assert progress.share == 0.25
    assert replace(progress, size=estimated).left_seconds == (2200 / 500, 4000 / 250)
    assert replace(progress, speeds=None).left_seconds is None
    assert replace(progress, size=None).left_seconds is None
    assert replace(progress, seen=5001, size=estimated).left_seconds is None
    assert replace(progress, seen=5001, size=estimated).share is None
    assert replace(progress, seen=5000).left_seconds == (0.0, 0.0)


def test_the_estimate_comes_from_this_run_and_from_its_last_half_minute() -> None:
    meter = Meter("orders", Checkpoint(rows=100, seen=1000), Size(10_000, exact=True), 0.0)
    assert meter.read(Checkpoint(100, 1000), 0.0).speeds is None
    for second in range(1, 41):
        meter.read(Checkpoint(100, 1000 + 10 * second), float(second))

    slowed_down = meter.read(Checkpoint(100, 1400, why="paused"), 70.0)

    assert slowed_down.speeds == (0.0, 400 / 70)
    assert slowed_down.left_seconds is None
    assert slowed_down.waited == 30.0


def test_a_busy_database_is_waited_for_longer_each_time_and_not_for_ever(engine: Engine) -> None:
    """Hazard 21."""
    world = World()

    def busy(_connection: Connection) -> None:
        raise OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))

    with pytest.raises(ContractctlError, match="the backfill could not get its locks"):
        backfill(engine, synchronisation(engine), Pace(), replace(world.outside, hold=busy))
    assert world.slept == sorted(world.slept)
    assert 120 <= sum(world.slept) <= 130
    assert fill(engine, World()).done


def test_only_what_patience_mends_is_tried_again(engine: Engine) -> None:
    world = World()

    def broken(_connection: Connection) -> None:
        raise OperationalError("UPDATE", {}, sqlite3.OperationalError("disk I/O error"))

    with pytest.raises(ContractctlError, match="the disk does not answer"):
        backfill(engine, synchronisation(engine), Pace(), replace(world.outside, hold=broken))
    assert world.slept == []


def test_a_row_that_cannot_be_converted_is_set_aside_and_counted(tmp_path: Path) -> None:
    strict = Transform("CASE WHEN customer_name GLOB 'customer *' THEN customer_name END", "full_name")
    plan = replace(shop.PLAN, operations=(replace(shop.OPERATION, transform=strict),))
    shop.make(tmp_path, plan=plan)
    context = shop.context(tmp_path, plan=plan)
    with context.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET customer_name = 'nobody' WHERE id IN (3, 4)"))
    for stage in ("expand", "dual-write"):
        migration.run(stage, context)

    found = migration.run("backfill", context)

    assert found.details == {"tables": {"orders": {"rows": 48, "set_aside": 2}}}
    (row,) = migration.board(context.engine, [plan], time.time())
    assert [one[0] for one in row.tables[0].set_aside] == ["[3]", "[4]"]


def test_writers_keep_writing_while_it_runs(engine: Engine, folder: Path) -> None:
    more(engine, 60_000)
    made, stop = [0], threading.Event()

    def write() -> None:
        connection = sqlite3.connect(folder / "shop.db", timeout=20, isolation_level=None)
        while not stop.is_set():
            connection.execute("UPDATE orders SET customer_name = 'busy' WHERE id = ?", (1000 + made[0] % 60_000,))
            made[0] += 1
            time.sleep(0.002)

    def pause(_seconds: float) -> None:
        """As long as one write takes: it comes through where the backfill holds no lock."""
        before, until = made[0], time.monotonic() + 20
        while made[0] == before and time.monotonic() < until:
            time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    between: set[int] = set()
    world = Outside(time.time, pause, lambda: 0.5, lambda _connection: None, lambda _progress: between.add(made[0]))
    found = backfill(engine, synchronisation(engine), Pace(batch_seconds=0.05), world)
    stop.set()
    writer.join()

    assert found.done
    assert unfilled(engine) == 0
    assert len(between) > 2, "nothing was written between two batches"
