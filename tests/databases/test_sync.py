"""Do triggers keep both columns in step, whatever is written? Hazard numbers are those of the staging design."""

import sqlite3
from typing import Any

import pytest

from contractctl.databases import Held, Synced
from contractctl.model.plan import Transform

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, other TEXT)"


@pytest.fixture(params=["recursive_triggers = OFF", "recursive_triggers = ON"], autouse=True)
def pragma(request: Any, shop: Any) -> None:
    shop.run(f"PRAGMA {request.param}")


def test_a_new_side_write_to_an_unfilled_row_survives(shop, pair):
    """Hazard 1."""
    shop.table(T, pair(), rows=((1, "Ann", None, None),))
    shop.run("UPDATE t SET new = 'Bea' WHERE id = 1")
    shop.fill()

    assert shop.rows() == [(1, "Bea", "Bea", None)]


def test_who_wrote_is_seen_from_the_values_and_not_from_the_connection(shop, pair):
    """Hazard 2: one connection plays both versions of the application."""
    shop.table(T, pair())
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Ann')")
    shop.run("UPDATE t SET new = 'Bea' WHERE id = 1")
    shop.run("UPDATE t SET old = 'Cem' WHERE id = 1")

    assert shop.rows() == [(1, "Cem", "Cem", None)]


def test_transforms_that_are_not_inverse_do_not_ping_pong(shop, pair, shout):
    """Hazard 3: 'Bob' written on the old side stays 'Bob' there, and 'McDonald' on the new side stays so."""
    shop.table(T, pair(shout))
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Bob')")
    shop.run("INSERT INTO t (id, new) VALUES (2, 'McDonald')")
    shop.run("UPDATE t SET other = 'x'")

    assert shop.rows() == [(1, "Bob", "BOB", "x"), (2, "mcdonald", "McDonald", "x")]
    assert shop.marks("kept") == [("[2]", "new")]
    assert shop.differing() == ()
    assert shop.fill().rows == 0


def test_a_later_write_from_the_old_side_ends_what_was_kept(shop, pair, shout):
    """Hazard 3."""
    shop.table(T, pair(shout))
    shop.run("INSERT INTO t (id, new) VALUES (2, 'McDonald')")
    shop.run("UPDATE t SET old = 'Eve'")

    assert shop.rows() == [(2, "Eve", "EVE", None)]
    assert shop.marks("kept") == []


def test_different_values_on_both_sides_are_kept_and_recorded(shop, pair):
    """Hazard 4."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("UPDATE t SET old = 'Bea', new = 'Cem'")
    shop.run("UPDATE t SET other = 'x'")
    shop.fill()

    assert shop.rows() == [(1, "Bea", "Cem", "x")]
    recorded = shop.rows("SELECT key, column_name, old_value, new_value FROM contractctl_conflict")
    assert recorded == [("[1]", "new", "Bea", "Cem")]
    assert shop.facts()["conflicts"] == 1
    assert shop.differing() == ((1,),)


def test_the_next_write_of_one_side_settles_a_conflict(shop, pair):
    """Hazard 4."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("UPDATE t SET old = 'Bea', new = 'Cem'")
    shop.run("UPDATE t SET new = 'Dan'")

    assert shop.rows() == [(1, "Dan", "Dan", None)]
    assert shop.facts()["conflicts"] == 0


def test_a_conflict_is_repaired_to_the_side_that_is_right(shop, pair):
    """Hazard 4."""
    shop.table(T, pair(), rows=((1, "A", "A", None), (2, "A", "A", None)))
    shop.run("UPDATE t SET old = 'Bea', new = 'Cem'")
    shop.repair("old", (1,))
    shop.repair("new", (2,))

    assert shop.rows() == [(1, "Bea", "Bea", None), (2, "Cem", "Cem", None)]
    assert shop.differing() == ()
    assert shop.facts()["conflicts"] == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("INSERT INTO t (id) VALUES (1)", ("none", "none")),
        ("INSERT INTO t (id, old) VALUES (1, 'Ann')", ("Ann", "Ann")),
        ("INSERT INTO t (id, old) VALUES (1, NULL)", (None, None)),
        ("INSERT INTO t (id, new) VALUES (1, 'Bea')", ("Bea", "Bea")),
        ("INSERT INTO t (id, new) VALUES (1, 'none')", ("none", "none")),
        ("INSERT INTO t (id, old, new) VALUES (1, NULL, 'Bea')", ("Bea", "Bea")),
        ("INSERT INTO t (id, old, new) VALUES (1, 'Ann', 'Ann')", ("Ann", "Ann")),
        ("INSERT INTO t (id, old, new) VALUES (1, 'Ann', 'Bea')", ("Ann", "Bea")),
        ("INSERT INTO t (id, old, new) VALUES (1, 'none', 'Bea')", ("Bea", "Bea")),
    ],
)
def test_an_insert_fills_the_side_that_is_not_given(shop, pair, given, expected):
    """Hazard 5: neither, one, both, an explicit NULL, a default that hides "not given"."""
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT DEFAULT 'none', new TEXT)", pair(default="'none'"))
    shop.run(given)

    assert shop.rows("SELECT old, new FROM t") == [expected]
    assert len(shop.marks("conflict")) == (expected == ("Ann", "Bea"))


def test_a_default_that_asks_the_clock_is_still_a_default(shop, pair):
    """Hazard 5."""
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT DEFAULT CURRENT_TIMESTAMP, new TEXT)"
    shop.table(ddl, pair(default="CURRENT_TIMESTAMP"))
    shop.run("INSERT INTO t (id, new) VALUES (1, 'given')")

    assert shop.rows("SELECT old, new FROM t") == [("given", "given")]


def test_a_value_that_is_rightly_null_is_no_unfilled_row(shop, pair):
    """Hazard 6."""
    empty_is_null = Transform("nullif(old, '')", "coalesce(new, '')")
    shop.table(T, pair(empty_is_null), rows=((1, "", None, None),))

    assert shop.fill().rows == 0
    assert shop.differing() == ()
    assert shop.facts() == {"remaining": 0, "set_aside": 0, "conflicts": 0, "new_side_nulls": 0, "differing": 0}


@pytest.mark.parametrize("first", ["theirs", "ours"])
@pytest.mark.parametrize("side", ["old", "new"])
def test_an_applications_own_trigger_may_tidy_the_row_before_or_after_ours(shop, pair, first, side):
    """Hazard 8."""
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


def test_a_write_is_seen_whatever_columns_the_statement_names(shop, pair):
    """Hazard 9: UPDATE OF lists look at the statement, not at the values; and an ORM writes every column back."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("UPDATE t SET id = 1, old = 'Ann', new = 'Bea', other = 'x'")

    assert shop.rows() == [(1, "Bea", "Bea", "x")]
    assert shop.marks("conflict") == []


def test_a_generated_column_over_the_old_side_follows(shop, pair):
    """Hazard 10."""
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, loud TEXT AS (upper(old)))"
    shop.table(ddl, pair())
    shop.run("INSERT INTO t (id, new) VALUES (1, 'Ann')")

    assert shop.rows("SELECT old, new, loud FROM t") == [("Ann", "Ann", "ANN")]


UPSERTS = [
    "INSERT INTO t (id, {side}) VALUES (1, 'Bea') ON CONFLICT (id) DO UPDATE SET {side} = excluded.{side}",
    "INSERT OR REPLACE INTO t (id, {side}) VALUES (1, 'Bea')",
    "REPLACE INTO t (id, {side}) VALUES (1, 'Bea')",
    "INSERT INTO t (id, {side}) VALUES (1, 'Bea'), (2, 'Bea') ON CONFLICT DO UPDATE SET {side} = excluded.{side}",
    "UPDATE OR REPLACE t SET {side} = 'Bea'",
    "INSERT INTO t (id, {side}) SELECT 1, 'Bea' WHERE 1 ON CONFLICT (id) DO UPDATE SET {side} = excluded.{side}",
]


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize("upsert", UPSERTS)
def test_upserts_of_either_side_reach_the_other(shop, pair, upsert, side):
    """Hazard 11."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run(upsert.format(side=side))

    assert {row[1:3] for row in shop.rows()} == {("Bea", "Bea")}
    assert shop.differing() == ()


def test_an_upsert_that_does_nothing_does_nothing(shop, pair):
    """Hazard 11."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("INSERT INTO t (id, new) VALUES (1, 'Bea') ON CONFLICT DO NOTHING")
    shop.run("INSERT OR IGNORE INTO t (id, new) VALUES (1, 'Bea')")

    assert shop.rows() == [(1, "Ann", "Ann", None)]


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


@pytest.mark.parametrize("collation", ["NOCASE", "RTRIM"])
def test_values_are_compared_binary_whatever_the_collation(shop, pair, collation):
    """Hazard 14."""
    ddl = f"CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT COLLATE {collation}, new TEXT COLLATE {collation})"
    shop.table(ddl, pair(), rows=((1, "ann", "ann"),))
    changed = "ANN" if collation == "NOCASE" else "ann  "
    shop.run("UPDATE t SET old = ?", changed)

    assert shop.rows() == [(1, changed, changed)]
    shop.run("DROP TRIGGER contractctl_plan_t_update")
    shop.run("UPDATE t SET old = 'ann'")
    assert shop.differing() == ((1,),)


def test_marks_follow_a_row_whose_key_changes(shop, pair, shout):
    """Hazard 19."""
    shop.table(T, pair(shout))
    shop.run("INSERT INTO t (id, new) VALUES (1, 'McDonald')")
    shop.run("UPDATE t SET id = 7")

    assert shop.marks("kept") == [("[7]", "new")]
    assert shop.differing() == ()


def test_a_deleted_row_leaves_no_marks(shop, pair):
    """Hazard 19."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("UPDATE t SET old = 'Bea', new = 'Cem'")
    shop.run("DELETE FROM t")

    assert shop.facts()["conflicts"] == 0


def test_many_rows_in_one_statement_are_each_kept_in_step(shop, pair):
    shop.table(T, pair(), rows=tuple((n, str(n), str(n), None) for n in range(50)))
    shop.run("UPDATE t SET new = new || '!'")

    assert shop.rows("SELECT count(*) FROM t WHERE old = id || '!' AND new = old") == [(50,)]


def test_a_value_that_old_readers_cannot_be_given_is_set_aside_and_never_clamped(shop, pair, number):
    """Hazard 43, 44: the old column holds whole numbers, and 'abc' is none; SQLite's CAST would say 0."""
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old INTEGER, new TEXT)"
    back = Transform(number.down.replace("new", "old"), number.up.replace("old", "new"))
    shop.table(ddl, pair(back), rows=((1, 5, "5"),))
    shop.run("UPDATE t SET new = 'abc'")
    shop.run("INSERT INTO t (id, new) VALUES (2, '99999999999999999999')")

    assert shop.rows() == [(1, None, "abc"), (2, None, "99999999999999999999")]
    assert shop.marks("set_aside") == [("[1]", "new"), ("[2]", "new")]
    assert shop.fill().rows == 0
    shop.run("UPDATE t SET new = '7' WHERE id = 1")
    assert shop.rows("SELECT old, new FROM t WHERE id = 1") == [(7, "7")]
    assert shop.marks("set_aside") == [("[2]", "new")]


@pytest.mark.parametrize("value", ["abc", "12abc", " 12", "012", "1e3", "", "9223372036854775808"])
def test_an_old_value_that_does_not_come_back_is_set_aside_and_never_clamped(shop, pair, number, value):
    """Hazard 44."""
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new INTEGER)"
    shop.table(ddl, pair(number), rows=((1, "5", 5),))
    shop.run("UPDATE t SET old = ?", value)

    assert shop.rows() == [(1, value, None)]
    assert shop.marks("set_aside") == [("[1]", "new")]
    shop.run("UPDATE t SET old = '12'")
    assert shop.rows() == [(1, "12", 12)]
    assert shop.marks("set_aside") == []


def test_a_transform_that_collides_under_a_unique_index_sets_the_row_aside(shop, pair, shout):
    """Hazard 45: the writer of 'bob' is not refused because somebody else is 'BOB'."""
    shop.table(T, pair(shout))
    shop.run("CREATE UNIQUE INDEX one ON t (new)")
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Bob')")
    shop.run("INSERT INTO t (id, old) VALUES (2, 'bob')")

    assert shop.rows() == [(1, "Bob", "BOB", None), (2, "bob", None, None)]
    assert shop.marks("set_aside") == [("[2]", "new")]


def test_a_strict_promise_of_not_null_still_refuses_what_it_refused_before(shop, pair):
    shop.table(T, pair(required=True), rows=((1, "Ann", "Ann", None), (2, "Bea", None, None)))

    for broken in (
        "INSERT INTO t (id) VALUES (3)",
        "INSERT INTO t (id, old) VALUES (3, NULL)",
        "UPDATE t SET old = NULL WHERE id = 1",
        "UPDATE t SET old = NULL WHERE id = 2",
        "UPDATE t SET new = NULL WHERE id = 1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=r"NOT NULL constraint failed: t\."):
            shop.run(broken)


def test_several_pairs_of_one_table_share_the_triggers(shop, pair):
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, a INTEGER, b TEXT)"
    other = Synced((Held("a", "", "CAST(b AS INTEGER)"),), (Held("b", "", "CAST(a AS TEXT)"),))
    shop.table(ddl, pair(), other, rows=((1, "Ann", None, 5, None),))
    shop.run("UPDATE t SET old = 'Bea', b = '7'")
    shop.fill()

    assert shop.rows() == [(1, "Bea", "Bea", 7, "7")]
    assert len(shop.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")) == 4


def test_a_column_that_is_only_kept_filled_gets_its_value_where_nobody_gives_one(shop):
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, price INTEGER, total INTEGER)"
    filled = Synced((), (Held("total", "", "coalesce(total, (price * 2))"),), lossy=True)
    shop.table(ddl, filled, rows=((1, 10, None), (2, 20, 99)))
    shop.run("INSERT INTO t (id, price) VALUES (3, 30)")
    shop.run("INSERT INTO t (id, price, total) VALUES (4, 40, 1)")
    shop.run("UPDATE t SET total = NULL WHERE id = 2")

    assert shop.facts()["remaining"] == 1
    assert shop.fill().rows == 1
    assert shop.rows("SELECT total FROM t ORDER BY id") == [(20,), (40,), (60,), (1,)]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("id TEXT PRIMARY KEY", ('a"b', "ä'\\\n", "")),
        ("id BLOB PRIMARY KEY", (b"\x00\xff", b"", b"a")),
        ("id REAL PRIMARY KEY", (0.1, 1e300, -2.5)),
        ("id PRIMARY KEY", (1, "1", b"1")),
        ("id TEXT COLLATE NOCASE PRIMARY KEY", ("a", "B", "c")),
        ("id TEXT PRIMARY KEY NOT NULL", ("x", "y", "z")),
    ],
)
def test_marks_find_their_row_whatever_the_key_is_made_of(shop, pair, shout, key, values):
    """Hazard 23."""
    for tail in ("",) if "NOT NULL" not in key else ("", " WITHOUT ROWID", " STRICT"):
        shop.run("DROP TABLE IF EXISTS t")
        shop.run("DELETE FROM contractctl_kept")
        shop.table(f"CREATE TABLE t ({key}, old TEXT, new TEXT){tail}", pair(shout))
        for value in values:
            shop.run("INSERT INTO t (id, new) VALUES (?, 'McDonald')", value)
        shop.run("UPDATE t SET old = old")

        assert len(shop.marks("kept")) == len(values)
        assert shop.fill(limit=1).rows == 0
        assert shop.differing() == ()
        assert {row[1:] for row in shop.rows()} == {("mcdonald", "McDonald")}


def test_rows_whose_key_is_null_are_not_taken_for_each_other(shop, pair):
    """SQLite allows NULL, and any number of it, in a primary key that is no INTEGER."""
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


def test_an_old_value_that_repair_cannot_convert_is_set_aside(shop, pair, number):
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new INTEGER)", pair(number))
    shop.run("INSERT INTO t VALUES (1, 'many', 5)")

    shop.repair("old", (1,))

    assert shop.rows() == [(1, "many", None)]
    assert shop.marks("set_aside") == [("[1]", "new")]


def test_a_new_value_that_repair_cannot_convert_is_set_aside(shop, pair):
    shop.table(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, old INTEGER, new TEXT)",
        pair(Transform("CAST(old AS TEXT)", "CAST(new AS INTEGER)")),
    )
    shop.run("INSERT INTO t VALUES (1, 5, 'many')")

    shop.repair("new", (1,))

    assert shop.rows() == [(1, None, "many")]
    assert shop.marks("set_aside") == [("[1]", "new")]


def test_an_old_value_without_a_new_one_is_never_complete(shop, pair, number):
    """Whatever became of the mark that it was set aside."""
    shop.table(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new INTEGER)", pair(number), rows=((1, "many", None),)
    )

    assert shop.facts()["remaining"] == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE t SET new = 'b' WHERE id = 1", "INSERT INTO t (id, new) VALUES (3, 'b')"]
)
@pytest.mark.parametrize("lossy", [False, True])
def test_a_new_value_that_the_old_sides_constraint_refuses_stays_and_is_set_aside(shop, pair, shout, statement, lossy):
    """The writer was told that it was written: it is neither taken back nor left unsaid."""
    table = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT UNIQUE, new TEXT)"
    rows = ((1, "a", "A"), (2, "b", "B")) if lossy else ((1, "a", "a"), (2, "b", "b"))
    shop.table(table, pair(shout) if lossy else pair(), rows=rows)

    shop.run(statement)

    assert shop.rows("SELECT count(*) FROM t WHERE new = 'b' AND id <> 2") == [(1,)]
    assert shop.facts()["set_aside"] == 1
