"""Is nothing called compatible where two features of a table meet that hold apart from each other?"""

import pytest

from contractctl.compatibility import compare
from contractctl.model.verdict import Status


def told(dialect: str, old: str, new: str) -> list[str]:
    """The rules that break, without their prefix; "?" where the answer is unknown."""
    answer = compare(old, new, format="sql", dialect=dialect).backward
    rules = [found.rule.removeprefix("sql-") for found in answer.findings if found.breaks]
    return rules or (["?"] if answer.status is Status.UNKNOWN else [])


def test_a_check_on_a_set_meets_several_of_its_values_at_once() -> None:
    table = "CREATE TABLE t (a set('x','y'){})"

    assert told("mysql", table.format(""), table.format(", CHECK (a IN ('', 'x', 'y'))")) == ["?"]


def test_a_domain_forbids_null_in_a_column_that_is_said_to_hold_it() -> None:
    versions = [f"CREATE DOMAIN d AS int{rest}; CREATE TABLE t (a d NULL)" for rest in ("", " NOT NULL")]

    assert told("postgresql", *versions) == ["null-refused"]


@pytest.mark.parametrize(("key", "expected"), [(" PRIMARY KEY", ["?"]), (" UNIQUE", ["?"]), (" NOT NULL", [])])
def test_the_keys_of_a_table_do_not_hold_for_rows_of_a_new_child(key: str, expected: list[str]) -> None:
    parent, first, second = (
        f"CREATE TABLE p (a int{key});",
        "CREATE TABLE c () INHERITS (p);",
        "CREATE TABLE d () INHERITS (p)",
    )

    assert told("postgresql", parent, parent + first) == expected
    assert told("postgresql", parent + first, parent + first + second) == []  # then they did not hold before


def test_casts_name_the_enum_of_a_column() -> None:
    versions = [
        f"CREATE TYPE {name} AS ENUM ('sad', 'happy'); CREATE TABLE t (a {name})" for name in ("mood", "humour", "Mood")
    ]

    assert told("postgresql", versions[0], versions[1]) == ["?"]
    assert told("postgresql", versions[0], versions[2]) == []


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
@pytest.mark.parametrize(("source", "expected"), [("", ["?"]), (" NOT NULL", [])])
def test_a_computed_column_that_may_not_be_null_refuses_the_rows_for_which_it_is(
    dialect: str, source: str, expected: list[str]
) -> None:
    table = f"CREATE TABLE t (a varchar(9){source}, g varchar(9){{}} GENERATED ALWAYS AS (lower(a)) STORED)"

    assert told(dialect, table.format(""), table.format(" NOT NULL")) == expected


def test_an_enum_that_is_never_null_by_a_check_alone_does_not_begin_with_its_first_value() -> None:
    one, by_check = (
        f"CREATE TABLE t (a int, e enum('x', 'y') {says})" for says in ("NOT NULL", "CHECK (e IS NOT NULL)")
    )

    assert told("mysql", "CREATE TABLE t (a int)", by_check) == ["column-required"]
    assert told("mysql", one, by_check) == ["default-removed"]
    assert told("mysql", by_check, one) == []


@pytest.mark.parametrize(
    "after",
    [
        "g varchar(3) AS (lower(a)) STORED)",
        "g varchar(3) AS (lower(a)) VIRTUAL, KEY (g))",
        "g varchar(3) AS (lower(a)) VIRTUAL); CREATE INDEX i ON t (g)",
        "g varchar(3) AS (lower(a)) VIRTUAL, b int, UNIQUE (g, b))",
    ],
)
def test_a_virtual_column_that_is_computed_with_the_row_now_must_fit(after: str) -> None:
    """MariaDB cuts it when it is read: "Data too long" otherwise."""
    before, after = (
        "CREATE TABLE t (a varchar(9), g varchar(3) AS (lower(a)) VIRTUAL)",
        f"CREATE TABLE t (a varchar(9), {after}",
    )
    wide, wider = (text.replace("g varchar(3)", "g varchar(9)") for text in (before, after))

    assert told("mysql", before, after) == ["?"]
    assert told("mysql", wide, wider) == []


@pytest.mark.parametrize("other", ["UNIQUE (b(2))", "UNIQUE ((lower(b)))"])
def test_a_key_over_a_part_of_a_column_does_not_stand_for_one_that_is_gone(other: str) -> None:
    tables = [f"CREATE TABLE t (a int{key}, b varchar(9), {other})" for key in (" UNIQUE", "")]

    assert told("mysql", *tables) == ["duplicates-unexpected"]
