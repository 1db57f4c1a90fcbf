"""May a piece of SQL stand in a plan, and is it the same piece under other names of columns?"""

import pytest

from contractctl.errors import ContractctlError
from contractctl.formats.sql.fragments import VOLATILE_FUNCTIONS, VOLATILE_WORDS, demand_fragment, read, renamed

WORDS = [
    (dialect, name)
    for dialect in ("postgresql", "mysql")
    for name in sorted(VOLATILE_FUNCTIONS[dialect] | VOLATILE_WORDS[dialect])
]


@pytest.mark.parametrize(("dialect", "name"), WORDS)
def test_what_gives_another_value_tomorrow_is_refused_however_it_is_written(dialect: str, name: str) -> None:
    for text in (f"{name}()", f"{name}(a)", name, f"coalesce(a, {name.upper()}())", f"lower({name} ( ))"):
        with pytest.raises(ContractctlError):
            demand_fragment(text, dialect, ("a",), "up of 'x'")


@pytest.mark.parametrize(
    ("dialect", "text", "reason"),
    [
        ("postgresql", "a + random()", "does not always give the same value: 'random'"),
        ("postgresql", "'now'::timestamp", "does not always give the same value: 'now'"),
        ("postgresql", "date 'Today '", "does not always give the same value"),
        ("postgresql", '"clock_timestamp"()', "does not always give the same value"),
        ("postgresql", "pg_catalog.now()", "does not always give the same value"),
        ("mysql", "unix_timestamp()", "does not always give the same value"),
        ("mysql", "@@sql_mode", "differs between sessions"),
        ("mysql", "@x", "is given from outside"),
        ("postgresql", "$1", "is given from outside"),
        ("postgresql", "(SELECT 1)", "is a query"),
        ("postgresql", "a IN (SELECT 1)", "is a query"),
        ("postgresql", "EXISTS (SELECT 1)", "is a query"),
        ("postgresql", "max(a)", "is an aggregate"),
        ("postgresql", "row_number() OVER ()", "depends on other rows"),
        ("postgresql", "b", "it names 'b', which is not on its side"),
        ("postgresql", '"A"', "it names 'A'"),
        ("postgresql", "NEW.a", "names 'NEW.a'"),
        ("postgresql", "a.*", "not an SQL expression|names"),
        ("postgresql", "a, a", "not an SQL expression over one row"),
        ("postgresql", "a AS b", "not an SQL expression over one row"),
        ("postgresql", "a FROM b", "not an SQL expression over one row"),
        ("postgresql", "a; DROP TABLE x", "not an SQL expression over one row"),
        ("postgresql", "a -- and the rest", "not an SQL expression over one row"),
        ("mysql", "a /* and the rest */", "not an SQL expression over one row"),
        ("postgresql", "a)", "not an SQL expression over one row"),
        ("postgresql", "", "not an SQL expression over one row"),
    ],
)
def test_what_is_no_expression_over_the_row_is_refused_with_its_reason(dialect: str, text: str, reason: str) -> None:
    with pytest.raises(ContractctlError) as raised:
        demand_fragment(text, dialect, ("a",), "up of 'x'")

    assert any(part in raised.value.message for part in reason.split("|"))
    assert raised.value.hint


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgresql", "a"),
        ("postgresql", "A || \"a\" || 'now()'"),
        ("postgresql", "split_part(a, ' ', 1)"),
        ("postgresql", "CASE WHEN a = 'now' THEN NULL ELSE a::int END"),
        ("postgresql", "a AT TIME ZONE 'UTC'"),
        ("postgresql", "(a ->> 'random')::numeric(10, 2)"),
        ("mysql", "CONVERT_TZ(`a`, '+00:00', @@session.time_zone)"),
        ("mysql", "unix_timestamp(A)"),
        ("mysql", "substring_index(a, ' ', 1)"),
    ],
)
def test_what_depends_on_the_row_alone_may_stand_in_a_plan(dialect: str, text: str) -> None:
    demand_fragment(text, dialect, ("a",), "up of 'x'")

    assert read(text, dialect) is not None


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("postgresql", """lower(a) || "a" || 'a' || "A" || b""", """lower(a__new) || a__new || 'a' || "A" || b"""),
        ("mysql", "concat(`a`,  A, 'a')", "concat(a__new,  a__new, 'a')"),
        ("sqlite", "a COLLATE NOCASE > 'a'", "a__new COLLATE NOCASE > 'a'"),
        ("postgresql", "a + (", "a + ("),
    ],
)
def test_names_change_and_everything_else_stays_as_it_is_written(dialect: str, text: str, expected: str) -> None:
    assert renamed(text, dialect, {"a": "a__new"}) == expected
