"""Does one broken contract hide the others, from any command? It is told in every form, and they are judged."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import sqlalchemy

from contractctl import resources
from tests.conftest import Run

SCHEMA = '{"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}\n'
CONTRACT = 'format = "avro"\nowner = "shop"\ndraft = "NAME.avsc"\n'
NO_JSON = "contracts/shop/draft/draft.avsc:2:1: this is not JSON"
NO_TOML = "contracts/shop/toml/contract.toml:1:10: Invalid value"


def described(name: str) -> dict[str, object]:
    """The contract of an output."""
    text = (resources.contracts() / "contractctl" / name / f"{name}.schema.json").read_text(encoding="utf-8")
    found: dict[str, object] = json.loads(text)
    return found


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
    toml = {"file": "contracts/shop/toml/contract.toml", "line": 1, "column": 10}
    assert answer["problems"][1]["place"] == toml
    jsonschema.validate(answer, described("verdict"))
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
    assert entries["contracts/shop/toml/contract.toml"]["location"]["lines"] == {"begin": 1}
    assert "::error file=contracts/shop/toml/contract.toml,line=1,col=10,title=" in said("github")
    suites = ET.fromstring(said("junit"))
    assert [case.get("classname") for case in suites.iter("testcase") if case.find("error") is not None] == [
        "shop/draft",
        "shop/toml",
    ]
    results = json.loads(said("sarif"))["runs"][0]["results"]
    assert [one["level"] for one in results if one["ruleId"] == "unreadable"] == ["error", "error"]
    assert results[1]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 10}
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


def test_list_and_log_tell_of_all_others(shop: Path, contractctl: Run) -> None:
    listed = contractctl("list", code=2)
    rows = json.loads(contractctl("list", "--format", "json", code=2).stdout)
    logged = contractctl("log", code=2)

    assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == [
        "shop/draft",
        "shop/order",
        "shop/sound",
        "shop/toml",
    ]
    assert listed.stdout.splitlines()[-1].split() == ["shop/toml", "-", "-", "-", "unreadable", "-"]
    assert listed.stderr == f"error: {NO_TOML}\nhint: fix the TOML there: https://toml.io\n"
    assert [one["contract"] for one in rows["contracts"]] == ["shop/draft", "shop/order", "shop/sound"]
    assert [one["contract"] for one in rows["unreadable"]] == ["shop/toml"]
    assert rows["unreadable"][0]["place"]["line"] == 1
    assert logged.stdout.count(" shop/") == 3
    assert logged.stderr == listed.stderr


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_the_matrix_shows_it_among_the_others(shop: Path, contractctl: Run, form: str) -> None:
    done = contractctl("matrix", "--format", form, code=2)

    assert all(f"shop/{name}" in done.stdout for name in ("order", "sound", "toml"))
    assert "4 contracts (1 unreadable)" in done.stdout
    assert "contract.toml:1:10: Invalid value" in done.stdout
    assert done.stderr == "error: 1 contract could not be read and is not judged: shop/toml\n"


def test_the_matrix_lists_it_beside_the_others_for_pipelines(shop: Path, contractctl: Run) -> None:
    answer = json.loads(contractctl("matrix", "--format", "json", code=2).stdout)

    jsonschema.validate(answer, described("matrix"))
    assert len(answer["contracts"]) == 3
    assert [(one["contract"], one["message"]) for one in answer["unreadable"]] == [("shop/toml", NO_TOML)]


def test_all_are_released_or_none_and_a_sound_one_by_its_name(shop: Path, contractctl: Run) -> None:
    (shop / "sound" / "sound.avsc").write_text(SCHEMA.replace("}]", ', "default": 0}]'))

    everything = contractctl("release", "--all", code=2)

    assert everything.stdout == ""
    assert everything.stderr.splitlines() == [
        f"error: {NO_TOML}",
        "hint: fix the TOML there: https://toml.io",
        "error: --all means every contract, and 1 contract cannot be read: nothing is released",
        "hint: release the others by name: contractctl release shop/draft shop/order shop/sound",
    ]
    assert contractctl("release", "shop/sound").stdout.startswith("released shop/sound 1.1.0")


def test_a_path_leads_to_its_contract_whatever_is_wrong_with_others(shop: Path, contractctl: Run) -> None:
    assert contractctl("check", "contracts/shop/sound").stdout.startswith("compatible: ")
    assert "unreadable  shop/toml\n" in contractctl("check", "contracts/shop/toml", code=2).stdout
    assert "contractctl check shop/sound; " in contractctl("check", "contracts/shop/sound/sound.avsc", code=2).stderr


def test_a_contract_s_folder_means_the_contract_whose_draft_lies_elsewhere(
    tmp_path: Path, shop: Path, contractctl: Run, git: Callable[..., str]
) -> None:
    (shop / "sound" / "contract.toml").write_text(CONTRACT.replace("NAME", "../../../out"))
    (tmp_path / "out.avsc").write_text(SCHEMA)
    git("add", "-A")
    git("commit", "-qm", "moved")
    (tmp_path / "out.avsc").write_text(SCHEMA.replace("int", "string"))

    contractctl("check", "--against", "HEAD", "contracts/shop/sound", code=1)


def test_the_live_database_is_compared_with_what_can_be_read(tmp_path: Path, contractctl: Run, sqlite_url: str) -> None:
    table = "CREATE TABLE {} (id INTEGER PRIMARY KEY);\n"
    for name in ("a", "b", "c"):
        folder = tmp_path / "contracts" / "shop" / name
        folder.mkdir(parents=True)
        (folder / "contract.toml").write_text(f'format = "sql"\ndraft = "{name}.sql"\n')
        (folder / f"{name}.sql").write_text(table.format(name))
    engine = sqlalchemy.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(table.format("a")))
    engine.dispose()
    (tmp_path / "contractctl.toml").write_text(f'[database]\nurl = "{sqlite_url}"\n')
    (tmp_path / "contracts/shop/b/b.sql").write_text("CREATE TABLE b (\n")
    (tmp_path / "contracts/shop/c/contract.toml").write_text("format =\n")

    done = contractctl("check", "--live", "--all-tables", code=2)
    answer = json.loads(contractctl("check", "--live", "--format", "json", code=2).stdout)

    assert done.stdout.startswith("unknown: shop/c is unreadable; shop/b is unreadable\n")
    assert done.stderr == "error: 2 contracts could not be read and are not compared: shop/c, shop/b\n"
    jsonschema.validate(answer, described("drift"))
    assert [(one["contract"], one["status"]) for one in answer["databases"][0]["contracts"]] == [("shop/a", "same")]
    assert [one["contract"] for one in answer["unreadable"]] == ["shop/c", "shop/b"]
    assert answer["status"] == "unknown"
