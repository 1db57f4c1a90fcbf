"""How is a foreign key added? First for what is written from now on, then proven for existing rows.

parameters: columns and referred, with commas between; references; on_delete, on_update, timing; stands and becomes as
in add_check, or expand where the table is new, or quiesce where it refers to a table that goes over to a copy then;
via: its columns' names before that.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import AddForeignKey, IndexForeignKey, ReferToCopied, RenameConstraint, Step
from contractctl.operations.words import added, becomes, listed, needed, nothing, stands

effort = Effort(Work.SCAN, Work.SCAN, Work.SCAN)

dual_write = nothing
hindrances = hindering.of_a_new_part


def expand(operation: Operation) -> tuple[Step, ...]:
    """A new table has it from the start. With SET NULL, its index is used from now on."""
    if _empties(operation):
        return (_indexed(operation),)
    return _add(operation, at_once=True) if stands(operation) == "expand" else ()


def validate(operation: Operation) -> tuple[Step, ...]:
    """All rows refer to existing rows, and new ones will. Where only quiesce can add it, its index exists now."""
    if stands(operation) == "quiesce":
        return () if _empties(operation) else (_indexed(operation),)
    return _add(operation) if stands(operation) == "verify" else ()


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """The copy that rows are to refer to has the table's name."""
    return _add(operation, ReferToCopied) if stands(operation) == "quiesce" else ()


def contract(operation: Operation) -> tuple[Step, ...]:
    """It holds at the latest from here on, under its own name."""
    if stands(operation) == "contract":
        return _add(operation)
    name = becomes(operation)
    return () if name is None else (RenameConstraint(operation.subject, added(operation), name, "foreign-key"),)


def _empties(operation: Operation) -> bool:
    """Whether it comes at quiesce, and until then lets the old column alone become NULL."""
    return stands(operation) == "quiesce" and operation.parameters.get("on_delete") == "SET NULL"


def _indexed(operation: Operation) -> IndexForeignKey:
    return IndexForeignKey(operation.subject, added(operation), listed(operation, "via"))


def _add(operation: Operation, sort: type[AddForeignKey] = AddForeignKey, *, at_once: bool = False) -> tuple[Step, ...]:
    parameters = operation.parameters
    return (
        sort(
            operation.subject,
            added(operation),
            listed(operation, "columns"),
            needed(operation, "references"),
            listed(operation, "referred") if "referred" in parameters else (),
            parameters.get("on_delete", ""),
            parameters.get("on_update", ""),
            parameters.get("timing", ""),
            at_once,
        ),
    )
