"""What do readers meet between the brown-out and the drop, on every engine? Hazard numbers: staging design."""

from collections.abc import Iterator

import pytest

from contractctl.errors import ContractctlError
from tests.databases import shops
from tests.databases.shops import ENGINES, Words
from tests.operations.lives import Life
from tests.operations.scenarios import SCENARIOS

RENAME = next(scenario for scenario in SCENARIOS if scenario.kind == "rename-column")
NAMED = "SELECT id, customer_name, amount FROM orders"
LATE = "CREATE VIEW late AS SELECT customer_name__quiesced AS name FROM orders"


@pytest.fixture(params=ENGINES, ids=str)
def words(request: pytest.FixtureRequest) -> Words:
    engine: Words = request.param
    return engine


@pytest.fixture
def life(words: Words, request: pytest.FixtureRequest) -> Iterator[Life]:
    """A plan whose old column is browned out, over a row that the old version has written."""
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        life = Life(shop, RENAME)
        life.old(11)
        for stage in ("expand", "dual_write", "backfill", "validate", "quiesce"):
            life.backfill() if stage == "backfill" else life.do(stage)
        yield life


def test_only_who_names_the_old_column_fails_and_all_is_healed_once_it_is_back(life):
    """Hazard 46, 47, 49: who names every column, as an ORM does, is found; SELECT * and the new version go on."""
    for refused in (lambda: life.shop.rows(NAMED), lambda: life.old(12)):
        with pytest.raises(Exception, match=r"customer_name\b"):
            refused()
    assert "old 11!" in life.shop.rows("SELECT * FROM orders")[0]
    life.new(13, early=False)
    life.undo("quiesce")
    life.old(14)

    assert life.read(NAMED) == life.expected([11, 14], [13])
    assert life.differing() == []


def test_a_reader_that_comes_after_the_gate_keeps_the_column(life):
    """Hazard 48: the revision looks again, whatever the gate said; what it refuses leaves everything in step."""
    life.shop.run(LATE)
    with pytest.raises(ContractctlError, match=r"view 'late' still uses 'orders\.customer_name__quiesced'"):
        life.do("contract")
    life.new(12, early=False)
    assert life.shop.rows("SELECT name FROM late ORDER BY name") == [("new 12?",), ("old 11!",)]

    life.shop.run("DROP VIEW late")
    life.do("contract")
    assert life.read(life.scenario.read_new) == life.expected([11], [12])
