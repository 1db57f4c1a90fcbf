"""Does check say yes only to what is compatible: two files, the store, a git base?"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from contractctl import resources
from tests.conftest import Run

Git = Callable[..., str]
OLD = '{"type": "record", "name": "Placed", "fields": [\n  {"name": "customer_name", "type": "string"}]}\n'
NEW = OLD.replace("customer_name", "full_name")
WIDER = OLD.replace("]}", ',\n  {"name": "note", "type": "string", "default": ""}]}')
CONTRACT = 'format = "avro"\nowner = "team-orders"\ncompatibility = "{level}"\ndraft = "placed.avsc"\n'
SCHEMA = json.loads((resources.contracts() / "contractctl" / "verdict" / "verdict.schema.json").read_text())


@pytest.fixture
def store(tmp_path: Path, git: Git, contractctl: Run) -> Path:
    """A repository with one contract, released as 1.0.0 and committed on main."""
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(CONTRACT.format(level="BACKWARD"))
    (folder / "placed.avsc").write_text(OLD)
    git("init", "-q", "-b", "main")
    contractctl("release", "orders/placed")
    git("add", "-A")
    git("commit", "-qm", "release 1.0.0")
    return folder


def verdict(done: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    return answer


def two_files(folder: Path, old: str = OLD, new: str = NEW) -> None:
    (folder / "old.avsc").write_text(old)
    (folder / "new.avsc").write_text(new)


def test_two_files_need_no_configuration_and_no_repository(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path)

    done = contractctl("check", "old.avsc", "new.avsc", code=1)

    assert done.stdout.startswith("incompatible: ")
    assert "sent:    {" in done.stdout
    assert "fastavro" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="there is no /dev/stdin")
@pytest.mark.parametrize(("files", "piped"), [(("-", "new.avsc"), "old.avsc"), (("old.avsc", "-"), "new.avsc")])
def test_one_of_two_files_may_come_from_a_pipe(files: tuple[str, str], piped: str, tmp_path: Path) -> None:
    two_files(tmp_path)
    command = [sys.executable, "-m", "contractctl", "check", *files]

    done = subprocess.run(
        command, cwd=tmp_path, input=(tmp_path / piped).read_text(), capture_output=True, text=True, check=False
    )

    assert done.stdout.startswith(f"incompatible: {' → '.join(files).replace('-', '/dev/stdin', 1)}\n"), done.stderr


def test_a_pipe_cannot_be_both_files(contractctl: Run) -> None:
    assert "stdin is read once" in contractctl("check", "-", "-", code=2).stderr


def test_a_file_of_a_commit_as_git_writes_it_is_told_how_it_is_meant(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path)

    said = contractctl("check", "v1:new.avsc", "new.avsc", code=2).stderr

    assert "hint: contractctl check --against v1 new.avsc\n" in said


def test_names_of_files_are_never_read_in_another_encoding_than_gits(
    contractctl: Run, tmp_path: Path, git: Git
) -> None:
    git("init", "-q", "-b", "main")
    (tmp_path / "größe.avsc").write_text(OLD)
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "größe.avsc").write_text(NEW)

    said = contractctl("check", "--against", "main", code=2, env={"LC_ALL": "C", "PYTHONUTF8": "0"}).stderr

    assert "Python reads file names as ascii here" in said


def test_a_compatible_pair_is_a_yes(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path, OLD, WIDER)

    assert contractctl("check", "old.avsc", "new.avsc", "--level", "full").stdout.startswith("compatible: ")


def test_the_level_decides_which_direction_counts(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path, WIDER.replace(', "default": ""', ""), OLD)

    contractctl("check", "old.avsc", "new.avsc", "--level", "BACKWARD")
    contractctl("check", "old.avsc", "new.avsc", "--level", "FORWARD", code=1)
    contractctl("check", "old.avsc", "new.avsc", "--level", "NONE")


def test_json_output_is_as_its_contract_says(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path)

    answer = verdict(contractctl("check", "old.avsc", "new.avsc", "--format", "json", code=1))

    assert answer["verdict"] == "incompatible"
    assert [pair["backward"] for pair in answer["pairs"]] == ["incompatible"]
    finding = answer["pairs"][0]["findings"][0]
    assert (finding["rule"], finding["effect"]) == ("avro-field-without-default", "fails")
    assert (finding["new"]["file"], finding["new"]["line"]) == ("new.avsc", 2)
    assert finding["witness"]["executed_by"].startswith("fastavro")


def test_github_output_annotates_the_line_and_escapes_what_would_end_it(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path)

    lines = contractctl("check", "old.avsc", "new.avsc", "--format", "github", code=1).stdout.splitlines()

    assert lines[0].startswith("::error file=new.avsc,line=2,col=")
    assert "%0Asent: " in lines[0]


def test_the_remedy_prints_the_plan_that_stages_the_change(contractctl: Run, store: Path, tmp_path: Path) -> None:
    (store / "placed.avsc").write_text(NEW)

    done = contractctl("check", code=1)

    assert "contractctl plan orders/placed --rename customer_name=full_name" in done.stdout


def test_a_rename_stands_old_to_new_whichever_direction_it_breaks(contractctl: Run, store: Path) -> None:
    (store / "placed.avsc").write_text(NEW)

    done = contractctl("check", "--level", "FORWARD", code=1)

    assert "--rename customer_name=full_name" in done.stdout
    assert "→ give 'customer_name' a default in a version in between, or let the draft send it" in done.stdout


def test_a_transitive_level_judges_every_release(contractctl: Run, store: Path) -> None:
    (store / "placed.avsc").write_text(WIDER)
    contractctl("release", "orders/placed")
    (store / "contract.toml").write_text(CONTRACT.format(level="FULL_TRANSITIVE"))

    answer = verdict(contractctl("check", "--format", "json"))

    assert {(pair["old"], pair["new"]) for pair in answer["pairs"]} >= {("1.0.0", "draft"), ("1.1.0", "draft")}


def test_an_edited_release_is_found(contractctl: Run, store: Path) -> None:
    (store / "versions" / "1.0.0.avsc").write_text(WIDER)

    answer = verdict(contractctl("check", "--format", "json", code=1))

    assert [problem["rule"] for problem in answer["problems"]] == ["release-edited"]


@pytest.mark.parametrize("clone", [(), ("-c", "core.autocrlf=true")], ids=["lf", "crlf"])
def test_line_ends_that_git_converts_edit_no_release(
    contractctl: Run, store: Path, git: Git, tmp_path: Path, clone: tuple[str, ...]
) -> None:
    (tmp_path / ".gitattributes").write_text("* text=auto\n")
    (store / "placed.avsc").write_bytes(WIDER.replace("\n", "\r\n").encode())
    contractctl("release", "orders/placed")
    git("add", "-A")
    git("commit", "-qm", "release 1.1.0")
    git(*clone, "clone", "-q", ".", "elsewhere")
    elsewhere = tmp_path / "elsewhere"

    assert (b"\r\n" in (elsewhere / "contracts/orders/placed/placed.avsc").read_bytes()) is bool(clone)
    assert contractctl("check", cwd=elsewhere).stdout.startswith("compatible: ")
    assert contractctl("list", cwd=elsewhere).stdout.splitlines()[1].split()[3:5] == ["1.1.0", "1.1.0"]


def test_a_deleted_release_is_found(contractctl: Run, store: Path) -> None:
    (store / "versions" / "1.0.0.avsc").unlink()

    assert "release-deleted" in contractctl("check", code=1).stdout


def test_a_release_edited_together_with_its_digest_is_found_against_the_base(
    contractctl: Run, store: Path, git: Git
) -> None:
    git("checkout", "-qb", "work")
    (store / "versions" / "1.0.0.avsc").write_text(WIDER)
    git("add", "-A")
    os.system(f"cd '{store}/versions' && sha256sum 1.0.0.avsc > SHA256SUMS")
    git("commit", "-qam", "nothing to see here")

    contractctl("check")
    done = contractctl("check", "--against", "main", code=1)

    assert "release-edited" in done.stdout


def test_a_breaking_release_that_is_not_a_major_one_fails_even_where_the_draft_equals_it(
    contractctl: Run, store: Path
) -> None:
    (store / "placed.avsc").write_text(NEW)
    (store / "versions" / "1.1.0.avsc").write_text(NEW)
    os.system(f"cd '{store}/versions' && sha256sum 1* > SHA256SUMS")

    contractctl("check", code=1)


def test_a_major_release_is_excused_and_still_seen(contractctl: Run, store: Path) -> None:
    (store / "placed.avsc").write_text(NEW)
    contractctl("release", "orders/placed", "--major")

    answer = verdict(contractctl("check", "--format", "json"))

    assert (answer["verdict"], answer["passes"]) == ("incompatible", True)
    assert [pair["excused"] for pair in answer["pairs"] if pair["old"] == "1.0.0"] == [
        "2.0.0 was released as a major version"
    ]


def test_only_what_changed_is_judged_against_a_base(contractctl: Run, store: Path, git: Git, tmp_path: Path) -> None:
    other = tmp_path / "contracts" / "orders" / "other"
    other.mkdir()
    (other / "contract.toml").write_text(CONTRACT.format(level="FULL"))
    (other / "placed.avsc").write_text(OLD)
    contractctl("release", "orders/other")
    git("add", "-A")
    git("commit", "-qm", "another contract")
    git("checkout", "-qb", "work")
    (store / "placed.avsc").write_text(NEW)

    answer = verdict(contractctl("check", "--against", "main", "--format", "json", code=1))

    assert {pair["contract"] for pair in answer["pairs"]} == {"orders/placed"}


def test_what_the_base_branch_did_meanwhile_is_not_held_against_the_work(
    contractctl: Run, store: Path, git: Git
) -> None:
    git("checkout", "-qb", "work")
    git("checkout", "-q", "main")
    (store / "placed.avsc").write_text(WIDER)
    git("commit", "-qam", "main moves on")
    git("checkout", "-q", "work")

    answer = verdict(contractctl("check", "--against", "main", "--format", "json"))

    assert answer["pairs"] == []


def test_files_outside_a_store_are_judged_then_and_now(contractctl: Run, git: Git, tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "placed.avsc").write_text(OLD)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "schemas" / "placed.avsc").write_text(NEW)

    said = contractctl("check", "--against", "main", code=1).stdout.splitlines()
    assert re.fullmatch(r"incompatible: schemas/placed.avsc [0-9a-f]{12} → now", said[0])
    assert any("the old version does not send it" in line for line in said)
    contractctl("check", "--against", "main", "schemas/**", code=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "fine.avsc").write_text('"int"')
    contractctl("check", "--against", "main", "other/**")


def test_a_pattern_that_leads_nowhere_is_no_yes(contractctl: Run, store: Path) -> None:
    assert "'schema/**' is not a contract" in contractctl("check", "--against", "main", "schema/**", code=2).stderr


def test_a_contract_is_asked_for_by_its_name_beside_a_base(contractctl: Run, store: Path) -> None:
    (store / "placed.avsc").write_text(NEW)

    answer = verdict(contractctl("check", "--against", "main", "orders/placed", "--format", "json", code=1))
    assert [pair["contract"] for pair in answer["pairs"]] == ["orders/placed"]


def test_a_changed_schema_of_no_contract_is_named_beside_a_store(
    contractctl: Run, store: Path, tmp_path: Path, git: Git
) -> None:
    (tmp_path / "alone.avsc").write_text(OLD)
    git("add", "-A")
    git("commit", "-qm", "second")
    (tmp_path / "alone.avsc").write_text(NEW)

    assert contractctl("check", "--against", "main").stderr == (
        "not judged, without a contract: alone.avsc; name them, or create contracts: contractctl init\n"
    )
    assert contractctl("check", "--against", "main", "alone.avsc", code=1).stderr == ""


def test_a_contract_without_a_release_is_no_silent_yes(contractctl: Run, store: Path) -> None:
    (store.parent / "refunded").mkdir()
    (store.parent / "refunded/contract.toml").write_text('format = "avro"\ndraft = "refunded.avsc"\n')
    (store.parent / "refunded/refunded.avsc").write_text(OLD)

    assert contractctl("check").stderr == (
        "not judged, never released: orders/refunded; release a version: contractctl release NAME, or --all\n"
    )


def test_where_nothing_was_ever_released_the_first_line_says_that_nothing_was_judged(
    contractctl: Run, tmp_path: Path
) -> None:
    (tmp_path / "placed.avsc").write_text(OLD)
    contractctl("init")

    assert contractctl("check").stdout == "nothing judged: 1 contract without a release\n"


def test_two_formats_are_no_two_versions(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path)
    (tmp_path / "new.avsc").rename(tmp_path / "new.sql")

    for command in ("check", "diff"):
        assert "old.avsc is avro, and new.sql is sql" in contractctl(command, "old.avsc", "new.sql", code=2).stderr


def test_a_file_that_was_moved_is_compared_with_what_it_was(contractctl: Run, git: Git, tmp_path: Path) -> None:
    (tmp_path / "placed.avsc").write_text(OLD)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "events").mkdir()
    git("mv", "placed.avsc", "events/placed.avsc")
    (tmp_path / "events" / "placed.avsc").write_text(OLD.replace('"string"', '"bytes"'))

    answer = verdict(contractctl("check", "--against", "main", "--format", "json", code=None))

    assert [(pair["old"].split(" at ")[0], pair["new"]) for pair in answer["pairs"]] == [
        ("placed.avsc", "events/placed.avsc")
    ]


def test_a_deleted_schema_is_an_incompatibility(contractctl: Run, git: Git, tmp_path: Path) -> None:
    (tmp_path / "placed.avsc").write_text(OLD)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "placed.avsc").unlink()

    assert "contract-deleted" in contractctl("check", "--against", "main", code=1).stdout


def test_what_is_gone_can_be_brought_back_from_the_folder_in_which_it_was_told(
    contractctl: Run, git: Git, store: Path, tmp_path: Path
) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "kept.avsc").write_text(OLD)
    (tmp_path / "events" / "gone.avsc").write_text(OLD.replace("Placed", "Gone"))
    git("add", "-A")
    git("commit", "-qm", "events")
    git("rm", "-rq", "contracts", "events/gone.avsc")

    said = contractctl("check", "--against", "main", "--level", "none", code=1, cwd=tmp_path / "events").stdout
    for words in re.findall(r"restore it: git (checkout .*?);", said):
        git(*shlex.split(words), cwd=tmp_path / "events")

    assert said.startswith("incompatible: ")
    assert "events/gone.avsc (contract-deleted)" in said.splitlines()[0]
    assert (tmp_path / "events" / "gone.avsc").exists()
    assert (store / "contract.toml").exists()


def test_a_base_that_is_an_empty_variable_is_refused_as_such(contractctl: Run, store: Path) -> None:
    assert "what follows '--against' is empty" in contractctl("check", "--against", "", code=2).stderr
    assert "no commit is named" in contractctl("check", "--against=", code=2).stderr


def test_a_deleted_contract_is_an_incompatibility(contractctl: Run, store: Path, git: Git) -> None:
    git("rm", "-rq", "contracts")

    assert "contract-deleted" in contractctl("check", "--against", "main", code=1).stdout


def test_a_shallow_clone_says_what_to_do(contractctl: Run, store: Path, git: Git, tmp_path: Path) -> None:
    (store / "placed.avsc").write_text(WIDER)
    git("commit", "-qam", "second")
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", str(tmp_path / "clone"))
    git("checkout", "-q", "--detach", cwd=tmp_path / "clone")

    done = contractctl("check", "--against", "main~1", code=2, cwd=tmp_path / "clone")

    assert "fetch-depth: 0" in done.stderr
    assert "git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "old.avsc"),
        (b"{", "old.avsc:1"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"type": "record"}', "old.avsc"),
        (b'{"type": "nonsense"}', "nonsense"),
        (b"[" * 5000, "old.avsc"),
        (b'{"type": "fixed", "name": "F", "size": 1' + b"0" * 5000 + b"}", "old.avsc"),
    ],
)
def test_a_broken_file_gets_one_sentence_and_exit_2(
    contractctl: Run, tmp_path: Path, content: bytes, said: str
) -> None:
    two_files(tmp_path)
    (tmp_path / "old.avsc").write_bytes(content)

    done = contractctl("check", "old.avsc", "new.avsc", code=2)

    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_an_ending_that_no_format_claims_is_named_with_the_known_ones(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path)
    (tmp_path / "new.avsc").rename(tmp_path / "new.txt")

    assert ".avsc" in contractctl("check", "old.avsc", "new.txt", code=2).stderr
    contractctl("check", "old.avsc", "new.txt", "--schema", "avro", code=1)


def test_no_store_is_said_with_the_way_to_one(contractctl: Run) -> None:
    assert "contractctl init" in contractctl("check", code=2).stderr


def test_a_contract_that_is_not_there_is_named_with_the_one_that_was_meant(contractctl: Run, store: Path) -> None:
    assert "did you mean 'orders/placed'" in contractctl("check", "orders/place", code=2).stderr


@pytest.mark.parametrize("command", ["check", "diff", "release", "show"])
def test_whoever_gives_the_file_of_a_draft_is_told_the_name_of_its_contract(
    contractctl: Run, store: Path, command: str
) -> None:
    said = contractctl(command, "contracts/orders/placed/placed.avsc", code=2).stderr

    assert ("contractctl check orders/placed" if command == "check" else "belongs to 'orders/placed'") in said
    assert "that path belongs to 'orders/placed'" in contractctl(command, "contracts/orders", code=2).stderr


def test_a_missing_base_is_said(contractctl: Run, store: Path) -> None:
    said = contractctl("check", "--against", "nowhere", code=2).stderr
    assert "no commit 'nowhere'" in said
    assert "known branches, the latest first: main" in said


def test_strict_counts_what_is_lost(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path, OLD.replace("string", "long"), OLD.replace("string", "double"))

    contractctl("check", "old.avsc", "new.avsc")
    contractctl("check", "old.avsc", "new.avsc", "--strict", code=1)


def test_a_file_that_is_not_there_is_said_to_be_missing(contractctl: Run, tmp_path: Path) -> None:
    two_files(tmp_path)

    assert "nwe.avsc: there is no such file" in contractctl("check", "old.avsc", "nwe.avsc", code=2).stderr
    said = contractctl("check", "old.avsc", code=2).stderr
    assert "old.avsc: check compares this file with another one, or with a commit" in said
    assert said.endswith("contractctl check --against REF old.avsc\n")


@pytest.mark.parametrize("part", ["--major", "--minor"])
def test_a_plan_excuses_nothing_that_was_released_after_it(part: str, contractctl: Run, store: Path) -> None:
    (store / "placed.avsc").write_text(NEW)
    contractctl("plan", "orders/placed", "--rename", "customer_name=full_name")
    contractctl("check", code=0)
    (store / "placed.avsc").write_text(WIDER.replace('"string", "default"', '"bytes", "default"'))
    contractctl("release", "orders/placed", part, "--contracted-elsewhere")
    (store / "placed.avsc").write_text(NEW.replace('"string"}', '"string", "default": ""}'))
    plan = next((store.parents[2] / "migrations" / "plans").glob("*.toml"))
    digest = hashlib.sha256((store / "placed.avsc").read_bytes()).hexdigest()
    plan.write_text(re.sub(r"[0-9a-f]{64}", digest, plan.read_text()))

    answer = verdict(contractctl("check", "--level", "FULL", "--format", "json", code=1))

    assert [pair["excused"] for pair in answer["pairs"] if pair["new"] == "draft"] == [None]


@pytest.mark.parametrize("to", ["versions/1.0.1.avsc", "archive/1.0.0.avsc"])
def test_a_release_that_was_given_another_number_or_place_is_gone(
    to: str, contractctl: Run, store: Path, git: Git
) -> None:
    (store / to).parent.mkdir(exist_ok=True)
    git("mv", str(store / "versions" / "1.0.0.avsc"), str(store / to))
    sums = store / "versions" / "SHA256SUMS"
    if "1.0.1" in to:
        sums.write_text(sums.read_text().replace("1.0.0", "1.0.1"))
    else:
        sums.unlink()

    done = contractctl("check", "--against", "main", code=1)

    assert "1.0.0.avsc" in done.stdout


def test_a_contract_that_moved_as_a_whole_has_kept_its_releases(contractctl: Run, store: Path, git: Git) -> None:
    git("mv", str(store), str(store.parent / "accepted"))

    contractctl("check", "--against", "main", code=0)


def test_a_level_that_is_lowered_on_the_way_protects_all_the_same(contractctl: Run, store: Path) -> None:
    (store / "contract.toml").write_text(CONTRACT.format(level="NONE"))
    contractctl("check", "--against", "main", code=0)
    (store / "placed.avsc").write_text(NEW)

    answer = verdict(contractctl("check", "--against", "main", "--format", "json", code=1))

    assert [pair["level"] for pair in answer["pairs"]] == ["BACKWARD"]
    contractctl("check", "--against", "main", "--level", "NONE", code=0)


def test_strictness_that_is_dropped_on_the_way_protects_all_the_same(contractctl: Run, store: Path, git: Git) -> None:
    number = OLD.replace('"string"', '"long"')
    (store / "contract.toml").write_text(CONTRACT.format(level="BACKWARD") + "strict = true\n")
    (store / "placed.avsc").write_text(number)
    contractctl("release", "orders/placed", "--major")
    git("add", "-A")
    git("commit", "-qm", "release 2.0.0")
    (store / "contract.toml").write_text(CONTRACT.format(level="BACKWARD"))
    (store / "placed.avsc").write_text(number.replace('"long"', '"double"'))

    contractctl("check", "--against", "main", code=1)


def test_encodings_that_are_none_are_named_with_those_that_are(tmp_path: Path, contractctl: Run) -> None:
    (tmp_path / "old.avsc").write_text('"int"')
    done = contractctl("check", "old.avsc", "old.avsc", "--encodings", "binary,text", code=2)

    assert done.stdout == ""
    assert "any of binary, json, source" in done.stderr


@pytest.mark.parametrize("option", ["--content-model=open", "--assert-formats", "--encodings=json", "--dialect=mysql"])
def test_a_store_is_judged_as_its_contracts_say(contractctl: Run, option: str) -> None:
    done = contractctl("check", option, code=2)

    assert done.stdout == ""
    assert "contract.toml" in done.stderr


def test_a_hook_of_git_s_own_judges_what_is_committed_as_the_readme_has_it(
    store: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```sh\n(#!/bin/sh\n.*checkout-index.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    hook = tmp_path / ".git" / "hooks" / "pre-commit"
    hook.write_text(script)
    hook.chmod(0o755)

    (store / "placed.avsc").write_text(NEW)
    git("add", "-A")
    (store / "placed.avsc").write_text(OLD)  # undone, but not where it is committed from
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git("commit", "-qm", "a break")
    git("add", "-A")
    (store / "placed.avsc").write_text(NEW)
    git("commit", "-q", "--allow-empty", "-m", "no break")

    assert "avro-field-without-default" in refused.value.stdout + refused.value.stderr
    assert git("log", "-1", "--format=%s") == "no break"


def test_the_hook_of_pre_commit_runs_where_files_are_only_taken_away() -> None:
    (hook,) = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    assert hook["entry"] == "contractctl check"
    assert hook["always_run"]  # it shows pre-commit no file that is left
    assert not hook["pass_filenames"]


def test_a_draft_that_was_assumed_is_named_in_the_answer(contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "old.schema.json").write_text('{"dependencies": {"a": ["b"]}}')
    (tmp_path / "new.schema.json").write_text('{"dependencies": {"a": []}}')
    said = "no '$schema': judged as draft 7 because of 'dependencies'"

    shown = contractctl("check", "old.schema.json", "new.schema.json").stdout
    answer = verdict(contractctl("check", "old.schema.json", "new.schema.json", "--format", "json"))

    assert shown.endswith(f"\nnote: old.schema.json: {said}\nnote: new.schema.json: {said}\n")
    assert answer["pairs"][0]["notes"] == [f"old.schema.json: {said}", f"new.schema.json: {said}"]


@pytest.mark.parametrize("command", [("init", "--from-database"), ("check", "s/t", "--witness-on")])
def test_a_password_in_an_address_without_its_kind_is_not_said(contractctl: Run, command: tuple[str, ...]) -> None:
    done = contractctl(*command, "shop:SECRET@db.internal/shop", code=2)

    assert "'…@db.internal/shop'" in done.stderr
    assert "SECRET" not in done.stdout + done.stderr
