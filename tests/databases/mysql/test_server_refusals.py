"""What does MariaDB's refusal mean, and what is to be done? Said in words that help at night."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pymysql
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from contractctl.databases import mysql, run
from contractctl.databases.mysql import refusals
from tests.servers import Server


@pytest.fixture
def ask_as(mariadb_server: Server) -> Iterator[Callable[[str], None]]:
    """Make an account, and ask as this one, again and again."""
    url = make_url(mariadb_server.url())

    def ask(made: str) -> None:
        mariadb_server.run(f"CREATE USER odd {made}")
        password = "x" if "IDENTIFIED" in made else ""
        connection = pymysql.connect(host=url.host, port=url.port or 0, user="odd", password=password)
        with closing(connection), connection.cursor() as cursor:
            for _ in range(5):
                cursor.execute("SELECT 1")

    yield ask
    mariadb_server.run("DROP USER IF EXISTS odd")


@pytest.mark.parametrize(
    ("made", "said", "hint"),
    [
        ("WITH MAX_QUERIES_PER_HOUR 1", "this user has used up what it may do within an hour", "MAX_QUERIES_PER_HOUR"),
        ("IDENTIFIED BY 'x' PASSWORD EXPIRE", "the user's password has expired", "new password"),
        ("IDENTIFIED BY 'x' ACCOUNT LOCK", "the account is locked", "ALTER USER … ACCOUNT UNLOCK"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(ask_as: Callable[[str], None], made: str, said: str, hint: str) -> None:
    with pytest.raises(pymysql.Error) as error:
        ask_as(made)
    message, told = mysql.meaning(error.value)

    assert message.startswith(f"{said}: ")
    assert hint in told


def test_a_table_that_was_changed_since_the_snapshot_is_read_again(mariadb_url: str) -> None:
    """Another deployment's ALTER TABLE is no reason for verify to end."""
    engine = mysql.create_engine(mariadb_url)
    with engine.begin() as connection:
        run(connection, "CREATE TABLE t (id INT PRIMARY KEY)")
    with mysql.reading(engine).begin() as snapshot, engine.begin() as other:
        run(other, "ALTER TABLE t FORCE")
        with pytest.raises(DBAPIError, match="Table definition has changed") as error:
            run(snapshot, "SELECT * FROM t")
    engine.dispose()

    assert mysql.busy(error.value)
    assert mysql.meaning(error.value)[0].startswith("another session has changed a table meanwhile: ")


def test_whoever_is_to_come_again_or_has_lost_the_server_is_told_so() -> None:
    for number in refusals.BUSY | refusals.GONE:
        message, _ = mysql.meaning(pymysql.OperationalError(number, "so it is"))
        assert not message.startswith("the database refused"), number
