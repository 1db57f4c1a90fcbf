"""Does one broken contract hide what is wrong with the others? It is told in every form, the others are judged."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import Run

SCHEMA = '{"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}\n'
CONTRACT = 'format = "avro"\nowner = "shop"\ndraft = "NAME.avsc"\n'
NO_JSON = "contracts/shop/draft/draft.avsc:2:1: this is not JSON"
NO_TOML = "contracts/shop/toml/contract.toml: Invalid value"


@pytest.fixture
def shop(tmp_path: Path, contractctl: Run, git: Callable[..., str]) -> Path:
    """Four released contracts: two are broken now, one is incompatible, and one is sound."""
    folder = tmp_path / "contracts" / "shop"
    for name in ("draft", "order", "sound", "toml"):
        (folder / name).mkdir(parents=True)
        (folder / name / "contract.toml").write_text(CONTRACT.replace("NAME", name))
        (folder / name / f"{name}.avsc").write_text(SCHEMA)
    contractctl("release", "--all")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (folder / "draft" / "draft.avsc").write_text('{"type": "record",\n')
    (folder / "order" / "order.avsc").write_text(SCHEMA.replace("int", "string"))
    (folder / "toml" / "contract.toml").write_text("format = \n")
    return folder


@pytest.mark.parametrize("which", [(), ("--against", "main"), ("shop/draft", "shop/order", "shop/toml")])
def test_the_others_are_judged_and_each_that_cannot_be_read_is_told(
    shop: Path, contractctl: Run, which: tuple[str, ...]
) -> None:
    done = contractctl("check", *which, "--format", "json", code=2)

    answer = json.loads(done.stdout)
    assert {pair["contract"]: pair["verdict"] for pair in answer["pairs"]}["shop/order"] == "incompatible"
    assert (answer["verdict"], answer["passes"]) == ("incompatible", False)
    told = [(one["rule"], one["contract"], one["message"].startswith((NO_JSON, NO_TOML))) for one in answer["problems"]]
    assert told == [("unreadable", "shop/draft", True), ("unreadable", "shop/toml", True)]
    assert answer["problems"][0]["remedy"] == "fix the JSON at that place"
    assert done.stderr.splitlines()[-1] == (
        "error: 2 contracts could not be read and are not judged: shop/draft, shop/toml"
    )


def test_every_form_tells_it_at_its_place(shop: Path, contractctl: Run) -> None:
    def said(form: str) -> str:
        return contractctl("check", "--format", form, code=2).stdout

    assert "::error file=contracts/shop/draft/draft.avsc,line=2,col=1,title=shop/draft%3A unreadable::" in said(
        "github"
    )
    entries = {one["location"]["path"]: one for one in json.loads(said("gitlab"))}
    assert entries["contracts/shop/draft/draft.avsc"]["location"]["lines"] == {"begin": 2}
    assert NO_TOML in entries["contracts/shop/toml/contract.toml"]["description"]
    suites = ET.fromstring(said("junit"))
    assert [case.get("classname") for case in suites.iter("testcase") if case.find("error") is not None] == [
        "shop/draft",
        "shop/toml",
    ]
    results = json.loads(said("sarif"))["runs"][0]["results"]
    assert [one["level"] for one in results if one["ruleId"] == "unreadable"] == ["error", "error"]
    text = said("text")
    assert text.startswith("incompatible: shop/order 1.0.0 → draft\n")
    assert f"\nunreadable  shop/draft\n  {NO_JSON}" in text
    assert "\n  → fix the JSON at that place\n" in text


def test_what_cannot_be_read_is_unknown_and_no_setting_lets_it_pass(shop: Path, contractctl: Run) -> None:
    (shop.parent.parent / "contractctl.toml").write_text("unknown_passes = true\n")

    answer = json.loads(contractctl("check", "shop/sound", "shop/toml", "--format", "json", code=2).stdout)
    assert (answer["verdict"], answer["passes"]) == ("unknown", False)
    text = contractctl("check", "shop/sound", "shop/toml", code=2).stdout
    assert text.startswith("unknown: shop/toml (unreadable)\n")


def test_the_releases_of_a_contract_that_cannot_be_read_still_have_to_be_there(shop: Path, contractctl: Run) -> None:
    (shop / "toml" / "versions" / "1.0.0.avsc").unlink()

    assert "release-deleted  shop/toml\n" in contractctl("check", "shop/toml", code=2).stdout


def test_a_broken_contract_counts_as_changed_where_its_draft_may_have_and_not_elsewhere(
    shop: Path, contractctl: Run, git: Callable[..., str]
) -> None:
    git("commit", "-qam", "second")
    assert contractctl("check", "--against", "HEAD").stdout == "nothing judged: no schema has changed\n"

    (shop / "sound" / "sound.avsc").write_text(SCHEMA + "\n")
    assert "unreadable  shop/toml\n" in contractctl("check", "--against", "HEAD", code=2).stdout
    contractctl("check", "--against", "HEAD", "shop/sound")


def test_a_file_outside_the_store_that_cannot_be_read_hides_no_other(
    tmp_path: Path, contractctl: Run, git: Callable[..., str]
) -> None:
    for name in ("a.avsc", "b.avsc"):
        (tmp_path / name).write_text(SCHEMA)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "a.avsc").write_text("{")
    (tmp_path / "b.avsc").write_text(SCHEMA.replace("int", "string"))

    done = contractctl("check", "--against", "main", code=2)

    assert "unreadable  a.avsc\n  a.avsc:1:2: this is not JSON" in done.stdout
    assert done.stdout.startswith("incompatible: b.avsc ")
    assert done.stderr == "error: 1 contract could not be read and is not judged: a.avsc\n"


def test_a_name_that_no_contract_has_ends_the_check_at_once(shop: Path, contractctl: Run) -> None:
    done = contractctl("check", "shop/sound", "shop/ordr", code=2)

    assert done.stdout == ""
    assert done.stderr.startswith("error: there is no contract 'shop/ordr': did you mean 'shop/order'?\n")
