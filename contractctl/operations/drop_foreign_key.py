"""When is a foreign key dropped? When nobody relies on it any more.

parameters: columns, references and referred, which identify it where it has no name.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import DropConstraint, Step
from contractctl.operations.words import dropped, nothing

effort = Effort(Work.SCAN, Work.NONE, Work.NONE)

expand = nothing
dual_write = nothing
validate = nothing
quiesce = nothing
hindrances = hindering.of_an_old_part


def contract(operation: Operation) -> tuple[Step, ...]:
    """It goes."""
    return (DropConstraint(operation.subject, dropped(operation), "foreign-key", _says(operation)),)


def _says(operation: Operation) -> str:
    parameters = operation.parameters
    if "columns" not in parameters or "references" not in parameters:
        return ""
    referred = f" ({parameters['referred']})" if "referred" in parameters else ""
    actions = "".join(
        f" ON {what} {parameters[f'on_{what.lower()}']}"
        for what in ("DELETE", "UPDATE")
        if f"on_{what.lower()}" in parameters
    )
    return f"FOREIGN KEY ({parameters['columns']}) REFERENCES {parameters['references']}{referred}{actions}"
