"""Do the servers' own statistics show who touches a column, and is what could hide a statement never silence?"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from contractctl import evidence
from contractctl.gate import decide
from contractctl.model.decision import Outcome
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import ReadRules, Stage, Standing, State
from tests import servers
from tests.evidence.conftest import PLAN, QUESTION
from tests.servers import Server

TABLE = "CREATE TABLE orders (id INT PRIMARY KEY, customer_name VARCHAR(20), full_name VARCHAR(20), total INT)"
RULES = ReadRules(window_seconds=0.5, heartbeat_seconds=0.5, fresh_seconds=600)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    """One that counts everything, in a database of its own."""
    options = ("--shared_preload_libraries=pg_stat_statements", "--pg_stat_statements.track=all")
    with servers.running(servers.POSTGRESQL, options=options) as server:
        server.run("CREATE EXTENSION pg_stat_statements")
        server.run(TABLE)
        yield server


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Server]:
    counting = ("--performance-schema=on", "--performance-schema-consumer-statements-digest=on")
    options = (*counting, "--performance-schema-instrument=statement/%=on")
    with servers.running(servers.MARIADB, options=options) as server:
        server.run("CREATE DATABASE shop")
        server.run(TABLE, "shop")
        yield server


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., tuple[Record, ...]]:
    """Collect, and give the records."""

    def collect(source: str, url: str, **options: str) -> tuple[Record, ...]:
        import time

        question = replace(QUESTION, now=time.time(), plan=replace(PLAN, reads=RULES))
        return evidence.collect(source, url, options, question, root=tmp_path, folder=tmp_path / "evidence")

    return collect


def problem(records: tuple[Record, ...]) -> str:
    return next((record.problem for record in records if record.problem), "")


def readers(records: tuple[Record, ...]) -> dict[tuple[str, str], float]:
    return {
        (one.labels["consumer"], one.labels.get("certainty", "")): one.value
        for record in records
        if record.kind is Kind.READS
        for one in record.series
    }


def outcome(records: tuple[Record, ...]) -> Outcome:
    """What the gate makes of it for taking the old side away for a while."""
    now = max(record.collected_at for record in records)
    plan = replace(PLAN, reads=RULES)
    parties = QUESTION.consumers
    standing = Standing(State.QUIESCED, 0.0, 100.0)
    found = decide(plan, Stage.CONTRACT, standing=standing, consumers=parties, records=records, now=now)
    about = [one for one in found.conditions if "customer_name" in one.name or "evidence of reads" in one.name]
    outcomes = {one.outcome for one in about}
    return next((one for one in (Outcome.FAIL, Outcome.UNKNOWN) if one in outcomes), Outcome.PASS)


def run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for one in statements:
            connection.execute(text(one))
    engine.dispose()


def test_postgresql_tells_by_role_who_touched_the_column(
    postgresql: Server, look: Callable[..., tuple[Record, ...]]
) -> None:
    import time

    url = postgresql.url()
    first = look("pg_stat_statements", url)
    assert problem(first).startswith("window not covered")
    assert outcome(first) is Outcome.UNKNOWN
    run(url, "SELECT id, total FROM orders", "UPDATE orders SET total = 1")
    run(url, 'DECLARE "_curs_1" CURSOR FOR SELECT id, total FROM orders', 'FETCH FORWARD 40 FROM "_curs_1"')
    time.sleep(0.6)

    quiet = look("pg_stat_statements", url)
    run(
        url,
        "SELECT * FROM orders",
        "UPDATE orders SET customer_name = 'x'",
        "DO $$ BEGIN PERFORM customer_name FROM orders; END $$",
    )
    read = look("pg_stat_statements", url, roles="postgres=reporting")

    assert (problem(quiet), readers(quiet), outcome(quiet)) == ("", {("reporting", ""): 0.0}, Outcome.PASS)
    assert readers(read)["reporting", ""] == 2
    assert readers(read)["reporting", "writes"] == 1
    assert outcome(read) is Outcome.FAIL


def test_what_a_plan_did_not_take_away_when_a_span_was_looked_at_was_not_looked_for(
    postgresql: Server, tmp_path: Path
) -> None:
    """The plan is changed between two collections: silence about its new column begins with the change."""
    import time

    url, rules = postgresql.url(), ReadRules(window_seconds=1.5, heartbeat_seconds=0.5, fresh_seconds=600)
    (rename,) = PLAN.operations

    def collect(*olds: str) -> tuple[Record, ...]:
        operations = tuple(replace(rename, old=old, new=f"{old}_2") for old in olds)
        question = replace(QUESTION, now=time.time(), plan=replace(PLAN, reads=rules, operations=operations))
        return evidence.collect("pg_stat_statements", url, {}, question, root=tmp_path, folder=tmp_path)

    collect("customer_name")
    run(url, "SELECT total FROM orders")
    time.sleep(1.6)
    assert problem(collect("customer_name")) == ""

    changed = collect("customer_name", "total")

    said = "window not covered: statements were not searched for 'orders.total' before the plan changed"
    assert problem(changed) == said
    time.sleep(1.6)
    assert problem(collect("customer_name", "total")) == ""


@pytest.mark.parametrize(
    ("act", "why"),
    [
        ("SELECT pg_stat_statements_reset()", "counter reset"),
        ("SELECT pg_stat_statements_reset(0, 0, (SELECT max(queryid) FROM pg_stat_statements))", "counter reset"),
        ("ALTER ROLE postgres SET pg_stat_statements.track = 'none'", "sampled"),
        ("DROP EXTENSION pg_stat_statements", "missing source"),
    ],
)
def test_what_could_hide_a_statement_from_postgresql_is_unknown(
    postgresql: Server, look: Callable[..., tuple[Record, ...]], act: str, why: str
) -> None:
    url = postgresql.url()
    run(url, "SELECT 1 AS something")
    look("pg_stat_statements", url)

    postgresql.run(act)
    try:
        found = look("pg_stat_statements", url)
    finally:
        postgresql.run("ALTER ROLE postgres RESET ALL")
        postgresql.run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")

    assert problem(found).startswith(why)
    assert outcome(found) is not Outcome.PASS  # what another test has read is a read


def test_a_server_that_does_not_count_is_unknown(
    postgresql_url: str, mariadb_url: str, look: Callable[..., tuple[Record, ...]]
) -> None:
    for source, url in (("pg_stat_statements", postgresql_url), ("mariadb_digests", mariadb_url)):
        found = look(source, url)
        assert problem(found).startswith("missing source")
        assert outcome(found) is Outcome.UNKNOWN


def test_an_unreachable_server_is_unknown_and_its_password_is_told_to_nobody(
    look: Callable[..., tuple[Record, ...]],
) -> None:
    found = look("pg_stat_statements", "postgresql://ada:geheim@127.0.0.1:1/shop")

    assert problem(found).startswith("source error")
    assert "geheim" not in repr(found)


def test_mariadb_tells_that_somebody_touched_the_column(
    mariadb: Server, look: Callable[..., tuple[Record, ...]]
) -> None:
    import time

    url = mariadb.url("shop")
    assert problem(look("mariadb_digests", url)).startswith("window not covered")
    run(url, "SELECT id, total FROM orders WHERE id IN (1, 2, 3)")
    time.sleep(0.6)

    quiet = look("mariadb_digests", url)
    run(url, "SELECT * FROM orders", "INSERT INTO orders (id, customer_name) VALUES (1, 'a'), (2, 'b')")
    read = look("mariadb_digests", url)

    assert (problem(quiet), readers(quiet), outcome(quiet)) == ("", {("reporting", ""): 0.0}, Outcome.PASS)
    assert readers(read)["", ""] == 1
    assert readers(read)["", "writes"] == 1
    assert outcome(read) is Outcome.UNKNOWN


def test_mariadb_tells_databases_apart_that_have_a_table_of_the_same_name(
    mariadb: Server, look: Callable[..., tuple[Record, ...]]
) -> None:
    """As where each client has one: theirs would keep the gate closed for ever, and theirs may lead to ours."""
    twin, url = mariadb.url("twin"), mariadb.url("shop")
    mariadb.run("CREATE DATABASE twin")
    filling = "FOR EACH ROW REPLACE INTO orders (id, customer_name) VALUES (NEW.id, 'a')"
    run(
        twin,
        TABLE,
        "CREATE TABLE items (id INT)",
        "CREATE TABLE logged (id INT)",
        "CREATE VIEW named AS SELECT customer_name AS n FROM orders",
        "CREATE VIEW ours AS SELECT customer_name AS n FROM shop.orders",
        f"CREATE TRIGGER filling AFTER INSERT ON items {filling}",
        "CREATE FUNCTION first() RETURNS TEXT RETURN (SELECT max(n) FROM ours)",
        "CREATE TRIGGER logging AFTER INSERT ON logged FOR EACH ROW SET @first = first()",
    )
    theirs = "SELECT customer_name FROM orders", "SELECT n FROM named", "INSERT INTO items VALUES (1)"
    qualified = "SELECT customer_name FROM twin.orders", "SELECT n FROM twin.named", "INSERT INTO twin.items VALUES (2)"
    both = "SELECT o.customer_name, s.total FROM orders AS o JOIN shop.orders AS s ON s.id = o.id"
    look("mariadb_digests", url)
    run(twin, *theirs, *qualified, both)
    run(url, *qualified)
    silent = look("mariadb_digests", url)
    run(twin, "SELECT n FROM ours", "SELECT customer_name FROM shop.orders", "INSERT INTO logged VALUES (1)")
    run(url, "SELECT n FROM twin.ours", "INSERT INTO twin.logged VALUES (1)")
    read = look("mariadb_digests", url)
    mariadb.run("DROP DATABASE twin")

    assert (problem(silent), readers(silent)) == ("", {("reporting", ""): 0.0})
    assert readers(read)["", ""] == 5


def test_digests_that_were_emptied_are_unknown(mariadb: Server, look: Callable[..., tuple[Record, ...]]) -> None:
    url = mariadb.url("shop")
    look("mariadb_digests", url)
    mariadb.run("TRUNCATE TABLE performance_schema.events_statements_summary_by_digest")

    assert problem(look("mariadb_digests", url)).startswith("counter reset")


@pytest.mark.parametrize(
    ("table", "where", "what"),
    [
        ("setup_consumers SET enabled", "name = 'statements_digest'", "statements_digest"),
        ("threads SET instrumented", "processlist_id = {}", "the session of "),
    ],
)
def test_what_mariadb_did_not_count_for_a_while_was_not_silent_once_it_counts_again(
    mariadb: Server, look: Callable[..., tuple[Record, ...]], table: str, where: str, what: str
) -> None:
    url = mariadb.url("shop")
    engine = create_engine(url)
    with engine.connect() as pooled:
        of = where.format(pooled.execute(text("SELECT connection_id()")).scalar())
        look("mariadb_digests", url)
        mariadb.run(f"UPDATE performance_schema.{table} = 'NO' WHERE {of}")
        pooled.execute(text("SELECT customer_name FROM orders"))
        found = look("mariadb_digests", url)
        mariadb.run(f"UPDATE performance_schema.{table} = 'YES' WHERE {of}")
        mended = look("mariadb_digests", url)
    engine.dispose()

    assert problem(found).startswith(f"missing source: {what}")
    assert problem(mended).startswith(f"missing source: {what}")
    assert outcome(mended) is not Outcome.PASS


def test_views_and_functions_in_the_database_are_readers(
    postgresql_url: str, mariadb_url: str, look: Callable[..., tuple[Record, ...]]
) -> None:
    for url in (postgresql_url, mariadb_url):
        run(url, TABLE, "CREATE VIEW totals AS SELECT id, total FROM orders")
        assert readers(look("catalog", url)) == {("catalog", "catalog"): 0.0}
        run(
            url, "CREATE VIEW named AS SELECT customer_name AS n FROM orders", "CREATE VIEW upon AS SELECT n FROM named"
        )
        found = look("catalog", url)
        assert {name for name, _ in readers(found)} == {"view named", "view upon"}
        assert outcome(found) is Outcome.FAIL


def test_the_drop_that_is_taken_back_names_what_stands_in_its_way(
    postgresql_url: str, look: Callable[..., tuple[Record, ...]]
) -> None:
    run(postgresql_url, TABLE, "CREATE VIEW named AS SELECT customer_name FROM orders")

    found = {name for name, _ in readers(look("catalog", postgresql_url, probe="drop"))}

    assert any(name.startswith("what DROP COLUMN names: view named depends") for name in found)
    run(postgresql_url, "SELECT customer_name FROM orders")


def test_a_statement_that_nobody_understands_blocks_until_somebody_answers_for_it(
    postgresql: Server, look: Callable[..., tuple[Record, ...]], tmp_path: Path
) -> None:
    url, sql = postgresql.url(), "SELECT total INTO TEMP copied FROM orders"
    look("pg_stat_statements", url)
    run(url, sql)
    assert readers(look("pg_stat_statements", url))["postgres", "unknown"] == 1

    (tmp_path / "triage.toml").write_text(f'[[statements]]\nsql = "{sql}"\nby = "Ada"\nreason = "total alone"\n')
    run(url, sql)
    assert readers(look("pg_stat_statements", url, triage="triage.toml"))["postgres", "unknown"] == 1
