"""Is every way judged in which a client's statements fail, misread or lose?"""

import pytest

from contractctl.compatibility import compare
from contractctl.formats import sql
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Effect, Incompatibility, Status, Undecided


def found(client: str, provider: str, dialect: str | None) -> list[Incompatibility | Undecided]:
    schemas = [
        sql.parse(Source((File(name, text),)), Policy(dialect))
        for name, text in (("c.sql", client), ("p.sql", provider))
    ]
    return list(sql.incompatibilities(*schemas))


def rules(client: str, provider: str, dialect: str | None = "postgresql") -> list[str]:
    """The rules, without their prefix; "?" for what is undecided."""
    return [
        each.rule.removeprefix("sql-") if isinstance(each, Incompatibility) else "?"
        for each in found(client, provider, dialect)
    ]


def column(before: str, after: str, dialect: str = "postgresql") -> list[str]:
    """The rules for one column between two fixed ones."""
    table = "CREATE TABLE t (id int PRIMARY KEY, x {}, y int)"
    return rules(table.format(before), table.format(after), dialect)


@pytest.mark.parametrize(
    ("dialect", "before", "after", "expected"),
    [
        # the same in other words
        ("postgresql", "varchar(9)", "character varying(9)", []),
        ("postgresql", "int DEFAULT 0", "int4 DEFAULT '0'", []),
        ("postgresql", "int CHECK (x > 0)", "int CHECK (0 < x)", []),
        ("postgresql", "int CHECK (x > 0)", "int CHECK ((x >= 1))", []),
        ("postgresql", "text CHECK (x IN ('a','b'))", "text CHECK (x = 'b' OR x = 'a')", []),
        ("postgresql", "int CHECK (x BETWEEN 1 AND 5)", "int CHECK (x <= 5 AND x >= 1)", []),
        ("postgresql", "int NOT NULL", "int CHECK (x IS NOT NULL)", []),
        ("postgresql", "varchar(5)", "varchar(5) CHECK (length(x) <= 5)", []),
        ("postgresql", "timestamptz DEFAULT now()", "timestamptz DEFAULT CURRENT_TIMESTAMP", []),
        # widths
        ("postgresql", "varchar(20)", "varchar(40)", []),
        ("postgresql", "varchar(40)", "varchar(20)", ["type-narrowed"]),
        ("postgresql", "text", "varchar(20)", ["type-narrowed"]),
        ("postgresql", "varchar(20)", "text", []),
        ("postgresql", "bigint", "int", ["type-narrowed"]),
        ("postgresql", "int", "bigint", ["type-widened"]),
        ("mysql", "int", "int unsigned", ["type-narrowed"]),
        ("mysql", "int unsigned", "bigint", ["type-widened"]),
        ("postgresql", "numeric(10,2)", "numeric(8,2)", ["type-narrowed"]),
        ("postgresql", "numeric(10,2)", "numeric(9,1)", ["precision-lost"]),
        ("postgresql", "numeric(10,2)", "numeric(10,3)", ["type-narrowed", "type-widened"]),
        ("postgresql", "numeric(10,2)", "numeric", ["type-widened"]),
        ("postgresql", "double precision", "real", ["precision-lost"]),
        ("postgresql", "timestamp(6)", "timestamp(3)", ["precision-lost"]),
        ("mysql", "mediumtext", "text", ["type-narrowed"]),
        # other kinds of values
        ("postgresql", "int", "text", ["type-refused"]),
        ("postgresql", "text", "int", ["type-refused"]),
        ("postgresql", "int", "numeric(20,2)", ["type-changed"]),
        ("postgresql", "numeric(4,2)", "int", ["precision-lost"]),
        ("postgresql", "json", "jsonb", ["type-changed"]),
        ("postgresql", "date", "timestamp", ["type-changed"]),
        ("postgresql", "char(3)", "varchar(3)", ["type-changed"]),
        ("postgresql", "timestamp", "timestamptz", ["time-zone-changed"]),
        ("mysql", "datetime", "timestamp", ["time-zone-changed"]),
        ("mysql", "int", "text", ["type-changed"]),
        ("mysql", "text", "int", ["type-refused"]),
        ("postgresql", "vector(3)", "vector(4)", ["?"]),
        # SQLite goes by affinity, and nothing else
        ("sqlite", "VARCHAR(40)", "VARCHAR(20)", []),
        ("sqlite", "BIGINT", "SMALLINT", []),
        ("sqlite", "INTEGER", "DECIMAL(10,2)", []),
        ("sqlite", "TIMESTAMP", "DATETIME", []),
        ("sqlite", "INTEGER", "TEXT", ["type-changed"]),
        ("sqlite", "TEXT", "BLOB", ["type-changed"]),
        ("sqlite", "INTEGER", "REAL", ["type-changed"]),
        # NULL
        ("postgresql", "int", "int NOT NULL", ["null-refused"]),
        ("postgresql", "int", "int NOT NULL DEFAULT 0", ["null-refused", "default-changed"]),
        ("postgresql", "int NOT NULL", "int", ["null-unexpected"]),
        # what is left out
        ("postgresql", "int NOT NULL DEFAULT 1", "int NOT NULL", ["default-removed"]),
        ("postgresql", "int DEFAULT 1", "int", ["default-changed"]),
        ("postgresql", "int", "int DEFAULT 1", ["default-changed"]),
        ("postgresql", "int DEFAULT NULL", "int", []),
        ("postgresql", "int NOT NULL", "int NOT NULL DEFAULT 1", []),
        ("postgresql", "serial", "int NOT NULL", ["default-removed"]),
        ("postgresql", "serial", "int GENERATED BY DEFAULT AS IDENTITY", []),
        ("postgresql", "serial", "int GENERATED ALWAYS AS IDENTITY", ["column-generated"]),
        ("postgresql", "int", "int GENERATED ALWAYS AS (y * 2) STORED", ["column-generated"]),
        (
            "postgresql",
            "int GENERATED ALWAYS AS (y*2) STORED",
            "int GENERATED ALWAYS AS (y*3) STORED",
            ["generation-changed"],
        ),
        ("postgresql", "int GENERATED ALWAYS AS (y * 2) STORED", "int", ["generation-changed"]),
        # collation
        ("postgresql", "text", 'text COLLATE "C"', ["collation-changed"]),
        ("sqlite", "TEXT COLLATE NOCASE", "TEXT COLLATE nocase", []),
        # keys
        ("postgresql", "int", "int UNIQUE", ["unique-added"]),
        ("postgresql", "int UNIQUE", "int", ["unique-removed"]),
        ("mysql", "int UNIQUE", "int", ["duplicates-unexpected"]),
        ("postgresql", "int", "int REFERENCES u (id)", ["foreign-key-added"]),
        ("postgresql", "int REFERENCES u (id)", "int", ["foreign-key-removed"]),
        ("postgresql", "int REFERENCES u (id) ON DELETE CASCADE", "int REFERENCES u (id)", ["delete-refused"]),
        (
            "postgresql",
            "int REFERENCES u (id)",
            "int REFERENCES u (id) ON DELETE CASCADE",
            ["foreign-key-action-changed"],
        ),
        # checks
        ("postgresql", "int", "int CHECK (x > 0)", ["check-added"]),
        ("postgresql", "int CHECK (x > 0)", "int CHECK (x > 10)", ["check-added"]),
        ("postgresql", "int CHECK (x > 10)", "int CHECK (x > 0)", ["check-removed"]),
        ("postgresql", "text CHECK (x IN ('a','b'))", "text CHECK (x IN ('a'))", ["check-added"]),
        ("postgresql", "text CHECK (x IN ('a'))", "text CHECK (x IN ('b'))", ["check-added", "check-removed"]),
        ("postgresql", "text", "text CHECK (x ~ '^a')", ["?"]),
        ("postgresql", "text CHECK (x ~ '^a')", "text CHECK (x ~ '^a')", []),
        ("postgresql", "int", "int CHECK (x < y)", ["?"]),
        ("sqlite", "INTEGER CHECK (x > 0)", "INTEGER CHECK (x >= 1)", ["check-added"]),
        # enums
        ("mysql", "ENUM('a','b')", "ENUM('a')", ["enum-value-removed"]),
        ("mysql", "ENUM('a')", "ENUM('a','b')", ["enum-value-added"]),
        ("mysql", "ENUM('a','b')", "ENUM('b','a')", ["enum-reordered"]),
        ("mysql", "ENUM('a','b')", "varchar(5)", ["type-changed"]),
        ("mysql", "varchar(5)", "ENUM('a','b')", ["type-refused"]),
    ],
)
def test_a_column_is_judged_clause_by_clause(dialect: str, before: str, after: str, expected: list[str]) -> None:
    assert column(before, after, dialect) == expected


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("z text", []),
        ("z text NOT NULL DEFAULT ''", []),
        ("z bigserial", []),
        ("z int GENERATED ALWAYS AS (id * 2) STORED", ["?"]),
        ("z text UNIQUE", []),
        ("z int REFERENCES u (id)", []),
        ("z int CHECK (z > 0)", []),
        ("z int DEFAULT 1 CHECK (z > 0)", []),
        ("z text NOT NULL", ["column-required"]),
        ("z int NOT NULL DEFAULT 1 UNIQUE", ["unique-added"]),
        ("z uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE", ["?"]),
        ("z int DEFAULT 1 REFERENCES u (id)", ["?"]),
    ],
)
def test_a_new_column_breaks_only_who_must_write_it(added: str, expected: list[str]) -> None:
    assert rules("CREATE TABLE t (id int)", f"CREATE TABLE t (id int, {added})") == expected


def test_a_removed_column_offers_the_one_that_is_likely_its_new_name() -> None:
    (gone,) = found("CREATE TABLE t (id int, name text)", "CREATE TABLE t (id int, full_name text)", "sqlite")

    assert isinstance(gone, Incompatibility)
    assert (gone.rule, gone.path, gone.facts["taker_name"], gone.facts["giver_name"]) == (
        "sql-column-removed",
        "t.name",
        "name",
        "full_name",
    )


def test_two_columns_that_may_be_the_new_name_are_not_guessed_between() -> None:
    (gone,) = found("CREATE TABLE t (id int, a text)", "CREATE TABLE t (id int, b text, c text)", "sqlite")

    assert isinstance(gone, Incompatibility)
    assert "giver_name" not in gone.facts


def test_a_table_that_goes_fails_and_one_that_comes_does_not() -> None:
    one, two = "CREATE TABLE t (id int);", "CREATE TABLE t (id int); CREATE TABLE u (id int);"

    assert (rules(two, one), rules(one, two)) == (["table-removed"], [])


def test_a_table_that_an_unread_statement_may_make_is_not_called_removed() -> None:
    assert rules(
        "CREATE TABLE t (id int); CREATE TABLE u (id int)", "CREATE TABLE t (id int); CREATE TABLE u (id int b c)"
    ) == [
        "?",
        "?",
    ]


def test_an_unread_statement_that_both_have_is_no_difference() -> None:
    text = "CREATE TABLE t (id int{}); CREATE RULE r AS ON INSERT TO t DO NOTHING"

    assert rules(text.format(""), text.format(", x text")) == []


def test_a_clause_that_is_not_judged_makes_the_verdict_unknown_and_not_compatible() -> None:
    plain, excluding = "CREATE TABLE t (id int)", "CREATE TABLE t (id int, EXCLUDE USING gist (id WITH &&))"

    assert compare(plain, excluding, format="sql", dialect="postgresql").backward.status is Status.UNKNOWN


def test_a_wider_key_demands_nothing_new_and_a_narrower_one_does() -> None:
    narrow, wide = "CREATE TABLE t (a int, b int, UNIQUE (a))", "CREATE TABLE t (a int, b int, UNIQUE (a, b))"

    assert rules(narrow, wide) == ["unique-removed"]
    assert rules(wide, narrow) == ["unique-added", "unique-removed"]


def test_a_partial_unique_index_is_unknown() -> None:
    table = "CREATE TABLE t (a int, b int);"

    assert rules(table, f"{table} CREATE UNIQUE INDEX i ON t (a) WHERE b > 1") == ["?"]


def test_an_index_breaks_nobody() -> None:
    table = "CREATE TABLE t (a int);"

    assert rules(f"{table} CREATE INDEX i ON t (a)", table) == []


def test_a_strict_table_refuses_what_a_loose_one_takes() -> None:
    loose, strict = "CREATE TABLE t (id INTEGER)", "CREATE TABLE t (id INTEGER) STRICT"

    assert (rules(loose, strict, "sqlite"), rules(strict, loose, "sqlite")) == (["strict-added"], ["strict-removed"])


def test_a_view_breaks_with_the_column_below_it() -> None:
    view = "CREATE VIEW v AS SELECT id, a FROM t"

    assert rules(f"CREATE TABLE t (id int, a int); {view}", f"CREATE TABLE t (id int, b int); {view}") == [
        "column-removed",
        "view-broken",
    ]


def test_a_view_whose_query_changes_is_unknown() -> None:
    table = "CREATE TABLE t (id int, a int);"

    assert rules(f"{table} CREATE VIEW v AS SELECT a FROM t", f"{table} CREATE VIEW v AS SELECT a + 1 AS a FROM t") == [
        "?"
    ]


def test_triggers_that_fill_a_column_keep_null_from_being_read() -> None:
    comment = "-- contractctl: triggers fill t.a, nobody reads NULL from it\n"

    assert rules("CREATE TABLE t (a int NOT NULL)", f"{comment}CREATE TABLE t (a int)") == []


def test_a_version_without_signs_is_read_in_the_other_ones_dialect() -> None:
    assert rules(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a datetime)",
        "CREATE TABLE t (id int PRIMARY KEY, a datetime)",
        None,
    ) == ["default-removed"]


def test_two_dialects_are_unknown() -> None:
    assert rules("CREATE TABLE `t` (id int)", "CREATE TABLE t (id bigserial)", None) == ["?"]


def test_a_loss_warns_and_breaks_only_where_strictness_is_asked_for() -> None:
    pair = "CREATE TABLE t (a int)", "CREATE TABLE t (a bigint)"

    assert compare(*pair, format="sql", dialect="postgresql").backward.status is Status.COMPATIBLE
    assert compare(*pair, format="sql", dialect="postgresql", strict=True).backward.status is Status.INCOMPATIBLE
    assert compare(*pair, format="sql", dialect="postgresql").backward.findings[0].effect is Effect.LOSES


def test_the_value_that_a_check_excludes_is_named() -> None:
    (added,) = found(
        "CREATE TABLE t (s text CHECK (s IN ('new', 'lost')))", "CREATE TABLE t (s text CHECK (s IN ('new')))", "sqlite"
    )

    assert isinstance(added, Incompatibility)
    assert added.facts["value"] == "'lost'"


def test_findings_stand_on_the_lines_of_both_versions() -> None:
    comparison = compare(
        "CREATE TABLE t (\n  id int,\n  a text\n)", "CREATE TABLE t (id int)", format="sql", dialect="sqlite"
    )
    (finding,) = comparison.backward.findings

    assert (finding.old.line, finding.old.column, finding.new.line) == (3, 3, 1)


def test_changes_are_facts_about_every_part() -> None:
    old = sql.parse(Source((File("o", "CREATE TABLE t (id int PRIMARY KEY, a text, b int)"),)), Policy("sqlite"))
    new = sql.parse(
        Source(
            (
                File(
                    "n",
                    "CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT '', c int UNIQUE); CREATE TABLE u (x)",
                ),
            )
        ),
        Policy("sqlite"),
    )

    assert [(c.kind, c.path, c.what, c.old, c.new) for c in sql.changes(old, new)] == [
        ("changed", "t.a", "nullability", "NULL", "NOT NULL"),
        ("added", "t.a", "default", None, "''"),
        ("removed", "t.b", "column", "INT", None),
        ("added", "t.c", "column", None, "INT"),
        ("added", "t", "key", None, "UNIQUE (c)"),
        ("added", "u", "table", None, None),
    ]


@pytest.mark.parametrize(
    ("condition", "compatible"),
    [("x <> 3", True), ("x <> y", True), ("x IS NOT NULL", False), ("coalesce(x, 3) <> 3", False), ("1 = 2", False)],
)
def test_a_check_of_columns_that_are_left_out_is_met_where_null_meets_it(condition: str, compatible: bool) -> None:
    old = "CREATE TABLE t (id int PRIMARY KEY)"
    new = f"CREATE TABLE t (id int PRIMARY KEY, x int, y int, CHECK ({condition}))"

    assert (found(old, new, "postgresql") == []) is compatible


PLACES = "CREATE TABLE t (id int PRIMARY KEY, a varchar(9), b varchar(9){})"
SWAPPED = "CREATE TABLE t (id int PRIMARY KEY, b varchar(9), a varchar(9))"


@pytest.mark.parametrize(
    ("dialect", "after", "effect"),
    [
        *((dialect, SWAPPED, Effect.MISREADS) for dialect in ("postgresql", "mysql", "sqlite")),
        ("postgresql", PLACES.format(", c int"), None),
        ("mysql", PLACES.format(", c int"), Effect.FAILS),
        (None, PLACES.format(", c int"), Effect.FAILS),
        ("sqlite", PLACES.format(", c int"), Effect.FAILS),
        ("sqlite", PLACES.format(", c int GENERATED ALWAYS AS (id + 1) VIRTUAL"), None),
        ("mysql", PLACES.format(", c int GENERATED ALWAYS AS (id + 1) VIRTUAL"), Effect.FAILS),
        ("postgresql", "CREATE TABLE t (id int PRIMARY KEY, c int, a varchar(9), b varchar(9))", Effect.MISREADS),
    ],
)
def test_statements_without_names_break_where_columns_stand_elsewhere(
    dialect: str | None, after: str, effect: Effect | None
) -> None:
    judged = [
        compare(PLACES.format(""), after, format="sql", policy=Policy(dialect, columns=columns))
        for columns in ("named", "positional")
    ]

    assert judged[0].backward.status is Status.COMPATIBLE
    assert [finding.effect for finding in judged[1].backward.findings] == ([] if effect is None else [effect])
    by_sqlite = "GENERATED" not in after  # which takes no values for such columns
    assert all(finding.witness for finding in judged[1].backward.findings) is by_sqlite or effect is None


@pytest.mark.parametrize(
    "beside",
    [
        "CREATE TABLE users (email text); CREATE UNIQUE INDEX ON users (lower(email));",
        "CREATE VIEW old AS SELECT * FROM LATERAL (SELECT xmin FROM pg_class) AS c (x);",
    ],
)
def test_what_sqlite_cannot_hold_of_other_tables_is_in_no_witness_s_way(beside: str) -> None:
    tables = "CREATE TABLE people (id bigint PRIMARY KEY); CREATE TABLE t (id int, owner bigint REFERENCES people (id)"
    judged = compare(f"{beside} {tables}, x int);", f"{beside} {tables});", format="sql", dialect="postgresql")

    assert [finding.witness and finding.witness.sent for finding in judged.backward.findings] == ["SELECT x FROM t"]
