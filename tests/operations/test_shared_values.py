"""Does a column move into another table where several rows share one of it, through all stages and back?"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from contractctl.model.plan import Transform
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.lives import Life, writing
from tests.operations.scenarios import SCENARIOS

MOVED = next(scenario for scenario in SCENARIOS if scenario.kind == "move-column")
SHARED = replace(
    MOVED,
    tables=(
        *(table.replace(" UNIQUE", "") for table in MOVED.tables),
        "CREATE INDEX orders_customer ON orders (customer_id)",
    ),
    planned=lambda words: tuple(
        replace(one, transform=Transform("phone", "telephone", lossy=True)) for one in MOVED.planned(words)
    ),
    old=(
        "INSERT INTO customers (id, name) VALUES ({n}, 'one')",
        "INSERT INTO orders (id, customer_id, phone) VALUES ({n}, {n}, 'old'), (-{n}, {n}, 'other')",
        "UPDATE orders SET phone = 'old {n}' WHERE customer_id = {n}",
    ),
    new=(
        "INSERT INTO customers (id, name, telephone) VALUES ({n}, 'one', 'new')",
        "INSERT INTO orders (id, customer_id) VALUES ({n}, {n}), (-{n}, {n})",
        "UPDATE customers SET telephone = 'new {n}' WHERE id = {n}",
    ),
)
OLD, NEW = 1000, 500_000


@pytest.fixture
def life(words: Words, request: pytest.FixtureRequest) -> Iterator[Life]:
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        yield Life(shop, SHARED)


@pytest.mark.parametrize("words", shops.ENGINES, ids=str)
def test_both_versions_write_a_shared_value_through_every_stage_and_none_is_lost(life):
    """Hazards 1, 29, 32, 49."""
    life.old(11)
    with writing(life, life.old, OLD) as by_old:
        for stage in ("expand", "dual_write"):
            life.do(stage)
        life.new(12, early=True)
        with writing(life, lambda n, app: life.new(n, app, early=True), NEW) as by_new:
            life.backfill()
            life.do("validate")
    life.backfill()
    assert life.differing() == []
    assert life.missing_triggers() == ()
    everything = life.expected([11, *by_old], [12, *by_new])
    assert life.read(SHARED.read_old) == everything
    life.roll_back("expand", "dual_write", "validate")
    assert life.read(SHARED.read_old) == everything
    for stage in ("expand", "dual_write", "backfill", "validate", "quiesce"):
        life.backfill() if stage == "backfill" else life.do(stage)
    with writing(life, lambda n, app: life.new(n, app, early=False), 2 * NEW) as late:
        life.do("contract")

    assert life.read(SHARED.read_new) == everything | life.expected([], late)
