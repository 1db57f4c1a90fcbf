"""Which of the user's Alembic revisions has the database, and how is exactly one of them run?"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from contractctl.errors import ContractctlError

_OURS = "contractctl_"
"""How the ids of the empty revisions begin from which every plan's revisions grow; see contractctl.revisions."""

_Steps = Callable[[tuple[str, ...], MigrationContext], Iterable[MigrationStep]]


def applied(connection: Connection, migrations: Path) -> frozenset[str]:
    """Every revision that the database has, as its own version table and the revision files say."""
    heads: list[str] = []

    def look(found: tuple[str, ...], _context: MigrationContext) -> Iterable[MigrationStep]:
        heads.extend(found)
        return ()

    with _plain_words(migrations):
        directory = _directory(migrations)
        _run(connection, migrations, directory, look, dont_mutate=True)
        return frozenset(script.revision for script in _ancestors(directory, heads))


def upgrade(connection: Connection, migrations: Path, revision: str) -> None:
    """Run exactly this revision in the caller's transaction; other branches stay where they are.

    The empty revision that its branch begins with comes along where it is not there yet.
    """
    with _plain_words(migrations):
        directory = _directory(migrations)
        script = directory.get_revision(revision)
        have = applied(connection, migrations)
        wanted = {one.revision for one in _ancestors(directory, [revision])} - {revision} - have
        ours = sorted(one for one in wanted if one.startswith(_OURS))
        theirs = sorted(wanted.difference(ours))
        if theirs:
            raise ContractctlError(
                f"revision '{revision}' stands on revisions that the database has not got: {', '.join(theirs)}",
                hint=f"run them first: alembic upgrade {theirs[0]}",
            )
        scripts = [*map(directory.get_revision, ours), script]
        steps = [MigrationStep.upgrade_from_script(directory.revision_map, one) for one in scripts]
        _run(connection, migrations, directory, lambda _heads, _context: steps)


def downgrade(connection: Connection, migrations: Path, revision: str) -> None:
    """Take exactly this revision back in the caller's transaction; other branches stay where they are."""
    with _plain_words(migrations):
        directory = _directory(migrations)
        script = directory.get_revision(revision)
        above = [
            other
            for other in applied(connection, migrations) - {revision}
            if revision in {one.revision for one in _ancestors(directory, [other])}
        ]
        if above:
            raise ContractctlError(
                f"revision '{revision}' cannot be taken back while others stand on it: {', '.join(sorted(above))}",
                hint="roll those back first",
            )
        step = MigrationStep.downgrade_from_script(directory.revision_map, script)
        _run(connection, migrations, directory, lambda _heads, _context: [step])


def _run(connection: Connection, migrations: Path, directory: ScriptDirectory, steps: _Steps, **options: bool) -> None:
    """Run the user's env.py over our connection, and refuse one that opens another: locks would meet."""
    config = _config(migrations)
    config.attributes["connection"] = connection

    def only_over_ours(heads: tuple[str, ...], context: MigrationContext) -> Iterable[MigrationStep]:
        if context.connection is None or context.connection.connection is not connection.connection:
            raise ContractctlError(
                f"{migrations / 'env.py'}: does not use the connection that it is given",
                hint='take config.attributes["connection"] where it is set, as the env.py of contractctl init does',
            )
        return steps(heads, context)

    with EnvironmentContext(config, directory, fn=only_over_ours, **options):
        directory.run_env()


def _directory(migrations: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(migrations))


def _config(migrations: Path) -> Config:
    """The user's alembic.ini where there is one, for its version_locations; the folder is ours to say."""
    found = next(
        (file for file in (migrations / "alembic.ini", migrations.parent / "alembic.ini") if file.exists()), None
    )
    config = Config(found)
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return config


def _ancestors(directory: ScriptDirectory, heads: Iterable[str]) -> Iterator[Script]:
    """These revisions and everything that they stand on, dependencies too."""
    wanted, seen = list(heads), set[str]()
    while wanted:
        script = directory.get_revision(wanted.pop())
        if script.revision not in seen:
            seen.add(script.revision)
            yield script
            wanted += [*_names(script.down_revision), *_names(script.dependencies)]


def _names(value: str | Iterable[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


@contextmanager
def _plain_words(migrations: Path) -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise ContractctlError(
            f"{migrations}: {error}", hint=f"are all revision files in {migrations / 'versions'}?"
        ) from error
