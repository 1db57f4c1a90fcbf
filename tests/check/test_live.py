"""Is what a database holds held against what a contract promises, on each engine, and nothing else called drift?"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from contractctl import databases, journal
from contractctl.check.live import Compared, LiveCheck, check_live
from contractctl.model.contract import Contract, File, Policy, SemanticVersion, Source, Version
from contractctl.model.verdict import Level, Status
from contractctl.report.changes import sentence
from tests.tables import make

ORDERS = """CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer VARCHAR(80) NOT NULL, price DECIMAL(10, 2) DEFAULT 0, CHECK (price >= 0)
)"""
INDEX = "CREATE INDEX by_price ON orders (price)"
VIEW = "CREATE VIEW prices AS SELECT price FROM orders WHERE price > 1"
SHOP = (ORDERS, INDEX, VIEW)


def source(*statements: str) -> Source:
    return Source((File("shop.sql", "".join(f"{statement};\n" for statement in statements)),))


def contract(*statements: str, name: str = "shop/orders", **versions: Source) -> Contract:
    """A contract; versions: `v1_0_0=…`."""
    released = tuple(
        Version(SemanticVersion.parse(number[1:].replace("_", ".")), number, text) for number, text in versions.items()
    )
    draft = source(*statements) if statements else None
    return Contract(name, "sql", "", Level.BACKWARD, draft, released)


def live(url: str, *contracts: Contract, extra: bool = False) -> LiveCheck:
    engine = databases.create_engine(url)
    try:
        with journal.reading(engine) as connection:
            return check_live(connection, contracts, extra=extra)
    finally:
        engine.dispose()


def one(url: str, *statements: str) -> Compared:
    (compared,) = live(url, contract(*statements)).compared
    return compared


def words(compared: Compared) -> list[str]:
    return [sentence(change) for change in compared.changes]


def test_a_database_that_was_made_with_the_version_is_the_same(database_url: str) -> None:
    make(database_url, SHOP)

    compared = one(database_url, *SHOP)

    assert (compared.status, compared.changes, compared.unknown) == (Status.COMPATIBLE, (), ())


CHANGED = [
    ("ALTER TABLE orders ADD COLUMN note VARCHAR(9)", {("added", "column")}),
    ("ALTER TABLE orders RENAME COLUMN customer TO buyer", {("removed", "column"), ("added", "column")}),
    ("DROP INDEX by_price", {("removed", "index")}),
    ("CREATE INDEX other ON orders (customer, price)", {("added", "index")}),
    ("CREATE UNIQUE INDEX one_each ON orders (customer)", {("added", "key")}),
    ("DROP VIEW prices", {("removed", "view")}),
]


@pytest.mark.parametrize(("statement", "kinds"), CHANGED)
def test_what_has_drifted_is_found(database_url: str, statement: str, kinds: set[tuple[str, str]]) -> None:
    mariadb = databases.for_url(database_url).quote("x") == "`x`"
    make(database_url, [*SHOP, f"{statement}{' ON orders' if mariadb and statement.startswith('DROP INDEX') else ''}"])

    compared = one(database_url, *SHOP)

    assert compared.status is Status.INCOMPATIBLE
    assert {(change.kind, change.what) for change in compared.changes} == kinds


SERVERS = [
    ("postgresql", "ALTER TABLE orders ALTER COLUMN price TYPE numeric(12, 2)", "type of 'orders.price' changed"),
    ("postgresql", "ALTER TABLE orders ALTER COLUMN price SET DEFAULT 1", "default of 'orders.price' changed: 0 → 1"),
    ("postgresql", "ALTER TABLE orders ALTER COLUMN customer DROP NOT NULL", "nullability of 'orders.customer'"),
    ("postgresql", "ALTER TABLE orders DROP CONSTRAINT orders_price_check", "check price >= 0 removed"),
    ("mariadb", "ALTER TABLE orders MODIFY price DECIMAL(12, 2) DEFAULT 0", "type of 'orders.price' changed"),
    ("mariadb", "ALTER TABLE orders DROP CONSTRAINT CONSTRAINT_1", "check price >= 0 removed"),
    ("mariadb", "ALTER TABLE orders MODIFY customer VARCHAR(80) COLLATE utf8mb4_bin NOT NULL", "collation utf8mb4_bin"),
]


@pytest.mark.parametrize(("engine", "statement", "said"), SERVERS)
def test_what_only_a_server_can_change_is_found(
    request: pytest.FixtureRequest, engine: str, statement: str, said: str
) -> None:
    url = request.getfixturevalue(f"{engine}_url")
    make(url, [ORDERS, statement])

    assert said in words(one(url, ORDERS))[0]


def test_another_collation_lets_down_who_compares_and_the_databases_own_does_not(mariadb_url: str) -> None:
    """MariaDB prints both."""
    alter = "ALTER TABLE orders MODIFY customer VARCHAR(80) NOT NULL"
    make(mariadb_url, [ORDERS, f"{alter} COLLATE utf8mb4_bin"])
    other = one(mariadb_url, ORDERS)
    make(mariadb_url, [alter, "ALTER TABLE orders DROP COLUMN price"])
    own = one(mariadb_url, ORDERS)

    assert {finding.rule for finding in other.let_down} == {"sql-collation-changed"}
    assert {finding.rule for finding in own.let_down} == {"sql-column-removed"}


CONVERTED = """
    v = 'x'; lower(v) = v; v || w <> ''; v IN ('a', 'b'); coalesce(v, '') <> ''; v LIKE 'x%'; v ~ '^x'; c || v <> ''
    i / 2 > 1; i / 2.0 > 1; i::numeric / 2 > 1; i / 2::numeric > 1; 2::numeric / i > 1; i::numeric / s > 1
    i / s::numeric > 1; n / i > 1; n / nullif(i, 0) > 1; i * n > 1.5; (i + s) * n > 0; n % 2 = 0
    i > 1.5; i::numeric > 1; n > i; f > i; n > f; f > 0; f * i > 2; round(n, 2) = n; round(n::numeric) = n; round(i) = i
    round(f::numeric, 2) > 0; power(f, 2) < i; coalesce(n, 0) > 1; greatest(n, 1) > 2; n BETWEEN 0 AND 1; f IN (1, 2.5)
    i::text = '1'; CASE WHEN i > 1 THEN n > 0 END
"""
"""Conditions on columns of unlike types, which PostgreSQL prints with all casts that it makes."""


def test_casts_that_postgresql_makes_by_itself_are_no_drift(postgresql_url: str) -> None:
    conditions = [one.strip() for one in CONVERTED.replace("\n", ";").split(";") if one.strip()]
    checks = "".join(f", CHECK ({condition})" for condition in conditions)
    columns = "i int, s smallint, n numeric, f double precision, v varchar(9), w varchar, c char(3)"
    lowered = "CREATE INDEX by_v ON t (lower(v)) WHERE v <> ''"
    make(postgresql_url, [f"CREATE TABLE t ({columns}{checks})", lowered])

    compared = one(postgresql_url, f"CREATE TABLE t ({columns}{checks})", lowered)

    assert (compared.status, compared.changes, compared.unknown) == (Status.COMPATIBLE, (), ())


VIRTUAL = (
    "create virtual table if not exists Search using fts5(customer, content='orders', content_rowid='id')",
    "CREATE VIRTUAL TABLE places USING rtree(id, x0, x1)",
)


def test_virtual_tables_are_compared_word_for_word_and_what_they_keep_their_rows_in_is_theirs(sqlite_url: str) -> None:
    make(sqlite_url, [ORDERS, *VIRTUAL])

    same = live(sqlite_url, contract(ORDERS, *VIRTUAL), extra=True)
    other = one(sqlite_url, ORDERS, VIRTUAL[0].replace("customer,", "customer, note,"), VIRTUAL[1])

    assert (same.status, same.extra, same.compared[0].unknown) == (Status.COMPATIBLE, (), ())
    assert other.status is Status.UNKNOWN
    assert live(sqlite_url, contract(ORDERS, VIRTUAL[0]), extra=True).extra == ("places",)


def test_who_is_let_down_is_shown_by_a_statement_that_was_executed(database_url: str) -> None:
    make(database_url, [ORDERS, "ALTER TABLE orders RENAME COLUMN customer TO buyer"])

    finding = one(database_url, ORDERS).let_down[0]

    assert finding.message.startswith("statements of the draft name 'customer'")
    assert finding.message.endswith("and the database has no such column")
    assert finding.witness is not None
    assert finding.witness.sent == "SELECT customer FROM orders"


def test_a_version_that_was_released_and_not_carried_out_is_known_by_the_one_before(sqlite_url: str) -> None:
    make(sqlite_url, SHOP)
    wider = source(ORDERS.replace("CHECK", "note TEXT, CHECK"), INDEX, VIEW)

    (compared,) = live(sqlite_url, contract(v1_0_0=source(*SHOP), v1_1_0=wider)).compared

    assert (compared.version, compared.like, compared.status) == ("1.1.0", "1.0.0", Status.INCOMPATIBLE)


def test_the_newest_release_counts_and_not_the_draft(sqlite_url: str) -> None:
    make(sqlite_url, [ORDERS])

    (compared,) = live(sqlite_url, contract("CREATE TABLE other (id INT)", v1_0_0=source(ORDERS))).compared

    assert (compared.version, compared.status) == ("1.0.0", Status.COMPATIBLE)


def test_what_cannot_be_compared_is_unknown_and_no_yes(postgresql_url: str) -> None:
    make(postgresql_url, ["CREATE TABLE orders (code text CHECK (code ~ '^[a-z]+$'))"])

    compared = one(postgresql_url, "CREATE TABLE orders (code text CHECK (code ~ '^[a-y]+$'))")

    assert compared.status is Status.UNKNOWN
    assert "contractctl cannot tell" in compared.unknown[0].reason


def test_a_table_that_nobody_speaks_of_is_drift_only_where_that_is_asked_for(database_url: str) -> None:
    make(database_url, [*SHOP, "CREATE TABLE strange (id INTEGER)", "CREATE TABLE alembic_version (version_num INT)"])

    assert live(database_url, contract(*SHOP)).status is Status.COMPATIBLE
    asked = live(database_url, contract(*SHOP), extra=True)
    assert (asked.status, asked.extra) == (Status.INCOMPATIBLE, ("strange",))


def test_a_table_is_looked_for_in_the_schema_that_the_contract_names(postgresql_url: str) -> None:
    make(
        postgresql_url,
        ["CREATE SCHEMA sales", "CREATE TABLE sales.orders (id int4)", "CREATE TABLE orders (x integer)"],
    )

    found = live(
        postgresql_url,
        contract("CREATE TABLE sales.orders (id integer)", name="sales/orders"),
        contract("CREATE TABLE public.orders (x int)"),
    )

    assert [compared.status for compared in found.compared] == [Status.COMPATIBLE] * 2


def test_a_contract_in_the_sql_of_another_engine_is_passed_over_by_name(sqlite_url: str) -> None:
    make(sqlite_url, [ORDERS])

    found = live(sqlite_url, contract(ORDERS), contract("CREATE TABLE far (id bigserial)", name="shop/far"))

    assert [compared.contract for compared in found.compared] == ["shop/orders"]
    assert found.passed_over == (("shop/far", "it is written for postgresql, and the database is sqlite"),)


def test_a_contract_without_a_version_is_passed_over_by_name(sqlite_url: str) -> None:
    make(sqlite_url, [ORDERS])

    assert live(sqlite_url, contract()).passed_over == (("shop/orders", "there is no release and no draft to compare"),)


def test_the_database_is_only_read(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    make(f"sqlite:///{file}", SHOP)
    before = file.read_bytes()
    file.chmod(0o444)

    assert one(f"sqlite:///{file}", ORDERS).status is Status.INCOMPATIBLE
    assert file.read_bytes() == before


def test_a_mariadb_that_has_other_ways_makes_no_drift_of_them(mariadb_url: str) -> None:
    database = mariadb_url.rpartition("/")[2]
    table = "CREATE TABLE t (a varchar(9), b varchar(9) CHARACTER SET latin1, c enum('x') COLLATE utf8mb4_bin)"
    make(mariadb_url, [f"ALTER DATABASE {database} COLLATE utf8mb4_unicode_ci", table])

    assert one(mariadb_url, table).changes == ()
    assert one(mariadb_url, table.replace("utf8mb4_bin", "utf8mb4_unicode_ci")).changes != ()
    assert one(mariadb_url, f"{table} DEFAULT CHARSET=utf8mb4").changes != ()  # which is utf8mb4_general_ci


def hundreds(count: int) -> Iterable[str]:
    for number in range(count):
        yield f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, a VARCHAR(9) DEFAULT 'x', CHECK (a <> 'y'))"


def test_hundreds_of_contracts_are_read_in_the_queries_of_one(postgresql_url: str) -> None:
    make(postgresql_url, hundreds(100))
    contracts = [replace(contract(table, name=f"shop/t{n}"), policy=POLICY) for n, table in enumerate(hundreds(100))]
    asked = []
    engine = databases.create_engine(postgresql_url)
    from sqlalchemy import event

    event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    with journal.reading(engine) as connection:
        found = check_live(connection, contracts)
    engine.dispose()

    assert found.status is Status.COMPATIBLE
    assert len(asked) <= 20


POLICY = Policy(dialect="postgresql")
