"""What must applications do without until a plan is contracted? What one version promises, and the other may break."""

from collections.abc import Iterator

from contractctl.formats.sql.staging.parts import PartStep
from contractctl.formats.sql.staging.path import Path, path, within_copied
from contractctl.formats.sql.staging.steps import Step
from contractctl.formats.sql.staging.ways import place
from contractctl.model.contract import Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Stage

_PAIRED = frozenset({"rename-column", "change-type", "split-column", "merge-columns"})
"""What fills two sides from each other."""


def cautions(old: Source, new: Source, declared: Declared, policy: Policy) -> Iterator[str]:
    """A sentence for each thing that holds only from the end on, or until then."""
    found = path(old, new, declared, policy)
    for step in found.steps:
        yield from _of_column(found, step)
    for part in found.parts:
        yield from _of_part(part)
    for table in found.dropped:
        for key in table.foreign_keys:
            if key.table in found.after.tables:
                yield f"until the end, rows of '{table.name}' still refer to rows of '{key.table}'"


def _of_column(found: Path, step: Step) -> Iterator[str]:
    name = f"'{step.to}.{step.news[0].written}'" if step.news else ""
    if step.beside:
        beside = place(step, step.news[0], found.dialect)
        yield f"until the end, new applications use '{step.to}.{beside}' instead of {name}"
    if step.kind in _PAIRED and all(new.nullable for new in step.news):
        yield from _hidden_nulls(found, step)
    elif step.kind == "copy-table":
        until = "the end" if within_copied(found.steps, step) else "quiesce"
        yield f"until {until}, {name} is {step.olds[0].type.text}: no application gives it a number beyond that"
    elif step.kind == "drop-not-null":
        yield f"until the end, new applications write no NULL into {name}: old ones do not expect it"
    elif step.kind == "change-default" and not step.is_harmless_default:
        yield f"until the end, {name} keeps its old default: new applications give the value themselves"


def _hidden_nulls(found: Path, step: Step) -> Iterator[str]:
    """To a trigger, NULL beside the old column's default is a new column that was not given."""
    news = " and ".join(f"'{step.to}.{place(step, new, found.dialect)}'" for new in step.news)
    for old in step.olds:
        if old.default is not None:
            yield (
                f"until the end, an INSERT of NULL into {news} stores what the default of '{step.table}.{old.written}'"
                " says: new applications write NULL by an UPDATE after it"
            )


def _of_part(step: PartStep) -> Iterator[str]:
    name, table = step.part.name, step.part.table
    if step.loosens:
        yield f"until the end, '{name}' still rejects rows of '{table}': old applications rely on it"
    elif step.stands is Stage.CONTRACT and not step.goes:
        yield f"until the end, '{table}' may hold rows that '{name}' refuses: fix them, and write no more of them"
