"""Does every kind of operation live through all of its stages, and back, with nothing lost, on every engine?"""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from contractctl import operations
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.lives import STAGES, Life, Scenario, writing
from tests.operations.scenarios import SCENARIOS

ENGINES = (shops.SQLITE, shops.POSTGRESQL, shops.MARIADB)
SCENES = [
    pytest.param(words, scenario, id=f"{scenario}-{words}")
    for scenario in SCENARIOS
    for words in ENGINES
    if words.server in scenario.engines
]
KEPT = [
    scene
    for scene in SCENES
    if scene.values[1].kind not in {"set-not-null", "copy-table"}  # of which both versions know the same column
    and any(operations.KINDS[one.kind].dual_write(one) for one in scene.values[1].planned(scene.values[0]))
]
EXTRACTED = [scene for scene in KEPT if scene.values[1].kind == "extract-table" and scene.values[0] is not shops.SQLITE]
OLD, NEW = 1000, 500_000


@pytest.fixture
def life(words: Words, scenario: Scenario, request: pytest.FixtureRequest) -> Iterator[Life]:
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        yield Life(shop, scenario)


each = pytest.mark.parametrize(("words", "scenario"), SCENES)


@each
def test_both_versions_write_through_every_stage_and_nothing_is_lost(life):
    """Hazards 1, 29, 32, 49."""
    life.old(11)
    with writing(life, life.old, OLD) as by_old:
        life.do("expand")
        life.do("dual_write")
        life.new(12, early=True)
        with writing(life, lambda n, app: life.new(n, app, early=True), NEW) as by_new:
            life.backfill()
            assert life.differing() == []
            life.do("validate")
    everything = life.expected([11, *by_old], [12, *by_new])
    assert life.read(life.scenario.read_old) == everything

    life.do("quiesce")
    for gone in life.scenario.gone:
        with pytest.raises(Exception, match=r"(?i)column|table|relation"):
            life.shop.rows(life.written(gone))
    with writing(life, lambda n, app: life.new(n, app, early=False), 2 * NEW) as late:
        assert life.differing() == []
        life.do("contract")

    assert life.read(life.scenario.read_new) == everything | life.expected([], late)
    assert life.marks() == []
    for refused in life.scenario.refused:
        with pytest.raises(Exception, match=r"(?i)null|default value|check|constraint|unique|duplicate|foreign"):
            life.shop.run(life.written(refused))
    for allowed in life.scenario.allowed:
        life.shop.run(life.written(allowed))
    for done, asked, answer in life.scenario.finally_:
        life.shop.run(life.written(done))
        assert life.shop.rows(life.written(asked)) == [(answer,)]
    made = life.parts()
    assert made.issuperset(life.scenario.made)
    assert not made.intersection(life.scenario.unmade)


@each
def test_every_stage_is_taken_back_to_the_very_schema_before(life):
    """And the plan begins anew after each of these times. From quiesce on the way back leads over validate, too."""
    before = life.schema()
    by_old, by_new = [], []
    for reached in (1, 2, len(STAGES) - 1):
        stages = STAGES[:reached]
        life.old(100 + reached)
        by_old.append(100 + reached)
        for stage in stages:
            life.do(stage)
            if stage == "dual_write":
                life.new(200 + reached, early=True)
                by_new.append(200 + reached)
                life.backfill()
        life.roll_back(*stages)

        assert life.schema() == before
        assert life.read(life.scenario.read_old) == life.expected(by_old, by_new)
    life.old(300)


@pytest.mark.parametrize(("words", "scenario"), KEPT)
def test_what_the_new_version_was_told_is_written_survives_a_rollback(life):
    """It is refused once its side is gone; every write before that is there in the old side."""
    written: list[int] = []
    refused = threading.Event()

    def write(n: int, app: object) -> None:
        try:
            life.new(n, app, early=True)
        except Exception:
            refused.set()
            raise
        written.append(n)

    life.do("expand")
    life.do("dual_write")
    with pytest.raises(AssertionError, match="an application was refused"):
        roll_back_beside(life, write, refused)

    found = life.read(life.scenario.read_old)
    last = NEW + len(written)  # its first statement may have been written, and its second refused
    found.pop(last, None)
    assert found == life.expected([], written)


@pytest.mark.parametrize(("words", "scenario"), EXTRACTED)
def test_rows_go_on_being_deleted_while_an_extraction_is_taken_back(life):
    """Hazard 49: a foreign key of the new table must not refuse it once no trigger takes the row there away."""
    before = life.schema()
    life.do("expand")
    life.do("dual_write")
    for n in range(1, 400):
        life.shop.run(life.written("INSERT INTO orders (id, street, town) VALUES ({n}, 'old', 'Rome')", n))
    deleted = []

    def delete(n: int, app: object = None) -> None:
        deleted.append(n)
        life.shop.run(f"DELETE FROM orders WHERE id = {len(deleted)}", app=app)

    if life.words.server == "mariadb":  # which commits each step by itself
        steps = [
            *operations.before_rollback(life.plan, life.shop.database, kept=True),
            *operations.rollback(operations.dual_write(life.plan)),
            *operations.rollback(operations.expand(life.plan)),
        ]
        for step in (*steps[:2], *steps):  # cut short, and begun anew
            life.invoke((step,))
            delete(0)
    else:
        with writing(life, delete, 1):
            life.roll_back("expand", "dual_write")

    assert life.schema() == before
    assert life.shop.rows("SELECT count(*), min(id) FROM orders") == [(399 - len(deleted), len(deleted) + 1)]


def roll_back_beside(life: Life, write: Callable[[int, object], None], refused: threading.Event) -> None:
    with writing(life, write, NEW):
        time.sleep(0.1)
        life.roll_back("expand", "dual_write")
        refused.wait(20)
