"""What does MariaDB say of a table: its columns and key, what depends on a column, and what stands in our way?"""

import threading
from contextlib import closing

import pymysql
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from contractctl.databases import mysql as database
from contractctl.databases import run
from contractctl.databases.mysql import tables
from contractctl.errors import ContractctlError
from contractctl.operations.steps import StageColumn
from tests.databases import shops

T = "CREATE TABLE t (id INT PRIMARY KEY, old VARCHAR(20), new VARCHAR(20), n INT)"
DEPENDENTS = {
    "view 'v'": "CREATE VIEW v AS SELECT upper(x.old) FROM t AS x",
    "view 'everything'": "CREATE VIEW everything AS SELECT * FROM t",
    "view 'joined'": "CREATE VIEW joined AS SELECT a.id FROM t AS a JOIN t AS b ON a.old = b.new",
    "view 'nested'": "CREATE VIEW nested AS SELECT id FROM t WHERE id IN (SELECT id FROM t WHERE old = 'a')",
    "index 'i'": "CREATE INDEX i ON t (id, old)",
    "index 'one'": "CREATE UNIQUE INDEX one ON t (old)",
    "trigger 'r'": "CREATE TRIGGER r AFTER UPDATE ON t FOR EACH ROW SET @x = OLD.old",
    "trigger 'elsewhere'": "CREATE TRIGGER elsewhere AFTER INSERT ON other FOR EACH ROW UPDATE t SET old = 'x'",
    "procedure 'p'": "CREATE PROCEDURE p() UPDATE t SET old = upper(`old`)",
    "function 'f'": "CREATE FUNCTION f() RETURNS INT READS SQL DATA RETURN (SELECT count(old) FROM t)",
    "event 'e'": "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t WHERE old IS NULL",
    "check 'c'": "ALTER TABLE t ADD CONSTRAINT c CHECK (old <> new)",
}


def test_a_column_that_is_staged_like_one_of_json_takes_nothing_else(shop):
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, a JSON, plain LONGTEXT COLLATE utf8mb4_bin) CHARSET latin1")
    with shop.engine.begin() as connection:
        StageColumn("t", "b", like="a").run(connection)
    shop.run("ALTER TABLE t RENAME COLUMN a TO a__quiesced")

    with shop.engine.connect() as connection:
        types = [column.type for column in database.columns(connection, "t")]
    assert types == ["int(11)", "json", "longtext CHARACTER SET utf8mb4", "json"]
    shop.run("INSERT INTO t (id, b) VALUES (1, '[1]')")
    with pytest.raises(pymysql.OperationalError, match=r"CONSTRAINT `t\.b` failed"):
        shop.run("INSERT INTO t (id, b) VALUES (2, 'no JSON')")


def test_a_timestamp_that_is_staged_is_null_where_servers_of_old_would_make_a_clock_of_it(shop):
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP(3) NULL)")
    shop.run("INSERT INTO t VALUES (1, NULL)")
    with shop.engine.begin() as connection:
        run(connection, "SET SESSION explicit_defaults_for_timestamp = 0")
        StageColumn("t", "seen", like="at").run(connection)

    assert shop.rows("SELECT seen FROM t") == [(None,)]
    assert shop.rows("SHOW COLUMNS FROM t LIKE 'seen'") == [("seen", "timestamp(3)", "YES", "", None, "")]


def test_a_table_that_somebody_holds_for_too_long_is_never_one_without_columns(shop):
    """Hazard 29: information_schema leaves it out, with a warning that nobody would read."""
    shop.run(T)
    shop.run("CREATE TABLE other (id INT)")
    shop.run("INSERT INTO t SELECT seq, 'old', 'new', 1 FROM seq_1_to_100000")
    questions = (
        (lambda connection: database.columns(connection, "t"), "SELECT 1", "Lock wait timeout exceeded"),
        (
            lambda connection: database.parts(connection, "t"),
            "SELECT * FROM other",
            "is being modified by concurrent DDL",
        ),
    )
    app = shop.connect()
    holder = threading.Thread(
        target=lambda: shop.run("ALTER TABLE t ENGINE = InnoDB, ALGORITHM=INPLACE, LOCK=EXCLUSIVE", app=app)
    )
    with shop.engine.connect() as connection:
        run(connection, "SET SESSION lock_wait_timeout = 0")
        holder.start()
        while not shop.rows("SELECT 1 FROM information_schema.PROCESSLIST WHERE STATE = 'altering table'"):
            assert holder.is_alive()
        # nobody has to open it for what another table says of itself
        assert list(tables.cascades(connection, "other", "id")) == []
        for ask, before, said in questions:
            run(connection, before)
            with pytest.raises(DBAPIError, match=said) as refusal:
                ask(connection)
            assert database.busy(refusal.value)
            connection.rollback()
        holder.join()
        assert len(database.columns(connection, "t")) == 4
    app.close()


def test_what_depends_on_a_column_is_named(shop):
    """Hazard 34."""
    shop.run(T)
    shop.run("CREATE TABLE other (id INT)")
    for ddl in DEPENDENTS.values():
        shop.run(ddl)
    with shop.engine.begin() as connection:
        assert database.dependents(connection, "t", "old") == tuple(sorted(DEPENDENTS))


def test_what_another_database_has_depends_on_a_column_where_it_names_the_database(shop, mariadb_server):
    """Hazard 34: its own table may have the same names, as a copy's has."""
    shop.run(T)
    own = make_url(shop.url).database
    with mariadb_server.database() as url, closing(shops.MARIADB.connect(url)) as app:
        shop.run(T, app=app)
        for name, table in (("twin", "t"), ("far", f"{own}.t")):
            shop.run(f"CREATE TABLE {name} (id INT)", app=app)
            shop.run(f"CREATE TRIGGER {name} AFTER INSERT ON {name} FOR EACH ROW UPDATE {table} SET old = 'x'", app=app)
            shop.run(f"CREATE PROCEDURE p_{name}() UPDATE {table} SET old = 'x'", app=app)
        with shop.engine.begin() as connection:
            assert database.dependents(connection, "t", "old") == ("procedure 'p_far'", "trigger 'far'")


def test_a_view_over_a_view_that_breaks_is_named_with_it(shop):
    """Hazard 34."""
    shop.run(T)
    shop.run("CREATE VIEW names AS SELECT old AS name FROM t")
    shop.run("CREATE VIEW loud AS SELECT upper(name) FROM names")
    shop.run("CREATE VIEW quiet AS SELECT new FROM t")
    with shop.engine.begin() as connection:
        assert database.dependents(connection, "t", "old") == ("view 'loud'", "view 'names'")


def test_foreign_keys_in_both_directions_are_named(shop):
    """Hazard 34, 40."""
    shop.run("CREATE TABLE parent (name VARCHAR(20) PRIMARY KEY)")
    shop.run(
        "CREATE TABLE t (id INT PRIMARY KEY, old VARCHAR(20), KEY i (old), CONSTRAINT up FOREIGN KEY (old)"
        " REFERENCES parent (name))"
    )
    shop.run("CREATE TABLE child (name VARCHAR(20) REFERENCES t (old))")
    with shop.engine.begin() as connection:
        found = database.dependents(connection, "t", "old")

    assert found == ("foreign key 'child_ibfk_1' of table 'child'", "foreign key 'up'", "index 'i'")


def test_what_only_mentions_the_name_does_not_depend_on_the_column(shop):
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, old VARCHAR(20) DEFAULT 'old' CHECK (old <> 'old'), new VARCHAR(20))")
    shop.run("CREATE TABLE other (old VARCHAR(20))")
    shop.run("CREATE VIEW v AS SELECT old, 'old' FROM other")
    shop.run("CREATE VIEW w AS SELECT id, new AS old FROM t")
    shop.run("CREATE VIEW x AS SELECT other.old, t.id FROM t JOIN other")
    shop.run("CREATE TRIGGER r AFTER UPDATE ON t FOR EACH ROW SET @x = 'old'")
    shop.run("CREATE PROCEDURE p() UPDATE other SET old = 't'")
    with shop.engine.begin() as connection:
        assert database.dependents(connection, "t", "old") == ()


@pytest.mark.parametrize(
    ("ddl", "what"),
    [
        ("CREATE TABLE t (old VARCHAR(20) PRIMARY KEY)", "primary key"),
        ("CREATE TABLE t (id INT, old VARCHAR(20), PRIMARY KEY (id, old))", "primary key"),
        ("CREATE TABLE t (id INT PRIMARY KEY, old INT AS (id + 1) VIRTUAL)", "a generated column"),
        ("CREATE TABLE t (id INT PRIMARY KEY, old INT AS (id + 1) STORED)", "a generated column"),
        ("CREATE TABLE t (id INT PRIMARY KEY, old INT, more INT AS (old + 1) STORED)", "generated column 'more'"),
        ("CREATE TABLE t (id INT, old INT, PRIMARY KEY (id, old)) PARTITION BY HASH (old)", "partition"),
        ("CREATE TABLE t (id INT PRIMARY KEY, old INT AUTO_INCREMENT UNIQUE)", "AUTO_INCREMENT"),
        ("CREATE TABLE t (id INT PRIMARY KEY, old CHAR(36) DEFAULT uuid())", "differs each time"),
        ("CREATE TABLE t (id INT PRIMARY KEY, old DOUBLE DEFAULT (rand()))", "differs each time"),
        ("CREATE TABLE t (id INT PRIMARY KEY, old BINARY(2) DEFAULT x'ff00')", "a default that is not text, which"),
        (
            "CREATE TABLE t (id INT PRIMARY KEY, old INT REFERENCES parent (id) ON UPDATE CASCADE)",
            "ON UPDATE CASCADE of foreign key",
        ),
        (
            "CREATE TABLE t (id INT PRIMARY KEY, old INT REFERENCES parent (id) ON DELETE SET NULL)",
            "ON DELETE SET NULL of foreign key",
        ),
    ],
)
def test_a_column_that_cannot_be_staged_is_refused_with_the_reason(shop, ddl, what):
    """Hazard 5, 10, 13, 41."""
    shop.run("CREATE TABLE parent (id INT PRIMARY KEY)")
    shop.run(ddl)
    with shop.engine.begin() as connection:
        found = database.obstacles(connection, "t", "old")

    assert any(what in reason for reason in found)


def test_an_ordinary_column_has_no_obstacles(shop):
    shop.run("CREATE TABLE parent (id INT PRIMARY KEY)")
    shop.run(
        "CREATE TABLE t (id INT PRIMARY KEY, old TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
        " parent INT REFERENCES parent (id) ON DELETE CASCADE)"
    )
    with shop.engine.begin() as connection:
        assert database.obstacles(connection, "t", "old") == ()
        assert database.obstacles(connection, "t", "parent") == ()


@pytest.mark.parametrize(
    ("ddl", "what"),
    [
        ("CREATE TABLE t (id INT PRIMARY KEY) ENGINE=Aria", "Aria"),
        ("CREATE TABLE t (id INT PRIMARY KEY) ENGINE=MyISAM", "no transactions"),
        ("CREATE TABLE t (id INT PRIMARY KEY) WITH SYSTEM VERSIONING", "system-versioned"),
        ("CREATE TABLE t (id ENUM('b', 'a') PRIMARY KEY)", "not sorted as it is compared"),
        ("CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b TEXT, FULLTEXT said (a, b))", "the FULLTEXT index 'said'"),
    ],
)
def test_a_table_on_which_nothing_can_be_kept_in_step_is_refused(shop, ddl, what):
    shop.run(ddl)
    with shop.engine.begin() as connection:
        assert [what in sentence for sentence in database.hindrances(connection, "t")] == [True]


@pytest.mark.parametrize(
    ("ddl", "names"),
    [
        ("a INT, b INT, PRIMARY KEY (b, a)", ("b", "a")),
        ("a INT NOT NULL UNIQUE, b INT UNIQUE", ("a",)),
        ("a INT UNIQUE, b INT NOT NULL, c INT NOT NULL, UNIQUE (c, b)", ("c", "b")),
    ],
)
def test_a_row_is_found_by_what_is_unique_and_never_null(shop, ddl, names):
    """Hazard 23."""
    shop.run(f"CREATE TABLE t ({ddl})")
    with shop.engine.begin() as connection:
        assert tuple(column.name for column in database.key_columns(connection, "t")) == names


@pytest.mark.parametrize(
    "ddl",
    ["a INT, b INT", "a INT UNIQUE", "a TEXT NOT NULL, UNIQUE (a(10))", "b INT, a INT AS (b + 1) STORED UNIQUE"],
)
def test_a_table_whose_rows_nothing_tells_apart_is_refused(shop, ddl):
    """Hazard 23."""
    shop.run(f"CREATE TABLE t ({ddl})")
    with shop.engine.begin() as connection, pytest.raises(ContractctlError, match="primary key"):
        database.key_columns(connection, "t")


def test_views_and_sequences_are_no_tables(shop):
    shop.run(T)
    shop.run("CREATE VIEW v AS SELECT * FROM t")
    shop.run("CREATE SEQUENCE s")
    with shop.engine.begin() as connection:
        for name in ("v", "s"):
            with pytest.raises(ContractctlError, match="only tables can be staged"):
                database.columns(connection, name)
        with pytest.raises(ContractctlError, match="no table 'x'"):
            database.columns(connection, "x")
        assert [database.exists(connection, name) for name in ("t", "v", "s", "x")] == [True, False, False, False]


def test_a_table_of_another_database_is_found_by_its_whole_name(shop):
    ((home,),) = shop.rows("SELECT DATABASE()")
    shop.run(T)
    with shop.engine.begin() as connection:
        assert database.columns(connection, f"{home}.t") == database.columns(connection, "t")
        assert database.exists(connection, f"{home}.t")
        assert not database.exists(connection, "mysql.t")


def test_a_column_says_what_it_refuses_and_what_it_becomes_by_itself(shop):
    shop.run(
        "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET latin1 UNIQUE DEFAULT 'it''s',"
        " j JSON, at TIMESTAMP(3) NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP(3), n INT NOT NULL, UNIQUE u (n, a),"
        " CHECK (n > 0), CHECK (n < id), m INT AS (n + 1))"
    )
    with shop.engine.begin() as connection:
        found = {column.name: column for column in database.columns(connection, "t")}

    assert (found["a"].type, found["a"].collation) == ("varchar(20) CHARACTER SET latin1", "latin1_swedish_ci")
    assert (found["a"].default, found["a"].unique) == ("'it''s'", (("a",), ("n", "a")))
    assert found["j"].checks == ("json_valid(`j`)",)
    assert (found["at"].default, found["at"].on_update) == (None, "current_timestamp(3)")
    assert (found["n"].checks, found["n"].not_null) == (("`n` < `id`", "`n` > 0"), True)
    assert (found["m"].generated, found["n"].generated) == (True, False)
    assert found["id"].key_place == 1
