"""What do only SQLite's triggers meet? AFTER alone, in no promised order; REPLACE; keys that are NULL."""

from typing import Any

import pytest

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, other TEXT)"


@pytest.fixture(params=["recursive_triggers = OFF", "recursive_triggers = ON"], autouse=True)
def pragma(request: Any, shop: Any) -> None:
    shop.run(f"PRAGMA {request.param}")


@pytest.mark.parametrize("first", ["theirs", "ours"])
@pytest.mark.parametrize("side", ["old", "new"])
def test_an_applications_own_trigger_may_tidy_the_row_before_or_after_ours(shop, pair, first, side):
    """Hazard 16: hazard 8."""
    tidy = (
        "CREATE TRIGGER tidy AFTER UPDATE ON t BEGIN "
        "UPDATE t SET old = trim(old) WHERE id = NEW.id AND old IS NOT trim(old); END"
    )
    shop.run(T)
    if first == "ours":
        shop.run(tidy)  # SQLite fires the trigger first that was created last
    shop.table("", pair(), rows=((1, "Ann", "Ann", None),))
    if first == "theirs":
        shop.run(tidy)
    shop.run(f"UPDATE t SET {side} = '  Bea ' WHERE id = 1")

    assert shop.rows() == [(1, "Bea", "Bea", None)]


@pytest.mark.parametrize("first", ["theirs", "ours"])
def test_a_trigger_that_stamps_the_row_does_not_undo_a_new_side_write(shop, pair, first):
    """Hazard 8: inside it neither side changes, and the old side is still stale."""
    stamp = (
        "CREATE TRIGGER stamp AFTER UPDATE ON t WHEN NEW.other IS NOT 'now' "
        "BEGIN UPDATE t SET other = 'now' WHERE id = NEW.id; END"
    )
    shop.run(T)
    if first == "ours":
        shop.run(stamp)
    shop.table("", pair(), rows=((1, "Ann", "Ann", None),))
    if first == "theirs":
        shop.run(stamp)
    shop.run("UPDATE t SET new = 'Bea' WHERE id = 1")

    assert shop.rows() == [(1, "Bea", "Bea", "now")]


def test_a_replaced_row_inherits_no_marks(shop, pair, shout):
    """Hazard 11: REPLACE deletes without a delete trigger."""
    shop.table(T, pair(shout))
    shop.run("INSERT INTO t (id, new) VALUES (1, 'McDonald')")
    shop.run("REPLACE INTO t (id, old) VALUES (1, 'Bob')")

    assert shop.marks("kept") == []
    assert shop.rows() == [(1, "Bob", "BOB", None)]


def test_foreign_key_cascades_reach_the_other_side(shop, pair):
    """Hazard 13."""
    shop.run("PRAGMA foreign_keys = ON")
    shop.run("CREATE TABLE names (name TEXT PRIMARY KEY)")
    shop.run("INSERT INTO names VALUES ('Ann')")
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT REFERENCES names ON UPDATE CASCADE, new TEXT)"
    shop.table(ddl, pair(), rows=((1, "Ann", "Ann"),))
    shop.run("UPDATE names SET name = 'Bea'")

    assert shop.rows() == [(1, "Bea", "Bea")]


def test_rows_whose_key_is_null_are_not_taken_for_each_other(shop, pair):
    """SQLite allows NULL, and any number of it, in a primary key that is not an INTEGER."""
    table = "CREATE TABLE t (id TEXT PRIMARY KEY, old TEXT, new TEXT)"
    shop.table(table, pair(), rows=((None, "a", None), (None, "b", None)))

    shop.run("UPDATE t SET new = 'A' WHERE old = 'a'")

    assert ("b",) in shop.rows("SELECT old FROM t")


def test_a_row_that_takes_anothers_key_takes_none_of_its_marks(shop, pair):
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT)", pair(), rows=((1, "a", "a"),))
    shop.run("INSERT INTO t VALUES (2, 'x', 'y')")

    shop.run("UPDATE OR REPLACE t SET id = 2 WHERE id = 1")

    assert shop.marks("conflict") == []


def test_a_conflict_in_a_row_that_was_replaced_holds_nobody_up(shop, pair):
    """REPLACE tells no trigger which rows it deletes, unless recursive_triggers is on."""
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, code TEXT UNIQUE)", pair())
    shop.run("INSERT INTO t VALUES (1, 'x', 'y', 'code')")

    shop.run("REPLACE INTO t (id, old, code) VALUES (2, 'z', 'code')")

    assert shop.facts()["conflicts"] == 0
