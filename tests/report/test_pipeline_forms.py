"""Does every pipeline see what check found, in a form that its tool takes?"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import Run

OLD = '{"type": "record", "name": "Placed", "fields": [\n  {"name": "customer", "type": "string"}]}\n'
NEW = OLD.replace("customer", "buyer")
WIDER = OLD.replace("]}", ',\n  {"name": "note", "type": "string", "default": ""}]}')
CONTRACT = 'format = "avro"\nowner = "team-orders"\ncompatibility = "FULL"\ndraft = "placed.avsc"\n'
RULE = "avro-field-without-default"
NAME = "orders/placed"


@pytest.fixture
def store(tmp_path: Path, git: Callable[..., str], contractctl: Run) -> Path:
    """A repository whose contract is released as 1.0.0, and whose draft breaks it on its second line."""
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(CONTRACT)
    (folder / "placed.avsc").write_text(OLD)
    git("init", "-q", "-b", "main")
    contractctl("release", NAME)
    (folder / "placed.avsc").write_text(NEW)
    return folder


def sarif(contractctl: Run, code: int) -> dict[str, Any]:
    log = json.loads(contractctl("check", "--format", "sarif", code=code).stdout)
    assert log["version"] == "2.1.0"
    assert re.fullmatch(r"https://\S+/sarif-schema-2\.1\.0\.json", log["$schema"])
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def test_sarif_has_each_finding_at_its_line_and_each_rule_with_its_words(contractctl: Run, store: Path) -> None:
    run = sarif(contractctl, 1)

    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    assert {one["level"] for one in run["results"]} == {"error"}
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "contracts/orders/placed/placed.avsc", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 3}
    (rule,) = (rule for rule in rules if rule["id"] == RULE)
    assert rule["help"]["text"].startswith("## What happens")
    assert "{taker}" not in rule["help"]["text"]


def test_sarif_of_what_is_compatible_has_no_results(contractctl: Run, store: Path) -> None:
    (store / "placed.avsc").write_text(WIDER)

    assert sarif(contractctl, 0)["results"] == []


def test_a_finding_that_moves_to_another_line_is_known_again(contractctl: Run, store: Path) -> None:
    before = sarif(contractctl, 1)["results"]
    (store / "placed.avsc").write_text("\n\n" + NEW)
    after = sarif(contractctl, 1)["results"]

    assert [one["partialFingerprints"] for one in after] == [one["partialFingerprints"] for one in before]
    assert after[0]["locations"] != before[0]["locations"]
    assert len({one["partialFingerprints"]["contractctl/v1"] for one in before}) == len(before)


def test_gitlab_has_what_it_demands_of_each_entry(contractctl: Run, store: Path) -> None:
    entries = json.loads(contractctl("check", "--format", "gitlab", code=1).stdout)

    assert [entry["location"] for entry in entries if entry["check_name"] == RULE] == [
        {"path": "contracts/orders/placed/placed.avsc", "lines": {"begin": 2}},
        {"path": "contracts/orders/placed/placed.avsc", "lines": {"begin": 1}},
    ]
    assert {entry["severity"] for entry in entries} == {"major"}
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


def test_junit_fails_an_incompatible_pair_with_its_proof(contractctl: Run, store: Path) -> None:
    suites = ET.fromstring(contractctl("check", "--format", "junit", code=1).stdout)

    assert suites.attrib == {"name": "contractctl check", "tests": "1", "failures": "1", "errors": "0", "skipped": "0"}
    (case,) = suites.iter("testcase")
    assert case.attrib == {"classname": NAME, "name": "1.0.0 → draft (FULL)"}
    assert "sent: {" in (case.findtext("failure") or "")


def test_junit_skips_what_a_major_release_excuses(contractctl: Run, store: Path) -> None:
    contractctl("release", NAME, "--major")
    suites = ET.fromstring(contractctl("check", "--format", "junit").stdout)

    ends = [[part.tag for part in case] for case in suites.iter("testcase")]
    assert ends == [[], ["skipped"]]
    assert (suites.get("tests"), suites.get("skipped")) == ("2", "1")


def test_what_cannot_be_decided_is_an_error_of_junit_and_a_warning_of_sarif(contractctl: Run, tmp_path: Path) -> None:
    old = OLD.replace('"string"', '"shop.Elsewhere"')
    (tmp_path / "old.avsc").write_text(old)
    (tmp_path / "new.avsc").write_text(old.replace("]}", "] }"))
    asked = ("check", "old.avsc", "new.avsc", "--format")

    assert ET.fromstring(contractctl(*asked, "junit", code=3).stdout).get("errors") == "1"
    (result,) = json.loads(contractctl(*asked, "sarif", code=3).stdout)["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("unknown", "warning")
    assert "shop.Elsewhere" in result["message"]["text"]


def test_signs_that_xml_cannot_hold_end_no_report(contractctl: Run, tmp_path: Path) -> None:
    schema = '{"type": "record", "name": "P", "fields": [{"name": "a", "type": "string", "default": "\\u0001]]>&"}]}'
    (tmp_path / "old.avsc").write_text(schema)
    (tmp_path / "new.avsc").write_text(schema.replace('"string", "default": "\\u0001]]>&"', '"int"'))

    said = contractctl("check", "old.avsc", "new.avsc", "--format", "junit", code=1).stdout

    assert ET.fromstring(said).get("failures") == "1"


@pytest.mark.parametrize("form", ["sarif", "gitlab", "github", "junit", "json", "text"])
def test_a_file_whose_name_is_not_utf_8_ends_no_report(
    contractctl: Run, tmp_path: Path, git: Callable[..., str], form: str
) -> None:
    path = tmp_path / os.fsdecode(b"plac\xe9.avsc")
    path.write_text(OLD)
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "One")
    path.write_text(NEW)

    strict = {"PYTHONIOENCODING": "utf-8:strict"}  # as in most locales, but not in C.UTF-8
    found = contractctl("check", "--against", "main", "--format", form, code=1, env=strict).stdout

    assert "plac%E9.avsc" in found if form == "sarif" else "plac" in found
    if form in ("sarif", "gitlab", "json"):
        json.loads(found)


def test_an_edited_release_is_in_every_form(contractctl: Run, store: Path, git: Callable[..., str]) -> None:
    git("add", "-A")
    git("commit", "-qm", "released")
    (store / "versions" / "1.0.0.avsc").write_text(WIDER)

    for form in ("sarif", "gitlab", "junit", "github"):
        assert "release-edited" in contractctl("check", "--format", form, code=1).stdout, form


@pytest.mark.parametrize("form", ["sarif", "gitlab", "github"])
def test_pipelines_find_files_from_the_root_in_whatever_folder_the_check_was_started(
    contractctl: Run, store: Path, git: Callable[..., str], form: str
) -> None:
    git("add", "-A")
    git("commit", "-qm", "released")
    (store / "versions" / "1.0.0.avsc").write_text(WIDER)
    asked = ("check", "--format", form)

    below, beside = (contractctl(*asked, code=1, cwd=folder).stdout for folder in (store.parent, store / "versions"))

    assert "contracts/orders/placed/placed.avsc" in below
    assert "contracts/orders/placed/versions/1.0.0.avsc" in below
    assert places(below) == places(beside) == places(contractctl(*asked, code=1).stdout)


def places(report: str) -> list[str]:
    """The files that a report names, and by what its remarks are known again."""
    return re.findall(r'(?:"(?:uri|path|fingerprint|contractctl/v1)": |::error file=)"?([^",]+)', report)


def test_pipelines_are_told_of_files_outside_any_repository_as_they_were_named(
    contractctl: Run, tmp_path: Path
) -> None:
    (tmp_path / "old.avsc").write_text(OLD)
    (tmp_path / "new.avsc").write_text(NEW)

    said = contractctl("check", "old.avsc", "new.avsc", "--format", "github", code=1).stdout

    assert "::error file=new.avsc,line=2" in said


def test_a_database_is_not_held_against_contracts_in_these_forms(contractctl: Run, store: Path) -> None:
    said = contractctl("check", "--live", "--format", "sarif", code=2).stderr

    assert "--format sarif does not go with --live" in said
