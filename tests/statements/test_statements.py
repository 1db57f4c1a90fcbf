"""Is no statement that touches a column ever said not to? Labelled texts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contractctl.statements import Target, Touch, touch

DIALECTS = {"p": "postgresql", "m": "mysql", "s": "sqlite"}
CLASSES = {"reads": Touch.READS, "writes": Touch.WRITES, "none": Touch.NONE, "unknown": Touch.UNKNOWN}


def labelled() -> Iterator[tuple[Touch, str, str]]:
    """(class, dialect, text) of every line."""
    for line in (Path(__file__).parent / "labelled.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, dialects, sql = line.split(maxsplit=2)
            yield from ((CLASSES[kind], DIALECTS[one], sql) for one in dialects)


LABELLED = list(labelled())


def target(dialect: str, **more: Any) -> Target:
    return Target("orders", "customer", dialect, through=("v_customers", "f_customer"), fires=("audit",), **more)


def test_there_are_enough_of_each_dialect() -> None:
    assert len({sql for _, _, sql in LABELLED}) >= 150
    assert all(sum(one == dialect for _, one, _ in LABELLED) >= 100 for dialect in DIALECTS.values())


def test_every_labelled_statement_is_classed_as_its_label_says() -> None:
    found = [(touch(sql, target(dialect)), kind, dialect, sql) for kind, dialect, sql in LABELLED]

    wrong = [
        f"{it.touch} ({it.why}), not {kind}: {dialect}: {sql}" for it, kind, dialect, sql in found if it.touch != kind
    ]
    assert wrong == []


@pytest.mark.parametrize("cut", ["...", " ..."])
def test_no_prefix_of_a_statement_that_reads_is_said_not_to_touch(cut: str) -> None:
    """Cut off anywhere and marked as servers do: what is there may still parse."""
    wrong = []
    for kind, dialect, sql in LABELLED:
        marked = [sql[:end] + cut for end in range(1, len(sql), 5)] if kind is Touch.READS else []
        wrong += [text for text in marked if touch(text, target(dialect)).touch is Touch.NONE]
    assert wrong == []


def test_a_call_hides_nothing_where_nested_statements_are_seen() -> None:
    alone = ("CALL p_report()", 'FETCH FORWARD 40 FROM "_curs_1"', "MOVE 3 IN c", "EXECUTE p(1)")
    for sql in (*alone, "SELECT f_other(1)", "SELECT total, f_other(id) FROM orders"):
        assert touch(sql, target("postgresql")).touch is Touch.UNKNOWN
        assert touch(sql, target("postgresql", nested_seen=True)).touch is Touch.NONE


def test_a_partition_is_the_table_under_another_name() -> None:
    for sql in ("SELECT customer FROM orders_2026", "SELECT * FROM orders_2026"):
        assert touch(sql, target("postgresql")).touch is Touch.NONE
        assert touch(sql, target("postgresql", also=("public.orders_2026",))).touch is Touch.READS


def test_a_partition_in_another_schema_is_the_table_all_the_same() -> None:
    sales = Target("sales.orders", "customer", "postgresql", also=("archive.orders_2024", "sales.orders"))

    for sql in ("SELECT customer FROM archive.orders_2024", "SELECT * FROM orders_2024"):
        assert touch(sql, sales).touch is Touch.READS
    for sql in ("SELECT customer FROM sales.orders_2024", "SELECT customer FROM archive.orders"):
        assert touch(sql, sales).touch is Touch.NONE


def test_only_a_name_with_another_schema_is_another_table() -> None:
    qualified = Target("sales.orders", "customer", "postgresql")

    assert touch("SELECT customer FROM archive.orders", qualified).touch is Touch.NONE
    assert touch("SELECT customer FROM sales.orders", qualified).touch is Touch.READS
    assert touch("SELECT customer FROM orders", qualified).touch is Touch.READS
    assert touch("SELECT customer FROM archive.orders", Target("orders", "customer", "postgresql")).touch is Touch.READS


@pytest.mark.parametrize("dialect", DIALECTS.values())
def test_whatever_the_text_is_there_is_an_answer(dialect: str) -> None:
    for text in (
        "",
        " ",
        ";",
        "(",
        ")",
        "'",
        "`",
        "/*",
        "--",
        "\x00",
        "(" * 3000 + "orders",
        "orders.customer",
        "é",
        "$",
        "$$",
    ):
        assert touch(text, target(dialect)).touch is not Touch.WRITES
