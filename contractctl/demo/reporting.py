"""Which customers spend most, and who ordered last? A job of another team, about once a second.

It reads the shop's table and the shop's events. Started as `python -m contractctl.demo.reporting`: version 1.0 reads
customer_name in both, version 2.0 reads full_name.
"""

import argparse
from pathlib import Path

from sqlalchemy import Column, Engine, Integer, MetaData, Select, Table, Text, desc, func, select

from contractctl.demo.events import newest, schema
from contractctl.demo.life import Life, say
from contractctl.demo.place import here
from contractctl.demo.telemetry import measured

READS = {"1.0": ("customer_name", "1.0.0"), "2.0": ("full_name", "1.1.0")}
"""What each version of the job reads, and with which version of the event's contract."""
LATEST = 2_000
"""How many of the latest orders a report is about."""
EVERY = 1.0
"""Seconds between two reports."""


def main() -> None:
    """Write a report a second until asked to stop."""
    asked = argparse.ArgumentParser(prog="python -m contractctl.demo.reporting", description=__doc__)
    asked.add_argument("--version", choices=READS, required=True, help="which version of the job to be")
    version = asked.parse_args().version
    name, event_version = READS[version]
    life = Life()
    engine = here().engine(Path())
    with measured("reporting", version, engine) as instruments:
        old_field = instruments.reads.watch("shop/order-placed", "OrderPlaced.customer_name")
        best, reader = _best_customers(name), schema(event_version)
        say(f"reporting {version} is open")
        for due in life.bursts(1 / EVERY):
            if not due:
                continue
            event = newest(Path("events"), reader)
            if event and name == "customer_name":
                old_field.read()
            say(f"most spent: {_best(engine, best)}; last ordered: {event[name] if event else 'nobody'}")


def _best(engine: Engine, best: Select[str, int]) -> str:
    with engine.connect() as connection:
        return ", ".join(f"{name} {total / 100:.2f}" for name, total in connection.execute(best))


def _best_customers(column: str) -> Select[str, int]:
    orders = Table("orders", MetaData(), Column("id", Integer), Column(column, Text), Column("total_cents", Integer))
    name, spent = orders.c[column], func.sum(orders.c.total_cents)
    latest = orders.c.id > select(func.max(orders.c.id) - LATEST).scalar_subquery()
    return select(name, spent).where(latest).group_by(name).order_by(desc(spent)).limit(2)


if __name__ == "__main__":
    main()
