"""How is an index added? It is built while applications write, before anybody relies on it.

parameters: columns (SQL), unique ("yes"), where, using, include, sort, rest; stands and becomes as in add_check, or
expand. What refuses no row is built with what is validated: until then nobody needs it, and it takes its time. A unique
one of a new table is there from the start.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import BuildIndex, RenameConstraint, Step
from contractctl.operations.words import added, becomes, has, needed, nothing, stands

effort = Effort(Work.SCAN, Work.SCAN, Work.SCAN, "not on a partitioned table of PostgreSQL")

dual_write = nothing
quiesce = nothing
hindrances = hindering.of_a_new_part


def expand(operation: Operation) -> tuple[Step, ...]:
    """A new table's rows differ from the start."""
    return (_build(operation, at_once=True),) if _is_of_a_new_table(operation) else ()


def validate(operation: Operation) -> tuple[Step, ...]:
    """It is built over the columns, which are filled by now."""
    late = stands(operation) == "contract" or _is_of_a_new_table(operation)
    return () if late else (_build(operation),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """It is there at the latest from here on, under its own name."""
    if stands(operation) == "contract":
        return (_build(operation),)
    name = becomes(operation)
    return () if name is None else (RenameConstraint(operation.subject, added(operation), name, "index"),)


def _is_of_a_new_table(operation: Operation) -> bool:
    return stands(operation) == "expand" and has(operation, "unique")


def _build(operation: Operation, *, at_once: bool = False) -> BuildIndex:
    said = operation.parameters
    return BuildIndex(
        operation.subject,
        added(operation),
        needed(operation, "columns"),
        has(operation, "unique"),
        where=said.get("where", ""),
        using=said.get("using", ""),
        include=said.get("include", ""),
        sort=said.get("sort", ""),
        rest=said.get("rest", ""),
        at_once=at_once,
    )
