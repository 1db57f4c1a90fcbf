"""Is each engine opened as it must be: with one snapshot to read, short waits, values exact, and refusals in words?"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine

from contractctl import databases, journal
from contractctl.databases import Statement, mysql, postgresql, run
from contractctl.databases.postgresql.statements import waiting
from contractctl.errors import ContractctlError
from contractctl.journal import RefusedError
from tests import servers
from tests.budgets import budget
from tests.servers import Kind, Server

TEXTS = [
    "",
    "it's",
    "\\",
    "\\'",
    "a\\nb",
    "%s %(x)s :x ?",
    'say "so"',
    "`",
    "Füße 🙂",
    "--",
    "/* */",
    "' OR 1=1 --",
    "\n\t",
]
KINDS = pytest.mark.parametrize("kind", [servers.POSTGRESQL, servers.MARIADB], ids=lambda kind: kind.name)
NUMBERS = [0, -1, 2**31, 2**63 - 1, -(2**63), 0.1, -1e-300, 1.7976931348623157e308, 1e16, 123456789.123456789]
NAMES = ["order", "Two Words", 'in"ner', "b`tick", "it's", "per%cent", "col:on", "ä🙂"]
NAMES_OF_MARIADB = [name for name in NAMES if "🙂" not in name]
"""MariaDB's names end where Unicode's first plane does."""


@contextmanager
def opened(url: str, **options: float) -> Iterator[Engine]:
    """As contractctl opens it."""
    engine = databases.for_url(url).create_engine(url, **options)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def application(url: str) -> Iterator[Connection]:
    """As an application opens it, with settings of its own; every statement is kept at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with opened(database_url) as engine:
        yield engine


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def app(database_url: str) -> Iterator[Connection]:
    with application(database_url) as connection:
        yield connection


def asked(engine: Engine, *statements: str) -> object:
    """What the last of the statements gives; all in one transaction."""
    with journal.writing(engine) as connection:
        *before, last = statements
        for sql in before:
            run(connection, sql)
        found = run(connection, last)
        return found.scalar() if found.returns_rows else None


def refused(url: str, *statements: str) -> RefusedError:
    with opened(url) as engine, pytest.raises(RefusedError) as refusal:
        asked(engine, *(statements or ("SELECT 1",)))
    return refusal.value


def at_once(*work: Callable[[], None]) -> None:
    """All of it, each in a thread."""
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def as_text(value: object) -> object:
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, memoryview) else value


@pytest.mark.parametrize("value", [*TEXTS, *NUMBERS, b"", b"\x00\xff'\\", None])
def test_a_literal_is_the_value(engine: Engine, value: databases.KeyPart) -> None:
    found = asked(engine, f"SELECT {databases.of(engine).literal(value)}")

    assert as_text(found) == as_text(value)


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        ("postgresql", "SET standard_conforming_strings = off"),
        ("postgresql", "SET standard_conforming_strings = on"),
        ("mariadb", "SET sql_mode = ''"),
        ("mariadb", "SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'"),
    ],
)
def test_a_literal_is_the_value_in_everybodys_session(request: pytest.FixtureRequest, kind: str, setting: str) -> None:
    with application(request.getfixturevalue(f"{kind}_url")) as app:
        run(app, "SET escape_string_warning = off" if kind == "postgresql" else "DO 0")
        run(app, setting)
        for value in (*TEXTS, b"\\'"):
            found = run(app, f"SELECT {databases.of(app).literal(value)}").scalar()
            assert as_text(found) == as_text(value)


@given(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
    | st.binary()
    | st.integers(-(2**63), 2**63 - 1)
)
@budget(60)
def test_no_value_breaks_out_of_its_literal(
    postgresql_server: Server, mariadb_server: Server, value: databases.KeyPart
) -> None:
    for url in (postgresql_server.url(), mariadb_server.url(), "sqlite://"):
        with application(url) as app:
            found = run(app, f"SELECT {databases.of(app).literal(value)}").scalar()
            assert as_text(found) == as_text(value)


def test_a_name_is_quoted_whatever_stands_in_it(engine: Engine) -> None:
    database = databases.of(engine)
    names = NAMES if database is not mysql else NAMES_OF_MARIADB
    columns = ", ".join(f"{database.quote(name)} INTEGER" for name in names)
    with engine.begin() as connection:
        run(connection, f"CREATE TABLE {database.quote('a table')} ({columns})")
        found = run(connection, f"SELECT * FROM {database.quote('a table')}").keys()

    assert list(found) == names


def test_the_names_that_an_engine_takes_for_one() -> None:
    assert databases.for_url("sqlite://").same("Name", "NAME")
    assert databases.for_url("mariadb://h/d").same("Name", "NAME")
    assert not databases.for_url("postgresql://h/d").same("Name", "NAME")


@pytest.mark.parametrize(
    "scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg"]
)
def test_every_spelling_of_postgresql_is_opened(postgresql_url: str, scheme: str) -> None:
    with opened(postgresql_url.replace("postgresql+psycopg", scheme)) as engine:
        assert asked(engine, "SELECT 1") == 1


def test_options_of_asyncpg_are_said_in_libpqs_words(postgresql_url: str) -> None:
    address = postgresql_url.replace("+psycopg", "+asyncpg")
    with opened(f"{address}?ssl=disable&prepared_statement_cache_size=0&timeout=5") as engine:
        assert dict(engine.url.query) == {"sslmode": "disable", "connect_timeout": "5"}
        assert asked(engine, "SELECT 1") == 1


@pytest.mark.parametrize(
    "scheme", ["mysql", "mariadb", "mysql+pymysql", "mysql+aiomysql", "mariadb+asyncmy", "mysql+mysqldb"]
)
def test_every_spelling_of_mariadb_is_opened(mariadb_url: str, scheme: str) -> None:
    with opened(mariadb_url.replace("mysql+pymysql", scheme) + "?charset=latin1") as engine:
        assert asked(engine, "SELECT '🙂'") == "🙂"


def test_an_asynchronous_address_of_sqlite_is_opened(sqlite_url: str) -> None:
    with opened(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:")) as engine:
        assert asked(engine, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("address", "driver", "extra"),
    [("postgresql://h/d", "psycopg", "postgresql"), ("mysql://h/d", "pymysql", "mysql")],
)
def test_a_missing_driver_is_named_with_what_brings_it(address: str, driver: str, extra: str) -> None:
    program = (
        f"import sys\nsys.modules['{driver}'] = None\nfrom contractctl import databases, errors\n"
        f"try:\n    databases.create_engine('{address}')\n"
        "except errors.ContractctlError as error:\n    print(error.message, '/', error.hint)"
    )
    said = subprocess.check_output([sys.executable, "-c", program], text=True).strip()

    assert said == f"""the driver '{driver}' is not installed / run: pip install "contractctl[{extra}]\""""


def test_a_missing_database_is_said(server: Server) -> None:
    refusal = refused(server.url("nowhere"))

    assert refusal.message.startswith("there is no such database: ")
    assert not refusal.lost


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "nowhere.invalid"])
def test_a_server_that_is_not_there_is_said(server: Server, host: str) -> None:
    refusal = refused(server.url().replace(f"127.0.0.1:{server.port}", f"{host}:1"))

    assert refusal.message.startswith("the server cannot be reached: ")
    assert "\n" not in refusal.message
    assert refusal.lost


def test_a_wrong_password_is_said_and_never_shown() -> None:
    with servers.running(servers.POSTGRESQL) as server:
        server.run("CREATE ROLE ada LOGIN PASSWORD 'right'")
        rules = server.folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all ada 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        server.run("SELECT pg_reload_conf()")
        refusal = refused(server.url(account="ada", password="s3cret"))

    assert refusal.message.startswith("the password is wrong: ")
    assert "s3cret" not in f"{refusal.message} {refusal.hint}"
    assert not refusal.lost


def test_a_wrong_password_of_mariadb_is_said_and_never_shown(mariadb_server: Server) -> None:
    mariadb_server.run("CREATE OR REPLACE USER ada IDENTIFIED BY 'right'")
    refusal = refused(mariadb_server.url(account="ada", password="s3cret"))

    assert refusal.message.startswith("the password is wrong, or the user unknown: ")
    assert "s3cret" not in f"{refusal.message} {refusal.hint}"
    assert not refusal.lost


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ada:s3c@ret@127.0.0.1/shop",
        "mariadb://ada:s3cret@127.0.0.1",
        "mariadb://ada:s3cret@127.0.0.1/shop?passwort=s3cret",
        "ada:s3cret@127.0.0.1",
        "postgresql://ada:s3cret@127.0.0.1:port/shop",
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_its_secret(address: str) -> None:
    with pytest.raises(ContractctlError) as refusal:
        databases.create_engine(address)

    assert "ret" not in f"{refusal.value.message} {refusal.value.hint}"


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("8.0.36", "the server is MySQL 8.0.36, not MariaDB"),
        ("8.4.0-commercial", "the server is MySQL 8.4.0-commercial, not MariaDB"),
        ("10.5.27-MariaDB", "MariaDB 10.5 is too old"),
    ],
)
def test_what_has_not_been_proven_is_refused_when_it_is_connected_to(version: str, said: str) -> None:
    with (
        servers.running(servers.MARIADB, options=(f"--version={version}",)) as server,
        opened(server.url()) as engine,
        pytest.raises(ContractctlError, match=said),
    ):
        asked(engine, "SELECT 1")


def test_versions_that_are_taken() -> None:
    assert mysql.engine.unproven("5.5.5-10.11.19-MariaDB-0+deb12u1") is None
    assert mysql.engine.unproven("10.6.1-MariaDB-log") is None
    assert mysql.engine.unproven("11.8.2-MariaDB") is None
    assert postgresql.engine.too_old(130011).message == "PostgreSQL 13.11 is too old"
    assert postgresql.engine.LEAST == 140000


def test_reading_sees_one_snapshot_and_holds_no_writer_up(engine: Engine, app: Connection) -> None:
    """Hazard 28."""
    if engine.dialect.name == "sqlite":
        run(app, "PRAGMA journal_mode = WAL")
    run(app, "CREATE TABLE t (n INTEGER)")
    run(app, "INSERT INTO t VALUES (1)")

    with journal.reading(engine) as connection:
        before = run(connection, "SELECT count(*) FROM t").scalar()
        run(app, "INSERT INTO t VALUES (2)")
        run(app, "UPDATE t SET n = 3")
        after = run(connection, "SELECT count(*) FROM t").scalar()

    assert (before, after) == (1, 1)
    assert asked(engine, "SELECT count(*) FROM t") == 2


def test_the_snapshot_holds_tables_that_were_not_read_yet(server_url: str) -> None:
    with opened(server_url) as engine, application(server_url) as app:
        run(app, "CREATE TABLE one (n INTEGER)")
        run(app, "CREATE TABLE two (n INTEGER)")
        with journal.reading(engine) as connection:
            run(connection, "SELECT * FROM one").all()
            run(app, "INSERT INTO two VALUES (1)")
            assert run(connection, "SELECT count(*) FROM two").scalar() == 0


def test_what_is_opened_for_reading_cannot_write(server_url: str) -> None:
    with opened(server_url) as engine:
        asked(engine, "CREATE TABLE t (n INTEGER)")

        with pytest.raises(RefusedError, match="cannot be written"), journal.reading(engine) as connection:
            run(connection, "INSERT INTO t VALUES (1)")
        asked(engine, "INSERT INTO t VALUES (1)")


LOCKING = {
    "a row": ("SELECT * FROM t WHERE n = 1 FOR UPDATE", "UPDATE t SET n = 2 WHERE n = 1"),
    "a table that somebody reads": ("SELECT * FROM t", "ALTER TABLE t ADD COLUMN m INTEGER"),
}


@pytest.mark.parametrize("what", LOCKING)
def test_no_lock_is_waited_for_longer_than_was_said(server_url: str, what: str) -> None:
    """Hazard 21, 29."""
    held, wanted = LOCKING[what]
    with opened(server_url, lock_seconds=1) as engine, application(server_url) as app:
        run(app, "CREATE TABLE t (n INTEGER PRIMARY KEY)")
        run(app, "INSERT INTO t VALUES (1)")
        run(app, "BEGIN")
        run(app, held).all()
        began = time.monotonic()
        with pytest.raises(RefusedError, match="held a lock for too long") as refusal:
            asked(engine, wanted)
        waited = time.monotonic() - began

    assert refusal.value.busy
    assert 0.9 < waited < 5


def test_whoever_is_ended_in_a_deadlock_may_come_again(server_url: str) -> None:
    """Hazard 21."""
    met, refusals = threading.Barrier(2), list[RefusedError]()

    def cross(first: int, second: int) -> None:
        try:
            with journal.writing(engine) as connection:
                run(connection, f"UPDATE t SET m = m + 1 WHERE n = {first}")
                met.wait(20)
                run(connection, f"UPDATE t SET m = m + 1 WHERE n = {second}")
        except RefusedError as error:
            refusals.append(error)

    with opened(server_url, lock_seconds=10) as engine:
        asked(engine, "CREATE TABLE t (n INTEGER PRIMARY KEY, m INTEGER)", "INSERT INTO t VALUES (1, 0), (2, 0)")
        at_once(partial(cross, 1, 2), partial(cross, 2, 1))

        assert [(error.busy, error.lost) for error in refusals] == [(True, False)]
        assert "waited for each other" in refusals[0].message
        assert asked(engine, "SELECT sum(m) FROM t") == 2


@KINDS
def test_a_lost_connection_is_said_and_the_next_one_is_new(kind: Kind) -> None:
    def lose() -> None:
        with journal.writing(engine) as connection:
            run(connection, "SELECT 1")
            server.kill()
            run(connection, "SELECT 1")

    with servers.running(kind) as server, opened(server.url()) as engine:
        with pytest.raises(RefusedError) as refusal:
            lose()
        server.start()

        assert refusal.value.lost
        assert not refusal.value.busy
        assert asked(engine, "SELECT 1") == 1
        server.kill()
        server.start()
        assert asked(engine, "SELECT 1") == 1


def test_a_deadlock_behind_a_savepoint_is_one_as_well(server_url: str) -> None:
    met, refusals = threading.Barrier(2), list[RefusedError]()

    def cross(first: int, second: int) -> None:
        try:
            with journal.writing(engine) as connection:
                run(connection, f"UPDATE t SET m = m + 1 WHERE n = {first}")
                met.wait(20)
                with connection.begin_nested():
                    run(connection, f"UPDATE t SET m = m + 1 WHERE n = {second}")
        except RefusedError as error:
            refusals.append(error)

    with opened(server_url, lock_seconds=10) as engine:
        asked(engine, "CREATE TABLE t (n INTEGER PRIMARY KEY, m INTEGER)", "INSERT INTO t VALUES (1, 0), (2, 0)")
        at_once(partial(cross, 1, 2), partial(cross, 2, 1))

        assert [(error.busy, error.lost) for error in refusals] == [(True, False)]
        assert "waited for each other" in refusals[0].message


def test_one_at_a_time_does_what_must_be_done_alone(engine: Engine) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with databases.of(engine).alone(engine, "a test"), journal.writing(engine):
            inside += 1
            most = max(most, inside)
            time.sleep(0.05)
            inside -= 1

    at_once(*[work] * 4)

    assert (inside, most) == (0, 1)


def test_what_is_done_alone_is_let_go_when_it_fails(engine: Engine) -> None:
    def fail() -> None:
        with databases.of(engine).alone(engine, "a test"), journal.writing(engine) as connection:
            run(connection, "SELECT n FROM nowhere")

    for _ in range(2):
        with pytest.raises(RefusedError, match="nowhere"):
            fail()
    with databases.of(engine).alone(engine, "a test"), journal.writing(engine) as connection:
        assert run(connection, "SELECT 1").scalar() == 1


def test_rows_that_a_policy_hides_are_not_hidden_in_silence(postgresql_server: Server, postgresql_url: str) -> None:
    """Hazard 27."""
    with application(postgresql_url) as owner:
        run(owner, "CREATE TABLE t (n INTEGER)")
        run(owner, "INSERT INTO t VALUES (1), (2)")
        run(owner, "ALTER TABLE t ENABLE ROW LEVEL SECURITY")
        run(owner, "CREATE POLICY half ON t USING (n = 1)")
        run(owner, "CREATE ROLE bob LOGIN")
        run(owner, "GRANT SELECT ON t TO bob")
        try:
            refusal = refused(postgresql_url.replace("postgres@", "bob@"), "SELECT count(*) FROM t")
        finally:
            run(owner, "DROP OWNED BY bob")
            run(owner, "DROP ROLE bob")

    assert "row-level security" in refusal.message
    assert "BYPASSRLS" in (refusal.hint or "")


def test_our_settings_end_with_the_transaction(postgresql_url: str) -> None:
    """Behind a pooler the next transaction of the session is a stranger's."""
    names = ("row_security", "lock_timeout", "TimeZone", "bytea_output", "DateStyle")

    def shown() -> list[str]:
        with driver.cursor() as cursor:
            return [cursor.execute(f"SHOW {name}").fetchone()[0] for name in names]

    with opened(postgresql_url) as engine, engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        before = shown()
        driver.rollback()
        run(connection, "SELECT 1")
        inside = shown()
        connection.commit()
        after = shown()
        driver.rollback()

    assert inside == ["off", "2s", "UTC", "hex", "ISO, YMD"]
    assert after == before != inside


def test_what_a_pooler_does_not_know_of_is_not_set_outside_of_transactions(postgresql_url: str) -> None:
    """An index that is built concurrently left row_security = off to whoever got the session next."""
    names = ("row_security", "lock_timeout", "statement_timeout", "bytea_output", "extra_float_digits")
    with opened(postgresql_url) as engine, engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        driver: Any = alone.connection.driver_connection
        before = [driver.execute(f"SHOW {name}").fetchone()[0] for name in names]
        statement = Statement("CREATE INDEX CONCURRENTLY i ON pg_temp.t (id)", "none", transactional=False)
        alone.exec_driver_sql("CREATE TEMPORARY TABLE t (id int)")
        waiting.carry_out(alone, waiting.patient_outside(statement))
        after = [driver.execute(f"SHOW {name}").fetchone()[0] for name in names]

    assert after == before == ["on", "0", "0", "hex", "1"]


@pytest.mark.parametrize(
    "preferred",
    ["bytea_output = escape", "TimeZone = 'Asia/Tokyo'", "DateStyle = German", "quote_all_identifiers = on"],
)
def test_values_look_the_same_whatever_a_role_prefers(postgresql_url: str, preferred: str) -> None:
    """Hazard 5: with names in quotes, a default that asks a sequence was taken for a given value."""
    with application(postgresql_url) as owner:
        run(owner, f"ALTER DATABASE {postgresql_url.rpartition('/')[2]} SET {preferred}")
    with opened(postgresql_url) as engine:
        found = asked(
            engine, r"SELECT concat_ws(' ', '\x00ff'::bytea, timestamptz '2024-02-01 00:30+02', regclass 'pg_proc')"
        )

    assert found == r"\x00ff 2024-01-31 22:30:00+00 pg_proc"


def test_nothing_is_truncated_in_silence_on_mariadb(mariadb_server: Server, mariadb_url: str) -> None:
    mariadb_server.run("SET GLOBAL sql_mode = ''")
    try:
        with opened(mariadb_url) as engine:
            asked(engine, "CREATE TABLE t (a VARCHAR(2), b TINYINT, c DATE) ENGINE = MyISAM")
            asked(engine, "INSERT INTO t VALUES ('a', 1, '0000-00-00')")
        too_long = refused(mariadb_url, "INSERT INTO t VALUES ('abc', 1, NULL)")
        too_large = refused(mariadb_url, "INSERT INTO t VALUES ('a', 300, NULL)")
    finally:
        mariadb_server.run("SET GLOBAL sql_mode = DEFAULT")

    assert "Data too long" in too_long.message
    assert "Out of range" in too_large.message


def test_an_update_locks_no_gap_on_mariadb(mariadb_url: str) -> None:
    """Hazard 28."""
    with opened(mariadb_url) as engine, application(mariadb_url) as app:
        asked(engine, "CREATE TABLE t (n INTEGER PRIMARY KEY, m INTEGER)", "INSERT INTO t VALUES (10, 0), (20, 0)")
        run(app, "SET innodb_lock_wait_timeout = 1")
        with engine.begin() as connection:
            run(connection, "UPDATE t SET m = 1 WHERE n BETWEEN 5 AND 25")
            run(app, "INSERT INTO t VALUES (15, 0)")

        assert asked(engine, "SELECT count(*) FROM t") == 3


def test_what_an_administrator_cancelled_is_not_tried_again(postgresql_server: Server, postgresql_url: str) -> None:
    cancel = """DO $$ BEGIN
        FOR look IN 1..600 LOOP
            EXIT WHEN (
                SELECT bool_or(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'
            );
            PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
        END LOOP;
    END $$"""
    later = threading.Thread(target=postgresql_server.run, args=(cancel,))
    later.start()
    refusal = refused(postgresql_url, "SELECT pg_sleep(30)")
    later.join()

    assert "was cancelled" in refusal.message
    assert not refusal.busy


def test_a_statement_that_took_too_long_may_come_again(postgresql_url: str) -> None:
    refusal = refused(postgresql_url, "SET LOCAL statement_timeout = 50", "SELECT pg_sleep(30)")

    assert "was cancelled" in refusal.message
    assert refusal.busy


def test_a_pooler_without_a_connection_to_give_is_said_to_be_one(postgresql_url: str) -> None:
    """As pgbouncer 1.18 says it where its pool has a single connection: whoever does something alone needs a second."""
    said = "RAISE EXCEPTION 'query_wait_timeout' USING ERRCODE = '08P01'"
    refusal = refused(postgresql_url, f"DO $$ BEGIN {said}; END $$")

    assert refusal.message == "the pooler in front of the server has had no connection to give: query_wait_timeout"
    assert "two are needed at once, and more with --workers: raise its pool size" in str(refusal.hint)


def test_a_way_to_log_in_that_the_driver_lacks_is_said(mariadb_server: Server) -> None:
    mariadb_server.run("INSTALL SONAME 'auth_ed25519'")
    try:
        mariadb_server.run("CREATE OR REPLACE USER eve IDENTIFIED VIA ed25519 USING PASSWORD('right')")
        with (
            opened(mariadb_server.url(account="eve", password="right")) as engine,
            pytest.raises(ContractctlError, match="authentication method is not supported here") as refusal,
        ):
            asked(engine, "SELECT 1")
    finally:
        mariadb_server.run("DROP USER eve")
        mariadb_server.run("UNINSTALL SONAME 'auth_ed25519'")

    assert "PyMySQL" in (refusal.value.hint or "")


def test_an_error_of_ours_is_no_reason_to_come_again(database_url: str) -> None:
    refusal = refused(database_url, "SELECT n FROM nowhere")

    assert refusal.message.startswith("the database refused: ")
    assert not refusal.busy
    assert not refusal.lost
