"""Does the replay find a write that was lost?"""

import json
import os
import sqlite3
from pathlib import Path

import pytest

from contractctl.demo import scenery
from contractctl.demo.customers import first_name_on
from contractctl.demo.place import Place
from contractctl.demo.proof import Write, prove, read_log, read_table

FIRST_ORDERS = 3


def table(**changed: str | None) -> dict[int, str | None]:
    names: dict[int, str | None] = {order: first_name_on(order) for order in range(1, FIRST_ORDERS + 1)}
    return names | {int(order.removeprefix("order_")): name for order, name in changed.items()}


def write(at: float, order: int, name: str, by: str = "shop-1.0") -> Write:
    return Write(at=at, order=order, name=name, ms=0.1, by=by)


def test_a_table_that_holds_the_last_write_of_every_order_is_proven() -> None:
    writes = [write(2, 1, "Grace Hopper"), write(1, 1, "Ada Lovelace"), write(3, 4, "Zoë Xu", by="shop-2.0")]

    proof = prove(writes, FIRST_ORDERS, table(order_1="Grace Hopper", order_4="Zoë Xu"))

    assert proof.holds
    assert proof.writes == {"shop-1.0": 2, "shop-2.0": 1}
    assert (proof.orders, proof.rewritten) == (4, 2)


def test_an_order_that_fell_back_to_an_earlier_name_is_a_lost_write() -> None:
    writes = [write(1, 2, "Ada Lovelace"), write(2, 2, "Grace Hopper")]

    proof = prove(writes, FIRST_ORDERS, table(order_2="Ada Lovelace"))

    assert not proof.holds
    assert [(lost.order, lost.expected, lost.found, lost.by) for lost in proof.lost] == [
        (2, "Grace Hopper", "Ada Lovelace", "shop-1.0")
    ]


@pytest.mark.parametrize("found", [None, "", "grace hopper", "Grace Hopper "])
def test_a_name_that_is_only_similar_is_a_lost_write(found: str | None) -> None:
    proof = prove([write(1, 2, "Grace Hopper")], FIRST_ORDERS, table(order_2=found))

    assert [lost.order for lost in proof.lost] == [2]


def test_a_new_order_that_is_not_in_the_table_is_a_lost_write() -> None:
    proof = prove([write(1, 4, "Grace Hopper")], FIRST_ORDERS, table())

    assert [(lost.order, lost.found) for lost in proof.lost] == [(4, None)]


def test_an_order_that_nobody_touched_must_still_have_its_first_name() -> None:
    proof = prove([], FIRST_ORDERS, table(order_3="Somebody Else"))

    assert [(lost.order, lost.by) for lost in proof.lost] == [(3, "first")]


def test_an_order_that_nobody_says_to_have_written_is_not_proven() -> None:
    proof = prove([], FIRST_ORDERS, table(order_9="Grace Hopper"))

    assert not proof.holds
    assert proof.unaccounted == (9,)


def test_a_log_is_read_to_its_last_line_and_a_broken_one_is_not_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "shop-1.0.jsonl"
    lines = [
        {"at": 1.5, "order": 2, "name": "Zoë O'Brien", "ms": 0.4},
        {"at": 2.5, "order": 4, "name": "Wei Xu", "ms": 1},
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    assert [(one.order, one.name, one.by) for one in read_log(log, "a")] == [
        (2, "Zoë O'Brien", "a"),
        (4, "Wei Xu", "a"),
    ]
    log.write_text('{"at": 1.5, "ord', encoding="utf-8")
    with pytest.raises(json.JSONDecodeError):
        read_log(log, "a")


def test_a_fresh_table_is_proven_and_one_update_behind_the_log_s_back_is_found(tmp_path: Path) -> None:
    scenery.build(tmp_path, dict(os.environ), Place())
    scenery.fill_table(tmp_path, Place(), 500)
    database = tmp_path / "shop.db"
    engine = Place().engine(tmp_path)

    assert prove([], 500, read_table(engine, "customer_name")).holds
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE orders SET customer_name = 'X' WHERE id = 77")
    connection.close()
    assert [lost.order for lost in prove([], 500, read_table(engine, "customer_name")).lost] == [77]
    engine.dispose()
