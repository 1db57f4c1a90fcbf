"""Which customers spend most? A job of another team, which reads the shop's table about once a second.

Started as `python -m contractctl.demo.reporting`: version 1.0 reads customer_name, version 2.0 reads full_name.
"""

import argparse

from sqlalchemy import Column, Integer, MetaData, Select, Table, Text, create_engine, desc, func, select

from contractctl.demo import telemetry
from contractctl.demo.life import Life, say

COLUMNS = {"1.0": "customer_name", "2.0": "full_name"}
"""What each version of the job reads."""
LATEST = 2_000
"""How many of the latest orders a report is about."""
EVERY = 1.0
"""Seconds between two reports."""


def main() -> None:
    """Write a report a second until asked to stop."""
    asked = argparse.ArgumentParser(prog="python -m contractctl.demo.reporting", description=__doc__)
    asked.add_argument("--version", choices=COLUMNS, required=True, help="which version of the job to be")
    version = asked.parse_args().version
    life = Life()
    engine = create_engine("sqlite:///shop.db", connect_args={"timeout": 30})
    best = _best_customers(COLUMNS[version])
    with telemetry.reporting("reporting", version, engine):
        say(f"reporting {version} is open")
        for due in life.bursts(1 / EVERY):
            if due:
                with engine.connect() as connection:
                    rows = connection.execute(best).all()
                say("; ".join(f"{name} {total / 100:.2f}" for name, total in rows))


def _best_customers(column: str) -> Select[str, int]:
    orders = Table("orders", MetaData(), Column("id", Integer), Column(column, Text), Column("total_cents", Integer))
    name, spent = orders.c[column], func.sum(orders.c.total_cents)
    latest = orders.c.id > select(func.max(orders.c.id) - LATEST).scalar_subquery()
    return select(name, spent).where(latest).group_by(name).order_by(desc(spent)).limit(3)


if __name__ == "__main__":
    main()
