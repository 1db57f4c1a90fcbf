"""Does check --against hold a branch to what its base promised, whatever the branch says of itself?"""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run

Git = Callable[..., str]
OLD = '{"type": "record", "name": "Placed", "fields": [\n  {"name": "id", "type": "long"},\n  %s]}\n'
FIELD = '{"name": "customer", "type": "string"}'
BROKEN, OLD = OLD % '{"name": "buyer", "type": "string"}', OLD % FIELD
PROTO = 'syntax = "proto3";\npackage shop;\nmessage Placed {\n  int64 id = 1;\n  string %s = 2;\n}\n'
CONTRACT = 'format = "avro"\ncompatibility = "BACKWARD"\ndraft = "../../../placed.avsc"\n'
TOML, DRAFT = "contracts/shop/placed/contract.toml", "placed.avsc"


@pytest.fixture
def branch(tmp_path: Path, git: Git) -> Path:
    """A branch of a repository that knows nothing of contractctl."""
    (tmp_path / DRAFT).write_text(OLD)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "work")
    return tmp_path


@pytest.fixture
def adopted(branch: Path) -> Path:
    """The same, where the branch has brought the schema under contractctl."""
    (branch / TOML).parent.mkdir(parents=True)
    (branch / TOML).write_text(CONTRACT)
    return branch


def on_main(git: Git) -> None:
    """What was done up to here is the base of what follows."""
    git("add", "-A")
    git("commit", "-qm", "more")
    git("branch", "-qf", "main")


def pairs(contractctl: Run, *targets: str, code: int = 1) -> list[tuple[str, str]]:
    answer: dict[str, Any] = json.loads(
        contractctl("check", "--against", "main", "--format", "json", *targets, code=code).stdout
    )
    return [(pair["old"].split(" at ")[0], pair["new"]) for pair in answer["pairs"] if pair["verdict"] != "compatible"]


def test_what_is_adopted_and_changed_in_one_branch_is_held_against_what_it_was(adopted: Path, contractctl: Run) -> None:
    contractctl("check", "--against", "main")
    (adopted / DRAFT).write_text(BROKEN)

    assert pairs(contractctl) == [("placed.avsc", "draft")]
    assert pairs(contractctl, DRAFT) == pairs(contractctl, "shop/placed") == [("placed.avsc", "draft")]
    contractctl("release", "shop/placed")
    assert pairs(contractctl) == [("placed.avsc", "1.0.0")]


def test_an_adoption_that_asks_for_less_than_before_protects_all_the_same(adopted: Path, contractctl: Run) -> None:
    (adopted / TOML).write_text(CONTRACT.replace("BACKWARD", "NONE"))
    (adopted / DRAFT).write_text(BROKEN)

    assert pairs(contractctl) == [("placed.avsc", "draft")]


@pytest.mark.parametrize("name", [DRAFT, "schema.avsc"])
def test_what_moves_into_its_contract_is_held_against_what_it_was(
    adopted: Path, name: str, git: Git, contractctl: Run
) -> None:
    git("mv", DRAFT, f"contracts/shop/placed/{name}")
    (adopted / TOML).write_text(CONTRACT.replace(f"../../../{DRAFT}", name))
    (adopted / f"contracts/shop/placed/{name}").write_text(BROKEN)
    contractctl("release", "shop/placed")
    git("add", "-A")  # git takes one of the two for what was moved: the draft, or the release
    git("commit", "-qm", "all of it")

    assert pairs(contractctl) == [("placed.avsc", "1.0.0")]
    (adopted / TOML).write_text('format = "avro"\n')
    (adopted / f"contracts/shop/placed/{name}").unlink()
    git("add", "-A")
    assert "placed.avsc (contract-deleted)" in contractctl("check", "--against", "main", code=1).stdout


def test_a_release_is_not_what_another_file_was_moved_to(branch: Path, git: Git, contractctl: Run) -> None:
    (branch / "proto").mkdir()
    for name in ("Placed", "Shipped"):
        (branch / f"proto/{name}.proto").write_text((PROTO % "customer").replace("Placed", name))
    on_main(git)
    git("mv", "proto", "api")
    (branch / "api/Shipped.proto").unlink()
    (branch / TOML).parent.mkdir(parents=True)
    (branch / TOML).write_text('format = "protobuf"\ndraft = "../../../api"\n')
    contractctl("release", "shop/placed")
    git("add", "-A")

    said = contractctl("check", "--against", "main", code=1).stdout
    assert "proto/Shipped.proto (contract-deleted)" in said.splitlines()[0]


def test_a_file_that_was_moved_is_judged_where_either_of_its_paths_is_named(
    branch: Path, git: Git, contractctl: Run
) -> None:
    (branch / "events").mkdir()
    git("mv", DRAFT, "events/moved.avsc")
    (branch / "events/moved.avsc").write_text(BROKEN)

    for path in ("events/moved.avsc", "events/*", DRAFT):
        assert pairs(contractctl, path) == [("placed.avsc", "events/moved.avsc")]


def test_what_moves_into_the_store_and_belongs_to_no_contract_is_not_lost(
    adopted: Path, git: Git, contractctl: Run
) -> None:
    git("mv", DRAFT, "contracts/shop/placed/other.avsc")
    (adopted / "contracts/shop/placed/other.avsc").write_text(BROKEN)
    (adopted / TOML).write_text('format = "avro"\n')

    assert pairs(contractctl) == [("placed.avsc", "contracts/shop/placed/other.avsc")]


def test_a_draft_that_was_never_released_is_held_against_what_the_base_has(
    adopted: Path, git: Git, contractctl: Run
) -> None:
    on_main(git)
    (adopted / TOML).write_text(CONTRACT.replace(DRAFT, "other.avsc"))
    (adopted / "other.avsc").write_text(BROKEN)
    contractctl("release", "shop/placed")

    assert pairs(contractctl) == [("placed.avsc", "1.0.0")]

    for form in ("text", "github"):
        said = contractctl("check", "--against", "main", "--format", form, code=1).stdout
        assert said.splitlines()[-1].startswith("note: shop/placed had no release at ")
        assert "To stage the change, first release them as they were" in said
        assert "with [[accepted]] in its contract.toml" in said


def test_a_folder_that_is_adopted_is_held_against_what_it_was(branch: Path, git: Git, contractctl: Run) -> None:
    (branch / "proto/shop").mkdir(parents=True)
    (branch / "proto/shop/placed.proto").write_text(PROTO % "customer")
    (branch / "proto/shop/all.proto").write_text('syntax = "proto3";\nimport "shop/placed.proto";\n')
    on_main(git)
    git("mv", "proto", "api")
    (branch / "api/shop/placed.proto").write_text((PROTO % "customer").replace("string", "bytes"))
    (branch / TOML).parent.mkdir(parents=True)
    (branch / TOML).write_text('format = "protobuf"\ndraft = "../../../api"\n')

    assert pairs(contractctl) == [("proto", "draft")]


def test_a_step_after_the_adoption_may_be_a_major_one(adopted: Path, contractctl: Run) -> None:
    contractctl("release", "shop/placed")
    (adopted / DRAFT).write_text(BROKEN)
    contractctl("release", "shop/placed", "--major")

    assert pairs(contractctl, code=0) == [("1.0.0", "2.0.0")]


def test_what_the_base_judged_is_judged_though_the_branch_brings_contracts(
    adopted: Path, git: Git, contractctl: Run
) -> None:
    (adopted / "alone.avsc").write_text(OLD)
    git("add", "alone.avsc")
    git("commit", "-qm", "another schema")
    git("branch", "-qf", "main")
    (adopted / "alone.avsc").write_text(BROKEN)

    assert pairs(contractctl) == [("alone.avsc", "alone.avsc")]


def test_every_release_of_a_branch_is_held_against_the_one_before_it(adopted: Path, git: Git, contractctl: Run) -> None:
    contractctl("release", "shop/placed")
    on_main(git)
    versions = adopted / "contracts/shop/placed/versions"
    for number in ("1.1.0", "1.2.0"):
        (versions / f"{number}.avsc").write_text(BROKEN)
    (adopted / DRAFT).write_text(BROKEN.replace('"name": "Placed"', '"name": "Placed", "doc": ""'))
    contractctl("release", "shop/placed", "--major", code=2)

    assert ("1.0.0", "1.1.0") in pairs(contractctl)


def test_another_format_is_no_next_version(adopted: Path, git: Git, contractctl: Run) -> None:
    contractctl("release", "shop/placed")
    on_main(git)
    (adopted / TOML).write_text(CONTRACT.replace("avro", "json-schema"))
    (adopted / DRAFT).write_text(BROKEN)

    said = contractctl("check", "--against", "main", code=3).stdout
    assert "was avro" in said
    assert "is json-schema now" in said

    (adopted / "placed.schema.json").write_text('{"type": "object"}')
    (adopted / TOML).write_text(CONTRACT.replace("avro", "json-schema").replace(DRAFT, "placed.schema.json"))
    assert "1.0.0 is avro, and the draft is json-schema" in contractctl("check", code=3).stdout
    assert "not released" in contractctl("release", "shop/placed", code=1).stdout


def test_a_choice_that_is_taken_back_on_the_way_protects_all_the_same(branch: Path, git: Git, contractctl: Run) -> None:
    (branch / "placed.proto").write_text(PROTO % "customer")
    (branch / TOML).parent.mkdir(parents=True)
    (branch / TOML).write_text('format = "protobuf"\ndraft = "../../../placed.proto"\n')
    contractctl("release", "shop/placed")
    on_main(git)
    (branch / TOML).write_text('format = "protobuf"\ndraft = "../../../placed.proto"\nencodings = ["binary"]\n')
    (branch / "placed.proto").write_text(PROTO % "buyer")

    contractctl("check")
    assert pairs(contractctl) == [("1.0.0", "draft")]


@pytest.mark.parametrize("settings", ['level = "NONE"\n', 'level = "FORWARD"\n'])
def test_a_level_that_the_repository_lowers_on_the_way_protects_all_the_same(
    branch: Path, settings: str, contractctl: Run
) -> None:
    (branch / "contractctl.toml").write_text(settings)
    (branch / DRAFT).write_text(OLD.replace('"long"', '"int"'))

    assert pairs(contractctl) == [("placed.avsc", "placed.avsc")]


def test_unknown_that_may_pass_from_this_branch_on_does_not_pass_in_it(branch: Path, contractctl: Run) -> None:
    (branch / "contractctl.toml").write_text("unknown_passes = true\n")
    (branch / DRAFT).write_text('{"$schema": "https://json-schema.org/draft/2020-12/schema"}')
    (branch / DRAFT).rename(branch / "placed.json")


def test_a_draft_that_was_moved_and_edited_past_recognition_is_judged_and_not_gone(
    adopted: Path, contractctl: Run, git: Git
) -> None:
    """To git, a file of one line that differs is another file."""
    (adopted / DRAFT).write_text(OLD.replace("\n", ""))
    contractctl("release", "shop/placed")
    on_main(git)
    (adopted / DRAFT).rename(adopted / "moved.avsc")
    (adopted / "moved.avsc").write_text(OLD.replace("\n", "").replace("long", "double"))
    (adopted / TOML).write_text(CONTRACT.replace(DRAFT, "moved.avsc"))

    assert contractctl("check", "--against", "main").stdout.startswith("compatible: ")
    (adopted / TOML).write_text(CONTRACT.replace('draft = "../../../placed.avsc"\n', ""))
    assert "contract-deleted  placed.avsc" in contractctl("check", "--against", "main", code=1).stdout


@pytest.mark.parametrize("draft", ["current.avsc", "current/placed.avsc"])
def test_a_link_to_the_draft_that_leads_to_another_file_now_changes_the_draft(
    branch: Path, contractctl: Run, git: Git, draft: str
) -> None:
    for folder, text in (("v1", OLD), ("v2", BROKEN)):
        (branch / folder).mkdir()
        (branch / folder / DRAFT).write_text(text)
    link, to = branch / Path(draft).parts[0], "/".join(["{}", *([DRAFT] if "/" not in draft else [])])
    link.symlink_to(to.format("v1"))
    (branch / TOML).parent.mkdir(parents=True)
    (branch / TOML).write_text(CONTRACT.replace(DRAFT, draft))
    contractctl("release", "shop/placed")
    on_main(git)
    link.unlink()
    link.symlink_to(to.format("v2"))

    assert pairs(contractctl) == [("1.0.0", "draft")]


def test_a_store_may_be_the_root_of_its_repository(branch: Path, git: Git, contractctl: Run) -> None:
    (branch / "contractctl.toml").write_text('contracts = "."\n')
    (branch / "shop/placed").mkdir(parents=True)
    (branch / "shop/placed/contract.toml").write_text(CONTRACT.replace("../../../", "../../"))
    contractctl("release", "shop/placed")
    (branch / "loose.avsc").write_text(OLD)
    (branch / "migrations/versions").mkdir(parents=True)
    (branch / "migrations/versions/1_first.py").write_text("down_revision = None\n")
    on_main(git)
    release, sums = branch / "shop/placed/versions/1.0.0.avsc", branch / "shop/placed/versions/SHA256SUMS"
    release.write_text(BROKEN)
    sums.write_text(f"{sha256(BROKEN.encode()).hexdigest()}  {release.name}\n")
    (branch / "migrations/versions/1_first.py").write_text("down_revision = '0'\n")
    (branch / "loose.avsc").unlink()

    answer = json.loads(contractctl("check", "--against", "main", "--format", "json", code=1).stdout)

    assert {(one["rule"], one["file"]) for one in answer["problems"]} == {
        ("release-edited", "shop/placed/versions/1.0.0.avsc"),
        ("contract-deleted", "loose.avsc"),
    }


def test_a_store_that_the_settings_name_no_more_is_not_left_unjudged(adopted: Path, contractctl: Run, git: Git) -> None:
    on_main(git)
    (adopted / "contractctl.toml").write_text('contracts = "typo"\n')

    said = contractctl("check", "--against", "main", code=2).stderr

    assert said.startswith("error: the settings name the folder typo/ now, and 1 contract of contracts/ at ")
    assert said.endswith(
        " did not move there: shop/placed\nhint: git mv contracts typo; or set contracts back in the settings\n"
    )
    git("mv", "contracts", "typo")
    assert "error: " not in contractctl("check", "--against", "main").stderr
