"""Do triggers keep both columns in step, whatever is written? On every engine.

Hazard numbers are those of the staging design.
"""

from typing import Any

import pytest

from contractctl.databases import read_key
from contractctl.model.plan import Transform
from contractctl.operations.pairs import Pair
from tests.databases import shops
from tests.databases.shops import ENGINES, SQLITE_RECURSIVE, Words

T = "CREATE TABLE t (id {key}, old {text}, new {text}, other {text})"
WORDS = (*ENGINES, SQLITE_RECURSIVE)


@pytest.fixture(params=WORDS, ids=str)
def words(request: Any) -> Words:
    """The engines, and SQLite's other way to fire triggers."""
    engine: Words = request.param
    return engine


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
    key = shop.database.quote("key")
    recorded = shop.rows(f"SELECT {key}, column_name, old_value, new_value FROM contractctl_conflict")
    assert recorded == [("[1]", "new", "Bea", "Cem")]
    assert shop.facts()["conflicts"] == 1
    assert shop.differing() == ((1,),)


def test_what_the_new_side_was_given_before_there_were_triggers_is_not_overwritten(shop, pair):
    """Hazard 1, 4: a new version that runs too early, as after a rollback; which side is right is not known."""
    early = ((1, "Ann", "Bea", None), (2, None, "Cem", None), (3, "Dan", "Dan", None), (4, "Eve", None, None))
    shop.table(T, pair(), rows=early)
    filled = shop.fill()

    assert (filled.rows, shop.rows()) == (1, [*early[:3], (4, "Eve", "Eve", None)])
    assert shop.marks("conflict") == [("[1]", "new"), ("[2]", "new")]
    assert (shop.fill().rows, shop.facts()["conflicts"], shop.differing()) == (0, 2, ((1,), (2,)))
    shop.repair("old", (1,))
    shop.repair("new", (2,))
    assert shop.rows()[:2] == [(1, "Ann", "Ann", None), (2, "Cem", "Cem", None)]
    assert (shop.facts()["conflicts"], shop.differing()) == (0, ())


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
        ("INSERT INTO t (id, new) VALUES (1, NULL)", ("none", "none")),
        ("INSERT INTO t (id, old, new) VALUES (1, NULL, 'Bea')", ("Bea", "Bea")),
        ("INSERT INTO t (id, old, new) VALUES (1, 'Ann', 'Ann')", ("Ann", "Ann")),
        ("INSERT INTO t (id, old, new) VALUES (1, 'Ann', 'Bea')", ("Ann", "Bea")),
        ("INSERT INTO t (id, old, new) VALUES (1, 'none', 'Bea')", ("Bea", "Bea")),
    ],
)
def test_an_insert_fills_the_side_that_is_not_given(shop, pair, given, expected):
    """Hazard 5: neither, one, both, an explicit NULL, a default that hides "not given"."""
    shop.table("CREATE TABLE t (id {key}, old {text} DEFAULT 'none', new {text})", pair())
    shop.run(given)

    assert shop.rows("SELECT old, new FROM t") == [expected]
    assert len(shop.marks("conflict")) == (expected == ("Ann", "Bea"))


def test_a_default_that_asks_the_clock_is_still_a_default(shop, pair):
    """Hazard 5."""
    shop.table("CREATE TABLE t (id {key}, old {text} DEFAULT {clock}, new {text})", pair())
    shop.run("INSERT INTO t (id, new) VALUES (1, 'given')")

    assert shop.rows("SELECT old, new FROM t") == [("given", "given")]


def test_a_value_that_is_rightly_null_is_no_unfilled_row(shop, pair):
    """Hazard 6."""
    empty_is_null = Transform("nullif(old, '')", "coalesce(new, '')")
    shop.table(T, pair(empty_is_null), rows=((1, "", None, None),))

    assert shop.fill().rows == 0
    assert shop.differing() == ()
    assert shop.facts() == {"remaining": 0, "set_aside": 0, "conflicts": 0, "new_side_nulls": 0, "differing": 0}


def test_a_write_is_seen_whatever_columns_the_statement_names(shop, pair):
    """Hazard 9: UPDATE OF lists look at the statement, not at the values; and an ORM writes every column back."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run("UPDATE t SET id = 1, old = 'Ann', new = 'Bea', other = 'x'")

    assert shop.rows() == [(1, "Bea", "Bea", "x")]
    assert shop.marks("conflict") == []


def test_a_generated_column_over_the_old_side_follows(shop, pair):
    """Hazard 10."""
    loud = "loud {text} GENERATED ALWAYS AS (upper(old)) STORED"
    shop.table(f"CREATE TABLE t (id {{key}}, old {{text}}, new {{text}}, {loud})", pair())
    shop.run("INSERT INTO t (id, new) VALUES (1, 'Ann')")

    assert shop.rows("SELECT old, new, loud FROM t") == [("Ann", "Ann", "ANN")]


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize(("words", "upsert"), shops.each(WORDS, lambda words: words.upserts), indirect=["words"])
def test_upserts_of_either_side_reach_the_other(shop, pair, upsert, side):
    """Hazard 11."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    shop.run(upsert.format(side=side))

    assert {row[1:3] for row in shop.rows()} == {("Bea", "Bea")}
    assert shop.marks("conflict") == []
    assert shop.differing() == ()


def test_an_upsert_that_does_nothing_does_nothing(shop, pair, words):
    """Hazard 11."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    for statement in words.ignored:
        shop.run(statement)

    assert shop.rows() == [(1, "Ann", "Ann", None)]
    assert shop.marks("conflict") == shop.marks("kept") == shop.marks("set_aside") == []


@pytest.mark.parametrize(("words", "collated"), shops.each(WORDS, lambda words: words.collated), indirect=["words"])
def test_values_are_compared_binary_whatever_the_collation(shop, pair, collated):
    """Hazard 14."""
    for statement in collated.before:
        shop.run(statement)
    ddl = f"CREATE TABLE t (id {{key}}, old {collated.type}, new {collated.type})"
    shop.table(ddl, pair(), rows=((1, collated.one, collated.one),))
    assert shop.rows("SELECT count(*) FROM t WHERE old = ?", collated.other) == [(1,)]
    shop.run("UPDATE t SET old = ?", collated.other)

    assert shop.rows() == [(1, collated.other, collated.other)]
    shop.stop()
    shop.run("UPDATE t SET old = ?", collated.one)
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

    assert shop.marks("conflict") == []
    assert shop.facts()["conflicts"] == 0


def test_many_rows_in_one_statement_are_each_kept_in_step(shop, pair):
    shop.table(T, pair(), rows=tuple((n, f"n{n}", f"n{n}", None) for n in range(1, 51)))
    shop.run("UPDATE t SET new = upper(new)")

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [(f"N{n}", f"N{n}") for n in range(1, 51)]


def test_a_value_that_old_readers_cannot_be_given_is_set_aside_and_never_clamped(shop, pair, words):
    """Hazard 43, 44: the old column holds whole numbers, and 'abc' is none; SQLite's CAST would say 0."""
    back = shops.number(words, "new", "old")
    ddl = "CREATE TABLE t (id {key}, old {integer}, new {text})"
    shop.table(ddl, pair(Transform(back.down, back.up)), rows=((1, 5, "5"),))
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
    ddl = "CREATE TABLE t (id {key}, old {text}, new {integer})"
    shop.table(ddl, pair(number), rows=((1, "5", 5),))
    shop.run("UPDATE t SET old = ?", value)

    assert shop.rows() == [(1, value, None)]
    assert shop.marks("set_aside") == [("[1]", "new")]
    shop.run("UPDATE t SET old = '12'")
    assert shop.rows() == [(1, "12", 12)]
    assert shop.marks("set_aside") == []


def test_a_transform_that_collides_under_a_unique_index_sets_the_row_aside(shop, pair, shout):
    """Hazard 45: the writer of 'bob' is not refused because somebody else is 'BOB'."""
    shop.run(shop.written(T))
    shop.run("CREATE UNIQUE INDEX one ON t (new)")
    shop.table("", pair(shout))
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Bob')")
    shop.run("INSERT INTO t (id, old) VALUES (2, 'bob')")

    assert shop.rows() == [(1, "Bob", "BOB", None), (2, "bob", None, None)]
    assert shop.marks("set_aside") == [("[2]", "new")]


def test_a_strict_promise_of_not_null_still_refuses_what_it_refused_before(shop, pair, words):
    shop.table(T, pair(required=True), rows=((1, "Ann", "Ann", None), (2, "Bea", None, None)))
    refusal, pattern = words.not_null

    for broken, column in (
        ("INSERT INTO t (id) VALUES (3)", "old"),
        ("INSERT INTO t (id, old) VALUES (3, NULL)", "old"),
        ("UPDATE t SET old = NULL WHERE id = 1", "old"),
        ("UPDATE t SET old = NULL WHERE id = 2", "old"),
        ("UPDATE t SET new = NULL WHERE id = 1", "new"),
    ):
        with pytest.raises(refusal, match=pattern.format(column)):
            shop.run(broken)
    assert shop.rows() == [(1, "Ann", "Ann", None), (2, "Bea", None, None)]


def test_several_pairs_of_one_table_are_kept_in_step_by_one_write(shop, pair, words):
    ddl = "CREATE TABLE t (id {key}, old {text}, new {text}, a {integer}, b {text})"
    other = shops.number(words, "b", "a")
    shop.table(ddl, pair(), Pair({"a": other.up}, {"b": other.down}), rows=((1, "Ann", None, 5, None),))
    shop.run("UPDATE t SET old = 'Bea', b = '7'")
    shop.fill()

    assert shop.rows() == [(1, "Bea", "Bea", 7, "7")]


def test_several_columns_are_kept_in_step_with_one(shop, words):
    """A name in two columns, and whole in the third: whichever side is written gives the other."""
    split = Pair(
        {"old": words.joined.format("first_name", "last_name")},
        {"first_name": words.first_word.format("old"), "last_name": words.other_words.format("old")},
    )
    ddl = "CREATE TABLE t (id {key}, old {text}, first_name {text}, last_name {text})"
    shop.table(ddl, split, rows=((1, "Ann Bo", None, None), (2, "Cher", None, None)))
    shop.fill()
    shop.run("INSERT INTO t (id, old) VALUES (3, 'Dan Eck')")
    shop.run("INSERT INTO t (id, first_name, last_name) VALUES (4, 'Eve', 'Fox')")
    shop.run("UPDATE t SET last_name = 'Gil' WHERE id = 3")

    assert shop.rows() == [
        (1, "Ann Bo", "Ann", "Bo"),
        (2, "Cher", None, None),
        (3, "Dan Gil", "Dan", "Gil"),
        (4, "Eve Fox", "Eve", "Fox"),
    ]
    assert [key for key, _ in shop.marks("set_aside")] == ["[2]"]
    assert shop.differing() == ()


@pytest.mark.parametrize("constraint", ["", ", CHECK (first_name <> 'x')"])
def test_who_writes_one_of_several_columns_loses_no_other_that_is_not_filled_yet(shop, words, constraint):
    """Hazard 1: what the old column says of the others holds, as if the row had been filled before."""
    split = Pair(
        {"old": words.joined.format("first_name", "last_name")},
        {"first_name": words.first_word.format("old"), "last_name": words.other_words.format("old")},
    )
    ddl = f"CREATE TABLE t (id {{key}}, old {{text}}, first_name {{text}}, last_name {{text}}{constraint})"
    rows = ((1, "Ann Bo", None, None), (2, "Ann Bo", None, None), (3, None, None, None), (4, "Ann Bo", None, None))
    shop.table(ddl, split, rows=rows)
    shop.run("UPDATE t SET first_name = 'Eve' WHERE id IN (1, 3)")
    shop.run("UPDATE t SET last_name = 'Fox' WHERE id = 2")
    shop.run("UPDATE t SET first_name = 'Eve', last_name = 'Fox' WHERE id = 4")

    assert shop.rows() == [
        (1, "Eve Bo", "Eve", "Bo"),
        (2, "Ann Fox", "Ann", "Fox"),
        (3, None, "Eve", None),
        (4, "Eve Fox", "Eve", "Fox"),
    ]
    assert [key for key, _ in shop.marks("set_aside")] == ["[3]"]
    assert shop.marks("conflict") == []


def test_several_columns_beside_another_pair_are_filled_whole_and_take_nothing_from_the_old_one(shop, words):
    """Hazards 1, 20: MariaDB assigned the first, took it for what somebody had written, and emptied the old column."""
    split = Pair(
        {"old": words.joined.format("first_name", "last_name")},
        {"first_name": words.first_word.format("old"), "last_name": words.other_words.format("old")},
    )
    plain = Pair({"a": words.database.quote("b")}, {"b": words.database.quote("a")})
    ddl = "CREATE TABLE t (id {key}, old {text}, first_name {text}, last_name {text}, a {text}, b {text})"
    rows = ((1, "Ann Bo", None, None, "x", None), (2, "Cher", None, None, "y", None))
    shop.table(ddl, plain, split, rows=rows)
    shop.fill()

    assert shop.rows() == [(1, "Ann Bo", "Ann", "Bo", "x", "x"), (2, "Cher", None, None, "y", "y")]
    assert [key for key, _ in shop.marks("set_aside")] == ["[2]"]
    assert shop.differing() == ()


def test_a_column_that_is_only_kept_filled_gets_its_value_where_nobody_gives_one(shop):
    ddl = "CREATE TABLE t (id {key}, price {integer}, total {integer})"
    shop.table(ddl, Pair({}, {"total": "price * 2"}), rows=((1, 10, None), (2, 20, 99)))
    shop.run("INSERT INTO t (id, price) VALUES (3, 30)")
    shop.run("INSERT INTO t (id, price, total) VALUES (4, 40, 1)")
    shop.run("UPDATE t SET total = NULL WHERE id = 2")

    assert shop.facts()["remaining"] == 1
    assert shop.fill().rows == 1
    assert shop.rows("SELECT total FROM t ORDER BY id") == [(20,), (40,), (60,), (1,)]


@pytest.mark.parametrize(("words", "keys"), shops.each(WORDS, lambda words: words.keys), indirect=["words"])
def test_marks_find_their_row_whatever_the_key_is_made_of(shop, pair, shout, keys):
    """Hazard 23."""
    for statement in keys.before:
        shop.run(statement)
    shop.table(keys.table, pair(shout))
    for row in keys.rows:
        shop.run("INSERT INTO t VALUES (?, ?, NULL, 'McDonald')", *row)
    shop.run("UPDATE t SET old = old")

    assert len(shop.marks("kept")) == len(keys.rows)
    assert shop.fill(limit=1).rows == 0
    assert shop.differing() == ()
    assert shop.rows("SELECT DISTINCT old, new FROM t") == [("mcdonald", "McDonald")]
    for text, _ in shop.marks("kept"):
        assert shop.repair("old", read_key(text)) == 1
    assert shop.marks("kept") == []


def test_an_old_value_that_repair_cannot_convert_is_set_aside(shop, pair, number):
    shop.table("CREATE TABLE t (id {key}, old {text}, new {integer})", pair(number))
    shop.run("INSERT INTO t VALUES (1, 'many', 5)")

    shop.repair("old", (1,))

    assert shop.rows() == [(1, "many", None)]
    assert shop.marks("set_aside") == [("[1]", "new")]


def test_a_new_value_that_repair_cannot_convert_is_set_aside(shop, pair, words):
    back = shops.number(words, "new", "old")
    shop.table("CREATE TABLE t (id {key}, old {integer}, new {text})", pair(Transform(back.down, back.up)))
    shop.run("INSERT INTO t VALUES (1, 5, 'many')")

    shop.repair("new", (1,))

    assert shop.rows() == [(1, None, "many")]
    assert shop.marks("set_aside") == [("[1]", "new")]


def test_an_old_value_without_a_new_one_is_never_complete(shop, pair, number):
    """Whatever became of the mark that it was set aside."""
    shop.table("CREATE TABLE t (id {key}, old {text}, new {integer})", pair(number), rows=((1, "many", None),))

    assert shop.facts()["remaining"] == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE t SET new = 'b' WHERE id = 1", "INSERT INTO t (id, new) VALUES (3, 'b')"]
)
@pytest.mark.parametrize("lossy", [False, True])
def test_a_new_value_that_the_old_sides_constraint_refuses_stays_and_is_set_aside(shop, pair, shout, statement, lossy):
    """The writer was told that it was written: it is neither taken back nor left unsaid."""
    rows = ((1, "a", "A"), (2, "b", "B")) if lossy else ((1, "a", "a"), (2, "b", "b"))
    ddl = "CREATE TABLE t (id {key}, old {text} UNIQUE, new {text})"
    shop.table(ddl, pair(shout) if lossy else pair(), rows=rows)

    shop.run(statement)

    assert shop.rows("SELECT count(*) FROM t WHERE new = 'b' AND id <> 2") == [(1,)]
    assert shop.facts()["set_aside"] == 1


def test_a_mark_of_a_row_that_is_right_or_gone_is_dropped_and_no_other(shop, pair, number):
    """Hazard 13, 19: a row may have gone, and another one come, where no trigger saw it."""
    shop.table("CREATE TABLE t (id {key}, old {text}, new {integer})", pair(number))
    for row in (1, 2, 3):
        shop.run("INSERT INTO t (id, old) VALUES (?, 'many')", row)
    shop.stop()
    shop.run("UPDATE t SET old = '5', new = 5 WHERE id = 1")
    shop.run("DELETE FROM t WHERE id = 2")

    assert shop.settle() == 2
    assert shop.marks("set_aside") == [("[3]", "new")]
