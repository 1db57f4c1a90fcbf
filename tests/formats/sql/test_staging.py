"""Do two versions of a table stand side by side, and are the steps between them named?"""

from typing import Any

import pytest

from contractctl.errors import ContractctlError
from contractctl.formats import sql
from contractctl.formats.sql.parsing import parse
from contractctl.formats.sql.staging import intermediate, operations
from contractctl.formats.sql.writing import create_table
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation, Transform
from contractctl.planner.touched import touched_by
from contractctl.planner.words import in_words

ORDERS = """CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_name TEXT NOT NULL,
  amount INTEGER NOT NULL DEFAULT 0,
  note TEXT
);
CREATE INDEX by_note ON orders (note);
"""


def source(text: str) -> Source:
    return Source((File("orders.sql", text),))


def steps(old: str, new: str, dialect: str = "sqlite", **given: Any) -> tuple[Operation, ...]:
    return operations(source(old), source(new), Declared(**given), "orders/orders", Policy(dialect))


def found_at_the_ends(old: str, new: str, dialect: str = "sqlite", **given: Any) -> list[list[str]]:
    """The rules that clients of the old and of the new version break against the staged one."""
    made = intermediate(source(old), source(new), Declared(**given), Policy(dialect))
    text = made.files[0].text
    between = parse(source(text), Policy(dialect))
    clients = (parse(source(each), Policy(dialect)) for each in (old, new))
    return [[getattr(found, "rule", "?") for found in sql.incompatibilities(client, between)] for client in clients]


def test_a_rename_is_one_operation_with_both_ways() -> None:
    new = ORDERS.replace("customer_name", "full_name")

    assert steps(ORDERS, new, renames={"customer_name": "full_name"}) == (
        Operation(
            kind="rename-column",
            contract="orders/orders",
            subject="orders",
            old="customer_name",
            new="full_name",
            transform=Transform('"customer_name"', '"full_name"'),
            parameters={
                "type": "TEXT",
                "not_null": "yes",
                "old_type": "TEXT",
                "old_not_null": "yes",
                "key": "id INTEGER",
            },
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "given"),
    [
        (ORDERS, ORDERS.replace("customer_name", "full_name"), {"renames": {"customer_name": "full_name"}}),
        (ORDERS, ORDERS.replace("amount", "cents"), {"renames": {"orders.amount": "cents"}}),
        (ORDERS, ORDERS.replace(",\n  note TEXT", ",\n  note TEXT,\n  state TEXT DEFAULT 'new'"), {}),
        (ORDERS, ORDERS.replace(",\n  note TEXT", ",\n  note TEXT,\n  n INT NOT NULL"), {"fills": {"n": "0"}}),
        (ORDERS, ORDERS.replace("  amount INTEGER NOT NULL DEFAULT 0,\n", ""), {}),
        (ORDERS, ORDERS.replace("  customer_name TEXT NOT NULL,\n", ""), {"fills": {"customer_name": "''"}}),
        (ORDERS, ORDERS.replace("note TEXT", "note TEXT NOT NULL"), {"fills": {"note": "''"}}),
        (ORDERS, ORDERS.replace("note TEXT", "note TEXT NOT NULL DEFAULT ''"), {}),
    ],
    ids=["rename", "rename-default", "add", "add-filled", "drop", "drop-filled", "not-null", "not-null-default"],
)
def test_the_staged_version_serves_clients_of_both_ends(old: str, new: str, given: dict[str, dict[str, str]]) -> None:
    assert found_at_the_ends(old, new, **given) == [[], []]


def test_an_index_of_mariadb_keeps_its_comment() -> None:
    """It was no statement that the staged version could be read from, so that there was none."""
    said = "CREATE TABLE orders (id INT PRIMARY KEY, note TEXT, INDEX by_note (note(9)) COMMENT 'for the search');\n"
    new = said.replace("note TEXT", "remark TEXT").replace("(note(", "(remark(")

    made = intermediate(source(said), source(new), Declared(renames={"note": "remark"}), Policy("mysql"))
    comes = next(one for one in steps(said, new, "mysql", renames={"note": "remark"}) if one.kind == "create-index")

    assert parse(made, Policy("mysql")).unread == ()
    assert comes.parameters["rest"] == "COMMENT 'for the search'"


def test_a_type_waits_beside_under_a_name_of_its_own() -> None:
    new = ORDERS.replace("amount INTEGER", "amount TEXT")
    (operation,) = steps(ORDERS, new)

    assert (operation.kind, operation.parameters["via"]) == ("change-type", "amount__new")
    assert operation.parameters["breaks"] == "yes"
    assert operation.transform == Transform('CAST("amount" AS TEXT)', 'CAST("amount__new" AS INTEGER)')
    assert found_at_the_ends(ORDERS, new) == [[], ["sql-type-changed"]]


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ("int", "bigint", False),
        ("varchar(9)", "text", False),
        ("text", "varchar(9)", True),
        ("timestamp", "timestamptz", True),
        ("hstore", "ltree", True),
    ],
)
def test_a_type_that_old_statements_do_not_bear_is_told_from_one_that_they_do(
    before: str, after: str, breaks: bool
) -> None:
    old, new = (f"CREATE TABLE t (id int PRIMARY KEY, x {type_})" for type_ in (before, after))
    (operation,) = steps(old, new, "postgresql", ups={"t.x": "x"}, downs={"t.x": "x__new"})

    assert ("breaks" in operation.parameters) is breaks


def test_a_new_name_with_a_new_type_needs_no_column_beside() -> None:
    new = ORDERS.replace("amount INTEGER", "total TEXT")
    (operation,) = steps(ORDERS, new, renames={"amount": "total"})

    assert (operation.kind, operation.old, operation.new) == ("change-type", "amount", "total")
    assert "via" not in operation.parameters
    assert found_at_the_ends(ORDERS, new, renames={"amount": "total"}) == [[], []]


def test_a_column_that_goes_without_a_fill_is_read_as_null_by_old_clients() -> None:
    new = ORDERS.replace("  customer_name TEXT NOT NULL,\n", "")

    assert found_at_the_ends(ORDERS, new) == [["sql-null-unexpected"], []]


def staged(old: str, new: str) -> str:
    declared = Declared(renames={"customer_name": "full_name"})
    made = intermediate(source(old), source(new), declared, Policy("sqlite"))
    return made.files[0].text


def test_a_space_or_a_quote_may_stand_in_the_names_of_what_is_staged() -> None:
    old = 'CREATE TABLE "Order Lines" (id INTEGER PRIMARY KEY, "its customer" TEXT NOT NULL);'
    new = old.replace("its customer", "buyer's name")
    declared = Declared(renames={"its customer": "buyer's name"})
    between = intermediate(source(old), source(new), declared, Policy("sqlite"))

    table = next(iter(sql.parse(between, Policy("sqlite")).tables.values()))
    assert [column.name for column in table.columns if column.filled] == ["its customer", "buyer's name"]


def test_the_staged_version_is_text_that_people_can_read() -> None:
    new = ORDERS.replace("customer_name", "full_name")

    assert staged(ORDERS, new) == (
        "-- contractctl: triggers fill orders.customer_name, nobody reads NULL from it\n"
        "-- contractctl: triggers fill orders.full_name, nobody reads NULL from it\n"
        "CREATE TABLE orders (\n"
        "  id INTEGER PRIMARY KEY,\n"
        "  customer_name TEXT,\n"
        "  amount INTEGER NOT NULL DEFAULT 0,\n"
        "  note TEXT,\n"
        "  full_name TEXT\n"
        ");\n"
        "CREATE INDEX by_note ON orders(note);\n"
    )


def test_tables_that_do_not_change_stay_as_they_were_written() -> None:
    other = "CREATE TABLE  other (id int) /* as it is */;\n"
    new = ORDERS.replace("customer_name", "full_name")

    assert other.strip("\n") not in staged(ORDERS, new)
    assert "CREATE TABLE  other (id int)" in staged(other + ORDERS, other + new)


@pytest.mark.parametrize(
    ("dialect", "table"),
    [
        (
            "postgresql",
            'CREATE TABLE orders (id bigserial PRIMARY KEY, "Name" varchar(9) NOT NULL, at timestamptz DEFAULT now())',
        ),
        ("postgresql", "CREATE TABLE shop.orders (id int, name text, c int CHECK (c > 0), UNIQUE (id, c))"),
        (
            "mysql",
            "CREATE TABLE orders (id int unsigned AUTO_INCREMENT PRIMARY KEY, e enum('A','b'), KEY k (e))",
        ),
        ("sqlite", "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, g INTEGER AS (id * 2) STORED) STRICT"),
        ("sqlite", 'CREATE TABLE "order items" ("group" TEXT PRIMARY KEY, name TEXT DEFAULT (1 + 1)) WITHOUT ROWID'),
        (
            "sqlite",
            "CREATE TABLE o (id INT, name TEXT, FOREIGN KEY (id) REFERENCES o (id) ON DELETE CASCADE, UNIQUE (id))",
        ),
        (
            "postgresql",
            "CREATE TABLE o (n int GENERATED ALWAYS AS IDENTITY (INCREMENT BY 2 MAXVALUE 7 CYCLE) PRIMARY KEY)",
        ),
    ],
)
def test_a_table_written_again_is_the_same_table(dialect: str, table: str) -> None:
    schema = parse(source(table), Policy(dialect))
    (value,) = schema.tables.values()

    within = tuple(index.text for index in schema.indexes)
    assert parse(source(create_table(value, dialect, within)), Policy(dialect)).tables == schema.tables


@pytest.mark.parametrize("key", ["INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY"])
def test_a_table_written_again_gives_numbers_twice_only_where_it_did(key: str) -> None:
    (table,) = parse(source(f"CREATE TABLE orders (id {key})"), Policy("sqlite")).tables.values()

    assert f"id {key}\n" in create_table(table, "sqlite")


@pytest.mark.parametrize(
    ("change", "given", "sentence"),
    [
        (("note TEXT", "note TEXT NOT NULL"), {}, "nothing says what replaces NULL"),
        (("note TEXT", "note TEXT, n INT NOT NULL"), {}, "'n' is NOT NULL, new and without a default"),
        (
            ("id INTEGER PRIMARY", "number INTEGER PRIMARY"),
            {"renames": {"id": "number"}},
            "key of 'orders', and SQLite",
        ),
        (("customer_name TEXT NOT NULL", "name TEXT"), {"renames": {"customer_name": "name"}}, "would read NULL"),
        (
            ("note TEXT", "note TEXT"),
            {"renames": {"gone": "come"}},
            "the rename 'gone=come' does not name a removed column",
        ),
    ],
)
def test_what_cannot_be_staged_is_refused_with_a_way_out(
    change: tuple[str, str], given: dict[str, dict[str, str]], sentence: str
) -> None:
    with pytest.raises(ContractctlError, match=sentence) as error:
        steps(ORDERS, ORDERS.replace(*change), **given)

    assert error.value.hint


COUNTED = (
    "CREATE TABLE orders (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, note VARCHAR(9));"
    "CREATE TABLE items (n INT PRIMARY KEY, `of` INT UNSIGNED,"
    " CONSTRAINT of_order FOREIGN KEY (`of`) REFERENCES orders (id))"
)
RENAMED = COUNTED.replace("(id INT", "(`order` INT").replace("(id)", "(`order`)")


@pytest.mark.parametrize(
    ("new", "names", "reason", "way"),
    [
        (
            COUNTED.replace("(id INT", "(id BIGINT"),
            {},
            "the foreign key 'of_order' of 'items' (of) stays with the old table",
            "the first without the foreign key; the second with the new types, of what refers to 'id', too",
        ),
        (
            RENAMED.replace("INT UNSIGNED", "BIGINT UNSIGNED"),
            {"orders.id": "order"},
            "'order' is an AUTO_INCREMENT column: a MariaDB table has only one",
            "change its type now, and its name in a later version",
        ),
        (
            COUNTED.replace("INT UNSIGNED", "INT"),
            {},
            "that is possible for types of whole numbers that hold all of int unsigned, and more",
            "'of_order' of 'items' (of), and create it again once its column has the same type; then release",
        ),
        (
            COUNTED.replace("INT UNSIGNED", "MEDIUMINT UNSIGNED"),
            {},
            "only a copy of 'orders' can change its type",
            "MODIFY COLUMN id MEDIUMINT UNSIGNED NOT NULL AUTO_INCREMENT, ALGORITHM=COPY, LOCK=SHARED",
        ),
        (
            RENAMED,
            {"orders.id": "order"},
            "'id' of 'orders' is an AUTO_INCREMENT column: no MariaDB trigger knows the number of a row",
            "ALTER TABLE orders RENAME COLUMN id TO `order`, ALGORITHM=INSTANT, LOCK=NONE",
        ),
    ],
)
def test_what_mariadb_counts_keeps_its_type_and_its_name_and_the_way_out_is_told(
    new: str, names: dict[str, str], reason: str, way: str
) -> None:
    with pytest.raises(ContractctlError) as error:
        steps(COUNTED, new, "mysql", renames=names)

    assert reason in error.value.message
    assert way in str(error.value.hint)


WIDENED = "CREATE TABLE orders (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, note VARCHAR(9))"
SHARDED = "CREATE TABLE orders (shard INT, id INT AUTO_INCREMENT, note VARCHAR(9), PRIMARY KEY (shard, id), KEY (id))"


@pytest.mark.parametrize(
    ("old", "type_", "said"),
    [
        (WIDENED, "BIGINT UNSIGNED", {"old_type": "INT UNSIGNED", "least": "0", "most": str(2**32 - 1)}),
        (WIDENED, "BIGINT", {"old_type": "INT UNSIGNED", "least": "0", "most": str(2**32 - 1)}),
        (SHARDED, "BIGINT", {"old_type": "INT", "least": str(-(2**31)), "most": str(2**31 - 1)}),
    ],
)
def test_what_mariadb_counts_gets_a_wider_type_by_a_copy(old: str, type_: str, said: dict[str, str]) -> None:
    new = old.replace(" id INT UNSIGNED" if "UNSIGNED" in old else " id INT", f" id {type_}").replace(
        "(id INT UNSIGNED", f"(id {type_}"
    )
    (step,) = steps(old, new, "mysql")

    assert (step.kind, step.subject, step.old, step.new) == ("copy-table", "orders", "id", "id")
    assert said.items() <= step.parameters.items()
    assert step.parameters["type"] == type_


def test_what_refers_to_it_goes_over_to_the_copy_where_its_own_column_is_widened_as_well() -> None:
    wider = COUNTED.replace("INT UNSIGNED", "BIGINT UNSIGNED")
    gone, copied, retyped, come = steps(COUNTED, wider, "mysql")

    assert (gone.kind, gone.old, retyped.kind, retyped.subject) == (
        "drop-foreign-key",
        "of_order",
        "change-type",
        "items",
    )
    assert (copied.kind, copied.parameters["referring"]) == ("copy-table", "items")
    assert (come.kind, come.new) == ("add-foreign-key", "of_order__new")
    refers = {"columns": "of", "via": "of__new", "references": "orders", "referred": "id"}
    assert come.parameters == refers | {"stands": "quiesce", "becomes": "of_order", "along": "of_order"}
    staged = intermediate(source(COUNTED), source(wider), Declared(), Policy("mysql"))
    assert staged.files[0].text.count("FOREIGN KEY") == 1


ITSELF = "CREATE TABLE orders (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, after INT UNSIGNED REFERENCES orders (id))"


@pytest.mark.parametrize("rule", ["", " ON DELETE RESTRICT", " ON DELETE NO ACTION ON UPDATE CASCADE"])
def test_what_refers_to_it_in_its_own_table_goes_over_to_the_copy_where_it_is_widened_as_well(rule: str) -> None:
    old = ITSELF.replace("(id))", f"(id){rule})")
    wider = old.replace("INT UNSIGNED", "BIGINT UNSIGNED")
    (copied,) = steps(old, wider, "mysql")

    assert (copied.kind, copied.old, copied.new) == ("copy-table", "id", "id")
    assert (copied.parameters["type"], copied.parameters["within"]) == ("BIGINT UNSIGNED", "after")
    assert touched_by(copied) == (("orders", "after"), ("orders", "id"))
    assert in_words(copied) == "copy-table orders: id, after"
    staged = intermediate(source(old), source(wider), Declared(), Policy("mysql"))
    assert staged.files[0].text.count("BIGINT") == 0
    with pytest.raises(ContractctlError, match="'after' gets its type by a copy of 'orders'"):
        steps(old, wider, "mysql", ups={"after": "after + 1"})


FOLLOWING = COUNTED.replace("orders (id))", "orders (id) ON UPDATE CASCADE)")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("ON DELETE RESTRICT ON UPDATE CASCADE", ("updated",)),
        ("ON DELETE CASCADE ON UPDATE CASCADE", ("updated",)),
        ("ON DELETE SET NULL", ("emptied",)),
        ("ON DELETE SET NULL ON UPDATE CASCADE", ("updated", "emptied")),
    ],
)
def test_what_a_key_changes_triggers_of_the_table_that_it_refers_to_see_to(rule: str, words: tuple[str, ...]) -> None:
    """As Prisma and Sequelize write every key."""
    old = FOLLOWING.replace("ON UPDATE CASCADE", rule)
    _, copied, retyped, come = steps(old, old.replace("INT UNSIGNED", "BIGINT UNSIGNED"), "mysql")

    told = {"updated": "ON UPDATE CASCADE", "emptied": "ON DELETE SET NULL"}
    follows = dict.fromkeys(words, "items.of=of__new")
    assert {word: copied.parameters[word] for word in told if word in copied.parameters} == follows
    assert set(retyped.parameters["followed"].split(",")) == {f"orders {told[word]}" for word in words}
    assert come.parameters["stands"] == "quiesce"


T = "CREATE TABLE t (id INT UNSIGNED PRIMARY KEY)"
STAYS = "stays with the old table"


def test_what_refers_to_it_in_a_type_of_another_sign_stays_with_the_old_table() -> None:
    """The server would refuse the key when the copy has the name already."""
    wider = COUNTED.replace("(id INT UNSIGNED", "(id BIGINT UNSIGNED").replace("`of` INT UNSIGNED", "`of` BIGINT")

    with pytest.raises(ContractctlError, match=f"'items' .of. {STAYS}"):
        steps(COUNTED, wider, "mysql")


@pytest.mark.parametrize(
    ("old", "sentence"),
    [
        (COUNTED.replace("orders (id))", "orders (id) ON UPDATE SET NULL)"), f"'of_order' of 'items' (of) {STAYS}"),
        (
            FOLLOWING.replace(
                "AUTO_INCREMENT PRIMARY KEY, note VARCHAR(9)", "AUTO_INCREMENT UNIQUE, o INT PRIMARY KEY"
            ),
            f"of 'items' (of) {STAYS}",
        ),
        (FOLLOWING.replace("INT PRIMARY KEY", "INT UNSIGNED PRIMARY KEY"), f"of 'items' (of) {STAYS}"),
        (
            FOLLOWING.replace("CASCADE)", "CASCADE, FOREIGN KEY (`of`) REFERENCES t (id))") + f"; {T}",
            f"of 'items' (of) {STAYS}",
        ),
        (
            FOLLOWING.replace("`of` INT UNSIGNED", "`of` INT UNSIGNED, KEY (`of`)")
            + "; CREATE TABLE t (id INT PRIMARY KEY, i INT UNSIGNED, FOREIGN KEY (i) REFERENCES items (`of`))",
            f"of 'items' (of) {STAYS}",
        ),
        (
            FOLLOWING.replace("ON UPDATE CASCADE", "ON DELETE SET NULL").replace(
                "VARCHAR(9)", "VARCHAR(9), o INT UNSIGNED REFERENCES t (id) ON DELETE CASCADE"
            )
            + f"; {T}",
            f"of 'items' (of) {STAYS}",
        ),
        (
            FOLLOWING.replace(
                "AUTO_INCREMENT PRIMARY KEY", "AUTO_INCREMENT PRIMARY KEY REFERENCES t (id) ON UPDATE CASCADE"
            )
            + f"; {T}",
            "'items' (of)",
        ),
        (ITSELF.replace("orders (id)", "orders (id) ON DELETE CASCADE"), f"of 'orders' (after) {STAYS}"),
        (ITSELF.replace("orders (id)", "orders (id) ON DELETE SET NULL"), f"of 'orders' (after) {STAYS}"),
        (f"{ITSELF[:-1]}, CONSTRAINT both FOREIGN KEY (after) REFERENCES t (id)); {T}", f"of 'orders' (after) {STAYS}"),
        (f"{ITSELF}; CREATE TABLE t (id INT UNSIGNED PRIMARY KEY REFERENCES orders (after))", f"of 't' (id) {STAYS}"),
        (
            SHARDED[:-1].replace("INT", "INT UNSIGNED") + ", FOREIGN KEY (shard) REFERENCES orders (id))",
            f"(shard) {STAYS}",
        ),
        (
            f"{COUNTED}; CREATE TABLE notes (n INT PRIMARY KEY, id INT, FOREIGN KEY (id) REFERENCES orders (id))",
            f"the foreign key of 'notes' (id) {STAYS}",
        ),
        (
            COUNTED.replace("VARCHAR(9)", "VARCHAR(9) UNIQUE")
            .replace("`of` INT UNSIGNED", "`of` VARCHAR(9)")
            .replace("orders (id)", "orders (note)"),
            f"'of_order' of 'items' (of) {STAYS}",
        ),
        (
            COUNTED.replace("(n INT", "(n INT UNSIGNED AUTO_INCREMENT"),
            "'items' is replaced by a copy to retype 'n'",
        ),
    ],
)
def test_what_refers_to_it_otherwise_stays_with_the_old_table(old: str, sentence: str) -> None:
    """Where the server changes rows and no trigger sees it; where the table, or what refers to it, changes besides."""
    with pytest.raises(ContractctlError) as error:
        steps(old, old.replace("INT UNSIGNED", "BIGINT UNSIGNED"), "mysql")

    assert sentence in error.value.message


@pytest.mark.parametrize(
    ("old", "new", "given", "sentence"),
    [
        (WIDENED, "note VARCHAR(20)", {}, "is replaced by a copy to retype 'id', and has other changes"),
        (WIDENED, "note VARCHAR(9), KEY by_note (note)", {}, "and has other changes (create-index)"),
        (WIDENED, "note VARCHAR(9)", {"ups": {"id": "id + 1"}}, "so its values cannot change"),
    ],
)
def test_a_table_goes_over_to_a_copy_as_it_is(
    old: str, new: str, given: dict[str, dict[str, str]], sentence: str
) -> None:
    changed = old.replace("INT UNSIGNED", "BIGINT UNSIGNED").replace("note VARCHAR(9)", new)
    with pytest.raises(ContractctlError) as error:
        steps(old, changed, "mysql", **given)

    assert sentence in error.value.message
    assert error.value.hint


MOMENT = "CREATE TABLE orders (id INT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT NOW())"


@pytest.mark.parametrize(
    ("old", "new", "given"),
    [
        (MOMENT, MOMENT.replace(" at ", " seen "), {"renames": {"at": "seen"}}),
        (MOMENT.replace("NOT NULL", "NULL"), MOMENT, {"fills": {"at": "'2020-01-01'"}}),
        (MOMENT, MOMENT[:-1] + ", seen TIMESTAMP NOT NULL)", {"fills": {"seen": "at"}}),
        (MOMENT, MOMENT.replace("TIMESTAMP", "TIMESTAMP(3)"), {}),
    ],
)
def test_a_timestamp_of_mariadb_that_would_be_null_until_the_end_is_refused(
    old: str, new: str, given: dict[str, dict[str, str]]
) -> None:
    with pytest.raises(ContractctlError, match="MariaDB can forbid NULL in a TIMESTAMP only by copying the table"):
        steps(old, new, "mysql", **given)


def test_a_timestamp_of_mariadb_that_is_not_null_at_once_or_never_is_staged() -> None:
    null = MOMENT.replace("NOT NULL", "NULL")
    added = MOMENT[:-1] + ", seen TIMESTAMP NOT NULL DEFAULT '2020-01-01')"

    assert [one.kind for one in steps(MOMENT, added, "mysql")] == ["add-column"]
    assert [one.kind for one in steps(MOMENT, null, "mysql")] == ["drop-not-null"]
    assert [one.kind for one in steps(null, null.replace(" at ", " seen "), "mysql", renames={"at": "seen"})] == [
        "rename-column"
    ]


CLOCK = "CREATE TABLE orders (id INT PRIMARY KEY, at TIMESTAMP NULL ON UPDATE NOW(), n INT INVISIBLE)"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("at TIMESTAMP", "seen TIMESTAMP", "of 'orders' another column is set to the current time by itself"),
        (" ON UPDATE NOW()", "", "a clause that contractctl keeps as text"),
        ("at TIMESTAMP", "at DATETIME", "'at' gets another type, and is set to the current time by itself"),
        ("n INT", "n BIGINT", "'n' gets another type, and its new column would not have 'n: INVISIBLE'"),
    ],
)
def test_what_a_column_of_mariadb_does_by_itself_is_not_lost_with_it(old: str, new: str, said: str) -> None:
    renames = {"at": "seen"} if "seen" in new else {}
    with pytest.raises(ContractctlError, match=said) as error:
        steps(CLOCK, CLOCK.replace(old, new), "mysql", renames=renames)

    assert error.value.hint


LATIN = "CREATE TABLE orders (id INT PRIMARY KEY, aNote VARCHAR(9) CHARACTER SET latin1)"
HALVES = "one VARCHAR(9) CHARACTER SET latin1, two VARCHAR(9) CHARACTER SET latin1"


@pytest.mark.parametrize(
    ("old", "new", "given"),
    [
        ("aNote", "aRemark", {"renames": {"aNote": "aRemark"}}),
        ("aNote VARCHAR(9)", "aRemark VARCHAR(20)", {"renames": {"aNote": "aRemark"}}),
        ("latin1)", "latin1, code CHAR(3) CHARACTER SET ascii)", {}),
        (", aNote VARCHAR(9) CHARACTER SET latin1", "", {}),
    ],
    ids=["rename", "rename-type", "add", "drop"],
)
def test_a_columns_character_set_comes_and_goes_with_it(old: str, new: str, given: dict[str, dict[str, str]]) -> None:
    changed = LATIN.replace(old, new)

    for step in steps(LATIN, changed, "mysql", **given):
        assert "CHARACTER SET" in step.parameters["type"]
    assert found_at_the_ends(LATIN, changed, "mysql", **given) == [[], []]


def test_a_column_that_gets_another_type_keeps_its_character_set() -> None:
    new = LATIN.replace("(9)", "(20)")
    (found,) = steps(LATIN, new, "mysql")

    assert found.parameters["type"] == "VARCHAR(20) CHARACTER SET latin1"
    text = intermediate(source(LATIN), source(new), Declared(), Policy("mysql")).files[0].text
    assert (
        "`aNote__new` VARCHAR(20) CHARACTER SET latin1" in text or "aNote__new VARCHAR(20) CHARACTER SET latin1" in text
    )


def test_what_a_column_is_split_into_has_its_character_set() -> None:
    new = LATIN.replace("aNote VARCHAR(9) CHARACTER SET latin1", HALVES)
    ups = {"one": "substring_index(aNote, '-', 1)", "two": "substring_index(aNote, '-', -1)"}
    given: dict[str, Any] = {
        "splits": {"aNote": ("one", "two")},
        "ups": ups,
        "downs": {"aNote": "concat(one, '-', two)"},
    }
    (found,) = steps(LATIN, new, "mysql", **given)

    assert found.parameters["type.two"] == "VARCHAR(9) CHARACTER SET latin1"
    assert found_at_the_ends(LATIN, new, "mysql", **given) == [[], []]


def test_a_new_name_brings_no_other_character_set() -> None:
    new = LATIN.replace("aNote", "aRemark").replace(" CHARACTER SET latin1", "")
    with pytest.raises(ContractctlError, match=r"'aNote' becomes 'aRemark' and changes its character set \(latin1 to"):
        steps(LATIN, new, "mysql", renames={"aNote": "aRemark"})


def test_an_enum_keeps_the_capitals_of_its_name() -> None:
    old = """CREATE TYPE "Role" AS ENUM ('USER');\nCREATE TABLE t (role "Role", name text NOT NULL);"""
    new = old.replace("name text", "label text")

    made = intermediate(source(old), source(new), Declared(renames={"name": "label"}), Policy("postgresql"))

    assert ' "Role"' in made.files[0].text.partition("CREATE TABLE")[2]
