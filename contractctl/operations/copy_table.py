"""How does a key that MariaDB counts up get another type? The table goes over to a copy of it, in which it has.

No trigger of MariaDB knows the number of a row that is being inserted before it is there, so that no second column can
be kept in step with the first, and a table can. The copy has all that the table has; whatever is written to the table
is written to it, and the backfill brings the rest. Quiesce gives it the table's name, in one instant; from then on the
old table follows, until the end, for those who roll back. Applications know one name, and write one table, always.
Foreign keys that refer to the key go over as operations of their own, see add_foreign_key: their columns change their
type as well, and refer to the copy as soon as it has the name.
So does what refers to the key in the table itself: its columns get the type in the copy, too, and refer to the copy.
parameters: type, old_type, least and most (what the old type holds), not_null; breaks as of change-type; referring: the
tables of these foreign keys, once for each; within: the columns of the table's own.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import Database, Follower, Work
from contractctl.databases.temporary_names import beside_copied
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Whole, copied
from contractctl.operations.steps import CopyTable, DropCopied, Step, Swap
from contractctl.operations.steps.copies import copying
from contractctl.operations.words import added, listed, needed, nothing, paired

effort = Effort(
    None,
    None,
    Work.NONE,
    "only on MariaDB: widens an AUTO_INCREMENT column; the backfill copies the rows",
)

validate = nothing


def expand(operation: Operation) -> tuple[Step, ...]:
    """The copy exists, without rows."""
    columns = (added(operation), *_named(operation, "within"))
    return (CopyTable(operation.subject, columns, needed(operation, "type")),)


def dual_write(operation: Operation) -> tuple[Whole, ...]:
    """Both tables hold the same rows."""
    least, most = (_number(operation, what) for what in ("least", "most"))
    return (
        Whole(
            {},
            {},
            source=operation.subject,
            column=added(operation),
            least=least,
            most=most,
            referring=_named(operation, "referring"),
            within=_named(operation, "within"),
            followers=tuple(_followers(operation)),
        ),
    )


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """The copy has the table's name."""
    return (Swap(operation.subject, dual_write(operation)),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """The old table is dropped."""
    return (DropCopied(operation.subject),)


def hindrances(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """What prevents it in a database."""
    table, name = operation.subject, added(operation)
    column = next((one for one in database.columns(connection, table) if database.same(one.name, name)), None)
    if column is None:
        yield f"table '{table}' has no column '{name}'"
        return
    yield from database.hindrances(connection, table)
    if begun:
        return
    (pair,) = dual_write(operation)
    yield from copying(database).obstacles(connection, "", table, copied(pair))
    taken = (
        one for one in beside_copied(table) if database.exists(connection, one) or database.is_view(connection, one)
    )
    yield from (f"the database already has a table or a view '{one}'" for one in taken)


def _named(operation: Operation, what: str) -> tuple[str, ...]:
    return listed(operation, what) if what in operation.parameters else ()


def _followers(operation: Operation) -> Iterator[Follower]:
    for event, what in (("update", "updated"), ("delete", "emptied")):
        for place, beside in paired(operation, what).items() if what in operation.parameters else ():
            table, _, column = place.rpartition(".")
            yield Follower(table, column, beside, event)


def _number(operation: Operation, what: str) -> int:
    try:
        return int(needed(operation, what))
    except ValueError:
        raise ContractctlError(
            f"the {operation.kind} of '{operation.subject}' in the plan has a '{what}' that is not a whole number",
            hint=f"write what {needed(operation, 'old_type')} holds in the plan file",
        ) from None
