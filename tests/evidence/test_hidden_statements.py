"""Does the gate stay closed where a server has forgotten a statement, hides it, or counts it elsewhere?"""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from contractctl import evidence
from contractctl.model.decision import Outcome
from contractctl.model.evidence import Record
from tests import servers
from tests.evidence.conftest import PLAN, QUESTION
from tests.evidence.test_statement_statistics import RULES, TABLE, outcome, problem, readers, run
from tests.servers import Server

Look = Callable[..., tuple[Record, ...]]
LOADED = ("--shared_preload_libraries=pg_stat_statements", "--pg_stat_statements.track=all")


@pytest.fixture(scope="module")
def forgetful() -> Iterator[Server]:
    """One that has room for a hundred statements."""
    with servers.running(servers.POSTGRESQL, options=(*LOADED, "--pg_stat_statements.max=100")) as server:
        server.run("CREATE EXTENSION pg_stat_statements")
        server.run(TABLE)
        yield server


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def collect(source: str, url: str, **options: str) -> tuple[Record, ...]:
        question = replace(QUESTION, now=time.time(), plan=replace(PLAN, reads=RULES))
        return evidence.collect(source, url, options, question, root=tmp_path, folder=tmp_path / "evidence")

    return collect


def test_a_statement_that_was_thrown_out_is_not_one_that_was_never_sent(forgetful: Server, look: Look) -> None:
    look("pg_stat_statements", forgetful.url())
    with closing(psycopg.connect(forgetful.url().replace("+psycopg", ""), autocommit=True)) as connection:
        connection.execute("SELECT customer_name FROM orders")
        for number in range(150):
            connection.execute(f"SELECT {'1, ' * number}total FROM orders")

    found = look("pg_stat_statements", forgetful.url())

    assert problem(found).startswith("truncated")
    assert "were evicted from the statistics" in problem(found)
    assert outcome(found) is not Outcome.PASS


def test_a_restart_is_not_silence(forgetful: Server, look: Look) -> None:
    look("pg_stat_statements", forgetful.url())
    run(forgetful.url(), "SELECT customer_name FROM orders")

    forgetful.kill()
    forgetful.start()
    found = look("pg_stat_statements", forgetful.url())

    assert problem(found).startswith("counter reset")
    assert outcome(found) is not Outcome.PASS


def test_statements_of_others_that_are_not_shown_are_not_absent(forgetful: Server, look: Look) -> None:
    forgetful.run("DROP ROLE IF EXISTS curious")
    forgetful.run("CREATE ROLE curious LOGIN")
    run(forgetful.url(), "SELECT customer_name FROM orders")

    hidden = look("pg_stat_statements", forgetful.url(account="curious"))
    forgetful.run("GRANT pg_read_all_stats TO curious")
    shown = look("pg_stat_statements", forgetful.url(account="curious"))

    assert problem(hidden).startswith("unparseable: statements of other roles are not visible: GRANT pg_read_all_stats")
    assert outcome(hidden) is Outcome.UNKNOWN
    assert problem(shown).startswith("window not covered")


TEXTS, ROWS = "RETURNS SETOF text LANGUAGE sql STABLE", "RETURNS SETOF orders LANGUAGE sql STABLE"
NAMES = f"CREATE FUNCTION names() {TEXTS} AS 'SELECT customer_name::text FROM orders';"
EVERY = f"CREATE FUNCTION every() {ROWS} AS 'SELECT * FROM orders';"
BUYERS = "CREATE VIEW buyers AS SELECT customer_name FROM orders;"


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        (f"{NAMES} CREATE FUNCTION found() {TEXTS} AS 'SELECT * FROM names()'", "SELECT count(*) FROM found()"),
        (EVERY, "SELECT * FROM every()"),
        (f"CREATE FUNCTION found() {TEXTS} AS 'SELECT o::text FROM orders o'", "SELECT * FROM found()"),
        (
            f"CREATE FUNCTION found() {TEXTS} BEGIN ATOMIC SELECT customer_name FROM orders; END",
            "SELECT * FROM found()",
        ),
        (f"{BUYERS} CREATE FUNCTION found() {TEXTS} AS 'SELECT b::text FROM buyers b'", "SELECT * FROM found()"),
        (f"{EVERY} CREATE VIEW found AS SELECT customer_name AS one FROM every()", "SELECT one FROM found"),
        (
            "CREATE FUNCTION found(it orders) RETURNS text LANGUAGE sql STABLE AS 'SELECT it.customer_name::text'",
            "SELECT o.found FROM orders o",
        ),
        (
            "CREATE FUNCTION found(it orders) RETURNS text LANGUAGE sql STABLE AS 'SELECT it::text'",
            "SELECT o.found FROM orders o",
        ),
    ],
)
def test_what_is_read_by_what_a_statement_names_is_seen_where_the_server_puts_its_text_in_its_place(
    forgetful: Server, look: Look, made: str, sent: str
) -> None:
    url = forgetful.url()
    run(url, "CREATE SCHEMA hidden", f"SET search_path = hidden, public; {made}")
    try:
        look("pg_stat_statements", url)
        run(url, f"SET search_path = hidden, public; {sent}")
        found = look("pg_stat_statements", url)
    finally:
        run(url, "DROP SCHEMA hidden CASCADE")

    assert sum(readers(found).values()) >= 1
    assert outcome(found) is not Outcome.PASS


def test_what_was_not_counted_for_a_while_was_not_silent_once_it_is_counted_again(
    forgetful: Server, look: Look
) -> None:
    """The settings are mended, as the answer in between demands: what was read until then is known to nobody."""
    look("pg_stat_statements", url := forgetful.url())
    run(url, "ALTER ROLE postgres SET pg_stat_statements.track = 'none'")
    plain = url.replace("+psycopg", "")
    with closing(psycopg.connect(plain, autocommit=True)) as pooled:
        pooled.execute("SELECT customer_name FROM orders")
        assert problem(look("pg_stat_statements", url)).startswith("sampled: pg_stat_statements.track is 'none'")
        run(url, "ALTER ROLE postgres RESET ALL")

        mended = look("pg_stat_statements", url)
        time.sleep(RULES.window_seconds)
        pooled.execute("SELECT customer_name FROM orders")
        pooling = look("pg_stat_statements", url)

    assert problem(mended).startswith("sampled: pg_stat_statements.track is 'none'")
    assert outcome(mended) is not Outcome.PASS
    assert problem(pooling).startswith("sampled: sessions are connected since before")
    assert outcome(pooling) is not Outcome.PASS
    assert clean_at_last(look, url)


def test_a_session_from_before_settings_that_the_very_first_look_found_wrong_is_not_silent(
    forgetful: Server, look: Look
) -> None:
    run(url := forgetful.url(), "ALTER ROLE postgres SET pg_stat_statements.track = 'none'")
    with closing(psycopg.connect(url.replace("+psycopg", ""), autocommit=True)) as pooled:
        try:
            first = look("pg_stat_statements", url)
        finally:
            run(url, "ALTER ROLE postgres RESET ALL")
        mended = look("pg_stat_statements", url)
        time.sleep(RULES.window_seconds)
        pooled.execute("SELECT customer_name FROM orders")
        pooling = look("pg_stat_statements", url)

    assert problem(first).startswith("sampled: pg_stat_statements.track is 'none'")
    assert problem(mended).startswith("window not covered: this was the first snapshot")
    assert problem(pooling).startswith("sampled: sessions are connected since before")
    assert outcome(pooling) is not Outcome.PASS
    assert clean_at_last(look, url)


def test_a_session_that_this_account_may_not_see_may_have_begun_before_the_settings_were_mended(
    forgetful: Server, look: Look
) -> None:
    """What others do to the settings they do in another database, so that nothing of theirs is counted in this one."""
    plain = forgetful.url().replace("+psycopg", "")
    with forgetful.database() as elsewhere:
        run(elsewhere, "CREATE EXTENSION pg_stat_statements", "CREATE ROLE shy LOGIN")
        run(elsewhere, "SELECT pg_stat_statements_reset()")
        look("pg_stat_statements", shy := forgetful.url(account="shy"))
        run(elsewhere, "ALTER ROLE postgres SET pg_stat_statements.track = 'none'")
        try:
            with closing(psycopg.connect(plain, autocommit=True)) as pooled:
                look("pg_stat_statements", shy)
                run(elsewhere, "ALTER ROLE postgres RESET ALL")
                look("pg_stat_statements", shy)
                look("pg_stat_statements", shy)
                time.sleep(RULES.window_seconds)
                pooled.execute("SELECT customer_name FROM orders")
                pooling = look("pg_stat_statements", shy)
        finally:
            run(elsewhere, "ALTER ROLE postgres RESET ALL", "DROP ROLE shy")

    assert problem(pooling).startswith("sampled: sessions are connected since before")
    assert outcome(pooling) is not Outcome.PASS


def clean_at_last(look: Look, url: str, **options: str) -> bool:
    """Whether what was wrong is over once a window has passed, however slow the machine is."""
    looks = (time.sleep(RULES.window_seconds) or look("pg_stat_statements", url, **options) for _ in range(20))
    return any(problem(found) == "" for found in looks)


def test_statistics_of_one_database_that_were_emptied_between_two_looks_are_no_silence(
    forgetful: Server, look: Look
) -> None:
    """From elsewhere; and whatever was counted before the first look is sent again until the second."""
    url, elsewhere = forgetful.url(), "template1"
    forgetful.run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements", elsewhere)
    forgetful.run("SELECT pg_stat_statements_reset()", elsewhere)
    look("pg_stat_statements", url)
    run(url, "SELECT customer_name FROM orders")
    forgetful.run("SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = 'postgres'", elsewhere)

    found = look("pg_stat_statements", url)

    assert problem(found).startswith("counter reset: entries were removed")
    assert outcome(found) is not Outcome.PASS


def test_what_is_read_from_a_replica_is_counted_there(forgetful: Server, look: Look, tmp_path: Path) -> None:
    arguments = ("-h", servers.HOST, "-p", str(forgetful.port), "-U", forgetful.kind.account, "--no-loop")
    receiving = subprocess.Popen(
        [servers.program("pg_receivewal"), "-D", tmp_path, *arguments], stderr=subprocess.DEVNULL
    )
    try:
        found: tuple[Record, ...] = ()
        for _ in range(100):
            found = look("pg_stat_statements", forgetful.url())
            if "replica counts by itself" in problem(found):
                break
            time.sleep(0.05)
        assert problem(found).startswith("missing source: 1 replica counts by itself; configure each as a source")
        assert outcome(found) is Outcome.UNKNOWN
        assert problem(look("pg_stat_statements", forgetful.url(), replicas="1")).startswith(
            "missing source: 1 replica"
        )
        assert clean_at_last(look, forgetful.url(), replicas="1")
    finally:
        receiving.terminate()
        receiving.wait()


def test_routines_and_triggers_of_mariadb_that_read_the_column_keep_the_gate_closed(
    mariadb_url: str, look: Look
) -> None:
    run(mariadb_url, TABLE, "CREATE TABLE log (id INT, name VARCHAR(20))")
    run(mariadb_url, "CREATE PROCEDURE totals() SELECT sum(total) FROM orders")
    assert readers(look("catalog", mariadb_url)) == {("catalog", "catalog"): 0.0}

    run(
        mariadb_url,
        "CREATE FUNCTION named(i INT) RETURNS VARCHAR(20) READS SQL DATA "
        "RETURN (SELECT customer_name FROM orders WHERE id = i)",
        "CREATE PROCEDURE list_names() SELECT customer_name FROM orders",
        "CREATE TRIGGER keep AFTER UPDATE ON orders FOR EACH ROW INSERT INTO log VALUES (OLD.id, OLD.customer_name)",
        "CREATE TRIGGER elsewhere AFTER INSERT ON log FOR EACH ROW "
        "UPDATE orders SET total = 0 WHERE customer_name = NEW.name",
    )
    found = look("catalog", mariadb_url)

    assert {name for name, _ in readers(found)} == {
        "function named",
        "procedure list_names",
        "trigger keep",
        "trigger elsewhere",
    }
    assert outcome(found) is Outcome.FAIL
