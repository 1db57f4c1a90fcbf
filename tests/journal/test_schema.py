"""Are the journal's tables made and upgraded, quickly, and never downgraded?"""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from contractctl import journal, resources
from contractctl.databases import sqlite
from contractctl.errors import ContractctlError
from contractctl.journal import tables


def test_the_head_that_is_known_is_the_newest_revision() -> None:
    assert ScriptDirectory(str(resources.migrations())).get_heads() == [journal.HEAD]


def test_the_tables_are_those_that_the_code_reads(engine: Engine) -> None:
    for table in tables.JOURNAL.metadata.tables.values():
        assert {column["name"] for column in inspect(engine).get_columns(table.name)} == set(table.columns.keys())


def test_opening_an_open_journal_does_not_import_alembic(tmp_path: Path, engine: Engine) -> None:
    program = (
        "import sys\nfrom contractctl import journal\nfrom contractctl.databases import sqlite\n"
        f"journal.open(sqlite.create_engine('sqlite:///{tmp_path}/shop.db'))\n"
        "print('alembic' in sys.modules)"
    )

    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"


def test_tables_of_a_newer_contractctl_are_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE contractctl_version SET version_num = '9999'"))

    with pytest.raises(ContractctlError, match="newer contractctl"):
        journal.open(engine)


def test_the_users_own_alembic_version_stays_untouched(tmp_path: Path) -> None:
    engine = sqlite.create_engine(f"sqlite:///{tmp_path}/shop.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))

    journal.open(engine)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["theirs"]


def test_many_at_once_make_the_tables_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            journal.open(sqlite.create_engine(f"sqlite:///{tmp_path}/shop.db"))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must say it
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
