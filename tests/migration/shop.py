"""A shop's database, a plan that renames a column in it, and an operator: a real database, real revisions.

A shop is a folder: with a file shop.db, or with a file `url` that says where its database is.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy import create_engine as plain_engine

from contractctl import databases, migration, revisions
from contractctl.backfill import Pace
from contractctl.journal import History, Operator
from contractctl.migration import Context
from contractctl.model.decision import Condition, Decision, Outcome
from contractctl.model.plan import Movement, Operation, Plan, ReadRules, Stage, Transform

NAME = "customer-name"
PROMISES = {"old_not_null": "yes", "not_null": "yes"}
OPERATION = Operation(
    kind="rename-column",
    contract="shop/orders",
    subject="orders",
    old="customer_name",
    new="full_name",
    transform=Transform("customer_name", "full_name"),
    parameters=PROMISES,
)
PLAN = Plan(
    name=NAME,
    movements=(Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),),
    operations=(OPERATION,),
    revisions=revisions.identifiers(NAME),
    reads=ReadRules(quiesced_seconds=0),
    restore_point="backup of last night",
)
KEYED = replace(
    PLAN,
    operations=(
        Operation(
            kind="change-key-type",
            contract="shop/orders",
            subject="orders",
            old="id",
            new="id",
            transform=Transform("id", "id__new"),
            parameters={"type": "BIGINT", "old_type": "INTEGER", "via": "id__new", **PROMISES},
        ),
    ),
    revisions=revisions.identifiers(NAME, validating=True),
    dialect="mysql",
)
"""A key that changes its type."""
KEYED_BY_TWO = replace(
    KEYED,
    operations=tuple(
        replace(
            KEYED.operations[0],
            old=name,
            new=name,
            transform=Transform(name, f"{name}__new"),
            parameters=KEYED.operations[0].parameters
            | {"via": f"{name}__new", "key": "id INTEGER, total_cents INTEGER"}
            | {"new_key": "id__new=id,total_cents__new=total_cents"},
        )
        for name in ("id", "total_cents")
    ),
)
"""A key of two columns, both of which change their type."""
WAY: tuple[tuple[str, float | None], ...] = (
    *(("expand", None), ("dual-write", None), ("backfill", None), ("verify", None), ("canary", 100.0)),
    *(("quiesce", None), ("contract", None)),
)
"""All stages, in their order, with the share of a canary."""
ORDERS = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name VARCHAR(200) NOT NULL, total_cents INTEGER NOT NULL)"
)
BY_TWO = ORDERS.replace(" PRIMARY KEY", "").replace(
    "total_cents INTEGER NOT NULL", "total_cents INTEGER, PRIMARY KEY (id, total_cents)"
)


def make(folder: Path, rows: int = 50, plan: Plan = PLAN, table: str = ORDERS, url: str | None = None) -> None:
    """A database with orders, and migrations/ with the plan and its revisions."""
    from contractctl import planner

    if url is not None:
        (folder / "url").write_text(url, encoding="utf-8")
    with connected(folder) as connection:
        connection.exec_driver_sql(table)
        for n in range(1, rows + 1):
            connection.exec_driver_sql(f"INSERT INTO orders VALUES ({n}, 'customer {n}', {n * 100})")
        connection.commit()
    revisions.write(plan, revisions.environment(folder / "migrations"))
    (folder / "migrations" / "plans").mkdir()
    planner.write_plan(folder / "migrations" / "plans" / f"{plan.name}.toml", plan)


def url_of(folder: Path) -> str:
    """The database's address."""
    file = folder / "url"
    return file.read_text(encoding="utf-8") if file.exists() else f"sqlite:///{folder}/shop.db"


OPEN: list[Engine] = []
"""Engines that tests have asked for: closed after each test."""


def engine_of(folder: Path) -> Engine:
    """As contractctl opens it."""
    engine = databases.create_engine(url_of(folder))
    OPEN.append(engine)
    return engine


@contextmanager
def connected(folder: Path) -> Iterator[Connection]:
    """As an application does."""
    engine = plain_engine(url_of(folder))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def says(outcome: Outcome, clock: Callable[[], float]) -> Callable[[Stage, float | None, History], Decision]:
    """A gate that always gives this answer."""

    def ask(stage: Stage, percent: float | None, history: History) -> Decision:
        condition = Condition("the weather", outcome, "as asked for", "fair", "fair")
        identity = sha256(f"{stage} {percent} {history.moves} {clock()!r} {outcome}".encode()).hexdigest()
        return Decision(NAME, stage.value, clock(), outcome, (condition,), identity)

    return ask


def context(folder: Path, **changes: object) -> Context:
    """An operator's context over the folder; every part can be changed."""
    clock = changes.get("clock", time.time)
    assert callable(clock)
    given = {
        "plan": PLAN,
        "migrations": folder / "migrations",
        "engine": changes.get("engine") or engine_of(folder),
        "operator": Operator("ada@one (process 1)"),
        "actor": "Ada <ada@example.org>",
        "commit": "c0ffee",
        "clock": clock,
        "sleep": time.sleep,
        "random": random.Random(1).random,
        "ask": says(Outcome.PASS, clock),
        "released": lambda _contract: ("1.0.0", "1.1.0"),
        "pace": Pace(),
    }
    return Context(**{**given, **changes})


def dual_writing(folder: Path, **changes: object) -> Context:
    """As context(), of a shop whose sides are kept in step from here on."""
    made = context(folder, **changes)
    for stage in ("expand", "dual-write"):
        migration.run(stage, made)
    return made


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    """What a query answers."""
    with connected(folder) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]
