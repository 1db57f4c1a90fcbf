"""A shop on PostgreSQL alone, and applications that have few rights there.

The tests of a file have one database in turn: to empty it is quicker than to make another.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.databases import shops
from tests.databases.shops import POSTGRESQL, Shop, Words
from tests.servers import Server

_NUMBERS = count(1)


@pytest.fixture
def words() -> Words:
    return POSTGRESQL


@pytest.fixture(scope="module")
def one_database(postgresql_server: Server) -> Iterator[str]:
    with postgresql_server.database() as url:
        yield url


@pytest.fixture
def shop(words: Words, one_database: str) -> Iterator[Shop]:
    with shops.opened(words, one_database) as shop:
        yield shop
        shop.app.rollback()
        shop.engine.dispose()
        for statement in (*_written("SCHEMA", _SCHEMAS, shop), *_written("PUBLICATION", _PUBLICATIONS, shop)):
            shop.run(statement)
        shop.run("CREATE SCHEMA public")
        shop.run("GRANT USAGE ON SCHEMA public TO PUBLIC")


_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
_PUBLICATIONS = "SELECT pubname FROM pg_publication"


def _written(what: str, query: str, shop: Shop) -> list[str]:
    return [f'DROP {what} "{name}" CASCADE' for (name,) in shop.rows(query)]


@pytest.fixture
def role(shop: Shop) -> Iterator[str]:
    """The name of a user who may do nothing yet."""
    name = f"writer_{next(_NUMBERS)}"
    shop.run(f"CREATE ROLE {name} LOGIN")
    yield name
    shop.run(f"DROP OWNED BY {name}")
    shop.run(f"DROP ROLE {name}")


@pytest.fixture
def connect_as(shop: Shop) -> Iterator[Callable[[str], Any]]:
    """One more connection, as somebody else."""
    opened = []

    def connect(name: str) -> Any:
        url = make_url(shop.url).set(drivername="postgresql", username=name)
        connection = psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()
