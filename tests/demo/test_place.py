"""Is a database that was named for the demo left as it was found?"""

import pytest

from contractctl import databases, journal
from contractctl.demo.place import Place, clear, demand_empty
from contractctl.errors import ContractctlError


def test_a_database_that_the_demo_has_used_is_empty_again(server_url: str) -> None:
    """On MariaDB the journal's tables refer to each other: the one that is referred to cannot go first."""
    engine = databases.create_engine(server_url)
    journal.open(engine)
    engine.dispose()

    with pytest.raises(ContractctlError, match="the database is not empty"):
        demand_empty(Place(server_url))
    clear(Place(server_url))
    demand_empty(Place(server_url))


def test_a_server_that_is_not_there_is_something_to_mend() -> None:
    with pytest.raises(ContractctlError, match="the server cannot be reached"):
        demand_empty(Place("postgresql://somebody@127.0.0.1:1/demo"))
