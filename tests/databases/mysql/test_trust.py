"""Is an expression refused that MariaDB would not always compute to the same value, or not at all?"""

import pytest

from contractctl.databases import Column, run
from contractctl.databases import mysql as database
from contractctl.databases.mysql.tokens import Sort, spoken, tokens
from contractctl.errors import ContractctlError
from contractctl.model.plan import Transform
from contractctl.operations.steps import KeepInStep

TEXT = Column("old", "varchar(20)", collation="utf8mb4_general_ci")
MOMENT = Column("at", "timestamp")
DAY = Column("day", "date")


@pytest.mark.parametrize(
    "volatile",
    [
        "rand()",
        "concat(old, uuid())",
        "coalesce(old, CURRENT_TIMESTAMP)",
        "now()",
        "CURDATE()",
        "unix_timestamp()",
        "unix_timestamp( )",
        "CASE WHEN old = 'x' THEN SYSDATE() ELSE old END",
        "from_unixtime(old)",
        "user()",
        "current_user",
        "last_insert_id()",
        "NEXTVAL(numbers)",
        "sleep(1)",
        "get_lock(old, 1)",
        "load_file(old)",
        "database()",
    ],
)
def test_an_expression_that_changes_by_itself_is_refused(volatile):
    """Hazard 7: before there is a server to ask."""
    with pytest.raises(ContractctlError, match="does not always give the same value"):
        database.check(volatile, ("old", "numbers"), "up of 't.new'")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "other",
        "`other`",
        "(SELECT 1)",
        "old IN (SELECT old FROM t)",
        "old), (old",
        "(old",
        "old, old",
        "count(old)",
        "default(old)",
        "?",
        "@x",
        "@@sql_mode",
        "old; DROP TABLE t",
        "t.old",
        "old -- and more",
        "old # and more",
        "old /* and more */",
        "old /*!50000 + 1 */",
        "old /*M! + 1 */",
        "'open",
        "`open",
        "row_number() OVER (ORDER BY old)",
        "coalesce(other, old)",
    ],
)
def test_an_expression_that_is_none_over_the_row_is_refused(wrong):
    with pytest.raises(ContractctlError):
        database.check(wrong, ("old",), "up of 't.new'")


@pytest.mark.parametrize(
    "fine",
    [
        "old",
        "`old`",
        "OLD",
        "upper(OLD)",
        "CAST(old AS CHAR(5) CHARACTER SET latin1)",
        "CONVERT(old USING latin1) COLLATE latin1_bin",
        "CASE old WHEN 'it''s -- #' THEN \"a\\\"b\" ELSE NULL END",
        "old + INTERVAL 1 DAY",
        "DATE '2020-01-01'",
        "extract(YEAR FROM old)",
        "unix_timestamp(old)",
        "old REGEXP '^a' AND old NOT BETWEEN 1 AND 2 OR old IS NOT TRUE",
        "TRIM(LEADING 'x' FROM old)",
        "x'00ff'",
        "left(old, 1)",
    ],
)
def test_an_expression_over_the_row_is_accepted(fine):
    database.check(fine, ("old",), "up of 't.new'")


def test_a_column_that_is_called_like_a_word_of_the_language_is_to_be_quoted():
    """`day` in INTERVAL 1 DAY is not a column; nobody guesses."""
    with pytest.raises(ContractctlError) as error:
        database.check("coalesce(day, old)", ("day", "old"), "up of 't.new'")
    assert "`day`" in str(error.value.hint)
    database.check("coalesce(`day`, old)", ("day", "old"), "up of 't.new'")


@pytest.mark.parametrize(
    ("expression", "names", "bound"),
    [
        ("upper(old)", {"old": "NEW.`old`"}, "(upper(NEW.`old`))"),
        ("OLD + `Old`", {"old": "a + b"}, "((a + b) + (a + b))"),
        ("old(old)", {"old": "x"}, "(old(x))"),
        ("'old' = \"old\"", {"old": "x"}, "('old' = \"old\")"),
        ("`date` + INTERVAL date DAY", {"date": "x"}, "(x + INTERVAL date DAY)"),
        ("DATE'2020-01-01'", {"date": "x"}, "(DATE'2020-01-01')"),
        ("a  -\n -b", {"a": "b", "b": "a"}, "(b - -a)"),
        ("`a``b`", {"a`b": "x"}, "(x)"),
        ("ä", {"Ä": "x"}, "(x)"),
    ],
)
def test_names_and_nothing_else_are_bound(expression, names, bound):
    assert database.bind(expression, names) == bound


def test_tokens_make_up_the_whole_text_again():
    sql = "SELECT `a``b`, 'it''s \\' here', \"x\\\"y\", x'0F', 0x1f, 1.5e-3, .5, a1$ -- end\n/* c */ # d\n--1 /*!5 e */"

    assert "".join(token.text for token in tokens(sql)) == sql
    assert [token.name for token in spoken("`a``b` c")] == ["a`b", "c"]
    assert next(token for token in tokens("/*!40101 x") if token.sort is not Sort.BLANK).is_comment


@pytest.mark.parametrize(
    ("expression", "columns", "why"),
    [
        ("old + ", [TEXT], "not an SQL expression"),
        ("nofunction(old)", [TEXT], "nofunction"),
        ("rand()", [TEXT], "does not always give the same value"),
        ("date_format(old, '%M')", [TEXT], "third argument"),
        ("monthname(old)", [TEXT], "does not always give the same value"),
        ("hour(at)", [MOMENT], "time zone"),
        ("concat(at, '')", [MOMENT], "time zone"),
        ("unix_timestamp(old)", [TEXT], "time zone"),
        ("unix_timestamp(`day`)", [DAY], "time zone"),
        ("cast(cast('12:00' as time) as datetime)", [TEXT], "the day"),
        ("cast(cast(old as time) as datetime)", [TEXT], "the day"),
    ],
)
def test_the_server_is_asked_what_it_has_against_an_expression(shop, expression, columns, why):
    """Hazard 7, 42: functions that it knows, the session's zone and language, and today."""
    with shop.engine.begin() as connection:
        refusal = database.refusal(connection, "t", expression, columns)

    assert refusal is not None
    assert why in refusal


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("old", [TEXT]),
        ("at", [MOMENT]),
        ("upper(`old`)", [TEXT]),
        ("cast(old as datetime(3))", [TEXT]),
        ("cast(old as time)", [TEXT]),
        ("date_format(old, '%M', 'en_US')", [TEXT]),
        ("unix_timestamp(at)", [MOMENT]),
        ("timestampadd(second, unix_timestamp(at), timestamp'1970-01-01 00:00:00')", [MOMENT]),
        ("`day` + interval 1 day", [DAY]),
        ("old / 3", [Column("old", "double")]),
        ("concat(old, '-')", [Column("old", "char(5)", collation="latin1_swedish_ci")]),
        ("hex(old)", [Column("old", "bit(9)")]),
        ("old", [Column("old", "enum('a','b')", collation="utf8mb4_general_ci")]),
        ("json_value(old, '$.a')", [TEXT]),
        ("coalesce(old, 'x')", [TEXT]),
        ("1", []),
    ],
)
def test_the_server_has_nothing_against_what_is_always_the_same(shop, expression, columns):
    with shop.engine.begin() as connection:
        refusal = database.refusal(connection, "t", expression, columns)
        zone = run(connection, "SELECT @@session.time_zone").scalar_one()

    assert refusal is None
    assert zone == "+00:00"


def test_asking_the_server_leaves_the_transaction_as_it_was(shop):
    """MariaDB's DDL commits, but for temporary tables."""
    shop.run("CREATE TABLE t (id INT)")
    with shop.engine.connect() as connection:
        transaction = connection.begin()
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        assert database.refusal(connection, "t", "upper(old)", [TEXT]) is None
        assert database.refusal(connection, "t", "nofunction(old)", [TEXT]) is not None
        transaction.rollback()

    assert shop.rows("SELECT * FROM t") == []


def test_a_server_that_demands_a_key_of_every_table_is_asked_all_the_same(shop, mariadb_server):
    mariadb_server.run("SET GLOBAL innodb_force_primary_key = ON")
    try:
        with shop.engine.begin() as connection:
            assert database.refusal(connection, "t", "upper(old)", [TEXT]) is None
            assert database.refusal(connection, "t", "nofunction(old)", [TEXT]) is not None
            assert "time zone" in str(database.refusal(connection, "t", "cast(at AS char)", [MOMENT]))
    finally:
        mariadb_server.run("SET GLOBAL innodb_force_primary_key = OFF")


def test_no_triggers_are_made_for_an_expression_that_the_server_refuses(shop, pair):
    """Hazard 7: writers would fail."""
    shop.run(shop.written("CREATE TABLE t (id {key}, old {text}, new {text})"))
    step = KeepInStep("plan", "t", (pair(Transform("nofunction(old)", "new")),))

    with pytest.raises(ContractctlError, match="nofunction"), shop.engine.begin() as connection:
        step.run(connection)
    shop.run("INSERT INTO t (old) VALUES ('Ann')")
    assert shop.rows() == [(1, "Ann", None)]
