"""How do two versions of tables stand side by side? The operations that lead from the one to the other."""

from collections.abc import Iterator

from contractctl.formats.sql.staging import parameters
from contractctl.formats.sql.staging.between import intermediate, meanwhile
from contractctl.formats.sql.staging.parts import PartStep
from contractctl.formats.sql.staging.path import Path, path
from contractctl.formats.sql.staging.steps import COPIED_ALONG, Step
from contractctl.formats.sql.staging.ways import regroup_of, transform_of
from contractctl.formats.sql.writing import column_name
from contractctl.model.contract import Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation

__all__ = ["intermediate", "meanwhile", "operations"]

_FIRST = ("drop-foreign-key", "drop-check", "drop-unique", "drop-index")
_LAST = ("create-index", "add-unique", "add-check", "add-foreign-key")


def operations(
    old: Source, new: Source, declared: Declared, contract: str, policy: Policy = Policy()
) -> tuple[Operation, ...]:
    """The operations that lead from one version to the other, in an order in which each stage can carry them out.

    First what goes of constraints and indexes, as columns and tables can go only after them; then new tables, each
    after those that it refers to; columns; what comes of indexes and constraints, foreign keys last; at the end tables
    that go. Raise ContractctlError for a change that cannot be staged.
    """
    found = path(old, new, declared, policy)
    return tuple(_operations(found, contract))


def _operations(found: Path, contract: str) -> Iterator[Operation]:
    for kind in _FIRST:
        yield from (_part(found, step, contract) for step in found.parts if step.kind == kind)
    extractions = {step.to: step for step in found.steps if step.kind == "extract-table"}
    for made in found.created:
        if made.table.name in extractions:
            yield _column(found, extractions[made.table.name], contract)
        else:
            name = made.table.name
            yield Operation("create-table", contract, name, new=name, parameters={"create": made.text})
    for old, new in found.renamed.items():
        yield Operation("rename-table", contract, old, old=old, new=new)
    yield from (
        _column(found, step, contract) for step in found.steps if step.kind not in {"extract-table", COPIED_ALONG}
    )
    for kind in _LAST:
        yield from (_part(found, step, contract) for step in found.parts if step.kind == kind)
    for table in found.dropped:
        yield Operation("drop-table", contract, table.name, old=table.name)


def _column(found: Path, step: Step, contract: str) -> Operation:
    dialect = found.dialect
    many = step.kind == "extract-table"
    return Operation(
        kind=step.kind,
        contract=contract,
        subject=step.table,
        old=column_name(step.old, dialect) if step.old and not many else None,
        new=column_name(step.new, dialect) if step.new and not many else None,
        transform=transform_of(found.before, found.after, step, found.declared),
        regroup=regroup_of(found.before, found.after, step, found.declared),
        parameters=dict(parameters.of_columns(found, step)),
    )


def _part(found: Path, step: PartStep, contract: str) -> Operation:
    part = step.part
    return Operation(
        kind=step.kind,
        contract=contract,
        subject=part.table,
        old=part.name if step.goes else None,
        new=None if step.goes else part.name,
        parameters=dict(parameters.of_part(found, step)),
    )
