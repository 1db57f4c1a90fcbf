"""What do Alembic's upgrade, revision and check do beside plans' branches? The same as without them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory

from contractctl.revisions.drafts import heads_of_others
from contractctl.revisions.history import ancestors, branch_of

Work = Callable[[tuple[str, ...], MigrationContext], Iterable[MigrationStep]]


def beside_plans(options: Mapping[str, Any]) -> Work | None:
    """The command's work, from the context's options, as if plans had no branches; None if none is needed."""
    work = options["fn"]
    if isinstance(work, _Comparing | _Upgrading):
        work = work.work  # env.py goes through several databases
    if "revision_context" in options:
        return _Comparing(work)
    return _Upgrading(work) if options.get("destination_rev") == "head" else None


def own_head(directory: ScriptDirectory) -> str:
    """Where the application's history continues: its only head; "base" if it has not begun; else Alembic's own word."""
    heads = heads_of_others(directory)
    if len(heads) == 1:
        return heads[0]
    return "head" if heads or not directory.get_heads() else "base"


@dataclass(frozen=True, slots=True)
class _Comparing:
    """For revision and check: Alembic wants every revision to be in the database, but those of plans may be missing."""

    work: Work

    def __call__(self, heads: tuple[str, ...], context: MigrationContext) -> Iterable[MigrationStep]:
        directory = context.script
        assert directory is not None  # noqa: S101 - narrows for mypy; a command has one
        have = {script.revision for script in ancestors(directory, heads)}
        pending = [script for script in directory.walk_revisions() if script.revision not in have]
        if pending and all(branch_of(directory, script) for script in pending):
            heads = tuple(script.revision for script in directory.get_revisions("heads"))
        return self.work(heads, context)


@dataclass(frozen=True, slots=True)
class _Upgrading:
    """For `upgrade head`: to the application's own head, with whatever that depends on."""

    work: Work

    def __call__(self, heads: tuple[str, ...], context: MigrationContext) -> Iterable[MigrationStep]:
        directory = context.script
        assert directory is not None  # noqa: S101 - as above
        target = own_head(directory)
        if target == "head":
            return self.work(heads, context)
        if target == "base":
            return ()
        wanted = reversed(list(directory.iterate_revisions(target, heads, implicit_base=True)))
        return [MigrationStep.upgrade_from_script(directory.revision_map, script) for script in wanted]
