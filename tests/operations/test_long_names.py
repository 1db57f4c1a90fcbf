"""Does a name that leaves no room behind it live through every stage, and the way back?"""

import pytest

from contractctl.model.plan import Operation
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.lives import STAGES, Life, Scenario

OLD, NEW, TABLE = ("é" * 30 + "abc", "é" * 30 + "xyz", "t" * 63)


def _planned(words: Words) -> tuple[Operation, ...]:
    type_ = words.types["text"]
    said = {"type": type_, "old_type": type_, "key": "id integer"}
    gone = Operation("drop-table", "shop/orders", TABLE, TABLE)
    return (Operation("rename-column", "shop/orders", "orders", OLD, NEW, parameters=said), gone)


TABLES = (f"CREATE TABLE orders (id {{key}}, {OLD} {{text}})", f"CREATE TABLE {TABLE} (id integer PRIMARY KEY)")


@pytest.mark.parametrize("words", [shops.POSTGRESQL, shops.MARIADB, shops.SQLITE], ids=lambda words: words.server)
def test_a_name_of_63_bytes_is_browned_out_and_taken_back_and_goes(
    words: Words, request: pytest.FixtureRequest
) -> None:
    """Hazard 37."""
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        life = Life(shop, Scenario("long names", TABLES, _planned, (), (), "", "", "", ""))
        before = life.schema()
        for stage in STAGES[:4]:
            life.do(stage)
        shop.run(f"INSERT INTO orders (id, {NEW}) VALUES (1, 'a')")
        life.roll_back(*STAGES[:4])
        back = life.schema()
        for stage in STAGES:
            life.backfill() if stage == "validate" else None
            life.do(stage)

        assert back == before
        assert shop.rows(f"SELECT id, {NEW} FROM orders") == [(1, "a")]
        with pytest.raises(Exception, match="t" * 63):
            shop.run(f"SELECT * FROM {TABLE}")
