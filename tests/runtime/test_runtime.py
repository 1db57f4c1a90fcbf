"""What an application imports: counters, the share, the file; from the first read to the gate's answer."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from sqlalchemy import Engine, ForeignKey, create_engine, literal_column, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, defer, mapped_column
from sqlalchemy.pool import StaticPool

from contractctl import evidence
from contractctl.evidence.questions import Question
from contractctl.model.contract import Party
from contractctl.model.evidence import Kind
from contractctl.model.plan import Movement, Operation, Plan, ReadRules
from contractctl.runtime import otlp_file
from contractctl.runtime import sqlalchemy as instrumented
from contractctl.runtime import sqlite as instrumented_sqlite
from contractctl.runtime.canary import Canary, bucket, percent_from
from contractctl.runtime.reads import FieldReads

PATH = "orders.customer_name"


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_name: Mapped[str]
    total: Mapped[int]


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    customer_name: Mapped[str]


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[MeterProvider]:
    made = otlp_file.provider(tmp_path / "seen.jsonl", service="reporting", version="2.1", seconds=3600)
    yield made
    made.shutdown()


@pytest.fixture
def reads(provider: MeterProvider) -> FieldReads:
    return FieldReads("reporting", version="2.1", meter=provider.get_meter("test"))


@pytest.fixture
def points(provider: MeterProvider, tmp_path: Path) -> Callable[[str], dict[str, int]]:
    """The newest values of a counter, by what is interesting of their attributes."""

    def newest(metric: str) -> dict[str, int]:
        provider.force_flush()
        line = json.loads((tmp_path / "seen.jsonl").read_text().splitlines()[-1])
        (scope,) = line["resourceMetrics"][0]["scopeMetrics"]
        (found,) = [one for one in scope["metrics"] if one["name"] == metric]
        return {_key(point): int(point["asInt"]) for point in found["sum"]["dataPoints"]}

    return newest


def _key(point: dict[str, Any]) -> str:
    named = {one["key"]: one["value"]["stringValue"] for one in point["attributes"]}
    keys = ("contract.field.path", "contract.read.certainty", "contract.path", "contract.outcome")
    return " ".join(named[key] for key in keys if key in named)


def test_a_counter_is_there_with_zero_before_the_first_read(
    reads: FieldReads, points: Callable[[str], dict[str, int]]
) -> None:
    reads.watch("shop/orders", PATH)

    assert points("contract.field.reads") == {PATH: 0}


def test_statements_are_decided_by_what_they_read(
    engine: Engine, reads: FieldReads, points: Callable[[str], dict[str, int]]
) -> None:
    instrumented.count_reads(engine, reads, contract="shop/orders", columns=[PATH])
    other = aliased(Order)
    steps: list[tuple[object, int]] = [
        (select(Order), 1),
        (select(Order).options(defer(Order.customer_name)), 0),
        (select(Order.id).where(Order.customer_name == "a"), 1),
        (select(other.customer_name), 1),
        (select(Order.total), 0),
        (select(select(Order.customer_name).subquery()), 1),
        (select(Customer.customer_name).join(Order, Order.id == Customer.id), 0),
        (select(Customer.customer_name, literal_column("orders.customer_name")).join(Order), 1),
        (update(Order).values(customer_name="x"), 0),
        (update(Order).values(total=Order.customer_name), 1),
        (text("select * from orders"), 1),
        (text("select count(*) from orders"), 0),
    ]

    expected = 0
    with Session(engine) as session:
        session.add(Order(customer_name="a", total=1))
        session.commit()
        for statement, count in steps:
            session.execute(statement)
            expected += count
            assert points("contract.field.reads") == {PATH: expected}, str(statement)


def test_an_instrument_that_fails_does_not_disturb_the_application(
    engine: Engine, reads: FieldReads, caplog: pytest.LogCaptureFixture
) -> None:
    instrumented.count_reads(engine, reads, contract="shop/orders", columns=["no-table-at-all"])

    with engine.connect() as connection:
        assert connection.execute(text("select 1")).scalar() == 1
    assert "could not be looked at" in caplog.text


def test_a_plain_sqlite_connection_is_counted_and_its_triggers_are_not(
    reads: FieldReads, points: Callable[[str], dict[str, int]]
) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "create table orders (id, customer_name); create table copy (name);"
        "create trigger t after insert on orders begin insert into copy select new.customer_name from orders; end;"
    )
    instrumented_sqlite.count_reads(connection, reads, contract="shop/orders", columns=[PATH])

    connection.execute("insert into orders (id, customer_name) values (?, ?)", (1, "a"))
    for _ in range(3):
        connection.execute("select customer_name from orders").fetchall()
    connection.close()

    assert points("contract.field.reads") == {PATH: 3}


def test_the_share_is_spread_evenly_and_a_key_stays_where_it_is() -> None:
    buckets = [bucket("rename", f"customer {number}") for number in range(20_000)]

    assert buckets == [bucket("rename", f"customer {number}") for number in range(20_000)]
    for share in (1, 10, 50):
        assert sum(one < share for one in buckets) / 200 == pytest.approx(share, abs=1)
    assert all(0 <= one < 100 for one in buckets)


def test_whoever_takes_the_new_path_at_10_percent_takes_it_at_50(provider: MeterProvider) -> None:
    meter = provider.get_meter("test")
    small, large = (Canary("rename", lambda share=share: share, meter=meter) for share in (10.0, 50.0))
    keys = [f"order {number}" for number in range(2000)]

    assert all(large.takes_new(key) for key in keys if small.takes_new(key))
    assert not any(Canary("rename", lambda: 0.0, meter=meter).takes_new(key) for key in keys)
    assert all(Canary("rename", lambda: 100.0, meter=meter).takes_new(key) for key in keys)


def test_all_four_counters_of_a_canary_are_there_from_the_start(
    provider: MeterProvider, points: Callable[[str], dict[str, int]]
) -> None:
    canary = Canary("rename", lambda: 10.0, meter=provider.get_meter("test"))
    canary.count(new=True, ok=False)

    assert points("contract.canary.requests") == {"old ok": 0, "old bad": 0, "new ok": 0, "new bad": 1}


def test_what_a_canary_took_and_compared_reaches_the_evidence(provider: MeterProvider, tmp_path: Path) -> None:
    since = time.time()
    canary = Canary("rename", lambda: 10.0, meter=provider.get_meter("test"))
    for seconds in (0.02, 0.4, 0.7):
        canary.count(new=True, ok=True, seconds=seconds)
    canary.shadow("different")
    time.sleep(0.01)
    provider.force_flush()
    question = Question(Plan("rename", (), (), {}), {}, since, time.time())

    found = evidence.collect("otlp", "seen.jsonl", {}, question, root=tmp_path, folder=tmp_path)

    (record,) = [one for one in found if one.kind is Kind.CANARY]
    told = {
        (one.labels.get("speed") or one.labels.get("shadow"), one.labels.get("bound")): one for one in record.series
    }
    assert record.problem is None
    assert (told["timed", None].value, told["fast", "0.5"].value, told["different", None].value) == (3, 2, 1)


def test_the_share_is_read_from_the_database_and_kept_while_it_is_away(tmp_path: Path) -> None:
    now = [0.0]
    file = tmp_path / "shop.db"
    percent = percent_from(lambda: sqlite3.connect(file), "rename", seconds=5, clock=lambda: now[0])

    def share(value: float) -> None:
        connection = sqlite3.connect(file)
        connection.execute("create table if not exists contractctl_canary (plan text primary key, percent float)")
        connection.execute("replace into contractctl_canary values ('rename', ?)", (value,))
        connection.commit()
        connection.close()

    assert percent() == 0.0
    share(10)
    assert percent() == 0.0
    now[0] = 5.0
    assert percent() == 10.0
    file.write_bytes(b"no database at all, and long enough to be looked at" * 20)
    now[0] = 10.0
    assert percent() == 10.0


def test_a_share_that_the_plan_does_not_have_is_the_old_path(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("create table contractctl_canary (plan text primary key, percent float)")
    connection.execute("insert into contractctl_canary values ('other', 50)")
    connection.commit()
    connection.close()

    assert percent_from(lambda: sqlite3.connect(tmp_path / "shop.db"), "rename")() == 0.0


def test_an_exporter_without_a_disk_is_no_trouble_for_the_application(tmp_path: Path, reads: FieldReads) -> None:
    gone = otlp_file.provider(tmp_path / "no" / "such" / "folder.jsonl", service="web", seconds=3600)
    FieldReads("web", meter=gone.get_meter("test")).watch("shop/orders", PATH).read()
    reads.watch("shop/orders", PATH)

    gone.shutdown()


def test_what_an_application_exports_is_what_the_evidence_says(
    provider: MeterProvider, reads: FieldReads, tmp_path: Path
) -> None:
    watched = reads.watch("shop/orders", PATH)
    watched.read(3)
    provider.force_flush()
    watched.not_understood(2)
    Canary("rename", lambda: 10.0, meter=provider.get_meter("test")).count(new=True, ok=True)
    time.sleep(0.01)
    provider.force_flush()
    plan = Plan(
        name="rename",
        movements=(Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),),
        operations=(Operation("rename-column", "shop/orders", "orders", "customer_name", "full_name"),),
        revisions={},
        reads=ReadRules(window_seconds=60),
    )
    question = Question(plan, {"shop/orders": (Party("reporting"),)}, time.time() - 5, time.time())

    records = {
        one.kind: one for one in evidence.collect("otlp", "*.jsonl", {}, question, root=tmp_path, folder=tmp_path)
    }

    counts = {one.labels.get("certainty", ""): one.value for one in records[Kind.READS].series}
    assert counts == {"": 3, "unknown": 2}
    assert records[Kind.HEARTBEAT].series[0].labels["consumer"] == "reporting"
    assert sum(one.value for one in records[Kind.CANARY].series) == 1


def test_importing_the_runtime_loads_nothing_heavy() -> None:
    program = (
        "import sys, contractctl.runtime;"
        "heavy = {'sqlalchemy', 'opentelemetry', 'alembic', 'click', 'sqlglot', 'fastavro'} & set(sys.modules);"
        "assert not heavy, heavy;"
        "import contractctl.runtime.reads, contractctl.runtime.canary;"
        "heavy = {'sqlalchemy', 'opentelemetry.sdk', 'alembic', 'click'} & set(sys.modules);"
        "assert not heavy, heavy"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
