"""Is what a plan is said to do, before anything is done, what its stages then do? On every engine, for every kind."""

import re

import pytest

from contractctl import operations
from contractctl.databases import Statement, Work
from contractctl.databases.catalog import Live
from contractctl.migration.foreseeing import foresee
from contractctl.model.plan import Stage
from tests.databases import shops
from tests.operations.lives import Life
from tests.operations.scenarios import SCENARIOS

STAGES = {
    Stage.EXPAND: "expand",
    Stage.DUAL_WRITE: "dual_write",
    Stage.VERIFY: "validate",
    Stage.QUIESCE: "quiesce",
    Stage.CONTRACT: "contract",
}


KINDS = {
    "change-type",
    "change-key-type of a key that is referred to",
    "change-key-type of a key that nobody counts",
    "change-key-type of all columns, one counted, with other names",
    "rename-table",
    "add-foreign-key",
    "rename-column in an index, unique and checked",
}
"""Between them: what is staged, promised, built, proven, renamed and dropped."""


def foreseen(life: Life) -> dict[Stage, list[Statement]]:
    with life.shop.engine.connect() as connection:
        steps = foresee(life.plan, connection)
    assert [(one.unknown, one.refusal) for one in steps if one.unknown or one.refusal] == []
    return {
        stage: [said for one in steps if one.stage is stage for said in one.statements if said.sql] for stage in STAGES
    }


def done(life: Life, name: str) -> list[Statement]:
    """Run the stage, step by step, and say which statements that were."""
    found: list[Statement] = []
    for step in getattr(operations, name)(life.plan):
        with life.shop.engine.connect() as connection:
            found += step.statements(life.shop.database, Live(life.shop.database, connection))
        life.invoke((step,))
    return found


@pytest.mark.parametrize(
    ("words", "scenario"),
    [
        pytest.param(words, scenario, id=f"{scenario}-{words}")
        for scenario in SCENARIOS
        for words in shops.ENGINES
        if scenario.kind in KINDS and words.server in scenario.engines
    ],
)
def test_what_is_foreseen_is_what_is_done(words, scenario, request):
    url = request.getfixturevalue(f"{words.server}_url")
    with shops.opened(words, url) as shop:
        life = Life(shop, scenario)
        before = foreseen(life)
        after = {}
        for stage, name in STAGES.items():
            if stage is Stage.VERIFY:
                life.backfill()
            after[stage] = done(life, name)

    for stage in STAGES:
        assert known(before[stage]) == known(after[stage]), stage


def known(statements: list[Statement]) -> list[tuple[str, str, Work, bool]]:
    """What must be the same. Of functions and triggers that is the name: in them types are spelled as the plan does."""
    return [(_known(one.sql), one.lock, one.work, one.transactional) for one in statements]


def _known(sql: str) -> str:
    sql = re.sub(r" CHARACTER SET \w+ COLLATE \w+|(?<=schema_version = )\d+", "", sql)
    return re.split(r"\(| ON | BEFORE | AFTER ", sql)[0] if "TRIGGER" in sql or "FUNCTION" in sql else sql.lower()
