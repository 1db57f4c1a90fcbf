"""A shop on MariaDB alone."""

import pytest

from tests.databases.shops import MARIADB, Words


@pytest.fixture
def words() -> Words:
    return MARIADB
