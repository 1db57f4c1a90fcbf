"""Is a difference between a version and a database found, a spelling passed over, and a doubt said to be one?"""

import pytest

from contractctl.formats.sql import parse
from contractctl.formats.sql.database_defaults import DatabaseDefaults
from contractctl.formats.sql.drift import drift
from contractctl.formats.sql.schema import Schema
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Change, Undecided

DEFAULTS = {
    "postgresql": DatabaseDefaults("default"),
    "sqlite": DatabaseDefaults("binary"),
    "mysql": DatabaseDefaults(
        "utf8mb4_general_ci",
        {"utf8mb4": "utf8mb4_general_ci", "latin1": "latin1_swedish_ci", "utf8mb3": "utf8mb3_general_ci"},
    ),
}


def read(dialect: str, *files: tuple[str, str]) -> Schema:
    return parse(Source(tuple(File(name, text) for name, text in files)), Policy(dialect=dialect))


def found(dialect: str, version: str, live: str) -> list[Change | Undecided]:
    defaults = DEFAULTS[dialect]
    return list(drift(read(dialect, ("shop.sql", version)), read(dialect, ("", ""), ("t", live)), defaults))


def columns(dialect: str, version: str, live: str) -> list[Change | Undecided]:
    return found(dialect, f"CREATE TABLE t (id int, {version});", f"CREATE TABLE t (id int, {live});")


_UUID = "a uuid DEFAULT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid"
_DIVIDED = "a numeric GENERATED ALWAYS AS (((id)::numeric / 3.0)) STORED"
SAME = {
    "postgresql": [
        ("a int4", "a integer"),
        ("a varchar(10)", "a character varying(10)"),
        ("a timestamp(6)", "a timestamp without time zone"),
        ("a timestamptz", "a timestamp with time zone"),
        ("a decimal(10)", "a numeric(10,0)"),
        ("a char", "a character(1)"),
        ("a float8", "a double precision"),
        ("a serial", "a integer DEFAULT nextval('t_a_seq'::regclass) NOT NULL"),
        ("a text DEFAULT 'x'", "a text DEFAULT 'x'::text"),
        ("a text DEFAULT NULL", "a text DEFAULT NULL::text"),
        ("a text", "a text DEFAULT NULL::text"),
        (r"a text DEFAULT E'a\tb'", r"a text DEFAULT E'a\tb'::text"),
        ("a int DEFAULT -1", "a integer DEFAULT '-1'::integer"),
        ("a numeric DEFAULT 0", "a numeric DEFAULT 0.0"),
        ("a bool DEFAULT 'no'", "a boolean DEFAULT false"),
        ("a bytea DEFAULT ''", r"a bytea DEFAULT '\x'::bytea"),
        ("a timestamptz DEFAULT current_timestamp", "a timestamp with time zone DEFAULT now()"),
        ("a jsonb DEFAULT '{}'", "a jsonb DEFAULT '{}'::jsonb"),
        ('a text COLLATE "default"', "a text"),
        ("a int CHECK (a BETWEEN 1 AND 5)", "a integer, CONSTRAINT t_a_check CHECK (a >= 1 AND a <= 5)"),
        ("a text CHECK (a IN ('x', 'y'))", "a text, CHECK (a = ANY (ARRAY['x'::text, 'y'::text]))"),
        (
            "a varchar(9) CHECK (a IN ('x'))",
            "a varchar(9), CHECK (a::text = ANY (ARRAY['x'::character varying::text]))",
        ),
        ("a int CHECK (a NOT IN (1, 2))", "a int, CHECK (a <> ALL (ARRAY[1, 2]))"),
        ("a text CHECK (a LIKE 'x%')", "a text, CHECK (a ~~ 'x%'::text)"),
        ("a int CHECK (a > 0 AND a < 9)", "a int, CHECK (a < 9), CHECK (a > 0)"),
        ("a int[3]", "a integer[]"),
        ("a varchar(3)[][]", "a character varying(3)[]"),
        ("a bpchar(5)", "a character(5)"),
        ("a int[] DEFAULT '{}'", "a integer[] DEFAULT ARRAY[]::integer[]"),
        ("a text[] DEFAULT '{a,\"b c\"}'", "a text[] DEFAULT ARRAY['a'::text, 'b c'::text]"),
        ("""a jsonb DEFAULT '{"b": [1,2],  "a":2.50}'""", """a jsonb DEFAULT '{"a": 2.50, "b": [1, 2]}'::jsonb"""),
        ("a bytea DEFAULT 'abc'", r"a bytea DEFAULT '\x616263'::bytea"),
        ("a date DEFAULT '20200101'", "a date DEFAULT '2020-01-01'::date"),
        ("a time DEFAULT '9:30'", "a time DEFAULT '09:30:00'::time without time zone"),
        ("a interval DEFAULT '1 hour 30 minutes'", "a interval DEFAULT '01:30:00'::interval"),
        ("a interval DEFAULT interval '14 months 1 week'", "a interval DEFAULT '1 year 2 mons 7 days'::interval"),
        ("a timestamptz DEFAULT now() + interval '1 day'", "a timestamptz DEFAULT (now() + '1 day'::interval)"),
        ("a uuid DEFAULT '{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'", _UUID),
        ("a bit(3) DEFAULT B'101'", "a bit(3) DEFAULT '101'::\"bit\""),
        (r"a text DEFAULT E'a\nb'", "a text DEFAULT 'a\nb'::text"),
        ("a int CHECK (a NOT IN (3))", "a int, CHECK (a <> 3)"),
        ("a int CHECK (a <> 3)", "a int, CHECK (a <> ALL (ARRAY[3]))"),
        ("a int CHECK (NOT a BETWEEN 1 AND 3)", "a int, CHECK (((a < 1) OR (a > 3)))"),
        ("a int CHECK (a IS NOT DISTINCT FROM 3)", "a int, CHECK ((NOT (a IS DISTINCT FROM 3)))"),
        (
            "a text CHECK (CASE WHEN id > 1 THEN a = 'x' END)",
            "a text, CHECK (CASE WHEN (id > 1) THEN (a = 'x'::text) ELSE NULL::boolean END)",
        ),
        ("a timestamp CHECK (date_trunc('day', a) = a)", "a timestamp, CHECK (date_trunc('day'::text, a) = a)"),
        ("a numeric GENERATED ALWAYS AS (id / 3.0) STORED", _DIVIDED),
        ("a int UNIQUE DEFERRABLE", "a int, CONSTRAINT t_a_key UNIQUE (a) DEFERRABLE"),
        ("a int UNIQUE", "a int, CONSTRAINT t_a_key UNIQUE (a)"),
        ("a int UNIQUE PRIMARY KEY", "a int NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (a)"),
        ("a int REFERENCES t2 (x) ON DELETE NO ACTION", "a int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES public.t2(x)"),
        ("a int GENERATED ALWAYS AS ((id) * 2) STORED", "a integer GENERATED ALWAYS AS (id * 2) STORED"),
        ("a varbit(3)", "a bit varying(3)"),
    ],
    "mysql": [
        ("a int", "`a` int(11) DEFAULT NULL"),
        ("a INT8 UNSIGNED", "`a` bigint(20) unsigned DEFAULT NULL"),
        ("a bool", "`a` tinyint(1) DEFAULT NULL"),
        ("a decimal", "`a` decimal(10,0) DEFAULT NULL"),
        ("a float unsigned", "`a` float unsigned DEFAULT NULL"),
        ("a int zerofill", "`a` int(10) unsigned zerofill DEFAULT NULL"),
        ("a year", "`a` year DEFAULT NULL"),
        ("a int NOT NULL DEFAULT '0'", "`a` int(11) NOT NULL DEFAULT 0"),
        ("a varchar(9) DEFAULT 0", "`a` varchar(9) DEFAULT '0'"),
        ("a binary(2) DEFAULT ''", r"`a` binary(2) DEFAULT '\0\0'"),
        (
            "a timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE NOW()",
            "`a` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()",
        ),
        ("a json", "`a` json DEFAULT NULL"),
        (
            "a longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`a`))",  # mysqldump
            "`a` json DEFAULT NULL",
        ),
        ("a json CHECK (json_valid(a))", "`a` json DEFAULT NULL"),
        (
            "a json CHECK (json_length(a) > 1)",  # a check of its own stands in place of the one that it be JSON
            "`a` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_length(`a`) > 1)",
        ),
        (
            "a json CHECK (json_valid(a) AND json_type(a) = 'ARRAY')",
            "`a` longtext COLLATE utf8mb4_bin CHECK (json_valid(`a`) and json_type(`a`) = 'ARRAY')",
        ),
        ("a varchar(9) CHECK (BINARY a = 'x')", "`a` varchar(9) CHECK (cast(`a` as char charset binary) = 'x')"),
        ("a varchar(9) CHECK (a <> BINARY 'x')", "`a` varchar(9) CHECK (`a` <> cast('x' as char charset binary))"),
        ("a varchar(9) CHECK (CAST(a AS BINARY) = 'x')", "`a` varchar(9) CHECK (binary `a` = 'x')"),
        ("a bit(3) DEFAULT 5", "`a` bit(3) DEFAULT b'101'"),
        ("a varbinary(3) DEFAULT 0x61", "`a` varbinary(3) DEFAULT 'a'"),
        ("a binary", "`a` binary(1) DEFAULT NULL"),
        ("a time(3) DEFAULT '10:00:00.5'", "`a` time(3) DEFAULT '10:00:00.500'"),
        ("a bigint AUTO_INCREMENT UNIQUE", "`a` bigint(20) NOT NULL AUTO_INCREMENT, UNIQUE KEY `a` (`a`)"),
        ("a int AS (id * 2) PERSISTENT", "`a` int(11) GENERATED ALWAYS AS (`id` * 2) STORED"),
        ("a varchar(9) CHECK (length(a) > 3)", "`a` varchar(9) CHECK (octet_length(`a`) > 3)"),
        ("a int CHECK (NOT a = 3)", "`a` int(11) CHECK (`a` <> 3)"),
        ("a varchar(9)", "`a` varchar(9) COLLATE utf8mb4_general_ci DEFAULT NULL"),
        ("a varchar(9) CHARACTER SET 'latin1'", "`a` varchar(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci"),
        ("a varchar(9) CHARACTER SET utf8", "`a` varchar(9) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci"),
        ("a varchar(9) BINARY", "`a` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
        ("a int, CONSTRAINT some CHECK (a > 0)", "`a` int(11) DEFAULT NULL CHECK (`a` > 0)"),
        ("a int CHECK (a > 0), CHECK (a <> id)", "`a` int(11) DEFAULT NULL CHECK (`a` > 0 and `a` <> `id`)"),
        ("a int, PRIMARY KEY (id), INDEX (a, id)", "`a` int(11), PRIMARY KEY (`id`), KEY `a` (`a`,`id`)"),
        ("a int, INDEX (a)", "`a` int(11), KEY `other_name` (`a`) USING BTREE"),
        ("a varchar(9), UNIQUE (a(9))", "`a` varchar(9), UNIQUE KEY `a` (`a`)"),
        ("a varchar(9), UNIQUE (a(5))", "`a` varchar(9), UNIQUE KEY `a` (`a`(5))"),
        (
            "a int, FOREIGN KEY (a) REFERENCES t2 (x) ON DELETE RESTRICT",
            "`a` int(11), KEY `a` (`a`), CONSTRAINT `t_ibfk_1` FOREIGN KEY (`a`) REFERENCES `t2` (`x`)",
        ),
    ],
    "sqlite": [
        ("a INT", "a BIGINT"),
        ("a TEXT COLLATE BINARY", "a TEXT"),
        ("a TEXT DEFAULT 'x'", "a VARCHAR(9) DEFAULT 'x'"),
    ],
}


@pytest.mark.parametrize(
    ("dialect", "version", "live"), [(dialect, *pair) for dialect, pairs in SAME.items() for pair in pairs]
)
def test_another_spelling_is_no_drift(dialect: str, version: str, live: str) -> None:
    assert columns(dialect, version, live) == []


DRIFTED = [
    ("mysql", "a varchar(9) CHECK (BINARY a = 'x')", "a varchar(9) CHECK (a = 'x')", "check"),
    ("postgresql", "a int", "a bigint", "type"),
    ("postgresql", "a text", "a varchar", "type"),
    ("postgresql", "a timestamptz(3)", "a timestamptz", "type"),
    ("postgresql", "a varbit(3)", "a bit varying(4)", "type"),
    ("postgresql", "a int", "a int NOT NULL", "nullability"),
    ("postgresql", "a int DEFAULT 1", "a int", "default"),
    ("postgresql", "a int DEFAULT 1", "a int DEFAULT 2", "default"),
    ("postgresql", "a int[]", "a bigint[]", "type"),
    ("postgresql", "a int[] DEFAULT '{}'", "a int[] DEFAULT ARRAY[1]", "default"),
    ("postgresql", "a text[] DEFAULT '{NULL}'", "a text[] DEFAULT ARRAY['NULL']", "default"),
    ("postgresql", """a jsonb DEFAULT '{"a": 1}'""", """a jsonb DEFAULT '{"a": "1"}'::jsonb""", "default"),
    ("postgresql", "a interval DEFAULT '1 month'", "a interval DEFAULT '30 days'::interval", "default"),
    ("postgresql", "a text", 'a text COLLATE "C"', "collation"),
    ("postgresql", "a int CHECK (a > 0)", "a int CHECK (a >= 0)", "check"),
    ("postgresql", "a int CHECK (a > 0)", "a int", "check"),
    ("postgresql", "a int UNIQUE", "a int", "key"),
    ("postgresql", "a int REFERENCES t2 (x)", "a int REFERENCES t2 (x) ON DELETE CASCADE", "foreign key"),
    ("postgresql", "a int", "a int, b int", "column"),
    ("postgresql", "a int, b int", "a int", "column"),
    ("mysql", "a longtext", "a json", "type"),
    ("mysql", "a float unsigned", "a float", "type"),
    ("mysql", "a varchar(9)", "a varchar(9) COLLATE utf8mb4_bin", "collation"),
    ("mysql", "a varchar(9), UNIQUE (a(5))", "a varchar(9), UNIQUE (a)", "key"),
    ("mysql", "a int", "a int, KEY (a)", "index"),
    ("mysql", "a int AS (id + 1) STORED", "a int AS (id + 1) VIRTUAL", "generated value"),
    ("sqlite", "a INT", "a TEXT", "type"),
    ("sqlite", "a TEXT", "a TEXT COLLATE NOCASE", "collation"),
]


@pytest.mark.parametrize(("dialect", "version", "live", "what"), DRIFTED)
def test_a_difference_is_drift(dialect: str, version: str, live: str, what: str) -> None:
    drifted = columns(dialect, version, live)

    assert {change.what for change in drifted if isinstance(change, Change)} == {what}
    assert all(isinstance(change, Change) for change in drifted)


DOUBTFUL = [
    ("postgresql", "a text CHECK (a ~ '^x')", "a text CHECK (a ~ '^y')"),
    ("postgresql", "a int4range DEFAULT '[1,4]'", "a int4range DEFAULT '[1,5)'::int4range"),
    ("postgresql", "a date DEFAULT 'today'", "a date DEFAULT '2026-11-28'::date"),
    ("postgresql", "a int CHECK (NOT a > ANY (ARRAY[1, 2]))", "a int CHECK (a <= ANY (ARRAY[1, 2]))"),
    ("postgresql", "a text DEFAULT 'a' || 'b'", "a text DEFAULT 'ab'"),
    ("postgresql", "a int GENERATED ALWAYS AS (id + id) STORED", "a int GENERATED ALWAYS AS (2 * id) STORED"),
    ("mysql", "a int, UNIQUE i ((a + 0))", "a int, UNIQUE i ((0 + a))"),
]


@pytest.mark.parametrize(("dialect", "version", "live"), DOUBTFUL)
def test_what_may_be_the_same_is_unknown_and_neither_the_same_nor_drift(dialect: str, version: str, live: str) -> None:
    (doubt,) = columns(dialect, version, live)

    assert isinstance(doubt, Undecided)


INDEXES = [
    ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON public.t USING btree (a)", []),
    ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a ASC)", "CREATE INDEX other ON t USING btree (a)", []),
    ("CREATE INDEX i ON t (a DESC NULLS FIRST)", "CREATE INDEX i ON t USING btree (a DESC)", []),
    ("CREATE INDEX i ON t (lower(b)) WHERE (a > 1)", "CREATE INDEX i ON t USING btree (lower(b)) WHERE a > 1", []),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a DESC)", [Change]),
    ("CREATE INDEX i ON t (a) INCLUDE (b)", "CREATE INDEX i ON t (a)", [Change]),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t USING hash (a)", [Change]),
    ("CREATE INDEX i ON t (a)", "", [Change]),
    ("", "CREATE INDEX i ON t (a)", [Change]),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a); CREATE INDEX j ON t (a)", [Change]),
    ("CREATE INDEX i ON t (a); CREATE INDEX j ON t (a)", "CREATE INDEX i ON t (a)", [Change]),
    ("CREATE INDEX i ON t (a); CREATE INDEX j ON t (a)", "CREATE INDEX j ON t (a); CREATE INDEX k ON t (a)", []),
    ("CREATE INDEX i ON t (lower(b))", "CREATE INDEX i ON t (upper(b))", [Undecided]),
    ("CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT", "CREATE UNIQUE INDEX i ON t (a)", [Change]),
    ("CREATE UNIQUE INDEX i ON t (a) WHERE a > 0", "CREATE UNIQUE INDEX i ON t (a) WHERE (a > 0)", []),
]


@pytest.mark.parametrize(("version", "live", "kinds"), INDEXES)
def test_an_index_is_what_it_is_and_not_what_it_is_called(version: str, live: str, kinds: list[type]) -> None:
    table = "CREATE TABLE t (a int, b text)"

    drifted = found("postgresql", f"{table};{version};", f"{table};{live};")

    assert sorted({type(one) for one in drifted}, key=str) == kinds


def test_what_pg_dump_writes_of_a_view_and_of_partitions_is_no_drift() -> None:
    dump = """
        CREATE TABLE public.t (id bigint NOT NULL, a text) PARTITION BY HASH (id);
        CREATE SEQUENCE public.t_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
        ALTER TABLE ONLY public.t ALTER COLUMN id SET DEFAULT nextval('public.t_id_seq'::regclass);
        CREATE TABLE public.t1 (id bigint DEFAULT nextval('public.t_id_seq'::regclass) NOT NULL, a text);
        CREATE VIEW public.v WITH (security_barrier='true') AS
          SELECT x.id FROM (public.t x JOIN public.t y ON ((x.id = y.id))) WHERE (x.id > 1) WITH LOCAL CHECK OPTION;
        ALTER TABLE ONLY public.t ATTACH PARTITION public.t1 FOR VALUES WITH (modulus 1, remainder 0);
    """
    table = "CREATE TABLE t (id bigint NOT NULL DEFAULT nextval('t_id_seq'::regclass), a text) PARTITION BY HASH (id);"
    view = "SELECT x.id FROM t x JOIN t y ON x.id = y.id WHERE x.id > 1"
    options = "security_barrier=true, check_option=local"
    live = read("postgresql", ("t", table), ("v", f"CREATE VIEW v WITH ({options}) AS {view};"))

    (doubt,) = drift(read("postgresql", ("shop.sql", dump)), live, DEFAULTS["postgresql"])

    assert isinstance(doubt, Undecided)
    assert "ATTACH PARTITION" in doubt.path


def test_what_sqlite_keeps_for_itself_is_no_table_of_a_dump() -> None:
    dump = "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT);\nCREATE TABLE sqlite_sequence(name,seq);"

    assert set(read("sqlite", ("shop.sql", dump)).tables) == {"t"}


def test_tables_that_the_version_does_not_speak_of_are_none_of_its_business() -> None:
    live = read("sqlite", ("", ""), ("t", "CREATE TABLE t (a INT);"), ("u", "CREATE TABLE u (b INT);"))

    assert list(drift(read("sqlite", ("shop.sql", "CREATE TABLE t (a INT);")), live)) == []


def test_a_table_that_is_gone_is_drift_and_one_that_cannot_be_read_is_unknown() -> None:
    version = read("postgresql", ("shop.sql", "CREATE TABLE t (a int);"))
    other = "CREATE TABLE u (a int);"

    (gone,) = drift(version, read("postgresql", ("", ""), ("u", other)))
    (unread,) = [
        one
        for one in drift(version, read("postgresql", ("", ""), ("u", other), ("t", "CREATE TABLE t OF pair;")))
        if one.path == "t"
    ]

    assert isinstance(gone, Change)
    assert gone.what == "table"
    assert isinstance(unread, Undecided)


def test_a_table_that_is_a_view_in_the_database_is_not_the_same() -> None:
    version = read("postgresql", ("shop.sql", "CREATE TABLE t (a int);"))
    live = read("postgresql", ("", ""), ("t", "CREATE VIEW t AS SELECT 1 AS a;"))

    assert [type(one) for one in drift(version, live)] == [Undecided]


def test_a_foreign_key_without_columns_means_the_key_that_the_database_knows() -> None:
    version = read("postgresql", ("shop.sql", "CREATE TABLE t (a int REFERENCES u);"))
    live = read(
        "postgresql",
        ("", ""),
        ("u", "CREATE TABLE u (x int PRIMARY KEY);"),
        ("t", "CREATE TABLE t (a int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES u(x));"),
    )

    assert list(drift(version, live)) == []


TABLES = "CREATE TABLE t (a int, b text); CREATE TABLE u (c int, d text);"
VIEWS = [
    ("SELECT a, b FROM t", "SELECT t.a,\n    t.b\n   FROM t", []),
    ("SELECT * FROM t", "SELECT t.a, t.b FROM t", []),
    ("SELECT a, d FROM t INNER JOIN u ON a = c", "SELECT t.a, u.d FROM t JOIN u ON t.a = u.c", []),
    ("SELECT a FROM t WHERE b > 'x'", "SELECT t.a FROM t WHERE t.b > 'x'::text", []),
    ("SELECT a, b FROM t", "SELECT t.a FROM t", [Change]),
    ("SELECT a FROM t WHERE b > 'x'", "SELECT t.a FROM t WHERE t.b > 'y'::text", [Undecided]),
]


@pytest.mark.parametrize(("version", "live", "kinds"), VIEWS)
def test_a_query_is_the_same_in_the_databases_own_words(version: str, live: str, kinds: list[type]) -> None:
    drifted = found("postgresql", f"{TABLES} CREATE VIEW v AS {version};", f"{TABLES} CREATE VIEW v AS {live};")

    assert [type(one) for one in drifted] == kinds


def test_what_seems_to_differ_is_unknown_where_the_version_says_something_unreadable_of_the_table() -> None:
    version = "CREATE TABLE t (a int CHECK (a > 0)); ALTER TABLE t MODIFY COLUMN a bigint;"

    drifted = found("mysql", version, "CREATE TABLE t (a bigint(20) DEFAULT NULL);")

    assert drifted
    assert all(isinstance(one, Undecided) for one in drifted)


def test_statements_that_nobody_understands_are_compared_word_for_word() -> None:
    table = "CREATE TABLE t (a int4range);"
    excluded = "ALTER TABLE t ADD CONSTRAINT x CHECK (lower(a) > 1) NO INHERIT;"

    assert found("postgresql", table + excluded, table + excluded) == []
    assert [type(one) for one in found("postgresql", table, table + excluded)] == [Undecided]
    assert [type(one) for one in found("postgresql", table + excluded, table)] == [Undecided]


def test_partitions_come_and_go_and_are_no_drift() -> None:
    table = "CREATE TABLE t (a int);\nALTER TABLE t PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (1)"

    assert found("mysql", f"{table});", f"{table}, PARTITION p1 VALUES LESS THAN (2));") == []
    assert found("mysql", f"{table});", f"{table});".replace("RANGE (a)", "RANGE (a + 1)")) != []


def test_functions_triggers_and_rows_are_not_compared() -> None:
    version = "CREATE TABLE t (a INT); CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END; UPDATE t SET a = 1;"

    assert found("sqlite", version, "CREATE TABLE t (a INT);") == []


def test_how_rows_are_kept_is_no_drift() -> None:
    assert (
        found("mysql", "CREATE TABLE t (a int) ENGINE=Aria;", "CREATE TABLE t (a int) ENGINE=Aria PAGE_CHECKSUM=1")
        == []
    )
    assert found("postgresql", "CREATE TABLE t (a int) WITH (fillfactor=70);", "CREATE TABLE t (a int);") == []
    assert found("mysql", "CREATE TABLE t (a int) ENGINE=MyISAM;", "CREATE TABLE t (a int) ENGINE=InnoDB;") != []
