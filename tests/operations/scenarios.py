"""Every kind of operation on tables, as both versions of an application meet it."""

from contractctl.model.plan import Operation, Regroup, Transform
from tests.databases.shops import Words
from tests.operations.lives import Scenario

ORDERS = "CREATE TABLE orders (id {key}, customer_name {text} NOT NULL, amount {text})"
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
    said = {name.replace("__", "."): text for name, text in parameters.items()}
    return Operation(kind, "shop/orders", subject, old, new, transform, said, regroup)


def _rename(words: Words) -> tuple[Operation, ...]:
    type_ = words.types["text"]
    return (_on("rename-column", "customer_name", "full_name", type=type_, old_type=type_, **PROMISES),)


def _change_type(words: Words) -> tuple[Operation, ...]:
    way = Transform(words.to_integer.format("amount"), words.to_text.format("amount__new"))
    types = {"type": words.types["integer"], "old_type": words.types["text"]}
    return (_on("change-type", "amount", "amount", way, via="amount__new", **types),)


def _split(words: Words) -> tuple[Operation, ...]:
    ups = {
        "first_name": words.first_word.format("customer_name"),
        "last_name": words.other_words.format("customer_name"),
    }
    downs = {"customer_name": words.joined.format("first_name", "last_name")}
    text = words.types["text"]
    said = {"type__first_name": text, "type__last_name": text, "old_not_null__customer_name": "yes"}
    said |= {"not_null__first_name": "yes", "not_null__last_name": "yes"}
    return (_on("split-column", "customer_name", regroup=Regroup(ups, downs), **said),)


def _merge(words: Words) -> tuple[Operation, ...]:
    ups = {"full_name": words.joined.format("first_name", "last_name")}
    downs = {
        "first_name": words.first_word.format("full_name"),
        "last_name": words.other_words.format("full_name"),
    }
    said = {"type__full_name": words.types["text"], "not_null__full_name": "yes"}
    said |= {"old_not_null__first_name": "yes", "old_not_null__last_name": "yes"}
    return (_on("merge-columns", new="full_name", regroup=Regroup(ups, downs), **said),)


def _filled(words: Words) -> tuple[Operation, ...]:
    value = words.joined.format("'for'", "customer_name")
    return (_on("add-column", new="label", type=words.types["text"], not_null="yes", fill=value),)


INSERT = "INSERT INTO orders (id, customer_name, amount) VALUES ({n}, 'old {n}', '{n}')"
READ = "SELECT id, customer_name, amount FROM orders WHERE id > 9 ORDER BY id"

SCENARIOS = (
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
)
