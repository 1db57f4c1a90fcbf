"""Does each operation live through all of its stages, and back, with nothing lost? Hazard numbers: staging design."""

import sqlite3
import threading
import time

import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.model.plan import Transform

DDL = """CREATE TABLE orders (
  id INTEGER PRIMARY KEY, -- the number on the bill
  customer_name VARCHAR(40) COLLATE NOCASE NOT NULL,
  amount TEXT
)"""
ROWS = ((1, "Ann", "5"), (2, "Bea", "7"))
PROMISES = {"old_not_null": "yes", "not_null": "yes"}


@pytest.fixture
def rename(operation):
    return operation("rename-column", "customer_name", "full_name", **PROMISES)


def test_a_renamed_column_keeps_every_value_through_all_stages(life, rename):
    life.start(DDL, rename, rows=ROWS)
    life.do("expand")
    life.run("INSERT INTO orders (id, customer_name) VALUES (3, 'Cem')")
    life.do("dual_write")
    life.run("INSERT INTO orders (id, full_name) VALUES (4, 'Dan')")
    life.run("UPDATE orders SET full_name = 'Bea B.' WHERE id = 2")
    assert life.backfill().rows == 2
    assert life.differing() == ()
    life.do("quiesce")
    life.run("UPDATE orders SET full_name = 'Ann A.' WHERE id = 1")
    assert life.differing() == ()
    assert life.rows("SELECT customer_name__quiesced FROM orders WHERE id = 1") == [("Ann A.",)]
    life.do("contract")

    assert life.rows("SELECT id, full_name FROM orders") == [(1, "Ann A."), (2, "Bea B."), (3, "Cem"), (4, "Dan")]
    assert life.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'") == []
    create = str(life.rows("SELECT sql FROM sqlite_schema WHERE name = 'orders'")[0][0])
    assert '"full_name" VARCHAR(40) COLLATE "NOCASE" NOT NULL' in create
    assert "-- the number on the bill" in create
    assert "customer_name" not in create
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        life.run("INSERT INTO orders (id) VALUES (5)")
    assert life.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("reached", [1, 2, 3])
def test_a_renamed_column_is_rolled_back_to_what_it_was(life, rename, reached):
    """Hazard 33: the user's triggers, indexes and views stay as they are through all of it, to the byte.

    SQLite's RENAME puts the column's own name in quotes.
    """
    life.start(DDL, rename, rows=ROWS)
    life.run("CREATE TABLE audit (what TEXT)")
    life.run("CREATE TRIGGER mine AFTER INSERT ON orders BEGIN INSERT INTO audit VALUES (NEW.amount); END")
    life.run("CREATE INDEX by_amount ON orders (amount)")
    life.run("CREATE VIEW totals AS SELECT amount FROM orders")
    before = life.schema()
    stages = ("expand", "dual_write", "quiesce")[:reached]
    for stage in stages:
        life.do(stage)
    life.run(f"INSERT INTO orders (id, {'full_name' if reached > 1 else 'customer_name'}) VALUES (3, 'Cem')")
    for stage in reversed(stages):
        life.undo(stage)

    assert life.schema("customer_name") == before
    assert life.rows("SELECT id, customer_name FROM orders") == [(1, "Ann"), (2, "Bea"), (3, "Cem")]


def test_the_brown_out_shows_at_once_who_still_uses_the_old_name(life, rename):
    """Hazard 46, 47, 49: a statement that names it fails, SELECT * does not name it; rolling back heals both."""
    life.start(DDL, rename, rows=ROWS)
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.backfill()
    life.do("quiesce")

    with pytest.raises(sqlite3.OperationalError, match="customer_name"):
        life.run("SELECT customer_name FROM orders")
    life.undo("quiesce")
    life.run("UPDATE orders SET customer_name = 'Eve' WHERE id = 1")
    assert life.rows("SELECT full_name FROM orders WHERE id = 1") == [("Eve",)]


def test_a_step_that_fails_leaves_the_stage_undone(life, rename):
    life.start(DDL, rename, rows=ROWS)
    life.do("expand")
    life.do("dual_write")
    life.do("quiesce")
    life.run("DROP TRIGGER contractctl_plan_orders_insert")
    life.run("INSERT INTO orders (id, customer_name__quiesced) VALUES (9, 'lost')")
    before = life.schema()

    with pytest.raises(ContractctlError, match="3 rows of 'orders' hold NULL in 'full_name'"):
        life.do("contract")
    assert life.schema() == before


def test_the_triggers_go_before_the_column_in_one_transaction(life, rename):
    """Hazard 32."""
    life.start(DDL, rename, rows=ROWS)
    steps = [type(step).__name__ for step in operations.contract(life.plan)]

    assert steps.index("StopKeepingInStep") < steps.index("DropOldColumn")


@pytest.mark.parametrize(
    ("ddl", "name"),
    [
        ("CREATE VIEW names AS SELECT customer_name FROM orders", "view 'names'"),
        ("CREATE VIEW everything AS SELECT * FROM orders", "view 'everything'"),
        ("CREATE INDEX by_name ON orders (customer_name)", "index 'by_name'"),
        ("CREATE TRIGGER t AFTER UPDATE OF customer_name ON orders BEGIN SELECT 1; END", "trigger 't'"),
    ],
)
def test_what_still_depends_on_the_old_column_is_named_before_the_brown_out(life, rename, ddl, name):
    """Hazard 34."""
    life.start(DDL, rename, rows=ROWS)
    life.run(ddl)

    assert any(name in note for note in life.ask(operations.notes))
    life.do("expand")
    life.do("dual_write")
    before = life.schema()
    with pytest.raises(ContractctlError, match=name):
        life.do("quiesce")
    assert life.schema() == before


@pytest.mark.parametrize(
    ("ddl", "sentence"),
    [
        ("CREATE TABLE other (id INTEGER)", "the database has no table 'orders'"),
        ("CREATE TABLE orders (id INTEGER)", "has no column 'customer_name'"),
        ("CREATE TABLE orders (customer_name TEXT PRIMARY KEY)", "part of its primary key"),
        ("CREATE TABLE orders (id INTEGER, customer_name TEXT UNIQUE)", "part of a UNIQUE constraint"),
        ("CREATE TABLE orders (id INTEGER, customer_name TEXT, full_name TEXT)", "already has a column 'full_name'"),
        ("CREATE VIEW orders AS SELECT 1 AS customer_name", "is a view"),
    ],
)
def test_a_database_that_cannot_carry_the_plan_says_so_before_anything_is_done(life, rename, ddl, sentence):
    life.start(ddl, rename)

    assert any(sentence in hindrance for hindrance in life.ask(operations.hindrances))


def test_a_database_stricter_than_its_contract_is_refused(life, operation):
    life.start(DDL, operation("rename-column", "customer_name", "full_name"))

    assert "NOT NULL in the database but not in the released version" in life.ask(operations.hindrances)[0]


def test_a_type_changes_under_a_new_name(life, operation):
    """Hazard 43, 44."""
    transform = Transform("CAST(amount AS INTEGER)", "CAST(cents AS TEXT)")
    life.start(DDL, operation("change-type", "amount", "cents", transform, type="INTEGER"), rows=ROWS)
    life.run("INSERT INTO orders VALUES (3, 'Cem', 'a lot')")
    life.do("expand")
    life.do("dual_write")
    filled = life.backfill()

    assert (filled.rows, filled.set_aside) == (2, 1)
    assert life.rows("SELECT amount, cents FROM orders") == [("5", 5), ("7", 7), ("a lot", None)]
    life.run("UPDATE orders SET cents = 900 WHERE id = 3")
    assert life.rows("SELECT amount FROM orders WHERE id = 3") == [("900",)]
    assert life.rows("SELECT * FROM contractctl_set_aside") == []


def test_a_type_changes_under_the_same_name_when_the_names_are_swapped(life, operation):
    transform = Transform("CAST(amount AS INTEGER)", "CAST(amount__new AS TEXT)")
    changed = operation("change-type", "amount", "amount", transform, type="INTEGER", via="amount__new")
    life.start(DDL, changed, rows=ROWS)
    before = life.schema()
    life.do("expand")
    life.do("dual_write")
    life.backfill()
    life.run("UPDATE orders SET amount = '50' WHERE id = 1")
    life.run("UPDATE orders SET amount__new = 70 WHERE id = 2")
    assert life.rows("SELECT amount, amount__new FROM orders") == [("50", 50), ("70", 70)]
    life.do("quiesce")
    life.run("UPDATE orders SET amount = 51 WHERE id = 1")
    life.run("INSERT INTO orders (id, customer_name, amount) VALUES (3, 'Cem', 9)")
    assert life.rows("SELECT amount, amount__quiesced FROM orders") == [(51, "51"), (70, "70"), (9, "9")]
    assert life.differing() == ()
    for stage in ("quiesce", "dual_write", "expand"):
        life.undo(stage)
    assert life.schema("amount") == before
    assert life.rows("SELECT amount FROM orders") == [("51",), ("70",), ("9",)]
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.backfill()
    life.do("quiesce")
    life.do("contract")

    assert life.rows("SELECT amount, typeof(amount) FROM orders") == [(51, "integer"), (70, "integer"), (9, "integer")]


def test_a_strict_table_refuses_no_writer_because_of_the_transform(life, operation):
    """Hazard 44."""
    transform = Transform("amount", "cents")
    ddl = "CREATE TABLE orders (id INTEGER PRIMARY KEY, amount TEXT) STRICT"
    life.start(ddl, operation("change-type", "amount", "cents", transform, type="INTEGER"), rows=((1, "5"),))
    life.do("expand")
    life.do("dual_write")
    life.run("INSERT INTO orders (id, amount) VALUES (2, 'a lot')")
    life.run("INSERT INTO orders (id, amount) VALUES (3, '12')")
    life.backfill()

    assert life.rows("SELECT amount, cents FROM orders") == [("5", 5), ("a lot", None), ("12", 12)]


@pytest.mark.parametrize(
    ("old", "new", "value"), [("TEXT", "INTEGER", "'012'"), ("REAL", "TEXT", "0.1 + 0.2"), ("TEXT", "REAL", "'1e2'")]
)
def test_a_value_that_the_new_columns_type_would_change_is_set_aside(life, operation, old, new, value):
    """Hazard 44: the expression is the bare name, and the column turns the value into its own type."""
    ddl = f"CREATE TABLE orders (id INTEGER PRIMARY KEY, amount {old})"
    life.start(ddl, operation("change-type", "amount", "cents", Transform("amount", "cents"), type=new))
    life.run(f"INSERT INTO orders VALUES (1, {value}), (2, '7.5'), (3, 'a lot'), (4, NULL)")
    life.do("expand")
    life.do("dual_write")
    life.backfill()

    assert life.rows("SELECT key FROM contractctl_set_aside") == [("[1]",)]
    assert life.rows("SELECT cents FROM orders WHERE id = 1") == [(None,)]
    assert life.differing() == ()


def test_an_added_column_is_filled_for_who_does_not_know_it(life, operation):
    """Hazard 38: no default that asks the clock or rewrites the table."""
    added = operation("add-column", None, "label", type="TEXT", not_null="yes", default="'none'", fill="'for ' || id")
    life.start(DDL, added, rows=ROWS)
    life.do("expand")
    life.do("dual_write")
    life.run("INSERT INTO orders (id, customer_name) VALUES (3, 'Cem')")
    life.run("INSERT INTO orders (id, customer_name, label) VALUES (4, 'Dan', 'mine')")
    life.backfill()
    life.do("quiesce")
    life.do("contract")
    life.run("INSERT INTO orders (id, customer_name) VALUES (5, 'Eve')")

    assert life.rows("SELECT label FROM orders") == [("for 1",), ("for 2",), ("for 3",), ("mine",), ("none",)]
    with pytest.raises(sqlite3.IntegrityError):
        life.run("UPDATE orders SET label = NULL")


@pytest.mark.parametrize(
    ("parameters", "value"),
    [({"type": "INTEGER"}, None), ({"type": "INTEGER", "default": "7"}, 7), ({"default": "7", "not_null": "yes"}, 7)],
)
def test_an_added_column_without_a_fill_is_nullable_or_has_its_default_at_once(life, operation, parameters, value):
    life.start(DDL, operation("add-column", None, "extra", **parameters), rows=ROWS)
    before = life.schema()
    life.do("expand")

    assert life.rows("SELECT extra FROM orders") == [(value,), (value,)]
    life.undo("expand")
    assert life.schema() == before


def test_a_dropped_column_is_first_optional_then_hidden_then_gone(life, operation):
    life.start(DDL, operation("drop-column", "customer_name", old_not_null="yes", fill="'nobody'"), rows=ROWS)
    life.do("expand")
    life.do("dual_write")
    life.run("INSERT INTO orders (id, amount) VALUES (3, '9')")
    assert life.rows("SELECT customer_name FROM orders") == [("Ann",), ("Bea",), ("nobody",)]
    life.do("quiesce")
    life.run("INSERT INTO orders (id, amount) VALUES (4, '9')")
    life.undo("quiesce")
    assert life.rows("SELECT customer_name FROM orders WHERE id = 4") == [("nobody",)]
    life.do("quiesce")
    life.do("contract")

    assert life.rows("SELECT * FROM orders WHERE id = 1") == [(1, "5")]


def test_nulls_are_filled_and_then_refused(life, operation):
    life.start(DDL, operation("set-not-null", "amount", "amount", fill="'0'", not_null="yes"), rows=ROWS)
    life.run("UPDATE orders SET amount = NULL WHERE id = 1")
    life.do("expand")
    life.do("dual_write")
    life.run("INSERT INTO orders (id, customer_name) VALUES (3, 'Cem')")
    life.run("UPDATE orders SET amount = NULL WHERE id = 2")
    assert life.backfill().rows == 1
    assert life.differing() == ()
    life.do("quiesce")
    life.do("contract")

    assert life.rows("SELECT amount FROM orders") == [("0",), ("0",), ("0",)]
    with pytest.raises(sqlite3.IntegrityError):
        life.run("UPDATE orders SET amount = NULL")


def test_two_plans_on_one_table_do_not_disturb_each_other(life, operation, rename):
    cents = operation("change-type", "amount", "cents", Transform("amount", "cents", lossy=True), type="INTEGER")
    life.start(DDL, rename, rows=ROWS)
    life.do("expand")
    life.do("dual_write")
    first = life.plan
    life.plan = type(first)("other", (), (cents,), {})
    life.do("expand")
    life.do("dual_write")
    life.run("UPDATE orders SET full_name = 'Eve', amount = '9' WHERE id = 1")
    life.run("UPDATE orders SET customer_name = 'Fay', cents = 3 WHERE id = 2")
    life.backfill()
    life.undo("dual_write")
    life.undo("expand")
    life.plan = first
    life.backfill()

    assert life.rows() == [(1, "Eve", "9", "Eve"), (2, "Fay", "3", "Fay")]
    assert life.differing() == ()


def test_no_write_is_lost_while_stages_come_and_go_under_load(life, rename):
    """Hazard 1, 4, 11, 49: old writers write all the time, and at the end every one of their orders is there."""
    life.start(DDL, rename, rows=ROWS)
    stop, written = threading.Event(), []

    def old_version() -> None:
        app = sqlite3.connect(life.path, isolation_level=None, timeout=10)
        key = 100
        while not stop.is_set():
            key += 1
            app.execute("INSERT INTO orders (id, customer_name) VALUES (?, ?)", (key, f"name {key}"))
            app.execute("UPDATE orders SET customer_name = customer_name || '!' WHERE id = ?", (key - 5,))
            written.append(key)
            time.sleep(0.002)
        app.close()

    writer = threading.Thread(target=old_version)
    writer.start()
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.undo("dual_write")
    life.do("dual_write")
    life.backfill()
    stop.set()
    writer.join()

    assert life.differing() == ()
    assert life.rows("SELECT count(*) FROM orders WHERE id > 100") == [(len(written),)]
    assert life.rows("SELECT count(*) FROM orders WHERE full_name IS NOT customer_name") == [(0,)]


def test_values_that_do_not_come_back_are_found_before_the_plan_is_written(life, operation):
    transform = Transform("CAST(amount AS INTEGER)", "CAST(cents AS TEXT)")
    life.start(DDL, operation("change-type", "amount", "cents", transform, type="INTEGER"), rows=((1, "Ann", "5 EUR"),))

    assert life.ask(operations.losses) == [
        "1 value of 'orders.amount' does not come back from the new form, such as '5 EUR'"
    ]


def test_a_volatile_expression_is_refused_when_the_triggers_are_made(life, operation):
    """Hazard 7."""
    transform = Transform("hex(randomblob(4))", "token")
    life.start(DDL, operation("change-type", "amount", "token", transform, type="TEXT"), rows=ROWS)
    life.do("expand")

    with pytest.raises(ContractctlError, match="does not always give the same value"):
        life.do("dual_write")


def test_a_plan_that_was_rolled_back_begins_anew_without_marks_of_the_first_time(life, operation):
    transform = Transform("CAST(amount AS INTEGER)", "CAST(cents AS TEXT)")
    life.start(DDL, operation("change-type", "amount", "cents", transform, type="INTEGER"), rows=ROWS)
    life.run("UPDATE orders SET amount = 'a lot' WHERE id = 1")
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.run("UPDATE orders SET amount = '1', cents = 2 WHERE id = 2")
    life.backfill()
    marks = "SELECT (SELECT count(*) FROM contractctl_set_aside), (SELECT count(*) FROM contractctl_conflict)"
    assert life.rows(marks) == [(1, 1)]
    for stage in ("dual_write", "expand"):
        life.undo(stage)
    life.run("UPDATE orders SET amount = '5' WHERE id = 1")
    for stage in ("expand", "dual_write"):
        life.do(stage)

    assert life.rows(marks) == [(0, 0)]
    assert life.backfill().rows == 2
    assert life.rows("SELECT cents FROM orders") == [(5,), (1,)]


def test_rows_without_a_key_are_named_before_anything_is_done(life, rename):
    life.start(
        "CREATE TABLE orders (id TEXT PRIMARY KEY, customer_name TEXT)", rename, rows=((None, "Ada"), ("1", "B"))
    )

    assert life.ask(operations.hindrances) == [
        "1 row of 'orders' holds NULL in the primary key (id): they cannot be identified"
    ]
