"""A shop on each engine in turn. `tests/databases/shops.py` says how an engine is added."""

from collections.abc import Callable, Iterator

import pytest

from contractctl.model.plan import Transform
from contractctl.operations.pairs import Pair
from tests.databases import shops
from tests.databases.shops import Shop, Words


@pytest.fixture(params=shops.ENGINES, ids=str)
def words(request: pytest.FixtureRequest) -> Words:
    engine: Words = request.param
    return engine


@pytest.fixture
def shop(words: Words, request: pytest.FixtureRequest) -> Iterator[Shop]:
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        yield shop


@pytest.fixture
def pair(words: Words) -> Callable[..., Pair]:
    """A pair of the columns old and new."""

    def make(transform: Transform | None = None, *, required: bool = False) -> Pair:
        return shops.pair(words, transform, required=required)

    return make


@pytest.fixture
def shout() -> Transform:
    return Transform("upper(old)", "lower(new)", lossy=True)


@pytest.fixture
def number(words: Words) -> Transform:
    """The old column holds texts and the new one integers."""
    return shops.number(words)
