"""Are things called what the databases call them? Asked of the servers themselves."""

import pytest
import sqlalchemy

from contractctl.errors import ContractctlError
from contractctl.formats.sql.parsing import parse
from contractctl.formats.sql.staging.names import demand_plain, side_name
from contractctl.formats.sql.staging.parts import parts_of
from contractctl.model.contract import File, Policy, Source
from tests.servers import Server

LONG = "a_table_whose_name_is_so_long_that_it_hardly_fits"
POSTGRESQL = f"""
CREATE TABLE others (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE "Mixed" (a int UNIQUE, "B" int UNIQUE, UNIQUE (a, "B"));
CREATE TABLE things (
  id int PRIMARY KEY, a int CHECK (a > 0) CHECK (a < 9), b text UNIQUE, c int REFERENCES others, d text,
  CHECK (a < id), CHECK (a <> id), UNIQUE (a, b), FOREIGN KEY (d) REFERENCES others (code), CONSTRAINT Named UNIQUE (d)
);
CREATE INDEX ON things (c); CREATE INDEX ON things (c); CREATE INDEX ON things (a, c);
CREATE UNIQUE INDEX ON things (c, d);
CREATE TABLE {LONG} (a_column_with_a_long_name_of_its_own int UNIQUE, b int CHECK (b > 0));
CREATE TABLE b (b int UNIQUE, c int CHECK (b > c));
"""
MARIADB = """
CREATE TABLE others (id int PRIMARY KEY, code varchar(9) UNIQUE);
CREATE TABLE things (
  id int PRIMARY KEY, a int, b varchar(9) UNIQUE, c int, d varchar(9), UNIQUE (b, a), UNIQUE (a),
  FOREIGN KEY (c) REFERENCES others (id), FOREIGN KEY (d) REFERENCES others (code), CHECK (a < id), CHECK (a <> id),
  INDEX (a), CONSTRAINT named UNIQUE (d)
);
"""


def names(text: str, dialect: str) -> set[str]:
    """Of every constraint and index but primary keys, as contractctl has them."""
    schema = parse(Source((File("a.sql", text),)), Policy(dialect))
    assert not schema.unread
    return {part.name for table in schema.tables.values() for part in parts_of(schema, table)}


def asked(server: Server, text: str, query: str) -> set[str]:
    with server.database() as url:
        engine = sqlalchemy.create_engine(url)
        with engine.begin() as connection:
            for statement in filter(str.strip, text.split(";")):
                connection.exec_driver_sql(statement)
            found = {row[0] for row in connection.exec_driver_sql(query)}
        engine.dispose()
    return found


def test_postgresql_calls_its_constraints_and_indexes_as_expected(postgresql_server: Server) -> None:
    query = """SELECT conname FROM pg_constraint
    WHERE contype IN ('u', 'c', 'f') AND connamespace = 'public'::regnamespace
    UNION SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON oid = indrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT indisprimary"""
    found = {name.strip('"') for name in asked(postgresql_server, POSTGRESQL, query)}

    assert names(POSTGRESQL, "postgresql") == found


def test_mariadb_calls_its_constraints_and_indexes_as_expected(mariadb_server: Server) -> None:
    query = """SELECT constraint_name FROM information_schema.table_constraints
    WHERE table_schema = database() AND constraint_type <> 'PRIMARY KEY'
    UNION SELECT index_name FROM information_schema.statistics
    WHERE table_schema = database() AND index_name <> 'PRIMARY'"""
    made_for_keys = {"c"}  # an index that a foreign key makes by itself, where there is none

    assert names(MARIADB, "mysql") == asked(mariadb_server, MARIADB, query) - made_for_keys


@pytest.mark.parametrize(("dialect", "longest"), [("postgresql", 63), ("mysql", 64)])
def test_what_stands_beside_has_a_name_that_fits(dialect: str, longest: int) -> None:
    long = side_name("ä" * 64, dialect)

    assert side_name("amount", dialect) == "amount__new"
    assert len(long.encode() if dialect == "postgresql" else long) <= longest


@pytest.mark.parametrize("name", ["a,b", "a.b", "a=b"])
def test_a_name_that_a_list_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ContractctlError, match="which a plan cannot write"):
        demand_plain(name, "the column of 't'")
