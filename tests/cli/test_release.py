"""Does release freeze what is there, under a number that tells the truth, once?"""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, Run

Git = Callable[..., str]
OLD = '{"type": "record", "name": "Placed", "fields": [\n  {"name": "customer_name", "type": "string"}]}\n'
WIDER = OLD.replace("]}", ', {"name": "note", "type": "string", "default": ""}]}')
RENAMED = OLD.replace("customer_name", "full_name")
RESPACED = OLD.replace("\n", " ") + "\n"
CONTRACT = 'format = "avro"\nowner = "team-orders"\ncompatibility = "{level}"\ndraft = "placed.avsc"\n'
NAME = "orders/placed"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """The draft of a contract that was never released."""
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(CONTRACT.format(level="BACKWARD"))
    (folder / "placed.avsc").write_text(OLD)
    return folder / "placed.avsc"


@pytest.fixture
def released(draft: Path, contractctl: Run) -> Path:
    """The draft of a contract that has been released as 1.0.0."""
    contractctl("release", NAME)
    return draft


def files(draft: Path) -> dict[str, bytes]:
    versions = draft.parent / "versions"
    return {path.name: path.read_bytes() for path in sorted(versions.iterdir())} if versions.is_dir() else {}


def test_the_first_release_is_1_0_0_and_its_digest_is_on_record(contractctl: Run, draft: Path) -> None:
    done = contractctl("release", NAME)

    assert done.stdout == "released orders/placed 1.0.0\n"
    assert "next: git add contracts/orders/placed && git commit -m 'Release orders/placed 1.0.0'" in done.stderr
    digest = hashlib.sha256(OLD.encode()).hexdigest()
    assert files(draft) == {"1.0.0.avsc": OLD.encode(), "SHA256SUMS": f"{digest}  1.0.0.avsc\n".encode()}


BARE = '{"type": "record", "name": "Placed", "fields": []}\n'
RETYPED = '{"type": "record", "name": "Placed", "fields": [{"name": "customer_name", "type": "int", "default": 0}]}\n'


def test_a_transitive_level_is_kept_towards_every_release_of_a_major_version(contractctl: Run, released: Path) -> None:
    """1.1.0 does not send the name, so nothing in it is at odds with another type; 1.0.0 does."""
    (released.parent / "contract.toml").write_text(CONTRACT.format(level="BACKWARD_TRANSITIVE"))
    released.write_text(BARE)
    contractctl("release", NAME)
    released.write_text(RETYPED)

    refused = contractctl("release", NAME, code=1).stdout
    assert contractctl("check", code=1).stdout.startswith(f"incompatible: {NAME} 1.0.0 → draft")
    major = contractctl("release", NAME, "--major").stdout
    released.write_text(RETYPED.replace("0", "1"))
    after = contractctl("release", NAME).stdout

    assert "2.0.0 would be a major version: avro-type-changed: " in refused
    assert "1.0.0 sends string" in refused
    assert major.startswith(f"released {NAME} 2.0.0, major after 1.1.0")
    assert after.startswith(f"released {NAME} 2.1.0")


def test_what_the_repository_calls_strict_is_strict_for_a_release_and_in_the_matrix(
    contractctl: Run, released: Path, tmp_path: Path
) -> None:
    released.write_text(OLD.replace('"string"', '"long"'))
    contractctl("release", NAME, "--major")
    released.write_text(OLD.replace('"string"', '"double"'))
    (tmp_path / "contractctl.toml").write_text("strict = true\n")

    assert "avro-precision-lost" in contractctl("check", code=1).stdout
    assert "3.0.0 would be a major version: avro-precision-lost" in contractctl("release", NAME, code=1).stdout
    assert re.search(r"2\.0\.0 +│ +│ +-- ", contractctl("matrix", NAME).stdout)


def test_the_record_is_what_sha256sum_reads(contractctl: Run, released: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=released.parent / "versions", check=True)


@pytest.mark.parametrize(
    ("flag", "number"), [("--version=0.1.0", "0.1.0"), ("--major", "1.0.0"), ("--minor", "0.1.0"), ("--patch", "0.0.1")]
)
def test_the_first_release_may_have_another_number(contractctl: Run, draft: Path, flag: str, number: str) -> None:
    assert contractctl("release", NAME, flag).stdout == f"released orders/placed {number}\n"


def test_what_cannot_be_read_is_not_released(contractctl: Run, draft: Path) -> None:
    draft.write_text('{"type": "record"}')

    done = contractctl("release", NAME, code=2)

    assert "placed.avsc" in done.stderr
    assert files(draft) == {}


def test_an_added_field_is_a_minor_version(contractctl: Run, released: Path) -> None:
    released.write_text(WIDER)

    done = contractctl("release", NAME)

    assert done.stdout.startswith("released orders/placed 1.1.0, minor after 1.0.0\n  field 'Placed.note' added")


def test_another_layout_is_a_patch(contractctl: Run, released: Path) -> None:
    released.write_text(RESPACED)

    done = contractctl("release", NAME)

    assert done.stdout.startswith("released orders/placed 1.0.1, patch after 1.0.0: no meaningful change")


def test_a_break_has_to_be_asked_for(contractctl: Run, released: Path) -> None:
    released.write_text(RENAMED)

    done = contractctl("release", NAME, code=1)

    assert "2.0.0 would be a major version: avro-field-without-default" in done.stdout
    assert "contractctl plan orders/placed" in done.stderr
    assert "contractctl release orders/placed --major" in done.stderr
    assert "2.0.0.avsc" not in files(released)
    assert contractctl("release", NAME, "--major").stdout.startswith("released orders/placed 2.0.0, major after 1.0.0")


@pytest.mark.parametrize("flag", ["--minor", "--patch", "--version=1.9.0"])
def test_a_number_that_promises_too_much_is_refused_and_the_finding_named(
    contractctl: Run, released: Path, flag: str
) -> None:
    released.write_text(RENAMED)

    done = contractctl("release", NAME, flag, code=1)

    assert "is too low: avro-field-without-default" in done.stdout
    assert "'full_name'" in done.stdout
    assert list(files(released)) == ["1.0.0.avsc", "SHA256SUMS"]


def test_an_addition_is_no_patch(contractctl: Run, released: Path) -> None:
    released.write_text(WIDER)

    assert "1.0.1 is too low: field 'Placed.note' added" in contractctl("release", NAME, "--patch", code=1).stdout


def test_a_higher_number_than_needed_is_taken(contractctl: Run, released: Path) -> None:
    released.write_text(WIDER)

    assert contractctl("release", NAME, "--version", "4.0.0").stdout.startswith("released orders/placed 4.0.0")


@pytest.mark.parametrize("number", ["1.0.0", "0.9.0"])
def test_a_number_below_the_latest_is_refused(contractctl: Run, released: Path, number: str) -> None:
    released.write_text(WIDER)

    done = contractctl("release", NAME, "--version", number, code=1)

    assert f"{number} is not above 1.0.0" in done.stdout


def test_a_break_in_a_direction_that_the_level_protects_is_a_major_version(contractctl: Run, released: Path) -> None:
    (released.parent / "contract.toml").write_text(CONTRACT.format(level="FORWARD"))
    released.write_text(
        '{"type": "record", "name": "Placed", "fields": []}'
    )  # the new version reads the old one's data

    assert "2.0.0 would be a major version" in contractctl("release", NAME, code=1).stdout


def test_the_same_text_is_not_released_twice(contractctl: Run, released: Path) -> None:
    before = files(released)

    done = contractctl("release", NAME, code=1)

    assert done.stdout == "not released: orders/placed: the draft is 1.0.0 already\n"
    assert files(released) == before


def test_a_dry_run_writes_nothing(contractctl: Run, released: Path) -> None:
    released.write_text(WIDER)
    before = files(released)

    done = contractctl("release", NAME, "--dry-run")

    assert done.stdout.startswith("would release orders/placed 1.1.0")
    assert files(released) == before


def test_the_json_says_what_was_suggested_and_why_it_was_refused(contractctl: Run, released: Path) -> None:
    released.write_text(RENAMED)

    answer = json.loads(contractctl("release", NAME, "--minor", "--format", "json", code=1).stdout)

    assert answer["released"] is False
    assert answer["suggested"]["part"] == "major"
    assert answer["suggested"]["version"] == "2.0.0"
    assert answer["refused"].startswith("1.1.0 is too low")
    assert [change["kind"] for change in answer["changes"]] == ["added", "removed"]


def test_nothing_is_built_on_a_release_that_was_edited(contractctl: Run, released: Path) -> None:
    (released.parent / "versions" / "1.0.0.avsc").write_text(WIDER)
    released.write_text(WIDER.replace("note", "remark"))

    done = contractctl("release", NAME, code=2)

    assert "1.0.0.avsc has changed since it was released: it was edited" in done.stderr
    assert "contractctl check orders/placed" in done.stderr


def test_a_release_that_was_cut_short_is_finished_by_releasing_again(contractctl: Run, released: Path) -> None:
    (released.parent / "versions" / "SHA256SUMS").unlink()  # as a kill before the digest was on record leaves it

    done = contractctl("release", NAME)

    assert done.stdout == "released orders/placed 1.0.0\n"
    assert list(files(released)) == ["1.0.0.avsc", "SHA256SUMS"]
    contractctl("release", NAME, code=1)


def test_a_kill_at_any_instant_leaves_a_store_that_can_be_gone_on_with(contractctl: Run, released: Path) -> None:
    released.write_text(WIDER)
    root = released.parents[3]
    command = [sys.executable, "-m", "contractctl", "release", NAME]

    for wait in (0.05, 0.15, 0.25, 0.3, 0.35, 0.4):
        process = subprocess.Popen(
            command, cwd=root, env={**os.environ, **GIT_IDENTITY}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()

    contractctl("release", NAME, code=None)
    assert (released.parent / "versions" / "1.1.0.avsc").read_text() == WIDER
    contractctl("check")
    assert "the draft is 1.1.0 already" in contractctl("release", NAME, code=1).stdout


def test_two_ways_to_say_the_number_are_something_to_mend(contractctl: Run, released: Path) -> None:
    assert "the version was given twice" in contractctl("release", NAME, "--version", "2.0.0", "--major", code=2).stderr
    assert "'two' is not a semantic version" in contractctl("release", NAME, "--version", "two", code=2).stderr


def test_a_contract_that_is_not_there_is_something_to_mend(contractctl: Run, released: Path) -> None:
    assert "did you mean 'orders/placed'?" in contractctl("release", "orders/plcaed", code=2).stderr
    assert "is not a valid contract name" in contractctl("release", "../orders", code=2).stderr


def test_a_contract_without_a_draft_has_nothing_to_release(contractctl: Run, released: Path) -> None:
    (released.parent / "contract.toml").write_text('format = "avro"\n')

    assert "orders/placed has no draft" in contractctl("release", NAME, code=2).stderr


def test_a_format_that_is_not_judged_has_no_minor_versions(contractctl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "tool" / "answer"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "thrift"\ndraft = "answer.thrift"\n')
    (folder / "answer.thrift").write_text("struct Answer { 1: i32 a }")
    contractctl("release", "tool/answer")
    (folder / "answer.thrift").write_text("struct Answer { 1: i64 a }")

    done = contractctl("release", "tool/answer", "--minor", code=1)

    assert "its compatibility is unknown: 'thrift' is not a format that contractctl supports" in done.stdout
    assert sorted(path.name for path in (folder / "versions").iterdir()) == ["1.0.0.thrift", "SHA256SUMS"]


def test_a_version_of_several_files_is_a_folder(contractctl: Run, draft: Path) -> None:
    schemas = draft.parent / "schemas"
    schemas.mkdir()
    (schemas / "a.avsc").write_text('{"type": "enum", "name": "Kind", "symbols": ["A"]}')
    (schemas / "b.avsc").write_text('{"type": "record", "name": "Order", "fields": [{"name": "kind", "type": "Kind"}]}')
    draft.unlink()
    (draft.parent / "contract.toml").write_text(CONTRACT.format(level="FULL").replace("placed.avsc", "schemas"))

    contractctl("release", NAME)

    versions = draft.parent / "versions"
    assert (versions / "1.0.0" / "a.avsc").read_bytes() == (schemas / "a.avsc").read_bytes()
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=versions, check=True)
    contractctl("release", NAME, code=1)
    contractctl("check")


def test_of_several_contracts_all_are_released_or_none(contractctl: Run, draft: Path, tmp_path: Path) -> None:
    other = tmp_path / "contracts" / "orders" / "paid"
    other.mkdir()
    (other / "contract.toml").write_text(CONTRACT.format(level="BACKWARD"))
    (other / "placed.avsc").write_text(OLD)
    both = ("orders/placed", "orders/paid")

    assert "--version goes with one contract" in contractctl("release", *both, "--version", "3.0.0", code=2).stderr
    assert "--format json goes with one contract" in contractctl("release", *both, "--format", "json", code=2).stderr
    first = contractctl("release", *both, both[0])
    draft.write_text(WIDER)
    (other / "placed.avsc").write_text(RENAMED)
    refused = contractctl("release", *both, code=1)
    kept = contractctl("list").stdout
    major = contractctl("release", *both, "--major")

    assert first.stdout == "released orders/placed 1.0.0\nreleased orders/paid 1.0.0\n"
    assert first.stderr == "next: git add contracts && git commit -m 'Release 2 contracts'\n"
    assert refused.stdout.startswith("not released: orders/paid: 2.0.0 would be a major version")
    assert "nothing is released: 1 of 2 contracts cannot be" in refused.stderr
    assert kept.count("1.0.0") == 2
    assert major.stdout.count("released orders/") == 2


def test_all_are_those_whose_drafts_are_not_released_as_they_stand(
    contractctl: Run, released: Path, tmp_path: Path
) -> None:
    other = tmp_path / "contracts" / "orders" / "paid"
    other.mkdir()
    (other / "contract.toml").write_text(CONTRACT.format(level="BACKWARD"))
    (other / "placed.avsc").write_text(OLD)

    first = contractctl("release", "--all")
    again = contractctl("release", "--all")
    released.write_text(RENAMED)
    refused = contractctl("release", "--all", code=1)

    assert first.stdout == "released orders/paid 1.0.0\n"
    assert again.stdout == "every draft is already released\n"
    assert refused.stdout.startswith("not released: orders/placed: 2.0.0 would be a major version")
    assert "leave the names out" in contractctl("release", "--all", NAME, code=2).stderr
    assert "contractctl release needs CONTRACT…" in contractctl("release", code=2).stderr


def test_all_of_no_contracts_is_no_silent_yes(contractctl: Run) -> None:
    assert "there are no contracts in" in contractctl("release", "--all", code=2).stderr


def test_all_finishes_a_release_that_was_cut_short(contractctl: Run, released: Path) -> None:
    (released.parent / "versions" / "SHA256SUMS").unlink()

    assert contractctl("release", "--all").stdout == "released orders/placed 1.0.0\n"


def test_a_contract_that_is_the_release_already_holds_the_others_up(
    contractctl: Run, released: Path, tmp_path: Path
) -> None:
    other = tmp_path / "contracts" / "orders" / "paid"
    other.mkdir()
    (other / "contract.toml").write_text(CONTRACT.format(level="BACKWARD"))
    (other / "placed.avsc").write_text(OLD)

    refused = contractctl("release", NAME, "orders/paid", code=1)

    assert refused.stdout == "not released: orders/placed: the draft is 1.0.0 already\n"
    assert not (other / "versions").exists()
