"""How does the shop read and write an order, on the old column and on the new one?"""

from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, bindparam, insert, select, update


class Side:
    """The statements of one side of the change: everything goes through one column."""

    def __init__(self, column: str) -> None:
        self.column = column
        named = Column(column, Text)
        number = Column("id", Integer, primary_key=True)
        orders = Table("orders", MetaData(), number, named, Column("total_cents", Integer))
        self._select = select(named).where(number == bindparam("order"))
        self._update = update(orders).where(number == bindparam("order")).values({column: bindparam("name")})
        self._insert = insert(orders)

    def name_on(self, connection: Connection, order: int) -> Any:  # noqa: ANN401 - what the driver gives
        return connection.execute(self._select, {"order": order}).scalar()

    def correct(self, connection: Connection, order: int, name: str) -> None:
        connection.execute(self._update, {"order": order, "name": name})

    def place(self, connection: Connection, order: int, name: str, cents: int) -> None:
        connection.execute(self._insert, {"id": order, self.column: name, "total_cents": cents})


class HastySide(Side):
    """The new side as version 2.0 was shipped. Its bug is real: the name is pasted into the statement."""

    def correct(self, connection: Connection, order: int, name: str) -> None:
        connection.exec_driver_sql(f"UPDATE orders SET {self.column} = '{name}' WHERE id = {order}")


OLD = Side("customer_name")
NEW = Side("full_name")
NEW_AS_SHIPPED_IN_2_0 = HastySide("full_name")
