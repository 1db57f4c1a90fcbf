"""The shop's helpers stand beside the tests, since a program of their own imports them too."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import shop

    folder = tmp_path_factory.mktemp("shop")
    shop.make(folder)
    return folder


@pytest.fixture(autouse=True)
def engines_are_closed() -> Iterator[None]:
    """Python 3.13 tells of every connection that is not."""
    import shop

    yield
    while shop.OPEN:
        shop.OPEN.pop().dispose()


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """A shop of 50 orders, with a plan and its revisions; nothing has been done yet."""
    return shutil.copytree(template, tmp_path / "shop")


@pytest.fixture(scope="module")
def shops(
    request: pytest.FixtureRequest, engine_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Path]]:
    """A shop with rows to fill for each plan, on the engine that the test's file says."""
    import filling

    with ExitStack() as stack:
        found = {}
        for name, plan in filling.PLANS.items():
            found[name] = tmp_path_factory.mktemp(name)
            filling.made(found[name], stack.enter_context(filling.fresh(request, engine_name)), plan)
        yield found


@pytest.fixture
def shop_for(shops: dict[str, Path], tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Copies of them, by the plan's name."""
    import databases_copied
    import filling

    there = []

    def make(name: str) -> Path:
        there.append(tmp_path / f"copy_{name}")
        databases_copied.copy(shops[name], there[-1])
        return there[-1]

    yield make
    filling.close()
    for folder in there:
        databases_copied.remove(folder)


@pytest.fixture
def unfilled_shop(shop_for: Callable[[str], Path]) -> Path:
    """A copy of the one whose plan only renames."""
    return shop_for("plain")
