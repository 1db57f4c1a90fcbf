"""Is what PostgreSQL cannot stage of an odd table refused while it is planned, and does the rest live to its end?"""

import re
from collections.abc import Iterator

import pytest

from contractctl import operations
from contractctl.databases import definitions
from contractctl.formats.sql import staging
from contractctl.migration.foreseeing import refusals
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation
from tests.databases import shops
from tests.databases.shops import Shop
from tests.operations.lives import STAGES, Life, Scenario

DOMAIN = "CREATE DOMAIN brief AS varchar(5) {}"
ROWS = "CREATE TABLE t (id int PRIMARY KEY, a brief, z int)"
POINTS = "CREATE TABLE p (x int, y int, PRIMARY KEY (x, y))"
PARTED = "PARTITION BY HASH (id)"


@pytest.fixture
def shop(postgresql_url: str) -> Iterator[Shop]:
    with shops.opened(shops.POSTGRESQL, postgresql_url) as opened:
        yield opened


def adopted(shop: Shop, tables: tuple[str, ...], old: str, new: str, **renames: str) -> Life:
    """A plan for tables as `init --from-database` writes them; the draft has `new` for the pattern `old`."""
    for table in tables:
        shop.run(table)
    with shop.engine.begin() as connection:
        found = [one for one in shop.database.definitions(connection) if not one.name.startswith("contractctl_")]
    text = ";\n".join(definitions.statements(found)) + ";\n"
    sides = [Source((File("t.sql", one),)) for one in (text, re.sub(old, new, text))]
    planned = staging.operations(*sides, Declared(renames=renames), "shop/t", Policy("postgresql"))
    return Life(shop, Scenario("odd", (), lambda _: planned, (), (), "", "", "", ""))


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ((DOMAIN.format("NOT NULL"), ROWS), "the type of 't.b' is a domain with constraints (brief)"),
        ((DOMAIN.format("CHECK (VALUE <> '')"), ROWS), "the type of 't.b' is a domain with constraints (brief)"),
        ((DOMAIN.format("DEFAULT 'q'"), ROWS), "the type of 't.b' is a domain with a default (brief)"),
        (("CREATE TABLE t (id int, a text)",), "it has no primary key, and no unique index over columns that are NOT"),
        (
            (POINTS, "CREATE TABLE t (id int PRIMARY KEY, a int, z int, FOREIGN KEY (a, z) REFERENCES p MATCH FULL)"),
            "which foreign key 't_a_z_fkey' (MATCH FULL) refuses: make it MATCH SIMPLE first",
        ),
        (
            ("CREATE TABLE t (id int PRIMARY KEY, a text, z text, CONSTRAINT one CHECK (num_nonnulls(a, z) = 1))",),
            "'t.a' is NULL for a moment in a row of a new application, which the CHECK 'one' refuses",
        ),
        (
            (
                DOMAIN.format("NOT NULL"),
                "CREATE TABLE t (id int PRIMARY KEY, a text, y brief, CONSTRAINT two CHECK (num_nulls(a, y) = 0))",
                "INSERT INTO t VALUES (1, 'x', 'y')",
            ),
            "'t.a' is NULL for a moment in a row of a new application, which the CHECK 'two' refuses",
        ),
        (
            ("CREATE TABLE p (x int PRIMARY KEY)", f"CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES p) {PARTED}"),
            "PostgreSQL cannot add a foreign key to the partitioned table 't'",
        ),
    ],
)
def test_what_cannot_be_staged_is_refused_while_it_is_planned(
    shop: Shop, tables: tuple[str, ...], sentence: str
) -> None:
    """Hazards 36, 38, 40."""
    life = adopted(shop, tables, r"\ba\b", "b", **{"t.a": "b"})
    with shop.engine.connect() as connection:
        asked = [*operations.hindrances(life.plan, connection)]
        asked += [refusal.message for refusal in refusals(life.plan, connection)]

    assert len(asked) == 1
    assert sentence in asked[0]


def test_columns_of_a_partitioned_table_do_not_move_to_another_one(shop: Shop) -> None:
    """Hazard 36: a row that went over to another partition lost what new applications had written in the other table.

    To triggers it is deleted and inserted. Where rows share one, its city became everybody's.
    """
    ids = "id int, region text, city text, PRIMARY KEY (id, region)"
    shop.run(f"CREATE TABLE orders ({ids}) PARTITION BY LIST (region)")
    said = {
        "to": "towns",
        "key": "id=id,region=region",
        "columns": "city=city",
        "create": f"CREATE TABLE towns ({ids})",
    }
    extracted = Operation("extract-table", "shop/t", "orders", parameters=said)
    life = Life(shop, Scenario("parted", (), lambda _: (extracted,), (), (), "", "", "", ""))

    with shop.engine.connect() as connection:
        (found,) = operations.hindrances(life.plan, connection)
    assert found.startswith("'orders' is partitioned: to triggers an UPDATE that moves a row")
    assert found.endswith("what 'towns' holds of the row would be lost or overwritten")


@pytest.mark.parametrize("new", ["", "  a text,\n"])
def test_a_column_leaves_its_domain_with_the_domains_constraint_and_default(shop: Shop, new: str) -> None:
    """Hazard 5: the domain's default hides that a writer has not given the column."""
    tables = (DOMAIN.format("DEFAULT 'q' CHECK (VALUE <> '')"), ROWS)
    life = adopted(shop, tables, "  a brief,\n", new)
    for stage in STAGES[:2]:
        life.do(stage)
    shop.run("INSERT INTO t (id) VALUES (1)")
    if new:
        shop.run("INSERT INTO t (id, a__new) VALUES (2, 'new')")
        life.backfill()
        assert life.marks() == []
        assert shop.rows("SELECT a FROM t ORDER BY id") == [("q",), ("new",)]
    for stage in STAGES[2:]:
        life.do(stage)

    kept = [("q",), ("new",)] if new else [(1,)]
    assert shop.rows(f"SELECT {'a' if new else 'id'} FROM t ORDER BY id") == kept
