"""Which columns are kept in step, and which key identifies a row? The values that engines and operations share."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

KeyPart = int | float | str | bytes | None

Key = tuple[KeyPart, ...]
"""One row's key: its primary key's values in their order, or the row id alone."""

SIDE_TABLES = ("contractctl_kept", "contractctl_set_aside", "contractctl_conflict")
"""The tables in which triggers and backfill keep their marks on rows."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the database has it now."""

    name: str
    type: str
    """The type as the database writes it; may be empty in SQLite."""
    not_null: bool = False
    default: str | None = None
    """As an SQL expression."""
    key_place: int = 0
    """Its position in the primary key, from 1; 0 outside it."""
    generated: bool = False
    collation: str | None = None
    unique: tuple[tuple[str, ...], ...] = ()
    """Unique indexes that contain it, each by its columns: where a trigger must check before the row is written."""
    checks: tuple[str, ...] = ()
    """Its conditions, as SQL over the table's quoted columns: where a trigger must check these as well."""
    on_update: str | None = None
    """What it is set to automatically when its row is updated by a statement that does not name it."""
    guards: tuple[str, ...] = ()
    """Whatever may refuse a value in it besides NOT NULL, as text with the column as @: where triggers must know."""
    never_null: bool = False
    """Whether it has NOT NULL, or an equivalent constraint: where triggers must know."""


@dataclass(frozen=True, slots=True)
class Held:
    """One column of a side, under the name that it has in the database now, and what it should hold."""

    name: str
    type: str
    value: str
    """SQL over the other side's columns: what this one should hold, as it would store it."""
    default: str | None = None
    """The default as SQL: an INSERT that leaves it so has not given this side."""
    column: Column | None = None
    """The column as the database has it, with what it refuses, where a trigger must know that beforehand."""


@dataclass(frozen=True, slots=True)
class Synced:
    """Two sets of columns kept in step: usually one column each."""

    old: tuple[Held, ...]
    """None where one new column is only kept filled: its value then replaces NULL."""
    new: tuple[Held, ...]
    lossy: bool = False
    """Declared: old values need not be recoverable from the new ones."""
    required: bool = False
    """Both sides promise NOT NULL: a writer who breaks the promise is refused, as before."""
    plain: bool = False
    """One column each, of the same type and value: nothing can be lost either way."""
    label: str = ""
    """Its name in the side tables, the same through all stages; empty means the first new column's name."""
    reads: tuple[Column, ...] = ()
    """For a column that is only kept filled: the columns from which its value may be computed."""
    counted: bool = False
    """The old side is generated if it is not given: it counts as given where the new side was not."""

    @property
    def name(self) -> str:
        return self.label or self.new[0].name

    @property
    def one_sided(self) -> bool:
        return not self.old

    @property
    def is_key(self) -> bool:
        """Whether the old side is in the table's primary key: the new key is as unique as the old one."""
        return len(self.old) == 1 and self.old[0].column is not None and self.old[0].column.key_place > 0

    @property
    def can_be_kept(self) -> bool:
        """Whether the new side may rightly hold what the old one does not ask for."""
        return not (self.plain or self.one_sided)

    @property
    def exact(self) -> bool:
        """Whether a value must come back from the other side to count as converted."""
        return not (self.one_sided or self.lossy or self.plain)


@dataclass(frozen=True, slots=True)
class Crossed:
    """A column of one table, and the column of another table that holds the same."""

    old: str
    new: str
    type: str
    absent: str = "NULL"
    """As SQL: what the old one holds where the new one is NULL, or its row is not there."""


@dataclass(frozen=True, slots=True)
class Follower:
    """A column that is kept twice in its own table, and refers to a table that is replaced by a copy.

    The key changes it together with the row that it refers to, and its own table's triggers do not see that.
    """

    table: str
    column: str
    beside: str
    """The column with its values in the new type; once the old one is quiesced, this has its name."""
    event: str
    """On which the key changes it: "update" (it follows), or "delete" (it becomes NULL)."""
    by_itself: tuple[str, ...] = ()
    """Columns of its table that an UPDATE changes automatically, unless it says that they stay."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How a table differs from its copy, and which of the two applications write: the one with its name."""

    column: str
    """The column that has another type in the copy."""
    least: int
    """The least and the greatest number that the original table can hold there; the copy can hold more."""
    most: int
    referring: tuple[str, ...] = ()
    """The tables whose foreign keys refer to it and move with it; once for each key."""
    within: tuple[str, ...] = ()
    """Columns of the table itself that refer to it, and have its type. Then the copy takes no greater number, either,
    until the old table is gone: rows that refer to one could not be in that one."""
    followers: tuple[Follower, ...] = ()
    """Columns of these tables that a foreign key changes."""
    swapped: bool = False
    """Whether the copy has taken the table's name."""


@dataclass(frozen=True, slots=True)
class Across:
    """Another table, whose columns are the new side: databases/crossing.py says when both are in step."""

    table: str
    here: tuple[str, ...] = ()
    """Columns of the old side's table, unique unless several rows share one row there."""
    there: tuple[str, ...] = ()
    """Columns of the other table: rows that hold the same as `here` belong together."""
    key_types: tuple[str, ...] = ()
    """The types of these columns, as the database writes them."""
    columns: tuple[Crossed, ...] = ()
    makes_rows: bool = False
    """Whether a value without a row there creates one, and deleting the old side's row deletes it."""
    shared: bool = False
    """Whether several of the old side's rows belong to one there: databases/sharing.py says what that means."""
    copied: Copied | None = None
    """Where whole rows are held twice: databases/copied_rows.py says when both tables agree. The first one is then the
    one that applications write, whichever that is."""


@dataclass(frozen=True, slots=True)
class Synchronisation:
    """What one plan keeps in step on one table, or between it and another one."""

    plan: str
    table: str
    key: tuple[str, ...]
    """The columns that identify a row: the primary key, or the row id's name if there is none."""
    columns: tuple[Synced, ...]
    key_types: tuple[str, ...] = ()
    """The types of the key's columns, as the database writes them."""
    across: Across | None = None
    """The new side if that is in another table; there are no `columns` then."""
    by_itself: tuple[str, ...] = ()
    """Columns that an UPDATE changes automatically, unless it says that they stay."""


def key_text(key: Iterable[KeyPart]) -> str:
    """A key as the side tables hold it: a JSON array, with bytes as {"blob": "HEX"}."""
    parts = [{"blob": part.hex().upper()} if isinstance(part, bytes) else part for part in key]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def read_key(text: str) -> Key:
    """The key that `key_text` wrote."""
    parts = json.loads(text)
    return tuple(bytes.fromhex(part["blob"]) if isinstance(part, dict) else part for part in parts)
