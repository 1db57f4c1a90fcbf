"""How does an engine change tables without making others wait? What its `statements` offer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from contractctl.databases import Column, Copied, Statement, Synchronisation
from contractctl.databases.catalog import Catalog
from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from sqlalchemy import Connection


class BlockingError(ContractctlError):
    """Something that the engine does only while others wait, or not at all: no stage may need it."""


@dataclass(frozen=True, slots=True)
class Index:
    """What an index is, each a piece of the engine's SQL."""

    name: str
    columns: str
    """The list of columns, with directions and collations."""
    unique: bool = False
    where: str = ""
    using: str = ""
    include: str = ""
    sort: str = ""
    """FULLTEXT, SPATIAL."""
    rest: str = ""
    """What else follows it."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """What a foreign key is. Names are not quoted."""

    name: str
    columns: tuple[str, ...]
    references: str
    referred: tuple[str, ...] = ()
    """Empty: the other table's primary key."""
    on_delete: str = ""
    on_update: str = ""
    timing: str = ""
    """DEFERRABLE INITIALLY DEFERRED."""


def foreign_key(key: ForeignKey, quotes: Callable[[Iterable[str]], str], table: Callable[[str], str]) -> str:
    """The clause. quotes, table: how the engine writes names of columns, and of a table."""
    referred = f" ({quotes(key.referred)})" if key.referred else ""
    parts = (
        f"FOREIGN KEY ({quotes(key.columns)}) REFERENCES {table(key.references)}{referred}",
        f"ON DELETE {key.on_delete}" if key.on_delete else "",
        f"ON UPDATE {key.on_update}" if key.on_update else "",
        key.timing,
    )
    return " ".join(part for part in parts if part)


class Copying(Protocol):
    """How a table is replaced by a copy in which columns are of another type; as `Statements`."""

    def copy_table(
        self, catalog: Catalog, table: str, columns: tuple[str, ...], type_: str, /
    ) -> tuple[Statement, ...]:
        """Create the copy, without rows."""

    def drop_copy(self, table: str, /) -> tuple[Statement, ...]:
        """Drop the copy, while it does not have the table's name."""

    def swap(self, catalog: Catalog, sync: Synchronisation, /) -> tuple[Statement, ...]:
        """Give the copy the table's name. Each follows the other, whichever is written."""

    def swap_back(self, sync: Synchronisation, /) -> tuple[Statement, ...]:
        """Give the old table its name back."""

    def unheld(self, sql: str, /) -> str:
        """The statement, which writes to the other table what the table holds, held to no foreign key. It is locked."""

    def drop_copied(self, catalog: Catalog, plan: str, table: str, /) -> tuple[Statement, ...]:
        """Drop the old table, whose name the copy has, and the triggers."""

    def index_foreign_key(
        self, catalog: Catalog, table: str, name: str, columns: tuple[str, ...], /
    ) -> tuple[Statement, ...]:
        """Build the index that a foreign key needs. Nothing where one begins with these columns."""

    def obstacles(self, connection: "Connection", plan: str, table: str, copied: Copied, /) -> Iterator[str]:
        """What prevents replacing the table by a copy, or by the existing one, each a sentence."""

    def referring(self, connection: "Connection", table: str, /) -> Iterator[tuple[str, str]]:
        """Name and table of each foreign key that refers to the table, whichever of the two has the name."""

    def old_readers(self, connection: "Connection", plan: str, table: str, /) -> Iterator[str]:
        """Transactions that would still see the half-filled copy, each a sentence."""


class Statements(Protocol):
    """Facts in, statements out; nothing is executed here. Any of these raises BlockingError where it would block."""

    promises: bool
    """Whether it can prove that there is no NULL while applications write, before NOT NULL is set."""
    relaxes_given: bool
    """Whether NOT NULL is checked before triggers set a column."""
    reads_what_triggers_write: bool
    """Whether a statement may read a table that a trigger fired by it writes."""
    keys_bring_indexes: bool
    """Whether a foreign key creates an index over its columns, which remains when the key is dropped."""
    sequences: bool
    """Whether what generates a column's values belongs to the column, and is dropped with it."""
    remembers_types: bool
    """Whether prepared statements fail once a column that they return has another type."""
    carries_checks: bool
    """Whether a new CHECK is part of a column's definition and has no name of its own."""
    copying: Copying | None
    """How a table is replaced by a copy; None if nothing needs one."""

    def patience(self) -> tuple[Statement, ...]:
        """What a revision begins with: no statement waits for a lock, or works under one, for long."""

    def add_column(
        self, catalog: Catalog, table: str, column: Column, old: str | None = None, /
    ) -> tuple[Statement, ...]:
        """Add a column. Raise ContractctlError for a default that would rewrite every row.

        `old`: the one whose place it takes. Its comment, and whatever else is said of it, is said of the new one.
        """

    def share_column(self, catalog: Catalog, table: str, olds: tuple[str, ...], new: str, /) -> tuple[Statement, ...]:
        """Grant the new column to those who have privileges on each old column, but not on the whole table."""

    def drop_column(self, table: str, column: str, /) -> tuple[Statement, ...]:
        """Drop one on which nothing depends."""

    def hold(self, tables: tuple[str, ...], /) -> tuple[Statement, ...]:
        """Lock several tables until the transaction ends, or none: writers of several must not deadlock with us.

        Nothing where DDL is not transactional, or nobody else can write.
        """

    def rename_columns(
        self, table: str, names: Mapping[str, str], sync: Synchronisation | None, /
    ) -> tuple[Statement, ...]:
        """Rename columns, in this order: a name that one gives up is free for the next.

        `sync` is what triggers of ours keep in step on the table, under the new names.
        """

    def keep_in_step(self, sync: Synchronisation, /) -> tuple[Statement, ...]:
        """Create the triggers, replacing existing ones."""

    def stop_keeping(self, sync: Synchronisation, columns: tuple[str, ...] = (), /) -> tuple[Statement, ...]:
        """Drop them, whether or not they are there.

        Where DDL commits implicitly, drop these columns with them: nobody may write in between.
        """

    def relax_not_null(self, catalog: Catalog, table: str, column: str, /) -> tuple[Statement, ...]:
        """Let the column be NULL for a while."""

    def gives_at_once(self, sync: Synchronisation, column: str, /) -> bool:
        """Whether the triggers set a column before the row's NOT NULL is checked."""

    def promise_not_null(self, catalog: Catalog, table: str, column: str, /) -> tuple[Statement, ...]:
        """Prove that there is no NULL, and allow no new one; nothing if that is promised already, or impossible."""

    def give_up_not_null(self, table: str, column: str, /) -> tuple[Statement, ...]:
        """Withdraw the promise, whether or not it was given."""

    def require_not_null(self, catalog: Catalog, table: str, column: str, /) -> tuple[Statement, ...]:
        """Forbid NULL in a column that has none. Reads no row where that was promised."""

    def allow_null(self, catalog: Catalog, table: str, column: str, /) -> tuple[Statement, ...]:
        """Let the column be NULL for good."""

    def set_default(self, catalog: Catalog, table: str, column: str, default: str | None, /) -> tuple[Statement, ...]:
        """Give the column this default, or none."""

    def add_check(self, catalog: Catalog, table: str, name: str, condition: str, /) -> tuple[Statement, ...]:
        """Add a CHECK that every row fulfils. Nothing if it exists."""

    def add_foreign_key(self, catalog: Catalog, table: str, key: ForeignKey, at_once: bool, /) -> tuple[Statement, ...]:
        """Add a foreign key that every row fulfils; `at_once` to a new table. Nothing if it exists."""

    def add_unique(self, catalog: Catalog, table: str, name: str, columns: tuple[str, ...], /) -> tuple[Statement, ...]:
        """Turn a unique index into the constraint of the same name, where the engine distinguishes the two."""

    def drop_constraint(
        self, catalog: Catalog, table: str, sort: str, name: str, says: str, /
    ) -> tuple[Statement, ...]:
        """Drop a constraint. sort: check, unique, foreign-key. says: what it says, where it may have no name."""

    def drop_references(self, catalog: Catalog, table: str, to: str, /) -> tuple[Statement, ...]:
        """Drop the foreign keys by which a table refers to another; nothing where DDL is transactional."""

    def rename_constraint(
        self, catalog: Catalog, table: str, sort: str, name: str, new: str, /
    ) -> tuple[Statement, ...]:
        """Give a constraint, or an index (sort: index), another name."""

    def build_index(self, catalog: Catalog, table: str, index: Index, at_once: bool, /) -> tuple[Statement, ...]:
        """Build an index while applications write; `at_once` on a new table. Nothing if it exists."""

    def drop_index(self, table: str, name: str, beside: bool, /) -> tuple[Statement, ...]:
        """Drop an index; `beside` reads and writes, outside a transaction, where the engine can."""

    def move_key(self, catalog: Catalog, table: str, columns: tuple[str, ...], index: str, /) -> tuple[Statement, ...]:
        """Turn a unique index over the new column into the table's primary key, in place of the old column's."""

    def hand_over(self, catalog: Catalog, table: str, old: str, new: str, type_: str = "", /) -> tuple[Statement, ...]:
        """Give a column what generates another one's values, as this type. Nothing if they are not generated."""

    def create_table(self, table: str, create: str, /) -> tuple[Statement, ...]:
        """Create a table."""

    def stand_in(self, catalog: Catalog, table: str, name: str, /) -> tuple[Statement, ...]:
        """Create a view through which a table is read and written under another name."""

    def drop_stand_in(self, name: str, /) -> tuple[Statement, ...]:
        """Drop that view."""

    def take_name(self, table: str, name: str, /) -> tuple[Statement, ...]:
        """Let the table take the view's place: there is no moment without one of the two."""

    def give_name_back(self, catalog: Catalog, table: str, name: str, /) -> tuple[Statement, ...]:
        """The other way round: the table has its old name again, and the view stands in for the new one."""

    def drop_table(self, catalog: Catalog, table: str, was: str, /) -> tuple[Statement, ...]:
        """Drop a table on which nothing depends. was: its name before the brown-out."""

    def rename_table(self, table: str, new: str, /) -> tuple[Statement, ...]:
        """Give a table another name."""
