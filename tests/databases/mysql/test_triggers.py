"""What do only MariaDB's triggers meet? BEFORE and AFTER, sessions of every mode, statements that only it has."""

import pymysql
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from contractctl.databases import mysql, run
from contractctl.model.plan import Transform
from contractctl.operations.pairs import Pair

T = "CREATE TABLE t (id {key}, old {text}, new {text}, other {text})"
SAME = Pair({"old": "`new`"}, {"new": "`old`"})
NO_FACTS = {"remaining": 0, "set_aside": 0, "conflicts": 0, "new_side_nulls": 0, "differing": 0}


def connected(url: str, **options: object) -> "pymysql.Connection":
    address = make_url(url)
    given = {"user": address.username, "autocommit": True, "charset": "utf8mb4", **options}
    return pymysql.connect(host=address.host, port=address.port, database=address.database, **given)


LEFT_OUT = (
    "INSERT INTO {} (id) VALUES (2)",
    "INSERT INTO {} (id, old) VALUES (2, NULL)",
    "INSERT INTO {} (id, old) VALUES (2, NULL), (3, {value}), (4, NULL)",
    "INSERT INTO {} (id) SELECT 2",
    "INSERT IGNORE INTO {} (id, old) VALUES (2, NULL)",
    "REPLACE INTO {} (id) VALUES (1)",
    "INSERT INTO {} (id) VALUES (1) ON DUPLICATE KEY UPDATE id = 5",
    "UPDATE {} SET old = NULL",
    "UPDATE IGNORE {} SET old = NULL",
)


@pytest.mark.parametrize("promised", ["", " NOT NULL"])
@pytest.mark.parametrize(
    ("type_", "value", "mode"),
    [
        ("VARCHAR(20)", "'a'", ""),
        ("VARCHAR(20)", "'a'", "STRICT_TRANS_TABLES"),
        ("DATETIME", "'2020-01-01'", ""),
        ("DATETIME", "'2020-01-01'", "STRICT_TRANS_TABLES"),
        ("ENUM('p', 'q')", "'q'", ""),
    ],
)
def test_a_column_that_is_not_null_and_left_out_holds_what_the_session_s_mode_asks_for(
    shop, type_, value, promised, mode
):
    """Hazard 5, 44: the same table without triggers tells what is expected of the old column."""
    definition = f"(id INT PRIMARY KEY, old {type_} NOT NULL, new {type_}{promised})"
    shop.run(f"CREATE TABLE alone {definition}")
    shop.table(f"CREATE TABLE t {definition}", Pair({"old": "`new`"}, {"new": "`old`"}, required=True))
    shop.run(f"SET sql_mode = '{mode}'")
    for statement in LEFT_OUT:
        found = []
        for table in ("alone", "t"):
            shop.run(f"DELETE FROM {table}")
            shop.run(f"INSERT INTO {table} (id, old, new) VALUES (1, {value}, {value})")
            try:
                shop.run(statement.format(table, value=value))
                told = ""
            except pymysql.Error as error:
                told = "refused" if promised else error.args[0]
            found.append((told, shop.rows(f"SELECT id, old FROM {table} ORDER BY id")))
        assert found[0] == found[1], statement
        assert shop.rows("SELECT id FROM t WHERE NOT old <=> new") == [], statement
    assert shop.facts() == NO_FACTS


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_duplicate_key_updates_only_what_the_statement_says(shop, pair, side):
    """Hazard 11: BEFORE INSERT has fired, and VALUES() shows what it made of the row; the other side still follows."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", "x"),))
    insert = f"INSERT INTO t (id, {side}, other) VALUES"
    shop.run(f"{insert} (1, 'Bea', 'y') ON DUPLICATE KEY UPDATE {side} = VALUES({side})")
    shop.run(f"{insert} (1, 'Cem', 'z') ON DUPLICATE KEY UPDATE other = VALUES(other)")

    assert shop.rows() == [(1, "Bea", "Bea", "z")]
    assert shop.facts() == NO_FACTS


def test_a_statement_that_ends_in_nothing_leaves_no_marks(shop, pair):
    """Hazard 11: INSERT IGNORE fires BEFORE INSERT for the row that it then skips."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("INSERT IGNORE INTO t (id, old, new) VALUES (1, 'x', 'y')")

    assert shop.rows() == [(1, "Ann", "Ann", None)]
    assert shop.marks("conflict") == shop.marks("set_aside") == []


def test_a_row_that_update_ignore_skips_keeps_its_marks_and_so_its_values(shop, pair):
    """Hazard 3, 4, 11: a backfill would take a row that has lost them for one that is still to be filled."""
    rows = ((1, "a", "A", 1), (2, "b", "B", 2))
    ddl = "CREATE TABLE t (id {key}, old {text}, new {text}, u INT UNIQUE)"
    shop.table(ddl, pair(Transform("upper(old)", "lower(new)", lossy=True)), rows=rows)
    shop.run("UPDATE t SET old = 'x', new = 'y' WHERE id = 1")
    shop.run("UPDATE t SET new = 'McDonald' WHERE id = 2")
    shop.run("UPDATE IGNORE t SET old = 'z', u = 3 - u")
    shop.run("UPDATE IGNORE t SET id = 1 WHERE id = 2")
    shop.fill()

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("x", "y"), ("mcdonald", "McDonald")]
    assert (shop.marks("conflict"), shop.marks("kept")) == ([("[1]", "new")], [("[2]", "new")])


GIVEN = {
    "INT": "5",
    "DECIMAL(9, 2)": "1.25",
    "FLOAT": "0.1",
    "BIT(3)": "b'101'",
    "YEAR": "2001",
    "VARCHAR(20)": "' '",
    "CHAR(3) CHARACTER SET latin1": "'Bea'",
    "TEXT": "'Bea'",
    "JSON": "'{}'",
    "BLOB": "X'00'",
    "BINARY(3)": "X'01'",
    "ENUM('it''s', 'two')": "'two'",
    "SET('a', 'b')": "'a,b'",
    "DATE": "'2024-02-29'",
    "TIME(3)": "'-1:00:00.125'",
    "DATETIME(6)": "'2024-02-29 12:00:00.000001'",
    "UUID": "'6ccd780c-baba-1026-9564-5b8c656024db'",
    "INET6": "'::1'",
    "POINT": "point(1, 2)",
}
"""A value of each type."""


@pytest.mark.parametrize("insert", ["INSERT IGNORE INTO", "REPLACE INTO"])
def test_what_the_server_puts_into_a_column_that_is_left_out_was_not_given(shop, insert):
    """Hazard 5, 11: INSERT … SELECT fills what is NOT NULL before triggers see it: the old side was '' or 0.

    So it does in every mode with IGNORE, and without it in a session that is not strict.
    """
    columns = ", ".join(f"old_{n} {type_} NOT NULL, new_{n} {type_}" for n, type_ in enumerate(GIVEN))
    pairs = (Pair({f"old_{n}": f"`new_{n}`"}, {f"new_{n}": f"`old_{n}`"}) for n in range(len(GIVEN)))
    shop.table(f"CREATE TABLE t (id {{key}}, {columns})", *pairs)
    if insert == "REPLACE INTO":
        shop.run("SET sql_mode = ''")
    names = ", ".join(f"new_{n}" for n in range(len(GIVEN)))
    shop.run(f"{insert} t ({names}) SELECT {', '.join(GIVEN.values())}")

    (kept,) = shop.rows(f"SELECT {', '.join(f'old_{n} = new_{n}' for n in range(len(GIVEN)))} FROM t")
    assert dict(zip(GIVEN, kept, strict=True)) == dict.fromkeys(GIVEN, 1)
    assert shop.facts() == NO_FACTS


def test_rows_of_a_key_that_is_left_out_do_not_take_each_others_place(shop):
    """Hazard 11, 23: each of them had the key 0, so that the second one was ignored: lost."""
    shop.table("CREATE TABLE t (id INT PRIMARY KEY, new BIGINT)", Pair({"id": "CAST(`new` AS INT)"}, {"new": "`id`"}))
    shop.run("INSERT IGNORE INTO t (new) SELECT 1 UNION ALL SELECT 2")

    assert shop.rows("SELECT id, new FROM t ORDER BY id") == [(1, 1), (2, 2)]
    assert shop.facts() == NO_FACTS


@pytest.mark.parametrize("side", ["old", "new"])
def test_replace_by_another_key_takes_the_old_rows_place(shop, side):
    """Hazard 11, 45: the row that makes way holds the same value under both unique keys."""
    shop.table("CREATE TABLE t (id {key}, old {text} UNIQUE, new {text} UNIQUE)", SAME)
    shop.run(f"INSERT INTO t (id, {side}) VALUES (1, 'Ann')")
    shop.run(f"REPLACE INTO t (id, {side}) VALUES (2, 'Ann')")

    assert shop.rows() == [(2, "Ann", "Ann")]
    assert shop.facts() == NO_FACTS


def test_a_replaced_row_inherits_no_marks(shop, pair, shout):
    """Hazard 11: REPLACE fires the delete triggers of the row that makes way."""
    shop.table(T, pair(shout))
    shop.run("INSERT INTO t (id, new) VALUES (1, 'McDonald')")
    shop.run("REPLACE INTO t (id, old) VALUES (1, 'Bob')")

    assert shop.rows() == [(1, "Bob", "BOB", None)]
    assert shop.marks("kept") == []


def test_loaded_files_are_kept_in_step(shop, pair, tmp_path):
    """Hazard 12."""
    shop.table(T, pair())
    rows = tmp_path / "rows.csv"
    rows.write_text("1,Ann\n2,Bea\n", encoding="utf-8")
    app = connected(shop.url, local_infile=True)
    app.cursor().execute(f"LOAD DATA LOCAL INFILE '{rows}' INTO TABLE t FIELDS TERMINATED BY ',' (id, new)")
    app.close()

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Ann", "Ann"), ("Bea", "Bea")]


def test_after_a_truncate_old_marks_say_nothing_of_new_rows_once_settled(shop, pair):
    """Hazard 12: TRUNCATE fires no trigger; what was said of row 1 is not said of another row 1 for ever."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("UPDATE t SET old = 'x', new = 'y'")
    shop.run("TRUNCATE t")
    assert shop.facts()["conflicts"] == 0
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Ann')")
    assert shop.facts()["conflicts"] == 1

    assert shop.settle() == 1
    assert shop.facts() == NO_FACTS


def test_an_update_of_two_tables_at_once_is_kept_in_step(shop, pair):
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None), (2, "Bea", "Bea", None)))
    shop.run("CREATE TABLE renamed (id INT, name VARCHAR(20))")
    shop.run("INSERT INTO renamed VALUES (1, 'Cem'), (2, 'Dan')")
    shop.run("UPDATE t JOIN renamed ON renamed.id = t.id SET t.new = renamed.name, renamed.name = 'done'")

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Cem", "Cem"), ("Dan", "Dan")]


def test_a_view_over_the_table_writes_both_sides(shop, pair):
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("CREATE VIEW v AS SELECT id, old FROM t")
    shop.run("UPDATE v SET old = 'Bea'")
    shop.run("INSERT INTO v VALUES (2, 'Cem')")

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Bea", "Bea"), ("Cem", "Cem")]


def test_a_partitioned_table_is_kept_in_step_and_filled(shop, pair):
    """Hazard 36: also in partitions that come later."""
    shop.run(
        "CREATE TABLE t (id INT PRIMARY KEY, old VARCHAR(20), new VARCHAR(20)) PARTITION BY RANGE (id)"
        " (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20))"
    )
    shop.table("", pair(), rows=((1, "Ann", None), (15, "Bea", None)))
    shop.run("ALTER TABLE t ADD PARTITION (PARTITION c VALUES LESS THAN (30))")
    shop.run("INSERT INTO t (id, new) VALUES (25, 'Cem')")

    assert shop.fill(limit=1).rows == 2
    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Ann", "Ann"), ("Bea", "Bea"), ("Cem", "Cem")]


@pytest.mark.parametrize("mode", ["", "ANSI", "TRADITIONAL,NO_BACKSLASH_ESCAPES", "ORACLE", "PAD_CHAR_TO_FULL_LENGTH"])
def test_the_sql_mode_of_the_session_that_writes_is_no_matter(shop, number, mode):
    """Hazard 44: '12abc' is never 12, and '300' never 127, whatever the session would do with it."""
    lossy = Pair({"old": number.down}, {"new": number.up}, lossy=True)
    shop.table("CREATE TABLE t (id {key}, old {text}, new TINYINT)", lossy)
    shop.run(f"SET sql_mode = '{mode}'")
    for value in ("12abc", "300", "12"):
        shop.run("INSERT INTO t (old) VALUES (?)", value)
        shop.run("INSERT IGNORE INTO t (old) VALUES (?)", value)

    made = [("12abc", None), ("12abc", None), ("300", None), ("300", None), ("12", 12), ("12", 12)]
    assert shop.rows("SELECT old, new FROM t ORDER BY id") == made
    assert shop.marks("set_aside") == [(f"[{n}]", "new") for n in range(1, 5)]


def test_what_a_session_truncates_on_its_own_side_is_what_the_other_side_gets(shop, pair):
    """Hazard 44: the writer of a session that is not strict has its value cut; both sides hold the same."""
    shop.table("CREATE TABLE t (id {key}, old VARCHAR(3), new VARCHAR(3))", pair())
    shop.run("SET sql_mode = ''")
    shop.run("INSERT INTO t (old) VALUES ('abcdef')")
    shop.run("UPDATE t SET new = 'uvwxyz'")

    assert shop.rows() == [(1, "uvw", "uvw")]
    assert shop.facts() == NO_FACTS


def test_an_expression_that_raises_does_not_fail_the_writer(shop):
    """A BIGINT that overflows raises whatever the sql_mode is."""
    shop.table(
        "CREATE TABLE t (id {key}, old BIGINT, new BIGINT)",
        Pair({"old": "new DIV 1000000000000"}, {"new": "old * 1000000000000"}, lossy=True),
        rows=((1, 9_000_000_000, None), (2, 2, None)),
    )

    assert shop.facts()["remaining"] == 2
    shop.run("INSERT INTO t (old) VALUES (9000000000)")
    shop.run("UPDATE t SET old = 8000000000 WHERE id = 1")
    shop.fill()
    assert shop.rows("SELECT id, new FROM t ORDER BY id") == [(1, None), (2, 2_000_000_000_000), (3, None)]
    assert shop.marks("set_aside") == [("[1]", "new"), ("[3]", "new")]
    shop.run("UPDATE t SET old = 3 WHERE id = 3")
    assert shop.marks("set_aside") == [("[1]", "new")]
    assert shop.facts() == {**NO_FACTS, "set_aside": 1}


def test_a_new_value_on_which_the_way_back_raises_stays_and_is_set_aside(shop):
    shop.table(
        "CREATE TABLE t (id {key}, old BIGINT, new BIGINT)",
        Pair({"old": "new * 1000000000000"}, {"new": "old DIV 1000000000000"}, lossy=True),
        rows=((1, 5_000_000_000_000, 5),),
    )
    shop.run("UPDATE t SET new = 9000000000")

    assert shop.rows() == [(1, None, 9_000_000_000)]
    assert shop.marks("set_aside") == [("[1]", "new")]


def test_a_text_that_the_other_sides_character_set_has_not_is_set_aside(shop, pair):
    """Hazard 44: latin1 would hold a question mark."""
    shop.table(
        "CREATE TABLE t (id {key}, old VARCHAR(20), new VARCHAR(20) CHARACTER SET latin1)",
        pair(),
        rows=((1, "grün", None), (2, "✓", None)),
    )
    shop.fill()
    shop.run("INSERT INTO t (old) VALUES ('✓✓')")

    assert shop.rows() == [(1, "grün", "grün"), (2, "✓", None), (3, "✓✓", None)]
    assert shop.marks("set_aside") == [("[2]", "new"), ("[3]", "new")]
    assert shop.differing() == ()


def test_a_check_on_the_new_column_sets_aside_what_it_refuses(shop, shout, pair):
    """Hazard 30: the writer of the old side knows nothing of it."""
    shop.table(
        "CREATE TABLE t (id {key}, old {text}, new {text} CHECK (new <> 'BAD'), other {text}, CHECK (new <> other))",
        pair(shout),
    )
    shop.run("INSERT INTO t (old) VALUES ('bad'), ('good')")
    shop.run("UPDATE t SET old = 'x', other = 'X' WHERE id = 2")
    shop.run("INSERT INTO t (old) VALUES ('fine')")

    assert shop.rows() == [(1, "bad", None, None), (2, "x", None, "X"), (3, "fine", "FINE", None)]
    assert shop.marks("set_aside") == [("[1]", "new"), ("[2]", "new")]


def test_a_json_column_takes_no_text_that_is_none(shop):
    shop.table("CREATE TABLE t (id {key}, old TEXT, new JSON)", SAME, rows=((1, "{}", None), (2, "no", None)))
    shop.fill()
    shop.run("INSERT INTO t (old) VALUES ('[1]'), ('nor this')")

    assert shop.rows() == [(1, "{}", "{}"), (2, "no", None), (3, "[1]", "[1]"), (4, "nor this", None)]
    assert shop.marks("set_aside") == [("[2]", "new"), ("[4]", "new")]


def test_an_old_column_that_must_hold_a_value_keeps_its_own_where_it_cannot_take_the_new_one(shop, number):
    back = Pair({"old": number.up.replace("old", "new")}, {"new": number.down.replace("new", "old")})
    shop.table("CREATE TABLE t (id {key}, old BIGINT NOT NULL DEFAULT 7, new {text})", back)
    shop.run("INSERT INTO t (new) VALUES ('abc')")
    shop.run("INSERT INTO t (old) VALUES (5)")
    shop.run("UPDATE t SET new = 'def' WHERE id = 2")

    assert shop.rows() == [(1, 7, "abc"), (2, 5, "def")]
    assert shop.marks("set_aside") == [("[1]", "new"), ("[2]", "new")]


def test_a_row_with_a_clock_follows_whoever_sets_it(shop, pair):
    """Hazard 5, 15: the old column's clock moves by itself with every write of the new one."""
    shop.run("SET timestamp = 1600000000, time_zone = '+02:00'")
    shop.table(
        "CREATE TABLE t (id {key}, old TIMESTAMP NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP,"
        " new TIMESTAMP NULL DEFAULT NULL, other {text})",
        pair(),
    )
    shop.run("INSERT INTO t (old) VALUES ('2001-01-01 12:00:00')")
    shop.run("UPDATE t SET new = '2002-02-02 12:00:00'")
    assert shop.rows("SELECT old = new, new = '2002-02-02 12:00:00' FROM t") == [(1, 1)]
    shop.run("UPDATE t SET other = 'x'")

    assert shop.rows("SELECT old = new, new = FROM_UNIXTIME(1600000000) FROM t") == [(1, 1)]
    assert shop.facts() == NO_FACTS


def test_the_backfill_moves_no_clock(shop, pair):
    """Hazard 15: nor does a repair."""
    shop.run(
        "CREATE TABLE t (id INT PRIMARY KEY, old VARCHAR(20), new VARCHAR(20),"
        " changed TIMESTAMP NOT NULL DEFAULT '2001-01-01' ON UPDATE CURRENT_TIMESTAMP)"
    )
    shop.run("INSERT INTO t (id, old) VALUES (1, 'a'), (2, 'b')")
    shop.table("", pair())
    shop.fill()
    shop.stop()
    shop.run("UPDATE t SET new = 'z', changed = changed")
    shop.repair("old", (1,), (2,))

    assert shop.rows("SELECT old = new, changed = '2001-01-01' FROM t") == [(1, 1), (1, 1)]


def test_an_enumeration_that_strict_sessions_may_not_omit_beside_our_triggers_is_named(shop, pair):
    """Hazard 5: it has a first value and no default, and BEFORE triggers make MariaDB ask for the default."""
    shop.run(shop.written("CREATE TABLE t (id {key}, old {text}, new {text}, state ENUM('p', 'q') NOT NULL)"))
    shop.run("SET sql_mode = 'STRICT_TRANS_TABLES'")
    insert = "INSERT INTO t (old) VALUES ('Ann')"
    shop.run(insert)
    with shop.engine.connect() as connection:
        (note,) = shop.database.notes(connection, "t")
    shop.table("", pair())
    with pytest.raises(pymysql.err.OperationalError, match="1364"):
        shop.run(insert)
    help_ = note.rpartition(": ")[2]
    shop.run(help_.replace("…", "'p'"))
    shop.run(insert)

    assert help_ == "ALTER TABLE `t` ALTER COLUMN `state` SET DEFAULT …"
    assert shop.rows("SELECT old, new, state FROM t WHERE id > 1")[-1] == ("Ann", "Ann", "p")
    shop.stop()
    with shop.engine.connect() as connection:
        assert shop.database.notes(connection, "t") == ()


def test_an_applications_trigger_tidies_the_row_before_ours_see_it(shop, pair):
    """Hazard 8."""
    shop.run(shop.written(T))
    shop.run("CREATE TRIGGER tidy BEFORE UPDATE ON t FOR EACH ROW SET NEW.old = TRIM(NEW.old), NEW.new = TRIM(NEW.new)")
    shop.table("", pair())
    shop.run("INSERT INTO t (old) VALUES ('Ann')")
    shop.run("UPDATE t SET old = '  Bea '")
    assert shop.rows("SELECT old, new FROM t") == [("Bea", "Bea")]
    shop.run("UPDATE t SET new = '  Cem '")

    assert shop.rows("SELECT old, new FROM t") == [("Cem", "Cem")]
    with shop.engine.begin() as connection:
        assert shop.database.hindrances(connection, "t") == ()


def test_a_trigger_that_comes_after_ours_is_named(shop, pair):
    """Hazard 8."""
    shop.table(T, pair())
    shop.run("CREATE TRIGGER late BEFORE UPDATE ON t FOR EACH ROW SET NEW.old = TRIM(NEW.old)")

    with shop.engine.begin() as connection:
        (sentence,) = shop.database.hindrances(connection, "t")
    assert "'late'" in sentence


def test_a_trigger_that_sees_the_backfill_is_named(shop, pair):
    """Hazard 15."""
    shop.run("CREATE TABLE audit (what TEXT)")
    shop.table(T, pair(), rows=((1, "Ann", None, None),))
    shop.run("CREATE TRIGGER audited AFTER UPDATE ON t FOR EACH ROW INSERT INTO audit VALUES (NEW.new)")
    with shop.engine.begin() as connection:
        (note,) = shop.database.notes(connection, "t")
    shop.fill()

    assert "'audited'" in note
    assert shop.rows("SELECT * FROM audit") == [("Ann",)]


def test_an_application_needs_no_rights_on_the_side_tables(shop, pair, shout):
    """Hazard 27: marks are written with the rights of whoever created the triggers."""
    shop.table(T, pair(shout), rows=((1, "Ann", None, None),))
    ((database,),) = shop.rows("SELECT DATABASE()")
    shop.run("CREATE USER IF NOT EXISTS 'clerk'@'127.0.0.1'")
    shop.run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.t TO 'clerk'@'127.0.0.1'")
    clerk = connected(shop.url, user="clerk")
    for statement in (
        "INSERT INTO t (id, new) VALUES (2, 'McDonald')",
        "UPDATE t SET old = 'x', new = 'y' WHERE id = 1",
        "UPDATE t SET new = 'Z' WHERE id = 1",
        "DELETE FROM t WHERE id = 2",
    ):
        clerk.cursor().execute(statement)
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        clerk.cursor().execute("SELECT * FROM contractctl_kept")
    clerk.close()

    assert shop.rows() == [(1, "z", "Z", None)]
    assert shop.facts() == NO_FACTS


def test_what_an_application_asks_after_a_write_is_about_its_own_write(shop, pair):
    """A conflict takes a number of its own; LAST_INSERT_ID and the count of rows are the application's."""
    shop.table(T, pair(), rows=((7, "Ann", "Ann", None),))
    with shop.app.cursor() as cursor:
        assert cursor.execute("INSERT INTO t (old, new) VALUES ('x', 'y')") == 1
        assert (cursor.lastrowid, shop.rows("SELECT LAST_INSERT_ID()")) == (8, [(8,)])
        assert cursor.execute("UPDATE t SET old = 'p', new = 'q' WHERE id = 7") == 1
    shop.run("INSERT INTO t (old) VALUES ('z')")

    assert shop.rows("SELECT LAST_INSERT_ID()") == [(9,)]
    with shop.app.cursor() as cursor:
        cursor.execute("UPDATE t SET old = LAST_INSERT_ID(5) WHERE id = 9")
        assert (cursor.lastrowid, shop.rows("SELECT LAST_INSERT_ID()")) == (0, [(5,)])  # as beside any trigger
    assert shop.marks("conflict") == [("[7]", "new"), ("[8]", "new")]


def test_a_locked_table_can_be_written_by_who_locked_it(shop, pair):
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("LOCK TABLES t WRITE")
    shop.run("UPDATE t SET old = 'x', new = 'y'")
    shop.run("UPDATE t SET new = 'Bea'")
    shop.run("UNLOCK TABLES")

    assert shop.rows() == [(1, "Bea", "Bea", None)]
    assert shop.facts() == NO_FACTS


def test_cascades_leave_marks_that_count_nothing(shop, pair):
    """Hazard 13: ON DELETE CASCADE fires no trigger."""
    shop.run("CREATE TABLE parent (id INT PRIMARY KEY)")
    shop.run("INSERT INTO parent VALUES (1)")
    ddl = "CREATE TABLE t (id {key}, old {text}, new {text}, parent INT REFERENCES parent (id) ON DELETE CASCADE)"
    shop.table(ddl, pair(), rows=((1, "Ann", "Ann", 1),))
    shop.run("UPDATE t SET old = 'x', new = 'y'")
    assert shop.facts()["conflicts"] == 1
    shop.run("DELETE FROM parent")

    assert shop.rows() == []
    assert shop.facts() == NO_FACTS


def test_a_key_that_only_changes_its_case_takes_its_marks_along(shop, pair, shout):
    """Hazard 14, 19."""
    key = "id VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY"
    shop.table(f"CREATE TABLE t ({key}, old {{text}}, new {{text}})", pair(shout))
    shop.run("INSERT INTO t (id, new) VALUES ('a', 'McDonald')")
    shop.run("UPDATE t SET id = 'A'")

    assert shop.marks("kept") == [('["A"]', "new")]
    assert shop.differing() == ()


def test_a_mark_finds_its_row_in_every_time_zone(shop, pair, shout):
    """Hazard 42: a TIMESTAMP key reads differently in each session."""
    shop.table("CREATE TABLE t (id TIMESTAMP(3) PRIMARY KEY, old {text}, new {text})", pair(shout))
    shop.run("SET time_zone = '+05:45'")
    shop.run("INSERT INTO t (id, new) VALUES ('2020-06-01 12:00:00.5', 'McDonald')")
    shop.run("SET time_zone = '-09:30'")
    shop.run("UPDATE t SET new = 'MacDonald'")

    assert shop.marks("kept") == [('["2020-06-01 06:15:00.500000"]', "new")]
    assert shop.fill().rows == 0
    assert shop.differing() == ()


def test_a_key_too_long_for_the_side_tables_is_marked_by_its_hash(shop, pair, shout):
    """Hazard 23."""
    shop.run("ALTER TABLE contractctl_kept DROP PRIMARY KEY, MODIFY `key` VARCHAR(500) COLLATE utf8mb4_nopad_bin")
    shop.table("CREATE TABLE t (id VARCHAR(700) PRIMARY KEY, old {text}, new {text})", pair(shout))
    for key in ("a" * 600, "a" * 599 + "b", "short"):
        shop.run("INSERT INTO t (id, new) VALUES (?, 'McDonald')", key)
    assert shop.differing() == ()
    shop.run("UPDATE t SET old = 'x' WHERE id LIKE '%b'")

    (first, _), (last, _) = shop.marks("kept")
    assert first.startswith('["sha256:')
    assert last == '["short"]'


def test_a_unique_value_that_somebody_else_holds_is_found_by_the_columns_collation(shop, pair):
    """Hazard 14, 45: 'ann' and 'ANN' are one under the index, though they are two values."""
    shop.table(
        "CREATE TABLE t (id {key}, old VARCHAR(20) COLLATE utf8mb4_bin,"
        " new VARCHAR(20) COLLATE utf8mb4_general_ci UNIQUE)",
        pair(),
    )
    shop.run("INSERT INTO t (old) VALUES ('ann'), ('ANN')")

    assert shop.rows() == [(1, "ann", "ann"), (2, "ANN", None)]
    assert shop.marks("set_aside") == [("[2]", "new")]
    shop.run("UPDATE t SET old = 'bea' WHERE id = 1")
    shop.run("UPDATE t SET old = 'Ann' WHERE id = 2")
    assert shop.facts() == NO_FACTS


def test_an_enum_takes_labels_and_no_numbers(shop):
    """Hazard 44: MariaDB would take '2' for the second label, and 'SMALL' for small."""
    shop.table(
        "CREATE TABLE t (id {key}, old {text}, new ENUM('small', 'large'))",
        SAME,
        rows=((1, "large", None), (2, "2", None), (3, "SMALL", None), (4, "huge", None)),
    )
    shop.fill()
    shop.run("INSERT INTO t (old) VALUES ('1'), ('small')")

    made = [("large", "large"), ("2", None), ("SMALL", None), ("huge", None), ("1", None), ("small", "small")]
    assert shop.rows("SELECT old, new FROM t ORDER BY id") == made
    assert shop.marks("set_aside") == [(f"[{n}]", "new") for n in (2, 3, 4, 5)]


def test_dates_that_no_calendar_has_are_copied_as_they_are(shop, pair):
    """Old tables hold them, and sessions that allow them write them."""
    shop.run("SET sql_mode = 'ALLOW_INVALID_DATES'")
    rows = ((1, "0000-00-00", None), (2, "2021-02-31", None))
    shop.table("CREATE TABLE t (id {key}, old DATE, new DATE)", pair(), rows=rows)
    shop.fill()
    shop.run("INSERT INTO t (old) VALUES ('2021-00-00')")

    assert shop.rows("SELECT count(*) FROM t WHERE old <=> new") == [(3,)]
    assert shop.facts() == NO_FACTS


def test_triggers_bring_their_sql_mode_along_whoever_creates_them(shop, pair, number):
    """A revision may be run by anybody's session."""
    shop.table("CREATE TABLE t (id {key}, old {text}, new BIGINT)", pair(number), start=False)
    shop.run("SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
    for statement in shop.database.triggers(shop.sync):
        shop.run(statement)
    shop.run("INSERT INTO t (old) VALUES ('12abc')")

    assert shop.rows() == [(1, "12abc", None)]
    modes = shop.rows("SELECT DISTINCT SQL_MODE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()")
    assert ["STRICT_ALL_TABLES" in mode for (mode,) in modes] == [True]


def test_prepared_statements_live_through_it_all(shop, pair):
    """Hazard 35: a session that knows the table without triggers fires them at once, until they are gone."""
    shop.run(shop.written(T))
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Ann')")
    shop.run("PREPARE by_old FROM 'UPDATE t SET old = ? WHERE id = 1'")
    shop.run("EXECUTE by_old USING 'Ann'")
    found = []
    shop.table("", pair())
    shop.run("EXECUTE by_old USING 'Bea'")
    found += shop.rows("SELECT old, new FROM t")
    shop.stop()
    shop.run("EXECUTE by_old USING 'Cem'")
    found += shop.rows("SELECT old, new FROM t")

    assert found == [("Bea", "Bea"), ("Cem", "Bea")]


def test_a_trigger_that_does_something_else_counts_as_gone(shop, pair):
    """Hazard 33: as where a tool has put a copy of the table in its place."""
    shop.table(T, pair(Transform("concat(old, '𝄞\\\\')", "left(new, char_length(new) - 2)")))
    with shop.engine.begin() as connection:
        assert shop.database.missing_triggers(connection, shop.sync) == ()
        run(connection, "DROP TRIGGER contractctl_plan_t_after_delete")
        other = "contractctl_plan_t_before_update BEFORE UPDATE ON t FOR EACH ROW BEGIN END"
        run(connection, f"CREATE OR REPLACE TRIGGER {other}")
        gone = shop.database.missing_triggers(connection, shop.sync)

    assert gone == ("contractctl_plan_t_before_update", "contractctl_plan_t_after_delete")


def test_only_while_a_session_fills_do_triggers_leave_its_writes_alone(shop, pair):
    """Hazard 2: whoever uses the session next is kept in step, and so is everybody else meanwhile."""
    shop.table(T, pair(), rows=((1, "Ann", None, None), (2, "Bea", None, None)))
    with shop.engine.connect() as connection:
        with mysql.unseen(connection, shop.sync):
            run(connection, "UPDATE t SET new = 'filled' WHERE id = 1")
            connection.commit()
            shop.run("UPDATE t SET new = 'Cem' WHERE id = 2")
        meanwhile = shop.rows("SELECT old, new FROM t ORDER BY id")
        run(connection, "UPDATE t SET old = 'Dan'")
        connection.commit()

    assert meanwhile == [("Ann", "filled"), ("Cem", "Cem")]
    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Dan", "Dan"), ("Dan", "Dan")]


def test_a_session_that_cannot_be_told_that_it_fills_no_more_ends(shop, pair):
    """Hazard 2: the next one to write there would not be kept in step."""

    def interrupt(*given: object) -> None:
        if str(given[2]).endswith("_filling` = NULL"):
            raise LookupError

    shop.table(T, pair(), rows=((1, "Ann", None, None),))
    event.listen(shop.engine, "before_cursor_execute", interrupt)
    with shop.engine.connect() as connection:
        filling = run(connection, "SELECT CONNECTION_ID()").scalar()
        with pytest.raises(LookupError), mysql.unseen(connection, shop.sync):
            run(connection, "UPDATE t SET new = 'x'")
    with shop.engine.begin() as connection:
        run(connection, "UPDATE t SET old = 'Bea'")
        writing = run(connection, "SELECT CONNECTION_ID()").scalar()

    assert writing != filling
    assert shop.rows() == [(1, "Bea", "Bea", None)]


@pytest.mark.parametrize(
    "table", ["id {key}, old {text}, new {text} UNIQUE", "old VARCHAR(9) PRIMARY KEY, new VARCHAR(9)"]
)
def test_where_more_than_a_copy_counts_triggers_see_what_fills(shop, pair, table):
    """Hazard 4, 19: a value that was refused may be free now, and a row that gets another key takes its marks along."""
    shop.table(f"CREATE TABLE t ({table})", pair())
    with shop.engine.begin() as connection, mysql.unseen(connection, shop.sync):
        run(connection, "INSERT INTO t (old) VALUES ('Ann')")
        run(connection, "UPDATE t SET new = 'Bea'")

    assert shop.rows("SELECT old, new FROM t") == [("Bea", "Bea")]
