"""Does log know who released what and when, and say so where git cannot know?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run

Git = Callable[..., str]
OLD = '{"type": "record", "name": "Placed", "fields": [{"name": "total", "type": "int"}]}'
NEW = OLD.replace('"int"}', '"int"}, {"name": "note", "type": "string", "default": ""}')


@pytest.fixture
def folder(tmp_path: Path, git: Git, contractctl: Run) -> Path:
    """A contract released and committed as 1.0.0, then as 1.1.0."""
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "avro"\ndraft = "placed.avsc"\n')
    git("init", "-q", "-b", "main")
    for text in (OLD, NEW):
        (folder / "placed.avsc").write_text(text)
        contractctl("release", "orders/placed")
        git("add", "-A")
        git("commit", "-qm", "A release")
    return folder


def releases(contractctl: Run, *arguments: str, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(contractctl("log", *arguments, "--format", "json", **options).stdout)[
        "releases"
    ]
    return found


def test_each_release_has_the_commit_that_brought_it(contractctl: Run, folder: Path, git: Git) -> None:
    found = {one["version"]: one for one in releases(contractctl)}

    assert found["1.0.0"]["commit"] == git("rev-parse", "HEAD~1")
    assert found["1.1.0"]["commit"] == git("rev-parse", "HEAD")
    assert found["1.1.0"]["author"] == "Ada Lovelace <ada@example.org>"
    assert found["1.1.0"]["summary"] == "A release"


def test_the_text_has_a_line_for_each_release(contractctl: Run, folder: Path) -> None:
    heads, *rows = contractctl("log").stdout.splitlines()

    assert heads.split() == ["WHEN", "CONTRACT", "VERSION", "DIGEST", "COMMIT", "WHO"]
    assert len(rows) == 2
    assert all("orders/placed" in row and "Ada Lovelace <ada@example.org>" in row for row in rows)


def test_a_contract_that_was_renamed_keeps_who_released_it(contractctl: Run, folder: Path, git: Git) -> None:
    before = {one["version"]: one["commit"] for one in releases(contractctl)}

    git("mv", "contracts/orders/placed", "contracts/orders/order-placed")
    git("commit", "-qm", "A better name")

    assert {one["version"]: one["commit"] for one in releases(contractctl, "orders/order-placed")} == before


def test_a_release_of_the_draft_s_own_text_is_not_taken_for_the_draft(contractctl: Run, folder: Path, git: Git) -> None:
    git("commit", "--allow-empty", "-qm", "Nothing")

    assert releases(contractctl)[0]["commit"] != git("rev-parse", "HEAD")
    assert {one["version"] for one in releases(contractctl)} == {"1.0.0", "1.1.0"}


def test_a_release_that_is_not_committed_comes_first_and_says_so(contractctl: Run, folder: Path) -> None:
    (folder / "placed.avsc").write_text(NEW.replace("note", "remark"))
    contractctl("release", "orders/placed", "--version", "2.0.0")

    found = releases(contractctl)

    assert found[0]["version"] == "2.0.0"
    assert (found[0]["commit"], found[0]["unknown"]) == (None, "not committed yet")
    assert "not committed yet" in contractctl("log").stdout


def test_what_lies_before_a_shallow_clone_is_unknown_and_not_blamed_on_its_first_commit(
    contractctl: Run, folder: Path, git: Git, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("later")
    git("add", "README.md")
    git("commit", "-qm", "Later")
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", str(tmp_path / "clone"))

    found = releases(contractctl, cwd=tmp_path / "clone")

    assert {one["unknown"] for one in found} == {"before this shallow clone begins"}
    assert {one["commit"] for one in found} == {None}


def test_a_release_that_came_by_a_merged_branch_has_the_branch_s_commit(
    contractctl: Run, folder: Path, git: Git
) -> None:
    git("checkout", "-q", "-b", "feature")
    (folder / "placed.avsc").write_text(NEW.replace("note", "remark"))
    contractctl("release", "orders/placed", "--version", "2.0.0")
    git("add", "-A")
    git("commit", "-qm", "Two")
    branch = git("rev-parse", "HEAD")
    git("checkout", "-q", "main")
    git("commit", "--allow-empty", "-qm", "Meanwhile")
    git("merge", "-q", "--no-ff", "-m", "Merge", "feature")

    assert {one["version"]: one["commit"] for one in releases(contractctl)}["2.0.0"] == branch


def test_without_git_the_releases_are_still_shown(contractctl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "avro"\ndraft = "placed.avsc"\n')
    (folder / "placed.avsc").write_text(OLD)
    contractctl("release", "orders/placed")

    assert [one["unknown"] for one in releases(contractctl)] == ["no git"]


def test_a_signed_log_and_other_settings_of_the_user_change_nothing(contractctl: Run, folder: Path, git: Git) -> None:
    before = releases(contractctl)

    for key, value in (("log.showSignature", "true"), ("color.ui", "always"), ("diff.renames", "false")):
        git("config", key, value)
    git("config", "log.showRoot", "false")

    assert releases(contractctl) == before


def test_nothing_released_is_said(contractctl: Run) -> None:
    assert contractctl("log").stdout == "nothing was released yet\n"
