"""Does the matrix command show every contract in every form, and nothing that its page could run?"""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from contractctl import resources
from tests.conftest import Run

Git = Callable[..., str]
SCHEMA = json.loads((resources.contracts() / "contractctl" / "matrix" / "matrix.schema.json").read_text())
TABLE = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL);\n"
CONTRACT = """format = "sql"
dialect = "sqlite"
owner = "team <b>shop</b>"
draft = "orders.sql"
[[producers]]
name = "shop"
versions = ["2.0.0"]
[[consumers]]
name = "reporting"
versions = ["1.0.0"]
reads = ["orders.customer_name"]
"""


@pytest.fixture
def store(tmp_path: Path, contractctl: Run) -> Path:
    """A contract whose 2.0.0 renames a column, and whose draft adds one."""
    folder = tmp_path / "contracts" / "shop" / "orders"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(CONTRACT)
    (folder / "orders.sql").write_text(TABLE)
    contractctl("release", "shop/orders")
    (folder / "orders.sql").write_text(TABLE.replace("customer_name", "full_name"))
    contractctl("release", "shop/orders", "--major")
    (folder / "orders.sql").write_text(TABLE.replace("customer_name", "full_name").replace(");", ", note TEXT);"))
    return folder


class Page(HTMLParser):
    """What a browser would see of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_terminal_shows_letters_for_every_pair_and_the_draft_as_a_version(contractctl: Run, store: Path) -> None:
    done = contractctl("matrix")

    assert done.stdout.splitlines()[0] == (
        "1 contract, 3 pairs of versions: 0 compatible both ways, 3 incompatible, 0 unknown"
    )
    row = next(line for line in done.stdout.splitlines() if "│ 1.0.0" in line)
    assert row.split() == ["│", "1.0.0", "│", "--", "│", "--", "│"]
    assert "B-" in next(line for line in done.stdout.splitlines() if "│ 2.0.0" in line)
    assert "statements of 1.0.0 name 'customer_name'" in done.stdout


def test_the_json_is_what_its_contract_says(contractctl: Run, store: Path) -> None:
    answer = json.loads(contractctl("matrix", "--format", "json").stdout)

    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    (only,) = answer["contracts"]
    assert [version["version"] for version in only["versions"]] == ["1.0.0", "2.0.0", "draft"]
    assert [pair["letters"] for pair in only["pairs"]] == ["--", "--", "B-"]
    assert only["pairs"][0]["findings"][0]["witness"]["executed_by"].startswith("SQLite")
    assert only["parties"][0]["verdict"] == "incompatible"


def test_markdown_has_a_table_of_versions_and_one_of_parties(contractctl: Run, store: Path) -> None:
    done = contractctl("matrix", "--format", "markdown")

    assert "| older \\ newer | 2.0.0 | draft |" in done.stdout
    assert "| **2.0.0** |  | `B-` |" in done.stdout
    assert "| **reporting** | ✗ |" in done.stdout
    assert "team \\<b\\>shop" in done.stdout


def test_the_page_loads_nothing_and_runs_nothing(contractctl: Run, store: Path, tmp_path: Path) -> None:
    contractctl("matrix", "-o", "matrix.html")
    text = (tmp_path / "matrix.html").read_text(encoding="utf-8")

    page = Page(text)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "link", "iframe", "object"})
    assert not any("src" in attributes or "onclick" in attributes for _, attributes in page.tags)
    assert all((attributes["href"] or "").startswith("#") for attributes in page.all("a"))
    assert "http" not in text.replace("http-equiv", "")
    assert "@import" not in text
    assert "url(" not in text


def test_what_a_contract_says_of_itself_stays_text_on_the_page(contractctl: Run, store: Path, tmp_path: Path) -> None:
    contractctl("matrix", "-o", "matrix.html")

    assert "team <b>shop</b>" in Page((tmp_path / "matrix.html").read_text(encoding="utf-8")).text


def test_every_cell_of_the_page_leads_to_what_was_found(contractctl: Run, store: Path, tmp_path: Path) -> None:
    contractctl("matrix", "-o", "matrix.html")
    page = Page((tmp_path / "matrix.html").read_text(encoding="utf-8"))

    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    cells = [attributes for attributes in page.all("a") if attributes.get("class") == "pair"]
    assert len(cells) == 3 + 1  # pairs of versions, and one consumer with one producer
    assert all((attributes["href"] or "").removeprefix("#") in ids for attributes in page.all("a"))
    assert all(attributes["title"] for attributes in cells)
    assert "statements of 1.0.0 name 'customer_name'" in page.text
    assert "SELECT customer_name FROM orders" in page.text


def test_the_contents_of_the_page_mark_the_contracts_that_break_somebody(
    contractctl: Run, store: Path, tmp_path: Path
) -> None:
    quiet = tmp_path / "contracts" / "shop" / "quiet"
    quiet.mkdir()
    (quiet / "contract.toml").write_text('format = "sql"\ndialect = "sqlite"\ndraft = "quiet.sql"\n')
    (quiet / "quiet.sql").write_text("CREATE TABLE quiet (id INTEGER);\n")

    contractctl("matrix", "-o", "matrix.html")

    page = Page((tmp_path / "matrix.html").read_text(encoding="utf-8"))
    assert [mark["aria-label"] for mark in page.all("span") if "aria-label" in mark] == ["incompatible", "compatible"]


def test_the_page_s_tables_name_their_rows_and_columns(contractctl: Run, store: Path, tmp_path: Path) -> None:
    contractctl("matrix", "-o", "matrix.html")
    page = Page((tmp_path / "matrix.html").read_text(encoding="utf-8"))

    assert {attributes.get("scope") for attributes in page.all("th")} == {"row", "col"}
    assert page.all("html")[0]["lang"] == "en"
    assert page.text.count("older ╲ newer") == 1
    assert len(page.all("caption")) == 2


@pytest.mark.parametrize(
    ("file", "start"), [("m.json", "{"), ("m.md", "# Compat"), ("m.html", "<!doctype"), ("m", "1 con")]
)
def test_the_ending_of_the_file_decides_the_form(
    contractctl: Run, store: Path, tmp_path: Path, file: str, start: str
) -> None:
    done = contractctl("matrix", "-o", file)

    assert done.stdout == f"wrote {file}\n"
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(start)


def test_only_the_contracts_that_are_named_are_shown(contractctl: Run, store: Path) -> None:
    done = contractctl("matrix", "shop/ordres", code=2)

    assert "did you mean 'shop/orders'?" in done.stderr
    assert contractctl("matrix", "shop/orders", "shop/orders").stdout.startswith("1 contract,")


def test_an_empty_repository_is_something_to_mend(contractctl: Run) -> None:
    assert "there are no contracts in" in contractctl("matrix", code=2).stderr


def test_a_folder_that_is_not_there_is_something_to_mend(contractctl: Run, store: Path) -> None:
    assert "there is no folder nowhere" in contractctl("matrix", "-o", "nowhere/m.html", code=2).stderr
