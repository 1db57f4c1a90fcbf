"""How does a column of a primary key get another type or name? As any column does; at the end the key moves, too.

Until then the old key is what finds a row: for triggers, marks and the backfill. A row has both keys as soon as it
is written, and a unique index over the new one is built before anybody reads it. Foreign keys that refer to the key go
over as operations of their own: their columns change their type as well, and refer to `via` until the end.
parameters: as of change-type; counted where the database counts the column up ("yes", "always"); new_key where the key
has several columns. Each of these that changes says the same of the key, which is built and goes over once.
"""

from collections.abc import Mapping
from dataclasses import replace

from contractctl.databases import Work
from contractctl.databases.temporary_names import shortened
from contractctl.model.plan import Operation
from contractctl.operations import change_type, hindering, promises
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import BuildIndex, DropOldColumn, HandOver, MoveKey, Step
from contractctl.operations.words import key, names, needed, paired

effort = Effort(
    None,
    Work.SCAN,
    Work.REWRITE,
    "on MariaDB only without AUTO_INCREMENT (see copy-table); SQLite would have to rebuild the table",
)

quiesce = change_type.quiesce
hindrances = hindering.of_a_key


def expand(operation: Operation) -> tuple[Step, ...]:
    """A column of the new type exists; the old one stays NOT NULL, because triggers give it its value in time."""
    return (change_type.staged(operation),)


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """A row has both keys, whichever is given; if neither is, the database generates the old one."""
    counted = "counted" in operation.parameters
    return tuple(replace(pair, counted=counted) for pair in change_type.dual_write(operation))


def validate(operation: Operation) -> tuple[Step, ...]:
    """No two rows have the same new key. Rows that do are named before the index could refuse anybody."""
    olds = tuple(key(operation)) or (names(operation)[0],)
    news = tuple(_new_key(operation))
    return (BuildIndex(operation.subject, _index(operation), unique=True, distinct=news, made_of=olds),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """The new column is in the key, generated as the old one was, which is dropped."""
    table, (old, new) = operation.subject, names(operation)
    counts_in = needed(operation, "type") if "counted" in operation.parameters else ""
    return (
        *promises.in_the_end(operation),
        HandOver(table, old, new, counts_in),
        MoveKey(table, tuple(_new_key(operation).values()), _index(operation)),
        DropOldColumn(table, old),
    )


def _new_key(operation: Operation) -> Mapping[str, str]:
    """The key as it will be: each column's name while both versions are served, and the one that it has then."""
    if "new_key" in operation.parameters:
        return paired(operation, "new_key")
    return {change_type.new_place(operation): names(operation)[1]}


def _index(operation: Operation) -> str:
    """The name of the unique index until the key takes it over."""
    return shortened("_".join(("contractctl", operation.subject.rpartition(".")[2], *_new_key(operation))))
