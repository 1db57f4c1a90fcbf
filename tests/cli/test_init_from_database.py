"""Do the tables of a database become contracts that say just what is there, and is nothing else touched?"""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl import store
from tests.conftest import Run
from tests.servers import Server
from tests.tables import make

SHOP = [
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, CHECK (name <> ''))",
    """CREATE TABLE orders (id INTEGER PRIMARY KEY, price DECIMAL(10, 2) DEFAULT 0, customer INTEGER NOT NULL,
        FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE)""",
    "CREATE INDEX by_price ON orders (price)",
    "CREATE VIEW names AS SELECT name FROM customers",
]


@pytest.fixture
def shop(database_url: str) -> str:
    """The address of a database with two tables and a view."""
    make(database_url, SHOP)
    return database_url


@pytest.fixture
def init(contractctl: Run, shop: str) -> Callable[..., str]:
    """Run init with the database's address in SHOP_URL; what it printed."""

    def run_(*arguments: str, code: int = 0) -> str:
        done = contractctl("init", "--from-database", "env:SHOP_URL", *arguments, code=code, env={"SHOP_URL": shop})
        return done.stdout + done.stderr

    return run_


def everything(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".db"
    }


def test_each_table_and_view_becomes_a_contract(init: Callable[..., str], tmp_path: Path) -> None:
    said = init("--owner", "team-shop")

    names = store.names(tmp_path / "contracts")
    assert said.startswith("3 contracts created\n")
    assert [name.rpartition("/")[2] for name in names] == ["customers", "names", "orders"]
    contract = store.read(tmp_path / "contracts", names[2])
    assert (contract.format, contract.owner, contract.versions) == ("sql", "team-shop", ())
    assert contract.draft is not None
    assert "price" in contract.draft.files[0].text


def test_what_it_made_can_be_released_and_checked_at_once(
    init: Callable[..., str], contractctl: Run, tmp_path: Path
) -> None:
    init()
    for name in store.names(tmp_path / "contracts"):
        contractctl("release", name)

    contractctl("check")


def test_tables_whose_names_have_capitals_become_contracts_like_any_other(
    database_url: str, contractctl: Run, tmp_path: Path
) -> None:
    quote = "`" if database_url.startswith("mysql") else '"'
    make(database_url, [f"CREATE TABLE {quote}LineItems{quote} (id INT PRIMARY KEY, {quote}unitPrice{quote} INT)"])
    env = {"SHOP_URL": database_url}

    made = contractctl("init", "--from-database", "env:SHOP_URL", "--one-contract", "shop/items", env=env)
    contractctl("release", "shop/items", env=env)
    again = contractctl("init", "--from-database", "env:SHOP_URL", env=env)
    live = contractctl("check", "--live", "--all-tables", env=env)

    assert made.stdout.startswith("1 contract created\n")
    assert "skipped" not in made.stdout + again.stdout
    assert "shop/items  already there, the same" in again.stdout
    assert live.returncode == 0


def test_a_second_run_finds_all_of_it_there_and_the_same(init: Callable[..., str], tmp_path: Path) -> None:
    init()
    before = everything(tmp_path)

    said = init()

    assert said.startswith("0 contracts created; 3 contracts already there\n")
    assert said.count("already there, the same") == 3
    assert everything(tmp_path) == before


def test_a_contract_that_is_there_is_compared_and_never_written(
    init: Callable[..., str], shop: str, tmp_path: Path
) -> None:
    init()
    before = everything(tmp_path)
    make(shop, ["ALTER TABLE orders ADD COLUMN note VARCHAR(9)", "CREATE TABLE later (id INTEGER PRIMARY KEY)"])

    said = init("--dry-run")

    assert "orders  already there, differs in 1: contractctl check --live" in said
    assert "customers  already there, the same" in said
    assert "1 contract would be created" in said
    assert everything(tmp_path) == before


def test_one_contract_holds_them_all(init: Callable[..., str], tmp_path: Path, contractctl: Run) -> None:
    init("--one-contract", "shop/everything")

    assert store.names(tmp_path / "contracts") == ("shop/everything",)
    contractctl("release", "shop/everything")
    assert "shop/everything  already there, the same" in init("--one-contract", "shop/everything")


def test_a_table_that_came_later_is_named_and_put_into_no_contract_that_is_there(
    init: Callable[..., str], shop: str, tmp_path: Path
) -> None:
    init("--one-contract", "shop/everything")
    make(shop, ["CREATE TABLE later (id INTEGER PRIMARY KEY)"])

    assert "later: in no contract yet" in init("--one-contract", "shop/everything")
    assert store.names(tmp_path / "contracts") == ("shop/everything",)


def test_only_the_tables_that_are_named_are_taken(init: Callable[..., str], tmp_path: Path) -> None:
    init("--tables", "cust*, names")

    assert [name.rpartition("/")[2] for name in store.names(tmp_path / "contracts")] == ["customers", "names"]


def test_a_name_that_fits_nothing_is_a_typing_error(init: Callable[..., str], tmp_path: Path) -> None:
    assert "no table or view of the database fits 'order'" in init("--tables", "order,customers", code=2)
    assert not (tmp_path / "contracts").exists()


def test_a_dry_run_writes_nothing(init: Callable[..., str], tmp_path: Path) -> None:
    before = everything(tmp_path)

    assert init("--dry-run").startswith("3 contracts would be created\n")
    assert everything(tmp_path) == before


def test_the_address_is_taken_from_the_environment_and_stored_nowhere(
    init: Callable[..., str], shop: str, tmp_path: Path
) -> None:
    init()

    settings = tomllib.loads((tmp_path / "contractctl.toml").read_text())
    assert settings["database"] == {"url": "env:SHOP_URL"}
    assert not any(shop.encode() in content for content in everything(tmp_path).values())


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_a_password_on_the_command_line_is_used_and_neither_stored_nor_said(
    engine: str, request: pytest.FixtureRequest, contractctl: Run, tmp_path: Path
) -> None:
    server = request.getfixturevalue(f"{engine}_server")
    with server.database() as url:
        make(url, SHOP)
        secret = server.url(url.rpartition("/")[2], account="teller", password="pass-word")
        if engine == "postgresql":
            server.run("DROP ROLE IF EXISTS teller")
            server.run("CREATE ROLE teller LOGIN PASSWORD 'pass-word'")
        else:
            server.run("CREATE OR REPLACE USER teller IDENTIFIED BY 'pass-word'")
            server.run(f"GRANT SELECT, SHOW VIEW ON {url.rpartition('/')[2]}.* TO teller")
        done = contractctl("init", "--from-database", secret)

    assert done.stdout.startswith("3 contracts created\n")
    assert "give it as env:NAME" in done.stderr
    assert "pass-word" not in done.stdout + done.stderr
    assert not any(b"pass-word" in content for content in everything(tmp_path).values())
    assert 'url = "env:DATABASE_URL"' in (tmp_path / "contractctl.toml").read_text()


def test_a_file_in_the_repository_is_named_by_its_path(contractctl: Run, tmp_path: Path) -> None:
    make(f"sqlite:///{tmp_path / 'shop.db'}", SHOP)

    contractctl("init", "--from-database", "sqlite:///shop.db")

    assert 'url = "sqlite:///shop.db"' in (tmp_path / "contractctl.toml").read_text()
    assert store.names(tmp_path / "contracts") == ("shop/customers", "shop/names", "shop/orders")


def test_a_file_that_is_not_there_is_not_made(contractctl: Run, tmp_path: Path) -> None:
    said = contractctl("init", "--from-database", "sqlite:///shop.db", code=2).stderr

    assert "there is no such database file" in said
    assert everything(tmp_path) == {}


def test_a_server_that_does_not_answer_is_a_thing_to_mend(contractctl: Run, tmp_path: Path) -> None:
    said = contractctl("init", "--from-database", "postgresql://nobody@127.0.0.1:1/shop", code=2).stderr

    assert "cannot be reached" in said or "refused" in said
    assert everything(tmp_path) == {}


def test_a_database_of_contractctl_toml_is_meant_by_its_name(contractctl: Run, tmp_path: Path) -> None:
    for name in ("shop", "people"):
        make(f"sqlite:///{tmp_path / name}.db", SHOP)
    words = [f'[databases.{name}]\nurl = "sqlite:///{name}.db"\n' for name in ("shop", "people")]
    (tmp_path / "contractctl.toml").write_text("".join(words))

    contractctl("init", "--from-database", "people", "--tables", "orders")
    contractctl("init", "--from-database", "shop", "--tables", "orders")

    assert store.names(tmp_path / "contracts") == ("people/orders", "shop/orders")
    assert store.read(tmp_path / "contracts", "people/orders").database == "people"
    assert "no name of that" not in contractctl("init", "--from-database", "peeple", code=2).stderr


def test_settings_that_are_there_are_kept_and_told_what_they_lack(contractctl: Run, tmp_path: Path) -> None:
    make(f"sqlite:///{tmp_path / 'shop.db'}", SHOP)
    (tmp_path / "contractctl.toml").write_text('level = "FULL"\n')

    said = contractctl("init", "--from-database", "sqlite:///shop.db").stderr

    assert (tmp_path / "contractctl.toml").read_text() == 'level = "FULL"\n'
    assert '\n  [database]\n  url = "sqlite:///shop.db"\n' in said
    assert store.read(tmp_path / "contracts", "shop/orders").level == "FULL"


def test_settings_that_init_made_before_get_the_database(contractctl: Run, tmp_path: Path) -> None:
    make(f"sqlite:///{tmp_path / 'shop.db'}", SHOP)
    contractctl("init")
    path, before = tmp_path / "contractctl.toml", (tmp_path / "contractctl.toml").read_text()

    assert "would" in contractctl("init", "--from-database", "sqlite:///shop.db", "--dry-run").stdout
    assert path.read_text() == before
    done = contractctl("init", "--from-database", "sqlite:///shop.db")

    assert "wrote the database into contractctl.toml" in done.stdout
    assert "add" not in done.stderr
    assert tomllib.loads(path.read_text())["database"] == {"url": "sqlite:///shop.db"}
    assert path.read_text().startswith(before.partition("# [database]")[0])
    assert contractctl("check", "--live").stdout


def test_a_variable_that_is_set_is_not_asked_for(init: Callable[..., str], contractctl: Run, shop: str) -> None:
    asked = "set DATABASE_URL" in contractctl("init", "--from-database", shop, "--dry-run").stderr

    assert asked is not shop.startswith("sqlite")
    assert "SHOP_URL" not in init()


def test_names_that_are_no_file_names_become_names(contractctl: Run, tmp_path: Path) -> None:
    tables = ('"Order Items"', '"order_items"', '"Straße/../x"', '"表"', '"."')
    make(f"sqlite:///{tmp_path / 'shop.db'}", [f"CREATE TABLE {name} (id INTEGER)" for name in tables])

    contractctl("init", "--from-database", "sqlite:///shop.db")

    contracts = tmp_path / "contracts"
    assert store.names(contracts) == (
        "shop/order-items",
        "shop/order-items-2",
        "shop/strasse-x",
        "shop/table",
        "shop/table-2",
    )
    drafts = "".join(contract.draft.files[0].text for contract in store.read_all(contracts) if contract.draft)
    assert all(name in drafts for name in tables)


def test_what_is_not_promised_is_named_in_the_draft_and_in_the_answer(contractctl: Run, tmp_path: Path) -> None:
    trigger = "CREATE TRIGGER touch AFTER INSERT ON orders BEGIN SELECT 1; END"
    make(f"sqlite:///{tmp_path / 'shop.db'}", [*SHOP, trigger, "CREATE VIRTUAL TABLE words USING fts5(text)"])

    said = contractctl("init", "--from-database", "sqlite:///shop.db").stdout

    assert 'not part of the contract: trigger "touch" of orders' in said
    assert "words: it is a virtual table" in said
    draft = (tmp_path / "contracts/shop/orders/orders.sql").read_text()
    assert '-- Not written here, and not part of the contract: trigger "touch" of orders.' in draft


def test_a_table_that_cannot_be_read_is_skipped_by_name_and_the_others_are_made(
    mariadb_url: str, contractctl: Run, tmp_path: Path
) -> None:
    odd = "CREATE TABLE odd (a INT, b INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING"
    make(mariadb_url, [*SHOP, odd])

    done = contractctl("init", "--from-database", "env:SHOP", env={"SHOP": mariadb_url})

    assert done.stdout.startswith("3 contracts created\n")
    assert "  odd: its definition cannot be read" in done.stdout


def test_a_table_that_is_read_only_beside_its_parent_is_in_one_contract_with_it_or_skipped(
    postgresql_url: str, contractctl: Run
) -> None:
    make(postgresql_url, ["CREATE TABLE events (a int)", "CREATE TABLE clicks (url text) INHERITS (events)"])
    words = ("init", "--from-database", "env:SHOP")

    together = contractctl(*words, "--dry-run", "--one-contract", "shop/all", env={"SHOP": postgresql_url})
    apart = contractctl(*words, env={"SHOP": postgresql_url})

    assert apart.stdout.startswith("1 contract created\n")
    assert "clicks: it cannot be read alone, only together with the others: it inherits from 'events'" in apart.stdout
    assert "clicks" in together.stdout
    assert "skipped" not in together.stdout


def test_one_contract_without_the_parent_of_its_only_table_is_refused_with_the_way_out(
    postgresql_url: str, contractctl: Run
) -> None:
    make(postgresql_url, ["CREATE TABLE events (a int)", "CREATE TABLE clicks (url text) INHERITS (events)"])
    words = ("init", "--from-database", "env:SHOP", "--one-contract", "shop/clicks", "--tables", "clicks")

    said = contractctl(*words, env={"SHOP": postgresql_url}, code=2).stderr

    assert "'shop/clicks' cannot be read without tables that it would not hold: it inherits from 'events'" in said
    assert "--tables" in said


def test_statements_that_are_kept_word_for_word_are_named(postgresql_url: str, contractctl: Run) -> None:
    make(
        postgresql_url,
        ["CREATE TABLE orders (a int, b int4range)", "ALTER TABLE orders ADD CHECK (a > 1) NO INHERIT"],
    )

    done = contractctl("init", "--from-database", "env:SHOP", env={"SHOP": postgresql_url})

    assert "kept verbatim: ALTER TABLE orders ADD CONSTRAINT" in done.stdout


def test_another_schema_gives_its_name_to_the_contracts(postgresql_url: str, contractctl: Run, tmp_path: Path) -> None:
    make(postgresql_url, ["CREATE SCHEMA sales", "CREATE TABLE sales.orders (id int)", "CREATE TABLE other (id int)"])

    contractctl("init", "--from-database", "env:SHOP", "--schema", "sales", env={"SHOP": postgresql_url})

    assert store.names(tmp_path / "contracts") == ("sales/orders",)
    assert "CREATE TABLE sales.orders" in (tmp_path / "contracts/sales/orders/orders.sql").read_text()


def test_the_text_of_a_contract_makes_the_schemas_that_its_tables_are_in(
    postgresql_server: Server, postgresql_url: str, contractctl: Run, tmp_path: Path
) -> None:
    parts = ['CREATE SCHEMA "the sales"', "CREATE SCHEMA crm", "CREATE TABLE crm.people (id int PRIMARY KEY)"]
    parts += ['CREATE TABLE "the sales".orders (id int, who int REFERENCES crm.people)', "CREATE TABLE other (id int)"]
    make(postgresql_url, parts)
    chosen = ("--schema", "public", "--schema", "crm", "--schema", "the sales", "--one-contract", "shop/all")

    contractctl("init", "--from-database", "env:SHOP", *chosen, env={"SHOP": postgresql_url})

    with postgresql_server.database() as empty:
        make(empty, [(tmp_path / "contracts/shop/all/all.sql").read_text()])
        made = contractctl("init", "--from-database", "env:SHOP", *chosen, "--dry-run", env={"SHOP": empty}).stdout
    assert "already there" in made
    assert "differs" not in made


def test_schemas_that_nobody_asked_for_are_named(postgresql_url: str, contractctl: Run) -> None:
    env = {"SHOP": postgresql_url}
    make(postgresql_url, ['CREATE SCHEMA "the sales"', 'CREATE TABLE "the sales".orders (id int)'])
    alone = contractctl("init", "--from-database", "env:SHOP", env=env, code=2)
    make(postgresql_url, ["CREATE TABLE other (id int)"])
    beside = contractctl("init", "--from-database", "env:SHOP", env=env)
    both = contractctl("init", "--from-database", "env:SHOP", "--schema", "public", "--schema", "the sales", env=env)

    assert "--schema 'the sales'" in alone.stderr
    assert "left out, as they are in other schemas: --schema 'the sales'\n" in beside.stdout
    assert "left out" not in both.stdout


def test_an_empty_database_is_told_as_one(sqlite_url: str, contractctl: Run, tmp_path: Path) -> None:
    make(sqlite_url, ["CREATE TABLE contractctl_journal (id INTEGER)"])

    assert "holds no user tables" in contractctl("init", "--from-database", sqlite_url, code=2).stderr


@pytest.mark.parametrize("option", [("--tables", "x"), ("--schema", "x"), ("--one-contract", "a/b")])
def test_options_of_a_database_go_with_one(option: tuple[str, str], contractctl: Run) -> None:
    assert f"{option[0]} goes with --from-database" in contractctl("init", *option, code=2).stderr


def test_a_contract_of_a_wrong_name_is_refused_before_anything_is_made(contractctl: Run, tmp_path: Path) -> None:
    make(f"sqlite:///{tmp_path / 'shop.db'}", SHOP)

    said = contractctl("init", "--from-database", "sqlite:///shop.db", "--one-contract", "../x", code=2).stderr

    assert "'../x' is not a valid contract name" in said
    assert everything(tmp_path) == {}


def test_a_folder_that_holds_something_else_is_left_alone(contractctl: Run, tmp_path: Path) -> None:
    make(f"sqlite:///{tmp_path / 'shop.db'}", SHOP)
    (tmp_path / "contracts/shop/orders").mkdir(parents=True)
    (tmp_path / "contracts/shop/orders/mine.txt").write_text("mine")

    contractctl("init", "--from-database", "sqlite:///shop.db", "--tables", "orders")

    assert store.names(tmp_path / "contracts") == ("shop/orders-2",)
    assert (tmp_path / "contracts/shop/orders/mine.txt").read_text() == "mine"


def test_an_unfinished_folder_is_no_contract(tmp_path: Path) -> None:
    (tmp_path / "shop/.contractctl-x/orders").mkdir(parents=True)
    (tmp_path / "shop/.contractctl-x/orders/contract.toml").write_text("")

    assert store.names(tmp_path) == ()
