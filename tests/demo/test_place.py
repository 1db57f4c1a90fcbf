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
