"""Does `alembic upgrade --sql` write what the database's own client then does just as contractctl would have?"""

import subprocess
from io import StringIO

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import make_url

from contractctl import operations
from contractctl.databases import named
from contractctl.errors import ContractctlError
from contractctl.operations.steps import Step
from tests.databases import shops
from tests.operations.lives import Life, Scenario
from tests.operations.scenarios import SCENARIOS

ENGINES = (shops.POSTGRESQL, shops.MARIADB)
KINDS = {
    "change-type",
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
    if scenario.kind in KINDS
]


def script(life: Life, steps: tuple[Step, ...]) -> str:
    """The steps as a script, in one transaction where it may be."""
    buffer = StringIO()
    dialect = life.shop.engine.dialect.name
    options = {"as_sql": True, "output_buffer": buffer, "transactional_ddl": named(dialect).transactional_ddl}
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    op = Operations(context)
    with context.begin_transaction():
        for step in steps:
            op.invoke(step)
    return buffer.getvalue()


def run(life: Life, text: str) -> None:
    """What a person does with it."""
    url = make_url(life.shop.url)
    where = {"postgresql": _psql, "mariadb": _mariadb}[life.words.server]
    done = subprocess.run(where(url), input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{text}"


def _psql(url):
    where = f"postgresql://{url.username}@{url.host}:{url.port}/{url.database}"
    return ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", where]


def _mariadb(url):
    return ["mariadb", "--no-defaults", "-h", url.host, "-P", str(url.port), "-u", url.username, url.database]


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
        run(lives, script(lives, getattr(operations, stage)(lives.plan)))
        by_script.append(lives.schema())
        if stage == "dual_write":
            lives.new(12, early=True)
            lives.backfill()
    back = [script(lives, operations.rollback(getattr(operations, stage)(lives.plan))) for stage in reversed(stages)]
    for text in back[:2]:
        run(lives, text)

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
            script(life, operations.dual_write(life.plan))
