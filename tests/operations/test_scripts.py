"""Does `alembic upgrade --sql` write what the database's own client then does just as contractctl would have?"""

from dataclasses import replace

import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.operations.steps import RelaxNotNull, RequireNotNull
from tests.databases import shops
from tests.operations.lives import Life, Scenario
from tests.operations.scenarios import SCENARIOS
from tests.operations.scripts import run, script

ENGINES = (shops.POSTGRESQL, shops.MARIADB)
KINDS = {
    "change-type",
    "change-key-type",
    "split-column",
    "drop-column",
    "rename-table",
    "add-foreign-key",
    "rename-column in an index, unique and checked",
}
"""Between them they have every statement that a script must know something for: a type, a key, a name, a limit."""
SCENES = [
    pytest.param(words, scenario, id=f"{scenario}-{words}")
    for scenario in SCENARIOS
    for words in ENGINES
    if scenario.kind in KINDS and words.server in scenario.engines
]


@pytest.fixture
def lives(words, scenario, request):
    url = request.getfixturevalue(f"{words.server}_url")
    with shops.opened(words, url) as shop:
        yield Life(shop, scenario)


@pytest.mark.parametrize(("words", "scenario"), SCENES)
def test_a_script_does_what_contractctl_does(lives: Life, scenario: Scenario):
    by_script = []
    stages = ("expand", "dual_write", "validate", "quiesce")
    for stage in stages:
        run(lives.url, script(lives.plan.dialect, getattr(operations, stage)(lives.plan)))
        by_script.append(lives.schema())
        if stage == "dual_write":
            lives.new(12, early=True)
            lives.backfill()
    back = [
        script(lives.plan.dialect, operations.rollback(getattr(operations, stage)(lives.plan)))
        for stage in reversed(stages)
    ]
    for text in back[:2]:
        run(lives.url, text)

    assert by_script[1] == lives.schema()
    lives.do("validate")
    assert by_script[2] == lives.schema()
    lives.do("quiesce")
    assert by_script[3] == lives.schema()
    lives.new(13, early=False)
    assert lives.differing() == []


def test_a_script_that_would_need_to_ask_is_refused(mariadb_url):
    """MariaDB's trigger needs the types of the columns that the fill reads, and the plan does not say them."""
    scenario = next(one for one in SCENARIOS if one.kind == "add-column that is filled")
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        life = Life(shop, scenario)
        with pytest.raises(ContractctlError, match="reads the database that it changes"):
            script(life.plan.dialect, operations.dual_write(life.plan))


def test_a_script_lets_mariadb_keep_what_a_column_is_besides(mariadb_url):
    """It is written anew by its whole definition, and no plan holds that."""
    column = "varchar(80) CHARACTER SET latin1 COLLATE latin1_bin {} COMMENT 'it''s'"
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        life = Life(
            shop, replace(SCENARIOS[0], tables=(f"CREATE TABLE orders (id int, c {column.format('NOT NULL')})",))
        )
        before = life.schema()
        run(life.url, script("mysql", (RelaxNotNull("orders", "c"),)))
        relaxed = life.schema()
        run(life.url, script("mysql", (RequireNotNull("orders", "c"),)))

        assert life.schema() == before
        assert "COLLATE latin1_bin DEFAULT NULL COMMENT 'it''s'" in str(relaxed)
