"""Does a MariaDB table hold just what was written, in whichever words MariaDB shows it, and is what differs found?"""

import pytest

from contractctl.formats.sql import live, parse
from contractctl.formats.sql.drift import drift
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Change, Undecided

WRITTEN = {
    "widths": (
        (
            "a INT(5) ZEROFILL, b BIT, c YEAR, d BOOL, e INT8, f FLOAT(7,3), g DEC(5), h SERIAL, i BLOB(20),"
            " j TEXT(50), k TEXT(70000), l INT(11) UNSIGNED"
        ),
        "",
    ),
    "charsets": (
        (
            "a VARCHAR(9) CHARACTER SET latin1, b NCHAR(5), c VARCHAR(9) ASCII, d TEXT, e VARCHAR(9) CHARSET utf8,"
            " f ENUM('x') CHARACTER SET latin1 COLLATE latin1_bin"
        ),
        "COLLATE=utf8mb4_unicode_ci ROW_FORMAT=DYNAMIC",
    ),
    "latin": (
        "a VARCHAR(9), b VARCHAR(9) CHARACTER SET latin1, c VARCHAR(9) CHARACTER SET utf8mb4",
        "CHARSET=latin1 COLLATE=latin1_german1_ci",
    ),
    "defaults": (
        (
            "a TIMESTAMP NULL DEFAULT '2020-01-01', b DATETIME(3) DEFAULT '2020-01-01 10:00:00.5',"
            " d CHAR(3) DEFAULT ' ', c DATETIME(3) DEFAULT LOCALTIMESTAMP(3), e ENUM('a','b') DEFAULT 'B'"
        ),
        "",
    ),
}
DIFFERENT = {
    "a BIT": "a BIT(2)",
    "a YEAR": "a INT",
    "a TEXT(50)": "a TEXT",
    "a NCHAR(5)": "a CHAR(5)",
    "a VARCHAR(9) CHARACTER SET latin1": "a VARCHAR(9)",
    "a DATETIME DEFAULT '2020-01-01'": "a DATETIME DEFAULT '2020-01-01 00:00:01'",
    "a DATETIME(3) DEFAULT '2020-01-01 10:00:00.01'": "a DATETIME(3) DEFAULT '2020-01-01 10:00:00.1'",
    "a CHAR(3) DEFAULT ' a'": "a CHAR(3) DEFAULT 'a'",
}


def created(columns: str, options: str = "") -> str:
    return f"CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, {columns}) {options}"


def found(shop, columns: str, options: str = "") -> list[Change | Undecided]:
    """What a version of these columns finds in the database."""
    version = parse(Source((File("shop.sql", f"{created(columns, options)};"),)), Policy("mysql"))
    with shop.engine.connect() as connection:
        there = live.read(connection)
    return list(drift(version, there.schema, there.defaults))


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_what_was_written_is_there_in_mariadb_s_own_words(shop, written):
    shop.run(created(*written))

    assert found(shop, *written) == []


def test_what_is_otherwise_is_drift(shop):
    for written, there in DIFFERENT.items():
        shop.run(created(there))

        assert [type(one) for one in found(shop, written)] == [Change], written


def test_a_table_whose_default_is_no_text_is_unknown_and_hides_no_other(shop):
    """SHOW CREATE TABLE gives bytes that are not characters."""
    shop.run("CREATE TABLE t (id INT PRIMARY KEY, a VARBINARY(4) DEFAULT x'00ff')")
    shop.run("CREATE TABLE u (id INT PRIMARY KEY)")
    with shop.engine.connect() as connection:
        refused = {one.name: one.refused for one in live.read(connection).definitions}

    assert [type(one) for one in found(shop, "a VARBINARY(4)")] == [Undecided]
    assert refused == {"t": "a default of one of its columns may hold bytes that are not text", "u": ""}
