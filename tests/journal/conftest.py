"""A journal in a real SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from contractctl import journal
from contractctl.databases import sqlite


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = sqlite.create_engine(f"sqlite:///{tmp_path}/shop.db")
    journal.open(made)
    yield made
    made.dispose()
