"""May a table's key change its type, and what becomes of keys that cannot? Hazard numbers: staging design."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Thread

import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.formats.sql import staging
from contractctl.migration.foreseeing import refusals
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation, Plan, Transform
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.lives import STAGES, Life, Scenario, writing
from tests.operations.scenarios import SCENARIOS

WIDENED = next(scenario for scenario in SCENARIOS if scenario.kind == "change-key-type")
TABLE = "CREATE TABLE orders (id integer PRIMARY KEY, amount text)"
Begin = Callable[..., Life]


def into_text(up: str, down: str, *, lossy: bool = False) -> Callable[[Words], tuple[object, ...]]:
    def planned(words: Words) -> tuple[object, ...]:
        (key,) = WIDENED.planned(words)
        said = {name: text for name, text in key.parameters.items() if name != "counted"}
        return (replace(key, transform=Transform(up, down, lossy), parameters=said | {"type": "text"}),)

    return planned


@pytest.fixture
def begin(postgresql_url: str) -> Iterator[Begin]:
    with shops.opened(shops.POSTGRESQL, postgresql_url) as shop:

        def started(*tables: str, **changes: object) -> Life:
            scenario: Scenario = replace(WIDENED, tables=tables, **changes)
            return Life(shop, scenario)

        yield started


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        (
            ("CREATE TABLE orders (id integer, part integer, PRIMARY KEY (id, part))",),
            r"is (id, part) in the database, and (id) in the plan",
        ),
        (
            ("CREATE TABLE orders (id integer PRIMARY KEY) PARTITION BY RANGE (id)",),
            "in the key of a partitioned table",
        ),
        (
            (TABLE, "ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_pkey"),
            "'orders_pkey', the table's replica identity",
        ),
        (("CREATE TABLE orders (id integer PRIMARY KEY DEFERRABLE)",), "a key that is DEFERRABLE"),
        (("CREATE TABLE orders (id integer PRIMARY KEY, id__new text)",), "already has a column 'id__new', where"),
        (("CREATE TABLE orders (number integer PRIMARY KEY)",), "table 'orders' has no column 'id'"),
    ],
)
def test_what_keeps_a_key_from_changing_is_said_before_anything_is_done(
    begin: Begin, tables: tuple[str, ...], sentence: str
) -> None:
    life = begin(*tables)

    with life.shop.engine.connect() as connection:
        found = list(operations.hindrances(life.plan, connection))
    assert any(sentence in one for one in found), found


@pytest.mark.parametrize(
    ("words", "table", "sentence"),
    [
        (shops.SQLITE, "id integer PRIMARY KEY", "is the primary key, and SQLite cannot change that without"),
        (shops.MARIADB, "id {key}", "is numbered by AUTO_INCREMENT: no trigger knows the number"),
    ],
)
def test_what_an_engine_cannot_do_to_a_key_is_said_before_anything_is_done(
    words: Words, table: str, sentence: str, request: pytest.FixtureRequest
) -> None:
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        life = Life(shop, replace(WIDENED, tables=(f"CREATE TABLE orders ({table})",)))
        with shop.engine.connect() as connection:
            found = list(operations.hindrances(life.plan, connection))

    assert any(f"'orders.id' {sentence}" in one for one in found), found


def test_no_plan_for_sqlite_begins_where_no_database_can_be_asked() -> None:
    plan = Plan("plan", (), WIDENED.planned(shops.SQLITE), {}, dialect="sqlite")

    (refusal,) = refusals(plan, None)
    assert refusal.message == "SQLite cannot change the primary key of 'orders' without rebuilding the table"


def test_keys_that_would_be_alike_are_named_before_anybody_is_refused(begin: Begin) -> None:
    """Hazard 45."""
    lossy = into_text("lower(id)", "id__new", lossy=True)
    life = begin(TABLE.replace("integer", "text"), planned=lossy)
    life.shop.run("INSERT INTO orders VALUES ('Ann', 'a'), ('ANN', 'b'), ('Bea', 'c')")
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.backfill()
    with pytest.raises(ContractctlError, match="several hold 'ann'") as raised:
        life.do("validate")
    assert raised.value.hint is not None
    assert """of the id ["ANN"], ["Ann"]""" in raised.value.hint

    life.shop.run("UPDATE orders SET id = 'Ann B.' WHERE id = 'ANN'")
    for stage in STAGES[2:]:
        life.do(stage)

    assert life.shop.rows("SELECT id, amount FROM orders ORDER BY id") == [("ann", "a"), ("ann b.", "b"), ("bea", "c")]


def test_a_key_that_cannot_be_converted_holds_the_end_up_and_its_row_stays_writable(begin: Begin) -> None:
    halves = into_text("CAST(id / 2 AS text)", "CAST(id__new AS integer) * 2")
    life = begin(TABLE, planned=halves)
    life.shop.run("INSERT INTO orders VALUES (2, 'a'), (4, 'b'), (5, 'c')")
    for stage in ("expand", "dual_write", "backfill", "validate", "quiesce"):
        life.backfill() if stage == "backfill" else life.do(stage)
    life.shop.run("UPDATE orders SET amount = 'd' WHERE id__quiesced = 5")
    assert [key for key, _ in life.marks()] == ["[5]"]
    with pytest.raises(ContractctlError, match="1 row of 'orders' holds NULL in 'id'"):
        life.do("contract")

    life.shop.run("UPDATE orders SET id = '3' WHERE id IS NULL")
    assert life.marks() == []
    life.do("contract")
    assert life.shop.rows("SELECT * FROM orders ORDER BY id") == [("a", "1"), ("b", "2"), ("d", "3")]


def test_a_new_key_that_the_old_one_cannot_hold_is_kept(begin: Begin) -> None:
    """Hazards 1, 5, 43: the database counts the old one up, by which the row is found until the end."""
    life = begin(TABLE.replace("integer", "serial"))
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.shop.run("INSERT INTO orders (id__new, amount) VALUES (3000000000, 'many'), (70, 'new')")
    life.shop.run("INSERT INTO orders (amount) VALUES ('neither')")
    life.shop.run("UPDATE orders SET amount = 'more' WHERE id__new = 3000000000")
    life.backfill()
    assert life.differing() == []
    assert life.shop.rows("SELECT id, id__new, amount FROM orders ORDER BY id") == [
        (1, 3000000000, "more"),
        (3, 3, "neither"),
        (70, 70, "new"),
    ]
    for stage in STAGES[2:]:
        life.do(stage)

    assert life.shop.rows("SELECT id FROM orders ORDER BY id") == [(3,), (70,), (3000000000,)]


@pytest.mark.parametrize("counted", ["serial", "integer GENERATED ALWAYS AS IDENTITY"])
def test_a_row_that_gives_two_keys_that_disagree_keeps_both_and_is_in_conflict(begin: Begin, counted: str) -> None:
    """Hazard 4, 5: what the database has counted is not a key that somebody gave, in none of a statement's rows."""
    life = begin(TABLE.replace("integer", counted))
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.shop.run("INSERT INTO orders (id__new, amount) VALUES (70, 'new'), (71, 'new'), (3000000000, 'new')")
    life.shop.run("INSERT INTO orders (id, id__new) OVERRIDING SYSTEM VALUE VALUES (80, 80), (81, 90), (82, 91)")
    life.shop.run("INSERT INTO orders (amount) VALUES ('neither'), ('neither')")

    assert life.shop.rows("SELECT id, id__new FROM orders ORDER BY id__new") == [
        (4, 4),
        (5, 5),
        (70, 70),
        (71, 71),
        (80, 80),
        (81, 90),
        (82, 91),
        (3, 3000000000),
    ]
    conflicts = life.shop.rows("SELECT key, old_value, new_value FROM contractctl_conflict ORDER BY key")
    assert conflicts == [("[81]", "81", "90"), ("[82]", "82", "91")]


MORE = """CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO seen VALUES (NEW.id);
  IF NEW.amount <> 'more' THEN INSERT INTO orders (amount) VALUES ('more'); END IF;
  RETURN NEW;
END$$"""


@pytest.mark.parametrize("counted", ["serial", "integer GENERATED ALWAYS AS IDENTITY"])
def test_a_trigger_that_inserts_into_the_same_table_makes_no_key_a_given_one(begin: Begin, counted: str) -> None:
    """Hazard 8: it has the sequence count further, before ours is asked what the row's own number was."""
    life = begin(TABLE.replace("integer", counted), "CREATE TABLE seen (id integer)")
    life.shop.run(MORE)
    life.shop.run('CREATE TRIGGER "A first" BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION more()')
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.shop.run("INSERT INTO orders (id__new, amount) VALUES (70, 'new'), (3000000000, 'new')")
    life.shop.run("INSERT INTO orders (amount) VALUES ('neither')")
    life.shop.run("INSERT INTO orders (id, id__new, amount) OVERRIDING SYSTEM VALUE VALUES (80, 81, 'both')")

    found = life.shop.rows("SELECT id, id__new FROM orders WHERE amount <> 'more' ORDER BY id__new")
    assert found == [(5, 5), (70, 70), (80, 81), (3, 3000000000)]
    assert life.shop.rows("SELECT key, old_value, new_value FROM contractctl_conflict") == [("[80]", "80", "81")]
    assert life.shop.rows("SELECT id FROM seen ORDER BY id") == [(n,) for n in (2, 3, 4, 5, 6, 7, 70, 80)]
    assert life.missing_triggers() == ()
    life.shop.run('DROP TRIGGER "A first" ON orders')
    for stage in STAGES[2:]:
        life.do(stage)
    assert life.shop.rows("SELECT tgname FROM pg_trigger WHERE tgname LIKE '%contractctl%'") == []


def test_an_identity_goes_on_counting_as_it_did_under_its_name(begin: Begin) -> None:
    """Hazard 41."""
    life = begin(TABLE.replace("PRIMARY", "GENERATED BY DEFAULT AS IDENTITY (START WITH 7 INCREMENT BY 2) PRIMARY"))
    life.shop.run("INSERT INTO orders (amount) VALUES ('a')")
    for stage in STAGES:
        life.backfill() if stage == "validate" else None
        life.do(stage)
        life.shop.run(f"INSERT INTO orders (amount) VALUES ('{stage}')")

    assert life.shop.rows("SELECT id FROM orders ORDER BY id") == [(n,) for n in (7, 9, 11, 13, 15, 17)]
    assert life.shop.rows("SELECT nextval('orders_id_seq')") == [(19,)]
    bounds = "SELECT max_value, start_value FROM pg_sequences WHERE sequencename = 'orders_id_seq'"
    assert life.shop.rows(bounds) == [(2**63 - 1, 7)]


OLD = (
    "CREATE TABLE orders (id integer PRIMARY KEY, amount text)",
    "CREATE TABLE lines (number integer PRIMARY KEY, order_id integer NOT NULL REFERENCES orders (id))",
)
WAYS = Declared(
    ups={"orders.id": "'o' || id", "lines.order_id": "'o' || order_id"},
    downs={
        "orders.id": "CAST(substr(id__new, 2) AS integer)",
        "lines.order_id": "CAST(substr(order_id__new, 2) AS integer)",
    },
)


def between(
    old: tuple[str, ...], new: tuple[str, ...], ways: Declared = WAYS, dialect: str = "postgresql"
) -> Callable[[Words], tuple[Operation, ...]]:
    versions = [Source((File("orders.sql", ";\n".join(texts) + ";\n"),)) for texts in (old, new)]
    return lambda _: staging.operations(versions[0], versions[1], ways, "shop/orders", Policy(dialect))


def test_a_key_becomes_a_text_and_so_does_all_that_refers_to_it(begin: Begin) -> None:
    """As it is planned from one version of a contract to the next."""
    new = tuple(table.replace("id integer", "id text") for table in OLD)
    life = begin(*OLD, planned=between(OLD, new))
    life.shop.run("INSERT INTO orders VALUES (1, 'a')")
    life.shop.run("INSERT INTO lines VALUES (1, 1)")
    with life.shop.engine.connect() as connection:
        assert list(operations.hindrances(life.plan, connection)) == []
    for stage in ("expand", "dual_write", "backfill", "validate"):
        life.backfill() if stage == "backfill" else life.do(stage)
    life.shop.run("INSERT INTO orders (id__new, amount) VALUES ('o2', 'b')")
    life.shop.run("INSERT INTO lines (number, order_id__new) VALUES (2, 'o2')")
    life.shop.run("INSERT INTO orders (id, amount) VALUES (3, 'c')")
    life.shop.run("INSERT INTO lines (number, order_id) VALUES (3, 3)")
    assert life.differing() == []
    for stage in ("quiesce", "contract"):
        life.do(stage)

    assert life.shop.rows("SELECT * FROM lines ORDER BY number") == [(1, "o1"), (2, "o2"), (3, "o3")]
    assert life.shop.rows("SELECT amount, id FROM orders ORDER BY id") == [("a", "o1"), ("b", "o2"), ("c", "o3")]
    with pytest.raises(Exception, match="foreign key"):
        life.shop.run("INSERT INTO lines VALUES (4, 'o4')")
    with pytest.raises(Exception, match="orders_pkey"):
        life.shop.run("INSERT INTO orders (id) VALUES ('o1')")


@pytest.mark.parametrize("stage", ["dual_write", "contract"])
def test_who_has_written_a_parent_writes_its_children_while_a_stage_waits_for_the_parent(
    begin: Begin, stage: str
) -> None:
    """Hazard 29: otherwise an ORM's transactions and the stage would wait for each other, whenever it is tried."""
    new = tuple(table.replace("id integer", "id bigint") for table in OLD)
    life = begin(*OLD, planned=between(OLD, new, Declared()))
    for before in STAGES[: STAGES.index(stage)]:
        life.backfill() if before == "validate" else None
        life.do(before)
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass"
    orm = life.shop.connect()
    life.shop.run("BEGIN", app=orm)
    life.shop.run("INSERT INTO orders (id, amount) VALUES (1, 'a')", app=orm)
    acting = Thread(target=life.do, args=(stage,))
    acting.start()
    try:
        while life.shop.rows(waiting) == [(0,)]:
            assert acting.is_alive()
        life.shop.run("SET LOCAL lock_timeout = '20ms'", app=orm)
        life.shop.run("INSERT INTO lines (number, order_id) VALUES (1, 1)", app=orm)
        life.shop.run("COMMIT", app=orm)
    finally:
        orm.close()
        acting.join()

    assert life.shop.rows("SELECT count(*) FROM lines") == [(1,)]


@pytest.mark.parametrize("stage", ["expand", "dual_write", "quiesce", "contract"])
def test_who_writes_the_tables_of_a_plan_in_another_order_is_not_caught_between_two(begin: Begin, stage: str) -> None:
    """Hazard 29: the stage waited for the second table, with the first in its hands, until a deadlock was found."""
    old = (
        "CREATE TABLE notes (id integer PRIMARY KEY, x text)",
        "CREATE TABLE orders (id integer PRIMARY KEY, x text)",
    )
    new = tuple(table.replace("x text", "y text") for table in old)
    ways = Declared(renames={"notes.x": "y", "orders.x": "y"})
    life = begin(*old, planned=between(old, new, ways))
    for before in STAGES[: STAGES.index(stage)]:
        life.backfill() if before == "validate" else None
        life.do(before)
    name = "y" if stage in {"quiesce", "contract"} else "x"
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass"
    app = life.shop.connect()
    life.shop.run("BEGIN", app=app)
    life.shop.run(f"INSERT INTO orders (id, {name}) VALUES (1, 'a')", app=app)
    acting = Thread(target=life.do, args=(stage,))
    acting.start()
    try:
        while life.shop.rows(waiting) == [(0,)]:
            assert acting.is_alive()
        life.shop.run("SET LOCAL lock_timeout = '600ms'", app=app)
        life.shop.run(f"INSERT INTO notes (id, {name}) VALUES (1, 'a')", app=app)
        life.shop.run("COMMIT", app=app)
    finally:
        app.close()
        acting.join()

    assert life.shop.rows("SELECT count(*) FROM notes") == [(1,)]


@pytest.mark.parametrize("words", [shops.POSTGRESQL, shops.MARIADB], ids=["postgresql", "mariadb"])
def test_a_key_gets_another_name_and_what_refers_to_it_follows(words: Words, request: pytest.FixtureRequest) -> None:
    """Hazards 19, 40: also where a row gets another key meanwhile."""
    refers = "CONSTRAINT of_order FOREIGN KEY (of) REFERENCES orders (code)"
    old = (
        "CREATE TABLE orders (code varchar(20) PRIMARY KEY, amount int)",
        f"CREATE TABLE items (number int PRIMARY KEY, of varchar(20) NOT NULL, {refers})",
    )
    new = tuple(table.replace("orders (code", "orders (sku") for table in old)
    dialect = "mysql" if words.server == "mariadb" else words.server
    planned = between(old, new, Declared(renames={"orders.code": "sku"}), dialect)
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        life = Life(shop, replace(WIDENED, tables=old, planned=planned))
        shop.run("INSERT INTO orders VALUES ('a', 1), ('b', 2)")
        shop.run("INSERT INTO items VALUES (1, 'a')")
        for stage in ("expand", "dual_write", "backfill", "validate"):
            life.backfill() if stage == "backfill" else life.do(stage)
        shop.run("INSERT INTO orders (sku, amount) VALUES ('c', 3), ('d', 4)")
        shop.run("INSERT INTO items VALUES (3, 'c')")
        shop.run("UPDATE orders SET sku = 'D' WHERE sku = 'd'")
        shop.run("UPDATE orders SET code = 'B' WHERE code = 'b'")
        assert life.differing() == []
        assert life.marks() == []
        for stage in ("quiesce", "contract"):
            life.do(stage)

        assert shop.rows("SELECT amount, sku FROM orders ORDER BY amount") == [(1, "a"), (2, "B"), (3, "c"), (4, "D")]
        with pytest.raises(Exception, match="foreign key"):
            shop.run("INSERT INTO items VALUES (4, 'e')")


@pytest.mark.parametrize("named", ["CONSTRAINT of_order ", ""])
def test_mariadb_moves_a_key_and_the_index_that_each_foreign_key_has_brought(mariadb_url: str, named: str) -> None:
    """Hazard 40: the old one would keep the column from going."""
    refers = f"{named}FOREIGN KEY (order_id) REFERENCES orders (id)"
    old = (
        "CREATE TABLE orders (id int PRIMARY KEY, amount varchar(20))",
        f"CREATE TABLE items (number int PRIMARY KEY, order_id int NOT NULL, {refers})",
    )
    planned = between(old, tuple(table.replace("id int", "id bigint") for table in old), Declared(), "mysql")
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        life = Life(shop, replace(WIDENED, tables=old, planned=planned))

        def write(n: int, app: object) -> None:
            shop.run(f"INSERT INTO orders (id, amount) VALUES ({n}, 'old')", app=app)
            shop.run(f"INSERT INTO items (number, order_id) VALUES ({n}, {n})", app=app)

        with writing(life, write, 1000) as rows:
            for stage in ("expand", "dual_write", "backfill", "validate"):
                life.backfill() if stage == "backfill" else life.do(stage)
            shop.run("INSERT INTO orders (id__new, amount) VALUES (2, 'new')")
            shop.run("INSERT INTO items (number, order_id__new) VALUES (2, 2)")
        assert life.differing() == []
        life.do("quiesce")
        with writing(life, write, 100_000) as late:
            life.do("contract")

        found = shop.rows("SELECT number, id FROM items JOIN orders ON id = order_id ORDER BY number")
        assert found == [(n, n) for n in (2, *rows, *late)]
        with pytest.raises(Exception, match="foreign key"):
            shop.run("INSERT INTO items VALUES (7, 7)")
        with shop.engine.connect() as connection:
            assert not [name for name in shop.database.parts(connection, "items") if name.endswith("__new")]
