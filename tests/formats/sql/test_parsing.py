"""Does a text become the tables that the database would make of it?"""

import pytest

from contractctl.errors import ContractctlError
from contractctl.formats import sql
from contractctl.formats.sql.schema import Family, Schema
from contractctl.model.contract import File, Policy, Source


def read(text: str, dialect: str | None = None) -> Schema:
    return sql.parse(Source((File("shop.sql", text),)), Policy(dialect))


def same_type(one: str, other: str, dialect: str) -> bool:
    tables = [read(f"CREATE TABLE t (a {spelling})", dialect).tables["t"] for spelling in (one, other)]
    return tables[0].columns[0].type == tables[1].columns[0].type


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("int", "INTEGER"),
        ("int4", "integer"),
        ("int8", "bigint"),
        ("decimal(10, 2)", "numeric(10,2)"),
        ("varchar(9)", "character varying(9)"),
        ("timestamptz", "timestamp with time zone"),
        ("timestamp", "timestamp without time zone"),
        ("float8", "double precision"),
        ("bool", "boolean"),
        ("pg_catalog.int4", "int"),
    ],
)
def test_spellings_of_one_type_in_postgresql_are_one_type(one: str, other: str) -> None:
    assert same_type(one, other, "postgresql")


def test_a_byte_order_mark_is_no_part_of_a_statement() -> None:
    table = read("\ufeffCREATE TABLE t (a int)").tables["t"]

    assert [column.name for column in table.columns] == ["a"]


def test_whoever_changes_a_table_is_read_after_who_makes_it() -> None:
    texts = {
        "keys.sql": "ALTER TABLE t ADD COLUMN b int;",
        "tables.sql": "CREATE TABLE IF NOT EXISTS public.t (a int);",
    }
    found = sql.parse(Source(tuple(File(name, text) for name, text in texts.items())), Policy("postgresql"))

    assert [column.name for column in found.tables["t"].columns] == ["a", "b"]


@pytest.mark.parametrize(("one", "other"), [("int(11)", "int"), ("bool", "tinyint(1)"), ("dec(5,1)", "decimal(5,1)")])
def test_display_widths_and_aliases_mean_nothing_in_mysql(one: str, other: str) -> None:
    first, second = (read(f"CREATE TABLE t (a {each})", "mysql").tables["t"].columns[0].type for each in (one, other))

    assert (first.family, first.size, first.scale) == (second.family, second.size, second.scale)


def test_sqlite_says_itself_what_type_a_column_has() -> None:
    table = read("CREATE TABLE t (a VARCHAR(9), b STRING, c, d DOUBLE, e BOOLEAN, f BIGINT)", "sqlite").tables["t"]

    assert [c.type.affinity for c in table.columns] == ["TEXT", "NUMERIC", "BLOB", "REAL", "NUMERIC", "INTEGER"]


def test_a_type_that_strict_tables_do_not_have_is_read_beside_a_statement_that_is_not() -> None:
    trigger = "CREATE TRIGGER c AFTER INSERT ON t BEGIN DELETE FROM t; END;"

    schema = sql.parse(Source((File("shop.sql", f"CREATE TABLE t (a DATE) STRICT; {trigger}"),)), Policy("sqlite"))

    assert schema.tables["t"].columns[0].type.text == "DATE"
    assert len(schema.unread) == 1


def test_a_text_that_sqlite_refuses_is_refused_with_its_line() -> None:
    with pytest.raises(ContractctlError, match=r"shop\.sql:2: SQLite refuses this statement: .*AUTOINCREMENT"):
        read("\nCREATE TABLE t (a TEXT PRIMARY KEY AUTOINCREMENT)", "sqlite")


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB", "mysql"),
        ("CREATE TABLE `t` (id INT)", "mysql"),
        ("CREATE TABLE t (e ENUM('a'))", "mysql"),
        ("CREATE TABLE t (id bigserial)", "postgresql"),
        ("CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (e m)", "postgresql"),
        ("CREATE TABLE t (a text DEFAULT 'x'::text)", "postgresql"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "sqlite"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT", "sqlite"),
    ],
)
def test_a_text_gives_its_dialect_away(text: str, dialect: str) -> None:
    schema = read(text)

    assert (schema.dialect, schema.certain) == (dialect, True)


def test_words_in_comments_and_strings_give_no_dialect_away() -> None:
    schema = read("-- ENGINE=InnoDB\nCREATE TABLE t (a text DEFAULT 'AUTO_INCREMENT ::')")

    assert (schema.dialect, schema.certain) == ("postgresql", False)


def test_postgresql_folds_names_unless_they_are_quoted() -> None:
    table = read('CREATE TABLE public.Orders (Id int, "Name" text)', "postgresql").tables["orders"]

    assert [(c.name, c.written) for c in table.columns] == [("id", "Id"), ("Name", "Name")]


@pytest.mark.parametrize("dialect", ["mysql", "sqlite"])
def test_mysql_and_sqlite_compare_columns_without_case(dialect: str) -> None:
    assert read("CREATE TABLE t (CustomerName TEXT)", dialect).tables["t"].column("customername") is not None


def test_a_dump_of_postgresql_is_read_whole() -> None:
    schema = read(
        """
        SET statement_timeout = 0;
        SELECT pg_catalog.set_config('search_path', '', false);
        CREATE TYPE public.mood AS ENUM ('sad', 'happy');
        CREATE TABLE public.orders (
            id integer NOT NULL,
            state public.mood DEFAULT 'sad'::public.mood,
            code character varying(5),
            CONSTRAINT short CHECK (
                ((code)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))
            )
        );
        ALTER TABLE public.orders OWNER TO shop;
        ALTER TABLE public.orders ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
            SEQUENCE NAME public.orders_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1
        );
        ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
        CREATE UNIQUE INDEX by_code ON public.orders USING btree (code);
        COMMENT ON TABLE public.orders IS 'what was ordered';
        """
    )
    table = schema.tables["orders"]

    assert schema.unread == ()
    assert table.primary_key == ("id",)
    assert table.column("id").counted
    assert table.column("state").type.symbols == ("sad", "happy")
    assert [check.condition.text for check in table.checks] == ["code IN ('a', 'b')"]
    assert [unique.columns for unique in table.uniques] == [("id",), ("code",)]


def test_columns_that_a_later_migration_adds_or_redefines_have_the_tables_collation() -> None:
    """As Prisma writes every table, and MariaDB makes of it."""
    table = read(
        "CREATE TABLE `Post` (id INT, title VARCHAR(255))"
        " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n"
        "ALTER TABLE `Post` MODIFY `title` VARCHAR(191) NOT NULL, ADD COLUMN `slug` VARCHAR(191);\n"
        "ALTER TABLE `Post` CHANGE `slug` `path` VARCHAR(190), ADD COLUMN `own` VARCHAR(9) COLLATE utf8mb4_bin,"
        " ADD COLUMN `latin` VARCHAR(9) CHARACTER SET latin1;\n",
        "mysql",
    ).tables["Post"]

    assert {column.written: column.collation for column in table.columns} == {
        "id": None,
        "title": "utf8mb4_unicode_ci",
        "path": "utf8mb4_unicode_ci",
        "own": "utf8mb4_bin",
        "latin": None,
    }


def test_a_dump_of_mysql_is_read_whole() -> None:
    schema = read(
        """
        /*!40101 SET NAMES utf8 */;
        DROP TABLE IF EXISTS `orders`;
        CREATE TABLE `orders` (
          `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
          `state` enum('new','paid') NOT NULL DEFAULT 'new' COMMENT 'where it stands',
          `amount` decimal(10,2) DEFAULT '0.00',
          PRIMARY KEY (`id`),
          UNIQUE KEY `by_state` (`state`,`amount`),
          KEY `by_amount` (`amount`)
        ) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4;
        LOCK TABLES `orders` WRITE;
        INSERT INTO `orders` VALUES (1,'new','1.00');
        UNLOCK TABLES;
        """
    )
    table = schema.tables["orders"]

    assert schema.unread == ()
    assert (table.column("id").type.signed, table.column("id").counted) == (False, True)
    assert table.column("state").type.symbols == ("new", "paid")
    assert [unique.columns for unique in table.uniques] == [("id",), ("state", "amount")]
    assert [index.name for index in schema.indexes] == ["by_amount"]


def test_alter_table_is_applied_to_what_stands_before_it() -> None:
    table = read(
        """CREATE TABLE t (id int, a text, gone int);
        ALTER TABLE t ADD COLUMN b int NOT NULL DEFAULT 1;
        ALTER TABLE t DROP COLUMN gone;
        ALTER TABLE t ALTER COLUMN a SET NOT NULL;
        ALTER TABLE t ALTER COLUMN id TYPE bigint;
        ALTER TABLE t RENAME COLUMN a TO name;
        ALTER TABLE t ADD CONSTRAINT named CHECK (name <> '')""",
        "postgresql",
    ).tables["t"]

    assert [(c.name, c.type.text, c.nullable) for c in table.columns] == [
        ("id", "bigint", True),
        ("name", "text", False),
        ("b", "int", False),
    ]
    assert [check.name for check in table.checks] == ["named"]


def test_what_cannot_be_read_is_kept_with_its_line_and_never_dropped() -> None:
    schema = read(
        "CREATE TABLE t (a int);\n\nCREATE TABLE u (a int b c d);\nCREATE RULE r AS ON INSERT TO t DO NOTHING"
    )

    assert list(schema.tables) == ["t"]
    assert [unread.line for unread in schema.unread] == [3, 4]


def test_a_trigger_is_one_statement_whatever_stands_in_it() -> None:
    schema = read(
        "CREATE TABLE t (a int);\nCREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN a THEN 1 END; "
        "SELECT 1; END;\nCREATE TABLE u (b int)",
        "sqlite",
    )

    assert (list(schema.tables), len(schema.unread)) == (["t", "u"], 1)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"shop\.sql:1: there is no CREATE TABLE in this file"),
        ("SELECT 1;", r"shop\.sql:1: there is no CREATE TABLE in this file"),
        ("\n\nCREATE TABLE (", r"shop\.sql:3: no table can be read from this file"),
        ("CREATE TABLE t (a int);\nINSERT INTO t VALUES ('never closed", r"shop\.sql:2: the file cannot be split"),
        ("CREATE TABLE t (a int);\n\0", r"shop\.sql:2: NUL bytes are not allowed in SQL"),
    ],
)
def test_a_text_that_is_no_ddl_ends_in_one_sentence_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(ContractctlError, match=sentence) as error:
        read(text)

    assert error.value.hint


def test_an_unknown_dialect_is_named_with_the_known_ones() -> None:
    with pytest.raises(ContractctlError, match="'oracle' is not an SQL dialect") as error:
        read("CREATE TABLE t (a int)", "oracle")

    assert error.value.hint == "write one of: postgresql, mysql, sqlite"


def test_a_column_is_found_on_its_line_and_a_missing_one_on_its_tables() -> None:
    schema = read("-- shop\nCREATE TABLE t (\n  id int,\n  name text\n)", "postgresql")

    assert sql.locate(schema, ("tables", "t", "columns", "name")) == ("shop.sql", 4, 3)
    assert sql.locate(schema, ("tables", "t", "columns", "gone")) == ("shop.sql", 2, 1)
    assert sql.locate(schema, ("tables", "u")) is None


def test_sqlite_counts_up_only_where_the_key_is_spelt_integer() -> None:
    counted = [
        read(f"CREATE TABLE t (id {kind} PRIMARY KEY) {options}", "sqlite").tables["t"].columns[0].counted
        for kind, options in (("INTEGER", ""), ("INT", ""), ("INTEGER", "WITHOUT ROWID"))
    ]

    assert counted == [True, False, False]


def test_a_view_knows_what_it_gives_out_and_what_it_reads() -> None:
    view = read(
        "CREATE TABLE o (id int, c int); CREATE TABLE c (id int, name text);"
        "CREATE VIEW v AS SELECT o.id, c.name AS customer FROM o JOIN c ON c.id = o.c",
        "postgresql",
    ).views["v"]

    assert view.outputs == ("id", "customer")
    assert view.reads == {("o", "id"), ("o", "c"), ("c", "id"), ("c", "name")}


def test_several_files_are_one_schema() -> None:
    files = (File("a.sql", "CREATE TABLE a (id int)"), File("b.sql", "\nCREATE TABLE b (id int)"))
    schema = sql.parse(Source(files), Policy("postgresql"))

    assert sql.locate(schema, ("tables", "b")) == ("b.sql", 2, 1)


def test_a_partial_or_computed_index_is_no_plain_key() -> None:
    table = read("CREATE TABLE t (a text, b int); CREATE UNIQUE INDEX i ON t (lower(a)) WHERE b > 1", "sqlite").tables[
        "t"
    ]

    assert (table.uniques[0].columns, table.uniques[0].expressions) == ((), ("LOWER(a)",))
    assert table.uniques[0].where is not None


def test_types_that_no_one_knows_are_kept_by_their_name() -> None:
    columns = read("CREATE TABLE t (a inet, b geography, c int[], d jsonb)", "postgresql").tables["t"].columns

    assert {column.type.family for column in columns} == {Family.OTHER}
    assert [column.type.name for column in columns] == ["inet", "geography", "int[]", "jsonb"]
