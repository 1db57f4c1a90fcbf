"""Does a CHECK come to a MariaDB table, and go, while everybody writes? Hazard numbers: staging design."""

import pytest

from contractctl import operations
from contractctl.databases.catalog import Live
from contractctl.databases.ddl import BlockingError
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Plan
from contractctl.operations.steps import AddCheck, DropConstraint, Step

T = (
    "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT UNSIGNED ZEROFILL NOT NULL DEFAULT 7 COMMENT 'it''s'"
    " CHECK (a > 0 AND a BETWEEN 1 AND 90), b TIMESTAMP(3) NULL ON UPDATE CURRENT_TIMESTAMP(3) INVISIBLE, j JSON,"
    " c VARCHAR(9) CHARACTER SET latin1, g INT AS (a + 1) VIRTUAL, CONSTRAINT of_table CHECK (c <> 'y'))"
)


def done(shop, step: Step) -> None:
    with shop.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        step.run(connection)


def lines(shop) -> list[str]:
    return str(shop.rows("SHOW CREATE TABLE t")[0][1]).splitlines()


def test_a_check_comes_and_goes_and_the_table_is_what_it_was(shop):
    """Hazard 39: the column's definition is as it was in all the rest; what it holds already, holds on."""
    shop.run(T)
    before = lines(shop)
    added = AddCheck("t", "more", "a != 13 AND upper(c) <> 'X'"), AddCheck("t", "other", "(length(c) > 1)")
    added += AddCheck("t", "late", "b > '2000-01-01'"), AddCheck("t", "of_a", "a < 80")
    for step in added:
        done(shop, step)

    for values in ("13, 'ab'", "9, 'x'", "9, 'a'", "0, 'ab'", "91, 'ab'", "9, 'y'", "80, 'ab'"):
        with pytest.raises(Exception, match=r"CONSTRAINT `.*` failed"):
            shop.run(f"INSERT INTO t (a, c) VALUES ({values})")
    shop.run("INSERT INTO t (a, c) VALUES (9, 'ab')")
    for step in reversed(added):
        done(shop, step.reverse())
    assert [line for line in lines(shop) if "ENGINE" not in line] == before[:-1]


def test_rows_that_do_not_fulfil_it_are_counted_before_and_after(shop):
    """Hazard 30: MariaDB holds it against no row that is there."""
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, a INT)")
    shop.run("INSERT INTO t VALUES (1, 5), (2, -5), (3, NULL)")
    with pytest.raises(ContractctlError, match="1 row of 't' does not fulfil 'positive': a > 0"):
        done(shop, AddCheck("t", "positive", "a > 0"))
    assert "CHECK" not in "".join(lines(shop))

    shop.run("ALTER TABLE t MODIFY COLUMN a INT CHECK (a > 0)")  # as if the row had come in between
    with pytest.raises(ContractctlError, match="1 row of 't' does not fulfil 'positive': a > 0"):
        done(shop, AddCheck("t", "positive", "a > 0"))
    shop.run("UPDATE t SET a = 1 WHERE a < 0")
    done(shop, AddCheck("t", "positive", "a > 0"))


def test_of_two_that_are_alike_but_for_names_the_one_that_goes_is_dropped_once(shop):
    """What follows a crash does it again, and takes nothing else."""
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, a INT CHECK (a < 9), CONSTRAINT positive CHECK (a > 0))")
    for _ in range(2):
        done(shop, DropConstraint("t", "positive", "check", "CHECK (a > 0)"))

    assert [line.strip() for line in lines(shop) if "CHECK" in line] == ["`a` int(11) DEFAULT NULL CHECK (`a` < 9),"]


@pytest.mark.parametrize("condition", ["json_length(j) > 1", "g > 0", "1 = 1"])
def test_a_check_that_no_column_can_hold_is_refused_with_the_reason(shop, condition):
    shop.run(T)
    with shop.engine.connect() as connection, pytest.raises(BlockingError, match="names no column whose definition"):
        shop.database.ddl.add_check(Live(shop.database, connection), "t", "more", condition)


def test_a_check_that_is_not_there_in_these_words_is_named_before_anything_is_done(shop):
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, a INT CHECK (NOT (a = 0)), b INT CHECK (b > a))")
    dropped = Operation("drop-check", "c", "t", "CONSTRAINT_1", None, None, {"condition": "NOT (a = 0)", "named": "no"})
    leaving = Operation("drop-column", "c", "t", "a", None, None, {"type": "int"})
    with shop.engine.connect() as connection:
        found = [
            list(operations.hindrances(Plan("p", (), (one,), {}, dialect="mysql"), connection))
            for one in (dropped, leaving)
        ]

    assert found[0] == ["table 't' has no CHECK 'CONSTRAINT_1', and none with the condition: NOT (a = 0)"]
    assert found[1] == [
        "'t.a' is part of a column's CHECK, together with others (`b` > `a`): drop that first, in a plan of its own"
    ]
