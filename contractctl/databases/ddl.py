"""How does an engine change tables, so that nobody waits for it? What its `statements.py` offers."""

from collections.abc import Mapping
from typing import Protocol

from contractctl.databases import Column, Statement, Synchronisation
from contractctl.databases.looks import Look


class Statements(Protocol):
    """Facts in, statements out; nothing is executed here."""

    def add_column(self, table: str, column: Column, /) -> tuple[Statement, ...]:
        """Add a column."""

    def drop_column(self, table: str, column: str, /) -> tuple[Statement, ...]:
        """Drop one on which nothing depends."""

    def rename_columns(
        self, table: str, names: Mapping[str, str], sync: Synchronisation | None, /
    ) -> tuple[Statement, ...]:
        """Rename columns, in this order: a name that one gives up is free for the next.

        `sync` is what triggers of ours keep in step on the table, under the new names.
        """

    def keep_in_step(self, sync: Synchronisation, /) -> tuple[Statement, ...]:
        """Create the triggers, in the place of any that are there."""

    def stop_keeping(self, sync: Synchronisation, /) -> tuple[Statement, ...]:
        """Drop them, whether or not they are there."""

    def relax_not_null(self, look: Look, table: str, column: str, /) -> tuple[Statement, ...]:
        """Let the column be NULL."""

    def promise_not_null(self, look: Look, table: str, column: str, /) -> tuple[Statement, ...]:
        """Prove that there is no NULL, and let none come; nothing where that is promised, or cannot be."""

    def give_up_not_null(self, table: str, column: str, /) -> tuple[Statement, ...]:
        """Take the promise back, whether or not it was given."""

    def require_not_null(self, look: Look, table: str, column: str, /) -> tuple[Statement, ...]:
        """Forbid NULL in a column that has none. Reads no row where that was promised."""

    def set_default(self, look: Look, table: str, column: str, default: str, /) -> tuple[Statement, ...]:
        """Give a column that has no default this one."""
