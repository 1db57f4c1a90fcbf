"""Which kinds of operations are there, what does each offer, and which of them does a plan have?"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from sqlalchemy import Connection

from contractctl.databases import Database
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Plan
from contractctl.operations import (
    add_check,
    add_column,
    add_foreign_key,
    add_unique,
    change_default,
    change_key_type,
    change_type,
    copy_table,
    create_index,
    create_table,
    crossing,
    drop_check,
    drop_column,
    drop_foreign_key,
    drop_index,
    drop_not_null,
    drop_table,
    drop_unique,
    extract_table,
    merge_columns,
    move_column,
    rename_column,
    rename_table,
    set_not_null,
    split_column,
)
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import (
    Step,
)


class Kind(Protocol):
    """What every file in this folder offers: what each stage does. Each step knows its own reverse()."""

    effort: Effort
    """What it costs on each engine."""

    def expand(self, operation: Operation, /) -> tuple[Step, ...]:
        """What is added beside what exists."""

    def dual_write(self, operation: Operation, /) -> tuple[Pair, ...]:
        """What is kept in step."""

    def validate(self, operation: Operation, /) -> tuple[Step, ...]:
        """What is proven and made ready once both sides agree: it takes its time, while applications write."""

    def quiesce(self, operation: Operation, /) -> tuple[Step, ...]:
        """What is taken away for a while."""

    def contract(self, operation: Operation, /) -> tuple[Step, ...]:
        """What is dropped for good, and what the new version now promises."""

    def hindrances(
        self, operation: Operation, database: Database, connection: Connection, *, begun: bool
    ) -> Iterator[str]:
        """What prevents it in a database, before anything is done, or once it has `begun`."""


KINDS: Mapping[str, Kind] = {
    "add-column": add_column,
    "rename-column": rename_column,
    "drop-column": drop_column,
    "change-type": change_type,
    "change-key-type": change_key_type,
    "copy-table": copy_table,
    "set-not-null": set_not_null,
    "drop-not-null": drop_not_null,
    "change-default": change_default,
    "split-column": split_column,
    "merge-columns": merge_columns,
    "move-column": move_column,
    "extract-table": extract_table,
    "create-table": create_table,
    "rename-table": rename_table,
    "drop-table": drop_table,
    "add-check": add_check,
    "drop-check": drop_check,
    "add-unique": add_unique,
    "drop-unique": drop_unique,
    "add-foreign-key": add_foreign_key,
    "drop-foreign-key": drop_foreign_key,
    "create-index": create_index,
    "drop-index": drop_index,
}


def of_tables(plan: Plan) -> tuple[Operation, ...]:
    """The plan's operations on tables: the others are for applications. Raise ContractctlError for one of no kind."""
    found = tuple(operation for operation in plan.operations if operation.is_of_tables)
    for operation in found:
        if operation.kind not in KINDS:
            raise ContractctlError(
                f"the {operation.kind} of '{operation.subject}' can be planned, but not carried out yet",
                hint="make that change in a revision and a version of its own, and plan the rest",
            )
    return found


def pairs_by_table(plan: Plan) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    """Each table that has two sides to keep in step, and what these are."""
    found: dict[str, list[Pair]] = {}
    for operation in of_tables(plan):
        found.setdefault(operation.subject, []).extend(KINDS[operation.kind].dual_write(operation))
    yield from ((table, crossing.joined(plan, table, pairs)) for table, pairs in found.items() if pairs)
