"""A shop on SQLite alone."""

import pytest

from tests.databases.shops import SQLITE, Words


@pytest.fixture
def words() -> Words:
    return SQLITE
