"""Where a plan takes a table away, or its name: is whoever still uses it seen, by any statement and in the catalog?"""

from dataclasses import replace
from pathlib import Path

import pytest

from contractctl import evidence
from contractctl.evidence import requests_read
from contractctl.model.evidence import Record
from contractctl.model.plan import Operation
from contractctl.runtime import statements as counted
from contractctl.statements import EVERYTHING, Target, Touch, touch
from tests.evidence.conftest import PLAN, QUESTION
from tests.evidence.test_statement_statistics import TABLE, problem, readers, run

DROPPED = Operation("drop-table", "shop/orders", "orders", "orders")
RENAMED = Operation("rename-table", "shop/orders", "orders", "orders", "purchases")


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
@pytest.mark.parametrize(
    ("sql", "uses"),
    [
        ("SELECT total FROM orders", True),
        ("SELECT count(*) FROM shop.orders", True),
        ("INSERT INTO orders (id) VALUES (1)", True),
        ("DELETE FROM orders WHERE id = 1", True),
        ("UPDATE stock SET sold = (SELECT sum(total) FROM orders)", True),
        ("TRUNCATE TABLE orders", True),
        ("SELECT orders FROM customers", False),
        ("SELECT total FROM purchases", False),
    ],
)
def test_whatever_names_the_table_uses_it(sql: str, dialect: str, uses: bool) -> None:
    found = touch(sql, Target("orders", EVERYTHING, dialect)).touch

    assert (found is not Touch.NONE) is uses
    if uses:
        assert counted.touch(sql, "orders", EVERYTHING) is counted.Touch.READ


def test_a_request_for_other_fields_of_the_table_needs_it_all_the_same() -> None:
    assert requests_read.certainty("/orders?fields=id", "fields", "orders.*") == requests_read.MAY_READ


def asked(root: Path, url: str, operation: Operation, **options: str) -> tuple[Record, ...]:
    question = replace(QUESTION, plan=replace(PLAN, operations=(operation,)))
    return evidence.collect("catalog", url, options, question, root=root, folder=root / "evidence")


def test_what_hangs_on_a_table_that_goes_keeps_the_gate_closed_also_in_a_brown_out(
    postgresql_url: str, mariadb_url: str, tmp_path: Path
) -> None:
    for url in (postgresql_url, mariadb_url):
        run(url, TABLE)
        assert readers(asked(tmp_path, url, DROPPED)) == {("catalog", "catalog"): 0.0}
        run(url, "ALTER TABLE orders RENAME TO orders__quiesced")
        assert readers(asked(tmp_path, url, DROPPED)) == {("catalog", "catalog"): 0.0}
        run(url, "ALTER TABLE orders__quiesced RENAME TO orders", "CREATE VIEW totals AS SELECT id, total FROM orders")
        assert set(readers(asked(tmp_path, url, DROPPED))) == {("view totals", "catalog")}
    probed = {name for name, _ in readers(asked(tmp_path, postgresql_url, DROPPED, probe="drop"))}
    assert any(name.startswith("what DROP TABLE names: view totals depends") for name in probed)


def test_the_view_that_stands_in_for_the_new_name_reads_nothing_by_the_old_one(
    postgresql_url: str, mariadb_url: str, tmp_path: Path
) -> None:
    for url in (postgresql_url, mariadb_url):
        run(url, TABLE, "CREATE VIEW purchases AS SELECT * FROM orders")
        assert readers(asked(tmp_path, url, RENAMED)) == {("catalog", "catalog"): 0.0}
        run(url, "DROP VIEW purchases", "ALTER TABLE orders RENAME TO purchases")
        assert readers(asked(tmp_path, url, RENAMED)) == {("catalog", "catalog"): 0.0}
        run(url, "DROP TABLE purchases")
        assert problem(asked(tmp_path, url, RENAMED)) == "missing source: this database has no table 'orders'"
