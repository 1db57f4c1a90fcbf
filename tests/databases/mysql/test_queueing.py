"""Does a statement of ours stand in the queue for a table, so that others' transactions are refused for it?"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import event

from contractctl.databases import Statement, mysql
from contractctl.databases.catalog import Catalog, Live
from contractctl.databases.mysql import statements
from contractctl.databases.mysql.statements import checks, renaming
from contractctl.databases.mysql.statements.altering import alter, of_triggers

TRIGGER = "TRIGGER there BEFORE UPDATE ON t FOR EACH ROW SET NEW.other = NEW.other"
DROP = "DROP TRIGGER IF EXISTS there"
WAYS: dict[str, Callable[[Catalog], Sequence[Statement]]] = {
    "another column": lambda _: (alter("t", "ADD COLUMN added integer"),),
    "a condition": lambda catalog: checks.add(catalog, "t", "other <> 'z'"),
    "a trigger": lambda _: of_triggers([f"SET STATEMENT sql_mode = '' FOR CREATE OR REPLACE {TRIGGER}"]),
    "a trigger less": lambda _: of_triggers([DROP]),
    "another name of a column": lambda _: renaming.rename_in_step("t", {"old": "older"}, None),
    "a column less, and its triggers": lambda _: renaming.drop_in_step("t", [DROP], ["old"]),
    "another name of the table": lambda _: statements.rename_table("t", "u"),
    "the place of a view": lambda _: statements.take_name("t", "v"),
    "its place back": lambda catalog: statements.give_name_back(catalog, "u", "t"),
    "no table": lambda catalog: statements.drop_table(catalog, "t", "t"),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_has_read_a_table_before_a_stage_wants_it_may_write_it(shop: Any, way: str) -> None:
    """Hazard 29: MariaDB calls it a deadlock otherwise, and ends the transaction and not the statement (1213)."""
    shop.run("CREATE TABLE t (id integer PRIMARY KEY, old integer, other text)")
    shop.run("INSERT INTO t VALUES (1, 1, 'a')")
    shop.run(f"CREATE {TRIGGER}")
    shop.run("CREATE VIEW v AS SELECT * FROM t")
    tried, raised = threading.Event(), list[BaseException]()

    def carry_out() -> None:
        try:
            with shop.engine.connect() as connection:
                mysql.carry_out(connection, statements.patience())
                mysql.carry_out(connection, WAYS[way](Live(mysql, connection)))
        except BaseException as error:  # noqa: BLE001 - told below
            raised.append(error)

    event.listen(shop.engine, "handle_error", lambda _: tried.set())
    shop.run("BEGIN")
    shop.rows()
    thread = threading.Thread(target=carry_out)
    thread.start()
    tried.wait(1)
    shop.run("UPDATE t SET other = 'b' WHERE id = 1")
    shop.run("COMMIT")
    thread.join()

    assert (raised, tried.is_set()) == ([], True)


def test_who_never_finds_the_table_free_waits_for_it_in_the_end(shop: Any) -> None:
    shop.run("CREATE TABLE t (id integer PRIMARY KEY)")
    shop.run("BEGIN")
    shop.rows()
    with shop.engine.connect() as connection, pytest.raises(Exception, match="Lock wait timeout"):
        mysql.carry_out(connection, (alter("t", "ADD COLUMN added integer"),))
