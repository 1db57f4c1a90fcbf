"""What is there before the story begins? A git repository with released contracts, and a table full of orders."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import text

from contractctl import resources
from contractctl.demo.customers import LAST, cents, first_name_on
from contractctl.demo.place import Place
from contractctl.demo.scraping import Scraping

ORDERS = 200_000
_AT_ONCE = 10_000
CONTRACTS = ("orders", "order-placed")
SETTINGS = """\
# What contractctl needs to know about this repository.
level = "BACKWARD"

[database]
url = "{url}"

[[evidence]]
source = {evidence}
"""
FILES = '"otlp"\npath = "telemetry/*.jsonl"'
IGNORED = """\
*.db
*.db-shm
*.db-wal
before-contract.jsonl
/events/
/logs/
/prometheus/
/telemetry/
/customers.txt
"""


def build(folder: Path, environment: Mapping[str, str], place: Place, scraping: Scraping | None = None) -> None:
    """The repository as the shop's developers left it last night."""
    for name in CONTRACTS:
        shutil.copytree(resources.contracts() / "shop" / name, folder / "contracts" / "shop" / name)
    table = folder / "contracts" / "shop" / "orders" / "contract.toml"
    said = table.read_text(encoding="utf-8")
    table.write_text(said.replace('dialect = "sqlite"', f'dialect = "{place.dialect}"'), encoding="utf-8")
    for name in ("events", "logs", "telemetry"):
        (folder / name).mkdir()
    evidence = f'"prometheus"\nurl = "{scraping.url}"' if scraping else FILES
    (folder / "contractctl.toml").write_text(SETTINGS.format(url=place.setting, evidence=evidence), encoding="utf-8")
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    (folder / "customers.txt").write_text("".join(f"{name}\n" for name in LAST), encoding="utf-8")
    for command in (
        "git init -q -b main",
        "git config user.name Ada",
        "git config user.email ada@shop.example",
        "git add .",
        "git commit -q -m 'The shop, with version 1.0.0 of its contracts'",
    ):
        git(folder, environment, command)


def git(folder: Path, environment: Mapping[str, str], command: str) -> None:
    """Run one git command of the scenery."""
    subprocess.run(shlex.split(command), cwd=folder, env=environment, check=True, capture_output=True)  # noqa: S603 - our own words


def fill_table(folder: Path, place: Place, orders: int = ORDERS) -> None:
    """The table is made by the contract itself, then filled with orders whose first names the proof knows."""
    engine = place.engine(folder)
    with engine.connect() as connection:
        if place.url is None:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql((folder / "contracts/shop/orders/orders.sql").read_text(encoding="utf-8"))
        insert = text("INSERT INTO orders (id, customer_name, total_cents) VALUES (:id, :name, :cents)")
        for first in range(1, orders + 1, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, orders + 1))
            connection.execute(insert, [{"id": n, "name": first_name_on(n), "cents": cents(n)} for n in numbers])
        connection.commit()
    engine.dispose()


def rename_in_drafts(folder: Path, old: str, new: str) -> None:
    """What the developer does in an editor: one name, in both drafts."""
    for draft in ("contracts/shop/orders/orders.sql", "contracts/shop/order-placed/order-placed.avsc"):
        file = folder / draft
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def widen_margins(plan: Path) -> None:
    """What the developer does in an editor: margins that a minute of traffic can fill."""
    text = plan.read_text(encoding="utf-8")
    for key, value in (("absolute_margin", 0.05), ("share_tolerance", 20.0)):
        text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
    plan.write_text(text, encoding="utf-8")


def forget_all_but(report: Path) -> None:
    """Remove the folder's content, except the report that the reader was told of."""
    for found in report.parent.iterdir():
        if found == report:
            continue
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found, ignore_errors=True)  # a process that is just ending may still write
        else:
            found.unlink()
