"""In which order does the renaming of a copied table come to what it locks, however long the table's name is?"""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from contractctl.databases import Across, Copied, Crossed, Synchronisation
from contractctl.databases.catalog import Live
from contractctl.databases.mysql.names import quote
from contractctl.databases.mysql.statements import swapping
from contractctl.databases.mysql.triggers.copying import counterpart, signal
from contractctl.databases.temporary_names import beside_copied, copied_table
from tests.databases.shops import Shop

NAMES = ("orders", "o" * 54, "orders_" + "m" * 56, "orders_" + "9" * 57, "Bestellungen_für_" + "ü" * 30, "ü" * 20)
WAITING = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for table metadata lock'"


def swapped(shop: Shop, name: str) -> str:
    """The statement in which a table and its copy change places."""
    column = Crossed("id", "id", "int(11)")
    across = Across(copied_table(name), ("id",), ("id",), ("int(11)",), (column,), copied=Copied("id", 0, 9))
    with shop.engine.connect() as connection:
        catalog = Live(shop.database, connection)
        return swapping.swap(catalog, Synchronisation("p", name, ("id",), (), ("int(11)",), across))[-1].sql


@pytest.mark.parametrize("name", NAMES)
def test_whoever_waits_for_a_table_has_nothing_yet_that_its_triggers_need(shop: Shop, name: str) -> None:
    """Hazard 21, 29, 37: a writer has the table before it opens these; each would wait for what the other has."""
    others = [copied_table(name), signal(name), counterpart(name)]
    for one in (name, *others):
        shop.run(f"CREATE TABLE {quote(one)} (id INT PRIMARY KEY)")
    reader, mover = shop.connect(), shop.connect()
    shop.run("BEGIN", app=reader)
    shop.rows(f"SELECT * FROM {quote(name)}", app=reader)
    with ThreadPoolExecutor(1) as pool:
        moved = pool.submit(shop.run, swapped(shop, name), app=mover)
        while shop.rows(WAITING) != [(1,)]:
            time.sleep(0.01)
        shop.run("SET lock_wait_timeout = 0")
        try:
            found = [shop.rows(f"SELECT * FROM {quote(one)}") for one in others]
        finally:
            shop.run("COMMIT", app=reader)

    assert (found, moved.exception()) == ([[]] * 3, None)
    reader.close()
    mover.close()


@pytest.mark.parametrize("name", [*NAMES, "shop.orders"])
def test_all_tables_beside_a_copied_one_have_names_of_their_own_that_sort_behind_it(name: str) -> None:
    beside = beside_copied(name)

    assert len({*beside, name}) == len(beside) + 1
    assert all(one.encode() > name.encode() and len(one.rpartition(".")[2].encode()) <= 63 for one in beside)
