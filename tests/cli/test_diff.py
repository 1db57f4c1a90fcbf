"""Does diff say in words what changed, and nothing else?"""

import json
from pathlib import Path

import pytest

from tests.conftest import Run

OLD = '{"type": "record", "name": "Placed", "fields": [{"name": "total", "type": "int"}]}'
NEW = OLD.replace('"int"}', '"long"}, {"name": "note", "type": "string", "default": ""}')
CONTRACT = 'format = "avro"\ndraft = "placed.avsc"\n'


@pytest.fixture
def released(tmp_path: Path, contractctl: Run) -> Path:
    """The draft of a contract that has been released as 1.0.0 and 1.1.0."""
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(CONTRACT)
    (folder / "placed.avsc").write_text(OLD)
    contractctl("release", "orders/placed")
    (folder / "placed.avsc").write_text(NEW)
    contractctl("release", "orders/placed")
    return folder / "placed.avsc"


def test_two_files_need_no_configuration(contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "old.avsc").write_text(OLD)
    (tmp_path / "new.avsc").write_text(NEW)

    assert contractctl("diff", "old.avsc", "new.avsc").stdout.splitlines() == [
        "old.avsc → new.avsc: 2 changes",
        "  + field 'Placed.note' added: string",
        "  ~ type of 'Placed.total' changed: int → long",
    ]


def test_a_comment_in_a_table_is_no_change(contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "old.sql").write_text("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);")
    (tmp_path / "new.sql").write_text("-- people\nCREATE TABLE t (\n  id INTEGER PRIMARY KEY,\n  name TEXT\n);\n")

    done = contractctl("diff", "old.sql", "new.sql", "--dialect", "sqlite")

    assert done.stdout == "old.sql → new.sql: no meaningful change\n"


def test_a_contract_s_latest_release_is_held_against_its_draft(contractctl: Run, released: Path) -> None:
    released.write_text(NEW.replace("note", "remark"))

    assert contractctl("diff", "orders/placed").stdout.splitlines() == [
        "orders/placed 1.1.0 → draft: 2 changes",
        "  + field 'Placed.remark' added: string",
        "  - field 'Placed.note' removed: string",
    ]


def test_two_releases_are_compared_in_the_order_in_which_they_are_named(contractctl: Run, released: Path) -> None:
    there = contractctl("diff", "orders/placed", "1.0.0", "1.1.0").stdout
    back = contractctl("diff", "orders/placed", "1.1.0", "1.0.0").stdout

    assert "type of 'Placed.total' changed: int → long" in there
    assert "type of 'Placed.total' changed: long → int" in back


def test_the_json_holds_the_facts_and_the_words(contractctl: Run, released: Path) -> None:
    answer = json.loads(contractctl("diff", "orders/placed", "1.0.0", "--format", "json").stdout)

    assert (answer["contract"], answer["old"], answer["new"]) == ("orders/placed", "1.0.0", "draft")
    assert answer["changes"][-1] == {
        "kind": "changed",
        "what": "type",
        "path": "Placed.total",
        "old": "int",
        "new": "long",
        "words": "type of 'Placed.total' changed: int → long",
    }


def test_a_version_that_is_not_there_is_something_to_mend(contractctl: Run, released: Path) -> None:
    done = contractctl("diff", "orders/placed", "1.2.0", code=2)

    assert "orders/placed has no version '1.2.0'" in done.stderr
    assert "it has 1.0.0, 1.1.0, draft" in done.stderr


def test_a_contract_that_was_never_released_has_nothing_to_differ_from(contractctl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(CONTRACT)
    (folder / "placed.avsc").write_text(OLD)

    assert "was never released" in contractctl("diff", "orders/placed", code=2).stderr


def test_files_of_an_unknown_ending_are_something_to_mend(contractctl: Run, tmp_path: Path) -> None:
    for name in ("old.txt", "new.txt"):
        (tmp_path / name).write_text(OLD)

    assert "no format claims this file" in contractctl("diff", "old.txt", "new.txt", code=2).stderr
    assert "no meaningful change" in contractctl("diff", "old.txt", "new.txt", "--schema", "avro").stdout


def test_too_many_versions_and_stray_options_are_something_to_mend(contractctl: Run, released: Path) -> None:
    contractctl("diff", code=2)
    assert "too many versions" in contractctl("diff", "orders/placed", "1.0.0", "1.1.0", "draft", code=2).stderr
    assert "go with two files" in contractctl("diff", "orders/placed", "--schema", "avro", code=2).stderr
