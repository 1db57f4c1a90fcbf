"""The shop's helpers stand beside the tests, since a program of their own imports them too."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import shop

    folder = tmp_path_factory.mktemp("shop")
    shop.make(folder)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """A shop of 50 orders, with a plan and its revisions; nothing has been done yet."""
    return shutil.copytree(template, tmp_path / "shop")
