"""Which statements read a column, and which only mention it?"""

import pytest

from contractctl.runtime.statements import Touch, touch

READ = """
select * from orders
SELECT o.* FROM orders o
select customer_name from orders
select "customer_name" from "Orders"
select `customer_name` from `orders`
select [customer_name] from [shop].[orders]
select distinct * from orders
select row_to_json(orders) from orders
select o from orders o
select o from orders as o where o.id = 1
select id, orders from orders
select id from orders where customer_name = ?
select id from orders order by customer_name
with c as (select * from orders) select id from c
insert into archive select * from orders
insert into archive (name) select customer_name from orders
insert into orders (id, customer_name) values (1, 'a') returning *
insert into orders (id) values (1) on conflict (id) do update set total = length(orders.customer_name)
update orders set total = length(customer_name)
update orders set customer_name = upper(customer_name)
update orders set full_name = ? where customer_name = ?
update orders set total = 1 returning customer_name
delete from orders where customer_name = ''
copy orders to stdout
copy orders (id, customer_name) to stdout
create view v as select customer_name from orders
explain select customer_name from orders
""".strip().splitlines()

NONE = """
select count(*) from orders
select total * 2 from orders
select total from orders
select o.id from orders o
select id from orders -- customer_name
select id from orders /* customer_name */
select 'customer_name' from orders
select customer_name from customers
insert into orders (customer_name, total) values (?, ?)
insert into orders (id, customer_name) values (1, 'a') returning id
replace into orders (id, customer_name) select id, full_name from archive
update orders set customer_name = ? where id = ?
update orders set full_name = ?, customer_name = ? where id = 1
update orders set "customer_name" = 'x'
delete from orders where id = 1
alter table orders drop column customer_name
create trigger t after insert on orders begin update x set customer_name = 1; end
pragma table_info(orders)
begin
select customer_names from orders
""".strip().splitlines()


@pytest.mark.parametrize("sql", READ)
def test_this_statement_reads(sql: str) -> None:
    assert touch(sql, "orders", "customer_name") is Touch.READ


@pytest.mark.parametrize("sql", [*NONE, ""])
def test_this_statement_does_not_read(sql: str) -> None:
    assert touch(sql, "orders", "customer_name") is Touch.NONE


@pytest.mark.parametrize("sql", ["exec report orders", "call report(orders)", "do $$ begin perform orders; end $$"])
def test_this_statement_cannot_be_understood(sql: str) -> None:
    assert touch(sql, "orders", "customer_name") is Touch.UNKNOWN


@pytest.mark.parametrize(
    "sql", ["(((", "insert", "update orders set", "insert into orders (", "'", "select", "set", "\0"]
)
def test_half_a_statement_is_looked_at_without_harm(sql: str) -> None:
    touch(sql, "orders", "customer_name")


def test_a_schema_before_the_table_is_part_of_its_name_only() -> None:
    assert touch("select customer_name from shop.orders", "shop.orders", "customer_name") is Touch.READ
