"""Which revision follows which in a history?"""

from collections.abc import Iterable, Iterator

from alembic.script import Script, ScriptDirectory

from contractctl.revisions.identifiers import ANCHORS, names


def ancestors(directory: ScriptDirectory, heads: Iterable[str]) -> Iterator[Script]:
    """These revisions and everything that they build on, dependencies included."""
    wanted, seen = list(heads), set[str]()
    while wanted:
        script = directory.get_revision(wanted.pop())
        if script.revision not in seen:
            seen.add(script.revision)
            yield script
            wanted += [*names(script.down_revision), *names(script.dependencies)]


def branch_of(directory: ScriptDirectory, script: Script) -> str | None:
    """Which of the two branches of plans a revision grows in, by its label; None for the application's own.

    So is a revision that merges such a branch with another one.
    """
    bases = {one.revision for one in _below(directory, script) if not names(one.down_revision)}
    return next((branch for branch, anchor in ANCHORS.items() if bases == {anchor}), None)


def _below(directory: ScriptDirectory, script: Script) -> Iterator[Script]:
    """The revision and those that it follows."""
    wanted, seen = [script.revision], set[str]()
    while wanted:
        found = directory.get_revision(wanted.pop())
        if found.revision not in seen:
            seen.add(found.revision)
            yield found
            wanted += names(found.down_revision)
