"""Are values of every type of a server asked whether they come back, also of those that have no order?"""

import pytest
from sqlalchemy import create_engine, text

from contractctl import operations
from contractctl.model.plan import Operation, Plan, Transform

POSTGRESQL = {
    "boolean": "true",
    "uuid": "gen_random_uuid()",
    "json": "'{\"a\": 1}'",
    "jsonb": "'[1]'",
    "jsonb[]": "ARRAY['1'::jsonb]",
    "bytea": "'\\x00ff'",
    "xml": "'<a/>'",
    "int4range": "'[1,3)'",
    "tstzmultirange": "'{}'",
    "point": "'(1,2)'",
    "tsvector": "'a b'",
    "bit(3)": "B'101'",
    "inet": "'::1/64'",
    "interval": "'1 mon 3 days'",
    "text": "'a'",
}
MARIADB = {
    "boolean": "true",
    "uuid": "uuid()",
    "json": "'[1]'",
    "blob": "x'00ff'",
    "point": "point(1, 2)",
    "bit(3)": "b'101'",
    "enum('a', 'b')": "'b'",
    "set('a', 'b')": "'a,b'",
    "inet6": "'::1'",
    "year": "2026",
    "text": "'a'",
}


@pytest.mark.parametrize(("server", "types"), [("postgresql", POSTGRESQL), ("mariadb", MARIADB)])
def test_a_column_of_any_type_comes_back_from_another_name(
    server: str, types: dict[str, str], request: pytest.FixtureRequest
) -> None:
    columns = {f"c{number}": type_ for number, type_ in enumerate(types)}
    renames = tuple(Operation("rename-column", "shop/t", "t", name, f"{name}_new") for name in columns)
    engine = create_engine(request.getfixturevalue(f"{server}_url"))
    with engine.begin() as connection:
        defined = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
        connection.exec_driver_sql(f"CREATE TABLE t (id integer PRIMARY KEY, {defined})")
        connection.execute(text(f"INSERT INTO t VALUES (1, {', '.join(types.values())})".replace(":", "\\:")))
        connection.exec_driver_sql("INSERT INTO t (id) VALUES (2)")

        assert [*operations.losses(Plan("plan", (), renames, {}), connection)] == []
    engine.dispose()


def test_a_value_without_an_order_that_does_not_come_back_is_named(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    way = Transform("a::text = 'true'", "NOT b")
    turned = Operation("change-type", "shop/t", "t", "a", "b", way, {"type": "boolean"})
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer PRIMARY KEY, a boolean)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, true)")

        said = [*operations.losses(Plan("plan", (), (turned,), {}), connection)]
    engine.dispose()
    assert said == ["1 value of 't.a' does not come back from the new form, such as True"]
