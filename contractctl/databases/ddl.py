"""How does an engine change tables, so that nobody waits for it? What its `statements` offer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from contractctl.databases import Column, Copied, Statement, Synchronisation
from contractctl.databases.catalog import Catalog
from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from sqlalchemy import Connection


class BlockingError(ContractctlError):
    """What the engine does only while others wait, or cannot do at all: no stage may come to it."""


@dataclass(frozen=True, slots=True)
class Index:
    """What an index is, each a piece of the engine's SQL."""

    name: str
    columns: str
    """The list, with directions and collations."""
    unique: bool = False
    where: str = ""
    using: str = ""
    include: str = ""
    sort: str = ""
    """FULLTEXT, SPATIAL."""
    rest: str = ""
    """What else stands behind it."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """What a foreign key is. Names as they are, not quoted."""

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
    """How a table goes over to a copy of it in which columns are of another type; as `Statements`."""

    def copy_table(
        self, catalog: Catalog, table: str, columns: tuple[str, ...], type_: str, /
    ) -> tuple[Statement, ...]:
        """Make the copy, without rows."""

    def drop_copy(self, table: str, /) -> tuple[Statement, ...]:
        """Drop the copy, which has not got the table's name."""

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
        """What keeps the table from going over to a copy, or to the one that there is, each a sentence."""

    def referring(self, connection: "Connection", table: str, /) -> Iterator[tuple[str, str]]:
        """Name and table of each foreign key that refers to the table, whichever of the two has the name."""

    def old_readers(self, connection: "Connection", plan: str, table: str, /) -> Iterator[str]:
        """Transactions that would see the copy as it was while it was being filled, each a sentence."""


class Statements(Protocol):
    """Facts in, statements out; nothing is executed here. Any of these raises BlockingError where it would block."""

    promises: bool
    """Whether it can prove while applications write that there is no NULL, before NOT NULL stands."""
    relaxes_given: bool
    """Whether NOT NULL is in the way of a column that triggers give its value."""
    reads_what_triggers_write: bool
    """Whether a statement may read a table that a trigger writes which it wakes."""
    keys_bring_indexes: bool
    """Whether a foreign key makes an index over its columns, which stays when the key goes."""
    sequences: bool
    """Whether what counts a column's values up belongs to the column, and goes with it."""
    remembers_types: bool
    """Whether what a session has prepared fails once a column that it gives back is of another type."""
    carries_checks: bool
    """Whether a CHECK that comes stands in a column's definition, and has no name of its own."""
    copying: Copying | None
    """How a table goes over to a copy of it; None where nothing needs one."""

    def patience(self) -> tuple[Statement, ...]:
        """What a revision says first: nothing of it waits for a lock, or works under one, for long."""

    def add_column(
        self, catalog: Catalog, table: str, column: Column, old: str | None = None, /
    ) -> tuple[Statement, ...]:
        """Add a column. Raise ContractctlError for a default that would write every row anew.

        `old`: the one whose place it takes. Its comment, and whatever else is said of it, is said of the new one.
        """

    def share_column(self, catalog: Catalog, table: str, olds: tuple[str, ...], new: str, /) -> tuple[Statement, ...]:
        """Let those use the new column who may use each of the old ones by its name, and not the whole table."""

    def drop_column(self, table: str, column: str, /) -> tuple[Statement, ...]:
        """Drop one on which nothing depends."""

    def hold(self, tables: tuple[str, ...], /) -> tuple[Statement, ...]:
        """Lock several tables until the transaction ends, or none: nobody who writes both is caught between two.

        Nothing where no transaction holds what is done to tables, or nobody else can write.
        """

    def rename_columns(
        self, table: str, names: Mapping[str, str], sync: Synchronisation | None, /
    ) -> tuple[Statement, ...]:
        """Rename columns, in this order: a name that one gives up is free for the next.

        `sync` is what triggers of ours keep in step on the table, under the new names.
        """

    def keep_in_step(self, sync: Synchronisation, /) -> tuple[Statement, ...]:
        """Create the triggers, in the place of any that are there."""

    def stop_keeping(self, sync: Synchronisation, columns: tuple[str, ...] = (), /) -> tuple[Statement, ...]:
        """Drop them, whether or not they are there.

        Where each statement commits by itself, drop these columns with them: nobody may write in between.
        """

    def relax_not_null(self, catalog: Catalog, table: str, column: str, /) -> tuple[Statement, ...]:
        """Let the column be NULL for a while."""

    def gives_at_once(self, sync: Synchronisation, column: str, /) -> bool:
        """Whether the triggers give a column its value before NOT NULL is asked of the row."""

    def promise_not_null(self, catalog: Catalog, table: str, column: str, /) -> tuple[Statement, ...]:
        """Prove that there is no NULL, and let none come; nothing where that is promised, or cannot be."""

    def give_up_not_null(self, table: str, column: str, /) -> tuple[Statement, ...]:
        """Take the promise back, whether or not it was given."""

    def require_not_null(self, catalog: Catalog, table: str, column: str, /) -> tuple[Statement, ...]:
        """Forbid NULL in a column that has none. Reads no row where that was promised."""

    def allow_null(self, catalog: Catalog, table: str, column: str, /) -> tuple[Statement, ...]:
        """Let the column be NULL for good."""

    def set_default(self, catalog: Catalog, table: str, column: str, default: str | None, /) -> tuple[Statement, ...]:
        """Give the column this default, or none."""

    def add_check(self, catalog: Catalog, table: str, name: str, condition: str, /) -> tuple[Statement, ...]:
        """Add a CHECK that every row fulfils. Nothing where it stands."""

    def add_foreign_key(self, catalog: Catalog, table: str, key: ForeignKey, at_once: bool, /) -> tuple[Statement, ...]:
        """Add a foreign key that every row fulfils; `at_once` to a new table. Nothing where it stands."""

    def add_unique(self, catalog: Catalog, table: str, name: str, columns: tuple[str, ...], /) -> tuple[Statement, ...]:
        """Make of a unique index of that name the constraint of that name, where the engine tells these apart."""

    def drop_constraint(
        self, catalog: Catalog, table: str, sort: str, name: str, says: str, /
    ) -> tuple[Statement, ...]:
        """Drop a constraint. sort: check, unique, foreign-key. says: what it says, where it may have no name."""

    def drop_references(self, catalog: Catalog, table: str, to: str, /) -> tuple[Statement, ...]:
        """Drop the foreign keys by which a table refers to another; none where a transaction takes it away anyhow."""

    def rename_constraint(
        self, catalog: Catalog, table: str, sort: str, name: str, new: str, /
    ) -> tuple[Statement, ...]:
        """Give a constraint, or an index (sort: index), another name."""

    def build_index(self, catalog: Catalog, table: str, index: Index, at_once: bool, /) -> tuple[Statement, ...]:
        """Build an index while applications write; `at_once` of a new table. Nothing where it stands."""

    def drop_index(self, table: str, name: str, beside: bool, /) -> tuple[Statement, ...]:
        """Drop an index; `beside` everybody's reads and writes, outside of a transaction, where the engine can."""

    def move_key(self, catalog: Catalog, table: str, columns: tuple[str, ...], index: str, /) -> tuple[Statement, ...]:
        """Make of a unique index over the new column the table's primary key, in the place of the old column's."""

    def hand_over(self, catalog: Catalog, table: str, old: str, new: str, type_: str = "", /) -> tuple[Statement, ...]:
        """Let a column have what counts another one's values up, as this type. Nothing where nothing does."""

    def create_table(self, table: str, create: str, /) -> tuple[Statement, ...]:
        """Make a table by its CREATE TABLE."""

    def stand_in(self, catalog: Catalog, table: str, name: str, /) -> tuple[Statement, ...]:
        """Make a view through which a table is read and written under another name."""

    def drop_stand_in(self, name: str, /) -> tuple[Statement, ...]:
        """Take it away."""

    def take_name(self, table: str, name: str, /) -> tuple[Statement, ...]:
        """Let the table take the view's place: there is no moment without one of the two."""

    def give_name_back(self, catalog: Catalog, table: str, name: str, /) -> tuple[Statement, ...]:
        """The other way round: the table has its old name again, and the view stands in for the new one."""

    def drop_table(self, catalog: Catalog, table: str, was: str, /) -> tuple[Statement, ...]:
        """Drop a table on which nothing depends. was: what it is called until it is browned out."""

    def rename_table(self, table: str, new: str, /) -> tuple[Statement, ...]:
        """Give a table another name."""
