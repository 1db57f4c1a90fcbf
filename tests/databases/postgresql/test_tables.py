"""What does PostgreSQL say of a table, what hangs on a column, what is in the way? Which expressions will do?"""

import pytest
from sqlalchemy.engine import make_url

from contractctl.databases import postgresql as database
from contractctl.databases.postgresql import tokens, types
from contractctl.databases.postgresql.tables import columns, exists, key_columns
from contractctl.errors import ContractctlError
from contractctl.operations.locating import synchronisation
from contractctl.operations.pairs import Pair

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT)"


def asked(shop, question, *arguments):
    with shop.engine.begin() as connection:
        return question(connection, *arguments)


def test_columns_are_told_as_the_database_has_them(shop):
    shop.run("CREATE SCHEMA other")
    shop.run("CREATE COLLATION other.plain (provider = libc, locale = 'C')")
    shop.run("CREATE DOMAIN short AS VARCHAR(3) NOT NULL")
    shop.run(
        "CREATE TABLE t (\"Id\" BIGINT GENERATED ALWAYS AS IDENTITY, a VARCHAR(20) NOT NULL DEFAULT 'x',"
        ' b NUMERIC(10,2) DEFAULT 1 + 1, c TEXT COLLATE "C", d TIMESTAMP(3) WITH TIME ZONE, e short, f TEXT[],'
        ' g TEXT COLLATE other.plain, h INTEGER GENERATED ALWAYS AS (length(a)) STORED, PRIMARY KEY (a, "Id"))'
    )
    shop.run("ALTER TABLE t DROP COLUMN c")
    found = asked(shop, columns, "t")

    assert [(one.name, one.type) for one in found] == [
        ("Id", "bigint"),
        ("a", "character varying(20)"),
        ("b", "numeric(10,2)"),
        ("d", "timestamp(3) with time zone"),
        ("e", "short"),
        ("f", "text[]"),
        ("g", "text"),
        ("h", "integer"),
    ]
    by_name = {one.name: one for one in found}
    assert by_name["Id"].default == "nextval('public.\"t_Id_seq\"'::regclass)"
    assert (by_name["a"].default, by_name["b"].default) == ("'x'::character varying", "(1 + 1)")
    assert [one.name for one in found if one.not_null] == ["Id", "a"]
    assert by_name["g"].collation == "other.plain"
    assert [one.name for one in found if one.generated] == ["h"]
    assert [one.name for one in asked(shop, key_columns, "t")] == ["a", "Id"]


WRITTEN = (
    *("INT", "int4", "Integer", "serial", "BIGINT", "int8", "bigserial", "int2", "SmallSerial", "oid"),
    *("FLOAT", "float(24)", "FLOAT( 53 )", "float4", "float8", "Double  Precision", "REAL"),
    *("DECIMAL(10, 2)", "numeric(7)", "DEC", "numeric", "BOOL", "boolean", "BYTEA", "UUID", "JsonB", "money"),
    *("TEXT", "varchar", "VARCHAR(20)", "char varying(3)", "Character Varying (9)", "national character(2)"),
    *("CHAR", "nchar(4)", "character(1)", "bit", "BIT(3)", "varbit(5)", "bit varying", "Varbit"),
    *("timestamptz", "TIMESTAMP", "TIMESTAMPTZ(3)", "timestamp (3) with time zone", "timestamp without time zone"),
    *("TIME", "timetz", "time(0)", "Time With Time Zone", "DATE", "INTERVAL", "interval(3)", "interval day to second"),
    *("INT[]", "varchar(3)[]", "TIMESTAMPTZ[]", "integer[][]", "text[4]", "numeric(4,1)[]", "short", '"Odd type"'),
)


def test_a_type_is_spelled_as_the_database_would(shop):
    """Hazard 44: what a script casts to it would be cut in silence where its name were not known."""
    shop.run("CREATE DOMAIN short AS VARCHAR(3)")
    shop.run('CREATE DOMAIN "Odd type" AS VARCHAR(3)')
    shop.run(f"CREATE TABLE t ({', '.join(f'c{number} {text}' for number, text in enumerate(WRITTEN))})")
    found = asked(shop, columns, "t")

    assert [types.spelled(text) for text in WRITTEN] == [one.type for one in found]


def test_what_may_refuse_a_value_is_known_of_each_column(shop):
    """Hazard 45."""
    shop.run("CREATE TABLE names (name TEXT PRIMARY KEY)")
    shop.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT UNIQUE CHECK (length(old) > 1), new TEXT UNIQUE,"
        " a TEXT CHECK (a IS NOT NULL), b TEXT REFERENCES names, c TEXT, d TEXT)"
    )
    shop.run("ALTER TABLE t ADD CHECK (length(new) > 1) NOT VALID")
    shop.run("CREATE UNIQUE INDEX ON t (lower(c)) WHERE d <> ''")
    shop.run("CREATE INDEX ON t (old, a)")
    found = {one.name: one for one in asked(shop, columns, "t")}

    assert found["old"].guards == found["new"].guards != ()
    assert (found["a"].guards, found["a"].never_null, found["b"].never_null) == ((), True, False)
    assert len(found["b"].guards) == len(found["c"].guards) == len(found["d"].guards) == 1


@pytest.mark.parametrize(
    "ddl", ["CREATE VIEW t AS SELECT 1 AS id", "CREATE MATERIALIZED VIEW t AS SELECT 1 AS id", "CREATE SEQUENCE t"]
)
def test_what_is_no_table_is_refused(shop, ddl):
    shop.run(ddl)

    assert not asked(shop, exists, "t")
    with pytest.raises(ContractctlError, match="only tables can be staged"):
        asked(shop, columns, "t")
    with pytest.raises(ContractctlError, match=r"has no table 'elsewhere\.t'"):
        asked(shop, columns, "elsewhere.t")


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE TABLE t (a TEXT, b TEXT)",
        "CREATE TABLE t (a TEXT UNIQUE, b TEXT NOT NULL)",
        "CREATE TABLE t (a TEXT NOT NULL UNIQUE DEFERRABLE, b TEXT)",
        "CREATE TABLE t (a TEXT NOT NULL, b TEXT); CREATE UNIQUE INDEX ON t (lower(a))",
        "CREATE TABLE t (a TEXT NOT NULL, b TEXT); CREATE UNIQUE INDEX ON t (a) WHERE b IS NULL",
        'CREATE TABLE t (a TEXT NOT NULL, b TEXT); CREATE UNIQUE INDEX ON t (a COLLATE "POSIX")',
        "CREATE TABLE t (a TEXT NOT NULL, b TEXT); CREATE UNIQUE INDEX ON t (a DESC)",
    ],
)
def test_rows_that_nothing_tells_apart_are_refused(shop, ddl):
    """Hazard 23."""
    for statement in ddl.split(";"):
        shop.run(statement)

    with pytest.raises(ContractctlError, match="rows of 't' cannot be identified"):
        asked(shop, key_columns, "t")


DEPENDENTS = {
    "view 'v'": ["CREATE VIEW v AS SELECT upper(x.old) FROM t AS x"],
    "view 'everything'": ["CREATE VIEW everything AS SELECT * FROM t"],
    "materialized view 'm'": ["CREATE MATERIALIZED VIEW m AS SELECT id FROM t WHERE old > ''"],
    "index 'i'": ["CREATE INDEX i ON t (id, old)"],
    "index 'partial'": ["CREATE INDEX partial ON t (id) WHERE old > 'a'"],
    "constraint 't_old_key'": ["ALTER TABLE t ADD UNIQUE (old)"],
    "constraint 'long'": ["ALTER TABLE t ADD CONSTRAINT long CHECK (length(old) > id)"],
    "foreign key 't_old_fkey'": ["ALTER TABLE t ADD FOREIGN KEY (old) REFERENCES other"],
    "generated column 'loud'": ["ALTER TABLE t ADD loud TEXT GENERATED ALWAYS AS (upper(old)) STORED"],
    "policy 'own'": ["CREATE POLICY own ON t USING (old = current_user)"],
    "publication 'p'": ["CREATE PUBLICATION p FOR TABLE t (id, old)"],
    "publication 'filtered'": [
        "ALTER TABLE t REPLICA IDENTITY FULL",
        "CREATE PUBLICATION filtered FOR TABLE t WHERE (old > '')",
    ],
    "statistics 's'": ["CREATE STATISTICS s ON id, old FROM t"],
    "function 'f'": ["CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT old FROM t LIMIT 1; END"],
    "trigger 'on_old'": ["CREATE TRIGGER on_old AFTER UPDATE OF old ON t FOR EACH ROW EXECUTE FUNCTION nothing()"],
    "trigger 'when_old'": [
        "CREATE TRIGGER when_old AFTER UPDATE ON t FOR EACH ROW WHEN (NEW.old > '') EXECUTE FUNCTION nothing()"
    ],
    "trigger 'reads'": [
        "CREATE FUNCTION reads() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.new := New . \"old\"; RETURN NEW; END'",
        "CREATE TRIGGER reads BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION reads()",
    ],
    "a rule of table 't'": ["CREATE RULE logged AS ON DELETE TO t DO ALSO INSERT INTO other VALUES (OLD.old)"],
}


@pytest.mark.parametrize(("name", "ddl"), DEPENDENTS.items())
def test_what_hangs_on_a_column_is_named(shop, name, ddl):
    """Hazard 34."""
    shop.run(T)
    shop.run("CREATE TABLE other (name TEXT PRIMARY KEY)")
    shop.run("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    for statement in ddl:
        shop.run(statement)

    assert asked(shop, database.dependents, "t", "old") == (name,)


def test_a_foreign_key_of_another_table_hangs_on_the_column(shop):
    """Hazard 34, 40."""
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT UNIQUE, new TEXT)")
    shop.run("CREATE TABLE child (name TEXT REFERENCES t (old))")

    assert "foreign key 'child_name_fkey' of table 'child'" in asked(shop, database.dependents, "t", "old")


@pytest.mark.parametrize("way", ["SERIAL", "INTEGER GENERATED BY DEFAULT AS IDENTITY"])
def test_a_sequence_that_the_column_owns_is_named(shop, way):
    """Hazard 41: it would go with the column, and whoever else draws from it would stand there without."""
    shop.run(f"CREATE TABLE t (id INTEGER PRIMARY KEY, old {way}, new INTEGER)")

    assert asked(shop, database.dependents, "t", "old") == ("sequence 't_old_seq'",)


def test_what_hangs_on_a_partition_alone_is_named_once(shop):
    """Hazard 34, 36."""
    shop.run("CREATE TABLE t (id INTEGER, old TEXT, new TEXT, PRIMARY KEY (id)) PARTITION BY RANGE (id)")
    shop.run("CREATE TABLE low PARTITION OF t FOR VALUES FROM (1) TO (10)")
    shop.run("CREATE TABLE high PARTITION OF t FOR VALUES FROM (10) TO (20)")
    shop.run("CREATE INDEX everywhere ON t (old)")
    shop.run("CREATE INDEX only_low ON low (old)")
    shop.run("CREATE VIEW of_high AS SELECT old FROM high")

    assert asked(shop, database.dependents, "t", "old") == ("index 'everywhere'", "index 'only_low'", "view 'of_high'")


def test_what_only_mentions_the_name_does_not_hang_on_the_column(shop):
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT DEFAULT 'old' NOT NULL, new TEXT)")
    shop.run("CREATE TABLE other (old TEXT)")
    shop.run("CREATE VIEW v AS SELECT old, 'old' FROM other")
    shop.run("CREATE VIEW w AS SELECT id, new AS old FROM t")
    shop.run("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.older := NULL; RETURN OLD; END'")
    shop.run("CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()")
    with shop.engine.begin() as connection:
        sync = synchronisation(connection, "plan", "t", (Pair({"old": "new"}, {"new": "old"}),))
    shop.table("", Pair({"old": "new"}, {"new": "old"}))

    assert sync.table == "t"
    assert asked(shop, database.dependents, "t", "old") == ()


@pytest.mark.parametrize(
    ("ddl", "what"),
    [
        ("CREATE TABLE t (old TEXT PRIMARY KEY, new TEXT)", "primary key"),
        ("CREATE TABLE t (id INTEGER, old TEXT, PRIMARY KEY (id, old))", "primary key"),
        ("CREATE TABLE t (id INTEGER, old TEXT GENERATED ALWAYS AS (id + 1) STORED)", "generated column"),
        ("CREATE TABLE t (id INTEGER, old TEXT) PARTITION BY LIST (old)", "partition key"),
        ("CREATE TABLE t (id INTEGER, old TEXT) PARTITION BY LIST (lower(old))", "partition key"),
        ("CREATE TABLE t (id INTEGER, old UUID DEFAULT gen_random_uuid())", "differs each time"),
        ("CREATE TABLE t (id INTEGER, old FLOAT8 DEFAULT random())", "differs each time"),
    ],
)
def test_a_column_that_cannot_go_is_refused_with_the_reason(shop, ddl, what):
    """Hazard 5, 10, 36: a default that is another each time cannot be told from a value that was given."""
    shop.run(ddl.replace("(id + 1)", "((id + 1)::text)"))

    assert any(what in reason for reason in asked(shop, database.obstacles, "t", "old"))


def test_an_ordinary_column_can_go(shop):
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TIMESTAMPTZ DEFAULT now())")

    assert asked(shop, database.obstacles, "t", "old") == ()


LATE = "CREATE TRIGGER {} BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION nothing()"


@pytest.mark.parametrize(
    ("ddl", "what"),
    [
        ([LATE.format('"~~last"')], "trigger '~~last' of 't' would change rows after contractctl's"),
        ([LATE.format('"ärger"')], "trigger 'ärger'"),
        (["CREATE TABLE child () INHERITS (t)"], "other tables inherit from 't'"),
        (["ALTER TABLE t RENAME TO p", "CREATE TABLE t () INHERITS (p)"], "'t' inherits from 'p'"),
    ],
)
def test_what_keeps_triggers_from_their_work_is_said(shop, ddl, what):
    """Hazard 8, 36."""
    shop.run(T)
    shop.run("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    shop.run(LATE.format("zzz"))
    assert asked(shop, database.hindrances, "t") == ()
    for statement in ddl:
        shop.run(statement)
    found = asked(shop, database.hindrances, "t")

    assert len(found) == 1
    assert what in found[0]


def test_a_single_partition_is_not_staged(shop):
    """Hazard 36."""
    shop.run("CREATE TABLE p (id INTEGER PRIMARY KEY, old TEXT) PARTITION BY RANGE (id)")
    shop.run("CREATE TABLE t PARTITION OF p DEFAULT")

    assert asked(shop, database.hindrances, "t") == ("'t' is a partition of 'p': stage that table",)
    assert asked(shop, database.hindrances, "p") == ()


def test_a_user_without_the_rights_is_told_so_before_anything_is_done(shop, role, connect_as):
    """Hazard 27."""
    shop.run(T)
    shop.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    shop.run(f"GRANT ALL ON t TO {role}")
    url = make_url(shop.url).set(username=role).render_as_string(hide_password=False)
    engine = database.create_engine(url)
    with engine.connect() as connection:
        found = database.hindrances(connection, "t")
    shop.run(f"ALTER TABLE t OWNER TO {role}")
    with engine.connect() as connection:
        owner = database.hindrances(connection, "t")
    shop.run("ALTER TABLE t FORCE ROW LEVEL SECURITY")
    with engine.connect() as connection:
        forced = database.hindrances(connection, "t")
    engine.dispose()

    assert ["is not owned by the user" in one or "row-level security hides" in one for one in found] == [True, True]
    assert owner == ()
    assert len(forced) == 1
    assert "row-level security hides rows of 't'" in forced[0]


def test_nothing_is_said_of_an_expression_where_nobody_can_be_asked(shop, role):
    name = make_url(shop.url).database
    known = columns_of(shop, "text")
    shop.run(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    engine = database.create_engine(make_url(shop.url).set(username=role).render_as_string(hide_password=False))
    try:
        with engine.begin() as connection:
            assert database.refusal(connection, "probed", "upper(old)", known) is None
    finally:
        engine.dispose()
        shop.run(f"GRANT TEMPORARY ON DATABASE {name} TO PUBLIC")


def columns_of(shop, *types):
    """old, a, b, … of these types."""
    names = ("old", "a", "b")
    written = ", ".join(f"{name} {type_}" for name, type_ in zip(names, types, strict=False))
    shop.run("DROP TABLE IF EXISTS probed")
    shop.run(f"CREATE TABLE probed ({written})")
    return asked(shop, columns, "probed")


@pytest.mark.parametrize(
    ("types", "expression"),
    [
        (("text",), "upper(old)"),
        (("text",), "old::integer"),
        (("text",), "old::date"),
        (("text",), "to_date(old, 'DD.MM.YYYY')"),
        (("text",), "old::timestamp"),
        (("text",), "old::json ->> 'name'"),
        (("text",), "(old::jsonb -> 'a')::text"),
        (("text", "integer"), "concat(old, ' ', a)"),
        (("text", "integer"), "old || a"),
        (("text", "integer"), "format('%s-%s', old, a)"),
        (("numeric",), "to_char(old, 'FM990.00')"),
        (("numeric(6,2)",), "(old * 100)::bigint"),
        (("timestamp",), "old AT TIME ZONE 'UTC'"),
        (("timestamptz",), "old AT TIME ZONE 'Europe/Berlin'"),
        (("timestamptz",), "(old AT TIME ZONE 'UTC')::text"),
        (("timestamptz",), "date_trunc('day', old AT TIME ZONE 'UTC')"),
        (("timestamptz",), "to_char(old AT TIME ZONE 'UTC', 'YYYY')"),
        (("timestamptz",), "extract(epoch FROM old AT TIME ZONE 'UTC')"),
        (("bigint",), "to_timestamp(old)"),
        (("text[]",), "array_to_string(old, ',')"),
        (("text",), "CASE WHEN old ~ '^[0-9]+$' THEN old::integer END"),
        (("uuid",), "old::text"),
        (("text",), "kept(old)"),
        (("jsonb",), "old ? 'name'"),
    ],
)
def test_an_expression_over_the_row_will_do(shop, types, expression):
    shop.run("CREATE FUNCTION kept(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(t)'")
    known = columns_of(shop, *types)

    database.check(expression, [one.name for one in known], "up of 't.new'")
    assert asked(shop, database.refusal, "probed", expression, known) is None
    assert shop.rows("SELECT count(*) FROM pg_class WHERE relname = 'contractctl_probe'") == [(0,)]


def test_a_generated_column_is_no_value_to_compute_another_from(shop):
    """Hazard 10: while the row is made it is NULL."""
    known = columns_of(shop, "text", "text GENERATED ALWAYS AS (upper(old)) STORED")

    refused = asked(shop, database.refusal, "probed", "coalesce(a, 'x')", known)
    assert refused is not None
    assert "names 'a', which is generated" in refused


@pytest.mark.parametrize(
    ("types", "expression"),
    [
        (("timestamp",), "old::timestamptz"),
        (("date",), "old::timestamptz"),
        (("timestamptz",), "old::timestamp"),
        (("timestamptz",), "old::date"),
        (("timestamptz",), "old::text"),
        (("timestamptz",), "(old + interval '1 day') AT TIME ZONE 'UTC'"),
        (("timestamptz",), "to_char(old, 'YYYY-MM-DD')"),
        (("timestamptz",), "date_trunc('day', old)"),
        (("timestamptz",), "extract(hour FROM old)"),
        (("text",), "old::timestamptz"),
        (("timestamptz", "timestamptz"), "greatest(old, a)::text"),
        (("timestamptz[]",), "old[1]::text"),
        (("text",), "to_timestamp(old, 'YYYY-MM-DD')"),
        (("timestamptz", "date"), "CASE WHEN old > a THEN 1 END"),
    ],
)
def test_a_conversion_that_hangs_on_the_sessions_zone_is_refused(shop, types, expression):
    """Hazard 42."""
    known = columns_of(shop, *types)

    refused = asked(shop, database.refusal, "probed", expression, known)
    assert refused is not None
    assert "time zone" in refused


@pytest.mark.parametrize(
    "volatile",
    [
        "random()::text",
        "old || gen_random_uuid()",
        "coalesce(old, CURRENT_TIMESTAMP::text)",
        "now()::text",
        "pg_catalog.clock_timestamp()::text",
        "nextval('numbers')::text",
        "old || CURRENT_USER",
        "current_setting('x')",
        "localtimestamp::text",
    ],
)
def test_an_expression_that_changes_by_itself_is_refused(shop, volatile):
    """Hazard 7: without a server, and by it."""
    shop.run("CREATE SEQUENCE numbers")
    known = columns_of(shop, "text")

    with pytest.raises(ContractctlError, match="does not always give the same value"):
        database.check(volatile, ("old",), "up of 't.new'")
    assert asked(shop, database.refusal, "probed", volatile, known) is not None


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("rolled(old)", "rolled(text) is VOLATILE"),
        ("looked_up(old)", "looked_up(text) is STABLE"),
        ("pg_relation_size('probed')", "pg_relation_size"),
        ("age(old::timestamp)", "STABLE"),
        ("old::regproc::text", "looks a name up"),
        ("count(old)", "an aggregate"),
        ("row_number() OVER ()", "a window function"),
        ("unnest(string_to_array(old, ','))", "returns a set"),
        ("nofunction(old)", "cannot be computed here"),
        ("other", "cannot be computed here"),
        ("old::nosuchtype", "cannot be computed here"),
    ],
)
def test_what_the_server_knows_to_be_no_value_of_the_row_is_refused(shop, expression, why):
    """Hazard 7."""
    shop.run("CREATE FUNCTION rolled(t text) RETURNS text LANGUAGE sql AS 'SELECT t || random()'")
    shop.run("CREATE FUNCTION looked_up(t text) RETURNS text LANGUAGE sql STABLE AS 'SELECT t'")
    known = columns_of(shop, "text")

    refused = asked(shop, database.refusal, "probed", expression, known)
    assert refused is not None
    assert why in refused


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "old; DROP TABLE t",
        "(SELECT 1)",
        "old -- and more",
        "old /* and /* more */ */",
        '"other"',
        "$1",
        "old)",
        "(old",
        'old::text COLLATE "C" || \'x',
        "E'\\'",
        "$x$ not closed",
        '"old',
    ],
)
def test_a_text_that_is_no_expression_is_refused_without_a_server(wrong):
    with pytest.raises(ContractctlError, match=r"up of 't\.new'"):
        database.check(wrong, ("old",), "up of 't.new'")


@pytest.mark.parametrize(
    "fine",
    [
        "old",
        '"old"',
        "upper(OLD)",
        "old || ';'",
        "E'it\\'s; ' || old",
        "$$;--$$ || old",
        "$q$ $$ select $q$ || old",
        "old ->> 'select'",
        "pg_catalog.upper(old)",
        '"my schema"."my function"(old)',
        "CAST(old AS DATE)",
        "old[1:2]",
        "U&'\\0041' || old",
        'old COLLATE "de_DE"',
        "CASE WHEN old IS NULL THEN 'values' ELSE old END",
        "1.5e-3 + .5 + 1_000",
    ],
)
def test_a_text_that_reads_like_an_expression_is_accepted(fine):
    database.check(fine, ("old",), "up of 't.new'")


@pytest.mark.parametrize(
    "sql",
    [
        "a/*b/*c*/d*/e--f\ng",
        "E'\\'' 'it''s' \"q\"\"uote\" U&\"d\\0061t\" $a$ $b$ $a$ B'01' x'ff' $12 a.b::c[1] ->> @> ü✓",
        "'open",
        "/* open",
    ],
)
def test_tokens_joined_are_the_text_again(sql):
    assert "".join(token.text for token in tokens.tokens(sql)) == sql


def test_a_word_names_what_the_server_takes_it_for():
    named = [token.name for token in tokens.spoken('OldName "OldName" "a""b" Ü')]

    assert named == ["oldname", "OldName", 'a"b', "Ü"]
