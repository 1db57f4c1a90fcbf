"""Are the journal's tables made and upgraded, quickly, and never downgraded?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, make_url, text

from contractctl import databases, journal, resources
from contractctl.databases import run
from contractctl.errors import ContractctlError
from contractctl.journal import EntryKind, Note, RefusedError, tables
from tests import budgets
from tests.journal.conftest import Together, opened
from tests.servers import Server


def test_the_head_that_is_known_is_the_newest_revision() -> None:
    assert ScriptDirectory(str(resources.migrations())).get_heads() == [journal.HEAD]


def test_the_tables_are_those_that_the_code_reads(engine: Engine) -> None:
    for table in tables.JOURNAL.metadata.tables.values():
        assert {column["name"] for column in inspect(engine).get_columns(table.name)} == set(table.columns.keys())


def test_a_journal_whose_tables_are_gone_begins_anew(postgresql_url: str) -> None:
    """A dump that leaves contractctl's tables out brings their function back."""
    engine = databases.create_engine(postgresql_url)
    journal.open(engine)
    with engine.begin() as connection:
        for table in (*tables.JOURNAL.metadata.tables, tables.VERSION.name):
            run(connection, f"DROP TABLE IF EXISTS {table} CASCADE")

    journal.open(engine)

    with journal.reading(engine) as connection:
        assert journal.version(connection) == journal.HEAD
    engine.dispose()


def test_opening_an_open_journal_does_not_import_alembic(database_url: str, engine: Engine) -> None:
    program = (
        "import sys\nfrom contractctl import databases, journal\n"
        f"journal.open(databases.create_engine({database_url!r}))\n"
        "print('alembic' in sys.modules)"
    )

    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"


def test_tables_of_a_newer_contractctl_are_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE contractctl_version SET version_num = '9999'"))

    with pytest.raises(ContractctlError, match="newer contractctl"):
        journal.open(engine)


@pytest.mark.parametrize("loss", ["DROP TABLE contractctl_version", "DELETE FROM contractctl_version"])
def test_a_journal_whose_form_nobody_tells_is_not_taken_for_none(engine: Engine, loss: str) -> None:
    with journal.writing(engine) as connection:
        journal.append(connection, Note("names", EntryKind.OUTCOME, "expand", "1-expand", 1.0, "Ada", "", {}))
        run(connection, loss)

    with journal.reading(engine) as connection, pytest.raises(ContractctlError, match="is missing or empty") as refusal:
        journal.version(connection)
    assert "restore contractctl_version from a backup" in str(refusal.value.hint)
    with pytest.raises(ContractctlError, match="is missing or empty"):
        journal.open(engine)


def test_the_users_own_alembic_version_stays_untouched(database_url: str) -> None:
    engine = databases.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))

    journal.open(engine)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["theirs"]
    engine.dispose()


def test_many_processes_at_once_make_the_tables_once(database_url: str, together: Together) -> None:
    together(database_url, "journal.open(engine)")

    with opened(database_url) as engine, journal.reading(engine) as connection:
        assert run(connection, "SELECT version_num FROM contractctl_version").scalars().all() == [journal.HEAD]


EVERY = 3
"""ci/fuzz tries each point."""
LEAST_POINTS = {"sqlite": 14, "postgresql": 20, "mysql": 20}


def test_a_process_that_is_killed_while_it_makes_the_tables_is_no_hindrance(database_url: str) -> None:
    driver = Path(__file__).parent / "killed_opening.py"
    engine = make_url(database_url).get_backend_name()
    every = 1 if os.environ.get(budgets.VARIABLE) else EVERY
    done = subprocess.run(
        [sys.executable, str(driver), database_url, str(every)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr

    found = json.loads(done.stdout)
    assert found["wrong"] == {}, done.stderr
    assert found["points"] > LEAST_POINTS[engine] - every


def test_the_tables_can_be_taken_away_again(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.migrations()))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert set(inspect(engine).get_table_names()) == {"contractctl_version"}
    journal.open(engine)


def test_a_database_of_another_character_set_holds_the_journal_as_well(mariadb_server: Server) -> None:
    mariadb_server.run("CREATE DATABASE old CHARACTER SET latin1 COLLATE latin1_swedish_ci")
    try:
        with opened(mariadb_server.url("old")) as engine:
            note = Note("names", EntryKind.CHECK, "verify", "🙂 Ü", 1.0, "Ünïcode 🙂", "", {"🙂": "Ü"})
            with journal.writing(engine) as connection:
                journal.append(connection, note)
            with journal.reading(engine) as connection:
                journal.verify_chain(connection, "names")
                assert journal.entries(connection, "names")[0].actor == "Ünïcode 🙂"
    finally:
        mariadb_server.run("DROP DATABASE old")


def test_a_schema_of_ones_own_holds_the_journal(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, engine.begin() as connection:
        run(connection, "CREATE SCHEMA shop")

    with opened(f"{postgresql_url}?options=-csearch_path%3Dshop") as engine:
        assert set(inspect(engine).get_table_names(schema="shop")) >= {"contractctl_journal", "contractctl_version"}


def test_a_second_operator_under_another_role_is_told_to_be_a_member_of_the_first(
    postgresql_server: Server, postgresql_url: str
) -> None:
    with opened(postgresql_url):
        postgresql_server.run("CREATE ROLE dora LOGIN")
    try:
        with (
            pytest.raises(RefusedError, match="may not do that: permission denied for table contractctl_") as refusal,
            opened(postgresql_url.replace("postgres@", "dora@")),
        ):
            pass
    finally:
        postgresql_server.run("DROP ROLE dora")

    hint = "connect as the role that owns it, or as a member of that role: GRANT the role TO this user"
    assert refusal.value.hint == hint


def test_a_user_who_may_make_no_tables_is_told(postgresql_server: Server, postgresql_url: str) -> None:
    postgresql_server.run("CREATE ROLE carl LOGIN")
    try:
        with (
            pytest.raises(RefusedError, match="may not do that") as refusal,
            opened(postgresql_url.replace("postgres@", "carl@")),
        ):
            pass
    finally:
        postgresql_server.run("DROP ROLE carl")

    assert "grant it" in (refusal.value.hint or "")
