"""Does `check --against` pass over what changed in a git submodule? It must not, and says how it is judged."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

Git = Callable[..., str]


def put(path: Path, type_: str) -> None:
    fields = [{"name": "id", "type": type_}]
    path.write_text(json.dumps({"type": "record", "name": "Order", "fields": fields}))


@pytest.fixture
def shop(tmp_path: Path, git: Git) -> Path:
    """A repository on main with the submodule `shared`, whose only contract is changed and committed there."""
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    for folder in (inner, outer):
        folder.mkdir()
        git("init", "-q", "-b", "main", cwd=folder)
    put(inner / "order.avsc", "long")
    git("add", "-A", cwd=inner)
    git("commit", "-qm", "An order", cwd=inner)
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "shared", cwd=outer)
    git("commit", "-qm", "A submodule", cwd=outer)
    put(outer / "shared/order.avsc", "int")
    git("commit", "-qam", "Smaller numbers", cwd=outer / "shared")
    return outer


def test_a_contract_in_a_submodule_that_moved_is_unknown_and_judged_inside(shop: Path, contractctl: Run) -> None:
    done = contractctl("check", "--against", "main", cwd=shop, code=3)
    way = done.stdout.partition("run contractctl ")[2].partition(" in shared")[0]

    assert "shared/order.avsc" in done.stdout
    assert "Order.id" in contractctl(*way.split(), cwd=shop / "shared", code=1).stdout
    contractctl("check", "--against", "main", "shared/*.avsc", cwd=shop, code=3)
    contractctl("check", "--against", "main", ".gitmodules", cwd=shop)


def test_what_is_not_committed_in_a_submodule_counts(shop: Path, git: Git, contractctl: Run) -> None:
    git("commit", "-qam", "Bump", cwd=shop)
    contractctl("check", "--against", "main", cwd=shop)
    contractctl("check", "--against", "main", "shared/**/*.avsc", cwd=shop)
    put(shop / "shared/order.avsc", "string")

    assert "shared/order.avsc" in contractctl("check", "--against", "main", cwd=shop, code=3).stdout


def test_a_submodule_that_is_not_here_is_refused_with_what_to_do(shop: Path, git: Git, contractctl: Run) -> None:
    git("checkout", "-q", "-b", "feature", cwd=shop)
    git("commit", "-qam", "Bump", cwd=shop)
    git("submodule", "deinit", "-q", "-f", "shared", cwd=shop)

    refused = contractctl("check", "--against", "main", cwd=shop, code=2).stderr
    assert "git submodule update --init shared" in refused
    contractctl("check", "--against", "main", ".gitmodules", cwd=shop)


def test_a_draft_in_a_submodule_is_judged_and_what_is_no_contract_is_told(
    shop: Path, git: Git, contractctl: Run
) -> None:
    contract = shop / "contracts/shop/order"
    (contract / "versions").mkdir(parents=True)
    (contract / "contract.toml").write_text('format = "avro"\nowner = "shop"\ndraft = "../../../shared/order.avsc"\n')
    git("checkout", "-q", "HEAD~1", cwd=shop / "shared")
    contractctl("release", "shop/order", "--version", "1.0.0", cwd=shop)
    git("add", "contracts", cwd=shop)
    git("commit", "-qm", "A contract", cwd=shop)
    put(shop / "shared/order.avsc", "int")

    done = contractctl("check", "--against", "main", cwd=shop, code=1)
    assert "Order.id" in done.stdout
    assert "shared (a submodule)" in done.stderr


@pytest.mark.parametrize(
    "paths", [[], ["."], ["shared"], ["shared/"], ["shared/*.avsc"], ["shared/order.avsc"], ["**/*.avsc"]]
)
def test_what_lay_in_a_submodule_that_is_gone_is_unknown(
    shop: Path, git: Git, contractctl: Run, paths: list[str]
) -> None:
    git("rm", "-q", "-f", "shared", cwd=shop)

    said = contractctl("check", "--against", "main", *paths, cwd=shop, code=3).stdout

    assert "the submodule 'shared' was removed since " in said
    assert "git checkout " in said


def test_a_submodule_that_is_gone_is_nothing_to_paths_beside_it(shop: Path, git: Git, contractctl: Run) -> None:
    put(shop / "order.avsc", "int")
    git("add", "-A", cwd=shop)
    git("commit", "-qm", "An order", cwd=shop)
    git("rm", "-q", "-f", "shared", cwd=shop)
    put(shop / "order.avsc", "long")

    said = contractctl("check", "--against", "main", "*.avsc", cwd=shop).stdout

    assert "1 pair judged" in said
    assert "shared" not in said


def test_a_submodule_that_became_a_folder_is_unknown(shop: Path, git: Git, contractctl: Run) -> None:
    git("rm", "-q", "-f", "shared", cwd=shop)
    (shop / "shared").mkdir()
    put(shop / "shared/order.avsc", "string")
    git("add", "-A", cwd=shop)

    said = contractctl("check", "--against", "main", "shared/order.avsc", cwd=shop, code=3).stdout

    assert "the submodule 'shared' was removed since " in said
