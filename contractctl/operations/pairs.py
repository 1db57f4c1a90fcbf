"""Which columns belong together, in a plan's words? What a revision file says about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contractctl.databases import Copied, Database, Follower
from contractctl.databases.temporary_names import shortened

_LEAVING = "__leaving"
_NOTHING = "contractctl_nothing"
"""A column that no table has: an expression without columns is the same in every row."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a revision file says about columns kept in step: names as in the contract, SQL over those names.

    Empty SQL is the other side's very value, where that is one column.
    """

    old: Mapping[str, str]
    """Each old column and its value, SQL over the new columns, under the name `via` where they have one for the time
    being. None where a new column is only kept filled."""
    new: Mapping[str, str]
    """Each new column and its value, SQL over the old columns; over all columns where there are none of these."""
    lossy: bool = False
    required: bool = False
    """Both sides promise NOT NULL."""
    via: str | None = None
    """The column that holds the new values for the time being, where old and new have one name."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Of its columns, as SQL. This and what follows is for a script (--sql), which can ask no database."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Of its columns, as SQL."""
    key: Mapping[str, str] = field(default_factory=dict)
    """The columns that identify a row, each with its type."""
    counted: bool = False
    """The database generates the old column if it is not given: then it has a value although nobody gave one."""
    guarded: tuple[str, ...] = ()
    """Its columns that have constraints besides NOT NULL, before anything is staged."""


@dataclass(frozen=True, slots=True)
class Crossing(Pair):
    """Columns of one table kept in step with those of another: each old one and the new one of the same place."""

    source: str = ""
    to: str = ""
    on: Mapping[str, str] = field(default_factory=dict)
    """Columns of the source that identify a row's counterpart, each with its column there."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """As SQL: what old columns hold instead of NULL where the other table has no value for them."""
    makes_rows: bool = False
    """Whether the other table is new, and its rows come and go with the source's."""
    there: Mapping[str, str] = field(default_factory=dict)
    """The columns that identify a row of the other table, each with its type: for a script, too."""
    shared: bool = False
    """Whether several rows of the source may share one of the other table."""


@dataclass(frozen=True, slots=True)
class Whole(Pair):
    """A table kept in step with a copy of it, in which one column is of a type that holds more."""

    source: str = ""
    column: str = ""
    least: int = 0
    """The least and the greatest number that its column can hold in the old type."""
    most: int = 0
    referring: tuple[str, ...] = ()
    """The tables whose foreign keys refer to it and move with it; once for each key."""
    within: tuple[str, ...] = ()
    """Columns of its own that refer to it, and get its type."""
    followers: tuple[Follower, ...] = ()
    """Columns of other tables that a foreign key changes along with the row that they refer to."""


def leaving_name(column: str) -> str:
    """A new column's name while it is being rolled back."""
    return shortened(column + _LEAVING)


def written_out(database: Database, pair: Pair) -> Pair:
    """The pair with SQL for every value."""
    if not pair.old or isinstance(pair, Crossing):
        return pair
    up, down = database.quote(next(iter(pair.old))), database.quote(pair.via or next(iter(pair.new)))
    olds = {name: value or down for name, value in pair.old.items()}
    return replace(pair, old=olds, new={name: value or up for name, value in pair.new.items()})


def copied(pair: Whole) -> Copied:
    """What a plan says about a table that will be copied."""
    return Copied(pair.column, pair.least, pair.most, pair.referring, pair.within, pair.followers)


def check(database: Database, table: str, pair: Pair, columns: tuple[str, ...]) -> None:
    """Raise ContractctlError for what is no expression, or one that varies. columns: the table's."""
    if isinstance(pair, Crossing):
        for name, value in pair.absent.items():
            database.check(value, (_NOTHING,), f"what '{table}.{name}' holds where '{pair.to}' has nothing for it")
        return
    if not pair.old:
        for name, value in pair.new.items():
            database.check(value, columns, f"the value that fills '{table}.{name}'")
        return
    pair = written_out(database, pair)
    for name, value in pair.new.items():
        database.check(value, tuple(pair.old), f"up of '{table}.{name}'")
    for name, value in pair.old.items():
        database.check(value, tuple(pair.via or new for new in pair.new), f"down of '{table}.{name}'")
