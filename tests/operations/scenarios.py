"""Every kind of operation on tables, as both versions of an application meet it."""

from collections.abc import Callable
from dataclasses import replace

from contractctl.formats.sql.staging import operations
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation, Regroup, Transform
from tests.databases.shops import Words
from tests.operations.lives import Scenario

ORDERS = "CREATE TABLE orders (id {key}, customer_name {text} NOT NULL, amount {text})"
NUMBERED = """CREATE TABLE orders (
  id integer AUTO_INCREMENT PRIMARY KEY COMMENT 'its number',
  customer_name varchar(200) NOT NULL CHECK (customer_name <> ''),
  amount varchar(200) COLLATE utf8mb4_bin,
  twice bigint AS (amount * 2) PERSISTENT,
  at timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp,
  UNIQUE KEY one (customer_name, amount),
  KEY by_amount (amount),
  CONSTRAINT some CHECK (amount <> 'none')
) COMMENT 'what was ordered'"""
PROMISES = {"old_not_null": "yes", "not_null": "yes"}


def _on(
    kind: str,
    old: str | None = None,
    new: str | None = None,
    transform: Transform | None = None,
    *,
    subject: str = "orders",
    regroup: Regroup | None = None,
    **parameters: str,
) -> Operation:
    said = {name.replace("__", "."): text for name, text in {"key": "id integer", **parameters}.items()}
    return Operation(kind, "shop/orders", subject, old, new, transform, said, regroup)


def _rename(words: Words) -> tuple[Operation, ...]:
    type_ = words.types["text"]
    return (_on("rename-column", "customer_name", "full_name", type=type_, old_type=type_, **PROMISES),)


def _rename_guarded(words: Words) -> tuple[Operation, ...]:
    return tuple(replace(one, parameters={**one.parameters, "guarded": "yes"}) for one in _rename(words))


def _change_type(words: Words) -> tuple[Operation, ...]:
    way = Transform(words.to_integer.format("amount"), words.to_text.format("amount__new"))
    types = {"type": words.types["integer"], "old_type": words.types["text"]}
    return (_on("change-type", "amount", "amount", way, via="amount__new", **types),)


def _change_key_type(words: Words) -> tuple[Operation, ...]:
    """As formats.sql plans it."""
    if words.server == "mariadb":
        said, way = dict[str, str](), Transform("`id`", "`id__new`")
    else:
        said, way = {"counted": "yes"}, Transform('CAST("id" AS bigint)', 'CAST("id__new" AS integer)')
    types = {"type": "bigint", "old_type": "integer"}
    return (_on("change-key-type", "id", "id", way, via="id__new", **said, **types, **PROMISES),)


def _copy_table(_words: Words) -> tuple[Operation, ...]:
    """As formats.sql plans it."""
    said = {"type": "bigint", "old_type": "integer", "least": str(-(2**31)), "most": str(2**31 - 1), **PROMISES}
    return (_on("copy-table", "id", "id", **said),)


def _change_referred_key(words: Words) -> tuple[Operation, ...]:
    way = Transform('CAST("customer_id" AS bigint)', 'CAST("customer_id__new" AS integer)')
    said = {"via": "customer_id__new", "type": "bigint", "old_type": "integer", "guarded": "yes"} | PROMISES
    refers = {"references": "orders", "on_delete": "CASCADE"}
    key = _change_key_type(words)
    return (
        _on("drop-foreign-key", "of", subject="lines", columns="customer_id", referred="id", along="of__new", **refers),
        *key,
        _on("change-type", "customer_id", "customer_id", way, subject="lines", **said),
        _on(
            "add-foreign-key",
            new="of__new",
            subject="lines",
            columns="customer_id__new",
            referred="id__new",
            stands="verify",
            becomes="of",
            along="of",
            **refers,
        ),
    )


OF_TENANTS = (
    "CREATE TABLE orders (tenant_id int, number int, amount varchar(20) NOT NULL, PRIMARY KEY (tenant_id, number))",
    """CREATE TABLE items (tenant_id int, number int, line int, PRIMARY KEY (tenant_id, number, line),
    CONSTRAINT of_order FOREIGN KEY (tenant_id, number) REFERENCES orders (tenant_id, number) ON DELETE CASCADE)""",
)
"""What several customers of a service share: each number stands for another order with each of them."""
COUNTED = (
    "CREATE TABLE orders (tenant_id integer NOT NULL, id serial, amount varchar(20), PRIMARY KEY (tenant_id, id))",
)
JOINED = (
    "CREATE TABLE orders (id integer PRIMARY KEY, amount varchar(20))",
    "CREATE TABLE products (id integer PRIMARY KEY, name varchar(20))",
    """CREATE TABLE items (order_id integer, product_id integer, pieces integer, PRIMARY KEY (order_id, product_id),
    CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT of_product FOREIGN KEY (product_id) REFERENCES products (id))""",
)


AS_DRAFTED = Declared()


def drafted(
    tables: tuple[str, ...], *changes: tuple[str, str], declared: Declared = AS_DRAFTED
) -> Callable[[Words], tuple[Operation, ...]]:
    """As it is planned from one version of a contract to the next."""

    def planned(words: Words) -> tuple[Operation, ...]:
        old = new = ";\n".join(tables) + ";\n"
        for change in changes:
            new = new.replace(*change)
        versions = [Source((File("orders.sql", text),)) for text in (old, new)]
        dialect = {"mariadb": "mysql"}.get(words.server, words.server)
        return operations(versions[0], versions[1], declared, "shop/orders", Policy(dialect))

    return planned


def _split(words: Words) -> tuple[Operation, ...]:
    ups = {
        "first_name": words.first_word.format("customer_name"),
        "last_name": words.other_words.format("customer_name"),
    }
    downs = {"customer_name": words.joined.format("first_name", "last_name")}
    text = words.types["text"]
    said = {"type__first_name": text, "type__last_name": text, "old_type__customer_name": text}
    said |= dict.fromkeys(("old_not_null__customer_name", "not_null__first_name", "not_null__last_name"), "yes")
    return (_on("split-column", "customer_name", regroup=Regroup(ups, downs), **said),)


def _merge(words: Words) -> tuple[Operation, ...]:
    ups = {"full_name": words.joined.format("first_name", "last_name")}
    downs = {
        "first_name": words.first_word.format("full_name"),
        "last_name": words.other_words.format("full_name"),
    }
    said = dict.fromkeys(("type__full_name", "old_type__first_name", "old_type__last_name"), words.types["text"])
    said |= dict.fromkeys(("not_null__full_name", "old_not_null__first_name", "old_not_null__last_name"), "yes")
    return (_on("merge-columns", new="full_name", regroup=Regroup(ups, downs), **said),)


def _rename_with_all(words: Words) -> tuple[Operation, ...]:
    return (
        _on("drop-index", "one_name", columns="customer_name", unique="yes", along="one_name__new"),
        _on("drop-index", "by_name", columns="customer_name, amount", along="by_name__new"),
        *_rename_guarded(words),
        _on("create-index", new="by_name__new", columns="full_name, amount", stands="expand", becomes="by_name"),
        _on(
            "create-index", new="one_name__new", columns="full_name", unique="yes", stands="verify", becomes="one_name"
        ),
    )


def _rename_constrained(words: Words) -> tuple[Operation, ...]:
    """As formats.sql plans it where the constraint says UNIQUE of the column."""
    return (
        _on("drop-unique", "one_name", columns="customer_name", along="one_full_name"),
        *_rename_guarded(words),
        _on("add-unique", new="one_full_name", columns="full_name", stands="verify", along="one_name"),
    )


def _rename_checked(words: Words) -> tuple[Operation, ...]:
    """As formats.sql plans it where two CHECKs speak of the column, one of them of another column, too."""
    return (
        _on("drop-check", "some_name", condition="customer_name <> ''", along="some_name__new"),
        _on("drop-check", "unlike", condition="customer_name <> amount", along="unlike__new"),
        *_rename(words),
        _on("add-check", new="some_name__new", condition="full_name != ''", stands="verify", becomes="some_name"),
        _on("add-check", new="unlike__new", condition="full_name <> amount", stands="verify", becomes="unlike"),
    )


def _filled(words: Words) -> tuple[Operation, ...]:
    value = words.joined.format("'for'", "customer_name")
    return (_on("add-column", new="label", type=words.types["text"], not_null="yes", fill=value),)


INSERT = "INSERT INTO orders (id, customer_name, amount) VALUES ({n}, 'old {n}', '{n}')"
READ = "SELECT id, customer_name, amount FROM orders WHERE id > 9 ORDER BY id"

CUSTOMERS = "CREATE TABLE customers (id {key}, name {text})"
LINKED = "CREATE TABLE orders (id {key}, customer_id integer"

REFERRING = (
    "CREATE TABLE lines (id {key}, customer_id integer NOT NULL,"
    " CONSTRAINT of FOREIGN KEY (customer_id) REFERENCES orders (id) ON DELETE CASCADE)"
)

ADDRESSES = (
    "CREATE TABLE addresses (order_id integer PRIMARY KEY, street {text}, city {text},"
    " FOREIGN KEY (order_id) REFERENCES orders (id))"
)


def _extract(words: Words) -> tuple[Operation, ...]:
    said = {"to": "addresses", "key": "id=order_id", "columns": "street=street,town=city"}
    said |= {"create": ADDRESSES.format(**words.types), "old_not_null__street": "yes", "fill__street": "'-'"}
    said |= dict.fromkeys(("old_type__street", "old_type__town"), words.types["text"])
    said |= {"source_key": "id integer", "target_key": "order_id integer"}
    return (_on("extract-table", **said),)


def _move(words: Words) -> tuple[Operation, ...]:
    said = {"to": "customers", "key": "customer_id=id", "type": words.types["text"], "old_type": words.types["text"]}
    said |= {"source_key": "id integer", "target_key": "id integer"}
    return (_on("move-column", "phone", "telephone", old_not_null="yes", old_fill="'none'", **said),)


SCENARIOS = (
    Scenario(
        "extract-table",
        ("CREATE TABLE orders (id {key}, amount {text}, street {text} NOT NULL, town {text})",),
        _extract,
        old=(
            "INSERT INTO orders (id, street, town) VALUES ({n}, 'old {n}', 'Rome')",
            "INSERT INTO orders (id, street, town) VALUES (-{n}, 'old', 'Rome')",
            "UPDATE orders SET street = 'old {n}!' WHERE id IN ({n}, -{n})",
            "DELETE FROM orders WHERE id = -{n}",
        ),
        new=(
            "INSERT INTO orders (id, amount) VALUES ({n}, '{n}')",
            "INSERT INTO addresses VALUES ({n}, 'new', 'Oslo')",
            "UPDATE addresses SET street = 'new {n}?' WHERE order_id = {n}",
        ),
        read_old="SELECT id, street, town FROM orders WHERE id > 9 OR id < 0 ORDER BY id",
        read_new="SELECT order_id, street, city FROM addresses WHERE order_id > 9 OR order_id < 0 ORDER BY order_id",
        as_old="old {n}! Rome",
        as_new="new {n}? Oslo",
        gone=("SELECT street FROM orders", "SELECT town FROM orders"),
    ),
    Scenario(
        "move-column",
        (
            CUSTOMERS,
            LINKED + " UNIQUE REFERENCES customers (id), phone {text} NOT NULL)",
        ),
        _move,
        old=(
            "INSERT INTO customers (id, name) VALUES ({n}, 'one')",
            "INSERT INTO orders (id, customer_id, phone) VALUES ({n}, {n}, 'old')",
            "UPDATE orders SET phone = 'old {n}' WHERE id = {n}",
        ),
        new=(
            "INSERT INTO customers (id, name, telephone) VALUES ({n}, 'one', 'new')",
            "INSERT INTO orders (id, customer_id) VALUES ({n}, {n})",
            "UPDATE customers SET telephone = 'new {n}' WHERE id = {n}",
        ),
        read_old="SELECT id, phone FROM orders WHERE id > 9 ORDER BY id",
        read_new="SELECT o.id, c.telephone FROM orders o JOIN customers c ON c.id = o.customer_id"
        " WHERE o.id > 9 ORDER BY o.id",
        as_old="old {n}",
        as_new="new {n}",
        gone=("SELECT phone FROM orders",),
    ),
    Scenario(
        "rename-column",
        (ORDERS,),
        _rename,
        old=(INSERT, "UPDATE orders SET customer_name = 'old {n}!' WHERE id = {n}"),
        new=(
            "INSERT INTO orders (id, full_name, amount) VALUES ({n}, 'new {n}', '{n}')",
            "UPDATE orders SET full_name = 'new {n}?' WHERE id = {n}",
        ),
        read_old=READ,
        read_new="SELECT id, full_name, amount FROM orders WHERE id > 9 ORDER BY id",
        as_old="old {n}! {n}",
        as_new="new {n}? {n}",
        refused=("INSERT INTO orders (id, amount) VALUES (5, 'x')",),
        gone=("SELECT customer_name FROM orders",),
    ),
    Scenario(
        "change-type",
        (ORDERS,),
        _change_type,
        old=(INSERT, "UPDATE orders SET amount = '{n}0' WHERE id = {n}"),
        new=(
            "INSERT INTO orders (id, customer_name, <amount>) VALUES ({n}, 'new {n}', {n})",
            "UPDATE orders SET <amount> = <amount> * 10 WHERE id = {n}",
        ),
        read_old="SELECT id, amount FROM orders WHERE id > 9 ORDER BY id",
        read_new="SELECT id, amount FROM orders WHERE id > 9 ORDER BY id",
        as_old="{n}0",
        as_new="{n}0",
        meanwhile={"amount": "amount__new"},
    ),
    Scenario(
        "change-key-type",
        (ORDERS,),
        _change_key_type,
        old=(INSERT.replace("({n}", "(-{n}"), "UPDATE orders SET id = {n} WHERE id = -{n}"),
        new=(
            "INSERT INTO orders (<id>, customer_name, amount) VALUES (-{n}, 'new {n}', '{n}')",
            "UPDATE orders SET <id> = {n} WHERE <id> = -{n}",
        ),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        meanwhile={"id": "id__new"},
        refused=("INSERT INTO orders (id, customer_name) VALUES (11, 'twice')",),
        allowed=("INSERT INTO orders (id, customer_name) VALUES (3000000000, 'many')",),
        finally_=(
            (
                "SELECT setval(pg_get_serial_sequence('orders', 'id'), 4000000000)",
                "WITH made AS (INSERT INTO orders (customer_name) VALUES ('next') RETURNING id) SELECT id FROM made",
                4000000001,
            ),
        ),
        unmade=("contractctl_orders_id__new",),
        engines=("postgresql",),
    ),
    Scenario(
        "change-key-type of a key that nobody counts",
        ("CREATE TABLE orders (id integer PRIMARY KEY, customer_name {text} NOT NULL, amount {text})",),
        _change_key_type,
        old=(INSERT.replace("({n}", "(-{n}"), "UPDATE orders SET id = {n} WHERE id = -{n}"),
        new=(
            "INSERT INTO orders (<id>, customer_name, amount) VALUES (-{n}, 'new {n}', '{n}')",
            "UPDATE orders SET <id> = {n} WHERE <id> = -{n}",
        ),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        meanwhile={"id": "id__new"},
        refused=("INSERT INTO orders (id, customer_name) VALUES (11, 'twice')",),
        allowed=("INSERT INTO orders (id, customer_name) VALUES (3000000000, 'many')",),
        unmade=("contractctl_orders_id__new",),
        engines=("mariadb",),
    ),
    Scenario(
        "copy-table",
        (NUMBERED,),
        _copy_table,
        old=(INSERT.replace("({n}", "(-{n}"), "UPDATE orders SET id = {n} WHERE id = -{n}"),
        new=(
            "INSERT INTO orders (id, customer_name, amount) VALUES (-{n}, 'nobody {n}', '{n}')",
            "REPLACE INTO orders (id, customer_name, amount) VALUES (-{n}, 'nobody {n}', '{n}')",
            "UPDATE orders SET id = {n} WHERE id = -{n}",
            "INSERT INTO orders (id, customer_name) VALUES ({n}, '.') ON DUPLICATE KEY UPDATE customer_name='new {n}'",
        ),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        refused=("INSERT INTO orders (id, customer_name) VALUES (11, 'twice')",),
        allowed=("INSERT INTO orders (id, customer_name) VALUES (3000000000, 'many')",),
        finally_=(("INSERT INTO orders (customer_name) VALUES ('next')", "SELECT last_insert_id() - 1", 3000000000),),
        made=("one", "by_amount"),
        engines=("mariadb",),
    ),
    Scenario(
        "change-key-type of a key that is referred to",
        (
            "CREATE TABLE orders (id serial PRIMARY KEY, amount {text})",
            REFERRING,
        ),
        _change_referred_key,
        old=(
            "INSERT INTO orders (id, amount) VALUES ({n}, 'old'), (-{n}, 'gone')",
            "INSERT INTO lines (customer_id) VALUES ({n}), (-{n})",
            "DELETE FROM orders WHERE id = -{n}",
        ),
        new=(
            "INSERT INTO orders (<id>, amount) VALUES ({n}, 'new'), (-{n}, 'gone')",
            "INSERT INTO lines (<customer_id>) VALUES ({n}), (-{n})",
            "DELETE FROM orders WHERE <id> = -{n}",
        ),
        read_old="SELECT customer_id, amount FROM lines JOIN orders ON orders.id = customer_id ORDER BY customer_id",
        read_new="SELECT customer_id, amount FROM lines JOIN orders ON orders.id = customer_id ORDER BY customer_id",
        as_old="old",
        as_new="new",
        meanwhile={"customer_id": "customer_id__new", "id": "id__new"},
        refused=("INSERT INTO lines (customer_id) VALUES (7)",),
        finally_=(
            (
                "SELECT setval(pg_get_serial_sequence('orders', 'id'), 4000000000)",
                "WITH made AS (INSERT INTO orders (amount) VALUES ('next') RETURNING id) SELECT id FROM made",
                4000000001,
            ),
        ),
        engines=("postgresql",),
    ),
    Scenario(
        "change-key-type of one column of several",
        OF_TENANTS,
        drafted(OF_TENANTS, ("number int", "number bigint")),
        old=(
            "INSERT INTO orders (tenant_id, number, amount) VALUES (1, {n}, 'old'), (2, {n}, 'gone')",
            "INSERT INTO items (tenant_id, number, line) VALUES (1, {n}, 1), (1, {n}, 2), (2, {n}, 1)",
            "DELETE FROM items WHERE line = 2 AND number = {n}",
            "UPDATE items SET line = 3 WHERE number = {n}",
        ),
        new=(
            "INSERT INTO orders (tenant_id, <number>, amount) VALUES (1, {n}, 'new'), (2, {n}, 'gone')",
            "INSERT INTO items (tenant_id, <number>, line) VALUES (1, {n}, 1), (1, {n}, 2), (2, {n}, 1)",
            "DELETE FROM items WHERE line = 2 AND <number> = {n}",
            "UPDATE items SET line = 3 WHERE <number> = {n}",
        ),
        read_old="SELECT number, amount, line FROM orders JOIN items USING (tenant_id, number) WHERE tenant_id = 1",
        read_new="SELECT number, amount, line FROM orders JOIN items USING (tenant_id, number) WHERE tenant_id = 1",
        as_old="old 3",
        as_new="new 3",
        meanwhile={"number": "number__new"},
        refused=(
            "INSERT INTO orders (tenant_id, number, amount) VALUES (1, 11, 'twice')",
            "INSERT INTO items (tenant_id, number, line) VALUES (1, 11, 3)",
            "INSERT INTO items (tenant_id, number, line) VALUES (3, 11, 3)",
        ),
        allowed=(
            "INSERT INTO orders (tenant_id, number, amount) VALUES (3, 11, 'another'), (3, 3000000000, 'many')",
            "INSERT INTO items (tenant_id, number, line) VALUES (3, 3000000000, 3)",
        ),
        unmade=("contractctl_orders_tenant_id_number__new",),
        engines=("postgresql", "mariadb"),
    ),
    Scenario(
        "change-key-type of all columns, one counted, with other names",
        COUNTED,
        drafted(
            COUNTED,
            ("tenant_id integer", "customer_id bigint"),
            ("id serial", "id bigserial"),
            ("(tenant_id, id)", "(customer_id, id)"),
            declared=Declared(renames={"tenant_id": "customer_id"}),
        ),
        old=("INSERT INTO orders (tenant_id, id, amount) VALUES ({n}, -{n}, 'a'), (1, {n}, 'old')",),
        new=("INSERT INTO orders (customer_id, <id>, amount) VALUES ({n}, -{n}, 'a'), (1, {n}, 'new')",),
        read_old="SELECT id, amount FROM orders WHERE tenant_id = 1",
        read_new="SELECT id, amount FROM orders WHERE customer_id = 1",
        as_old="old",
        as_new="new",
        meanwhile={"id": "id__new"},
        refused=("INSERT INTO orders (customer_id, id) VALUES (1, 11)",),
        gone=("SELECT tenant_id FROM orders",),
        allowed=("INSERT INTO orders (customer_id, id) VALUES (3000000000, 11)",),
        finally_=(
            (
                "SELECT setval(pg_get_serial_sequence('orders', 'id'), 4000000000)",
                "WITH made AS (INSERT INTO orders (customer_id) VALUES (7) RETURNING id) SELECT id FROM made",
                4000000001,
            ),
        ),
        unmade=("contractctl_orders_customer_id_id__new",),
        engines=("postgresql",),
    ),
    Scenario(
        "change-key-type of a table that joins two",
        JOINED,
        drafted(JOINED, ("id integer", "id bigint")),
        old=(
            "INSERT INTO orders (id, amount) VALUES ({n}, 'old')",
            "INSERT INTO products (id, name) VALUES ({n}, 'a')",
            "INSERT INTO items (order_id, product_id, pieces) VALUES ({n}, {n}, 1)",
            "UPDATE items SET pieces = 2 WHERE order_id = {n}",
        ),
        new=(
            "INSERT INTO orders (<id>, amount) VALUES ({n}, 'new')",
            "INSERT INTO products (<id>, name) VALUES ({n}, 'a')",
            "INSERT INTO items (<order_id>, <product_id>, pieces) VALUES ({n}, {n}, 1)",
            "UPDATE items SET pieces = 2 WHERE <product_id> = {n}",
        ),
        read_old="SELECT order_id, amount, pieces FROM orders JOIN items ON order_id = id WHERE product_id = id",
        read_new="SELECT order_id, amount, pieces FROM orders JOIN items ON order_id = id WHERE product_id = id",
        as_old="old 2",
        as_new="new 2",
        meanwhile={"order_id": "order_id__new", "product_id": "product_id__new", "id": "id__new"},
        refused=(
            "INSERT INTO items (order_id, product_id) VALUES (11, 11)",
            "INSERT INTO items (order_id, product_id) VALUES (11, 7)",
            "INSERT INTO items (order_id, product_id) VALUES (7, 11)",
        ),
        allowed=("INSERT INTO items (order_id, product_id) VALUES (11, 12)",),
        engines=("postgresql", "mariadb"),
    ),
    Scenario(
        "split-column",
        (ORDERS,),
        _split,
        old=(INSERT.replace("old {n}", "Ann {n}"), "UPDATE orders SET customer_name = 'Bea {n}' WHERE id = {n}"),
        new=(
            "INSERT INTO orders (id, first_name, last_name) VALUES ({n}, 'Cem', '{n}')",
            "UPDATE orders SET last_name = 'x{n}' WHERE id = {n}",
        ),
        read_old="SELECT id, customer_name FROM orders WHERE id > 9 ORDER BY id",
        read_new="SELECT id, first_name, last_name FROM orders WHERE id > 9 ORDER BY id",
        as_old="Bea {n}",
        as_new="Cem x{n}",
        refused=("INSERT INTO orders (id, first_name) VALUES (5, 'x')",),
        gone=("SELECT customer_name FROM orders",),
    ),
    Scenario(
        "merge-columns",
        ("CREATE TABLE orders (id {key}, first_name {text} NOT NULL, last_name {text} NOT NULL)",),
        _merge,
        old=(
            "INSERT INTO orders (id, first_name, last_name) VALUES ({n}, 'Ann', '{n}')",
            "UPDATE orders SET first_name = 'Bea' WHERE id = {n}",
        ),
        new=(
            "INSERT INTO orders (id, full_name) VALUES ({n}, 'Cem {n}')",
            "UPDATE orders SET full_name = 'Dan {n}' WHERE id = {n}",
        ),
        read_old="SELECT id, first_name, last_name FROM orders WHERE id > 9 ORDER BY id",
        read_new="SELECT id, full_name FROM orders WHERE id > 9 ORDER BY id",
        as_old="Bea {n}",
        as_new="Dan {n}",
        gone=("SELECT last_name FROM orders",),
    ),
    Scenario(
        "add-column",
        (ORDERS,),
        lambda words: (_on("add-column", new="note", type=words.types["text"]),),
        old=(INSERT,),
        new=("INSERT INTO orders (id, customer_name, amount, note) VALUES ({n}, 'new {n}', '{n}', 'x')",),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
    ),
    Scenario(
        "add-column with a default",
        (ORDERS,),
        lambda words: (_on("add-column", new="state", type=words.types["text"], not_null="yes", default="'open'"),),
        old=(INSERT,),
        new=("INSERT INTO orders (id, customer_name, amount, state) VALUES ({n}, 'new {n}', '{n}', 'open')",),
        read_old=READ,
        read_new="SELECT id, customer_name, amount FROM orders WHERE id > 9 AND state = 'open' ORDER BY id",
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        refused=("INSERT INTO orders (id, customer_name, state) VALUES (5, 'x', NULL)",),
    ),
    Scenario(
        "add-column that is filled",
        (ORDERS,),
        _filled,
        old=(INSERT,),
        new=("INSERT INTO orders (id, customer_name, amount, label) VALUES ({n}, 'new {n}', '{n}', 'for new {n}')",),
        read_old=READ,
        read_new="SELECT id, customer_name, amount FROM orders WHERE id > 9 AND label = {labelled} ORDER BY id",
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        refused=("INSERT INTO orders (id, customer_name, label) VALUES (5, 'x', NULL)",),
    ),
    Scenario(
        "drop-column",
        (ORDERS,),
        lambda words: (
            _on("drop-column", "customer_name", type=words.types["text"], old_not_null="yes", fill="'nobody'"),
        ),
        old=(INSERT,),
        new=("INSERT INTO orders (id, amount) VALUES ({n}, '{n}')",),
        read_old="SELECT id, amount FROM orders WHERE id > 9 AND customer_name IS NOT NULL ORDER BY id",
        read_new="SELECT id, amount FROM orders WHERE id > 9 ORDER BY id",
        as_old="{n}",
        as_new="{n}",
        gone=("SELECT customer_name FROM orders",),
    ),
    Scenario(
        "set-not-null",
        (ORDERS,),
        lambda words: (_on("set-not-null", "amount", "amount", type=words.types["text"], not_null="yes", fill="'0'"),),
        old=("INSERT INTO orders (id, customer_name) VALUES ({n}, 'old {n}')",),
        new=("INSERT INTO orders (id, customer_name, amount) VALUES ({n}, 'new {n}', '0')",),
        read_old="SELECT id, customer_name, coalesce(amount, '0') FROM orders WHERE id > 9 ORDER BY id",
        read_new=READ,
        as_old="old {n} 0",
        as_new="new {n} 0",
        refused=("INSERT INTO orders (id, customer_name, amount) VALUES (5, 'x', NULL)",),
    ),
    Scenario(
        "drop-not-null",
        (ORDERS,),
        lambda words: (_on("drop-not-null", "customer_name", "customer_name", type=words.types["text"]),),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        allowed=("INSERT INTO orders (id, customer_name) VALUES (5, NULL)",),
    ),
    Scenario(
        "change-default",
        ("CREATE TABLE orders (id {key}, customer_name {text} DEFAULT 'old', amount {text})",),
        lambda _: (
            _on(
                "change-default",
                "customer_name",
                "customer_name",
                default="'new'",
                old_default="'old'",
                stands="contract",
            ),
        ),
        old=("INSERT INTO orders (id, amount) VALUES ({n}, '{n}')",),
        new=("INSERT INTO orders (id, amount, customer_name) VALUES ({n}, '{n}', 'new')",),
        read_old=READ,
        read_new=READ,
        as_old="old {n}",
        as_new="new {n}",
        finally_=(("INSERT INTO orders (id) VALUES (5)", "SELECT customer_name FROM orders WHERE id = 5", "new"),),
    ),
    Scenario(
        "create-table",
        (ORDERS,),
        lambda _: (
            _on(
                "create-table", new="parcels", subject="parcels", create="CREATE TABLE parcels (id integer PRIMARY KEY)"
            ),
        ),
        old=(INSERT,),
        new=("INSERT INTO parcels VALUES ({n})", INSERT.replace("old", "new"), "DELETE FROM parcels"),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
    ),
    Scenario(
        "rename-table",
        (ORDERS.replace("amount {text}", "amount {text} DEFAULT '7'"),),
        lambda _: (_on("rename-table", "orders", "purchases"),),
        old=(
            INSERT,
            "UPDATE orders SET customer_name = 'old {n}!' WHERE id = {n}",
            "DELETE FROM orders WHERE id = {n} + 1",
        ),
        new=(
            "INSERT INTO purchases (id, customer_name) VALUES ({n}, 'new {n}')",
            "INSERT INTO purchases (id, customer_name) VALUES (-{n}, 'gone')",
            "UPDATE purchases SET customer_name = 'new {n}!' WHERE id = {n}",
            "DELETE FROM purchases WHERE id = -{n}",
        ),
        read_old=READ,
        read_new=READ.replace("orders", "purchases"),
        as_old="old {n}! {n}",
        as_new="new {n}! 7",
        gone=("SELECT * FROM orders",),
    ),
    Scenario(
        "drop-table",
        (ORDERS, "CREATE TABLE parcels (id integer PRIMARY KEY)"),
        lambda _: (_on("drop-table", "parcels", subject="parcels"),),
        old=("INSERT INTO parcels VALUES ({n})", INSERT),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        gone=("SELECT * FROM parcels",),
    ),
    Scenario(
        "add-check",
        (ORDERS,),
        lambda _: (_on("add-check", new="some_amount", condition="amount <> ''", stands="contract"),),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        refused=("INSERT INTO orders (id, customer_name, amount) VALUES (5, 'x', '')",),
    ),
    Scenario(
        "drop-check",
        (ORDERS[:-1] + ", CONSTRAINT some_amount CHECK (amount <> ''))",),
        lambda _: (_on("drop-check", "some_amount", condition="amount <> ''"),),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        allowed=("INSERT INTO orders (id, customer_name, amount) VALUES (5, 'x', '')",),
    ),
    Scenario(
        "add-unique",
        (ORDERS,),
        lambda _: (_on("add-unique", new="one_name", columns="customer_name", stands="contract"),),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        refused=("INSERT INTO orders (id, customer_name) VALUES (5, 'new 12')",),
    ),
    Scenario(
        "drop-unique",
        (ORDERS, "CREATE UNIQUE INDEX one_name ON orders (customer_name)"),
        lambda words: (
            _on("drop-index", "one_name", columns="customer_name", unique="yes")
            if words.server == "postgresql"
            else _on("drop-unique", "one_name", columns="customer_name"),
        ),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        allowed=("INSERT INTO orders (id, customer_name) VALUES (5, 'new 12')",),
    ),
    Scenario(
        "drop-unique of a constraint",
        (ORDERS[:-1] + ", CONSTRAINT one_name UNIQUE (customer_name))",),
        lambda _: (_on("drop-unique", "one_name", columns="customer_name"),),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        allowed=("INSERT INTO orders (id, customer_name) VALUES (5, 'new 12')",),
        engines=("postgresql", "mariadb"),
    ),
    Scenario(
        "add-foreign-key",
        (CUSTOMERS, "INSERT INTO customers VALUES (1, 'one')", LINKED + ")"),
        lambda _: (
            _on("add-foreign-key", new="of_customer", columns="customer_id", references="customers", referred="id"),
        ),
        old=("INSERT INTO orders (id, customer_id) VALUES ({n}, 1)",),
        new=("INSERT INTO orders (id, customer_id) VALUES ({n}, 1)",),
        read_old="SELECT id, customer_id FROM orders WHERE id > 9 ORDER BY id",
        read_new="SELECT id, customer_id FROM orders WHERE id > 9 ORDER BY id",
        as_old="1",
        as_new="1",
        refused=("INSERT INTO orders (id, customer_id) VALUES (5, 2)",),
    ),
    Scenario(
        "drop-foreign-key",
        (
            CUSTOMERS,
            "INSERT INTO customers VALUES (1, 'one')",
            LINKED + ", CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id))",
        ),
        lambda _: (
            _on("drop-foreign-key", "of_customer", columns="customer_id", references="customers", referred="id"),
        ),
        old=("INSERT INTO orders (id, customer_id) VALUES ({n}, 1)",),
        new=("INSERT INTO orders (id, customer_id) VALUES ({n}, 1)",),
        read_old="SELECT id, customer_id FROM orders WHERE id > 9 ORDER BY id",
        read_new="SELECT id, customer_id FROM orders WHERE id > 9 ORDER BY id",
        as_old="1",
        as_new="1",
        allowed=("INSERT INTO orders (id, customer_id) VALUES (5, 2)",),
    ),
    Scenario(
        "create-index",
        (ORDERS,),
        lambda _: (_on("create-index", new="by_amount", columns="amount", stands="expand"),),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        made=("by_amount",),
    ),
    Scenario(
        "drop-index",
        (ORDERS, "CREATE INDEX by_amount ON orders (amount)"),
        lambda _: (_on("drop-index", "by_amount", columns="amount"),),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        unmade=("by_amount",),
    ),
    Scenario(
        "rename-column in an index, unique and checked",
        (
            ORDERS,
            "CREATE UNIQUE INDEX one_name ON orders (customer_name)",
            "CREATE INDEX by_name ON orders (customer_name, amount)",
        ),
        _rename_with_all,
        old=(INSERT, "UPDATE orders SET customer_name = 'old {n}!' WHERE id = {n}"),
        new=(
            "INSERT INTO orders (id, full_name, amount) VALUES ({n}, 'new {n}', '{n}')",
            "UPDATE orders SET full_name = 'new {n}?' WHERE id = {n}",
        ),
        read_old=READ,
        read_new="SELECT id, full_name, amount FROM orders WHERE id > 9 ORDER BY id",
        as_old="old {n}! {n}",
        as_new="new {n}? {n}",
        refused=("INSERT INTO orders (id, full_name) VALUES (5, 'new 12?')",),
        gone=("SELECT customer_name FROM orders",),
        made=("one_name", "by_name"),
        unmade=("one_name__new", "by_name__new"),
    ),
    Scenario(
        "rename-column under a CHECK",
        (
            ORDERS[:-1] + ", CONSTRAINT some_name CHECK (customer_name <> ''),"
            " CONSTRAINT unlike CHECK (customer_name <> amount))",
        ),
        _rename_checked,
        old=(INSERT, "UPDATE orders SET customer_name = 'old {n}!' WHERE id = {n}"),
        new=(
            "INSERT INTO orders (id, full_name, amount) VALUES ({n}, 'new {n}', '{n}')",
            "UPDATE orders SET full_name = 'new {n}?' WHERE id = {n}",
        ),
        read_old=READ,
        read_new="SELECT id, full_name, amount FROM orders WHERE id > 9 ORDER BY id",
        as_old="old {n}! {n}",
        as_new="new {n}? {n}",
        refused=(
            "INSERT INTO orders (id, full_name) VALUES (5, '')",
            "INSERT INTO orders (id, full_name, amount) VALUES (5, 'x', 'x')",
        ),
        allowed=("INSERT INTO orders (id, full_name, amount) VALUES (5, 'x', '')",),
        gone=("SELECT customer_name FROM orders",),
        engines=("mariadb",),
    ),
    Scenario(
        "drop-check of a column's own",
        (ORDERS.replace("amount {text}", "amount {text} CHECK (amount <> '' AND length(amount) < 9)"),),
        lambda _: (_on("drop-check", "CONSTRAINT_1", condition="amount <> '' AND length(amount) < 9", named="no"),),
        old=(INSERT,),
        new=(INSERT.replace("old", "new"),),
        read_old=READ,
        read_new=READ,
        as_old="old {n} {n}",
        as_new="new {n} {n}",
        allowed=("INSERT INTO orders (id, customer_name, amount) VALUES (5, 'x', '')",),
        engines=("mariadb",),
    ),
    Scenario(
        "rename-column under a UNIQUE",
        (ORDERS[:-1] + ", CONSTRAINT one_name UNIQUE (customer_name))",),
        _rename_constrained,
        old=(INSERT, "UPDATE orders SET customer_name = 'old {n}!' WHERE id = {n}"),
        new=(
            "INSERT INTO orders (id, full_name, amount) VALUES ({n}, 'new {n}', '{n}')",
            "UPDATE orders SET full_name = 'new {n}?' WHERE id = {n}",
        ),
        read_old=READ,
        read_new="SELECT id, full_name, amount FROM orders WHERE id > 9 ORDER BY id",
        as_old="old {n}! {n}",
        as_new="new {n}? {n}",
        refused=("INSERT INTO orders (id, full_name) VALUES (5, 'new 12?')",),
        gone=("SELECT customer_name FROM orders",),
        made=("one_full_name",),
        unmade=("one_name",),
        engines=("postgresql", "mariadb"),
    ),
)
