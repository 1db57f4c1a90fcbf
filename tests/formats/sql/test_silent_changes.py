"""Is nothing called compatible that an engine enforces, though the types and names of the columns stay as they are?"""

import pytest

from contractctl.compatibility import compare
from contractctl.formats.sql import changes, parse
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Answer, Status

PARENT = "CREATE TABLE p (id int PRIMARY KEY, o int); "
VIEWED = "CREATE TABLE s (a int, b int); "


def backward(dialect: str, old: str, new: str) -> Answer:
    return compare(old, new, format="sql", dialect=dialect).backward


def told(dialect: str, old: str, new: str) -> list[str]:
    """The rules that break, without their prefix; "?" where the answer is unknown."""
    answer = backward(dialect, old, new)
    rules = [found.rule.removeprefix("sql-") for found in answer.findings if found.breaks]
    return rules or (["?"] if answer.status is Status.UNKNOWN else [])


def column(kind: str, options: str = "") -> str:
    return f"CREATE TABLE t (a {kind}){options}"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("real", "float", ["precision-lost"]),  # MySQL's REAL is a DOUBLE
        ("real", "double", []),
        ("varchar(100)", "tinytext", ["type-narrowed"]),  # 255 bytes, and 400 may be needed
        ("varchar(63)", "tinytext", []),
        ("tinytext", "varchar(255)", []),
        ("int", "int zerofill", ["type-narrowed"]),  # ZEROFILL makes it unsigned
        ("int unsigned", "int unsigned zerofill", ["?"]),  # CONCAT gives '0000000007'
        ("int zerofill", "int unsigned zerofill", []),
        ("int zerofill", "int(10) unsigned zerofill", []),  # as the server writes it
        ("int(3) zerofill", "int(5) zerofill", ["?"]),  # '007' becomes '00007'
        ("decimal(5,2) zerofill", "decimal(7,2) zerofill", ["?"]),
        ("float zerofill", "float unsigned", ["?"]),
        ("float unsigned zerofill", "float zerofill", []),
        ("float(7,2) zerofill", "float(7,2) unsigned", ["?"]),
        ("double zerofill", "double unsigned", ["?"]),
        ("double", "double unsigned", ["type-narrowed"]),
        ("float(7,2)", "float(5,2)", ["?"]),
        ("double", "double(5,2)", ["?"]),
        ("float(7,2)", "float", []),
        ("enum('a','b')", "set('a','b')", ["type-changed"]),  # 'a,b' may be read
        ("set('a','b')", "enum('a','b')", ["type-refused"]),
        ("varchar(9)", "varchar(9) character set latin1", ["?"]),
        ("varchar(9)", "varchar(9) character set utf8mb4", []),
    ],
)
def test_what_a_type_of_mysql_holds_is_judged(before: str, after: str, expected: list[str]) -> None:
    assert told("mysql", column(before), column(after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (" DEFAULT CHARSET=utf8mb4", " DEFAULT CHARSET=latin1", ["?"]),
        (" ENGINE=InnoDB", " ENGINE=BLACKHOLE", ["?"]),
        ("", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4", []),
    ],
)
def test_options_of_a_table_that_change_what_it_keeps_are_judged(before: str, after: str, expected: list[str]) -> None:
    assert told("mysql", column("varchar(9)", before), column("varchar(9)", after)) == expected


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_a_foreign_key_that_is_asked_for_sooner_is_another_key(dialect: str) -> None:
    old = f"{PARENT}CREATE TABLE c (p int REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)"

    assert told(dialect, old, f"{PARENT}CREATE TABLE c (p int REFERENCES p (id))") == ["?"]
    assert told(dialect, old, f"{PARENT}CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)") == []


def test_a_key_that_refers_to_a_primary_key_names_it_or_not() -> None:
    spelled, plain = (f"{PARENT}CREATE TABLE c (p int REFERENCES p{columns})" for columns in (" (id)", ""))
    moved = plain.replace("id int PRIMARY KEY, o int", "id int, o int PRIMARY KEY")

    assert told("postgresql", spelled, plain) == []
    assert "foreign-key-added" in told("postgresql", plain, moved)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a int UNIQUE DEFERRABLE INITIALLY DEFERRED", "a int UNIQUE"),
        ("a int, UNIQUE (a) DEFERRABLE", "a int, UNIQUE (a)"),
        ("a int PRIMARY KEY DEFERRABLE", "a int PRIMARY KEY"),
        ("a int CHECK (a BETWEEN SYMMETRIC 10 AND 1)", "a int CHECK (a BETWEEN 10 AND 1)"),
        ("a varchar(9) CHECK (a::varchar(3) = 'abc')", "a varchar(9) CHECK (a = 'abc')"),
    ],
)
def test_words_that_change_a_constraint_are_not_passed_over(old: str, new: str) -> None:
    assert told("postgresql", f"CREATE TABLE t ({old})", f"CREATE TABLE t ({new})")


@pytest.mark.parametrize(
    ("dialect", "old", "new"),
    [
        ("mysql", "a varchar(5) CHECK (char_length(a) <= 3)", "a varchar(5) CHECK (length(a) <= 3)"),
        ("mysql", "a varchar(5)", "a varchar(5) CHECK (length(a) <= 5)"),  # bytes: '€€' has six
        ("mysql", "a varchar(5) CHECK (a = 'x')", "a varchar(5) CHECK (a = BINARY 'x')"),  # 'X' is not among these
        ("mysql", "a int CHECK (a > '10')", "a int CHECK (CAST(a AS CHAR) > '10')"),
        ("sqlite", "a INT CHECK (a > '10')", "a INT CHECK (CAST(a AS TEXT) > '10')"),
        ("sqlite", "a BLOB CHECK (a = '1')", "a BLOB CHECK (a = CAST('1' AS INTEGER))"),
        ("sqlite", "a BLOB CHECK (a <> x'61')", "a BLOB CHECK (a <> 97)"),
        ("sqlite", "a BLOB CHECK (coalesce(a, x'61') = 97)", "a BLOB CHECK (coalesce(a, 97) = 97)"),
        ("mysql", "a varchar(5) CHECK (a <> b'110001')", "a varchar(5) CHECK (a <> 49)"),  # the text '1'
    ],
)
def test_a_condition_on_bytes_or_on_a_cast_is_another_condition(dialect: str, old: str, new: str) -> None:
    assert told(dialect, f"CREATE TABLE t ({old})", f"CREATE TABLE t ({new})")


@pytest.mark.parametrize(
    ("kind", "cast", "plain"),
    [
        ("float8", "round(a::numeric) > 2", "round(a) > 2"),  # 2.5 is 3, or 2
        ("int", "a::text > '10'", "a > '10'"),
        ("int", "a::text = '01'", "a = '01'"),
        ("bool", "a::text = 't'", "a = 't'"),
        ("int", "a / 2::numeric > 1.2", "a / 2 > 1.2"),
        ("int", "a / 2::float8 > 1.2", "a / 2 > 1.2"),
        ("int", "(a::numeric + 1) / 2 > 1.2", "(a + 1) / 2 > 1.2"),
        ("float8", "a::numeric > 0.3", "a > 0.3"),
        ("numeric", "a::float8 > 0.3", "a > 0.3"),
        ("numeric", "a > 1.5::int", "a > 1.5"),
        ("numeric", "a > 1.55::numeric(3,1)", "a > 1.55"),
        ("float8", "a > 0.1::real", "a > 0.1"),
        ("text", "a = 'abc'::varchar(2)", "a = 'abc'"),
        ("text[]", "a = ARRAY['abc']::varchar(2)[]", "a = ARRAY['abc']"),
        ("citext", "a::text = 'x'", "a = 'x'"),
        ("text", "a = 'x'::citext", "a = 'x'"),
        ("char(3)", "octet_length(a::text) > 2", "octet_length(a) > 2"),
        ("timestamp", "a > '2020-01-01 10:00'::date", "a > '2020-01-01 10:00'"),
        ("timestamp", "a > '2020-01-01 10:00:00.6'::timestamp(0)", "a > '2020-01-01 10:00:00.6'"),
    ],
)
def test_a_cast_that_makes_another_value_is_another_condition(kind: str, cast: str, plain: str) -> None:
    old, new = (f"CREATE TABLE t (a {kind} CHECK ({condition}))" for condition in (cast, plain))

    assert told("postgresql", old, old + " ") == []
    assert told("postgresql", old, new)
    assert told("postgresql", new, old)


@pytest.mark.parametrize(("cast", "plain"), [("1.5::int", "1.5"), ("'abc'::varchar(2)", "'abc'")])
def test_a_default_that_is_cut_or_rounded_is_another_default(cast: str, plain: str) -> None:
    kind = "numeric" if plain == "1.5" else "text"

    assert told("postgresql", column(f"{kind} DEFAULT {cast}"), column(f"{kind} DEFAULT {plain}")) == [
        "default-changed"
    ]


@pytest.mark.parametrize(
    ("dialect", "one", "other"),
    [
        ("postgresql", "a - b - 1 > 1", "a - (b - 1) > 1"),
        ("mysql", "a / b / 2 > 1", "a / (b / 2) > 1"),
        ("sqlite", "1 < a - b - 1", "1 < a - (b - 1)"),
        ("mysql", "a BETWEEN 1 AND 3 AND b = 1", "a BETWEEN 1 AND (3 AND b = 1)"),
        ("sqlite", "NOT a = b", "(NOT a) = b"),
        ("sqlite", "NOT a IN (0, 1)", "(NOT a) IN (0, 1)"),
        ("postgresql", "~ a + 1 > b", "~ (a + 1) > b"),
    ],
)
def test_parentheses_that_say_what_comes_first_say_something(dialect: str, one: str, other: str) -> None:
    versions = [f"CREATE TABLE t (a int, b int, CHECK ({condition}))" for condition in (one, other)]

    assert told(dialect, *versions)
    assert told(dialect, *reversed(versions))


def test_a_condition_of_which_a_part_is_lost_on_the_way_is_not_read() -> None:
    """MariaDB's TO_CHAR, whose format sqlglot leaves out."""
    dated = f"{VIEWED} CREATE TABLE t (a date CHECK (to_char(a, 'YYYY') > '1'))"

    assert told("mysql", dated, dated) == []
    assert told("mysql", dated, dated.replace("YYYY", "DD")) == ["?"]


@pytest.mark.parametrize("other", ["x IN ('1')", "x IN (1, 2)", "x < 2", "x = '1' OR x = 2"])
def test_a_text_that_is_compared_with_a_number_is_compared_otherwise(other: str) -> None:
    versions = [f"CREATE TABLE t (x varchar(9) CHECK ({condition}))" for condition in ("x = 1", other)]

    assert told("mysql", *versions)
    assert told("mysql", *reversed(versions))


def test_an_enum_that_is_never_null_begins_with_its_first_value() -> None:
    """https://mariadb.com/kb/en/enum/#null-and-empty-values"""
    kind = "enum('x','y') NOT NULL"

    assert told("mysql", column(kind), column(f"{kind} DEFAULT 'x'")) == []
    assert told("mysql", column(kind), column(f"{kind} DEFAULT 'y'")) == ["default-changed"]
    assert told("mysql", column("int"), f"CREATE TABLE t (a int, b {kind})") == []


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("text", "true", "'1'"),
        ("timestamptz", "current_timestamp", "current_timestamp(0)"),
        ("timestamp", "localtimestamp(3)", "localtimestamp(0)"),
    ],
)
def test_a_default_that_reads_otherwise_is_another_default(kind: str, one: str, other: str) -> None:
    versions = [column(f"{kind} DEFAULT {default}") for default in (one, other)]

    assert told("postgresql", *versions) == told("postgresql", *reversed(versions)) == ["default-changed"]


@pytest.mark.parametrize(
    ("dialect", "added", "expected"),
    [
        ("postgresql", "b varchar(2)[] DEFAULT '{abc}'", ["?"]),
        ("postgresql", "b varchar(2)[] DEFAULT ARRAY['abc']", ["?"]),
        ("postgresql", "b varchar(2)[] DEFAULT '{}'", []),
        ("postgresql", "b varchar(2)[] DEFAULT ARRAY[]::varchar(2)[]", []),
        ("postgresql", "b serial CHECK (b > 5)", ["?"]),
        ("postgresql", "b serial CHECK (b > 0)", []),
        ("postgresql", "b int, FOREIGN KEY (a, b) REFERENCES u (a, b) MATCH FULL", ["foreign-key-added"]),
        ("postgresql", "b int, FOREIGN KEY (a, b) REFERENCES u (a, b)", []),
        ("mysql", "b json DEFAULT '{'", ["default-refused"]),
        ("mysql", "b json DEFAULT '{}'", []),
    ],
)
def test_what_a_new_column_holds_where_it_is_left_out_is_asked_of_all_that_is_about_it(
    dialect: str, added: str, expected: list[str]
) -> None:
    parent = "CREATE TABLE u (a int, b int, PRIMARY KEY (a, b)); "

    assert told(dialect, parent + column("int"), f"{parent}CREATE TABLE t (a int, {added})") == expected


def test_an_index_over_what_is_computed_when_it_is_read_computes_it() -> None:
    table = "CREATE TABLE t (a TEXT, g AS (json_extract(a, '$.x')))"

    assert told("sqlite", table, f"{table}; CREATE INDEX i ON t (g)") == ["?"]


def test_numbers_that_are_given_again_may_meet_who_still_knows_them() -> None:
    once = column("INTEGER PRIMARY KEY AUTOINCREMENT")
    again = once.replace(" AUTOINCREMENT", "")

    assert told("sqlite", once, again) == ["?"]
    assert told("sqlite", again, once) == told("sqlite", once, once) == []


def test_bytes_by_default_are_no_text_in_sqlite() -> None:
    blob, text = (column(f"blob DEFAULT {default}") for default in ("x'61'", "'a'"))

    assert told("sqlite", blob, text) == told("sqlite", text, blob) == ["default-changed"]
    assert told("sqlite", blob, blob.replace("x'61'", "X'61'")) == []


@pytest.mark.parametrize("number", ["1e999999999", "-1e999999999", "1e999999999::int", "'1e400'::real"])
def test_a_number_that_no_database_holds_is_read_all_the_same(number: str) -> None:
    bounded = f"CREATE TABLE t (a numeric DEFAULT {number} CHECK (a > {number}))"

    assert told("postgresql", bounded, bounded + " ") == []
    assert told("postgresql", column("numeric"), bounded)


@pytest.mark.parametrize(
    ("dialect", "kind", "condition"),
    [
        ("mysql", "varchar(5)", "octet_length(a) <= 20"),
        ("mysql", "tinytext", "length(a) <= 255"),
        ("mysql", "varchar(5)", "char_length(a) <= 5"),
        ("postgresql", "varchar(5)", "octet_length(a) <= 20"),
    ],
)
def test_a_condition_that_every_text_of_the_type_meets_refuses_nothing(dialect: str, kind: str, condition: str) -> None:
    assert told(dialect, column(kind), f"CREATE TABLE t (a {kind} CHECK ({condition}))") == []


@pytest.mark.parametrize(
    ("dialect", "statement", "other"),
    [
        ("sqlite", "CREATE TABLE u (a ANY DEFAULT 1 UNIQUE ON CONFLICT IGNORE)", "1->'1'"),
        ("postgresql", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT->SELECT "),
        ("postgresql", 'ALTER TABLE t ADD EXCLUDE USING gist ("A" WITH =)', '"A"->a'),
    ],
)
def test_a_statement_that_cannot_be_read_is_another_one_where_its_quotes_are(
    dialect: str, statement: str, other: str
) -> None:
    changed = statement.replace(*other.split("->"))

    assert told(dialect, f"{VIEWED}{statement}", f"{VIEWED}{statement}") == []
    assert told(dialect, f"{VIEWED}{statement}", f"{VIEWED}{changed}") == ["?"]


def test_a_new_column_in_which_not_even_null_stands_twice_refuses_every_second_row() -> None:
    key = "CREATE TABLE t (id int, a int UNIQUE NULLS NOT DISTINCT)"

    assert told("postgresql", "CREATE TABLE t (id int)", key) == ["unique-added"]
    assert told("postgresql", "CREATE TABLE t (id int)", key.replace(" NULLS NOT DISTINCT", "")) == []


def test_keys_that_say_the_same_and_act_otherwise_are_all_heeded() -> None:
    two = PARENT + "CREATE TABLE t (a int REFERENCES p (id) ON DELETE {}, FOREIGN KEY (a) REFERENCES p (id))"

    assert told("sqlite", two.format("CASCADE"), two.format("CASCADE")) == []
    assert told("sqlite", two.format("CASCADE"), two.format("SET DEFAULT")) == ["?"]


@pytest.mark.parametrize("said", ["INCREMENT BY 2", "MAXVALUE 100", "MINVALUE -5", "NO MAXVALUE CYCLE"])
def test_an_identity_that_counts_otherwise_is_another_one_however_it_is_written(said: str) -> None:
    dump = f"""CREATE TABLE t (id int NOT NULL);
    ALTER TABLE t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME t_id_seq START WITH 1 {said} CACHE 1);
    """
    usual = "INCREMENT BY 1 NO MINVALUE NO MAXVALUE"

    assert told("postgresql", dump.replace(said, usual), dump) == ["?"]
    assert told("postgresql", dump.replace(said, usual), "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY)") == []


def test_a_child_inherits_the_numbers_of_a_serial_and_not_those_of_an_identity() -> None:
    tables = "CREATE TABLE p (id {} PRIMARY KEY, a int); CREATE TABLE c (b int) INHERITS (p)"
    serial, identity = (tables.format(kind) for kind in ("serial", "int GENERATED BY DEFAULT AS IDENTITY"))
    own = serial.replace("(b int)", "(b int, id serial)")

    assert told("postgresql", serial, identity) == ["default-removed"]
    assert told("postgresql", identity, serial) == []
    assert told("postgresql", serial, own) == [
        "?"
    ]  # numbers of a sequence of its own are free in the one and not in all


def test_a_child_computes_what_its_parent_computes() -> None:
    parent = "CREATE TABLE p (a int, g int GENERATED ALWAYS AS (a * 2) STORED); CREATE TABLE c ({}) INHERITS (p)"

    assert told("postgresql", parent.format("b int"), parent.format("b int, g int")) == []


@pytest.mark.parametrize(
    ("dialect", "computed"),
    [
        ("postgresql", "g int GENERATED ALWAYS AS (a * 2) STORED"),  # 2000000000 is an int, and twice that is none
        ("postgresql", "g bigint GENERATED ALWAYS AS (a * 2) STORED"),  # computed as an int all the same
        ("postgresql", "g int GENERATED ALWAYS AS (10 / a) STORED"),
        ("postgresql", "g int NOT NULL GENERATED ALWAYS AS (nullif(s, 1)) STORED"),
        ("postgresql", "g text NOT NULL GENERATED ALWAYS AS (lower(v)) STORED"),
        ("postgresql", "g varchar(5) GENERATED ALWAYS AS (v || '-') STORED"),
        ("postgresql", "g int GENERATED ALWAYS AS (v::int) STORED"),
        ("postgresql", "g numeric(4,2) GENERATED ALWAYS AS (a) STORED"),
        ("postgresql", "g numeric(4,2) GENERATED ALWAYS AS (a * 1.5) STORED"),
        ("postgresql", "g numeric GENERATED ALWAYS AS (a * s * 1.5) STORED"),  # a * s is an int
        ("postgresql", "g numeric GENERATED ALWAYS AS (1.5 / a) STORED"),
        ("mysql", "g tinyint AS (s * 2) STORED"),
        ("mysql", "g bigint AS (u - 7) STORED"),
        ("sqlite", "g int AS (nullif(a, 1)) NOT NULL"),
        ("sqlite", "g int AS (a) CHECK (g > 5)"),
        ("postgresql", "g smallint GENERATED ALWAYS AS (s) STORED CHECK (g > 5)"),
        ("postgresql", "g smallint GENERATED ALWAYS AS (s) STORED CHECK (g > a)"),
        ("postgresql", "g smallint GENERATED ALWAYS AS (s) STORED REFERENCES u (id)"),
        ("sqlite", "g AS (json_extract(v, '$.x')) STORED"),
    ],
)
def test_a_new_column_that_cannot_be_computed_for_every_row_may_refuse_one(dialect: str, computed: str) -> None:
    table = "CREATE TABLE t (a int, s smallint NOT NULL, v varchar(5){}{})"
    unsigned = ", u int unsigned" if dialect == "mysql" else ""

    assert told(dialect, table.format(unsigned, ""), table.format(unsigned, f", {computed}")) == ["?"]


@pytest.mark.parametrize(
    ("dialect", "computed"),
    [
        ("postgresql", "g int GENERATED ALWAYS AS (s * 2) STORED"),
        ("postgresql", "g int NOT NULL GENERATED ALWAYS AS (s + 1) STORED"),
        ("postgresql", "g text GENERATED ALWAYS AS (lower(trim(v)) || '-') STORED"),
        ("postgresql", "g text NOT NULL GENERATED ALWAYS AS (coalesce(v, '')) STORED"),
        ("postgresql", "g varchar(6) GENERATED ALWAYS AS (v || '-') STORED"),
        ("postgresql", "g boolean GENERATED ALWAYS AS (a > 5) STORED"),
        ("postgresql", "g tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(v, ''))) STORED"),
        ("postgresql", "g text GENERATED ALWAYS AS (j ->> 'x') STORED"),
        ("postgresql", "g numeric GENERATED ALWAYS AS (a / 2.54) STORED"),
        ("postgresql", "g numeric GENERATED ALWAYS AS ((1.5 + a) * s - 2) STORED"),
        ("mysql", "g int AS (a * 2) VIRTUAL"),
        ("mysql", "g int AS (s * 2) STORED"),
        ("sqlite", "g AS (a / s) STORED"),
        ("sqlite", "g AS (json_extract(v, '$.x'))"),
    ],
)
def test_a_new_column_that_is_computed_for_every_row_refuses_none(dialect: str, computed: str) -> None:
    table = "CREATE TABLE t (a int, s smallint NOT NULL, v varchar(5){}{})"
    json = ", j jsonb" if dialect == "postgresql" else ""

    assert told(dialect, table.format(json, ""), table.format(json, f", {computed}")) == []


def test_a_refusal_for_another_reason_shows_nothing() -> None:
    """The function of the other column is PostgreSQL's alone, and SQLite refuses that."""
    refused = "CREATE TABLE t (a int, c varchar(2) DEFAULT 'abc', e int DEFAULT current_setting('x.y')::int)"
    (found,) = [one for one in backward("postgresql", column("int"), refused).findings if one.breaks]

    assert (found.rule, found.witness) == ("sql-default-refused", None)


def test_a_table_like_another_is_filled_by_nobody() -> None:
    other = "CREATE TABLE p (id int GENERATED ALWAYS AS IDENTITY); CREATE TABLE c ({})"

    assert told("postgresql", other.format("id int NOT NULL"), other.format("LIKE p")) == []
    assert told("postgresql", other.format("LIKE p"), other.format("id int NOT NULL")) == []


def test_a_foreign_key_that_restricts_waits_for_no_commit() -> None:
    key = PARENT + "CREATE TABLE t (a int REFERENCES p (id) {} DEFERRABLE INITIALLY DEFERRED)"

    assert told("postgresql", key.format(""), key.format("ON DELETE RESTRICT")) == ["?"]
    assert told("postgresql", key.format(""), key.format("ON DELETE NO ACTION")) == []


def test_a_name_holds_63_bytes() -> None:
    assert told("postgresql", column("text"), column("name")) == ["type-narrowed"]
    assert told("postgresql", column("name"), column("text")) == []


def test_a_foreign_key_that_wants_all_of_its_columns_is_another_key() -> None:
    two = "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) "

    assert told("postgresql", f"{two}REFERENCES p (a, b))", f"{two}REFERENCES p (a, b) MATCH FULL)") == ["?"]


def test_an_enum_inside_an_array_is_an_enum() -> None:
    old, new = (f"CREATE TYPE mood AS ENUM ({names}); {column('mood[]')}" for names in ("'x', 'y'", "'x'"))

    assert told("postgresql", old, new) == ["?"]
    assert told("postgresql", old, old + " ") == []


def test_a_domain_inside_an_array_is_a_domain() -> None:
    old, new = (f"CREATE DOMAIN d AS int{says}; {column('d[]')}" for says in ("", " CHECK (VALUE > 0)"))

    assert told("postgresql", old, new) == ["?"]
    assert told("postgresql", old, old + " ") == []


@pytest.mark.parametrize(
    ("dialect", "index", "expected"),
    [
        ("postgresql", "((10 / a))", ["?"]),
        ("postgresql", "((b::int))", ["?"]),
        ("postgresql", "(a) WHERE b::int > 5", ["?"]),
        ("postgresql", "(some_function(b))", ["?"]),
        ("postgresql", "(lower(b), a DESC) WHERE b LIKE 'x%' AND c IS NOT NULL", []),
        ("postgresql", "((c::date), (a::text))", []),
        ("postgresql", "(date_trunc('day', c))", []),
        ("postgresql", "USING gin (to_tsvector('english', b))", []),
        ("sqlite", "(json_extract(b, '$.x'))", ["?"]),
        ("mysql", "((10 / a))", ["?"]),
        ("mysql", "(b(10), a)", []),
        ("sqlite", "(a / 2, lower(b))", []),
    ],
)
def test_an_index_that_cannot_be_computed_for_every_row_may_refuse_one(
    dialect: str, index: str, expected: list[str]
) -> None:
    table = "CREATE TABLE t (a int, b text, c timestamp)"

    assert told(dialect, table, f"{table}; CREATE INDEX i ON t {index}") == expected


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_a_view_that_becomes_a_table_still_owes_its_columns(dialect: str) -> None:
    view = f"{VIEWED}CREATE VIEW v AS SELECT a, b FROM s"

    assert told(dialect, view, f"{VIEWED}CREATE TABLE v (a int)") == ["view-column-removed"]
    assert told(dialect, view, f"{VIEWED}CREATE TABLE v (a int, b int)") == ["?"]
    assert told(dialect, f"{VIEWED}CREATE VIEW v AS SELECT * FROM s", f"{VIEWED}CREATE TABLE v (a int)") == ["?"]


@pytest.mark.parametrize("said", ["ALGORITHM=TEMPTABLE", "SQL SECURITY INVOKER"])
def test_a_view_that_cannot_be_written_or_asks_who_reads_is_another_view(said: str) -> None:
    view = f"{VIEWED}CREATE {{}} VIEW v AS SELECT a FROM s"
    usual = "ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER"

    assert told("mysql", view.format(""), view.format(said)) == ["?"]
    assert told("mysql", view.format(""), view.format(usual)) == []


def test_a_view_that_is_kept_is_another_view() -> None:
    view = f"{VIEWED}CREATE {{}} v AS SELECT a FROM s"

    assert told("postgresql", view.format("VIEW"), view.format("MATERIALIZED VIEW")) == ["?"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SET search_path TO x; " + column("int"), "SET search_path TO y; " + column("int")),
        (VIEWED + "CREATE SCHEMA x CREATE TABLE t (a int)", VIEWED + "CREATE SCHEMA x"),
        (VIEWED + "SELECT a INTO t FROM s", VIEWED),
        (VIEWED, VIEWED + "SELECT AddGeometryColumn('s', 'c', 4326, 'POINT', 2)"),
        (VIEWED, VIEWED + "SELECT public.create_hypertable('s', 'a')"),
        (
            "CREATE TABLE t (a int, CONSTRAINT c CHECK (a IS NOT NULL))",
            "CREATE TABLE t (a int, CONSTRAINT c CHECK (a IS NOT NULL)); ALTER TABLE t DROP CONSTRAINT c",
        ),
    ],
)
def test_statements_that_make_or_unmake_a_promise_in_passing_are_not_silent(old: str, new: str) -> None:
    assert told("postgresql", old, new) == ["?"]


@pytest.mark.parametrize(
    "said",
    [
        "SELECT pg_catalog.setval('public.s_id_seq', 5, true)",
        "SELECT pg_catalog.set_config('search_path', '', false)",
        "SELECT setval('s_id_seq', (SELECT max(a) FROM s))",
        "SELECT count(*) FROM s",
        "SELECT 1",
    ],
)
def test_what_a_dump_asks_in_passing_says_nothing(said: str) -> None:
    assert told("postgresql", VIEWED, f"{VIEWED}{said};") == told("postgresql", f"{VIEWED}{said};", VIEWED) == []


@pytest.mark.parametrize("path", ["= public, pg_catalog", 'TO "$user", public'])
def test_the_search_path_that_everybody_has_says_nothing(path: str) -> None:
    assert told("postgresql", f"SET search_path {path}; " + column("int"), column("int")) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("id text NOT NULL PRIMARY KEY, v)", "id text NOT NULL PRIMARY KEY, v) WITHOUT ROWID", ["column-removed"]),
        ("id int NOT NULL PRIMARY KEY)", "id integer NOT NULL PRIMARY KEY)", ["type-refused"]),
        ("id integer PRIMARY KEY, v) WITHOUT ROWID", "id integer PRIMARY KEY, v)", ["type-refused"]),
        ("id int NOT NULL PRIMARY KEY) STRICT", "id integer NOT NULL PRIMARY KEY) STRICT", []),
        ("a any) STRICT", "a blob) STRICT", ["type-refused"]),
        ("a blob) STRICT", "a any) STRICT", ["type-changed"]),
        ("a blob)", "a blob) STRICT", ["strict-added"]),
        ("a)", "a any) STRICT", []),
        ("a any COLLATE NOCASE) STRICT", "a any) STRICT", ["collation-changed"]),
    ],
)
def test_what_sqlite_refuses_is_shown_on_sqlite(old: str, new: str, expected: list[str]) -> None:
    old, new = f"CREATE TABLE t ({old}", f"CREATE TABLE t ({new}"
    breaking = [found for found in backward("sqlite", old, new).findings if found.breaks]

    assert told("sqlite", old, new) == expected
    assert all(found.witness for found in breaking if found.rule != "sql-type-changed")


@pytest.mark.parametrize(
    ("altered", "expected"),
    [
        ("id DROP DEFAULT", ["default-removed"]),
        ("COLUMN id SET DEFAULT 0", ["default-changed"]),
        ("COLUMN id SET DEFAULT nextval('s')", []),
        ('COLUMN a TYPE varchar COLLATE "C"', ["collation-changed"]),
        ("COLUMN a TYPE varchar", ["collation-changed"]),  # a type that is given anew has its own collation again
        ("COLUMN a TYPE varchar COLLATE \"en-x-icu\" USING a || ''", []),
        ("COLUMN id TYPE smallint", ["type-narrowed"]),
    ],
)
def test_what_alter_table_takes_from_a_column_of_a_dump_is_gone(altered: str, expected: list[str]) -> None:
    """As pg_dump writes a serial: its numbers are a default like any other."""
    dump = """CREATE SEQUENCE s; CREATE TABLE t (id int NOT NULL, a text COLLATE "en-x-icu");
    ALTER TABLE ONLY t ALTER COLUMN id SET DEFAULT nextval('s'::regclass);"""

    assert told("postgresql", dump, f"{dump} ALTER TABLE t ALTER {altered};") == expected


@pytest.mark.parametrize(
    ("dialect", "policy", "old", "new", "expected"),
    [
        (
            "postgresql",
            {},
            "id int GENERATED ALWAYS AS IDENTITY",
            "id int GENERATED BY DEFAULT AS IDENTITY",
            ("default", "always the next number", "the next number"),
        ),
        ("postgresql", {"columns": "positional"}, "a int, b int", "b int, a int", ("order of columns", "a, b", "b, a")),
        (
            "sqlite",
            {},
            "id INTEGER PRIMARY KEY AUTOINCREMENT",
            "id INTEGER PRIMARY KEY",
            ("numbers of deleted rows", "not used again", "used again"),
        ),
    ],
)
def test_diff_tells_what_a_column_of_the_same_name_and_type_does_otherwise(
    dialect: str, policy: dict[str, str], old: str, new: str, expected: tuple[str, str, str]
) -> None:
    texts = (
        parse(Source((File("t.sql", f"CREATE TABLE t ({columns})"),)), Policy(dialect, **policy))
        for columns in (old, new)
    )

    assert [(one.what, one.old, one.new) for one in changes(*texts)] == [expected]
