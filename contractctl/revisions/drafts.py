"""What is in each revision of a plan? Its place in the history, its steps, and whether it demands a decision."""

from collections.abc import Iterator
from dataclasses import dataclass

from alembic.script import ScriptDirectory

from contractctl import operations
from contractctl.model.plan import Plan, Stage
from contractctl.operations.steps import Step
from contractctl.revisions.history import branch_of
from contractctl.revisions.identifiers import ANCHORS, CONTRACT, EXPAND


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of one revision file."""

    id: str
    title: str
    head: str
    """The revision that it follows, or "base"."""
    label: str | None = None
    depends_on: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    tables: bool = False
    """Whether it creates contractctl's own tables, which triggers write to."""
    gate: Stage | None = None
    """The stage for which it demands a decision before it does anything."""


def drafts(plan: Plan, needs: tuple[str, ...]) -> Iterator[Draft]:
    """A plan's revisions, in order. `needs` are revisions without which its tables do not exist."""
    ids = plan.revisions
    yield Draft(
        ids[Stage.EXPAND],
        "expand: add the new side beside the old one",
        ANCHORS[EXPAND],
        depends_on=needs,
        steps=operations.expand(plan),
    )
    yield Draft(
        ids[Stage.DUAL_WRITE],
        "dual-write: triggers keep both sides in step",
        ids[Stage.EXPAND],
        steps=operations.dual_write(plan),
    )
    validates = Stage.VERIFY in ids
    if validates:
        yield Draft(
            ids[Stage.VERIFY],
            "validate: every row has a valid new side",
            ANCHORS[CONTRACT],
            depends_on=(ids[Stage.DUAL_WRITE],),
            steps=operations.validate(plan),
        )
    yield Draft(
        ids[Stage.QUIESCE],
        "quiesce: the old side is out of reach for a while",
        ids[Stage.VERIFY] if validates else ANCHORS[CONTRACT],
        depends_on=() if validates else (ids[Stage.DUAL_WRITE],),
        steps=operations.quiesce(plan),
        gate=Stage.QUIESCE,
    )
    yield Draft(
        ids[Stage.CONTRACT],
        "contract: the old side is dropped for good",
        ids[Stage.QUIESCE],
        steps=operations.contract(plan),
        gate=Stage.CONTRACT,
    )


def anchors(directory: ScriptDirectory) -> Iterator[Draft]:
    """The empty first revision of each branch, if it does not exist yet."""
    there = {script.revision for script in directory.walk_revisions()}
    for branch, id_ in ANCHORS.items():
        if id_ not in there:
            label = _free_label(directory, branch)
            title = f"the branch '{label}' of every plan begins here"
            yield Draft(id_, title, "base", label=label, tables=branch == EXPAND)


def _free_label(directory: ScriptDirectory, branch: str) -> str:
    """The branch's name, or a longer one if the application's own history uses it."""
    taken = {label for script in directory.walk_revisions() for label in script.branch_labels}
    return f"plans_{branch}" if branch in taken else branch


def heads_of_others(directory: ScriptDirectory) -> tuple[str, ...]:
    """The heads of the application's own history: it creates the tables that a plan changes."""
    heads = (directory.get_revision(head) for head in directory.get_heads())
    return tuple(head.revision for head in heads if branch_of(directory, head) is None)
