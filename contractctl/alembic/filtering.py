"""Which of autogenerate's findings are the application's own? What plans do is removed from them."""

from collections.abc import Iterable, Iterator

from alembic.operations.ops import (
    AlterColumnOp,
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateUniqueConstraintOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
)
from sqlalchemy import Connection, inspect

from contractctl.alembic.in_flight import InFlight


def clean(script: MigrationScript, in_flight: InFlight, connection: Connection) -> None:
    """Remove what belongs to plans, from upgrades and downgrades, for the database that was inspected last."""
    ours = _Ours(in_flight, connection)
    up = script.upgrade_ops_list[-1]
    up.ops[:] = ours.kept(up.ops)
    up.reverse_into(script.downgrade_ops_list[-1])


class _Ours:
    """What belongs to plans in this database."""

    def __init__(self, in_flight: InFlight, connection: Connection) -> None:
        self._in_flight = in_flight
        self._inspector = inspect(connection)

    def kept(self, found: Iterable[MigrateOperation]) -> list[MigrateOperation]:
        return [operation for operation in found if self._keeps(operation)]

    def _keeps(self, operation: MigrateOperation) -> bool:
        match operation:
            case ModifyTableOps():
                operation.ops[:] = self.kept(operation.ops)
                return not operation.is_empty()
            case AlterColumnOp():
                return self._keeps_change(operation)
            case CreateIndexOp() | CreateUniqueConstraintOp():
                names = [getattr(column, "name", column) for column in operation.columns]
                return not self._lacks(operation.schema, operation.table_name, names)
            case CreateForeignKeyOp():
                there = operation.kw.get("referent_schema")
                return not (
                    self._lacks(operation.kw.get("source_schema"), operation.source_table, operation.local_cols)
                    or self._lacks(there, operation.referent_table, operation.remote_cols)
                )
            case _:
                return True

    def _keeps_change(self, operation: AlterColumnOp) -> bool:
        """A plan sees to NULL, default and type of its columns; a comment belongs to the application."""
        place = (operation.schema, operation.table_name, operation.column_name)
        if self._in_flight.has_column(*place):
            operation.modify_nullable = None
            operation.modify_server_default = False
        if self._in_flight.has_type(*place):
            operation.modify_type = None
        return operation.has_changes()

    def _lacks(self, schema: str | None, table: str, names: Iterable[object]) -> bool:
        """Whether it is built on a column that a plan has not added yet, or has renamed for a while."""
        wanted = [name for name in names if isinstance(name, str) and self._in_flight.has_column(schema, table, name)]
        return bool(wanted) and not set(map(str.lower, wanted)) <= set(self._there(schema, table))

    def _there(self, schema: str | None, table: str) -> Iterator[str]:
        if self._inspector.has_table(table, schema):
            yield from (column["name"].lower() for column in self._inspector.get_columns(table, schema))
