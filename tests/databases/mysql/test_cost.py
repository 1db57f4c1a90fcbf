"""What do writers pay for the triggers? Counted by the server, beside the same table without them."""

from typing import Any

import pytest

COLUMNS = "(id INT PRIMARY KEY AUTO_INCREMENT, old VARCHAR(100), new VARCHAR(100), n INT NOT NULL DEFAULT 0, KEY (n))"


@pytest.mark.parametrize(
    "write",
    [
        "UPDATE {} SET old = 'Bea', n = n + 1 WHERE id = 7",
        "UPDATE {} SET new = 'Bea', n = n + 1 WHERE id = 7",
        "UPDATE {} SET n = n + 1 WHERE id = 7",
        "INSERT INTO {} (old, n) VALUES ('Bea', 1)",
        "DELETE FROM {} WHERE id = 7",
    ],
)
def test_a_row_in_step_is_written_without_a_look_into_any_table(shop, pair, write):
    """The rest of a trigger's price is its own opening: a row of a side table would double it."""
    shop.run(f"CREATE TABLE bare {COLUMNS}")
    shop.run(f"CREATE TABLE t {COLUMNS}")
    for table in ("bare", "t"):
        shop.run(f"INSERT INTO {table} (old, new) SELECT concat('name ', seq), concat('name ', seq) FROM seq_1_to_30")
    shop.table("", pair())

    assert counted(shop, write.format("t")) == counted(shop, write.format("bare"))


def counted(shop: Any, write: str) -> dict[str, int]:
    """What the server has done to rows of any table for a statement that it knows already."""
    shop.run("START TRANSACTION")
    shop.run(write)
    shop.run("ROLLBACK")
    shop.run("FLUSH STATUS")
    shop.run(write)
    return {name: int(value) for name, value in shop.rows("SHOW SESSION STATUS LIKE 'Handler\\_%'") if value != "0"}
