"""Kill an operator at every statement and every commit of every stage, resume, and tell what became of it.

Run as: python killing.py FOLDER EVERY [URL [key|keys]]. FOLDER is where copies are made; every EVERY-th point is tried;
URL is a server's empty database, else it is a SQLite file; `key`, `keys`: the plan changes the type of the table's key,
of one column or of two, and only the stages are tried that do what no other plan does. Prints one JSON object, by
stage: how many points there were, and what was wrong after each. Children are forked from a parent that has imported
everything already, so that a point costs milliseconds; a writer, a process of its own, writes all the time.
"""

import contextlib
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import databases_copied
import shop
from sqlalchemy import Engine, create_engine, inspect, make_url
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError

import contractctl.alembic  # noqa: F401 - here, and not in every child; so are git and settings
from contractctl import git, journal, migration, planner, settings  # noqa: F401 - as above
from contractctl.backfill import Pace
from contractctl.journal import Operator

ROWS = 24
TINY = Pace(rows_per_second=10)  # batches of ten rows: three of them

FORWARD: tuple[tuple[str, float | None], ...] = (
    ("expand", None),
    ("dual-write", None),
    ("backfill", None),
    ("verify", None),
    ("canary", 100.0),
    ("quiesce", None),
)
"""Each begins where the one before it has ended."""
ENDS: tuple[tuple[str, float | None], ...] = (("canary", 10.0), ("contract", None), ("rollback", None))
"""What may follow when all of these are done. A smaller share ends the brown-out."""
PLACES = ("SET", "INSERT INTO", "field list")
"""Not NEW or OLD: a trigger must never name what is not there."""
PLANS = {
    "column": (shop.PLAN, shop.ORDERS),
    "key": (shop.KEYED, shop.ORDERS),
    "keys": (shop.KEYED_BY_TWO, shop.BY_TWO),
}
"""Each with its table."""
OF_KEYS = ("verify", "contract")
"""The stages in which a key is built and moves."""
GONE = (
    "no such column",
    "has no column",
    'of relation "orders" does not exist',
    'column "customer_name" does not exist',
    *(f"Unknown column '{name}' in '{place}'" for name in ("customer_name", "full_name") for place in PLACES),
)
"""What the engines say of a statement that names a column which is not there, and of nothing else."""


def operate(folder: Path, stage: str, percent: float | None, kill_at: int | None = None) -> None:
    engine = shop.engine_of(folder)
    without_waiting_for_the_disk(engine)
    if kill_at is not None:
        arm(engine, kill_at)
    me = Operator(f"process {os.getpid()}", gone=lambda _holder: True)
    (plan,) = planner.read_plans(folder / "migrations")
    context = shop.context(folder, plan=plan, engine=engine, pace=TINY, sleep=lambda _seconds: None, operator=me)
    migration.run(stage, context, percent)


def without_waiting_for_the_disk(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF").close())


def operate_twice(folder: Path, stage: str, percent: float | None) -> None:
    """Resume; and once more, which must change nothing."""
    operate(folder, stage, percent)
    operate(folder, stage, percent)


def arm(engine: Engine, kill_at: int) -> None:
    """SIGKILL ourselves before the n-th statement or commit."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    listen(engine, "before_cursor_execute", count)
    listen(engine, "commit", count)


def write_all_the_time(folder: Path, log: Path) -> None:
    """An application of both versions: updates and inserts, by whichever column there is; logs what was committed."""
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stop.append(number))
    engine = create_engine(shop.url_of(folder), isolation_level="AUTOCOMMIT")
    without_waiting_for_the_disk(engine)
    connection = engine.connect()
    column, turn = "customer_name", 0
    with log.open("w") as written:
        while not stop:
            turn += 1
            key, value = (turn % ROWS + 1, f"written {turn}") if turn % 3 else (1000 + turn, f"new {turn}")
            statement = (
                f"UPDATE orders SET {column} = '{value}' WHERE id = {key}"
                if turn % 3
                else f"INSERT INTO orders ({column}, id, total_cents) VALUES ('{value}', {key}, 1)"
            )
            try:
                connection.exec_driver_sql(statement)
            except DBAPIError as error:
                if not any(words in str(error.orig) for words in GONE):
                    raise
                column = {"customer_name": "full_name", "full_name": "customer_name"}[column]
                continue
            written.write(json.dumps([key, value]) + "\n")
            time.sleep(0.003)


def forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException as error:  # noqa: BLE001 - a child must never run its parent's code
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stderr.flush()
        os._exit(code)


def wrong_in_journal(folder: Path, done: int) -> list[str]:
    """What is not as it must be there, in words, once so many stages are done."""
    engine = shop.engine_of(folder)
    with journal.reading(engine) as connection:
        entries = journal.entries(connection, shop.NAME)
        problems = list(journal.broken_links(connection, shop.NAME))
    engine.dispose()
    outcomes = [entry.key for entry in entries if entry.kind is journal.EntryKind.OUTCOME]
    return problems if len(outcomes) == done else [*problems, f"the outcomes are {outcomes}"]


def wrong_after(folder: Path, logs: Sequence[Path], done: int) -> list[str]:
    """As wrong_in_journal, and whether every row holds in both columns what was written last."""
    problems, (log,) = wrong_in_journal(folder, done), logs
    contents = [shop.rows(folder, f"SELECT id, {column} FROM orders") for column in columns(folder)]
    problems += keys_apart(folder)
    if any(sorted(one) != sorted(contents[0]) for one in contents):
        problems.append("the two sides differ")
    expected = {n: f"customer {n}" for n in range(1, ROWS + 1)}
    expected.update(dict(json.loads(line) for line in log.read_text().splitlines()))
    if dict(contents[0]) != expected:
        problems.append(f"written and not there: {set(expected.items()) ^ set(contents[0])}")
    return problems


def columns(folder: Path) -> list[str]:
    """Those that must hold the value now: both once they are filled."""
    with shop.connected(folder) as connection:
        there = {str(column["name"]) for column in inspect(connection).get_columns("orders")}
    filled = shop.rows(folder, "SELECT 1 FROM contractctl_checkpoint WHERE done = 1")
    both = ["customer_name", "customer_name__quiesced", "full_name"]
    return [name for name in both if name in there and (filled or name != "full_name" or len(there) == 3)]


def keys_apart(folder: Path) -> list[str]:
    """Rows whose two keys are unlike, where both are there and filled."""
    with shop.connected(folder) as connection:
        there = {str(column["name"]) for column in inspect(connection).get_columns("orders")}
    others = there & {f"{name}__{side}" for name in ("id", "total_cents") for side in ("new", "quiesced")}
    if not others or not shop.rows(folder, "SELECT 1 FROM contractctl_checkpoint WHERE done = 1"):
        return []
    apart = " OR ".join(f"coalesce({name}, -1) <> {name.partition('__')[0]}" for name in others)
    found = shop.rows(folder, f"SELECT id FROM orders WHERE {apart}")
    return [f"the two keys of {found} differ"] if found else []


@dataclass(frozen=True, slots=True)
class Story:
    """Who writes meanwhile, and what must be so afterwards."""

    writers: tuple[Callable[[Path, Path, int], None], ...]
    """Each is a process of its own. Folder, log, and which stage is tried: so many are done with it."""
    wrong_after: Callable[[Path, Sequence[Path], int], list[str]]
    """Folder, logs of the writers, stages that are done: what is wrong, in words."""


COLUMN = Story((lambda folder, log, _done: write_all_the_time(folder, log),), wrong_after)


def try_point(  # noqa: PLR0917 - where, what, and how far
    base: Path, folder: Path, command: tuple[str, float | None], done: int, point: int, story: Story
) -> tuple[bool, list[str]]:
    """Whether there was such a point, and what was wrong afterwards."""
    databases_copied.copy(base, folder)
    logs = [folder / f"written-{n}.jsonl" for n in range(len(story.writers))]
    pairs = zip(story.writers, logs, strict=True)
    writers = [forked(lambda write=write, log=log: write(folder, log, done)) for write, log in pairs]
    while not all(log.exists() for log in logs):
        time.sleep(0.001)
    _, status = os.waitpid(forked(lambda: operate(folder, *command, kill_at=point)), 0)
    killed = os.WIFSIGNALED(status)
    problems = [] if killed or status == 0 else ["the command failed before it was killed"]
    resume = operate_twice if point % 4 == 0 else operate
    _, status = os.waitpid(forked(lambda: resume(folder, *command)), 0)
    if status:
        problems.append("the command could not be resumed")
    for writer in writers:
        os.kill(writer, signal.SIGTERM)
    if any(os.waitpid(writer, 0)[1] for writer in writers):
        problems.append("a writer failed")
    problems += story.wrong_after(folder, logs, done)
    databases_copied.remove(folder)
    return killed, problems


def try_stage(
    base: Path, command: tuple[str, float | None], done: int, every: int, story: Story = COLUMN
) -> dict[str, object]:
    """How many points one stage has on copies of the base, and what was wrong after each. done: with this one."""
    wrong: dict[int, list[str]] = {}
    point, killed = 1 - every, True
    while killed:
        point += every
        killed, problems = try_point(base, base.with_name(f"{done}-{point}"), command, done, point, story)
        if problems:
            wrong[point] = problems
    return {"points": point - 1, "wrong": wrong}


def main(folder: Path, every: int, url: str | None = None, what: str = "column") -> None:
    base = folder / "base"
    base.mkdir()
    with contextlib.redirect_stdout(sys.stderr):
        plan, table = PLANS[what]
        dialect = make_url(url).get_backend_name() if url is not None else "sqlite"
        shop.make(base, ROWS, replace(plan, dialect=dialect) if plan.dialect else plan, table, url)
    print(json.dumps(try_stages(base, every, None if what == "column" else OF_KEYS)))


def try_stages(
    base: Path, every: int, tried: Collection[str] | None = None, story: Story = COLUMN
) -> dict[str, object]:
    """As try_stage(), of all stages, or of some, each begun where the one before it has ended."""
    gc.freeze()  # the children share what is there, and do not look through it
    found = dict[str, object]()
    for done, command in enumerate(FORWARD, 1):
        if tried is None or command[0] in tried:
            found[command[0]] = try_stage(base, command, done, every, story)
        _, status = os.waitpid(forked(lambda command=command: operate(base, *command)), 0)
        assert status == 0, command
    for name, percent in ENDS:
        if tried is None or name in tried:
            key = name if percent is None else "brown-out-ends"
            found[key] = try_stage(base, (name, percent), len(FORWARD) + 1, every, story)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
