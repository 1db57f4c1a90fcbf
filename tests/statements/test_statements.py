"""Is no statement that touches a column ever said not to? Labelled texts, and SQLite with and without the column."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractctl.statements import Target, Touch, touch
from tests.budgets import budget

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
    for sql in ("SELECT f_other(1)", "CALL p_report()", "SELECT total, f_other(id) FROM orders"):
        assert touch(sql, target("postgresql")).touch is Touch.UNKNOWN
        assert touch(sql, target("postgresql", nested_seen=True)).touch is Touch.NONE


def test_a_partition_is_the_table_under_another_name() -> None:
    for sql in ("SELECT customer FROM orders_2026", "SELECT * FROM orders_2026"):
        assert touch(sql, target("postgresql")).touch is Touch.NONE
        assert touch(sql, target("postgresql", also=("public.orders_2026",))).touch is Touch.READS


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


# SQLite says whether a statement touches the column: it does not work as before without it

WITH = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, full_name TEXT, total INT, status TEXT);
CREATE TABLE clients (id INTEGER PRIMARY KEY, customer TEXT, name TEXT);
CREATE TABLE audit (id INTEGER PRIMARY KEY, note TEXT);
CREATE VIEW v_customers AS SELECT id, customer FROM orders;
CREATE VIEW v_totals AS SELECT id, total FROM orders;
CREATE TRIGGER audited AFTER INSERT ON audit BEGIN UPDATE audit SET note = (SELECT max(customer) FROM orders); END;
INSERT INTO orders (id, full_name, total, status) VALUES (1, 'Ann', 5, 'new'), (2, 'Bob', 7, 'old'), (5, 'a', 9, 'new');
UPDATE orders SET customer = full_name || id;
INSERT INTO clients VALUES (1, 'Ann1', 'Ann'), (2, 'x', 'Bob'), (3, 'Cid', 'Cid');
"""
WITHOUT = WITH.replace(" customer TEXT,", "", 1).replace("UPDATE orders SET customer = full_name || id;", "")


def outcome(schema: str, sql: str) -> tuple[object, ...]:
    """What a statement gives, and what it leaves behind; without what only the column itself holds."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(schema)
        rows = [connection.execute(one).fetchall() for one in sql.split(";") if one.strip()]
        left = connection.execute("SELECT id, full_name, total, status FROM orders ORDER BY id").fetchall()
        return rows, left, connection.execute("SELECT * FROM clients ORDER BY id").fetchall()
    except sqlite3.Error as error:
        return (type(error),)
    finally:
        connection.close()


def touches(sql: str) -> bool | None:
    """None where the statement fails in any case."""
    there = outcome(WITH, sql)
    return None if isinstance(there[0], type) else there != outcome(WITHOUT, sql)


def test_a_proposed_value_is_the_column_s_where_nothing_was_given() -> None:
    sql = "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET total = excluded.customer"

    assert touches(sql)
    assert touch(sql, target("sqlite")).touch is Touch.WRITES


def test_what_is_labelled_not_to_touch_is_the_same_on_sqlite_without_the_column() -> None:
    assert [sql for kind, dialect, sql in LABELLED if (kind, dialect) == (Touch.NONE, "sqlite") and touches(sql)] == []


NAMES = st.sampled_from(["customer", "full_name", "total", "id", '"customer"', "Customer", "[customer]", "status"])
ALIASES = st.sampled_from(["o", "c", "customer", "x", "orders"])


@st.composite
def queries(draw: st.DrawFn, depth: int = 2) -> str:
    """A SELECT that SQLite may or may not take: one that it does not proves nothing."""
    source, alias = draw(sources(depth)), draw(ALIASES)
    column = st.one_of(
        NAMES, NAMES.map(lambda name: f"{alias}.{name}"), st.just("count(*)"), st.just("*"), st.just(f"{alias}.*")
    )
    chosen = [
        draw(column) + draw(st.sampled_from(["", "", " AS customer", " AS y"])) for _ in range(draw(st.integers(1, 2)))
    ]
    if depth and draw(st.integers(0, 3)) == 0:
        chosen.append(f"({draw(queries(depth - 1))} LIMIT 1)")
    joined = ""
    if draw(st.integers(0, 2)) == 0:
        other = draw(st.sampled_from(["b", "clients", "customer"]))
        how = draw(
            st.sampled_from(
                [
                    f"ON {other}.id = {alias}.id",
                    "USING (id)",
                    "USING (customer)",
                    f"ON {other}.customer = {alias}.full_name",
                ]
            )
        )
        joined = f" {draw(st.sampled_from(['JOIN', 'LEFT JOIN']))} {draw(sources(0))} AS {other} {how}"
    elif draw(st.integers(0, 8)) == 0:
        joined = " NATURAL JOIN clients"
    where = draw(st.sampled_from(["", "", f" WHERE {draw(NAMES)} IS NOT NULL", f" WHERE {alias}.id > 0"]))
    if depth and draw(st.integers(0, 3)) == 0:
        where = f" WHERE {draw(st.sampled_from(['EXISTS', 'NOT EXISTS', 'id IN']))} ({draw(queries(depth - 1))})"
    group = draw(st.sampled_from(["", "", "", f" GROUP BY {draw(NAMES)}"]))
    order = draw(st.sampled_from(["", "", f" ORDER BY {draw(NAMES)}", " ORDER BY 1"]))
    text = f"SELECT {', '.join(chosen)} FROM {source} AS {alias}{joined}{where}{group}{order}"
    if depth and draw(st.integers(0, 5)) == 0:
        name = draw(st.sampled_from(["orders", "w", "clients"]))
        return f"WITH {name} AS ({draw(queries(depth - 1))}) {text}"
    return text


@st.composite
def sources(draw: st.DrawFn, depth: int) -> str:
    named = ["orders", "orders", "clients", "v_customers", "v_totals", '"orders"', "ORDERS", "main.orders", "w"]
    return f"({draw(queries(depth - 1))})" if depth and draw(st.integers(0, 3)) == 0 else draw(st.sampled_from(named))


@st.composite
def writes(draw: st.DrawFn) -> str:
    name, value = draw(NAMES), draw(st.one_of(NAMES, st.just("1"), queries(1).map(lambda query: f"({query} LIMIT 1)")))
    table, returning = (
        draw(st.sampled_from(["orders", "clients", "audit"])),
        draw(st.sampled_from(["", " RETURNING id", " RETURNING *", f" RETURNING {name}"])),
    )
    upsert = draw(
        st.sampled_from(
            [
                "",
                f" ON CONFLICT (id) DO UPDATE SET {name} = excluded.{draw(NAMES)}",
                f" ON CONFLICT (id) DO UPDATE SET full_name = {name}",
                f" ON CONFLICT ({name}) DO NOTHING",
            ]
        )
    )
    return draw(
        st.sampled_from(
            [
                f"UPDATE {table} SET {name} = {value}{returning}",
                f"UPDATE {table} SET full_name = 'a' WHERE {name} IS NOT NULL{returning}",
                f"DELETE FROM {table} WHERE {name} = {value}{returning}",
                f"INSERT INTO {table} (id, {name}) VALUES (1, 'a'){upsert}{returning}",
                f"INSERT INTO {table} VALUES (9, 'a', 'b'){returning}",
                f"INSERT OR REPLACE INTO {table} (id, {name}) {draw(queries(1))}",
                f"UPDATE orders SET total = 1 FROM clients WHERE {name} = name{returning}",
            ]
        )
    )


@budget(150)
@given(st.one_of(queries(), writes()))
def test_what_fails_or_differs_without_the_column_is_never_said_not_to_touch_it(sql: str) -> None:
    if touches(sql):
        assert touch(sql, target("sqlite")).touch is not Touch.NONE
