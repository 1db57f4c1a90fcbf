"""Which statements are tried? Random ones in three dialects: what a server does not take proves nothing."""

from random import Random
from typing import TypeVar

T = TypeVar("T")

TABLES = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer VARCHAR(20), full_name VARCHAR(20), total INT, status VARCHAR(9));
CREATE TABLE clients (id INTEGER PRIMARY KEY, customer VARCHAR(20), name VARCHAR(20));
CREATE TABLE audit (id INTEGER PRIMARY KEY, note VARCHAR(20));
CREATE VIEW v_totals AS SELECT id, total FROM orders;
INSERT INTO orders (id, full_name, total, status) VALUES (1, 'Ann', 5, 'new'), (2, 'Bob', 7, 'old'), (5, 'a', 9, 'new');
INSERT INTO clients VALUES (1, 'Ann1', 'Ann'), (2, 'x', 'Bob'), (3, 'Cid', 'Cid');
"""
DEPENDENT = """
CREATE VIEW v_customers AS SELECT id, customer FROM orders;
UPDATE orders SET customer = concat(full_name, id);
"""
WITHOUT = TABLES.replace(" customer VARCHAR(20),", "", 1)
LEFT = ("SELECT id, full_name, total, status FROM orders ORDER BY id", "SELECT * FROM clients ORDER BY id")
"""What a statement leaves behind, without what only the column itself holds."""

_ALIASES = ("o", "c", "x", "orders", "customer", "b")
_NAMES = ("customer", "customer", "full_name", "total", "id", "status", "name", "b", "orders", "o")
_SPELT = {
    "postgresql": ('"customer"', "Customer", "f_customer"),
    "mysql": ("`customer`", "Customer"),
    "sqlite": ('"customer"', "[customer]"),
}


class Grammar:
    """Statements upon these tables, as deep as asked."""

    def __init__(self, random: Random, dialect: str) -> None:
        self.random, self.dialect = random, dialect

    def statement(self) -> str:
        return self.query(2) if self.random.randrange(3) else self.write()

    def query(self, depth: int) -> str:
        alias = self.one(*_ALIASES)
        columns = [
            self.column(alias) + self.one("", "", " AS customer", " AS y") for _ in range(self.random.randint(1, 2))
        ]
        if depth and self.seldom(5):
            columns.append(f"({self.query(depth - 1)} LIMIT 1)")
        text = f"SELECT {self.one('', '', 'DISTINCT ')}{', '.join(columns)} FROM {self.source(alias, depth)}"
        text += self.joined(alias, depth) + self.where(alias, depth) + self.grouped(alias)
        if depth and self.seldom(8):
            text += f" {self.one('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT')} {self.query(depth - 1)}"
        if self.seldom(5):
            text += f" ORDER BY {self.one(self.name(), f'{alias}.{self.name()}', '1', f'lower({self.name()})', alias)}"
        if depth and self.seldom(7):
            text = f"WITH {self.one('orders', 'w', 'clients', 'w (a, b)')} AS ({self.query(depth - 1)}) {text}"
        return text

    def column(self, alias: str) -> str:
        name = self.name()
        plain = self.one(f"{alias}.{name}", f"{alias}.{name}", name, name, f"{alias}.*", "*")
        row = self.one(f"({alias}).{name}", f"({alias}).*", f"{alias}::text", f"to_jsonb({alias})::text", alias)
        made = self.one(
            "count(*)",
            f"count(DISTINCT {alias}.{name})",
            f"max({name})",
            f"coalesce({alias}.{name}, 'x')",
            f"CASE WHEN {name} IS NULL THEN 1 ELSE 2 END",
        )
        return self.one(plain, plain, row if self.dialect == "postgresql" else plain, made)

    def source(self, alias: str, depth: int) -> str:
        how = self.one("USING (id)", "ON clients.id = orders.id", "USING (customer)")
        table = self.one("orders", "orders", "orders", "clients", "v_customers", "v_totals", "w")
        nested = [f"({self.query(depth - 1)})", f"(orders JOIN clients {how})"] if depth else []
        if self.dialect == "postgresql":
            nested.append("(TABLE orders)")
        text = self.one(table, table, table, *nested)
        if text.startswith("(orders") and self.dialect == "mysql":
            return text  # such a join has no name there
        renamed = self.dialect == "postgresql" and self.seldom(7)
        return f"{text} AS {alias}{self.one(' (a, b)', ' (id, b)', ' (a, b, customer)') if renamed else ''}"

    def joined(self, alias: str, depth: int) -> str:
        other = self.one("b", "clients", "k", "orders")
        on = self.one(
            f"ON {other}.id = {alias}.id",
            "USING (id)",
            "USING (customer)",
            f"ON {other}.{self.name()} = {alias}.{self.name()}",
        )
        joined = f" {self.one('JOIN', 'LEFT JOIN')} {self.source(other, max(0, depth - 1))} {on}"
        lateral = f", LATERAL ({self.query(depth - 1)}) l" if depth and self.dialect == "postgresql" else ""
        return self.one("", "", joined, self.one(" NATURAL JOIN clients", ", clients", lateral))

    def where(self, alias: str, depth: int) -> str:
        name = self.name()
        inner = f" WHERE {self.one('EXISTS', 'NOT EXISTS', 'id IN')} ({self.query(depth - 1)})" if depth else ""
        plain = self.one(f" WHERE {name} IS NOT NULL", f" WHERE {alias}.{name} > 'a'", f" WHERE {alias}.id > 0")
        return self.one("", "", plain, self.one(inner, f" WHERE ({alias}.id, {name}) = (1, 'Ann')"))

    def grouped(self, alias: str) -> str:
        if not self.seldom(6):
            return ""
        having = self.one("", "", f" HAVING max({self.name()}) > 'a'", f" HAVING {self.name()} > 'a'")
        return f" GROUP BY {self.one(self.name(), f'{alias}.{self.name()}', '1')}{having}"

    def write(self) -> str:
        table, name, value = self.one("orders", "orders", "clients", "audit"), self.name(), self.value()
        returning = self.one("", "", " RETURNING id", " RETURNING *", f" RETURNING {self.name()}")
        if self.dialect == "mysql":
            returning = ""
        end = f"{self.upsert()}{returning}"
        return self.one(
            f"UPDATE {table} SET {name} = {value}{returning}",
            f"UPDATE {table} SET full_name = 'a' WHERE {name} IS NOT NULL{returning}",
            f"DELETE FROM {table} WHERE {name} = {value}{returning}",
            f"INSERT INTO {table} (id, {name}) VALUES (1, {value}){end}",
            f"INSERT INTO {table} (id, {name}) {self.query(1)}{end}",
            f"INSERT INTO clients (id, name) SELECT id, full_name FROM orders WHERE true{end}",
            f"INSERT INTO {table} VALUES (9, 'a', 'b'){end}",
            self.special(name, value, returning),
        )

    def upsert(self) -> str:
        name, other = self.name(), self.name()
        if self.dialect == "mysql":
            table = self.one("", "", "orders.", "clients.")
            return self.one("", f" ON DUPLICATE KEY UPDATE {name} = {self.one(f'{table}{other}', f'VALUES({other})')}")
        return self.one(
            "",
            f" ON CONFLICT (id) DO UPDATE SET {name} = {self.one('excluded.', '')}{other}",
            f" ON CONFLICT ({name}) DO NOTHING",
            f" ON CONFLICT (id) DO UPDATE SET {name} = {self.value()} WHERE {other} IS NULL",
        )

    def special(self, name: str, value: str, returning: str) -> str:
        """What one dialect alone has."""
        if self.dialect == "mysql":
            return self.one(
                f"UPDATE orders o JOIN clients c ON c.id = o.id SET {self.one('o', 'c')}.{name} = {value}",
                f"DELETE o FROM orders o JOIN clients c ON c.{name} = o.{self.name()}",
                f"REPLACE INTO orders (id, {name}) {self.query(1)}",
                f"INSERT INTO orders SET id = 7, full_name = {name}",
                f"UPDATE orders, clients SET {name} = {value}",
                f"UPDATE orders SET full_name = 'x' ORDER BY {name} LIMIT 1",
            )
        return self.one(
            f"UPDATE orders SET {name} = {value} FROM clients WHERE {self.name()} = clients.name{returning}",
            f"UPDATE clients SET name = {name} FROM orders",
            f"UPDATE orders SET (full_name, {name}) = (SELECT {self.name()}, {self.name()} FROM clients LIMIT 1)",
            f"DELETE FROM orders USING clients c WHERE {name} = c.name{returning}",
            f"WITH d AS (DELETE FROM orders{returning}) SELECT * FROM d",
        )

    def value(self) -> str:
        return self.one(self.name(), self.name(), "'1'", "1", f"({self.query(1)} LIMIT 1)")

    def name(self) -> str:
        return self.one(*_NAMES, *_SPELT[self.dialect])

    def one(self, *of: T) -> T:
        return self.random.choice(of)

    def seldom(self, times: int) -> bool:
        return self.random.randrange(times) == 0
