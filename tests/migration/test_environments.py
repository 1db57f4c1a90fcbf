"""Does contractctl run revisions through the env.py that a repository has, over its own connection?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from contractctl import databases, revisions
from contractctl.errors import ContractctlError
from contractctl.migration import schema_changes
from contractctl.revisions import Environment
from tests import alembics
from tests.alembics import Repository

ORDERS = "op.create_table('orders', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20)))"
NOTE = "op.add_column('orders', sa.Column('note', sa.String(20)))"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = databases.create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=alembics.TEMPLATES)
def template(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def repository(tmp_path: Path, template: str, database_url: str) -> Repository:
    """Two revisions, the first of them applied."""
    return shop(tmp_path, template, database_url)


def shop(folder: Path, template: str, url: str) -> Repository:
    found = alembics.make(folder, template, url)
    found.revision("0001", ORDERS)
    found.alembic("upgrade", "head")
    found.revision("0002", NOTE, down="0001", downgrade="op.drop_column('orders', 'note')")
    return found


def environment(repository: Repository) -> Environment:
    return revisions.environment(repository.folder / "migrations", repository.folder)


def columns(engine: Engine) -> set[str]:
    return {column["name"] for column in inspect(engine).get_columns("orders")}


def test_every_template_of_alembic_runs_over_our_connection_and_in_its_transaction(repository, engine):
    where = environment(repository)
    with engine.begin() as connection:
        assert schema_changes.applied(connection, where) == {"0001"}
        schema_changes.upgrade(connection, where, "0002")
        there = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        if engine.dialect.name != "mysql":  # whose DDL commits by itself
            connection.rollback()

    assert there == "0002"
    with engine.begin() as connection:
        if engine.dialect.name != "mysql":
            assert schema_changes.applied(connection, where) == {"0001"}
            schema_changes.upgrade(connection, where, "0002")
    assert columns(engine) == {"id", "name", "note"}
    assert "0002 (head)" in repository.alembic("current")
    with engine.begin() as connection:
        schema_changes.downgrade(connection, where, "0002")
    assert columns(engine) == {"id", "name"}


@pytest.mark.parametrize("template", ["multidb"], indirect=True)
def test_of_several_databases_only_the_one_that_is_meant_is_migrated(repository, engine, tmp_path):
    with engine.begin() as connection:
        schema_changes.upgrade(connection, environment(repository), "0002")
    other = databases.create_engine(f"sqlite:///{tmp_path / 'other.db'}")

    with other.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0001"
    other.dispose()


def test_what_env_py_says_of_its_version_table_holds(tmp_path, database_url, engine):
    repository = alembics.make(tmp_path, "generic", database_url)
    repository.change_env(
        "connection=connection,",
        'connection=connection, version_table="shop_versions", transaction_per_migration=True,',
    )
    repository.revision("0001", ORDERS)
    repository.alembic("upgrade", "head")
    with engine.begin() as connection:
        assert schema_changes.applied(connection, environment(repository)) == {"0001"}

    assert not inspect(engine).has_table("alembic_version")


def test_an_env_py_that_takes_the_connection_opens_none(tmp_path, database_url, engine):
    repository = shop(tmp_path, "generic", database_url)
    repository.change_env(
        "    connectable = engine_from_config(",
        """\
    given = config.attributes.get("connection")
    if given is not None:
        context.configure(connection=given, target_metadata=target_metadata)
        context.run_migrations()
        return
    connectable = engine_from_config(""",
    )
    settings = tmp_path / "alembic.ini"
    settings.write_text(settings.read_text().replace(database_url, "driver://user:pass@localhost/dbname"))
    with engine.begin() as connection:
        schema_changes.upgrade(connection, environment(repository), "0002")

    assert "note" in columns(engine)


def test_an_env_py_that_migrates_another_database_is_refused(tmp_path, database_url, engine):
    repository = alembics.make(tmp_path, "generic", database_url)
    repository.revision("0001", ORDERS)
    settings = tmp_path / "alembic.ini"
    settings.write_text(settings.read_text().replace(database_url, f"sqlite:///{tmp_path}/elsewhere.db"))

    with (
        engine.connect() as connection,
        pytest.raises(ContractctlError, match=r"env.py migrates sqlite database '.*elsewhere.db', and") as refusal,
    ):
        schema_changes.upgrade(connection, environment(repository), "0001")
    assert 'given = config.attributes.get("connection")' in str(refusal.value.hint)
    assert not inspect(engine).has_table("orders")


def test_another_schema_of_the_same_database_is_another_place(tmp_path, postgresql_url):
    repository = shop(tmp_path, "generic", postgresql_url)
    repository.change_env(
        "    with connectable.connect() as connection:\n",
        "    with connectable.connect() as connection:\n"
        "        connection.exec_driver_sql('CREATE SCHEMA IF NOT EXISTS tenant')\n"
        "        connection.exec_driver_sql('SET search_path TO tenant')\n"
        "        connection.commit()\n",
    )
    engine = databases.create_engine(postgresql_url)

    with (
        engine.connect() as connection,
        pytest.raises(ContractctlError, match=r"\(schema tenant\), and .*schema public"),
    ):
        schema_changes.applied(connection, environment(repository))
    engine.dispose()


def test_an_env_py_that_migrates_schema_after_schema_is_refused_before_anything_is_done(tmp_path, sqlite_url):
    repository = shop(tmp_path, "generic", sqlite_url)
    repository.change_env(
        "        with context.begin_transaction():\n            context.run_migrations()\n\n\nif",
        "        for _tenant in 'ab':\n            context.run_migrations()\n\n\nif",
    )
    engine = databases.create_engine(sqlite_url)

    with engine.begin() as connection, pytest.raises(ContractctlError, match="several times in one database"):
        schema_changes.upgrade(connection, environment(repository), "0002")
    assert columns(engine) == {"id", "name"}
    engine.dispose()


def test_an_env_py_that_cannot_be_run_is_said_in_words(tmp_path, sqlite_url):
    repository = shop(tmp_path, "generic", sqlite_url)
    repository.change_env("config = context.config", "config = context.config\nfrom shop.models import Base")
    engine = databases.create_engine(sqlite_url)

    with engine.begin() as connection, pytest.raises(ContractctlError, match=r"env\.py cannot be run: ModuleNotFound"):
        schema_changes.applied(connection, environment(repository))
    engine.dispose()
