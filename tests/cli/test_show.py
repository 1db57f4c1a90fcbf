"""Does show tell what a contract is, and give back a version as it was released?"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

Git = Callable[..., str]
OLD = '{"type": "record", "name": "Placed",\r\n "fields": [{"name": "groesse", "type": "int"}]}'
DIGEST = hashlib.sha256(OLD.replace("\r\n", "\n").encode()).hexdigest()
"""Line ends are git's to choose."""
CONTRACT = """format = "avro"
owner = "team-orders"
compatibility = "FULL_TRANSITIVE"
draft = "placed.avsc"
strict = true
[[producers]]
name = "shop"
[[consumers]]
name = "mailing"
reads = ["Placed.groesse"]
versions = ["1"]
cadence_days = 7
[[consumers]]
name = "audit"
exempt = "reads archives only"
"""


@pytest.fixture
def folder(tmp_path: Path, git: Git, contractctl: Run) -> Path:
    """A contract that was released and committed."""
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(CONTRACT)
    (folder / "placed.avsc").write_bytes(OLD.encode())
    git("init", "-q", "-b", "main")
    contractctl("release", "orders/placed")
    git("add", "-A")
    git("commit", "-qm", "Release")
    return folder


def test_a_contract_is_shown_with_its_people_and_versions(contractctl: Run, folder: Path) -> None:
    shown = contractctl("show", "orders/placed").stdout

    assert shown.startswith("orders/placed  avro\n")
    for line in (
        "owner    team-orders",
        "level    FULL_TRANSITIVE, strict",
        "draft    contracts/orders/placed/placed.avsc, released as 1.0.0",
        "mailing (reads Placed.groesse; on 1; every 7 days)",
        "audit (exempt: reads archives only)",
        "Ada Lovelace <ada@example.org>",
    ):
        assert line in shown


def test_the_json_says_the_same(contractctl: Run, folder: Path, git: Git) -> None:
    answer = json.loads(contractctl("show", "orders/placed", "--format", "json").stdout)

    assert answer["level"] == "FULL_TRANSITIVE"
    assert answer["draft"] == {"folder": None, "files": ["contracts/orders/placed/placed.avsc"], "state": "1.0.0"}
    assert answer["versions"][0]["digest"] == DIGEST
    assert answer["versions"][0]["commit"] == git("rev-parse", "HEAD")
    assert [party["name"] for party in answer["consumers"]] == ["mailing", "audit"]


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ('"migrations"', "migrations (2 files), never released"),
        ('["migrations/V1.sql", "migrations/V2.sql"]', "migrations (2 files), never released"),
        ('"migrations/V1.sql"', "migrations/V1.sql, never released"),
    ],
)
def test_a_draft_of_several_files_is_shown_as_such(contractctl: Run, tmp_path: Path, draft: str, shown: str) -> None:
    folder = tmp_path / "contracts" / "shop" / "tables"
    (folder / "migrations").mkdir(parents=True)
    (folder / "contract.toml").write_text(f'format = "sql"\ndialect = "sqlite"\ndraft = {draft}\n')
    (folder / "migrations" / "V1.sql").write_text("CREATE TABLE a (id INTEGER);\n")
    (folder / "migrations" / "V2.sql").write_text("CREATE TABLE b (id INTEGER);\n")

    assert f"  draft    contracts/shop/tables/{shown}\n" in contractctl("show", "shop/tables").stdout


def test_the_json_names_every_file_of_a_draft(contractctl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "shop" / "tables"
    (folder / "migrations").mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "sql"\ndialect = "sqlite"\ndraft = "migrations"\n')
    for name in ("V1.sql", "V2.sql"):
        (folder / "migrations" / name).write_text("CREATE TABLE a (id INTEGER);\n")

    draft = json.loads(contractctl("show", "shop/tables", "--format", "json").stdout)["draft"]

    assert draft["folder"] == "contracts/shop/tables/migrations"
    assert draft["files"] == [f"contracts/shop/tables/migrations/{name}" for name in ("V1.sql", "V2.sql")]


@pytest.mark.parametrize("version", ["1.0.0", "latest", "draft"])
def test_a_version_is_given_back_to_the_byte(contractctl: Run, folder: Path, version: str) -> None:
    answer = json.loads(contractctl("show", "orders/placed", version, "--format", "json").stdout)

    assert answer["files"][0]["text"] == OLD
    assert answer["digest"] == DIGEST
    assert contractctl("show", "orders/placed", version).stdout == OLD.replace("\r\n", "\n")  # as text mode reads it


def test_what_is_not_there_is_something_to_mend(contractctl: Run, folder: Path) -> None:
    assert "there is no contract 'orders/plaecd'" in contractctl("show", "orders/plaecd", code=2).stderr
    assert "has no version '9.9.9'" in contractctl("show", "orders/placed", "9.9.9", code=2).stderr


def test_a_contract_that_was_never_released_says_so(contractctl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "orders" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "avro"\ndraft = "placed.avsc"\n')
    (folder / "placed.avsc").write_text(OLD)

    shown = contractctl("show", "orders/placed").stdout

    assert "never released" in shown
    assert "has no version 'latest'" in contractctl("show", "orders/placed", "latest", code=2).stderr


def test_a_version_that_is_no_text_comes_in_base64(contractctl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "contracts/orders/binary"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "protobuf"\ndraft = "order.binpb"\nencodings = ["binary"]\n')
    (folder / "order.binpb").write_bytes(b"\n\xff")
    shown = json.loads(contractctl("show", "orders/binary", "draft", "--format", "json").stdout)

    assert (shown["files"][0]["text"], shown["files"][0]["base64"]) == (None, "Cv8=")
    assert contractctl("show", "orders/binary").stdout.startswith("orders/binary  protobuf (encodings binary)\n")
