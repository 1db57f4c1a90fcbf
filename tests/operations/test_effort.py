"""Is what a kind of operation is said to cost on each engine what its statements do there?"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from contractctl.cli import run
from contractctl.databases import Work
from contractctl.migration.foreseeing import Foreseen, foresee
from contractctl.model.plan import Plan, Stage
from contractctl.operations import KINDS
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.lives import Life, Scenario
from tests.operations.scenarios import SCENARIOS

DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql", "mariadb": "mysql"}
REFUSED = {"change-key-type", "copy-table"}
"""By one engine at least."""
ASKED = {"add-check"}
"""Which statements it does hangs on how the table stands."""
PROMISED = {"not_null": "yes", "old_not_null": "yes"}
OF_COLUMNS = {"rename-column", "change-type", "drop-column", "split-column", "merge-columns"}


def plans(kind: str, words: Words) -> Iterator[tuple[Scenario, Plan]]:
    """Of one operation each; a column's with the promise that it is not NULL, too."""
    for scenario in SCENARIOS:
        if words.server not in scenario.engines and scenario.kind not in REFUSED:
            continue
        planned = scenario.planned(words)
        if len(planned) != 1 or planned[0].kind != kind:
            continue
        for more in ({}, PROMISED) if kind in OF_COLUMNS else ({},):
            operation = replace(planned[0], parameters={**planned[0].parameters, **more})
            yield scenario, Plan("plan", (), (operation,), {}, dialect=DIALECTS[words.server])


def foreseen(scenario: Scenario, plan: Plan, words: Words, url: str) -> tuple[Foreseen, ...]:
    """By the database, where that must be asked."""
    kind = plan.operations[0].kind
    if (words.server != "sqlite" or kind in REFUSED) and kind not in ASKED:
        return foresee(plan, None)
    if words.server == "sqlite":
        Path(str(make_url(url).database)).unlink(missing_ok=True)
    with shops.opened(words, url) as shop:
        Life(shop, scenario)
        with shop.engine.connect() as connection:
            return foresee(plan, connection)


@pytest.mark.parametrize("words", shops.ENGINES, ids=str)
def test_what_a_kind_is_said_to_cost_is_the_most_that_its_statements_do(
    words: Words, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{words.server}_url")
    found: dict[str, Work | None] = {}
    for kind in KINDS:
        steps = [
            step
            for scenario, plan in plans(kind, words)
            if words.server in scenario.engines or kind in REFUSED
            for step in foreseen(scenario, plan, words, url)
        ]
        own = [one for step in steps if step.stage is not Stage.DUAL_WRITE for one in step.statements if one.sql]
        refused = any(step.refusal for step in steps)
        found[kind] = None if refused else max((one.work for one in own), key=list(Work).index)

    assert found == {kind: getattr(module.effort, words.server) for kind, module in KINDS.items()}


def test_explain_prints_the_table_and_plan_points_at_it(capsys: pytest.CaptureFixture[str]) -> None:
    run(["explain", "operations"])
    table = capsys.readouterr().out
    run(["plan", "--help"])

    assert all(f"{kind} " in table for kind in KINDS)
    assert re.search(r"^add-check +reads rows +reads rows +reads rows +on MariaDB it becomes part", table, re.MULTILINE)
    assert "contractctl explain operations" in " ".join(capsys.readouterr().out.split())
