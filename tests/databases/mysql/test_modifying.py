"""Is a MariaDB column that is written anew the same in all the rest, and refused where it could not be?"""

import re

import pytest
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Work, mysql, run
from contractctl.databases.catalog import Catalog, Live, Told
from contractctl.databases.ddl import BlockingError
from contractctl.databases.mysql.statements.modifying import Changed, modify
from contractctl.errors import ContractctlError
from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.operations.steps import AllowNull, RelaxNotNull, RequireNotNull

ODD = (
    "BINARY(4) DEFAULT x'00010227'",
    "VARBINARY(9) DEFAULT x'5c27'",
    "VARBINARY(9) DEFAULT (unhex('ff'))",
    "BLOB DEFAULT x'ff'",
    "BIT(8) DEFAULT b'10100101'",
    "ENUM('a,b','c''d','e\\\\f','') DEFAULT 'c''d'",
    "SET('a','b','c''d') CHARACTER SET latin1 DEFAULT 'a,c''d'",
    "VARCHAR(20) DEFAULT 'NULL'",
    "VARCHAR(20) DEFAULT ' ä€😀''\\\\ '",
    "VARCHAR(20) CHARACTER SET ucs2 DEFAULT 'ä'",
    "VARCHAR(20) COLLATE utf8mb4_bin DEFAULT (if(1 > 0, concat('a', 'b'), 'c,d'))",
    "INT(5) UNSIGNED ZEROFILL DEFAULT (1 + 2)",
    "DECIMAL(10,2) DEFAULT -1.50",
    "DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)",
    "DATETIME DEFAULT '0000-00-00 00:00:00'",
    "DATETIME DEFAULT (now() + INTERVAL 1 DAY)",
    "YEAR DEFAULT 2020",
    "JSON DEFAULT '{\"a\": 1}'",
    "UUID DEFAULT uuid()",
    "INET6 DEFAULT '::1'",
    "POINT",
    "INT DEFAULT 4 INVISIBLE COMMENT 'it''s \"a\" \\\\ back`tick\\nä'",
    "VARCHAR(20) DEFAULT 'b' COMMENT 'a' CHECK (<c> <> 'a`c`''b')",
    "TEXT COMPRESSED DEFAULT 'a'",
)


def done(shop, step) -> None:
    with shop.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        step.run(connection)


def lines(shop) -> list[str]:
    return [line.strip() for line in str(shop.rows("SHOW CREATE TABLE t")[0][1]).splitlines()]


def test_a_column_that_is_written_anew_is_the_same_in_all_the_rest(shop):
    """Hazard 39: without a copy of the table."""
    columns = ", ".join(f"c{at} {odd.replace('<c>', f'c{at}')}" for at, odd in enumerate(ODD))
    shop.run(f"CREATE TABLE t (id INT PRIMARY KEY, {columns}) CHARSET utf8mb4")
    before = lines(shop)
    _run_of_all(shop, nullable=False)
    forbidden = lines(shop)
    _run_of_all(shop, nullable=True)

    assert sum("NOT NULL" in line for line in forbidden) == len(ODD) + 1
    assert [line.replace(" NOT NULL", "").replace(" DEFAULT NULL", "") for line in forbidden[2:]] == [
        line.replace(" DEFAULT NULL", "") for line in before[2:]
    ]
    assert lines(shop) == before


def test_a_default_that_the_server_does_not_tell_is_never_another_one(shop):
    """It stands as '??' in information_schema."""
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, c VARBINARY(4) DEFAULT x'3fff')")

    with shop.engine.connect() as connection, pytest.raises(BlockingError, match="does not show the default of"):
        _forbidding(Live(mysql, connection))
    with pytest.raises(DBAPIError, match="does not show the default of 'c' in 't', as"):
        _run(shop, _forbidding(Told(mysql)))

    shop.run("ALTER TABLE t ALTER COLUMN c SET DEFAULT (unhex('3fff')), ALGORITHM=INSTANT, LOCK=NONE")
    _run(shop, _forbidding(Told(mysql)))
    shop.run("INSERT INTO t (id) VALUES (1)")
    assert shop.rows("SELECT hex(c) FROM t") == [("3FFF",)]


def test_a_timestamp_that_can_be_null_stays_so_as_the_table_would_be_copied(shop):
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, c TIMESTAMP NULL, d TIMESTAMP NOT NULL)")

    with pytest.raises(BlockingError, match="can forbid NULL in the TIMESTAMP 'c' of 't' only by copying the table"):
        done(shop, RequireNotNull("t", "c"))
    with pytest.raises(BlockingError, match="the TIMESTAMP 'd' of 't' has to be nullable for old rows"):
        done(shop, RelaxNotNull("t", "d"))
    done(shop, RequireNotNull("t", "d"))
    done(shop, AllowNull("t", "d"))
    assert [line for line in lines(shop) if line.startswith("`d`")] == ["`d` timestamp NULL DEFAULT NULL,"]


@pytest.mark.parametrize("default", ["", " DEFAULT '2020-01-01 00:00:00'"])
def test_the_way_to_forbid_null_in_a_timestamp_makes_no_clock_of_it_and_a_moment_of_each_null(shop, default):
    """Hazard 39: this is why it is refused beside writers; no error tells of the NULL, in strict mode either."""
    table = "CREATE TABLE t (id INT PRIMARY KEY, c TIMESTAMP{null})"
    declared = Declared(fills={"c": "'2021-01-01'"})
    versions = [Source((File("t.sql", table.format(null=null)),)) for null in (" NULL", f" NOT NULL{default}")]
    with pytest.raises(ContractctlError, match="turns each NULL into the time of the copy") as refused:
        staging.operations(*versions, declared, "shop/t", Policy("mysql"))
    way = re.search("run: (.*?LOCK=SHARED)", str(refused.value.hint))
    assert way is not None

    shop.run(versions[0].files[0].text)
    shop.run("INSERT INTO t VALUES (1, '2001-01-01'), (2, NULL)")
    with shop.engine.connect() as connection:
        for sql in ("SET explicit_defaults_for_timestamp = OFF, sql_mode = 'TRADITIONAL'", way[1]):
            run(connection, sql)

    assert [line for line in lines(shop) if line.startswith("`c`")] == [f"`c` timestamp NOT NULL{default},"]
    assert shop.rows("SELECT id, c = '2001-01-01', c > now() - INTERVAL 1 HOUR FROM t") == [(1, 1, 0), (2, 0, 1)]


def _run_of_all(shop, *, nullable: bool) -> None:
    with shop.engine.connect() as connection:
        for at in range(len(ODD)):
            for one in modify(Live(mysql, connection), "t", f"c{at}", Changed(nullable=nullable), Work.REWRITE):
                run(connection, one.sql)


def _forbidding(catalog: Catalog) -> list[str]:
    return [one.sql for one in modify(catalog, "t", "c", Changed(nullable=False), Work.REWRITE)]


def _run(shop, statements: list[str]) -> None:
    with shop.engine.connect() as connection:
        for sql in statements:
            run(connection, sql)
