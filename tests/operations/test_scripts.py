"""Does `alembic upgrade --sql` write what the database's own client then does just as contractctl would have?"""

from dataclasses import replace

import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.model.plan import Plan
from contractctl.operations.steps import RelaxNotNull, RequireNotNull
from tests.databases import shops
from tests.operations.copies import COPIED
from tests.operations.lives import Life, Scenario
from tests.operations.scenarios import SCENARIOS
from tests.operations.scripts import run, script

ENGINES = (shops.POSTGRESQL, shops.MARIADB)
KINDS = {
    "extract-table",
    "move-column",
    "change-type",
    "change-key-type",
    "change-key-type of all columns, one counted, with other names",
    "split-column",
    "drop-column",
    "rename-table",
    "add-foreign-key",
    "rename-column in an index, unique and checked",
}
"""Between them they have every statement that a script must know something for: a type, a key, a name, a limit."""
RENAMED = 'ALTER SEQUENCE orders_id_seq RENAME TO "Numbers"'
TOLD_KINDS = {"change-type", "split-column", "add-column that is filled"}
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


WIDENED = next(scenario for scenario in SCENARIOS if scenario.kind == "change-key-type")
TOLD = [
    replace(WIDENED, kind="change-key-type of a serial", tables=("CREATE TABLE orders (id serial PRIMARY KEY)",)),
    replace(WIDENED, kind="change-key-type of a sequence that has another name", tables=(*WIDENED.tables, RENAMED)),
    *(one for one in SCENARIOS if one.kind in TOLD_KINDS),
]
"""Of these a plan tells all that PostgreSQL's triggers hang on, which constraints of two sides would be."""


@pytest.mark.parametrize("scenario", TOLD, ids=str)
def test_a_script_makes_the_very_triggers_that_contractctl_would_make(postgresql_url, scenario):
    """Hazards 5, 44: what counts a key up is asked when the script runs, and a type is read however it is written."""
    found = []
    with shops.opened(shops.POSTGRESQL, postgresql_url) as shop:
        life = Life(shop, scenario)
        stages = [getattr(operations, stage)(life.plan) for stage in ("expand", "dual_write", "validate", "quiesce")]
        for some in (stages[:1], stages[1:2], stages[2:], [operations.rollback(stages[3])]):
            run(life.url, "".join(script("postgresql", steps) for steps in some))
            found.append(life.missing_triggers())

    assert found[0] != ()
    assert found[1:] == [(), (), ()]


GUARDED = [
    scenario
    for scenario in SCENARIOS
    if scenario.kind in {"rename-column under a UNIQUE", "change-key-type of a key that is referred to"}
]


@pytest.mark.parametrize("scenario", GUARDED, ids=str)
def test_a_script_makes_the_triggers_that_a_constraint_of_the_old_column_asks_for(postgresql_url, scenario):
    with shops.opened(shops.POSTGRESQL, postgresql_url) as shop:
        life = Life(shop, scenario)
        for stage in ("expand", "dual_write"):
            run(life.url, script("postgresql", getattr(operations, stage)(life.plan)))

        assert life.missing_triggers() == ()


def test_a_script_for_a_counted_key_ends_where_nothing_counts_it(postgresql_url):
    with shops.opened(shops.POSTGRESQL, postgresql_url) as shop:
        life = Life(shop, replace(WIDENED, tables=("CREATE TABLE orders (id integer PRIMARY KEY)",)))
        life.do("expand")
        before = life.schema()
        with pytest.raises(
            AssertionError, match=r"'orders.id' is auto-incremented in the plan, but not in this database"
        ):
            run(life.url, script("postgresql", operations.dual_write(life.plan)))

        assert life.schema() == before


def test_a_script_that_would_need_to_ask_is_refused(mariadb_url):
    """MariaDB's trigger needs the types of the columns that the fill reads, and the plan does not say them."""
    scenario = next(one for one in SCENARIOS if one.kind == "add-column that is filled")
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        life = Life(shop, scenario)
        with pytest.raises(ContractctlError, match="reads the database that it changes"):
            script(life.plan.dialect, operations.dual_write(life.plan))


@pytest.mark.parametrize("stage", ["expand", "dual_write", "quiesce", "contract"])
def test_a_script_of_a_table_that_is_copied_is_refused_as_it_would_leave_out_what_no_contract_has(stage):
    plan = Plan("plan", (), COPIED.planned(shops.MARIADB), {})
    steps = getattr(operations, stage)(plan)
    with pytest.raises(ContractctlError, match=r"copies 'orders' as it stands.*cannot be written as a script"):
        script("mysql", steps)


def test_a_copy_that_is_not_in_use_goes_by_a_script(mariadb_url):
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        life = Life(shop, COPIED)
        before = life.schema()
        for stage in ("expand", "dual_write"):
            life.do(stage)
        for stage in ("dual_write", "expand"):
            run(life.url, script("mysql", operations.rollback(getattr(operations, stage)(life.plan))))

        assert life.schema() == before


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
