"""What do tests of a table that goes over to a copy share? Its life up to a stage, there and back, and who writes."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

import pymysql

from tests.operations.lives import STAGES, Life
from tests.operations.scenarios import SCENARIOS

COPIED = next(scenario for scenario in SCENARIOS if scenario.kind == "copy-table")
Begin = Callable[..., Life]
BUSY = (1020, 1205, 1213)
"""What a writer is told who is to come again."""


def reached(life: Life, last: str) -> Life:
    for stage in STAGES:
        life.do(stage)
        if stage == "dual_write":
            life.backfill()
        if stage == last:
            break
    return life


def there_and_back(life: Life, times: int, pause: float) -> None:
    """The two change places so often, and once more; both hold the same at every turn. pause: in seconds."""
    assert life.differing() == []
    for _ in range(times):
        life.do("quiesce")
        time.sleep(pause)
        assert life.differing() == []
        life.undo("quiesce")
        time.sleep(pause)
        assert life.differing() == []
    life.do("quiesce")
    time.sleep(pause)


@contextmanager
def running(run: Callable[[int, threading.Event], None], count: int = 4) -> Iterator[None]:
    """Each of them at work, until it is told to stop; what one raises is an error."""
    stop, errors = threading.Event(), list[BaseException]()

    def guarded(own: int) -> None:
        try:
            run(own, stop)
        except BaseException as error:  # noqa: BLE001 - it is told below
            errors.append(error)

    writers = [threading.Thread(target=guarded, args=(own,)) for own in range(count)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert errors == []


@contextmanager
def many_writing(
    life: Life, transactions: Callable[[random.Random], Sequence[tuple[str, ...]]], refused: Sequence[int]
) -> Iterator[list[int]]:
    """Applications that write both ways, several statements in one transaction. How many of these were kept.

    refused: by which numbers they may be.
    """
    kept = list[int]()

    def run(own: int, stop: threading.Event) -> None:
        chance = random.Random(own)
        with closing(life.shop.connect()) as app, app.cursor() as cursor:
            app.autocommit(False)
            cursor.execute(f"SET SESSION tx_isolation = '{('READ-COMMITTED', 'REPEATABLE-READ')[own % 2]}'")
            while not stop.is_set():
                try:
                    for statement in chance.choice(transactions(chance)):
                        cursor.execute(statement)
                    app.commit()
                    kept.append(own)
                except pymysql.Error as error:
                    app.rollback()
                    if error.args[0] not in (*BUSY, *refused):
                        raise
                time.sleep(0.005)

    with running(run, 3):
        yield kept
