"""Does `contractctl plan` write what it says, ask what it cannot know, and refuse in words?"""

import json
import os
import pty
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ORDERS = "CREATE TABLE orders (\n  id INTEGER PRIMARY KEY,\n  customer_name TEXT NOT NULL,\n  amount TEXT\n);\n"
PLACED = (
    '{"type": "record", "name": "OrderPlaced", "fields": ['
    '{"name": "id", "type": "long"}, {"name": "customer_name", "type": "string"}]}'
)


@pytest.fixture
def shop(tmp_path: Path, contractctl) -> Path:
    """A released table and event whose drafts call customer_name full_name, and a database with the table."""
    for name, format_, file, text in (
        ("shop/orders", "sql", "orders.sql", ORDERS),
        ("shop/order-placed", "avro", "placed.avsc", PLACED),
    ):
        folder = tmp_path / "contracts" / name
        folder.mkdir(parents=True)
        dialect = 'dialect = "sqlite"\n' if format_ == "sql" else ""
        (folder / "contract.toml").write_text(f'format = "{format_}"\nowner = "shop"\ndraft = "{file}"\n{dialect}')
        (folder / file).write_text(text)
        contractctl("release", name)
        (folder / file).write_text(text.replace("customer_name", "full_name"))
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    database(tmp_path, ORDERS, "INSERT INTO orders VALUES (1, 'Ann', '5')")
    return tmp_path


def database(root: Path, *statements: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(root / "shop.db", isolation_level=None)
    try:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        return rows
    finally:
        connection.close()


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_declared_rename_is_planned_and_every_named_file_is_there(shop, contractctl):
    before = files(shop)
    said = contractctl("plan", "shop/orders", "shop/order-placed", "--rename", "customer_name=full_name", "--name", "r")
    lines = [line.strip() for line in said.stdout.splitlines()]
    new = files(shop) - before

    assert lines[0] == "wrote the plan 'r'"
    assert new == {line for line in lines if line in new}
    assert "migrations/plans/r.toml" in new
    assert "contracts/shop/orders/versions/1.1.0.sql" in new
    assert lines[-1] == "contractctl migrate expand r"
    assert {path.parts[0] for path in map(Path, new)} == {"contracts", "migrations"}
    assert database(shop, "SELECT name FROM sqlite_schema") == [("orders",)]  # asking the database leaves nothing there


def test_a_likely_rename_is_never_taken_silently_and_the_printed_commands_work(shop, contractctl):
    before = files(shop)
    said = contractctl("plan", "shop/orders", code=2)

    assert "'customer_name' may have become 'full_name': only you can say whether that is a rename" in said.stderr
    assert files(shop) == before
    commands = [line.partition("run: ")[2] for line in said.stderr.splitlines() if "run: contractctl plan" in line]
    assert commands == [
        "contractctl plan shop/orders --rename customer_name=full_name",
        "contractctl plan shop/orders --drop customer_name --add full_name",
    ]
    contractctl(*shlex.split(commands[0])[1:], "--dry-run")
    apart = contractctl(*shlex.split(commands[1])[1:], "--dry-run", code=2)
    assert "--fill" in apart.stderr or "NOT NULL" in apart.stderr


def test_on_a_terminal_the_likely_rename_is_asked(shop):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "contractctl", "plan", "shop/orders", "--name", "asked"],
        cwd=shop,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    question = os.read(ours, 1000).decode()
    os.write(ours, b"y\n")
    out, _ = process.communicate(timeout=60)
    os.close(ours)

    assert "orders: is 'customer_name' renamed to 'full_name'?" in question
    assert process.returncode == 0
    assert "rename-column orders: customer_name → full_name" in out


def test_a_dry_run_writes_nothing(shop, contractctl):
    before = files(shop)
    said = contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", "--dry-run")

    assert said.stdout.startswith("would write the plan 'rename-orders-customer-name'")
    assert files(shop) == before


def test_json_says_what_was_written_and_what_comes_next(shop, contractctl):
    said = contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", "--format", "json")
    answer = json.loads(said.stdout)

    assert answer["plan"] == "rename-orders-customer-name"
    assert answer["next"] == "contractctl migrate expand rename-orders-customer-name"
    assert all((shop / file).is_file() for file in answer["files"])
    assert answer["movements"][0]["intermediate"] == "1.1.0"


def test_the_options_reach_the_plan_file(shop, contractctl):
    contractctl(
        "plan", "shop/orders", "--rename", "customer_name=full_name", "--name", "r", "--canary", "5,50,100",
        "--bake", "2", "--window", "3d", "--quiesced", "4", "--heartbeat", "5", "--fresh", "6", "--approvals", "1",
        "--restore-point", "s3://backups/1",
    )  # fmt: skip
    text = (shop / "migrations/plans/r.toml").read_text()

    for line in (
        "steps = [5, 50, 100]", "bake_seconds = 2", "window_seconds = 259200", "quiesced_seconds = 4",
        "heartbeat_seconds = 5", "fresh_seconds = 6", "approvals = 1", 'restore_point = "s3://backups/1"',
    ):  # fmt: skip
        assert f"{line}\n" in text


def test_a_draft_that_goes_on_while_its_plan_is_carried_out_is_told_which_plan_no_longer_excuses_it(shop, contractctl):
    contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", "--name", "r")
    as_planned = contractctl("check", "shop/orders")
    draft = shop / "contracts/shop/orders/orders.sql"
    draft.write_text(draft.read_text().replace("  amount", "  note TEXT,\n  amount"))

    said = contractctl("check", "shop/orders", code=1)

    assert "plan 'r' leads there" in as_planned.stdout
    assert "note:" not in as_planned.stdout
    assert "note: shop/orders: the plan 'r' was written for another draft, and does not excuse this one" in said.stdout


def test_a_migration_of_another_tool_that_a_plan_carries_out_is_named_so_that_nobody_runs_it(tmp_path, contractctl):
    folder = tmp_path / "contracts/shop/tables"
    migrations = tmp_path / "prisma/migrations"
    folder.mkdir(parents=True)
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    (folder / "contract.toml").write_text(
        'format = "sql"\nowner = "shop"\ndialect = "sqlite"\ndraft = "../../../prisma/migrations"\n'
    )
    for name, sql in (("1_init", ORDERS), ("2_users", "CREATE TABLE users (id INTEGER PRIMARY KEY);\n")):
        (migrations / name).mkdir(parents=True)
        (migrations / name / "migration.sql").write_text(sql)
    contractctl("release", "shop/tables")
    database(tmp_path, ORDERS, "CREATE TABLE users (id INTEGER PRIMARY KEY)")
    (migrations / "3_rename").mkdir()
    (migrations / "3_rename/migration.sql").write_text("ALTER TABLE orders RENAME COLUMN customer_name TO buyer;\n")

    said = contractctl("plan", "shop/tables", "--rename", "customer_name=buyer", "--name", "r").stderr

    assert "note: prisma/migrations/3_rename/migration.sql makes its change at once, and the plan in stages" in said
    assert "1_init" not in said


def test_a_column_that_is_there_without_a_release_is_sent_to_be_released_first(shop, contractctl):
    database(shop, "ALTER TABLE orders ADD COLUMN full_name TEXT")

    said = contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", code=2).stderr

    assert "table 'orders' already has a column 'full_name'" in said
    assert "contractctl check --live shop/orders" in said


def test_planning_twice_says_that_the_plan_exists(shop, contractctl):
    contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", "--name", "r")
    before = files(shop)
    said = contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", "--name", "r", code=2)

    assert "the plan 'r' exists already" in said.stderr
    other = contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", "--name", "s", code=2)
    assert "plan 'r' is already changing 'orders.customer_name'" in other.stderr
    assert files(shop) == before


def test_what_a_plan_leads_to_is_released_once_it_is_contracted_and_no_plan_starts_from_what_is_not_there(
    shop, contractctl
):
    contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", "--name", "first")
    for number in (("--version", "3.0.0"), ("--major",)):
        early = contractctl("release", "shop/orders", *number, code=1)
        assert "the plan 'first' leads to 2.0.0 and is planned" in early.stdout
    assert "remove plans/first.toml" in early.stderr
    contractctl("migrate", "expand", "first", env={"CONTRACTCTL_ACTOR": "Ann <ann@shop.org>"})
    began = contractctl("release", "shop/orders", "--version", "2.0.0", code=1)
    assert "and is expanded" in began.stdout
    assert "remove" not in began.stderr
    contractctl("release", "shop/orders", "--version", "2.0.0", "--contracted-elsewhere")
    draft = shop / "contracts" / "shop" / "orders" / "orders.sql"
    draft.write_text(draft.read_text().replace("full_name", "label"))
    second = ("plan", "shop/orders", "--rename", "full_name=label", "--name", "second")

    said = contractctl(*second, code=2).stderr
    assert "'shop/orders' 2.0.0 is released, and the plan 'first', which leads there, is expanded" in said
    assert "contractctl migrate status first" in said
    (shop / "shop.db").unlink()
    database(shop, ORDERS.replace("customer_name", "full_name"))
    assert "wrote the plan 'second'" in contractctl(*second).stdout  # the journal here knows nothing: it was elsewhere


def test_a_database_that_cannot_carry_the_plan_is_heard_before_anything_is_written(shop, contractctl):
    database(shop, "DROP TABLE orders", ORDERS.replace("customer_name TEXT", "customer_name TEXT UNIQUE"))
    before = files(shop)
    said = contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", code=2)

    assert "'orders.customer_name' is part of a UNIQUE constraint" in said.stderr
    assert files(shop) == before


def test_what_must_move_before_the_old_column_goes_is_noted(shop, contractctl):
    database(shop, "CREATE VIEW names AS SELECT customer_name FROM orders")
    said = contractctl("plan", "shop/orders", "--rename", "customer_name=full_name")

    assert "note: view 'names' uses 'orders.customer_name'" in said.stderr


def test_values_that_do_not_come_back_need_an_explicit_lossy(shop, contractctl):
    draft = shop / "contracts/shop/orders/orders.sql"
    draft.write_text(ORDERS.replace("amount TEXT", "amount INTEGER"))
    database(shop, "INSERT INTO orders VALUES (2, 'Bea', '5 EUR')")
    said = contractctl("plan", "shop/orders", "--name", "cents", code=2)

    assert "1 value of 'orders.amount' does not come back from the new form, such as '5 EUR'" in said.stderr
    contractctl("plan", "shop/orders", "--name", "cents", "--lossy", "amount")
    assert "lossy = true" in (shop / "migrations/plans/cents.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("shop/nothing",), "there is no contract 'shop/nothing'"),
        (("shop/orders", "--rename", "customer_name"), "there is no '=' between two names"),
        (("shop/orders", "--rename", "customer_name="), "there is no '=' between two names"),
        (("shop/orders", "--rename", "a=b", "--rename", "a=c"), "--rename names 'a' twice"),
        (("shop/orders", "--rename", "nothing=full_name", "--drop", "customer_name"), "removes 'nothing'"),
        (("shop/orders", "--rename", "customer_name=full_name", "--canary", "ten"), "these are not percentages"),
        (
            ("shop/orders", "--rename", "customer_name=full_name", "--canary", "50,10,100"),
            "shares must increase and end at 100",
        ),
        (
            ("shop/orders", "--rename", "customer_name=full_name", "--canary", "1,nan,100"),
            "shares must increase and end at 100",
        ),
        (("shop/orders", "--rename", "customer_name=full_name", "--name", "../x"), "not a name for a plan"),
        (
            ("shop/orders", "--rename", "customer_name=full_name", "--up", "full_name=random()"),
            "does not always give the same value",
        ),
        (
            ("shop/orders", "--rename", "customer_name=full_name", "--up", "full_name=upper(nme)"),
            "not an SQL expression over one row",
        ),
        (("shop/orders", "--split", "customer_name=full_name"), "that names one column on each side"),
        (("shop/orders", "--merge", "customer_name=full_name"), "that names one column on each side"),
        (
            ("shop/orders", "--split", "customer_name=full_name,title"),
            "does not name removed columns and new ones",
        ),
        (("shop/orders", "--rename-table", "order=purchases", "--drop", "customer_name"), "removes 'order'"),
        (
            ("shop/orders", "--move", "orders.customer_name=full_name", "--on", "id=id"),
            "the move 'orders.customer_name=full_name': there is no column 'full_name'",
        ),
        (("shop/orders", "--extract", "orders.customer_name=orders"), "does not name removed columns of one table"),
        (("shop/orders", "--rename", "customer_name=full_name", "--on", "id"), "there is no '=' between two names"),
        ((), "contractctl plan needs CONTRACT…"),
    ],
)
def test_bad_input_ends_in_one_clear_sentence_and_writes_nothing(shop, contractctl, arguments, sentence):
    before = files(shop)
    said = contractctl("plan", *arguments, code=2)

    assert sentence in said.stderr
    assert files(shop) == before


def test_a_plan_is_called_after_what_becomes_of_its_columns(shop, contractctl):
    draft = shop / "contracts/shop/orders/orders.sql"
    draft.write_text(ORDERS + "CREATE INDEX by_amount ON orders (amount);\n")
    contractctl("release", "shop/orders", "--version", "1.1.0")
    database(shop, "CREATE INDEX by_amount ON orders (amount)")
    draft.write_text(ORDERS.replace("customer_name", "full_name"))
    said = contractctl("plan", "shop/orders", "--rename", "customer_name=full_name", "--dry-run")

    assert "would write the plan 'rename-orders-customer-name'\n" in said.stdout


def test_a_split_is_planned_shown_and_read_by_machines(shop, contractctl):
    draft = shop / "contracts/shop/orders/orders.sql"
    draft.write_text(ORDERS.replace("customer_name TEXT NOT NULL", "first_name TEXT, last_name TEXT"))
    asked = (
        "plan", "shop/orders", "--split", "customer_name=first_name,last_name",
        "--up", "first_name=substr(customer_name, 1, 2)", "--up", "last_name=substr(customer_name, 3)",
        "--down", "customer_name=first_name || last_name", "--fill", "customer_name=''",
    )  # fmt: skip
    said = contractctl(*asked, "--dry-run")
    answer = json.loads(contractctl(*asked, "--format", "json").stdout)

    assert "    split-column orders: customer_name → first_name, last_name\n" in said.stdout
    assert "      up first_name = substr(customer_name, 1, 2)\n" in said.stdout
    assert answer["operations"][0]["regroup"]["downs"] == {"customer_name": "COALESCE(first_name || last_name, '')"}


def test_a_renamed_table_and_what_holds_only_later_are_planned_and_told(shop, contractctl):
    draft = shop / "contracts/shop/orders/orders.sql"
    draft.write_text(ORDERS.replace("TABLE orders", "TABLE purchases"))
    renamed = contractctl("plan", "shop/orders", "--rename-table", "orders=purchases", "--dry-run")
    draft.write_text(ORDERS.replace("amount TEXT", "amount TEXT DEFAULT '1'"))
    later = contractctl("plan", "shop/orders", "--dry-run")

    assert "    rename-table orders → purchases\n" in renamed.stdout
    assert "note: until the end, 'orders.amount' keeps its old default" in later.stderr


@pytest.mark.parametrize(
    ("draft", "option"),
    [
        (ORDERS.replace("TABLE orders", "TABLE purchases"), "--rename-table orders=purchases"),
        (
            ORDERS.replace("customer_name TEXT NOT NULL", "first_name TEXT, last_name TEXT"),
            (
                "--split customer_name=first_name,last_name"
                ' --up "first_name=…" --up "last_name=…" --down "customer_name=…"'
            ),
        ),
        (
            ORDERS.replace(",\n  amount TEXT", "")
            + "CREATE TABLE amounts (o INTEGER PRIMARY KEY REFERENCES orders (id), amount TEXT);\n",
            '--extract orders.amount=amounts --on "id=o"',
        ),
    ],
)
def test_what_may_have_become_of_columns_and_tables_is_asked_and_never_taken_silently(shop, contractctl, draft, option):
    (shop / "contracts/shop/orders/orders.sql").write_text(draft)
    before = files(shop)
    said = contractctl("plan", "shop/orders", code=2)

    assert "only you can say whether that is so" in said.stderr
    assert f"if it is, run: contractctl plan shop/orders {option}\n" in said.stderr
    assert files(shop) == before


def test_planning_reads_no_database_library_for_events_alone(shop):
    program = (
        "import sys; from contractctl.cli import run; "
        "code = run(['plan', 'shop/order-placed', '--rename', 'customer_name=full_name', '--dry-run']); "
        "assert code == 0; assert not {'sqlalchemy', 'alembic', 'sqlglot'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", program], cwd=shop, check=True, capture_output=True)
