"""Are the words understood in which databases write down what they hold, and sqlglot stumbles over?"""

import pytest

from contractctl.formats.sql import parse
from contractctl.formats.sql.schema import Schema, Table
from contractctl.model.contract import File, Policy, Source


def read(dialect: str, text: str) -> Schema:
    return parse(Source((File("shop.sql", text),)), Policy(dialect=dialect))


def table(dialect: str, text: str) -> Table:
    schema = read(dialect, text)
    assert schema.unread == ()
    return schema.tables["t"]


TYPES = [
    ("postgresql", "oid", "oid"),
    ("postgresql", "regclass", "regclass"),
    ("postgresql", "bit varying(3)", "varbit(3)"),
    ("postgresql", "shop.vector(3)", "shop.vector(3)"),
    ("mysql", "float unsigned", "float unsigned"),
    ("mysql", "float(7,3) unsigned", "float(7, 3) unsigned"),
    ("mysql", "INT8", "bigint"),
    ("mysql", "int2 unsigned", "smallint unsigned"),
    ("mysql", "point", "point"),
    ("mysql", "inet6", "inet6"),
    ("mysql", "real", "double"),
]


@pytest.mark.parametrize(("dialect", "written", "text"), TYPES)
def test_a_type_is_what_its_own_database_takes_it_for(dialect: str, written: str, text: str) -> None:
    assert table(dialect, f"CREATE TABLE t (a {written} NOT NULL);").columns[0].type.text == text


def test_an_unsigned_float_forbids_what_is_below_zero() -> None:
    assert not table("mysql", "CREATE TABLE t (a float unsigned);").columns[0].type.signed
    assert table("mysql", "CREATE TABLE t (a float, b int unsigned);").columns[0].type.signed


def test_a_blank_padded_text_without_a_size_has_no_limit() -> None:
    assert table("postgresql", "CREATE TABLE t (a bpchar);").columns[0].type.size is None
    assert table("postgresql", "CREATE TABLE t (a char);").columns[0].type.size == 1


@pytest.mark.parametrize("name", ["exclude", "period", "bucket"])
def test_a_word_that_begins_a_constraint_elsewhere_is_a_columns_name(name: str) -> None:
    assert [column.name for column in table("postgresql", f"CREATE TABLE t ({name} int, a int);").columns] == [
        name,
        "a",
    ]


def test_a_domain_promises_what_its_base_does_and_its_own() -> None:
    domain = "CREATE DOMAIN email AS varchar(80) DEFAULT 'x@y' NOT NULL CONSTRAINT has_at CHECK (VALUE <> '');"

    made = table("postgresql", f"{domain} CREATE TABLE t (a email, b int);")

    column = made.columns[0]
    assert (column.type.size, column.nullable, column.default and column.default.text) == (80, False, "'x@y'")
    assert [(check.condition.text, check.columns) for check in made.checks] == [("a <> ''", {"a"})]


def test_a_table_inherits_columns_and_checks() -> None:
    parent = "CREATE TABLE p (a int NOT NULL DEFAULT 1, b text, CHECK (a > 0));"

    made = table("postgresql", f"{parent} CREATE TABLE t (b text NOT NULL, c int) INHERITS (p);")

    assert {column.name: column.nullable for column in made.columns} == {"a": False, "b": False, "c": True}
    assert [check.condition.text for check in made.checks] == ["a > 0"]


def test_a_table_made_like_another_has_its_columns_and_not_its_defaults() -> None:
    made = table("postgresql", "CREATE TABLE p (a int NOT NULL DEFAULT 1, b text); CREATE TABLE t (LIKE p, c int);")

    assert [(column.name, column.nullable, column.default) for column in made.columns] == [
        ("a", False, None),
        ("b", True, None),
        ("c", True, None),
    ]


@pytest.mark.parametrize("made", ["(LIKE p INCLUDING ALL)", "(LIKE unknown)", "(a int) INHERITS (unknown)"])
def test_a_table_of_which_a_part_is_not_known_is_unread(made: str) -> None:
    schema = read("postgresql", f"CREATE TABLE p (a int); CREATE TABLE t {made};")

    assert "t" not in schema.tables
    assert len(schema.unread) == 1


def test_an_index_that_is_dropped_again_is_not_there() -> None:
    schema = read(
        "postgresql",
        "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a); CREATE UNIQUE INDEX u ON t (b);"
        "DROP INDEX i; DROP INDEX IF EXISTS u;",
    )

    assert schema.indexes == ()
    assert schema.tables["t"].uniques == ()
    assert schema.unread == ()


@pytest.mark.parametrize(
    ("constraint", "name"),
    [
        ("PRIMARY KEY (a)", "t_pkey"),
        ("UNIQUE (a, b)", "t_a_b_key"),
        ("FOREIGN KEY (a) REFERENCES u (x)", "t_a_fkey"),
        ("CHECK (a > 0)", "t_a_check"),
        ("CHECK (a > b)", "t_check"),
    ],
)
def test_a_constraint_without_a_name_is_dropped_by_the_name_that_postgresql_gives_it(
    constraint: str, name: str
) -> None:
    made = table("postgresql", f"CREATE TABLE t (a int, b int, {constraint}); ALTER TABLE t DROP CONSTRAINT {name};")

    assert (made.uniques, made.foreign_keys, made.checks) == ((), (), ())


def test_a_check_is_added_without_a_name() -> None:
    (check,) = table("postgresql", "CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > 0);").checks

    assert (check.name, check.condition.text) == (None, "a > 0")


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("postgresql", "CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT"),
        ("postgresql", "CREATE VIEW v AS SELECT a FROM t WITH LOCAL CHECK OPTION"),
        ("postgresql", "CREATE MATERIALIZED VIEW v AS SELECT a FROM t WITH NO DATA; CREATE UNIQUE INDEX i ON v (a)"),
        ("postgresql", "ALTER TABLE t ALTER COLUMN a SET STORAGE PLAIN"),
        ("mysql", "CREATE INDEX i USING BTREE ON t (a)"),
        ("mysql", "CREATE INDEX i ON t (a) USING BTREE"),
        ("mysql", "CREATE INDEX i ON t (a) COMMENT 'by comment'"),
        ("mysql", "CREATE UNIQUE INDEX i USING BTREE ON t (comment) COMMENT 'by comment'"),
        ("mysql", "CREATE UNIQUE INDEX ignored ON t (a) IGNORED"),
        ("mysql", "CREATE FULLTEXT INDEX i ON t (a)"),
        ("mysql", "CREATE VIEW v AS SELECT a FROM t WITH CASCADED CHECK OPTION"),
    ],
)
def test_a_statement_is_read(dialect: str, statement: str) -> None:
    table(dialect, f"CREATE TABLE t (a int, comment int); {statement};")


@pytest.mark.parametrize(
    ("plain", "written"),
    [
        ("UNIQUE (a)", "UNIQUE (a) USING BTREE"),
        ("UNIQUE (b(10))", "UNIQUE (b(10)) USING BTREE"),
        ("UNIQUE (b(10))", "UNIQUE USING HASH (b(10))"),
        ("UNIQUE (b(10))", "UNIQUE (b(10)) KEY_BLOCK_SIZE=8 USING BTREE COMMENT 'by b'"),
        ("UNIQUE KEY k (a)", "UNIQUE KEY k USING BTREE (a) COMMENT 'by a'"),
        ("UNIQUE KEY k (a)", "UNIQUE KEY k (a) COMMENT 'by a' IGNORED"),
        ("UNIQUE KEY ignored (a)", "UNIQUE KEY ignored (a) NOT IGNORED"),
        ("PRIMARY KEY (a)", "PRIMARY KEY (a) USING BTREE COMMENT 'the key'"),
        ("PRIMARY KEY (a)", "PRIMARY KEY USING BTREE (a)"),
    ],
)
def test_how_mariadb_keeps_an_index_and_what_people_say_of_it_change_no_key(plain: str, written: str) -> None:
    ddl = "CREATE TABLE t (a int NOT NULL, b varchar(50){});"
    made = ddl.format(f", {written}"), f"{ddl.format('')} ALTER TABLE t ADD {written};"
    here = table("mysql", ddl.format(f", {plain}"))

    assert [(one.uniques, one.unjudged) for one in (table("mysql", text) for text in made)] == [(here.uniques, ())] * 2


def test_what_a_view_says_of_writing_through_it_is_read_in_both_spellings() -> None:
    text = "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t WITH LOCAL CHECK OPTION;"
    stored = "CREATE TABLE t (a int); CREATE VIEW v WITH (check_option='local') AS SELECT a FROM t;"

    assert read("postgresql", text).views == read("postgresql", stored).views
    assert read("postgresql", text).views["v"].properties


def test_names_with_capitals_stay_apart_in_conditions() -> None:
    (check,) = table("postgresql", 'CREATE TABLE t ("A" int, a int, CHECK (("A") > a));').checks

    assert check.condition.text == '"A" > a'


def test_tables_in_which_a_virtual_one_keeps_its_rows_are_nobodys() -> None:
    virtual = "CREATE TABLE t (a TEXT); CREATE VIRTUAL TABLE search USING fts5(a);"
    shadows = """CREATE TABLE 'search_data'(id INTEGER PRIMARY KEY, block BLOB);
    CREATE TABLE 'search_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
    CREATE TABLE search_notes (a TEXT);"""

    assert set(read("sqlite", virtual + shadows).tables) == {"t", "search_notes"}
    assert set(read("sqlite", "CREATE TABLE t (a TEXT);" + shadows).tables) == {
        "t",
        "search_data",
        "search_idx",
        "search_notes",
    }
