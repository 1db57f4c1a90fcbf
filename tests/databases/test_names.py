"""May tables, columns, keys and plans be called anything at all? On every engine."""

import pytest

from contractctl.databases import run
from contractctl.operations.locating import synchronisation
from contractctl.operations.pairs import Pair

ODD_NAMES = [
    "sel ect",
    'qu"ote',
    "back`tick",
    "it's",
    "order",
    "ü✓",
    "x" * 50,
    "new",
    "a;b",
    "[b]",
    "--c",
    "plan",
    "key",
    "per%cent",
    "%s",
    "col:on",
    "back\\slash",
    "$$",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_works_for_plans_tables_columns_and_keys(shop, name):
    """Hazard 37."""
    quote = shop.database.quote
    quoted, old, table, key = (quote(text) for text in (name, f"{name} old", f"{name} t", f"{name} id"))
    types = shop.words.types
    shop.run(f"CREATE TABLE {table} ({key} {types['key']}, {old} {types['text']}, {quoted} {types['text']})")
    shout = Pair({f"{name} old": f"lower({quoted})"}, {name: f"upper({old})"}, lossy=True)
    with shop.engine.begin() as connection:
        shop.sync = synchronisation(connection, f"a 'plan' of {name}", f"{name} t", (shout,))
        for statement in shop.database.triggers(shop.sync):
            run(connection, statement)
        assert shop.database.missing_triggers(connection, shop.sync) == ()
    shop.run(f"INSERT INTO {table} ({quoted}) VALUES ('MacDonald')")
    shop.run(f"INSERT INTO {table} ({old}) VALUES ('Bob')")

    assert shop.rows(f"SELECT {old}, {quoted} FROM {table}") == [("macdonald", "MacDonald"), ("Bob", "BOB")]
    assert shop.fill().rows == 0
    assert shop.differing() == ()
    with shop.engine.begin() as connection:
        assert shop.database.dependents(connection, f"{name} t", f"{name} old") == ()
    shop.stop()
    with shop.engine.begin() as connection:
        assert shop.database.missing_triggers(connection, shop.sync) != ()
