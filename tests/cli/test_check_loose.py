"""Does check judge files that no store keeps together with those that they need, then and now?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run

Git = Callable[..., str]


def put(path: Path, name: str, *types: Any, symbols: list[str] | None = None) -> None:
    fields = [{"name": f"f{number}", "type": type_} for number, type_ in enumerate(types)]
    kind = {"type": "enum", "symbols": symbols} if symbols else {"type": "record", "fields": fields}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": name, "namespace": "shop", **kind}))


@pytest.fixture
def shop(tmp_path: Path, git: Git) -> Path:
    """Order needs Address needs Country, each in a file of its own, committed on main."""
    put(tmp_path / "schemas/order.avsc", "Order", "long", "Address")
    put(tmp_path / "schemas/common/Address.avsc", "Address", "string", "Country")
    put(tmp_path / "schemas/common/country.avsc", "Country", symbols=["NL", "DE"])
    put(tmp_path / "schemas/other.avsc", "Other", "string")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    return tmp_path


def judged(done: Any) -> dict[str, str]:
    pairs = json.loads(done.stdout)["pairs"]
    return {pair["contract"]: pair["backward"] for pair in pairs}


def test_two_files_are_read_with_those_that_they_need(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/next.avsc", "Order", "int", "Address")

    done = contractctl("check", "schemas/order.avsc", "schemas/next.avsc", code=1)
    assert "Order.f0" in done.stdout
    assert "Address" not in done.stdout


def test_two_folders_are_two_versions_whatever_else_lies_in_them(shop: Path, contractctl: Run) -> None:
    for folder in ("v1", "v2"):
        put(shop / folder / "order.avsc", "Order", "Address")
        put(shop / folder / "parts/address.avsc", "Address", "string" if folder == "v1" else "int")
        (shop / folder / "README.md").write_text("# words")
        (shop / folder / "data.json").write_text("{}")

    done = contractctl("check", "v1", "v2", code=1)
    assert "Order.f0.f0" in done.stdout


def test_a_folder_of_two_formats_has_to_be_told(shop: Path, contractctl: Run) -> None:
    (shop / "schemas/orders.sql").write_text("CREATE TABLE t (a int);")

    assert "avro, sql" in contractctl("check", "schemas", "schemas", code=2).stderr
    contractctl("check", "schemas", "schemas", "--as", "sql")


def test_what_needs_a_changed_file_is_judged_with_it(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/common/country.avsc", "Country", symbols=["NL"])

    everything = judged(contractctl("check", "--against", "main", "--format", "json", code=1))
    assert everything == dict.fromkeys(
        ("schemas/common/country.avsc", "schemas/common/Address.avsc", "schemas/order.avsc"), "incompatible"
    )
    asked = judged(contractctl("check", "--against", "main", "schemas/*.avsc", "--format", "json", code=1))
    assert asked == {"schemas/order.avsc": "incompatible"}


def test_a_type_that_moves_to_another_file_changes_nothing(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/common/country.avsc", "Land", symbols=["NL", "DE"])
    put(shop / "schemas/lands/Country.avsc", "Country", symbols=["NL", "DE"])

    found = judged(contractctl("check", "--against", "main", "schemas/*.avsc", "--format", "json"))
    assert found == {"schemas/order.avsc": "compatible"}


def test_it_is_the_same_from_a_folder_below(shop: Path, contractctl: Run) -> None:
    put(shop / "schemas/common/country.avsc", "Country", symbols=["NL"])

    done = contractctl("check", "--against", "main", "--format", "json", cwd=shop / "schemas/common", code=1)
    assert len(judged(done)) == 3


def test_a_schema_that_is_gone_is_told_even_beside_a_store(shop: Path, contractctl: Run) -> None:
    (shop / "contracts/shop/x").mkdir(parents=True)
    (shop / "contracts/shop/x/contract.toml").write_text('format = "avro"\n')
    (shop / "schemas/other.avsc").unlink()

    assert "contract-deleted" in contractctl("check", "--against", "main", code=1).stdout


def test_a_format_that_is_told_is_believed(tmp_path: Path, contractctl: Run) -> None:
    (tmp_path / "old.txt").write_text('"int"')
    (tmp_path / "new.txt").write_text('"long"')

    assert "known endings" in contractctl("check", "old.txt", "new.txt", code=2).stderr
    contractctl("check", "old.txt", "new.txt", "--as", "avro")
    assert contractctl("diff", "old.txt", "new.txt", "--as", "avro").stdout
