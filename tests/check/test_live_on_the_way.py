"""Is what a plan has on its way no drift, from the first stage to the last, and what somebody else does still one?"""

import random
import sqlite3
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from contractctl import databases, journal, migration, store
from contractctl.backfill import Pace
from contractctl.check.live import Compared, check_live
from contractctl.journal import EntryKind, Note, Operator
from contractctl.migration import Context
from contractctl.model.contract import SemanticVersion
from contractctl.model.decision import Condition, Decision, Outcome
from contractctl.model.plan import Plan, Stage
from contractctl.model.verdict import Status
from contractctl.planner import read_plans
from tests.conftest import Run

ORDERS = """CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_name TEXT NOT NULL,
    amount INTEGER NOT NULL DEFAULT 0,
    note TEXT,
    gone TEXT NOT NULL
);
"""
WAYS = {
    "rename": (("customer_name", "full_name"), ("--rename", "customer_name=full_name")),
    "type": (("amount INTEGER", "amount TEXT"), ()),
    "drop": ((",\n    gone TEXT NOT NULL", ""), ("--fill", "gone=''")),
    "not null": (("note TEXT", "note TEXT NOT NULL"), ("--fill", "note='none'")),
    "check": (("note TEXT", "note TEXT CHECK (note <> '')"), ()),
    "add": (("note TEXT", "note TEXT,\n    more TEXT NOT NULL DEFAULT 'x'"), ()),
}
STAGES: tuple[tuple[str, float | None], ...] = (
    ("expand", None),
    ("dual-write", None),
    ("backfill", None),
    ("verify", None),
    ("canary", 100.0),
    ("quiesce", None),
    ("contract", None),
)


class Shop:
    """A repository with one released contract, a plan for its draft, and the database that it is carried out in."""

    def __init__(self, folder: Path, way: str, contractctl: Run) -> None:
        (old, new), options = WAYS[way]
        self.folder = folder
        self.file = folder / "shop.db"
        home = folder / "contracts/shop/orders"
        home.mkdir(parents=True)
        (home / "contract.toml").write_text('format = "sql"\ndialect = "sqlite"\ndraft = "orders.sql"\n')
        (home / "orders.sql").write_text(ORDERS)
        contractctl("release", "shop/orders")
        (home / "orders.sql").write_text(ORDERS.replace(old, new))
        (folder / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
        self.do(ORDERS)
        self.do("INSERT INTO orders VALUES (1, 'Ada', 3, NULL, 'x')")
        contractctl("plan", "shop/orders", *options, "--name", "p")

    @property
    def plan(self) -> Plan:
        return read_plans(self.folder / "migrations")[0]

    def do(self, sql: str) -> None:
        connection = sqlite3.connect(self.file)
        connection.execute(sql)
        connection.commit()
        connection.close()

    def migrate(self, stage: str, percent: float | None = None) -> None:
        engine = databases.create_engine(f"sqlite:///{self.file}")
        context = Context(
            plan=self.plan,
            migrations=self.folder / "migrations",
            engine=engine,
            operator=Operator("ada@one (process 1)"),
            actor="Ada <ada@example.org>",
            commit="c0ffee",
            clock=time.time,
            sleep=time.sleep,
            random=random.Random(1).random,
            ask=lambda stage, _percent, history: says_yes(stage, history.moves),
            released=lambda _contract: ("1.0.0", "1.1.0"),
            pace=Pace(),
        )
        assert migration.run(stage, context, percent).done
        engine.dispose()

    def compared(self) -> Compared:
        engine = databases.create_engine(f"sqlite:///{self.file}")
        with journal.reading(engine) as connection:
            contract = store.read(self.folder / "contracts", "shop/orders")
            (found,) = check_live(connection, [contract], [self.plan], extra=True).compared
        engine.dispose()
        return found


def says_yes(stage: Stage, moves: int) -> Decision:
    condition = Condition("the weather", Outcome.PASS, "as asked for", "fair", "fair")
    identity = sha256(f"{stage} {moves} {time.time()}".encode()).hexdigest()
    return Decision("p", stage.value, time.time(), Outcome.PASS, (condition,), identity)


@pytest.fixture
def shop(tmp_path: Path, contractctl: Run, git: Callable[..., str]) -> Callable[[str], Shop]:
    git("init", "-q", "-b", "main")
    return lambda way: Shop(tmp_path, way, contractctl)


@pytest.mark.parametrize("way", WAYS)
def test_no_stage_of_a_plan_is_drift(shop: Callable[[str], Shop], way: str) -> None:
    made = shop(way)
    seen = [made.compared()]
    for stage, percent in STAGES:
        made.migrate(stage, percent)
        seen.append(made.compared())

    assert [(one.version, one.changes, one.unknown) for one in seen] == [
        ("1.0.0", (), ()),
        *[("1.1.0", (), ())] * 6,
        ("2.0.0", (), ()),
    ]
    assert seen[2].plan == "plan 'p' is dual-writing"


def test_when_the_new_version_is_released_it_is_the_one_that_counts(shop: Callable[[str], Shop]) -> None:
    made = shop("rename")
    for stage, percent in STAGES:
        made.migrate(stage, percent)
    draft = store.read(made.folder / "contracts", "shop/orders").draft
    assert draft is not None

    store.release(made.folder / "contracts", "shop/orders", SemanticVersion(2, 0, 0), draft)

    assert (made.compared().version, made.compared().status) == ("2.0.0", Status.COMPATIBLE)


@pytest.mark.parametrize("way", ["rename", "type"])
def test_a_plan_that_was_rolled_back_leaves_the_old_version(shop: Callable[[str], Shop], way: str) -> None:
    made = shop(way)
    for stage, percent in STAGES[:4]:
        made.migrate(stage, percent)

    made.migrate("rollback")

    assert (made.compared().version, made.compared().changes, made.compared().unknown) == ("1.0.0", (), ())


@pytest.mark.parametrize(
    ("way", "upto"), [("rename", 0), ("rename", 1), ("rename", 5), ("rename", 6), ("not null", 4), ("check", 4)]
)
def test_what_somebody_else_changes_meanwhile_is_drift(shop: Callable[[str], Shop], way: str, upto: int) -> None:
    made = shop(way)
    for stage, percent in STAGES[:upto]:
        made.migrate(stage, percent)

    made.do("ALTER TABLE orders ADD COLUMN strange_note TEXT")
    made.do("CREATE INDEX by_strange_note ON orders (strange_note)")
    made.do("CREATE INDEX by_amount ON orders (amount)")

    compared = made.compared()
    assert sorted((change.kind, change.what) for change in compared.changes) == [
        ("added", "column"),
        ("added", "index"),
        ("added", "index"),
    ]
    assert not compared.let_down, "what the plan itself has taken away lets nobody down"


def test_a_column_on_its_way_that_somebody_has_dropped_is_drift(shop: Callable[[str], Shop]) -> None:
    made = shop("rename")
    for stage, percent in STAGES[:1]:
        made.migrate(stage, percent)
    made.do("ALTER TABLE orders DROP COLUMN full_name")

    (change,) = made.compared().changes

    assert (change.kind, change.path) == ("removed", "orders.full_name")


def test_a_browned_out_column_that_somebody_has_dropped_is_drift(shop: Callable[[str], Shop]) -> None:
    made = shop("rename")
    for stage, percent in STAGES[:6]:
        made.migrate(stage, percent)
    connection = sqlite3.connect(made.file)
    triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'orders'")
    for (name,) in triggers.fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("ALTER TABLE orders DROP COLUMN customer_name__quiesced")
    connection.commit()
    connection.close()

    (change,) = made.compared().changes

    assert (change.kind, change.path) == ("removed", "orders.customer_name")


def test_a_stage_that_was_begun_may_be_done_already(shop: Callable[[str], Shop]) -> None:
    made = shop("rename")
    begun = Note("p", EntryKind.INTENT, "expand", "1-expand", time.time(), "Ada <ada@example.org>", "c0ffee", {})
    engine = databases.create_engine(f"sqlite:///{made.file}")
    journal.open(engine)
    with journal.writing(engine) as connection:
        journal.append(connection, begun)
    engine.dispose()
    before = made.compared()

    made.do("DROP TABLE orders")
    made.do((made.folder / "contracts/shop/orders/versions/1.1.0.sql").read_text())
    after = made.compared()

    assert [(one.version, one.status) for one in (before, after)] == [
        ("1.0.0", Status.COMPATIBLE),
        ("1.1.0", Status.COMPATIBLE),
    ]
