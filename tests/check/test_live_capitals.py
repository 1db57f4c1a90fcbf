"""Is a contract that spells its tables with capitals found in MariaDB, whichever letters the server keeps?"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.conftest import Run
from tests.servers import Server
from tests.tables import make

TABLES = """
CREATE TABLE Orders (id INT AUTO_INCREMENT PRIMARY KEY, Note VARCHAR(9), Customer VARCHAR(20) NOT NULL);
CREATE TABLE LineItems (id INT AUTO_INCREMENT PRIMARY KEY, Orders INT, FOREIGN KEY (Orders) REFERENCES Orders (id));
CREATE TABLE Days (id INT PRIMARY KEY);
ALTER TABLE `Days` PARTITION BY HASH (`id`) PARTITIONS 2;
CREATE VIEW Parts AS SELECT LineItems.Orders, Orders.Note FROM LineItems JOIN Orders ON LineItems.Orders = Orders.id;
"""


@pytest.fixture(scope="module")
def small_letters() -> Iterator[Server]:
    """A server that takes capitals for small letters, as on Windows."""
    with servers.running(servers.MARIADB, options=("--lower-case-table-names=1",)) as server:
        yield server


@pytest.fixture(params=["small letters", "as they are given"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the tables, on a server that keeps their names so."""
    server = "small_letters" if request.param == "small letters" else "mariadb_server"
    with request.getfixturevalue(server).database() as found:
        make(found, TABLES.strip().splitlines())
        yield found


@pytest.fixture
def shop(contractctl: Run, git: Callable[..., str], tmp_path: Path, url: str) -> Path:
    """The draft of a contract that was released as the database has it."""
    home = tmp_path / "contracts/shop/orders"
    home.mkdir(parents=True)
    (home / "contract.toml").write_text('format = "sql"\nowner = "shop"\ndialect = "mysql"\ndraft = "draft.sql"\n')
    (home / "draft.sql").write_text(TABLES)
    (tmp_path / "contractctl.toml").write_text(f'[database]\nurl = "{url}"\n')
    git("init", "-q", "-b", "main")
    contractctl("release", "shop/orders")
    return home / "draft.sql"


@pytest.mark.usefixtures("shop")
def test_the_same_tables_are_the_same_and_what_has_drifted_has_the_contracts_names(contractctl: Run, url: str) -> None:
    assert "same: " in contractctl("check", "--live", "--all-tables").stdout
    make(url, ["ALTER TABLE Orders CHANGE Customer Buyer VARCHAR(20) NOT NULL", "CREATE TABLE odd (id INT)"])

    done = contractctl("check", "--live", "--all-tables", "--format", "json", code=1)

    (database,) = json.loads(done.stdout)["databases"]
    (compared,) = database["contracts"]
    assert [(one["kind"], one["path"]) for one in compared["differences"]] == [
        ("removed", "Orders.Customer"),
        ("added", "Orders.Buyer"),
    ]
    assert {one["rule"] for one in compared["let_down"]} == {"sql-column-removed", "sql-column-required"}
    assert database["extra"] == ["odd"]


def test_what_a_plan_has_on_its_way_is_no_drift(contractctl: Run, shop: Path) -> None:
    """Nor are the tables that it makes for a while: a copy and its signals."""
    draft = shop.read_text().replace("Customer", "Buyer").replace("LineItems (id INT", "LineItems (id BIGINT")
    shop.write_text(draft)
    contractctl("plan", "shop/orders", "--rename", "Customer=Buyer", "--name", "p")

    contractctl("migrate", "expand", "p")

    assert contractctl("check", "--live", "--all-tables").stdout.startswith("same: ")
