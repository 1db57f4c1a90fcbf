"""Is how a table is partitioned kept, however it is written, and is no change of it passed over?"""

import pytest

from contractctl.errors import ContractctlError
from contractctl.formats.sql import incompatibilities, parse
from contractctl.formats.sql.drift import drift
from contractctl.formats.sql.schema import Schema
from contractctl.formats.sql.staging import intermediate, operations
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.verdict import Undecided
from tests.databases import shops

TABLE = "CREATE TABLE t (a int NOT NULL, b varchar(9) NOT NULL, d date NOT NULL, c int)"
WAYS = (
    "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)",
    "PARTITION BY RANGE (year(d)) (PARTITION p0 VALUES LESS THAN (1990))",
    "PARTITION BY RANGE COLUMNS (a, d) (PARTITION p0 VALUES LESS THAN (10, '2020-01-01'))",
    "PARTITION BY LIST (a) (PARTITION p0 VALUES IN (1, 2), PARTITION p1 VALUES IN (-3), PARTITION d DEFAULT)",
    "PARTITION BY LIST COLUMNS (b) (PARTITION p0 VALUES IN ('a', 'it''s'))",
    "PARTITION BY HASH (a) PARTITIONS 4",
    "PARTITION BY LINEAR HASH (a + 1) PARTITIONS 4",
    "PARTITION BY KEY (a) PARTITIONS 4",
    "PARTITION BY RANGE (a) SUBPARTITION BY HASH (to_days(d)) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (10))",
    "PARTITION BY RANGE (a) SUBPARTITION BY KEY (b) (PARTITION p VALUES LESS THAN (9) (SUBPARTITION s))",
)
OLD = f"{TABLE} {WAYS[0]};"
OTHERS = (
    OLD.replace(WAYS[0], ""),
    OLD.replace("(10)", "(20)"),
    OLD.replace(", PARTITION p1 VALUES LESS THAN MAXVALUE", ""),
    OLD.replace("RANGE (a)", "RANGE (a + 1)"),
    OLD.replace("(10)", "(x'10')"),
    f"{TABLE} {WAYS[5]};",
    f"{OLD} ALTER TABLE t REMOVE PARTITIONING;",
    f"{OLD} ALTER TABLE t DROP PARTITION p0;",
    f"{OLD} ALTER TABLE t {WAYS[5]};",
)


def source(text: str) -> Source:
    return Source((File("t.sql", text),))


def read(text: str) -> Schema:
    return parse(source(text), Policy("mysql"))


def said(text: str) -> tuple[str, ...]:
    """How its table is partitioned, where all of the text is understood."""
    schema = read(text)
    assert schema.unread == ()
    return schema.tables["t"].unjudged


@pytest.mark.parametrize("way", WAYS)
def test_a_contract_and_the_server_say_the_same_in_their_own_words(way: str, mariadb_url: str) -> None:
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        shop.run(f"{TABLE} {way}")
        ((_, shown),) = shop.rows("SHOW CREATE TABLE t")

    version = shown.replace("PARTITION BY", "/*!50100 PARTITION BY", 1) + " */;"
    altered = f"{TABLE}; ALTER TABLE t {way.lower()};"
    assert said(f"{TABLE} {way};") == said(f"{shown};") == said(version) == said(altered) == (way,)


@pytest.mark.parametrize("other", OTHERS)
def test_whether_rows_find_a_partition_is_unknown_once_it_is_said_otherwise(other: str) -> None:
    """A row that finds none is refused."""
    for client, provider in ((OLD, other), (other, OLD)):
        found = [*incompatibilities(read(client), read(provider))]
        assert found
        assert all(isinstance(one, Undecided) for one in found)

    assert [*incompatibilities(read(OLD), read(OLD.replace("RANGE (a)", "range(`A`)")))] == []


def test_a_partitioned_table_is_staged_and_stays_so() -> None:
    asked = (source(OLD), source(OLD.replace("c int", "c bigint")), Declared())

    between = intermediate(*asked, Policy("mysql")).files[0].text
    assert [one.kind for one in operations(*asked, "s/s", Policy("mysql"))] == ["change-type"]
    assert said(between) == (WAYS[0],)


@pytest.mark.parametrize("other", OTHERS)
def test_a_change_of_partitions_is_not_staged(other: str) -> None:
    with pytest.raises(ContractctlError, match=r"keeps as text|cannot be staged"):
        operations(source(OLD), source(other), Declared(), "s/s", Policy("mysql"))


def test_the_key_of_a_partitioned_table_stays() -> None:
    old, new = (f"CREATE TABLE t (a int, e {type_}, PRIMARY KEY (a, e)) {WAYS[0]};" for type_ in ("int", "bigint"))

    with pytest.raises(ContractctlError, match="'e' is in the primary key of 't', which is partitioned"):
        operations(source(old), source(new), Declared(), "s/s", Policy("mysql"))


def test_single_partitions_come_and_go_and_are_no_drift() -> None:
    fewer, other = OLD.replace(", PARTITION p1 VALUES LESS THAN MAXVALUE", ""), OLD.replace("(a)", "(a + 1)")

    assert [*drift(read(OLD), read(fewer))] == []
    assert [*drift(read(OLD), read(other))] != []


def test_a_table_made_from_a_query_is_not_understood() -> None:
    assert len(read(f"{OLD} CREATE TABLE u (a int) {WAYS[5]} AS SELECT a FROM t;").unread) == 1
