"""Do plans go into the Alembic history that a repository has, wherever and however it keeps it?"""

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine as sqlalchemy_engine
from sqlalchemy import inspect

from contractctl import journal, revisions
from contractctl.databases import create_engine
from contractctl.errors import ContractctlError
from contractctl.journal import EntryKind, Note
from contractctl.model.plan import Movement, Operation, Plan
from contractctl.planner import write_plan
from contractctl.revisions import Called, Environment
from tests import alembics
from tests.alembics import Repository

ORDERS = (
    'op.execute("CREATE TABLE orders'
    ' (id INTEGER PRIMARY KEY NOT NULL, customer_name VARCHAR(20) NOT NULL, amount VARCHAR(20))")'
)
PROMISES = {"old_not_null": "yes", "not_null": "yes"}


def a_plan(name: str = "rename") -> Plan:
    operation = Operation("rename-column", "shop/orders", "orders", "customer_name", "full_name", None, PROMISES)
    movement = Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0")
    return Plan(name, (movement,), (operation,), revisions.identifiers(name))


@pytest.fixture
def repository(tmp_path: Path, sqlite_url: str) -> Repository:
    return shop(tmp_path, "generic", sqlite_url)


def shop(folder: Path, template: str, url: str) -> Repository:
    """Alembic as it writes it itself, with one revision, applied; a journal."""
    found = alembics.make(folder, template, url)
    found.revision("0001", ORDERS, downgrade="op.drop_table('orders')")
    found.alembic("upgrade", "head")
    engine = create_engine(url)
    journal.open(engine)
    engine.dispose()
    return found


def environment(repository: Repository) -> Environment:
    engine = "shop" if repository.template == "multidb" else None
    return revisions.environment(repository.folder / "migrations", repository.folder, Called(engine=engine))


def written(repository: Repository, plan: Plan, where: Environment | None = None) -> dict[str, Path]:
    """The plan's revision files, by revision, once it is written."""
    files = revisions.write(plan, where or environment(repository))
    write_plan(repository.folder / "migrations" / "plans" / f"{plan.name}.toml", plan)
    return {re.search(r'^revision = "(\w+)"', file.read_text(), re.MULTILINE)[1]: file for file in files}


def run(repository: Repository, sql: str) -> list[tuple[object, ...]]:
    """One statement as the application would send it."""
    engine = sqlalchemy_engine(repository.url)
    with engine.begin() as connection:
        found = connection.exec_driver_sql(sql)
        rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


def columns(repository: Repository) -> list[dict[str, object]]:
    engine = sqlalchemy_engine(repository.url)
    found = inspect(engine).get_columns("orders")
    engine.dispose()
    return found


def rows(repository: Repository, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(repository.folder / "shop.db", isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("template", alembics.TEMPLATES)
def test_plans_go_up_and_down_by_hand_in_every_template_of_alembic(tmp_path, sqlite_url, template):
    repository = shop(tmp_path, template, sqlite_url)
    files = written(repository, a_plan())
    before = rows(repository, "SELECT sql FROM sqlite_schema WHERE name = 'orders'")

    assert {file.parent for file in files.values()} == {tmp_path / "alembic" / "versions"}
    assert not (tmp_path / "migrations" / "env.py").exists()
    repository.alembic("upgrade", "expand@heads")
    rows(repository, "INSERT INTO orders (full_name) VALUES ('Bea')")
    assert rows(repository, "SELECT customer_name, full_name FROM orders") == [("Bea", "Bea")]
    assert "a passing decision" in repository.alembic("upgrade", "rename_quiesce", fails=True)
    repository.alembic("downgrade", "rename_dual@contractctl_expand")
    assert rows(repository, "SELECT sql FROM sqlite_schema WHERE name = 'orders'") == before


@pytest.mark.parametrize("template", ["generic", "async"])
def test_plans_go_up_and_down_by_hand_on_every_engine(tmp_path, database_url, template):
    repository = shop(tmp_path, template, database_url)
    written(repository, a_plan())
    repository.alembic("upgrade", "expand@heads")
    run(repository, "INSERT INTO orders (id, full_name) VALUES (1, 'Bea')")
    assert run(repository, "SELECT customer_name, full_name FROM orders") == [("Bea", "Bea")]
    assert "a passing decision" in repository.alembic("upgrade", "rename_quiesce", fails=True)
    repository.alembic("downgrade", "rename_dual@contractctl_expand")

    assert [column["name"] for column in columns(repository)] == ["id", "customer_name", "amount"]
    assert [column["nullable"] for column in columns(repository)] == [False, False, True]
    run(repository, "INSERT INTO orders (id, customer_name) VALUES (2, 'Cid')")


@pytest.mark.parametrize("template", ["generic", "async"])
def test_an_empty_database_is_brought_up_to_date_by_alembic_alone(tmp_path, database_url, template):
    repository = alembics.make(tmp_path, template, database_url)
    repository.revision("0001", ORDERS, downgrade="op.drop_table('orders')")
    written(repository, a_plan())
    repository.alembic("upgrade", "expand@heads")
    run(repository, "INSERT INTO orders (id, customer_name) VALUES (1, 'Ann')")
    engine = create_engine(database_url)
    with engine.connect() as connection:
        there = journal.version(connection)
    repository.alembic("downgrade", "base")
    repository.alembic("upgrade", "expand@heads")  # the journal has stayed
    journal.open(engine)
    engine.dispose()

    assert there == journal.HEAD
    assert run(repository, "SELECT count(*) FROM orders") == [(0,)]


@pytest.mark.parametrize("template", ["generic", "async"])
def test_a_database_that_nobody_uses_is_brought_through_every_stage(tmp_path, database_url, template):
    repository = alembics.make(tmp_path, template, database_url)
    repository.revision("0001", ORDERS)
    seed = "INSERT INTO orders VALUES (1, 'Ann', '5'), (2, 'Bea', NULL)"
    repository.revision("0002", f'op.execute("{seed}")', down="0001")
    written(repository, a_plan())
    assert "a passing decision" in repository.alembic("upgrade", "heads", fails=True)
    repository.alembic("-x", "contractctl=unused", "upgrade", "heads")

    assert sorted(column["name"] for column in columns(repository)) == ["amount", "full_name", "id"]
    assert run(repository, "SELECT id, full_name FROM orders ORDER BY id") == [(1, "Ann"), (2, "Bea")]


def test_a_database_that_is_used_is_not_taken_for_another(repository):
    written(repository, a_plan())
    repository.alembic("upgrade", "expand@heads")
    word = ("-x", "contractctl=unused", "upgrade", "heads")
    many = "WITH RECURSIVE many(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM many WHERE value < 1001)"
    rows(repository, f"{many} INSERT INTO orders SELECT value, 'Ann', NULL, 'Ann' FROM many")
    assert "'orders' has 1001 rows in it" in repository.alembic(*word, fails=True)
    rows(repository, "DELETE FROM orders")
    engine = create_engine(repository.url)
    with journal.writing(engine) as connection:
        journal.append(connection, Note("rename", EntryKind.OUTCOME, "expand", "expand", 0.0, "Ada", "", {}))
    engine.dispose()

    assert "its journal has the plan 'rename'" in repository.alembic(*word, fails=True)
    assert "customer_name" in {column["name"] for column in columns(repository)}


def test_files_are_named_as_the_repository_names_its_own(repository):
    settings = repository.folder / "alembic.ini"
    template = "file_template = %%(year)d_%%(month).2d_%%(day).2d-%%(rev)s_%%(slug)s\ntruncate_slug_length = 12\n"
    settings.write_text(settings.read_text().replace("[alembic]\n", f"[alembic]\n{template}", 1))
    plan = a_plan()
    files = written(repository, plan)

    assert re.fullmatch(r"\d{4}_\d\d_\d\d-rename_expand_add_the_new_.py", files["rename_expand"].name)
    older = files["rename_expand"].with_name("2001_01_01-rename_expand_add_the_new_.py")
    files["rename_expand"].rename(older)
    again = revisions.render(plan, environment(repository))
    assert again[older] == older.read_text()
    assert len(again) == 4  # the two branches begin already


def test_revisions_go_where_the_others_are_when_there_are_several_places(repository):
    settings = repository.folder / "alembic.ini"
    (repository.folder / "more" / "2001").mkdir(parents=True)
    several = "version_locations = more:alembic/versions\nrecursive_version_locations = true\n"
    settings.write_text(settings.read_text().replace("[alembic]\n", f"[alembic]\n{several}", 1))
    files = written(repository, a_plan())

    assert {file.parent for file in files.values()} == {repository.folder / "alembic" / "versions"}
    moved = repository.folder / "more" / "2001"
    for file in files.values():
        file.rename(moved / file.name)
    later = written(repository, a_plan("later"))
    assert {file.parent for file in later.values()} == {repository.folder / "more"}
    assert "later_dual" in repository.alembic("heads")


def test_a_plan_stands_on_every_head_of_the_application(repository):
    repository.revision("0002", "pass", down="0001")
    repository.revision("0003", "pass", down="0001", head="branch_labels = ('billing',)\n")
    files = written(repository, a_plan())

    assert 'depends_on = ("0002", "0003")' in files["rename_expand"].read_text()
    repository.alembic("upgrade", "rename_dual")
    assert "full_name" in rows(repository, "SELECT sql FROM sqlite_schema WHERE name = 'orders'")[0][0]


def test_a_branch_of_the_applications_that_is_called_expand_keeps_its_name(repository):
    repository.revision("0002", "pass", down="0001", head="branch_labels = ('expand',)\n")
    files = written(repository, a_plan())

    assert 'branch_labels = ("plans_expand",)' in files["contractctl_expand"].read_text()
    repository.alembic("upgrade", "plans_expand@heads")
    assert "0002" in repository.alembic("current", "--verbose")


def test_settings_elsewhere_are_found_or_named(tmp_path, sqlite_url):
    repository = shop(tmp_path, "generic", sqlite_url)
    (tmp_path / "db").mkdir()
    (tmp_path / "alembic").rename(tmp_path / "db" / "schema")
    settings = tmp_path / "alembic.ini"
    settings.write_text(re.sub(r"script_location = .*", "script_location = db/schema", settings.read_text()))
    settings.rename(tmp_path / "db" / "named.ini")
    named = tmp_path / "db" / "named.ini"

    with pytest.raises(ContractctlError, match=r"named\.ini: Path doesn't exist: db/schema"):
        written(repository, a_plan(), revisions.environment(tmp_path / "migrations", tmp_path, Called(settings=named)))
    settings.write_text(named.read_text())
    files = written(repository, a_plan())
    assert files["rename_dual"] == tmp_path / "db" / "schema" / "versions" / "rename_dual.py"
    assert 'migrations=Path(__file__).parents[3] / "migrations"' in files["rename_quiesce"].read_text()
    repository.alembic("upgrade", "expand@heads")
