"""What do only PostgreSQL's triggers meet? Hazard numbers are those of the staging design."""

import threading
import time
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from contractctl.databases import run
from contractctl.model.plan import Transform
from contractctl.operations.locating import synchronisation
from contractctl.operations.pairs import Pair

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, other TEXT)"
TIDY = """
CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.old := trim(NEW.old); NEW.new := trim(NEW.new); NEW.other := 'now'; RETURN NEW; END $$
"""


def missing(shop) -> tuple[str, ...]:
    with shop.engine.begin() as connection:
        return shop.database.missing_triggers(connection, shop.sync)


@pytest.mark.parametrize("statement", ["UPDATE t SET {} = '  Bea '", "INSERT INTO t (id, {}) VALUES (2, ' Bea')"])
@pytest.mark.parametrize("side", ["old", "new"])
def test_an_applications_own_before_trigger_has_its_say_first(shop, pair, statement, side):
    """Hazard 8: whatever it tidies or stamps is taken over."""
    shop.run(T)
    shop.run(TIDY)
    shop.run("CREATE TRIGGER zz_tidy BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tidy()")
    shop.table("", pair(), rows=((1, "Ann", "Ann", None),))
    shop.run(statement.format(side))

    assert shop.rows("SELECT old, new, other FROM t ORDER BY id")[-1] == ("Bea", "Bea", "now")
    assert shop.marks("conflict") == []


def test_an_after_trigger_of_the_application_may_write_the_row_again(shop, pair, shout):
    """Hazard 8."""
    shop.run(T)
    shop.run(
        "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE t AS x SET new = x.new || '!' WHERE id = NEW.id AND x.new NOT LIKE '%!'; RETURN NULL; END $$"
    )
    shop.run("CREATE TRIGGER again AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION again()")
    shop.table("", pair(shout))
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Ann')")

    assert shop.rows("SELECT old, new FROM t") == [("ann!", "ANN!")]
    assert shop.differing() == ()


def test_a_bulk_load_is_kept_in_step(shop, pair, shout):
    """Hazard 12."""
    shop.table(T, pair(shout))
    with shop.app.cursor().copy("COPY t (id, old) FROM STDIN") as copy:
        copy.write("1\tAnn\n2\tBea\n")
    with shop.app.cursor().copy("COPY t (id, new) FROM STDIN") as copy:
        copy.write("3\tMcDonald\n")

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Ann", "ANN"), ("Bea", "BEA"), ("mcdonald", "McDonald")]
    assert shop.marks("kept") == [("[3]", "new")]


def test_what_a_replica_applies_is_kept_in_step(shop, pair, shout):
    """Hazard 12: logical replication writes in the role `replica`, in which ordinary triggers sleep."""
    other = Pair({"a": "b"}, {"b": "a"})
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, a INTEGER, b INTEGER)"
    shop.table(ddl, pair(shout), other, rows=((1, "Ann", "ANN", 1, 1),))
    shop.run("SET session_replication_role = replica")
    shop.run("INSERT INTO t (id, old, a) VALUES (2, 'Bob', 5)")
    shop.run("UPDATE t SET new = 'McDonald', b = 7 WHERE id = 1")

    assert shop.rows() == [(1, "mcdonald", "McDonald", 7, 7), (2, "Bob", "BOB", 5, 5)]
    assert shop.marks("kept") == [("[1]", "new")]


def test_a_truncated_table_leaves_no_marks(shop, pair):
    """Hazard 12."""
    shop.table(T, pair())
    shop.run("INSERT INTO t VALUES (1, 'a', 'b')")
    assert shop.facts()["conflicts"] == 1
    shop.run("TRUNCATE t")

    assert shop.marks("conflict") == []


@pytest.mark.parametrize("action", ["UPDATE names SET name = 'Bea'", "DELETE FROM names"])
def test_foreign_key_cascades_reach_the_other_side(shop, pair, action):
    """Hazard 13."""
    shop.run("CREATE TABLE names (name TEXT PRIMARY KEY)")
    shop.run("INSERT INTO names VALUES ('Ann')")
    reference = "REFERENCES names ON UPDATE CASCADE ON DELETE SET NULL"
    ddl = f"CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT {reference}, new TEXT)"
    shop.table(ddl, pair(), rows=((1, "Ann", "Ann"),))
    shop.run(action)

    expected = "Bea" if action.startswith("UPDATE") else None
    assert shop.rows() == [(1, expected, expected)]
    assert shop.marks("conflict") == shop.marks("set_aside") == []


def test_triggers_that_are_switched_off_or_gone_are_missed(shop, pair):
    """Hazard 12, 33."""
    shop.table(T, pair())
    assert missing(shop) == ()
    shop.run("ALTER TABLE t DISABLE TRIGGER USER")
    assert len(missing(shop)) == len(shop.rows("SELECT 1 FROM pg_trigger WHERE tgrelid = 't'::regclass"))
    shop.run("ALTER TABLE t ENABLE TRIGGER USER")  # as pg_restore leaves them: for ordinary writers alone
    assert missing(shop) != ()


def test_a_constraint_or_default_that_came_later_asks_for_other_triggers(shop, pair, shout):
    """Hazard 45: what was made before it came does not know that it may refuse a value."""
    shop.table(T, pair(shout))
    shop.run("CREATE UNIQUE INDEX one ON t (new)")
    with shop.engine.begin() as connection:
        shop.sync = synchronisation(connection, "plan", "t", (pair(shout),))
        assert shop.database.missing_triggers(connection, shop.sync) != ()
        for statement in (*shop.database.drop_triggers(shop.sync), *shop.database.triggers(shop.sync)):
            run(connection, statement)
        assert shop.database.missing_triggers(connection, shop.sync) == ()
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Bob'), (2, 'bob')")

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Bob", "BOB"), ("bob", None)]


PARTED = """
CREATE TABLE t (id INTEGER, region TEXT, old TEXT, new TEXT, PRIMARY KEY (id, region)) PARTITION BY LIST (region)
"""


def test_partitions_are_kept_in_step_also_those_that_come_later(shop, pair, shout):
    """Hazard 36."""
    shop.run(PARTED)
    shop.run("CREATE TABLE t_north PARTITION OF t FOR VALUES IN ('north')")
    shop.table("", pair(shout))
    shop.run("CREATE TABLE later (region TEXT NOT NULL, new TEXT, id INTEGER NOT NULL, old TEXT)")
    shop.run("INSERT INTO later VALUES ('south', NULL, 1, 'Eve')")
    shop.run("ALTER TABLE t ATTACH PARTITION later FOR VALUES IN ('south')")
    shop.run("INSERT INTO t (id, region, old) VALUES (2, 'north', 'Ann'), (3, 'south', 'Bea')")
    shop.run("UPDATE later SET new = 'McDonald' WHERE id = 3")

    assert missing(shop) == ()
    assert shop.fill(limit=1).rows == 1
    assert shop.rows("SELECT id, old, new FROM t ORDER BY id") == [
        (1, "Eve", "EVE"),
        (2, "Ann", "ANN"),
        (3, "mcdonald", "McDonald"),
    ]
    assert shop.differing() == ()
    shop.run("ALTER TABLE later DISABLE TRIGGER ALL")
    assert missing(shop) != ()


@pytest.mark.parametrize("written", ["old = old", "old = 'x', new = 'y'", "new = 'McDonald'", "old = 'Eve'"])
def test_a_row_that_moves_to_another_partition_keeps_its_marks(shop, pair, shout, written):
    """Hazard 19, 36: it is deleted there and inserted here."""
    shop.run(PARTED)
    for region in ("north", "south"):
        shop.run(f"CREATE TABLE t_{region} PARTITION OF t FOR VALUES IN ('{region}')")
    shop.table("", pair(shout))
    shop.run("INSERT INTO t VALUES (1, 'north', 'mcdonald', 'McDonald'), (2, 'north', 'a', 'b')")
    shop.run(f"UPDATE t SET region = 'south', {written}")
    kept, conflicts = shop.marks("kept"), shop.marks("conflict")

    expected = {
        "old = old": (['[1,"south"]'], ['[2,"south"]']),
        "old = 'x', new = 'y'": ([], ['[1,"south"]', '[2,"south"]']),
        "new = 'McDonald'": (['[1,"south"]', '[2,"south"]'], []),
        "old = 'Eve'": ([], []),
    }[written]
    assert ([key for key, _ in kept], [key for key, _ in conflicts]) == expected
    assert shop.fill().rows == 0


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("NUMERIC", Decimal("1.0"), Decimal("1.00")),
        ("NUMERIC[]", [Decimal("1.0")], [Decimal("1.00")]),
        ("FLOAT8", 0.0, -0.0),
        ("INTERVAL", "1 mon", "30 days"),
        ("JSONB", '{"a": 1.0}', '{"a": 1.00}'),
        ("JSON", '{"a":1}', '{"a": 1}'),
        ("CHAR(5)", "a", "b"),
        ("BPCHAR", "a", "a "),
        ("XML", "<a/>", "<a></a>"),
        ("POINT", "(0,0)", "(0,0.0000001)"),
        ("pair_of_numbers", "(1.0,x)", "(1.00,x)"),
        ("NUMRANGE", "[1.0,2.0]", "[1.00,2.0]"),
        ("BYTEA", b"\x00", b"\x01"),
        ("size", "small", "large"),
        ("TIMESTAMPTZ", "2024-01-01 00:00+00", "2024-01-01 00:00:00.000001+00"),
        ("UUID", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"),
    ],
)
def test_every_type_is_compared_by_what_it_really_holds(shop, pair, type_, one, other):
    """Hazard 14: `=` takes 1.0 for 1.00, and some types have no `=` at all."""
    shop.run("CREATE TYPE pair_of_numbers AS (n NUMERIC, t TEXT)")
    shop.run("CREATE TYPE size AS ENUM ('small', 'large')")
    shop.table(f"CREATE TABLE t (id INTEGER PRIMARY KEY, old {type_}, new {type_}, other TEXT)", pair())
    shop.run("INSERT INTO t (id, old) VALUES (1, ?)", one)
    shop.run("UPDATE t SET new = ?", other)

    shown = shop.rows("SELECT old::text, new::text FROM t")
    assert shown[0][0] == shown[0][1] == shop.rows(f"SELECT ?::{type_}::text", other)[0][0]
    shop.stop()
    shop.run("UPDATE t SET old = ?", one)
    assert shop.differing() == ((1,),)
    shop.repair("new", (1,))
    assert shop.differing() == ()


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("VARCHAR(3)", "long"),
        ("CHAR(3)", "long"),
        ("VARCHAR(3)[]", "{long}"),
        ("short", "long"),
        ("SMALLINT", "99999"),
        ("NUMERIC(3,1)", "123.4"),
        ("BIT(3)", "1111"),
        ("VARBIT(3)", "1111"),
    ],
)
@pytest.mark.parametrize("lossy", [False, True])
def test_a_value_that_is_too_long_is_never_cut(shop, pair, type_, value, lossy):
    """Hazard 43, 44: neither by the triggers nor by the backfill, nor where a loss is declared."""
    shop.run("CREATE DOMAIN short AS VARCHAR(3)")
    up, down = f"old::{type_.split('(')[0]}" if "BIT" in type_ else "old", "new::TEXT"
    way = Transform(f"({up})", down, lossy=lossy)
    shop.table(f"CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new {type_})", pair(way), rows=((1, value, None),))
    shop.run("INSERT INTO t (id, old) VALUES (2, ?)", value)
    filled = shop.fill()

    assert (filled.rows, filled.set_aside) == (0, 1)
    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [(value, None), (value, None)]
    assert [key for key, _ in shop.marks("set_aside")] == ["[1]", "[2]"]


def test_a_value_is_rounded_as_the_column_itself_rounds_it(shop, pair):
    """Hazard 44: declared as lossy, numeric(6,2) and timestamp(0) round, and nothing differs for that."""
    rounded = Pair({"old": "new::float8"}, {"new": "old::numeric"}, lossy=True)
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old FLOAT8, new NUMERIC(6,2))"
    shop.table(ddl, rounded, rows=((1, 1.005, None),))
    shop.fill()
    shop.run("INSERT INTO t (id, old) VALUES (2, 2.345)")

    assert shop.rows("SELECT new FROM t ORDER BY id") == [(Decimal("1.01"),), (Decimal("2.35"),)]
    assert shop.differing() == ()


def test_an_old_value_on_which_the_expression_raises_is_set_aside_and_its_writer_goes_on(shop, pair, words):
    """Hazard 25."""
    parsed = Transform("old::json", "new::text", lossy=True)
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new JSON)", pair(parsed), rows=((1, "{}", None),))
    shop.run("UPDATE t SET old = '{broken'")
    shop.run("INSERT INTO t (id, old) VALUES (2, '{broken')")

    assert shop.rows("SELECT old, new FROM t") == [("{broken", None), ("{broken", None)]
    assert {words.unparsed in error for (error,) in shop.rows("SELECT error FROM contractctl_set_aside")} == {True}
    shop.run("UPDATE t SET old = '[1]' WHERE id = 1")
    assert [key for key, _ in shop.marks("set_aside")] == ["[2]"]


def test_a_value_that_cannot_be_converted_any_more_is_set_aside_and_in_conflict_with_nobody(shop, pair, number):
    """Hazard 4, 25: the trigger itself takes the other side's value away."""
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new INTEGER)", pair(number))
    shop.run("INSERT INTO t (id, old) VALUES (1, '5')")
    shop.run("UPDATE t SET old = 'many'")

    assert shop.rows() == [(1, "many", None)]
    assert (shop.marks("set_aside"), shop.marks("conflict")) == ([("[1]", "new")], [])


@pytest.mark.parametrize("change", ["a = 'many'", "a = '07', b = 8", "a = '1', b = 2"])
def test_what_becomes_of_one_pair_leaves_no_marks_of_another(shop, pair, change):
    shop.table(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, a TEXT, b INTEGER)",
        pair(),
        Pair({"a": "b::text"}, {"b": "a::integer"}),
    )
    shop.run("INSERT INTO t (id, old, a) VALUES (1, 'Ann', '5')")
    shop.run(f"UPDATE t SET old = 'Bea', {change}")
    shop.run("INSERT INTO t (id, old) VALUES (2, 'Ann')")
    shop.run("UPDATE t SET old = 'Cem', new = 'Dan', a = '3' WHERE id = 2")

    assert shop.rows("SELECT id, old, new FROM t") == [(1, "Bea", "Bea"), (2, "Cem", "Dan")]
    assert [mark for table in ("set_aside", "conflict", "kept") for mark in shop.marks(table) if mark[0] == "[1]"] == [
        ("[1]", "b")
    ]
    assert shop.marks("conflict")[-1] == ("[2]", "new")


def test_a_key_that_an_applications_own_trigger_changes_takes_the_marks_along(shop, pair, shout):
    """Hazard 9, 19: no UPDATE names the key."""
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, other TEXT)")
    shop.run(
        "CREATE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.id := coalesce(NEW.other, NEW.id::text); RETURN NEW; END $$"
    )
    shop.run("CREATE TRIGGER moved BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION moved()")
    shop.table("", pair(shout))
    shop.run("INSERT INTO t (id, new) VALUES (1, 'McDonald')")
    shop.run("UPDATE t SET other = '7'")

    assert shop.rows() == [(7, "mcdonald", "McDonald", "7")]
    assert shop.marks("kept") == [("[7]", "new")]


def test_rows_that_raise_are_counted_before_anybody_has_set_them_aside(shop, pair):
    """Hazard 25: one bad row does not keep the others from being counted, compared and filled."""
    parsed = Transform("old::json", "new::text", lossy=True)
    rows = tuple((n, "{}" if n % 10 else "{broken", None) for n in range(1, 101))
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new JSON)", pair(parsed), rows=rows)

    facts = shop.facts()
    assert (facts["remaining"], facts["differing"], facts["new_side_nulls"]) == (100, 100, 100)
    assert len(shop.differing()) == 100
    filled = shop.fill()
    assert (filled.rows, filled.set_aside) == (90, 10)
    assert shop.facts() == {"remaining": 0, "set_aside": 10, "conflicts": 0, "new_side_nulls": 0, "differing": 0}


def test_a_row_that_raises_is_no_null_where_the_new_side_holds_a_value(shop, pair, number):
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new INTEGER)", pair(number), rows=((1, "many", 5),))
    facts = shop.facts()

    assert (facts["remaining"], facts["differing"], facts["new_side_nulls"]) == (1, 1, 0)


@pytest.mark.parametrize("written", ["UPDATE t SET old = 'Ann'", "UPDATE t SET new = 'Ann'", "DELETE FROM t"])
def test_a_null_that_was_set_aside_is_so_no_more_once_somebody_writes_it(shop, pair, written):
    """Hazard 6."""
    shop.table(T, pair(Transform("coalesce(old, '')", "new")), rows=((1, None, None, None),))
    assert shop.fill().set_aside == 1
    shop.run(written)

    assert shop.marks("set_aside") == []


@pytest.mark.parametrize("default", ["nextval('numbers')", "identity"])
def test_a_number_from_a_sequence_is_a_default_like_any_other(shop, pair, default):
    """Hazard 5, 41: the default is never computed again, which would take the next number."""
    shop.run("CREATE SEQUENCE numbers START 100")
    by = "GENERATED BY DEFAULT AS IDENTITY (START 100)" if default == "identity" else f"DEFAULT {default}"
    shop.table(f"CREATE TABLE t (id INTEGER PRIMARY KEY, old INTEGER {by}, new INTEGER)", pair())
    shop.run("INSERT INTO t (id, new) VALUES (1, 7), (2, NULL), (3, 8)")
    shop.run("INSERT INTO t (id, old) VALUES (4, 9)")
    shop.run("INSERT INTO t (id, old, new) VALUES (5, 1, 2)")

    assert shop.rows() == [(1, 7, 7), (2, 101, 101), (3, 8, 8), (4, 9, 9), (5, 1, 2)]
    assert shop.marks("conflict") == [("[5]", "new")]
    fresh = shop.connect()  # a session that has not asked the sequence yet
    shop.run("INSERT INTO t (id, old, new) VALUES (6, 1, 2)", app=fresh)
    fresh.close()
    assert shop.marks("conflict") == [("[5]", "new"), ("[6]", "new")]


def test_prepared_statements_live_through_it_all(shop, pair):
    """Hazard 35: those that name their columns; as any application's driver keeps them for a whole session."""
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT)")
    apps = [shop.connect() for _ in range(2)]
    for app in apps:
        shop.run("PREPARE get (int) AS SELECT old FROM t WHERE id = $1", app=app)
        shop.run("PREPARE put (int, text) AS INSERT INTO t (id, old) VALUES ($1, $2)", app=app)
        shop.run("PREPARE set (int, text) AS UPDATE t SET old = $2 WHERE id = $1", app=app)
    key = 0
    ddl = ("ALTER TABLE t ADD COLUMN new TEXT", None, "ALTER TABLE t ADD COLUMN later INTEGER DEFAULT 5")
    for statement in (*ddl, "ALTER TABLE t ALTER COLUMN later TYPE BIGINT"):
        if statement is None:
            shop.table("", pair())
        else:
            shop.run(statement)
        for app in apps:
            key += 1
            for _ in range(7):  # from the sixth time on the plan may be a cached one
                shop.run(f"EXECUTE set ({key}, 'x')", app=app)
            shop.run(f"EXECUTE put ({key}, 'Ann')", app=app)
            shop.run(f"EXECUTE set ({key}, 'Bea')", app=app)
            assert shop.rows(f"EXECUTE get ({key})", app=app) == [("Bea",)]

    assert shop.rows("SELECT count(*) FROM t WHERE new = 'Bea'") == [(key - 2,)]
    for app in apps:
        app.close()


def test_triggers_of_other_names_for_the_columns_take_over_in_one_transaction(shop):
    """Hazard 35: a session that has compiled the old functions uses the new ones at once."""
    shop.table(T, Pair({"old": "lower(new)"}, {"new": "upper(old)"}, lossy=True), rows=((1, "a", "A", None),))
    writer = shop.connect()
    shop.run("UPDATE t SET old = 'b'", app=writer)
    with shop.engine.begin() as connection:
        run(connection, "ALTER TABLE t RENAME COLUMN old TO old__quiesced")
        shop.sync = synchronisation(
            connection, "plan", "t", (Pair({"old": "lower(new)"}, {"new": "upper(old)"}, lossy=True),)
        )
        for statement in (*shop.database.drop_triggers(shop.sync), *shop.database.triggers(shop.sync)):
            run(connection, statement)
    shop.run("UPDATE t SET new = 'McX'", app=writer)
    writer.close()

    assert shop.rows("SELECT old__quiesced, new FROM t") == [("mcx", "McX")]


def test_keys_that_change_places_take_their_marks_along(shop, pair, shout):
    """Hazard 19: in one statement, while the unique constraint waits for its end."""
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY DEFERRABLE INITIALLY IMMEDIATE, old TEXT, new TEXT)"
    shop.table(ddl, pair(shout))
    shop.run("INSERT INTO t VALUES (1, 'mcdonald', 'McDonald'), (2, 'a', 'b'), (3, 'Bob', 'BOB'), (4, 'eve', 'Eve')")
    for shift in ("id % 4 + 1", "(id + 2) % 4 + 1", "5 - id"):
        shop.run(f"UPDATE t SET id = {shift}")

        kept = shop.rows("SELECT '[' || id || ']' FROM t WHERE new IN ('McDonald', 'Eve') ORDER BY 1")
        assert [(key,) for key, _ in shop.marks("kept")] == kept
        assert shop.marks("conflict") == shop.rows("SELECT '[' || id || ']', 'new' FROM t WHERE new = 'b'")
        assert shop.fill().rows == 0


def test_a_collision_of_writers_at_the_same_moment_refuses_neither(shop, pair, shout):
    """Hazard 45: the second one waits for the first, and its row is set aside."""
    shop.run(T)
    shop.run("CREATE UNIQUE INDEX one ON t (new)")
    shop.table("", pair(shout))
    first, second = shop.connect(), shop.connect()
    shop.run("BEGIN", app=first)
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Bob')", app=first)
    waiting = threading.Thread(
        target=shop.run, args=("INSERT INTO t (id, old) VALUES (2, 'bob')",), kwargs={"app": second}
    )
    waiting.start()
    time.sleep(0.2)
    shop.run("COMMIT", app=first)
    waiting.join()

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Bob", "BOB"), ("bob", None)]
    assert "duplicate key" in shop.rows("SELECT error FROM contractctl_set_aside")[0][0]
    first.close()
    second.close()


@pytest.mark.parametrize(
    "constraint",
    [
        "ALTER TABLE t ADD CHECK (new <> 'BOB')",
        "ALTER TABLE t ADD FOREIGN KEY (new) REFERENCES names",
        "ALTER TABLE t ADD EXCLUDE USING hash (new WITH =)",
        "CREATE UNIQUE INDEX ON t (left(new, 1))",
        "CREATE UNIQUE INDEX ON t (new) WHERE new = 'BOB'",
        "CREATE UNIQUE INDEX ON t (new) NULLS NOT DISTINCT",
        "ALTER TABLE t ADD UNIQUE (new) DEFERRABLE",
    ],
)
def test_whatever_constraint_refuses_the_other_sides_value_the_writer_goes_on(shop, pair, shout, constraint):
    """Hazard 45."""
    shop.run(T)
    shop.run("CREATE TABLE names (name TEXT PRIMARY KEY)")
    shop.run("INSERT INTO names VALUES ('ANN')")
    shop.run(constraint)
    shop.table("", pair(shout))
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Ann')")
    before = shop.rows("SELECT count(*) FROM t WHERE new IS NOT NULL")
    if "UNIQUE" in constraint or "EXCLUDE" in constraint:
        shop.run("INSERT INTO t (id, old) VALUES (3, 'BOB')")
    shop.run("INSERT INTO t (id, old) VALUES (2, 'Bob')")
    shop.run("UPDATE t SET old = 'Bob' WHERE id = 1")

    assert shop.rows("SELECT old FROM t WHERE id < 3 ORDER BY id") == [("Bob",), ("Bob",)]
    assert before == [(1,)]
    assert {key for key, _ in shop.marks("set_aside")} == {"[1]", "[2]"}


SIGNED = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT UNIQUE, new TEXT UNIQUE, n INTEGER DEFAULT 0, who TEXT)"
SIGN = """
CREATE FUNCTION sign() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.n := NEW.n + 1; NEW.who := current_user; RETURN NEW; END $$
"""


@pytest.fixture
def signed(shop, pair, shout, role):
    """Each write to t is counted and signed by the application; the role may write it."""
    shop.run(SIGNED)
    shop.run(SIGN)
    shop.run("CREATE TRIGGER sign BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION sign()")
    shop.table("", pair(shout))
    for table in ("t", "contractctl_conflict", "contractctl_set_aside", "contractctl_kept"):
        shop.run(f"GRANT ALL ON {table} TO {role}")
    yield shop
    shop.stop()


def test_a_writer_writes_once_and_in_its_own_name(signed, role, connect_as):
    """Hazard 15, 45: what a constraint may refuse is made by an UPDATE, which counted and signed the row once more."""
    writer = connect_as(role)
    signed.run("INSERT INTO t (id, old) VALUES (1, 'Ann')", app=writer)
    signed.run("UPDATE t SET new = 'Bob'", app=writer)

    assert signed.rows("SELECT old, new, n, who FROM t") == [("bob", "Bob", 2, role)]
    signed.run("BEGIN")
    signed.run("UPDATE t SET new = 'Cid'")
    assert signed.rows("SHOW session_replication_role") == [("origin",)]
    signed.run("COMMIT")


@pytest.mark.parametrize("constraint", ["UNIQUE (new) DEFERRABLE", "FOREIGN KEY (new) REFERENCES o NOT VALID"])
def test_a_constraint_that_came_since_and_asks_by_a_trigger_is_heeded(signed, constraint):
    """Hazard 15, 45: such triggers would sleep together with the application's."""
    signed.run("ALTER TABLE t DROP CONSTRAINT t_new_key")
    signed.run("CREATE TABLE o (name TEXT PRIMARY KEY)")
    signed.run("INSERT INTO t (id, old) VALUES (1, 'bob')")
    signed.run(f"ALTER TABLE t ADD {constraint}")
    signed.run("INSERT INTO t (id, old) VALUES (2, 'Bob')")

    assert signed.rows("SELECT old, new FROM t WHERE id = 2") == [("Bob", None)]
    assert signed.marks("set_aside") == [("[2]", "new")]


def test_writers_go_on_when_the_right_to_write_as_a_replica_is_taken_away(signed, role):
    """Hazard 15, 45: the functions' owner had it when they were made."""
    ((make,),) = signed.rows("SELECT proname FROM pg_proc WHERE proname LIKE '%\\_make'")
    signed.run(f'ALTER FUNCTION "{make}"() OWNER TO {role}')
    signed.run(f"GRANT SET ON PARAMETER session_replication_role TO {role}")
    signed.run("INSERT INTO t (id, old) VALUES (1, 'Ann')")
    signed.run(f"REVOKE SET ON PARAMETER session_replication_role FROM {role}")
    signed.run("INSERT INTO t (id, old) VALUES (2, 'Bob')")

    assert signed.rows("SELECT old, new, n FROM t ORDER BY id") == [("Ann", "ANN", 1), ("Bob", "BOB", 2)]


def test_a_column_that_stays_not_null_is_never_given_null(shop, pair, number):
    """Hazard 43: it has a default, so expand could leave it; what cannot be converted is set aside."""
    back = Transform(number.down.replace("new", "old"), number.up.replace("old", "new"))
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old INTEGER NOT NULL DEFAULT 0, new TEXT)"
    shop.table(ddl, pair(back), rows=((1, 5, "5"),))
    shop.run("UPDATE t SET new = 'many'")
    shop.run("INSERT INTO t (id, new) VALUES (2, 'more')")

    assert shop.rows() == [(1, 5, "many"), (2, 0, "more")]
    assert [key for key, _ in shop.marks("set_aside")] == ["[1]", "[2]"]


def test_a_renamed_unique_column_is_made_at_once(shop, pair):
    """Hazard 45: where both sides have the same constraint the value is made in the writer's own row."""
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT UNIQUE CHECK (old <> ''), new TEXT CHECK (new <> ''))")
    shop.run("CREATE UNIQUE INDEX t_new ON t (new)")
    shop.table("", pair())
    made = shop.rows("INSERT INTO t (id, old) VALUES (1, 'Ann') RETURNING new")

    assert made == [("Ann",)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        shop.run("INSERT INTO t (id, new) VALUES (2, 'Ann')")


def test_a_generated_column_is_none_of_the_values_that_fill_another(shop):
    """Hazard 10: NULL while the row is made; what fills the new column is computed of what the row holds."""
    ddl = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, price INTEGER, twice INTEGER GENERATED ALWAYS AS (price * 2) STORED,"
        " total INTEGER)"
    )
    shop.table(ddl, Pair({}, {"total": "coalesce(price, 0) * 2"}))
    shop.run("INSERT INTO t (id, price) VALUES (1, 4)")

    assert shop.rows("SELECT twice, total FROM t") == [(8, 8)]


def test_columns_may_be_called_like_the_functions_own_variables(shop):
    """Hazard 37."""
    names = (
        "c_made",
        "c_old",
        "c_new",
        "c_key",
        "c_was",
        "c_is",
        "c_op",
        "c_row",
        "tg_op",
        "contractctl_row",
        "plan",
        "key",
    )
    for name in names:
        shop.run("DROP TABLE IF EXISTS t")
        shop.run("DELETE FROM contractctl_kept")
        shop.run(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {name} TEXT, new TEXT)")
        shop.table("", Pair({name: "lower(new)"}, {"new": f"upper({name})"}, lossy=True))
        shop.run("INSERT INTO t (id, new) VALUES (1, 'McDonald')")
        shop.run("UPDATE t SET new = 'MacDonald'")

        assert shop.rows(f"SELECT {name}, new FROM t") == [("macdonald", "MacDonald")]
        assert shop.marks("kept") == [("[1]", "new")]
        shop.stop()


def test_names_of_any_length_collide_with_nobody(shop):
    """Hazard 37: 63 bytes are what PostgreSQL keeps of a name."""
    names = ["ü" * 31, "ü" * 31 + "x"]
    plans = ["a" * 70, "a" * 71, "p_" + names[0], "p"]
    for table in names:
        shop.run(f'CREATE TABLE "{table}" (id INTEGER PRIMARY KEY, old TEXT, new TEXT, a TEXT, b TEXT, c TEXT, d TEXT)')
        for plan, new in zip(plans, ("new", "a", "b", "c"), strict=True):
            with shop.engine.begin() as connection:
                sync = synchronisation(connection, plan, table, (Pair({"old": new}, {new: "old"}),))
                for statement in shop.database.triggers(sync):
                    run(connection, statement)
                assert shop.database.missing_triggers(connection, sync) == ()
        shop.run(f"INSERT INTO \"{table}\" (id, old) VALUES (1, 'Ann')")
        assert shop.rows(f'SELECT new, a, b, c FROM "{table}"') == [("Ann",) * 4]


def test_a_table_in_another_schema_is_kept_in_step(shop):
    """Hazard 37."""
    shop.run("CREATE SCHEMA billing")
    shop.run("CREATE TABLE billing.invoices (id INTEGER PRIMARY KEY, old TEXT, new TEXT)")
    shop.run("INSERT INTO billing.invoices VALUES (1, 'Ann')")
    shout = Pair({"old": "lower(new)"}, {"new": "upper(old)"}, lossy=True)
    with shop.engine.begin() as connection:
        shop.sync = synchronisation(connection, "plan", "billing.invoices", (shout,))
        for statement in shop.database.triggers(shop.sync):
            run(connection, statement)
        assert shop.database.missing_triggers(connection, shop.sync) == ()
    shop.run("INSERT INTO billing.invoices (id, new) VALUES (2, 'McDonald')")

    assert shop.fill().rows == 1
    assert shop.differing() == ()
    assert shop.rows("SELECT old, new FROM billing.invoices ORDER BY id") == [("Ann", "ANN"), ("mcdonald", "McDonald")]
    assert shop.marks("kept") == [("[2]", "new")]
    shop.stop()
    assert shop.rows("SELECT tgname FROM pg_trigger") == []
    assert shop.rows("SELECT proname FROM pg_proc WHERE proname LIKE 'contractctl%'") == []


def test_what_is_written_does_not_hang_on_the_writers_settings(shop, pair):
    """Hazard 42: dates, zones, bytes and search_path are the writer's own affair."""
    up = "to_char(old, 'YYYY-MM-DD') || ' ' || (old - DATE '2024-01-01')"
    way = Transform(up, "split_part(new, ' ', 1)::date", lossy=True)
    shop.run("CREATE SCHEMA elsewhere")
    shop.table("CREATE TABLE t (id TIMESTAMPTZ PRIMARY KEY, old DATE, new TEXT)", pair(way))
    settings = {
        "DateStyle": ("SQL, DMY", "German"),
        "TimeZone": ("Asia/Tokyo", "America/New_York"),
        "IntervalStyle": ("iso_8601", "sql_standard"),
        "search_path": ("elsewhere", "''"),
        "standard_conforming_strings": ("off", "on"),
        "extra_float_digits": ("-15", "0"),
    }
    for number in range(2):
        app = shop.connect()
        for name, values in settings.items():
            shop.run(f"SET {name} = {values[number] if name == 'search_path' else repr(values[number])}", app=app)
        day = date(2024, 3, 1) + timedelta(days=number)
        shop.run("INSERT INTO public.t (id, old) VALUES (?, ?)", f"2024-01-0{number + 1} 12:00+00", day, app=app)
        shop.run("UPDATE public.t SET new = '2024-05-01 1' WHERE old = ?", day, app=app)
        app.close()

    assert [(key, name) for key, name in shop.marks("set_aside")] == []
    assert [key for key, _ in shop.marks("kept")] == ['["2024-01-01 12:00:00+00"]', '["2024-01-02 12:00:00+00"]']
    assert shop.rows("SELECT old, new FROM t") == [(date(2024, 5, 1), "2024-05-01 1")] * 2


@pytest.mark.parametrize("unique", [False, True])
def test_what_is_written_does_not_hang_on_the_writers_locale(shop, pair, unique):
    """Hazard 42: to_char and to_number read these settings; whatever locales there are, each has two names."""
    names = ("lc_time", "lc_numeric", "lc_monetary")
    shop.run("CREATE FUNCTION shown(name text) RETURNS text LANGUAGE sql AS 'SELECT current_setting(name)'")
    up = " || ' ' || ".join(("old", *(f"shown('{name}')" for name in names)))
    shop.table(f"CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT {'UNIQUE' if unique else ''})", start=False)
    shop.table("", pair(Transform(up, "split_part(new, ' ', 1)", lossy=True)))
    for name in names:
        shop.run(f"SET {name} = 'POSIX'")
    shop.run("INSERT INTO t (id, old) VALUES (1, 'Ann'), (2, 'Bea')")
    shop.run("UPDATE t SET old = 'Cem' WHERE id = 2")

    assert shop.differing() == ()
    assert "POSIX" not in shop.rows("SELECT string_agg(new, ' ') FROM t")[0][0]


def test_a_composite_value_of_which_a_part_is_null_has_been_given(shop, pair):
    """Hazard 4: `IS NOT NULL` says no of such a value, and what the statement wrote was overwritten in silence."""
    shop.run("CREATE TYPE place AS (street text, town text)")
    shop.table(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, old place, new TEXT)", pair(Transform("old::text", "new::place"))
    )
    shop.run("INSERT INTO t (id, old, new) VALUES (1, '(High,)', '(Low,Ely)')")

    assert shop.rows("SELECT old::text, new FROM t") == [("(High,)", "(Low,Ely)")]
    assert [key for key, _ in shop.marks("conflict")] == ["[1]"]


def test_a_writer_needs_no_rights_but_its_own(shop, pair, shout, role, connect_as):
    """Hazard 27: neither on contractctl's tables nor on the other side's column."""
    other = Pair({"a": "b"}, {"b": "a"})
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, a TEXT, b TEXT)", pair(shout), other)
    shop.run(f"GRANT SELECT (id), INSERT (id, old, a), UPDATE (old, a), DELETE ON t TO {role}")
    old = connect_as(role)
    shop.run("INSERT INTO t (id, old, a) VALUES (1, 'Ann', 'x'), (2, 'Bea', 'y')", app=old)
    shop.run("UPDATE t SET new = 'McDonald', b = 'z' WHERE id = 2")
    shop.run("UPDATE t SET a = 'p', b = 'q' WHERE id = 2")
    shop.run("UPDATE t SET old = 'Cem', a = 'w' WHERE id = 2", app=old)

    assert shop.rows() == [(1, "Ann", "ANN", "x", "x"), (2, "Cem", "CEM", "w", "w")]
    assert shop.marks("kept") == shop.marks("conflict") == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shop.run("SELECT * FROM contractctl_kept", app=old)


def test_rows_that_a_policy_hides_from_the_writer_are_kept_in_step(shop, pair, shout, role, connect_as):
    """Hazard 27."""
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, tenant TEXT)", pair(shout))
    shop.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    shop.run("CREATE POLICY own ON t USING (tenant = current_user)")
    shop.run(f"GRANT ALL ON t TO {role}")
    writer = connect_as(role)
    shop.run(f"INSERT INTO t VALUES (1, 'Ann', NULL, 'other'), (2, 'Bea', NULL, '{role}')")
    shop.run("UPDATE t SET new = 'McDonald'", app=writer)

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("Ann", "ANN"), ("mcdonald", "McDonald")]
    assert shop.marks("kept") == [("[2]", "new")]
    assert shop.fill().rows == 0


def test_nobody_gets_more_rights_through_the_triggers(shop, pair, role, connect_as):
    """Hazard 27: they have their owner's; a writer's own schema and temporary tables have no say in them."""
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT DEFAULT 'none', new TEXT, a TEXT, b INTEGER)"
    number = Pair({"a": "b::text"}, {"b": "a::integer"})
    shop.table(ddl, pair(), number)
    shop.run(f"CREATE SCHEMA evil AUTHORIZATION {role}")
    shop.run(f"GRANT ALL ON t TO {role}")
    shop.run(f"GRANT USAGE ON SCHEMA public TO {role}")
    writer = connect_as(role)
    spy = "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as %', current_user; END $$"
    for statement in (
        f"CREATE FUNCTION evil.yes(text, text) RETURNS boolean {spy}",
        f"CREATE FUNCTION evil.yes(integer, integer) RETURNS boolean {spy}",
        "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.yes)",
        "CREATE OPERATOR evil.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.yes)",
        f"CREATE FUNCTION evil.record_image_ne(record, record) RETURNS boolean {spy}",
        f"CREATE FUNCTION evil.to_json(text) RETURNS json {spy}",
        *(f"CREATE TEMPORARY TABLE contractctl_{name} (plan text)" for name in ("conflict", "kept", "set_aside")),
        "SET search_path = evil, pg_catalog, public",
        "INSERT INTO public.t (id, old, a) VALUES (1, 'Ann', '5')",
        "INSERT INTO public.t (id, new, b) VALUES (2, 'Ann', 7)",
        "UPDATE public.t SET old = 'Bea', new = 'Cem', a = '1', b = 2",
        "UPDATE public.t SET old = 'Dan', a = 'many'",
    ):
        shop.run(statement, app=writer)

    assert shop.rows() == [(1, "Dan", "Dan", "many", None), (2, "Dan", "Dan", "many", None)]
    assert shop.rows("SELECT * FROM contractctl_conflict", app=writer) == []
    assert [key for key, _ in shop.marks("set_aside")] == ["[1]", "[2]"]
    for name in [name for (name,) in shop.rows("SELECT proname FROM pg_proc WHERE proname LIKE '%note'")]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shop.run(f"""SELECT public."{name}"('DELETE', t, t) FROM public.t""", app=writer)


def test_views_write_through(shop, pair, shout, role, connect_as):
    """Hazard 34: a writer who has no right to the table's schema, but to a view of it."""
    shop.run("CREATE SCHEMA private")
    shop.run("CREATE TABLE private.t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, a TEXT, b TEXT)")
    with shop.engine.begin() as connection:
        pairs = (pair(shout), Pair({"a": "b"}, {"b": "a"}))
        shop.sync = synchronisation(connection, "plan", "private.t", pairs)
        for statement in shop.database.triggers(shop.sync):
            run(connection, statement)
    shop.run("CREATE VIEW shown AS SELECT id, new, a, b FROM private.t")
    shop.run(f"GRANT ALL ON shown TO {role}")
    writer = connect_as(role)
    shop.run("INSERT INTO shown (id, new, a) VALUES (1, 'McDonald', 'x')", app=writer)
    shop.run("UPDATE shown SET a = 'y', b = 'z'", app=writer)

    assert shop.rows("SELECT * FROM private.t") == [(1, "mcdonald", "McDonald", "y", "z")]
    assert shop.marks("kept") == [("[1]", "new")]
    assert [key for key, _ in shop.marks("conflict")] == ["[1]"]
