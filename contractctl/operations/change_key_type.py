"""How does a primary key get another type, or another name? As any column does; in the end the key itself goes over.

Until then the old column is what finds a row: for triggers, marks and the backfill. A row has both keys as soon as it
is written, and a unique index over the new one is built before anybody reads it. Foreign keys that refer to the key go
over as operations of their own: their columns change their type as well, and refer to `via` until the end.
parameters: as of change-type; counted where the database counts the key up ("yes", "always").
"""

from dataclasses import replace

from contractctl.databases import Work
from contractctl.databases.called import shortened
from contractctl.model.plan import Operation
from contractctl.operations import change_type, hindering, promises
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import BuildIndex, DropOldColumn, HandOver, MoveKey, Step
from contractctl.operations.words import names, needed

effort = Effort(
    None,
    Work.SCAN,
    Work.REWRITE,
    "a key of one column, on MariaDB without AUTO_INCREMENT; SQLite would make the table anew",
)

quiesce = change_type.quiesce
hindrances = hindering.of_a_key


def expand(operation: Operation) -> tuple[Step, ...]:
    """A column of the new type is there; the old one stays NOT NULL, as triggers give it its value in time."""
    return (change_type.staged(operation),)


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """A row has both keys, whichever is given; where neither is, the database counts the old one up."""
    counted = "counted" in operation.parameters
    return tuple(replace(pair, counted=counted) for pair in change_type.dual_write(operation))


def validate(operation: Operation) -> tuple[Step, ...]:
    """No two rows have one new key. Before anybody may be refused for it, they are named."""
    place = change_type.new_place(operation)
    old, _ = names(operation)
    return (BuildIndex(operation.subject, _index(operation), unique=True, distinct=(place,), made_of=old),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """The new column is the key, counted up as the old one was, which goes."""
    table, (old, new) = operation.subject, names(operation)
    counts_in = needed(operation, "type") if "counted" in operation.parameters else ""
    return (
        *promises.in_the_end(operation),
        HandOver(table, old, new, counts_in),
        MoveKey(table, old, new, _index(operation)),
        DropOldColumn(table, old),
    )


def _index(operation: Operation) -> str:
    """The name of the unique index until it is the key's."""
    return shortened(f"contractctl_{operation.subject.rpartition('.')[2]}_{change_type.new_place(operation)}")
